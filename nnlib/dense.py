"""The dense layer: every output sees every input."""

from __future__ import annotations

import numpy as np

from nnlib.initializers import Initializer, glorot_uniform
from nnlib.layer import Layer
from nnlib.parameters import Gradient, Parameter
from nnlib.validation import as_float, count

BEYOND_CACHE = 2**24  # bytes: an A larger than this comes from memory at every pass
LONG_ROW = 128  # entries: what a row holds must outweigh the call it costs


class Dense(Layer):
    """Affine map  Z = A Wᵀ + b.

    Shapes    A (m, n_in)   W (n_out, n_in)   b (n_out,)   Z (m, n_out)
    Backward  dW = dZᵀ A    db = Σᵢ dZᵢ       dA = dZ W
    Lecture   D4 writes one example per column: Z = W A + b, dW = 1/m dZ Aᵀ; the 1/m is in dZ here.
    Raises ValueError when A is not (m, n_in).
    """

    W, dW = Parameter(), Gradient()
    b, db = Parameter(decay=False), Gradient()

    def __init__(
        self,
        n_in: int,
        n_out: int,
        *,
        rng: np.random.Generator,
        init: Initializer = glorot_uniform,
        dtype: type = np.float32,
    ) -> None:
        self.n_in, self.n_out = count(n_in, "n_in"), count(n_out, "n_out")
        self.W = init((n_out, n_in), rng=rng, dtype=dtype)
        self.b = np.zeros(n_out, dtype)

    def forward(self, A: np.ndarray, training: bool = False) -> np.ndarray:
        A = as_float(A, "A")
        if A.ndim != 2 or A.shape[1] != self.n_in:
            raise ValueError(f"{self!r} expects A of shape (m, {self.n_in}), got {A.shape}")
        Z = np.vecdot(A, self.W)[:, None] if self._streams(A) else A @ self.W.T
        Z += self.b
        return self.remember(Z, A)

    def backward(self, dZ: np.ndarray) -> np.ndarray:
        self.fill_gradients(dZ)
        return dZ @ self.W

    def fill_gradients(self, dZ: np.ndarray) -> None:
        A = self.recall(dZ)
        if len(A) == 1 or self._streams(A):  # matmul leaves one example's product to plain loops
            np.einsum("ik,ij->kj", dZ, A, out=self.gradient("W"), casting="same_kind")
        else:
            np.matmul(dZ.T, A, out=self.gradient("W"))
        dZ.sum(axis=0, out=self.gradient("b"))

    def _streams(self, A: np.ndarray) -> bool:
        # For one output, going through A row by row takes as long as reading it. BLAS goes in
        # strips, which takes twice as long where A must come from memory.
        return self.n_out == 1 and self.n_in >= LONG_ROW and A.nbytes > BEYOND_CACHE

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        if input_shape != (self.n_in,):
            raise ValueError(
                f"{self!r} expects examples of shape ({self.n_in},), got {input_shape}"
            )
        return (self.n_out,)

    def __repr__(self) -> str:
        return f"Dense({self.n_in}, {self.n_out})"
