"""From one source to two notebooks: the same to the byte every time, valid, and leaking nothing."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from nnlib.grading import build as building
from nnlib.grading.build import blank, build, drift, make_notebooks, solved
from nnlib.grading.cells import Cell, percent_cells, read_cells
from nnlib.grading.execute import NotebookError, execute_file, execute_notebook
from nnlib.grading.gates import nothing_leaks, source_is_sound

ROOT = Path(__file__).parents[1]
LAB = "00_gradient_descent"
ANSWER = '''def f(x):
    """Twice x."""
    if x > 0:
        # BEGIN SOLUTION
        twice = 2 * x
        return twice
        # END SOLUTION
'''


@pytest.fixture
def course(tmp_path):
    for name in ("notebooks", "exercises", "solutions"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / "solutions" / f"{LAB}.py", tmp_path / "solutions")
    return tmp_path


def test_the_solution_region_becomes_not_implemented():
    assert blank(ANSWER).splitlines()[2:] == [
        "    if x > 0:",
        "        raise NotImplementedError  # write your answer here",
    ]


def test_starter_lines_take_the_regions_place():
    source = "# BEGIN SOLUTION\n# STARTER claim = ...\nclaim = 1\n# END SOLUTION"
    assert blank(source) == "claim = ..."
    assert "STARTER" not in solved(source)
    assert "claim = 1" in solved(source)


@pytest.mark.parametrize("source", ["x = 1", "# BEGIN SOLUTION\nx = 1\n# END SOLUTION"])
def test_a_source_that_would_not_be_blank_is_refused(source):
    with pytest.raises(ValueError, match=r"solution region|needs # BEGIN SOLUTION"):
        blank(source)


def test_percent_cells_are_read_with_their_options():
    markdown = '"""Doc."""\n# %% [markdown]\n# # Title\n#\n# Text\n\n'
    text = markdown + '# %% tags=["a"] exercise="f"\nx = 1\n'
    assert percent_cells(text) == [
        Cell("markdown", "# Title\n\nText"),
        Cell("code", "x = 1", {"tags": ["a"], "exercise": "f"}),
    ]


def test_a_cells_title_may_hold_an_equals_sign():
    titled = "# %% try x=foo, with [1] a=[b]\nx = 1\n"
    (cell,) = percent_cells(titled)
    assert cell.source == "x = 1"


def test_both_formats_give_the_same_answer_cells(course):
    build(LAB, course, execute=False)
    script = read_cells(course / "solutions" / f"{LAB}.py")
    notebook = read_cells(course / "solutions" / f"{LAB}.ipynb")
    answers = [solved(cell.source) for cell in script if "exercise" in cell.metadata]
    marked = [cell.source for cell in notebook if cell.metadata.get("nbgrader", {}).get("solution")]
    assert answers == marked


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"{", "not a whole notebook"),
        (b"[]", "not a whole notebook"),
        (b'{"nbformat": 3}', "nbformat 3 instead of 4"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "not a whole notebook"),
        (b"\xff\xfe{}", "not UTF-8"),
    ],
)
def test_an_unreadable_notebook_says_why(tmp_path, content, words):
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_cells(path)


def test_two_builds_are_the_same_to_the_byte_and_valid(course):
    paths = build(LAB, course, execute=False)
    first = [path.read_bytes() for path in paths]
    build(LAB, course, execute=False)
    assert [path.read_bytes() for path in paths] == first
    for path in paths:
        nbformat.validate(nbformat.read(path, as_version=4))
    assert drift(LAB, course) == []


def test_drift_is_found_in_sources_ids_and_metadata_but_not_in_outputs(course):
    path = build(LAB, course, execute=False)[0]
    whole = json.loads(path.read_text("utf-8"))
    answer = next(cell for cell in whole["cells"] if cell["id"].startswith("answer-"))

    answer["outputs"] = [{"name": "stdout", "output_type": "stream", "text": "hello"}]
    path.write_text(json.dumps(whole), "utf-8")
    assert drift(LAB, course) == []

    for key, value in (("id", "other"), ("metadata", {}), ("source", "pass")):
        kept = answer[key]
        answer[key] = value
        path.write_text(json.dumps(whole), "utf-8")
        assert len(drift(LAB, course)) == 1, key
        answer[key] = kept
    path.unlink()
    assert "missing" in drift(LAB, course)[0]


def test_source_and_data_must_name_the_same_exercises(course):
    source = course / "solutions" / f"{LAB}.py"
    source.write_text(source.read_text("utf-8").replace('exercise="', 'exercise="no_'), "utf-8")
    with pytest.raises(ValueError, match="the source has the exercises"):
        make_notebooks(LAB, course)


def test_an_exercise_needs_its_prompt(course):
    source = course / "solutions" / f"{LAB}.py"
    text = source.read_text("utf-8").replace('# %% exercise="', '# %%\n1\n\n# %% exercise="')
    source.write_text(text, "utf-8")
    with pytest.raises(ValueError, match="needs a Markdown cell"):
        make_notebooks(LAB, course)


def test_a_leaked_line_and_a_broken_solution_are_noticed(course):
    source = course / "solutions" / f"{LAB}.py"
    text = source.read_text("utf-8")
    cell = next(c for c in read_cells(source) if "exercise" in c.metadata)
    line = next(line for line in building.solution_lines(cell.source) if len(line) > 10)
    source.write_text(f"{text}\n# %% [markdown]\n# Like this: {line}\n", "utf-8")
    assert any(line in found for found in nothing_leaks(LAB, course))
    source.write_text(text.replace(line, "raise RuntimeError"), "utf-8")
    assert any("is crashed" in found for found in source_is_sound(LAB, course))


def notebook(*sources):
    cells = [building._code(f"c{k}", source) for k, source in enumerate(sources)]
    return {"cells": cells, "metadata": building.METADATA, "nbformat": 4, "nbformat_minor": 5}


WRONG = """from nnlib.grading import check

def gradient_ascent(start, alpha, steps):
    import warnings
    warnings.warn("careful")
    return [start - alpha for _ in range(steps + 1)] + nothing
"""


def test_a_check_in_a_real_kernel_shows_html_and_text_and_ends_in_points(tmp_path):
    done = execute_notebook(notebook(WRONG, 'check("gradient_ascent")'), tmp_path / "x.ipynb")
    shown, points = done["cells"][1]["outputs"]
    assert set(shown["data"]) == {"text/html", "text/plain"}
    assert "→ Cell In[1], line 6, in gradient_ascent" in shown["data"]["text/plain"]
    assert "NameError: name 'nothing'" in shown["data"]["text/plain"]
    assert points["output_type"] == "execute_result"
    assert points["data"] == {"text/plain": "0"}


@pytest.mark.parametrize(
    ("source", "words"),
    [("1 / 0", "ZeroDivisionError"), ("import sys; print(1, file=sys.stderr)", "wrote to stderr")],
)
def test_a_notebook_that_fails_is_left_as_it_was(tmp_path, source, words):
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(notebook(source)), "utf-8")
    before = path.read_bytes()
    with pytest.raises(NotebookError, match=words):
        execute_file(path)
    assert path.read_bytes() == before
