"""The work to be timed, as plain arrays: every contender starts from the same numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

SEED = 0


@dataclass(frozen=True)
class Dense:
    """An affine map, W (n_out, n_in)."""

    n_in: int
    n_out: int

    @property
    def weight_shape(self) -> tuple[int, ...]:
        return (self.n_out, self.n_in)


@dataclass(frozen=True)
class Conv:
    """A convolution with square kernels, W (C_out, size, size, C_in)."""

    C_in: int
    C_out: int
    size: int
    padding: int = 0

    @property
    def weight_shape(self) -> tuple[int, ...]:
        return (self.C_out, self.size, self.size, self.C_in)


@dataclass(frozen=True)
class Elementwise:
    """An activation."""

    name: Literal["relu", "tanh"]


@dataclass(frozen=True)
class MaxPool:
    """The largest value of each 2×2 window."""


@dataclass(frozen=True)
class Flatten:
    """Images (m, H, W, C) become rows in the order H, W, C."""

    H: int
    W: int
    C: int


Layer = Dense | Conv | Elementwise | MaxPool | Flatten


@dataclass(frozen=True)
class Training:
    """Steps of gradient descent on one batch: `weights` holds (W, b) of each layer that has them.

    Shapes    X (m, n) or (m, H, W, C)   y (m,), labels 0 … K−1, or 0 and 1 for a single output
    """

    layers: tuple[Layer, ...]
    weights: list[tuple[np.ndarray, np.ndarray]]
    X: np.ndarray
    y: np.ndarray
    optimizer: Literal["adam", "sgd"]
    lr: float

    @property
    def theta(self) -> np.ndarray:
        """Every W and b in one vector."""
        return np.concatenate([array.ravel() for pair in self.weights for array in pair])


@dataclass(frozen=True)
class Epoch:
    """A classifier's whole fit of one epoch, in batches; every weight of `training` is given."""

    training: Training
    hidden: tuple[int, ...]
    batch: int


@dataclass(frozen=True)
class Normalization:
    """Batch norm's forward and backward pass; Z, dY (m, n) or (m, H, W, n)."""

    Z: np.ndarray
    dY: np.ndarray


@dataclass(frozen=True)
class Update:
    """An optimiser's step alone; theta, grad (n,)."""

    theta: np.ndarray
    grad: np.ndarray


@dataclass(frozen=True)
class MatrixProduct:
    """C = A B in float32, all (n, n): the limit of the processor."""

    A: np.ndarray
    B: np.ndarray


@dataclass(frozen=True)
class Copy:
    """One array copied into another: the limit of the memory."""

    source: np.ndarray


@dataclass(frozen=True)
class Trick:
    """One of benchmarks.tricks, by its name."""

    name: str


Problem = Training | Epoch | Normalization | Update | MatrixProduct | Copy | Trick


def mlp(
    widths: Sequence[int],
    batch: int,
    optimizer: Literal["adam", "sgd"] = "adam",
    activation: Literal["relu", "tanh"] = "relu",
) -> Training:
    """Dense layers with an activation between them; two widths alone are logistic regression."""
    layers: list[Layer] = []
    for n_in, n_out in pairwise(widths):
        layers += [Dense(n_in, n_out), Elementwise(activation)]
    return _training(layers[:-1], (batch, widths[0]), widths[-1], optimizer)


def lenet(batch: int) -> Training:
    """LeNet-5's layers over 28×28 digits, with max pooling and ReLU."""
    layers: list[Layer] = [
        *(Conv(1, 6, 5, padding=2), Elementwise("relu"), MaxPool()),
        *(Conv(6, 16, 5), Elementwise("relu"), MaxPool()),
        *(Flatten(5, 5, 16), Dense(400, 120), Elementwise("relu")),
        *(Dense(120, 84), Elementwise("relu"), Dense(84, 10)),
    ]
    return _training(layers, (batch, 28, 28, 1), 10)


def vgg(batch: int) -> Training:
    """Two pairs of 3×3 convolutions, 32 and 64 channels, each pair pooled, over 32×32 colours."""
    layers: list[Layer] = [
        *(Conv(3, 32, 3, padding=1), Elementwise("relu")),
        *(Conv(32, 32, 3, padding=1), Elementwise("relu"), MaxPool()),
        *(Conv(32, 64, 3, padding=1), Elementwise("relu")),
        *(Conv(64, 64, 3, padding=1), Elementwise("relu"), MaxPool()),
        *(Flatten(8, 8, 64), Dense(4096, 10)),
    ]
    return _training(layers, (batch, 32, 32, 3), 10)


def epoch(widths: Sequence[int], rows: int, batch: int) -> Epoch:
    """One epoch of a classifier over `rows` examples."""
    training = mlp(widths, rows)
    return Epoch(training, tuple(widths[1:-1]), batch)


def normalization(shape: Sequence[int]) -> Normalization:
    """Batch norm of standard normal numbers."""
    rng = np.random.default_rng(SEED)
    Z, dY = (rng.standard_normal(shape, np.float32) for _ in range(2))
    return Normalization(Z, dY)


def update(n: int) -> Update:
    """The optimiser's step over n parameters."""
    rng = np.random.default_rng(SEED)
    theta, grad = (rng.standard_normal(n, np.float32) for _ in range(2))
    return Update(theta, grad)


def matrix_product(n: int) -> MatrixProduct:
    """A product of two square matrices."""
    rng = np.random.default_rng(SEED)
    A, B = (rng.standard_normal((n, n), np.float32) for _ in range(2))
    return MatrixProduct(A, B)


def copy(megabytes: float) -> Copy:
    """A copy that reads and writes `megabytes` in all."""
    n = round(megabytes * 1e6 / (2 * np.dtype(np.float32).itemsize))
    return Copy(np.ones(n, np.float32))


def trick(name: str) -> Trick:
    """A trick and the plain code it replaces."""
    return Trick(name)


PROBLEMS: dict[str, Callable[..., Problem]] = {
    made.__name__: made
    for made in (mlp, lenet, vgg, epoch, normalization, update, matrix_product, copy, trick)
}


def _training(
    layers: Sequence[Layer],
    shape: tuple[int, ...],
    n_out: int,
    optimizer: Literal["adam", "sgd"] = "adam",
) -> Training:
    rng = np.random.default_rng(SEED)
    weights = [
        _he_normal(layer.weight_shape, rng) for layer in layers if isinstance(layer, Dense | Conv)
    ]
    X = rng.standard_normal(shape, np.float32)
    y = np.arange(len(X)) % max(n_out, 2)  # every class in any batch of a few rows
    return Training(
        tuple(layers), weights, X, y, optimizer, lr=1e-4 if optimizer == "adam" else 0.05
    )


def _he_normal(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    std = math.sqrt(2 / math.prod(shape[1:]))
    return std * rng.standard_normal(shape, np.float32), np.zeros(shape[0], np.float32)
