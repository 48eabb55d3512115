"""How far to go along a direction: far enough to matter, not past where the slope turns up."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class LineStep(NamedTuple):
    """An accepted step: its length α, and J and ∇ (n,) where it ends."""

    alpha: float
    J: float
    grad: np.ndarray


def wolfe(
    f: Callable[[np.ndarray], tuple[float, np.ndarray]],
    theta: np.ndarray,
    J: float,
    grad: np.ndarray,
    p: np.ndarray,
    *,
    c1: float = 1e-4,
    c2: float = 0.9,
    max_iter: int = 50,
) -> LineStep | None:
    """A step α along p that meets the strong Wolfe conditions, by bracketing and then bisection.

    J(θ + αp) ≤ J + c₁α ∇·p (enough descent) and |∇(θ + αp)·p| ≤ c₂|∇·p| (the slope has flattened);
    Nocedal and Wright (2006), algorithms 3.5 and 3.6. Starts at α = 1, doubles while still
    descending. Returns None when no step lowers J.

    Shapes    theta, grad, p (n,)
    """
    slope = float(grad @ p)
    if slope >= 0:
        return None
    low, high, alpha = 0.0, np.inf, 1.0
    best = None
    for _ in range(max_iter):
        with np.errstate(over="ignore", invalid="ignore"):
            J_alpha, grad_alpha = f(theta + alpha * p)
        step = LineStep(alpha, J_alpha, grad_alpha)
        if not -np.inf < J_alpha < J + c1 * alpha * slope:  # nor NaN, nor equal but for rounding
            high = alpha
        else:
            best = step if best is None or J_alpha < best.J else best
            along = float(grad_alpha @ p)
            if abs(along) <= -c2 * slope:
                return step
            if along < 0:
                low = alpha
            else:
                high = alpha
        alpha = 2 * alpha if np.isinf(high) else (low + high) / 2
    return best
