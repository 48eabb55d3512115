"""Convolution against plain loops and SciPy, over every way of laying a grid; and bad input."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import assert_layer_gradients

from nnlib import BatchNorm, Conv2D, CrossEntropy, Dense, Flatten, ReLU, Sequential, output_size
from nnlib.augmentation import augment_images


def loops(X, W, b, *, stride=(1, 1), padding=((0, 0), (0, 0)), groups=1):
    """The specification: seven loops, one for every index of Y and every index of a kernel."""
    X = np.pad(X, ((0, 0), *padding, (0, 0)))
    (m, H, width, _), (C_out, kH, kW, C) = X.shape, W.shape
    Y = np.zeros((m, (H - kH) // stride[0] + 1, (width - kW) // stride[1] + 1, C_out))
    for i, r, c, k in np.ndindex(Y.shape):
        Y[i, r, c, k] = b[k]
        for u, v, n in np.ndindex(kH, kW, C):
            channel = k // (C_out // groups) * C + n
            Y[i, r, c, k] += X[i, r * stride[0] + u, c * stride[1] + v, channel] * W[k, u, v, n]
    return Y


@st.composite
def settings(draw):
    """A convolution and images for it: groups, any kernel, stride and padding, wide ones too."""
    groups = draw(st.integers(1, 3))
    C_in, C_out = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    kernel = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = draw(st.tuples(st.integers(0, 5), st.integers(0, 5)))
    H, W = (draw(st.integers(max(1, f - 2 * p), 7)) for f, p in zip(kernel, padding, strict=True))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    layer = Conv2D(
        C_in, C_out, kernel, stride=stride, padding=padding, groups=groups, rng=rng,
        dtype=np.float64,
    )  # fmt: skip
    layer.b = rng.normal(size=C_out)
    return layer, rng.normal(size=(draw(st.integers(1, 3)), H, W, C_in))


@given(settings())
def test_convolution_is_seven_loops(drawn):
    layer, X = drawn
    expected = loops(
        X, layer.W, layer.b, stride=layer.stride, padding=layer.margins, groups=layer.groups
    )
    np.testing.assert_allclose(layer.forward(X), expected, rtol=1e-12, atol=1e-13)
    assert layer.output_shape(X.shape[1:]) == expected.shape[1:]


@given(settings())
def test_backward_moves_as_the_loops_do(drawn):
    """Y is linear in X, in W and in b, so ⟨dX, V⟩ is exactly what ⟨dY, Y⟩ gains when X gains V."""
    layer, X = drawn
    rng = np.random.default_rng(5)
    Y = layer.forward(X)
    dY = rng.normal(size=Y.shape)
    dX, grid = layer.backward(dY), {"padding": layer.margins, "groups": layer.groups}
    V, dW = rng.normal(size=X.shape), rng.normal(size=layer.W.shape)
    at = lambda X, W, b: np.vdot(dY, loops(X, W, b, stride=layer.stride, **grid))  # noqa: E731
    nothing = np.zeros_like(layer.b)
    assert np.vdot(dX, V) == pytest.approx(at(V, layer.W, nothing), rel=1e-11, abs=1e-11)
    assert np.vdot(layer.dW, dW) == pytest.approx(at(X, dW, nothing), rel=1e-11, abs=1e-11)
    np.testing.assert_allclose(layer.db, dY.sum(axis=(0, 1, 2)), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("kernel", [1, 2, 3, (4, 3), (5, 2), (2, 7)])
def test_same_padding_keeps_height_and_width_and_puts_the_odd_zero_last(kernel, rng):
    layer = Conv2D(2, 3, kernel, padding="same", rng=rng, dtype=np.float64)
    X = rng.normal(size=(2, 4, 6, 2))
    Y = layer.forward(X)
    assert Y.shape == (2, 4, 6, 3)
    (kH, kW) = layer.kernel_size
    zeros = ((kH - 1) // 2, kH - 1 - (kH - 1) // 2), ((kW - 1) // 2, kW - 1 - (kW - 1) // 2)
    np.testing.assert_allclose(Y, loops(X, layer.W, layer.b, padding=zeros), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("mode", ["valid", "same"])
def test_scipy_calls_it_correlation_and_a_convolution_flips_the_kernel(mode, rng):
    signal = pytest.importorskip("scipy.signal")
    padding = "same" if mode == "same" else 0
    layer = Conv2D(2, 3, (3, 5), padding=padding, rng=rng, dtype=np.float64)
    X = rng.normal(size=(2, 7, 6, 2))
    Y = layer.forward(X)
    for i, k in np.ndindex(2, 3):
        image, kernel = X[i], layer.W[k]
        for f, w in ((signal.correlate2d, kernel), (signal.convolve2d, kernel[::-1, ::-1])):
            expected = sum(f(image[..., n], w[..., n], mode) for n in range(2))
            np.testing.assert_allclose(Y[i, :, :, k], expected, rtol=1e-12, atol=1e-13)


def test_the_lectures_vertical_edge():
    """D4's kernel of columns 1, 0, −1 finds the edge between light and dark, and nothing else."""
    layer = Conv2D(1, 1, 3, rng=np.random.default_rng(0))
    layer.W = np.tile([1, 0, -1], (3, 1)).reshape(1, 3, 3, 1)
    image = np.tile(np.float32([10, 10, 10, 0, 0, 0]), (6, 1))
    edge = np.tile([0, 30, 30, 0], (4, 1))
    np.testing.assert_array_equal(layer.forward(image[None, :, :, None])[0, :, :, 0], edge)


def test_a_wide_window_is_summed_in_parts_that_make_a_whole(rng):
    layer = Conv2D(40, 3, 3, padding=1, rng=rng, dtype=np.float64)
    X = rng.normal(size=(70, 3, 4, 40))
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(X, ((0, 0), (1, 1), (1, 1), (0, 0))), (3, 3), axis=(1, 2)
    )
    expected = np.einsum("mrcnuv,kuvn->mrck", windows, layer.W)
    np.testing.assert_allclose(layer.forward(X), expected, rtol=1e-10, atol=1e-12)


def batch_last(A):
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(A, 0, -1)), -1, 0)


@pytest.mark.parametrize("order", [np.asarray, np.asfortranarray, batch_last, lambda A: A[::-1]])
def test_memory_order_of_images_and_gradients_does_not_matter(order, rng):
    layer = Conv2D(3, 4, 3, padding=1, rng=rng, dtype=np.float64)
    X, dY = rng.normal(size=(5, 6, 4, 3)), rng.normal(size=(5, 6, 4, 4))
    layer.forward(order(X).copy())
    dX, dW = layer.backward(order(dY).copy()), layer.dW.copy()
    layer.forward(order(X))
    np.testing.assert_array_equal(layer.backward(order(dY)), dX)
    np.testing.assert_array_equal(layer.dW, dW)


def test_outputs_stay_valid_after_later_batches(rng):
    layer = Conv2D(3, 4, 3, rng=rng)
    batches = rng.normal(size=(3, 2, 6, 5, 3)).astype(np.float32)
    Y = [layer.forward(X) for X in batches]
    dX = [
        layer.backward(y) for X, y in zip(batches, Y, strict=True) if layer.forward(X) is not None
    ]
    kept = [a.copy() for a in (*Y, *dX)]
    for X in batches[::-1]:
        layer.backward(3 * layer.forward(2 * X, training=True))
    for before, after in zip(kept, (*Y, *dX), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_network_over_augmented_images_and_batch_norm(rng):
    X = augment_images(rng.normal(size=(4, 7, 6, 2)), rng=rng, shift=1, angle=10)
    net = Sequential(
        Conv2D(2, 3, 3, rng=rng), BatchNorm(3), ReLU(), Flatten(), Dense(60, 3, rng=rng),
        dtype=np.float64,
    )  # fmt: skip
    loss, y = CrossEntropy(), np.array([0, 2, 1, 1])
    loss(net.forward(X, training=True), y)
    net.backward(loss.backward())
    for i in rng.choice(net.theta.size, 20, replace=False):
        ends = []
        for step in (1e-5, -2e-5):
            net.theta[i] += step
            ends.append(loss(net.forward(X, training=True), y))
        net.theta[i] += 1e-5
        assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(net.grad[i], rel=1e-4, abs=1e-8)


def test_gradients_of_a_kernel_that_leaves_rows_over(rng):
    layer = Conv2D(2, 3, (2, 3), stride=(3, 2), padding=(3, 0), rng=rng, dtype=np.float64)
    assert_layer_gradients(layer, rng.normal(size=(2, 6, 6, 2)))


@pytest.mark.parametrize(
    ("n", "f", "padding", "stride", "expected"),
    [
        (6, 3, 0, 1, 4),
        (6, 2, 0, 2, 3),
        (7, 3, 0, 2, 3),
        (28, 5, 2, 1, 28),
        (227, 11, 0, 4, 55),
        (5, 5, 0, 3, 1),
    ],
)
def test_output_size(n, f, padding, stride, expected):
    assert output_size(n, f, padding=padding, stride=stride) == expected
    starts = [i for i in range(0, n + 2 * padding, stride) if i + f <= n + 2 * padding]
    assert len(starts) == expected


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        ((4, 5), {}, "kernel 5 does not fit into a 4×4 input without padding"),
        ((4, 9), {"padding": 2}, "kernel 9 does not fit into a 4×4 input padded to 8×8"),
        ((0, 1), {}, "n must be a whole number ≥ 1, got 0"),
        ((4, 2.0), {}, "f must be a whole number ≥ 1, got 2.0"),
        ((4, 2), {"padding": -1}, "padding must be a whole number ≥ 0, got -1"),
        ((4, 2), {"stride": 1.5}, "stride must be a whole number ≥ 1, got 1.5"),
        ((4, 2), {"stride": 0}, "stride must be a whole number ≥ 1, got 0"),
    ],
)
def test_output_size_refuses_what_has_none(arguments, settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        output_size(*arguments, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stride": 1.5}, "stride must be a whole number ≥ 1, got 1.5"),
        ({"stride": 0}, "stride must be a whole number ≥ 1, got 0"),
        ({"stride": (2, 0)}, "stride must be a whole number ≥ 1, got 0"),
        ({"stride": (1, 2, 3)}, "stride must be a whole number ≥ 1, got (1, 2, 3)"),
        ({"kernel_size": 0}, "kernel_size must be a whole number ≥ 1, got 0"),
        ({"padding": -1}, "padding must be a whole number ≥ 0, got -1"),
        ({"padding": "valid"}, "padding must be a whole number ≥ 0, got 'valid'"),
        (
            {"padding": "same", "stride": 2},
            "padding 'same' keeps H and W, so stride must be 1, got 2",
        ),
        ({"groups": 4}, "groups must divide C_in 6 and C_out 8, got 4"),
        ({"groups": 3}, "groups must divide C_in 6 and C_out 8, got 3"),
        ({"groups": 0}, "groups must be a whole number ≥ 1, got 0"),
        ({"C_in": 2.5}, "C_in must be a whole number ≥ 1, got 2.5"),
    ],
)
def test_settings_are_checked(settings, message, rng):
    given = {"C_in": 6, "C_out": 8, "kernel_size": 3, **settings}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Conv2D(**given, rng=rng)


@pytest.mark.parametrize(
    ("C_in", "shape", "advice"),
    [
        (3, (2, 8, 9, 4), "{}"),
        (3, (2, 8, 9), "{}"),
        (1, (2, 8, 9), "{}: use X[..., None], grey images have one channel"),
        (
            3,
            (2, 3, 8, 9),
            "X looks like (m, C, H, W); nnlib wants (m, H, W, C): use X.transpose(0, 2, 3, 1); {}",
        ),
    ],
)
def test_images_of_another_shape_are_refused_with_advice(C_in, shape, advice, rng):
    expected = f"Conv2D({C_in}, 8, 5) expects X of shape (m, H, W, {C_in}), got {shape}"
    with pytest.raises(ValueError, match=f"^{re.escape(advice.format(expected))}$"):
        Conv2D(C_in, 8, 5, rng=rng).forward(np.ones(shape))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((0, 8, 9, 3), "Conv2D(3, 8, 5) needs at least one image, got X of shape (0, 8, 9, 3)"),
        ((2, 4, 4, 3), "kernel 5 does not fit into a 4×4 input without padding"),
        ((2, 9, 4, 3), "kernel 5 does not fit into a 9×4 input without padding"),
    ],
)
def test_no_images_and_too_small_ones_are_refused(shape, message, rng):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Conv2D(3, 8, 5, rng=rng).forward(np.ones(shape))


def test_a_rectangular_kernel_that_does_not_fit_is_shown_with_its_padding(rng):
    layer = Conv2D(2, 3, (3, 8), padding=(0, 1), rng=rng)
    with pytest.raises(ValueError, match="kernel 3×8 does not fit into a 6×5 input padded to 6×7"):
        layer.forward(np.ones((1, 6, 5, 2)))


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 4)])
def test_table_of_dimensions_refuses_other_images(shape, rng):
    expected = re.escape(f"Conv2D(3, 8, 5) expects images of shape (H, W, 3), got {shape}")
    with pytest.raises(ValueError, match=expected):
        Conv2D(3, 8, 5, rng=rng).output_shape(shape)


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, "Conv2D(4, 8, 5)"),
        ({"kernel_size": (5, 3), "stride": (2, 1)}, "Conv2D(4, 8, (5, 3), stride=(2, 1))"),
        (
            {"stride": 2, "padding": 1, "groups": 2},
            "Conv2D(4, 8, 5, stride=2, padding=1, groups=2)",
        ),
        ({"padding": "same"}, "Conv2D(4, 8, 5, padding='same')"),
        ({"padding": (0, 0)}, "Conv2D(4, 8, 5)"),
    ],
)
def test_convolutions_show_themselves(settings, shown, rng):
    assert repr(Conv2D(**{"C_in": 4, "C_out": 8, "kernel_size": 5, **settings}, rng=rng)) == shown


TRAIN_VGG = """
import re
from pathlib import Path
import numpy as np
import nnlib as nn

rng = np.random.default_rng(0)
net = nn.small_vgg(rng=rng)
X, y = rng.normal(size=(64, 32, 32, 3)).astype(np.float32), rng.integers(0, 10, 64)
for _ in range(3):
    nn.train_step(net, nn.CrossEntropy(), nn.Adam(), X, y)
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the peak of this program alone")
def test_training_a_small_vgg_at_batch_64_stays_below_600_megabytes():
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    result = subprocess.run(
        [sys.executable, "-c", TRAIN_VGG],
        capture_output=True, text=True, env=environment, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert float(result.stdout) < 600
