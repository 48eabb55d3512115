"""First weights: their mean, variance, range and shape of distribution; orthogonality."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from nnlib import initializers as init

N_OUT, N_IN = 300, 200
RECEPTIVE = (40, 3, 5, 20)  # a convolution: 40 filters of 3 × 5 windows over 20 channels

# initialiser: the standard deviation that n_in and n_out ask for, and whether it is uniform
STD = {
    init.normal: (lambda n_in, n_out: 0.01, False),
    init.uniform: (lambda n_in, n_out: 1 / math.sqrt(3 * n_in), True),
    init.lecun_normal: (lambda n_in, n_out: math.sqrt(1 / n_in), False),
    init.glorot_normal: (lambda n_in, n_out: math.sqrt(2 / (n_in + n_out)), False),
    init.glorot_uniform: (lambda n_in, n_out: math.sqrt(2 / (n_in + n_out)), True),
    init.he_normal: (lambda n_in, n_out: math.sqrt(2 / n_in), False),
}
EVERY = [init.zeros, *STD, init.orthogonal]
OF_THE_FANS = [f for f in EVERY if f not in (init.zeros, init.normal)]
every_initializer = pytest.mark.parametrize("initializer", EVERY, ids=lambda f: f.__name__)


@pytest.mark.parametrize(
    ("shape", "n_in", "n_out"), [((N_OUT, N_IN), N_IN, N_OUT), (RECEPTIVE, 300, 600)]
)
@pytest.mark.parametrize("initializer", STD, ids=lambda f: f.__name__)
def test_moments(initializer, shape, n_in, n_out, rng):
    std, is_uniform = STD[initializer]
    W = initializer(shape, rng=rng, dtype=np.float64)
    sigma, n = std(n_in, n_out), W.size
    kurtosis = np.mean(W**4) / np.mean(W**2) ** 2
    assert abs(W.mean()) < 4 * sigma / math.sqrt(n)
    assert W.std() == pytest.approx(sigma, rel=4 / math.sqrt(2 * n))
    assert kurtosis == pytest.approx(1.8 if is_uniform else 3.0, abs=0.2)
    if is_uniform:
        limit = sigma * math.sqrt(3)
        assert np.abs(W).max() <= limit
        assert np.abs(W).max() > 0.999 * limit


@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5), (6, 2, 3, 4), (6, 1, 2, 2)])
def test_orthogonal_rows_or_columns(shape, rng):
    W = init.orthogonal(shape, rng=rng, dtype=np.float64).reshape(shape[0], -1)
    gram = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
    np.testing.assert_allclose(gram, np.eye(min(W.shape)), atol=1e-14)


def test_orthogonal_matrices_are_equally_likely():
    """A QR without the sign correction would favour a negative corner: its mean would be −0.6."""
    corners = [
        init.orthogonal((3, 3), rng=np.random.default_rng(seed), dtype=np.float64)[0, 0]
        for seed in range(500)
    ]
    assert abs(np.mean(corners)) < 4 * np.std(corners) / math.sqrt(500)
    assert np.mean(np.square(corners)) == pytest.approx(1 / 3, abs=0.06)


def test_the_std_of_normal_can_be_chosen(rng):
    assert init.normal((N_OUT, N_IN), rng=rng, std=2.0).std() == pytest.approx(2, rel=0.02)


def test_zeros_need_no_rng():
    np.testing.assert_array_equal(init.zeros((3, 2)), np.zeros((3, 2), np.float32))


@every_initializer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_dtype_are_those_asked_for_and_the_seed_decides(initializer, dtype):
    W, again, other = (
        initializer((4, 2, 3), rng=np.random.default_rng(seed), dtype=dtype) for seed in (1, 1, 2)
    )
    assert (W.shape, W.dtype) == ((4, 2, 3), dtype)
    np.testing.assert_array_equal(W, again)
    assert initializer is init.zeros or (other != W).any()
    assert initializer((3, 2), rng=np.random.default_rng(1)).dtype == np.float32


@pytest.mark.parametrize("initializer", EVERY[1:], ids=lambda f: f.__name__)
def test_rng_is_a_generator(initializer):
    with pytest.raises(TypeError, match=r"rng must be .* got None"):
        initializer((3, 2), rng=None)


@pytest.mark.parametrize("shape", [(3,), (3, 0), ()])
@pytest.mark.parametrize(
    "initializer",
    [f for f in EVERY if f not in (init.zeros, init.normal)],
    ids=lambda f: f.__name__,
)
def test_a_weight_has_inputs_and_outputs(initializer, shape, rng):
    with pytest.raises(ValueError, match=re.escape(f"sizes ≥ 1, got {shape}")):
        initializer(shape, rng=rng)


def test_fans_count_the_window():
    assert init.fans((4, 3)) == (3, 4)
    assert init.fans(RECEPTIVE) == (3 * 5 * 20, 3 * 5 * 40)
