"""Three ways to the best line: try every slope, walk downhill, or solve for it at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib.metrics import mae
from nnlib.validation import as_float, count, matrix, non_negative, positive, vector


def exhaustive_search(
    x: np.ndarray,
    y: np.ndarray,
    slopes: np.ndarray,
    metric: Callable[[np.ndarray, np.ndarray], float] = mae,
) -> tuple[float, np.ndarray]:
    """Try every slope θ₁ of h(x) = θ₁x and keep the best (D3: θ₁ ∈ [0.5, 10] with the MAE).

    Shapes    x, y (m,)   slopes (k,)   returned: the best slope, and the metric of each (k,)
    Raises ValueError for empty input or lengths that differ.
    """
    x = as_float(vector(x, "x"), "x")
    y, slopes = vector(y, "y", length=len(x)), vector(slopes, "slopes")
    costs = np.array([metric(y, theta_1 * x) for theta_1 in slopes])
    return float(slopes[costs.argmin()]), costs


def add_bias_column(X: np.ndarray) -> np.ndarray:
    """[1 | X]: x₀ = 1 in front of every row, so that θ₀ needs no formula of its own; X (m, n)."""
    X = np.asarray(X)
    return np.column_stack([np.ones(len(X), X.dtype), X])


def cost(X: np.ndarray, y: np.ndarray, theta: np.ndarray) -> float:
    """J(θ) = 1/(2m) Σ (h(x⁽ⁱ⁾) − y⁽ⁱ⁾)² with h = Xθ (D3); X (m, n) with its bias column, y (m,)."""
    X, y, theta = _fit_together(X, y, theta)
    r = X @ theta - y
    return float(r @ r / (2 * len(y)))


def gradient(X: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """∂J/∂θⱼ = 1/m Σ (h(x⁽ⁱ⁾) − y⁽ⁱ⁾) xⱼ⁽ⁱ⁾ (D3), for all j at once; shapes as in cost."""
    X, y, theta = _fit_together(X, y, theta)
    return X.T @ (X @ theta - y) / len(y)


def gradient_descent(
    X: np.ndarray,
    y: np.ndarray,
    *,
    lr: float,
    steps: int,
    theta: np.ndarray | None = None,
    tol: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """θ := θ − α 1/m Σ (h − y) x, all θⱼ at once, until J changes by less than tol (D3, D4).

    Shapes    X (m, n) with its bias column   y (m,)   theta (n,), the start (default 0)
    Returns the path of θ, one row per step after the start, and J at each row.
    Raises ValueError for bad shapes, NaN or a rate ≤ 0; FloatingPointError when J overflows.
    """
    X, y = _training_data(X, y)
    lr = positive(lr, "the learning rate")
    count(steps, "steps"), non_negative(tol, "tol")
    m, n = X.shape
    start = np.zeros(n, X.dtype) if theta is None else vector(theta, "theta", n).astype(X.dtype)
    r = X @ start - y  # h − y serves this point's cost and the next step's gradient
    path, costs = [start], [float(r @ r / (2 * m))]
    for step in range(1, steps + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            path.append(path[-1] - lr * (X.T @ r / m))
            r = X @ path[-1] - y
            costs.append(float(r @ r / (2 * m)))
        if not np.isfinite(costs[-1]):
            raise FloatingPointError(
                f"J is {costs[-1]} at step {step} with α = {lr}: try a smaller α"
            )
        if abs(costs[-2] - costs[-1]) < tol:
            break
    return np.array(path), np.array(costs)


def normal_equation(X: np.ndarray, y: np.ndarray, *, lam: float = 0.0) -> np.ndarray:
    """The θ where ∂J/∂θ = 0: (XᵀX + λI₀)θ = Xᵀy, with I₀ the identity but for the bias.

    Minimises J + λ/(2m) Σ θⱼ², j ≥ 1. Solved by least squares, so collinear columns do no harm.

    Shapes    X (m, n), bias column first   y (m,)   θ (n,)
    Raises ValueError for bad shapes, NaN or λ < 0.
    """
    X, y = _training_data(X, y)
    n = X.shape[1]
    ridge = np.sqrt(non_negative(lam, "lam")) * np.eye(n, dtype=X.dtype)[1:]
    rows, targets = np.vstack([X, ridge]), np.append(y, np.zeros(n - 1, X.dtype))
    return np.linalg.lstsq(rows.astype(X.dtype), targets, rcond=None)[0]


def _training_data(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    X = matrix(X)
    return X, as_float(vector(y, "y", length=len(X)), "y").astype(X.dtype, copy=False)


def _fit_together(
    X: np.ndarray, y: np.ndarray, theta: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X, y, theta = as_float(X, "X"), as_float(y, "y"), as_float(theta, "theta")
    if X.ndim != 2 or X.shape != y.shape + theta.shape:
        raise ValueError(
            f"X (m, n), y (m,) and theta (n,) must fit together, "
            f"got {X.shape}, {y.shape} and {theta.shape}"
        )
    return X, y, theta
