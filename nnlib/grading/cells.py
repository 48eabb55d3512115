"""Notebooks and percent files as a plain list of cells, whichever of the two they come from."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

LARGEST = 20 * 2**20
MARKER = re.compile(r"^# %%(?P<markdown> \[markdown\])?(?P<metadata>.*)$")
OPTION = re.compile(r'(\w+)=("[^"]*"|\[[^\]]*\]|\S+)')


@dataclass(frozen=True)
class Cell:
    """One cell: its kind, its source, and what its metadata says."""

    kind: Literal["markdown", "code"]
    source: str
    metadata: dict[str, Any] = field(default_factory=dict)


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of a notebook (.ipynb) or a percent-format script (.py).

    ValueError says what is unreadable about the file: empty, cut off, not UTF-8, no notebook.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} is larger than {LARGEST // 2**20} MiB")
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not UTF-8 text: {error}") from error
    if not content.strip():
        raise ValueError(f"{path.name} is empty")
    return notebook_cells(content, path.name) if path.suffix == ".ipynb" else percent_cells(content)


def notebook_cells(content: str, name: str) -> list[Cell]:
    """Return the Markdown and code cells of a notebook given as JSON text."""
    try:
        notebook = json.loads(content)
        if notebook.get("nbformat") != 4:
            raise ValueError(f"nbformat {notebook.get('nbformat')!r} instead of 4")
        kernel = notebook.get("metadata", {}).get("kernelspec", {})
        language = str(kernel.get("language") or "python")
        if language.lower() != "python":
            raise ValueError(f"its kernel is for {language[:30]}, not Python")
        return [
            Cell(cell["cell_type"], "".join(cell["source"]), cell.get("metadata", {}))
            for cell in notebook["cells"]
            if cell["cell_type"] in ("markdown", "code")
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{name} is not a whole notebook: {error}") from error


def percent_cells(content: str) -> list[Cell]:
    """Return the cells of a percent-format script: `# %%`, `# %% [markdown]`, `# %% key="value"`.

    Code before the first marker is a cell too, unless it is a docstring or comments only.
    """
    return list(_percent_cells(content))


def _percent_cells(content: str) -> Iterator[Cell]:
    current: re.Match[str] | None = None
    lines: list[str] = []
    for line in [*content.splitlines(), "# %%"]:
        marker = MARKER.match(line)
        if marker is None:
            lines.append(line)
            continue
        source = "\n".join(lines).strip("\n")
        if current is None and not _is_silent(source):
            yield Cell("code", source)
        if current is not None and source.strip():
            options = OPTION.findall(current["metadata"])
            metadata = {key: _value(words) for key, words in options}
            if current["markdown"]:
                source = re.sub(r"^# ?", "", source, flags=re.MULTILINE)
            yield Cell("markdown" if current["markdown"] else "code", source, metadata)
        current, lines = marker, []


def _value(words: str) -> Any:
    """Read a value of a marker; a title may hold an equals sign too, and is no JSON then."""
    try:
        return json.loads(words)
    except ValueError:
        return words


def _is_silent(source: str) -> bool:
    """Tell whether a script's opening holds no code: a docstring, comments, or nothing."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in body)
