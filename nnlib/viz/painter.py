"""Paints a figure again and again, quickly: what did not change is not drawn again.

Ticks, words and legends take most of the time that matplotlib needs for a small figure, and laying
the figure out takes more than drawing it. Neither changes while a slider moves a curve.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import NamedTuple
from weakref import WeakSet

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from nnlib.viz.agg import Canvas
from nnlib.viz.picture import DPI, agg_canvas, encode
from nnlib.viz.style import styled

SLACK, UNUSED = 3, 30  # CSS pixels that words may need more or less, rather than jump at each move
CLEAR = 0xFFFFFF  # a pixel on which nothing is drawn: white, with an alpha of 0


class Painter:
    """Gives PNGs of one figure; whoever sets its artists' data need not say what changed.

    Axes with new limits, ticks or labels are drawn in full, and the figure is laid out anew if need
    be. Otherwise only those artists are drawn that have ever changed, between sheets of pixels that
    show all the others. `encode` may be replaced where another format is wanted.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.encode: Callable[[Canvas], bytes] = encode
        self._layout = figure.get_layout_engine()
        figure.set_layout_engine("none")
        self._parts: dict[Axes | Figure, _Part] = {}
        self._rooms: dict[object, np.ndarray] = {}

    def paint(self, density: float) -> bytes:
        """PNG of the figure as it is now, with `density` pixels to the CSS pixel."""
        self.figure.set_dpi(DPI * density)
        canvas = agg_canvas(self.figure)
        renderer = canvas.get_renderer()
        parts = self._up_to_date(renderer)
        renderer.clear()
        self.figure.patch.draw(renderer)
        for part in parts:
            part.draw(renderer)
        return self.encode(canvas)

    def forget(self) -> None:
        """Draw everything at the next picture, since others have drawn the artists meanwhile."""
        self._parts.clear()

    def _up_to_date(self, renderer: RendererAgg) -> list["_Part"]:
        """The axes from back to front, then the figure for what stands outside them; laid out."""
        whole: list[Axes | Figure] = sorted(self.figure.axes, key=lambda ax: ax.get_zorder())
        whole.append(self.figure)
        self._parts = {one: self._parts.get(one) or _Part(one) for one in whole}
        parts = [part for one, part in self._parts.items() if one.get_visible()]
        self._update(parts, renderer)
        if not self._fits(parts):
            self._lay_out()
            self._update(parts, renderer)
            self._rooms = self._rooms_of(parts)
        return parts

    def _update(self, parts: list["_Part"], renderer: RendererAgg) -> None:
        if outdated := [part for part in parts if part.is_outdated(renderer)]:
            self._draw_grounds(outdated, renderer)
        for part in parts:
            part.arrange(renderer)

    @styled
    def _draw_grounds(self, parts: list["_Part"], renderer: RendererAgg) -> None:
        for part in parts:
            part.draw_ground(renderer)

    def _fits(self, parts: list["_Part"]) -> bool:
        """Whether the words around the axes have room, and do not leave much of it unused."""
        rooms, kept = self._rooms_of(parts), self._rooms
        return rooms.keys() == kept.keys() and all(
            np.all((rooms[k] < kept[k] + SLACK) & (rooms[k] > kept[k] - UNUSED)) for k in kept
        )

    def _rooms_of(self, parts: list["_Part"]) -> dict[object, np.ndarray]:
        """The room of each part, named by what else the layout depends on."""
        suptitle = bool(self.figure.get_suptitle())
        return {(suptitle, part.whole, _title_lines(part.whole)): part.room for part in parts}

    @styled
    def _lay_out(self) -> None:
        if self._layout is not None:
            self._layout.execute(self.figure)


class _Sheet(NamedTuple):
    """Pixels (h, w, 4) from the lowest row up, and where their lower left corner belongs."""

    pixels: np.ndarray
    left: int
    bottom: int


class _Part:
    """One axes, or the figure for what stands outside of them: sheets and artists, back to front.

    `room` is how much ticks and labels take left of, below, right of and above it, in CSS pixels.
    """

    def __init__(self, whole: Axes | Figure) -> None:
        self.whole = whole
        self.room = np.zeros(4)
        self._frame: object = None
        self._artists: list[Artist] = []
        self._drawn: set[Artist] = set()
        self._moved = WeakSet[Artist]()
        self._sheets: dict[tuple[Artist, ...], _Sheet] = {}  # the ground's under no artist's name
        self._layers: list[_Sheet | Artist] = []

    def is_outdated(self, renderer: RendererAgg) -> bool:
        """Find out what has changed: whether all must be drawn anew, or which artists."""
        self._artists = _artists(self.whole)
        changed = [artist for artist in self._artists if _changed(artist)]
        self._moved.update(self._drawn.intersection(changed))
        return _frame(self.whole, renderer) != self._frame

    def draw_ground(self, renderer: RendererAgg) -> None:
        """Draw the patch, the ticks, their labels and the grid, and see how much room they take."""
        self._sheets = {(): self._ground(renderer)}
        self._frame = _frame(self.whole, renderer)

    def arrange(self, renderer: RendererAgg) -> None:
        """Make the sheets that are missing, and forget those that have no use any more."""
        kept, self._sheets = self._sheets, {(): self._sheets[()]}
        self._layers = [self._sheets[()]]
        still = self._drawn.difference(self._moved)
        for stays, run in groupby(self._artists, key=still.__contains__):
            same = tuple(run)
            if stays:
                self._sheets[same] = kept.get(same) or _sheet(same, renderer)
                self._layers.append(self._sheets[same])
            else:
                self._layers += same

    def draw(self, renderer: RendererAgg) -> None:
        """Put the layers on the canvas."""
        plain = renderer.new_gc()
        for layer in self._layers:
            if isinstance(layer, Artist):
                _draw(layer, renderer)
            elif layer.pixels.size:
                renderer.draw_image(plain, layer.left, layer.bottom, layer.pixels)
        plain.restore()
        self._drawn = set(self._artists)

    def _ground(self, renderer: RendererAgg) -> _Sheet:
        self.room = np.zeros(4)
        if not isinstance(self.whole, Axes) or self.whole in self._artists:
            return _sheet([], renderer)
        for artist in self._artists:
            artist.set_animated(True)
        ground = _sheet([self.whole], renderer)
        for artist in self._artists:
            artist.set_animated(False)
        if ground.pixels.size:
            h, w, _ = ground.pixels.shape
            box = self.whole.bbox.extents - np.tile([ground.left, ground.bottom], 2)
            self.room = (box * [1, 1, -1, -1] + [0, 0, w, h]) * DPI / renderer.dpi
        return ground


def _sheet(artists: Iterable[Artist], renderer: RendererAgg) -> _Sheet:
    """What these artists draw, cut out."""
    renderer.clear()
    for artist in artists:
        _draw(artist, renderer)
    pixels = np.asarray(renderer.buffer_rgba())
    inked = pixels.view(np.uint32)[..., 0]
    rows, columns = (np.flatnonzero(inked.max(axis) > CLEAR) for axis in (1, 0))
    (top, bottom), (left, right) = (at[[0, -1]] if len(at) else (0, -1) for at in (rows, columns))
    cut = pixels[top : bottom + 1, left : right + 1][::-1].copy()
    return _Sheet(cut, left, len(pixels) - 1 - bottom)


def _artists(whole: Axes | Figure) -> list[Artist]:
    """What a change of data can change in an axes or outside of all, from back to front."""
    apart = Axis if isinstance(whole, Axes) else Axes
    artists = [a for a in whole.get_children() if not isinstance(a, apart)]
    artists.remove(whole.patch)
    if isinstance(whole, Axes):
        if whole.name != "rectilinear":
            return [whole]
        if not (whole.axison and whole.get_frame_on()):
            artists = [a for a in artists if a not in whole.spines.values()]
    return sorted(artists, key=lambda artist: artist.get_zorder())


def _changed(artist: Artist) -> bool:
    """Whether it, or something that belongs to it, has changed since it was drawn."""
    return any(part.stale for part in artist.findobj())


def _draw(artist: Artist, renderer: RendererAgg) -> None:
    artist.draw(renderer)
    for part in artist.findobj():  # a legend without a frame does not draw its frame
        part.stale = False


def _frame(whole: Axes | Figure, renderer: RendererAgg) -> list[object]:
    """What else the look depends on; a new scale or new ticks come as new objects.

    A legend may go where the curves leave it room.
    """
    frame: list[object] = [whole.bbox.bounds, _title_lines(whole)]
    for artist in whole.get_children():
        if isinstance(artist, Legend):
            frame.append(artist.get_window_extent(renderer).bounds)
        if isinstance(artist, Axis):
            frame += [*artist.get_view_interval(), artist.get_label_text()]
            frame += [artist.get_major_locator(), artist.get_major_formatter()]
    return frame


def _title_lines(whole: Axes | Figure) -> int:
    title = whole.get_title() if isinstance(whole, Axes) else ""
    return bool(title) + title.count("\n")
