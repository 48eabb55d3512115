"""A whole run: the limits of the machine, then every workload asked for, with a progress bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from benchmarks import duel, imports, limits, machine
from benchmarks.duel import Plan, Result
from benchmarks.limits import Measured
from benchmarks.workloads import Workload


@dataclass
class Run:
    """What a run measured, and where."""

    threads: int
    machine: dict[str, Any]
    limits: dict[str, Measured]
    results: list[Result]


def run(workloads: Sequence[Workload], plan: Plan, threads: int) -> Run:
    """Measure the limits and the workloads one after the other."""
    results = []
    described = machine.describe()
    with tqdm(total=blocks(workloads, plan), unit="block") as bar:
        measured = {}
        for limit in limits.LIMITS:
            bar.set_description(limit.name)
            measured[limit.name] = limits.measure(limit, plan, threads, bar.update)
        for workload in workloads:
            bar.set_description(workload.name)
            measure = duel.measure if workload.recipe else imports.measure
            results.append(measure(workload, plan, threads, bar.update))
    return Run(threads, described, measured, results)


def blocks(workloads: Sequence[Workload], plan: Plan) -> int:
    """How many blocks a run will measure."""
    rounds = len(limits.LIMITS)
    for workload in workloads:
        rounds += (1 + len(workload.peers)) * plan.rounds
        rounds += len(workload.beside) if workload.peers else 0
    return rounds * plan.turns
