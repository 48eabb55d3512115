"""How every command of this package ends: with a status, a sentence, or quietly on Ctrl-C."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable

from benchmarks.workers import WorkerError


class MissingPeer(Exception):
    """A library that nnlib is compared with is not installed."""


def execute(main: Callable[[], int | None]) -> None:
    """Run a command and exit with its status; what it cannot do is said without a traceback."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except (MissingPeer, WorkerError) as error:
        sys.exit(str(error))


def require_peers() -> None:
    """Raise MissingPeer unless the libraries that nnlib is compared with are installed."""
    for package, name in (("torch", "PyTorch"), ("sklearn", "scikit-learn")):
        if importlib.util.find_spec(package) is None:
            raise MissingPeer(f'{name} is not installed: pip install -e ".[bench]"')
