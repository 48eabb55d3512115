"""Shows a matplotlib figure on the page as one image that never flickers and can be read aloud.

The kernel draws the figure and sends a PNG; the browser puts the new picture in the old one's place
only once it is loaded, and decodes it for the same frame, so that none is blank.
"""

import io
import struct
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
    pixels = np.asarray(canvas.buffer_rgba())[:, :, :3]
    if not small:
        return fast_png(pixels)
    png = io.BytesIO()
    # Of Pillow's ways to choose 256 colours, the one that strays least from the rarest of them.
    way, dither = Image.Quantize.MAXCOVERAGE, Image.Dither.NONE
    Image.fromarray(pixels).quantize(256, way, dither=dither).save(png, "PNG", optimize=True)
    return png.getvalue()


def fast_png(pixels: np.ndarray) -> bytes:
    """PNG of pixels (h, w, 3) in half of Pillow's time, which looks for a good filter for each row.

    A figure has large plain areas, and needs none.
    """
    h, w, _ = pixels.shape
    rows = np.zeros((h, 1 + 3 * w), np.uint8)  # the first byte of a row: 0, no filter
    rows[:, 1:].reshape(h, w, 3)[:] = pixels
    header = struct.pack(">IIBBBBB", w, h, 8, 2, 0, 0, 0)  # 8 bits each of red, green and blue
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.data, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


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
