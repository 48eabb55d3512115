"""Exercises of lab 05: steps from the middle of a run, batches, scales and rates."""

from collections.abc import Callable
from typing import Any

import numpy as np

import nnlib
from nnlib import schedules
from nnlib.grading.exercise import Case, Exercise, Hint, Wrong

Draw = Callable[[np.random.Generator], dict[str, Any]]
Pair = tuple[Any, Any]


def _short(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Random numbers of one decimal, none of them 0."""
    numbers = np.round(scale * rng.normal(size=shape), 1)
    return np.where(numbers == 0, 0.1, numbers)


def _scaled(
    centre: Callable[[np.ndarray, np.ndarray], Any], width: Callable[[np.ndarray, np.ndarray], Any]
) -> Callable[..., Pair]:
    def scale(X_train: np.ndarray, X_new: np.ndarray) -> Pair:
        mean, std = centre(X_train, X_new), width(X_train, X_new)
        return (X_train - mean) / std, (X_new - mean) / std

    return scale


def _library_scale(X_train: np.ndarray, X_new: np.ndarray) -> Pair:
    scaler = nnlib.Standardizer().fit(X_train)
    return scaler.transform(X_train), scaler.transform(X_new)


def _columns(m: int, k: int, n: int) -> Draw:
    return lambda rng: {
        "X_train": _short(rng, m, n) * np.arange(1, n + 1) + 5,
        "X_new": _short(rng, k, n) + 7,
    }


standardize_inputs = Exercise(
    id="standardize_inputs",
    title="Inputs on one scale",
    difficulty=1,
    minutes=8,
    reference=_library_scale,
    library=(nnlib.Standardizer,),
    alternatives=(
        _scaled(
            lambda X, _: X.sum(axis=0) / len(X),
            lambda X, _: np.sqrt(np.mean((X - X.mean(axis=0)) ** 2, axis=0)),
        ),
        _scaled(lambda X, _: X.mean(axis=0, keepdims=True), lambda X, _: X.var(axis=0) ** 0.5),
    ),
    links=("Z_train", "Z_new"),
    axes={"Z_train": ("m", "n"), "Z_new": ("k", "n")},
    cases=(
        Case(
            "three rows by hand",
            {"X_train": np.array([[1.0, 10], [3, 30], [5, 20]]), "X_new": np.array([[7.0, 40]])},
        ),
        Case("eight rows, and five new ones", _columns(8, 5, 3), points=2),
        Case("one new row", _columns(6, 1, 4)),
    ),
    wrongs=(
        Wrong(
            "its own statistics",
            lambda X_train, X_new: (
                (X_train - X_train.mean(axis=0)) / X_train.std(axis=0),
                (X_new - X_new.mean(axis=0)) / np.where(len(X_new) > 1, X_new.std(axis=0), 1),
            ),
            "You scale the new rows by their own mean and σ: use those of the training rows.",
        ),
        Wrong(
            "all rows together",
            _scaled(
                lambda X, N: np.vstack([X, N]).mean(axis=0),
                lambda X, N: np.vstack([X, N]).std(axis=0),
            ),
            "Your mean and σ come from training and new rows together: the new rows leak in.",
        ),
        Wrong(
            "one scale for all",
            _scaled(lambda X, _: X.mean(), lambda X, _: X.std()),
            "You take one mean and one σ of the whole table: take them per feature, axis=0.",
        ),
        Wrong(
            "variance",
            _scaled(lambda X, _: X.mean(axis=0), lambda X, _: X.var(axis=0)),
            "You divide by the variance σ²: divide by its root, σ.",
        ),
        Wrong(
            "m − 1",
            _scaled(lambda X, _: X.mean(axis=0), lambda X, _: X.std(axis=0, ddof=1)),
            "Your σ has 1/(m − 1) in it; the course takes 1/m.",
        ),
        Wrong(
            "centred only",
            _scaled(lambda X, _: X.mean(axis=0), lambda X, _: 1.0),
            "You take the mean off, but do not divide by σ.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "One mean and one σ per column of X_train."),
        Hint("Only Z_new is wrong", "Use the very same two vectors for both sets."),
        Hint(
            "I nearly have it", "X_train.mean(axis=0) and X_train.std(axis=0), each of shape (n,)."
        ),
    ),
)


def two_epochs(answer: Any, m: int, batch_size: int, seed: int) -> tuple[Any, ...]:
    """What matters of two epochs' batches, whatever the order that rng gave them."""
    rng = np.random.default_rng(seed)
    first, second = ([np.asarray(b) for b in answer(m, batch_size, rng)] for _ in range(2))
    rows, again = np.concatenate(first), np.concatenate(second)
    once = rows.shape == (m,) and bool((np.sort(rows) == np.arange(m)).all())
    shuffled = bool((np.diff(rows) < 0).any())
    return np.array([len(b) for b in first]), once, shuffled, not np.array_equal(rows, again)


def _cut(order: Any) -> Callable[..., Any]:
    return lambda m, batch_size, rng: [
        order(m, rng)[start : start + batch_size] for start in range(0, m, batch_size)
    ]


def _permuted(m: int, batch_size: int, rng: np.random.Generator) -> Any:
    order = np.arange(m)
    rng.shuffle(order)
    return np.split(order, np.arange(batch_size, m, batch_size))


def _one_by_one(m: int, batch_size: int, rng: np.random.Generator) -> Any:
    left, batches = list(rng.permutation(m)), []
    while left:
        batches.append(np.array(left[:batch_size]))
        left = left[batch_size:]
    return batches


def _dropped(m: int, batch_size: int, rng: np.random.Generator) -> Any:
    return [b for b in _permuted(m, batch_size, rng) if len(b) == batch_size]


epoch_batches = Exercise(
    id="epoch_batches",
    title="The mini-batches of one epoch",
    difficulty=2,
    minutes=12,
    run=two_epochs,
    reference=lambda m, batch_size, rng: list(nnlib.minibatches(m, batch_size, rng=rng)),
    library=(nnlib.minibatches,),
    alternatives=(_permuted, _one_by_one),
    links=("sizes", "each row once", "shuffled", "a new order each epoch"),
    axes={"sizes": ("batches",)},
    cases=(
        Case("23 rows by 5", {"m": 23, "batch_size": 5, "seed": 0}),
        Case("31 rows by 8", lambda rng: {"m": 31, "batch_size": 8, "seed": 7}, points=2),
        Case("24 rows by 6, nothing left over", {"m": 24, "batch_size": 6, "seed": 3}),
    ),
    wrongs=(
        Wrong(
            "last batch lost",
            _dropped,
            "You drop the rows that do not fill a batch: they make a smaller last one.",
        ),
        Wrong(
            "in the given order",
            _cut(lambda m, rng: np.arange(m)),
            "Your rows stay in their given order: shuffle them with rng.",
        ),
        Wrong(
            "with replacement",
            lambda m, batch_size, rng: [
                rng.integers(0, m, min(batch_size, m - start)) for start in range(0, m, batch_size)
            ],
            "You draw each batch afresh, so some rows come twice and others never.",
        ),
        Wrong(
            "the same each epoch",
            _cut(lambda m, rng: np.random.default_rng(0).permutation(m)),
            "Every epoch has the same order: use the rng that is handed in, not one of your own.",
        ),
        Wrong(
            "that many batches",
            lambda m, batch_size, rng: np.array_split(rng.permutation(m), batch_size),
            "You make batch_size batches; you want batches of batch_size rows.",
        ),
        Wrong(
            "even sizes",
            lambda m, batch_size, rng: np.array_split(rng.permutation(m), -(-m // batch_size) + 1),
            "You share the rows out evenly: every batch but the last has exactly batch_size rows.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Shuffle the numbers 0 … m − 1 once, then cut."),
        Hint(
            "Rows come twice or never", "One permutation for the epoch; a batch is a slice of it."
        ),
        Hint(
            "I nearly have it",
            "The starts are range(0, m, batch_size); a slice that ends beyond m stops at m.",
        ),
    ),
)


def momentum_walk(
    answer: Any, theta: Any, v: Any, grads: Any, alpha: float, beta: float
) -> tuple[np.ndarray, np.ndarray]:
    """The v and θ of every step; the answer may change what it gets."""
    vs, thetas = [], []
    for grad in grads:
        theta, v = answer(theta.copy(), v.copy(), grad.copy(), alpha, beta)
        vs.append(np.array(v))
        thetas.append(np.array(theta))
    return np.array(vs), np.array(thetas)


def _momentum(theta: Any, v: Any, grad: Any, alpha: float, beta: float) -> Pair:
    optimizer = nnlib.Momentum(alpha, beta=beta)
    optimizer.restore({"t": np.array(1), "v": v})
    optimizer.step(theta, grad)
    return theta, optimizer.v


def _velocity(new: Callable[..., Any], step: Callable[..., Any]) -> Callable[..., Pair]:
    """A momentum step with v ← new(v, grad, α, β) and θ ← θ − step(v before, v, grad, α)."""

    def wrong(theta: Any, v: Any, grad: Any, alpha: float, beta: float) -> Pair:
        after = new(v, grad, alpha, beta)
        return theta - step(v, after, grad, alpha), after

    return wrong


def _average(v: Any, grad: Any, alpha: float, beta: float) -> Any:
    return beta * v + (1 - beta) * grad


def _momentum_in_place(theta: Any, v: Any, grad: Any, alpha: float, beta: float) -> Pair:
    v *= beta
    v += (1 - beta) * grad
    theta -= alpha * v
    return theta, v


def _mid_run(n: int, steps: int, alpha: float, beta: float) -> Draw:
    return lambda rng: {
        "theta": _short(rng, n),
        "v": _short(rng, n),
        "grads": _short(rng, steps, n, scale=2),
        "alpha": alpha,
        "beta": beta,
    }


momentum_step = Exercise(
    id="momentum_step",
    title="A step with momentum",
    difficulty=2,
    minutes=10,
    run=momentum_walk,
    reference=_momentum,
    library=(nnlib.Momentum,),
    alternatives=(
        _momentum_in_place,
        _velocity(lambda v, g, a, b: v + (1 - b) * (g - v), lambda old, v, g, a: a * v),
    ),
    links=("v", "theta"),
    axes={"v": ("step", "n"), "theta": ("step", "n")},
    cases=(
        Case(
            "one step from rest",
            {
                "theta": np.array([1.0, -1.0]),
                "v": np.zeros(2),
                "grads": np.array([[2.0, 4.0]]),
                "alpha": 0.5,
                "beta": 0.9,
            },
        ),
        Case("four steps from mid-run, β = 0.9", _mid_run(3, 4, 0.1, 0.9), points=2),
        Case("five steps, β = 0.6", _mid_run(2, 5, 0.3, 0.6), points=2),
    ),
    wrongs=(
        Wrong(
            "(1 − β) forgotten",
            _velocity(lambda v, g, a, b: b * v + g, lambda old, v, g, a: a * v),
            "The new gradient enters v with the weight 1 − β; yours enters whole.",
        ),
        Wrong(
            "weights swapped",
            _velocity(lambda v, g, a, b: (1 - b) * v + b * g, lambda old, v, g, a: a * v),
            "β and 1 − β have changed places: β keeps the old v.",
        ),
        Wrong(
            "heavy ball",
            _velocity(lambda v, g, a, b: b * v + a * g, lambda old, v, g, a: v),
            "That is the other form, V ← γV + α∇: here α belongs to the step, not into v.",
        ),
        Wrong(
            "steps by the gradient",
            _velocity(_average, lambda old, v, g, a: a * g),
            "You average into v, but still step along grad: θ moves by −αv.",
        ),
        Wrong(
            "old v",
            _velocity(_average, lambda old, v, g, a: a * old),
            "You step with the v from before: bring v up to date first.",
        ),
        Wrong(
            "uphill",
            _velocity(_average, lambda old, v, g, a: -a * v),
            "The sign is turned round: θ moves against v.",
        ),
        Wrong(
            "no memory",
            _velocity(lambda v, g, a, b: (1 - b) * g, lambda old, v, g, a: a * v),
            "Your v forgets the past: it keeps βv of what it was.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Two lines: first the new v, then the new theta."),
        Hint(
            "The first step is right, later ones are not", "Return the new v, and use the old one."
        ),
        Hint("I nearly have it", "v is β times v plus (1 − β) times grad; theta loses α times v."),
    ),
)


def rmsprop_walk(
    answer: Any, theta: Any, s: Any, grads: Any, alpha: float, beta: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """The s and θ of every step; the answer may change what it gets."""
    squares, thetas = [], []
    for grad in grads:
        theta, s = answer(theta.copy(), s.copy(), grad.copy(), alpha, beta, eps)
        squares.append(np.array(s))
        thetas.append(np.array(theta))
    return np.array(squares), np.array(thetas)


def _rmsprop(theta: Any, s: Any, grad: Any, alpha: float, beta: float, eps: float) -> Pair:
    optimizer = nnlib.RMSProp(alpha, beta=beta, eps=eps)
    optimizer.restore({"t": np.array(1), "s": s})
    optimizer.step(theta, grad)
    return theta, optimizer.s


def _squares(new: Callable[..., Any], step: Callable[..., Any]) -> Callable[..., Pair]:
    """An RMSProp step with s ← new(s, grad, β) and θ ← θ − α step(s before, s, grad, ε)."""

    @np.errstate(all="ignore")
    def wrong(theta: Any, s: Any, grad: Any, alpha: float, beta: float, eps: float) -> Pair:
        after = new(s, grad, beta)
        return theta - alpha * step(s, after, grad, eps), after

    return wrong


def _mean_square(s: Any, g: Any, beta: float) -> Any:
    return beta * s + (1 - beta) * g * g


def _rooted(old: Any, s: Any, g: Any, eps: float) -> Any:
    return g / (np.sqrt(s) + eps)


def _mid_squares(n: int, steps: int, alpha: float, beta: float, eps: float) -> Draw:
    return lambda rng: {
        "theta": _short(rng, n),
        "s": np.abs(_short(rng, n)),
        "grads": _short(rng, steps, n, scale=2),
        "alpha": alpha,
        "beta": beta,
        "eps": eps,
    }


rmsprop_step = Exercise(
    id="rmsprop_step",
    title="A step of RMSProp",
    difficulty=2,
    minutes=12,
    run=rmsprop_walk,
    reference=_rmsprop,
    library=(nnlib.RMSProp,),
    alternatives=(
        _squares(lambda s, g, b: s + (1 - b) * (g**2 - s), _rooted),
        _squares(_mean_square, lambda old, s, g, eps: (s**0.5 + eps) ** -1 * g),
    ),
    links=("s", "theta"),
    axes={"s": ("step", "n"), "theta": ("step", "n")},
    cases=(
        Case(
            "a gradient of 0, and one of 2",
            {
                "theta": np.array([1.0, 3.0]),
                "s": np.zeros(2),
                "grads": np.array([[0.0, 2.0]]),
                "alpha": 0.1,
                "beta": 0.75,
                "eps": 0.01,
            },
        ),
        Case("four steps from mid-run", _mid_squares(3, 4, 0.1, 0.9, 0.1), points=2),
        Case("five steps, another β", _mid_squares(2, 5, 0.02, 0.6, 0.3), points=2),
    ),
    wrongs=(
        Wrong(
            "no square",
            _squares(lambda s, g, b: b * s + (1 - b) * g, _rooted),
            "s averages the squares of the gradient; you average the gradient itself.",
        ),
        Wrong(
            "AdaGrad",
            _squares(lambda s, g, b: s + g * g, _rooted),
            "You add up all squares, which is AdaGrad: RMSProp forgets, with βs + (1 − β)∇².",
        ),
        Wrong(
            "weights swapped",
            _squares(lambda s, g, b: (1 - b) * s + b * g * g, _rooted),
            "β and 1 − β have changed places: β keeps the old s.",
        ),
        Wrong(
            "(1 − β) forgotten",
            _squares(lambda s, g, b: b * s + g * g, _rooted),
            "The new square enters s with the weight 1 − β; yours enters whole.",
        ),
        Wrong(
            "ε inside the root",
            _squares(_mean_square, lambda old, s, g, eps: g / np.sqrt(s + eps)),
            "Your ε stands inside the root: it is added to √s.",
        ),
        Wrong(
            "no ε",
            _squares(_mean_square, lambda old, s, g, eps: g / np.sqrt(s)),
            "You leave ε out: with a gradient that was always 0 that is 0/0.",
        ),
        Wrong(
            "no root",
            _squares(_mean_square, lambda old, s, g, eps: g / (s + eps)),
            "You divide by s: take its root first.",
        ),
        Wrong(
            "old s",
            _squares(_mean_square, lambda old, s, g, eps: g / (np.sqrt(old) + eps)),
            "You divide by the s from before: bring s up to date first.",
        ),
        Wrong(
            "uphill",
            _squares(_mean_square, lambda old, s, g, eps: -g / (np.sqrt(s) + eps)),
            "The sign is turned round: θ moves against the gradient.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Two lines: first the new s, then the new theta."),
        Hint("s is right, theta is not", "Look at the bottom of the fraction: √s, and ε after it."),
        Hint("I nearly have it", "grad**2 squares entry by entry; np.sqrt(s) + eps divides grad."),
    ),
)


def adam_walk(
    answer: Any,
    theta: Any,
    v: Any,
    s: Any,
    t: int,
    grads: Any,
    alpha: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The v, s and θ of steps t, t + 1, …; the answer may change what it gets."""
    vs, squares, thetas = [], [], []
    for i, grad in enumerate(grads):
        theta, v, s = answer(
            theta.copy(), v.copy(), s.copy(), t + i, grad.copy(), alpha, beta1, beta2, eps
        )
        vs.append(np.array(v))
        squares.append(np.array(s))
        thetas.append(np.array(theta))
    return np.array(vs), np.array(squares), np.array(thetas)


def _adam(
    theta: Any, v: Any, s: Any, t: int, grad: Any, alpha: float, b1: float, b2: float, eps: float
) -> tuple[Any, Any, Any]:
    optimizer = nnlib.Adam(alpha, beta1=b1, beta2=b2, eps=eps)
    optimizer.t, optimizer.v, optimizer.s = t - 1, v, s
    optimizer.step(theta, grad)
    return theta, optimizer.v, optimizer.s


def _adam_like(
    step: Callable[..., Any], *, square: bool = True, hats: bool = False
) -> Callable[..., Any]:
    """Adam whose θ moves by −α step(v, s, 1 − β₁ᵗ, 1 − β₂ᵗ, ε, t, β₁, β₂)."""

    @np.errstate(all="ignore")
    def wrong(
        theta: Any,
        v: Any,
        s: Any,
        t: int,
        grad: Any,
        alpha: float,
        b1: float,
        b2: float,
        eps: float,
    ) -> tuple[Any, Any, Any]:
        v = b1 * v + (1 - b1) * grad
        s = b2 * s + (1 - b2) * (grad * grad if square else grad)
        c1, c2 = 1 - b1**t, 1 - b2**t
        theta = theta - alpha * step(v, s, c1, c2, eps, t, b1, b2)
        return (theta, v / c1, s / c2) if hats else (theta, v, s)

    return wrong


def _corrected(v: Any, s: Any, c1: float, c2: float, eps: float, *_: Any) -> Any:
    return v / c1 / (np.sqrt(s / c2) + eps)


def _mid_adam(n: int, steps: int, t: int, alpha: float, eps: float) -> Draw:
    return lambda rng: {
        "theta": _short(rng, n),
        "v": _short(rng, n),
        "s": np.abs(_short(rng, n)),
        "t": t,
        "grads": _short(rng, steps, n, scale=2),
        "alpha": alpha,
        "beta1": 0.8,
        "beta2": 0.95,
        "eps": eps,
    }


adam_step = Exercise(
    id="adam_step",
    title="A step of Adam",
    difficulty=3,
    minutes=20,
    run=adam_walk,
    reference=_adam,
    library=(nnlib.Adam, nnlib.AdamW),
    alternatives=(
        _adam_like(_corrected),
        _adam_like(
            lambda v, s, c1, c2, eps, *_: v * np.sqrt(c2) / c1 / (np.sqrt(s) + eps * np.sqrt(c2))
        ),
    ),
    links=("v", "s", "theta"),
    axes={"v": ("step", "n"), "s": ("step", "n"), "theta": ("step", "n")},
    cases=(
        Case(
            "the first two steps",
            {
                "theta": np.array([1.0, -2.0]),
                "v": np.zeros(2),
                "s": np.zeros(2),
                "t": 1,
                "grads": np.array([[3.0, -0.5], [1.0, 0.2]]),
                "alpha": 0.1,
                "beta1": 0.9,
                "beta2": 0.999,
                "eps": 0.01,
            },
        ),
        Case("four steps from the third on", _mid_adam(3, 4, 3, 0.1, 0.1), points=2),
        Case("five steps from the ninth on", _mid_adam(2, 5, 9, 0.02, 0.2), points=2),
    ),
    wrongs=(
        Wrong(
            "no correction",
            _adam_like(lambda v, s, c1, c2, eps, *_: v / (np.sqrt(s) + eps)),
            "You leave the hats out: without v̂ and ŝ the early steps have the wrong length.",
        ),
        Wrong(
            "t off by one",
            _adam_like(
                lambda v, s, c1, c2, eps, t, b1, b2: (
                    v / (1 - b1 ** (t + 1)) / (np.sqrt(s / (1 - b2 ** (t + 1))) + eps)
                )
            ),
            "Your t is one too large in the corrections: t counts from 1 already.",
        ),
        Wrong(
            "v̂ alone",
            _adam_like(lambda v, s, c1, c2, eps, *_: v / c1 / (np.sqrt(s) + eps)),
            "You correct v, but not s.",
        ),
        Wrong(
            "one correction for both",
            _adam_like(lambda v, s, c1, c2, eps, *_: v / c1 / (np.sqrt(s / c1) + eps)),
            "You correct s with β₁; it has its own factor, 1 − β₂ᵗ.",
        ),
        Wrong(
            "ε inside the root",
            _adam_like(lambda v, s, c1, c2, eps, *_: v / c1 / np.sqrt(s / c2 + eps)),
            "Your ε stands inside the root: it is added to √ŝ.",
        ),
        Wrong(
            "no square",
            _adam_like(_corrected, square=False),
            "s averages the squares of the gradient; you average the gradient itself.",
        ),
        Wrong(
            "hats kept",
            _adam_like(_corrected, hats=True),
            "You return v̂ and ŝ: the state goes on without the hats.",
        ),
        Wrong(
            "uphill",
            _adam_like(lambda *a: -_corrected(*a)),
            "The sign is turned round: θ moves against v̂.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "v is momentum's, s is RMSProp's: write these two."),
        Hint("v and s are right, theta is not", "Divide v by 1 − β₁ᵗ and s by 1 − β₂ᵗ first."),
        Hint(
            "I nearly have it",
            "Keep v and s as they are and make two new names for the hats; ε comes after the root.",
        ),
    ),
)


def rates(answer: Any, alpha_0: float, k: float, interval: int, epochs: Any) -> np.ndarray:
    """The rate in each of the epochs."""
    return np.array([float(answer(alpha_0, k, interval, epoch)) for epoch in epochs])


staircase = Exercise(
    id="staircase",
    title="A learning rate on a staircase",
    difficulty=1,
    minutes=6,
    run=rates,
    reference=lambda alpha_0, k, interval, epoch: schedules.staircase(
        alpha_0, k=k, interval=interval
    )(epoch),
    library=(schedules.staircase, schedules.time_based),
    alternatives=(
        lambda alpha_0, k, interval, epoch: alpha_0 / (1 + k * np.floor(epoch / interval)),
        lambda alpha_0, k, interval, epoch: (
            alpha_0 / (1 + k * (epoch - epoch % interval) / interval)
        ),
    ),
    axes=("epoch",),
    cases=(
        Case("by hand", {"alpha_0": 0.6, "k": 1.0, "interval": 10, "epochs": [0, 9, 10, 25]}),
        Case(
            "seven epochs, k = 0.5",
            {"alpha_0": 0.3, "k": 0.5, "interval": 4, "epochs": [3, 4, 5, 7, 8, 17, 30]},
            points=2,
        ),
        Case("one step down", {"alpha_0": 2.0, "k": 3.0, "interval": 7, "epochs": [6, 7, 13]}),
    ),
    wrongs=(
        Wrong(
            "no floor",
            lambda alpha_0, k, interval, epoch: alpha_0 / (1 + k * epoch / interval),
            "Yours falls a little in every epoch: the floor keeps α for T epochs.",
        ),
        Wrong(
            "no interval",
            lambda alpha_0, k, interval, epoch: alpha_0 / (1 + k * epoch),
            "That is time-based decay: divide the epoch by T, and take the floor.",
        ),
        Wrong(
            "exponential",
            lambda alpha_0, k, interval, epoch: alpha_0 * np.exp(-k * (epoch // interval)),
            "That is exponential decay; the formula here is a fraction, 1 over 1 + k⌊…⌋.",
        ),
        Wrong(
            "a step early",
            lambda alpha_0, k, interval, epoch: alpha_0 / (1 + k * (epoch // interval + 1)),
            "You are one stair too low: in the first T epochs the floor is 0 and α is α₀.",
        ),
        Wrong(
            "rounded",
            lambda alpha_0, k, interval, epoch: alpha_0 / (1 + k * round(epoch / interval)),
            "You round to the nearest; the floor rounds down.",
        ),
        Wrong(
            "k without its 1",
            lambda alpha_0, k, interval, epoch: alpha_0 / max(k * (epoch // interval), 1),
            "Your denominator lacks the 1 that is added to k⌊…⌋.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin", "First the whole number of intervals that have passed."
        ),
        Hint("It falls in every epoch", "epoch // interval is division with the floor taken."),
        Hint("I nearly have it", "Mind the brackets: alpha_0 over all of 1 + k times the floor."),
    ),
)


def _newton(theta: np.ndarray, grad: np.ndarray, H: np.ndarray) -> np.ndarray:
    return theta + np.linalg.solve(H, -grad)


def _bowl(n: int) -> Draw:
    def draw(rng: np.random.Generator) -> dict[str, Any]:
        A = _short(rng, n + 2, n)
        H = A.T @ A + np.diag(np.arange(1.0, n + 1))
        return {"theta": _short(rng, n), "grad": _short(rng, n, scale=3), "H": H}

    return draw


newton_step = Exercise(
    id="newton_step",
    title="Newton's step",
    difficulty=2,
    minutes=8,
    reference=_newton,
    library=(nnlib.Newton,),
    alternatives=(
        lambda theta, grad, H: theta - np.linalg.inv(H) @ grad,
        lambda theta, grad, H: theta - np.linalg.lstsq(H, grad, rcond=None)[0],
    ),
    axes=("n",),
    cases=(
        Case(
            "a slanted bowl by hand",
            {
                "theta": np.array([3.0, 1.0]),
                "grad": np.array([7.0, 5.0]),
                "H": np.array([[2.0, 1.0], [1.0, 2.0]]),
            },
        ),
        Case("four parameters", _bowl(4), points=2),
        Case("three parameters", _bowl(3)),
    ),
    wrongs=(
        Wrong(
            "uphill",
            lambda theta, grad, H: theta + np.linalg.solve(H, grad),
            "The sign is turned round: p solves Hp = −∇.",
        ),
        Wrong(
            "multiplied",
            lambda theta, grad, H: theta - H @ grad,
            "You multiply by H; Newton divides by it: solve Hp = −∇.",
        ),
        Wrong(
            "diagonal alone",
            lambda theta, grad, H: theta - grad / np.diag(H),
            "You divide by the diagonal of H alone: the other entries say how the bowl is slanted.",
        ),
        Wrong(
            "entry by entry",
            lambda theta, grad, H: theta - (1 / H) @ grad,
            "1 / H divides entry by entry, which is not the inverse of a matrix.",
        ),
        Wrong(
            "gradient step",
            lambda theta, grad, H: theta - grad,
            "That is gradient descent with α = 1: H has no part in it.",
        ),
        Wrong(
            "the step alone",
            lambda theta, grad, H: np.linalg.solve(H, -grad),
            "You return the step p; add it to theta.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Find p first: a system of n linear equations."),
        Hint("I have the wrong shape", "H is (n, n), grad is (n,): no division, a solver."),
        Hint("I nearly have it", "np.linalg.solve takes the matrix and the right-hand side."),
    ),
)

EXERCISES = (
    standardize_inputs,
    epoch_batches,
    momentum_step,
    rmsprop_step,
    adam_step,
    staircase,
    newton_step,
)
