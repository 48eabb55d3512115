"""What the convolutional part of a network makes of one image: its feature maps, side by side."""

from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from nnlib.convolution import Conv2D
from nnlib.pooling import Pool2D
from nnlib.sequential import Sequential
from nnlib.viz.cells import titles

GAP, HEADING = 3, 20  # pixels between maps, and above a row of them for its title


class Stage(NamedTuple):
    """The maps (H, W, C) after a convolution or a pooling, with the activation that follows it."""

    name: str
    maps: np.ndarray


def read(net: Sequential, X: np.ndarray) -> tuple[list[Stage], np.ndarray]:
    """The stages of a network that reads one image X (H, W, C), and its logits (K,)."""
    A, stages = X[None].astype(net.theta.dtype), list[Stage]()
    counts = {"convolution": 0, "pooling": 0}
    for layer in net:
        A = layer.forward(A)
        kind = "convolution" if isinstance(layer, Conv2D) else "pooling"
        if isinstance(layer, Conv2D | Pool2D):
            counts[kind] += 1
            stages.append(Stage(f"{kind} {counts[kind]}", A))
        elif stages and A.shape == stages[-1].maps.shape:
            stages[-1] = stages[-1]._replace(maps=A)
    seen = [
        stage._replace(maps=stage.maps[0]) for stage in stages if stage.maps[0, ..., 0].size > 1
    ]
    return seen, A[0]


class Mosaic:
    """Every map of every stage as a small picture of its own, in one image of width × height.

    Colours run from the lowest to the highest value within a stage. They are looked up here, on the
    small maps: matplotlib would do so for every pixel of the image, in twice the time.
    """

    palette = (255 * colormaps["viridis"](np.arange(256))).astype(np.uint8)

    def __init__(self, ax: Axes, stages: list[Stage], width: int, height: int) -> None:
        self.empty = np.zeros((height, width, 4), np.uint8)
        self.side = _largest_side([stage.maps.shape[2] for stage in stages], width, height)
        self.columns = (width + GAP) // (self.side + GAP)
        self.image = ax.imshow(self.empty, interpolation="nearest")
        ax.set(xlim=(0, width), ylim=(height, 0))
        ax.set_axis_off()
        shapes = [(stage.name, *stage.maps.shape) for stage in stages]
        words = [f"{name}: {C} map{'s' if C > 1 else ''} of {H} × {W}" for name, H, W, C in shapes]
        titles(ax, words, [(0, top - 2 * GAP) for top in self._tops(stages)])

    def show(self, stages: list[Stage]) -> None:
        """Draw the maps of the same stages for another image."""
        canvas = self.empty.copy()
        for stage, top in zip(stages, self._tops(stages), strict=True):
            H, W, C = stage.maps.shape
            low, high = stage.maps.min(), stage.maps.max()
            levels = 255 * (stage.maps - low) / (high - low or 1)
            colours = self.palette[levels.astype(np.uint8)]
            rows, columns = (np.arange(self.side) * n // self.side for n in (H, W))
            maps = colours[rows][:, columns]
            for k in range(C):
                i, j = np.multiply(divmod(k, self.columns), self.side + GAP)
                canvas[top + i : top + i + self.side, j : j + self.side] = maps[:, :, k]
        self.image.set_data(canvas)

    def _tops(self, stages: list[Stage]) -> list[int]:
        """The pixel row at which each stage's maps begin."""
        tops, y = [], HEADING
        for stage in stages:
            tops.append(y)
            y += -(-stage.maps.shape[2] // self.columns) * (self.side + GAP) + HEADING
        return tops


def _largest_side(counts: list[int], width: int, height: int) -> int:
    """How many pixels a map may be wide so that all the stages' maps find room; 6 at least."""
    for side in range(64, 6, -1):
        columns = (width + GAP) // (side + GAP)
        rows = sum(-(-count // columns) for count in counts)
        if rows * (side + GAP) + len(counts) * HEADING <= height:
            return side
    return 6
