"""Lab 01's pictures say what nnlib computes, and every goal can be reached."""

import re

import numpy as np
import pytest
from helpers_viz import exercise_every_control

import nnlib
from nnlib import LogisticRegression, Standardizer, datasets, metrics
from nnlib.perceptron import perceptron_update
from nnlib.viz import lab01, render

pytestmark = pytest.mark.usefixtures("no_pictures")

FEATURES = ("mean radius", "mean concave points")


@pytest.fixture(scope="module")
def tumours():
    """Training, validation and test rows of the lab, for two features and for all."""
    data = datasets.breast_cancer()
    parts = nnlib.split(569, (0.6, 0.2, 0.2), rng=np.random.default_rng(0), stratify=data.y)
    sets = {}
    for name, columns in (("two", [0, 7]), ("all", range(30))):
        scale = Standardizer().fit(data.X[parts[0]][:, columns])
        sets[name] = [(scale.transform(data.X[rows][:, columns]), data.y[rows]) for rows in parts]
    return sets


@pytest.fixture(scope="module")
def make(tumours):
    train, validation, test = tumours["two"]
    model = LogisticRegression(lam=0).fit(*train)
    rows = {"validation": validation, "test": test}
    return {
        "PerceptronLine": lab01.PerceptronLine,
        "PerceptronSteps": lab01.PerceptronSteps,
        "RollingBalls": lab01.RollingBalls,
        "LossLimits": lab01.LossLimits,
        "Thresholds": lambda: lab01.Thresholds(model, rows, features=FEATURES),
        "Penalties": lambda: lab01.Penalties(*tumours["all"][:2]),
    }


WIDGETS = (
    "PerceptronLine",
    "PerceptronSteps",
    "RollingBalls",
    "LossLimits",
    "Thresholds",
    "Penalties",
)


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_works_at_its_extremes(make, name, small_pictures):
    captions = exercise_every_control(make[name]())
    assert len(set(captions)) >= 3
    assert all(len(caption) > 40 and not re.search(r"\bnan\b", caption) for caption in captions)


@pytest.mark.parametrize("name", WIDGETS)
def test_no_goal_is_reached_before_the_reader_moves(make, name):
    assert not make[name]().goal_reached


def let_time_pass(widget):
    while widget.step():
        pass
    widget.refresh()


def set_line(widget, gate, w_1, w_2, b, with_bias=True):
    widget.gate.value, widget.with_bias.value = gate, with_bias
    widget.w_1.value, widget.w_2.value, widget.b.value = w_1, w_2, b


@pytest.mark.parametrize(
    ("gate", "line"),
    [("AND", (1, 1, -1.5, True)), ("OR", (1, 1, -0.5, True)), ("OR", (1, 1, 3, False))],
)
def test_a_line_can_do_the_gate(gate, line):
    widget = lab01.PerceptronLine()
    set_line(widget, gate, *line)
    assert widget.goal_reached
    assert "no mistakes" in widget.caption
    assert widget.plane.crosses.get_xdata().size == 0


@pytest.mark.parametrize(("gate", "biases"), [("XOR", np.arange(-3, 3.5, 0.5)), ("AND", [0.0])])
def test_no_line_can_do_xor_nor_and_through_the_origin(gate, biases):
    steps = np.arange(-3, 3.5, 0.5)
    w_1, w_2, b = (grid.ravel() for grid in np.meshgrid(steps, steps, biases))
    says_1 = np.stack([w_1, w_2]).T @ lab01.CORNERS.T + b[:, None] > 0
    assert (says_1 != lab01.GATES[gate]).sum(axis=1).min() == 1


def test_the_line_crosses_out_the_corners_that_its_unit_gets_wrong():
    widget = lab01.PerceptronLine()
    set_line(widget, "AND", 1, -1, 0.5)
    assert np.array_equal(widget.plane.crosses.get_xydata(), [[0, 0], [1, 0]])
    assert "1·x₁ − 1·x₂ + 0.5 = 0: 2 mistakes in 4" in widget.caption
    x, y = widget.plane.half.edge.get_data()
    assert np.allclose(np.asarray(x) - y + 0.5, 0)
    w = np.array([widget.plane.arrow.U[0], widget.plane.arrow.V[0]])
    assert np.allclose(w / np.linalg.norm(w), [1 / np.sqrt(2), -1 / np.sqrt(2)])
    assert np.allclose(widget.plane.arrow.get_offsets() @ [1, -1], -0.5)
    corners = np.array([[0, 0], [1, 0], [1, 1]])
    assert widget.plane.half.side.get_path().contains_points(corners).all()
    assert not widget.plane.half.side.get_path().contains_points([[0, 1]]).any()


@pytest.mark.parametrize(("b", "everything"), [(1.0, True), (-1.0, False)])
def test_without_weights_there_is_no_line_and_one_answer_everywhere(b, everything, small_pictures):
    widget = lab01.PerceptronLine()
    set_line(widget, "OR", 0, 0, b)
    assert len(widget.plane.half.edge.get_xdata()) == 0
    assert widget.plane.half.side.get_path().contains_point((0.5, 0.5)) == everything
    assert "there is no line" in widget.caption


def test_the_rule_takes_the_steps_that_nnlib_takes():
    widget = lab01.PerceptronSteps()
    let_time_pass(widget)
    walk = nnlib.train_perceptron(lab01.CORNERS, lab01.GATES["AND"])
    assert widget.mistakes == walk.mistakes
    assert np.array_equal(widget.counts.get_ydata(), walk.mistakes)
    assert np.array_equal(widget.w, walk.w)
    assert widget.b == walk.b
    assert "AND is learned" in widget.caption
    assert not widget.goal_reached


def test_and_then_or_reach_the_goal_and_xor_goes_round():
    widget = lab01.PerceptronSteps()
    for gate in ("AND", "OR"):
        widget.gate.value = gate
        let_time_pass(widget)
    assert widget.goal_reached
    widget.gate.value = "XOR"
    let_time_pass(widget)
    assert "goes round for ever" in widget.caption
    assert (*widget.w, widget.b) in widget.epoch_starts


def test_the_readers_own_rule_is_the_one_that_walks():
    def backwards(w, b, x, y, alpha):
        return perceptron_update(w, b, x, y, -alpha)

    widget = lab01.PerceptronSteps(backwards)
    for _ in range(4):
        widget.buttons[1].click()
    assert np.array_equal(widget.w, [-1, -1])


@pytest.mark.parametrize("name", ["squared_error", "cross_entropy"])
def test_the_balls_roll_down_the_true_slope(name):
    cost = getattr(lab01.RollingBalls(), name)
    for w in (-4.0, -0.3, 0.7, 5.0):
        measured = nnlib.numerical_gradient(lambda v: cost(v)[0], np.float64(w))
        assert cost(w)[1] == pytest.approx(float(measured), rel=1e-6, abs=1e-9)


def test_cross_entropy_is_convex_and_squared_error_is_not():
    widget, grid = lab01.RollingBalls(), np.linspace(-6, 6, 241)
    slopes = {
        cost: np.array([cost(w)[1] for w in grid])
        for cost in (widget.squared_error, widget.cross_entropy)
    }
    assert (np.diff(slopes[widget.cross_entropy]) > 0).all()
    assert (np.diff(slopes[widget.squared_error]) < -0.01).any()


@pytest.mark.parametrize(("start", "stuck"), [(-6, True), (-0.5, True), (0, False), (6, False)])
def test_from_the_left_the_squared_error_gets_stuck(start, stuck):
    widget = lab01.RollingBalls()
    widget.start.value = start
    let_time_pass(widget)
    assert widget.goal_reached == stuck
    assert "After 200 steps" in widget.caption
    assert f"lowest 0.1321 ({'stuck' if stuck else 'arrived'}); cross-entropy" in widget.caption
    assert "lowest 1.6734 (arrived)." in widget.caption
    assert widget.balls[1].get_ydata()[0] == pytest.approx(widget.lowest[1], abs=1e-3)
    w, J = widget.balls[0].get_data()
    assert widget.squared_error(float(w[0]))[0] == pytest.approx(float(J[0]))


@pytest.mark.parametrize(("y", "y_hat"), [(1, 0.001), (1, 0.999), (0, 0.001), (0, 0.5)])
def test_the_loss_is_the_one_that_nnlib_trains_with(y, y_hat):
    widget = lab01.LossLimits()
    widget.y.value, widget.y_hat.value = y, y_hat
    z = np.log(y_hat / (1 - y_hat))
    L = nnlib.BinaryCrossEntropy()(np.array([z]), np.array([y]))
    assert widget.point.get_ydata()[0] == pytest.approx(L)
    assert f"L = {L:.4f}" in widget.caption
    assert not widget.goal_reached


def test_a_sure_and_wrong_zero_reaches_the_goal_and_the_readers_loss_is_shown():
    widget = lab01.LossLimits(lambda z, y: float(np.sum(z) + 10 * np.sum(y)))
    widget.y.value, widget.y_hat.value = 0, 0.994
    assert widget.goal_reached
    assert f"yours says {np.log(0.994 / 0.006):.4f}" in widget.caption


@pytest.mark.parametrize("threshold", [0.01, 0.17, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("rows", ["validation", "test"])
def test_the_threshold_moves_line_matrix_and_point_together(make, threshold, rows):
    widget = make["Thresholds"]()
    widget.threshold.value, widget.rows.value = threshold, rows
    X, y = widget.sets[rows]
    y_hat = (widget.model.predict_proba(X)[:, 1] >= threshold).astype(int)
    C = metrics.confusion_matrix(y, y_hat, labels=[0, 1])
    assert [[int(cell.get_text()) for cell in row] for row in widget.cells] == C.tolist()
    assert widget.point.get_xdata()[0] == pytest.approx(C[0, 1] / C[0].sum())
    assert widget.point.get_ydata()[0] == pytest.approx(metrics.recall(y, y_hat))
    assert len(widget.missed.get_xdata()) == np.sum(y_hat != y)
    edge = np.array(widget.half.edge.get_data()).T
    assert widget.model.predict_proba(edge)[:, 1] == pytest.approx(threshold, abs=1e-6)
    inside = widget.half.side.get_path().contains_points(X)
    assert np.array_equal(inside.astype(int), y_hat)
    assert f"precision {metrics.precision(y, y_hat):.4f}" in widget.caption


def test_a_threshold_finds_every_malignant_tumour_with_precision_above_0_8(make):
    widget = make["Thresholds"]()
    widget.threshold.value = 0.17
    assert widget.goal_reached
    assert "43 of 43 malignant found, 8 false alarms" in widget.caption
    widget.rows.value = "test"
    assert not widget.goal_reached
    assert "39 of 42 malignant found" in widget.caption


def test_the_penalty_shrinks_the_weights_and_one_lambda_is_best(make, tumours):
    widget = make["Penalties"]()
    norms, J_train, _ = np.array(widget.results).T
    assert (np.diff(norms) < 0).all()
    assert (np.diff(J_train) > 0).all()
    reached = []
    for lam in (1e-4, 0.1, 10**-0.6666, 0.464, 1e3):
        widget.lam.value = lam
        reached.append(widget.goal_reached)
        model = LogisticRegression(lam=widget.lam.value).fit(*tumours["all"][0])
        size = np.linalg.norm(model.coef_)
        assert widget.norm.get_ydata()[0] == pytest.approx(size, rel=2e-3)
    assert reached == [False, False, True, False, False]


def test_figures_hold_their_data_and_say_what_they_show(tumours):
    X, y = tumours["two"][0]
    points = lab01.two_features(X, y, features=FEATURES)
    drawn = [line.get_xydata() for line in points.axes[0].lines]
    assert np.array_equal(drawn[0], X[y == 0])
    assert np.array_equal(drawn[1], X[y == 1])
    assert "214 benign and 127 malignant tumours" in points.caption

    bridge = lab01.logit_and_sigmoid()
    mu, z = bridge.axes[0].lines[0].get_data()
    assert np.allclose(nnlib.sigmoid(z), mu)
    assert "takes it back to 0.8000" in bridge.caption
    assert "back to 0.5000" in lab01.logit_and_sigmoid(lambda z: z * 0 + 0.5).caption

    growth = lab01.weight_growth({"λ = 0": np.arange(1.0, 101), "λ = 1": np.full(100, 2.0)})
    assert "λ = 0: 10.0000 after 10 steps, 100.0000 at the end" in growth.caption

    folds = lab01.fold_scores({"A": [0.9, 0.8, 0.7, 1.0], "B": [0.5, 0.5, 0.5, 0.7]})
    assert "A: average 0.8500, 0.3000 between best and worst fold" in folds.caption
    assert "B: average 0.5500" in folds.caption
    for made in (points, bridge, growth, folds):
        assert render(made).startswith(b"\x89PNG")
