"""First-order optimisers: each knows one flat vector θ and its gradient ∇, and nothing of layers.

The same classes train networks and walk on any f(θ) in the contour plots. State is preallocated at
the first step; steps happen in place, in the lecture's letters. A formula goes over its vectors ten
times, so it takes them block by block: from the second time on a block waits in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from nnlib.schedules import Schedule
from nnlib.validation import fraction, non_negative, positive

BLOCK = 120_000  # bytes: for a temporary of 128 KiB or more, malloc asks the system for new pages


def in_blocks(*vectors: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Cut vectors (n,) alike into views of at most BLOCK bytes."""
    size = BLOCK // vectors[0].itemsize
    for start in range(0, len(vectors[0]), size):
        yield tuple([vector[start : start + size] for vector in vectors])


class Optimizer:
    """Moves θ in place: `step(theta, grad)` reads the rate α at step t and calls `update`.

    `lr` is a positive number or a schedule (a function of the step). `slots` names the state
    vectors of θ's shape, which start at zero.

    Shapes    theta, grad and every state vector (n,)
    """

    slots: ClassVar[tuple[str, ...]] = ()

    def __init__(self, lr: float | Schedule) -> None:
        self.schedule = lr if callable(lr) else None
        self._lr = 0.0 if callable(lr) else positive(lr, "the learning rate")
        self.t = 0

    @property
    def lr(self) -> float:
        """The rate α of the next step; a schedule may let it fall to 0, not below."""
        if self.schedule is None:
            return self._lr
        return non_negative(self.schedule(self.t), "the learning rate")

    def step(self, theta: np.ndarray, grad: np.ndarray) -> None:
        """Take one step, changing theta in place; raise ValueError when the shapes do not fit."""
        if theta.shape != grad.shape or theta.ndim != 1:
            raise ValueError(
                f"theta and grad must be flat and alike, got {theta.shape} and {grad.shape}"
            )
        if theta.dtype.kind != "f":
            raise TypeError(f"theta must hold floats to be changed in place, got {theta.dtype}")
        if self.t == 0:
            for name in self.slots:
                setattr(self, name, np.zeros_like(theta))
        elif self.slots and getattr(self, self.slots[0]).shape != theta.shape:
            raise ValueError(
                f"{self!r} has stepped {getattr(self, self.slots[0]).size} parameters before, "
                f"got {theta.size}; make a new optimiser for another network"
            )
        alpha = self.lr
        self.t += 1
        self.update(theta, grad, alpha)

    def update(self, theta: np.ndarray, grad: np.ndarray, alpha: float) -> None:
        """The formula: change theta in place, with t already counted from 1."""
        raise NotImplementedError

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps: t and a copy of every state vector."""
        vectors = {name: getattr(self, name).copy() for name in self.slots if self.t}
        return {"t": np.array(self.t), **vectors}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take up the state that `state()` returned; raise ValueError for another optimiser's."""
        t = int(state.get("t", 0))
        needed = {"t", *(self.slots if t else ())}
        if set(state) != needed:
            raise ValueError(f"{self!r} keeps {sorted(needed)}, got a state of {sorted(state)}")
        self.t = t
        for name in needed - {"t"}:
            setattr(self, name, np.array(state[name]))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lr={self.lr:g})"


class SGD(Optimizer):
    """θ ← θ − α ∇ (Cauchy, 1847; on mini-batches Robbins and Monro, 1951; D0–D4).

    Shapes    theta, grad (n,)
    """

    def update(self, theta: np.ndarray, grad: np.ndarray, alpha: float) -> None:
        blocks = in_blocks(theta, grad)
        for theta, grad in blocks:
            theta -= alpha * grad


class Momentum(Optimizer):
    """v ← βv + (1 − β)∇, θ ← θ − αv (D0, D4): an average over about 1/(1 − β) gradients.

    With heavy_ball=True D1's form V ← βV + α∇, θ ← θ − V (Polyak, 1964): the same walk when
    α_D1 = (1 − β)α, but not when α changes on the way.

    Shapes    theta, grad, v (n,)
    """

    slots = ("v",)
    v: np.ndarray

    def __init__(
        self, lr: float | Schedule, *, beta: float = 0.9, heavy_ball: bool = False
    ) -> None:
        super().__init__(lr)
        self.beta = fraction(beta, "beta")
        self.heavy_ball = heavy_ball

    def update(self, theta: np.ndarray, grad: np.ndarray, alpha: float) -> None:
        beta = self.beta
        blocks = in_blocks(theta, grad, self.v)
        for theta, grad, v in blocks:
            v *= beta
            if self.heavy_ball:
                v += alpha * grad
                theta -= v
            else:
                v += (1 - beta) * grad
                theta -= alpha * v


class Nesterov(Optimizer):
    """v ← βv + ∇, θ ← θ − α(∇ + βv): the gradient is read one step ahead (Nesterov, 1983).

    In the form of Sutskever et al. (2013) that needs ∇ at θ alone, as in PyTorch.

    Shapes    theta, grad, v (n,)
    """

    slots = ("v",)
    v: np.ndarray

    def __init__(self, lr: float | Schedule, *, beta: float = 0.9) -> None:
        super().__init__(lr)
        self.beta = fraction(beta, "beta")

    def update(self, theta: np.ndarray, grad: np.ndarray, alpha: float) -> None:
        beta = self.beta
        blocks = in_blocks(theta, grad, self.v)
        for theta, grad, v in blocks:
            v *= beta
            v += grad
            theta -= alpha * (grad + beta * v)


class AdaGrad(Optimizer):
    """G ← G + ∇², θ ← θ − α ∇/(√G + ε) (Duchi et al., 2011; D4; D1 leaves ε out).

    A rarely seen parameter keeps a large step; but G only grows, so every step shrinks.

    Shapes    theta, grad, G (n,)
    """

    slots = ("G",)
    G: np.ndarray

    def __init__(self, lr: float | Schedule = 0.01, *, eps: float = 1e-10) -> None:
        super().__init__(lr)
        self.eps = non_negative(eps, "eps")

    def update(self, theta: np.ndarray, grad: np.ndarray, alpha: float) -> None:
        blocks = in_blocks(theta, grad, self.G)
        for theta, grad, G in blocks:
            G += grad * grad
            theta -= alpha * grad / (np.sqrt(G) + self.eps)


class RMSProp(Optimizer):
    """s ← βs + (1 − β)∇², θ ← θ − α ∇/(√s + ε) (Hinton, 2012; D0, D4): AdaGrad that forgets.

    Shapes    theta, grad, s (n,)
    """

    slots = ("s",)
    s: np.ndarray

    def __init__(
        self, lr: float | Schedule = 0.001, *, beta: float = 0.9, eps: float = 1e-8
    ) -> None:
        super().__init__(lr)
        self.beta = fraction(beta, "beta")
        self.eps = non_negative(eps, "eps")

    def update(self, theta: np.ndarray, grad: np.ndarray, alpha: float) -> None:
        beta = self.beta
        blocks = in_blocks(theta, grad, self.s)
        for theta, grad, s in blocks:
            s *= beta
            s += (1 - beta) * grad * grad
            theta -= alpha * grad / (np.sqrt(s) + self.eps)


class Adam(Optimizer):
    """v ← β₁v + (1 − β₁)∇, s ← β₂s + (1 − β₂)∇², θ ← θ − α v̂/(√ŝ + ε) (Kingma and Ba, 2014; D4).

    v̂ = v/(1 − β₁ᵗ), ŝ = s/(1 − β₂ᵗ) correct for starting at zero; bias_correction=False leaves that
    out, as D0 and D1 do.

    Shapes    theta, grad, v, s (n,)
    """

    slots = ("v", "s")
    v: np.ndarray
    s: np.ndarray

    def __init__(
        self,
        lr: float | Schedule = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        bias_correction: bool = True,
    ) -> None:
        super().__init__(lr)
        self.beta1, self.beta2 = fraction(beta1, "beta1"), fraction(beta2, "beta2")
        self.eps = non_negative(eps, "eps")
        self.bias_correction = bias_correction

    def update(self, theta: np.ndarray, grad: np.ndarray, alpha: float) -> None:
        beta1, beta2, eps = self.beta1, self.beta2, self.eps
        if self.bias_correction:  # α v̂/(√ŝ + ε) with both corrections folded into α and ε
            root = math.sqrt(1 - beta2**self.t)
            alpha, eps = alpha * root / (1 - beta1**self.t), eps * root
        blocks = in_blocks(theta, grad, self.v, self.s)
        for theta, grad, v, s in blocks:
            v *= beta1
            v += (1 - beta1) * grad
            s *= beta2
            s += (1 - beta2) * grad * grad
            theta -= alpha * v / (np.sqrt(s) + eps)


class AdamW(Adam):
    """Adam, with θ ← θ − αλθ before its step: decoupled decay (Loshchilov and Hutter, 2019).

    `mask` (n,) is 1 where decay applies; a network's `decay_mask` spares biases and normalisation.

    Shapes    theta, grad, v, s, mask (n,)
    """

    def __init__(
        self,
        lr: float | Schedule = 0.001,
        *,
        weight_decay: float = 0.01,
        mask: np.ndarray | None = None,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(lr, beta1=beta1, beta2=beta2, eps=eps)
        self.weight_decay = non_negative(weight_decay, "weight_decay")
        self.mask = None if mask is None else np.asarray(mask)

    def update(self, theta: np.ndarray, grad: np.ndarray, alpha: float) -> None:
        if self.mask is not None and self.mask.shape != theta.shape:
            raise ValueError(f"mask must have theta's shape {theta.shape}, got {self.mask.shape}")
        rate = alpha * self.weight_decay
        theta -= rate * theta if self.mask is None else rate * self.mask * theta
        super().update(theta, grad, alpha)
