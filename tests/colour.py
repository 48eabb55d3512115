"""What eyes make of colours: contrast (WCAG 2.2), distance (CIE 1976), and colour blindness.

The matrices of full colour blindness are those of Machado, Oliveira and Fernandes (2009).
"""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from nnlib.viz.picture import agg_canvas

EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour):
    """A colour as amounts of red, green and blue light (3,)."""
    rgb = np.asarray(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """The contrast ratio of two colours, from 1 to 21."""
    dark, light = sorted(TO_XYZ[1] @ linear(colour) + 0.05 for colour in (one, other))
    return light / dark


def difference(one, other, eyes="usual"):
    """ΔE*ab between two colours; 2.3 is just noticeable where they touch."""
    return np.linalg.norm(_lab(one, eyes) - _lab(other, eyes))


def _lab(colour, eyes):
    seen = np.clip(EYES[eyes] @ linear(colour), 0, 1)
    xyz = TO_XYZ @ seen / TO_XYZ.sum(axis=1)
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def faint_words(figure, least=4.5):
    """The words of a figure whose contrast to what is behind them is below `least`, with it.

    The background is measured: the middle colour of the place, in the figure drawn without words.
    An outline of one colour around the letters is their background.
    """
    canvas = agg_canvas(figure)
    words = [text for text in figure.findobj(Text) if text.get_text().strip() and _shown(text)]
    was = [text.get_alpha() for text in words]
    for text in words:
        text.set_alpha(0)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3] / 255
    faint = {}
    for text, alpha in zip(words, was, strict=True):
        text.set_alpha(alpha)
        x0, y0, x1, y1 = np.maximum(0, np.round(text.get_window_extent().extents)).astype(int)
        behind = pixels[y0 : y1 + 1, x0 : x1 + 1].reshape(-1, 3)
        outlines = [effect for effect in text.get_path_effects() if hasattr(effect, "_gc")]
        if not len(behind):
            continue
        ground = to_rgb(outlines[0]._gc["foreground"] if outlines else np.median(behind, axis=0))
        mixed = np.array([to_rgb(text.get_color()), ground])
        share = 1 if alpha is None else alpha
        ratio = contrast([share, 1 - share] @ mixed, ground)
        if ratio < least:
            faint[text.get_text()] = round(float(ratio), 2)
    return faint


def _shown(text):
    ax = text.axes
    drawn = ax is None or (ax.get_visible() and (ax.axison or text in (*ax.texts, ax.title)))
    return drawn and text.get_visible()
