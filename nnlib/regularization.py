"""Penalties on large weights, scaled as the lecture scales them, and clipping of large gradients.

J gains λ/(2m) Σ w² (L2) or λ/m Σ |w| (L1), with m the size of the training set, whatever the batch.
A network hands over its `weights`, one array w after the other: biases and normalisation
parameters are spared.
"""

from __future__ import annotations

import math

import numpy as np

from nnlib.validation import non_negative, positive


class Penalty:
    """A term of J that depends on the weights alone, a sum over all of them.

    Shapes    w and the gradient returned (n,)
    """

    def __init__(self, lam: float) -> None:
        self.lam = non_negative(lam, "lam")

    def value(self, w: np.ndarray, m: int) -> float:
        """What these weights add to J, for a training set of m examples."""
        raise NotImplementedError

    def gradient(self, w: np.ndarray, m: int) -> np.ndarray:
        """What the penalty adds to their gradient."""
        raise NotImplementedError

    def after_step(self, w: np.ndarray, m: int, lr: float) -> None:
        """What follows the optimiser's step, in place: nothing, but for a proximal penalty."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lam={self.lam:g})"


class L2(Penalty):
    """λ/(2m) Σ w², whose gradient λ/m w shrinks every weight in proportion (D3, D4; D0: λ Σ w²).

    Shapes    w, gradient (n,)
    """

    def value(self, w: np.ndarray, m: int) -> float:
        return float(self.lam / (2 * m) * np.vdot(w, w))

    def gradient(self, w: np.ndarray, m: int) -> np.ndarray:
        return self.lam / m * w


class L1(Penalty):
    """λ/m Σ |w|, whose subgradient λ/m sign(w) pulls every weight by the same amount (D0, D3, D4).

    The plain step hovers round 0. With proximal=True the penalty acts after the optimiser's step
    instead, w ← sign(u) max(|u| − αλ/m, 0), and weights become exactly 0 (Daubechies et al., 2004).

    Shapes    w, gradient (n,)
    """

    def __init__(self, lam: float, *, proximal: bool = False) -> None:
        super().__init__(lam)
        self.proximal = proximal

    def value(self, w: np.ndarray, m: int) -> float:
        return float(self.lam / m * np.abs(w).sum())

    def gradient(self, w: np.ndarray, m: int) -> np.ndarray:
        if self.proximal:
            return np.zeros_like(w)
        return self.lam / m * np.sign(w)

    def after_step(self, w: np.ndarray, m: int, lr: float) -> None:
        if self.proximal:
            w[...] = soft_threshold(w, lr * self.lam / m)


def soft_threshold(u: np.ndarray, threshold: float) -> np.ndarray:
    """sign(u) max(|u| − threshold, 0), elementwise: the proximal step of the L1 penalty."""
    return np.sign(u) * np.maximum(np.abs(u) - threshold, 0)


def clip_gradient(grad: np.ndarray, max_norm: float) -> float:
    """Scale grad (n,) in place to ‖∇‖ ≤ max_norm; return its norm before (Pascanu et al., 2013).

    Raises ValueError unless max_norm is positive.
    """
    positive(max_norm, "max_norm")
    with np.errstate(over="ignore", invalid="ignore"):
        norm = float(np.linalg.norm(grad))
        if math.isinf(norm):  # the squares of an explosion overflow: take its largest entry out
            top = float(np.abs(grad).max())
            norm = top * float(np.linalg.norm(grad / top))
    if norm > max_norm:
        grad *= max_norm / norm
    return norm
