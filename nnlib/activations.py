"""Activations bend the affine maps; without them a deep network is one linear map (D0).

Each class stands for its formula A = g(Z) and the slope g′ that backward multiplies by. At a kink
g′ takes the value PyTorch takes: 0 for ReLU, the negative side's slope for the leaky ones.
"""

from __future__ import annotations

import numpy as np

from nnlib.functions import sigmoid, softmax, softplus
from nnlib.layer import Layer
from nnlib.parameters import Gradient, Parameter
from nnlib.validation import as_float, count


class Activation(Layer):
    """An elementwise layer A = g(Z).

    Shapes    Z, A of any one shape
    Backward  dZ = dA ⊙ g′(Z)
    """

    def g(self, Z: np.ndarray) -> np.ndarray:
        """The activation itself."""
        raise NotImplementedError

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        """Its slope at Z, given A = g(Z): several slopes are cheaper from A."""
        raise NotImplementedError

    def slope(self, Z: np.ndarray) -> np.ndarray:
        """g′(Z) in Z's dtype."""
        Z = as_float(Z, "Z")
        return np.asarray(self.g_prime(Z, self.g(Z)), dtype=Z.dtype)

    def forward(self, Z: np.ndarray, training: bool = False) -> np.ndarray:
        Z = as_float(Z, "Z")
        A = self.g(Z)
        return self.remember(A, (Z, A))

    def backward(self, dA: np.ndarray) -> np.ndarray:
        return dA * self.g_prime(*self.recall(dA))


class Identity(Activation):
    """g(z) = z, the output unit of regression. g′ = 1; range (−∞, ∞); never saturates.

    Shapes    Z, A of any one shape
    """

    def g(self, Z: np.ndarray) -> np.ndarray:
        return np.copy(Z)

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        return np.ones_like(Z)


class Step(Activation):
    """g(z) = 1 for z > 0, else 0 (Rosenblatt's unit, D1); range {0, 1}.

    g′ = 0, and at the jump, where there is none, 0 too: gradient descent learns nothing through it.

    Shapes    Z, A of any one shape
    """

    def g(self, Z: np.ndarray) -> np.ndarray:
        return (Z > 0).astype(Z.dtype)

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        return np.zeros_like(Z)


class Sigmoid(Activation):
    """g(z) = σ(z) = 1/(1 + e⁻ᶻ); range (0, 1); g′ = a(1 − a) ≤ 1/4, saturates on both sides.

    Shapes    Z, A of any one shape
    """

    def g(self, Z: np.ndarray) -> np.ndarray:
        return sigmoid(Z)

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        return A * (1 - A)


class Tanh(Activation):
    """g(z) = tanh z = 2σ(2z) − 1; range (−1, 1); g′ = 1 − a² ≤ 1, saturates on both sides.

    Shapes    Z, A of any one shape
    """

    def g(self, Z: np.ndarray) -> np.ndarray:
        return np.tanh(Z)

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        return 1 - A * A


class ReLU(Activation):
    """g(z) = max(0, z); range [0, ∞); g′ = 1 for z > 0, else 0 (a subgradient at the kink).

    A unit whose z is negative for every example gets no gradient: it is dead.

    Shapes    Z, A of any one shape
    """

    def g(self, Z: np.ndarray) -> np.ndarray:
        return np.maximum(Z, 0)

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        return Z > 0


class LeakyReLU(Activation):
    """g(z) = z for z > 0, else αz (Maas et al., 2013); g′ = 1 for z > 0, else α.

    Range (−∞, ∞). max(αz, z) is the same for α ≤ 1 only. At the kink g′ = α, as in PyTorch.

    Shapes    Z, A of any one shape
    """

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = float(alpha)

    def g(self, Z: np.ndarray) -> np.ndarray:
        return np.maximum(Z, 0) + self.alpha * np.minimum(Z, 0)

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        return (Z > 0) + Z.dtype.type(self.alpha) * (Z <= 0)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.alpha})"


class PReLU(Activation):
    """Leaky ReLU whose slope α is learned (He et al., 2015): g(z) = max(0, z) + α min(0, z) (D2).

    Shapes    Z, A (m, …, n)   alpha (n,), one per feature or channel, or (1,) for all
    Backward  dα = Σ dA ⊙ min(0, Z)   dZ = dA ⊙ (1 for z > 0, else α)
    """

    alpha, dalpha = Parameter(decay=False), Gradient()

    def __init__(self, n: int = 1, *, alpha: float = 0.25, dtype: type = np.float32) -> None:
        self.alpha = np.full(count(n, "n"), alpha, dtype)

    def g(self, Z: np.ndarray) -> np.ndarray:
        if len(self.alpha) not in (1, Z.shape[-1]):
            raise ValueError(
                f"{self!r} expects Z of shape (m, …, {len(self.alpha)}), got {Z.shape}"
            )
        return np.maximum(Z, 0) + self.alpha * np.minimum(Z, 0)

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        return (Z > 0) + self.alpha * (Z <= 0)

    def backward(self, dA: np.ndarray) -> np.ndarray:
        Z, A = self.recall(dA)
        below = dA * np.minimum(Z, 0)
        per_feature = below.reshape(-1, Z.shape[-1]).sum(axis=0)
        self.dalpha = per_feature if len(self.alpha) > 1 else per_feature.sum(keepdims=True)
        return dA * self.g_prime(Z, A)

    def __repr__(self) -> str:
        return f"PReLU({len(self.alpha)})"


class Softplus(Activation):
    """g(z) = log(1 + eᶻ), a smooth ReLU (Dugas et al., 2001); range (0, ∞); g′ = σ(z).

    Shapes    Z, A of any one shape
    """

    def g(self, Z: np.ndarray) -> np.ndarray:
        return softplus(Z)

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        return sigmoid(Z)


class Softmax(Layer):
    """Rows of logits become probabilities: aᵢ = e^(zᵢ)/Σⱼ e^(zⱼ); saturates when one leads.

    For training prefer CrossEntropy, which takes the logits themselves.

    Shapes    Z, A (m, K)
    Backward  dZ = A ⊙ (dA − Σⱼ dAⱼ Aⱼ), from ∂aᵢ/∂zⱼ = aᵢ(δᵢⱼ − aⱼ)
    """

    def forward(self, Z: np.ndarray, training: bool = False) -> np.ndarray:
        A = softmax(Z)
        return self.remember(A, A)

    def backward(self, dA: np.ndarray) -> np.ndarray:
        A = self.recall(dA)
        return A * (dA - (dA * A).sum(axis=-1, keepdims=True))
