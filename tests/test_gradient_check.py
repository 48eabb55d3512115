"""The checker of gradients, checked: it must be right, find a planted mistake, and warn."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nnlib import (
    BatchNorm,
    CrossEntropy,
    Dense,
    Dropout,
    MeanSquaredError,
    ReLU,
    Sequential,
    Tanh,
    check_gradients,
    numerical_gradient,
    relative_error,
)

M, N_IN, HIDDEN, K = 6, 3, 5, 4
y = np.arange(M) % K


def mlp(rng, *between, dtype=np.float64):
    return Sequential(
        Dense(N_IN, HIDDEN, rng=rng), *between, Dense(HIDDEN, K, rng=rng), dtype=dtype
    )


@pytest.fixture
def X(rng):
    return rng.normal(size=(M, N_IN))


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_numerical_gradient_of_a_known_function(shape, rng):
    theta = rng.normal(size=shape)
    before = theta.copy()
    gradient = numerical_gradient(lambda t: float(np.sum(t**3)), theta)
    np.testing.assert_allclose(gradient, 3 * theta**2, rtol=1e-7)
    np.testing.assert_array_equal(theta, before)


def test_numerical_gradient_of_whole_numbers_does_not_round():
    gradient = numerical_gradient(lambda t: float(t @ t), np.array([1, 2, -3]))
    np.testing.assert_allclose(gradient, [2, 4, -6], rtol=1e-8)


def test_numerical_gradient_keeps_float32():
    theta = np.array([0.5, 2.0], np.float32)
    gradient = numerical_gradient(lambda t: float(t @ t), theta, eps=1e-2)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, [1, 4], rtol=1e-3)


def test_relative_error_is_the_lectures():
    a, b = np.array([3.0, 4.0]), np.array([3.0, 0.0])
    assert relative_error(a, b) == 4 / (5 + 3)
    assert relative_error(a, a) == 0
    assert relative_error(np.zeros(2), np.zeros(2)) == 0
    assert relative_error(a, -a) == 1
    assert relative_error([3, 4], [3, 0]) == 4 / 8
    with pytest.raises(ValueError, match=re.escape("one shape, got (2,) and (2, 1)")):
        relative_error(a, a[:, None])  # the difference would be (2, 2)


def test_right_gradients_pass_and_the_network_is_left_as_it_was(rng, X):
    net = mlp(rng, BatchNorm(HIDDEN), Tanh())
    running = net[1].running_mean.copy(), net[1].running_var.copy()
    theta = net.theta.copy()
    for training in (False, True):
        check = check_gradients(net, CrossEntropy(), X, y, training=training)
        assert check.error < 1e-7
        assert check.warnings == ()
        np.testing.assert_array_equal(net.theta, theta)
        np.testing.assert_array_equal(net[1].running_mean, running[0])
        np.testing.assert_array_equal(net[1].running_var, running[1])


@pytest.mark.parametrize("entry", [(0, "W", (2, 1)), (0, "b", (3,)), (2, "W", (1, 4))])
def test_a_planted_mistake_is_named(entry, rng, X):
    place, name, index = entry

    class Wrong(Dense):
        """Dense with one entry of one gradient off by a tenth."""

        def fill_gradients(self, dZ):
            super().fill_gradients(dZ)
            if self is net[place]:
                getattr(self, "d" + name)[index] += 0.1

    net = Sequential(
        Wrong(N_IN, HIDDEN, rng=rng), Tanh(), Wrong(HIDDEN, K, rng=rng), dtype=np.float64
    )
    check = check_gradients(net, CrossEntropy(), X, y)
    assert check.error > 1e-2
    assert check.worst == f"{place}.{name}[{', '.join(map(str, index))}]"
    assert check.analytic - check.numerical == pytest.approx(0.1)
    assert f"worst {check.worst}: backward {check.analytic:.8f}" in str(check)


def test_a_check_that_breaks_off_leaves_the_network_too(rng, X):
    net = mlp(rng, BatchNorm(HIDDEN), dtype=np.float32)
    net.theta += 100
    theta, running_mean = net.theta.copy(), net[1].running_mean.copy()
    with pytest.raises(ValueError, match="is lost beside"):
        check_gradients(net, CrossEntropy(), X, y, training=True)
    np.testing.assert_array_equal(net.theta, theta)
    np.testing.assert_array_equal(net[1].running_mean, running_mean)


def test_float32_is_warned_of(rng, X):
    check = check_gradients(mlp(rng, Tanh(), dtype=np.float32), CrossEntropy(), X, y, eps=1e-2)
    assert 1e-7 < check.error < 1e-3
    assert len(check.warnings) == 1
    assert "θ is float32: check in float64" in check.warnings[0]
    assert "\nwarning: θ is float32" in str(check)


@pytest.mark.parametrize(
    ("rate", "training", "warned"), [(0.5, True, True), (0.5, False, False), (0, True, False)]
)
def test_dropout_is_warned_of_when_it_is_on(rate, training, warned, rng, X):
    net = mlp(rng, Dropout(rate, rng=rng))
    check = check_gradients(net, CrossEntropy(), X, y, training=training)
    assert any("dropout is on" in text for text in check.warnings) == warned
    assert (check.error > 1e-3) == warned


@pytest.mark.parametrize("target", [1.0, 0.001], ids=["steep", "shallow"])
def test_a_kink_is_warned_of_and_named(target, rng):
    net = Sequential(Dense(2, 1, rng=rng), ReLU(), dtype=np.float64)
    net.theta = np.zeros(3)
    check = check_gradients(net, MeanSquaredError(), np.array([[3.0, 1.0]]), np.array([[target]]))
    assert check.error > 1e-2
    assert check.worst == "0.W[0, 0]"
    slopes = f"the slope is 0.0000 on its left, {-6 * target:.4f} on its right"
    assert check.warnings == (f"a kink near 0.W[0, 0]: {slopes}",)


def test_bad_settings_are_refused(rng, X):
    with pytest.raises(ValueError, match="eps must be a positive number, got 0"):
        check_gradients(mlp(rng), CrossEntropy(), X, y, eps=0)
    with pytest.raises(ValueError, match="eps must be a positive number, got -1"):
        numerical_gradient(np.sum, np.ones(2), eps=-1)
    with pytest.raises(ValueError, match=re.escape("eps = 1e-06 is lost beside 100 in float32")):
        numerical_gradient(np.sum, np.full(2, 100, np.float32))
    with pytest.raises(TypeError, match="theta must hold real numbers, got dtype complex128"):
        numerical_gradient(np.sum, np.ones(2) * 1j)
    with pytest.raises(ValueError, match=re.escape("no parameter to check in Sequential(ReLU())")):
        check_gradients(Sequential(ReLU()), MeanSquaredError(), X, X)
