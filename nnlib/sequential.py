"""A network is a list of layers over one parameter vector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from nnlib.layer import Layer
from nnlib.losses import Loss
from nnlib.parameters import ParameterVector
from nnlib.summary import summary
from nnlib.validation import as_float


class Trace(NamedTuple):
    """What passed through one layer: forward X → Y, backward dY → dX, and its own gradients."""

    layer: Layer
    X: np.ndarray
    Y: np.ndarray
    dX: np.ndarray
    dY: np.ndarray
    gradients: dict[str, np.ndarray]


class Sequential:
    """Layers one after the other: A⁰ = X, Aˡ = layerˡ(Aˡ⁻¹); backward runs the list from its end.

    `theta` and `grad` are the flat θ and ∇ (n,) that the layers' W, b, … are views of; assigning
    to either writes through. θ's dtype rules: X is cast to it once, here.

    Raises ValueError for no layers, or a layer that already belongs to a network; TypeError for
    what is no layer, such as a list of them.
    """

    def __init__(self, *layers: Layer, dtype: type = np.float32) -> None:
        if not layers:
            raise ValueError("Sequential needs at least one layer")
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"Sequential takes layers one by one, got {layer!r}")
        self.layers = layers
        self.parameters = ParameterVector(layers, dtype)

    @property
    def theta(self) -> np.ndarray:
        """θ, live."""
        return self.parameters.theta

    @theta.setter
    def theta(self, value: np.ndarray) -> None:
        self._write(self.parameters.theta, value, "theta")

    @property
    def grad(self) -> np.ndarray:
        """∇, as the last backward filled it."""
        return self.parameters.grad

    @grad.setter
    def grad(self, value: np.ndarray) -> None:
        self._write(self.parameters.grad, value, "grad")

    @staticmethod
    def _write(vector: np.ndarray, value: np.ndarray, name: str) -> None:
        if np.shape(value) != vector.shape:
            raise ValueError(f"{name} has shape {vector.shape}, cannot hold {np.shape(value)}")
        vector[...] = value

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        """The outputs (logits) for X (m, …), one row per example."""
        A = as_float(X, "X").astype(self.theta.dtype, copy=False)
        for layer in self.layers:
            A = layer.forward(A, training)
        return A

    def backward(self, dZ: np.ndarray) -> np.ndarray:
        """Fill ∇ from dZ = ∂J/∂output and return ∂J/∂X."""
        for layer in reversed(self.layers):
            dZ = layer.backward(dZ)
        return dZ

    def fill_gradients(self, dZ: np.ndarray) -> None:
        """Fill ∇ alone: ∂J/∂X, which training never uses, is not computed."""
        first, *rest = self.layers
        for layer in reversed(rest):
            dZ = layer.backward(dZ)
        first.fill_gradients(dZ)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The outputs for X in inference mode; softmax, sigmoid or argmax are the caller's."""
        return self.forward(X, training=False)

    def trace(self, X: np.ndarray, y: np.ndarray, loss: Loss) -> list[Trace]:
        """One forward and backward pass with every Z, A, dZ, dA, dW and db kept, layer by layer."""
        values = [as_float(X, "X").astype(self.theta.dtype, copy=False)]
        for layer in self.layers:
            values.append(layer.forward(values[-1]))
        loss(values[-1], y)
        upstream = [loss.backward()]
        for layer in reversed(self.layers):
            upstream.append(layer.backward(upstream[-1]))
        upstream.reverse()
        traces = []
        for i, layer in enumerate(self.layers):
            gradients = {f"d{name}": getattr(layer, f"d{name}").copy() for name in layer.parameters}
            X, Y, dX, dY = *values[i : i + 2], *upstream[i : i + 2]
            traces.append(Trace(layer, X, Y, dX, dY, gradients))
        return traces

    def summary(self, input_shape: tuple[int, ...]) -> str:
        """The table of dimensions (D4): each layer's output for m examples and its parameters."""
        return summary(self.layers, input_shape)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.parameters.bind(self.layers)  # a copy's views had become arrays of their own

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, i: int) -> Layer:
        return self.layers[i]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(repr(layer) for layer in self.layers)})"
