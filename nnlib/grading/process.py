"""Checking a file in a process of its own, so that nothing in it can harm the command line."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnlib.grading.execute import ENVIRONMENT
from nnlib.grading.registry import find

FILE_LIMIT_S = 120.0


@dataclass(frozen=True)
class Verdict:
    """What came back on one exercise: a report, already written out."""

    exercise: str
    state: str
    points: int
    max_points: int
    text: str


class Worker:
    """A Python process that waits for one file to check; `warm` ones have their imports done."""

    def __init__(self, *, warm: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nnlib.grading.worker", *(["--warm"] if warm else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ENVIRONMENT, "MPLBACKEND": "Agg"},
            text=True,
            encoding="utf-8",
        )

    def check(
        self, path: Path, ids: Sequence[str] | None = None, *, limit: float = FILE_LIMIT_S
    ) -> list[Verdict]:
        """Return the verdicts on a file; ValueError if it cannot be read as a notebook or script.

        A process that ends or hangs becomes a verdict on each of the `ids`.
        """
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder) / "verdicts.json"
            job = {"path": str(path.resolve()), "ids": ids, "result": str(result)}
            try:
                self.process.communicate(json.dumps(job) + "\n", timeout=limit)
                ended = f"Python ended (exit code {self.process.returncode}) while it ran this file"
            except subprocess.TimeoutExpired:
                self.close()
                ended = f"the file was stopped after {limit:g} seconds"
            if not result.exists():
                return [_lost(exercise_id, ended) for exercise_id in ids or _ids(path)]
            answer = json.loads(result.read_text(encoding="utf-8"))
        if "unreadable" in answer:
            raise ValueError(answer["unreadable"])
        return [Verdict(**verdict) for verdict in answer["verdicts"]]

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.communicate()


def _ids(path: Path) -> list[str]:
    from nnlib.grading.answers import exercise_ids
    from nnlib.grading.cells import read_cells

    return exercise_ids(read_cells(path))


def _lost(exercise_id: str, why: str) -> Verdict:
    total = find(exercise_id).max_points
    words = f"✗ {exercise_id}: crashed, 0 of {total} points\n  {why[0].upper()}{why[1:]}."
    return Verdict(exercise_id, "crashed", 0, total, words)
