"""Lab 02's pictures say what nnlib computes, and every goal can be reached."""

import re
from itertools import pairwise

import numpy as np
import pytest
from helpers_viz import exercise_every_control

from nnlib import Sequential, Tanh, numerical_gradient, sigmoid
from nnlib.viz import lab02, render

pytestmark = pytest.mark.usefixtures("no_pictures")

WIDGETS = {
    "ChainSteps": lab02.ChainSteps,
    "GrowingXOR": lab02.GrowingXOR,
    "AnyCurve": lab02.AnyCurve,
    "StepSize": lab02.StepSize,
}
LECTURE = {  # Exercise 1 of D2 at x = y = 1, α = 0.1
    "z": (0.320000, 0.104278, 0.120991),
    "a": (0.579324, 0.526046, 0.530211),
    "delta": (-0.000589, -0.013421, -0.234037),
}


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_works_at_its_extremes(name, small_pictures):
    captions = exercise_every_control(WIDGETS[name]())
    assert len(set(captions)) >= 3
    assert all(len(caption) > 40 and not re.search(r"\bnan\b", caption) for caption in captions)


@pytest.mark.parametrize("name", WIDGETS)
def test_no_goal_is_reached_before_the_reader_moves(name):
    assert not WIDGETS[name]().goal_reached


def test_the_chain_has_the_lecture_s_numbers():
    made = lab02.chain(1.0, 1.0)
    assert tuple(round(z.data, 6) for z in made.z) == LECTURE["z"]
    assert tuple(round(a.data, 6) for a in made.a) == LECTURE["a"]
    assert tuple(round(z.grad, 6) for z in made.z) == LECTURE["delta"]
    assert round(made.C.data, 6) == 0.220702


def test_the_chain_s_gradients_agree_with_central_differences(rng):
    theta = rng.normal(size=6)
    made = lab02.chain(0.7, 0.2, theta[:3], theta[3:])
    exact = [value.grad for value in (*made.W, *made.b)]
    measured = numerical_gradient(lambda t: lab02.chain(0.7, 0.2, t[:3], t[3:]).C.data, theta)
    assert np.allclose(measured, exact, atol=1e-9)


def test_local_slope_is_that_of_one_edge_and_leaves_the_gradients():
    made = lab02.chain(1.0, 1.0)
    before = made.W[1].grad
    assert made.local(made.z[1], made.W[1]) == pytest.approx(made.a[0].data)
    assert made.local(made.a[1], made.z[1]) == pytest.approx(made.a[1].data * (1 - made.a[1].data))
    assert made.W[1].grad == before


def shown(widget):
    """What stands in the boxes and on the edges, as numbers or ?."""
    boxes = {
        name: tuple(text.get_text() for text in (box.value, box.grad, box.news))
        for name, box in widget.boxes.items()
    }
    return boxes, {edge: text.get_text() for edge, text in widget.edges.items()}


def test_the_chain_reveals_one_number_after_another():
    widget = lab02.ChainSteps()
    boxes, edges = shown(widget)
    assert boxes["z0"][0] == "?"
    assert not any(edges.values())
    widget.steps.unobserve_all()
    counts = []
    for step in range(widget.LAST + 1):
        widget.steps.value = step
        widget.draw()
        boxes, edges = shown(widget)
        counts.append(sum(box[0] != "?" for box in boxes.values()))
        counts[-1] += sum(box[1] != "" for box in boxes.values()) + bool(boxes["C"][2])
    assert all(b > a for a, b in pairwise(counts))


def test_at_the_last_step_every_number_of_the_exercise_is_on_show():
    widget = lab02.ChainSteps(step=lab02.ChainSteps.LAST)
    boxes, edges = shown(widget)
    for k in range(3):
        assert boxes[f"z{k}"][:2] == tuple(
            f"{LECTURE[key][k]:.6f}".replace("-", "−") for key in ("z", "delta")
        )
        assert boxes[f"a{k}"][0] == f"{LECTURE['a'][k]:.6f}"
    assert boxes["W2"] == ("0.230000", "−0.123114", "→ 0.242311")
    assert boxes["b1"] == ("0.000000", "−0.013421", "→ 0.001342")
    assert boxes["C"] == ("0.220702", "1.000000", "→ 0.219170")
    assert edges["z2", "a2"] == "" or edges["z2", "a2"].startswith("−0.939578\n× 0.249087")
    assert edges["W1", "z1"] == "−0.013421\n× 0.579324"
    assert "C₀ falls from 0.220702 to 0.219170" in widget.caption


@pytest.mark.parametrize("x", [-3.0, 0.4, 3.0])
def test_every_edge_multiplies_to_the_gradient_that_it_brings(x):
    widget = lab02.ChainSteps(step=lab02.ChainSteps.LAST)
    widget.x.value, widget.y.value = x, 0.25
    _, edges = shown(widget)
    gradients = widget._values()
    for (source, target), text in edges.items():
        if not text:
            assert source in ("x", "y")
            continue
        upstream, local = (float(part.strip("× ").replace("−", "-")) for part in text.split("\n"))
        assert upstream == pytest.approx(gradients[target].grad, abs=1e-6)
        assert upstream * local == pytest.approx(gradients[source].grad, abs=1e-5)


def test_every_step_of_the_chain_says_a_true_product():
    widget = lab02.ChainSteps()
    widget.x.value, widget.y.value = 2.0, 0.3
    widget.steps.unobserve_all()
    product = r"(−?\d+\.\d+) × (−?\d+\.?\d*) = (−?\d+\.\d+)"
    for step in range(8, 17):
        widget.steps.value = step
        found = re.findall(product, widget.draw())
        assert found or step == 8
        for left, right, result in found:
            numbers = [float(text.replace("−", "-")) for text in (left, right, result)]
            assert numbers[0] * numbers[1] == pytest.approx(numbers[2], abs=1e-5)


def test_the_chain_s_goal_asks_for_the_last_step_and_half_the_cost():
    widget = lab02.ChainSteps()
    widget.alpha.value = 10.0
    assert not widget.goal_reached
    while widget.step():
        pass
    widget.refresh()
    assert widget.goal_reached
    widget.alpha.value = 0.1
    assert not widget.goal_reached
    widget.step()
    assert widget.steps.value == 0


def train(widget):
    while widget.step():
        pass
    widget.refresh()


def test_two_hidden_units_solve_xor_from_some_starts_and_one_never():
    widget = lab02.GrowingXOR()
    train(widget)
    assert not widget.goal_reached
    assert "A single line does not separate XOR" in widget.caption
    widget.hidden.value, widget.start.value = 2, 0
    train(widget)
    assert not widget.goal_reached
    assert "Stuck" in widget.caption
    widget.start.value = 3
    train(widget)
    assert widget.goal_reached
    assert "100 of 100 points right" in widget.caption


def test_xor_without_hidden_units_is_logistic_regression():
    widget = lab02.GrowingXOR(hidden=0)
    assert widget.net.theta.size == 3
    assert all(len(line.get_xdata()) == 0 for line in widget.lines)
    train(widget)
    assert "No hidden unit, 3 parameters" in widget.caption


def test_each_dashed_line_is_where_its_hidden_unit_is_0():
    widget = lab02.GrowingXOR(hidden=3, epochs=100)
    assert widget.epochs == 100
    hidden = widget.net[0]
    for k in range(3):
        points = np.column_stack(widget.lines[k].get_data())
        assert np.allclose(hidden.forward(points)[:, k], 0, atol=1e-9)
    assert all(len(line.get_xdata()) == 0 for line in widget.lines[3:])


def test_the_circled_points_are_the_wrong_ones_and_the_curve_is_the_cost():
    widget = lab02.GrowingXOR(hidden=1, epochs=200)
    wrong = (sigmoid(widget.net.predict(widget.X))[:, 0] > 0.5) != widget.labels
    circled = np.column_stack(widget.plane.wrong.get_data())
    assert np.array_equal(circled, widget.X[wrong])
    assert f"{100 - wrong.sum()} of 100 points right" in widget.caption
    assert len(widget.curve.get_ydata()) == 201
    assert widget.costs[-1] == pytest.approx(
        widget.loss(widget.net.predict(widget.X), widget.labels)
    )


def test_the_curve_s_goal_needs_both_kinds_of_unit():
    widget = lab02.AnyCurve()
    widget.units.value = 60
    assert not widget.goal_reached
    assert "close enough" in widget.caption
    widget.g.value = "ReLU"
    assert widget.goal_reached


def test_squares_and_jumps_are_out_of_reach():
    widget = lab02.AnyCurve()
    widget.g.value, widget.units.value = "z²", 60
    assert np.abs(widget.gap.get_ydata()).max() > 1
    widget.curve.value, widget.g.value = "a jump", "tanh"
    assert np.abs(widget.gap.get_ydata()).max() > 0.5
    assert widget.done == set()


def test_the_drawn_network_is_one_of_nnlib_and_its_error_is_in_the_caption():
    widget = lab02.AnyCurve()
    predict = widget.network()
    assert np.allclose(predict(widget.inside), widget.near.get_ydata())
    error = predict(widget.inside) - lab02.AnyCurve.CURVES["a wave"](widget.inside)
    assert f"largest error is {np.abs(error).max():.2g}" in widget.caption


def test_both_precisions_have_a_v_whose_bottom_is_the_goal():
    widget = lab02.StepSize()
    for precision, eps, best in (("float64", 1e-5, 1e-9), ("float32", 1e-2, 2e-4)):
        widget.precision.value, widget.eps.value = precision, eps
        errors = widget.curve.get_ydata()
        assert np.nanmin(errors) < best
        assert errors[-1] > 1e-2
        assert np.nanargmin(errors) not in (0, len(errors) - 1)
        assert "bottom of the V" in widget.caption
    assert widget.goal_reached


def test_float32_never_gets_below_1e_7_and_loses_small_steps():
    widget = lab02.StepSize()
    widget.precision.value, widget.eps.value = "float32", 1e-10
    assert np.nanmin(widget.curve.get_ydata()) > 1e-6
    assert "ε is lost" in widget.caption


def test_truncation_falls_with_the_square_of_eps():
    errors = lab02.StepSize().curve.get_ydata()
    decade = lab02.StepSize.PER_DECADE
    assert errors[-1 - decade] / errors[-1 - 2 * decade] == pytest.approx(100, rel=0.05)


def test_a_wrong_gradient_is_flat_and_never_reaches_the_goal():
    widget = lab02.StepSize()
    widget.gradient.value = lab02.FORGOTTEN
    for precision in ("float64", "float32"):
        widget.precision.value = precision
        widget.eps.value = float(widget.grid[np.nanargmin(widget.curve.get_ydata())])
        assert "this gradient is wrong" in widget.caption
    assert not widget.goal_reached


def shallow_backward(X, Y, W1, b1, W2, b2):
    A1 = np.tanh(X @ W1.T + b1)
    dZ2 = (sigmoid(A1 @ W2.T + b2) - Y) / len(X)
    dZ1 = dZ2 @ W2 * (1 - A1**2)
    return dZ2, dZ2.T @ A1, dZ2.sum(axis=0), dZ1, dZ1.T @ X, dZ1.sum(axis=0)


def test_the_reader_s_own_backward_is_checked():
    widget = lab02.StepSize(shallow_backward)
    widget.eps.value = 1e-5
    assert widget.gradient.value == "mine"
    assert "mine, ε = 1.0e−05" in widget.caption
    assert np.nanmin(widget.curve.get_ydata()) < 1e-9

    def doubled(*inputs):
        return tuple(2 * link for link in shallow_backward(*inputs))

    assert "this gradient is wrong" in lab02.StepSize(doubled).caption


def test_the_cost_of_each_weight_is_that_of_the_chain():
    made = lab02.cost_of_each_weight(x=2.0, y=0.0)
    lines = made.axes[0].get_lines()
    assert lines[0].get_ydata()[0] == lab02.chain(2.0, 0.0, (-3.0, 0.18, 0.23)).C.data
    assert lines[4].get_ydata()[-1] == lab02.chain(2.0, 0.0, (0.32, 0.18, 3.0)).C.data
    assert f"C₀ = {lab02.chain(2.0, 0.0).C.data:.4f}" in made.caption


def test_every_picture_can_be_drawn():
    for made in (lab02.cost_of_each_weight(), *(widget().figure for widget in WIDGETS.values())):
        assert render(made).startswith(b"\x89PNG")


def test_the_hidden_layer_of_xor_is_tanh():
    net = lab02.GrowingXOR(hidden=2).net
    assert isinstance(net, Sequential)
    assert isinstance(net[1], Tanh)
