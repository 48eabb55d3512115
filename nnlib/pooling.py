"""Pooling keeps what matters of each window and forgets exactly where it was."""

from __future__ import annotations

import numpy as np

from nnlib.convolution import Pair, images, output_sizes, pair, short, windows
from nnlib.layer import Layer
from nnlib.validation import as_float

NO_MARGINS = ((0, 0), (0, 0))


class Pool2D(Layer):
    """What max and average pooling share: a window, a stride, and no parameters.

    Shapes    X (m, H, W, C)   Y (m, H', W', C), H' = ⌊(H − kH)/s⌋ + 1
    Raises ValueError when the window does not fit into the image.
    """

    def __init__(self, window: int | Pair = 2, *, stride: int | Pair | None = None) -> None:
        self.window = pair(window, "window")
        self.stride = self.window if stride is None else pair(stride, "stride")

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(input_shape) != 3:
            raise ValueError(f"{self!r} expects images of shape (H, W, C), got {input_shape}")
        H, W, C = input_shape
        return (*output_sizes((H, W), self.window, NO_MARGINS, self.stride), C)

    def windows(self, X: np.ndarray) -> np.ndarray:
        """Every window of X as a view (m, H', W', C, kH, kW)."""
        X = images(self, as_float(X, "X"))
        self.output_shape(X.shape[1:])
        return windows(X, self.window, self.stride)

    def __repr__(self) -> str:
        stride = "" if self.stride == self.window else f", stride={short(self.stride)}"
        return f"{type(self).__name__}({short(self.window)}{stride})"


class MaxPool2D(Pool2D):
    """The largest value of each window; its gradient goes to that pixel alone, ties to the first.

    Shapes    X (m, H, W, C)   Y (m, H', W', C), H' = ⌊(H − kH)/s⌋ + 1
    Backward  dX = Σ over windows of dY at the first maximum in reading order
    Raises ValueError when the window does not fit into the image.
    """

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        V = self.windows(X)
        flat = V.reshape(*V.shape[:4], -1)
        return self.remember(flat.max(axis=-1), (np.shape(X), flat.argmax(axis=-1)))

    def backward(self, dY: np.ndarray) -> np.ndarray:
        shape, winner = self.recall(dY)
        dX = np.zeros(shape, dY.dtype)
        i, r, c, k = np.indices(dY.shape)
        u, v = np.divmod(winner, self.window[1])
        np.add.at(dX, (i, r * self.stride[0] + u, c * self.stride[1] + v, k), dY)
        return dX


class AvgPool2D(Pool2D):
    """The mean of each window.

    Shapes    X (m, H, W, C)   Y (m, H', W', C), H' = ⌊(H − kH)/s⌋ + 1
    Backward  dX = Σ over windows of dY/(kH·kW)
    Raises ValueError when the window does not fit into the image.
    """

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        V = self.windows(X)
        return self.remember(V.mean(axis=(-2, -1)), np.shape(X))

    def backward(self, dY: np.ndarray) -> np.ndarray:
        dX = np.zeros(self.recall(dY), dY.dtype)
        dV = windows(dX, self.window, self.stride, writeable=True)
        kH, kW = self.window
        for u in range(kH):
            for v in range(kW):
                dV[..., u, v] += dY / (kH * kW)
        return dX


class GlobalAvgPool2D(Layer):
    """The mean of each channel over the whole image (Lin et al., 2014, “Network in Network”).

    Shapes    X (m, H, W, C)   Y (m, C)
    Backward  dX = dY/(H·W) at every pixel
    """

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        X = images(self, as_float(X, "X"))
        return self.remember(X.mean(axis=(1, 2)), X.shape)

    def backward(self, dY: np.ndarray) -> np.ndarray:
        m, H, W, C = self.recall(dY)
        return np.broadcast_to(dY[:, None, None] / (H * W), (m, H, W, C)).copy()

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(input_shape) != 3:
            raise ValueError(f"{self!r} expects images of shape (H, W, C), got {input_shape}")
        return input_shape[2:]
