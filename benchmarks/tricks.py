"""Each trick beside the plain code it replaces: `python -m benchmarks.tricks`.

Both sides compute the same numbers; the plain one is what the formula says, nnlib's is the
library's own call. The table goes into docs/performance.md, which explains the tricks one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from tqdm import tqdm

import nnlib as nn
from benchmarks import duel, problems
from benchmarks.command import execute, no_arguments
from benchmarks.contender import Contender, Stepwise
from benchmarks.duel import Plan, Result
from benchmarks.publish import PAGE, markdown, write
from benchmarks.report import duration
from benchmarks.with_nnlib import as_convolved
from benchmarks.workloads import OURS, Recipe, Workload
from nnlib import linear_regression

PLAN = Plan(rounds=1, turns=7, seconds=0.05)
WIDTHS = (784, 256, 128, 10)

Numbers = np.ndarray | float


class Trick(NamedTuple):
    """Two ways to the same numbers."""

    plain: Callable[[], Numbers]
    nnlib: Callable[[], Numbers]


def normal(*shape: int) -> np.ndarray:
    """Standard normal numbers in float32."""
    return np.random.default_rng(problems.SEED).standard_normal(shape, np.float32)


def network(dtype: type = np.float32) -> nn.Sequential:
    """784-256-128-10 with ReLU."""
    rng = np.random.default_rng(problems.SEED)
    layers: list[nn.Layer] = []
    for n_in, n_out in pairwise(WIDTHS):
        layers += [nn.Dense(n_in, n_out, rng=rng, dtype=dtype), nn.ReLU()]
    return nn.Sequential(*layers[:-1], dtype=dtype)


def float32() -> Trick:
    """Single precision: a training step of 784-256-128-10, batch 64."""
    X, y, loss = normal(64, 784), np.arange(64) % 10, nn.CrossEntropy()

    def stepper(dtype: type) -> Callable[[], float]:
        net = network(dtype)
        data: np.ndarray = X.astype(dtype)
        return lambda: nn.train_step(net, loss, nn.SGD(1e-9), data, y)

    return Trick(plain=stepper(np.float64), nnlib=stepper(np.float32))


def no_first_dX() -> Trick:
    """∂J/∂X, which training never uses, is left out: backward through 784-256-128-10, batch 64."""
    net, X, dZ = network(), normal(64, 784), normal(64, 10)
    net.forward(X)

    def plain() -> np.ndarray:
        net.backward(dZ)
        return net.grad

    def nnlib() -> np.ndarray:
        net.fill_gradients(dZ)
        return net.grad

    return Trick(plain, nnlib)


def into_grad() -> Trick:
    """dW computed where it belongs, not beside it and then copied: 784 to 256, batch 64."""
    A, dZ = normal(64, 784), normal(64, 256)
    dense = nn.Dense(784, 256, rng=np.random.default_rng(problems.SEED))
    dense.forward(A)
    dW, db = np.empty_like(dense.W), np.empty_like(dense.b)

    def plain() -> np.ndarray:
        dW[...] = dZ.T @ A
        db[...] = dZ.sum(axis=0)
        return dW

    def nnlib() -> np.ndarray:
        dense.fill_gradients(dZ)
        return dense.dW

    return Trick(plain, nnlib)


def one_output() -> Trick:
    """One column of outputs, row by row and not in strips: Z and dW of 784 to 1, 60000 rows."""
    A, dZ = normal(60_000, 784), normal(60_000, 1)
    dense = nn.Dense(784, 1, rng=np.random.default_rng(problems.SEED))

    def plain() -> np.ndarray:
        Z = A @ dense.W.T + dense.b
        dW, db = dZ.T @ A, dZ.sum(axis=0)
        return np.concatenate([Z.ravel(), dW.ravel(), db])

    def nnlib() -> np.ndarray:
        Z = dense.forward(A)
        dense.fill_gradients(dZ)
        return np.concatenate([Z.ravel(), dense.dW.ravel(), dense.db])

    return Trick(plain, nnlib)


def one_residual() -> Trick:
    """Xθ − y kept from the cost for the next gradient: 20 steps of descent, 60000×100."""
    X, y, lr = normal(60_000, 100), normal(60_000), 0.1

    def plain() -> np.ndarray:
        theta: np.ndarray = np.zeros(100, np.float32)
        for _ in range(20):
            theta = theta - lr * linear_regression.gradient(X, y, theta)
            linear_regression.cost(X, y, theta)
        return theta

    def nnlib() -> np.ndarray:
        path, _ = linear_regression.gradient_descent(X, y, lr=lr, steps=20)
        return path[-1]

    return Trick(plain, nnlib)


def one_vector() -> Trick:
    """θ in one piece: Adam's step for the six arrays of 2-16-16-1."""
    pieces = [normal(n) for n in (32, 16, 256, 16, 16, 1)]
    theta, optimizers, whole = (
        np.concatenate(pieces),
        [nn.Adam(1e-9) for _ in pieces],
        nn.Adam(1e-9),
    )
    grad = np.ones_like(theta)

    def plain() -> np.ndarray:
        for optimizer, piece in zip(optimizers, pieces, strict=True):
            optimizer.step(piece, grad[: len(piece)])
        return np.concatenate(pieces)

    def nnlib() -> np.ndarray:
        whole.step(theta, grad)
        return theta

    return Trick(plain, nnlib)


def adam_in_blocks() -> Trick:
    """In place, block by block in the cache: Adam's update of 1M parameters."""
    grad, start = normal(1_000_000), np.zeros(1_000_000, np.float32)
    alpha, beta1, beta2, eps = 1e-3, 0.9, 0.999, 1e-8
    state: dict[str, Any] = {"theta": start, "v": start, "s": start, "t": 0}

    def plain() -> np.ndarray:
        t = state["t"] = state["t"] + 1
        v = state["v"] = beta1 * state["v"] + (1 - beta1) * grad
        s = state["s"] = beta2 * state["s"] + (1 - beta2) * grad**2
        v_hat, s_hat = v / (1 - beta1**t), s / (1 - beta2**t)
        state["theta"] = state["theta"] - alpha * v_hat / (np.sqrt(s_hat) + eps)
        return state["theta"]

    adam, theta = nn.Adam(alpha), start.copy()

    def nnlib() -> np.ndarray:
        adam.step(theta, grad)
        return theta

    return Trick(plain, nnlib)


def mask() -> Trick:
    """A product with a mask of booleans: ReLU's backward on (64, 256)."""
    Z, dA, relu = normal(64, 256), normal(256, 64).T, nn.ReLU()
    relu.forward(Z)
    return Trick(plain=lambda: np.where(Z > 0, dA, 0), nnlib=lambda: relu.backward(dA))


def sigmoid() -> Trick:
    """No np.where: a sigmoid that never overflows, on (64, 256)."""
    Z = normal(64, 256)

    def plain() -> np.ndarray:
        e = np.exp(-np.abs(Z))
        return np.where(Z >= 0, 1, e) / (1 + e)

    return Trick(plain, nnlib=lambda: nn.sigmoid(Z))


def pooling() -> Trick:
    """Maxima of whole slices: 2×2 max pooling of (64, 28, 28, 6)."""
    X, pool = normal(64, 28, 28, 6), nn.MaxPool2D(2)
    convolved = as_convolved(X)
    return Trick(
        plain=lambda: X.reshape(64, 14, 2, 14, 2, 6).max(axis=(2, 4)),
        nnlib=lambda: pool.forward(convolved),
    )


def convolution() -> Trick:
    """Windows that are views, the batch last in memory: 16 kernels of 5×5 on (64, 14, 14, 6)."""
    X = normal(64, 14, 14, 6)
    convolved = as_convolved(X)
    conv = nn.Conv2D(6, 16, 5, rng=np.random.default_rng(problems.SEED))

    def plain() -> np.ndarray:
        windows = sliding_window_view(X, (5, 5), axis=(1, 2))
        return np.tensordot(windows, conv.W, axes=((4, 5, 3), (1, 2, 3))) + conv.b

    return Trick(plain, nnlib=lambda: conv.forward(convolved))


def batch_norm() -> Trick:
    """Batch norm while the numbers are in the cache: forward of (64, 28, 28, 32)."""
    Z = normal(64, 28, 28, 32)
    convolved = as_convolved(Z)
    norm = nn.BatchNorm(32)

    def plain() -> np.ndarray:
        mean, var = Z.mean(axis=(0, 1, 2)), Z.var(axis=(0, 1, 2))
        Z_hat = (Z - mean) / np.sqrt(var + norm.eps)
        return norm.gamma * Z_hat + norm.beta

    return Trick(plain, nnlib=lambda: norm.forward(convolved, training=True))


TRICKS: dict[str, Callable[[], Trick]] = {
    made.__name__: made
    for made in (
        *(float32, no_first_dX, into_grad, one_output, one_residual, one_vector),
        *(adam_in_blocks, mask, sigmoid, pooling, convolution, batch_norm),
    )
}


class Side(Stepwise):
    """One of a trick's two ways."""

    def __init__(self, compute: Callable[[], Numbers]) -> None:
        self.compute = compute

    def step(self) -> None:
        self.result = self.compute()

    def witness(self) -> float:
        return float(np.abs(self.result).mean())


def contender(problem: problems.Problem, options: frozenset[str]) -> Contender:
    """The plain way, or nnlib's with the option of that name."""
    if not isinstance(problem, problems.Trick):
        raise TypeError(f"there is no trick to {type(problem).__name__}")
    trick = TRICKS[problem.name]()
    return Side(trick.nnlib if OURS in options else trick.plain)


def main() -> None:
    """Measure every trick and put the table into the page."""
    results = []
    for name, trick in tqdm(TRICKS.items(), unit="trick"):
        task, _, _ = (trick.__doc__ or "").partition("\n")
        workload = Workload(name, task, Recipe("trick", {"name": name}), math.inf, ("plain",))
        results.append(duel.measure(workload, PLAN, threads=1, tick=lambda: None))
    table = markdown(("trick", "", "plain", "nnlib", "ratio"), [row(result) for result in results])
    write(PAGE, "tricks", table)
    print(table)


def row(result: Result) -> tuple[str, ...]:
    """A trick's line."""
    named = (f"`{result.workload.name}`", result.workload.task.rstrip("."))
    if result.error:
        return (*named, "", "", result.error)
    plain, ours = (duration(result.times[side].median) for side in ("plain", OURS))
    return (*named, plain, ours, f"{result.ratio:.2f}")


if __name__ == "__main__":
    no_arguments("tricks", __doc__)
    execute(main)
