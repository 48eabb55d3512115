"""θ and the layers' arrays are one memory, whatever is assigned to which."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import BatchNorm, CrossEntropy, Dense, PReLU, Sequential
from nnlib.parameters import ParameterVector

LAYOUT = ["0.W", "0.b", "1.gamma", "1.beta", "2.alpha", "3.W", "3.b"]
X, y = np.linspace(-1, 2, 15).reshape(5, 3), np.array([1, 0, 0, 1, 1])


def network(seed: int = 0, dtype: type = np.float64) -> Sequential:
    rng = np.random.default_rng(seed)
    return Sequential(
        Dense(3, 4, rng=rng), BatchNorm(4), PReLU(4), Dense(4, 2, rng=rng), dtype=dtype
    )


def train_once(net: Sequential) -> None:
    loss = CrossEntropy()
    loss(net.forward(X, training=True), y)
    net.backward(loss.backward())


def assert_one_memory(net: Sequential) -> None:
    """Every layer's arrays are views of θ and ∇, in the order of LAYOUT, with nothing left over."""
    assert [view.name for view in net.parameters.views] == LAYOUT
    end = 0
    for view in net.parameters.views:
        place, name = view.name.split(".")
        value, gradient = (getattr(net[int(place)], prefix + name) for prefix in ("", "d"))
        assert view.start == end
        assert value.shape == gradient.shape == view.shape
        assert np.shares_memory(value, net.theta)
        assert np.shares_memory(gradient, net.grad)
        np.testing.assert_array_equal(value.ravel(), net.theta[view.start : view.stop])
        np.testing.assert_array_equal(gradient.ravel(), net.grad[view.start : view.stop])
        end = view.stop
    assert end == net.theta.size == net.grad.size


def double(vector):
    vector *= 2


# every way a user may write to θ or ∇
WRITES = {
    "layer.W = …": lambda net: setattr(net[0], "W", np.ones((4, 3))),
    "layer.W += …": lambda net: setattr(net[0], "W", net[0].W.__iadd__(1)),
    "layer.W[…] = …": lambda net: net[3].W.__setitem__((0, slice(None)), 7),
    "layer.W = a list": lambda net: setattr(net[2], "alpha", [1, 2, 3, 4]),
    "layer.W = itself, reversed": lambda net: setattr(net[0], "W", net[0].W[::-1, ::-1]),
    "net.theta = …": lambda net: setattr(net, "theta", np.arange(net.theta.size)),
    "net.theta *= …": lambda net: setattr(net, "theta", net.theta.__imul__(3)),
    "net.theta in place": lambda net: double(net.theta),
    "net.grad = …": lambda net: setattr(net, "grad", np.arange(net.grad.size)),
    "net.grad in place": lambda net: double(net.grad),
    "layer.dW = …": lambda net: setattr(net[0], "dW", np.ones((4, 3))),
    "backward": train_once,
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_way_of_writing_takes_theta_apart(write, dtype):
    net = network(dtype=dtype)
    train_once(net)
    before = np.concatenate([net.theta, net.grad])
    write(net)
    assert_one_memory(net)
    assert write is train_once or (before != np.concatenate([net.theta, net.grad])).any()
    assert net.theta.dtype == net.grad.dtype == net[0].W.dtype == dtype


@given(st.lists(st.sampled_from(sorted(WRITES)), min_size=2, max_size=6))
def test_nor_any_sequence_of_them(names):
    net = network()
    for name in names:
        WRITES[name](net)
        assert_one_memory(net)


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))],
    ids=["copy", "pickle"],
)
def test_a_copied_network_is_whole_and_apart_from_the_first(duplicate):
    net = network()
    train_once(net)
    twin = duplicate(net)
    assert_one_memory(twin)
    with pytest.raises(RuntimeError, match="needs a forward first"):
        twin.backward(np.ones((5, 2)))
    np.testing.assert_array_equal(twin.theta, net.theta)
    np.testing.assert_array_equal(twin.grad, net.grad)
    twin.theta = twin.theta + 1
    train_once(twin)
    assert (twin.theta != net.theta).all()
    np.testing.assert_array_equal(network().theta, net.theta)
    assert_one_memory(net)


def test_joining_a_network_keeps_the_values_and_takes_its_dtype():
    layer = Dense(3, 4, rng=np.random.default_rng(0))
    norm = BatchNorm(4)
    W = layer.W.copy()
    net = Sequential(layer, norm, dtype=np.float64)
    np.testing.assert_array_equal(layer.W, W)
    np.testing.assert_array_equal(net.grad, np.zeros(4 * 3 + 4 + 4 + 4))
    assert layer.W.dtype == norm.running_mean.dtype == norm.running_var.dtype == np.float64


def test_assignment_copies_what_it_is_given():
    given_W = np.ones((4, 3), np.float32)
    layer = Dense(3, 4, rng=np.random.default_rng(0))
    layer.W = given_W
    given_W[0, 0] = 9
    assert layer.W[0, 0] == 1


@pytest.mark.parametrize("bound", [False, True], ids=["alone", "in a network"])
@pytest.mark.parametrize("value", [np.ones((3, 4)), np.ones(12), 1.0, None, np.ones((1, 4, 3))])
def test_assigning_another_shape_is_refused(bound, value):
    layer = Dense(3, 4, rng=np.random.default_rng(0))
    if bound:
        Sequential(layer)
    W, message = layer.W.copy(), f"Dense.W has shape (4, 3), cannot hold {np.shape(value)}"
    with pytest.raises(ValueError, match=re.escape(message)):
        layer.W = value
    np.testing.assert_array_equal(layer.W, W)


@pytest.mark.parametrize("name", ["theta", "grad"])
@pytest.mark.parametrize("value", [np.ones(37), np.ones((38, 1)), 0.0])
def test_assigning_another_theta_is_refused(name, value):
    message = f"{name} has shape (38,), cannot hold {np.shape(value)}"
    with pytest.raises(ValueError, match=re.escape(message)):
        setattr(network(), name, value)


def test_a_gradient_before_backward_has_no_value():
    with pytest.raises(AttributeError, match=r"Dense\.dW has no value yet"):
        _ = Dense(3, 4, rng=np.random.default_rng(0)).dW


def test_a_class_knows_its_parameters_by_name():
    assert Dense.parameters == {"W": Dense.W, "b": Dense.b}


def test_decay_mask_is_one_on_weights_alone():
    net = network()
    decayed = [
        view.name for view in net.parameters.views if net.parameters.decay_mask[view.start] == 1
    ]
    assert decayed == ["0.W", "3.W"]
    assert net.parameters.decay_mask.sum() == 4 * 3 + 2 * 4


def test_every_entry_of_theta_has_a_name():
    parameters = network().parameters
    names = [parameters.name_of(i) for i in range(parameters.theta.size)]
    assert len(set(names)) == parameters.theta.size
    assert [names[0], names[5], names[12], names[-1]] == [
        "0.W[0, 0]",
        "0.W[1, 2]",
        "0.b[0]",
        "3.b[1]",
    ]
    for outside in (-1, parameters.theta.size):
        with pytest.raises(IndexError, match=f"θ has entries 0 … .*, got {outside}"):
            parameters.name_of(outside)


def test_a_layer_belongs_to_one_network():
    layer = Dense(3, 3, rng=np.random.default_rng(0))
    message = re.escape("Dense(3, 3) already belongs to a network; make a new layer")
    with pytest.raises(ValueError, match=message):
        Sequential(layer, layer)
    Sequential(layer)
    with pytest.raises(ValueError, match=message):
        Sequential(layer)


@pytest.mark.parametrize("dtype", [int, bool, complex])
def test_theta_holds_floats(dtype):
    with pytest.raises(ValueError, match=f"dtype must be a float type, got {np.dtype(dtype)}"):
        ParameterVector([Dense(3, 4, rng=np.random.default_rng(0))], dtype)
