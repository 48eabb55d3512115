"""Runs a lab again, without a notebook server, to get hold of the widgets that its cells show."""

import ast
import contextlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def shown_values(notebook: dict[str, Any], folder: Path) -> Iterator[tuple[str, Any]]:
    """The id of each code cell and the value that its last line shows, if it shows one.

    The cells run in `folder`, one after the other, in one namespace; what they print is dropped.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        statements = ast.parse("".join(cell["source"]))
        last = statements.body[-1] if statements.body else None
        value = None
        with _quietly(folder):
            if isinstance(last, ast.Expr):
                del statements.body[-1]
            exec(compile(statements, cell["id"], "exec"), namespace)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), cell["id"], "eval"), namespace)
        if value is not None:
            yield cell["id"], value


@contextlib.contextmanager
def _quietly(folder: Path) -> Iterator[None]:
    here = os.getcwd()
    os.chdir(folder)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(action="ignore"),
        ):
            yield
    finally:
        os.chdir(here)
