"""Every lab in a real JupyterLab: it reads well before it is run, runs, and its widgets move."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

WIDGET = "application/vnd.jupyter.widget-view+json"
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def widgets(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return sum(WIDGET in output.get("data", {}) for output in outputs)


LABS = [path.name for path in sorted(NOTEBOOKS.glob("*.ipynb")) if widgets(path)]


@pytest.mark.parametrize("name", LABS)
def test_a_lab_runs_and_its_first_widget_moves(lab, name):
    lab.open(f"notebooks/{name}")
    assert lab.static_pictures() >= widgets(NOTEBOOKS / name)
    assert lab.page.get_by_text("Error displaying widget").count() == 0

    lab.run_all()
    assert lab.problems() == []
    assert lab.page.locator(".nnlib-explorer").count() == widgets(NOTEBOOKS / name)

    words = [o["data"]["text/plain"] for o in lab.outputs() if WIDGET in o.get("data", {})]
    assert [lab.explorer(i).caption for i in range(len(words))] == words

    first = lab.explorer()
    caption, picture = first.caption, first.picture()
    key = "ArrowLeft" if at_its_end(first) else "ArrowRight"
    first.press(key)
    assert first.caption != caption
    assert first.picture() != picture
    assert first.image.get_attribute("alt") == first.caption
    lab.screenshot(f"{Path(name).stem}_light")

    lab.theme("JupyterLab Dark")
    lab.screenshot(f"{Path(name).stem}_dark")
    assert lab.problems() == []


@pytest.mark.parametrize("name", LABS)
def test_nothing_of_a_widget_is_clipped(lab, name):
    lab.open(f"notebooks/{name}")
    lab.run_all()
    for number in range(widgets(NOTEBOOKS / name)):
        root = lab.explorer(number).root
        assert root.evaluate(CLIPPED) == []
        lab.screenshot(f"{Path(name).stem}_widget_{number}")


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
