"""Self-grading: exercises as data, checks that name the mistake, and the `nnlib` command."""

from nnlib.grading.check import check

__all__ = ["check"]
