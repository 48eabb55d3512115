"""A JupyterLab of its own with a browser on it, driven as the end-to-end tests drive theirs."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from tests.e2e.lab import CHROMIUM_FLAGS, LabPage, LabServer, copy_course

WIDGETS = ".nnlib-explorer, .nnlib-playground"
HIGH: ViewportSize = {"width": 1280, "height": 1600}
LAPTOP: ViewportSize = {"width": 1280, "height": 800}
VIEW = "application/vnd.jupyter.widget-view+json"


@contextlib.contextmanager
def jupyterlab(*, density: float = 1) -> Iterator[LabPage]:
    """A page of JupyterLab on a copy of the course, high enough for the highest widget."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("The gallery needs Chromium, and there is none on this machine.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = LabServer(copy_course(Path(folder)), Path(folder))
        try:
            browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport=HIGH, device_scale_factor=density)
            yield LabPage(page, server)
            browser.close()
        finally:
            server.stop()


def models(lab: LabPage) -> list[str]:
    """The widgets of the notebook that has run, in their order on the page, by model."""
    lab.kernel_says("__import__('sys').path.insert(0, '..')")
    shown = [out["data"][VIEW]["model_id"] for out in lab.outputs() if VIEW in out.get("data", {})]
    return [model for model in shown if move(lab, model, "default")]


def move(lab: LabPage, model: str, setting: str) -> bool:
    """Move a widget as `gallery.settings.move` does; whether there is such a widget."""
    call = f"__import__('gallery.settings').settings.move({model!r}, {setting!r})"
    return lab.kernel_says(call) == "True"
