"""Which pixels a trained network looks at: by its gradient, and by covering them up."""

import functools
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.image import AxesImage

from nnlib.functions import softmax
from nnlib.sequential import Sequential
from nnlib.viz.cells import enclose, frame
from nnlib.viz.controls import dropdown, slider
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import VERMILLION, figure

SAID = "the one it says"
SURE = 0.9
PLACES = 16  # at most so many places for the patch along a side


def saliency(net: Sequential, X: np.ndarray, k: int) -> np.ndarray:
    """|∂z_k/∂X|, the strongest channel's (Simonyan, Vedaldi and Zisserman, 2014); X (H, W, C)."""
    dZ = np.zeros_like(net.forward(X[None]))
    dZ[0, k] = 1
    return np.abs(net.backward(dZ)[0]).max(axis=-1)


def occluded(net: Sequential, X: np.ndarray, size: int, grey: float) -> tuple[np.ndarray, ...]:
    """The probabilities P (k, k, K) with a patch over X (H, W, C) at rows and columns (k,), (k,).

    As in Zeiler and Fergus (2014), the patch has one grey and slides over the image.
    """
    rows, columns = (_places(n, size) for n in X.shape[:2])
    covered = np.repeat(X[None], len(rows) * len(columns), axis=0)
    for image, (i, j) in zip(covered, np.ndindex(len(rows), len(columns)), strict=True):
        image[rows[i] : rows[i] + size, columns[j] : columns[j] + size] = grey
    P = softmax(net.predict(covered).astype(float))
    return P.reshape(len(rows), len(columns), -1), rows, columns


def _places(n: int, size: int) -> np.ndarray:
    """Where a patch of that size may begin along n pixels: evenly, with both ends."""
    return np.unique(np.linspace(0, n - size, min(PLACES, n - size + 1)).round().astype(int))


class WhatMatters(Explorer):
    """One test digit: the gradient of a class's score, and what covering each place does to it.

    Shapes    X (m, H, W, C)   y (m,)
    """

    goal = (
        f"Find a digit that the net reads rightly with more than {100 * SURE:.0f} %, until one "
        "patch, at most a fifth of the picture's side, makes it say something else."
    )

    def __init__(self, net: Sequential, X: np.ndarray, y: np.ndarray) -> None:
        self.net, self.X, self.y = net, X, y
        H, W = X.shape[1:3]
        self.enough = H // 5
        K = net.forward(X[:1]).shape[1]
        self.example = slider("test digit", 1, 1, len(X))
        self.label = dropdown("class", [SAID, *range(K)])
        self.size = slider(f"patch (pixels; a fifth: {self.enough})", max(1, H // 8), 1, H // 2)
        self.grey = dropdown("patch colour", [("grey", 0.5), ("white", 0.0), ("black", 1.0)])
        self.occluded = functools.lru_cache(8)(self._occluded)
        made, axes = figure(1, 3, size=(8.4, 3))
        cover = {"cmap": "PuOr", "vmin": -100, "vmax": 100}
        self.digit = _image(axes[0], "test digit", (H, W), cmap="Greys", vmin=0, vmax=1)
        self.slopes = _image(axes[1], "saliency |∂z/∂x|", (H, W), vmin=0, vmax=1)
        self.drops = _image(axes[2], "patch centred here", (H, W), **cover)
        made.colorbar(self.drops, ax=list(axes), label="drop in probability (points)")
        self.outlines = [ax.add_collection(LineCollection([], linewidths=1.2)) for ax in axes[1:]]
        for outline, colour in zip(self.outlines, ("white", "black"), strict=True):
            outline.set_color(colour)
        self.patch, self.worst = frame(axes[0], VERMILLION, fill=True), frame(axes[2], VERMILLION)
        super().__init__(made, controls=[self.example, self.label, self.size, self.grey])

    def _occluded(self, example: int, size: int, grey: float) -> tuple[np.ndarray, ...]:
        return occluded(self.net, self.X[example], size, grey)

    def draw(self) -> str:
        example, size = self.example.value - 1, self.size.value
        image = self.X[example]
        before = softmax(self.net.predict(image[None]).astype(float))[0]
        said = int(before.argmax())
        k = said if self.label.value == SAID else self.label.value
        P, rows, columns = self.occluded(example, size, self.grey.value)
        drop = before[k] - P[:, :, k]
        i, j = np.unravel_index(drop.argmax(), drop.shape)
        self.digit.set_data(image.mean(axis=-1))
        slopes = saliency(self.net, image, k)
        self.slopes.set_data(slopes / (slopes.max() or 1))
        self._draw_drops(100 * drop, rows, columns)
        corner = float(columns[j]), float(rows[i])
        for box in (self.patch, self.worst):
            enclose(box, corner, size)
        self.patch.set_facecolor(str(1 - self.grey.value))
        for outline in self.outlines:
            outline.set_segments(edges(image.mean(axis=-1) > 0.5))
        flips = P.argmax(axis=2) != said
        right = said == self.y[example]
        sure = right and before[said] > SURE
        self.goal_reached = bool(sure and size <= self.enough and flips.any())
        after = int(P[i, j].argmax())
        if drop[i, j] < 0.005:
            what = f"Nowhere does the patch take a percent from class {k}."
        else:
            what = (
                f"The patch takes most from class {k} in row {rows[i] + 1}, column "
                f"{columns[j] + 1}: from {_percent(before[k])} to {_percent(P[i, j, k])}; the net "
                f"{'still ' if after == said else ''}says {after}."
            )
        return (
            f"Test digit {example + 1}, a {self.y[example]}: the net says {said} with "
            f"{_percent(before[said])}. {what} Of its {flips.size} places, {flips.sum()} change "
            f"what the net says. Half of the saliency lies on {_half(slopes):.0f} % of the pixels."
        )

    def _draw_drops(self, drop: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
        """Put each place's drop where the middle of the patch was."""
        half = self.size.value / 2
        self.drops.set_data(drop)
        (left, right), (top, bottom) = (_ends(at + half) for at in (columns, rows))
        self.drops.set_extent((left, right, bottom, top))
        H, W = self.X.shape[1:3]
        self.drops.axes.set(xlim=(0, W), ylim=(H, 0))


def edges(inside: np.ndarray) -> np.ndarray:
    """The borders ((x, y), (x, y)) between the pixels (H, W) that are inside and the others.

    Shapes    result (k, 2, 2)
    """
    padded = np.pad(inside, 1).astype(int)
    i, j = np.nonzero(np.diff(padded[:, 1:-1], axis=0))
    level = np.stack([np.c_[j, i], np.c_[j + 1, i]], axis=1)
    i, j = np.nonzero(np.diff(padded[1:-1], axis=1))
    upright = np.stack([np.c_[j, i], np.c_[j, i + 1]], axis=1)
    return np.concatenate([level, upright])


def _image(ax: Axes, title: str, shape: tuple[int, int], **look: Any) -> AxesImage:
    H, W = shape
    ax.set(title=title, xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(True)
    return ax.imshow(np.zeros(shape), extent=(0, W, H, 0), **look)


def _ends(middles: np.ndarray) -> tuple[float, float]:
    """Where a row of squares begins and ends whose middles these are."""
    step = (middles[-1] - middles[0]) / (len(middles) - 1) if len(middles) > 1 else 1.0
    return middles[0] - step / 2, middles[-1] + step / 2


def _half(slopes: np.ndarray) -> float:
    """The percentage of pixels, the strongest ones first, that together hold half of the sum."""
    total = np.cumsum(np.sort(slopes, axis=None)[::-1])
    return 100 * (1 + np.searchsorted(total, total[-1] / 2)) / slopes.size


def _percent(p: float) -> str:
    return f"{100 * p:.0f} %"
