"""Normalisation layers keep the scale of activations steady through depth."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nnlib.layer import Layer
from nnlib.parameters import Gradient, Parameter
from nnlib.validation import as_float, count, fraction, positive

# In entries: short rows, whose sums stay in the processor's nearest cache; long ones, which keep
# NumPy's inner loops busy; and a block of rows that stays in the next cache.
SHORT_ROW, LONG_ROW, BLOCK = 2**9, 2**13, 2**17


class BatchNorm(Layer):
    """ẑ = (z − μ_B)/√(σ²_B + ε), z̃ = γẑ + β, per feature or channel (Ioffe and Szegedy, 2015; D4).

    μ_B and σ²_B (with 1/N) are over the batch, and over H and W of images; at inference the running
    averages stand in, whose variance takes 1/(N − 1), as in PyTorch. N values per feature.
    Each batch: running ← momentum running + (1 − momentum) batch; PyTorch's momentum is 1 − ours.

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
        Z = as_float(Z, "Z")
        if Z.ndim not in (2, 4) or Z.shape[-1] != self.n:
            raise ValueError(
                f"{self!r} expects Z of shape (m, {self.n}) or (m, H, W, {self.n}), got {Z.shape}"
            )
        table = Table(Z)
        if training:
            mean, var = self._batch_statistics(table)
        else:
            mean, var = self.running_mean, self.running_var
        std = np.sqrt(var + self.eps)
        scale = self.gamma / std
        Y = table.empty(np.result_type(Z, scale))
        scale, shift = table.along_row(scale), table.along_row(self.beta - scale * mean)
        for z, y in table.blocks(table.rows, Y):
            np.multiply(z, scale, out=y)
            y += shift
        return self.remember(table.restore(Y), (table, mean, std, training))

    def backward(self, dY: np.ndarray) -> np.ndarray:
        table, mean, std, training = self.recall(dY)
        Z, dY, N = table.rows, table.arrange(dY), table.N
        mu = table.along_row(mean)
        sum_dY, along, work = table.no_sum(), table.no_sum(), table.one_block()
        for z, dy in table.blocks(Z, dY):
            centred = np.subtract(z, mu, out=work[: len(z)])
            sum_dY += table.sums(dy)
            along += table.dots(centred, dy)
        self.dbeta = table.per_feature(sum_dY)
        self.dgamma = table.per_feature(along) / std
        dZ = table.empty(dY.dtype)
        a, b, c = self.gamma / std, np.zeros_like(std), np.zeros_like(std)
        if training:  # μ_B and σ²_B depend on Z too
            b, c = -a * self.dgamma / (N * std), -a * self.dbeta / N
        by_dY, by_Z, shift = map(table.along_row, (a, b, c - b * mean))
        for z, dy, dz in table.blocks(Z, dY, dZ):
            np.multiply(dy, by_dY, out=dz)
            through_statistics = np.multiply(z, by_Z, out=work[: len(z)])
            through_statistics += shift
            dz += through_statistics
        return table.restore(dZ)

    def _batch_statistics(self, table: Table) -> tuple[np.ndarray, np.ndarray]:
        N = table.N
        if N < 2:
            raise ValueError(
                f"{self!r} needs more than one value per feature in training, got a batch of {N}"
            )
        mean = table.per_feature(table.sums(table.rows)) / N
        mu = table.along_row(mean)
        squares, work = table.no_sum(), table.one_block()
        for (z,) in table.blocks(table.rows):
            centred = np.subtract(z, mu, out=work[: len(z)])
            squares += table.dots(centred, centred)
        var = table.per_feature(squares) / N
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


class Table:
    """Z (m, n) or (m, H, W, n) as long rows of memory, in which the features repeat in a pattern.

    The batch may be first or last in memory; a pattern says (repeats, n, neighbours of one
    feature). So a statistic per feature is one sum down the columns of shorter rows, folded by
    their pattern, and every operation runs along memory, however the images lie in it.
    """

    def __init__(self, Z: np.ndarray) -> None:
        self.shape, n = Z.shape, Z.shape[-1]
        self.N = Z.size // n
        self.batch_last = Z.ndim == 4 and Z.transpose(1, 2, 3, 0).flags.c_contiguous
        m = max(1, len(Z)) if self.batch_last else 1
        repeats = math.gcd(self.N // m, max(1, LONG_ROW // (n * m)))
        self.long = (repeats, n, m)
        self.short = (math.gcd(repeats, max(1, SHORT_ROW // (n * m))), n, m)
        self.rows = self.arrange(Z)
        self.step = max(1, BLOCK // self.rows.shape[1])

    def arrange(self, Z: np.ndarray) -> np.ndarray:
        """Another array of Z's shape as such rows; no copy when it lies in memory as Z does."""
        Z = Z.transpose(1, 2, 3, 0) if self.batch_last else Z
        return np.ascontiguousarray(Z).reshape(-1, math.prod(self.long))

    def restore(self, rows: np.ndarray) -> np.ndarray:
        """The rows in Z's shape, a view."""
        if not self.batch_last:
            return rows.reshape(self.shape)
        m, *image = self.shape
        return rows.reshape(*image, m).transpose(3, 0, 1, 2)

    def empty(self, dtype: np.dtype) -> np.ndarray:
        """Rows still to be filled."""
        return np.empty(self.rows.shape, dtype)

    def blocks(self, *tables: np.ndarray) -> Iterator[list[np.ndarray]]:
        """The same few rows of each table, few enough to stay in the processor's cache."""
        starts = range(0, len(self.rows), self.step)
        return ([rows[i : i + self.step] for rows in tables] for i in starts)

    def one_block(self) -> np.ndarray:
        """Room to compute in for a block: a new array for each would cost as much as the sums."""
        return np.empty_like(self.rows[: self.step])

    def along_row(self, v: np.ndarray) -> np.ndarray:
        """One value per feature (n,), in the pattern of a row."""
        row = np.empty(self.long, v.dtype)
        row[...] = v[:, None]
        return row.reshape(-1)

    def no_sum(self) -> np.ndarray:
        """Zeros, to add the sums of blocks to."""
        return np.zeros(math.prod(self.short), self.rows.dtype)

    def sums(self, A: np.ndarray) -> np.ndarray:
        """Sums down the columns of a block's short rows, by a product, faster than np.sum."""
        A = A.reshape(-1, math.prod(self.short))
        return np.ones(len(A), A.dtype) @ A

    def dots(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        """The sums of A ⊙ B, in one pass that keeps no product."""
        A, B = (block.reshape(-1, math.prod(self.short)) for block in (A, B))
        return np.einsum("ij,ij->j", A, B)

    def per_feature(self, sums: np.ndarray) -> np.ndarray:
        """Such sums folded into one per feature (n,)."""
        return sums.reshape(self.short).sum(axis=(0, 2))


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
        Z = as_float(Z, "Z")
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
