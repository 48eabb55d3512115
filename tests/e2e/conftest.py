import shutil

import pytest


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    program = program or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine: install it to run the end-to-end tests")
    from lab import CHROMIUM_FLAGS

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    from lab import LabServer, copy_course

    folder = tmp_path_factory.mktemp("lab")
    server = LabServer(copy_course(folder), folder)
    yield server
    server.stop()


@pytest.fixture
def lab(chromium, server):
    from lab import LabPage

    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield LabPage(context.new_page(), server)
    context.close()
