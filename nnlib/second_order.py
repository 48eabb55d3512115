"""Optimisers that bend the gradient by the curvature, or by what they can guess of it (D1).

Newton needs the Hessian; BFGS and L-BFGS build their picture of it from gradients alone. All three
minimise any f(θ) = (J, ∇J); `objective` makes such an f of a network, its loss and its data.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from nnlib.line_search import wolfe
from nnlib.losses import Loss
from nnlib.regularization import L1, Penalty
from nnlib.sequential import Sequential
from nnlib.validation import as_float, count, finite, positive, same_shape, vector

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Minimum(NamedTuple):
    """Where a minimisation ended: θ (n,), J(θ), and the path of θ with its costs from the start."""

    theta: np.ndarray
    J: float
    converged: bool
    path: np.ndarray
    costs: np.ndarray


def objective(
    net: Sequential, loss: Loss, X: np.ndarray, y: np.ndarray, *, penalty: Penalty | None = None
) -> Objective:
    """f(θ) = (J, ∇J) of a network on all of X (m, …), y; each call leaves θ in the network.

    Raises ValueError for a proximal penalty, whose pull is no part of ∇J.
    """
    if isinstance(penalty, L1) and penalty.proximal:
        raise ValueError("a proximal penalty acts after a step of fit: take L2, or L1 without it")
    m = len(X)

    def f(theta: np.ndarray) -> tuple[float, np.ndarray]:
        net.theta = theta
        J = loss(net.forward(X), y)
        net.fill_gradients(loss.backward())
        if penalty:
            for w, dw in net.parameters.weights:
                J += penalty.value(w, m)
                dw += penalty.gradient(w, m)
        return J, net.grad.copy()

    return f


def numerical_hessian(f: Objective, theta: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """H (n, n) with columns (∇J(θ + εeᵢ) − ∇J(θ − εeᵢ))/(2ε), made symmetric; for small n only."""
    columns = []
    for i in range(len(theta)):
        e = np.zeros_like(theta)
        e[i] = eps
        columns.append((f(theta + e)[1] - f(theta - e)[1]) / (2 * eps))
    H = np.array(columns)
    return (H + H.T) / 2


class Minimizer:
    """Walks θ ← θ + αp to a minimum of f, with the step α from a Wolfe line search along p.

    A subclass gives the direction p. Stops when max |∇| ≤ tol, after max_iter steps, or when no
    step along p lowers J any more.

    Shapes    theta, p and ∇ (n,)
    """

    def __init__(self, *, max_iter: int = 100, tol: float = 1e-6) -> None:
        self.max_iter = count(max_iter, "max_iter")
        self.tol = positive(tol, "tol")

    def minimize(self, f: Objective, theta: np.ndarray) -> Minimum:
        """Minimise f from theta, left as it is; ValueError unless J and ∇ are finite there."""
        theta = as_float(vector(theta, "theta"), "theta").copy()
        J, grad = f(theta)
        if not np.isfinite(J):
            raise ValueError(f"the cost at the start must be finite, got {J}")
        same_shape(finite(grad, "the gradient"), theta, ("the gradient", "theta"))
        self.reset(len(theta))
        path, costs = [theta], [J]
        while np.abs(grad).max() > self.tol and len(path) <= self.max_iter:
            p = self.direction(f, theta, grad)
            step = wolfe(f, theta, J, grad, p)
            if step is None:
                break
            self.learn(step.alpha * p, step.grad - grad)
            theta, J, grad = theta + step.alpha * p, step.J, step.grad
            path.append(theta)
            costs.append(J)
        f(theta)  # leaves a network at the minimum, not at the line search's last trial
        converged = bool(np.abs(grad).max() <= self.tol)
        return Minimum(theta, J, converged, np.array(path), np.array(costs))

    def reset(self, n: int) -> None:
        """Forget what an earlier walk taught."""

    def direction(self, f: Objective, theta: np.ndarray, grad: np.ndarray) -> np.ndarray:
        """The direction p to search along; downhill, so that p·∇ < 0."""
        raise NotImplementedError

    def learn(self, s: np.ndarray, y: np.ndarray) -> None:
        """Take in a step s = θ′ − θ and the change y = ∇′ − ∇ that it brought."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(max_iter={self.max_iter}, tol={self.tol:g})"


class Newton(Minimizer):
    """p solves (H + μI)p = −∇; the damping μ ≥ 0 is the least that makes H + μI positive definite.

    So p goes downhill from a saddle too (Nocedal and Wright, 2006, section 3.4). Without `hessian`
    H comes from differences of the gradient, 2n evaluations of f, so n is small.

    Shapes    theta, p, ∇ (n,)   hessian(theta) → H (n, n)
    """

    def __init__(
        self,
        hessian: Callable[[np.ndarray], np.ndarray] | None = None,
        *,
        max_iter: int = 100,
        tol: float = 1e-6,
    ) -> None:
        super().__init__(max_iter=max_iter, tol=tol)
        self.hessian = hessian

    def direction(self, f: Objective, theta: np.ndarray, grad: np.ndarray) -> np.ndarray:
        H = self.hessian(theta) if self.hessian else numerical_hessian(f, theta)
        smallest = float(np.linalg.eigvalsh(H)[0])
        least = 1e-8 * max(1.0, float(np.abs(H).max()))
        mu = max(0.0, least - smallest)
        return np.linalg.solve(H + mu * np.eye(len(theta), dtype=H.dtype), -grad)


class BFGS(Minimizer):
    """p = −B∇, with B ≈ H⁻¹ built from steps s and gradient changes y (Broyden et al., 1970).

    B ← (I − ρsyᵀ)B(I − ρysᵀ) + ρssᵀ, ρ = 1/(yᵀs). It sees gradients only, never the Hessian (D1
    says otherwise).

    Shapes    theta, s, y (n,)   B (n, n)
    """

    B: np.ndarray | None

    def reset(self, n: int) -> None:
        self.B = None

    def direction(self, f: Objective, theta: np.ndarray, grad: np.ndarray) -> np.ndarray:
        return -grad if self.B is None else -(self.B @ grad)

    def learn(self, s: np.ndarray, y: np.ndarray) -> None:
        if y @ s <= 1e-10 * np.linalg.norm(s) * np.linalg.norm(y):
            return
        I = np.eye(len(s), dtype=s.dtype)
        if self.B is None:
            self.B = (y @ s) / (y @ y) * I
        rho = 1 / (y @ s)
        V = I - rho * np.outer(y, s)
        self.B = V.T @ self.B @ V + rho * np.outer(s, s)


class LBFGS(Minimizer):
    """BFGS that keeps the last `memory` pairs (s, y) instead of B: two loops over them give −B∇.

    Memory grows with n, not n² (Nocedal, 1980; Liu and Nocedal, 1989).

    Shapes    theta, s, y (n,)
    """

    def __init__(self, *, memory: int = 10, max_iter: int = 100, tol: float = 1e-6) -> None:
        super().__init__(max_iter=max_iter, tol=tol)
        self.memory = count(memory, "memory")

    def reset(self, n: int) -> None:
        self.pairs: deque[tuple[np.ndarray, np.ndarray, float]] = deque(maxlen=self.memory)

    def direction(self, f: Objective, theta: np.ndarray, grad: np.ndarray) -> np.ndarray:
        q, alphas = grad.copy(), []
        for s, y, rho in reversed(self.pairs):
            alphas.append(rho * (s @ q))
            q -= alphas[-1] * y
        if self.pairs:
            s, y, rho = self.pairs[-1]
            q /= rho * (y @ y)
        for (s, y, rho), alpha in zip(self.pairs, reversed(alphas), strict=True):
            q += (alpha - rho * (y @ q)) * s
        return -q

    def learn(self, s: np.ndarray, y: np.ndarray) -> None:
        if y @ s > 1e-10 * np.linalg.norm(s) * np.linalg.norm(y):
            self.pairs.append((s, y, 1 / (y @ s)))
