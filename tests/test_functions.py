"""Sigmoid, softmax and their logarithms, held to plain loops over exact arithmetic."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib.functions import log_softmax, logsumexp, one_hot, sigmoid, softmax, softplus

ELEMENTWISE = {
    sigmoid: lambda z: 1 / (1 + math.exp(-z)),
    softplus: lambda z: math.log(1 + math.exp(z)),
}
ROWWISE = {
    softmax: lambda row: [math.exp(z) / sum(map(math.exp, row)) for z in row],
    log_softmax: lambda row: [z - math.log(sum(map(math.exp, row))) for z in row],
    logsumexp: lambda row: math.log(sum(map(math.exp, row))),
}
EVERY = [*ELEMENTWISE, *ROWWISE]
every_function = pytest.mark.parametrize("f", EVERY, ids=lambda f: f.__name__)
dtypes = st.sampled_from([np.float32, np.float64])
# Multiples of 1/8 with integer shifts: their sums are exact in either dtype.
logits = dtypes.flatmap(
    lambda dtype: arrays(dtype, (4, 3), elements=st.integers(-80, 80).map(lambda k: k / 8))
)


@pytest.mark.parametrize("f", ELEMENTWISE, ids=lambda f: f.__name__)
def test_elementwise_is_its_formula(f, rng):
    z = rng.normal(scale=4, size=(3, 2, 4))
    expected = [ELEMENTWISE[f](x) for x in z.ravel()]
    np.testing.assert_allclose(f(z).ravel(), expected, rtol=1e-12)


@pytest.mark.parametrize("f", ROWWISE, ids=lambda f: f.__name__)
def test_rowwise_is_its_formula_along_any_axis(f, rng):
    z = rng.normal(scale=4, size=(5, 3))
    expected = np.array([ROWWISE[f](row) for row in z])
    np.testing.assert_allclose(f(z), expected, rtol=1e-13)
    np.testing.assert_allclose(f(z.T, axis=0), expected.T, rtol=1e-13)


@every_function
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_is_kept_and_whole_numbers_become_float64(f, dtype):
    z = np.array([[-1, 0, 2]], dtype)
    assert f(z).dtype == dtype
    assert f(z.astype(int)).dtype == np.float64


@every_function
def test_input_is_left_alone_and_result_is_fresh(f, rng):
    z = rng.normal(size=(4, 3))
    before = z.copy()
    assert not np.shares_memory(f(z), z)
    np.testing.assert_array_equal(z, before)


@every_function
@pytest.mark.parametrize(
    ("bad", "got"), [(np.array([["a"]]), "<U1"), (np.array([[1j]]), "complex128")]
)
def test_what_is_no_real_number_is_refused(f, bad, got):
    with pytest.raises(TypeError, match=f"z must hold real numbers, got dtype {got}"):
        f(bad)


@given(logits, st.integers(-1000, 1000))
def test_softmax_does_not_see_a_shift(z, shift):
    shifted = z + z.dtype.type(shift)
    np.testing.assert_array_equal(softmax(shifted), softmax(z))
    np.testing.assert_array_equal(log_softmax(shifted), log_softmax(z))
    np.testing.assert_allclose(logsumexp(shifted), logsumexp(z) + shift, atol=2e-4)


@given(logits)
def test_softmax_rows_are_probabilities_in_the_order_of_the_logits(z):
    A = softmax(z)
    np.testing.assert_allclose(A.sum(axis=1), 1, rtol=1e-6)
    assert ((A >= 0) & (A <= 1)).all()
    assert (np.diff(np.take_along_axis(A, z.argsort(axis=1), axis=1)) >= 0).all()
    np.testing.assert_allclose(np.exp(log_softmax(z)), A, rtol=1e-5)


@given(logits)
def test_sigmoid_is_symmetric_and_softplus_its_integral(z):
    np.testing.assert_allclose(sigmoid(z) + sigmoid(-z), 1, rtol=1e-6)
    np.testing.assert_allclose(softplus(z) - softplus(-z), z, atol=2e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_logit_overflows(dtype):
    z = np.array([-1e4, -1000, 0, 1000, 1e4], dtype)
    np.testing.assert_array_equal(sigmoid(z), np.array([0, 0, 0.5, 1, 1], dtype))
    np.testing.assert_array_equal(softplus(z), np.array([0, 0, math.log(2), 1000, 1e4], dtype))
    np.testing.assert_array_equal(softmax(z), np.array([0, 0, 0, 0, 1], dtype))
    np.testing.assert_array_equal(log_softmax(z), z - dtype(1e4))
    assert logsumexp(z) == dtype(1e4)


def test_log_softmax_keeps_its_digits_beside_large_logits():
    z = np.full((1, 2), 1e4, np.float32)
    np.testing.assert_allclose(log_softmax(z), -math.log(2), rtol=1e-7)


def test_sigmoid_keeps_its_digits_far_below_zero():
    assert sigmoid(np.array([-700.0]))[0] == pytest.approx(math.exp(-700), rel=1e-14)


def test_minus_infinity_is_probability_zero():
    z = np.array([[1.0, -np.inf, 1.0]])
    np.testing.assert_array_equal(softmax(z), [[0.5, 0, 0.5]])
    assert logsumexp(z)[0] == pytest.approx(1 + math.log(2))


def test_logsumexp_can_keep_its_axis(rng):
    z = rng.normal(size=(4, 2, 3))
    assert logsumexp(z, axis=1).shape == (4, 3)
    kept = logsumexp(z, axis=1, keepdims=True)
    np.testing.assert_array_equal(kept[:, 0], logsumexp(z, axis=1))


def test_softmax_of_logarithms_is_a_fraction():
    counts = [1, 2, 5]
    exact = [float(Fraction(k, sum(counts))) for k in counts]
    np.testing.assert_allclose(softmax(np.log(counts)), exact, rtol=1e-15)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9), dtypes)
def test_one_hot_is_undone_by_argmax(y, dtype):
    rows = one_hot(np.array(y), 5, dtype)
    assert (rows.shape, rows.dtype) == ((len(y), 5), dtype)
    np.testing.assert_array_equal(rows.sum(axis=1), 1)
    np.testing.assert_array_equal(rows.argmax(axis=1), y)


def test_one_hot_takes_booleans_and_makes_float32():
    rows = one_hot(np.array([True, False]), 2)
    np.testing.assert_array_equal(rows, np.array([[0, 1], [1, 0]], np.float32))
    assert rows.dtype == np.float32


@pytest.mark.parametrize(
    ("y", "n_classes", "message"),
    [
        ([0, 1, 3], 3, "labels must lie in 0 … 2, got 3 at index 2"),
        ([0, -1, 3], 3, "labels must lie in 0 … 2, got -1 at index 1"),
        ([0.0, 1.5], 3, "labels must be integers in 0 … 2, got dtype float64"),
        (["cat"], 3, "labels must be integers in 0 … 2, got dtype <U3"),
        ([[0, 1]], 3, "labels must have shape (m,) with m ≥ 1, got (1, 2)"),
        ([], 3, "labels must have shape (m,) with m ≥ 1, got (0,)"),
        ([0], 0, "n_classes must be a whole number ≥ 1, got 0"),
        ([0], 2.0, "n_classes must be a whole number ≥ 1, got 2.0"),
    ],
)
def test_one_hot_refuses(y, n_classes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        one_hot(y, n_classes)
