"""How every command of this package ends: with a status, a sentence, or quietly on Ctrl-C."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable

from benchmarks.workers import WorkerError


class CannotRun(Exception):
    """What was asked for cannot be run; the message says why."""


def execute(main: Callable[[], int | None]) -> None:
    """Run a command and exit with its status; what it cannot do is said without a traceback."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except (CannotRun, WorkerError) as error:
        sys.exit(str(error))


def no_arguments(name: str, description: str | None) -> None:
    """Refuse arguments, but for --help."""
    argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}", description=description
    ).parse_args()


def require_peers() -> None:
    """Raise CannotRun unless the libraries that nnlib is compared with are installed."""
    for package, name in (("torch", "PyTorch"), ("sklearn", "scikit-learn")):
        if importlib.util.find_spec(package) is None:
            raise CannotRun(f'{name} is not installed: pip install -e ".[bench]"')
