"""Backpropagation as D3 writes it: one example at a time, the bias as column 0 of Θ, Δ summed up.

The readable twin of the vectorised layers; both give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nnlib.activations import Activation
from nnlib.dense import Dense
from nnlib.validation import as_float, matrix, non_negative


def bias_column_form(dense: Dense) -> np.ndarray:
    """Θ = [b | W] (n_out, 1 + n_in): z = Θ [1; a] is the same as z = W a + b (D3)."""
    return np.column_stack([dense.b, dense.W])


def from_bias_column(dense: Dense, Theta: np.ndarray) -> None:
    """Write Θ (n_out, 1 + n_in) into W and b; raise ValueError for another shape."""
    Theta = as_float(Theta, "Θ")
    if Theta.shape != (dense.n_out, 1 + dense.n_in):
        raise ValueError(
            f"Θ must be {(dense.n_out, 1 + dense.n_in)} for {dense!r}, got {Theta.shape}"
        )
    dense.b, dense.W = Theta[:, 0], Theta[:, 1:]


def accumulate(
    Thetas: Sequence[np.ndarray],
    g: Activation,
    output: Callable[[np.ndarray], np.ndarray],
    X: np.ndarray,
    Y: np.ndarray,
    *,
    lam: float = 0.0,
) -> list[np.ndarray]:
    """D = 1/m Δ + λ/m Θ (bias spared), with Δ += δ aᵀ over the examples, one by one (D3).

    δ = output(z) − y at the end: true for sigmoid or softmax with cross-entropy, and for identity
    with half the squared error. Below, δ ← (Θᵀδ without its bias entry) ⊙ g′(z).

    Shapes    Thetas[l] and D[l] (n_out, 1 + n_in)   X (m, n)   Y (m, K), one-hot for classes
    Raises ValueError when X has no rows, other features than Θ, or Y not a row per example.
    """
    Thetas = [as_float(Theta, "Θ") for Theta in Thetas]
    X = matrix(X, n_features=Thetas[0].shape[1] - 1)
    m, lam = len(X), non_negative(lam, "lam")
    if np.shape(Y) != (m, len(Thetas[-1])):
        raise ValueError(f"Y must have shape {(m, len(Thetas[-1]))}, got {np.shape(Y)}")
    Deltas = [np.zeros_like(Theta) for Theta in Thetas]
    for x, y in zip(X, Y, strict=True):
        zs: list[np.ndarray] = []
        inputs = [np.append(1, x)]
        for Theta in Thetas:
            zs.append(Theta @ inputs[-1])
            inputs.append(np.append(1, g.g(zs[-1])))
        delta = output(zs[-1]) - y
        for l in reversed(range(len(Thetas))):
            Deltas[l] += np.outer(delta, inputs[l])
            if l > 0:
                delta = (Thetas[l].T @ delta)[1:] * g.slope(zs[l - 1])
    penalties = [lam * np.column_stack([np.zeros(len(T)), T[:, 1:]]) for T in Thetas]
    return [(Delta + penalty) / m for Delta, penalty in zip(Deltas, penalties, strict=True)]
