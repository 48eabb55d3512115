"""Paints a figure again and again, quickly: what did not move is not drawn again.

Ticks, their labels and the grid take most of the time that matplotlib needs for a small figure, and
laying the figure out takes more than drawing it. Neither changes while a slider moves a curve.
"""

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from nnlib.viz.picture import DPI, agg_canvas, encode


class Painter:
    """Gives PNGs of one figure; whoever changes its artists need not say what changed.

    The first picture with new limits, ticks or titles is laid out and drawn in full. From the
    second one on, what stays still comes from a copy, and the other artists are drawn over it.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self._layout = figure.get_layout_engine()
        self._frame: object = None
        self._background: object = None

    def paint(self, density: float) -> bytes:
        """PNG of the figure as it is now, with `density` pixels to the CSS pixel."""
        self.figure.set_dpi(DPI * density)
        if self._frame_moved(density):
            self._draw_all()
        else:
            self._draw_over_background()
        return encode(agg_canvas(self.figure))

    def _frame_moved(self, density: float) -> bool:
        frame = [density, self.figure.get_suptitle(), *map(_frame, self.figure.axes)]
        moved = frame != self._frame
        self._frame = frame
        return moved

    def _draw_all(self) -> None:
        self.figure.set_layout_engine(self._layout)
        agg_canvas(self.figure).draw()
        self.figure.set_layout_engine("none")
        self._background = None

    def _draw_over_background(self) -> None:
        canvas = agg_canvas(self.figure)
        moving = [artist for part in _parts(self.figure) for artist in _moving(part)]
        if self._background is None:
            for artist in moving:
                artist.set_animated(True)
            canvas.draw()
            for artist in moving:
                artist.set_animated(False)
            self._background = canvas.copy_from_bbox(self.figure.bbox)
        canvas.restore_region(self._background)
        for artist in moving:
            artist.draw(canvas.get_renderer())


def _parts(figure: Figure) -> list[Axes | Figure]:
    """The axes from back to front, then the figure itself for what stands outside them."""
    return [*sorted(figure.axes, key=lambda ax: ax.get_zorder()), figure]


def _frame(ax: Axes) -> tuple[object, ...]:
    """What ticks, labels and layout depend on; a new scale or new ticks come as new objects."""
    sides = tuple(
        (
            tuple(axis.get_view_interval()),
            axis.get_label_text(),
            axis.get_major_locator(),
            axis.get_major_formatter(),
        )
        for axis in (ax.xaxis, ax.yaxis)
    )
    return ax, ax.get_visible(), ax.get_title(), *sides


def _moving(part: Axes | Figure) -> list[Artist]:
    """What a change of data can change in `part`, from back to front."""
    if not part.get_visible():
        return []
    apart = Axis if isinstance(part, Axes) else Axes
    artists = [a for a in part.get_children() if not isinstance(a, apart)]
    artists.remove(part.patch)
    if isinstance(part, Axes):
        if part.name != "rectilinear":
            return [part]
        if not (part.axison and part.get_frame_on()):
            artists = [a for a in artists if a not in part.spines.values()]
    return sorted(artists, key=lambda artist: artist.get_zorder())
