"""Shows a matplotlib figure on the page as one image that never flickers and can be read aloud.

The kernel draws the figure and sends a PNG; the browser puts the new picture in the old one's place
only once it is decoded, so that no blank frame is seen.
"""

import io
import zlib
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from matplotlib.figure import Figure
from PIL import Image

from nnlib.viz.agg import Canvas

DPI = 100  # CSS pixels to an inch of a figure
DENSITY = 2.0  # pixels to a CSS pixel, where no browser has told: sharp on any screen

STATIC = Path(__file__).parent / "static"


def css_width(figure: Figure) -> int:
    """How wide `figure` is on a page, in CSS pixels."""
    return round(figure.get_figwidth() * DPI)


def render(figure: Figure, density: float = 1.0, *, small: bool = False) -> bytes:
    """PNG of `figure` with `density` pixels to each of its CSS pixels (`DPI` to the inch).

    It is made fast, for a picture that moves, or `small`, for one that is stored in a notebook:
    with 256 colours, which no eye tells from the original, in less than half the bytes.
    """
    canvas = agg_canvas(figure)
    dpi = figure.dpi
    figure.set_dpi(DPI * density)
    try:
        canvas.draw()
        return encode(canvas, small=small)
    finally:
        figure.set_dpi(dpi)


def agg_canvas(figure: Figure) -> Canvas:
    """The canvas on which `figure` is drawn as pixels."""
    canvas = figure.canvas
    return canvas if isinstance(canvas, Canvas) else Canvas(figure)


def encode(canvas: Canvas, *, small: bool = False) -> bytes:
    """PNG of what is drawn on `canvas`, made fast or `small`."""
    png = io.BytesIO()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    if small:
        pixels.quantize(256, dither=Image.Dither.NONE).save(png, "PNG", optimize=True)
    else:
        pixels.save(png, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return png.getvalue()


class Picture(anywidget.AnyWidget):
    """An image on a white card, `width` CSS pixels wide where there is room for them.

    `png` holds the image and `alt` says in words what it shows. `density` is how many pixels the
    reader's screen has to a CSS pixel: the browser reports it, the kernel renders to it. `shown`
    turns False when the picture leaves the page.
    """

    _esm = (STATIC / "picture.js").read_text(encoding="utf-8")
    _css = (STATIC / "explorer.css").read_text(encoding="utf-8")

    png = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    width = traitlets.Int(800).tag(sync=True)
    density = traitlets.Float(DENSITY).tag(sync=True)
    shown = traitlets.Bool(False).tag(sync=True)

    def show(self, png: bytes, alt: str) -> None:
        """Put a new image and its words on the page in one message."""
        with self.hold_sync():
            self.png = png
            self.alt = alt
