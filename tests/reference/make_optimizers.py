"""Freeze what PyTorch's optimisers do, step by step: run it to make optimizers.npz.

python tests/reference/make_optimizers.py     (made with torch 2.13.0 on a CPU, float64)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnlib import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp, schedules
from nnlib.schedules import Schedule

FROZEN = Path(__file__).with_name("optimizers.npz")
STEPS, MIDDLE, N = 20, 8, 7


class Setting(NamedTuple):
    """One optimiser in both libraries, and where torch keeps each of our state vectors."""

    ours: Callable[..., Optimizer]
    lr: float | Schedule
    torch: str
    options: dict[str, Any]
    keeps: dict[str, str]
    from_start: bool = True
    v_scale: float = 1.0

    def rate(self, t: int) -> float:
        return self.lr(t) if callable(self.lr) else self.lr


COSINE = schedules.cosine(0.3, steps=15, end=0.01)
STAIRCASE = schedules.staircase(0.2, k=0.5, interval=6)
WARMUP = schedules.warmup(schedules.exponential(0.1, k=0.05), steps=4)
BUFFER, MOMENTS = {"v": "momentum_buffer"}, {"v": "exp_avg", "s": "exp_avg_sq"}


def plain_momentum(lr: float | Schedule, *, momentum: float, dampening: float) -> Optimizer:
    return Momentum(lr, beta=momentum)


def heavy_ball(lr: float | Schedule, *, momentum: float) -> Optimizer:
    return Momentum(lr, beta=momentum, heavy_ball=True)


def nesterov(lr: float | Schedule, *, momentum: float, nesterov: bool) -> Optimizer:
    return Nesterov(lr, beta=momentum)


def rmsprop(lr: float | Schedule, *, alpha: float, eps: float) -> Optimizer:
    return RMSProp(lr, beta=alpha, eps=eps)


def adam(lr: float | Schedule, *, betas: tuple[float, float], eps: float) -> Optimizer:
    return Adam(lr, beta1=betas[0], beta2=betas[1], eps=eps)


def adamw(
    lr: float | Schedule, *, betas: tuple[float, float], eps: float, weight_decay: float
) -> Optimizer:
    return AdamW(lr, beta1=betas[0], beta2=betas[1], eps=eps, weight_decay=weight_decay)


def settings() -> dict[str, Setting]:
    """Every optimiser at a constant rate and on a schedule.

    torch's first dampened step is undampened, so plain momentum is compared from mid-run alone;
    its buffer is our V over α in the heavy-ball form, at a constant rate.
    """
    usual, other = {"betas": (0.9, 0.999), "eps": 1e-8}, {"betas": (0.8, 0.95), "eps": 1e-3}
    nine = {"momentum": 0.9, "dampening": 0.9}
    half = {"momentum": 0.5, "dampening": 0.5}
    lookahead = {"momentum": 0.9, "nesterov": True}
    return {
        "sgd": Setting(SGD, 0.1, "SGD", {}, {}),
        "sgd_cosine": Setting(SGD, COSINE, "SGD", {}, {}),
        "momentum": Setting(plain_momentum, 0.1, "SGD", nine, BUFFER, False),
        "momentum_staircase": Setting(plain_momentum, STAIRCASE, "SGD", half, BUFFER, False),
        "heavy_ball": Setting(heavy_ball, 0.1, "SGD", {"momentum": 0.9}, BUFFER, True, 0.1),
        "heavy_ball_slow": Setting(heavy_ball, 0.02, "SGD", {"momentum": 0.6}, BUFFER, True, 0.02),
        "nesterov": Setting(nesterov, 0.1, "SGD", lookahead, BUFFER),
        "nesterov_warmup": Setting(nesterov, WARMUP, "SGD", lookahead, BUFFER),
        "adagrad": Setting(AdaGrad, 0.1, "Adagrad", {"eps": 1e-10}, {"G": "sum"}),
        "adagrad_cosine": Setting(AdaGrad, COSINE, "Adagrad", {"eps": 1e-4}, {"G": "sum"}),
        "rmsprop": Setting(
            rmsprop, 0.01, "RMSprop", {"alpha": 0.9, "eps": 1e-8}, {"s": "square_avg"}
        ),
        "rmsprop_staircase": Setting(
            rmsprop, STAIRCASE, "RMSprop", {"alpha": 0.99, "eps": 1e-2}, {"s": "square_avg"}
        ),
        "adam": Setting(adam, 0.01, "Adam", usual, MOMENTS),
        "adam_cosine": Setting(adam, COSINE, "Adam", other, MOMENTS),
        "adamw": Setting(adamw, 0.01, "AdamW", {**usual, "weight_decay": 0.01}, MOMENTS),
        "adamw_warmup": Setting(adamw, WARMUP, "AdamW", {**other, "weight_decay": 0.3}, MOMENTS),
    }


def gradients(steps: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Gradients of several sizes (steps, n), the last coordinate rarely other than zero."""
    G = rng.normal(size=(steps, n)) * np.logspace(-2, 1, n)
    G[rng.random(steps) < 0.7, -1] = 0
    return G


def torch_run(
    setting: Setting, theta: np.ndarray, grads: np.ndarray
) -> tuple[np.ndarray, list[dict[str, np.ndarray]]]:
    """θ after each step (steps, n), and our names of torch's state vectors after each step."""
    import torch

    parameter = torch.nn.Parameter(torch.tensor(theta))
    optimizer = getattr(torch.optim, setting.torch)([parameter], lr=0.1, **setting.options)
    path, states = [], []
    for t, grad in enumerate(grads):
        optimizer.param_groups[0]["lr"] = setting.rate(t)
        parameter.grad = torch.tensor(grad)
        optimizer.step()
        path.append(parameter.detach().numpy().copy())
        kept = optimizer.state[parameter]
        states.append(
            {
                ours: setting.v_scale * kept[theirs].numpy().copy()
                for ours, theirs in setting.keeps.items()
            }
        )
    return np.array(path), states


def main() -> None:
    rng = np.random.default_rng(20)
    frozen = {"theta": rng.normal(size=N), "grads": gradients(STEPS, N, rng)}
    for name, setting in settings().items():
        path, states = torch_run(setting, frozen["theta"], frozen["grads"])
        frozen[f"{name}/path"] = path
        for vector, value in states[MIDDLE - 1].items():
            frozen[f"{name}/{vector}"] = value
    np.savez_compressed(FROZEN, **frozen)


if __name__ == "__main__":
    main()
