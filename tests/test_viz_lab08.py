"""The pictures of lab 08 say what nnlib computes, and each goal can be reached."""

import numpy as np
import pytest
from helpers_viz import exercise_every_control

from nnlib.search import Search, Trial
from nnlib.viz import lab08

pytestmark = pytest.mark.usefixtures("no_pictures")


def to_the_end(widget):
    """Take steps until time is over; how many there were."""
    for taken in range(1, 200):
        if widget.step() is False:
            widget.refresh()
            return taken
    raise AssertionError("time never ends")


@pytest.mark.parametrize(
    "kind",
    [
        lab08.GridAgainstRandom,
        lab08.Decades,
        lab08.CoarseToFine,
        lab08.ManyAtOnce,
        lab08.OneWatched,
    ],
)
def test_every_control_may_go_to_its_ends(kind, small_pictures):
    captions = exercise_every_control(kind())
    assert len(set(captions)) > 3


def test_scores_by_setting_show_every_seed_and_the_mean():
    scores = np.array([[0.2, 0.4, 0.6], [0.9, 0.8, 1.0]])
    made = lab08.by_setting([0.01, 0.1], scores, xlabel="learning rate")
    dots, means = made.axes[0].lines
    assert np.allclose(dots.get_ydata(), scores.ravel())
    assert np.allclose(means.get_ydata(), [0.4, 0.9])
    assert made.caption.endswith("0.01: 0.40; 0.1: 0.90.")


def test_trials_mark_the_best():
    found = Search([Trial({"a": 0.1, "b": 2.0}, 0.5), Trial({"a": 0.3, "b": 9.0}, 0.8)])
    made = lab08.trials(found, "a", "b")
    (ring,) = made.axes[0].lines
    assert (ring.get_xdata(), ring.get_ydata()) == ([0.3], [9.0])
    assert made.caption == "2 trials; the best has a = 0.3 and b = 9."


def test_winners_are_shown_on_both_sets():
    made = lab08.winners(np.array([0.01, 0.03]), np.array([-0.01, 0.002]))
    test, test_mean, validation, validation_mean, _ = made.axes[0].lines
    assert np.allclose(test.get_xdata(), [-1, 0.2])
    assert np.allclose(validation.get_xdata(), [1, 3])
    assert np.allclose([*test_mean.get_xdata(), *validation_mean.get_xdata()], [-0.4, 2])
    assert "2.0 points above" in made.caption
    assert "−0.4 points on the test set" in made.caption


def test_random_beats_the_grid_and_the_grid_beats_random():
    widget = lab08.GridAgainstRandom()
    grid, random = widget.found
    assert len(grid.trials) == len(random.trials) == 9
    assert len({t.params["x"] for t in grid.trials}) == 3
    assert len({t.params["x"] for t in random.trials}) == 9
    assert not widget.goal_reached
    assert widget.done == {"random"}
    widget.ridge.value = 0.5
    assert "its best score is 1.00" in widget.caption
    assert widget.goal_reached


def test_a_race_goes_one_trial_at_a_time():
    widget = lab08.GridAgainstRandom()
    widget.restart()
    widget.refresh()
    assert widget.caption.startswith("After 0 of 9 trials each: the grid has tried 0 values")
    assert to_the_end(widget) == 9
    assert len(widget.dots[1].get_xdata()) == 9


def test_a_uniform_rate_misses_the_low_decades_and_a_log_uniform_one_does_not():
    widget = lab08.Decades()
    assert "44 of them in the top decade, 0 in the lowest" in widget.caption
    assert sum(bar.get_height() for bar in widget.bars) == pytest.approx(1)
    widget.n.value = 100
    assert not widget.goal_reached
    widget.way.value = widget.LOG
    assert widget.goal_reached
    assert len(widget.dots.get_xdata()) == 100


def test_a_learner_may_draw_the_tries():
    def mine(low, high, n, rng):
        return 10 ** rng.uniform(np.log10(low), np.log10(high), n)

    widget = lab08.Decades(mine)
    widget.way.value, widget.n.value = widget.MINE, 100
    assert widget.error is None
    assert widget.goal_reached


def test_zooming_draws_within_the_span_of_the_best():
    widget = lab08.CoarseToFine()
    widget.step()
    widget.refresh()
    latest = [t for t in widget.search(2).trials if t.round == 2]
    x, y = np.array([[t.params["x"], t.params["y"]] for t in latest]).T
    left, bottom = widget.box.get_xy()
    assert left <= x.min() <= x.max() <= left + widget.box.get_width()
    assert bottom <= y.min() <= y.max() <= bottom + widget.box.get_height()


def test_the_high_hill_can_be_found():
    widget = lab08.CoarseToFine()
    to_the_end(widget)
    assert not widget.goal_reached
    widget.n.value, widget.keep.value = 16, 0.75
    to_the_end(widget)
    assert "64 trials in all" in widget.caption
    assert widget.goal_reached


def test_stopping_the_bad_ones_early_saves_most_of_the_work():
    widget = lab08.ManyAtOnce()
    assert not widget.goal_reached
    widget.every.value, widget.keep.value = 2, 0.5
    trained = [bar.get_width() for bar in widget.bars]
    spent = sum(trained) / (widget.MODELS * widget.EPOCHS)
    assert f"{100 * spent:.0f} % of all epochs spent" in widget.caption
    assert sorted(trained) == [2] * 6 + [4] * 3 + [6] + [8] + [24]
    assert widget.goal_reached


def test_whoever_turns_the_learning_rate_up_gets_there():
    widget = lab08.OneWatched()
    widget.step()
    widget.lr.value = 0.5
    assert to_the_end(widget) == 29
    assert widget.goal_reached
    assert widget.used[0] == pytest.approx(0.01)


def test_whoever_leaves_it_does_not():
    widget = lab08.OneWatched()
    to_the_end(widget)
    assert not widget.goal_reached
    assert "It hardly moves" in lab08.OneWatched(epochs=8).caption
