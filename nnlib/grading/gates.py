"""What every exercise must prove before it reaches a learner; each gate returns what is amiss."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nnlib.grading.build import blank, drift, make_notebooks, solution_lines, source_of
from nnlib.grading.cells import read_cells
from nnlib.grading.check import Report, assess, judge
from nnlib.grading.compare import first_mismatch
from nnlib.grading.crossing import pack, unpack
from nnlib.grading.exercise import Exercise
from nnlib.grading.registry import exercises_of
from nnlib.grading.runner import EXACTLY
from nnlib.grading.yard import adapter_source

FEWEST_WRONGS = 4
HINTS = 3
LEAK_LENGTH = 10


def complete(exercise: Exercise) -> list[str]:
    """An exercise has three hints, four wrong answers or more, and no name or message twice."""
    found = []
    if len(exercise.hints) != HINTS:
        found.append(f"{len(exercise.hints)} hints instead of {HINTS}")
    if len(exercise.wrongs) < FEWEST_WRONGS:
        found.append(f"{len(exercise.wrongs)} wrong answers; at least {FEWEST_WRONGS} are due")
    for what, words in (
        ("case name", [case.name for case in exercise.cases]),
        ("wrong answer", [wrong.name for wrong in exercise.wrongs]),
        ("message", [wrong.message for wrong in exercise.wrongs]),
    ):
        found += [
            f"the {what} {word!r} stands twice" for word in set(words) if words.count(word) > 1
        ]
    return found


def right_answers_pass(exercise: Exercise, seeds: tuple[int, ...] = (0, 1, 2)) -> list[str]:
    """The reference and every alternative earn all points, whatever the seed."""
    found = []
    for position, answer in enumerate((exercise.reference, *exercise.alternatives)):
        who = f"alternative {position}" if position else "the reference"
        for seed in seeds:
            for case in exercise.cases:
                result = judge(exercise, answer, case, seed=seed)
                if not result.passed:
                    why = result.outcome.error or result.mismatch or result.outcome.changed
                    found.append(f"{who} fails {case.name!r} at seed {seed}: {why!r}")
    return found


def wrongs_are_named(exercise: Exercise, seeds: tuple[int, ...] = (0, 1, 2)) -> list[str]:
    """Every wrong answer loses points and is told its own message, whatever the seed."""
    found = []
    for wrong in exercise.wrongs:
        for seed in seeds:
            report = assess(exercise, {exercise.id: wrong.function}, seed=seed)
            if report.points >= exercise.max_points or report.state not in ("wrong", "crashed"):
                found.append(f"{wrong.name!r} is not caught at seed {seed}: {report.state}")
            elif report.wrong != wrong.name:
                found.append(
                    f"{wrong.name!r} is told {report.wrong or report.cause!r} at seed {seed}"
                )
    return found


def travels(exercise: Exercise) -> list[str]:
    """Inputs and `run` can cross into the process where graded work runs."""
    tools: dict[str, Any] = {"np": np}
    exec(adapter_source(exercise), tools)
    abroad = replace(exercise, run=tools[exercise.run.__name__])
    found = right_answers_pass(abroad, seeds=(0,))
    with tempfile.TemporaryDirectory() as folder:
        for case in exercise.cases:
            pack(case.fresh(), Path(folder), "case")
            if first_mismatch(unpack(Path(folder), "case"), case.fresh(), EXACTLY):
                found.append(f"the inputs of {case.name!r} are more than numbers, texts, arrays")
    return found


def cases_are_useful(exercise: Exercise) -> list[str]:
    """Every case catches at least one wrong answer."""
    return [
        f"the case {case.name!r} catches no wrong answer"
        for case in exercise.cases
        if all(judge(exercise, wrong.function, case).passed for wrong in exercise.wrongs)
    ]


def answers_in(lab: str, course: Path, fill: Callable[[str], str]) -> dict[str, Report]:
    """Return the report on each exercise when the lab's cells run with `fill`ed answer cells."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in read_cells(source_of(lab, course)):
        if cell.kind == "code":
            source = fill(cell.source) if "exercise" in cell.metadata else cell.source
            exec(compile(source, f"{lab}.py", "exec"), namespace)
    return {exercise.id: assess(exercise, namespace) for exercise in exercises_of(lab)}


def source_is_sound(lab: str, course: Path) -> list[str]:
    """The lab's own solutions earn every point, and its blanks none, without an error."""
    found = []
    for exercise_id, report in answers_in(lab, course, lambda source: source).items():
        if report.state != "right":
            found.append(f"the solution of {exercise_id} is {report.state}: {report.cause}")
    for exercise_id, report in answers_in(lab, course, blank).items():
        if (report.state, report.points) != ("not started", 0):
            found.append(f"the blank {exercise_id} is {report.state}, {report.points} points")
    return found


def nothing_leaks(lab: str, course: Path) -> list[str]:
    """No line of a solution stands in the exercises, neither in a cell nor in an output."""
    shown = json.dumps(
        [
            make_notebooks(lab, course)[course / "exercises" / f"{lab}.ipynb"],
            _committed(lab, course),
        ],
        ensure_ascii=False,
    )
    return [
        f"{cell.metadata['exercise']}: the solution's line {line!r} stands in the exercises"
        for cell in read_cells(source_of(lab, course))
        if "exercise" in cell.metadata
        for line in solution_lines(cell.source)
        if len(line) > LEAK_LENGTH and json.dumps(line, ensure_ascii=False)[1:-1] in shown
    ]


def _committed(lab: str, course: Path) -> Any:
    path = course / "exercises" / f"{lab}.ipynb"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


EXERCISE_GATES = (complete, right_answers_pass, wrongs_are_named, cases_are_useful, travels)
LAB_GATES = (source_is_sound, nothing_leaks, drift)
