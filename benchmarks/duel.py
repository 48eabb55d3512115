"""One workload measured: fresh processes, the same losses first, then blocks in turn, A B A B."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.workers import NotHere, Worker, WorkerError
from benchmarks.workloads import OURS, Workload

AGREE_WITHIN = 1e-3
REST = 0.05


class Plan(NamedTuple):
    """How much is measured: processes per contender, blocks in each, the seconds of a block.

    All contenders meet in the first round; in the others, nnlib and its peers.
    """

    rounds: int = 3
    turns: int = 5
    seconds: float = 0.1

    @property
    def blocks(self) -> int:
        """Blocks of nnlib, and of a peer."""
        return self.rounds * self.turns


class Disagreement(Exception):
    """Two contenders did not compute the same thing."""


@dataclass
class Times:
    """What a contender needed: seconds of a step in each block, and its peak memory in MB."""

    blocks: list[float] = field(default_factory=list)
    peak_mb: float | None = None

    @property
    def median(self) -> float:
        """The median over all blocks."""
        return statistics.median(self.blocks)


@dataclass
class Result:
    """What a workload came to; where it came to nothing, `error` says why."""

    workload: Workload
    times: dict[str, Times] = field(default_factory=dict)
    not_here: dict[str, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def peer(self) -> str | None:
        """The fastest of the peers over all rounds; None where the workload has none."""
        peers = [name for name in self.workload.peers if name in self.times]
        return min(peers, key=lambda name: self.times[name].median, default=None)

    @property
    def ratios(self) -> list[float]:
        """nnlib's time over its peer's, for every pair of blocks measured side by side.

        A workload without peers counts its own milliseconds instead.
        """
        ours, peer = self.times[OURS].blocks, self.peer
        if peer is None:
            return [1e3 * a for a in ours]
        return [a / b for a, b in zip(ours, self.times[peer].blocks, strict=True)]

    @property
    def ratio(self) -> float:
        """The median ratio, which the goal bounds."""
        return statistics.median(self.ratios)

    @property
    def met(self) -> bool:
        """Whether the ratio keeps within the goal."""
        return self.ratio <= self.workload.goal

    @property
    def spread(self) -> float:
        """The ratios' interquartile range as a share of their median."""
        return relative_spread(self.ratios)


def relative_spread(values: Sequence[float]) -> float:
    """The interquartile range over the median; 0 for a single value."""
    if len(values) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / middle


def measure(workload: Workload, plan: Plan, threads: int, tick: Callable[[], object]) -> Result:
    """Measure one workload, calling tick after each block; what goes wrong is in the result."""
    result = Result(workload)
    try:
        run_round(result, workload.contenders, plan, threads, tick)
        for _ in range(1, plan.rounds):
            run_round(result, (OURS, *workload.peers), plan, threads, tick)
    except (Disagreement, WorkerError) as error:
        result.error = str(error)
    return result


def run_round(
    result: Result,
    names: Sequence[str],
    plan: Plan,
    threads: int,
    tick: Callable[[], object],
) -> None:
    """Start contenders in processes of their own, hold them to each other, and time them."""
    recipe = result.workload.recipe
    assert recipe is not None
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(name, recipe, threads)) for name in names}
        losses = {}
        for name in names:
            try:
                losses[name] = workers[name].losses()
            except NotHere as reason:
                result.not_here[name] = str(reason)
                del workers[name]
        require_agreement(losses)
        for _ in range(plan.turns):
            for name, worker in workers.items():
                if threads > 1:
                    time.sleep(REST)  # until the last contender's threads have stopped spinning
                block = worker.time(plan.seconds)
                times = result.times.setdefault(name, Times())
                times.blocks.append(block.seconds)
                times.peak_mb = block.peak_mb
                tick()


def require_agreement(losses: Mapping[str, Sequence[float]]) -> None:
    """Raise Disagreement, naming the first step where a contender leaves the first one's path."""
    (first, expected), *others = losses.items()
    for name, got in others:
        for step, (a, b) in enumerate(zip(expected, got, strict=True), start=1):
            if not math.isclose(a, b, rel_tol=AGREE_WITHIN, abs_tol=1e-6):
                raise Disagreement(
                    f"the losses differ at step {step}: {first} has {a:.6f}, {name} has {b:.6f}"
                )
