"""What convolution and pooling share: where windows fit on images, and how images lie in memory.

Outside, arrays are (m, H, W, C) as ever. Inside, the batch is the last axis of memory, where the
pixels of a window, their channels and the batch lie side by side: in (H, W, C, m) a window *is* the
matrix that a product takes. To go from one to the other is to rename axes; nothing is copied.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlib.layer import Layer
from nnlib.validation import as_float, count

Pair = tuple[int, int]


def output_size(n: int, f: int, *, padding: int = 0, stride: int = 1) -> int:
    """⌊(n + 2p − f)/s⌋ + 1: how many places a window of f pixels finds along n (D4).

    Raises ValueError when it finds none, or for a number that is not whole.
    """
    n, f = count(n, "n"), count(f, "f")
    p, s = count(padding, "padding", least=0), count(stride, "stride")
    return output_sizes((n, n), (f, f), ((p, p), (p, p)), (s, s))[0]


def output_sizes(
    size: Pair, kernel: Pair, zeros: tuple[Pair, Pair], stride: Pair, name: str = "kernel"
) -> Pair:
    """(H', W') for a window over an image of some size with zeros (above, below), (left, right)."""
    H, W = (n + before + after for n, (before, after) in zip(size, zeros, strict=True))
    if kernel[0] > H or kernel[1] > W:
        around = "without padding" if size == (H, W) else f"padded to {H}×{W}"
        raise ValueError(
            f"{name} {short(kernel, '×')} does not fit into a {size[0]}×{size[1]} input {around}"
        )
    return (H - kernel[0]) // stride[0] + 1, (W - kernel[1]) // stride[1] + 1


def margins(padding: int | Pair | Literal["same"], kernel: Pair, stride: Pair) -> tuple[Pair, Pair]:
    """How many rows of zeros stand (above, below) an image and columns (left, right) of it."""
    if padding != "same":
        pH, pW = pair(padding, "padding", least=0)
        return (pH, pH), (pW, pW)
    if stride != (1, 1):
        raise ValueError(f"padding 'same' keeps H and W, so stride must be 1, got {short(stride)}")
    kH, kW = kernel
    return ((kH - 1) // 2, kH // 2), ((kW - 1) // 2, kW // 2)


def pair(value: int | Pair, name: str, least: int = 1) -> Pair:
    """One whole number for both axes, or one for each."""
    if isinstance(value, tuple) and len(value) == 2:
        return count(value[0], name, least), count(value[1], name, least)
    n = count(value, name, least)
    return n, n


def short(value: Pair, times: str = "") -> str:
    """A pair in one's own words: 3 for (3, 3); 3×5 with times for (3, 5)."""
    if value[0] == value[1]:
        return str(value[0])
    return f"{value[0]}{times}{value[1]}" if times else str(value)


def images(layer: Layer, X: np.ndarray, C: int | None = None) -> np.ndarray:
    """Return X (m, H, W, C) as floats; raise ValueError that names a likely slip."""
    X = as_float(X, "X")
    expected = f"{layer!r} expects X of shape (m, H, W, {'C' if C is None else C}), got {X.shape}"
    if X.ndim == 3 and C == 1:
        raise ValueError(f"{expected}: use X[..., None], grey images have one channel")
    if X.ndim != 4 or (C is not None and C not in (X.shape[3], X.shape[1])):
        raise ValueError(expected)
    if C is not None and X.shape[3] != C:
        raise ValueError(
            f"X looks like (m, C, H, W); nnlib wants (m, H, W, C): use X.transpose(0, 2, 3, 1); "
            f"{expected}"
        )
    if len(X) == 0:
        raise ValueError(f"{layer!r} needs at least one image, got X of shape {X.shape}")
    return X


def batch_last(X: np.ndarray) -> np.ndarray:
    """(m, H, W, C) as (H, W, C, m), contiguous: for the output of a layer like ours, no copy."""
    return np.ascontiguousarray(X.transpose(1, 2, 3, 0))


def batch_first(X: np.ndarray) -> np.ndarray:
    """(H, W, C, m) as (m, H, W, C), a view."""
    return X.transpose(3, 0, 1, 2)
