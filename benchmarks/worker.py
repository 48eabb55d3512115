"""The process a contender runs in: one problem, one contender, one line of JSON per answer.

Started as `python -m benchmarks.worker ORDER`; says its first losses, or why it cannot run; then
times a block of steps for every line it reads, and ends with its input.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.contender import Contender, Unavailable
from benchmarks.problems import PROBLEMS

AGREEING_STEPS = 10
SAMPLES_PER_BLOCK = 15
LIBRARIES = {
    "nnlib": "benchmarks.with_nnlib",
    "numpy": "benchmarks.with_numpy",
    "plain": "benchmarks.tricks",
    "pytorch": "benchmarks.with_pytorch",
    "scikit-learn": "benchmarks.classifiers",
}


def make_contender(name: str, problem: str, arguments: dict[str, Any]) -> Contender:
    """The contender of a name such as "pytorch channels-last fused", on a recipe's problem."""
    library, *options = name.split()
    module = importlib.import_module(LIBRARIES[library])
    contender: Contender = module.contender(PROBLEMS[problem](**arguments), frozenset(options))
    return contender


def clock_for(threads: int) -> Callable[[], float]:
    """One thread is timed by the processor time of its process, which other programs cannot stretch
    and a hidden second thread would; two threads by the clock on the wall.
    """
    return time.process_time if threads == 1 else time.perf_counter


def time_block(step: Callable[[], None], clock: Callable[[], float], seconds: float) -> float:
    """The median seconds of a step, over samples that together last about `seconds`."""
    step()
    start = clock()
    step()
    once = max(clock() - start, 1e-9)
    steps = max(1, round(seconds / SAMPLES_PER_BLOCK / once))
    samples = [once] if steps == 1 else []
    while sum(samples) * steps < seconds:
        start = clock()
        for _ in range(steps):
            step()
        samples.append((clock() - start) / steps)
    return statistics.median(samples)


def peak_memory() -> float | None:
    """The most memory this process has held, in MB; None on Windows, which keeps no such count."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def serve(order: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
    """Carry out an order."""
    threads = order["threads"]
    try:
        if order["contender"].startswith("pytorch"):
            import torch

            torch.set_num_threads(threads)
        contender = make_contender(order["contender"], order["problem"], order["arguments"])
        losses = contender.losses(AGREEING_STEPS)
    except Unavailable as reason:
        return say({"unavailable": str(reason)})
    say({"losses": losses})
    clock = clock_for(threads)
    for line in sys.stdin:
        contender.start()
        seconds = time_block(contender.step, clock, json.loads(line)["seconds"])
        say({"seconds": seconds, "peak_mb": peak_memory()})


def main() -> None:
    """Keep standard output for the answers: whatever a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    serve(json.loads(sys.argv[1]), say)


if __name__ == "__main__":
    main()
