"""Exercises of lab 04: from a diagnosis to the ways of holding a model back."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import nnlib
from nnlib import linear_regression
from nnlib.grading.exercise import Case, Exercise, Hint, Wrong
from nnlib.regularization import soft_threshold as shrink

Pair = tuple[Any, Any]


def _short(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Random numbers of one decimal, none of them 0."""
    numbers = np.round(scale * rng.normal(size=shape), 1)
    return np.where(numbers == 0, 0.1, numbers)


def _diagnosed(bias: bool, variance: bool) -> str:
    if bias and variance:
        return "both"
    if bias:
        return "bias"
    return "variance" if variance else "neither"


def _gaps(human: float, train: float, dev: float) -> tuple[float, float]:
    return train - human, dev - train


diagnose = Exercise(
    id="diagnose",
    title="A diagnosis from three numbers",
    difficulty=1,
    minutes=8,
    reference=lambda human, train, dev: _diagnosed(train - human > 2, dev - train > 2),
    alternatives=(
        lambda human, train, dev: [["neither", "variance"], ["bias", "both"]][train - human > 2][
            dev - train > 2
        ],
        lambda human, train, dev: {(0, 0): "neither", (0, 1): "variance", (1, 0): "bias"}.get(
            (train - human > 2, dev - train > 2), "both"
        ),
    ),
    cases=(
        Case("1 % and 11 %", {"human": 0, "train": 1, "dev": 11}),
        Case("15 % and 16 %", {"human": 0, "train": 15, "dev": 16}),
        Case("15 % and 30 %", {"human": 0, "train": 15, "dev": 30}),
        Case("0.5 % and 1 %", {"human": 0, "train": 0.5, "dev": 1}),
        Case("a hard task, 14 % for a human", {"human": 14, "train": 15, "dev": 16}, points=2),
        Case("both gaps exactly 2", {"human": 1, "train": 3, "dev": 5}),
    ),
    wrongs=(
        Wrong(
            "no human",
            lambda human, train, dev: _diagnosed(train > 2, dev - train > 2),
            "You judge the training error by itself: the bias is its distance from the human's.",
        ),
        Wrong(
            "dev over human",
            lambda human, train, dev: _diagnosed(train - human > 2, dev - human > 2),
            "Your variance is dev − human, which holds the bias as well: take dev − training.",
        ),
        Wrong(
            "dev alone",
            lambda human, train, dev: _diagnosed(train - human > 2, dev > 2),
            "You judge the dev error by itself: the variance is its distance from the training "
            "error.",
        ),
        Wrong(
            "swapped",
            lambda human, train, dev: _diagnosed(dev - train > 2, train - human > 2),
            "The names are swapped: training − human is the bias, dev − training the variance.",
        ),
        Wrong(
            "never both",
            lambda human, train, dev: (
                "bias" if train - human > 2 else "variance" if dev - train > 2 else "neither"
            ),
            "Your first if ends the search, so you never find both: look at the two gaps first.",
        ),
        Wrong(
            "no human, never both",
            lambda human, train, dev: (
                "bias" if train > 2 else "variance" if dev - train > 2 else "neither"
            ),
            "Two things: the bias is the distance from the human error, and your first if ends the "
            "search, so you never find both.",
        ),
        Wrong(
            "two counts",
            lambda human, train, dev: _diagnosed(*(gap >= 2 for gap in _gaps(human, train, dev))),
            "A gap of exactly 2 points is not more than 2.",
        ),
        Wrong(
            "by factors",
            lambda human, train, dev: _diagnosed(train > 1.5 * human, dev > 1.5 * train),
            "You compare by a factor; the gaps are differences, in points.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Work out the two gaps: train − human, dev − train."),
        Hint(
            "It is right but for 'both'",
            "Two questions, each yes or no, have four answers: ask both before you return.",
        ),
        Hint(
            "I nearly have it",
            "Ask whether both hold, then about one, then the other; what is left is neither.",
        ),
    ),
)


def _ridge_cost(X: np.ndarray, y: np.ndarray, theta: np.ndarray, lam: float) -> Pair:
    m, punished = len(y), theta.copy()
    punished[0] = 0
    J = linear_regression.cost(X, y, theta) + lam / (2 * m) * punished @ punished
    return J, linear_regression.gradient(X, y, theta) + lam / m * punished


def _penalised(J: float, gradient: float) -> Callable[..., Pair]:
    """The right cost and gradient, but with each penalty multiplied; 0 stands for m."""

    def wrong(X: np.ndarray, y: np.ndarray, theta: np.ndarray, lam: float) -> Pair:
        m = len(y)
        return (
            _ridge_cost(X, y, theta, lam * (J or m))[0],
            _ridge_cost(X, y, theta, lam * (gradient or m))[1],
        )

    return wrong


def _bias_punished(X: np.ndarray, y: np.ndarray, theta: np.ndarray, lam: float) -> Pair:
    m = len(y)
    J = linear_regression.cost(X, y, theta) + lam / (2 * m) * theta @ theta
    return J, linear_regression.gradient(X, y, theta) + lam / m * theta


def _bias_dropped(X: np.ndarray, y: np.ndarray, theta: np.ndarray, lam: float) -> Pair:
    J, gradient = _ridge_cost(X, y, theta, lam)
    return J, np.append(0, gradient[1:])


def _absolute(X: np.ndarray, y: np.ndarray, theta: np.ndarray, lam: float) -> Pair:
    m, spared = len(y), np.append(0, theta[1:])
    J = linear_regression.cost(X, y, theta) + lam / m * np.abs(spared).sum()
    return J, linear_regression.gradient(X, y, theta) + lam / m * np.sign(spared)


def _by_rows(X: np.ndarray, y: np.ndarray, theta: np.ndarray, lam: float) -> Pair:
    m, J, gradient = len(y), 0.0, np.zeros(len(theta))
    for x_i, y_i in zip(X, y, strict=True):
        error = x_i @ theta - y_i
        J += error**2 / (2 * m)
        gradient += error * x_i / m
    mask = np.arange(len(theta)) > 0
    return J + lam * np.sum(theta[1:] ** 2) / (2 * m), gradient + lam / m * mask * theta


def _patients(m: int, n: int, lam: float) -> Callable[[np.random.Generator], dict[str, Any]]:
    return lambda rng: {
        "X": np.column_stack([np.ones(m), _short(rng, m, n - 1)]),
        "y": _short(rng, m, scale=2),
        "theta": _short(rng, n) + 2,
        "lam": lam,
    }


ridge_cost = Exercise(
    id="ridge_cost",
    title="The L2 cost and its gradient",
    difficulty=2,
    minutes=15,
    reference=_ridge_cost,
    alternatives=(
        _by_rows,
        lambda X, y, theta, lam: (
            np.mean((X @ theta - y) ** 2) / 2 + lam * np.sum(theta[1:] ** 2) / (2 * len(y)),
            (X.T @ (X @ theta - y) + lam * np.append(0, theta[1:])) / len(y),
        ),
    ),
    links=("J", "gradient"),
    axes={"gradient": ("n",)},
    cases=(
        Case(
            "a perfect fit: the penalty alone",
            {
                "X": np.array([[1.0, 2.0], [1.0, 4.0]]),
                "y": np.array([3.0, 5.0]),
                "theta": np.array([1.0, 1.0]),
                "lam": 4.0,
            },
        ),
        Case("seven examples, four parameters", _patients(7, 4, 3.0), points=2),
        Case("five examples, three parameters", _patients(5, 3, 0.5)),
    ),
    wrongs=(
        Wrong(
            "bias punished",
            _bias_punished,
            "You punish θ₀ as well: it only says how high everything lies, so spare it.",
        ),
        Wrong(
            "bias loses its data",
            _bias_dropped,
            "The gradient of θ₀ has lost its data term: spare it the penalty, not the step.",
        ),
        Wrong(
            "over 2m in the slope",
            _penalised(1, 0.5),
            "The derivative of θ² brings a 2, which cancels that of 2m: λ/m θ in the gradient.",
        ),
        Wrong(
            "no 1/m",
            _penalised(0, 0),
            "Your penalty is not divided by m: it is λ/(2m) Σθ², with the slope λ/m θ.",
        ),
        Wrong(
            "no half",
            _penalised(2, 1),
            "Your penalty in J is twice too large: λ/(2m), as the squared error has 1/(2m).",
        ),
        Wrong(
            "J alone",
            _penalised(1, 1e-300),
            "Your J has the penalty, your gradient has not: add λ/m θ for j ≥ 1.",
        ),
        Wrong(
            "slope alone",
            _penalised(1e-300, 1),
            "Your gradient has the penalty, your J has not: add λ/(2m) Σθ² for j ≥ 1.",
        ),
        Wrong("L1", _absolute, "That is L1, with |θ| and its sign; L2 charges squares."),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "First the errors Xθ − y, then J and the gradient of lab 00; the penalty comes on top.",
        ),
        Hint(
            "Only the first entry is wrong",
            "Make a copy of theta whose entry 0 is 0, and use it in both penalties. "
            "(Change a copy, not theta.)",
        ),
        Hint(
            "I nearly have it",
            "J: (sum of squared errors + λ times the sum of punished squares) over 2m. Gradient: "
            "(Xᵀ times the errors + λ times the punished θ) over m.",
        ),
    ),
)


def _with_identity(lam_of: Callable[[float, int], float], corner: float = 0.0) -> Any:
    def solve(X: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
        I_0 = np.eye(X.shape[1])
        I_0[0, 0] = corner
        return np.linalg.solve(X.T @ X + lam_of(lam, len(y)) * I_0, X.T @ y)

    return solve


def _augmented(X: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
    n = X.shape[1]
    rows = np.sqrt(lam) * np.eye(n)[1:]
    return np.linalg.lstsq(np.vstack([X, rows]), np.append(y, np.zeros(n - 1)), rcond=None)[0]


def _centred(X: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
    A = X[:, 1:] - X[:, 1:].mean(axis=0)
    w = np.linalg.inv(A.T @ A + lam * np.eye(A.shape[1])) @ A.T @ (y - y.mean())
    return np.append(y.mean() - X[:, 1:].mean(axis=0) @ w, w)


def _every_entry(X: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
    return np.linalg.solve(X.T @ X + lam, X.T @ y)


def _rows(m: int, n: int, lam: float) -> Callable[[np.random.Generator], dict[str, Any]]:
    def draw(rng: np.random.Generator) -> dict[str, Any]:
        case = _patients(m, n, lam)(rng)
        return {"X": case["X"], "y": case["y"] + 5, "lam": case["lam"]}

    return draw


ridge = Exercise(
    id="ridge",
    title="Ridge in one go",
    difficulty=2,
    minutes=12,
    reference=lambda X, y, lam: linear_regression.normal_equation(X, y, lam=lam),
    library=(linear_regression.normal_equation, nnlib.LinearRegression),
    alternatives=(_augmented, _centred, _with_identity(lambda lam, m: lam)),
    axes=("n",),
    cases=(
        Case("eight examples, three parameters", _rows(8, 3, 2.0), points=2),
        Case("a huge λ leaves the mean", _rows(6, 4, 1e6)),
        Case("λ = 0 is least squares", _rows(9, 2, 0.0)),
    ),
    wrongs=(
        Wrong(
            "bias punished",
            _with_identity(lambda lam, m: lam, corner=1.0),
            "Your identity punishes θ₀ too: with a huge λ even the mean of y would be lost.",
        ),
        Wrong(
            "λ m",
            _with_identity(lambda lam, m: lam * m),
            "You multiply λ by m: the 1/m of both terms of J has cancelled.",
        ),
        Wrong(
            "λ/m",
            _with_identity(lambda lam, m: lam / m),
            "You divide λ by m, but XᵀX is not divided: the 1/m of both terms has cancelled.",
        ),
        Wrong(
            "no penalty",
            _with_identity(lambda lam, m: 0.0),
            "That is least squares: λ has no effect. Add λI₀ to XᵀX.",
        ),
        Wrong(
            "no identity",
            _every_entry,
            "XᵀX + lam adds λ to every entry of the matrix; only the diagonal gets it.",
        ),
        Wrong(
            "a reward",
            _with_identity(lambda lam, m: -lam),
            "The sign is turned round: you subtract λI₀, which rewards large weights.",
        ),
        Wrong(
            "not transposed",
            lambda X, y, lam: np.linalg.solve(X @ X.T + lam * np.eye(len(X)), X @ y),
            "X is (m, n): XᵀX is (n, n), and Xᵀy is (n,). Yours has X and its transpose swapped.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Build the matrix on the left, then np.linalg.solve."),
        Hint(
            "Even θ₀ goes to 0 for a huge λ",
            "np.eye(n) has a 1 in its first corner. Put a 0 there.",
        ),
        Hint(
            "I nearly have it",
            "An identity of n rows, its first corner set to 0; solve(XᵀX + λ times it, Xᵀy).",
        ),
    ),
)


def _layer(rng: np.random.Generator, n_out: int, n_in: int, **rest: float) -> dict[str, Any]:
    return {
        "W": _short(rng, n_out, n_in),
        "b": _short(rng, n_out),
        "dW": _short(rng, n_out, n_in),
        "db": _short(rng, n_out),
        **rest,
    }


def _in_place(
    W: np.ndarray, b: np.ndarray, dW: np.ndarray, db: np.ndarray, alpha: float, lam: float, m: int
) -> Pair:
    W *= 1 - alpha * lam / m
    W -= alpha * dW
    b -= alpha * db
    return W, b


decay_step = Exercise(
    id="decay_step",
    title="A step with weight decay",
    difficulty=1,
    minutes=8,
    reference=lambda W, b, dW, db, alpha, lam, m: (
        (1 - alpha * lam / m) * W - alpha * dW,
        b - alpha * db,
    ),
    alternatives=(
        lambda W, b, dW, db, alpha, lam, m: (W - alpha * (dW + lam / m * W), b - alpha * db),
        lambda W, b, dW, db, alpha, lam, m: (
            W - alpha * dW - alpha * nnlib.L2(lam).gradient(W, m),
            b - alpha * db,
        ),
    ),
    links=("W", "b"),
    axes={"W": ("n_out", "n_in"), "b": ("n_out",)},
    cases=(
        Case(
            "no gradient: decay alone",
            {
                "W": np.array([[2.0, -4.0, 1.0]]),
                "b": np.array([3.0]),
                "dW": np.zeros((1, 3)),
                "db": np.zeros(1),
                "alpha": 0.5,
                "lam": 4.0,
                "m": 10,
            },
        ),
        Case("two units, five inputs", lambda rng: _layer(rng, 2, 5, alpha=0.5, lam=3.0, m=20)),
        Case("four units, three inputs", lambda rng: _layer(rng, 4, 3, alpha=0.1, lam=50.0, m=7)),
    ),
    wrongs=(
        Wrong(
            "bias decays",
            lambda W, b, dW, db, alpha, lam, m: (
                (1 - alpha * lam / m) * W - alpha * dW,
                (1 - alpha * lam / m) * b - alpha * db,
            ),
            "Your b decays as well; only the weights do.",
        ),
        Wrong(
            "no α",
            lambda W, b, dW, db, alpha, lam, m: ((1 - lam / m) * W - alpha * dW, b - alpha * db),
            "You shrink by λ/m; the pull is a gradient, so it is multiplied by α like every other.",
        ),
        Wrong(
            "no m",
            lambda W, b, dW, db, alpha, lam, m: (
                (1 - alpha * lam) * W - alpha * dW,
                b - alpha * db,
            ),
            "You shrink by αλ; the course's λ is divided by m.",
        ),
        Wrong(
            "growing",
            lambda W, b, dW, db, alpha, lam, m: (
                (1 + alpha * lam / m) * W - alpha * dW,
                b - alpha * db,
            ),
            "Your weights grow: the factor is 1 − αλ/m.",
        ),
        Wrong(
            "step first",
            lambda W, b, dW, db, alpha, lam, m: (
                (1 - alpha * lam / m) * (W - alpha * dW),
                b - alpha * db,
            ),
            "You shrink the step as well: shrink W alone, then subtract α dW.",
        ),
        Wrong(
            "uphill",
            lambda W, b, dW, db, alpha, lam, m: (
                (1 - alpha * lam / m) * W + alpha * dW,
                b + alpha * db,
            ),
            "You step along the gradient, uphill: subtract α dW.",
        ),
        Wrong(
            "in place",
            _in_place,
            "You change the caller's W and b (with *= and -=): return new arrays instead.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Two lines, one for W and one for b, as they stand."),
        Hint(
            "It says that I changed my inputs", "W *= … changes the caller's W; (…) * W does not."
        ),
        Hint("I nearly have it", "W has two terms, a shrunk W and minus α dW; b has no shrinking."),
    ),
)


soft_threshold = Exercise(
    id="soft_threshold",
    title="The soft threshold",
    difficulty=1,
    minutes=8,
    reference=nnlib.soft_threshold,
    alternatives=(
        lambda u, t: np.where(u > t, u - t, np.where(u < -t, u + t, 0.0)),
        lambda u, t: u - np.clip(u, -t, t),
        lambda u, t: np.maximum(u - t, 0) - np.maximum(-u - t, 0),
    ),
    axes=("rows", "columns"),
    cases=(
        Case("by hand", {"u": np.array([3.0, -0.5, 0.2, -2.0]), "t": 1.0}),
        Case("a (2, 5) array", lambda rng: {"u": _short(rng, 2, 5, scale=2), "t": 0.8}, points=2),
    ),
    wrongs=(
        Wrong(
            "overshoots",
            lambda u, t: u - t * np.sign(u),
            "Entries smaller than t jump over 0 to the other side; they must stop at 0.",
        ),
        Wrong(
            "sign lost",
            lambda u, t: np.maximum(np.abs(u) - t, 0),
            "The signs are lost: what was negative must stay negative.",
        ),
        Wrong(
            "hard",
            lambda u, t: np.where(np.abs(u) > t, u, 0.0),
            "That is the hard threshold: the large entries must move towards 0 by t as well.",
        ),
        Wrong(
            "positive side",
            lambda u, t: np.maximum(u - t, 0),
            "All negative entries become 0: work with |u|, then give the sign back.",
        ),
        Wrong(
            "only down",
            lambda u, t: u - t,
            "You subtract t everywhere: negative entries move away from 0.",
        ),
        Wrong(
            "in proportion",
            lambda u, t: (1 - t) * u,
            "You shrink in proportion, which is L2; L1 takes the same amount t from each.",
        ),
        Wrong(
            "max(a, b)",
            lambda u, t: np.sign(u) * max(np.abs(u) - t, 0),
            "Python's max compares whole arrays; np.maximum compares entry by entry.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Forget the sign at first: |u| − t, but not below 0."),
        Hint("Small entries come out wrong", "|u| − t below 0 must become 0: np.maximum(…, 0)."),
        Hint("I nearly have it", "np.sign(u) times np.maximum(of |u| − t, and 0)."),
    ),
)


def _matrix(n_out: int, n_in: int, **rest: float) -> Callable[[np.random.Generator], Any]:
    return lambda rng: {"W": _short(rng, n_out, n_in), "dW": _short(rng, n_out, n_in), **rest}


l1_step = Exercise(
    id="l1_step",
    title="The proximal step of L1",
    difficulty=2,
    minutes=12,
    reference=lambda W, dW, alpha, lam, m: shrink(W - alpha * dW, alpha * lam / m) + 0.0,
    library=(nnlib.soft_threshold, nnlib.L1),
    alternatives=(
        lambda W, dW, alpha, lam, m: (
            (W - alpha * dW) - np.clip(W - alpha * dW, -alpha * lam / m, alpha * lam / m)
        ),
        lambda W, dW, alpha, lam, m: np.where(
            np.abs(W - alpha * dW) > alpha * lam / m,
            W - alpha * dW - np.sign(W - alpha * dW) * alpha * lam / m,
            0.0,
        ),
    ),
    axes=("n_out", "n_in"),
    cases=(
        Case(
            "the penalty alone",
            {
                "W": np.array([[1.0, 0.1, -0.9]]),
                "dW": np.zeros((1, 3)),
                "alpha": 0.5,
                "lam": 4.0,
                "m": 10,
            },
        ),
        Case(
            "a step across 0",
            {
                "W": np.array([[0.3, -0.2], [2.0, -1.0], [0.1, 0.4]]),
                "dW": np.array([[4.0, -3.0], [1.0, -2.0], [0.2, 2.0]]),
                "alpha": 0.5,
                "lam": 4.0,
                "m": 10,
            },
        ),
        Case("two units, five inputs", _matrix(2, 5, alpha=0.5, lam=8.0, m=10), points=2),
        Case("six units, four inputs", _matrix(6, 4, alpha=0.2, lam=15.0, m=5)),
    ),
    wrongs=(
        Wrong(
            "sign step",
            lambda W, dW, alpha, lam, m: W - alpha * (dW + lam / m * np.sign(W)),
            "That is the sign step, which jumps over 0 and hovers: stop at 0.",
        ),
        Wrong(
            "absolute value",
            lambda W, dW, alpha, lam, m: W - alpha * (dW + lam / m * np.abs(W)),
            "The slope of |w| is sign(w), not |w|; and for exact zeros the step must stop at 0.",
        ),
        Wrong(
            "threshold first",
            lambda W, dW, alpha, lam, m: shrink(W, alpha * lam / m) - alpha * dW,
            "You shrink first and step second, so the zeros do not last: take the step, then "
            "shrink its result.",
        ),
        Wrong(
            "no α",
            lambda W, dW, alpha, lam, m: shrink(W - alpha * dW, lam / m),
            "Your threshold is λ/m; the pull lasts for one step of length α, so it is αλ/m.",
        ),
        Wrong(
            "no m",
            lambda W, dW, alpha, lam, m: shrink(W - alpha * dW, alpha * lam),
            "Your threshold is αλ; the course's λ is divided by m.",
        ),
        Wrong(
            "no step",
            lambda W, dW, alpha, lam, m: shrink(W, alpha * lam / m),
            "The data have no say: take the step W − α dW first.",
        ),
        Wrong(
            "L2",
            lambda W, dW, alpha, lam, m: (1 - alpha * lam / m) * (W - alpha * dW),
            "You shrink in proportion, as L2 does: no weight will ever be exactly 0.",
        ),
        Wrong(
            "sign of W",
            lambda W, dW, alpha, lam, m: (
                np.sign(W) * np.maximum(np.abs(W - alpha * dW) - alpha * lam / m, 0)
            ),
            "You take the sign of the old W; where the step has crossed 0, that of the new point "
            "counts.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Two lines: U = W after its step, then shrink U."),
        Hint("I never get exact zeros", "Use max(|U| − t, 0), which cannot fall below 0."),
        Hint("I nearly have it", "sign(U) times the maximum of |U| − αλ/m and 0, entry by entry."),
    ),
)


def _masked(
    m: int, n: int, rate: float, **rest: Any
) -> Callable[[np.random.Generator], dict[str, Any]]:
    def draw(rng: np.random.Generator) -> dict[str, Any]:
        mask = (rng.random((m, n)) >= rate).astype(float)
        mask[0, 0], mask[-1, -1] = 0, 1
        return {"A": np.abs(_short(rng, m, n)), "mask": mask, "rate": rate, **rest}

    return draw


dropout_forward = Exercise(
    id="dropout_forward",
    title="Inverted dropout, forward",
    difficulty=1,
    minutes=10,
    reference=lambda A, mask, rate, training=True: A * mask / (1 - rate) if training else A.copy(),
    alternatives=(
        lambda A, mask, rate, training=True: (
            np.where(mask * training, A / (1 - rate), 0.0) if training else A
        ),
        lambda A, mask, rate, training=True: A * (mask / (1 - rate)) ** int(training),
    ),
    axes=("m", "n"),
    cases=(
        Case("three examples, four units, p = 0.25", _masked(3, 4, 0.25), points=2),
        Case("five examples, two units, p = 0.8", _masked(5, 2, 0.8)),
        Case("at test time", _masked(2, 6, 0.4, training=False)),
    ),
    wrongs=(
        Wrong(
            "not divided",
            lambda A, mask, rate, training=True: A * mask if training else A,
            "You silence units, but the others do not speak up: divide by 1 − rate.",
        ),
        Wrong(
            "mask alone",
            lambda A, mask, rate, training=True: A * mask,
            "You multiply by the mask and no more: in training, divide by 1 − rate too; at test "
            "time (training=False), no mask at all.",
        ),
        Wrong(
            "the old way",
            lambda A, mask, rate, training=True: A * mask if training else A * (1 - rate),
            "That is dropout before it was inverted, which scales down at test time; here training "
            "divides, and test time does nothing.",
        ),
        Wrong(
            "divided by p",
            lambda A, mask, rate, training=True: A * mask / rate if training else A,
            "You divide by the rate; a unit is kept with probability 1 − rate, so divide by that.",
        ),
        Wrong(
            "multiplied",
            lambda A, mask, rate, training=True: A * mask * (1 - rate) if training else A,
            "You multiply by 1 − rate, which makes the layer quieter still: divide.",
        ),
        Wrong(
            "mask inverted",
            lambda A, mask, rate, training=True: A * (1 - mask) / (1 - rate) if training else A,
            "You keep what should be silenced: the mask is 1 where a unit is kept.",
        ),
        Wrong(
            "always on",
            lambda A, mask, rate, training=True: A * mask / (1 - rate),
            "At test time (training=False) dropout is off: return A as it is.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "In training: A times the mask, entry by entry."),
        Hint("My numbers are too small", "The kept units speak for the silenced: divide by 1 − p."),
        Hint("I nearly have it", "One line for training, one for test time; the latter is A."),
    ),
)


def _upstream(m: int, n: int, rate: float) -> Callable[[np.random.Generator], dict[str, Any]]:
    def draw(rng: np.random.Generator) -> dict[str, Any]:
        case = _masked(m, n, rate)(rng)
        return {"dA": _short(rng, m, n), "mask": case["mask"], "rate": rate}

    return draw


dropout_backward = Exercise(
    id="dropout_backward",
    title="Inverted dropout, backward",
    difficulty=1,
    minutes=8,
    reference=lambda dA, mask, rate: dA * mask / (1 - rate) + 0.0,  # −0 would puzzle a reader
    alternatives=(
        lambda dA, mask, rate: np.where(mask == 1, dA / (1 - rate), 0.0),
        lambda dA, mask, rate: np.multiply(dA, mask / (1 - rate)),
    ),
    axes=("m", "n"),
    cases=(
        Case("three examples, five units, p = 0.2", _upstream(3, 5, 0.2), points=2),
        Case("six examples, two units, p = 0.7", _upstream(6, 2, 0.7)),
    ),
    wrongs=(
        Wrong(
            "passes all",
            lambda dA, mask, rate: dA / (1 - rate),
            "A silenced unit has changed nothing, so no gradient reaches it: multiply by the mask.",
        ),
        Wrong(
            "not divided",
            lambda dA, mask, rate: dA * mask,
            "Forward, the kept units were divided by 1 − rate; so is their gradient.",
        ),
        Wrong(
            "undone",
            lambda dA, mask, rate: dA * mask * (1 - rate),
            "You undo the division; a derivative repeats it: x/(1 − p) has the slope 1/(1 − p).",
        ),
        Wrong(
            "untouched",
            lambda dA, mask, rate: dA.copy(),
            "You pass dA on as it is: forward was A ⊙ M/(1 − p), so backward is dA ⊙ M/(1 − p).",
        ),
        Wrong(
            "mask inverted",
            lambda dA, mask, rate: dA * (1 - mask) / (1 - rate),
            "You let the silenced units learn: the mask is 1 where a unit is kept.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Forward is a product, A times a constant per entry."),
        Hint("What is the derivative?", "y = c x has the slope c. Here c is mask/(1 − rate)."),
        Hint("I nearly have it", "The same line as forward, with dA in the place of A."),
    ),
)


Losses = Sequence[float]


def _stopping(
    better: Callable[[float, float], bool] = lambda new, best: new < best, late: int = 0
) -> Callable[[Losses, int], Pair]:
    def rule(losses: Losses, patience: int) -> Pair:
        kept = 1
        for epoch, loss in enumerate(losses, start=1):
            if better(loss, losses[kept - 1]):
                kept = epoch
            if epoch - kept >= patience + late:
                return kept, epoch
        return kept, len(losses)

    return rule


_stopped = _stopping()


def _waiting(losses: Losses, patience: int) -> Pair:
    best, kept, waited, epoch = float("inf"), 0, 0, 0
    while epoch < len(losses) and waited < patience:
        epoch += 1
        waited += 1
        if losses[epoch - 1] < best:
            best, kept, waited = losses[epoch - 1], epoch, 0
    return kept, epoch


def _since_the_last(losses: Losses, patience: int) -> Pair:
    kept, rises = 1, 0
    for epoch in range(1, len(losses) + 1):
        rises = rises + 1 if epoch > 1 and losses[epoch - 1] >= losses[epoch - 2] else 0
        if losses[epoch - 1] < losses[kept - 1]:
            kept = epoch
        if rises >= patience:
            return kept, epoch
    return kept, len(losses)


def _never_reset(losses: Losses, patience: int) -> Pair:
    kept, waited = 1, 0
    for epoch in range(2, len(losses) + 1):
        if losses[epoch - 1] < losses[kept - 1]:
            kept = epoch
        else:
            waited += 1
        if waited >= patience:
            return kept, epoch
    return kept, len(losses)


def _reruns(change: Callable[[int, int], Pair]) -> Callable[[Losses, int], Pair]:
    return lambda losses, patience: change(*_stopped(losses, patience))


early_stopping = Exercise(
    id="early_stopping",
    title="Early stopping",
    difficulty=3,
    minutes=18,
    reference=lambda losses, patience: _stopped(losses, patience),
    library=(nnlib.EarlyStopping,),
    alternatives=(_waiting,),
    links=("kept", "stopped"),
    cases=(
        Case(
            "a valley, and one never seen",
            {"losses": [3.0, 2.0, 2.5, 2.2, 2.3, 1.0, 0.5], "patience": 2},
        ),
        Case(
            "a bump before the valley",
            {"losses": [3.0, 2.5, 2.7, 2.4, 2.0, 2.1, 1.9, 1.95, 1.92, 1.91, 2.2], "patience": 3},
            points=2,
        ),
        Case("equal is not better", {"losses": [2.0, 1.5, 1.5, 1.5, 1.5, 1.4], "patience": 3}),
        Case("still falling at the end", {"losses": [2.0, 1.0, 1.2, 0.8], "patience": 5}),
    ),
    wrongs=(
        Wrong(
            "from 0",
            _reruns(lambda kept, stopped: (kept - 1, stopped - 1)),
            "Your epochs count from 0, as Python does; count them from 1.",
        ),
        Wrong(
            "keeps the last",
            _reruns(lambda kept, stopped: (stopped, stopped)),
            "You keep the last network, after its patience ran out: keep the best one.",
        ),
        Wrong(
            "one too many",
            _stopping(late=1),
            "You wait one epoch too long: stop when the patience is used up, not exceeded.",
        ),
        Wrong(
            "one too few",
            _stopping(late=-1),
            "You stop one epoch too early: `patience` epochs without a better one must pass.",
        ),
        Wrong(
            "ties are better",
            _stopping(lambda new, best: new <= best),
            "An equal loss is no better one: compare with <, or training may stand still for ever.",
        ),
        Wrong(
            "against the last epoch",
            _since_the_last,
            "You compare with the epoch before; the rule compares with the best one so far.",
        ),
        Wrong(
            "no reset",
            _never_reset,
            "Your count of bad epochs is not set back when a better one comes.",
        ),
        Wrong(
            "sees the future",
            lambda losses, patience: (int(np.argmin(losses)) + 1, len(losses)),
            "You look at all the losses: whoever stops early never sees the later ones.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Walk through the epochs and remember two things: the best loss so far, and its epoch.",
        ),
        Hint(
            "I stop one epoch too early or late",
            "Patience is used up when epoch − (epoch of the best) has reached it.",
        ),
        Hint(
            "I nearly have it",
            "enumerate can count from 1. In the loop: a better loss? Remember its epoch. "
            "Patience used up? Leave the loop.",
        ),
    ),
)

EXERCISES = (
    diagnose,
    ridge_cost,
    ridge,
    decay_step,
    soft_threshold,
    l1_step,
    dropout_forward,
    dropout_backward,
    early_stopping,
)
