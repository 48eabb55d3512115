"""Marks on disk: a journal that survives being killed, and the CSV made from it."""

import csv
import io
import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnlib.grading.files import write_whole
from nnlib.grading.grade import Mark

COLUMNS = ("submission", "exercise", "points", "max_points", "state", "message")


class Journal:
    """One line per finished submission, under the digest of all that decides its marks.

    The first line holds the seed of the hidden inputs, so that a second run draws the same.
    """

    def __init__(self, path: Path, seed: int | None = None) -> None:
        self.path = path
        head, *lines = self._whole_lines() or [{}]
        kept = head.get("seed")
        if seed is None:
            seed = kept if isinstance(kept, int) else secrets.randbelow(2**31)
        self.seed = seed
        lines = lines if seed == kept else []
        self.rows = {line["digest"]: line["marks"] for line in lines}
        # Written afresh: a line that was cut off must not spoil the next one.
        write_whole(path, "".join(map(_line, [{"seed": seed}, *lines])))

    def marks(self, digest: str) -> list[Mark]:
        """Return the marks kept under a digest, or []."""
        return [Mark(**row) for row in self.rows.get(digest, ())]

    def add(self, digest: str, marks: Iterable[Mark]) -> None:
        """Note a finished submission at once."""
        line = {"digest": digest, "marks": [asdict(mark) for mark in marks]}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(_line(line))

    def _whole_lines(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                # The line that was being written when the last run was killed.
                continue
        return found


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content) + "\n"


def write_csv(path: Path, marks: Iterable[Mark]) -> None:
    """Write the marks as a table; what a spreadsheet would take for a formula is made a text."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for mark in marks:
        row = asdict(mark)
        writer.writerow([_harmless(row[name]) for name in COLUMNS])
    write_whole(path, table.getvalue())


def _harmless(value: object) -> object:
    dangerous = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if dangerous else value
