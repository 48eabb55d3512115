"""The learner's own folder, `mine/`: copies to work on, backups, and what was done so far."""

import json
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from nnlib.grading.cells import read_cells
from nnlib.grading.files import write_whole
from nnlib.grading.progress import Progress, Record
from nnlib.grading.registry import exercises_of, lab_of, labs


class Desk:
    """The folder `mine/` of a course; updates and tests never touch it."""

    def __init__(self, course: Path) -> None:
        self.course = course
        self.folder = course / "mine"
        self.progress = Progress(self.folder / ".progress.json")

    def next_exercise(self, among: Sequence[str] = ()) -> tuple[str, str] | None:
        """Return (lab, id) of the first exercise not yet passed, of all labs or some, or None."""
        for lab in among or labs():
            for exercise in exercises_of(lab):
                if not self.progress[exercise.id].passed:
                    return lab, exercise.id
        return None

    def copy_of(self, lab: str) -> Path:
        """Return the learner's notebook of a lab, copied from `exercises/` unless it is there."""
        path = self.folder / f"{lab}.ipynb"
        if not path.exists():
            self.folder.mkdir(exist_ok=True)
            shutil.copyfile(self.course / "exercises" / path.name, path)
        return path

    def files(self) -> list[Path]:
        """Return the learner's notebooks and scripts, in the order of their names."""
        found = [*self.folder.glob("*.ipynb"), *self.folder.glob("*.py")]
        return sorted(path for path in found if not path.name.startswith("."))

    def file_of(self, lab: str) -> Path:
        """Return the learner's file of a lab, the one last saved if there are several.

        FileNotFoundError if there is none yet.
        """
        found = [path for path in self.files() if path.stem == lab]
        if not found:
            raise FileNotFoundError(f"mine/{lab}.ipynb is not there yet: run nnlib next {lab[:2]}")
        return max(found, key=lambda path: path.stat().st_mtime)

    def back_up(self, path: Path) -> Path:
        """Copy a file into `mine/backups/` under the present time and return the copy's path."""
        time = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
        copy = self.folder / "backups" / f"{path.stem}-{time}{path.suffix}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        return copy

    def reset_lab(self, lab: str) -> Path:
        """Put a fresh copy of a lab in place of the learner's and return the backup of theirs."""
        backup = self.back_up(self.file_of(lab))
        self.file_of(lab).unlink()
        self.copy_of(lab)
        for exercise in exercises_of(lab):
            self._forget(exercise.id)
        return backup

    def reset_exercise(self, exercise_id: str) -> Path:
        """Blank one answer cell of the learner's notebook and return the backup of the whole.

        ValueError if the notebook is unreadable or has no such cell: nothing is changed then.
        """
        lab = lab_of(exercise_id)
        path = self.file_of(lab)
        read_cells(path)
        if path.suffix != ".ipynb":
            raise ValueError(f"{path.name} is a script: reset the whole lab with nnlib reset {lab}")
        mine = json.loads(path.read_text(encoding="utf-8-sig"))
        original = json.loads((self.course / "exercises" / f"{lab}.ipynb").read_text("utf-8"))
        cell, fresh = (_answer_cell(notebook, exercise_id) for notebook in (mine, original))
        if cell is None or fresh is None:
            raise ValueError(
                f"{path.name} has no answer cell for {exercise_id} any more: nnlib reset {lab}"
            )
        backup = self.back_up(path)
        cell.update(source=fresh["source"], outputs=[], execution_count=None)
        write_whole(path, json.dumps(mine, indent=1, ensure_ascii=False) + "\n")
        self._forget(exercise_id)
        return backup

    def _forget(self, exercise_id: str) -> None:
        def change(record: Record) -> None:
            record.state, record.points, record.passed = "not started", 0, False

        self.progress.update(exercise_id, change)


def _answer_cell(notebook: dict[str, Any], exercise_id: str) -> dict[str, Any] | None:
    name = f"answer-{exercise_id}"
    for cell in notebook["cells"]:
        mark = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
        if name in (cell.get("id"), mark):
            return cell if cell["cell_type"] == "code" else None
    return None
