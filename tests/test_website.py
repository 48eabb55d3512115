"""The site keeps what the course says: its formulas, links and prompts, and its widgets' frames."""

import io
import json
import re
import subprocess
import sys
import threading
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("sphinx", reason="the docs extra is not installed")

import nbformat
from PIL import Image

from nnlib.grading import registry
from nnlib.grading.build import solution_lines
from nnlib.grading.cells import read_cells
from nnlib.grading.check import assess
from nnlib.viz import lab01, lab05
from nnlib.viz.picture import agg_canvas
from website import figures, film, formulas, lite, pages, replay

ROOT = Path(__file__).parents[1]
NOTEBOOKS = [*pages.labs(ROOT), *sorted((ROOT / "exercises").glob("*.ipynb"))]
TEXTS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]


def texts(path):
    if path.suffix == ".md":
        return [path.read_text("utf-8")]
    return [cell.source for cell in read_cells(path) if cell.kind == "markdown"]


def name(path):
    return path.relative_to(ROOT).as_posix()


# Formulas


def parsed(mathml):
    """MathML as a tree; XML knows only five of HTML's named characters."""
    return ElementTree.fromstring(
        re.sub(r"&(?!lt;|gt;|amp;)\w+;", lambda m: unescape(m[0]), mathml)
    )


@pytest.mark.parametrize("path", [*NOTEBOOKS, *TEXTS], ids=name)
def test_every_formula_can_be_drawn(path):
    for latex, displayed in (found for text in texts(path) for found in formulas.formulas_in(text)):
        math = parsed(formulas.mathml(latex, displayed=displayed))
        tokens = [token for kind in ("mi", "mo", "mn", "mtext") for token in math.iter(kind)]
        drawn = "".join(token.text or "" for token in tokens)
        assert drawn.strip(), latex
        assert "\\" not in drawn, latex
        assert (math.get("display") == "block") == displayed


def test_a_formula_without_meaning_is_named():
    with pytest.raises(ValueError, match="frak12"):
        formulas.mathml(r"\frak12{")


def test_formulas_inside_html_are_drawn_and_those_outside_are_left_to_markdown():
    drawn = formulas.with_formulas_in_html("$a$ costs 5 $\n<details>It is $b^2$.</details>")
    assert drawn.startswith("$a$ costs 5 $\n<details>It is <math>")
    assert "<msup>" in drawn


# Links and prompts


@pytest.mark.parametrize("path", [*NOTEBOOKS, *TEXTS], ids=name)
def test_every_link_leads_somewhere(path):
    known = {*NOTEBOOKS, *TEXTS}
    for text in texts(path):
        pages.linked(text, path, ROOT, known)


def test_links_to_no_page_become_words_and_missing_files_are_named():
    page = ROOT / "docs" / "architecture.md"

    def linked(text):
        return pages.linked(text, page, ROOT, {page})

    assert linked("see [core](../nnlib/core.py#here)".replace("core.py", "layer.py")) == "see core"
    for kept in ("[here](architecture.md#proof)", "[far](https://example.org)", "[up](#proof)"):
        assert linked(kept) == kept
    assert linked("[home](../README.md)") == "[home](../index.md)"
    with pytest.raises(ValueError, match=r"docs/architecture.md links to nowhere.md"):
        linked("[gone](nowhere.md)")


@pytest.mark.parametrize("lab", registry.labs())
def test_prompts_show_neither_solutions_nor_checks(lab):
    page = pages.prompts(nbformat.read(ROOT / "exercises" / f"{lab}.ipynb", as_version=4))
    shown = "\n".join(cell.source for cell in page.cells)
    asked = [exercise.id for exercise in registry.exercises_of(lab)]
    assert [i for i in asked if f"## Exercise {asked.index(i) + 1} · " not in shown] == []
    assert not any(cell.get("outputs") for cell in page.cells)
    assert "check(" not in shown.replace("import check", "")
    for cell in read_cells(ROOT / "solutions" / f"{lab}.py"):
        if "exercise" in cell.metadata:
            telling = [line for line in solution_lines(cell.source) if len(line) > 25]
            assert [line for line in telling if line in shown] == []


# Films


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(film, "FRAMES", 25)
    monkeypatch.setattr(film, "MOST", 25)


@pytest.mark.usefixtures("short")
def test_a_frame_is_what_the_widget_draws_at_that_setting():
    widget = lab05.MomentumMap()
    first = widget.caption
    made = film.film(widget)
    assert (made.start.caption, made.goal) == (first, widget.goal)
    alphas, betas = (dial.places for dial in made.dials)
    assert len(made.frames) == len(alphas) * len(betas) <= film.FRAMES
    for i, j in ((0, 0), (1, 2), (len(alphas) - 1, len(betas) - 1)):
        fresh = lab05.MomentumMap()
        fresh.picture.density = film.DENSITY
        fresh.beta.value = float(betas[j])
        fresh.alpha.value = 10 ** (round(20 * np.log10(float(alphas[i]))) / 20)  # 20 to a decade
        frame = made.frames[i * len(betas) + j]
        assert frame.caption == fresh.caption
        painted = np.asarray(agg_canvas(fresh.figure).buffer_rgba())[..., :3].astype(float)
        stored = np.asarray(Image.open(io.BytesIO(frame.picture)).convert("RGB"))
        assert stored.shape == painted.shape
        assert np.abs(stored - painted).mean() < 2  # 256 colours instead of all


@pytest.mark.usefixtures("short")
def test_time_is_played_from_its_beginning_at_every_setting():
    made = film.film(lab01.PerceptronSteps())
    time, gate = made.dials
    assert time.is_time
    assert time.places[0] == "0"
    assert time.places[-1] == "the end"
    widget = lab01.PerceptronSteps()
    widget.gate.value = "XOR"
    for _ in range(int(time.places[2])):
        widget.step()
    widget.refresh()
    frame = made.frames[2 * len(gate.places) + gate.places.index("XOR")]
    assert frame.caption == widget.caption


@pytest.mark.usefixtures("short")
def test_a_slider_of_steps_is_the_dial_of_time():
    widget = lab05.Mountain()
    widget.steps.value = 25
    (time,) = film.film(widget).dials
    assert (time.label, time.is_time, time.places[time.start]) == ("steps taken", True, "25")


@pytest.mark.usefixtures("short")
def test_what_does_not_fit_into_a_film_is_told():
    made = film.film(lab01.PerceptronLine())
    assert made.fixed == ("bias b: 0.5", "with bias b: on", "corners: AND")


def test_a_last_control_moves_if_few_frames_more_allow_it():
    made = film.film(lab01.PerceptronLine())
    assert [dial.label for dial in made.dials] == ["weight w₁", "weight w₂", "with bias b"]
    assert film.FRAMES < len(made.frames) <= film.MOST
    assert made.dials[0].places[0] == "−3.0"


@pytest.mark.parametrize(("length", "start", "count"), [(151, 50, 6), (13, 12, 5), (3, 0, 9)])
def test_places_are_spread_with_both_ends_and_the_start(length, start, count):
    kept = film.spread(length, start, count)
    assert kept == sorted(set(kept))
    assert {0, start, length - 1} <= set(kept)
    assert len(kept) <= count


@pytest.mark.usefixtures("short")
def test_a_film_on_a_page_has_labelled_dials_and_words_for_every_frame(tmp_path):
    made = film.film(lab01.PerceptronLine())
    html = figures.moving(made, "line", figures.Pictures(tmp_path))
    assert set(re.findall(r'for="(line-\d)"', html)) == set(re.findall(r' id="(line-\d)"', html))
    told = json.loads(html.split('application/json">')[1].split("</script>")[0])
    assert told["captions"] == [frame.caption for frame in made.frames]
    assert len(told["pictures"]) == np.prod([len(places) for places in told["places"]])
    for address in set(told["pictures"]):
        assert (tmp_path / "site" / address).resolve().read_bytes()[8:12] == b"WEBP"
    assert figures.escape(made.start.caption, quote=True) in html


def test_the_same_picture_is_stored_once(tmp_path):
    pictures = figures.Pictures(tmp_path)
    addresses = {pictures.address(picture, ".png") for picture in (b"one", b"two", b"one")}
    assert len(addresses) == len(list((tmp_path / "pictures").iterdir())) == 2


def test_a_widget_that_is_no_film_says_how_to_move_it(tmp_path):
    html = figures.unmoved(b"png", "3 < 4 units", 800, figures.Pictures(tmp_path))
    assert 'alt="3 &lt; 4 units"' in html
    assert "<figcaption>3 &lt; 4 units<p>To move this widget: <code>nnlib start</code>" in html


def test_a_lab_is_run_again_cell_by_cell(tmp_path):
    cells = [
        nbformat.v4.new_markdown_cell("words"),
        nbformat.v4.new_code_cell("import os\nx = 2", id="first"),
        nbformat.v4.new_code_cell("print('unseen')\nx + len(os.listdir())", id="second"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert list(replay.shown_values(notebook, tmp_path)) == [("second", 2)]


def test_playing_the_labs_ends_though_a_lab_has_started_workers(tmp_path):
    search = "from nnlib.parallel import parallel_map\nparallel_map(abs, [(1,), (2,)], n_jobs=2)"
    lab = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(search)])
    lab.cells[0].outputs = [nbformat.v4.new_output("display_data", {"image/png": ""})]
    nbformat.write(lab, tmp_path / "lab.ipynb")
    program = (
        "from pathlib import Path; from website.site import play_all; "
        f"print(play_all([Path({str(tmp_path)!r}, 'lab.ipynb')], Path()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=100, cwd=ROOT
    )
    assert done.stdout.strip() == "{}", done.stderr


# In the browser


def test_a_notebook_for_the_browser_installs_what_it_imports():
    path = NOTEBOOKS[0]
    notebook = json.loads(path.read_text("utf-8"))
    made = lite.for_the_browser(notebook)
    nbformat.validate(nbformat.from_dict(made))
    assert made["cells"][0]["source"].splitlines()[1].startswith("%pip install -q nnlib ")
    assert made["cells"][1:] == notebook["cells"]
    assert made["metadata"]["kernelspec"]["name"] == "python"


def test_an_answer_can_be_checked_where_no_thread_can_be_started(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    exercise = registry.exercises_of(registry.labs()[0])[0]
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert assess(exercise, {exercise.id: exercise.reference}).state != "crashed"


def test_check_and_widgets_import_without_what_a_browser_lacks():
    lacking = ("fcntl", "resource", "termios", "pwd", "grp", "_multiprocessing", "psutil")
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({lacking})); "
        "from nnlib.grading import check; from nnlib.viz import lab00, lab08; "
        "from nnlib.grading.registry import find; print(find('gradient_ascent').id)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "gradient_ascent", done.stderr
