"""Each activation against its formula written out for one number, and at its kink."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from oracles import away_from_zero, relative_error

from nnlib import (
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Step,
    Tanh,
    softmax,
)
from nnlib.activations import Activation


def logistic(z):
    return 1 / (1 + math.exp(-z))


# activation: g(z), g′(z), g′(0) (the convention where there is no slope), and the range
SPECIFICATION = {
    "Identity": (Identity(), lambda z: z, lambda z: 1, 1, (-math.inf, math.inf)),
    "Step": (Step(), lambda z: float(z > 0), lambda z: 0, 0, (0, 1)),
    "Sigmoid": (
        Sigmoid(), logistic, lambda z: logistic(z) * (1 - logistic(z)), 0.25, (0, 1),
    ),
    "Tanh": (Tanh(), math.tanh, lambda z: 1 / math.cosh(z) ** 2, 1, (-1, 1)),
    "ReLU": (ReLU(), lambda z: max(0, z), lambda z: float(z > 0), 0, (0, math.inf)),
    "LeakyReLU": (
        LeakyReLU(), lambda z: z if z > 0 else 0.01 * z, lambda z: 1 if z > 0 else 0.01, 0.01,
        (-math.inf, math.inf),
    ),
    "LeakyReLU, steep": (
        LeakyReLU(3), lambda z: z if z > 0 else 3 * z, lambda z: 1 if z > 0 else 3, 3,
        (-math.inf, math.inf),
    ),
    "PReLU": (
        PReLU(dtype=np.float64), lambda z: max(0, z) + min(0, z) / 4,
        lambda z: 1 if z > 0 else 0.25, 0.25, (-math.inf, math.inf),
    ),
    "Softplus": (
        Softplus(), lambda z: math.log(1 + math.exp(z)), logistic, 0.5, (0, math.inf),
    ),
}  # fmt: skip
every_activation = pytest.mark.parametrize("name", SPECIFICATION)


@every_activation
def test_formula_and_slope(name, rng):
    activation, g, slope, _, _ = SPECIFICATION[name]
    Z = away_from_zero(rng, (4, 2, 3)) * 3
    np.testing.assert_allclose(activation.forward(Z).ravel(), [g(z) for z in Z.ravel()], rtol=1e-12)
    slopes = np.reshape([slope(z) for z in Z.ravel()], Z.shape)
    np.testing.assert_allclose(activation.slope(Z), slopes, rtol=1e-10)
    dA = rng.normal(size=Z.shape)
    np.testing.assert_allclose(activation.backward(dA), dA * slopes, rtol=1e-10)


@every_activation
def test_convention_at_the_kink(name):
    activation, g, _, at_zero, _ = SPECIFICATION[name]
    Z = np.array([[0.0, -0.0]])
    np.testing.assert_allclose(activation.forward(Z), [[g(0), g(0)]])
    np.testing.assert_array_equal(activation.backward(np.ones((1, 2))), [[at_zero, at_zero]])


@every_activation
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_range_holds_at_the_extremes(name, dtype):
    activation, _, _, _, (low, high) = SPECIFICATION[name]
    Z = np.array([[-1e4, -100, 100, 1e4]], dtype)
    A = activation.g(Z)
    assert ((low <= A) & (high >= A)).all()
    slope = activation.slope(Z)
    assert np.isfinite(slope).all()
    assert slope.dtype == dtype


@every_activation
def test_memory_keeps_its_order(name, rng):
    """Convolutions hand on images with the batch last in memory: no copy into rows and back."""
    activation = SPECIFICATION[name][0]
    Z = rng.normal(size=(5, 2, 3, 4)).transpose(3, 1, 2, 0)
    A = activation.forward(Z)
    assert A.strides == activation.backward(A).strides == Z.strides


@every_activation
def test_slope_of_whole_numbers_is_not_rounded(name):
    activation = SPECIFICATION[name][0]
    np.testing.assert_array_equal(
        activation.slope(np.array([-1, 0, 2])), activation.slope(np.array([-1.0, 0.0, 2.0]))
    )


def test_sigmoid_and_tanh_are_one_curve(rng):
    Z = rng.normal(size=(5, 3))
    np.testing.assert_allclose(Tanh().forward(Z), 2 * Sigmoid().forward(2 * Z) - 1, rtol=1e-12)


def test_prelu_has_a_slope_per_channel_and_learns_each(rng):
    Z, dA = away_from_zero(rng, (4, 2, 3)), rng.normal(size=(4, 2, 3))
    prelu = PReLU(3, dtype=np.float64)
    prelu.alpha = np.array([0.1, -0.5, 2.0])
    A = prelu.forward(Z)
    prelu.backward(dA)
    dalpha = np.zeros(3)
    for index in np.ndindex(Z.shape):
        channel = index[-1]
        assert A[index] == pytest.approx(
            Z[index] if Z[index] > 0 else prelu.alpha[channel] * Z[index]
        )
        dalpha[channel] += dA[index] * min(0, Z[index])
    np.testing.assert_allclose(prelu.dalpha, dalpha, rtol=1e-13)


def test_one_prelu_slope_serves_all_and_gathers_all(rng):
    Z, dA = away_from_zero(rng, (5, 3)), rng.normal(size=(5, 3))
    prelu = PReLU(dtype=np.float64)
    prelu.forward(Z)
    prelu.backward(dA)
    expected = sum(d * min(0, z) for d, z in zip(dA.ravel(), Z.ravel(), strict=True))
    np.testing.assert_allclose(prelu.dalpha, [expected], rtol=1e-13)


def test_prelu_refuses_another_number_of_channels():
    with pytest.raises(ValueError, match=re.escape("PReLU(4) expects Z of shape (m, …, 4), got")):
        PReLU(4).forward(np.ones((5, 3)))
    with pytest.raises(ValueError, match="n must be a whole number ≥ 1, got 0"):
        PReLU(0)


def test_softmax_backward_is_the_jacobian_row_by_row(rng):
    Z, dA = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    layer = Softmax()
    A = layer.forward(Z)
    np.testing.assert_array_equal(A, softmax(Z))
    jacobians = [np.diag(a) - np.outer(a, a) for a in A]
    expected = [J.T @ d for J, d in zip(jacobians, dA, strict=True)]
    assert relative_error(layer.backward(dA), np.array(expected)) < 1e-14


def test_an_activation_without_a_formula_says_so():
    bare = Activation()
    with pytest.raises(NotImplementedError):
        bare.forward(np.ones((2, 3)))
    with pytest.raises(NotImplementedError):
        bare.g_prime(np.ones(2), np.ones(2))
    with pytest.raises(TypeError, match="Z must hold real numbers, got dtype <U1"):
        Identity().forward(np.array([["a"]]))
