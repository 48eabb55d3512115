"""Where training starts: the variance of the first weights decides whether a deep network learns.

Every initialiser is a plain function of a weight's shape (n_out, …, n_in); of the lectures, D0
pairs He with ReLU and Glorot or LeCun with tanh and sigmoid, D1 and D4 give the formulas.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from nnlib.validation import generator


class Initializer(Protocol):
    """A function that fills a new weight array of the given shape."""

    def __call__(
        self, shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type = ...
    ) -> np.ndarray: ...


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(n_in, n_out) of one unit: (n_out, n_in) is dense, (C_out, kH, kW, C_in) a convolution."""
    if len(shape) < 2 or min(shape) < 1:
        raise ValueError(f"a weight has shape (n_out, …, n_in) with sizes ≥ 1, got {shape}")
    window = math.prod(shape[1:-1])
    return window * shape[-1], window * shape[0]


def zeros(
    shape: tuple[int, ...], *, rng: np.random.Generator | None = None, dtype: type = np.float32
) -> np.ndarray:
    """All zeros: every unit of a layer then stays the same for ever (the symmetry problem, D4)."""
    return np.zeros(shape, dtype)


def normal(
    shape: tuple[int, ...],
    *,
    rng: np.random.Generator,
    dtype: type = np.float32,
    std: float = 0.01,
) -> np.ndarray:
    """N(0, std²), by default the 0.01 of D4."""
    return (std * generator(rng).standard_normal(shape)).astype(dtype)


def uniform(
    shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type = np.float32
) -> np.ndarray:
    """U(−1/√n_in, 1/√n_in), with n_in the number of inputs of a neuron (D1)."""
    n_in, _ = fans(shape)
    limit = 1 / math.sqrt(n_in)
    return generator(rng).uniform(-limit, limit, shape).astype(dtype)


def lecun_normal(
    shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type = np.float32
) -> np.ndarray:
    """N(0, 1/n_in) (LeCun et al., 1998, “Efficient BackProp”, eq. 16); D4 calls it Xavier's."""
    n_in, _ = fans(shape)
    return normal(shape, rng=rng, dtype=dtype, std=math.sqrt(1 / n_in))


def glorot_normal(
    shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type = np.float32
) -> np.ndarray:
    """N(0, 2/(n_in + n_out)) (Glorot and Bengio, 2010, eq. 12)."""
    n_in, n_out = fans(shape)
    return normal(shape, rng=rng, dtype=dtype, std=math.sqrt(2 / (n_in + n_out)))


def glorot_uniform(
    shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type = np.float32
) -> np.ndarray:
    """U(−l, l) with l = √(6/(n_in + n_out)) (Glorot and Bengio, 2010, eq. 16)."""
    n_in, n_out = fans(shape)
    limit = math.sqrt(6 / (n_in + n_out))
    return generator(rng).uniform(-limit, limit, shape).astype(dtype)


def he_normal(
    shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type = np.float32
) -> np.ndarray:
    """N(0, 2/n_in): a ReLU halves the variance, the 2 restores it (He et al., 2015, eq. 10)."""
    n_in, _ = fans(shape)
    return normal(shape, rng=rng, dtype=dtype, std=math.sqrt(2 / n_in))


def orthogonal(
    shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type = np.float32
) -> np.ndarray:
    """Rows (or columns, whichever are fewer) are orthonormal (Saxe et al., 2014).

    The QR decomposition of a Gaussian matrix, with R's diagonal made positive so that every
    orthogonal matrix is equally likely.
    """
    fans(shape)
    rows, columns = shape[0], math.prod(shape[1:])
    gauss = generator(rng).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(gauss)
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)
    return (q if rows >= columns else q.T).reshape(shape).astype(dtype)
