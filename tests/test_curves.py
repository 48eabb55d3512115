"""Learning and validation curves: the right rows go in, and the textbook picture comes out."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("joblib")

from nnlib import metrics
from nnlib.curves import learning_curve, validation_curve
from nnlib.linear_regression import normal_equation

QUIET = {"progress": False}
M = 33


def rng():
    return np.random.default_rng(0)


def data():
    x = rng().uniform(-1, 1, M)
    return x, np.sin(3 * x) + 0.2 * rng().normal(size=M)


def polynomial(degree, training, validation, rng):
    """R² of a least-squares polynomial on its own rows and on others."""
    x, y = data()
    X = np.vander(x, degree + 1, increasing=True)
    theta = normal_equation(X[training], y[training])
    return metrics.r2(y[training], X[training] @ theta), metrics.r2(
        y[validation], X[validation] @ theta
    )


def test_learning_curve_uses_nested_rows_of_each_fold():
    seen = {}

    def note(training, validation, rng):
        seen.setdefault(tuple(validation), []).append(training)
        return len(training), len(validation)

    curve = learning_curve(note, M, [3, 10, 24], k=4, rng=rng(), **QUIET)
    assert curve.values.tolist() == [3, 10, 24]
    np.testing.assert_array_equal(curve.training, np.repeat([[3], [10], [24]], 4, axis=1) * 1.0)
    assert sorted(np.concatenate(list(seen))) == list(range(M))
    for validation, (small, middle, large) in seen.items():
        assert set(small) < set(middle) < set(large)
        assert not set(large) & set(validation)
        assert not (np.diff(large) > 0).all()  # in the file's order the small sizes would be biased


def test_learning_curve_shows_the_gap_close():
    def cubic(training, validation, rng):
        return polynomial(3, training, validation, rng)

    curve = learning_curve(cubic, M, [5, 12, 24], k=4, rng=rng(), **QUIET)
    gap = (curve.training - curve.validation).mean(axis=1)
    assert gap[0] > gap[2]
    assert curve.training[0].mean() > curve.training[2].mean()
    assert curve.validation[2].mean() > 0.8


def test_validation_curve_turns_where_variance_begins():
    degrees = [1, 3, 15]
    curve = validation_curve(polynomial, M, degrees, k=4, rng=rng(), **QUIET)
    assert curve.training.shape == curve.validation.shape == (3, 4)
    training, validation = curve.training.mean(axis=1), curve.validation.mean(axis=1)
    assert training[0] < training[1] < training[2]
    assert validation.argmax() == 1


def test_folds_can_be_stratified():
    y = np.repeat([0, 1], [25, 8])

    def share(training, validation, rng):
        return y[training].mean(), y[validation].mean()

    curve = learning_curve(share, M, [24], k=4, rng=rng(), stratify=y, **QUIET)
    assert np.ptp(curve.validation) < 0.05


def draw(value, training, validation, rng):
    return rng.normal(), rng.normal()


def test_workers_do_not_matter_and_every_fit_has_its_own_generator():
    settings = {"k": 3, **QUIET}
    serial = validation_curve(draw, M, ["a", "b"], rng=rng(), **settings)
    parallel = validation_curve(draw, M, ["a", "b"], rng=rng(), n_jobs=2, **settings)
    np.testing.assert_array_equal(serial.training, parallel.training)
    np.testing.assert_array_equal(serial.validation, parallel.validation)
    assert len(np.unique([serial.training, serial.validation])) == 12


def test_an_interrupt_leaves_nan_where_it_came_first():
    def interrupted(value, training, validation, rng):
        if value == 2 and 0 in validation:
            raise KeyboardInterrupt
        return value, -value

    curve = validation_curve(interrupted, M, [1, 2], k=3, rng=rng(), **QUIET)
    assert curve.training[0].tolist() == [1, 1, 1]
    assert np.isnan(curve.training[1]).any()
    np.testing.assert_array_equal(np.isnan(curve.training), np.isnan(curve.validation))


def test_bad_input_is_named():
    def score(*args):
        return 0.0, 0.0

    with pytest.raises(
        ValueError, match="4 folds of 33 rows train on 24 at most, got a size of 25"
    ):
        learning_curve(score, M, [3, 25], k=4, rng=rng(), **QUIET)
    with pytest.raises(ValueError, match="a training size must be a whole number ≥ 1, got 0"):
        learning_curve(score, M, [0], rng=rng(), **QUIET)
    with pytest.raises(ValueError, match="a curve needs at least one value"):
        validation_curve(score, M, [], rng=rng(), **QUIET)
    with pytest.raises(ValueError, match="34 folds need at least 34 rows, got m = 33"):
        validation_curve(score, M, [1], k=34, rng=rng(), **QUIET)
    for alone in (0.5, None):
        with pytest.raises(ValueError, match=rf"\(training score, validation score\), got {alone}"):
            validation_curve(lambda *args, s=alone: s, M, [1], rng=rng(), **QUIET)


@pytest.mark.parametrize("sizes", [[(5,), (5, 5)], [(8, 4), (4, 8)], [[3], None]])
def test_a_value_may_be_a_list_such_as_layer_sizes(sizes):
    curve = validation_curve(lambda *args: (1.0, 0.5), M, sizes, k=4, rng=rng(), **QUIET)
    assert list(curve.values) == sizes
    assert curve.training.shape == (2, 4)
