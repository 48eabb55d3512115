"""Networks against the chain rule written out, the graph of scalars, and differences."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from oracles import MAKERS, differences, relative_error, specimen

from nnlib import (
    BatchNorm,
    BinaryCrossEntropy,
    CrossEntropy,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    LeakyReLU,
    MeanAbsoluteError,
    MeanSquaredError,
    PReLU,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
    Value,
)

M, N_IN, HIDDEN, K = 6, 3, 5, 4


def mlp(rng: np.random.Generator, dtype: type = np.float64) -> Sequential:
    net = Sequential(Dense(N_IN, HIDDEN, rng=rng), Tanh(), Dense(HIDDEN, K, rng=rng), dtype=dtype)
    net.theta = rng.normal(size=net.theta.size)
    return net


@pytest.fixture
def X(rng):
    return rng.normal(size=(M, N_IN))


def test_forward_and_backward_are_the_chain_rule(rng, X):
    net, dZ2 = mlp(rng), rng.normal(size=(M, K))
    first, _, second = net
    A1 = np.tanh(X @ first.W.T + first.b)
    np.testing.assert_allclose(net.forward(X), A1 @ second.W.T + second.b, rtol=1e-12)
    dZ1 = (dZ2 @ second.W) * (1 - A1**2)
    np.testing.assert_allclose(net.backward(dZ2), dZ1 @ first.W, rtol=1e-11)
    expected = [(dZ1.T @ X).ravel(), dZ1.sum(0), (dZ2.T @ A1).ravel(), dZ2.sum(0)]
    np.testing.assert_allclose(net.grad, np.concatenate(expected), rtol=1e-11)


def test_gradient_is_that_of_the_scalar_graph(rng, X):
    net, loss, y = mlp(rng), MeanSquaredError(half=True), rng.normal(size=(M, K))
    first, _, second = net
    theta = [Value(value) for value in net.theta]
    entries = iter(theta)
    W1, b1, W2, b2 = (
        np.array([next(entries) for _ in range(p.size)], object).reshape(p.shape)
        for p in (first.W, first.b, second.W, second.b)
    )
    J = Value(0)
    for x, t in zip(X, y, strict=True):
        a = np.array([z.tanh() for z in W1 @ x + b1], object)
        J = J + sum(((z - float(u)) ** 2 for z, u in zip(W2 @ a + b2, t, strict=True)), Value(0))
    J = J / (2 * M)
    J.backward()
    assert loss(net.forward(X), y) == pytest.approx(J.data, rel=1e-13)
    net.backward(loss.backward())
    np.testing.assert_allclose(net.grad, [value.grad for value in theta], rtol=1e-11)


def build(rng: np.random.Generator, kind: str) -> tuple[Sequential, tuple[int, ...]]:
    """Networks in which every layer stands somewhere between two others."""
    D = lambda a, b: Dense(a, b, rng=rng)  # noqa: E731
    layers, shape = {
        "smooth": ((D(3, 5), Sigmoid(), D(5, 4), Softplus(), D(4, 2)), (M, 3)),
        "kinked": ((D(3, 5), ReLU(), D(5, 6), LeakyReLU(), D(6, 4), PReLU(4), D(4, 2)), (M, 3)),
        "normalised": ((D(3, 5), BatchNorm(5), Tanh(), D(5, 4), LayerNorm(4), D(4, 2)), (M, 3)),
        "images": ((BatchNorm(4), PReLU(4), Flatten(), D(24, 2)), (M, 2, 3, 4)),
        "probabilities": ((D(3, 4), Softmax(), D(4, 2)), (M, 3)),
    }[kind]
    net = Sequential(*layers, dtype=np.float64)
    net.theta = rng.normal(size=net.theta.size)
    return net, shape


LOSSES = {
    "MeanSquaredError": (MeanSquaredError(), np.linspace(-2, 2, 2 * M).reshape(M, 2)),
    "MeanAbsoluteError": (MeanAbsoluteError(), np.linspace(-2, 2, 2 * M).reshape(M, 2)),
    "BinaryCrossEntropy": (BinaryCrossEntropy(), np.arange(2 * M).reshape(M, 2) % 3 % 2),
    "CrossEntropy": (CrossEntropy(), np.arange(M) % 2),
}


@pytest.mark.parametrize("kind", ["smooth", "kinked", "normalised", "images", "probabilities"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_gradient_of_whole_networks(kind, loss, training, rng):
    net, shape = build(rng, kind)
    cost, y = LOSSES[loss]
    X = rng.normal(size=shape)

    def J(theta):
        net.theta = theta
        return cost(net.forward(X, training), y)

    start = net.theta.copy()
    J(start)
    dX = net.backward(cost.backward())
    grad = net.grad.copy()
    assert relative_error(grad, differences(J, start)) < 1e-7
    net.theta = start
    expected = differences(lambda X: cost(net.forward(X, training), y), X)
    assert relative_error(dX, expected) < 1e-7


@pytest.mark.parametrize("kind", MAKERS)
def test_training_skips_only_the_gradient_of_the_input(kind, rng):
    """`fill_gradients` must fill what `backward` fills, whatever layer comes first."""
    layer, X = specimen(kind)
    width = layer.forward(X)[0].size
    net = Sequential(layer, Flatten(), Dense(width, K, rng=rng), dtype=np.float64)
    dZ = rng.normal(size=net.forward(X, training=True).shape)
    net.backward(dZ)
    full = net.grad.copy()
    net.grad = np.full(net.grad.size, np.nan)
    net.fill_gradients(dZ)
    np.testing.assert_array_equal(net.grad, full)


def test_inputs_are_cast_once_to_the_dtype_of_theta(rng, X):
    net = mlp(rng, np.float32)
    for inputs in (X, X.astype(np.float32), X.tolist(), np.rint(X).astype(int)):
        assert net.forward(inputs).dtype == np.float32
    assert net.predict(X[:0]).shape == (0, K)
    with pytest.raises(TypeError, match="X must hold real numbers, got dtype <U1"):
        net.predict([["a", "b", "c"]])


def test_predict_is_forward_without_dropout(rng, X):
    net = Sequential(Dense(N_IN, K, rng=rng), Dropout(0.5, rng=rng), dtype=np.float64)
    np.testing.assert_array_equal(net.predict(X), net.forward(X, training=False))
    assert (net.forward(X, training=True) != net.predict(X)).any()


def test_trace_shows_every_factor_of_the_chain_rule(rng, X):
    net, loss, y = mlp(rng), CrossEntropy(), np.arange(M) % K
    traces = net.trace(X, y, loss)
    assert [trace.layer for trace in traces] == list(net)
    np.testing.assert_array_equal(traces[0].X, X)
    np.testing.assert_array_equal(traces[-1].Y, net.forward(X))
    np.testing.assert_array_equal(traces[-1].dY, loss.backward())
    for before, after in pairwise(traces):
        assert before.Y is after.X
        assert before.dY is after.dX
    for trace in traces:
        assert (trace.dX.shape, trace.dY.shape) == (trace.X.shape, trace.Y.shape)
    hidden = traces[1]
    np.testing.assert_allclose(hidden.dX, hidden.dY * (1 - hidden.Y**2), rtol=1e-12)
    np.testing.assert_allclose(traces[0].gradients["dW"], traces[0].dY.T @ X, rtol=1e-12)
    assert [sorted(trace.gradients) for trace in traces] == [["dW", "db"], [], ["dW", "db"]]


def test_a_trace_is_not_overwritten_by_the_next(rng, X):
    net, loss, y = mlp(rng), CrossEntropy(), np.arange(M) % K
    first = net.trace(X, y, loss)
    kept = [(t.X.copy(), t.Y.copy(), t.dX.copy(), t.dY.copy()) for t in first]
    dW = first[0].gradients["dW"].copy()
    net.trace(X + 1, y[::-1], loss)
    for trace, arrays in zip(first, kept, strict=True):
        for array, copy in zip(trace[1:5], arrays, strict=True):
            np.testing.assert_array_equal(array, copy)
    np.testing.assert_array_equal(first[0].gradients["dW"], dW)


def test_summary_is_the_table_of_dimensions(rng):
    net = Sequential(
        Flatten(), Dense(6, 1000, rng=rng), BatchNorm(1000), ReLU(), Dense(1000, 4, rng=rng)
    )
    lines = net.summary((2, 3)).splitlines()
    cells = [re.split(r"  +", line.strip()) for line in lines]
    assert cells[0] == ["layer", "output", "parameters", "count"]
    assert cells[2:] == [
        ["Flatten()", "(m, 6)", "–", "0"],
        ["Dense(6, 1000)", "(m, 1000)", "W (1000, 6), b (1000,)", "7,000"],
        ["BatchNorm(1000)", "(m, 1000)", "gamma (1000,), beta (1000,)", "2,000"],
        ["ReLU()", "(m, 1000)", "–", "0"],
        ["Dense(1000, 4)", "(m, 4)", "W (4, 1000), b (4,)", "4,004"],
        ["total", "13,004"],
    ]
    assert len({len(line) for line in lines}) == 1
    with pytest.raises(ValueError, match=re.escape("expects examples of shape (6,), got (8,)")):
        net.summary((2, 4))
    with pytest.raises(ValueError, match=re.escape("one example's shape, such as (64,), got 6")):
        net.summary(6)


def test_it_is_a_sequence_of_its_layers(rng):
    net = mlp(rng)
    assert len(net) == 3
    assert net[1] is list(net)[1]
    assert repr(net) == "Sequential(Dense(3, 5), Tanh(), Dense(5, 4))"


def test_construction_is_checked():
    with pytest.raises(ValueError, match="needs at least one layer"):
        Sequential()
    with pytest.raises(TypeError, match=re.escape("takes layers one by one, got [Tanh()]")):
        Sequential([Tanh()])
    with pytest.raises(TypeError, match=r"takes layers one by one, got <class .*Tanh'>"):
        Sequential(Tanh)


def test_states_and_shapes_are_checked(rng, X):
    net = mlp(rng)
    for backward in (net.backward, net.fill_gradients):
        with pytest.raises(RuntimeError, match=r"Dense\.backward needs a forward first"):
            backward(np.ones((M, K)))
    net.forward(X)
    for backward in (net.backward, net.fill_gradients):
        with pytest.raises(ValueError, match=re.escape("returned, (6, 4); got (5, 4)")):
            backward(np.ones((M - 1, K)))
    with pytest.raises(ValueError, match=re.escape("A of shape (m, 3), got (6, 4)")):
        net.forward(np.ones((M, N_IN + 1)))
