"""Convolution: one small kernel slides over the whole image, so what it learns holds everywhere."""

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
from nnlib.validation import count
from nnlib.windows import Pair, batch_first, batch_last, images, margins, output_sizes, pair, short


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
    X: np.ndarray, W: np.ndarray, grid: Grid, *, out: np.ndarray, b: np.ndarray | None = None
) -> None:
    """Fill out (H', W', C_out, m) with W ⋆ X + b for X (H, W, C, m) and W (C_out, kH, kW, C)."""
    (C_out, kH, kW, C), m = W.shape, X.shape[3]
    ring = np.zeros((grid.width, kH, C, m), X.dtype)
    windows = np.moveaxis(sliding_window_view(ring, kW, axis=0), -1, 1)[:: grid.stride[1]]
    windows = windows.reshape(-1, kW * kH * C, m)  # overlapping in the ring: still a view
    turn = np.arange(kH)[:, None]  # after t turns, place j of the ring holds row j − t of a window
    turned = W[:, (turn.T - turn) % kH].transpose(1, 0, 3, 2, 4).reshape(kH, C_out, -1)
    part, *parts = parts_in_cache(kW * kH * C, m)
    for y, t in zip(out, fill_by_row(ring, X, grid), strict=True):
        np.matmul(turned[t, :, part], windows[:, part], out=y)
        for further in parts:
            y += turned[t, :, further] @ windows[:, further]
        if b is not None:
            y += b[:, None]


def parts_in_cache(entries: int, m: int) -> list[slice]:
    """Parts of a window that fit into L1, whose products are faster one by one than all at once."""
    cached = 10_000 // m
    n = math.ceil(entries / cached) if cached >= 100 else 1  # thinner parts cost more than they win
    edges = [entries * i // n for i in range(n + 1)]
    return [slice(*edge) for edge in pairwise(edges)]


def kernel_gradient(X: np.ndarray, dY: np.ndarray, grid: Grid) -> np.ndarray:
    """dW (C_out, kH, kW, C): what every window of X (H, W, C, m) holds, weighed by its dY."""
    (C, m), (kH, kW), C_out = X.shape[2:], grid.kernel, dY.shape[2]
    ring = np.zeros((kH, C, grid.width, m), X.dtype)  # so that one product sums over W' and m
    windows = np.moveaxis(sliding_window_view(ring, kW, axis=2), -1, 0)[..., :: grid.stride[1], :]
    turned = np.zeros((kH, kW, kH * C, C_out), np.result_type(X, dY))
    for dy, t in zip(dY, fill_by_row(ring.transpose(2, 0, 1, 3), X, grid), strict=True):
        dy = dy.swapaxes(0, 1).reshape(C_out, -1)
        turned[t] += windows.reshape(kW, kH * C, -1) @ dy.T
    turn = np.arange(kH)[:, None]
    turned_back = turned.reshape(kH, kW, kH, C, C_out)[turn, :, (turn.T + turn) % kH]
    return turned_back.sum(axis=0).transpose(3, 0, 1, 2)


def fill_by_row(ring: np.ndarray, X: np.ndarray, grid: Grid) -> Iterator[int]:
    """For each row of Y, bring into the ring (width, kH, C, m) the kH rows of X that it sees.

    A row of X (H, W, C, m) takes the oldest's place: each is copied once, none is moved, and the
    ring stays in the processor's cache. Yields by how many places its rows have turned.
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
