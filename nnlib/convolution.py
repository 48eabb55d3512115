"""Convolution: one small kernel slides over the whole image, so what it learns holds everywhere.

Outside, arrays are (m, H, W, C) as ever. Inside, the batch is the last axis of memory, where the
pixels of a window, their channels and the batch lie side by side: in (H, W, C, m) a window *is* the
matrix that a product takes. To go from one to the other is to rename axes; nothing is copied.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnlib.initializers import Initializer, he_normal
from nnlib.layer import Layer
from nnlib.parameters import Gradient, Parameter
from nnlib.validation import as_float, count

Pair = tuple[int, int]


class Conv2D(Layer):
    """Y = W ⋆ X + b: each kernel in W slides over the images and gives one channel of Y.

    Y[i, r, c, k] = bₖ + Σ X[i, r·sH + u, c·sW + v, :] · W[k, u, v, :], with zeros around X. This is
    cross-correlation, as in every deep-learning library; a mathematician's convolution flips the
    kernel first, which is the same to a kernel that is learned. Padding "same" keeps H and W (an
    odd row goes below). With groups, a kernel sees its own share of the channels alone.

    Shapes    X (m, H, W, C_in)  W (C_out, kH, kW, C_in/groups)  b (C_out,)  Y (m, H', W', C_out)
    Backward  dW = dY ⋆ X, summed over the batch   db = Σ dY   dX = W ∗ dY, a convolution proper
    Raises ValueError for other channels, no images, or a kernel larger than the padded image.
    """

    W, dW = Parameter(), Gradient()
    b, db = Parameter(decay=False), Gradient()

    def __init__(
        self,
        C_in: int,
        C_out: int,
        kernel_size: int | Pair,
        *,
        stride: int | Pair = 1,
        padding: int | Pair | Literal["same"] = 0,
        groups: int = 1,
        rng: np.random.Generator,
        init: Initializer = he_normal,
        dtype: type = np.float32,
    ) -> None:
        self.C_in, self.C_out = count(C_in, "C_in"), count(C_out, "C_out")
        self.kernel_size, self.stride = pair(kernel_size, "kernel_size"), pair(stride, "stride")
        self.padding, self.groups = padding, count(groups, "groups")
        self.margins = margins(padding, self.kernel_size, self.stride)
        if self.C_in % groups or self.C_out % groups:
            raise ValueError(f"groups must divide C_in {C_in} and C_out {C_out}, got {groups}")
        self.W = init((self.C_out, *self.kernel_size, self.C_in // groups), rng=rng, dtype=dtype)
        self.b = np.zeros(self.C_out, dtype)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        X = batch_last(images(self, X, self.C_in))
        grid = self._grid(X)
        Y = np.empty((*grid.size, self.C_out, X.shape[3]), np.result_type(X, self.W))
        for x, y, w, b in zip(*self._shares(X, Y), *self._kernels(), strict=True):
            correlate(x, w, grid, out=y, b=b)
        return self.remember(batch_first(Y), X)

    def backward(self, dY: np.ndarray) -> np.ndarray:
        self.fill_gradients(dY)
        X, dY = self.recall(dY), batch_last(dY)
        dX = np.empty(X.shape, np.result_type(dY, self.W))
        grid = self._grid(X).backward(X)
        for dx, dy, w, _ in zip(*self._shares(dX, dY), *self._kernels(), strict=True):
            correlate(dy, w[:, ::-1, ::-1].transpose(3, 1, 2, 0), grid, out=dx)
        return batch_first(dX)

    def fill_gradients(self, dY: np.ndarray) -> None:
        X, dY = self.recall(dY), batch_last(dY)
        grid, shares = self._grid(X), zip(*self._shares(X, dY), strict=True)
        self.dW = np.concatenate([kernel_gradient(x, dy, grid) for x, dy in shares])
        self.db = channel_sums(dY)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(input_shape) != 3 or input_shape[2] != self.C_in:
            raise ValueError(
                f"{self!r} expects images of shape (H, W, {self.C_in}), got {input_shape}"
            )
        H, W, _ = input_shape
        return (*output_sizes((H, W), self.kernel_size, self.margins, self.stride), self.C_out)

    def _grid(self, X: np.ndarray) -> Grid:
        H, W, _, _ = X.shape
        size = output_sizes((H, W), self.kernel_size, self.margins, self.stride)
        (above, _), (left, _) = self.margins
        return Grid(size, self.kernel_size, self.stride, (above, left), spread=(1, 1))

    def _shares(self, *images: np.ndarray) -> list[list[np.ndarray]]:
        """Each group's channels of images (H, W, C, m)."""
        return [np.split(A, self.groups, axis=2) for A in images]

    def _kernels(self) -> list[list[np.ndarray]]:
        """Each group's part of W and of b."""
        return [np.split(A, self.groups) for A in (self.W, self.b)]

    def __repr__(self) -> str:
        settings = [f"{self.C_in}, {self.C_out}, {short(self.kernel_size)}"]
        if self.stride != (1, 1):
            settings.append(f"stride={short(self.stride)}")
        if self.padding not in (0, (0, 0)):
            settings.append(f"padding={self.padding!r}")
        if self.groups > 1:
            settings.append(f"groups={self.groups}")
        return f"Conv2D({', '.join(settings)})"


class Grid(NamedTuple):
    """Where windows lie: their number, size and step, and the zeros around and between pixels."""

    size: Pair
    kernel: Pair
    stride: Pair
    before: Pair  # zeros above and to the left; negative: pixels cut off
    spread: Pair  # pixels lie this far apart, with zeros between

    @property
    def width(self) -> int:
        """How many columns the windows cover."""
        return (self.size[1] - 1) * self.stride[1] + self.kernel[1]

    def backward(self, X: np.ndarray) -> Grid:
        """The grid on dY whose windows hold, for each pixel of X (H, W, C, m), all it fed into."""
        (H, W), (kH, kW), (above, left) = X.shape[:2], self.kernel, self.before
        before = kH - 1 - above, kW - 1 - left
        return Grid((H, W), self.kernel, (1, 1), before, spread=self.stride)


def correlate(
    X: np.ndarray, W: np.ndarray, grid: Grid, *, out: np.ndarray, b: np.ndarray | float = 0
) -> None:
    """Fill out (H', W', C_out, m) with W ⋆ X + b for X (H, W, C, m) and W (C_out, kH, kW, C)."""
    C_out, kH, kW, C = W.shape
    ring = np.zeros((grid.width, kH, C, X.shape[3]), X.dtype)
    windows = sliding_window_view(ring, kW, axis=0)[:: grid.stride[1]]
    windows = np.moveaxis(windows, -1, 1).reshape(-1, kW * kH * C, X.shape[3])  # still a view
    W = np.concatenate([W, W], axis=1).swapaxes(1, 2)
    turned = [W[:, :, kH - turn : 2 * kH - turn].reshape(C_out, -1) for turn in range(kH)]
    b = np.reshape(b, (-1, 1))
    part, *parts = parts_in_cache(kW * kH * C, X.shape[3])
    for y, turn in zip(out, fill_by_row(ring, X, grid), strict=True):
        np.matmul(turned[turn][:, part], windows[:, part], out=y)
        for further in parts:
            y += turned[turn][:, further] @ windows[:, further]
        y += b


def parts_in_cache(entries: int, m: int) -> list[slice]:
    """Parts of a window whose products run faster apart than as one, since each fits into L1."""
    cached = 10_000 // m
    n = math.ceil(entries / cached) if cached >= 100 else 1  # thinner parts cost more than they win
    edges = [entries * i // n for i in range(n + 1)]
    return [slice(*edge) for edge in pairwise(edges)]


def kernel_gradient(X: np.ndarray, dY: np.ndarray, grid: Grid) -> np.ndarray:
    """dW (C_out, kH, kW, C): what every window of X (H, W, C, m) holds, weighed by its dY."""
    (C, m), (kH, kW), C_out = X.shape[2:], grid.kernel, dY.shape[2]
    ring = np.zeros((kH, C, grid.width, m), X.dtype)
    windows = sliding_window_view(ring, kW, axis=2)[:, :, :: grid.stride[1]]
    windows = np.moveaxis(windows, -1, 0)  # (kW, kH, C, W', m)
    turned = np.zeros((kH, kW, kH * C, C_out), np.result_type(X, dY))
    for dy, turn in zip(dY, fill_by_row(ring.transpose(2, 0, 1, 3), X, grid), strict=True):
        dy = dy.swapaxes(0, 1).reshape(C_out, -1)
        turned[turn] += windows.reshape(kW, kH * C, -1) @ dy.T
    for turn, dW in enumerate(turned := turned.reshape(kH, kW, kH, C, C_out)):
        dW[...] = np.roll(dW, -turn, axis=1)
    return turned.sum(axis=0).transpose(3, 1, 0, 2)


def fill_by_row(ring: np.ndarray, X: np.ndarray, grid: Grid) -> Iterator[int]:
    """For each row of Y, bring into the ring (width, kH, C, m) the rows of X (H, W, C, m) it sees.

    The next row takes the place of the oldest, so that each is brought in once, while it is in the
    processor's cache, and none is moved; how many places the rows have turned is what is yielded.
    """
    H, W, kH = *X.shape[:2], grid.kernel[0]
    (above, left), (apart, aside) = grid.before, grid.spread
    cut = max(0, -(left // aside))  # columns of X to the left of every window
    inside = ring[left + cut * aside :: aside][: W - cut]
    loaded = 0
    for top in range(0, grid.size[0] * grid.stride[0], grid.stride[0]):
        for h in range(max(top, loaded), top + kH):
            i, between = divmod(h - above, apart)
            is_pixel = between == 0 and 0 <= i < H
            inside[:, h % kH] = X[i, cut : cut + len(inside)] if is_pixel else 0
        loaded = top + kH
        yield top % kH


def channel_sums(A: np.ndarray) -> np.ndarray:
    """Σ over the batch and all pixels of A (H, W, C, m), by a product: np.sum is slower here."""
    C, m = A.shape[2:]
    return (A.reshape(-1, m) @ np.ones(m, A.dtype)).reshape(-1, C).sum(axis=0)


def batch_last(X: np.ndarray) -> np.ndarray:
    """(m, H, W, C) as (H, W, C, m), contiguous: for the output of a layer like ours, no copy."""
    return np.ascontiguousarray(X.transpose(1, 2, 3, 0))


def batch_first(X: np.ndarray) -> np.ndarray:
    """(H, W, C, m) as (m, H, W, C), a view."""
    return X.transpose(3, 0, 1, 2)


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


def output_size(n: int, f: int, *, padding: int = 0, stride: int = 1) -> int:
    """⌊(n + 2p − f)/s⌋ + 1: how many places a window of f pixels finds along n (D4).

    Raises ValueError when it finds none, or for a number that is not whole.
    """
    n, f = count(n, "n"), count(f, "f")
    p, s = count(padding, "padding", least=0), count(stride, "stride")
    return output_sizes((n, n), (f, f), ((p, p), (p, p)), (s, s))[0]


def output_sizes(size: Pair, kernel: Pair, zeros: tuple[Pair, Pair], stride: Pair) -> Pair:
    """(H', W') for a window over an image of some size with zeros (above, below), (left, right)."""
    H, W = (n + before + after for n, (before, after) in zip(size, zeros, strict=True))
    if kernel[0] > H or kernel[1] > W:
        around = "without padding" if size == (H, W) else f"padded to {H}×{W}"
        raise ValueError(
            f"kernel {short(kernel, '×')} does not fit into a {size[0]}×{size[1]} input {around}"
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
