"""Rosenblatt's perceptron: the first machine that learned, and what it could not learn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnlib.validation import count, generator, matrix, positive, vector


class PerceptronWalk(NamedTuple):
    """What the perceptron learned: w (n,), b, and the number of mistakes in each epoch."""

    w: np.ndarray
    b: float
    mistakes: list[int]


def perceptron_update(
    w: np.ndarray, b: float, x: np.ndarray, y: float, lr: float = 1.0
) -> tuple[np.ndarray, float]:
    """One example's turn: w + α(y − ŷ)x and b + α(y − ŷ) with ŷ = 1 if wᵀx + b > 0 else 0.

    Shapes    w, x (n,)   y 0 or 1. A right answer leaves w and b as they are.
    """
    error = float(y) - float(x @ w + b > 0)
    return w + lr * error * x, b + lr * error


def train_perceptron(
    X: np.ndarray,
    y: np.ndarray,
    *,
    lr: float = 1.0,
    epochs: int = 100,
    rng: np.random.Generator | None = None,
) -> PerceptronWalk:
    """w += α(y − ŷ)x, b += α(y − ŷ) with ŷ = 1 if wᵀx + b > 0 else 0 (Rosenblatt, 1958; D2, D4).

    Starts at zero and stops after an epoch without a mistake; rows come in a new order each epoch
    when rng is given. If a line separates the classes the mistakes are finitely many (Novikoff,
    1962); XOR is never learned.

    Shapes    X (m, n)   y (m,) of 0 and 1   w (n,)
    Raises ValueError for bad shapes, NaN, labels other than 0 and 1, α ≤ 0.
    """
    X = matrix(X)
    y = vector(y, "y", length=len(X))
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"labels must be 0 or 1, got {y[~np.isin(y, (0, 1))][0]}")
    lr = positive(lr, "lr")
    count(epochs, "epochs")
    w, b, mistakes = np.zeros(X.shape[1], X.dtype), 0.0, []
    for _ in range(epochs):
        wrong = 0
        for i in range(len(X)) if rng is None else generator(rng).permutation(len(X)):
            if (X[i] @ w + b > 0) != y[i]:
                w, b = perceptron_update(w, b, X[i], y[i], lr)
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return PerceptronWalk(w, b, mistakes)
