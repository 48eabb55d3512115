"""Pooling against plain loops, ties to the first, windows that overlap or leave rows over."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import AvgPool2D, GlobalAvgPool2D, MaxPool2D

LECTURE = np.float32(
    [
        [3, 9, 7, 4, 7, 5],
        [0, 6, 7, 3, 1, 2],
        [2, 4, 5, 0, 3, 2],
        [3, 7, 5, 0, 2, 1],
        [1, 5, 0, 7, 3, 6],
        [8, 9, 2, 5, 1, 8],
    ]
)


def windows(layer, X):
    """The specification: each window's place in Y and its slice of X, one by one."""
    (kH, kW), (sH, sW) = layer.window, layer.stride
    m, H, W, C = X.shape
    for i, r, c, k in np.ndindex(m, (H - kH) // sH + 1, (W - kW) // sW + 1, C):
        yield (i, r, c, k), (i, slice(r * sH, r * sH + kH), slice(c * sW, c * sW + kW), k)


@st.composite
def cases(draw):
    """A window, a stride, and images of few different values, so that ties abound."""
    window = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    H, W = (draw(st.integers(f, 8)) for f in window)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    X = rng.integers(-2, 3, (draw(st.integers(1, 3)), H, W, 2)).astype(float)
    return window, stride, X


@given(cases())
def test_max_pooling_is_a_loop_and_of_equals_the_first_takes_the_gradient(case):
    window, stride, X = case
    layer = MaxPool2D(window, stride=stride)
    Y = layer.forward(X)
    dY = np.random.default_rng(1).normal(size=Y.shape)
    dX = np.zeros_like(X)
    for place, pixels in windows(layer, X):
        assert Y[place] == X[pixels].max()
        first = np.unravel_index(X[pixels].argmax(), X[pixels].shape)
        dX[pixels][first] += dY[place]
    np.testing.assert_allclose(layer.backward(dY), dX, rtol=1e-12, atol=1e-14)
    assert layer.output_shape(X.shape[1:]) == Y.shape[1:]


@given(cases())
def test_average_pooling_is_a_loop(case):
    window, stride, X = case
    layer = AvgPool2D(window, stride=stride)
    Y = layer.forward(X)
    dY = np.random.default_rng(1).normal(size=Y.shape)
    dX = np.zeros_like(X)
    for place, pixels in windows(layer, X):
        assert Y[place] == pytest.approx(X[pixels].mean(), rel=1e-12, abs=1e-14)
        dX[pixels] += dY[place] / X[pixels].size
    np.testing.assert_allclose(layer.backward(dY), dX, rtol=1e-12, atol=1e-14)
    assert layer.output_shape(X.shape[1:]) == Y.shape[1:]


def test_the_lectures_matrix():
    X = LECTURE[None, :, :, None]
    largest, mean = MaxPool2D(2), AvgPool2D(2)
    np.testing.assert_array_equal(largest.forward(X)[0, :, :, 0], [[9, 7, 7], [7, 5, 3], [9, 7, 8]])
    np.testing.assert_array_equal(
        mean.forward(X)[0, :, :, 0], [[4.5, 5.25, 3.75], [4, 2.5, 2], [5.75, 3.5, 4.5]]
    )
    dX = largest.backward(np.ones((1, 3, 3, 1), np.float32))[0, :, :, 0]
    winners = [(0, 1), (0, 2), (0, 4), (2, 2), (2, 4), (3, 1), (4, 3), (5, 1), (5, 5)]
    assert [tuple(map(int, where)) for where in np.argwhere(dX)] == winners
    assert dX.sum() == 9


def test_a_nan_is_not_hidden():
    X = np.float32([1, np.nan, 3, 4]).reshape(1, 1, 4, 1)
    np.testing.assert_array_equal(MaxPool2D((1, 2)).forward(X)[0, 0, :, 0], [np.nan, 4])


def test_the_global_average_is_one_number_per_channel(rng):
    layer, X = GlobalAvgPool2D(), rng.normal(size=(3, 4, 5, 2))
    Y = layer.forward(X)
    for i, k in np.ndindex(3, 2):
        assert Y[i, k] == pytest.approx(sum(X[i, :, :, k].ravel()) / 20, rel=1e-12)
    dY = rng.normal(size=Y.shape)
    expected = np.tile(dY[:, None, None] / 20, (1, 4, 5, 1))
    np.testing.assert_allclose(layer.backward(dY), expected, rtol=1e-12)


def test_the_stride_is_the_window_unless_it_is_given():
    assert MaxPool2D().window == MaxPool2D().stride == (2, 2)
    assert AvgPool2D((3, 2)).stride == (3, 2)
    assert MaxPool2D(3, stride=2).stride == (2, 2)


@pytest.mark.parametrize(
    ("layer", "shown"),
    [
        (MaxPool2D(), "MaxPool2D(2)"),
        (MaxPool2D(3, stride=2), "MaxPool2D(3, stride=2)"),
        (AvgPool2D((3, 2)), "AvgPool2D((3, 2))"),
        (AvgPool2D((3, 2), stride=(1, 2)), "AvgPool2D((3, 2), stride=(1, 2))"),
        (GlobalAvgPool2D(), "GlobalAvgPool2D()"),
    ],
)
def test_pooling_shows_itself(layer, shown):
    assert repr(layer) == shown


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (MaxPool2D(), (2, 4, 5), "MaxPool2D(2) expects X of shape (m, H, W, C), got "),
        (GlobalAvgPool2D(), (2, 4), "GlobalAvgPool2D() expects X of shape (m, H, W, C), got "),
        (MaxPool2D(), (0, 4, 5, 3), "MaxPool2D(2) needs at least one image, got X of shape "),
    ],
)
def test_images_are_checked(layer, shape, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message + str(shape))}$"):
        layer.forward(np.ones(shape))


def test_a_window_that_does_not_fit_is_named():
    with pytest.raises(
        ValueError, match="window 2×6 does not fit into a 4×5 input without padding"
    ):
        AvgPool2D((2, 6)).forward(np.ones((2, 4, 5, 3)))


@pytest.mark.parametrize("layer", [MaxPool2D(2), AvgPool2D(2), GlobalAvgPool2D()])
def test_table_of_dimensions_refuses_what_is_no_image(layer):
    expected = re.escape(f"{layer!r} expects images of shape (H, W, C), got (4, 5)")
    with pytest.raises(ValueError, match=expected):
        layer.output_shape((4, 5))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxPool2D(0), "window must be a whole number ≥ 1, got 0"),
        (lambda: MaxPool2D(2.0), "window must be a whole number ≥ 1, got 2.0"),
        (lambda: AvgPool2D(2, stride=0), "stride must be a whole number ≥ 1, got 0"),
        (lambda: AvgPool2D(2, stride=(1, -1)), "stride must be a whole number ≥ 1, got -1"),
    ],
)
def test_settings_are_checked(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
