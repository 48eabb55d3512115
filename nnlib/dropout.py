"""Dropout keeps a network from leaning on any single unit."""

from __future__ import annotations

import numpy as np

from nnlib.layer import Layer
from nnlib.validation import as_float, fraction, generator


class Dropout(Layer):
    """Inverted dropout (Srivastava et al., 2014; D4): in training A = X ⊙ M/(1 − rate).

    Each entry of M is 1 with probability 1 − rate, the lectures' keep_prob, on its own. Dividing by
    it keeps the expected value, so nothing is left to do at test time: there A = X.

    Shapes    X, A of any one shape
    Backward  dX = dA ⊙ M/(1 − rate)
    Raises ValueError unless 0 ≤ rate < 1.
    """

    def __init__(self, rate: float, *, rng: np.random.Generator) -> None:
        self.rate = fraction(rate, "rate")
        self.rng = generator(rng)

    def forward(self, X: np.ndarray, training: bool = False) -> np.ndarray:
        X = as_float(X, "X")
        if not training or self.rate == 0:
            return self.remember(np.copy(X), None)
        kept = self.rng.random(X.shape, dtype=np.float32) >= self.rate
        scaled_mask = kept * X.dtype.type(1 / (1 - self.rate))
        return self.remember(X * scaled_mask, scaled_mask)

    def backward(self, dA: np.ndarray) -> np.ndarray:
        scaled_mask = self.recall(dA)
        return np.copy(dA) if scaled_mask is None else dA * scaled_mask

    def __repr__(self) -> str:
        return f"Dropout({self.rate:g})"
