"""The copy of the course that a class receives."""

import shutil
from pathlib import Path

KEPT = (
    "README.md",
    "LICENSE",
    "requirements.txt",
    "pyproject.toml",
    "docs",
    "exercises",
    "nnlib",
    "notebooks",
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", "*.egg-info")


def release(course: Path, target: Path, *, solutions: bool) -> Path:
    """Copy the course into a new or empty folder, with its solutions or without; return it.

    What only authors need (tests, benchmarks, build rules) and any work in `mine/` stay behind.
    FileExistsError if the folder holds anything; ValueError if it lies inside what is copied.
    """
    target = target.resolve()
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty: name a new folder")
    names = [*KEPT, "solutions"] if solutions else list(KEPT)
    sources = [course / name for name in names if (course / name).exists()]
    for source in sources:
        if target.is_relative_to(source.resolve()):
            raise ValueError(f"{target} lies inside {source.name}/, which is copied: name another")
    target.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, target / source.name, ignore=LEFT_OUT)
        else:
            shutil.copyfile(source, target / source.name)
    return target
