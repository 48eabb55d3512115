"""Metrics against scikit-learn over random labels, ties and classes that never occur."""

import numpy as np
import pytest
import sklearn.metrics as theirs
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from nnlib import metrics

AVERAGES = ("binary", "macro", "micro", "weighted")


def pairs(values, least=1):
    return st.lists(st.tuples(values, values), min_size=least, max_size=40).map(
        lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
    )


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
@pytest.mark.parametrize("average", AVERAGES)
@given(data=st.data())
def test_precision_recall_f1(name, average, data):
    classes = st.integers(0, 1) if average == "binary" else st.integers(-1, 3)
    y, y_hat = data.draw(pairs(classes))
    expected = getattr(theirs, f"{name}_score")(y, y_hat, average=average, zero_division=0)
    assert getattr(metrics, name)(y, y_hat, average=average) == pytest.approx(expected, abs=1e-12)


@given(pairs(st.sampled_from(["cat", "dog", "hen"])))
def test_confusion_and_accuracy_of_any_labels(labels):
    y, y_hat = labels
    animals = np.array(["cat", "dog", "hen"])
    table, seen = theirs.confusion_matrix(y, y_hat, labels=animals), np.isin(animals, labels)
    assert_array_equal(metrics.confusion_matrix(y, y_hat), table[np.ix_(seen, seen)])
    order = ["hen", "ant", "cat", "dog"]
    assert_array_equal(
        metrics.confusion_matrix(y, y_hat, labels=order),
        theirs.confusion_matrix(y, y_hat, labels=order),
    )
    assert metrics.accuracy(y, y_hat) == pytest.approx(theirs.accuracy_score(y, y_hat))
    macro = theirs.f1_score(y, y_hat, average="macro", zero_division=0)
    assert metrics.f1(y, y_hat, average="macro") == pytest.approx(macro)


def test_by_hand():
    y, y_hat = np.array([1, 1, 1, 0, 0, 0, 0, 1]), np.array([1, 0, 1, 0, 1, 0, 0, 0])
    assert_array_equal(metrics.confusion_matrix(y, y_hat), [[3, 1], [2, 2]])
    assert metrics.accuracy(y, y_hat) == 5 / 8
    assert metrics.precision(y, y_hat) == 2 / 3
    assert metrics.recall(y, y_hat) == 2 / 4
    assert metrics.f1(y, y_hat) == pytest.approx(4 / 7)
    assert metrics.precision(y[:, None], y_hat.astype(bool)) == 2 / 3


def test_nothing_called_positive_counts_as_zero():
    none, some = np.zeros(4, int), np.array([0, 1, 0, 1])
    assert metrics.precision(some, none) == metrics.f1(some, none) == 0
    assert metrics.recall(none, some) == metrics.f1(none, none) == 0


scores = st.sampled_from([-2.0, -0.5, 0.0, 0.0, 0.25, 1e-3, 7.0])


@given(st.lists(st.tuples(st.integers(0, 1), scores), min_size=1, max_size=60))
def test_roc_and_auc_with_ties(rows):
    y, s = (np.array(column) for column in zip(*[(0, 0.25), (1, 0.0), *rows], strict=True))
    ours, expected = metrics.roc_curve(y, s), theirs.roc_curve(y, s, drop_intermediate=False)
    for mine, sklearns in zip(ours, expected, strict=True):
        assert_allclose(mine, sklearns, atol=1e-12)
    assert metrics.auc(y, s) == pytest.approx(theirs.roc_auc_score(y, s))
    above = np.sign(s[y == 1][:, None] - s[y == 0])
    assert metrics.auc(y, s) == pytest.approx(np.mean((above + 1) / 2))
    assert metrics.auc(y, np.exp(s)) == pytest.approx(metrics.auc(y, s))
    assert metrics.auc(y, -s) == pytest.approx(1 - metrics.auc(y, s))


def test_roc_takes_booleans_and_columns(rng):
    y, s = rng.integers(0, 2, 30), rng.normal(size=30)
    assert metrics.auc(y == 1, s[:, None]) == metrics.auc(y.astype(float), s) == metrics.auc(y, s)


@given(pairs(st.floats(-1e3, 1e3)))
def test_regression_metrics(values):
    y, y_hat = values
    assert metrics.mse(y, y_hat) == pytest.approx(theirs.mean_squared_error(y, y_hat))
    assert metrics.rmse(y, y_hat) == pytest.approx(theirs.root_mean_squared_error(y, y_hat))
    assert metrics.mae(y, y_hat) == pytest.approx(theirs.mean_absolute_error(y, y_hat))
    if np.ptp(y) > 1e-3:
        assert metrics.r2(y, y_hat) == pytest.approx(theirs.r2_score(y, y_hat), rel=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool])
def test_small_whole_numbers_do_not_wrap_around(dtype):
    y, y_hat = np.array([1, 1, 0], dtype), np.array([0, 1, 0], dtype)
    assert metrics.mse(y, y_hat) == metrics.mae(y, y_hat) == pytest.approx(1 / 3)
    assert metrics.r2(y, y_hat) == pytest.approx(-0.5)
    assert metrics.mse(np.uint8([0]), np.uint8([200])) == 40_000


LABELS = [metrics.accuracy, metrics.precision, metrics.recall, metrics.f1, metrics.confusion_matrix]
REALS = [metrics.mse, metrics.rmse, metrics.mae, metrics.r2]


@pytest.mark.parametrize("metric", LABELS + REALS)
def test_shapes_and_nan(metric):
    for y, y_hat, message in (
        ([0, 1, 1], [0, 1], "y and y_hat must have one length, got 3 and 2"),
        ([], [], r"y must have shape \(m,\) with m ≥ 1, got \(0,\)"),
        ([[0, 1], [1, 0]], [0, 1], r"y must have shape \(m,\) with m ≥ 1, got \(2, 2\)"),
        ([0.0, 1.0], [0.0, np.nan], r"y_hat must be finite, got nan at index \(1,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            metric(y, y_hat)


@pytest.mark.parametrize("metric", REALS)
def test_words_have_no_distance(metric):
    with pytest.raises(TypeError, match="y must hold real numbers, got dtype"):
        metric(["a", "b"], ["a", "b"])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([1, 1, 1], r"the ROC curve needs both classes 0 and 1, got the labels \[1\]"),
        ([0, 0, 0], r"needs both classes 0 and 1, got the labels \[0\]"),
        ([0, 1, 2], r"needs both classes 0 and 1, got the labels \[0 1 2\]"),
        (["a", "b", "a"], r"needs both classes 0 and 1, got the labels \['a' 'b'\]"),
        ([0, 1], "y and scores must have one length, got 2 and 3"),
        ([0, 1, np.nan], r"y must be finite, got nan at index \(2,\)"),
    ],
)
@pytest.mark.parametrize("metric", [metrics.auc, metrics.roc_curve])
def test_roc_needs_both_classes(metric, y, message):
    with pytest.raises(ValueError, match=message):
        metric(y, [0.1, 0.2, 0.3])


def test_scores_are_finite_numbers():
    with pytest.raises(ValueError, match=r"scores must be finite, got nan at index \(1,\)"):
        metrics.auc([0, 1], [0.1, np.nan])
    with pytest.raises(TypeError, match="scores must hold real numbers"):
        metrics.auc([0, 1], ["low", "high"])


@pytest.mark.parametrize("metric", [metrics.precision, metrics.recall, metrics.f1])
def test_averages_by_name(metric):
    with pytest.raises(ValueError, match=r"average must be one of 'binary', .*; got 'mean'"):
        metric([0, 1], [1, 1], average="mean")
    with pytest.raises(ValueError, match=r"average='binary' needs labels 0 and 1, got \[0 1 2\]"):
        metric([0, 1], [1, 2])
    with pytest.raises(ValueError, match=r"average='binary' needs labels 0 and 1, got \['a' 'b'\]"):
        metric(["a", "b"], ["a", "a"])


def test_a_label_outside_the_table():
    with pytest.raises(ValueError, match=r"y_hat holds the label 2, which is not in \[0 1\]"):
        metrics.confusion_matrix([0, 1], [1, 2], labels=[0, 1])
    with pytest.raises(ValueError, match=r"y holds the label 'b', which is not in \['a'\]"):
        metrics.confusion_matrix(["a", "b"], ["a", "a"], labels=["a"])


@pytest.mark.parametrize("value", [2.0, 0.1])  # the mean of three 0.1 is not 0.1
def test_r2_of_constant_targets(value):
    with pytest.raises(ValueError, match="R² needs targets that vary, got the same value"):
        metrics.r2([value] * 3, [1.0, 3.0, 2.0])


@pytest.mark.parametrize("metric", LABELS)
def test_words_and_numbers_are_never_equal_labels(metric):
    words, numbers = np.array(["0", "1"]), np.array([0, 1])
    for y, y_hat in ((words, numbers), (numbers, words)):
        with pytest.raises(ValueError, match=f"one kind of labels, got {y.dtype} and"):
            metric(y, y_hat)
