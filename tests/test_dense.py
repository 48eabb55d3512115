"""The affine map and its three gradients, one number at a time."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nnlib import Dense, initializers
from nnlib.dense import LONG_ROW

M, N_IN, N_OUT = 5, 3, 4


@pytest.mark.parametrize("beyond_cache", [False, True])
@pytest.mark.parametrize("n_out", [1, N_OUT])
@pytest.mark.parametrize("m", [1, M])
def test_forward_and_backward_are_the_loops(m, n_out, beyond_cache, rng, monkeypatch):
    if beyond_cache:
        monkeypatch.setattr("nnlib.dense.BEYOND_CACHE", 0)
        monkeypatch.setattr("nnlib.dense.LONG_ROW", 1)
    layer = Dense(N_IN, n_out, rng=rng, dtype=np.float64)
    layer.b = rng.normal(size=n_out)
    A, dZ = rng.normal(size=(m, N_IN)), rng.normal(size=(m, n_out))
    Z, dA = np.zeros((m, n_out)), np.zeros((m, N_IN))
    dW, db = np.zeros((n_out, N_IN)), np.zeros(n_out)
    for i in range(m):
        for k in range(n_out):
            Z[i, k] = layer.b[k]
            db[k] += dZ[i, k]
            for j in range(N_IN):
                Z[i, k] += layer.W[k, j] * A[i, j]
                dW[k, j] += dZ[i, k] * A[i, j]
                dA[i, j] += dZ[i, k] * layer.W[k, j]
    np.testing.assert_allclose(layer.forward(A), Z, rtol=1e-13)
    np.testing.assert_allclose(layer.backward(dZ), dA, rtol=1e-12)
    np.testing.assert_allclose(layer.dW, dW, rtol=1e-12)
    np.testing.assert_allclose(layer.db, db, rtol=1e-12)


@pytest.mark.parametrize("of_A", [np.float32, np.float64])
def test_one_output_keeps_dtype_and_layout_beyond_the_cache(of_A, rng, monkeypatch):
    A = rng.normal(size=(2 * M, 2 * LONG_ROW)).astype(of_A)[::2, ::2]

    def through():
        layer = Dense(LONG_ROW, 1, rng=np.random.default_rng(4))
        Z = layer.forward(A)
        layer.backward(np.arange(M, dtype=of_A)[:, None])
        return Z, layer.dW

    in_cache = through()
    monkeypatch.setattr("nnlib.dense.BEYOND_CACHE", 0)
    for one, other in zip(in_cache, through(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
        assert one.dtype == other.dtype
        assert one.shape == other.shape


def test_one_example_per_column_is_the_lectures_form(rng):
    layer = Dense(N_IN, N_OUT, rng=rng, dtype=np.float64)
    A = rng.normal(size=(M, N_IN))
    np.testing.assert_allclose(layer.forward(A).T, layer.W @ A.T + layer.b[:, None], rtol=1e-13)


def test_starts_with_the_initialiser_and_no_bias():
    layer = Dense(N_IN, N_OUT, rng=np.random.default_rng(4), init=initializers.he_normal)
    expected = initializers.he_normal((N_OUT, N_IN), rng=np.random.default_rng(4))
    np.testing.assert_array_equal(layer.W, expected)
    np.testing.assert_array_equal(layer.b, np.zeros(N_OUT))
    assert (layer.W.dtype, layer.b.dtype) == (np.float32, np.float32)


def test_starts_with_glorot_uniform_unless_told():
    layer = Dense(N_IN, N_OUT, rng=np.random.default_rng(4))
    expected = initializers.glorot_uniform((N_OUT, N_IN), rng=np.random.default_rng(4))
    np.testing.assert_array_equal(layer.W, expected)


def test_weight_decay_spares_the_bias():
    assert [p.decay for p in Dense.parameters.values()] == [True, False]


@pytest.mark.parametrize("shape", [(M, N_OUT), (N_IN,), (M, 2, N_IN)])
def test_refuses_another_shape(shape, rng):
    layer = Dense(N_IN, N_OUT, rng=rng)
    message = f"Dense(3, 4) expects A of shape (m, 3), got {shape}"
    with pytest.raises(ValueError, match=re.escape(message)):
        layer.forward(np.ones(shape))


def test_table_of_dimensions_refuses_another_shape(rng):
    layer = Dense(N_IN, N_OUT, rng=rng)
    with pytest.raises(ValueError, match=re.escape("examples of shape (3,), got (2, 3)")):
        layer.output_shape((2, 3))


@pytest.mark.parametrize(
    ("n_in", "n_out", "message"),
    [
        (0, 4, "n_in must be a whole number ≥ 1, got 0"),
        (3, -1, "n_out must be a whole number ≥ 1, got -1"),
        (3.0, 4, "n_in must be a whole number ≥ 1, got 3.0"),
        (3, True, "n_out must be a whole number ≥ 1, got True"),
        ("3", 4, "n_in must be a whole number ≥ 1, got '3'"),
    ],
)
def test_sizes_are_whole_numbers(n_in, n_out, message, rng):
    with pytest.raises(ValueError, match=message):
        Dense(n_in, n_out, rng=rng)


def test_rng_is_a_generator():
    with pytest.raises(TypeError, match=re.escape("must be numpy.random.default_rng(seed), got 0")):
        Dense(N_IN, N_OUT, rng=0)
