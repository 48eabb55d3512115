"""What only a page can show of lab 07: a stroke on the sheet, a number typed in a table."""

import math
from ast import literal_eval

import pytest

pytestmark = pytest.mark.e2e

CELLS = [
    """import numpy as np
import nnlib
from nnlib.viz import lab07_widgets as lab07
X = np.tril(np.ones((10, 16, 16, 1)))
net = nnlib.lenet5(rng=np.random.default_rng(0), input_shape=(16, 16, 1))""",
    "draw = lab07.DrawDigit(net, X, np.arange(10))\ndraw",
    "slide = lab07.SlidingKernel()\nslide",
]


@pytest.fixture
def widgets(lab):
    lab.run_cells("drawing", CELLS)
    return lab


def dark_pixels(sheet):
    return sheet.evaluate(
        """(sheet) => sheet.getContext("2d").getImageData(0, 0, sheet.width, sheet.height)
            .data.filter((value, i) => i % 4 === 0 && value < 128).length"""
    )


def test_a_stroke_is_seen_at_once_and_read_by_the_net(widgets):
    draw, mouse = widgets.explorer(0), widgets.page.mouse
    sheet = draw.root.locator("canvas")
    draw.root.get_by_role("button", name="Clear the sheet").click()
    draw.say("Nothing is on the sheet")
    assert dark_pixels(sheet) == 0
    box = sheet.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(middle[0] + 60, middle[1])
    mouse.down()
    for k in range(1, 19):
        turn = math.radians(20 * k)
        mouse.move(middle[0] + 60 * math.cos(turn), middle[1] + 60 * math.sin(turn))
    mouse.up()
    assert dark_pixels(sheet) > 5000
    draw.say("Your drawing: the net says")
    ink = "float(draw.pad.ink.mean()), float(draw.pad.ink[16, 16]), float(draw.pad.ink[16, 26])"
    widgets.wait_until(lambda: literal_eval(widgets.kernel_says(ink))[0] > 0.15)
    mean, centre, ring = literal_eval(widgets.kernel_says(ink))
    assert mean < 0.4
    assert centre == 0
    assert ring > 0.9
    assert widgets.problems() == []


def test_the_menu_puts_a_digit_on_the_sheet_and_the_keyboard_moves_it(widgets):
    draw = widgets.explorer(0)
    draw.root.get_by_role("combobox").select_option("a 7 of the data")
    draw.say("A 7 of the data: the net says")
    assert dark_pixels(draw.root.locator("canvas")) > 5000
    draw.press("ArrowLeft")
    draw.say("shifted 1 pixel left")
    assert widgets.problems() == []


def test_a_kernel_is_typed_with_keys_that_jupyterlab_leaves_alone(widgets):
    slide = widgets.explorer(1)
    field = slide.root.get_by_label("numbers of the kernel: row 2, column 2")
    field.focus()
    for _ in range(5):
        field.press("ArrowUp")
    widgets.wait_until(lambda: widgets.kernel_says("slide.kernel.value[4]") == "5.0")
    assert field.input_value() == "5"
    field.fill("")
    field.press_sequentially("-2.5")
    widgets.wait_until(lambda: widgets.kernel_says("slide.kernel.value[4]") == "-2.5")
    field.fill("99")
    field.blur()
    widgets.wait_until(lambda: field.input_value() == "9")
    assert widgets.kernel_says("slide.preset.value") == "'your own'"
    slide.root.get_by_label("kernel", exact=True).first.select_option("blur")
    widgets.wait_until(lambda: field.input_value() == "0.111")
    assert widgets.problems() == []
