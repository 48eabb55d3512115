"""What training minimises: the cost J, the mean over m examples of each example's loss.

The 1/m lives here and nowhere else, so every gradient behind it is already a mean. Losses take
logits where probabilities are meant: softmax or sigmoid, then log, is never computed apart.
"""

from __future__ import annotations

import numpy as np

from nnlib.functions import class_labels, log_softmax, sigmoid
from nnlib.validation import as_float


class Loss:
    """A cost J = loss(Z, y); `backward()` returns dZ = ∂J/∂Z for the batch last seen."""

    _dZ: np.ndarray | None = None

    def __call__(self, Z: np.ndarray, y: np.ndarray) -> float:
        """The cost of outputs Z against targets y."""
        Z = as_float(Z, "Z")
        if Z.ndim == 0 or Z.size == 0:
            raise ValueError(f"{self!r} needs at least one example, got Z of shape {Z.shape}")
        J, self._dZ = self.evaluate(Z, y)
        return float(J)

    def evaluate(self, Z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        """J and dZ; a subclass stands for its formula here."""
        raise NotImplementedError

    def backward(self) -> np.ndarray:
        """dZ = ∂J/∂Z, in the shape and dtype of Z."""
        if self._dZ is None:
            raise RuntimeError(f"{self!r}.backward needs a loss computed first")
        return self._dZ

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def targets_like(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """y in Z's shape and dtype; only (m,) beside (m, 1) may differ: the rest would broadcast."""
    y = np.asarray(y)
    if y.shape != Z.shape and {y.shape, Z.shape} != {(len(Z),), (len(Z), 1)}:
        raise ValueError(f"targets must have the outputs' shape {Z.shape}, got {y.shape}")
    if y.dtype.kind not in "fiub":
        raise ValueError(f"targets must be numbers, got dtype {y.dtype}")
    return y.reshape(Z.shape).astype(Z.dtype, copy=False)


class MeanSquaredError(Loss):
    """J = 1/m Σᵢ ‖zᵢ − yᵢ‖²; with half=True the lecture's 1/(2m) (D3), whose slope is z − y.

    Shapes    Z, y (m, n_out); y (m,) will do beside Z (m, 1)
    Backward  dZ = 2/m (Z − Y), or 1/m (Z − Y)
    Raises ValueError when the shapes differ.
    """

    def __init__(self, *, half: bool = False) -> None:
        self.half = half

    def evaluate(self, Z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        m, scale = len(Z), 1 if self.half else 2
        E = Z - targets_like(Z, y)
        return scale / (2 * m) * np.vdot(E, E), E * (scale / m)


class MeanAbsoluteError(Loss):
    """J = 1/m Σᵢ Σₖ |zᵢₖ − yᵢₖ| (D2, D3). Its slope does not shrink near the minimum.

    Shapes    Z, y (m, n_out); y (m,) will do beside Z (m, 1)
    Backward  dZ = 1/m sign(Z − Y), 0 where they are equal
    Raises ValueError when the shapes differ.
    """

    def evaluate(self, Z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        m = len(Z)
        E = Z - targets_like(Z, y)
        return np.abs(E).sum() / m, np.sign(E) * (1 / m)


class BinaryCrossEntropy(Loss):
    """J = −1/m Σᵢ Σₖ (y log σ(z) + (1 − y) log(1 − σ(z))), on logits z (D0, D2, D3, D4).

    Computed as max(z, 0) − zy + log(1 + e^(−|z|)), exact for any z. One unit, or D3's K sigmoids.

    Shapes    Z (m, K), y (m, K) of 0 and 1; y (m,) will do beside Z (m, 1)
    Backward  dZ = 1/m (σ(Z) − Y)
    Raises ValueError when the shapes differ or a label is neither 0 nor 1.
    """

    def evaluate(self, Z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        m = len(Z)
        Y = targets_like(Z, y)
        wrong = (Y != 0) & (Y != 1)
        if wrong.any():
            raise ValueError(f"labels must be 0 or 1, got {Y[wrong][0]}")
        J = (np.maximum(Z, 0) - Z * Y + np.log1p(np.exp(-np.abs(Z)))).sum() / m
        return J, (sigmoid(Z) - Y) * (1 / m)


class CrossEntropy(Loss):
    """J = −1/m Σᵢ log softmax(zᵢ)[yᵢ], on logits (D0, D4); integer or one-hot targets.

    With class weights w, each example counts w[yᵢ] and J is divided by Σᵢ w[yᵢ] instead of m.

    Shapes    Z (m, K)   y (m,) in 0 … K−1, or one-hot (m, K)   class_weight (K,)
    Backward  dZ = 1/m (softmax(Z) − Y)
    Raises ValueError for labels outside 0 … K−1, rows that are not one-hot, or other shapes.
    """

    def __init__(self, class_weight: np.ndarray | None = None) -> None:
        self.class_weight = None if class_weight is None else np.asarray(class_weight)
        if self.class_weight is not None and not (self.class_weight > 0).all():
            raise ValueError(f"class weights must be positive, got {self.class_weight}")

    def evaluate(self, Z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
        if Z.ndim != 2 or Z.shape[1] < 2:
            raise ValueError(f"CrossEntropy expects logits of shape (m, K ≥ 2), got {Z.shape}")
        m, K = Z.shape
        labels = self._labels(np.asarray(y), m, K)
        rows = np.arange(m)
        log_A = log_softmax(Z)
        if self.class_weight is None:
            w = np.full(m, 1 / m, Z.dtype)
        else:
            w = self._weights(K)[labels].astype(Z.dtype)
            w /= w.sum()
        dZ = np.exp(log_A)
        dZ[rows, labels] -= 1
        dZ *= w[:, None]
        return np.vdot(w, -log_A[rows, labels]), dZ

    def _labels(self, y: np.ndarray, m: int, K: int) -> np.ndarray:
        if y.shape == (m, K):
            wrong = ((y != 0) & (y != 1)).any(axis=1) | ((y == 1).sum(axis=1) != 1)
            if wrong.any():
                i = int(wrong.argmax())
                raise ValueError(f"one-hot rows must hold a single 1, got {y[i]} in row {i}")
            return y.argmax(axis=1)
        if y.shape != (m,):
            raise ValueError(
                f"targets must be integers ({m},) or one-hot {(m, K)}, got shape {y.shape}"
            )
        return class_labels(y, K)

    def _weights(self, K: int) -> np.ndarray:
        assert self.class_weight is not None
        if self.class_weight.shape != (K,):
            raise ValueError(
                f"class_weight must have one entry per class, ({K},), got {self.class_weight.shape}"
            )
        return self.class_weight
