"""A few pictures look as they did when a person last looked at them."""

import io

import numpy as np
import pytest
from baseline_figures import BASELINE, DRAWN, TOLERANCE, distance, drawn, opened
from PIL import Image

from nnlib.viz import style
from nnlib.viz.picture import render


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_looks_as_it_did(name, tmp_path):
    now = drawn(name)
    far = distance(now, opened(BASELINE / f"{name}.png"))
    if far > TOLERANCE:
        seen = tmp_path / f"{name}.png"
        Image.fromarray(np.round(255 * now).astype(np.uint8)).save(seen)
        pytest.fail(
            f"{seen} is {far:.2f} away from {BASELINE / seen.name}. If it should look so: "
            "python tests/baseline_figures.py"
        )


def test_letters_may_be_drawn_otherwise(monkeypatch):
    monkeypatch.setitem(style.STYLE, "text.hinting", "default")
    for name in ("descent", "curves", "chain"):
        assert 0 < distance(drawn(name), opened(BASELINE / f"{name}.png")) < TOLERANCE


@pytest.mark.parametrize("name", ["descent", "curves"])
def test_a_curve_that_goes_elsewhere_is_noticed(name):
    """One that is two hundredths of the axes' height higher, or gone; or a word that is gone."""
    stored = opened(BASELINE / f"{name}.png")
    figure = DRAWN[name]()

    def seen():
        return distance(opened(io.BytesIO(render(figure))), stored)

    assert seen() < 0.02
    for ax in figure.axes:
        ax.set_autoscale_on(False)
        low, high = ax.get_ylim()
        for line in (one for one in ax.lines if len(one.get_ydata()) > 2):
            y = np.array(line.get_ydata(), dtype=float)
            line.set_ydata(y + 0.02 * (high - low))
            assert seen() > TOLERANCE
            line.set_ydata(y)
    curve = figure.axes[0].lines[0]
    curve.set_visible(False)
    assert seen() > TOLERANCE
    curve.set_visible(True)
    ax.set_xlabel("")
    assert seen() > TOLERANCE
