"""Running a learner's file from top to bottom, outside Jupyter, and judging the answers in it."""

import ast
import linecache
import re
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nnlib.grading.cells import Cell, read_cells
from nnlib.grading.check import Report, assess
from nnlib.grading.registry import exercises_of, find, labs
from nnlib.grading.runner import LIMIT_S, guarded
from nnlib.grading.trace import learner_traceback

CELL_LIMIT_S = 20.0
ONE_PARSER = threading.Lock()  # CPython 3.11.7 fails when two threads build trees (gh-106905)
MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


def check_call(source: str) -> str | None:
    """Return the exercise id if a cell is just a call of `check("id")`, else None."""
    try:
        with ONE_PARSER:
            body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match body:
        case [ast.Expr(ast.Call(ast.Name("check"), [ast.Constant(str(exercise_id))]))]:
            return exercise_id
    return None


def defines(source: str, name: str) -> bool:
    """Tell whether a cell, even one with a syntax error, means to define `name`."""
    ways = (rf"(def|class)\s+{name}\b", rf"{name}\s*(:[^=\n]+)?=", rf"(from|import)\s.*\b{name}\b")
    return any(re.search(f"^{way}", source, re.MULTILINE) for way in ways)


def exercise_ids(cells: Sequence[Cell]) -> list[str]:
    """Return the ids of the exercises that these cells check, in the labs' order.

    Where nothing is checked, as in a script, the ids that they define.
    """
    code = [cell.source for cell in cells if cell.kind == "code"]
    known = [exercise.id for lab in labs() for exercise in exercises_of(lab)]
    called = {check_call(source) for source in code}
    checked = [name for name in known if name in called]
    return checked or [name for name in known if any(defines(source, name) for source in code)]


def run_cells(
    cells: Sequence[Cell], name: str, *, limit: float = CELL_LIMIT_S
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Run code cells in one fresh namespace, each whether or not the ones before it failed.

    Returns the namespace and, for each failed cell, its source and its traceback. Calls of
    `check` are left out and Jupyter's % and ! lines skipped.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", "display": lambda *shown, **how: None}
    failed = []
    for number, cell in enumerate(cells, 1):
        if cell.kind != "code" or check_call(cell.source):
            continue
        source = MAGIC.sub(r"\1pass", cell.source)
        filename = f"{name}, cell {number}"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        outcome = guarded(partial(_execute, source, filename, namespace), limit)
        if outcome.error is not None:
            failed.append((cell.source, learner_traceback(outcome.error, namespace)))
    return namespace, failed


def _execute(source: str, filename: str, namespace: dict[str, Any]) -> None:
    exec(compile(source, filename, "exec"), namespace)


def assess_file(
    path: Path, ids: Sequence[str] | None = None, *, limit: float = LIMIT_S
) -> list[Report]:
    """Return a report on each exercise of a notebook or script (or only on `ids`).

    ValueError if the file cannot be read as cells. Call it in a process of its own.
    """
    cells = read_cells(path)
    sys.path.insert(0, str(path.parent))
    namespace, failed = run_cells(cells, path.name)
    reports = []
    for exercise_id in exercise_ids(cells) if ids is None else ids:
        exercise = find(exercise_id)
        trace = next((trace for source, trace in failed if defines(source, exercise_id)), "")
        if trace and exercise_id not in namespace:
            note = "Its cell did not run to the end."
            reports.append(Report(exercise, "crashed", note=note, traceback=trace))
        else:
            reports.append(assess(exercise, namespace, limit=limit))
    return reports
