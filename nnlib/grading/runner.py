"""Calling a learner's code so that nothing it does (loop, print, warn, plot) harms the notebook."""

import _thread
import contextlib
import io
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from nnlib.grading.compare import Closeness, first_mismatch
from nnlib.grading.exercise import Case, Exercise

EXACTLY = Closeness(rtol=0, atol=0, strict_dtype=True)
LIMIT_S = 5.0
PRINTED_LIMIT = 2000


class TimeLimitError(BaseException):
    """The learner's code ran past its limit; no `except Exception` of theirs can swallow it."""


@dataclass
class Outcome:
    """What one call gave: a value or an error, and what it did besides."""

    value: Any = None
    error: BaseException | None = None
    printed: str = ""
    warned: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class _Short(io.TextIOBase):
    """A text stream that keeps the first characters of a flood and forgets the rest."""

    def __init__(self, limit: int) -> None:
        self.text = ""
        self.limit = limit
        self.lost = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: max(self.limit - len(self.text), 0)]
        self.text += kept
        self.lost += len(text) - len(kept)
        return len(text)

    def getvalue(self) -> str:
        more = f"… and {self.lost} more characters" if self.lost else ""
        return self.text + more


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimitError in this block, at the line then running, once `seconds` have passed.

    Works wherever Python has SIGINT (Linux, macOS, Windows), in the main thread only: elsewhere,
    and in a browser, where no thread can be started, the block simply runs without a limit.
    """
    in_a_browser = sys.platform == "emscripten"
    if in_a_browser or threading.current_thread() is not threading.main_thread():
        yield
        return
    done = threading.Event()
    late = threading.Event()

    def interrupt(signum: int, frame: Any) -> None:
        if done.is_set():
            return
        if late.is_set():
            raise TimeLimitError(f"stopped after {seconds:g} seconds")
        raise KeyboardInterrupt

    def watch() -> None:
        if not done.wait(seconds):
            late.set()
        # A bare `except:` in a loop swallows the first interrupt, so it is repeated.
        while not done.is_set():
            _thread.interrupt_main()
            done.wait(0.2)

    previous = signal.signal(signal.SIGINT, interrupt)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        signal.signal(signal.SIGINT, previous)


@contextlib.contextmanager
def _no_new_figures() -> Iterator[None]:
    """Close the figures that a call leaves open, so that none of them lands under a report."""

    def figures() -> set[int]:
        pyplot = sys.modules.get("matplotlib.pyplot")
        return set(pyplot.get_fignums()) if pyplot else set()

    before = figures()
    try:
        yield
    finally:
        for number in figures() - before:
            sys.modules["matplotlib.pyplot"].close(number)


def guarded(call: Callable[[], Any], limit: float | None = LIMIT_S) -> Outcome:
    """Run `call` with captured output, recorded warnings and a time limit; never raise.

    Only the learner's own Stop button (KeyboardInterrupt) passes through. Limits do not nest:
    give None around code that sets its own.
    """
    outcome = Outcome()
    stream = _Short(PRINTED_LIMIT)
    with (
        contextlib.redirect_stdout(stream),
        contextlib.redirect_stderr(stream),
        warnings.catch_warnings(record=True) as caught,
        _no_new_figures(),
    ):
        warnings.simplefilter("default")
        try:
            with time_limit(limit) if limit else contextlib.nullcontext():
                outcome.value = call()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            outcome.error = error
    outcome.printed = stream.getvalue()
    outcome.warned = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    return outcome


def run_case(
    exercise: Exercise, answer: Any, case: Case, *, seed: int = 0, limit: float = LIMIT_S
) -> Outcome:
    """Run an answer on fresh copies of a case's inputs and note which of them it changed."""
    inputs = case.fresh(seed)
    outcome = guarded(lambda: exercise.named(exercise.run(answer, **inputs)), limit)
    outcome.changed = tuple(
        name
        for name, original in case.fresh(seed).items()
        if first_mismatch(inputs[name], original, EXACTLY)
    )
    return outcome
