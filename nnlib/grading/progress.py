"""What a learner has done so far: one small JSON file beside their work."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from nnlib.grading.files import write_whole


@dataclass
class Record:
    """One exercise's history: the last state and points, and whether help was taken."""

    state: str = "not started"
    points: int = 0
    passed: bool = False
    hints: int = 0
    gave_up: bool = False


class Progress:
    """The records in a file. A torn file is set aside, never an error: `note` then says so."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.note = ""
        self.records = self._read()

    def __getitem__(self, exercise_id: str) -> Record:
        return self.records.get(exercise_id, Record())

    def update(self, exercise_id: str, change: Callable[[Record], None]) -> Record:
        """Apply `change` to an exercise's record and save, safe against other processes."""
        with locked(self.path.with_name(self.path.name + ".lock")):
            self.records = self._read()
            record = self.records.setdefault(exercise_id, Record())
            change(record)
            content = {name: asdict(kept) for name, kept in sorted(self.records.items())}
            write_whole(self.path, json.dumps({"version": 1, "exercises": content}, indent=1))
        return record

    def checked(self, exercise_id: str, state: str, points: int) -> None:
        """Note the verdict of a check; a pass stays a pass."""

        def change(record: Record) -> None:
            record.state, record.points = state, points
            record.passed = record.passed or state == "right"

        self.update(exercise_id, change)

    def _read(self) -> dict[str, Record]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            return {name: Record(**kept) for name, kept in content["exercises"].items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError, AttributeError):
            torn = self.path.with_suffix(".torn.json")
            with contextlib.suppress(OSError):
                self.path.replace(torn)
            self.note = f"the progress file was damaged; a copy is kept as {torn.name}"
            return {}


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock between processes; the system frees it when a process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if sys.platform == "win32":
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
