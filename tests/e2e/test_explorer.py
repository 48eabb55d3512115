"""What every widget promises in a browser: keys, focus, time, announcements, and no blank frame."""

import time

import pytest

pytestmark = pytest.mark.e2e

CELLS = [
    "import sys\nsys.path.insert(0, '../tests')\nfrom demo_explorers import LearningRate, Walk",
    "LearningRate()",
    "Walk()",
    "walk = Walk()\nwalk.seconds_per_step, walk.steps = 0.1, 10_000\nwalk",
]


@pytest.fixture
def demo(lab):
    return opened(lab)


def opened(lab):
    lab.run_cells("demo", CELLS)
    return lab


def test_arrow_keys_move_the_slider_and_not_the_notebook(demo):
    active = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    explorer = demo.explorer()
    explorer.press("ArrowRight")
    before = demo.page.evaluate(active)
    for key in ("ArrowUp", "ArrowUp", "ArrowDown", "ArrowLeft"):
        explorer.press(key)
    explorer.say("α = 0.06")
    assert demo.page.evaluate(active) == before
    explorer.press("Home")
    explorer.say("α = 0.01")
    assert demo.problems() == []


def test_menu_box_and_button_answer_the_keyboard(demo):
    active = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    walk = demo.explorer(1).root
    explorer = demo.explorer(1)
    explorer.press("ArrowRight", control=1)
    before = demo.page.evaluate(active)
    explorer.press("ArrowLeft", control=1)
    walk.get_by_role("combobox").press("ArrowDown")
    explorer.say("θ = −3.0000")
    shown = explorer.picture()
    walk.get_by_role("checkbox").press("Space")
    demo.wait_until(lambda: explorer.picture() != shown)
    walk.get_by_role("button", name="Step").press("Enter")
    explorer.say("Step 1")
    assert demo.page.evaluate(active) == before
    assert demo.problems() == []


def test_saving_still_works_from_within_a_widget(demo):
    dirty = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
    explorer = demo.explorer()
    explorer.press("ArrowRight")
    assert demo.page.evaluate(dirty)
    demo.page.keyboard.press("Control+s")
    demo.page.wait_for_function(f"() => !({dirty})()", timeout=10_000)


def test_the_words_and_the_badge_follow_in_the_same_live_region(demo):
    explorer = demo.explorer()
    region = explorer.root.locator(".nnlib-words[aria-live=polite]")
    region.evaluate("(element) => { element.kept = true; }")
    explorer.press("Home")
    explorer.say("α = 0.01")
    assert "goal reached" not in explorer.goal
    explorer.press("ArrowRight")
    explorer.press("ArrowRight")
    explorer.press("ArrowRight")
    explorer.say("α = 0.04")
    assert "✓ goal reached" in explorer.goal
    assert region.evaluate("(element) => element.kept")


def test_no_frame_is_ever_blank_and_old_pictures_are_let_go(demo):
    explorer, widget = demo.explorer(), demo.widgets()[0]
    demo.page.evaluate(
        """() => {
            const { Image } = window;
            window.made = [];
            window.Image = function () {
                const image = new Image();
                made.push(new WeakRef(image));
                return image;
            };
            window.forgotten = () => made.map((image) => image.deref())
                .filter((image) => image?.src.startsWith("data:image/png") && !image.isConnected);
        }"""
    )
    widget.watch()
    for key in ["ArrowRight"] * 15 + ["ArrowLeft"] * 15:
        explorer.press(key)
    assert widget.blank_frames(at_least=30) == 0
    assert demo.page.evaluate("() => made.length") >= 30
    memory = demo.page.context.new_cdp_session(demo.page)

    def let_go():
        memory.send("HeapProfiler.collectGarbage")
        return demo.page.evaluate("() => forgotten().length") <= 1

    demo.wait_until(let_go)
    memory.detach()


def test_an_error_is_a_sentence_in_the_widget(demo):
    explorer = demo.explorer()
    explorer.root.get_by_role("slider").first.press("End")
    explorer.say("This could not be drawn. ValueError: α is above 1.1")
    explorer.press("Home")
    explorer.say("α = 0.01")
    assert demo.problems() == []


def test_a_sharp_screen_gets_a_sharp_picture(lab):
    screen = lab.page.context.new_cdp_session(lab.page)
    widths = {}
    for density in (2, 1):
        size = {"width": 1280, "height": 800, "deviceScaleFactor": density, "mobile": False}
        screen.send("Emulation.setDeviceMetricsOverride", size)
        explorer = opened(lab).explorer()
        explorer.press("ArrowRight")
        widths[density] = explorer.image.evaluate("(image) => image.naturalWidth")
        assert explorer.image.evaluate("(image) => image.clientWidth") in (798, 800)
    screen.detach()
    assert widths == {2: 1600, 1: 800}


def test_time_stops_when_the_widget_leaves_the_page(demo):
    demo.explorer(2).click("Play")
    demo.explorer(2).say("Step 2")
    assert demo.kernel_says("walk.playing") == "True"
    demo.page.evaluate(
        "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
    )
    demo.wait_until(lambda: demo.kernel_says("walk.playing") == "False")


def test_play_pause_step_and_reset_on_two_widgets(demo):
    one, two = demo.explorer(1), demo.explorer(2)
    two.click("Play")
    one.click("Play")
    one.say("Step 12")
    demo.wait_until(lambda: one.root.get_by_role("button", name="Play").count() == 1)
    two.click("Reset")
    two.say("Step 0")
    two.click("Play")
    two.say("Step 2")
    two.click("Pause")
    time.sleep(0.3)
    paused = two.caption
    time.sleep(0.5)
    assert two.caption == paused
    two.click("Step")
    two.say(f"Step {int(paused.split()[1].strip(':')) + 1}")
    two.click("Reset")
    two.say("Step 0: θ = 3.0000.")
    assert demo.problems() == []
