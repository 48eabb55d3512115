"""The computation graph as a picture: values forward, gradients backward, on nodes and edges."""

from collections import defaultdict

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from nnlib.graph import Value, topological_order
from nnlib.viz.style import GREY, INK, LETTERS, TRAIN, VALIDATION, CourseFigure, figure
from nnlib.viz.words import with_minus

WIDTH, HEIGHT = 0.48, 0.64  # of a box, where columns and rows are 1 apart


def draw_graph(root: Value, *, decimals: int = 4) -> CourseFigure:
    """Every value below root as a box with its number (blue) and gradient (orange).

    Each edge carries upstream × local, the two factors that backward multiplies. Call
    `root.backward()` first; before it all gradients read 0.
    """
    places = layout(root)
    columns = 1 + max(x for x, _ in places.values())
    rows = 1 + max(y for _, y in places.values()) - min(y for _, y in places.values())
    made, ax = figure(size=(max(4.0, 1.8 * columns), max(2.0, 1.2 * rows)))
    ax.set_axis_off()
    for value in topological_order(root):
        for source, local in value.edges:
            _draw_edge(ax, places[id(source)], places[id(value)], value.grad, local, decimals)
    for value in topological_order(root):
        _draw_node(ax, value, places[id(value)], decimals)
    xs, ys = np.array(list(places.values())).T
    ax.set(xlim=(xs.min() - 0.6, xs.max() + 0.6), ylim=(ys.min() - 0.6, ys.max() + 0.6))
    made.caption = _in_words(root, decimals)
    return made


def layout(root: Value) -> dict[int, tuple[float, float]]:
    """A place (column, row) for the id of every value: results stand right of their arguments."""
    order = topological_order(root)
    users = defaultdict(list)
    column: dict[int, int] = {}
    for value in order:
        column[id(value)] = 1 + max((column[id(e.source)] for e in value.edges), default=-1)
        for edge in value.edges:
            users[id(edge.source)].append(value)
    for value in order:  # an input stands right before the first operation that uses it
        if not value.edges and users[id(value)]:
            column[id(value)] = min(column[id(user)] for user in users[id(value)]) - 1
    row: dict[int, float] = {id(root): 0.0}
    for x in range(column[id(root)] - 1, -1, -1):
        members = [value for value in order if column[id(value)] == x]
        wish = [
            np.mean([_wish(user, value, row) for user in users[id(value)]]) for value in members
        ]
        placed = -np.inf
        tops = []
        for k in np.argsort(wish, kind="stable"):
            placed = max(wish[k], placed + 1)
            tops.append((members[k], placed))
        drift = np.mean([place - wish[members.index(value)] for value, place in tops])
        row |= {id(value): float(place - drift) for value, place in tops}
    return {key: (float(x), -row[key]) for key, x in column.items()}


def _wish(user: Value, value: Value, row: dict[int, float]) -> float:
    """The row that would put value straight beside its place among the user's arguments."""
    sources = [edge.source for edge in user.edges]
    k = next(i for i, source in enumerate(sources) if source is value)
    return row[id(user)] + k - (len(sources) - 1) / 2


def _draw_node(ax: Axes, value: Value, place: tuple[float, float], decimals: int) -> None:
    x, y = place
    corner = (x - WIDTH / 2, y - HEIGHT / 2)
    style = "round,pad=0,rounding_size=0.08"
    ax.add_patch(FancyBboxPatch(corner, WIDTH, HEIGHT, style, fc="white", ec=INK, zorder=2))
    label = " ".join(part for part in (value.name, value.op and f"({value.op})") if part)
    lines = (
        (label or "constant", INK),
        (with_minus(f"{value.data:.{decimals}f}"), LETTERS[TRAIN]),
        (with_minus(f"{value.grad:.{decimals}f}"), LETTERS[VALIDATION]),
    )
    for k, (text, colour) in enumerate(lines):
        ax.text(
            x, y + HEIGHT * (1 - k) / 3, text, color=colour, fontsize=10, ha="center", va="center"
        )


def _draw_edge(
    ax: Axes,
    source: tuple[float, float],
    target: tuple[float, float],
    upstream: float,
    local: float,
    decimals: int,
) -> None:
    start, end = np.add(source, (WIDTH / 2, 0)), np.subtract(target, (WIDTH / 2, 0))
    ax.annotate(
        "", tuple(end), tuple(start), arrowprops={"arrowstyle": "->", "color": GREY, "lw": 1.2}
    )
    factors = with_minus(f"{upstream:.{decimals}f}\n× {local:.{decimals}f}")
    x, y = start + 0.37 * (end - start)  # not the middle: two crossing edges would meet there
    ax.text(
        x,
        y,
        factors,
        fontsize=8,
        color=LETTERS[VALIDATION],
        ha="center",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def _in_words(root: Value, decimals: int) -> str:
    named = [value for value in topological_order(root) if value.name]
    return "; ".join(
        f"{value.name} = {value.data:.{decimals}f}, gradient {value.grad:.{decimals}f}"
        for value in named
    )
