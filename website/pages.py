"""Makes the pages' sources for Sphinx out of the course: labs, exercises and docs as they stand."""

import base64
import copy
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat

from nnlib.viz.picture import DENSITY
from website.figures import Pictures, still
from website.formulas import with_formulas_in_html

LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
ELSEWHERE = re.compile(r"[a-z]+:")
ONLY_TO_READ = """```{note}
These are the exercises to read. To solve them, run `nnlib next`: it opens a copy of your own, and
the check below each answer names your mistake, if there is one.
```"""
CONTENTS = """
## Contents

A lab's pictures are those that nnlib drew. Most widgets move here too, from one precomputed place
to the next; in JupyterLab they move everywhere.
"""


def labs(course: Path) -> list[Path]:
    """The lab notebooks in their order, then the playground."""
    return sorted((course / "notebooks").glob("*.ipynb"))


def write_sources(
    course: Path, folder: Path, pictures: Pictures, figures: Mapping[str, str]
) -> None:
    """Write the source of every page into `folder`, which mirrors the course.

    `figures` maps ids of cells to the HTML of a widget that is more than a picture.
    """
    notebooks, exercises = labs(course), sorted((course / "exercises").glob("*.ipynb"))
    docs = sorted((course / "docs").glob("*.md"))
    pages = {*notebooks, *exercises, *docs, course / "README.md"}
    for path in notebooks + exercises:
        notebook = nbformat.read(path, as_version=4)
        made = lab_page(notebook, pictures, figures) if path in notebooks else prompts(notebook)
        for cell in made.cells:
            if cell.cell_type == "markdown":
                text = linked(cell.source, path, course, pages)
                cell.source = with_formulas_in_html(text)
        _write(folder / path.relative_to(course), nbformat.writes(made))
    for path in docs:
        text = linked(path.read_text(encoding="utf-8"), path, course, pages)
        _write(folder / path.relative_to(course), text)
    images = course / "docs" / "images"
    for image in sorted(images.rglob("*.*")):
        target = folder / image.relative_to(course)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(image.read_bytes())
    home = course / "README.md"
    text = linked(home.read_text(encoding="utf-8"), home, course, pages)
    lists = {"Labs": notebooks, "Exercises": exercises, "Docs": docs}
    trees = (_toctree(caption, paths, course) for caption, paths in lists.items())
    _write(folder / "index.md", "\n".join([text, CONTENTS, *trees]))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _toctree(caption: str, paths: Iterable[Path], course: Path) -> str:
    names = [path.relative_to(course).with_suffix("").as_posix() for path in paths]
    depth = 2 if caption == "Labs" else 1
    options = [f":caption: {caption}", f":maxdepth: {depth}"]
    return "\n".join(["```{toctree}", *options, "", *names, "```", ""])


def lab_page(notebook: Any, pictures: Pictures, figures: Mapping[str, str]) -> Any:
    """A lab with its stored outputs: each picture with its words, each widget as in `figures`."""
    page = copy.deepcopy(notebook)
    for cell in page.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" not in data:
                continue
            html = figures.get(cell.id) or still(*stored_picture(output), pictures)
            output["data"] = nbformat.from_dict({"text/html": html})
    return page


def stored_picture(output: Any) -> tuple[bytes, str, int]:
    """The PNG of an output, its caption, and how wide it is on the page."""
    png = base64.b64decode(output["data"]["image/png"])
    told = output.get("metadata", {}).get("image/png", {})
    stored = int.from_bytes(png[16:20], "big")  # the width, in a PNG's header
    return png, "".join(output["data"]["text/plain"]), int(told.get("width", stored / DENSITY))


def prompts(notebook: Any) -> Any:
    """An exercise notebook to read: its prompts and what there is to start from, nothing run."""
    page = copy.deepcopy(notebook)
    page.cells = [
        cell for cell in page.cells if not cell.metadata.get("nbgrader", {}).get("locked")
    ]
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    page.cells.insert(1, nbformat.v4.new_markdown_cell(ONLY_TO_READ, id="only-to-read"))
    return page


def linked(text: str, page: Path, course: Path, pages: Iterable[Path]) -> str:
    """`text` with its links to files that are no page as plain words; ValueError if one is nowhere.

    `page` is where the text stands; links to other pages and to other sites stay as they are.
    """
    known = set(pages)

    def settled(link: re.Match[str]) -> str:
        if ELSEWHERE.match(link["target"]):
            return link[0]
        target = Path(os.path.normpath(page.parent / link["target"]))
        if not target.exists():
            raise ValueError(f"{page.relative_to(course)} links to {link['target']}: no such file")
        if target == course / "README.md":
            home = os.path.relpath(course / "index.md", page.parent)
            return f"[{link['text']}]({Path(home).as_posix()})"
        return link[0] if target in known else link["text"]

    return LINK.sub(settled, text)
