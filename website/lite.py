"""Builds JupyterLite with the whole course in it: JupyterLab and Python inside the browser.

Its tools live in an environment of their own, build/lite-venv: in JupyterLab's they would offer
learners a kernel that only a browser can run.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import Any

IN_THE_BROWSER = """# In the browser: fetch what the course needs (a minute, the first time).
%pip install -q nnlib anywidget ipywidgets joblib matplotlib scikit-learn tqdm"""
KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
PACKAGE = ("nnlib", "pyproject.toml", "README.md", "LICENSE")
OPTIONS = ("--apps", "lab", "--no-sourcemaps", "--no-unused-shared-packages", "--no-libarchive")


def build_lite(course: Path, out: Path) -> Path:
    """Write the JupyterLite site of the course in `course` to `out`; return its first page.

    Python itself (Pyodide) and what the notebooks import come from public servers when a reader
    opens one; nnlib comes from this site. A build that fails leaves what stands in `out`.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    python = _environment(course, course / "build" / "lite-venv")
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".lite-") as folder:
        wheel = _wheel(course, Path(folder), python)
        write_contents(course, Path(folder, "contents"))
        made = Path(folder, "site")
        places = ("--contents", "contents", "--output-dir", made, "--piplite-wheels", wheel)
        _run(python, "-m", "jupyterlite_core", "build", *places, *OPTIONS, folder=Path(folder))
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    return out / "index.html"


def write_contents(course: Path, folder: Path) -> None:
    """Write the course's notebooks as a browser can run them."""
    for kind in ("notebooks", "exercises"):
        (folder / kind).mkdir(parents=True)
        for path in sorted((course / kind).glob("*.ipynb")):
            notebook = for_the_browser(json.loads(path.read_text(encoding="utf-8")))
            target = folder / kind / path.name
            target.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def for_the_browser(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook with JupyterLite's kernel, and a first cell that installs what it imports."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "in-the-browser",
        "metadata": {},
        "outputs": [],
        "source": IN_THE_BROWSER,
    }
    metadata = notebook["metadata"] | {"kernelspec": KERNEL}
    return notebook | {"cells": [cell, *notebook["cells"]], "metadata": metadata}


def _environment(course: Path, folder: Path) -> Path:
    """The Python of an environment that holds the `lite` extra of pyproject.toml, and only that."""
    project = tomllib.loads((course / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["optional-dependencies"]["lite"]
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    installed = folder / "lite-extra.json"
    if not installed.exists() or json.loads(installed.read_text()) != wanted:
        venv.create(folder, clear=True, with_pip=True)
        _run(python, "-m", "pip", "install", "--quiet", *wanted, folder=course)
        installed.write_text(json.dumps(wanted))
    return python


def _wheel(course: Path, folder: Path, python: Path) -> Path:
    """A wheel of nnlib, built from a copy so that nothing is left in the course's own folders."""
    copy = folder / "package"
    copy.mkdir()
    for name in PACKAGE:
        source = course / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    pip = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    _run(python, *pip, "--wheel-dir", folder, copy, folder=folder)
    return next(folder.glob("*.whl"))


def _run(python: Path, *arguments: object, folder: Path) -> None:
    """Run a tool quietly; what it said is told only if it fails."""
    command = [str(python), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
