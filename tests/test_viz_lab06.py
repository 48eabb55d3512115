"""Lab 06's pictures say what nnlib computes, and every goal can be reached."""

import re

import numpy as np
import pytest
from helpers_viz import exercise_every_control

from nnlib import BatchNorm, datasets, split
from nnlib.viz import lab06, render

pytestmark = pytest.mark.usefixtures("no_pictures")

DIGITS = datasets.digits()
TRAIN, VAL, _ = split(
    len(DIGITS.y), (0.6, 0.2, 0.2), rng=np.random.default_rng(0), stratify=DIGITS.y
)
X, RADIUS, PETAL = DIGITS.X, datasets.breast_cancer().X[:, 0], datasets.iris().X[:, 2]
WIDGETS = {
    "ActivationsByLayer": lambda: lab06.ActivationsByLayer(X[TRAIN[:300]]),
    "GammaBeta": lambda: lab06.GammaBeta(PETAL, "petal length (cm)"),
    "BatchSize": lambda: lab06.BatchSize(RADIUS, "radius (mm)"),
    "RunningAverages": lambda: lab06.RunningAverages(RADIUS, "radius (mm)"),
    "LearningRates": lambda: lab06.LearningRates(X[TRAIN], DIGITS.y[TRAIN], X[VAL], DIGITS.y[VAL]),
}


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_works_at_its_extremes(name, small_pictures):
    captions = exercise_every_control(WIDGETS[name]())
    assert len(set(captions)) >= 3
    assert all(len(caption) > 40 and not re.search(r"\bnan\b", caption) for caption in captions)


@pytest.mark.parametrize("name", WIDGETS)
def test_no_goal_is_reached_before_the_reader_moves_and_it_can_be_drawn(name):
    widget = WIDGETS[name]()
    assert not widget.goal_reached
    assert render(widget.figure).startswith(b"\x89PNG")


def test_batch_norm_keeps_every_layer_near_1_at_any_weight_scale():
    widget = WIDGETS["ActivationsByLayer"]()
    widget.depth.value = 20
    for scale in (0.5, 2.0):
        widget.scale.value = scale
        assert np.allclose(widget.spreads(True), 1, atol=0.2)
        plain = widget.spreads(False)
        assert plain[-1] < 0.01 if scale < 1 else plain[-1] > 100


def test_the_plain_network_keeps_its_spread_only_with_he_s_own_weights():
    widget = WIDGETS["ActivationsByLayer"]()
    widget.depth.value = 20
    reached = []
    for scale in np.arange(0.5, 2.01, 0.05):
        widget.scale.value = float(scale)
        if widget.goal_reached:
            reached.append(round(float(scale), 2))
    assert reached
    assert 0.9 <= min(reached) <= max(reached) <= 1.1
    widget.unit.value = "tanh"
    assert not widget.goal_reached


def test_each_column_is_the_histogram_of_one_layer():
    widget = WIDGETS["ActivationsByLayer"]()
    for image in widget.images:
        columns = np.asarray(image.get_array())
        assert columns.shape == (widget.bins, 10)
        assert np.allclose(columns.max(axis=0), 1)


def test_gamma_and_beta_undo_the_normalisation_at_the_data_s_spread_and_mean():
    widget = WIDGETS["GammaBeta"]()
    widget.gamma.value = round(PETAL.std(), 2)
    assert not widget.goal_reached
    widget.beta.value = round(PETAL.mean(), 2)
    assert widget.goal_reached
    assert np.allclose(np.sort(widget.points.get_xdata()), np.sort(PETAL), atol=0.05)


def test_normalising_keeps_the_shape_and_the_slope_in_the_caption_is_true():
    widget = WIDGETS["GammaBeta"]()
    z = BatchNorm(1, dtype=np.float64).forward(PETAL[:, None], training=True)
    assert np.allclose(widget.points.get_xdata(), z[:, 0])
    s = 1 / (1 + np.exp(-z))
    assert f"lets {100 * np.mean(s * (1 - s)):.0f} %" in widget.caption
    assert "mean 0.00 and spread 1.00" in widget.caption


def test_the_reader_s_own_forward_is_drawn():
    def forward(Z, gamma, beta, eps):
        return gamma * (Z - Z.mean(axis=0)) / np.sqrt(Z.var(axis=0) + eps) + beta

    widget = lab06.GammaBeta(PETAL, "z", forward)
    widget.gamma.value = 2.5
    assert np.array_equal(widget.yours.get_data().values, widget.out.get_data().values)


def test_the_smallest_batch_is_the_smallest_and_one_is_refused():
    widget = WIDGETS["BatchSize"]()
    assert widget.share[widget.smallest - 2] < 0.95
    assert np.all(widget.share[widget.smallest - 1 :] >= 0.95)
    widget.size.value = 1
    assert "nnlib refuses" in widget.caption
    assert "The batch spreads average 0.000" in widget.caption
    widget.size.value = widget.smallest
    assert widget.goal_reached
    with pytest.raises(ValueError, match="more than one value"):
        BatchNorm(1).forward(np.ones((1, 1)), training=True)


def play(widget):
    while widget.step():
        pass
    widget.refresh()


def test_the_running_averages_are_nnlib_s_and_catch_up_only_with_the_right_momentum():
    widget = WIDGETS["RunningAverages"]()
    play(widget)
    assert not widget.goal_reached
    assert widget.running[-1] == (widget.layer.running_mean[0], widget.layer.running_var[0])
    widget.momentum.value, widget.size.value = 0.8, 128
    widget.restart()
    play(widget)
    assert widget.goal_reached
    assert len(widget.running) == widget.last_step + 1
    widget.momentum.value = 0.99
    widget.restart()
    play(widget)
    assert not widget.goal_reached


def test_before_any_batch_inference_leaves_the_data_as_it_is():
    widget = WIDGETS["RunningAverages"]()
    assert f"mean {RADIUS.mean():.2f} and spread {RADIUS.std():.2f}; in training" in widget.caption


def test_batch_norm_trains_over_a_wide_range_of_rates_and_the_plain_network_does_not():
    widget = WIDGETS["LearningRates"]()
    for exponent in np.arange(-2, 1.01, 0.25):
        widget.lr.value = float(10**exponent)
    assert widget.goal_reached
    assert widget.width(True) >= 30
    assert widget.width(False) <= 3
    assert len(widget.marks[0].get_xdata()) == 13
    widget.depth.value = 2
    assert not widget.goal_reached
    assert len(widget.marks[1].get_xdata()) == 1
