"""Fills docs/performance.md from one run: `python -m benchmarks.publish`, six minutes at the most.

One thread, which the goals are about; then two threads, shorter and without torch.compile. What is
written stands between markers; every number behind it goes into docs/performance.json.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import report
from benchmarks.command import execute, no_arguments, require_peers
from benchmarks.duel import Plan, Result
from benchmarks.run import Run, run
from benchmarks.workers import ROOT
from benchmarks.workloads import WORKLOADS

PAGE = ROOT / "docs" / "performance.md"
NUMBERS = ROOT / "docs" / "performance.json"
EMPHASIS = {"missed": "**missed**", "FAILED": "**failed**"}
ONE_THREAD, TWO_THREADS = Plan(), Plan(rounds=1, turns=3)


def main() -> int:
    """Run, write the page, print the tables."""
    require_peers()
    one = run(WORKLOADS, ONE_THREAD, threads=1)
    two = run([replace(w, beside=()) for w in WORKLOADS if w.recipe], TWO_THREADS, threads=2)
    print(report.table(one), report.table(two), sep="\n\n")
    numbers = {"one_thread": report.to_json(one), "two_threads": report.to_json(two)}
    NUMBERS.write_text(json.dumps(numbers, indent=2) + "\n")
    write(PAGE, "results", results(one, two))
    return 1 if any(result.error for result in [*one.results, *two.results]) else 0


def write(page: Path, section: str, text: str) -> None:
    """Put text between a section's two markers; ValueError where the page lacks them."""
    begin, end = f"<!-- {section}: written by benchmarks -->", f"<!-- end of {section} -->"
    before, found, rest = page.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page.name} has no section between {begin!r} and {end!r}")
    page.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")


def results(one: Run, two: Run) -> str:
    """The section's text."""
    return "\n\n".join(
        [
            "\n".join(f"- {line}" for line in report.preamble(one)),
            goals_table(one.results),
            verdict(one.results),
            "What else was measured in the same run:",
            beside_table(one.results),
            f"With two threads on every side (load at the start {two.machine['load']}):",
            threads_table(two.results),
        ]
    )


def goals_table(measured: Sequence[Result]) -> str:
    """Every workload with its goal."""
    header = ("workload", "", "nnlib", "peer", "ratio", "spread", "goal", "", "peak memory")
    rows = [
        (
            *(f"`{line.workload}`", result.workload.task, line.nnlib, line.peer, line.ratio),
            *(line.spread, line.goal, EMPHASIS.get(line.verdict, line.verdict), line.memory),
        )
        for result, line in zip(measured, map(report.row, measured), strict=True)
    ]
    return markdown(header, rows)


def verdict(measured: Sequence[Result]) -> str:
    """Which goals were met, in words."""
    failed = [f"`{result.workload.name}` ({result.error})" for result in measured if result.error]
    whole = [result for result in measured if not result.error]
    missed = [
        f"`{result.workload.name}` ({report.score(result.ratio, result.workload.unit)} "
        f"where {report.score(result.workload.goal, result.workload.unit)} was asked)"
        for result in whole
        if not result.met
    ]
    met = len(whole) - len(missed)
    sentences = [f"{met} of {len(measured)} goals {'is' if met == 1 else 'are'} met in this run."]
    if missed:
        sentences.append(f"Missed: {', '.join(missed)}.")
    if failed:
        sentences.append(f"Failed: {', '.join(failed)}.")
    return " ".join(sentences)


def beside_table(measured: Sequence[Result]) -> str:
    """What other settings need, torch.compile among them."""
    rows = [
        (f"`{line.workload}`", line.beside) for line in map(report.row, measured) if line.beside
    ]
    return markdown(("workload", "other contenders"), rows)


def threads_table(measured: Sequence[Result]) -> str:
    """The ratios alone."""
    rows = [
        (f"`{line.workload}`", line.nnlib, line.peer, line.ratio, line.spread)
        for line in map(report.row, measured)
    ]
    return markdown(("workload", "nnlib", "peer", "ratio", "spread"), rows)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    no_arguments("publish", __doc__)
    execute(main)
