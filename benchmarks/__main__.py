"""The command line: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.command import CannotRun, execute, require_peers
from benchmarks.duel import Plan
from benchmarks.run import run
from benchmarks.workloads import WORKLOADS, Workload


def parser() -> argparse.ArgumentParser:
    """What the command understands."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", metavar="NAME", action="append", default=[], help="measure this workload alone"
    )
    parser.add_argument(
        "--threads", type=int, choices=(1, 2), default=1, help="threads on every side (default 1)"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the numbers here as well")
    parser.add_argument(
        "--rounds", type=positive, default=3, help="processes per contender (default 3)"
    )
    return parser


def positive(text: str) -> int:
    """A number of rounds."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text}")
    return int(text)


def chosen(names: Sequence[str]) -> list[Workload]:
    """The workloads of these names, or all; CannotRun lists the names there are."""
    known = {workload.name: workload for workload in WORKLOADS}
    for name in names:
        if name not in known:
            raise CannotRun(f"there is no workload {name!r}; there are {', '.join(known)}")
    return [known[name] for name in names] or list(WORKLOADS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; 1 where contenders failed or disagreed."""
    command = parser()
    given = command.parse_args(arguments)
    try:
        workloads = chosen(given.only)
    except CannotRun as error:
        command.error(str(error))
    require_peers()
    measured = run(workloads, Plan(rounds=given.rounds), given.threads)
    print(report.table(measured))
    if given.json:
        given.json.write_text(json.dumps(report.to_json(measured), indent=2) + "\n")
    return 1 if any(result.error for result in measured.results) else 0


if __name__ == "__main__":
    execute(main)
