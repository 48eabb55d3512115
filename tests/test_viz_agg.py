"""Words are drawn once: the same pixels as matplotlib's own, and no letter made twice."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.font_manager import FontProperties

from nnlib.viz import style
from nnlib.viz.agg import KEPT, SUBPIXELS, Canvas, Renderer


@pytest.fixture
def written():
    made, (left, right) = style.figure(1, 2)
    left.set(xlabel="a word", ylabel="turned", title=r"$\theta^2$ and more")
    left.plot([0, 1], label="line")
    left.legend()
    right.text(0.5, 0.5, "clipped at the edge of its axes", clip_on=True, rotation=30, alpha=0.4)
    right.text(0.1, 0.2, "two\nlines", color="tab:red", fontsize=20, style="italic")
    right.text(0.1, 0.8, "bold", weight="bold")
    return made


def pixels(canvas):
    canvas.draw()
    canvas.figure.set_layout_engine("none")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).astype(int)


@pytest.mark.parametrize("dpi", [100, 150, 200])
def test_words_look_as_matplotlib_draws_them(written, dpi, monkeypatch):
    monkeypatch.setattr("nnlib.viz.agg.SUBPIXELS", 64)
    written.set_dpi(dpi)
    plain = pixels(FigureCanvasAgg(written))
    kept = pixels(Canvas(written))
    assert np.mean(kept != plain) < 0.01
    assert np.sum(np.abs(kept - plain).max(axis=2) > 10) < 20  # a column where words are clipped
    assert np.array_equal(pixels(written.canvas), kept)


def test_a_letter_stands_less_than_an_eighth_of_a_pixel_from_its_place(written):
    plain = pixels(FigureCanvasAgg(written))
    kept = pixels(Canvas(written))
    assert SUBPIXELS == 4
    apart, edge = np.abs(kept - plain), int(written.axes[1].bbox.x1)
    apart[:, edge - 1 : edge + 2] = 0  # words are clipped there, by whole pixels
    assert apart.max() < 80
    ink = [(255 - image[..., :3]).sum() for image in (plain, kept)]
    assert ink[0] == pytest.approx(ink[1], rel=0.003)


def test_only_new_words_are_made_from_their_outlines(written, monkeypatch):
    made = []
    draw_text = RendererAgg.draw_text

    def seen(self, gc, x, y, s, *args, **kwargs):
        made.append(s)
        draw_text(self, gc, x, y, s, *args, **kwargs)

    monkeypatch.setattr(RendererAgg, "draw_text", seen)
    canvas = Canvas(written)
    canvas.draw()
    assert {"a word", "turned", "bold"} <= set(made)
    made.clear()
    canvas.draw()
    assert made == []
    words = written.axes[1].texts[-1]
    words.set_text("new")
    canvas.draw()
    assert made == ["new"]
    words.set_color("tab:blue")
    canvas.draw()
    assert made == ["new", "new"]


def test_a_number_is_put_together_of_digits_and_looks_the_same(monkeypatch):
    monkeypatch.setattr("nnlib.viz.agg.SUBPIXELS", 64)
    made, ax = style.figure()
    ax.set_axis_off()
    for k in range(12):
        ax.text(0.1, k / 13, f"−{np.pi * 10 ** (k % 5):.4f}", fontsize=8 + k)
        ax.text(0.5, k / 13, f"× {np.e**k / 7:.3f}", fontsize=8 + k)
    plain = pixels(FigureCanvasAgg(made))
    assert np.abs(pixels(Canvas(made)) - plain).max() <= 10


def test_only_so_many_words_are_kept():
    made, ax = style.figure()
    words = ax.text(0.5, 0.5, "")
    canvas = Canvas(made)
    for k in range(KEPT + 50):
        words.set_text(f"word {k}")
        words.draw(canvas.get_renderer())
    assert len(canvas.get_renderer()._pieces) == KEPT


@pytest.mark.parametrize("dpi", [100, 200])
def test_a_number_takes_the_room_that_matplotlib_gives_it(dpi):
    ours, plain = Renderer(100, 100, dpi), RendererAgg(100, 100, dpi)
    for size in (8, 12, 17):
        prop = FontProperties(size=size)
        for s in ("1.2345", "−0.07", "3 → 14", "× 10", "777", "-", "2 + 2"):
            got = ours.get_text_width_height_descent(s, prop, False)
            expected = plain.get_text_width_height_descent(s, prop, False)
            np.testing.assert_allclose(got[0], expected[0], atol=dpi / 50)  # in pixels
            np.testing.assert_allclose(got[1:], expected[1:], atol=1e-6)
