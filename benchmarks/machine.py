"""Which machine the numbers come from, and how busy it was."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

PACKAGES = ("numpy", "torch", "scikit-learn")


def describe() -> dict[str, object]:
    """Processor, cores, system, versions, and the load when the run begins."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        "load": load(),
    }


def processor() -> str:
    """The processor's name, as Linux tells it or as Python does."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    facts = dict(reversed([line.split(":", 1) for line in lines if ":" in line]))
    named = {name.strip(): value.strip() for name, value in facts.items()}
    if "model name" not in named:
        return platform.processor() or platform.machine()
    return f"{named['model name']} (family {named['cpu family']}, model {named['model']})"


def version(package: str) -> str | None:
    """The installed version; None where there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def load() -> float | None:
    """How many processes wanted to run during the last minute; None on Windows."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
