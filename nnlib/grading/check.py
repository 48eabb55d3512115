"""The verdict on an answer: not started, crashed, wrong or right, and the points it earns."""

import contextlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from nnlib.grading.compare import Mismatch
from nnlib.grading.diagnose import Failure, likely_cause
from nnlib.grading.exercise import Case, Exercise
from nnlib.grading.library import library_call
from nnlib.grading.registry import find
from nnlib.grading.runner import LIMIT_S, Outcome, TimeLimitError, guarded, run_case
from nnlib.grading.trace import learner_traceback

AFTERWARDS = "Your answer ran; what it returned could not be read as the exercise asks:"
State = Literal["not started", "crashed", "wrong", "right"]


@dataclass(frozen=True)
class CaseResult:
    """How an answer did on one case; `mismatch` is None where the values agree."""

    case: Case
    passed: bool
    outcome: Outcome = field(repr=False)
    mismatch: Mismatch | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Report:
    """Everything there is to say about an answer, before it is drawn as text or HTML."""

    exercise: Exercise
    state: State
    results: tuple[CaseResult, ...] = ()
    note: str = ""
    cause: str = ""
    wrong: str = ""
    traceback: str = ""

    @property
    def points(self) -> int:
        """The points of the passed cases; an answer that is not the learner's own earns none."""
        return sum(result.case.points for result in self.results if result.passed)


def assess(
    exercise: Exercise, namespace: Mapping[str, Any], *, seed: int = 0, limit: float = LIMIT_S
) -> Report:
    """Judge the object that `namespace` holds under the exercise's id. Never raises."""
    if exercise.id not in namespace:
        return Report(
            exercise,
            "not started",
            note=f"There is no {exercise.id} yet: run its cell, and mend any error it shows.",
        )
    answer = namespace[exercise.id]
    if answer is ...:
        return Report(exercise, "not started", note="Replace the ... by your answer.")
    report = weigh(
        exercise,
        lambda case: run_case(exercise, answer, case, seed=seed, limit=limit),
        seed=seed,
        trace=lambda error: learner_traceback(error, namespace, elsewhere=AFTERWARDS),
    )
    called = library_call(exercise, answer) if report.state == "right" else ""
    return borrowed(report, called) if called else report


def judge(exercise: Exercise, answer: Any, case: Case, *, seed: int = 0) -> CaseResult:
    """Run an answer on one case and compare its result with the reference's."""
    return compare(exercise, case, run_case(exercise, answer, case, seed=seed), seed=seed)


def compare(exercise: Exercise, case: Case, outcome: Outcome, *, seed: int = 0) -> CaseResult:
    """Hold what an answer did on a case against what the reference does."""
    inputs = case.fresh(seed)
    if outcome.error is not None:
        return CaseResult(case, False, outcome, inputs=inputs)
    expected = run_case(exercise, exercise.reference, case, seed=seed)
    if expected.error is not None:
        raise expected.error
    # A result may be an object whose own methods fail when it is looked at.
    compared = guarded(lambda: exercise.mismatch(outcome.value, expected.value))
    if compared.error is not None:
        return CaseResult(case, False, replace(outcome, error=compared.error), inputs=inputs)
    spoiled = bool(outcome.changed) and not exercise.may_change_inputs
    passed = compared.value is None and not spoiled
    return CaseResult(case, passed, outcome, compared.value, inputs)


def weigh(
    exercise: Exercise,
    run: Callable[[Case], Outcome],
    *,
    seed: int = 0,
    trace: Callable[[BaseException], str] = lambda error: "",
) -> Report:
    """Run an answer on the cases, wherever `run` runs it, and judge it by what it did."""
    results: list[CaseResult] = []
    for case in exercise.cases:
        results.append(compare(exercise, case, run(case), seed=seed))
        error = results[-1].outcome.error
        if isinstance(error, NotImplementedError):
            return Report(
                exercise, "not started", note="Write your answer in place of NotImplementedError."
            )
        if isinstance(error, TimeLimitError):
            break
    errors = [result.outcome.error for result in results if result.outcome.error is not None]
    failures = [
        Failure(
            result.case,
            result.inputs,
            result.outcome,
            result.mismatch,
            exercise.axes_of(result.mismatch.link if result.mismatch else ""),
            exercise.links,
            run_case(exercise, exercise.reference, result.case, seed=seed).value,
            exercise.names_known,
        )
        for result in results
        if not result.passed
    ]
    if not failures:
        return Report(exercise, "right", tuple(results))
    passed = [result.case for result in results if result.passed]
    explained = guarded(lambda: likely_cause(exercise, failures, passed, seed=seed), limit=None)
    wrong, cause = explained.value or ("", "")
    return Report(
        exercise,
        "crashed" if errors else "wrong",
        tuple(results),
        cause=cause,
        wrong=wrong,
        traceback=trace(errors[0]) if errors else "",
    )


def borrowed(report: Report, called: str) -> Report:
    """Take the points from an answer that leaves the work to the library's own function."""
    cause = (
        f"Your answer leaves the work to the library's own {called}: "
        f"write the formula yourself to earn the points."
    )
    results = tuple(replace(result, passed=False) for result in report.results)
    return Report(report.exercise, "wrong", results, cause=cause, wrong="calls the library")


def check(exercise_id: str) -> int:
    """Show how the caller's answer to an exercise does, and return its points.

    The answer is the object of that name in the calling notebook or script. Nothing is raised for
    a wrong or broken answer, and nothing goes to stderr; an unknown id is a KeyError.
    """
    from nnlib.grading.report import show

    report = assess(find(exercise_id), sys._getframe(1).f_globals)
    show(report)
    _remember(report)
    return report.points


def _remember(report: Report) -> None:
    """Note the verdict if this is the learner's own folder; other places keep no trace."""
    folder = Path.cwd()
    if folder.name != "mine" or not (folder.parent / "exercises").is_dir():
        return
    from nnlib.grading.progress import Progress

    with contextlib.suppress(OSError):
        Progress(folder / ".progress.json").checked(report.exercise.id, report.state, report.points)
