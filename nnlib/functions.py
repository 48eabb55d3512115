"""The few functions every network needs, written so that no input overflows."""

from __future__ import annotations

import numpy as np

from nnlib.validation import as_float, count


def sigmoid(z: np.ndarray) -> np.ndarray:
    """σ(z) = 1 / (1 + e⁻ᶻ) = e^min(z, 0) / (1 + e^(−|z|)), elementwise, for any shape.

    No exponent is above 0, so ±1000 gives 0 and 1 without overflow; dtype is kept.
    """
    z = as_float(z, "z")
    return np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))


def softplus(z: np.ndarray) -> np.ndarray:
    """log(1 + eᶻ) = max(z, 0) + log(1 + e^(−|z|)), elementwise (Dugas et al., 2001)."""
    z = as_float(z, "z")
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def logsumexp(z: np.ndarray, axis: int = -1, keepdims: bool = False) -> np.ndarray:
    """log Σⱼ e^(zⱼ) along an axis; the maximum is taken out first, so no term overflows."""
    z = as_float(z, "z")
    top = z.max(axis=axis, keepdims=True)
    out = np.log(np.exp(z - top).sum(axis=axis, keepdims=True)) + top
    return out if keepdims else out.squeeze(axis)


def softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """softmax(z)ᵢ = e^(zᵢ) / Σⱼ e^(zⱼ) along an axis; rows of z (m, K) become probabilities."""
    z = as_float(z, "z")
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(z: np.ndarray, axis: int = -1) -> np.ndarray:
    """log softmax(z)ᵢ = zᵢ − log Σⱼ e^(zⱼ), never computed as log of softmax."""
    z = as_float(z, "z")
    z = z - z.max(axis=axis, keepdims=True)  # first, or a large zᵢ swallows the logarithm's digits
    return z - np.log(np.exp(z).sum(axis=axis, keepdims=True))


def one_hot(y: np.ndarray, n_classes: int, dtype: type = np.float32) -> np.ndarray:
    """Integer labels y (m,) in 0 … K−1 as rows (m, K) with a single 1.

    Raises ValueError for labels that are not whole numbers or lie outside 0 … K−1.
    """
    y = class_labels(y, n_classes)
    rows: np.ndarray = np.zeros((len(y), n_classes), dtype)
    rows[np.arange(len(y)), y] = 1
    return rows


def class_labels(y: np.ndarray, n_classes: int) -> np.ndarray:
    """Return y (m,) as integers; raise ValueError naming the first label outside 0 … K−1."""
    count(n_classes, "n_classes")
    labels = np.asarray(y)
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"labels must have shape (m,) with m ≥ 1, got {labels.shape}")
    if labels.dtype.kind not in "iub":
        raise ValueError(
            f"labels must be integers in 0 … {n_classes - 1}, got dtype {labels.dtype}"
        )
    outside = (labels < 0) | (labels >= n_classes)
    if outside.any():
        i = int(np.argmax(outside))
        raise ValueError(f"labels must lie in 0 … {n_classes - 1}, got {labels[i]} at index {i}")
    return labels.astype(np.intp, copy=False)
