"""What nbval does not see: notebooks without outputs, walls of code, dead links, hidden errors."""

import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
LABS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SETS = [
    path for kind in ("exercises", "solutions") for path in sorted((ROOT / kind).glob("*.ipynb"))
]
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)|src=\"([^\"]+)\"")


def name(path):
    return f"{path.parent.name}/{path.stem}"


def cells(path, kind="code"):
    found = json.loads(path.read_text("utf-8"))["cells"]
    return [c for c in found if c["cell_type"] == kind and "".join(c["source"]).strip()]


def lines(cell):
    return [line for line in "".join(cell["source"]).splitlines() if line.strip()]


@pytest.mark.parametrize("path", [*LABS, *SETS], ids=name)
def test_every_cell_was_run_in_order_and_left_no_error(path):
    counts = [cell["execution_count"] for cell in cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "stored outputs are missing or out of order"
    for cell in cells(path):
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr"


@pytest.mark.parametrize("path", LABS, ids=name)
def test_a_lab_has_numbers_to_compare(path):
    shown = [
        "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
        for cell in cells(path)
        for output in cell["outputs"]
    ]
    assert sum(bool(re.search(r"\d", text)) for text in shown) >= len(cells(path)) / 2
    ignored = [c for c in cells(path) if "nbval-ignore-output" in c["metadata"].get("tags", [])]
    assert len(ignored) <= 0.3 * len(cells(path))


@pytest.mark.parametrize("path", LABS, ids=name)
def test_a_lab_is_no_wall_of_code(path):
    sizes = [len(lines(cell)) for cell in cells(path)]
    assert 25 <= len(cells(path)) + len(cells(path, "markdown")) <= 50
    assert median(sizes) <= 6
    assert max(sizes) <= 15


@pytest.mark.parametrize("path", [*LABS, *SETS], ids=name)
def test_no_widget_state_and_no_path_of_one_machine_is_stored(path):
    text = path.read_text("utf-8")
    assert "widgets" not in json.loads(text)["metadata"]
    assert str(ROOT) not in text
    assert path.stat().st_size < 2_000_000


@pytest.mark.parametrize(
    "path", [*LABS, *SETS, *ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], ids=name
)
def test_every_link_to_a_file_leads_somewhere(path):
    texts = [path.read_text("utf-8")]
    if path.suffix == ".ipynb":
        texts = ["".join(cell["source"]) for cell in cells(path, "markdown")]
    for text in texts:
        for match in LINK.finditer(text):
            target = match[1] or match[2]
            if "://" not in target and not target.startswith("attachment:"):
                assert (path.parent / target).exists(), target


def nbval(path):
    """Run one notebook as CI does, in a pytest of its own; whether it passed, and what it said."""
    words = [sys.executable, "-m", "pytest", "--nbval", "-n0", "-p", "no:cacheprovider", str(path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout


def canary(tmp_path, said):
    """A notebook of one cell that computes 0.125, and whose stored output is `said`."""
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    output = new_output("stream", name="stdout", text=f"{said}\n")
    cell = new_code_cell("print(f'{1 / 8:.4f}')", execution_count=1, outputs=[output], id="canary")
    path = tmp_path / "canary.ipynb"
    path.write_text(json.dumps(new_notebook(cells=[cell])), "utf-8")
    return path


def test_a_changed_number_makes_nbval_fail(tmp_path):
    passed, said = nbval(canary(tmp_path, "0.1250"))
    assert passed, said
    passed, said = nbval(canary(tmp_path, "0.1251"))
    assert not passed
    assert "0.1251" in said
