"""What a run found: as a table to read, and as JSON to keep."""

from __future__ import annotations

from typing import Any, NamedTuple

from benchmarks.duel import Result, relative_spread
from benchmarks.run import Run
from benchmarks.workers import REMOVED
from benchmarks.workloads import OURS


class Row(NamedTuple):
    """A line of the table, each cell in words."""

    workload: str
    nnlib: str
    peer: str
    ratio: str
    spread: str
    goal: str
    verdict: str
    memory: str
    beside: str


HEADER = Row("workload", "nnlib", "peer", "ratio", "spread", "goal", "", "peak memory", "beside")


def to_json(run: Run) -> dict[str, Any]:
    """Everything measured, in plain numbers; times in seconds, memory in MB."""
    return {
        "threads": run.threads,
        "machine": run.machine,
        "removed_from_environment": list(REMOVED),
        "limits": {name: limit._asdict() for name, limit in run.limits.items()},
        "workloads": {result.workload.name: _result(result) for result in run.results},
    }


def _result(result: Result) -> dict[str, Any]:
    workload = result.workload
    known = {
        "task": workload.task,
        "goal": workload.goal,
        "unit": workload.unit,
        "not_here": result.not_here,
    }
    if result.error:
        return known | {"error": result.error}
    peer = result.peer
    return known | {
        "ratio": result.ratio,
        "spread": result.spread,
        "met": result.met,
        "peer": peer,
        "medians": {
            "nnlib": result.times[OURS].median,
            "peer": result.times[peer].median if peer else None,
        },
        "contenders": {
            name: {
                "median": times.median,
                "spread": relative_spread(times.blocks),
                "peak_mb": times.peak_mb,
            }
            for name, times in result.times.items()
        },
    }


def table(run: Run) -> str:
    """The whole run as text."""
    rows = [HEADER, *(row(result) for result in run.results)]
    widths = [max(len(line[k]) for line in rows) for k in range(len(HEADER))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in rows
    ]
    return "\n".join([*preamble(run), "", *lines])


def preamble(run: Run) -> list[str]:
    """Where and how the numbers were measured."""
    machine = run.machine
    versions = ", ".join(
        f"{name} {machine[name]}" for name in ("python", "numpy", "torch", "scikit-learn")
    )
    clock = "processor time" if run.threads == 1 else "wall-clock time"
    found = (f"{name}: {limit.value:.0f} {limit.unit}" for name, limit in run.limits.items())
    return [
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; {versions}",
        f"{threads(run.threads)} on every side, {clock}; load at the start {machine['load']}",
        f"workers run without {', '.join(REMOVED)}",
        f"limits: {'; '.join(found)}",
    ]


def threads(n: int) -> str:
    """The number of threads in words."""
    return "one thread" if n == 1 else f"{n} threads"


def row(result: Result) -> Row:
    """One workload's line."""
    workload = result.workload
    if result.error:
        return Row(workload.name, "", "", "", "", "", "FAILED", "", result.error)
    peer = result.peer
    return Row(
        workload.name,
        duration(result.times[OURS].median),
        f"{duration(result.times[peer].median)} {peer}" if peer else "–",
        score(result.ratio, workload.unit),
        f"{result.spread:.0%}",
        f"≤ {score(workload.goal, workload.unit)}",
        "met" if result.met else "missed",
        " / ".join(memory(result.times[name].peak_mb) for name in (OURS, peer) if name),
        beside(result),
    )


def beside(result: Result) -> str:
    """The contenders that count for nothing, and those that cannot run here."""
    others = [
        f"{name} {duration(times.median)}"
        for name, times in result.times.items()
        if name not in (OURS, result.peer)
    ]
    others += [f"{name} skipped: {reason}" for name, reason in result.not_here.items()]
    return ", ".join(others)


def score(value: float, unit: str) -> str:
    """A ratio, or milliseconds."""
    return f"{value:.2f}" if unit == "ratio" else f"{value:.3g} ms"


def memory(megabytes: float | None) -> str:
    """Peak memory, where the system counts it."""
    return "?" if megabytes is None else f"{megabytes:.0f} MB"


def duration(seconds: float) -> str:
    """Three digits in the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"
