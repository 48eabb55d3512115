"""The README's pictures: what a reader will see, taken where they will see it."""

import io
from pathlib import Path

from PIL import Image

from gallery.browser import HIGH, LAPTOP, WIDGETS, models, move
from tests.e2e.lab import LabPage

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"

# file, notebook, number of the widget, theme, setting
WIDGET_SHOTS = (
    ("widget", "00_gradient_descent", 2, LIGHT, "default"),
    ("race", "05_optimizers", 4, DARK, "default"),
    ("digit", "07_cnns", 2, LIGHT, "default"),
)
PLAY = "data=spirals&hidden=16,16&noise=0.1"
STEPS = 600


def shoot(lab: LabPage, out: Path) -> list[Path]:
    """Write the pictures to `out`: JupyterLab with a lab, three widgets, and the playground."""
    made = []
    for name, notebook, number, theme, setting in WIDGET_SHOTS:
        lab.open(f"notebooks/{notebook}.ipynb")
        lab.run_all()
        model = models(lab)[number]
        lab.theme(theme)
        move(lab, model, setting)
        made.append(_store(_widget(lab, number), out / f"{name}.png"))
        if name == "widget":
            made.append(_store(_window(lab, number), out / "lab.png"))
    lab.open("notebooks/playground.ipynb")
    lab.run_all()
    lab.kernel_says(f"(play.restore({PLAY!r}), play.run({STEPS}))")
    made.append(_store(_widget(lab, 0), out / "playground.png"))
    return made


def _widget(lab: LabPage, number: int) -> bytes:
    widget = lab.page.locator(WIDGETS).nth(number)
    widget.evaluate("(element) => element.scrollIntoView({ block: 'center' })")
    lab.page.wait_for_timeout(1000)
    return widget.screenshot()


def _window(lab: LabPage, number: int) -> bytes:
    """The whole of JupyterLab on a laptop, with a widget in sight."""
    lab.page.set_viewport_size(LAPTOP)
    lab.page.locator(WIDGETS).nth(number).evaluate("(it) => it.scrollIntoView({ block: 'end' })")
    lab.page.wait_for_timeout(1000)
    png = lab.page.screenshot()
    lab.page.set_viewport_size(HIGH)
    return png


def _store(png: bytes, path: Path) -> Path:
    """Write a picture as small as it can be without losing a colour."""
    Image.open(io.BytesIO(png)).convert("RGB").save(path, optimize=True)
    return path
