"""The gallery moves what a reader would move, puts it back, and lays the pictures out."""

import io

import pytest
from demo_explorers import LearningRate, Walk
from PIL import Image

pytest.importorskip("playwright", reason="the gallery needs playwright")

from gallery.settings import STEPS, ends, main_controls, move
from gallery.sheets import GAP, contact_sheet
from nnlib.viz.playground import Playground


def test_a_widget_goes_to_both_ends_and_back():
    walk = Walk()
    start = walk.caption
    assert main_controls(walk, 0) == [walk.sign, walk.alpha]
    walk.alpha.value = 0.95
    assert main_controls(walk, -1) == [walk.sign, walk.start]
    walk.alpha.value = 0.25
    assert move(walk.model_id, "low")
    assert (walk.sign.value, walk.alpha.value) == (1, 0.05)
    assert walk.caption == "Step 0: θ = 3.0000."
    assert move(walk.model_id, "high")
    assert (walk.sign.value, walk.alpha.value) == (-1, 0.95)
    assert walk.caption.startswith(f"Step {STEPS}: ")
    assert move(walk.model_id, "default")
    assert (walk.sign.value, walk.alpha.value) == (1, 0.25)
    assert walk.caption == start


def test_what_a_widget_cannot_draw_is_raised():
    rate = LearningRate()
    with pytest.raises(ValueError, match="α is above"):
        move(rate.model_id, "high")
    assert move(rate.model_id, "default")
    assert rate.error is None
    assert not move(rate.alpha.model_id, "default")
    assert not move("no such widget", "low")


def test_the_playground_shows_a_small_and_a_large_network():
    play = Playground("data=blobs&hidden=2")
    start = play.text
    assert move(play.model_id, "high")
    assert len(play.settings.hidden) == 4
    assert move(play.model_id, "default")
    assert play.text == start


def test_ends_of_every_kind_of_control():
    walk = Walk()
    assert ends(walk.wide) == (False, True)
    assert ends(walk.start) == pytest.approx((0.03, 30))
    assert ends(walk.sign) == (1, -1)


def test_a_sheet_keeps_every_picture_whole():
    def png(*size):
        file = io.BytesIO()
        Image.new("RGB", size, "white").save(file, "PNG")
        return file.getvalue()

    sheet = contact_sheet([[png(30, 20), png(40, 10)], [png(20, 50), png(10, 10)]])
    assert sheet.size == (2 * (40 + GAP), 20 + GAP + 50 + GAP)
    assert sheet.getpixel((29, 19)) == sheet.getpixel((0, 20 + GAP)) == (255, 255, 255)
    assert sheet.getpixel((35, 5)) == (136, 136, 136)
