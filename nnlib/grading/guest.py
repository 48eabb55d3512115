"""The process in which a stranger's answer runs: started bare, it forks once for each job.

A copy of this file runs as a script beside `crossing.py`, with NumPy and the standard library
only. It never sees a reference, an expected result or a mark. The rules it sets are a seat belt
against accidents and cheap tricks, not a prison: see docs/grading.md for what to wrap around it.
"""

import contextlib
import ctypes  # noqa: F401  (loaded before loading is forbidden)
import json
import linecache
import os
import resource
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from crossing import pack, unpack  # type: ignore[import-not-found]

GRACE_S = 2.0
BROKEN = 70
FORBIDDEN_EVENTS = frozenset(
    (
        *("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system"),
        *("subprocess.Popen", "pty.spawn", "os.kill", "os.killpg"),
        *("os.chmod", "os.chown", "os.link", "os.symlink"),
    )
)
FORBIDDEN_FAMILIES = ("socket.", "ctypes.dl", "ctypes.call_function")
WRITING_EVENTS = frozenset(
    ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "shutil.rmtree")
)
WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class OutOfTimeError(BaseException):
    """The answer used up its time."""


def main() -> None:
    """Serve jobs, one path per line of stdin, one line of JSON on stdout for each."""
    with contextlib.suppress(ImportError):
        import matplotlib.pyplot  # noqa: F401
    for line in sys.stdin:
        job = Path(line.strip())
        rules = json.loads((job / "job.json").read_text(encoding="utf-8"))
        child = os.fork()
        if child == 0:
            try:
                _serve(job, rules)
            except BaseException:
                os._exit(BROKEN)
            os._exit(0)
        print(json.dumps({"ended": _wait(child, rules["seconds"] + GRACE_S)}), flush=True)


def _wait(child: int, seconds: float) -> str:
    """Wait for a child and end all it started; return "" or why it did not end by itself."""
    deadline = time.monotonic() + seconds
    status = None
    while status is None and time.monotonic() < deadline:
        finished, code = os.waitpid(child, os.WNOHANG)
        if finished:
            status = code
        else:
            time.sleep(0.002)
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(child, signal.SIGKILL)
    if status is None:
        os.waitpid(child, 0)
        return f"it did not end within {seconds:g} seconds"
    if os.WIFSIGNALED(status):
        return f"it was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    code = os.waitstatus_to_exitcode(status)
    return f"it ended Python with exit code {code}" if code else ""


def _serve(job: Path, rules: dict[str, Any]) -> None:
    """Run a job's cells, then its answer on every case. Runs in the child only."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, 256)
    work, out = job / "work", job / "out"
    os.chdir(work)
    os.environ["HOME"] = os.environ["TMPDIR"] = str(work)
    sys.path[:] = [str(work), rules["library"], *rules["path"]]
    warnings.simplefilter("ignore")
    cases = [unpack(job, f"case-{number}") for number in range(rules["cases"])]
    _limit(rules)
    _seat_belt([str(work), str(out)], rules)
    signal.signal(signal.SIGALRM, _out_of_time)
    # A bare `except:` in a loop swallows the first alarm, so it is repeated.
    signal.setitimer(signal.ITIMER_REAL, rules["seconds"], 0.2)
    namespace: dict[str, Any] = {"__name__": "__main__", "display": lambda *shown, **how: None}
    try:
        trouble = _run_cells(rules, namespace)
        _run_cases(rules, namespace, cases, trouble, out)
    except OutOfTimeError as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        pack({"error": _told(error)}, out, "ended")


def _limit(rules: dict[str, Any]) -> None:
    seconds = int(rules["seconds"] + GRACE_S) + 1
    for name, value in (
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_AS", rules["memory"]),
        ("RLIMIT_FSIZE", rules["file_size"]),
        ("RLIMIT_NPROC", 0),
        ("RLIMIT_CORE", 0),
    ):
        # Not every system has every limit.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


def _seat_belt(writable: list[str], rules: dict[str, Any]) -> None:
    """Forbid processes, sockets, writing outside `writable` and reading what is not theirs.

    Of the `closed` folders only what is `open` may be read; of the `hidden` ones nothing.
    """
    realpath, fsdecode, startswith = os.path.realpath, os.fsdecode, str.startswith
    opened, closed, hidden = rules["open"], rules["closed"], rules["hidden"]

    def within(path: str, folders: list[str]) -> bool:
        return any(path == folder or startswith(path, folder + os.sep) for folder in folders)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FORBIDDEN_EVENTS or startswith(event, FORBIDDEN_FAMILIES):
            raise PermissionError(f"a graded answer may not use {event}")
        writes = event in WRITING_EVENTS
        if event == "open":
            writes = bool((arguments[2] or 0) & WRITING_FLAGS)
        elif not writes and event not in ("os.listdir", "os.scandir"):
            return
        for path in arguments[:2]:
            if not isinstance(path, str | bytes | os.PathLike):
                continue
            place = realpath(fsdecode(path))
            if writes and place != os.devnull and not within(place, writable):
                raise PermissionError("a graded answer may not change files outside its folder")
            if within(place, hidden) or (within(place, closed) and not within(place, opened)):
                raise PermissionError("a graded answer may not read the course's folder")
            if event == "open":
                return

    sys.addaudithook(hook)


def _out_of_time(signum: int, frame: FrameType | None) -> None:
    raise OutOfTimeError("stopped: the time was up")


def _run_cells(rules: dict[str, Any], namespace: dict[str, Any]) -> list[str] | None:
    """Run every cell; return the error of the one that should have defined the answer."""
    trouble = None
    for number, (source, decisive) in enumerate(rules["cells"], 1):
        name = f"cell {number}"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        try:
            exec(compile(source, name, "exec"), namespace)
        except OutOfTimeError:
            raise
        except BaseException as error:
            if decisive:
                trouble = _told(error)
    return trouble


def _run_cases(
    rules: dict[str, Any],
    namespace: dict[str, Any],
    cases: list[dict[str, Any]],
    trouble: list[str] | None,
    out: Path,
) -> None:
    tools: dict[str, Any] = {"np": np}
    exec(rules["adapter"], tools)
    run = tools[rules["adapter_name"]]
    answer = namespace.get(rules["exercise"])
    if answer is None or answer is ...:
        pack({"missing": True, "error": trouble}, out, "ended")
        return
    for number, case in enumerate(cases):
        before = _copy(case)
        result: dict[str, Any] = {"value": None, "error": None}
        try:
            result["value"] = run(answer, **case)
        except OutOfTimeError:
            raise
        except BaseException as error:
            result["error"] = _told(error)
        result["changed"] = [name for name in before if not _same(before[name], case[name])]
        try:
            pack(result, out, f"case-{number}")
        except (OSError, ValueError, MemoryError):
            words = ["ValueError", "the result is too large", ""]
            pack({"value": None, "error": words, "changed": []}, out, f"case-{number}")


def _told(error: BaseException) -> list[str]:
    """Return an error as its type, its words and the last line of the answer it went through."""
    lines = [
        f"{frame.filename}, line {frame.lineno}: {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith("cell ")
    ]
    try:
        words = str(error)
    except BaseException:
        words = "an error that cannot be shown"
    return [type(error).__name__[:60], words[:500], lines[-1][:300] if lines else ""]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_copy(part) for part in value]
    return value.copy() if isinstance(value, np.ndarray) else value


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, np.ndarray):
        return (
            isinstance(after, np.ndarray)
            and before.dtype == after.dtype
            and np.array_equal(before, after, equal_nan=before.dtype.kind in "fc")
        )
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[k], after[k]) for k in before)
    if isinstance(before, list | tuple):
        pairs = zip(before, after, strict=False)
        return len(before) == len(after) and all(_same(a, b) for a, b in pairs)
    return bool(before == after)
