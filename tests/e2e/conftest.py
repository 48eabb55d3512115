import re
import shutil

import pytest

FAILED = pytest.StashKey[bool]()
LONGEST_FIRST = ("test_site", "test_every_notebook")  # no worker shall wait for another's last one


def pytest_collection_modifyitems(items):
    place = {name: k for k, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


def chromium_program():
    """Where a Chromium is, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = chromium_program()
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


@pytest.fixture(scope="session")
def desk(chromium, server):
    """One page for all tests of a worker: loading JupyterLab takes longer than most of them."""
    from lab import LabPage

    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield LabPage(context.new_page(), server)
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def lab(desk, request):
    """The page on which a test opens a notebook; a failed test leaves a picture of it."""
    yield desk
    if request.node.stash.get(FAILED, False):
        desk.screenshot(re.sub(r"\W+", "_", request.node.name))
