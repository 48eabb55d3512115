"""Whether an answer only hands the work to the library's own function."""

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

from nnlib.grading.exercise import Exercise
from nnlib.grading.runner import guarded


def forbidden(exercise: Exercise) -> dict[CodeType, str]:
    """Return the code objects that would give the answer away, with the names to show for them."""
    found = {}
    for giver in (exercise.reference, *exercise.library):
        members = vars(giver).values() if inspect.isclass(giver) else (giver,)
        for member in members:
            code = getattr(inspect.unwrap(member), "__code__", None) if callable(member) else None
            if code is not None:
                found[code] = giver.__name__
    return found


def library_call(exercise: Exercise, answer: Any) -> str:
    """Return the name of the library function that an answer calls for its result, or "".

    One run on the first case is watched. A call counts when the learner made it: the library's
    own inner calls (fit → predict) do not.
    """
    codes = forbidden(exercise)
    if not codes:
        return ""
    called: list[str] = []

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code in codes and not _inside_library(frame.f_back):
            owner = frame.f_locals.get("self")
            # A method may be a base class's; the learner knows the class that they wrote.
            called.append(codes[frame.f_code] if owner is None else type(owner).__name__)

    inputs = exercise.cases[0].fresh()

    def run() -> None:
        with _profile(watch):
            exercise.run(answer, **inputs)

    guarded(run)
    return called[0] if called else ""


@contextlib.contextmanager
def _profile(watch: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    previous = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(previous)


def _inside_library(frame: FrameType | None) -> bool:
    """Tell whether the nearest frame of nnlib above a call is mathematics rather than grading."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("nnlib.grading"):
            return False
        if module == "nnlib" or module.startswith("nnlib."):
            return True
        frame = frame.f_back
    return False
