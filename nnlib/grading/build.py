"""From one source per lab to two notebooks: the exercises to fill in and the solutions to read."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnlib.grading.cells import Cell, read_cells
from nnlib.grading.exercise import Exercise
from nnlib.grading.registry import exercises_of

BEGIN, END, STARTER = "# BEGIN SOLUTION", "# END SOLUTION", "# STARTER "
BLANK = "raise NotImplementedError  # write your answer here"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
REGION = re.compile(rf"^( *){BEGIN}\n(.*?)^ *{END}$", re.DOTALL | re.MULTILINE)


def blank(source: str) -> str:
    """Return an answer cell as the learner first sees it.

    A solution region becomes its own `# STARTER` lines if it has any, else NotImplementedError.
    """

    def emptied(region: re.Match[str]) -> str:
        indent, body = region.groups()
        starters = [line for line in body.splitlines() if line.lstrip().startswith(STARTER)]
        if starters:
            return "\n".join(line.replace(STARTER, "", 1) for line in starters)
        if not indent:
            raise ValueError(
                "a solution region that is not inside a function needs # STARTER lines: "
                "an untouched notebook must run without an error"
            )
        return indent + BLANK

    emptied_source, count = REGION.subn(emptied, source)
    if not count:
        raise ValueError(f"an answer cell needs {BEGIN} … {END}:\n{source}")
    return emptied_source


def solved(source: str) -> str:
    """Return an answer cell with its solution and without the starter lines."""
    return "\n".join(line for line in source.splitlines() if not line.lstrip().startswith(STARTER))


def solution_lines(source: str) -> list[str]:
    """Return the stripped lines inside the solution regions of an answer cell."""
    return [
        line.strip()
        for _, body in REGION.findall(source)
        for line in body.splitlines()
        if line.strip() and not line.lstrip().startswith(STARTER)
    ]


def solution_text(lab: str, exercise_id: str, course: Path) -> str:
    """Return the solution cell of an exercise without its marks; FileNotFoundError if not here."""
    path = source_of(lab, course)
    if not path.exists():
        raise FileNotFoundError(f"this copy of the course comes without solutions ({path.name})")
    for cell in read_cells(path):
        if cell.metadata.get("exercise") == exercise_id:
            lines = solved(cell.source).splitlines()
            return "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
    raise KeyError(f"{path.name} has no exercise {exercise_id!r}")


def heading(exercise: Exercise, number: int) -> str:
    """Return the heading of an exercise's prompt: number, title, difficulty, time and points."""
    stars = "★" * exercise.difficulty + "☆" * (3 - exercise.difficulty)
    return (
        f"## Exercise {number} · {exercise.title}\n\n"
        f"*{stars} · about {exercise.minutes} minutes · {exercise.max_points} points*\n\n"
    )


def source_of(lab: str, course: Path) -> Path:
    """Return the one source file of a lab's exercises."""
    return course / "solutions" / f"{lab}.py"


def make_notebooks(lab: str, course: Path) -> dict[Path, dict[str, Any]]:
    """Return the two notebooks of a lab, without outputs, by the path where each belongs.

    ValueError if the source and the data do not name the same exercises in the same order.
    """
    cells = read_cells(source_of(lab, course))
    exercises = exercises_of(lab)
    named = [cell.metadata["exercise"] for cell in cells if "exercise" in cell.metadata]
    known = [exercise.id for exercise in exercises]
    if named != known:
        raise ValueError(f"{lab}: the source has the exercises {named}, the data has {known}")
    for before, cell in zip([None, *cells], cells, strict=False):
        if "exercise" in cell.metadata and (before is None or before.kind != "markdown"):
            raise ValueError(f"{lab}: {cell.metadata['exercise']} needs a Markdown cell before it")
    name = f"{lab}.ipynb"
    return {
        course / "exercises" / name: _notebook(lab, cells, exercises, blank),
        course / "solutions" / name: _notebook(lab, cells, exercises, solved),
    }


def _notebook(
    lab: str, cells: list[Cell], exercises: tuple[Exercise, ...], answer: Any
) -> dict[str, Any]:
    made = list(_cells(lab, cells, {exercise.id: exercise for exercise in exercises}, answer))
    return {"cells": made, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}


def _cells(
    lab: str, cells: list[Cell], exercises: dict[str, Exercise], answer: Any
) -> Iterator[dict[str, Any]]:
    following = [*cells[1:], None]
    numbers = {exercise_id: number for number, exercise_id in enumerate(exercises, 1)}
    counts = {"markdown": 0, "code": 0}
    for cell, after in zip(cells, following, strict=True):
        exercise = exercises.get(cell.metadata.get("exercise", ""))
        if exercise is not None:
            yield _code(
                f"answer-{exercise.id}", answer(cell.source), nbgrader=_answer_mark(exercise)
            )
            yield _code(
                f"check-{exercise.id}", f'check("{exercise.id}")', nbgrader=_check_mark(exercise)
            )
            continue
        counts[cell.kind] += 1
        cell_id = (
            f"lab-{lab[:2]}-{'text' if cell.kind == 'markdown' else 'code'}-{counts[cell.kind]}"
        )
        if cell.kind == "code":
            yield _code(cell_id, cell.source, **cell.metadata)
            continue
        prompted = exercises.get(after.metadata.get("exercise", "")) if after else None
        title = heading(prompted, numbers[prompted.id]) if prompted else ""
        yield {
            "cell_type": "markdown",
            "id": cell_id,
            "metadata": cell.metadata,
            "source": title + cell.source,
        }


def _code(cell_id: str, source: str, **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": cell_id,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def _answer_mark(exercise: Exercise) -> dict[str, Any]:
    return {
        "grade": False,
        "grade_id": f"answer-{exercise.id}",
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }


def _check_mark(exercise: Exercise) -> dict[str, Any]:
    return {
        "grade": True,
        "grade_id": f"check-{exercise.id}",
        "locked": True,
        "points": exercise.max_points,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }


def skeleton(notebook: dict[str, Any]) -> str:
    """Return a notebook's text without its outputs: what a build must reproduce to the byte."""
    cells = []
    for cell in notebook["cells"]:
        kept = dict(cell, source="".join(cell["source"]))
        if cell["cell_type"] == "code":
            kept |= {"outputs": [], "execution_count": None}
        cells.append(kept)
    return json.dumps(dict(notebook, cells=cells), indent=1, sort_keys=True, ensure_ascii=False)


def drift(lab: str, course: Path) -> list[str]:
    """Return what keeps the committed notebooks of a lab from being those of a fresh build."""
    found = []
    for path, made in make_notebooks(lab, course).items():
        shown = path.relative_to(course).as_posix()
        if not path.exists():
            found.append(f"{shown} is missing: run nnlib build {lab[:2]}")
        elif skeleton(json.loads(path.read_text(encoding="utf-8"))) != skeleton(made):
            found.append(f"{shown} differs from its source: run nnlib build {lab[:2]}")
    return found


def build(lab: str, course: Path, *, execute: bool = True) -> list[Path]:
    """Write a lab's two notebooks and execute them; return their paths.

    A notebook is replaced only once its cells have all run without error.
    """
    from nnlib.grading.execute import execute_notebook, write_notebook

    made = make_notebooks(lab, course)
    for path, notebook in made.items():
        write_notebook(execute_notebook(notebook, path) if execute else notebook, path)
    return list(made)
