"""Drives a real JupyterLab: opens a notebook, runs it, moves a widget, and says what it sees."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from nnlib.grading.connection import OPTION

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "screenshots"
NOT_COURSE = shutil.ignore_patterns(
    ".*", "mine", "screenshots", "build", "dist", "__pycache__", "*.egg-info"
)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def copy_course(folder: Path) -> Path:
    """The course as a learner has it, where a test may change it."""
    return Path(shutil.copytree(ROOT, folder / "course", ignore=NOT_COURSE))


class LabServer:
    """JupyterLab as `nnlib start` opens it, on a free loopback port, with settings of its own."""

    def __init__(self, course: Path, home: Path) -> None:
        self.course = course
        self.token = "course"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        settings = home / "settings/@jupyterlab/apputils-extension"
        settings.mkdir(parents=True)
        quiet = {"fetchNews": "false", "checkForUpdates": False}
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
        environment = os.environ | {
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "IPYTHONDIR": str(home / "ipython"),
        }
        self.log = (home / "jupyterlab.log").open("w")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
                f"--IdentityProvider.token={self.token}",
                f"--ServerApp.root_dir={course}",
                "--LabApp.expose_app_in_browser=True",
                "--LabApp.extension_manager=readonly",
                OPTION,
            ],
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        self._await_answer()

    def _await_answer(self, seconds: float = 60) -> None:
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"{self.url}/api", timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        self.stop()
        raise RuntimeError("JupyterLab did not start:\n" + Path(self.log.name).read_text())

    def stop(self) -> None:
        """End the server and, with it, its kernels."""
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


class LabPage:
    """One browser page on a JupyterLab, and the notebook that is open in it."""

    def __init__(self, page: Page, server: LabServer) -> None:
        self.page = page
        self.server = server
        self.console: list[str] = []
        self.cells: tuple[str, list[str]] | None = None  # what run_cells has opened
        page.on("console", lambda line: line.type == "error" and self.console.append(line.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))

    def open(self, path: str) -> None:
        """Open a notebook, alone, in the light theme, with a kernel of its own."""
        self.cells = None
        if "/lab" not in self.page.url:
            address = f"{self.server.url}/lab?reset&token={self.server.token}"
            self.page.goto(address, timeout=60_000)
            self.page.wait_for_function("() => window.jupyterapp?.shell", timeout=60_000)
        self.page.evaluate(
            """async ([path, milliseconds]) => {
                const app = window.jupyterapp;
                const open = async () => {
                    await app.restored;
                    for (const panel of Array.from(app.shell.widgets("main"))) {
                        const kernel = panel.context?.sessionContext?.session?.kernel;
                        if (kernel) { // widgets say that they leave while someone hears it
                            for (const cell of panel.content.model.cells) cell.outputs?.clear();
                            await kernel.requestKernelInfo();
                            await panel.context.sessionContext.shutdown();
                        }
                        panel.dispose();
                    }
                    const { body } = document;
                    if (body.dataset.jpThemeName !== "JupyterLab Light") {
                        const theme = "JupyterLab Light";
                        await app.commands.execute("apputils:change-theme", { theme });
                    }
                    const how = { path, factory: "Notebook" };
                    const { context } = await app.commands.execute("docmanager:open", how);
                    await context.ready;
                    await context.sessionContext.ready;
                    const { kernel } = context.sessionContext.session;
                    await kernel.info;
                    const unanswered = (window.unanswered = new Set());
                    kernel.anyMessage.connect((_, { msg, direction }) => {
                        if (direction === "send" && msg.header.msg_type === "comm_msg") {
                            unanswered.add(msg.header.msg_id);
                        } else if (msg.content.execution_state === "idle") {
                            unanswered.delete(msg.parent_header.msg_id);
                        }
                    });
                };
                const late = new Promise((_, fail) => setTimeout(
                    () => fail(new Error("the kernel was not ready in time")), milliseconds));
                await Promise.race([open(), late]);
            }""",
            [path, 60_000],
        )
        self.page.wait_for_function("() => !document.getElementById('jupyterlab-splash')")
        self.console.clear()  # what the last notebook left behind as it was closed

    def run_cells(self, name: str, cells: list[str]) -> None:
        """Open a notebook of these code cells, under that name beside the labs, and run it.

        Where it is still open it is run again: its widgets are new, and its kernel is ready.
        """
        if self.cells == (name, cells):
            self.theme("JupyterLab Light")
            self.console.clear()
            self.run_all()
            return
        cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": kernel},
            "cells": [cell | {"id": f"cell-{i}", "source": code} for i, code in enumerate(cells)],
        }
        path = f"notebooks/{name}.ipynb"
        (self.server.course / path).write_text(json.dumps(notebook), encoding="utf-8")
        self.open(path)
        self.run_all()
        self.cells = name, cells

    def run_all(self) -> None:
        """Run every cell, and wait until the kernel has nothing left to do."""
        self.page.evaluate(
            """() => {
                window.ranAll = false;
                const run = window.jupyterapp.commands.execute("notebook:run-all-cells");
                run.finally(() => { window.ranAll = true; });
            }"""
        )
        self.page.wait_for_function(
            """() => {
                const { sessionContext } = window.jupyterapp.shell.currentWidget.context;
                return window.ranAll && sessionContext.session.kernel.status === "idle";
            }""",
            timeout=120_000,
            polling=200,  # milliseconds: a look at every frame would keep the browser drawing
        )

    def outputs(self) -> list[dict[str, Any]]:
        """Every output of the notebook, as the notebook format has it."""
        return self.page.evaluate(
            """() => Array.from(window.jupyterapp.shell.currentWidget.content.model.cells)
                .filter((cell) => cell.type === "code")
                .flatMap((cell) => cell.outputs.toJSON())"""
        )

    def kernel_says(self, expression: str) -> str:
        """What a Python expression is worth in the notebook's kernel, as text."""
        return self.page.evaluate(
            """async (expression) => {
                const { sessionContext } = window.jupyterapp.shell.currentWidget.context;
                const { kernel } = sessionContext.session;
                const ask = { code: "", user_expressions: { it: expression } };
                const reply = await kernel.requestExecute(ask).done;
                return reply.content.user_expressions.it.data["text/plain"];
            }""",
            expression,
        )

    def settle(self) -> None:
        """Wait until the kernel has answered whatever was moved, for three frames of the screen.

        The page sends a control's next value only when the kernel has answered its last one.
        """
        self.page.evaluate("() => { window.calm = 0; }")
        self.page.wait_for_function(
            "() => { calm = window.unanswered.size ? 0 : calm + 1; return calm === 3; }"
        )

    def problems(self) -> list[str]:
        """Whatever a learner would see going wrong, and what the browser's console holds."""
        errors = [
            f"{output['ename']}: {output['evalue']}"
            for output in self.outputs()
            if output["output_type"] == "error"
        ]
        broken = self.page.get_by_text("Click to show javascript error").count()
        broken += self.page.get_by_text("Error displaying widget").count()
        untold = self.page.locator(".nnlib-problem").all_inner_texts()
        return errors + ["a widget shows a JavaScript error"] * broken + untold + self.console

    def widgets(self) -> list["WidgetOnPage"]:
        """Every widget with a picture and a caption, in the order of the page."""
        roots = self.page.locator(".nnlib-explorer, .nnlib-playground")
        return [WidgetOnPage(roots.nth(k)) for k in range(roots.count())]

    def explorer(self, number: int = 0) -> "ExplorerOnPage":
        """The widget with that number, scrolled into view and shown."""
        root = self.page.locator(".nnlib-explorer").nth(number)
        root.scroll_into_view_if_needed()
        root.evaluate("(element) => element.scrollIntoView({ block: 'start' })")
        expect(root.locator(".nnlib-picture img")).to_be_visible()
        return ExplorerOnPage(root)

    def shows_pictures(self, number: int) -> None:
        """Wait until the notebook's outputs show that many pictures, be it run or not."""
        expect(self.page.locator(".jp-OutputArea-output img")).to_have_count(number, timeout=30_000)

    def wait_until(self, holds: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until `holds()`, and fail if it never does."""
        give_up = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < give_up, "it did not happen in time"
            self.page.wait_for_timeout(50)

    def theme(self, name: str) -> None:
        """Change to "JupyterLab Light" or "JupyterLab Dark"."""
        self.page.evaluate(
            "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })",
            name,
        )
        # JupyterLab fades its splash screen in and out while it changes.
        self.page.wait_for_function("() => !document.getElementById('jupyterlab-splash')")

    def screenshot(self, name: str) -> Path:
        """Leave a picture of the page to look at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


CLIPPED = """(root) => {
    const page = root.closest(".jp-OutputArea-output").getBoundingClientRect();
    return Array.from(root.querySelectorAll("*"))
        .filter((part) => part.getClientRects().length && !part.closest(".noUi-base"))
        .filter((part) => part.getBoundingClientRect().right > page.right + 1
            || part.scrollWidth > part.clientWidth + 1 && part.matches("label, button"))
        .map((part) => part.outerHTML.slice(0, 120));
}"""
PIXELS = """async (root) => {
    const drawn = Array.from(root.querySelectorAll("canvas"), (sheet) => sheet.toDataURL());
    for (const image of root.querySelectorAll(".nnlib-picture img")) {
        const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
        drawn.push(String.fromCharCode(...bytes.filter((_, i) => i % 16 === 5)));
    }
    return drawn.join().split("").reduce((h, c) => Math.imul(h, 31) + c.charCodeAt() | 0, 7);
}"""
# Looks at a picture in every frame of the screen, until it is gone or another one is watched.
FRAMES = """(root) => {
    const watch = (window.watch = { looks: 0, blank: 0 });
    const look = () => {
        if (window.watch !== watch || !root.isConnected) return;
        const image = root.querySelector(".nnlib-picture img");
        watch.looks += 1;
        watch.blank += !image?.complete || !image.naturalWidth || !image.offsetHeight;
        requestAnimationFrame(look);
    };
    look();
}"""
CONTROL = "[role=slider], select, input:not([type=text]), button"


class WidgetOnPage:
    """Any widget with a picture, a caption, and something to move, an explorer or a playground."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.words = root.locator(".nnlib-words[aria-live], .caption")

    def show(self) -> None:
        """Scroll it into view, and wait until it can be seen."""
        self.root.evaluate("(element) => element.scrollIntoView({ block: 'start' })")
        expect(self.root.locator(".nnlib-picture img, canvas").first).to_be_visible()

    @property
    def caption(self) -> str:
        """What it says now."""
        return self.words.inner_text()

    def pixels(self) -> int:
        """A number that is another one when any of its pictures looks otherwise."""
        return self.root.evaluate(PIXELS)

    def clipped(self) -> list[str]:
        """What does not fit into its place."""
        return self.root.evaluate(CLIPPED)

    @property
    def is_explorer(self) -> bool:
        """Whether its picture comes from the kernel."""
        return "nnlib-explorer" in self.root.get_attribute("class")

    def watch(self) -> None:
        """Look at its picture from now on, in every frame of the screen."""
        self.root.evaluate(FRAMES)

    def blank_frames(self, at_least: int) -> int:
        """How many of the frames since `watch()` were blank, once there were so many frames."""
        page = self.root.page
        page.wait_for_function("(frames) => window.watch.looks >= frames", arg=at_least)
        return page.evaluate("() => window.watch.blank")

    def wait_for_other_pixels(self, pixels: int, seconds: float = 10) -> None:
        """Wait until it looks otherwise than when its `pixels()` were these."""
        give_up = time.monotonic() + seconds
        while self.pixels() == pixels:
            assert time.monotonic() < give_up, "the picture stayed as it was"
            self.root.page.wait_for_timeout(50)

    def wait_until_it_says_what_it_shows(self) -> None:
        """Wait until the picture's words for those who do not see it are the caption's."""
        self.root.page.wait_for_function(
            """(root) => {
                const image = root.querySelector(".nnlib-picture img");
                const words = root.querySelector(".nnlib-words[aria-live]");
                return !image || image.alt === words.innerText.trim();
            }""",
            arg=self.root.element_handle(),
            timeout=10_000,
        )

    def main_controls(self) -> list[Locator]:
        """What stands first (a slider, menu, box, table of numbers, button); Step, where it is."""
        controls = self.root.locator(CONTROL).locator("visible=true")
        step = self.root.get_by_role("button", name=re.compile("Step$"))
        first = [controls.first] if self.is_explorer and controls.count() else []
        return first + ([step] if step.count() else [])

    def slider(self) -> Locator | None:
        """Its first slider, where no time passes, so that a move is seen at once."""
        sliders = self.root.get_by_role("slider").locator("visible=true")
        timeless = not self.root.get_by_role("button", name=re.compile("Step$")).count()
        return sliders.first if self.is_explorer and timeless and sliders.count() else None

    @property
    def name(self) -> str:
        """Its class, as the cell that shows it says."""
        source = self.root.evaluate(
            """(root) => {
                const cell = root.closest(".jp-Cell");
                const { widgets } = window.jupyterapp.shell.currentWidget.content;
                return widgets.find(({ node }) => node === cell).model.sharedModel.source;
            }"""
        )
        made = re.findall(r"\b([A-Z][A-Za-z]+)\(", source)
        return made[-1] if made else source.splitlines()[-1]

    def label(self, control: Locator) -> str:
        """What stands beside a control, or on it."""
        return control.evaluate(
            """(node) => node.closest(".widget-inline-hbox, .jupyter-widgets, label, button")
                ?.querySelector("label, .widget-label")?.textContent || node.textContent.trim()"""
        )

    def grasp(self, slider: Locator) -> Callable[[int], None]:
        """Put the mouse's button down on a slider's handle; what is returned moves it from there.

        It moves so many pixels towards the slider's farther end, as steadily as a hand does.
        """
        x, y = self.at_rest(slider)
        right = slider.evaluate(
            """(handle) => {
                const [low, now, high] = ["min", "now", "max"]
                    .map((which) => Number(handle.getAttribute(`aria-value${which}`)));
                return now - low <= high - now;
            }"""
        )
        mouse = self.root.page.mouse
        mouse.move(x, y)
        mouse.down()
        return lambda way: mouse.move(x + (way if right else -way), y, steps=10)

    def at_rest(self, control: Locator) -> tuple[float, float]:
        """Scroll a control into view and return its middle once it has stayed where it can be hit.

        JupyterLab lays a cell out when it comes into view, and moves those that follow it.
        """
        control.scroll_into_view_if_needed()
        page, handle = self.root.page, control.element_handle()
        page.evaluate("() => { window.rest = { frames: 0 }; }")
        page.wait_for_function(
            """([control, frames]) => {
                const box = control.getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const same = rest.x === x && rest.y === y;
                const hit = control.contains(document.elementFromPoint(x, y));
                window.rest = { x, y, frames: same && hit ? rest.frames + 1 : 0 };
                if (!hit) control.scrollIntoView({ block: "center" });
                return rest.frames >= frames;
            }""",
            arg=[handle, 10],
        )
        x, y = page.evaluate("() => [rest.x, rest.y]")
        return x, y

    def drag(self, control: Locator) -> None:
        """Drag a slider's handle to the right and back, as fast as a hand does."""
        if control.get_attribute("role") != "slider":
            return
        mouse, (x, y) = self.root.page.mouse, self.at_rest(control)
        mouse.move(x, y)
        mouse.down()
        for way in [*range(0, 60, 5), *range(60, -60, -5)]:
            mouse.move(x + way, y)
            self.root.page.wait_for_timeout(16)
        mouse.up()

    def at_end(self, control: Locator, key: str) -> bool:
        """Whether this key cannot move a control any further."""
        return control.evaluate(
            """(node, key) => {
                if (node.matches("select")) {
                    return node.selectedIndex === (key === "ArrowDown" ? node.length - 1 : 0);
                }
                const end = key === "ArrowRight" ? "aria-valuemax" : "aria-valuemin";
                const now = node.getAttribute("aria-valuenow");
                return now !== null && now === node.getAttribute(end);
            }""",
            key,
        )

    def key_for(self, control: Locator) -> str:
        """The key that moves it from where it is."""
        return control.evaluate(
            """(node) => {
                if (node.matches("button")) return "Enter";
                if (node.matches("[type=checkbox]")) return " ";
                if (node.matches("select")) {
                    return node.selectedIndex < node.length - 1 ? "ArrowDown" : "ArrowUp";
                }
                const now = node.getAttribute("aria-valuenow");
                if (now === null) return "ArrowUp";
                return now === node.getAttribute("aria-valuemax") ? "ArrowLeft" : "ArrowRight";
            }"""
        )


class ExplorerOnPage:
    """A widget as a reader meets it."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.image = root.locator(".nnlib-picture img")

    @property
    def caption(self) -> str:
        """What it says now."""
        return self.root.locator(".nnlib-words[aria-live]").inner_text()

    @property
    def goal(self) -> str:
        """Its goal, and whether it is reached."""
        return self.root.locator(".nnlib-words").first.inner_text()

    def picture(self) -> bytes:
        """The image that is shown."""
        return bytes(
            self.image.evaluate(
                """async (image) => {
                    const answer = await fetch(image.src);
                    return Array.from(new Uint8Array(await answer.arrayBuffer()));
                }"""
            )
        )

    def press(self, key: str, control: int = 0) -> None:
        """Press a key on a slider and wait for the next picture."""
        shown = self.image.get_attribute("src")
        self.root.get_by_role("slider").nth(control).press(key)
        expect(self.image).not_to_have_attribute("src", shown, timeout=10_000)

    def click(self, button: str) -> None:
        """Press one of its buttons."""
        self.root.get_by_role("button", name=button).click()

    def say(self, words: str) -> None:
        """Wait until the caption holds `words`."""
        expect(self.root.locator(".nnlib-words[aria-live]")).to_contain_text(words)
