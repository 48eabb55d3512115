"""Paints a figure again and again, quickly: what did not move is not drawn again.

Ticks, their labels and the grid take most of the time that matplotlib needs for a small figure, and
laying the figure out takes more than drawing it. Neither changes while a slider moves a curve.
"""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

from nnlib.viz.picture import DPI, agg_canvas, encode
from nnlib.viz.style import styled

UNUSED = 20  # pixels beside an axes that may stay empty, rather than that it jumps at each move


class Painter:
    """Gives PNGs of one figure; whoever changes its artists need not say what changed.

    With new limits, ticks or titles the figure is drawn in full, and laid out anew if need be. From
    then on, what stays still comes from a copy, and the other artists are drawn over it.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self._layout = figure.get_layout_engine()
        figure.set_layout_engine("none")
        self._frame: object = None
        self._kept: dict[object, np.ndarray] = {}
        self._background: object = None

    def paint(self, density: float) -> bytes:
        """PNG of the figure as it is now, with `density` pixels to the CSS pixel."""
        self.figure.set_dpi(DPI * density)
        canvas = agg_canvas(self.figure)
        frame = [density, self.figure.get_suptitle(), *map(_frame, self.figure.axes)]
        if frame != self._frame:
            self._frame = frame
            self._background = None
            self._lay_out()
        self._draw()
        return encode(canvas)

    @styled
    def _lay_out(self) -> None:
        """Lay out, if the words around the axes do not fit any more, or leave much room unused."""
        kept, rooms = self._kept, _rooms(self.figure)
        if rooms.keys() == kept.keys() and all(
            np.all((rooms[k] < kept[k] + 0.5) & (rooms[k] > kept[k] - UNUSED)) for k in kept
        ):
            return
        if self._layout is not None:
            self._layout.execute(self.figure)
        self._kept = _rooms(self.figure)

    def _draw(self) -> None:
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


def _rooms(figure: Figure) -> dict[object, np.ndarray]:
    """How many pixels ticks and labels take left of, below, right of and above each axes."""
    renderer = agg_canvas(figure).get_renderer()
    rooms: dict[object, np.ndarray] = {(figure.dpi, bool(figure.get_suptitle())): np.zeros(4)}
    for ax in figure.axes:
        title = ax.get_title()
        room = np.zeros(4)
        if ax.get_visible() and ax.axison:
            for axis in (ax.xaxis, ax.yaxis):
                box = axis.get_tightbbox(renderer, for_layout_only=True)
                if box is not None:
                    beyond = np.subtract(box.extents, ax.bbox.extents) * (-1, -1, 1, 1)
                    room = np.maximum(room, beyond)
        rooms[ax, ax.get_visible(), bool(title) + title.count("\n")] = room
    return rooms


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
