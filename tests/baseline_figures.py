"""The few pictures whose every pixel is looked after, and how far two pictures are from each other.

`python tests/baseline_figures.py` draws them anew into tests/baseline, after a change of looks that
is wanted: look at what it made before you commit it.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from nnlib.graph import Value
from nnlib.viz import confusion, decision_boundary, lab00, lab02, lab07_widgets, learning_curves
from nnlib.viz.graph import draw_graph
from nnlib.viz.picture import render

BASELINE = Path(__file__).parent / "baseline"
BLOCK = 8  # pixels to a side of what is compared
TOLERANCE = 0.19  # letters hinted as the font says: up to 0.17; a curve 2 % higher: 0.22 and more


def descent():
    widget = lab00.GradientAscent()
    widget.alpha.value = 0.8
    return widget.figure


def boundary():
    X = np.array([[0.0, 0.0], [0.2, 1.0], [1.0, 0.1], [0.9, 0.9], [0.1, 0.3], [0.6, 0.5]])
    y = np.array([0, 0, 1, 1, 1, 0])
    return decision_boundary(lambda X: 1 / (1 + np.exp(4 - 8 * X[:, 0] + 3 * X[:, 1] ** 2)), X, y)


def graph():
    x, w, b = (Value(number, name=name) for number, name in ((2.0, "x"), (-1.0, "w"), (3.0, "b")))
    cost = (w * x + b) * (w * x + b)
    cost.backward()
    return draw_graph(cost)


def curves():
    k = np.arange(30)
    falling = {"training loss": 2 * 0.9**k, "validation loss": 2 * 0.9**k + 0.01 * k}
    return learning_curves(falling)


def table():
    return confusion(np.array([0, 0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 1, 2, 0]))


def chain():
    return lab02.ChainSteps().figure


def kernel():
    return lab07_widgets.SlidingKernel().figure


DRAWN = {draw.__name__: draw for draw in (descent, boundary, graph, curves, table, chain, kernel)}


def drawn(name):
    """The picture as it is drawn here (h, w, 3), one pixel to the CSS pixel."""
    return opened(io.BytesIO(render(DRAWN[name]())))


def opened(file):
    """The pixels of an image (h, w, 3), from 0 for black to 1."""
    return np.asarray(Image.open(file).convert("RGB"), dtype=float) / 255


def distance(one, other):
    """The largest difference of two pictures in any place and colour, from 0 to 1.

    A place is a block of `BLOCK` × `BLOCK` pixels, of which the mean counts: a curve that goes
    elsewhere is seen, a letter or an edge that is smoothed in another way is not.
    """
    if one.shape != other.shape:
        return 1.0
    d = one - other
    h, w = (BLOCK * (n // BLOCK) for n in d.shape[:2])
    means = d[:h, :w].reshape(h // BLOCK, BLOCK, w // BLOCK, BLOCK, 3).mean(axis=(1, 3))
    return float(np.abs(means).max())


if __name__ == "__main__":
    BASELINE.mkdir(exist_ok=True)
    for name in DRAWN:
        pixels = Image.fromarray(np.round(255 * drawn(name)).astype(np.uint8))
        pixels.save(BASELINE / f"{name}.png", optimize=True)
        print(BASELINE / f"{name}.png")
