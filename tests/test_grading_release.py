"""The copy that a class receives: it works, and holds no solution and nobody's work."""

import subprocess
import sys
from pathlib import Path

import pytest

from nnlib.grading.build import solution_lines
from nnlib.grading.cells import read_cells
from nnlib.grading.release import release

ROOT = Path(__file__).parents[1]


def command(folder, *words):
    code = f"import sys; from nnlib.grading.cli import main; sys.exit(main({list(words)!r}))"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_class_copy_works_and_holds_no_solutions(tmp_path):
    folder = release(ROOT, tmp_path / "class", solutions=False)
    names = {path.name for path in folder.iterdir()}
    assert {"README.md", "requirements.txt", "notebooks", "exercises", "nnlib"} <= names
    assert names.isdisjoint({"solutions", "mine", "tests", ".git", ".venv"})

    assert command(folder, "next").returncode == 0
    checked = command(folder, "check", "gradient_ascent")
    assert (checked.returncode, "not started" in checked.stdout) == (1, True)
    shown = command(folder, "solution", "gradient_ascent", "--give-up")
    assert (shown.returncode, "without solutions" in shown.stderr) == (1, True)

    handed_out = "".join(
        cell.source for path in folder.glob("exercises/*.ipynb") for cell in read_cells(path)
    )
    kept_back = [
        line
        for path in (ROOT / "solutions").glob("*.py")
        for cell in read_cells(path)
        for line in solution_lines(cell.source)
        if len(line) > 25
    ]
    assert kept_back
    assert [line for line in kept_back if line in handed_out] == []


def test_a_copy_with_solutions_has_them(tmp_path):
    folder = release(ROOT, tmp_path / "class", solutions=True)
    assert (folder / "solutions" / "00_gradient_descent.py").is_file()


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "note.txt").write_text("mine", "utf-8")
    with pytest.raises(FileExistsError, match="is not empty"):
        release(ROOT, tmp_path, solutions=False)
    with pytest.raises(ValueError, match="lies inside nnlib/"):
        release(ROOT, ROOT / "nnlib" / "copy", solutions=False)
    assert not (ROOT / "nnlib" / "copy").exists()
