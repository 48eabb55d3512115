"""The canvas of the course's figures: it draws the same words at the same place only once.

Text takes most of the time that matplotlib needs for a small figure, since every letter is made
from its outline again at each drawing. While a slider moves a curve, hardly any words change.
"""

from collections import OrderedDict
from typing import Any, Literal

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.font_manager import FontProperties

SUBPIXELS = 4  # to a pixel: no eye sees a letter an eighth of a pixel away from its place
KEPT = 600  # pieces of text
NUMBERS = frozenset("0123456789.-−+×→ ")  # a number is put together of its digits, drawn before


class Renderer(RendererAgg):
    """Draws as Agg does, and keeps the pixels of the pieces of text drawn last."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__(width, height, dpi)
        self._pieces: OrderedDict[tuple[object, ...], tuple[np.ndarray, int, int]] = OrderedDict()
        self._advances: dict[tuple[str, int], float] = {}
        self._sizes: dict[tuple[str, int], tuple[float, float, float]] = {}

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | Literal["TeX"] = False,
        mtext: Any = None,
    ) -> None:
        digits = not ismath and not angle and NUMBERS.issuperset(s)
        font = hash(prop)
        look = gc.get_rgb(), gc.get_alpha(), gc.get_antialiased(), angle, ismath, font
        plain = self.new_gc()
        plain.copy_properties(gc)
        plain.set_alpha(1.0)
        for piece in s if digits else [s]:
            column, right = divmod(round(SUBPIXELS * x), SUBPIXELS)
            row, up = divmod(round(SUBPIXELS * (self.height - y)), SUBPIXELS)  # from the bottom
            key = piece, right, up, look
            if key in self._pieces:
                self._pieces.move_to_end(key)
            else:
                offset = right / SUBPIXELS, up / SUBPIXELS
                self._pieces[key] = self._drawn_apart(gc, offset, piece, prop, angle, ismath, mtext)
                if len(self._pieces) > KEPT:
                    self._pieces.popitem(last=False)
            pixels, left, below = self._pieces[key]
            self.draw_image(plain, column - left, row - below, pixels)
            if digits:
                x += self._advance(piece, prop, font)
        plain.restore()

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: bool | Literal["TeX"]
    ) -> tuple[float, float, float]:
        """The room that text takes; a number's is that of its digits, side by side."""
        if ismath or len(s) < 2 or not NUMBERS.issuperset(s):
            return super().get_text_width_height_descent(s, prop, ismath)
        font = hash(prop)
        sizes = [self._size(digit, prop, font) for digit in s]
        descent = max(below for _, _, below in sizes)
        height = descent + max(height - below for _, height, below in sizes)
        return sum(self._advance(digit, prop, font) for digit in s), height, descent

    def _size(self, digit: str, prop: FontProperties, font: int) -> tuple[float, float, float]:
        key = digit, font
        if key not in self._sizes:
            self._sizes[key] = super().get_text_width_height_descent(digit, prop, False)
        return self._sizes[key]

    def _advance(self, digit: str, prop: FontProperties, font: int) -> float:
        """How far the next digit stands from this one."""
        key = digit, font
        if key not in self._advances:
            apart, together = (
                super(Renderer, self).get_text_width_height_descent(s, prop, False)[0]
                for s in (f"0{digit}0", "00")
            )
            self._advances[key] = apart - together
        return self._advances[key]

    def _drawn_apart(
        self,
        gc: GraphicsContextBase,
        offset: tuple[float, float],
        s: str,
        prop: FontProperties,
        angle: float,
        ismath: bool | Literal["TeX"],
        mtext: Any,
    ) -> tuple[np.ndarray, int, int]:
        """Pixels (h, w, 4) of the text alone, and how far its start is from their lower left."""
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        turn = np.radians(angle)
        ends = np.array([[0, -descent], [width, -descent], [0, height], [width, height]])
        turned = ends @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
        margin = 4 + prop.get_size_in_points() * self.dpi / 144  # half an em, for slanted letters
        left, below = np.ceil(margin - turned.min(axis=0)).astype(int)
        right, above = np.ceil(turned.max(axis=0) + margin).astype(int)
        sheet = RendererAgg(int(left + right), int(below + above), self.dpi)
        unclipped = sheet.new_gc()
        unclipped.copy_properties(gc)
        unclipped.set_clip_rectangle(None)
        unclipped.set_clip_path(None)
        x, y = left + offset[0], above - offset[1]
        sheet.draw_text(unclipped, x, y, s, prop, angle, ismath, mtext)
        unclipped.restore()
        return np.array(sheet.buffer_rgba())[::-1], int(left), int(below)  # Agg wants them upwards


class Canvas(FigureCanvasAgg):
    """Agg's canvas with a renderer that remembers text."""

    def get_renderer(self) -> RendererAgg:
        plain = super().get_renderer()  # the last one, unless size or density have changed
        if not isinstance(plain, Renderer):
            self.renderer = Renderer(plain.width, plain.height, plain.dpi)
        return self.renderer
