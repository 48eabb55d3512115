"""How a verdict looks: plain text for the terminal and nbval, HTML for the notebook."""

import sys
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from nnlib.grading.check import CaseResult, Report
from nnlib.grading.compare import Mismatch
from nnlib.grading.diagnose import describe_type, results_called
from nnlib.grading.exercise import Exercise
from nnlib.grading.runner import TimeLimitError

NOTHING_FITS = (
    "No common mistake fits. Work the first wrong number out by hand from the inputs shown, "
    "and print the same steps in your code."
)
NOTHING_FITS_BUT = (
    "No common mistake fits. Your answer is right for “{right}” and wrong for “{wrong}”: "
    "what does the second have that the first has not?"
)
SHOWN_ENTRIES = 8
MARKS = {"not started": "○", "crashed": "✗", "wrong": "✗", "right": "✓"}
COLOURS = {
    "not started": "var(--jp-ui-font-color2, #616161)",
    "crashed": "var(--jp-error-color1, #c62828)",
    "wrong": "var(--jp-error-color1, #c62828)",
    "right": "var(--jp-success-color1, #2e7d32)",
}


def show(report: Report) -> None:
    """Display a report: HTML with its plain twin in a notebook, plain text elsewhere."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display({"text/plain": text(report), "text/html": html(report)}, raw=True)
    else:
        print(text(report))


def headline(report: Report) -> str:
    """Return the one line that says it all: mark, exercise, state and points."""
    exercise = report.exercise
    points = f"{report.points} of {exercise.max_points} points"
    return f"{MARKS[report.state]} {exercise.id}: {report.state}, {points}"


def text(report: Report) -> str:
    """Return a report as plain text, the same at every run on the same answer."""
    lines = [headline(report)]
    if report.note:
        lines.append(f"  {report.note}")
    for result in report.results:
        lines.append(f"  {_verdict(result)}  {result.case.name}  ({_points(result)})")
        lines.extend(f"      {line}" for line in details(report, result))
    if report.traceback:
        lines.extend(f"  {line}" for line in report.traceback.splitlines())
    lines.extend(f"  {line}" for line in remarks(report))
    if report.cause:
        lines.append(f"  Likely cause: {report.cause}")
    if report.state != "right":
        lines.append(f"  Stuck? Ask for a hint: nnlib hint {report.exercise.id}")
    return "\n".join(lines)


def html(report: Report) -> str:
    """Return a report as HTML that follows JupyterLab's light or dark theme."""
    colour = COLOURS[report.state]
    parts = [
        f'<div style="border-left: 4px solid {colour}; padding: 6px 12px; margin: 4px 0; '
        'line-height: 1.5; overflow-wrap: anywhere;">',
        f'<div style="color: {colour}; font-weight: 600;">{escape(headline(report))}</div>',
    ]
    if report.note:
        parts.append(f"<div>{escape(report.note)}</div>")
    for result in report.results:
        shade = COLOURS["right" if result.passed else "wrong"]
        parts.append(
            f'<div><span style="color: {shade}; font-weight: 600;">{_verdict(result)}</span> '
            f"{escape(result.case.name)} ({_points(result)})</div>"
        )
        parts.extend(
            f'<div style="margin-left: 1.5em;">{escape(line)}</div>'
            for line in details(report, result)
        )
    if report.traceback:
        parts.append(
            '<pre style="white-space: pre-wrap; margin: 6px 0; color: inherit; '
            f'background: transparent;">{escape(report.traceback)}</pre>'
        )
    parts.extend(f"<div>{escape(line)}</div>" for line in remarks(report))
    if report.cause:
        parts.append(f"<div><b>Likely cause:</b> {escape(report.cause)}</div>")
    if report.state != "right":
        parts.extend(
            f"<details><summary>Hint {step}: {escape(hint.title)}</summary>"
            f'<div style="margin-left: 1.5em; white-space: pre-wrap;">{escape(hint.text)}</div>'
            "</details>"
            for step, hint in enumerate(report.exercise.hints, 1)
        )
    return "\n".join([*parts, "</div>"])


def details(report: Report, result: CaseResult) -> list[str]:
    """Return the lines that say where a case went wrong; the first failed case gets them all."""
    if result.passed:
        return []
    first = next(result for result in report.results if not result.passed)
    lines = [f"with {_inputs(result)}"] if result is first and result.inputs else []
    error, wrong = result.outcome.error, result.mismatch
    if error is not None:
        words = _error(error)
        known = result is not first and first.outcome.error and words == _error(first.outcome.error)
        return lines if known else [*lines, words]
    if wrong is not None:
        lines.append(_difference(wrong, report.exercise))
        if result is first and wrong.kind == "value" and np.ndim(wrong.expected):
            axes = report.exercise.axes_of(wrong.link)
            lines.append(f"yours has {_shape(wrong.expected.shape, axes)}, as it should")
    if result.outcome.changed:
        lines.append(f"changed in place: {', '.join(result.outcome.changed)}")
    return lines


def remarks(report: Report) -> list[str]:
    """Return what else there is to say: warnings, prints, and what to try where no mistake fits."""
    failed = [result for result in report.results if not result.passed]
    if report.state == "right" or not failed:
        return []
    outcome = failed[0].outcome
    lines = [f"Warning while it ran: {_short(message, 200)}" for message in outcome.warned[:2]]
    if outcome.printed.strip():
        lines.append(f"It printed: {_short(' '.join(outcome.printed.split()), 300)}")
    if report.state == "wrong" and not report.cause:
        right = [result.case.name for result in report.results if result.passed]
        wrong = failed[0].case.name
        but = NOTHING_FITS_BUT.format(right=right[-1], wrong=wrong) if right else NOTHING_FITS
        lines.append(but)
    return lines


def _verdict(result: CaseResult) -> str:
    if result.passed:
        return "✓ right"
    return "✗ wrong" if result.outcome.error is None else "✗ crashed"


def _inputs(result: CaseResult) -> str:
    return ", ".join(f"{name} = {_value(value)}" for name, value in result.inputs.items())


def _value(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return _short(repr(value), 80)
    if value.size > SHOWN_ENTRIES:
        return f"array {value.shape}"
    return " ".join(np.array2string(value, precision=4).split())


def _points(result: CaseResult) -> str:
    total = result.case.points
    return f"{total if result.passed else 0}/{total}"


def _error(error: BaseException) -> str:
    if isinstance(error, TimeLimitError):
        return f"{error}: an endless loop?"
    return f"{type(error).__name__}: {_short(str(error), 200)}"


def _difference(wrong: Mismatch, exercise: Exercise) -> str:
    axes = exercise.axes_of(wrong.link)
    what = f"{wrong.link}: " if wrong.link else ""
    if wrong.kind == "missing":
        return f"{what}not in your result"
    if wrong.kind == "length":
        return f"{what}got {len(wrong.got)} results, expected {len(wrong.expected)}"
    if wrong.kind == "dtype":
        return f"{what}got numbers of type {wrong.got.dtype}, expected {wrong.expected.dtype}"
    if wrong.kind == "shape":
        got = f"the shape {wrong.got.shape}" if wrong.got.ndim else "a single number"
        return f"{what}got {got}, expected {_shape(wrong.expected.shape, axes)}"
    if wrong.kind == "type" and isinstance(wrong.expected, dict) and not wrong.link:
        due = f", expected {results_called(wrong.expected)}" if exercise.names_known else ""
        return f"got {describe_type(wrong.got)}{due}"
    if wrong.kind == "type":
        return f"{what}got {describe_type(wrong.got)}, expected {describe_type(wrong.expected)}"
    if not isinstance(wrong.expected, np.ndarray):
        return f"{what}got {_value(wrong.got)}, expected {_value(wrong.expected)}"
    got, expected = wrong.got[wrong.index], wrong.expected[wrong.index]
    numbers = f"got {_number(got)}, expected {_number(expected)}"
    if _number(got) == _number(expected):
        numbers = f"got {got!s}, expected {expected!s}"
    if not wrong.index:
        return what + numbers
    place = ", ".join(str(i) for i in wrong.index)
    count = f"{wrong.wrong_entries} of {wrong.expected.size} wrong"
    return f"{what}first wrong entry [{place}]: {numbers} ({count})"


def _shape(shape: tuple[int, ...], axes: Sequence[str]) -> str:
    if not shape:
        return "a single number"
    names = f" = ({', '.join(axes)})" if len(axes) == len(shape) else ""
    return f"the shape {shape}{names}"


def _number(value: np.generic) -> str:
    return str(value) if value.dtype.kind in "biu" else f"{value:.6g}"


def _short(words: str, limit: int) -> str:
    return words if len(words) <= limit else words[:limit] + " …"
