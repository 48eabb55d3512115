"""Lab 00's pictures say what nnlib computes, and every goal can be reached."""

import numpy as np
import pytest
from helpers_viz import exercise_every_control

from nnlib import datasets, linear_regression, metrics, split
from nnlib.viz import lab00, render

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture(scope="module")
def patients() -> tuple[np.ndarray, np.ndarray]:
    """BMI and score of the lab's training patients."""
    data = datasets.diabetes()
    train = split(442, (0.6, 0.2, 0.2), rng=np.random.default_rng(0))[0]
    return data.X[train, 2], data.y[train]


@pytest.fixture(scope="module")
def centred(patients: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    x, y = patients
    return x - x.mean(), y


def make(name: str, patients: tuple[np.ndarray, np.ndarray]) -> lab00.Explorer:
    return getattr(lab00, name)(*(patients if name in ("LineFit", "LearningRate") else ()))


WIDGETS = ("GradientAscent", "TwoValleys", "LineFit", "LearningRate", "NearTheMinimum")


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_works_at_its_extremes(name, patients, small_pictures):
    captions = exercise_every_control(make(name, patients))
    assert len(set(captions)) > 3
    assert all(len(caption) > 40 and "nan" not in caption for caption in captions)


@pytest.mark.parametrize("name", WIDGETS)
def test_no_goal_is_reached_before_the_reader_moves(name, patients):
    assert not make(name, patients).goal_reached


def test_walk_is_gradient_descent_and_ends_where_it_leaves_for_infinity():
    path = lab00.walk(lambda t: 2 * t, [3.0, -1.0], 0.25, 3)
    assert np.allclose(path, np.array([[3, -1]]) * 0.5 ** np.arange(4)[:, None])
    assert len(lab00.walk(lambda t: 2 * t, [1.0], 3.0, 100)) == 14  # 5¹³ > 1e9


def test_ascent_draws_the_path_that_its_formula_gives():
    widget = lab00.GradientAscent()
    widget.alpha.value, widget.start.value, widget.steps.value = 0.3, 5.0, 7
    x = 2 + 3 * 0.4 ** np.arange(8)
    assert np.allclose(widget.history.get_ydata(), x)
    assert np.allclose(widget.trail.get_xdata(), x)
    assert np.allclose(widget.trail.get_ydata(), 3 - (x - 2) ** 2)
    assert f"x = {x[-1]:.4f}" in widget.caption
    assert "leaves 40 %" in widget.caption


@pytest.mark.parametrize(
    ("alpha", "word"),
    [
        (0.02, "crawls"),
        (0.3, "It converges"),
        (0.5, "One step"),
        (0.8, "zigzags"),
        (1.0, "cycles"),
        (1.1, "diverges"),
    ],
)
def test_ascent_names_its_fate(alpha, word):
    widget = lab00.GradientAscent()
    widget.alpha.value = alpha
    assert word in widget.caption


def test_ascent_reaches_the_top_in_one_step_at_a_half_alone():
    widget = lab00.GradientAscent()
    reached = []
    for alpha in (0.1, 0.49, 0.5, 0.51, 1.0, 1.2):
        widget.alpha.value = alpha
        if widget.goal_reached:
            reached.append(alpha)
    assert reached == [0.5]
    widget.alpha.value, widget.start.value = 0.5, 2.0
    assert not widget.goal_reached
    assert "nothing moves" in widget.caption


def test_ascent_walks_by_the_readers_own_function_and_shows_nnlibs_beside():
    def downhill(start: float, alpha: float, steps: int) -> np.ndarray:
        return 2 + (start - 2) * (1 + 2 * alpha) ** np.arange(steps + 1)

    def right(start: float, alpha: float, steps: int) -> np.ndarray:
        return 2 + (start - 2) * (1 - 2 * alpha) ** np.arange(steps + 1)

    widget = lab00.GradientAscent(downhill)
    assert "not the steps that nnlib takes" in widget.caption
    assert not np.allclose(widget.history.get_ydata(), widget.reference.get_ydata())
    assert "It converges" in lab00.GradientAscent(right).caption
    assert "not the steps" in lab00.GradientAscent(lambda *a: right(*a)[-1]).caption


def test_steps_and_reset_move_time():
    widget = lab00.GradientAscent()
    _, step, reset = widget.buttons
    reset.click()
    assert widget.steps.value == 0
    assert "after 0 steps x = −1.0000" in widget.caption
    step.click()
    assert "after 1 step x = −0.4000" in widget.caption


def test_valleys_rest_where_the_slope_is_zero():
    widget = lab00.TwoValleys()
    for x in (widget.HILL, widget.SHALLOW, widget.DEEP):
        assert abs(widget.slope(np.array(x))) < 1e-3
    assert "shallow valley" in widget.caption
    widget.start.value = -0.5
    widget.steps.value = widget.last_step
    assert "deep valley" in widget.caption
    assert not widget.goal_reached


def test_a_leap_over_the_hill_reaches_the_deep_valley():
    widget = lab00.TwoValleys()
    widget.start.value, widget.alpha.value = 2.0, 0.1
    assert widget.goal_reached
    assert "deep valley" in widget.caption


def test_line_shows_its_residuals_and_its_cost(centred):
    x, y = centred
    widget = lab00.LineFit(x, y)
    widget.theta_0.value, widget.theta_1.value = 120, 5.0
    assert np.allclose(widget.line.get_ydata(), 120 + 5 * np.array([x.min(), x.max()]))
    segments = np.array(widget.residuals.get_segments())
    assert segments.shape == (len(x), 2, 2)
    assert np.allclose(segments[:, 1, 1] - segments[:, 0, 1], 120 + 5 * x - y)
    assert f"MSE {metrics.mse(y, 120 + 5 * x):.1f}" in widget.caption
    widget.kind.label = "MAE"
    assert f"MAE {metrics.mae(y, 120 + 5 * x):.1f}" in widget.caption
    assert "MAE" in widget.surface.get_title()


def test_line_reaches_its_goal_at_the_normal_equation_for_both_costs(centred):
    x, y = centred
    best = linear_regression.normal_equation(linear_regression.add_bias_column(x[:, None]), y)
    widget = lab00.LineFit(x, y)
    widget.theta_0.value, widget.theta_1.value = 2 * round(best[0] / 2), round(2 * best[1]) / 2
    assert widget.goal_reached
    assert widget.surfaces["MSE"].min() == pytest.approx(
        metrics.mse(y, best[0] + best[1] * x), rel=1e-4
    )
    widget.kind.label = "MAE"
    widget.theta_0.value, widget.theta_1.value = 144, 12.0
    assert widget.goal_reached
    assert "MAE" in widget.caption


def test_rate_draws_the_costs_that_gradient_descent_gives(patients):
    x, y = patients
    widget = lab00.LearningRate(x, y)
    widget.alpha.value, widget.steps.value = 0.05, 30
    X = linear_regression.add_bias_column((x - x.mean())[:, None])
    path, costs = linear_regression.gradient_descent(X, y, lr=0.05, steps=30)
    assert np.allclose(widget.J.get_ydata(), costs)
    ends = np.array([x.min(), x.max()])
    assert np.allclose(widget.line.get_ydata(), path[-1, 0] + path[-1, 1] * (ends - x.mean()))
    assert f"J = {costs[-1]:.4f}" in widget.caption


@pytest.mark.parametrize(
    ("power", "scale", "word", "reached"),
    [
        (-2.0, "minus its mean", "crawls", False),
        (-1.5, "minus its mean", "on its way", False),
        (-1.1, "minus its mean", "from step 39 on", True),
        (-1.0, "minus its mean", "diverges", False),
        (0.0, "standardised", "from step 1 on", True),
        (-3.0, "as measured", "crawls: 2 % of the way", False),
        (-2.5, "as measured", "diverges", False),
    ],
)
def test_rate_names_its_fate(patients, power, scale, word, reached):
    widget = lab00.LearningRate(*patients)
    widget.scale.label, widget.alpha.value = scale, 10**power
    assert word in widget.caption
    assert widget.goal_reached is reached


def test_rate_walks_by_the_readers_own_gradient(patients):
    right = lab00.LearningRate(*patients, gradient=lambda X, y, t: X.T @ (X @ t - y) / len(y))
    uphill = lab00.LearningRate(*patients, gradient=lambda X, y, t: X.T @ (y - X @ t) / len(y))
    assert right.caption == lab00.LearningRate(*patients).caption
    assert "diverges" in uphill.caption


def test_mae_cycles_at_a_fixed_rate_and_settles_at_a_shrinking_one():
    widget = lab00.NearTheMinimum()
    for alpha in (0.01, 0.02, 0.05, 0.12, 0.18, 0.2):
        widget.alpha.value = alpha
        assert not widget.goal_reached
    widget.alpha.value = 0.1
    assert "with MSE it comes within 0.0001 of 1" in widget.caption
    assert "with MAE it hovers between 0.1000 and 0.2000 from 1" in widget.caption
    widget.shrink.value, widget.alpha.value = True, 0.03
    assert widget.goal_reached
    widget.shrink.value, widget.alpha.value = False, 0.2
    assert "with MSE θ₁ diverges" in widget.caption


def test_mae_walk_has_steps_of_one_length():
    widget = lab00.NearTheMinimum()
    theta = widget.marks["MAE"].get_xdata()
    assert np.allclose(np.abs(np.diff(theta)), 0.1 * 3)
    assert np.allclose(widget.marks["MAE"].get_ydata(), 3 * np.abs(theta - 1))


def test_timeline_names_every_year_and_its_words_do_not_overlap():
    figure = lab00.timeline()
    assert all(str(year) in figure.caption for year, *_ in lab00.MILESTONES)
    render(figure)
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    card = figure.bbox
    for i, box in enumerate(boxes):
        assert card.x0 <= box.x0 < box.x1 <= card.x1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_cost_of_slopes_marks_the_lowest():
    slopes = np.linspace(0.5, 10, 20)
    figure = lab00.cost_of_slopes(slopes, np.abs(slopes - 3))
    assert figure.axes[0].lines[1].get_xdata()[0] == 3.0
    assert "is that of θ₁ = 3.0000" in figure.caption
