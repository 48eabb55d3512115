"""The playground as one still picture, for a page that cannot run it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpecFromSubplotSpec

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
    CourseAxes,
    CourseFigure,
    figure,
)

EXTENT = (-VIEW, VIEW, -VIEW, VIEW)


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
    """One column per hidden layer; a silent unit is crossed out."""
    ax.set(title="hidden units", xticks=[], yticks=[])
    ax.axis("off")
    spec = ax.get_subplotspec()
    if not seen.units or spec is None or ax.figure is None:
        return
    rows = max(len(layer) for layer in seen.units)
    cells = GridSpecFromSubplotSpec(rows, len(seen.units), spec, wspace=0.1, hspace=0.1)
    for column, (layer, silent) in enumerate(zip(seen.units, seen.silent, strict=True)):
        for row, (tile, dead) in enumerate(zip(layer, silent, strict=True)):
            small = ax.figure.add_subplot(cells[row, column], axes_class=CourseAxes)
            top = np.abs(tile).max() or 1.0
            small.imshow(tile, cmap=PALE_CLASSES, vmin=-top, vmax=top)
            small.set(xticks=[], yticks=[])
            small.spines[:].set_visible(False)
            if dead:
                small.plot([0, 1], [0, 1], color=GREY, lw=1, transform=small.transAxes)


def _draw_costs(ax: Axes, training: Training, reference: Training | None) -> None:
    history = training.history
    curves = [("training", "loss", TRAIN, "-"), ("validation", "validation loss", VALIDATION, "--")]
    for label, name, colour, dash in curves:
        ax.plot(history.get("epoch", []), history.get(name, []), dash, color=colour, label=label)
    if reference is not None:
        theirs = reference.history
        x, J = theirs.get("epoch", []), theirs.get("loss", [])
        ax.plot(x, J, ":", color=REFERENCE, label="the library's, training")
    ax.set(xlabel="epoch", ylabel="cost J", title="cost", ylim=(0, None))
    ax.legend(loc="upper right", fontsize=10)
