"""Inverted dropout: independent units, the expected value kept, and nothing to do at test time."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import Dropout


def dropped(rate: float, X: np.ndarray, seed: int = 0) -> np.ndarray:
    return Dropout(rate, rng=np.random.default_rng(seed)).forward(X, training=True)


@given(st.floats(0, 0.95), st.integers(0, 9), st.sampled_from([np.float32, np.float64]))
def test_each_entry_is_zero_or_scaled_and_backward_passes_the_same_ones(rate, seed, dtype):
    layer = Dropout(rate, rng=np.random.default_rng(seed))
    X = np.linspace(1, 2, 60, dtype=dtype).reshape(12, 5)
    A = layer.forward(X, training=True)
    np.testing.assert_allclose(A[A != 0], X[A != 0] / (1 - rate), rtol=1e-6)
    dX = layer.backward(X)
    np.testing.assert_array_equal(dX, A)
    assert A.dtype == dX.dtype == dtype


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_the_share_dropped_is_the_rate_and_the_mean_is_kept(rate):
    A = dropped(rate, np.ones((400, 500)))
    spread = (rate * (1 - rate) / A.size) ** 0.5
    assert abs((A == 0).mean() - rate) < 4 * spread
    assert abs(A.mean() - 1) < 4 * spread / (1 - rate)


def test_units_are_dropped_independently():
    kept = dropped(0.5, np.ones((2000, 6))) > 0
    per_row = kept.sum(axis=1)
    assert per_row.var() == pytest.approx(6 / 4, rel=0.15)
    correlation = np.corrcoef(kept.T) - np.eye(6)
    assert np.abs(correlation).max() < 0.1


def test_the_mask_is_new_every_time_and_the_seed_repeats_it():
    X, layer = np.ones((6, 5)), Dropout(0.5, rng=np.random.default_rng(0))
    first, second = (layer.forward(X, training=True) for _ in range(2))
    assert (first != second).any()
    np.testing.assert_array_equal(dropped(0.5, X), first)


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0, True)])
def test_off_it_is_the_identity_and_draws_nothing(rate, training):
    generator = np.random.default_rng(0)
    before = generator.bit_generator.state
    layer, X = Dropout(rate, rng=generator), np.arange(6.0).reshape(2, 3)
    A = layer.forward(X, training)
    dX = layer.backward(X)
    for result in (A, dX):
        np.testing.assert_array_equal(result, X)
        assert not np.shares_memory(result, X)
    assert generator.bit_generator.state == before


@pytest.mark.parametrize("rate", [1, -0.1, np.nan])
def test_rate_is_a_fraction_below_one(rate):
    with pytest.raises(ValueError, match=re.escape(f"rate must lie in [0, 1), got {rate}")):
        Dropout(rate, rng=np.random.default_rng(0))


def test_rng_is_a_generator():
    with pytest.raises(TypeError, match=r"rng must be .* got RandomState"):
        Dropout(0.5, rng=np.random.RandomState(0))
