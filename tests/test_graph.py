"""The scalar graph: each operation against its derivative, shared values, and great depth."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import Value
from nnlib.graph import topological_order

OPERATIONS = {
    "a + b": lambda a, b: a + b,
    "a − b": lambda a, b: a - b,
    "a × b": lambda a, b: a * b,
    "a / b": lambda a, b: a / b,
    "number + a": lambda a, b: 2 + a + b * 0,
    "number − a": lambda a, b: 2 - a + b * 0,
    "number × a": lambda a, b: 2 * a + b * 0,
    "number / a": lambda a, b: 2 / a + b * 0,
    "a² + b³": lambda a, b: a**2 + b**3,
    "a^−1.5": lambda a, b: a**-1.5 * b,
    "−a": lambda a, b: -a * b,
    "exp": lambda a, b: (a * b).exp(),
    "log": lambda a, b: (a * b).log(),
    "tanh": lambda a, b: (a - b).tanh(),
    "sigmoid": lambda a, b: (a - b).sigmoid(),
    "ReLU": lambda a, b: (3 * a - b).relu() + (b - 3 * a).relu() * 5,
    "shared": lambda a, b: (a * b + a).tanh() * a * (a * b),
}


def plain(f, a, b):
    return f(Value(a), Value(b)).data


@pytest.mark.parametrize("f", OPERATIONS.values(), ids=OPERATIONS)
@pytest.mark.parametrize("point", [(0.7, 1.9), (2.3, 0.4)])
def test_every_operation_has_its_derivative(f, point):
    a, b = map(Value, point)
    f(a, b).backward()
    eps = 1e-6
    for value, (da, db) in ((a, (eps, 0)), (b, (0, eps))):
        above = plain(f, point[0] + da, point[1] + db)
        below = plain(f, point[0] - da, point[1] - db)
        assert value.grad == pytest.approx((above - below) / (2 * eps), rel=1e-7, abs=1e-8)


NUMBERS = {
    "sum": (lambda a: 1 + a - 3, 0.5, -1.5),
    "quotient": (lambda a: 3 / a, 0.5, 6.0),
    "exp": (lambda a: a.exp(), 0.5, math.exp(0.5)),
    "log": (lambda a: a.log(), 0.5, math.log(0.5)),
    "tanh": (lambda a: a.tanh(), 0.5, math.tanh(0.5)),
    "sigmoid": (lambda a: a.sigmoid(), 0.5, 1 / (1 + math.exp(-0.5))),
    "sigmoid, far left": (lambda a: a.sigmoid(), -1000.0, 0.0),
    "sigmoid, far right": (lambda a: a.sigmoid(), 1000.0, 1.0),
    "ReLU": (lambda a: a.relu(), -0.5, 0.0),
    "power zero": (lambda a: a**0, 0.0, 1.0),
}


@pytest.mark.parametrize(("f", "x", "y"), NUMBERS.values(), ids=NUMBERS)
def test_values_are_those_of_numbers(f, x, y):
    assert f(Value(x)).data == pytest.approx(y, rel=1e-15)


def test_relu_has_slope_zero_at_its_kink():
    a = Value(0.0)
    a.relu().backward()
    assert a.grad == 0


def test_the_lectures_example_gradients_sum_over_paths():
    x, w, b = Value(2.0, name="x"), Value(-3.0, name="w"), Value(1.0, name="b")
    J = (w * x + b) ** 2 + w
    J.backward()
    assert J.data == 22
    assert (x.grad, w.grad, b.grad) == (30, -19, -10)


def test_backward_forgets_the_last_one():
    a = Value(3.0)
    J = a * a
    J.backward()
    J.backward()
    assert (a.grad, J.grad) == (6, 1)


def test_a_graph_of_fifty_thousand_steps_is_no_deeper_than_one():
    a = Value(1.0)
    J = a
    for _ in range(50_000):
        J = J + a
    J.backward()
    assert a.grad == 50_001


def test_doubling_paths_are_walked_once():
    value = a = Value(1.0)
    for _ in range(60):
        value = value + value
    value.backward()
    assert a.grad == 2**60
    assert len(topological_order(value)) == 61


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=30))
def test_arguments_come_before_results(pairs):
    values = [Value(1.0)]
    for i, j in pairs:
        values.append(values[i % len(values)] + values[j % len(values)])
    order = topological_order(values[-1])
    place = {id(value): k for k, value in enumerate(order)}
    assert order[-1] is values[-1]
    assert len(place) == len(order)
    for value in order:
        assert all(place[id(edge.source)] < place[id(value)] for edge in value.edges)


def test_edges_carry_the_local_derivative_and_the_operation_its_sign():
    a, b = Value(2.0, name="a"), Value(5.0)
    product = a * b
    assert [(edge.source, edge.local) for edge in product.edges] == [(a, 5.0), (b, 2.0)]
    assert [v.op for v in (product, a + b, a**2, a.exp(), a.relu(), a.sigmoid())] == [
        "×", "+", "^2", "exp", "ReLU", "σ",
    ]  # fmt: skip
    assert (a.op, a.edges) == ("", ())


def test_values_show_themselves():
    a = Value(2, name="a")
    (a * 3).backward()
    assert repr(a) == "Value(a = 2, grad=3)"
    assert repr(a * 3) == "Value(6, grad=0)"


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="could not convert string to float: 'two'"):
        Value(1.0) + "two"
