"""A scalar computation graph: ordinary Python expressions that remember how they were made.

It serves the picture of backpropagation and as an independent witness in the tests; the networks
do without it, because a tape would hide the dW and db that a learner must write.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class Edge(NamedTuple):
    """An argument of an operation and the local derivative ∂result/∂argument."""

    source: Value
    local: float


class Value:
    """A number in a graph: `data`, its gradient `grad` = ∂root/∂self, and the edges it came by.

    Built by +, −, *, /, ** and the methods exp, log, tanh, sigmoid, relu. `backward()` on the root
    fills every grad: each edge carries upstream × local (D2, D4).
    """

    def __init__(self, data: float, *, name: str = "") -> None:
        self.data = float(data)
        self.grad = 0.0
        self.name = name
        self.op = ""
        self.edges: tuple[Edge, ...] = ()

    def __add__(self, other: Value | float) -> Value:
        other = as_value(other)
        return made("+", self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other: Value | float) -> Value:
        other = as_value(other)
        return made("×", self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, exponent: float) -> Value:
        local = exponent * self.data ** (exponent - 1) if exponent else 0.0
        return made(f"^{exponent:g}", self.data**exponent, (self, local))

    def exp(self) -> Value:
        """The exponential, whose slope is itself."""
        e = math.exp(self.data)
        return made("exp", e, (self, e))

    def log(self) -> Value:
        """Natural logarithm; its slope is 1/x."""
        return made("log", math.log(self.data), (self, 1 / self.data))

    def tanh(self) -> Value:
        """Hyperbolic tangent; its slope is 1 − tanh²."""
        t = math.tanh(self.data)
        return made("tanh", t, (self, 1 - t * t))

    def sigmoid(self) -> Value:
        """Logistic function σ; its slope is σ(1 − σ)."""
        e = math.exp(-abs(self.data))
        s = (1 if self.data >= 0 else e) / (1 + e)
        return made("σ", s, (self, s * (1 - s)))

    def relu(self) -> Value:
        """The larger of x and 0; its slope is 1 for x > 0, else 0."""
        return made("ReLU", max(self.data, 0.0), (self, float(self.data > 0)))

    def __neg__(self) -> Value:
        return self * -1

    def __sub__(self, other: Value | float) -> Value:
        other = as_value(other)
        return made("−", self.data - other.data, (self, 1.0), (other, -1.0))

    def __truediv__(self, other: Value | float) -> Value:
        return self * as_value(other) ** -1

    def __radd__(self, other: float) -> Value:
        return self + other

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __rsub__(self, other: float) -> Value:
        return as_value(other) - self

    def __rtruediv__(self, other: float) -> Value:
        return as_value(other) / self

    def backward(self) -> None:
        """Set grad of every value below to ∂self/∂value; grads of an earlier call are forgotten."""
        order = topological_order(self)
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for source, local in value.edges:
                source.grad += value.grad * local

    def __repr__(self) -> str:
        label = f"{self.name} = " if self.name else ""
        return f"Value({label}{self.data:.6g}, grad={self.grad:.6g})"


def topological_order(root: Value) -> list[Value]:
    """Every value below root, arguments before results; iterative, so depth has no limit."""
    order: list[Value] = []
    seen: set[int] = set()
    stack = [(root, False)]
    while stack:
        value, expanded = stack.pop()
        if expanded:
            order.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            stack.append((value, True))
            stack.extend((edge.source, False) for edge in value.edges)
    return order


def as_value(x: Value | float) -> Value:
    """X itself, or a plain number as a constant of the graph."""
    return x if isinstance(x, Value) else Value(x)


def made(op: str, data: float, *edges: tuple[Value, float]) -> Value:
    """The result of an operation, with an edge (argument, local derivative) per argument."""
    result = Value(data)
    result.op, result.edges = op, tuple(Edge(*edge) for edge in edges)
    return result
