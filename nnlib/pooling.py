"""Pooling keeps what matters of each window and forgets exactly where it was. It learns nothing.

A window's maximum is the maximum of its rows' maxima, and its mean the mean of its rows' means: so
each pooling goes along the rows first, then down the columns, as whole slices of the batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import numpy as np

from nnlib.layer import Layer
from nnlib.windows import Pair, batch_first, batch_last, images, output_sizes, pair, short

NO_ZEROS = ((0, 0), (0, 0))


class Pool2D(Layer):
    """What max and average pooling share: a window and a stride, which is the window's by default.

    Shapes    X (m, H, W, C)   Y (m, H', W', C), H' = ⌊(H − kH)/sH⌋ + 1
    Raises ValueError when the window does not fit into the image.
    """

    def __init__(self, window: int | Pair = 2, *, stride: int | Pair | None = None) -> None:
        self.window = pair(window, "window")
        self.stride = self.window if stride is None else pair(stride, "stride")

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        H, W, C = image_shape(self, input_shape)
        return (*output_sizes((H, W), self.window, NO_ZEROS, self.stride, "window"), C)

    def batch_last(self, X: np.ndarray) -> np.ndarray:
        """X (m, H, W, C) as (H, W, C, m); raises where no window fits."""
        X = images(self, X)
        self.output_shape(X.shape[1:])
        return batch_last(X)

    def pixels(self, A: np.ndarray, axis: int) -> Iterator[np.ndarray]:
        """The first pixel of every window along an axis of A (H, W, C, m), then the second, …"""
        f, s = self.window[axis], self.stride[axis]
        n = (A.shape[axis] - f) // s + 1
        for j in range(f):
            along = slice(j, j + s * (n - 1) + 1, s)
            yield A[along] if axis == 0 else A[:, along]

    def give(self, d_pixel: np.ndarray, d: np.ndarray, axis: int) -> None:
        """Add d to the gradient of one of the pixels; where no windows overlap it is all of it."""
        if self.stride[axis] >= self.window[axis]:
            d_pixel[...] = d
        else:
            d_pixel += d

    def __repr__(self) -> str:
        stride = "" if self.stride == self.window else f", stride={short(self.stride)}"
        return f"{type(self).__name__}({short(self.window)}{stride})"


class MaxPool2D(Pool2D):
    """The largest value of each window; the gradient goes to that pixel alone, of equals the first.

    Shapes    X (m, H, W, C)   Y (m, H', W', C), H' = ⌊(H − kH)/sH⌋ + 1
    Backward  dX = Σ of dY over the windows whose first maximum, in reading order, the pixel is
    Raises ValueError when the window does not fit into the image.
    """

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        X = self.batch_last(X)
        rows, wins_row = self._largest(X, axis=1)
        Y, wins_column = self._largest(rows, axis=0)
        return self.remember(batch_first(Y), (X.shape, wins_row, rows.shape, wins_column))

    def backward(self, dY: np.ndarray) -> np.ndarray:
        X_shape, wins_row, rows_shape, wins_column = self.recall(dY)
        d_rows = self._to_the_largest(batch_last(dY), wins_column, rows_shape, axis=0)
        return batch_first(self._to_the_largest(d_rows, wins_row, X_shape, axis=1))

    def _largest(self, A: np.ndarray, axis: int) -> tuple[np.ndarray, list[np.ndarray]]:
        """The maxima, and for every pixel but the first where it beats all those before it."""
        first, *others = self.pixels(A, axis)
        Y, wins = first.copy(), []
        for pixel in others:
            wins.append(pixel > Y)
            np.maximum(Y, pixel, out=Y)
        return Y, wins

    def _to_the_largest(
        self, dY: np.ndarray, wins: list[np.ndarray], shape: tuple[int, ...], axis: int
    ) -> np.ndarray:
        """The last pixel to beat the others takes dY; where none does, it is the first's."""
        dA = np.zeros(shape, dY.dtype)
        d_first, *d_others = self.pixels(dA, axis)
        for d_pixel, won in zip(reversed(d_others), reversed(wins), strict=True):
            taken = dY * won
            self.give(d_pixel, taken, axis)
            dY = dY - taken
        self.give(d_first, dY, axis)
        return dA


class AvgPool2D(Pool2D):
    """The mean of each window.

    Shapes    X (m, H, W, C)   Y (m, H', W', C), H' = ⌊(H − kH)/sH⌋ + 1
    Backward  dX = Σ of dY/(kH·kW) over the windows that hold the pixel
    Raises ValueError when the window does not fit into the image.
    """

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        X = self.batch_last(X)
        kH, kW = self.window
        rows = reduce(np.add, self.pixels(X, axis=1))
        Y = reduce(np.add, self.pixels(rows, axis=0)) * X.dtype.type(1 / (kH * kW))
        return self.remember(batch_first(Y), X.shape)

    def backward(self, dY: np.ndarray) -> np.ndarray:
        H, W, C, m = self.recall(dY)
        kH, kW = self.window
        dY = batch_last(dY) * dY.dtype.type(1 / (kH * kW))
        d_rows = np.zeros((H, *dY.shape[1:]), dY.dtype)
        for d_pixel in self.pixels(d_rows, axis=0):
            self.give(d_pixel, dY, axis=0)
        dX = np.zeros((H, W, C, m), dY.dtype)
        for d_pixel in self.pixels(dX, axis=1):
            self.give(d_pixel, d_rows, axis=1)
        return batch_first(dX)


class GlobalAvgPool2D(Layer):
    """The mean of each channel over the whole image (Lin et al., 2014, “Network in Network”).

    Shapes    X (m, H, W, C)   Y (m, C)
    Backward  dX = dY/(H·W) at every pixel
    """

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        X = images(self, X)
        return self.remember(X.mean(axis=(1, 2)), X.shape)

    def backward(self, dY: np.ndarray) -> np.ndarray:
        m, H, W, C = self.recall(dY)
        pixel = dY.T * dY.dtype.type(1 / (H * W))
        return batch_first(np.broadcast_to(pixel, (H, W, C, m)).copy())

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        return image_shape(self, input_shape)[2:]


def image_shape(layer: Layer, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return (H, W, C); raise ValueError for another number of axes."""
    if len(shape) != 3:
        raise ValueError(f"{layer!r} expects images of shape (H, W, C), got {shape}")
    return shape
