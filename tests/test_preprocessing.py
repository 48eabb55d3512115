"""Standardisation against scikit-learn, and that no test value leaks into it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import StandardScaler

from nnlib import Standardizer, datasets


@pytest.mark.parametrize("data", [datasets.breast_cancer, datasets.diabetes, datasets.digits])
def test_as_scikit_learn(data):
    X = data().X
    train, test = X[:300], X[300:]
    ours, theirs = Standardizer().fit(train), StandardScaler().fit(train)
    assert_allclose(ours.transform(train), theirs.transform(train), atol=1e-9)
    assert_allclose(ours.transform(test), theirs.transform(test), atol=1e-9)


@given(arrays(np.float64, (7, 3), elements=st.integers(-800, 800).map(lambda i: i / 8)))
def test_mean_zero_and_spread_one_or_zero(X):
    kept = X.copy()
    Z = Standardizer().fit_transform(X)
    assert_array_equal(X, kept)
    varies = np.ptp(X, axis=0) > 1e-9 * np.abs(X).max(axis=0)
    assert_allclose(Z.mean(axis=0)[varies], 0, atol=1e-6)
    assert_allclose(Z.std(axis=0)[varies], 1, atol=1e-6)
    assert np.isfinite(Z).all()


def test_the_statistics_are_the_training_sets(rng):
    train, test = rng.normal(5, 2, (50, 3)), rng.normal(-1, 7, (20, 3))
    scaler = Standardizer().fit(train)
    Z = scaler.transform(test)
    assert_allclose(Z, (test - train.mean(axis=0)) / train.std(axis=0), rtol=1e-12)
    assert_allclose(scaler.mean, train.mean(axis=0))
    assert_array_equal(scaler.transform(test[:1]), Z[:1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, -3.3e7])
def test_a_constant_feature_is_only_centred(dtype, value, rng):
    X = np.full((20_000, 2), value, dtype)
    X[:, 1] = rng.normal(size=20_000)
    Z = Standardizer().fit_transform(X)
    assert Z.dtype == dtype
    assert_array_equal(Z[:, 0], 0)
    assert Z[:, 1].std() == pytest.approx(1, abs=1e-4)


def test_dtype_is_that_of_the_inputs(rng):
    X = rng.normal(5, 2, (50, 3))
    scaler = Standardizer().fit(X)
    Z = scaler.transform(X.astype(np.float32))
    assert Z.dtype == np.float32
    assert_allclose(Z, scaler.transform(X), atol=1e-5)


def test_rounding_is_no_variation():
    X = np.array([[0.3], [0.1 + 0.2], [0.3]])
    assert np.abs(Standardizer().fit_transform(X)).max() < 1e-15


def test_a_small_spread_around_a_large_mean_counts(rng):
    seconds = 1.7e9 + rng.uniform(-100, 100, (500, 1))
    Z = Standardizer().fit_transform(seconds)
    assert Z.std() == pytest.approx(1)


def test_whole_numbers_will_do():
    assert_allclose(Standardizer().fit_transform([[1, 4], [3, 4]]), [[-1, 0], [1, 0]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ones(4), r"X must have shape \(m, n\): one row per sample; got \(4,\)"),
        (np.ones((0, 3)), r"X must have at least one row and one column, got shape \(0, 3\)"),
        ([[1.0, np.nan]], r"X must be finite, got nan at index \(0, 1\)"),
        ([[1.0], [np.inf]], r"X must be finite, got inf at index \(1, 0\)"),
    ],
)
def test_bad_input(X, message):
    scaler = Standardizer().fit([[1.0, 2.0], [3.0, 5.0]])
    for method in (Standardizer().fit, scaler.fit):
        with pytest.raises(ValueError, match=message):
            method(X)
    assert_array_equal(scaler.mean, [2, 3.5])


def test_another_number_of_features():
    scaler = Standardizer().fit(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"X must have 3 features, got 2 \(shape \(5, 2"):
        scaler.transform(np.ones((5, 2)))
    with pytest.raises(TypeError, match="X must hold real numbers, got dtype"):
        scaler.transform([["a", "b", "c"]])


def test_before_fit():
    with pytest.raises(RuntimeError, match=r"Standardizer needs fit\(training inputs\) first"):
        Standardizer().transform(np.ones((2, 2)))
