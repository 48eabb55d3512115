"""Plays a widget through settings of its controls, so that a page without Python can show them.

A film has a dial for each control that moves and a frame for each combination of their places. A
widget in which time passes gets a dial for time: its own slider of steps, or one that we add.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, NamedTuple

import ipywidgets
import numpy as np
from PIL import Image

from nnlib.viz.explorer import Explorer
from nnlib.viz.picture import agg_canvas
from nnlib.viz.words import with_minus

FRAMES = 40  # as many as fit, in one film: what keeps the site small and its build short
MOST = 50  # if one control more moves then
PLACES = 24  # at most, on one dial
FEWEST_PLACES = 5  # a slider with fewer says nothing about what lies between
FEWEST_MOMENTS = 8
LONGEST = 400  # steps after which a widget that does not end by itself is left
DENSITY = 1.5  # pixels to a CSS pixel

SLIDERS = (ipywidgets.IntSlider, ipywidgets.FloatSlider, ipywidgets.FloatLogSlider)
PLAYED = (*SLIDERS, ipywidgets.Dropdown, ipywidgets.Checkbox)

Kind = Literal["slider", "menu", "switch"]


@dataclass(frozen=True)
class Dial:
    """A control of the page: what it says at each of its places, and where it starts."""

    label: str
    kind: Kind
    places: tuple[str, ...]
    start: int
    is_time: bool = False


@dataclass(frozen=True)
class Frame:
    """What a widget shows at one setting: its picture (WebP), its words, its goal's badge."""

    picture: bytes
    caption: str
    badge: str


@dataclass(frozen=True)
class Film:
    """A widget in all the settings of its dials; `frames` in the order of `itertools.product`."""

    goal: str
    size: tuple[int, int]
    dials: tuple[Dial, ...]
    frames: tuple[Frame, ...]
    fixed: tuple[str, ...]
    seconds_per_step: float

    @property
    def start(self) -> Frame:
        """The frame that a reader sees first."""
        index = 0
        for dial in self.dials:
            index = index * len(dial.places) + dial.start
        return self.frames[index]


class Track(NamedTuple):
    """All that one control, or time itself (`control` is None), could show; `start` is where it is.

    `values` are what `control` is set to, or how many steps are taken (None: all there are).
    """

    control: Any
    label: str
    kind: Kind
    values: list[Any]
    places: list[str]
    start: int
    is_time: bool = False

    @property
    def fewest(self) -> int:
        """How many places it needs to be worth having."""
        wanted = FEWEST_MOMENTS if self.is_time else FEWEST_PLACES
        return min(len(self.values), wanted) if self.kind == "slider" else len(self.values)

    def thinned(self, count: int) -> "Track":
        """So many of its places, evenly spread, with both ends and the start among them."""
        kept = spread(len(self.values), self.start, count)
        return self._replace(
            values=[self.values[i] for i in kept],
            places=[self.places[i] for i in kept],
            start=kept.index(self.start),
        )


def spread(length: int, start: int, count: int) -> list[int]:
    """`count` of the indices below `length`, evenly spread, with 0, `start` and the last."""
    kept = np.linspace(0, length - 1, min(count, length)).round().astype(int)
    if start not in kept:
        kept[1 + np.abs(kept[1:-1] - start).argmin()] = start
    return sorted({int(index) for index in kept})


def film(explorer: Explorer) -> Film | None:
    """Play `explorer` through its most telling settings; it is left somewhere else.

    Whatever it cannot draw is raised. None if it has no control that could be played.
    """
    explorer.picture.density = DENSITY
    explorer.painter.encode = lambda canvas: b""  # only frames are encoded, and not as PNG
    explorer.refresh()
    tracks = _tracks(explorer)
    if not tracks:
        return None
    moved = [track.control for track in tracks]
    left = [control for control in explorer.controls if not any(control is one for one in moved)]
    fixed = tuple(map(_says, left))
    frames = tuple(_frames(explorer, tracks))
    return Film(
        goal=explorer.goal,
        size=(explorer.picture.width, round(explorer.figure.get_figheight() * 100)),
        dials=tuple(
            Dial(track.label, track.kind, tuple(track.places), track.start, track.is_time)
            for track in tracks
        ),
        frames=frames,
        fixed=fixed,
        seconds_per_step=explorer.seconds_per_step,
    )


def _tracks(explorer: Explorer) -> list[Track]:
    """The controls that will move, time first, with as many places as `FRAMES` allows."""
    clock = _clock(explorer) if explorer.buttons else None
    others = [
        track
        for control in explorer.controls
        if clock is None or control is not clock.control
        if (track := _track(control)) is not None
    ]
    chosen: list[Track] = []
    for track in ([clock] if clock else []) + others:
        if math.prod(one.fewest for one in chosen) * track.fewest <= MOST:
            chosen.append(track)
    counts = [track.fewest for track in chosen]
    for _ in range(FRAMES):
        growing = [
            i
            for i, track in enumerate(chosen)
            if counts[i] < min(len(track.values), PLACES)
            if math.prod(counts) // counts[i] * (counts[i] + 1) <= FRAMES
        ]
        if not growing:
            break
        counts[min(growing, key=lambda i: counts[i] / chosen[i].fewest)] += 1
    return [track.thinned(count) for track, count in zip(chosen, counts, strict=True)]


def _track(control: Any) -> Track | None:
    """All that a control could show; None if it cannot be moved now, or is of another kind."""
    if not isinstance(control, PLAYED) or control.disabled:
        return None
    label = control.description
    if isinstance(control, ipywidgets.Checkbox):
        return Track(control, label, "switch", [False, True], ["off", "on"], int(control.value))
    if isinstance(control, ipywidgets.Dropdown):
        names = [str(o[0] if isinstance(o, tuple) else o) for o in control.options]
        values = [o[1] if isinstance(o, tuple) else o for o in control.options]
        return Track(control, label, "menu", values, names, control.index)
    count = round((control.max - control.min) / control.step) + 1
    points = [control.min + i * control.step for i in range(count)]
    logarithmic = isinstance(control, ipywidgets.FloatLogSlider)
    values = [control.base**point for point in points] if logarithmic else points
    start = int(np.argmin([abs(value - control.value) for value in values]))
    values[start] = control.value
    places = [with_minus(format(value, control.readout_format)) for value in values]
    return Track(control, label, "slider", values, places, start)


def _clock(explorer: Explorer) -> Track:
    """The dial of time: the control that `step` moves if there is one, else steps from 0 on."""
    first, before = explorer.caption, [control.value for control in explorer.controls]
    explorer.restart()
    captions, more = [explorer.draw()], True
    while more and len(captions) <= LONGEST:
        more = explorer.step() is not False
        for control, value in zip(explorer.controls, before, strict=True):
            if control.value != value and (track := _track(control)) is not None:
                control.value = value
                return track._replace(is_time=True, start=track.values.index(value))
        captions.append(explorer.draw())
    start = captions.index(first) if first in captions else 0
    steps: list[Any] = list(range(len(captions)))
    places = [str(step) for step in steps]
    if not more:  # another setting may take more steps to its end, or fewer
        steps[-1], places[-1] = None, "the end"
    return Track(None, "step", "slider", steps, places, start, is_time=True)


def _says(control: Any) -> str:
    track = _track(control)
    if track is not None:
        return f"{track.label}: {track.places[track.start]}"
    return str(getattr(control, "description", "") or control.label)


def _frames(explorer: Explorer, tracks: Sequence[Track]) -> list[Frame]:
    """A frame for each combination; time is played from its beginning for each of the others."""
    clock = tracks[0] if tracks[0].control is None else None
    dials = tracks[1:] if clock else tracks
    films: list[list[Frame]] = []
    for values in product(*(track.values for track in dials)):
        _set(explorer, dials, values)
        films.append(_play(explorer, clock.values) if clock else [_frame(explorer)])
    return [frame for moment in zip(*films, strict=True) for frame in moment]


def _set(explorer: Explorer, dials: Sequence[Track], values: Sequence[Any]) -> None:
    """Move what is to move; the widget is painted afterwards, as it is whenever a control moves."""
    moving = [
        (track.control, value)
        for track, value in zip(dials, values, strict=True)
        if track.control.value != value
    ]
    for control, value in moving:
        control.value = value
    if explorer.error is not None:
        raise explorer.error
    if not moving:
        explorer.refresh()


def _play(explorer: Explorer, moments: Sequence[int | None]) -> list[Frame]:
    explorer.restart()
    frames, taken, more = [], 0, True
    for moment in moments:
        while more and taken < (LONGEST if moment is None else moment):
            more = explorer.step() is not False
            taken += 1
        explorer.refresh()
        frames.append(_frame(explorer))
    return frames


def _frame(explorer: Explorer) -> Frame:
    return Frame(_small(explorer), explorer.caption, explorer.headline.badge)


def _small(explorer: Explorer) -> bytes:
    """The picture as it was painted, in 256 colours and as lossless WebP, smaller than PNG."""
    pixels = Image.fromarray(np.asarray(agg_canvas(explorer.figure).buffer_rgba())).convert("RGB")
    file = io.BytesIO()
    pixels.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        file, "WEBP", lossless=True, method=2, quality=10
    )
    return file.getvalue()
