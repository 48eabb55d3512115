"""The place where strangers' answers run: a library without the answers, and a guest process."""

import ast
import compileall
import contextlib
import inspect
import json
import os
import select
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnlib.grading.crossing import pack, unpack
from nnlib.grading.execute import ENVIRONMENT
from nnlib.grading.exercise import Exercise
from nnlib.grading.library import forbidden

PACKAGE = Path(__file__).resolve().parents[1]
GRADING_STUB = '''"""Grading has no place in a graded answer's process."""


class LibraryCallError(Exception):
    """The answer called the very function that it should be."""


def check(*arguments: object) -> int:
    """Do nothing: the marks are made elsewhere."""
    return 0
'''


@dataclass(frozen=True)
class Limits:
    """What one answer may use: wall-clock seconds, bytes of memory, bytes per file."""

    seconds: float = 20.0
    memory: int = 3 * 2**30
    file_size: int = 16 * 2**20


def library_without(exercise: Exercise, folder: Path) -> Path:
    """Copy nnlib into `folder` without grading and without the functions that are the answer."""
    copy = folder / "nnlib"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("grading", "__pycache__"))
    (copy / "grading").mkdir()
    (copy / "grading" / "__init__.py").write_text(GRADING_STUB, encoding="utf-8")
    gone: dict[Path, dict[int, str]] = {}
    for code, name in forbidden(exercise).items():
        source = Path(code.co_filename)
        if source.is_relative_to(PACKAGE) and not source.is_relative_to(PACKAGE / "grading"):
            lines = gone.setdefault(copy / source.relative_to(PACKAGE), {})
            lines[code.co_firstlineno] = name
    for path, lines in gone.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
                if first in lines:
                    is_method = bool(node.args.args) and node.args.args[0].arg == "self"
                    name = "type(self).__name__" if is_method else repr(lines[first])
                    node.body = ast.parse(
                        "from nnlib.grading import LibraryCallError\n"
                        f"raise LibraryCallError({name})"
                    ).body
        path.write_text(ast.unparse(tree), encoding="utf-8")
    compileall.compile_dir(copy, quiet=2)
    return folder


def adapter_source(exercise: Exercise) -> str:
    """Return the text of an exercise's `run`; ValueError unless it is a top-level `def`."""
    source = textwrap.dedent(inspect.getsource(exercise.run))
    if not source.startswith("def "):
        raise ValueError(f"run of {exercise.id} must be a top-level def: it runs elsewhere too")
    # Annotations may name what only the exercise's module has.
    return "from __future__ import annotations\n" + source


class Guest:
    """A guest process that runs one job after the other, and is replaced when it dies."""

    def __init__(self, yard: Path) -> None:
        self.yard = yard
        here = Path(__file__).parent
        for name in ("guest.py", "crossing.py"):
            shutil.copyfile(here / name, yard / name)
        self.process: subprocess.Popen[str] | None = None

    def run(self, job: Path, limits: Limits) -> str:
        """Run a job folder; return "" or why it did not end by itself."""
        process = self._ready()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{job}\n")
            process.stdin.flush()
            answered, _, _ = select.select([process.stdout], [], [], limits.seconds + 15)
            line = process.stdout.readline() if answered else ""
            return str(json.loads(line)["ended"])
        except (OSError, ValueError):
            self.close()
            return "its process was lost"

    def close(self) -> None:
        """End the guest process."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError, ValueError):
                    if pipe is not None:
                        pipe.close()

    def _ready(self) -> "subprocess.Popen[str]":
        if self.process is None or self.process.poll() is not None:
            self.close()
            packages = sysconfig.get_paths()
            bare = f"import sys; sys.path[:0] = {[str(self.yard)]!r}; "
            bare += f"sys.path += {[packages['purelib'], packages['platlib']]!r}; "
            bare += "import guest; guest.main()"
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", bare],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.yard,
                env={
                    **ENVIRONMENT,
                    "PATH": os.defpath,
                    "MPLBACKEND": "Agg",
                    "MPLCONFIGDIR": str(self.yard / "mpl"),
                    "LC_ALL": "C.UTF-8",
                },
                text=True,
                encoding="utf-8",
            )
        return self.process


def prepare_job(
    job: Path,
    exercise: Exercise,
    cells: Sequence[tuple[str, bool]],
    library: Path,
    *,
    seed: int,
    limits: Limits,
    private: Sequence[Path],
) -> None:
    """Lay out a job: cells (source, whether it defines the answer), inputs, rules.

    The answer may not read in the `private` folders.
    """
    for name in ("work", "out"):
        (job / name).mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(exercise.cases):
        pack(case.fresh(seed), job, f"case-{number}")
    packages = sysconfig.get_paths()
    rules: dict[str, Any] = {
        "exercise": exercise.id,
        "adapter": adapter_source(exercise),
        "adapter_name": exercise.run.__name__,
        "cells": cells,
        "cases": len(exercise.cases),
        "library": str(library),
        "path": [
            *(packages[name] for name in ("stdlib", "platstdlib")),
            str(Path(packages["stdlib"]) / "lib-dynload"),
            *(packages[name] for name in ("purelib", "platlib")),
        ],
        "open": [os.path.realpath(place) for place in (job.parent, library, sys.prefix)],
        "closed": [str(place.resolve()) for place in (*private, library.parent)],
        "hidden": [str(PACKAGE)],
        "seconds": limits.seconds,
        "memory": limits.memory,
        "file_size": limits.file_size,
    }
    (job / "job.json").write_text(json.dumps(rules), encoding="utf-8")


def collect(job: Path, exercise: Exercise) -> tuple[dict[str, Any], list[dict[str, Any] | None]]:
    """Return what a job left: how it ended, and each case's outcome (None if there is none)."""

    def read(stem: str) -> dict[str, Any] | None:
        try:
            found = unpack(job / "out", stem)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    return read("ended") or {}, [read(f"case-{number}") for number in range(len(exercise.cases))]
