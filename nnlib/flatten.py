"""Flatten joins the convolutional part of a network to its dense part."""

from __future__ import annotations

import math

import numpy as np

from nnlib.layer import Layer
from nnlib.validation import as_float


class Flatten(Layer):
    """Reads each example's axes in the order H, W, C into one row.

    Shapes    X (m, …)   Y (m, product of the rest)
    Backward  dX is dY in X's shape
    Raises ValueError for fewer than two axes.
    """

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        X = as_float(X, "X")
        if X.ndim < 2:
            raise ValueError(f"Flatten expects X of shape (m, …), got {X.shape}")
        return self.remember(X.reshape(len(X), -1), X.shape)

    def backward(self, dY: np.ndarray) -> np.ndarray:
        return dY.reshape(self.recall(dY))

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return (math.prod(input_shape),)
