"""The pictures of lab 07: what filters make of images, what a network sees and what it misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from nnlib.activations import ReLU
from nnlib.convolution import Conv2D
from nnlib.dense import Dense
from nnlib.functions import softmax
from nnlib.layer import Layer
from nnlib.normalization import BatchNorm
from nnlib.pooling import GlobalAvgPool2D, MaxPool2D
from nnlib.sequential import Sequential
from nnlib.viz.lab07_maps import read
from nnlib.viz.style import (
    COLOURS,
    DASHES,
    INK,
    LETTERS,
    MARKERS,
    ORANGE,
    OUTLINE,
    VERMILLION,
    CourseFigure,
    figure,
)

SIGNED = "PuOr_r"  # below zero purple, above zero orange, zero white
MAPS_IN_A_ROW = 8


def average_network(*, rng: np.random.Generator) -> Sequential:
    """Three padded convolutions with batch norm, then each map's mean alone, for 10 classes."""
    layers: list[Layer] = []
    for C_in, C_out, f in ((1, 6, 5), (6, 16, 5), (16, 64, 3)):
        pool = [MaxPool2D(2)] if layers else []
        conv = Conv2D(C_in, C_out, f, padding="same", rng=rng)
        layers += [*pool, conv, BatchNorm(C_out), ReLU()]
    return Sequential(*layers, GlobalAvgPool2D(), Dense(64, 10, rng=rng))


def patches(photo: np.ndarray, corners: Sequence[tuple[int, int]], size: int) -> CourseFigure:
    """A grey photo (H, W) and, enlarged, the squares of `size` pixels at these (row, column)."""
    n = len(corners)
    made, axes = figure(1, n + 1, size=(8, 2.9), width_ratios=[1.6 * n] + [1] * n)
    _picture(axes[0], photo)
    for name, (row, column), ax in zip("ABCDEF", corners, axes[1:], strict=False):
        look: dict[str, Any] = {"fill": False, "edgecolor": ORANGE, "linewidth": 2.5}
        axes[0].add_patch(Rectangle((column - 0.5, row - 0.5), size, size, **look))
        spot = {"color": INK, "weight": "bold", "va": "bottom", "path_effects": OUTLINE}
        axes[0].text(column, row - 4, name, **spot)
        square = photo[row : row + size, column : column + size]
        _picture(ax, square, vmin=square.min(), vmax=square.max())
        ax.set_title(name)
    H, W = photo.shape
    made.caption = f"A photograph of {H}×{W} pixels; {n} squares of it, {size}×{size}, enlarged."
    return made


def edges(photo: np.ndarray, answers: np.ndarray, names: Sequence[str]) -> CourseFigure:
    """A grey photo (H, W, 1) and what each named filter answers to it (H', W', C), on one scale."""
    made, axes = figure(1, len(names) + 1, size=(8, 3.4))
    _picture(axes[0], photo[..., 0])
    axes[0].set_title("photograph")
    top = np.percentile(np.abs(answers), 98)
    said = []
    for k, (name, ax) in enumerate(zip(names, axes[1:], strict=True)):
        shown = _picture(ax, answers[..., k], cmap=SIGNED, vmin=-top, vmax=top)
        ax.set_title(name)
        said.append(f"{name} beyond ±1 at {100 * np.mean(np.abs(answers[..., k]) > 1):.0f} %")
    made.colorbar(shown, ax=axes, label="answer", location="bottom", aspect=50, extend="both")
    H, W, _ = answers.shape
    made.caption = f"Answers at {H}×{W} places of a photograph: {'; '.join(said)} of them."
    return made


def as_matrix(M: np.ndarray) -> CourseFigure:
    """A layer written as the matrix M (n_out, n_in) that a dense layer would need for it."""
    values = np.unique(M[M != 0])
    made, ax = figure(size=(8, 3.9))
    ax.grid(False)
    colours = ListedColormap(["white", *(COLOURS[k % len(COLOURS)] for k in range(len(values)))])
    place = np.where(M == 0, 0, 1 + np.searchsorted(values, M))
    ax.imshow(place, cmap=colours, vmin=0, vmax=len(values), alpha=0.45)
    for (i, j), value in np.ndenumerate(M):
        if value:
            ax.text(j, i, f"{value:g}", ha="center", va="center", size=10)
    ax.set(xlabel="input pixel, in reading order", ylabel="output pixel")
    ax.set(xticks=range(0, M.shape[1], 2), yticks=range(0, M.shape[0], 2))
    share = 100 * np.mean(M == 0)
    made.caption = (
        f"A matrix of {M.shape[0]}×{M.shape[1]} = {M.size} weights: {share:.0f} % are 0, and the "
        f"others take {len(values)} values, the same ones in every row."
    )
    return made


def digits_grid(
    X: np.ndarray, titles: Sequence[str], *, columns: int = 8, caption: str = ""
) -> CourseFigure:
    """Grey images X (k, H, W, 1), each under its title; one that begins with ✗ stands out."""
    rows = -(-len(X) // columns)
    made, axes = figure(rows, columns, size=(8, 1.3 * rows), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, x, title in zip(axes.flat, X, titles, strict=False):
        _picture(ax, x[..., 0], cmap="gray_r")
        ax.set_title(title, size=11, color=LETTERS[VERMILLION] if title.startswith("✗") else INK)
    H, W = X.shape[1:3]
    made.caption = caption or f"{len(X)} images of {H}×{W} pixels: {', '.join(titles)}."
    return made


def hardest(net: Sequential, X: np.ndarray, y: np.ndarray, k: int = 16) -> CourseFigure:
    """The k images of X (m, H, W, 1) whose true class y (m,) gets the lowest probability."""
    P = softmax(net.predict(X))
    p, read = P[np.arange(len(y)), y], P.argmax(axis=1)
    order = np.argsort(p)[:k]
    titles = [
        f"✗ {y[i]}, read {read[i]}" if read[i] != y[i] else f"{y[i]}: {100 * p[i]:.0f} %"
        for i in order
    ]
    caption = (
        f"The {k} images, of {len(y)}, whose true digit gets the lowest probability; a ✗ marks the "
        "misread ones, with the true digit and the one that is read."
    )
    return digits_grid(X[order], titles, caption=caption)


def what_it_sees(net: Sequential, x: np.ndarray, names: Sequence[str]) -> CourseFigure:
    """The filters of the first layer, and the maps that one image x (H, W, C) becomes.

    `names` are those of the convolutions and poolings that have maps, from the first one on.
    """
    first, (stages, _) = net[0], read(net, x)
    if not isinstance(first, Conv2D):
        raise ValueError(f"the network must begin with a Conv2D to show its filters, got {first!r}")
    heights = [1, *(-(-stage.maps.shape[2] // MAPS_IN_A_ROW) for stage in stages)]
    size = (8, 1.15 * sum(heights) + 0.4)
    made, axes = figure(len(heights), 1, size=size, height_ratios=heights)
    kernels = first.W[..., 0].transpose(1, 2, 0)
    top = np.abs(kernels).max()
    _picture(axes[0], _mosaic(kernels, MAPS_IN_A_ROW), cmap=SIGNED, vmin=-top, vmax=top)
    axes[0].set_title("the filters of the first layer (orange above zero, purple below)", size=11)
    said = []
    for ax, name, (_, Y) in zip(axes[1:], names, stages, strict=True):
        _picture(ax, _mosaic(Y, MAPS_IN_A_ROW), cmap="viridis", vmin=0, vmax=Y.max())
        H, W, C = Y.shape
        ax.set_title(f"{name}: {C} maps of {H}×{W}", size=11)
        said.append(f"{C} maps of {H}×{W} after {name}")
    (H, W), n = first.kernel_size, first.C_out
    made.caption = f"The first layer's {n} filters of {H}×{W}; of one image, {', '.join(said)}."
    return made


def shift_curves(shifts: Sequence[int], right: Mapping[str, Sequence[float]]) -> CourseFigure:
    """The share of images read right, by how many pixels they are shifted; one line per network."""
    made, ax = figure(size=(8, 3.8))
    looks = zip(COLOURS, DASHES, MARKERS, strict=False)
    for (name, shares), (colour, dash, marker) in zip(right.items(), looks, strict=False):
        ax.plot(shifts, 100 * np.asarray(shares), dash, color=colour, marker=marker, label=name)
    ax.axhline(10, color=INK, ls=":", lw=1)
    ax.text(0, 11.5, "guessing", color=INK, size=10)
    ax.set(xlabel="shift to the right (pixels)", ylabel="test digits read (%)", ylim=(0, 104))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 0.14))
    made.caption = (
        f"Share of the test digits read by {', '.join(right)}, at shifts of {shifts[0]} to "
        f"{shifts[-1]} pixels."
    )
    return made


def _picture(ax: Axes, image: np.ndarray, **look: Any) -> AxesImage:
    """An image without axes, grey from 0 to 1 unless told otherwise."""
    ax.axis("off")
    how: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1} | look
    return ax.imshow(image, **how)


def _mosaic(maps: np.ndarray, columns: int) -> np.ndarray:
    """The channels of (H, W, C) in rows of `columns`, with a pixel of nothing between them."""
    H, W, C = maps.shape
    columns = min(columns, C)
    tiles = np.full((-(-C // columns) * columns, H + 1, W + 1), np.nan)
    tiles[:C, :H, :W] = maps.transpose(2, 0, 1)
    rows = tiles.reshape(-1, columns, H + 1, W + 1).transpose(0, 2, 1, 3)
    return rows.reshape(-1, columns * (W + 1))[:-1, :-1]
