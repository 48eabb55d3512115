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
    "PoolingWinners": lab07.PoolingWinners,
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
    widget.restart()
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


def flipped(X, K):
    return correlate2d(X, K[::-1, ::-1], "valid")


def test_a_reader_s_own_convolution_is_compared_pixel_by_pixel():
    widget = lab07.SlidingKernel(flipped)
    assert "Yours differs in 8 of 16 places, first in row 1, column 2: 9 instead of −9." in (
        widget.caption
    )
    assert len(widget.wrong.get_xdata()) == 8
    widget.stride.value = 2
    assert "Yours differs in 2 of 4 places" in widget.caption
    widget.preset.value = "blur"
    assert widget.caption.endswith("Yours agrees everywhere.")
    assert len(widget.wrong.get_xdata()) == 0


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        (lambda X, K: X / None, "Yours raised TypeError"),
        (lambda X, K: X, "Yours has shape (6, 6), not (4, 4)."),
        (lambda X, K: None, "Yours returned nothing: is a return missing?"),
        (lambda X, K: "Y", "returned a str, not an array of numbers."),
    ],
)
def test_whatever_the_reader_s_function_does_is_said_in_words(mine, said):
    widget = lab07.SlidingKernel(mine)
    assert widget.error is None
    assert said in widget.caption


def test_numbers_are_short_and_have_a_real_minus_sign():
    said = [short_number(v) for v in (3.0, -9.0, 1 / 9, -0.04, 2.25, -1 / 3)]
    assert said == ["3", "−9", "1/9", "0", "2.2", "−1/3"]


def filled(cells):
    n = round(np.isfinite(cells.values).sum() ** 0.5)
    return cells.values[np.isfinite(cells.values)].reshape(n, n)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("max", [[9, 7, 7], [7, 5, 3], [9, 7, 8]]),
        ("average", [[4.5, 5.25, 3.75], [4, 2.5, 2], [5.75, 3.5, 4.5]]),
    ],
)
def test_pooling_is_the_lecture_s(kind, expected):
    widget = lab07.PoolingWinners()
    widget.kind.value = kind
    assert np.array_equal(filled(widget.output), expected)


def test_of_two_equal_winners_the_first_gets_the_gradient():
    widget = lab07.PoolingWinners()
    widget.restart()
    widget.step()
    widget.refresh()
    assert "The largest of 7, 4, 7, 3 is 7, twice: the first one gets the gradient." in (
        widget.caption
    )
    assert np.argwhere(widget.gradient.values).tolist() == [[0, 1], [0, 2]]
    assert list(zip(*widget.targets.get_data(), strict=True)) == [
        (widget.gradient.at[0] + 2.5, widget.gradient.at[1] + 0.5)
    ]


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize(("f", "s"), [(2, 2), (2, 1), (3, 1), (3, 2), (4, 4)])
def test_the_gradient_sent_back_is_that_of_the_sum_of_the_outputs(kind, f, s):
    widget = lab07.PoolingWinners()
    widget.kind.value, widget.window.value, widget.stride.value = kind, f, s

    def total(X):
        return sum(
            (np.max if kind == "max" else np.mean)(X[i : i + f, j : j + f])
            for i in range(0, 7 - f, s)
            for j in range(0, 7 - f, s)
        )

    rank = np.argsort(np.argsort(-widget.X, axis=None, kind="stable")).reshape(6, 6)
    X = widget.X - 1e-3 * rank  # no ties: the first of two equals leads
    h = 1e-6
    slopes = [
        (total(X + h * e.reshape(6, 6)) - total(X - h * e.reshape(6, 6))) / (2 * h)
        for e in np.eye(36)
    ]
    assert np.allclose(widget.gradient.values.ravel(), slopes, atol=1e-6)


def test_the_pooling_goal_needs_overlapping_maxima_and_the_largest_tiles():
    widget = lab07.PoolingWinners()
    widget.stride.value = 1
    assert widget.found == {"max"}
    widget.kind.value = "average"
    assert widget.found == {"max"}
    widget.stride.value = 2
    assert widget.found == {"max"}
    widget.window.value, widget.stride.value = 3, 3
    assert widget.goal_reached


def max_pool_backward(dY, X, f, s, gather=np.add):
    dX = np.zeros(X.shape)
    for r, c in np.ndindex(dY.shape[1:3]):
        patch = X[0, r * s : r * s + f, c * s : c * s + f, 0]
        u, v = divmod(int(patch.argmax()), f)
        place = 0, r * s + u, c * s + v, 0
        dX[place] = gather(dX[place], dY[0, r, c, 0])
    return dX


def test_a_reader_s_own_backward_is_compared_where_windows_overlap():
    right, wrong = (
        lab07.PoolingWinners(lambda *args, g=gather: max_pool_backward(*args, gather=g))
        for gather in (np.add, np.maximum)
    )
    for widget in (right, wrong):
        assert widget.caption.endswith("Yours agrees everywhere.")
        widget.stride.value = 1
    assert right.caption.endswith("Yours agrees everywhere.")
    assert "Yours differs in 7 of 36 places" in wrong.caption
    assert len(wrong.wrong.get_xdata()) == 7
