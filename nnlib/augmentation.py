"""More data from the data at hand: changes that leave the label as it is."""

from __future__ import annotations

import numpy as np

from nnlib.validation import as_float, generator, non_negative


def augment_images(
    X: np.ndarray,
    *,
    rng: np.random.Generator,
    shift: float = 0.0,
    angle: float = 0.0,
    scale: float = 0.0,
) -> np.ndarray:
    """Shift, turn and zoom every image by its own random amount, about its centre (D4).

    Each amount is uniform in ±shift pixels (down and across), ±angle degrees, and a zoom of
    1 ± scale. Pixels are read bilinearly from where they came; beyond the border is 0.

    Shapes    X and the result (m, H, W, C), same dtype
    Raises ValueError for another number of axes, a negative amount or scale ≥ 1.
    """
    X = as_float(X, "X")
    if X.ndim != 4 or X.size == 0:
        raise ValueError(f"X must hold images (m, H, W, C), got shape {X.shape}")
    if not 0 <= scale < 1:
        raise ValueError(f"scale must lie in [0, 1), got {scale}")
    non_negative(shift, "shift"), non_negative(angle, "angle")
    m, H, W, _ = X.shape
    turn = np.radians(generator(rng).uniform(-angle, angle, (m, 1, 1)))
    zoom = rng.uniform(1 - scale, 1 + scale, (m, 1, 1))
    down, across = rng.uniform(-shift, shift, (2, m, 1, 1))
    i, j = np.meshgrid(np.arange(H) - (H - 1) / 2, np.arange(W) - (W - 1) / 2, indexing="ij")
    i, j = i - down, j - across
    cos, sin = np.cos(turn) / zoom, np.sin(turn) / zoom
    return _bilinear(X, cos * i - sin * j + (H - 1) / 2, sin * i + cos * j + (W - 1) / 2)


def _bilinear(X: np.ndarray, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """X (m, H, W, C) read at fractional rows i and columns j (m, H, W); 0 outside."""
    m, H, W, C = X.shape
    i, j = i.clip(-1, H), j.clip(-1, W)
    top, left = np.floor(i).astype(np.intp), np.floor(j).astype(np.intp)
    down, right = (gap[..., None].astype(X.dtype) for gap in (i - top, j - left))
    pixels = np.pad(X, ((0, 0), (1, 2), (1, 2), (0, 0))).reshape(-1, C)
    at = (np.arange(m)[:, None, None] * (H + 3) + top + 1) * (W + 3) + left + 1
    upper = (1 - right) * pixels[at] + right * pixels[at + 1]
    lower = (1 - right) * pixels[at + W + 3] + right * pixels[at + W + 4]
    return (1 - down) * upper + down * lower


def add_noise(X: np.ndarray, *, rng: np.random.Generator, std: float) -> np.ndarray:
    """X plus N(0, std²) on every entry: augmentation for tables, in units of X; any shape."""
    X = as_float(X, "X")
    noise = generator(rng).standard_normal(X.shape)
    return X + (non_negative(std, "std") * noise).astype(X.dtype)
