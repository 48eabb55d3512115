"""One style for every picture of the course, so that a colour means the same thing in every lab.

The colours are those of Okabe and Ito (2008), which readers with any kind of colour vision can tell
apart; a marker or a dash always says the same thing again. Nothing here touches matplotlib's global
settings, and nothing goes through pyplot: a figure belongs to whoever made it.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from nnlib.viz.picture import DENSITY, DPI, css_width, render
from nnlib.viz.words import with_minus

BLUE, VERMILLION, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, YELLOW = "#E69F00", "#56B4E9", "#F0E442"
INK, GREY, PALE = "#222222", "#767676", "#E4E4E4"

TRAIN = CLASS_0 = BLUE
VALIDATION = CLASS_1 = VERMILLION
REFERENCE = GREEN
TEST = PINK

COLOURS = (BLUE, VERMILLION, GREEN, PINK, ORANGE, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (2, 1)))

LETTERS = {
    BLUE: BLUE,
    VERMILLION: "#B04A00",
    GREEN: "#00714F",
    PINK: "#A34478",
}  # the same hues for words: thin strokes need a contrast of 4.5 to white, and to a pale tint

PALE_CLASSES = LinearSegmentedColormap.from_list("classes", ["#A6CEE4", "white", "#F1C7A6"])
OUTLINE = (withStroke(linewidth=4, foreground="white"),)

DRAWN = (
    *("axes", "contour", "errorbar", "figure", "font", "grid", "hatch", "hist", "image", "legend"),
    *("lines", "markers", "mathtext", "patch", "path", "scatter", "text", "xtick", "ytick"),
)
DEFAULTS = {k: v for k, v in mpl.rcParamsDefault.items() if k.split(".")[0] in DRAWN}
STYLE: dict[Any, Any] = DEFAULTS | {
    "figure.dpi": DPI,
    "figure.facecolor": "white",
    "figure.titlesize": "medium",
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "axes.facecolor": "white",
    "axes.prop_cycle": cycler(color=COLOURS, linestyle=DASHES),
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "font.size": 12,
    "grid.color": PALE,
    "image.cmap": "viridis",
    "legend.edgecolor": PALE,
    "legend.framealpha": 0.9,
    "lines.linewidth": 2.0,
    "lines.markersize": 7,
    "text.color": INK,
    "text.hinting": "force_autohint",  # else "=" and "−" come out bold on coarse screens
    "xtick.color": INK,
    "ytick.color": INK,
}

_STYLING = threading.RLock()  # widgets draw in a thread of their own beside a running cell

P = ParamSpec("P")
R = TypeVar("R")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Make `draw` work in the course's style, whatever matplotlib's own settings are."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with _STYLING, mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def _keeps_style(*methods: str) -> Callable[[type[R]], type[R]]:
    """A class decorator: what these inherited methods draw is drawn in the course's style."""

    def restyle(cls: type[R]) -> type[R]:
        for name in methods:
            setattr(cls, name, styled(getattr(cls, name)))
        return cls

    return restyle


@_keeps_style(
    "plot", "scatter", "imshow", "contour", "contourf", "text", "annotate", "legend", "clear"
)
class CourseAxes(Axes):
    """Axes whose artists are in style whenever they are added."""


@_keeps_style("draw", "text", "legend", "colorbar")
class CourseFigure(Figure):
    """A figure that a notebook shows as a sharp picture with a caption in words."""

    _caption: str = ""

    @property
    def caption(self) -> str:
        """What the figure shows, in words and numbers, with a true minus sign.

        It is the text for anyone, or any test, that reads the cell's output and sees no picture.
        """
        return self._caption

    @caption.setter
    def caption(self, words: str) -> None:
        self._caption = with_minus(words)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        data = {"image/png": render(self, DENSITY, small=True), "text/plain": self.caption}
        return data, {"image/png": {"width": css_width(self)}}


@styled
def figure(
    nrows: int = 1, ncols: int = 1, *, size: tuple[float, float] = (8, 4), **subplots_kw: Any
) -> tuple[CourseFigure, Any]:
    """A figure in the course's style, and its axes as `Figure.subplots` returns them.

    `size` is in inches of 100 CSS pixels. `subplots_kw` goes to `Figure.subplots`.
    """
    made = CourseFigure(figsize=size, dpi=DPI, layout="constrained")
    subplots_kw["subplot_kw"] = {"axes_class": CourseAxes} | subplots_kw.get("subplot_kw", {})
    return made, made.subplots(nrows, ncols, **subplots_kw)
