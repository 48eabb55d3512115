"""What every figure and widget shares: style, picture, caption, controls, time, common plots."""

import asyncio
import io
import subprocess
import sys
import threading
import time

import matplotlib as mpl
import numpy as np
import pytest
from demo_explorers import LearningRate, Walk
from helpers_viz import PNG, exercise_every_control
from PIL import Image
from threadpoolctl import threadpool_info, threadpool_limits

from nnlib import viz
from nnlib.viz import style
from nnlib.viz.picture import agg_canvas, encode, fast_png

WIDGET = "application/vnd.jupyter.widget-view+json"
ROUNDING = 4  # of 256 levels, where sheets of half-transparent pixels lie one upon the other


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def far_from_full(explorer, density):
    """How far the picture is from one that is drawn from the beginning."""
    full = pixels(viz.render(explorer.figure, density))
    return np.abs(pixels(explorer.picture.png) - full).max()


def test_importing_nnlib_needs_numpy_alone():
    code = "import sys, nnlib; print([m for m in ('matplotlib', 'ipywidgets') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_style_leaves_matplotlib_s_settings_alone():
    before = dict(mpl.rcParams)
    made, ax = viz.figure(1, 2, sharey=True)
    ax[0].plot([1, 2], [3, 4], label="line")
    ax[0].legend()
    viz.render(made)
    LearningRate().refresh()
    assert dict(mpl.rcParams) == before


def test_artists_added_later_are_in_style_whatever_the_settings_are():
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "xtick.labelsize": 30}):
        made, ax = viz.figure()
        (line,) = ax.plot([0, 1], [0, 1], label="line")
        legend = ax.legend()
        note = ax.text(0, 0, "note")
        viz.render(made)
        (second,) = ax.plot([0, 1], [1, 0])
    assert (line.get_linewidth(), note.get_fontsize()) == (2.0, 12.0)
    assert legend.get_texts()[0].get_fontsize() == pytest.approx(12.0)
    assert {label.get_fontsize() for label in ax.get_xticklabels()} == {12.0}
    assert (line.get_color(), second.get_color()) == (style.BLUE, style.VERMILLION)
    assert line.get_linestyle() != second.get_linestyle()
    assert not ax.spines["top"].get_visible()


def test_a_figure_shows_as_a_sharp_picture_and_its_caption():
    made, ax = viz.figure(size=(5, 3))
    ax.plot([0, 1], [0, 1])
    made.caption = "A line from 0 to 1."
    data, metadata = made._repr_mimebundle_()
    assert data["text/plain"] == "A line from 0 to 1."
    assert pixels(data["image/png"]).shape == (600, 1000, 3)
    assert metadata == {"image/png": {"width": 500}}


def test_captions_have_true_minus_signs():
    made, _ = viz.figure()
    made.caption = "From (-1.2, -.5): x-axis, 2-16-1 and 3 - 1 stay; 1e-8 and -7 do not."
    assert made.caption == "From (−1.2, −.5): x-axis, 2-16-1 and 3 - 1 stay; 1e−8 and −7 do not."
    walk = Walk()
    walk.sign.value = -1
    assert walk.caption == walk.picture.alt == walk.status.text == "Step 0: θ = −3.0000."


def test_the_stored_picture_is_small_and_nearly_the_same():
    e = LearningRate()
    small, large = viz.render(e.figure, 2, small=True), viz.render(e.figure, 2)
    assert len(small) < 0.6 * len(large)
    assert np.abs(pixels(small) - pixels(large)).mean() < 1


def test_a_moved_control_moves_picture_words_and_goal_together():
    e = LearningRate()
    before = e.picture.png
    assert e.caption == "α = 0.05: after 100 steps J = 6.35e−09."
    e.alpha.value = 0.01
    assert e.caption == e.picture.alt == "α = 0.01: after 100 steps J = 1.58e−01."
    assert e.headline.badge == ""
    assert e.picture.png != before
    x, y = e.path.get_data()
    assert x[1] == pytest.approx(3 * 0.98)
    assert y[-1] == pytest.approx(9 * 0.98**200)
    e.alpha.value = 0.5
    assert e.headline.badge == "✓ goal reached"


def test_a_page_without_a_kernel_still_gets_picture_and_words():
    e = LearningRate()
    data, metadata = e._repr_mimebundle_()
    assert data["text/plain"] == e.caption
    assert data["image/png"].startswith(PNG)
    assert data[WIDGET]["model_id"] == e.model_id
    assert metadata == {"image/png": {"width": 800}}


@pytest.mark.parametrize("density", [1.0, 2.0])
def test_the_quick_redraw_equals_the_full_one(density):
    for e in (LearningRate(), Walk()):
        e.picture.density = density
        for value in (0.1, 0.2, 0.3, 0.4):
            e.alpha.value = value
            if isinstance(e, Walk):
                e.step()
                e.refresh()
            assert far_from_full(e, density) <= ROUNDING


def test_new_limits_ticks_labels_and_insets_are_drawn():
    class Frame(viz.Explorer):
        def __init__(self):
            self.number = viz.slider("number", 1, 1, 6)
            made, self.ax = viz.figure(size=(4, 3))
            self.ax.set(xlabel="x", ylabel="y")
            (self.inside,) = self.ax.inset_axes([0.6, 0.6, 0.3, 0.3]).plot([0, 1], [0, 1])
            super().__init__(made, controls=[self.number])

        def draw(self):
            n = self.number.value
            changes = {
                2: lambda: self.ax.set_xlim(-100_000, 100_000),
                3: lambda: self.ax.set_yticks([0, 1], ["a long label", "another"]),
                4: lambda: self.ax.set(title="two\nlines", ylabel="cost\nJ"),
                5: lambda: self.inside.set_ydata([1, 0]),
                6: lambda: self.ax.set_yscale("symlog"),
            }
            changes.get(n, lambda: None)()
            return f"{n}."

    e = Frame()
    e.picture.density = 1.0
    for number in range(1, 7):
        e.refresh()
        e.refresh()
        before = e.picture.png
        e.number.value = number
        assert number == 1 or e.picture.png != before, f"change {number} was not drawn"
        e.refresh()
        assert far_from_full(e, 1.0) <= ROUNDING


class Curve(viz.Explorer):
    """A curve, and what stays still before and behind it; the legend goes where there is room."""

    def __init__(self, loc="best"):
        self.top = viz.slider("top", 1, 0, 9)
        made, self.ax = viz.figure(size=(4, 3))
        self.ax.pcolormesh(np.arange(12).reshape(3, 4) / 12, alpha=0.3)
        (self.line,) = self.ax.plot([0, 4], [0, 3], color="black", label="curve")
        self.label = self.ax.text(2, 2, "here", zorder=4)
        self.legend = self.ax.legend(loc=loc)
        super().__init__(made, controls=[self.top])
        self.picture.density = 1.0

    def draw(self):
        self.line.set_ydata([0, self.top.value])
        return f"Up to {self.top.value}."


def _noting(drawn, artist):
    draw = artist.draw

    def noted(renderer):
        drawn.append(artist)
        draw(renderer)

    return noted


def test_what_stays_still_is_drawn_once(monkeypatch):
    e = Curve("upper left")
    for top in (1, 2, 3):
        e.top.value = top
    drawn = []
    for artist in e.ax.get_children():
        monkeypatch.setattr(artist, "draw", _noting(drawn, artist))
    e.top.value = 2
    assert drawn == [e.line]
    assert far_from_full(e, 1.0) <= ROUNDING


def test_what_has_stood_still_may_move_after_all():
    e = Curve()
    for top in (3, 2, 3):
        e.top.value = top
    e.label.set_text("there")
    e.refresh()
    assert far_from_full(e, 1.0) <= ROUNDING
    e.legend.get_texts()[0].set_text("another name")
    e.refresh()
    assert far_from_full(e, 1.0) <= ROUNDING
    e.label.remove()
    e.ax.plot([0, 4], [3, 0], color="red")
    e.refresh()
    assert far_from_full(e, 1.0) <= ROUNDING
    place = e.legend.get_window_extent().bounds
    e.line.set_data(np.tile([2.5, 4], 20), np.tile([2, 3], 20))
    e.draw = lambda: "Where the legend was."
    e.refresh()
    assert e.legend.get_window_extent().bounds != place
    assert far_from_full(e, 1.0) <= ROUNDING


def test_what_was_changed_before_a_picture_is_stored_is_in_the_next_one():
    e = Curve()
    e.top.value = 2
    e.ax.set_title("a title")
    e._repr_mimebundle_()
    e.top.value = 3
    assert far_from_full(e, 1.0) <= ROUNDING


def test_a_fast_png_has_every_pixel():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 4), dtype=np.uint8)[:, :, :3]
    np.testing.assert_array_equal(pixels(fast_png(image)), image)


def test_a_small_png_keeps_the_rarest_colour():
    canvas = agg_canvas(viz.figure()[0])
    canvas.draw()
    shades = np.asarray(canvas.buffer_rgba())
    shades[:256, :512, 0] = np.arange(256)[:, None]
    shades[:256, :512, 1] = np.arange(512) // 2
    shades[-1, -1] = [0, 114, 178, 255]
    kept = pixels(encode(canvas, small=True)).astype(int)
    assert np.abs(kept - shades[:, :, :3]).max() < 24


def test_a_widget_computes_in_one_thread_and_gives_the_others_back():
    def threads():
        return {
            pool["num_threads"]
            for pool in threadpool_info()
            if pool["user_api"] == "blas" and "numpy" in pool["filepath"]  # SciPy has its own
        }

    class Threads(viz.Explorer):
        def draw(self):
            self.seen = threads()
            return "Some."

    if not threads():
        pytest.skip("the threads of this NumPy's BLAS cannot be counted")
    with threadpool_limits(2, user_api="blas"):
        assert threads() == {2}
        assert Threads(viz.figure()[0]).seen == {1}
        assert threads() == {2}


def test_nothing_is_clipped_when_tick_labels_grow():
    made, ax = viz.figure(size=(4, 3))

    class Growing(viz.Explorer):
        def __init__(self):
            self.top = viz.slider("top", 1, 1, 1_000_000)
            ax.set_ylabel("J")
            super().__init__(made, controls=[self.top])

        def draw(self):
            ax.set_ylim(0, self.top.value)
            return f"Up to {self.top.value}."

    e = Growing()
    e.top.value = 1_000_000
    image = pixels(e.picture.png)
    for edge in (image[:4], image[-4:], image[:, :4], image[:, -4:]):
        assert edge.min() == 255


def test_an_error_in_draw_is_a_sentence_on_the_page_and_raised_to_a_caller():
    e = LearningRate()
    e.alpha.value = 1.15
    assert e.caption == "This could not be drawn. ValueError: α is above 1.1"
    assert e.status.problem
    assert e.headline.badge == ""
    with pytest.raises(ValueError, match=r"above 1\.1"):
        e.refresh()
    with pytest.raises(ValueError, match=r"above 1\.1"):
        exercise_every_control(e)
    e.alpha.value = 0.5
    assert e.error is None
    assert not e.status.problem
    assert e.headline.badge == "✓ goal reached"


def test_a_control_that_draw_moves_does_not_draw_again():
    class Bounded(LearningRate):
        def draw(self):
            self.alpha.value = min(self.alpha.value, 0.3)
            return super().draw()

    e = Bounded()
    e.alpha.value = 0.9
    assert e.caption.startswith("α = 0.30")


def test_a_control_moved_in_another_thread_meanwhile_is_drawn_too():
    e, drawing = Walk(), threading.Event()
    draw = e.draw

    def slow_draw():
        drawing.set()
        time.sleep(0.1)
        return draw()

    e.draw = slow_draw
    first = threading.Thread(target=e.buttons[1].click)
    first.start()
    drawing.wait(10)
    e.sign.value = -1
    first.join()
    assert e.caption == "Step 0: θ = −3.0000."


def test_a_subclass_without_draw_is_told_so():
    class Nothing(viz.Explorer):
        pass

    with pytest.raises(NotImplementedError, match="Nothing needs a draw"):
        Nothing(viz.figure()[0])


def test_step_and_reset():
    w = Walk()
    _, step, reset = w.buttons
    step.click()
    step.click()
    assert w.caption == "Step 2: θ = 0.7500."
    reset.click()
    assert w.caption == "Step 0: θ = 3.0000."
    step.click()
    w.alpha.value = 0.5
    assert w.caption == "Step 0: θ = 3.0000."
    step.click()
    w.wide.value = True
    assert w.caption == "Step 1: θ = 0.0000."
    assert w.headline.badge == "✓ goal reached"


def test_time_stops_at_its_end_until_a_control_moves():
    class Clock(viz.Explorer):
        def __init__(self):
            self.time = viz.slider("time (s)", 0, 0, 2)
            super().__init__(viz.figure()[0], controls=[self.time])

        def restart(self):
            self.time.value = 0

        def step(self):
            self.time.value += 1
            self.stepped = True
            return self.time.value < 2

        def draw(self):
            return f"{self.time.value} s."

    clock = Clock()
    for _ in range(2):
        clock.buttons[1].click()
    assert clock.caption == "2 s."
    clock.stepped = False
    clock.buttons[1].click()
    assert not clock.stepped
    clock.time.value = 1
    clock.buttons[1].click()
    assert clock.stepped
    assert clock.caption == "2 s."
    assert exercise_every_control(clock)[-1] == "0 s."


def test_play_runs_to_its_end_and_starts_again():
    async def scenario():
        w = Walk()
        w.seconds_per_step = 0.0
        play = w.buttons[0]
        play.click()
        assert play.description == "Pause"
        while w.playing:
            await asyncio.sleep(0.01)
        end = w.caption
        assert play.description == "Play"
        play.click()
        return end, w.caption

    end, again = asyncio.run(scenario())
    assert end == "Step 12: θ = 0.0007."
    assert again == "Step 0: θ = 3.0000."


def test_pause_stops_at_once_and_two_widgets_play_side_by_side():
    async def scenario():
        one, two = Walk(), Walk()
        one.buttons[0].click()
        two.buttons[0].click()
        await asyncio.sleep(0.1)
        one.buttons[0].click()
        paused = one.caption
        assert paused != "Step 0: θ = 3.0000."
        seen = two.caption
        await asyncio.sleep(0.1)
        assert one.caption == paused
        assert two.caption != seen
        two.picture.shown = True
        two.picture.shown = False
        assert not two.playing

    asyncio.run(scenario())


def test_an_error_while_playing_stops_and_is_said():
    class Breaks(Walk):
        def step(self):
            if len(self.theta) == 3:
                raise FloatingPointError("θ is not finite")
            return super().step()

    async def scenario():
        w = Breaks()
        w.buttons[0].click()
        while w.playing:
            await asyncio.sleep(0.01)
        return w

    w = asyncio.run(scenario())
    assert w.caption == "This could not be drawn. FloatingPointError: θ is not finite"
    w.buttons[2].click()
    assert w.caption == "Step 0: θ = 3.0000."


def test_the_helper_visits_every_end_option_and_button():
    w = Walk()
    captions = exercise_every_control(w)
    assert {"Step 0: θ = 0.0300.", "Step 0: θ = 30.0000.", "Step 0: θ = −3.0000."} <= set(captions)
    assert captions[-2].startswith("Step ")
    assert captions[-1] == captions[0] == "Step 0: θ = 3.0000."


def test_sliders_count_in_whole_numbers_or_with_the_decimals_their_step_needs():
    whole = viz.slider("epochs", 5, 1, 10)
    fine = viz.slider("rate", 0.1, 0.0, 1.0, step=0.005)
    assert (whole.value, whole.step, whole.readout_format) == (5, 1, "d")
    assert (fine.step, fine.readout_format) == (0.005, ".3f")
    assert viz.slider("power", 2.0, 0, 10).readout_format == ".1f"
    assert viz.slider("power", 2.0, 0, 10, decimals=3).readout_format == ".3f"


def test_a_slider_starts_on_a_step_for_a_browser_knows_no_other_place():
    assert viz.slider("θ", 3.0, -4.0, 4.0).step == 0.05
    assert viz.slider("θ", 3.0, -4.0, 4.0).value == 3.0
    assert viz.slider("θ", 0.33, 0.0, 1.0, step=0.25).value == 0.25
    assert viz.slider("m", 8, 1, 21, step=5).value == 6
    assert viz.log_slider("λ", 3.0, 0.01, 10).value == pytest.approx(10**0.5)
    assert viz.log_slider("λ", 0.01, 1e-4, 10**0.5, per_decade=20).value == 0.01


def test_a_log_slider_refuses_what_has_no_logarithm():
    assert viz.log_slider("penalty λ", 0.1, 1e-4, 10).value == pytest.approx(0.1)
    with pytest.raises(ValueError, match=r"0 < low ≤ value ≤ high, got 0, 0\.1, 1"):
        viz.log_slider("penalty λ", 0.1, 0, 1)


def test_a_dropdown_starts_where_it_is_told():
    assert viz.dropdown("loss", ["MSE", "MAE"]).value == "MSE"
    assert viz.dropdown("side", [("right", 1), ("left", -1)], -1).value == -1


def lines(made, axes=0):
    return {line.get_label(): line for line in made.axes[axes].get_lines()}


def test_learning_curves_keep_the_colour_of_what_they_measure():
    made = viz.learning_curves(
        {"test": [3, 2], "validation loss": [2, 1], "other": [4, 3], "training loss": [1, 0.5]},
        first=1,
    )
    colours = {name: line.get_color() for name, line in lines(made).items()}
    assert colours["training loss"] == style.TRAIN
    assert colours["validation loss"] == style.VALIDATION
    assert colours["test"] == style.TEST
    assert len(set(colours.values())) == 4
    np.testing.assert_array_equal(lines(made)["test"].get_xdata(), [1, 2])
    assert made.caption.endswith("training loss from 1.0000 to 0.5000.")


def test_scatter_line_states_each_error():
    x = np.array([0.0, 1.0, 2.0])
    made = viz.scatter_line(x, 2 * x + 1, {"right": lambda x: 2 * x + 1, "flat": lambda x: 0 * x})
    assert made.caption == (
        "3 points, x from 0 to 2 and y from 1 to 5; correlation 1.0000; "
        "right has a mean squared error of 0.0000; flat has a mean squared error of 11.6667."
    )
    np.testing.assert_allclose(lines(made)["right"].get_ydata()[[0, -1]], [1, 5])


def test_contour_path_walks_on_the_surface():
    def f(theta):
        return float(theta[0] ** 2 + 4 * theta[1] ** 2 + 1)

    path = [[2.0, 1.0], [1.0, 0.5], [0.0, 0.0]]
    made = viz.contour_path(f, {"steps": path}, xlim=(-3, 3), ylim=(-2, 2), log=True)
    np.testing.assert_array_equal(np.transpose(lines(made)["steps"].get_data()), path)
    expected = "steps: 2 steps from J = 9.0000 to J = 1.0000 at (0.0000, 0.0000)."
    assert made.caption.endswith(expected)
    with pytest.raises(ValueError, match="needs an f above zero"):
        viz.contour_path(lambda t: f(t) - 5, {}, xlim=(-3, 3), ylim=(-2, 2), log=True)


def test_decision_boundary_counts_who_is_on_the_right_side():
    X = np.array([[0.0, 0.0], [0.2, 1.0], [1.0, 0.1], [0.9, 0.9], [0.1, 0.3]])
    y = np.array([0, 0, 1, 1, 1])
    made = viz.decision_boundary(lambda X: 1 / (1 + np.exp(4 - 8 * X[:, 0])), X, y)
    assert made.caption == (
        "2 points of class 0 and 3 of class 1; "
        "with threshold 0.5, 4 of 5 lie on their side of the boundary."
    )


def test_confusion_shows_every_count():
    y, y_hat = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 0, 1, 1])
    made = viz.confusion(y, y_hat, class_names=("benign", "malignant"))
    assert [text.get_text() for text in made.axes[0].texts] == ["2", "1", "0", "2"]
    assert made.caption == (
        "Of 3 benign, 2 are predicted benign; of 2 malignant, 2 are predicted malignant."
    )


def test_roc_states_the_areas():
    y = np.array([0, 0, 1, 1])
    made = viz.roc(y, {"perfect": [0.1, 0.2, 0.8, 0.9], "mixed": [0.1, 0.6, 0.5, 0.9]})
    assert made.caption == (
        "Area under the ROC curve: perfect 1.0000, mixed 0.7500; chance 0.5000."
    )
    assert "perfect (AUC 1.0000)" in lines(made)
