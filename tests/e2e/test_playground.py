"""The playground in a real browser: frames, words, stop, keys, and two of them on one page."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

CELLS = [
    "from nnlib.viz.playground import Playground\nplay = Playground('data=circles&hidden=4')\nplay",
    "one = Playground('data=spirals&hidden=16,16&noise=0.1')\none",
    "two = Playground('data=placed&hidden=3')\ntwo",
]

# Counts what is drawn, and looks at every animation frame whether the map has a hole.
WATCH = """(root) => {
    const map = root.querySelector("canvas.map");
    window.drawn = new Set();
    window.looks = window.blank = 0;
    const look = () => {
        drawn.add(root.dataset.frame);
        const pen = map.getContext("2d");
        const [x, y] = [map.width / 3, map.height / 3].map(Math.round);
        looks += 1;
        blank += !map.width || !map.offsetHeight || pen.getImageData(x, y, 1, 1).data[3] !== 255;
        if (root.isConnected) requestAnimationFrame(look);
    };
    look();
}"""


class OnPage:
    """A playground as a reader meets it."""

    def __init__(self, lab, number):
        self.root = lab.page.locator(".nnlib-playground").nth(number)
        expect(self.root).to_be_visible()
        self.root.evaluate("(element) => element.scrollIntoView({ block: 'start' })")
        lab.wait_until(lambda: self.root.get_attribute("data-frame") is not None)
        self.map = self.root.locator("canvas.map")

    @property
    def frame(self):
        return int(self.root.get_attribute("data-frame"))

    @property
    def caption(self):
        return self.root.locator(".caption").inner_text()

    def brightness(self):
        """Red, green and blue of the map's corner, added up; 0 where nothing is drawn."""
        return self.map.evaluate(
            """(map) => map.width && map.getContext("2d").getImageData(2, 2, 1, 1)
                .data.slice(0, 3).reduce((sum, part) => sum + part)"""
        )

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def say(self, words, where=".caption"):
        expect(self.root.locator(where)).to_contain_text(words)

    def type(self, label, text):
        field = self.root.get_by_role("textbox", name=label, exact=True)
        field.press("Control+a")
        field.press_sequentially(text)
        field.press("Enter")


def test_a_playground_trains_stops_steps_and_changes(lab):
    lab.run_cells("playgrounds", CELLS)
    assert lab.problems() == []
    play = OnPage(lab, 0)
    play.button("Reset").click()
    play.say("Step 0, epoch 0")
    play.root.evaluate(WATCH)
    play.button("Train").click()
    lab.wait_until(lambda: play.frame > 40 and "Step 0" not in play.caption, seconds=20)
    lab.page.wait_for_function("() => drawn.size > 20 && looks > 20")
    assert lab.kernel_says("play.training") == "True"
    play.button("Stop").click()
    expect(play.button("Train")).to_be_visible(timeout=2000)
    step = lab.kernel_says("play.student.step_count")
    play.say(f"Step {int(step):,}")
    play.button("Step").click()
    play.say(f"Step {int(step) + 1:,}")
    assert lab.kernel_says("play.student.step_count") == str(int(step) + 1)
    assert lab.page.evaluate("() => blank") == 0

    play.button("Add a hidden layer").click()
    play.say("2-4-4-1 with tanh")
    play.root.get_by_role("combobox", name="activation").select_option("ReLU")
    play.say("2-4-4-1 with ReLU")
    assert play.brightness() > 400
    lab.screenshot("playground")
    lab.theme("JupyterLab Dark")
    expect(play.root).to_have_class("nnlib-playground dark")
    lab.wait_until(lambda: 0 < play.brightness() < 400)
    lab.screenshot("playground_dark")
    assert lab.problems() == []


def test_two_playgrounds_keys_mistakes_and_a_page_that_is_left(lab):
    lab.run_cells("playgrounds", CELLS)
    active = "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    two = OnPage(lab, 2)
    two.say("There is nothing to learn from yet", ".problem")
    before = lab.page.evaluate(active)
    two.map.press("Enter")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "1", "Enter"):
        two.map.press(key)
    two.say("on points placed by hand")
    expect(two.root.locator(".scores").first).to_contain_text("training 0.")
    assert lab.page.evaluate(active) == before
    assert lab.kernel_says("two.settings.points") == "((0.0, 0.0, 0), (0.4, 0.2, 1))"
    box = two.map.bounding_box()
    two.map.click(position={"x": box["width"] / 6, "y": box["height"] / 6})
    lab.wait_until(lambda: lab.kernel_says("len(two.settings.points)") == "3")
    assert lab.kernel_says("two.settings.points[2]").startswith("(-2.0")
    two.type("learning rate", "0")
    two.say("With a learning rate of 0 no weight ever moves", ".problem")
    two.button("Train").click()
    two.type("learning rate", "0.02")
    expect(two.root.locator(".problem")).to_have_text("")
    assert lab.kernel_says("two.settings.lr, two.training, two.student.step_count") == (
        "(0.02, False, 0)"
    )
    said = two.caption

    one = OnPage(lab, 1)
    one.root.get_by_role("radio", name="full").check()
    one.button("Train").click()
    lab.wait_until(lambda: one.frame > 20)
    assert lab.kernel_says("6 * 7") == "42"
    assert two.caption == said
    lab.page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    lab.wait_until(lambda: lab.kernel_says("one.training") == "False")
    step = lab.kernel_says("one.student.step_count")
    lab.page.wait_for_timeout(200)
    assert lab.kernel_says("one.student.step_count") == step
    assert lab.problems() == []
