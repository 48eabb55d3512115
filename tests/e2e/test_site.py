"""The static site and JupyterLite in Chromium: pages fit any screen, and what moves moves."""

import contextlib
import functools
import http.server
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = {"phone": {"width": 390, "height": 844}, "laptop": {"width": 1280, "height": 800}}
ALIVE = "00_gradient_descent"


def build(kind, folder, *options):
    command = (sys.executable, "-m", "website", kind, "--out", folder, *options)
    subprocess.run(command, cwd=ROOT, check=True)
    return folder


@contextlib.contextmanager
def opened(chromium):
    """A page that notes what a reader's console would show, and every request to a server."""
    page = chromium.new_page()
    page.faults, page.asked = [], []
    page.on("console", lambda line: line.type == "error" and page.faults.append(line.location))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    page.close()


def test_the_site_reads_well_on_any_screen_and_moves(chromium, tmp_path):
    pytest.importorskip("sphinx", reason="the docs extra is not installed")
    site = build("build", tmp_path / "site", "--alive", ALIVE)
    with opened(chromium) as page:
        every_page_fits(page, site)
        for window in WINDOWS.values():
            page.set_viewport_size(window)
            a_film_moves(page, site)
            search_finds(page, site)
        assert page.faults == []
        assert [url for url in page.asked if url.startswith("http")] == []


def every_page_fits(page, site):
    for path in sorted(site.glob("*/*.html")):
        page.goto(path.as_uri())
        assert page.locator("main, [role=main]").count() == 1
        assert page.locator("img:not([alt]), img[alt='']").count() == 0
        for name, window in WINDOWS.items():
            page.set_viewport_size(window)
            fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert fits, f"{path.name} on a {name}"


def a_film_moves(page, site):
    from playwright.sync_api import expect

    page.goto((site / "notebooks" / f"{ALIVE}.html").as_uri())
    figure = page.locator("figure.film").filter(has=page.locator("[data-time]")).first
    image, caption = figure.locator("img"), figure.locator("figcaption")
    before, said = image.get_attribute("src"), caption.inner_text()
    figure.locator("input[type=range]").last.press("ArrowRight")
    expect(image).not_to_have_attribute("src", before)
    expect(caption).not_to_have_text(said)
    assert image.get_attribute("alt") == caption.inner_text()
    assert image.evaluate("(image) => image.naturalWidth") > 800

    figure.get_by_role("button", name="Reset").click()
    figure.get_by_role("button", name="Step").click()
    expect(figure.locator("[data-time]")).to_have_value("1")


def search_finds(page, site):
    page.goto((site / "search.html").as_uri() + "?q=downhill")
    page.wait_for_selector("#search-results li a")


@pytest.fixture
def lite(tmp_path):
    if not (ROOT / "build" / "lite-venv").is_dir():
        pytest.skip("no build/lite-venv: run python -m website lite once, with a package index")
    return build("lite", tmp_path / "lite")


def listed(lite, folder):
    contents = json.loads((lite / "api" / "contents" / folder / "all.json").read_text("utf-8"))
    return sorted(item["name"] for item in contents["content"])


def test_jupyterlite_holds_the_course_and_opens(chromium, lite, tmp_path):
    for folder in ("notebooks", "exercises"):
        assert listed(lite, folder) == sorted(path.name for path in (ROOT / folder).glob("*.ipynb"))

    (wheel,) = (lite / "pypi").glob("nnlib-*.whl")
    unpacked = tmp_path / "wheel"
    zipfile.ZipFile(wheel).extractall(unpacked)
    program = (
        "import nnlib; from nnlib.viz import lab00; from nnlib.grading import check, registry;"
        "print(nnlib.__file__, len(registry.labs()), len(lab00.GradientAscent().caption))"
    )
    isolated = f"import sys; sys.path.insert(0, {str(unpacked)!r}); {program}"
    told = subprocess.run([sys.executable, "-c", isolated], capture_output=True, text=True).stdout
    assert told.startswith(str(unpacked))

    with served(lite) as address, opened(chromium) as page:
        page.goto(f"{address}/lab/index.html?path=notebooks/{ALIVE}.ipynb", timeout=60_000)
        page.wait_for_selector(".jp-Notebook .jp-RenderedImage img", timeout=60_000)
        ours = [fault for fault in page.faults if not is_elsewhere(fault)]
        assert ours == []


def is_elsewhere(fault):
    """Python comes from a public server, which a test does not reach; no page icon is needed."""
    return "pyodide" in str(fault) or "favicon.ico" in str(fault)


@contextlib.contextmanager
def served(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
