"""Exercises of lab 00: gradient ascent."""

import numpy as np

from nnlib.grading.exercise import Case, Exercise, Hint, Wrong


def ascend(start: float, alpha: float, steps: int) -> np.ndarray:
    """Return x₀ … x_steps of gradient ascent on f(x) = −(x − 2)² + 3, with f′(x) = −2(x − 2)."""
    path = [start]
    for _ in range(steps):
        x = path[-1]
        path.append(x + alpha * (-2 * (x - 2)))
    return np.array(path)


def closed_form(start: float, alpha: float, steps: int) -> np.ndarray:
    """Each step shrinks the distance to 2 by the same factor 1 − 2α."""
    return 2 + (start - 2) * (1 - 2 * alpha) ** np.arange(steps + 1)


def descend(start: float, alpha: float, steps: int) -> np.ndarray:
    return ascend(start, -alpha, steps)


def without_the_two(start: float, alpha: float, steps: int) -> np.ndarray:
    return ascend(start, alpha / 2, steps)


def one_step_too_few(start: float, alpha: float, steps: int) -> np.ndarray:
    return ascend(start, alpha, steps - 1)


def last_point_only(start: float, alpha: float, steps: int) -> float:
    return float(ascend(start, alpha, steps)[-1])


def without_the_start(start: float, alpha: float, steps: int) -> np.ndarray:
    return ascend(start, alpha, steps)[1:]


def slope_of_the_start(start: float, alpha: float, steps: int) -> np.ndarray:
    return start + alpha * (-2 * (start - 2)) * np.arange(steps + 1)


gradient_ascent = Exercise(
    id="gradient_ascent",
    title="Walk up a hill",
    difficulty=1,
    minutes=10,
    reference=ascend,
    alternatives=(closed_form,),
    axes=("steps + 1",),
    cases=(
        Case("one step at α = 0.5 reaches the top", {"start": -1.0, "alpha": 0.5, "steps": 1}),
        Case("ten steps at α = 0.1", {"start": 5.0, "alpha": 0.1, "steps": 10}, points=2),
        Case("α = 1 goes round in a circle", {"start": 0.5, "alpha": 1.0, "steps": 4}),
        Case("α = 1.2 runs away", {"start": 2.5, "alpha": 1.2, "steps": 6}),
    ),
    wrongs=(
        Wrong(
            "descend", descend, "You walk downhill: to climb, add α f′(x) instead of subtracting."
        ),
        Wrong("no two", without_the_two, "The slope lacks its 2: f′(x) = −2(x − 2)."),
        Wrong(
            "one too few", one_step_too_few, "One step is missing: the path holds steps + 1 points."
        ),
        Wrong(
            "last only", last_point_only, "You return the last x; return the whole path, x₀ first."
        ),
        Wrong("no start", without_the_start, "The path begins with x₀ = start, before any step."),
        Wrong(
            "old slope",
            slope_of_the_start,
            "You use the slope at the start for every step: work out f′ anew at each x.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Uphill is where the slope f′(x) points. Derive f."),
        Hint(
            "My numbers run away or stand still",
            "f′(x) = −2(x − 2). One step is x ← x + α f′(x); begin a list with x₀, append each x.",
        ),
        Hint(
            "I nearly have it",
            "Loop `steps` times: take the last x of the path, add alpha times its slope, append. "
            "After the loop return the list as an array.",
        ),
    ),
)

EXERCISES = (gradient_ascent,)
