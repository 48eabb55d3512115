"""Losses against loops over one example at a time, differences, and logits at their extremes."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from oracles import assert_loss_gradient

from nnlib import BinaryCrossEntropy, CrossEntropy, MeanAbsoluteError, MeanSquaredError, one_hot
from nnlib.losses import Loss

M, K = 5, 3
WEIGHTS = np.array([0.5, 2.0, 1.25])


def mean_over_examples(per_example):
    return lambda Z, y: sum(per_example(z, t) for z, t in zip(Z, y, strict=True)) / len(Z)


def summed(per_output):
    return mean_over_examples(lambda z, t: sum(map(per_output, z, t)))


def log_loss(z, t):
    p = 1 / (1 + math.exp(-z))
    return -math.log(p) if t == 1 else -math.log(1 - p)


def minus_log_softmax(z, label):
    return -math.log(math.exp(z[label]) / sum(map(math.exp, z)))


def weighted(Z, y):
    total = sum(WEIGHTS[label] * minus_log_softmax(z, label) for z, label in zip(Z, y, strict=True))
    return total / sum(WEIGHTS[label] for label in y)


reals = np.linspace(-2, 3, M * K).reshape(M, K)
bits = np.arange(M * K).reshape(M, K) % 4 % 2
labels = np.array([2, 0, 1, 1, 2])

# loss, targets, and J as a loop
SPECIFICATION = {
    "MeanSquaredError": (MeanSquaredError(), reals, summed(lambda z, t: (z - t) ** 2)),
    "half": (MeanSquaredError(half=True), reals, summed(lambda z, t: (z - t) ** 2 / 2)),
    "MeanAbsoluteError": (MeanAbsoluteError(), reals, summed(lambda z, t: abs(z - t))),
    "BinaryCrossEntropy": (BinaryCrossEntropy(), bits, summed(log_loss)),
    "CrossEntropy": (CrossEntropy(), labels, mean_over_examples(minus_log_softmax)),
    "one-hot": (
        CrossEntropy(),
        one_hot(labels, K),
        mean_over_examples(lambda z, t: minus_log_softmax(z, list(t).index(1))),
    ),
    "weighted": (CrossEntropy(WEIGHTS), labels, weighted),
}
every_loss = pytest.mark.parametrize("name", SPECIFICATION)


@pytest.fixture
def Z(rng):
    return rng.normal(scale=2, size=(M, K))


@every_loss
def test_cost_is_the_loop(name, Z):
    loss, y, specification = SPECIFICATION[name]
    J = loss(Z, y)
    assert type(J) is float
    assert pytest.approx(specification(Z, y), rel=1e-13) == J


@every_loss
def test_backward_is_the_derivative(name, Z):
    loss, y, _ = SPECIFICATION[name]
    assert_loss_gradient(loss, Z, y)


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_inputs_are_left_alone(name, dtype, Z):
    loss, y, _ = SPECIFICATION[name]
    Z, y = Z.astype(dtype), y.copy()
    before = Z.copy(), y.copy()
    J = loss(Z, y)
    dZ = loss.backward()
    kept = dZ.copy()
    loss(Z + 1, y)
    assert dZ.dtype == dtype
    assert not np.shares_memory(dZ, Z)
    np.testing.assert_array_equal(dZ, kept)
    np.testing.assert_array_equal(Z, before[0])
    np.testing.assert_array_equal(y, before[1])
    assert loss(Z, y) == J


@every_loss
def test_whole_number_outputs_do_not_round_the_targets(name):
    loss, y, specification = SPECIFICATION[name]
    Z = np.arange(M * K).reshape(M, K) - 4
    assert loss(Z, y) == pytest.approx(specification(Z, y), rel=1e-13)
    assert loss.backward().dtype == np.float64


@every_loss
def test_lists_are_taken_for_arrays(name, Z):
    loss, y, _ = SPECIFICATION[name]
    assert loss(Z.tolist(), y.tolist()) == pytest.approx(loss(Z, y), rel=1e-14)


@pytest.mark.parametrize("loss", [MeanSquaredError(), MeanAbsoluteError(), BinaryCrossEntropy()])
def test_a_column_beside_a_row_is_one_output_per_example(loss, rng):
    Z, y = rng.normal(size=(M, 1)), np.array([0, 1, 1, 0, 1])
    J, dZ = loss(Z, y), loss.backward()
    assert dZ.shape == Z.shape
    for outputs, targets in [(Z, y[:, None]), (Z[:, 0], y[:, None]), (Z[:, 0], y)]:
        assert loss(outputs, targets) == J
        np.testing.assert_array_equal(loss.backward().reshape(Z.shape), dZ)


@pytest.mark.parametrize("m", [1, 2])
def test_cost_is_a_mean_so_a_repeated_batch_costs_the_same(m, Z):
    loss = CrossEntropy()
    J = loss(Z[:m], labels[:m])
    assert loss(np.tile(Z[:m], (3, 1)), np.tile(labels[:m], 3)) == pytest.approx(J, rel=1e-14)


def test_absolute_error_has_slope_zero_where_it_vanishes():
    loss = MeanAbsoluteError()
    assert loss(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [3.0, 9.0]])) == 3.5
    np.testing.assert_array_equal(loss.backward(), [[0, 0.5], [0, -0.5]])


def test_cross_entropy_slope_is_softmax_minus_one_hot(Z):
    loss = CrossEntropy()
    loss(Z, labels)
    A = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        loss.backward(), (A - one_hot(labels, K, np.float64)) / M, atol=1e-16
    )


def test_one_hot_targets_and_labels_are_the_same_targets(Z):
    by_label, by_row = CrossEntropy(WEIGHTS), CrossEntropy(WEIGHTS)
    assert by_label(Z, labels) == by_row(Z, one_hot(labels, K))
    np.testing.assert_array_equal(by_label.backward(), by_row.backward())


def test_equal_class_weights_change_nothing(Z):
    assert CrossEntropy(np.full(K, 7.0))(Z, labels) == pytest.approx(CrossEntropy()(Z, labels))


EXTREMES = [
    (BinaryCrossEntropy(), [[1e4], [-1e4]], [1, 0], 0.0, [[0.0], [0.0]]),
    (BinaryCrossEntropy(), [[1e4], [-1e4]], [0, 1], 1e4, [[0.5], [-0.5]]),
    (BinaryCrossEntropy(), [[0.0], [0.0]], [0, 1], math.log(2), [[0.25], [-0.25]]),
    (CrossEntropy(), [[1e4, -1e4], [-1e4, 1e4]], [0, 1], 0.0, [[0, 0], [0, 0]]),
    (CrossEntropy(), [[1e4, -1e4], [-1e4, 1e4]], [1, 0], 2e4, [[0.5, -0.5], [-0.5, 0.5]]),
    (CrossEntropy(), [[1e4, 1e4], [-1e4, -1e4]], [1, 1], math.log(2), [[0.25, -0.25]] * 2),
    (CrossEntropy(np.array([1, 3])), [[1e4, -1e4], [-1e4, 1e4]], [1, 0], 2e4, None),
]


@pytest.mark.parametrize(("loss", "Z", "y", "J", "dZ"), EXTREMES)
def test_logits_of_ten_thousand_are_exact_in_float32(loss, Z, y, J, dZ):
    found = loss(np.array(Z, np.float32), np.array(y))
    assert found == pytest.approx(J, rel=1e-7, abs=0)
    assert math.copysign(1, found) == 1
    if dZ is not None:
        np.testing.assert_array_equal(loss.backward(), np.array(dZ, np.float32))


def test_float32_agrees_with_float64_over_the_whole_range(rng):
    Z = (10.0 ** rng.uniform(-4, 4, (50, K)) * rng.choice([-1, 1], (50, K))).astype(np.float32)
    y, b = rng.integers(0, K, 50), rng.integers(0, 2, (50, K))
    for loss, targets in [(CrossEntropy(), y), (BinaryCrossEntropy(), b)]:
        J, dZ = loss(Z, targets), loss.backward()
        assert pytest.approx(loss(Z.astype(np.float64), targets), rel=1e-6) == J
        np.testing.assert_allclose(dZ, loss.backward(), rtol=1e-5, atol=1e-8)


X = np.zeros((M, K))
ERRORS = [
    (MeanSquaredError(), X, np.zeros((M, 2)), "outputs' shape (5, 3), got (5, 2)"),
    (MeanSquaredError(), X[:, :1], np.zeros((M, K)), "outputs' shape (5, 1), got (5, 3)"),
    (MeanSquaredError(), X, np.zeros(M), "outputs' shape (5, 3), got (5,)"),
    (MeanAbsoluteError(), X, np.zeros((1, K)), "outputs' shape (5, 3), got (1, 3)"),
    (MeanSquaredError(), X, 0.0, "outputs' shape (5, 3), got ()"),
    (MeanSquaredError(), X, np.full((M, K), "a"), "targets must be numbers, got dtype <U1"),
    (BinaryCrossEntropy(), X, np.full((M, K), 2), "labels must be 0 or 1, got 2"),
    (BinaryCrossEntropy(), X, np.full((M, K), np.nan), "labels must be 0 or 1, got nan"),
    (BinaryCrossEntropy(), X[:, 0], [0, 1, -1, 0, 0], "labels must be 0 or 1, got -1"),
    (CrossEntropy(), X[0], [0, 1, 1], "logits of shape (m, K ≥ 2), got (3,)"),
    (CrossEntropy(), X[:, :1], np.zeros(M, int), "logits of shape (m, K ≥ 2), got (5, 1)"),
    (CrossEntropy(), X, [0, 1, 2, 3, 0], "labels must lie in 0 … 2, got 3 at index 3"),
    (CrossEntropy(), X, [0.0] * M, "labels must be integers in 0 … 2, got dtype float64"),
    (CrossEntropy(), X, [0, 1], "must be integers (5,) or one-hot (5, 3), got shape (2,)"),
    (CrossEntropy(), X, np.zeros((M, 2)), "or one-hot (5, 3), got shape (5, 2)"),
    (CrossEntropy(), X, [[0, 0, 1]] * 4 + [[1, 0, 1]], "single 1, got [1 0 1] in row 4"),
    (CrossEntropy(), X, [[0, 0, 1]] * 4 + [[0, 0, 0]], "single 1, got [0 0 0] in row 4"),
    (CrossEntropy(), X, [[0.5, 0.5, 0]] * M, "single 1, got [0.5 0.5 0. ] in row 0"),
    (CrossEntropy(np.ones(2)), X, labels, "one entry per class, (3,), got (2,)"),
    (CrossEntropy(), X[:0], labels[:0], "at least one example, got Z of shape (0, 3)"),
    (MeanSquaredError(), 1.0, 2.0, "at least one example, got Z of shape ()"),
]


@pytest.mark.parametrize(("loss", "Z", "y", "message"), ERRORS)
def test_bad_targets_are_refused(loss, Z, y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        loss(Z, np.array(y))


@pytest.mark.parametrize("weights", [[1, 0, 2], [1, -1, 2], [1, np.nan, 2]])
def test_class_weights_must_be_positive(weights):
    with pytest.raises(ValueError, match="class weights must be positive, got"):
        CrossEntropy(np.array(weights))


@every_loss
def test_outputs_must_be_real(name):
    loss, y, _ = SPECIFICATION[name]
    with pytest.raises(TypeError, match="Z must hold real numbers, got dtype complex128"):
        loss(X + 1j, y)


def test_backward_needs_a_cost_first():
    with pytest.raises(RuntimeError, match=re.escape("CrossEntropy().backward needs a loss")):
        CrossEntropy().backward()
    with pytest.raises(NotImplementedError):
        Loss()(X, X)
