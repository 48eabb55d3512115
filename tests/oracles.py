"""Witnesses that know nothing of nnlib's formulas: central differences, and one of every layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import nnlib as nn
from nnlib import Layer, Loss

Array = np.ndarray


def differences(f: Callable[[Array], float], x: Array, eps: float = 1e-5) -> Array:
    """∂f/∂x by central differences, entry by entry, written apart from nnlib's own."""
    slope = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[index] = eps
        slope[index] = (f(x + step) - f(x - step)) / (2 * eps)
    return slope


def relative_error(a: Array, b: Array) -> float:
    """‖a − b‖/(‖a‖ + ‖b‖), 0 when both vanish."""
    scale = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / scale) if scale else 0.0


def assert_same_gradient(ours: Array, f: Callable[[Array], float], x: Array, what: str) -> None:
    """Hold a gradient to the differences of f at x, below 1e-7."""
    assert ours.shape == x.shape, f"{what}: shape {ours.shape}, expected {x.shape}"
    error = relative_error(ours, differences(f, x))
    assert error < 1e-7, f"{what}: relative error {error:.1e}"


def assert_layer_gradients(layer: Layer, X: Array, *, training: bool = False) -> None:
    """Hold dX and every parameter's gradient to differences of Σ G ⊙ forward(X), G random."""
    G = np.random.default_rng(1).normal(size=forward(layer, X, training).shape)

    def projection(X: Array) -> float:
        return float(np.sum(G * forward(layer, X, training)))

    def with_parameter(name: str) -> Callable[[Array], float]:
        def f(value: Array) -> float:
            start = getattr(layer, name).copy()
            setattr(layer, name, value)
            J = projection(X)
            setattr(layer, name, start)
            return J

        return f

    forward(layer, X, training)
    dX = layer.backward(G)
    gradients = {name: getattr(layer, "d" + name).copy() for name in layer.parameters}
    assert_same_gradient(dX, projection, X, f"{layer!r} dX")
    for name, gradient in gradients.items():
        value = getattr(layer, name).copy()
        assert_same_gradient(gradient, with_parameter(name), value, f"{layer!r} d{name}")


def assert_loss_gradient(loss: Loss, Z: Array, y: Array) -> None:
    """Hold dZ to differences of the loss."""
    loss(Z, y)
    assert_same_gradient(loss.backward(), lambda Z: loss(Z, y), Z, f"{loss!r} dZ")


def forward(layer: Layer, X: Array, training: bool) -> Array:
    """The layer's output; dropout draws the same mask every time."""
    if isinstance(layer, nn.Dropout):
        layer.rng = np.random.default_rng(7)
    return layer.forward(X, training)


class Specimen(NamedTuple):
    """A layer with no parameter at a special value, and an input for it."""

    layer: Layer
    X: Array


MAKERS: dict[str, tuple[Callable[[type], Layer], tuple[int, ...]]] = {
    "Identity": (lambda dtype: nn.Identity(), (5, 3)),
    "Step": (lambda dtype: nn.Step(), (5, 3)),
    "Sigmoid": (lambda dtype: nn.Sigmoid(), (5, 3)),
    "Tanh": (lambda dtype: nn.Tanh(), (4, 2, 3, 5)),
    "ReLU": (lambda dtype: nn.ReLU(), (4, 2, 3, 5)),
    "LeakyReLU": (lambda dtype: nn.LeakyReLU(0.2), (5, 3)),
    "PReLU, one slope": (lambda dtype: nn.PReLU(dtype=dtype), (5, 3)),
    "PReLU, one per channel": (lambda dtype: nn.PReLU(5, dtype=dtype), (4, 2, 3, 5)),
    "Softplus": (lambda dtype: nn.Softplus(), (5, 3)),
    "Softmax": (lambda dtype: nn.Softmax(), (5, 3)),
    "Dense": (lambda dtype: nn.Dense(3, 4, rng=np.random.default_rng(2), dtype=dtype), (5, 3)),
    "Flatten": (lambda dtype: nn.Flatten(), (4, 2, 3, 5)),
    "Dropout": (lambda dtype: nn.Dropout(0.3, rng=np.random.default_rng(2)), (5, 3)),
    "Conv2D": (
        lambda dtype: nn.Conv2D(
            3, 2, (3, 2), padding=(1, 0), rng=np.random.default_rng(2), dtype=dtype
        ),
        (4, 5, 6, 3),
    ),
    "Conv2D, strides and groups": (
        lambda dtype: nn.Conv2D(
            2, 4, (2, 3), stride=(2, 3), groups=2, rng=np.random.default_rng(2), dtype=dtype
        ),
        (4, 5, 7, 2),
    ),
    "MaxPool2D": (lambda dtype: nn.MaxPool2D(2), (4, 5, 6, 3)),
    "MaxPool2D, overlapping": (lambda dtype: nn.MaxPool2D((3, 2), stride=(2, 1)), (4, 6, 5, 3)),
    "AvgPool2D": (lambda dtype: nn.AvgPool2D((2, 3), stride=(1, 2)), (4, 5, 6, 3)),
    "GlobalAvgPool2D": (lambda dtype: nn.GlobalAvgPool2D(), (4, 5, 6, 3)),
    "BatchNorm, features": (lambda dtype: nn.BatchNorm(3, dtype=dtype), (5, 3)),
    "BatchNorm, images": (lambda dtype: nn.BatchNorm(5, dtype=dtype), (4, 2, 3, 5)),
    "LayerNorm, features": (lambda dtype: nn.LayerNorm(3, dtype=dtype), (5, 3)),
    "LayerNorm, sequences": (lambda dtype: nn.LayerNorm(3, dtype=dtype), (4, 2, 3)),
}


def specimen(kind: str, dtype: type = np.float64) -> Specimen:
    """One of MAKERS with random parameters and buffers; every |X| ≥ 0.1, away from the kinks."""
    make, shape = MAKERS[kind]
    rng = np.random.default_rng(3)
    layer = make(dtype)
    for name in layer.parameters:
        setattr(layer, name, rng.normal(size=getattr(layer, name).shape))
    for name in layer.buffers:
        value = rng.uniform(0.5, 2, getattr(layer, name).shape)
        setattr(layer, name, value.astype(dtype))
    return Specimen(layer, away_from_zero(rng, shape).astype(dtype))


def away_from_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal numbers with 0.1 ≤ |x|."""
    X = rng.normal(size=shape)
    return X + 0.1 * np.sign(X)
