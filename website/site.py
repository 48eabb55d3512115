"""Builds the static site: plays every lab's widgets, writes the pages' sources, and runs Sphinx."""

import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

import nbformat
from ipywidgets import DOMWidget
from sphinx.application import Sphinx

from nnlib.parallel import parallel_map
from nnlib.viz.explorer import Explorer
from website.figures import Pictures, moving, unmoved
from website.film import film
from website.pages import labs, stored_picture, write_sources
from website.replay import shown_values

ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


def build(course: Path, out: Path, *, alive: Collection[str] | None = None) -> Path:
    """Write the site of the course in `course` to `out`; return its first page.

    `alive` names the labs whose widgets are played, all by default. A build that fails, be it for
    a formula, a link or a widget, leaves what stands in `out`.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site-") as folder:
        source, made = Path(folder, "source"), Path(folder, "site")
        played = [path for path in labs(course) if alive is None or path.stem in alive]
        write_sources(course, source, Pictures(made), play_all(played, made))
        _sphinx(source, made, Path(folder, "doctrees"))
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    return out / "index.html"


def play_all(notebooks: list[Path], site: Path) -> dict[str, str]:
    """The widgets' figures by the ids of their cells, made on all cores."""
    os.environ.update(ENVIRONMENT)  # read when a process starts
    largest_first = sorted(notebooks, key=lambda path: path.stat().st_size, reverse=True)
    jobs = [(path, site) for path in largest_first]
    made = parallel_map(play, jobs, n_jobs=os.cpu_count(), unit="lab")
    if len(made) < len(jobs):
        raise KeyboardInterrupt("not every lab was played")
    return {cell: figure for figures in made.values() for cell, figure in figures.items()}


def play(path: Path, site: Path) -> dict[str, str]:
    """Run one lab; the HTML of its widgets by the ids of their cells, their pictures in `site`."""
    pictures, notebook = Pictures(site), nbformat.read(path, as_version=4)
    stored = {
        cell.id: output
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    }
    figures: dict[str, str] = {}
    for cell, value in shown_values(notebook, path.parent):
        output = stored.pop(cell, None)
        if output is not None and isinstance(value, DOMWidget):
            made = film(value) if isinstance(value, Explorer) else None
            if made is None:
                figures[cell] = unmoved(*stored_picture(output), pictures)
            else:
                figures[cell] = moving(made, cell, pictures)
        if not stored:  # what is left of the lab shows no more pictures
            break
    return figures


def _sphinx(source: Path, out: Path, doctrees: Path) -> None:
    app = Sphinx(
        source,
        Path(__file__).parent,
        out,
        doctrees,
        "html",
        status=None,
        warningiserror=True,
    )
    app.build()
    if app.statuscode:
        raise ValueError("a page has a fault, named above")
    (out / ".buildinfo").unlink()  # it names this machine's paths
