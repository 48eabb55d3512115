"""Batch and layer norm against loops over features and examples, and batch norm's memory."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from nnlib import BatchNorm, LayerNorm
from nnlib.layer import Layer

IMAGES, FEATURES = (4, 2, 3, 5), (6, 5)
either_shape = pytest.mark.parametrize("shape", [FEATURES, IMAGES], ids=["features", "images"])


def normalized(values: list[float], eps: float) -> list[float]:
    mean = sum(values) / len(values)
    var = sum((v - mean) ** 2 for v in values) / len(values)
    return [(v - mean) / math.sqrt(var + eps) for v in values]


def affine(layer: Layer, rng: np.random.Generator) -> Layer:
    layer.gamma, layer.beta = rng.normal(size=layer.n), rng.normal(size=layer.n)
    return layer


@either_shape
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_batch_norm_in_training_is_the_loop_over_features(shape, eps, rng):
    layer = affine(BatchNorm(5, eps=eps, dtype=np.float64), rng)
    Z = rng.normal(3, 2, shape)
    Y = layer.forward(Z, training=True)
    for k in range(5):
        expected = [layer.gamma[k] * z + layer.beta[k] for z in normalized(Z[..., k].ravel(), eps)]
        np.testing.assert_allclose(Y[..., k].ravel(), expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("shape", [FEATURES, (2, 3, 5), IMAGES])
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_layer_norm_is_the_loop_over_examples(shape, eps, rng):
    layer = affine(LayerNorm(5, eps=eps, dtype=np.float64), rng)
    Z = rng.normal(3, 2, shape)
    for training in (False, True):
        Y = layer.forward(Z, training)
        for z, y in zip(Z.reshape(-1, 5), Y.reshape(-1, 5), strict=True):
            expected = layer.gamma * normalized(list(z), eps) + layer.beta
            np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-13)


@either_shape
def test_running_averages_keep_nine_tenths(shape, rng):
    layer = BatchNorm(5, dtype=np.float64)
    mean, var = np.zeros(5), np.ones(5)
    for _ in range(3):
        Z = rng.normal(3, 2, shape)
        layer.forward(Z, training=True)
        rows = Z.reshape(-1, 5)
        mean = 0.9 * mean + 0.1 * rows.mean(axis=0)
        var = 0.9 * var + 0.1 * rows.var(axis=0, ddof=1)
    np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-13)
    np.testing.assert_allclose(layer.running_var, var, rtol=1e-13)


def test_momentum_zero_remembers_the_last_batch_alone(rng):
    layer, Z = BatchNorm(5, momentum=0, dtype=np.float64), rng.normal(3, 2, FEATURES)
    layer.forward(rng.normal(size=FEATURES), training=True)
    layer.forward(Z, training=True)
    np.testing.assert_allclose(layer.running_mean, Z.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(layer.running_var, Z.var(axis=0, ddof=1), rtol=1e-14)


@either_shape
def test_inference_uses_the_running_averages(shape, rng):
    layer = affine(BatchNorm(5, eps=0.1, dtype=np.float64), rng)
    layer.running_mean, layer.running_var = rng.normal(size=5), rng.uniform(1, 2, 5)
    Z = rng.normal(size=shape)
    Z_hat = (Z - layer.running_mean) / np.sqrt(layer.running_var + 0.1)
    np.testing.assert_allclose(layer.forward(Z), layer.gamma * Z_hat + layer.beta, rtol=1e-12)
    assert layer.forward(Z[:1]).shape == (1, *shape[1:])


def test_batch_norm_backward_does_not_see_a_shift_or_a_scale_of_the_batch(rng):
    layer, Z = BatchNorm(5, eps=1e-12, dtype=np.float64), rng.normal(size=FEATURES)
    Y = layer.forward(Z, training=True)
    dZ = layer.backward(rng.normal(size=FEATURES))
    np.testing.assert_allclose(layer.forward(7 * Z - 3, training=True), Y, rtol=1e-8)
    np.testing.assert_allclose(dZ.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose((dZ * Z).sum(axis=0), 0, atol=1e-8)


@pytest.mark.parametrize("shape", [(4, 2, 3, 5), (64, 28, 28, 5), (1, 6, 4, 5), (3, 90, 70, 5)])
def test_images_may_lie_in_memory_with_the_batch_last(shape, rng):
    Z, dY = rng.normal(3, 2, shape), rng.normal(size=shape)
    batch_last = lambda A: np.moveaxis(np.moveaxis(A, 0, -1).copy(), -1, 0)  # noqa: E731
    layer = affine(BatchNorm(5, dtype=np.float64), rng)
    Y, dZ = layer.forward(Z, training=True), layer.backward(dY)
    gradients = layer.dgamma.copy(), layer.dbeta.copy()
    for first, second in ((Z, dY), (batch_last(Z), batch_last(dY)), (Z, batch_last(dY))):
        np.testing.assert_allclose(layer.forward(first, training=True), Y, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(layer.backward(second), dZ, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(layer.dgamma, gradients[0], rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(layer.dbeta, gradients[1], rtol=1e-10, atol=1e-10)
    rows = Z.reshape(-1, 5)
    expected = (rows - rows.mean(axis=0)) / np.sqrt(rows.var(axis=0) + layer.eps)
    expected = (layer.gamma * expected + layer.beta).reshape(shape)
    np.testing.assert_allclose(Y, expected, rtol=1e-10, atol=1e-12)


def test_features_far_from_zero_keep_their_digits_in_float32(rng):
    """A mean of 1000 beside a deviation of 1 costs three digits of seven, and no more."""
    Z, layer = rng.normal(1000, 1, (256, 5)).astype(np.float32), BatchNorm(5)
    dY = rng.normal(size=Z.shape).astype(np.float32)
    exact = BatchNorm(5, dtype=np.float64)
    Y, dZ = layer.forward(Z, training=True), layer.backward(dY)
    np.testing.assert_allclose(Y, exact.forward(Z.astype(float), training=True), atol=2e-3)
    np.testing.assert_allclose(dZ, exact.backward(dY.astype(float)), atol=2e-3)


def test_batches_of_one_are_refused_in_training_only():
    layer = BatchNorm(5)
    with pytest.raises(ValueError, match=r"more than one value per feature .* got a batch of 1"):
        layer.forward(np.ones((1, 5)), training=True)
    with pytest.raises(ValueError, match="got a batch of 0"):
        BatchNorm(3).forward(np.empty((0, 4, 5, 3)), training=True)
    with pytest.raises(ValueError, match="got a batch of 1"):
        layer.forward(np.ones((1, 1, 1, 5)), training=True)
    layer.forward(np.ones((1, 5)))
    layer.forward(np.ones((1, 1, 2, 5)), training=True)


def test_normalisation_is_spared_weight_decay():
    for cls in (BatchNorm, LayerNorm):
        assert {name: p.decay for name, p in cls.parameters.items()} == {
            "gamma": False,
            "beta": False,
        }


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (BatchNorm(5), (6, 4), "BatchNorm(5) expects Z of shape (m, 5) or (m, H, W, 5)"),
        (BatchNorm(5), (5,), "BatchNorm(5) expects Z of shape"),
        (BatchNorm(5), (6, 2, 5), "BatchNorm(5) expects Z of shape"),
        (LayerNorm(5), (6, 4), "LayerNorm(5) expects Z of shape (m, …, 5)"),
        (LayerNorm(5), (5,), "LayerNorm(5) expects Z of shape"),
    ],
)
def test_another_shape_is_refused(layer, shape, expected):
    with pytest.raises(ValueError, match=rf"{re.escape(expected)}.*, got {re.escape(str(shape))}"):
        layer.forward(np.ones(shape))


@pytest.mark.parametrize("layer", [BatchNorm(5), LayerNorm(5)])
def test_table_of_dimensions_refuses_another_n(layer):
    with pytest.raises(ValueError, match=re.escape("expects 5 in the last axis, got (2, 4)")):
        layer.output_shape((2, 4))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BatchNorm(0), "n must be a whole number ≥ 1, got 0"),
        (lambda: BatchNorm(5, momentum=1), "momentum must lie in [0, 1), got 1"),
        (lambda: BatchNorm(5, eps=0), "eps must be a positive number, got 0"),
        (lambda: LayerNorm(1), "n must be a whole number ≥ 2, got 1"),
        (lambda: LayerNorm(5, eps=-1), "eps must be a positive number, got -1"),
    ],
)
def test_settings_are_checked(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
