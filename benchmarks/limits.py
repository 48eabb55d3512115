"""What the processor and the memory can do at most, measured in the same run as the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.duel import Plan
from benchmarks.workers import Worker
from benchmarks.workloads import Recipe

SIDE = 1024
MEGABYTES = (256, 16, 4)


@dataclass(frozen=True)
class Limit:
    """A kind of work, who does it, and how much of it is done in one step."""

    name: str
    contender: str
    recipe: Recipe
    amount: float
    unit: str


class Measured(NamedTuple):
    """A limit found: 170 and "GFLOP/s", say."""

    value: float
    unit: str


LIMITS = (
    *(
        Limit(
            f"sgemm, {contender}",
            contender,
            Recipe("matrix_product", {"n": SIDE}),
            2 * SIDE**3 / 1e9,
            "GFLOP/s",
        )
        for contender in ("numpy", "pytorch")
    ),
    *(
        Limit(
            f"copy, {megabytes} MB read and written",
            "numpy",
            Recipe("copy", {"megabytes": megabytes}),
            megabytes / 1e3,
            "GB/s",
        )
        for megabytes in MEGABYTES
    ),
)


def measure(limit: Limit, plan: Plan, threads: int, tick: Callable[[], object]) -> Measured:
    """The best of a few blocks: a limit is what can be reached, not what is usual."""
    with Worker(limit.contender, limit.recipe, threads) as worker:
        worker.losses()
        blocks = []
        for _ in range(plan.turns):
            blocks.append(worker.time(plan.seconds).seconds)
            tick()
    return Measured(limit.amount / min(blocks), limit.unit)
