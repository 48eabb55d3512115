"""How long a reader waits: from a key press to the new picture, for every widget of every lab.

    python tests/e2e/latency.py [lab …] [--write]

opens the notebooks in a real JupyterLab, runs them, presses a key on each widget's main control,
drags its slider, and prints a table; `--write` puts it into docs/latency.md.
"""

import argparse
import os
import platform
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab import CHROMIUM_FLAGS, ROOT, LabPage, LabServer, WidgetOnPage, copy_course
from playwright.sync_api import TimeoutError, sync_playwright

from conftest import chromium_program

PRESSES = 12
WARM_UP = 2
GOALS = {"picture": 60, "canvas": 30}  # milliseconds
PAGE = ROOT / "docs/latency.md"

# From the key's event to the moment at which the picture that answers it stands in the page: a
# decoded <img> put in the old one's place, or the first stroke on the playground's map.
WATCH = """(root) => {
    window.waits = [];
    window.blank = window.looks = 0;
    let pressed = 0;
    const watching = (window.watching = {});
    window.addEventListener("keydown", () => { pressed = performance.now(); }, true);
    const answered = () => {
        if (pressed) waits.push(performance.now() - pressed);
        pressed = 0;
    };
    const picture = root.querySelector(".nnlib-picture");
    if (picture) new MutationObserver(answered).observe(picture, { childList: true });
    else new MutationObserver(answered).observe(root, { attributeFilter: ["data-frame"] });
    const look = () => {
        if (window.watching !== watching) return; // another widget's turn has come
        const image = picture?.querySelector("img");
        looks += 1;
        if (image && (!image.complete || !image.naturalWidth || !image.offsetHeight)) blank += 1;
        requestAnimationFrame(look);
    };
    look();
}"""


@dataclass
class Wait:
    """What was measured of one widget, in milliseconds."""

    lab: str
    widget: str
    control: str
    kind: str
    waits: list[float]
    looks: int
    blank: int

    @property
    def row(self) -> list[str]:
        """Its line of the table."""
        late = "" if self.median <= GOALS[self.kind] else " (late)"
        tenth = sorted(self.waits)[-max(1, len(self.waits) // 10)]
        return [
            *(self.lab, self.widget, self.control, str(len(self.waits))),
            *(f"{self.median:.0f}{late}", f"{tenth:.0f}", f"{self.blank} of {self.looks}"),
        ]

    @property
    def median(self) -> float:
        return statistics.median(self.waits)


HEAD = ["lab", "widget", "key on", "presses", "median (ms)", "90 % within (ms)", "blank frames"]


def measure(lab: LabPage, name: str) -> list[Wait]:
    """Every widget of a notebook that is moved by a key."""
    lab.open(f"notebooks/{name}.ipynb")
    lab.run_all()
    return [wait for widget in lab.widgets() if (wait := press(lab, name, widget))]


def press(lab: LabPage, name: str, widget: WidgetOnPage) -> Wait | None:
    """Press the main control's key again and again, turning back at its ends, and drag it."""
    controls = widget.main_controls()
    if not controls:
        return None
    control = controls[0]
    widget.show()
    widget.root.evaluate(WATCH)
    back = {"ArrowRight": "ArrowLeft", "ArrowDown": "ArrowUp", "ArrowUp": "ArrowDown"}
    key = widget.key_for(control)
    for k in range(PRESSES + WARM_UP):
        if k and k % 7 == 0 and key in back:  # there and back again
            key = {"ArrowLeft": "ArrowRight"}.get(key, back[key])
        if widget.at_end(control, key):
            key = widget.key_for(control)
        seen = lab.page.evaluate("() => waits.length")
        control.press(key)
        try:
            lab.page.wait_for_function(f"() => waits.length > {seen}", timeout=3000)
        except TimeoutError:
            continue
        lab.page.wait_for_timeout(60)
    waits = lab.page.evaluate("() => waits")[WARM_UP:]
    widget.drag(control)
    looks, blank = lab.page.evaluate("() => [looks, blank]")
    if not waits:
        return None
    kind = "picture" if widget.is_explorer else "canvas"
    return Wait(name[:2], widget.name, widget.label(control), kind, waits, looks, blank)


def table(waits: list[Wait]) -> str:
    """All that was measured, as a Markdown table."""
    rows = [HEAD, ["---"] * len(HEAD), *(wait.row for wait in waits)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("labs", nargs="*", help="beginnings of notebooks' names; default all")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    asked = parser.parse_args()
    names = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    names = [name for name in names if not asked.labs or name.startswith(tuple(asked.labs))]
    waits: list[Wait] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = LabServer(copy_course(Path(folder)), Path(folder))
        try:
            browser = playwright.chromium.launch(
                executable_path=chromium_program(), args=CHROMIUM_FLAGS
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            lab = LabPage(page, server)
            for name in names:
                measured = measure(lab, name)
                print(table(measured).split("\n", 2)[2] if measured else name, flush=True)
                waits += measured
            browser.close()
        finally:
            server.stop()
    if asked.write:
        PAGE.write_text(TEXT.format(table=table(waits), machine=machine(), **summary(waits)))


def summary(waits: list[Wait]) -> dict[str, object]:
    """The numbers that the page's words state."""
    late = [f"{wait.widget} ({wait.median:.0f} ms)" for wait in waits if "late" in wait.row[4]]
    return {
        "count": len(waits),
        "middle": round(statistics.median(wait.median for wait in waits)),
        "within": len(waits) - len(late),
        "late": f" Late: {', '.join(late)}." if late else "",
        "blank": sum(wait.blank for wait in waits),
        "looks": sum(wait.looks for wait in waits),
    }


def machine() -> str:
    """The machine, in words."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {platform.machine()}, load {load:.1f} at the end"


TEXT = """# How long a reader waits

A widget of the course computes with nnlib and draws with matplotlib in the kernel, and the page
shows the picture. This is the time from a key press in the page to the new picture in the page,
measured in JupyterLab with Chromium by

    python tests/e2e/latency.py --write

The goal is a median of at most 60 ms, and 30 ms where the page itself draws (the playground).
Measured on {machine}; server, kernel and browser share these cores.

Of {count} widgets {within} are within their goal; the middle one takes {middle} ms.{late}
While keys were pressed and sliders dragged, {blank} of {looks} frames of the screen were blank.

{table}
"""

if __name__ == "__main__":
    main()
