"""What every layer promises, whatever its formula."""

from __future__ import annotations

import re

import numpy as np
import pytest
from oracles import MAKERS, assert_layer_gradients, forward, specimen

from nnlib import Dense, Flatten, Gradient, Layer, Parameter, PReLU

every_layer = pytest.mark.parametrize("kind", MAKERS)
both_modes = pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])


@every_layer
@both_modes
def test_backward_is_the_derivative_of_forward(kind, training):
    assert_layer_gradients(*specimen(kind), training=training)


@every_layer
@both_modes
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(kind, training, dtype):
    layer, X = specimen(kind, dtype)
    Y = layer.forward(X, training)
    made = [Y, layer.backward(np.ones_like(Y))]
    made += [getattr(layer, "d" + name) for name in layer.parameters]
    made += [getattr(layer, name) for name in layer.buffers]
    assert {array.dtype for array in made} == {np.dtype(dtype)}


@every_layer
@both_modes
def test_nothing_given_is_changed_and_nothing_returned_is_overwritten(kind, training):
    layer, X = specimen(kind)
    X_next, X_before = X[::-1] + 1, X.copy()
    theta = {name: getattr(layer, name).copy() for name in layer.parameters}
    Y = layer.forward(X, training)
    dY = np.linspace(-1, 2, Y.size).reshape(Y.shape)
    dX = layer.backward(dY)
    kept, dY_before = (Y.copy(), dX.copy()), dY.copy()
    layer.backward(np.ones_like(layer.forward(X_next, training)))
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(dY, dY_before)
    np.testing.assert_array_equal(Y, kept[0])
    np.testing.assert_array_equal(dX, kept[1])
    for name, value in theta.items():
        np.testing.assert_array_equal(getattr(layer, name), value)


@every_layer
def test_inference_is_deterministic_and_looks_at_one_example_at_a_time(kind):
    layer, X = specimen(kind)
    buffers = {name: getattr(layer, name).copy() for name in layer.buffers}
    Y = layer.forward(X)
    np.testing.assert_array_equal(layer.forward(X), Y)
    np.testing.assert_allclose(layer.forward(X[2:3]), Y[2:3], rtol=1e-13)
    for name, value in buffers.items():
        np.testing.assert_array_equal(getattr(layer, name), value)


@every_layer
@both_modes
def test_memory_order_does_not_matter(kind, training):
    layer, X = specimen(kind)
    Y = forward(layer, X, training)
    dY = np.linspace(-1, 2, Y.size).reshape(Y.shape)
    dX = layer.backward(dY)
    np.testing.assert_allclose(forward(layer, np.asfortranarray(X), training), Y, rtol=1e-13)
    np.testing.assert_allclose(layer.backward(np.asfortranarray(dY)), dX, rtol=1e-11, atol=1e-14)


@every_layer
def test_output_shape_is_that_of_forward(kind):
    layer, X = specimen(kind)
    assert layer.output_shape(X.shape[1:]) == layer.forward(X).shape[1:]


@every_layer
def test_backward_needs_a_forward_of_the_same_batch(kind):
    layer, X = specimen(kind)
    name = type(layer).__name__
    with pytest.raises(RuntimeError, match=f"{name}.backward needs a forward first"):
        layer.backward(X)
    Y = layer.forward(X)
    other = np.ones((len(Y) + 1, *Y.shape[1:]))
    expected = re.escape(f"forward returned, {Y.shape}; got {other.shape}")
    with pytest.raises(ValueError, match=f"{name}.backward expects dY .* {expected}"):
        layer.backward(other)


@every_layer
def test_fill_gradients_fills_what_backward_fills(kind):
    layer, X = specimen(kind)
    dY = np.linspace(-1, 2, layer.forward(X).size).reshape(layer.forward(X).shape)
    layer.fill_gradients(dY)
    alone = {name: getattr(layer, "d" + name).copy() for name in layer.parameters}
    layer.backward(dY)
    for name, value in alone.items():
        np.testing.assert_array_equal(getattr(layer, "d" + name), value)


@every_layer
def test_whole_numbers_count_as_the_reals_they_are(kind):
    layer, X = specimen(kind)
    whole = np.rint(3 * X).astype(int)
    Y = forward(layer, whole, True)
    dX = layer.backward(np.ones_like(Y))
    np.testing.assert_array_equal(forward(layer, whole.astype(float), True), Y)
    np.testing.assert_array_equal(layer.backward(np.ones_like(Y)), dX)


@every_layer
def test_lists_will_do(kind):
    layer, X = specimen(kind)
    np.testing.assert_array_equal(layer.forward(X.tolist()), layer.forward(X))


def test_flatten_reads_height_then_width_then_channels():
    X = np.arange(2 * 2 * 3 * 4.0).reshape(2, 2, 3, 4)
    rows = [[X[i, h, w, c] for h in range(2) for w in range(3) for c in range(4)] for i in range(2)]
    np.testing.assert_array_equal(Flatten().forward(X), rows)


def test_flatten_wants_a_batch():
    with pytest.raises(ValueError, match=re.escape("shape (m, …), got (3,)")):
        Flatten().forward(np.ones(3))


def test_an_unfinished_layer_says_what_it_lacks():
    class Empty(Layer):
        """No formula yet."""

    with pytest.raises(NotImplementedError, match="Empty needs a forward"):
        Empty().forward(np.ones((2, 3)))
    with pytest.raises(NotImplementedError, match="Empty needs a backward"):
        Empty().backward(np.ones((2, 3)))


def test_a_subclass_adds_to_the_parameters_it_inherits(rng):
    class Scaled(Dense):
        """A dense layer with one parameter more."""

        scale, dscale = Parameter(), Gradient()

    assert list(Scaled.parameters) == ["W", "b", "scale"]
    assert list(Dense.parameters) == ["W", "b"]
    with pytest.raises(AttributeError, match=r"Scaled\.scale has no value yet"):
        _ = Scaled(3, 4, rng=rng).scale


def test_layers_show_themselves():
    shown = {kind: repr(specimen(kind).layer) for kind in MAKERS}
    assert shown["Dense"] == "Dense(3, 4)"
    assert shown["Dropout"] == "Dropout(0.3)"
    assert shown["LeakyReLU"] == "LeakyReLU(0.2)"
    assert shown["BatchNorm, images"] == "BatchNorm(5)"
    assert shown["LayerNorm, features"] == "LayerNorm(3)"
    assert shown["Tanh"] == "Tanh()"
    assert repr(PReLU()) == "PReLU(1)"
    assert repr(PReLU(3)) == "PReLU(3)"
