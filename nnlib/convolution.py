"""Convolution: one small kernel slides over the whole image, so what it learns holds everywhere."""

from __future__ import annotations

from typing import Literal

import numpy as np

from nnlib.initializers import Initializer, he_normal
from nnlib.layer import Layer
from nnlib.parameters import Gradient, Parameter
from nnlib.validation import as_float, count

Pair = tuple[int, int]


class Conv2D(Layer):
    """Slides C_out kernels over images:  Y[i, r, c, k] = bₖ + Σ X[i, r·s + u, c·s + v, :] · W[k, u, v].

    Like every deep-learning library this is the cross-correlation Y = W ⋆ X + b; a convolution in
    the sense of mathematics flips the kernel first, which a learned kernel need not care about.
    "same" padding keeps H and W (stride 1). Each of the groups sees its share of C_in only.

    Shapes    X (m, H, W, C_in)   W (C_out, kH, kW, C_in/groups)   b (C_out,)   Y (m, H', W', C_out)
    Backward  db = Σ dY   dW = dY ⋆ X over the batch   dX = dY spread by the kernels, W ∗ dY
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
        self.kernel_size = pair(kernel_size, "kernel_size")
        self.stride = pair(stride, "stride")
        self.padding = padding
        self.groups = count(groups, "groups")
        if padding == "same" and self.stride != (1, 1):
            raise ValueError(f'padding "same" keeps H and W, which needs stride 1, got {stride}')
        self.margins = margins(padding, self.kernel_size)
        if self.C_in % self.groups or self.C_out % self.groups:
            raise ValueError(
                f"groups must divide C_in and C_out, got groups {groups} for {C_in} and {C_out}"
            )
        shape = (self.C_out, *self.kernel_size, self.C_in // self.groups)
        self.W = init(shape, rng=rng, dtype=dtype)
        self.b = np.zeros(self.C_out, dtype)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        X = images(self, as_float(X, "X"), self.C_in)
        self.output_shape(X.shape[1:])
        X = np.pad(X, ((0, 0), *self.margins, (0, 0)))
        V = windows(X, self.kernel_size, self.stride)
        parts = []
        for x, w in zip(
            np.split(V, self.groups, axis=3), np.split(self.W, self.groups), strict=True
        ):
            parts.append(np.tensordot(x, w, ([4, 5, 3], [1, 2, 3])))
        return self.remember(np.concatenate(parts, axis=3) + self.b, X)

    def backward(self, dY: np.ndarray) -> np.ndarray:
        self.fill_gradients(dY)
        X = self.recall(dY)
        dX = np.zeros_like(X)
        dV = windows(dX, self.kernel_size, self.stride, writeable=True)
        n = self.C_in // self.groups
        for g, (dy, w) in enumerate(
            zip(np.split(dY, self.groups, axis=3), np.split(self.W, self.groups), strict=True)
        ):
            for u in range(self.kernel_size[0]):
                for v in range(self.kernel_size[1]):
                    dV[:, :, :, g * n : (g + 1) * n, u, v] += dy @ w[:, u, v]
        (top, bottom), (left, right) = self.margins
        return dX[:, top : X.shape[1] - bottom, left : X.shape[2] - right]

    def fill_gradients(self, dY: np.ndarray) -> None:
        V = windows(self.recall(dY), self.kernel_size, self.stride)
        groups = zip(
            np.split(V, self.groups, axis=3), np.split(dY, self.groups, axis=3), strict=True
        )
        parts = [np.tensordot(dy, x, ([0, 1, 2], [0, 1, 2])) for x, dy in groups]
        self.dW = np.concatenate(parts).transpose(0, 2, 3, 1)
        self.db = dY.sum(axis=(0, 1, 2))

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(input_shape) != 3 or input_shape[2] != self.C_in:
            raise ValueError(
                f"{self!r} expects images of shape (H, W, {self.C_in}), got {input_shape}"
            )
        H, W, _ = input_shape
        return (*output_sizes((H, W), self.kernel_size, self.margins, self.stride), self.C_out)

    def __repr__(self) -> str:
        settings = [f"{self.C_in}, {self.C_out}, {short(self.kernel_size)}"]
        if self.stride != (1, 1):
            settings.append(f"stride={short(self.stride)}")
        if self.padding not in (0, (0, 0)):
            settings.append(f"padding={self.padding!r}")
        if self.groups > 1:
            settings.append(f"groups={self.groups}")
        return f"Conv2D({', '.join(settings)})"


def output_size(n: int, f: int, *, padding: int = 0, stride: int = 1) -> int:
    """⌊(n + 2p − f)/s⌋ + 1: how many places a window of f finds along n pixels (D4).

    Raises ValueError when it finds none, or for a number that is not whole.
    """
    n, f = count(n, "n"), count(f, "f")
    p, s = count(padding, "padding", least=0), count(stride, "stride")
    return output_sizes((n, n), (f, f), ((p, p), (p, p)), (s, s))[0]


def output_sizes(size: Pair, kernel: Pair, margins: tuple[Pair, Pair], stride: Pair) -> Pair:
    """(H', W') of a window sliding over H × W with some zeros around; raises when it cannot fit."""
    padded = tuple(n + before + after for n, (before, after) in zip(size, margins, strict=True))
    if any(f > n for n, f in zip(padded, kernel, strict=True)):
        around = "without padding" if padded == size else f"padded to {padded[0]}×{padded[1]}"
        raise ValueError(
            f"kernel {short(kernel, '×')} does not fit into a {size[0]}×{size[1]} input {around}"
        )
    (H, W), (kH, kW), (sH, sW) = padded, kernel, stride
    return (H - kH) // sH + 1, (W - kW) // sW + 1


def margins(padding: int | Pair | Literal["same"], kernel: Pair) -> tuple[Pair, Pair]:
    """Rows of zeros (above, below) and columns (left, right); "same" puts an odd one last."""
    if padding == "same":
        (kH, kW) = kernel
        return ((kH - 1) // 2, kH // 2), ((kW - 1) // 2, kW // 2)
    pH, pW = pair(padding, "padding", least=0)
    return (pH, pH), (pW, pW)


def pair(value: object, name: str, least: int = 1) -> Pair:
    """One whole number for both axes, or one each."""
    if isinstance(value, tuple) and len(value) == 2:
        return count(value[0], name, least), count(value[1], name, least)
    return (count(value, name, least),) * 2  # type: ignore[arg-type]


def short(value: Pair, join: str = ", ") -> str:
    """A pair as one writes it: 3 for (3, 3)."""
    if value[0] == value[1]:
        return str(value[0])
    return f"{value[0]}×{value[1]}" if join == "×" else str(value)


def images(layer: Layer, X: np.ndarray, C: int | None = None) -> np.ndarray:
    """Return X (m, H, W, C), m ≥ 1; raise ValueError that names a likely slip."""
    wanted = f"{layer!r} expects X of shape (m, H, W, {'C' if C is None else C}), got {X.shape}"
    if X.ndim == 3 and C == 1:
        raise ValueError(f"{wanted}: give each grey image its one channel, X[..., None]")
    if X.ndim != 4:
        raise ValueError(wanted)
    if len(X) == 0:
        raise ValueError(f"{layer!r} needs at least one image, got X of shape {X.shape}")
    if C is not None and X.shape[3] != C:
        if X.shape[1] == C:
            raise ValueError(
                f"X looks like (m, C, H, W); nnlib wants (m, H, W, C): use "
                f"X.transpose(0, 2, 3, 1); {wanted}"
            )
        raise ValueError(wanted)
    return X


def windows(X: np.ndarray, kernel: Pair, stride: Pair, writeable: bool = False) -> np.ndarray:
    """Every window of X (m, H, W, C) as a view (m, H', W', C, kH, kW)."""
    V = np.lib.stride_tricks.sliding_window_view(X, kernel, axis=(1, 2), writeable=writeable)
    return V[:, :: stride[0], :: stride[1]]
