"""Drives a real JupyterLab: opens a notebook, runs it, moves a widget, and says what it sees."""

import json
import os
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
    """JupyterLab on a free loopback port, with settings of its own, serving `course`."""

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
        page.on("console", lambda line: line.type == "error" and self.console.append(line.text))
        page.on("pageerror", lambda error: self.console.append(str(error)))

    def open(self, path: str) -> None:
        """Open a notebook, alone, in the light theme, and wait for its kernel."""
        address = f"{self.server.url}/lab/tree/{path}?reset&token={self.server.token}"
        self.page.goto(address, timeout=60_000)
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context")
        self.page.evaluate(
            """async (milliseconds) => {
                const app = window.jupyterapp;
                const { context } = app.shell.currentWidget;
                const ready = async () => {
                    await app.restored;
                    await context.ready;
                    await context.sessionContext.ready;
                    await context.sessionContext.session.kernel.info;
                };
                const late = new Promise((_, fail) => setTimeout(
                    () => fail(new Error("the kernel was not ready in time")), milliseconds));
                await Promise.race([ready(), late]);
            }""",
            60_000,
        )
        self.theme("JupyterLab Light")

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

    def problems(self) -> list[str]:
        """Whatever a learner would see going wrong, and what the browser's console holds."""
        errors = [
            f"{output['ename']}: {output['evalue']}"
            for output in self.outputs()
            if output["output_type"] == "error"
        ]
        broken = self.page.get_by_text("Click to show javascript error").count()
        untold = self.page.locator(".nnlib-problem").all_inner_texts()
        return errors + ["a widget shows a JavaScript error"] * broken + untold + self.console

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
