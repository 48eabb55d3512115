"""In backpropagation by hand one slip spoils all that follows; the check names the slip."""

import numpy as np
import pytest

from nnlib import sigmoid
from nnlib.grading.check import assess
from nnlib.grading.registry import exercises_of
from nnlib.grading.report import text

LAB = "02_backprop_exercise"
EXERCISES = {exercise.id: exercise for exercise in exercises_of(LAB)}


def told(exercise_id, answer):
    return assess(EXERCISES[exercise_id], {exercise_id: answer})


def chain_backward(slip, value):
    """The right chain of links, but for one: slip(dz3, …) takes its place, and the rest follows."""

    def answer(x, y, W, a):
        link = {"da3": 2 * (a[2] - y)}

        def give(name, right):
            link[name] = value(link, x, y, W, a) if name == slip else right

        give("da3", link["da3"])
        for k, below in ((3, a[1]), (2, a[0]), (1, x)):
            give(f"dz{k}", link[f"da{k}"] * a[k - 1] * (1 - a[k - 1]))
            give(f"dW{k}", link[f"dz{k}"] * below)
            give(f"db{k}", link[f"dz{k}"])
            if k > 1:
                give(f"da{k - 1}", link[f"dz{k}"] * W[k - 1])
        return tuple(link[name] for name in EXERCISES["chain_backward"].links)

    return answer


SLIPS = {  # one wrong link, the rest of the chain as it should be
    "da3": (lambda link, x, y, W, a: a[2] - y, "lacks its 2"),
    "dz3": (lambda link, x, y, W, a: link["da3"], "dz3 lacks its local factor"),
    "dW3": (lambda link, x, y, W, a: link["dz3"] * a[2], "dW3 takes the activation"),
    "db3": (lambda link, x, y, W, a: 0.0, "db3 is not 0"),
    "da2": (lambda link, x, y, W, a: link["dz3"] * W[1], "da2 takes the wrong weight"),
    "dz2": (lambda link, x, y, W, a: link["da2"], "dz2 lacks its σ′"),
    "dW1": (lambda link, x, y, W, a: link["dz1"], "dW1 lacks its x"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_one_slip_in_the_chain_is_named_at_its_own_link(slip):
    value, message = SLIPS[slip]
    report = told("chain_backward", chain_backward(slip, value))
    assert report.state == "wrong"
    assert message in report.cause
    assert f"{slip}: got" in text(report)


def test_the_chain_without_a_slip_is_right():
    report = told("chain_backward", chain_backward("", None))
    assert (report.state, report.points) == ("right", 5)


def test_a_slip_that_nobody_foresaw_is_shown_at_its_link():
    answer = chain_backward("da1", lambda link, x, y, W, a: link["dz2"] + W[1])
    report = told("chain_backward", answer)
    assert report.wrong == ""
    assert "da1: got" in text(report)
    assert "dz1" not in text(report)


def test_too_few_links_are_counted_and_all_are_listed():
    report = told("chain_backward", lambda x, y, W, a: (2 * (a[2] - y), 0.0))
    assert report.cause.startswith("Return 12 results, da3, dz3, dW3, db3, da2")
    assert report.cause.endswith("dW1 and db1: yours returned a tuple of 2.")
    assert told("chain_forward", lambda x, W, b: W[0] * x).cause.endswith(
        "z3 and a3: yours returned a number."
    )


def test_a_slip_in_the_shallow_network_is_named_too():
    def no_slope(X, Y, W1, b1, W2, b2):
        A1 = np.tanh(X @ W1.T + b1)
        dZ2 = (sigmoid(A1 @ W2.T + b2) - Y) / len(X)
        dZ1 = dZ2 @ W2
        return dZ2, dZ2.T @ A1, dZ2.sum(axis=0), dZ1, dZ1.T @ X / len(X), dZ1.mean(axis=0)

    assert "dZ1 lacks g′(Z₁)" in told("shallow_backward", no_slope).cause


def test_an_answer_that_lets_the_graph_differentiate_earns_nothing():
    from nnlib import Value

    def by_graph(x, y, W, b, alpha):
        weights, biases, out = [Value(w) for w in W], [Value(v) for v in b], Value(x)
        for weight, bias in zip(weights, biases, strict=True):
            out = (weight * out + bias).sigmoid()
        ((out - y) ** 2).backward()
        return W[2] - alpha * weights[2].grad, b[1] - alpha * biases[1].grad

    report = told("chain_update", by_graph)
    assert report.points == 0
    assert "the library's own Value" in report.cause
