"""Every lab in a real JupyterLab: it reads well before it is run, runs, and its widgets move."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

WIDGET = "application/vnd.jupyter.widget-view+json"
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
LABS = [path.stem for path in sorted(NOTEBOOKS.glob("0*.ipynb"))]


@pytest.mark.parametrize("name", LABS)
def test_a_lab_runs_and_its_widgets_move(lab, name):
    lab.open(f"notebooks/{name}.ipynb")
    stored = [output for output in lab.outputs() if "image/png" in output.get("data", {})]
    lab.shows_pictures(len(stored))
    assert lab.page.get_by_text("Error displaying widget").count() == 0

    lab.run_all()
    assert lab.problems() == []
    # A progress bar is a widget too, but not one with a picture and a caption.
    shown = [output.get("data", {}) for output in lab.outputs()]
    words = [data["text/plain"] for data in shown if {WIDGET, "image/png"} <= data.keys()]
    if not words:
        pytest.skip(f"{name} has no widget to move")
    for number, said in enumerate(words):
        explorer = lab.explorer(number)
        explorer.say(said)
        assert explorer.root.evaluate(CLIPPED) == []
        lab.screenshot(f"{name}_widget_{number}")

    first = next(
        widget
        for widget in map(lab.explorer, range(len(words)))
        if widget.root.get_by_role("slider").count()
    )
    caption, picture = first.caption, first.picture()
    first.press("ArrowLeft" if at_its_end(first) else "ArrowRight")
    assert first.caption != caption
    assert first.picture() != picture
    assert first.image.get_attribute("alt") == first.caption

    lab.theme("JupyterLab Dark")
    lab.screenshot(f"{name}_dark")
    assert lab.problems() == []


CLIPPED = """(root) => {
    const page = root.closest(".jp-OutputArea-output").getBoundingClientRect();
    return Array.from(root.querySelectorAll("*"))
        .filter((part) => part.getClientRects().length && !part.closest(".noUi-base"))
        .filter((part) => part.getBoundingClientRect().right > page.right + 1
            || part.scrollWidth > part.clientWidth + 1 && part.matches("label, button"))
        .map((part) => part.outerHTML.slice(0, 120));
}"""


def at_its_end(explorer):
    slider = explorer.root.get_by_role("slider").first
    return slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")
