"""The `nnlib` command: build and execute the course's notebooks."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from nnlib.grading.course import course_folder
from nnlib.grading.registry import find_lab, labs


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 if all is well, else 1 (2: the words made no sense)."""
    parser = argparse.ArgumentParser(prog="nnlib", description="The course's command line.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("build", help="make exercises/ and solutions/ from their source")
    command.add_argument("labs", nargs="*", help="lab numbers or names (default: all)")
    command.add_argument("--check", action="store_true", help="only report drift, write nothing")
    command.add_argument("--no-execute", action="store_true", help="leave the outputs empty")
    command = commands.add_parser("execute", help="run notebooks in place")
    command.add_argument("notebooks", nargs="+", type=Path)
    arguments = parser.parse_args(argv)
    if arguments.command == "build":
        return run_build(arguments.labs, arguments.check, not arguments.no_execute)
    return run_execute(arguments.notebooks)


def run_build(names: Sequence[str], check: bool, execute: bool) -> int:
    """Build the named labs, or only report what a build would change."""
    from nnlib.grading.build import build, drift
    from nnlib.grading.execute import NotebookError

    course = course_folder()
    try:
        chosen = [find_lab(name) for name in names] or labs()
        if check:
            found = [line for lab in chosen for line in drift(lab, course)]
            print("\n".join(found) or "the exercises and solutions are those of their sources")
            return 1 if found else 0
        for lab in chosen:
            for path in build(lab, course, execute=execute):
                print(path.relative_to(course))
    except (NotebookError, KeyError, ValueError, FileNotFoundError) as error:
        print(error.args[0], file=sys.stderr)
        return 1
    return 0


def run_execute(paths: Sequence[Path]) -> int:
    """Execute notebooks in place and name those that fail."""
    from nnlib.grading.execute import NotebookError, execute_file

    failed = 0
    for path in paths:
        try:
            execute_file(path)
            print(path)
        except (NotebookError, OSError) as error:
            failed += 1
            print(error, file=sys.stderr)
    return 1 if failed else 0
