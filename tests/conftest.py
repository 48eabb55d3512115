"""What every test shares: a seeded generator, and Hypothesis runs that are the same everywhere."""

import os

import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")

settings.register_profile("nnlib", max_examples=40, deadline=None, derandomize=True, database=None)
settings.load_profile("nnlib")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def small_pictures(monkeypatch):
    """Widgets draw a quarter of the pixels, in half the time: nobody looks at these pictures."""
    from nnlib.viz.painter import Painter

    paint = Painter.paint
    monkeypatch.setattr(Painter, "paint", lambda painter, density: paint(painter, 0.5))


@pytest.fixture
def no_pictures(request, monkeypatch):
    """Widgets move their artists and draw nothing, unless the test asks for `small_pictures`.

    Drawing takes most of a widget's time, and a test of the artists' data does not look at pixels.
    """
    from nnlib.viz.painter import Painter

    if "small_pictures" not in request.fixturenames:
        monkeypatch.setattr(Painter, "paint", lambda painter, density: b"nothing was drawn")
