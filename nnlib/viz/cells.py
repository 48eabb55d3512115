"""A matrix drawn as coloured squares with their numbers inside, as one writes it on paper."""

import functools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, IdentityTransform
from numpy.typing import ArrayLike

from nnlib.viz.style import INK, PALE

SIGNED = LinearSegmentedColormap.from_list("signed", ["#EE9A5B", "white", "#6DB3DE"])
AMOUNT = LinearSegmentedColormap.from_list("amount", ["white", "#6DB3DE"])
GREYS = LinearSegmentedColormap.from_list("greys", ["#F4F4F4", "#A9A9A9"])
ROOM = 19.0  # points that a number may be wide
WHOLES = (3, 4, 8, 9, 16)  # denominators that a window's mean brings about
TINY = 1e-9
FONT = "DejaVu Sans"


class Cells:
    """Room for rows × columns squares whose first one has its upper left corner at (x, y).

    A square that has no number (nan) stays empty. Colours run from `low` to `high`; `size` is
    the numbers' own. They are outlines in one collection: two hundred texts take 50 ms a frame.
    """

    def __init__(
        self,
        ax: Axes,
        rows: int,
        columns: int,
        *,
        at: tuple[float, float] = (0, 0),
        cmap: Colormap = GREYS,
        low: float = 0,
        high: float = 9,
        size: float = 1,
        decimals: int = 1,
    ) -> None:
        self.at, self.decimals = at, decimals
        self.values = np.full((rows, columns), np.nan)
        x, y = at
        corners = x + np.arange(columns + 1), y + np.arange(rows + 1)
        self.mesh = ax.pcolormesh(
            *corners, self.values, cmap=cmap, vmin=low, vmax=high, linewidth=1
        )
        self.numbers = PathCollection([], sizes=[size**2], offset_transform=ax.transData)
        self.numbers.set(facecolor=INK, linewidth=0, zorder=3, transform=IdentityTransform())
        ax.add_collection(self.numbers, autolim=False)

    def show(self, values: np.ndarray, first: tuple[int, int] = (0, 0)) -> None:
        """Write values (h, w) into the squares from row and column `first` on; clear the others."""
        self.values = np.full(self.values.shape, np.nan)
        i, j = first
        self.values[i : i + values.shape[0], j : j + values.shape[1]] = values
        filled = np.isfinite(self.values)
        self.mesh.set_array(np.ma.masked_array(self.values, ~filled))
        self.mesh.set_edgecolor([PALE if there else "none" for there in filled.ravel()])
        self.numbers.set_paths(
            [_outline(short_number(v, self.decimals)) for v in self.values[filled]]
        )
        self.numbers.set_offsets(np.argwhere(filled)[:, ::-1] + np.add(self.at, 0.5))

    def colours(self, low: float, high: float) -> None:
        """Let the colours run from `low` to `high` from now on."""
        self.mesh.set_clim(low, high)

    def place(self, i: float, j: float) -> tuple[float, float]:
        """Where the upper left corner of row i, column j stands on the axes."""
        return self.at[0] + j, self.at[1] + i


def frame(ax: Axes, colour: str = INK, **look: Any) -> Rectangle:
    """A square frame, to be put around cells with `enclose`."""
    style: dict[str, Any] = {"linewidth": 2.5, "fill": False, "joinstyle": "round", "zorder": 5}
    box = Rectangle((0, 0), 1, 1, edgecolor=colour, **style | look)
    ax.add_patch(box)
    return box


def enclose(box: Rectangle, corner: tuple[float, float], size: float) -> None:
    """Put a frame around size × size cells, of which the first is at `corner`."""
    box.set(xy=corner, width=size, height=size)


def bare(ax: Axes, columns: float, rows: float) -> None:
    """Room for columns × rows squares, counted from the upper left, and a line of titles above."""
    ax.set(xlim=(-0.1, columns + 0.1), ylim=(rows + 0.1, -0.9), aspect="equal")
    ax.set_axis_off()


def heading(ax: Axes, x: float, words: str) -> Text:
    """A title above the squares, its middle at x."""
    return ax.text(x, -0.5, words, ha="center", va="center")


def titles(ax: Axes, words: Sequence[str], at: ArrayLike, size: float = 11) -> PathCollection:
    """Words as outlines, each with its left end at (x, y) of `at` (k, 2): drawn in no time."""
    drawn = PathCollection(
        [TextPath((0, 0), text, prop=FontProperties(family=FONT, size=size)) for text in words],
        sizes=[1],
        offsets=at,
        offset_transform=ax.transData,
    )
    drawn.set(facecolor=INK, linewidth=0, transform=IdentityTransform())
    ax.add_collection(drawn, autolim=False)
    return drawn


@functools.cache
def _outline(number: str) -> Path:
    """A number's outline in points, its middle at 0, at most as wide as a square has room for."""
    font = FontProperties(family=FONT, size=10.5)
    drawn = TextPath((0, 0), number, prop=font)
    box, height = drawn.get_extents(), TextPath((0, 0), "0", prop=font).get_extents().y1
    shrink = min(1.0, ROOM / box.width)
    move = Affine2D().translate(-(box.x0 + box.x1) / 2, -height / 2).scale(shrink)
    return drawn.transformed(move)


def short_number(value: float, decimals: int = 1) -> str:
    """A number with no more decimals than it needs, ninths and sixteenths as fractions below 1."""
    rounded, fraction = round(float(value), decimals), Fraction(float(value)).limit_denominator(16)
    part = abs(value) < 1 and fraction.denominator in WHOLES
    if part and abs(value - fraction) < TINY < abs(value - rounded):
        return str(fraction).replace("-", "−")
    written = signed(value, decimals)
    return written.rstrip("0").rstrip(".") if "." in written else written


def signed(value: float, decimals: int) -> str:
    """A number with that many decimals and a real minus sign, never −0."""
    return f"{round(float(value), decimals) + 0.0:.{decimals}f}".replace("-", "−")
