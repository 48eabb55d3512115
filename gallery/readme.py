"""The README's pictures: what a reader will see, taken where they will see it."""

from pathlib import Path

from tests.e2e.lab import LabPage


def shoot(lab: LabPage, out: Path) -> list[Path]:
    """Write the pictures to `out`."""
    return []
