"""Where a training step's time goes, layer by layer: `python -m benchmarks.profile mlp64`."""

from __future__ import annotations

import os
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from time import process_time
from typing import Any

from benchmarks import limits, problems
from benchmarks.__main__ import chosen
from benchmarks.command import execute
from benchmarks.duel import Plan
from benchmarks.report import duration
from benchmarks.with_nnlib import TrainStep
from benchmarks.workers import environment

STEPS = 200

Times = dict[str, list[float]]


def main() -> None:
    """Print a table for each workload named."""
    if os.environ != environment(threads=1):  # NumPy reads it once, when it is first imported
        command = [sys.executable, "-m", "benchmarks.profile", *sys.argv[1:]]
        os.execve(sys.executable, command, environment(threads=1))
    sgemm = limits.measure(limits.LIMITS[0], Plan(turns=3), threads=1, tick=lambda: None)
    for workload in chosen(sys.argv[1:] or ["mlp64"]):
        problem = workload.recipe and problems.PROBLEMS[workload.recipe.problem](
            **workload.recipe.arguments
        )
        if not isinstance(problem, problems.Training):
            print(f"{workload.name}: not a training step\n")
            continue
        parts = profile(problem)
        print(f"{workload.name}: {workload.task}")
        for part, seconds in parts.items():
            print(f"  {duration(seconds):>8}  {seconds / parts['the step']:4.0%}  {part}")
        print(f"  sgemm reaches {sgemm.value:.0f} {sgemm.unit}\n")


def profile(problem: problems.Training) -> dict[str, float]:
    """The median seconds of every part of a step, and of the step itself."""
    contender = TrainStep(problem)
    contender.start()
    times: Times = defaultdict(list)
    first, *rest = contender.net.layers
    for i, layer in enumerate(contender.net.layers):
        watch(layer, "forward", f"{i} {layer!r} forward", times)
    watch(first, "fill_gradients", f"0 {first!r} backward", times)
    for i, layer in enumerate(rest, start=1):
        watch(layer, "backward", f"{i} {layer!r} backward", times)
    watch(contender.loss, "evaluate", f"{contender.loss!r}", times)
    watch(contender.optimizer, "step", f"{contender.optimizer!r}", times)
    watch(contender, "step", "the step", times)
    for _ in range(STEPS):
        contender.step()
    medians = {part: statistics.median(seconds) for part, seconds in times.items()}
    parts = sum(medians.values()) - medians["the step"]
    return medians | {"everything else": medians["the step"] - parts}


def watch(owner: Any, method: str, part: str, times: Times) -> None:
    """Have an object's method note its seconds under a part's name."""
    original: Callable[..., Any] = getattr(owner, method)

    def timed(*arguments: Any, **named: Any) -> Any:
        start = process_time()
        result = original(*arguments, **named)
        times[part].append(process_time() - start)
        return result

    setattr(owner, method, timed)


if __name__ == "__main__":
    execute(main)
