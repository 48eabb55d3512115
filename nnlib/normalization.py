"""Normalisation layers keep the scale of activations steady through depth."""

from __future__ import annotations

import numpy as np

from nnlib.layer import Layer
from nnlib.parameters import Gradient, Parameter
from nnlib.validation import count, fraction, positive


class BatchNorm(Layer):
    """ẑ = (z − μ_B)/√(σ²_B + ε), z̃ = γẑ + β, per feature or channel (Ioffe and Szegedy, 2015; D4).

    μ_B and σ²_B (with 1/N) are over the batch, and over H and W of images; at inference the running
    averages stand in, whose variance takes 1/(N − 1), as in PyTorch. N values per feature.

    Shapes    Z, Y (m, n) or (m, H, W, n)   gamma, beta, running_mean, running_var (n,)
    Backward  dZ = γ/(N√(σ²_B + ε)) (N dY − Σ dY − ẑ Σ dY ⊙ ẑ)   dγ = Σ dY ⊙ ẑ   dβ = Σ dY
    Raises ValueError for another n, and in training when N = 1, where the variance is no estimate.
    """

    gamma, dgamma = Parameter(decay=False), Gradient()
    beta, dbeta = Parameter(decay=False), Gradient()
    buffers = ("running_mean", "running_var")
    running_mean: np.ndarray
    running_var: np.ndarray

    def __init__(
        self, n: int, *, momentum: float = 0.9, eps: float = 1e-5, dtype: type = np.float32
    ) -> None:
        self.n = count(n, "n")
        self.momentum = fraction(momentum, "momentum")
        self.eps = positive(eps, "eps")
        self.gamma, self.beta = np.ones(n, dtype), np.zeros(n, dtype)
        self.running_mean, self.running_var = np.zeros(n, dtype), np.ones(n, dtype)

    def forward(self, Z: np.ndarray, training: bool = False) -> np.ndarray:
        if Z.ndim not in (2, 4) or Z.shape[-1] != self.n:
            raise ValueError(
                f"{self!r} expects Z of shape (m, {self.n}) or (m, H, W, {self.n}), got {Z.shape}"
            )
        rows = Z.reshape(-1, self.n)
        if training:
            mean, var = self._batch_statistics(rows)
        else:
            mean, var = self.running_mean, self.running_var
        std = np.sqrt(var + self.eps)
        Z_hat = (rows - mean) / std
        Y = (self.gamma * Z_hat + self.beta).reshape(Z.shape)
        return self.remember(Y, (Z_hat, std, training))

    def backward(self, dY: np.ndarray) -> np.ndarray:
        Z_hat, std, training = self.recall(dY)
        rows = dY.reshape(-1, self.n)
        N = len(rows)
        self.dgamma = (rows * Z_hat).sum(axis=0)
        self.dbeta = rows.sum(axis=0)
        dZ = self.gamma / std * rows
        if training:
            dZ -= self.gamma / (N * std) * (self.dbeta + Z_hat * self.dgamma)
        return dZ.reshape(dY.shape)

    def _batch_statistics(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        N = len(rows)
        if N < 2:
            raise ValueError(
                f"{self!r} needs more than one value per feature in training, got a batch of {N}"
            )
        mean, var = rows.mean(axis=0), rows.var(axis=0)
        keep = self.momentum
        self.running_mean = keep * self.running_mean + (1 - keep) * mean
        self.running_var = keep * self.running_var + (1 - keep) * var * (N / (N - 1))
        return mean, var

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        if input_shape[-1] != self.n:
            raise ValueError(f"{self!r} expects {self.n} in the last axis, got {input_shape}")
        return input_shape

    def __repr__(self) -> str:
        return f"BatchNorm({self.n})"


class LayerNorm(Layer):
    """Batch norm's contrast: each example is normalised over its own features (Ba et al., 2016).

    ẑ = (z − μ)/√(σ² + ε), y = γẑ + β, with μ, σ² over the last axis, in training and inference.

    Shapes    Z, Y (…, n)   gamma, beta (n,)
    Backward  dZ = 1/(n√(σ² + ε)) (n g − Σ g − ẑ Σ g ⊙ ẑ), g = γ dY   dγ = Σ dY ⊙ ẑ   dβ = Σ dY
    Raises ValueError when the last axis is not n.
    """

    gamma, dgamma = Parameter(decay=False), Gradient()
    beta, dbeta = Parameter(decay=False), Gradient()

    def __init__(self, n: int, *, eps: float = 1e-5, dtype: type = np.float32) -> None:
        self.n = count(n, "n", least=2)
        self.eps = positive(eps, "eps")
        self.gamma, self.beta = np.ones(n, dtype), np.zeros(n, dtype)

    def forward(self, Z: np.ndarray, training: bool = False) -> np.ndarray:
        if Z.ndim < 2 or Z.shape[-1] != self.n:
            raise ValueError(f"{self!r} expects Z of shape (m, …, {self.n}), got {Z.shape}")
        mean = Z.mean(axis=-1, keepdims=True)
        std = np.sqrt(Z.var(axis=-1, keepdims=True) + self.eps)
        Z_hat = (Z - mean) / std
        return self.remember(self.gamma * Z_hat + self.beta, (Z_hat, std))

    def backward(self, dY: np.ndarray) -> np.ndarray:
        Z_hat, std = self.recall(dY)
        examples = tuple(range(dY.ndim - 1))
        self.dgamma = (dY * Z_hat).sum(axis=examples)
        self.dbeta = dY.sum(axis=examples)
        g = self.gamma * dY
        along = (g * Z_hat).mean(axis=-1, keepdims=True)
        return (g - g.mean(axis=-1, keepdims=True) - Z_hat * along) / std

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        if input_shape[-1] != self.n:
            raise ValueError(f"{self!r} expects {self.n} in the last axis, got {input_shape}")
        return input_shape

    def __repr__(self) -> str:
        return f"LayerNorm({self.n})"
