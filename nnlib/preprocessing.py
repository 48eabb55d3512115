"""Inputs on one scale: statistics come from the training set alone, so that no test value leaks."""

from __future__ import annotations

from typing import Self

import numpy as np

from nnlib.validation import matrix


class Standardizer:
    """z = (x − μ)/σ per feature (D0, D3), with μ and σ of the training set.

    A feature that never varies is only centred (σ counts as 1).

    Shapes    X, Z (m, n)   mean, std (n,)
    Raises ValueError for NaN, no rows or another number of features; RuntimeError before fit.
    """

    mean: np.ndarray | None = None
    std: np.ndarray | None = None

    def fit(self, X: np.ndarray) -> Self:
        """Take μ and σ (with 1/m) from the training inputs X."""
        X = matrix(X)
        offset = X - X[0]  # exactly 0 for a feature that never varies, however many rows add up
        self.mean, self.std = X[0] + offset.mean(axis=0), offset.std(axis=0)
        rounding = np.finfo(X.dtype).eps * np.abs(self.mean)
        self.std[self.std <= rounding] = 1
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Z = (X − μ)/σ, for training, validation and test inputs alike."""
        if self.mean is None or self.std is None:
            raise RuntimeError("Standardizer needs fit(training inputs) first")
        X = matrix(X, n_features=len(self.mean))
        return ((X - self.mean) / self.std).astype(X.dtype, copy=False)

    def fit_transform(self, X: np.ndarray) -> np.ndarray:
        """Fit on X and return it standardised."""
        return self.fit(X).transform(X)
