"""Penalties to the lecture's scale, L1's hovering and its exact zeros, and clipping."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Lasso, Ridge

from nnlib import (
    L1,
    L2,
    SGD,
    BatchNorm,
    Dense,
    MeanSquaredError,
    PReLU,
    Sequential,
    Standardizer,
    clip_gradient,
    datasets,
    fit,
    soft_threshold,
    train_step,
)
from nnlib.regularization import Penalty

numbers = st.floats(-100, 100, width=32)
vectors = arrays(np.float64, st.integers(1, 9), elements=numbers)
W, M = np.array([3.0, -2.0, 0.0, 0.5]), 4


def test_the_lectures_scale():
    """λ/(2m) Σ w² with gradient λ/m w; λ/m Σ |w| with λ/m sign(w)."""
    assert L2(0.8).value(W, M) == pytest.approx(0.8 / 8 * (9 + 4 + 0.25))
    assert_allclose(L2(0.8).gradient(W, M), 0.2 * np.array([3, -2, 0, 0.5]))
    assert L1(0.8).value(W, M) == pytest.approx(0.8 / 4 * (3 + 2 + 0.5))
    assert_allclose(L1(0.8).gradient(W, M), 0.2 * np.array([1, -1, 0, 1]))


@given(vectors, st.floats(0, 5), st.integers(1, 500))
def test_gradients_are_the_values_slopes(w, lam, m):
    w = np.where(np.abs(w) < 0.1, 0.5, w)  # away from L1's kink
    for penalty in (L1(lam), L2(lam)):
        slopes = [
            (penalty.value(w + e, m) - penalty.value(w - e, m)) / 2e-4
            for e in 1e-4 * np.eye(len(w))
        ]
        assert_allclose(penalty.gradient(w, m), slopes, atol=1e-6)


@pytest.mark.parametrize("penalty", [L1(0.3), L1(0.3, proximal=True), L2(0.3)])
def test_float32_stays_float32_and_weights_stay_put(penalty):
    w = W.astype(np.float32)
    assert penalty.gradient(w, M).dtype == np.float32
    assert type(penalty.value(w, M)) is float
    assert soft_threshold(w, 0.1).dtype == np.float32
    assert_array_equal(w, W)


def test_l1_alone_steps_proximally():
    w = W.copy()
    for penalty in (L1(3.0), L2(3.0)):
        penalty.after_step(w, M, 0.1)
        assert_array_equal(w, W)
    proximal = L1(8.0, proximal=True)
    assert_array_equal(proximal.gradient(W, M), np.zeros(4))
    assert proximal.value(W, M) == L1(8.0).value(W, M)
    proximal.after_step(w, M, 0.5)  # αλ/m = 1
    assert_array_equal(w, [2, -1, 0, 0])


@given(vectors, st.floats(0, 20))
def test_soft_threshold_is_the_proximal_point(u, threshold):
    """It minimises ½(w − u)² + threshold |w|, coordinate by coordinate."""
    kept = u.copy()
    w = soft_threshold(u, threshold)
    assert_array_equal(u, kept)
    assert (np.abs(w) <= np.abs(u)).all()
    assert (w[np.abs(u) <= threshold] == 0).all()
    for other in (w + 0.01, w - 0.01, np.zeros_like(u), u):
        cost, least = ((v - u) ** 2 / 2 + threshold * np.abs(v) for v in (other, w))
        assert (least <= cost + 1e-9 * (1 + cost)).all()


def one_weight(penalty, steps=200):
    """The last ten w of θ ← θ − α(∇ + …) on ½(w − 0.05)², which λ/m = 0.2 should hold at 0."""
    w, path = np.array([1.0]), []
    for _ in range(steps):
        w -= 0.1 * (w - 0.05 + penalty.gradient(w, 1))
        penalty.after_step(w, 1, 0.1)
        path.append(w[0])
    return np.array(path[-10:])


def test_the_subgradient_hovers_where_the_proximal_step_rests():
    hovering, resting = one_weight(L1(0.2)), one_weight(L1(0.2, proximal=True))
    assert (hovering != 0).all()
    assert 0 < np.ptp(hovering) < 0.05
    assert (np.diff(np.sign(hovering)) != 0).any()
    assert_array_equal(resting, np.zeros(10))


@pytest.fixture(scope="module")
def diabetes():
    data = datasets.diabetes()
    y = (data.y - data.y.mean()) / data.y.std()
    return Standardizer().fit_transform(data.X), y


def linear_fit(X, y, penalty, rng, epochs):
    net = Sequential(Dense(X.shape[1], 1, rng=rng), dtype=np.float64)
    lr = len(X) / np.linalg.eigvalsh(X.T @ X)[-1]
    fit(net, MeanSquaredError(half=True), SGD(lr), X, y, epochs=epochs, penalty=penalty)
    return net.layers[0].W[0], net.layers[0].b[0]


@pytest.mark.parametrize("lam", [4.0, 20.0, 60.0, 200.0, 1000.0])
def test_the_proximal_path_is_the_lasso(lam, diabetes, rng):
    X, y = diabetes
    w, b = linear_fit(X, y, L1(lam, proximal=True), rng, epochs=3000)
    lasso = Lasso(alpha=lam / len(X), tol=1e-12, max_iter=100_000).fit(X, y)
    assert_allclose(w, lasso.coef_, atol=1e-6)
    assert_array_equal(w == 0, lasso.coef_ == 0)
    assert (w == 0).any() or lam < 20
    assert b == pytest.approx(lasso.intercept_, abs=1e-9)


def test_the_plain_l1_step_gives_no_exact_zeros(diabetes, rng):
    X, y = diabetes
    w, _ = linear_fit(X, y, L1(60.0), rng, epochs=1000)
    lasso = Lasso(alpha=60 / len(X)).fit(X, y)
    assert (lasso.coef_ == 0).sum() >= 3
    assert (w != 0).all()
    assert_allclose(w, lasso.coef_, atol=0.1)


def test_l2_is_ridge_and_spares_the_bias(diabetes, rng):
    X, y = diabetes
    w, b = linear_fit(X, y + 5, L2(500.0), rng, epochs=500)
    ridge = Ridge(alpha=500.0).fit(X, y + 5)
    assert_allclose(w, ridge.coef_, atol=1e-8)
    assert b == pytest.approx(5, abs=1e-8)


def test_a_penalty_spares_biases_and_normalisation(rng):
    net = Sequential(Dense(3, 4, rng=rng), BatchNorm(4), PReLU(4), Dense(4, 2, rng=rng))
    net.theta = np.ones_like(net.theta)
    X, y = rng.standard_normal((6, 3)), rng.standard_normal((6, 2))
    train_step(net, MeanSquaredError(), SGD(0.1), X, y)
    plain, net.theta = net.grad.copy(), np.ones_like(net.theta)
    train_step(net, MeanSquaredError(), SGD(0.1), X, y, penalty=L2(18.0))
    pull = net.grad - plain
    pulled = {v.name for v in net.parameters.views if pull[v.start : v.stop].any()}
    assert pulled == {"0.W", "3.W"}
    assert_allclose(pull[pull != 0], 18.0 / 6, rtol=1e-5)
    assert np.count_nonzero(pull) == 12 + 8


@given(vectors, st.floats(0.01, 1000))
def test_clipping_keeps_the_direction_and_bounds_the_norm(grad, max_norm):
    before = grad.copy()
    norm = clip_gradient(grad, max_norm)
    assert norm == pytest.approx(np.linalg.norm(before))
    if norm <= max_norm:
        assert_array_equal(grad, before)
    else:
        assert np.linalg.norm(grad) == pytest.approx(max_norm)
        assert_allclose(grad, before * (max_norm / norm), rtol=1e-12)


def test_clipping_in_float32():
    grad = np.float32([3, 4])
    assert clip_gradient(grad, np.float64(1.0)) == 5
    assert grad.dtype == np.float32
    assert_allclose(grad, [0.6, 0.8], rtol=1e-6)


def test_an_explosion_is_clipped_not_lost():
    grad = np.float32([3e30, -4e30])  # its squares overflow float32
    assert clip_gradient(grad, 1.0) == pytest.approx(5e30, rel=1e-6)
    assert_allclose(grad, [0.6, -0.8], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: L2(-1), "lam must be zero or more, got -1"),
        (lambda: L1(np.nan, proximal=True), "lam must be zero or more, got nan"),
        (lambda: L1("much"), "lam must be zero or more, got 'much'"),
        (lambda: clip_gradient(np.ones(2), 0), "max_norm must be a positive number, got 0"),
    ],
)
def test_bad_settings(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_base_class_has_no_formula():
    for method in (Penalty(1.0).value, Penalty(1.0).gradient):
        with pytest.raises(NotImplementedError):
            method(W, M)
    assert repr(L2(0.5)) == "L2(lam=0.5)"
