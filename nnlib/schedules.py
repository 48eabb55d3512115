"""Learning-rate schedules: each call returns a plain function from the step t = 0, 1, … to a rate.

A schedule goes wherever a learning rate does: `SGD(lr=schedules.cosine(0.1, steps=1000))`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from nnlib.validation import count, non_negative, positive

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """α_t = α₀."""
    positive(lr, "lr")
    return lambda t: lr


def linear(lr: float, *, steps: int, end: float = 0.0) -> Schedule:
    """α_t falls in a straight line from α₀ to `end` at t = steps, and stays there (D1)."""
    positive(lr, "lr"), count(steps, "steps"), non_negative(end, "end")
    return lambda t: lr + (end - lr) * min(t / steps, 1)


def time_based(lr: float, *, k: float) -> Schedule:
    """α_t = α₀ / (1 + k t) (D4)."""
    positive(lr, "lr"), non_negative(k, "k")
    return lambda t: lr / (1 + k * t)


def staircase(lr: float, *, k: float, interval: int) -> Schedule:
    """α_t = α₀ / (1 + k ⌊t/T⌋): time-based decay on a staircase (D4 calls it exponential)."""
    positive(lr, "lr"), non_negative(k, "k"), count(interval, "interval")
    return lambda t: lr / (1 + k * (t // interval))


def exponential(lr: float, *, k: float) -> Schedule:
    """α_t = α₀ e^(−k t)."""
    positive(lr, "lr"), non_negative(k, "k")
    return lambda t: lr * math.exp(-k * t)


def step(lr: float, *, factor: float, interval: int) -> Schedule:
    """α_t = α₀ factor^⌊t/T⌋: multiplied by the factor every T steps."""
    positive(lr, "lr"), positive(factor, "factor"), count(interval, "interval")
    return lambda t: lr * factor ** (t // interval)


def cosine(lr: float, *, steps: int, end: float = 0.0) -> Schedule:
    """α_t = end + (α₀ − end)(1 + cos(π t/steps))/2, then `end` (Loshchilov and Hutter, 2017)."""
    positive(lr, "lr"), count(steps, "steps"), non_negative(end, "end")
    return lambda t: end + (lr - end) * (1 + math.cos(math.pi * min(t / steps, 1))) / 2


def warmup(then: Schedule | float, *, steps: int) -> Schedule:
    """Rises in a straight line to the first rate of `then` over `steps`, then follows it."""
    count(steps, "steps")
    schedule = then if callable(then) else constant(then)
    return lambda t: schedule(0) * (t + 1) / steps if t < steps else schedule(t - steps)
