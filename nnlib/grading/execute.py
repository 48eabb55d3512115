"""Running a notebook the way it is committed: same environment, no timings, no widget state."""

import os
from pathlib import Path
from typing import Any

ENVIRONMENT = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class NotebookError(Exception):
    """A cell raised, ran too long, or wrote to stderr."""


def execute_notebook(notebook: dict[str, Any], path: Path, *, timeout: int = 120) -> dict[str, Any]:
    """Return a notebook run afresh in the folder of `path`; NotebookError names a failing cell.

    Widget views are dropped: their models end with the kernel, and the picture beside them stays.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    fresh = nbformat.from_dict(notebook)
    metadata = {key: value for key, value in notebook["metadata"].items() if key != "widgets"}
    # The kernel of this very environment wins over one installed for the user.
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    client = NotebookClient(
        fresh,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute(env={**os.environ, **ENVIRONMENT})
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise NotebookError(f"{path}: {error}") from error
    for cell in fresh.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                raise NotebookError(f"{path}: cell {cell.id} wrote to stderr:\n{output.text}")
            output.get("data", {}).pop(WIDGET_VIEW, None)
    language = {"name": "python"}
    fresh.metadata = nbformat.from_dict({**metadata, "language_info": language})
    return fresh


def write_notebook(notebook: dict[str, Any], path: Path) -> None:
    """Write a notebook in Jupyter's own layout, all at once."""
    import nbformat

    from nnlib.grading.files import write_whole

    valid = nbformat.from_dict(notebook)
    nbformat.validate(valid)
    write_whole(path, nbformat.writes(valid) + "\n")


def execute_file(path: Path, *, timeout: int = 120) -> None:
    """Execute a notebook in place; a failing one is left as it was."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    write_notebook(execute_notebook(notebook, path, timeout=timeout), path)
