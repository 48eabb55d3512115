"""Lab 07's widgets show what nnlib computes, and every goal can be reached."""

import numpy as np
import pytest
from helpers_viz import exercise_every_control
from scipy.signal import correlate2d

from nnlib.viz import lab07_widgets as lab07
from nnlib.viz import render
from nnlib.viz.cells import short_number

WIDGETS = {
    "SlidingKernel": lab07.SlidingKernel,
}


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_works_at_its_extremes(name):
    captions = exercise_every_control(WIDGETS[name]())
    assert len(set(captions)) >= 3
    assert all(len(caption) > 40 and "nan" not in caption for caption in captions)


@pytest.mark.parametrize("name", WIDGETS)
def test_no_goal_is_reached_before_the_reader_moves_and_it_can_be_drawn(name):
    widget = WIDGETS[name]()
    assert not widget.goal_reached
    assert render(widget.figure).startswith(b"\x89PNG")


def last_pixel(widget):
    widget.place.value = widget.place.max


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2), (4, 2), (1, "same")])
def test_the_output_is_scipy_s_correlation(stride, padding):
    widget = lab07.SlidingKernel()
    widget.kernel.value = [1.0, 2, -3, 0, 5, 1.5, -2, 4, -1]
    widget.stride.value, widget.padding.value = stride, padding
    last_pixel(widget)
    p = 1 if padding == "same" else padding
    expected = correlate2d(np.pad(widget.X, p), widget.kernel.grid, "valid")[::stride, ::stride]
    shown = widget.output.values
    assert np.allclose(shown[np.isfinite(shown)], expected.ravel())
    assert f"the output is {len(expected)} × {len(expected)}" in widget.caption


def test_each_step_fills_one_more_pixel_with_the_sum_of_the_products():
    widget = lab07.SlidingKernel()
    assert np.isfinite(widget.output.values).sum() == 1
    steps = 1
    while widget.step():
        widget.refresh()
        steps += 1
        assert np.isfinite(widget.output.values).sum() == steps
        i, j = divmod(steps - 1, 4)
        assert widget.products.values.sum() == widget.output.values[2 + i, 2 + j]
    assert steps == 15
    widget.refresh()
    assert widget.caption.endswith("row 4, column 4: 9 − 9 + 9 − 9 + 9 − 9 = 0.")


def test_the_sliding_kernel_s_goal_needs_padding_and_a_kernel_that_is_in_no_menu():
    widget = lab07.SlidingKernel()
    for option in widget.preset.options:
        widget.preset.value = option
        assert "kernel" not in widget.found
    for stride in (1, 2, 3, 4):
        widget.stride.value = stride
        assert "size" not in widget.found
    widget.stride.value, widget.padding.value = 2, 1
    assert "3 × 3" in widget.caption
    assert not widget.goal_reached
    widget.kernel.value = [0.0, 1, 0, 1, -4, 1, 0, 1, 0]
    assert widget.goal_reached
    assert widget.preset.value == "your own"


def test_the_menu_and_the_table_of_the_kernel_follow_each_other():
    widget = lab07.SlidingKernel()
    widget.preset.value = "sharpen"
    assert widget.kernel.value[4] == 5
    widget.kernel.value = [1.0, 0, -1] * 3
    assert widget.preset.value == "vertical edge"


def test_same_padding_keeps_the_size_and_rests_the_stride():
    widget = lab07.SlidingKernel()
    widget.stride.value, widget.padding.value = 3, "same"
    assert widget.stride.disabled
    assert "the output is 6 × 6" in widget.caption
    widget.padding.value = 0
    assert not widget.stride.disabled
    assert "the output is 2 × 2" in widget.caption


def flipped(X, K, stride, padding):
    from nnlib.viz.lab07_kernel import cross_correlate

    return cross_correlate(X, K[::-1, ::-1], stride, padding)


def test_a_reader_s_own_convolution_is_compared_pixel_by_pixel():
    widget = lab07.SlidingKernel(flipped)
    assert "Yours differs in 8 of 16 places, first in row 1, column 2: 9 instead of −9." in (
        widget.caption
    )
    assert len(widget.wrong.get_xdata()) == 8
    widget.preset.value = "blur"
    assert widget.caption.endswith("Yours agrees everywhere.")
    assert len(widget.wrong.get_xdata()) == 0


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        (lambda X, K, stride, padding: X / None, "Yours raised TypeError"),
        (lambda X, K, stride, padding: X, "Yours has shape (6, 6), not (4, 4)."),
        (lambda X, K, stride, padding: None, "Yours returned nothing: is a return missing?"),
        (lambda X, K, stride, padding: "Y", "returned a str, not an array of numbers."),
    ],
)
def test_whatever_the_reader_s_function_does_is_said_in_words(mine, said):
    widget = lab07.SlidingKernel(mine)
    assert widget.error is None
    assert said in widget.caption


def test_numbers_are_short_and_have_a_real_minus_sign():
    said = [short_number(v) for v in (3.0, -9.0, 1 / 9, -0.04, 2.25, -1 / 3)]
    assert said == ["3", "−9", "1/9", "0", "2.2", "−1/3"]
