"""The playground as one still picture, for a page that cannot run it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from nnlib.viz.playground_data import inside
from nnlib.viz.playground_frame import Look
from nnlib.viz.playground_settings import VIEW
from nnlib.viz.playground_training import Training
from nnlib.viz.style import (
    CLASS_0,
    CLASS_1,
    GREY,
    INK,
    PALE_CLASSES,
    REFERENCE,
    TRAIN,
    VALIDATION,
    CourseFigure,
    figure,
)

EXTENT = (-VIEW, VIEW, -VIEW, VIEW)
TALLEST = 6
EDGE: dict[str, Any] = {"color": GREY, "lw": 0.6}


def picture(
    seen: Look, training: Training, beside: Look | None, reference: Training | None
) -> CourseFigure:
    """The map, every hidden unit's own map, and the curves of the cost."""
    made, (units, output, costs) = figure(1, 3, size=(10, 3.4), width_ratios=(1.1, 1, 1.2))
    _draw_units(units, seen)
    _draw_map(output, seen, training)
    _draw_costs(costs, training, reference)
    if beside is not None:
        output.contour(beside.P[::-1], [0.5], extent=EXTENT, colors=REFERENCE, linestyles="--")
    return made


def _draw_map(ax: Axes, seen: Look, training: Training) -> None:
    ax.imshow(seen.P, extent=EXTENT, cmap=PALE_CLASSES, vmin=0, vmax=1, interpolation="bilinear")
    ax.contour(seen.P[::-1], [0.5], extent=EXTENT, colors=INK, linewidths=1.5)
    points = training.points
    for label, marker, colour in ((0, "o", CLASS_0), (1, "s", CLASS_1)):
        X = inside(points.X[points.y == label])
        ax.plot(X[:, 0], X[:, 1], marker, color=colour, ms=4, mec="white", mew=0.5)
    first, second = points.axes
    ax.set(title="P(class 1)", xticks=[], yticks=[], xlabel=first.name, ylabel=second.name)
    ax.grid(False)


def _draw_units(ax: Axes, seen: Look) -> None:
    """Hidden layers from left to right, in columns of at most six; a silent unit is struck out."""
    left, tall = 0.0, 3
    for number, (layer, silent) in enumerate(zip(seen.units, seen.silent, strict=True), start=1):
        columns = -(-len(layer) // TALLEST)
        rows = -(-len(layer) // columns)
        tall = max(tall, rows)
        for k, (tile, dead) in enumerate(zip(layer, silent, strict=True)):
            x, y = left + k // rows, (rows - 1) / 2 - k % rows
            _draw_unit(ax, x, y, tile, dead)
        middle = left + (columns - 1) / 2
        ax.text(middle, -rows / 2 - 0.1, f"layer {number}", ha="center", va="top", size=10)
        left += columns + 0.6
    ax.set(title="hidden units" if seen.units else "no hidden units")
    ax.set(xlim=(-0.6, max(left - 1, 1.0)), ylim=(-tall / 2 - 0.6, tall / 2 + 0.1))
    ax.set_aspect("equal")
    ax.axis("off")


def _draw_unit(ax: Axes, x: float, y: float, tile: np.ndarray, dead: bool) -> None:
    r, top = 0.44, np.abs(tile).max() or 1.0
    extent = (x - r, x + r, y - r, y + r)
    ax.imshow(tile, extent=extent, cmap=PALE_CLASSES, vmin=-top, vmax=top)
    ax.plot([x - r, x + r, x + r, x - r, x - r], [y - r, y - r, y + r, y + r, y - r], "-", **EDGE)
    if dead:
        ax.plot([x - r, x + r], [y - r, y + r], "-", color=GREY, lw=1.5)


def _draw_costs(ax: Axes, training: Training, reference: Training | None) -> None:
    history = training.history
    curves = [("training", "loss", TRAIN, "-"), ("validation", "validation loss", VALIDATION, "--")]
    for label, name, colour, dash in curves:
        ax.plot(history.get("epoch", []), history.get(name, []), dash, color=colour, label=label)
    if reference is not None:
        theirs = reference.history
        x, J = theirs.get("epoch", []), theirs.get("loss", [])
        ax.plot(x, J, ":", color=REFERENCE, label="the library's, training")
    last = max([1, *history.get("epoch", [])])
    ax.set(xlabel="epoch", ylabel="cost J", title="cost", xlim=(0, last), ylim=(0, None))
    ax.legend(loc="upper right", fontsize=10)
