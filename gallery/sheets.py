"""Puts the pictures of a widget on one sheet: three settings beside each other, light over dark."""

import io
from pathlib import Path

from PIL import Image

from gallery.browser import WIDGETS, models, move
from tests.e2e.lab import LabPage

SETTINGS = ("low", "default", "high")
THEMES = ("JupyterLab Light", "JupyterLab Dark")
GAP = 12


def sheets(lab: LabPage, name: str, out: Path) -> list[Path]:
    """Run the notebook `name` and write a sheet for each of its widgets, if nothing went wrong."""
    lab.open(f"notebooks/{name}.ipynb")
    lab.run_all()
    shown = models(lab)
    rows: dict[int, list[list[bytes]]] = {number: [] for number in range(len(shown))}
    for theme in THEMES:
        lab.theme(theme)
        for number, model in enumerate(shown):
            rows[number].append([shot(lab, number, model, setting) for setting in SETTINGS])
            move(lab, model, "default")
    if problems := lab.problems():
        raise RuntimeError(f"{name}: " + "; ".join(problems))
    out.mkdir(parents=True, exist_ok=True)
    made = []
    for number, pictures in rows.items():
        made.append(out / f"{name}_{number}.png")
        contact_sheet(pictures).save(made[-1])
    return made


def shot(lab: LabPage, number: int, model: str, setting: str) -> bytes:
    """A picture of a widget as the page shows it at a setting."""
    widget = lab.page.locator(WIDGETS).nth(number)
    widget.scroll_into_view_if_needed()
    widget.evaluate("(element) => element.scrollIntoView({ block: 'start' })")
    if not move(lab, model, setting):
        raise RuntimeError(f"widget {number} could not be moved to its {setting} setting")
    lab.page.wait_for_timeout(300)
    return widget.screenshot()


def contact_sheet(rows: list[list[bytes]]) -> Image.Image:
    """PNGs in rows, each on the sheet as large as it is."""
    pictures = [[Image.open(io.BytesIO(png)) for png in row] for row in rows]
    width = max(picture.width for row in pictures for picture in row) + GAP
    heights = [max(picture.height for picture in row) + GAP for row in pictures]
    sheet = Image.new("RGB", (width * len(rows[0]), sum(heights)), "#888888")
    for i, row in enumerate(pictures):
        for j, picture in enumerate(row):
            sheet.paste(picture, (j * width, sum(heights[:i])))
    return sheet
