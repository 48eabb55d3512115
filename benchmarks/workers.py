"""The benchmark's hold on its workers: their environment, their answers, and their end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from benchmarks.workloads import Recipe

ROOT = Path(__file__).resolve().parents[1]
REMOVED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class WorkerError(Exception):
    """A worker ended before its time; the message carries its last words."""


class NotHere(Exception):
    """A worker said that its contender cannot run on this machine, and why."""


class Block(NamedTuple):
    """What a worker measured: the median seconds of a step, and its peak memory so far in MB."""

    seconds: float
    peak_mb: float | None


def environment(threads: int) -> dict[str, str]:
    """A user's environment: this one's without REMOVED, and with a number of threads."""
    kept = {name: value for name, value in os.environ.items() if name not in REMOVED}
    compiling_in_one_process = {"TORCHINDUCTOR_COMPILE_THREADS": "1"}
    return kept | dict.fromkeys(THREADS, str(threads)) | compiling_in_one_process


class Worker:
    """A process with one contender in it; it ends with the `with` block, however that ends."""

    def __init__(self, contender: str, recipe: Recipe, threads: int) -> None:
        self.contender = contender
        order = {
            "contender": contender,
            "problem": recipe.problem,
            "arguments": recipe.arguments,
            "threads": threads,
        }
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115, closed in __exit__
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env=environment(threads),
            cwd=ROOT,
            start_new_session=True,  # a Ctrl-C is the parent's to hear, and the group its to end
            text=True,
        )

    def losses(self) -> list[float]:
        """The losses of its first steps; NotHere where it cannot run."""
        answer = self._answer()
        if "unavailable" in answer:
            raise NotHere(answer["unavailable"])
        losses: list[float] = answer["losses"]
        return losses

    def time(self, seconds: float) -> Block:
        """Have it time a block of steps that lasts about `seconds`."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the answer will say more
            self._process.stdin.write(json.dumps({"seconds": seconds}) + "\n")
            self._process.stdin.flush()
        return Block(**self._answer())

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(f"{self.contender} stopped: {self._last_words()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        code = self._process.wait()
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"no word, exit status {code}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()  # type: ignore[union-attr]

    def _kill(self) -> None:
        if not hasattr(os, "killpg"):
            return self._process.kill()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # with any compiler it has started
