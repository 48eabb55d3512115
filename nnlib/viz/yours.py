"""Compares what the reader's own function returns with what nnlib computes, and never raises."""

from collections.abc import Callable

import numpy as np

NOWHERE = np.empty((0, 2), dtype=int)


def compare(
    mine: Callable[[], object], expected: np.ndarray, number: Callable[[float], str]
) -> tuple[str, np.ndarray]:
    """What to say of `mine()` beside the matrix `expected`, and the places (k, 2) that differ."""
    try:
        answer = mine()
    except Exception as error:
        return f"Yours raised {type(error).__name__}: {error}", NOWHERE
    if answer is None:
        return "Yours returned nothing: is a return missing?", NOWHERE
    try:
        yours = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return f"Yours returned a {type(answer).__name__}, not an array of numbers.", NOWHERE
    if yours.shape != expected.shape:
        return f"Yours has shape {yours.shape}, not {expected.shape}.", NOWHERE
    differs = np.argwhere(~np.isclose(yours, expected))
    if len(differs) == 0:
        return "Yours agrees everywhere.", differs
    i, j = differs[0]
    return (
        f"Yours differs in {len(differs)} of {expected.size} places, first in row {i + 1}, column "
        f"{j + 1}: {number(yours[i, j])} instead of {number(expected[i, j])}."
    ), differs
