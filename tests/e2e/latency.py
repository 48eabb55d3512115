"""How long a reader waits: from a key press to the new picture, for every widget of every lab.

    python tests/e2e/latency.py [notebook …] [--write]

opens the notebooks in a real JupyterLab, runs them, presses a key on a control of each widget,
drags its slider, draws on its sheet, and prints a table. `--write` keeps what was measured in
docs/latency.json, notebook by notebook, and makes docs/latency.md of all that is kept there.
"""

import argparse
import json
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from lab import CHROMIUM_FLAGS, ROOT, LabPage, LabServer, WidgetOnPage, copy_course
from playwright.sync_api import Locator, TimeoutError, sync_playwright

from conftest import chromium_program

PRESSES = 12
WARM_UP = 2
PATIENCE = 1000  # milliseconds for a picture that a press may not change at all
MISSES = 2  # or another control is pressed
REST = 40  # milliseconds between an answer and the next press
GOALS = {"picture": 60, "canvas": 30}  # milliseconds
KEPT, PAGE = ROOT / "docs/latency.json", ROOT / "docs/latency.md"

# `waits` go from the key's or the pointer's event to the moment at which what answers it stands in
# the page: a loaded <img> in the old one's place, the first stroke on the playground's map, or the
# ink on the sheet; `paints` to the end of the frame that shows it.
WATCH = """([root, event, what]) => {
    window.waits = [];
    window.paints = [];
    window.blank = window.looks = 0;
    const watching = (window.watching = {});
    let pressed = 0;
    window.addEventListener(event, () => { pressed = performance.now(); }, true);
    const answered = () => {
        if (!pressed || window.watching !== watching) return;
        const start = pressed;
        pressed = 0;
        waits.push(performance.now() - start);
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => paints.push(performance.now() - start);
        requestAnimationFrame(() => port2.postMessage(0));
    };
    const picture = root.querySelector(".nnlib-picture");
    const sheet = root.querySelector("canvas");
    const seen = new MutationObserver(answered);
    if (what === "picture") seen.observe(picture, { childList: true });
    else if (what === "map") seen.observe(root, { attributeFilter: ["data-frame"] });
    else {
        window.addEventListener(event, ({ offsetX, offsetY }) => {
            const scale = sheet.width / sheet.clientWidth;
            const ink = sheet.getContext("2d").getImageData(offsetX * scale, offsetY * scale, 1, 1);
            if (ink.data[0] < 128) answered();
        });
    }
    const look = () => {
        if (window.watching !== watching) return; // another's turn has come
        const image = picture?.querySelector("img");
        looks += 1;
        if (image) blank += !image.complete || !image.naturalWidth || !image.offsetHeight;
        else blank += !sheet.width || !sheet.offsetHeight;
        requestAnimationFrame(look);
    };
    look();
}"""


@dataclass
class Wait:
    """What was measured of one control of a widget, in milliseconds."""

    lab: str
    widget: str
    control: str
    kind: str
    waits: list[float]
    paints: list[float]
    looks: int
    blank: int

    @property
    def median(self) -> float:
        return statistics.median(self.waits)

    @property
    def late(self) -> bool:
        return self.median > GOALS[self.kind]

    @property
    def row(self) -> list[str]:
        """Its line of the table."""
        tenth = sorted(self.waits)[-max(1, len(self.waits) // 10)]
        return [
            *(self.lab, self.widget, self.control, str(len(self.waits))),
            f"{self.median:.0f}{' (late)' * self.late}",
            *(f"{tenth:.0f}", f"{statistics.median(self.paints):.0f}"),
            f"{self.blank} of {self.looks}",
        ]


CONTROL = "[role=slider], select, input[type=checkbox], input[type=number]"
HEAD = [
    *("lab", "widget", "key on", "presses", "median (ms)", "90 % within (ms)", "painted (ms)"),
    "blank frames",
]


class Watch:
    """What a page tells of one control, while `act` is done to it again and again."""

    def __init__(self, widget: WidgetOnPage, what: str, event: str = "keydown") -> None:
        self.page = widget.root.page
        widget.show()
        self.page.evaluate(WATCH, [widget.root.element_handle(), event, what])

    def answers(self, act: Callable[[int], None]) -> bool:
        """Do it again and again, each time when the last one was answered; False if few are."""
        missed = 0
        for k in range(WARM_UP + PRESSES):
            seen = self.page.evaluate("() => paints.length")
            act(k)
            try:
                self.page.wait_for_function(f"() => paints.length > {seen}", timeout=PATIENCE)
            except TimeoutError:
                missed += 1
            if missed > MISSES:
                return False
            self.page.wait_for_timeout(REST)
        return True

    def result(self, lab: str, widget: str, control: str, kind: str) -> Wait:
        """All that was seen, but for the warm-up."""
        waits, paints, looks, blank = self.page.evaluate("() => [waits, paints, looks, blank]")
        first, *rest = ([round(ms, 1) for ms in all_[WARM_UP:]] for all_ in (waits, paints))
        return Wait(lab, widget, control, kind, first, *rest, looks, blank)


def measure(lab: LabPage, name: str) -> Iterator[Wait]:
    """Every widget of a notebook, once."""
    lab.open(f"notebooks/{name}.ipynb")
    lab.run_all()
    short = name[:2] if name[:2].isdigit() else name
    seen = set[str]()
    for widget in lab.widgets():
        called = widget.name if widget.is_explorer else "Playground"
        sheet = widget.root.locator(".nnlib-draw canvas")
        if called in seen:
            continue
        seen.add(called)
        if sheet.count():
            yield from draw(widget, short, sheet)
        elif widget.is_explorer:
            yield from press(widget, short)
        else:
            yield from play(widget, short)


def press(widget: WidgetOnPage, lab: str) -> Iterator[Wait]:
    """Press keys on the first control that changes the picture, and drag it."""
    step = widget.root.get_by_role("button", name=re.compile("Step$"))
    for control in (*widget.root.locator(CONTROL).all(), *step.all()):
        if not (control.is_visible() and control.is_enabled()):
            continue
        watch = Watch(widget, "picture")
        if watch.answers(back_and_forth(widget, control)):
            widget.drag(control)
            yield watch.result(lab, widget.name, widget.label(control), "picture")
            return


def play(widget: WidgetOnPage, lab: str) -> Iterator[Wait]:
    """Press keys on the playground: a step of training, and another network."""
    step = widget.root.get_by_role("button", name=re.compile("Step$"))
    menu = widget.root.get_by_role("combobox", name="activation")
    for control, name in ((step, "Step"), (menu, "activation")):
        watch = Watch(widget, "map")
        watch.answers(back_and_forth(widget, control))
        yield watch.result(lab, "Playground", name, "canvas")


def back_and_forth(widget: WidgetOnPage, control: Locator) -> Callable[[int], None]:
    """What presses the key that moves a control, turning back after a while and at its ends."""
    keys = [widget.key_for(control)]
    back = {"ArrowRight": "ArrowLeft", "ArrowDown": "ArrowUp"}
    back |= {there: here for here, there in back.items()}

    def act(k: int) -> None:
        key = keys[-1]
        if k and k % 7 == 0:
            key = back.get(key, key)
        if widget.at_end(control, key):
            key = widget.key_for(control)
        keys.append(key)
        control.press(key)

    return act


def draw(widget: WidgetOnPage, lab: str, sheet: Locator) -> Iterator[Wait]:
    """Put dots on a sheet: how soon each is seen on it, and how soon the picture answers."""
    for what, kind, control in (
        ("sheet", "canvas", "the sheet: the ink"),
        ("picture", "picture", "the sheet: the answer"),
    ):
        widget.root.get_by_role("button", name="Clear the sheet").click()
        watch = Watch(widget, what, "pointerdown")
        watch.answers(lambda k: dot(sheet, k))
        yield watch.result(lab, widget.name, control, kind)


def dot(sheet: Locator, k: int) -> None:
    """Put the pen down on a sheet, for k = 0, 1, … in another place each, and lift it."""
    mouse, box = sheet.page.mouse, sheet.bounding_box()
    assert box is not None
    across, down = 0.1 + 0.8 * (k % 4) / 3, 0.1 + 0.8 * (k // 4) / 4
    mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
    mouse.down()
    mouse.up()


def table(waits: list[Wait]) -> str:
    """All that was measured, as a Markdown table."""
    rows = [HEAD, ["---"] * len(HEAD), *(wait.row for wait in waits)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", help="beginnings of their names; default all")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    asked = parser.parse_args()
    names = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    names = [n for n in names if not asked.notebooks or n.startswith(tuple(asked.notebooks))]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f} before"
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = LabServer(copy_course(Path(folder)), Path(folder))
        try:
            browser = playwright.chromium.launch(
                executable_path=chromium_program(), args=CHROMIUM_FLAGS
            )
            lab = LabPage(browser.new_page(viewport={"width": 1280, "height": 800}), server)
            for name in names:
                waits = list(measure(lab, name))
                print(table(waits).split("\n", 2)[2] if waits else name, flush=True)
                if asked.write:
                    keep(waits, machine)
            browser.close()
        finally:
            server.stop()
    print(f"{time.monotonic() - start:.0f} s")


def keep(waits: list[Wait], machine: str) -> None:
    """Put these in the place of what is kept of the same notebooks, and make the page anew."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))["waits"] if KEPT.exists() else []
    labs = {wait.lab for wait in waits}
    waits = [Wait(**wait) for wait in kept if wait["lab"] not in labs] + waits
    waits.sort(key=lambda wait: wait.lab)
    lines = ",\n".join(json.dumps(asdict(wait), ensure_ascii=False) for wait in waits)
    said = json.dumps(machine)
    KEPT.write_text(f'{{"machine": {said}, "waits": [\n{lines}\n]}}\n', encoding="utf-8")
    words = TEXT.format(table=table(waits), machine=machine, **summary(waits))
    PAGE.write_text(words, encoding="utf-8")


def summary(waits: list[Wait]) -> dict[str, object]:
    """The numbers that the page's words state."""
    late = [f"{wait.widget} ({wait.median:.0f} ms)" for wait in waits if wait.late]
    return {
        "count": len(waits),
        "middle": round(statistics.median(wait.median for wait in waits)),
        "within": len(waits) - len(late),
        "late": f" Late: {', '.join(late)}." if late else "",
        "blank": sum(wait.blank for wait in waits),
        "looks": sum(wait.looks for wait in waits),
    }


TEXT = """# How long a reader waits

A widget of the course computes with nnlib and draws with matplotlib in the kernel, and the page
shows the picture. This is the time from a key press in the page to the new picture in the page,
measured in JupyterLab with Chromium by

    python tests/e2e/latency.py --write

The goal is a median of at most 60 ms, and 30 ms where the page itself draws: the playground's map,
and the ink on the sheet that a digit is drawn on. "Painted" is the median up to the end of the
browser's next frame, in which the picture is first seen.
Measured on {machine}; server, kernel and browser share these cores.
JupyterLab runs as `nnlib start` opens it: started otherwise, its server holds a small message back
until the page has acknowledged the one before, and about half the pictures come some 30 ms later.

Of {count} rows {within} are within their goal; the middle one takes {middle} ms.{late}
While keys were pressed and sliders dragged, {blank} of {looks} frames of the screen were blank.

{table}
"""

if __name__ == "__main__":
    main()
