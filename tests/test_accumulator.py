"""The per-example Δ accumulator and the vectorised layers are two writings of one gradient."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from nnlib import (
    L2,
    BinaryCrossEntropy,
    CrossEntropy,
    Dense,
    MeanSquaredError,
    Sequential,
    Tanh,
    objective,
    one_hot,
    sigmoid,
    softmax,
)
from nnlib.accumulator import accumulate, bias_column_form, from_bias_column

M, SIZES = 7, (4, 5, 3, 2)


def network(rng):
    layers = [Dense(a, b, rng=rng) for a, b in pairwise(SIZES)]
    for dense in layers:
        dense.b = rng.normal(size=dense.n_out)
    net = Sequential(layers[0], Tanh(), layers[1], Tanh(), layers[2], dtype=np.float64)
    return net, layers


CASES = {
    "sigmoid": (BinaryCrossEntropy(), sigmoid, lambda y: one_hot(y, 2, np.float64)),
    "softmax": (CrossEntropy(), softmax, lambda y: one_hot(y, 2, np.float64)),
    "identity": (MeanSquaredError(half=True), lambda z: z, lambda y: np.c_[y - 0.3, 2.0 * y]),
}


@pytest.mark.parametrize("lam", [0.0, 0.7])
@pytest.mark.parametrize("case", CASES)
def test_accumulator_equals_vectorised_backward(case, lam):
    loss, output, targets = CASES[case]
    rng = np.random.default_rng(0)
    net, layers = network(rng)
    X, Y = rng.normal(size=(M, SIZES[0])), targets(rng.integers(0, 2, M))
    grad = objective(net, loss, X, Y, penalty=L2(lam))(net.theta.copy())[1]
    D = accumulate([bias_column_form(dense) for dense in layers], Tanh(), output, X, Y, lam=lam)
    np.testing.assert_allclose(np.concatenate([_w_then_b(d) for d in D]), grad, atol=1e-14)


def _w_then_b(D):
    return np.append(D[:, 1:].ravel(), D[:, 0])


def test_theta_is_the_bias_beside_the_weights_and_back():
    rng = np.random.default_rng(1)
    dense = Dense(4, 3, rng=rng)
    Theta = rng.normal(size=(3, 5)).astype(np.float32)
    from_bias_column(dense, Theta)
    np.testing.assert_array_equal(dense.b, Theta[:, 0])
    np.testing.assert_array_equal(dense.W, Theta[:, 1:])
    np.testing.assert_array_equal(bias_column_form(dense), Theta)
    x = rng.normal(size=4).astype(np.float32)
    np.testing.assert_allclose(Theta @ np.append(1, x), dense.forward(x[None])[0], rtol=1e-6)


def test_bad_shapes_are_named():
    rng = np.random.default_rng(2)
    _, layers = network(rng)
    Thetas = [bias_column_form(dense) for dense in layers]
    with pytest.raises(ValueError, match=r"Θ must be \(5, 5\) .* got \(5, 4\)"):
        from_bias_column(layers[0], np.zeros((5, 4)))
    with pytest.raises(ValueError, match=r"X must have 4 features, got 3"):
        accumulate(Thetas, Tanh(), softmax, np.zeros((7, 3)), np.zeros((7, 2)))
    with pytest.raises(ValueError, match=r"Y must have shape \(7, 2\), got \(7,\)"):
        accumulate(Thetas, Tanh(), softmax, np.zeros((7, 4)), np.zeros(7))


def test_whole_numbers_will_do():
    whole = [[1, 2, 0], [0, 1, -1], [2, 0, 1]], [[0, 1, 2, -1]]
    X, Y = [[1, 0], [2, 1]], [[1], [0]]
    D = accumulate([np.array(Theta) for Theta in whole], Tanh(), softmax, X, Y)
    exact = [np.array(Theta, float) for Theta in whole]
    for got, expected in zip(D, accumulate(exact, Tanh(), softmax, X, Y), strict=True):
        np.testing.assert_array_equal(got, expected)
    dense = Dense(3, 1, rng=np.random.default_rng(3))
    from_bias_column(dense, whole[1])
    np.testing.assert_array_equal(bias_column_form(dense), whole[1])
