"""Is backward right? Central differences answer, and say which parameter is worst."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nnlib.dropout import Dropout
from nnlib.losses import Loss
from nnlib.sequential import Sequential
from nnlib.validation import as_float, positive, same_shape


class GradientCheck(NamedTuple):
    """The verdict: relative error over all of θ, the worst entry of θ by name, and warnings."""

    error: float
    worst: str
    analytic: float
    numerical: float
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        lines = [
            f"relative error {self.error:.1e}",
            f"worst {self.worst}: backward {self.analytic:.8f}, differences {self.numerical:.8f}",
            *(f"warning: {text}" for text in self.warnings),
        ]
        return "\n".join(lines)


def numerical_gradient(
    f: Callable[[np.ndarray], float], theta: np.ndarray, eps: float = 1e-6
) -> np.ndarray:
    """∂f/∂θᵢ ≈ (f(θ + εeᵢ) − f(θ − εeᵢ))/(2ε), one coordinate at a time (D4), in θ's dtype.

    Shapes    theta and the result have any one shape
    Raises ValueError unless ε > 0, or when θᵢ ± ε rounds to θᵢ.
    """
    positive(eps, "eps")
    theta = as_float(theta, "theta").copy()
    gradient = np.empty_like(theta)
    flat, out = theta.reshape(-1), gradient.reshape(-1)
    for i, centre in enumerate(flat.copy()):
        flat[i] = centre + eps
        above, high = f(theta), flat[i]
        flat[i] = centre - eps
        below, low = f(theta), flat[i]
        flat[i] = centre
        if high == low:
            raise ValueError(f"eps = {eps:g} is lost beside {centre:g} in {theta.dtype}")
        out[i] = (above - below) / (high - low)
    return gradient


def relative_error(approx: np.ndarray, exact: np.ndarray) -> float:
    """‖approx − exact‖/(‖approx‖ + ‖exact‖) (D4), 0 when both vanish.

    Shapes    approx, exact of one shape, any; raises ValueError when they differ
    """
    approx, exact = as_float(approx, "approx"), as_float(exact, "exact")
    same_shape(approx, exact, ("approx", "exact"))
    scale = np.linalg.norm(approx) + np.linalg.norm(exact)
    return float(np.linalg.norm(approx - exact) / scale) if scale else 0.0


def check_gradients(
    net: Sequential,
    loss: Loss,
    X: np.ndarray,
    y: np.ndarray,
    *,
    eps: float = 1e-6,
    training: bool = False,
) -> GradientCheck:
    """Hold every entry of ∇ to central differences of J(θ): in float64 the error is below 1e-7.

    Warns when θ is float32 (which cannot get there), when dropout is on, and when the two one-sided
    differences disagree, the sign of a kink. The network is left as it was, but for ∇.
    Raises ValueError when the network has no parameters.
    """
    if net.theta.size == 0:
        raise ValueError(f"there is no parameter to check in {net!r}")
    start = net.theta.copy()
    buffers = [(layer, name, getattr(layer, name)) for layer in net for name in layer.buffers]

    def J(theta: np.ndarray) -> float:
        net.theta = theta
        return loss(net.forward(X, training), y)

    try:
        J(start)
        net.fill_gradients(loss.backward())
        exact = net.grad.copy()
        approx = numerical_gradient(J, start, eps)
        i = int(np.abs(approx - exact).argmax())
        warnings = _warnings(net, J, start, i, eps, training)
    finally:
        net.theta = start
        for layer, name, value in buffers:
            setattr(layer, name, value)
    return GradientCheck(
        relative_error(approx, exact),
        net.parameters.name_of(i),
        float(exact[i]),
        float(approx[i]),
        tuple(warnings),
    )


def _warnings(
    net: Sequential,
    J: Callable[[np.ndarray], float],
    theta: np.ndarray,
    worst: int,
    eps: float,
    training: bool,
) -> list[str]:
    out = []
    if theta.dtype != np.float64:
        out.append(
            f"θ is {theta.dtype}: check in float64, for rounding leaves an error of about 4e-5 "
            "even with its best eps, near 1e-2"
        )
    if training and any(isinstance(layer, Dropout) and layer.rate for layer in net):
        out.append("dropout is on: J changes from call to call, check with training=False")
    if out:
        return out  # rounding and dropout would both pass for kinks
    step = np.zeros_like(theta)
    step[worst] = eps
    middle = J(theta)
    right, left = (J(theta + step) - middle) / eps, (middle - J(theta - step)) / eps
    if abs(right - left) > 1e-2 * max(abs(right), abs(left), 1e-3):
        name = net.parameters.name_of(worst)
        out.append(
            f"a kink near {name}: the slope is {left:.4f} on its left, {right:.4f} on its right"
        )
    return out
