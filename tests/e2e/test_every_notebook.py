"""Every notebook in a real JupyterLab: it reads well before it is run, runs, and moves."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e

WIDGET = "application/vnd.jupyter.widget-view+json"
ROOT = Path(__file__).resolve().parents[2]


def notebooks(folder):
    return [path.stem for path in sorted((ROOT / folder).glob("*.ipynb"))]


@pytest.mark.parametrize("name", notebooks("notebooks"))
def test_a_lab_runs_and_its_widgets_move(lab, name):
    lab.open(f"notebooks/{name}.ipynb")
    stored = [output for output in lab.outputs() if "image/png" in output.get("data", {})]
    lab.shows_pictures(len(stored))

    lab.run_all()
    assert lab.problems() == []
    # A progress bar is a widget too, but not one with a picture and a caption.
    shown = [output.get("data", {}) for output in lab.outputs()]
    said = [data["text/plain"] for data in shown if {WIDGET, "image/png"} <= data.keys()]
    expect(lab.page.locator(".nnlib-explorer, .nnlib-playground")).to_have_count(len(said))
    assert said
    for widget, words in zip(lab.widgets(), said, strict=True):
        widget.show()
        if widget.is_explorer:  # a playground may have learned in cells further down
            expect(widget.words).to_contain_text(words)
        assert widget.clipped() == []
        moves(lab, widget)
    sliding = [widget for widget in lab.widgets() if widget.slider()]
    if sliding:
        follows_the_mouse(lab, min(sliding, key=begins_with_another))
    assert lab.problems() == []


def begins_with_another(widget):
    """Whether what moves a widget first of all is no slider."""
    return widget.main_controls()[0].get_attribute("role") != "slider"


def moves(lab, widget):
    """Press a key on what stands first, and on Step where time passes: words and picture change."""
    controls = widget.main_controls()
    assert controls or widget.is_explorer
    said, seen = {widget.caption}, {widget.pixels()}

    def changed():
        said.add(widget.caption)
        seen.add(widget.pixels())
        return len(said) > 1 and len(seen) > 1

    for control in controls:
        control.press(widget.key_for(control))
        lab.settle()
        widget.wait_until_it_says_what_it_shows()
        changed()
    if controls:
        lab.wait_until(changed)
    assert "" not in said


def follows_the_mouse(lab, widget):
    """While a handle is dragged, picture and words change, and no frame of the screen is blank."""
    widget.show()  # words out of view may have no text
    words, pixels = widget.caption, widget.pixels()
    assert words
    widget.watch()
    drag = widget.grasp(widget.slider())
    drag(60)
    expect(widget.words).not_to_have_text(words, timeout=10_000)
    widget.wait_for_other_pixels(pixels)
    drag(30)
    lab.page.mouse.up()
    lab.settle()
    assert widget.blank_frames(at_least=10) == 0
    widget.wait_until_it_says_what_it_shows()


@pytest.mark.parametrize("name", notebooks("exercises"))
def test_a_blank_exercise_says_that_it_waits(lab, name):
    verdicts = checked(lab, f"exercises/{name}.ipynb")
    assert {verdict.split(", ")[0].split(": ")[1] for verdict in verdicts} == {"not started"}


@pytest.mark.parametrize("name", notebooks("solutions"))
def test_every_solution_is_right(lab, name):
    verdicts = checked(lab, f"solutions/{name}.ipynb")
    assert [verdict for verdict in verdicts if not verdict.startswith("✓")] == []


def checked(lab, path):
    """The first line that each check shows in the page."""
    lab.open(path)
    lab.run_all()
    assert lab.problems() == []
    shown = [output["data"] for output in lab.outputs() if "text/html" in output.get("data", {})]
    verdicts = [data["text/plain"].splitlines()[0] for data in shown]
    assert len(verdicts) >= 5
    boxes = lab.page.locator(".jp-OutputArea-output[data-mime-type='text/html']")
    texts = [text.strip() for text in boxes.all_text_contents()]
    for text, verdict in zip(texts, verdicts, strict=True):
        assert text.startswith(verdict)
    return verdicts
