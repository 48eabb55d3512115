"""Penalties on large weights, scaled as the lecture scales them, and clipping of large gradients.

J gains λ/(2m) Σ w² (L2) or λ/m Σ |w| (L1), with m the size of the training set, whatever the batch.
The mask is 1 where the penalty applies: biases and normalisation parameters are spared.
"""

from __future__ import annotations

import numpy as np

from nnlib.validation import non_negative, positive


class Penalty:
    """A term of J that depends on θ alone.

    Shapes    theta, mask, and the gradient returned (n,)
    """

    def __init__(self, lam: float) -> None:
        self.lam = non_negative(lam, "lam")

    def value(self, theta: np.ndarray, mask: np.ndarray, m: int) -> float:
        """The penalty's share of J for a training set of m examples."""
        raise NotImplementedError

    def gradient(self, theta: np.ndarray, mask: np.ndarray, m: int) -> np.ndarray:
        """What the penalty adds to ∇."""
        raise NotImplementedError

    def after_step(self, theta: np.ndarray, mask: np.ndarray, m: int, lr: float) -> None:
        """What follows the optimiser's step, in place: nothing, but for a proximal penalty."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lam={self.lam:g})"


class L2(Penalty):
    """λ/(2m) Σ w², whose gradient λ/m w shrinks every weight in proportion (D3, D4; D0: λ Σ w²).

    Shapes    theta, mask, gradient (n,)
    """

    def value(self, theta: np.ndarray, mask: np.ndarray, m: int) -> float:
        return float(self.lam / (2 * m) * np.dot(theta, mask * theta))

    def gradient(self, theta: np.ndarray, mask: np.ndarray, m: int) -> np.ndarray:
        w = mask * theta
        w *= self.lam / m
        return w


class L1(Penalty):
    """λ/m Σ |w|, whose subgradient λ/m sign(w) pulls every weight by the same amount (D0, D3, D4).

    The plain step hovers round 0. With proximal=True the penalty acts after the optimiser's step
    instead, w ← sign(u) max(|u| − αλ/m, 0), and weights become exactly 0 (Daubechies et al., 2004).

    Shapes    theta, mask, gradient (n,)
    """

    def __init__(self, lam: float, *, proximal: bool = False) -> None:
        super().__init__(lam)
        self.proximal = proximal

    def value(self, theta: np.ndarray, mask: np.ndarray, m: int) -> float:
        return float(self.lam / m * np.dot(mask, np.abs(theta)))

    def gradient(self, theta: np.ndarray, mask: np.ndarray, m: int) -> np.ndarray:
        if self.proximal:
            return np.zeros_like(theta)
        return self.lam / m * mask * np.sign(theta)

    def after_step(self, theta: np.ndarray, mask: np.ndarray, m: int, lr: float) -> None:
        if self.proximal:
            theta[...] = soft_threshold(theta, lr * self.lam / m * mask)


def soft_threshold(u: np.ndarray, threshold: np.ndarray | float) -> np.ndarray:
    """sign(u) max(|u| − threshold, 0), elementwise: the proximal step of the L1 penalty."""
    return np.sign(u) * np.maximum(np.abs(u) - threshold, 0)


def clip_gradient(grad: np.ndarray, max_norm: float) -> float:
    """Scale grad (n,) in place to ‖∇‖ ≤ max_norm; return its norm before (Pascanu et al., 2013).

    Raises ValueError unless max_norm is positive.
    """
    positive(max_norm, "max_norm")
    norm = float(np.linalg.norm(grad))
    if norm > max_norm:
        grad *= max_norm / norm
    return norm
