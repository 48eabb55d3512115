"""A sheet to draw on, and what it takes to make of a drawing an image like those of a data set."""

from pathlib import Path

import anywidget
import numpy as np
import traitlets

STATIC = Path(__file__).parent / "static"


class DrawingPad(anywidget.AnyWidget):
    """A white sheet; `value` holds its ink as size × size bytes, row after row, 255 for black.

    The sheet shows a stroke at once and sends what it holds after it. `brush` is the pen's width in
    pixels of the page, of which a grey has `fine` to a side.
    """

    _esm = (STATIC / "draw.js").read_text(encoding="utf-8")
    _css = (STATIC / "draw.css").read_text(encoding="utf-8")

    size = traitlets.Int(32).tag(sync=True)
    fine = traitlets.Int(6).tag(sync=True)
    brush = traitlets.Float(22.0).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    value = traitlets.Bytes().tag(sync=True, from_json=lambda sent, pad: bytes(sent))

    def __init__(self, label: str) -> None:
        super().__init__(label=label)
        self.value = self.min

    @property
    def min(self) -> bytes:
        """An empty sheet."""
        return bytes(self.size**2)

    @property
    def max(self) -> bytes:
        """A sheet that is black all over."""
        return b"\xff" * self.size**2

    @property
    def ink(self) -> np.ndarray:
        """What is drawn (size, size), from 0 for paper to 1 for black."""
        return np.frombuffer(self.value, np.uint8).reshape(self.size, self.size) / 255

    @ink.setter
    def ink(self, ink: np.ndarray) -> None:
        self.value = np.round(255 * np.clip(ink, 0, 1)).astype(np.uint8).tobytes()


def resized(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """image (h, w) with another number of pixels, interpolated bilinearly between their middles."""
    rows, columns = (_between(n, wanted) for n, wanted in zip(image.shape, shape, strict=True))
    return rows @ image @ columns.T


def centred(ink: np.ndarray) -> np.ndarray:
    """ink (n, n) with its box moved into the middle and enlarged until it touches two borders.

    So the makers of the digits prepared theirs (Alpaydin and Kaynak, 1998). No ink stays no ink.
    """
    drawn = ink > 0.1
    if not drawn.any():
        return np.zeros_like(ink)
    (top, bottom), (left, right) = (np.flatnonzero(drawn.any(axis))[[0, -1]] for axis in (1, 0))
    box = ink[top : bottom + 1, left : right + 1]
    n, scale = len(ink), len(ink) / max(box.shape)
    h, w = (max(1, round(scale * length)) for length in box.shape)
    out = np.zeros_like(ink)
    i, j = (n - h) // 2, (n - w) // 2
    out[i : i + h, j : j + w] = resized(box, (h, w))
    return out


def coarse(ink: np.ndarray, n: int = 8) -> np.ndarray:
    """The mean of each of n × n blocks of ink, whose side is a multiple of n."""
    side = len(ink) // n
    return ink.reshape(n, side, n, side).mean(axis=(1, 3))


def _between(n: int, wanted: int) -> np.ndarray:
    """The weights (wanted, n) with which n values in a row become `wanted` ones."""
    at = np.clip((np.arange(wanted) + 0.5) * n / wanted - 0.5, 0, n - 1)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(n)))
