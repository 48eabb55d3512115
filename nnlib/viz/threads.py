"""Holds NumPy to one thread while a widget computes.

Its matrices are small. On a machine that is at work, as it is while a browser draws, two threads
that wait for each other at every product take ten times as long as one.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
R = TypeVar("R")

_LIBRARIES = ThreadpoolController()


def one_thread(compute: Callable[P, R]) -> Callable[P, R]:
    """Make `compute` work in one thread; NumPy has its others back afterwards."""
    return cast(Callable[P, R], _LIBRARIES.wrap(limits=1, user_api="blas")(compute))
