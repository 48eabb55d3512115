"""NumPy's contenders: the two limits that no library built on it can pass."""

from __future__ import annotations

import numpy as np

from benchmarks import problems
from benchmarks.contender import Contender, Stepwise


def contender(problem: problems.Problem, options: frozenset[str]) -> Contender:
    """NumPy on this problem."""
    match problem:
        case problems.MatrixProduct():
            return Product(problem)
        case problems.Copy():
            return CopyOnce(problem)
    raise TypeError(f"NumPy has no contender for {type(problem).__name__}")


class Product(Stepwise):
    """np.matmul into an array that stands ready."""

    def __init__(self, problem: problems.MatrixProduct) -> None:
        self.A, self.B = problem.A, problem.B
        self.C = np.empty_like(self.A)

    def step(self) -> None:
        np.matmul(self.A, self.B, out=self.C)

    def witness(self) -> float:
        return float(np.abs(self.C).mean())


class CopyOnce(Stepwise):
    """np.copyto."""

    def __init__(self, problem: problems.Copy) -> None:
        self.source, self.target = problem.source, np.zeros_like(problem.source)

    def step(self) -> None:
        np.copyto(self.target, self.source)

    def witness(self) -> float:
        return float(self.target[-1])
