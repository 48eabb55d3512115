"""Lab 05's pictures say what nnlib computes, and every goal can be reached."""

import re

import numpy as np
import pytest
from helpers_viz import exercise_every_control

import nnlib
from nnlib.gradient_check import numerical_gradient
from nnlib.viz import lab05

pytestmark = pytest.mark.usefixtures("no_pictures")

WIDGETS = ("Mountain", "Race", "BatchSize", "MomentumMap", "Schedules", "Normalised", "SecondOrder")


@pytest.fixture(scope="module")
def make():
    data = nnlib.datasets.breast_cancer()
    X, y = data.X[:, :2], data.y.astype(float)
    others = {name: getattr(lab05, name) for name in WIDGETS if name != "Normalised"}
    return others | {"Normalised": lambda: lab05.Normalised(X, y, ("radius", "texture"))}


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_works_at_its_extremes(make, name, small_pictures):
    captions = exercise_every_control(make[name]())
    assert len(set(captions)) >= 3
    assert all(len(caption) > 40 and not re.search(r"\bnan\b", caption) for caption in captions)


@pytest.mark.parametrize("name", WIDGETS)
def test_no_goal_is_reached_before_the_reader_moves(make, name):
    assert not make[name]().goal_reached


@pytest.mark.parametrize("name", lab05.LANDSCAPES)
def test_the_slopes_of_the_landscapes_are_those_of_their_heights(name):
    f = lab05.LANDSCAPES[name].f()
    for theta in ([0.3, -0.7], [-1.1, 0.4]):
        theta = np.array(theta)
        assert np.allclose(f(theta)[1], numerical_gradient(lambda t: f(t)[0], theta), atol=1e-5)


def test_the_hessian_and_the_mountain_have_the_right_slopes():
    theta = np.array([-0.7, 1.3])
    H = nnlib.second_order.numerical_hessian(lab05.rosenbrock, theta)
    assert np.allclose(lab05.rosenbrock_hessian(theta), H, rtol=1e-4)
    for x in (0.5, 2.0, 6.0):
        at = np.array([x])
        measured = numerical_gradient(lambda t: lab05.mountain_height(t)[0], at)
        assert np.allclose(lab05.mountain_height(at)[1], measured, atol=1e-6)


def test_the_mountain_tells_where_each_walker_stands():
    widget = lab05.Mountain()
    assert "SGD at x = 3.73" in widget.caption
    assert "RMSProp at x = 5.20" in widget.caption
    assert [round(float(dot.get_xdata()[0]), 2) for dot in widget.dots] == [3.73, 2.14, 2.93, 5.2]
    widget.steps.value = 60
    reached = []
    for exponent in np.arange(-0.5, 0.41, 0.05):
        widget.alpha.value = 10**exponent
        reached.append(widget.goal_reached)
    assert 0 < sum(reached) < len(reached)


def test_the_race_is_run_by_nnlibs_optimisers():
    race = lab05.Race()
    assert race.contours.shown == "ravine"
    for i, (make, lr) in enumerate(
        zip(lab05.RACERS.values(), lab05.LANDSCAPES["ravine"].rates, strict=True)
    ):
        optimizer, theta = make(lr), np.array([-4.0, 1.5])
        for _ in range(50):
            optimizer.step(theta, lab05.ravine(theta)[1])
        assert np.allclose([line[0] for line in race.heads[i].get_data()], theta)


def test_nobody_leaves_the_ridge_and_everybody_a_start_beside_it():
    race = lab05.Race()
    race.where.value = "saddle"
    assert (race.u.value, race.v.value) == (-2.0, 0.0)
    race.steps.value = 100
    assert "nobody leaves" in race.caption
    assert not race.goal_reached
    race.v.value = 0.5
    assert race.goal_reached
    race.factor.value = 10
    assert not race.goal_reached


def test_a_racer_that_leaves_is_named():
    race = lab05.Race()
    race.factor.value, race.steps.value = 10, 100
    assert "Away for infinity: SGD" in race.caption


def test_small_batches_reach_the_goal_and_the_whole_set_has_no_noise():
    widget = lab05.BatchSize()
    assert "1 update per epoch, with the whole set there is no noise" in widget.caption
    assert lab05.gradient_noise(398) < 1e-12
    widget.size.value = 1
    assert "398 updates per epoch" in widget.caption
    assert widget.goal_reached
    widget.alpha.value = 1.0
    assert not widget.goal_reached
    noise = [lab05.gradient_noise(b) for b in (1, 4, 16)]
    assert np.allclose(np.divide(noise[:-1], noise[1:]), 2, rtol=0.1)


def test_the_phase_map_is_what_the_walk_does():
    widget = lab05.MomentumMap()
    for alpha, beta, words in (
        (0.01, 0.0, "the steep one converges straight"),
        (0.0316, 0.0, "the steep one diverges"),
        (0.1, 0.9, "the steep one oscillates and converges"),
    ):
        widget.alpha.value, widget.beta.value = alpha, beta
        assert words in widget.caption
        steep = widget.path()[:, 1]
        assert (abs(steep[-1]) > 1) == ("diverges" in words)
        assert (steep.min() < -1e-9) == ("straight" not in words)


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9])
def test_the_borders_of_the_phases_are_those_of_the_roots(beta):
    for a in (0.001, 0.3, 1.5, 3.0, 4.5):
        roots = np.roots([1, -(1 + beta - a), beta])
        straight = bool((np.abs(roots.imag) < 1e-12).all() and (roots.real >= 0).all())
        expected = 2 if np.abs(roots).max() >= 1 else 0 if straight else 1
        assert lab05.phase(np.array(a), np.array(beta)) == expected


def test_momentum_reaches_what_no_rate_alone_can():
    widget = lab05.MomentumMap()
    for exponent in np.arange(-3, 0.01, 0.05):
        widget.alpha.value = 10**exponent
        assert not widget.goal_reached
    widget.alpha.value, widget.beta.value = 0.1, 0.75
    assert widget.goal_reached


def test_the_readers_own_momentum_is_shown_and_compared():
    def right(theta, v, grad, alpha, beta):
        v = beta * v + (1 - beta) * grad
        return theta - alpha * v, v

    def forgot(theta, v, grad, alpha, beta):
        v = beta * v + grad
        return theta - alpha * v, v

    for own, same in ((right, True), (forgot, False)):
        widget = lab05.MomentumMap(own)
        widget.beta.value = 0.5
        assert ("not the steps of nnlib" in widget.caption) != same


def test_no_constant_rate_reaches_the_goal_that_most_schedules_reach():
    widget = lab05.Schedules()
    reached = set()
    for alpha in (0.1, 0.178, 0.316, 0.562, 1.0, 1.78, 3.16):
        for kind in widget.KINDS:
            widget.alpha.value, widget.kind.value = 10 ** (round(4 * np.log10(alpha)) / 4), kind
            reached |= {kind} if widget.goal_reached else set()
    assert "constant" not in reached
    assert {"linear (D1)", "staircase (D4)", "cosine"} <= reached


def test_the_drawn_schedule_is_nnlibs():
    widget = lab05.Schedules()
    widget.kind.value = "staircase (D4)"
    t, rates = widget.alphas.get_data()
    assert np.allclose(rates, 1 / (1 + t // 100))


def test_raw_inputs_crawl_and_standardised_ones_arrive(make):
    widget = make["Normalised"]()
    for exponent in np.arange(-4, 0.51, 0.1):
        widget.alpha.value = 10**exponent
        assert not widget.goal_reached
    assert "it diverges" in widget.caption
    widget.view.value = "standardised"
    widget.alpha.value = 10**-0.1
    assert widget.goal_reached
    assert "a ratio of 2.0" in widget.caption


def test_second_order_counts_the_steps_of_nnlib(make):
    widget = make["SecondOrder"]()
    found = nnlib.BFGS(tol=1e-8).minimize(lab05.rosenbrock, np.array([-1.2, 1.0]))
    assert f"BFGS {len(found.path) - 1}" in widget.caption
    widget.u.value, widget.v.value = 1.0, 0.0
    assert widget.goal_reached
    widget.v.value = 1.0
    assert not widget.goal_reached
