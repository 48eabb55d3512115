"""Exercises of lab 01: from a sigmoid that survives ±1000 to the folds of cross-validation."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import nnlib
from nnlib.functions import softplus
from nnlib.grading.exercise import Case, Exercise, Hint, Wrong
from nnlib.perceptron import perceptron_update as library_update

Pair = tuple[np.ndarray, np.ndarray]


def _loudly(answer: Callable[[np.ndarray], np.ndarray], z: np.ndarray) -> np.ndarray:
    """Call a function so that an overflow is an error at its line, not a warning."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        return answer(z)


def _sigmoid_by_masks(z: np.ndarray) -> np.ndarray:
    out = np.empty_like(z)
    out[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    e = np.exp(z[z < 0])
    out[z < 0] = e / (1 + e)
    return out


sigmoid = Exercise(
    id="sigmoid",
    title="A sigmoid that survives ±1000",
    difficulty=2,
    minutes=12,
    reference=nnlib.sigmoid,
    run=_loudly,
    alternatives=(
        lambda z: np.exp(-np.logaddexp(0, -z)),
        lambda z: (1 + np.tanh(z / 2)) / 2,
        lambda z: 1 / (1 + np.exp(-np.clip(z, -500, 500))),
        _sigmoid_by_masks,
    ),
    axes=("rows", "columns"),
    cases=(
        Case("logits of odds 1:1, 4:1 and 1:7", {"z": np.log([1.0, 4.0, 1 / 7])}),
        Case("a (2, 5) array", lambda rng: {"z": rng.normal(scale=3, size=(2, 5))}),
        Case("very negative", {"z": np.array([-5.0, -30.0, -1000.0])}, points=2),
        Case("very positive", {"z": np.array([5.0, 30.0, 1000.0])}, points=2),
    ),
    wrongs=(
        Wrong(
            "as written",
            lambda z: 1 / (1 + np.exp(-z)),
            "At z = −1000 your exp(−z) is e^1000, which overflows. Let exp see only numbers ≤ 0.",
        ),
        Wrong(
            "e^z above",
            lambda z: np.exp(z) / (1 + np.exp(z)),
            "At z = +1000 your exp(z) overflows, and ∞/∞ is nan. Let exp see only numbers ≤ 0.",
        ),
        Wrong(
            "np.where alone",
            lambda z: np.where(z < 0, np.exp(z) / (1 + np.exp(z)), 1 / (1 + np.exp(-z))),
            "np.where works out both branches everywhere and only then chooses, so both overflow. "
            "Take exp of −|z| before you choose.",
        ),
        Wrong(
            "positive half",
            lambda z: 1 / (1 + np.exp(-np.abs(z))),
            "That is right for z ≥ 0 only. Below 0 the numerator is e^(−|z|) instead of 1.",
        ),
        Wrong(
            "math.exp",
            lambda z: 1 / (1 + math.exp(-z)),
            "math.exp takes a single number; np.exp takes a whole array.",
        ),
        Wrong(
            "if",
            lambda z: 1 / (1 + np.exp(-z)) if z >= 0 else np.exp(z) / (1 + np.exp(z)),
            "An if decides once for the whole array; np.where, or a mask, decides entry by entry.",
        ),
        Wrong(
            "falling",
            lambda z: 1 / (1 + np.exp(np.minimum(z, 700))),
            "Your curve falls: the sign in the exponent is wrong, σ(z) = 1/(1 + e^(−z)).",
        ),
        Wrong("tanh", np.tanh, "That is tanh, which runs from −1 to 1; σ runs from 0 to 1."),
        Wrong(
            "clipped at 10",
            lambda z: 1 / (1 + np.exp(-np.clip(z, -10, 10))),
            "You clip z at ±10, where σ still differs from 0 and 1 in the fifth decimal.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "1/(1 + e^(−z)) is right for z ≥ 0. For z < 0, multiply above and below by e^z: "
            "e^z/(1 + e^z) is the same number.",
        ),
        Hint(
            "It says overflow",
            "Both forms need only e^(−|z|), which never exceeds 1. Work it out once, "
            "for the whole array.",
        ),
        Hint(
            "I nearly have it",
            "With e = exp(−|z|), the denominator is 1 + e on both sides; the numerator is 1 where "
            "z ≥ 0 and e elsewhere: np.where(condition, 1, e).",
        ),
    ),
)


def _cost_from_logits(z: np.ndarray, y: np.ndarray) -> float:
    return nnlib.BinaryCrossEntropy()(z, y)


def _cost_from_probabilities(z: np.ndarray, y: np.ndarray) -> float:
    a = nnlib.sigmoid(z)
    return float(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)))


def _clipped(eps: float) -> Wrong:
    def cost(z: np.ndarray, y: np.ndarray) -> float:
        a = np.clip(nnlib.sigmoid(z), eps, 1 - eps)
        return float(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)))

    return Wrong(
        f"clipped at {eps:g}",
        cost,
        f"An ε of {eps:g}, clipped at or added, caps every loss near {-math.log(eps):.0f}: a "
        f"mistake at z = ±1000 must cost 1000. Work from z itself.",
    )


def _logits(m: int) -> Callable[[np.random.Generator], dict[str, Any]]:
    return lambda rng: {"z": rng.normal(scale=2, size=m), "y": np.arange(m) % 2}


binary_cross_entropy = Exercise(
    id="binary_cross_entropy",
    title="The cost from the logits",
    difficulty=2,
    minutes=15,
    reference=_cost_from_logits,
    library=(nnlib.BinaryCrossEntropy, nnlib.Loss),
    alternatives=(
        lambda z, y: np.mean(np.logaddexp(0, z) - z * y),
        lambda z, y: np.mean(np.where(y == 1, np.logaddexp(0, -z), np.logaddexp(0, z))),
        lambda z, y: np.logaddexp(0, (1 - 2 * y) * z).sum() / len(y),
    ),
    cases=(
        Case("two labels 1", {"z": np.array([2.0, -3.0]), "y": np.array([1, 1])}),
        Case("seven random ones", _logits(7), points=2),
        Case(
            "sure and right costs nothing",
            {"z": np.array([1000.0, -1000.0, 800.0]), "y": np.array([1, 0, 1])},
        ),
        Case(
            "sure and wrong costs |z|",
            {"z": np.array([1000.0, -1000.0, 37.0]), "y": np.array([0, 1, 0])},
            points=2,
        ),
    ),
    wrongs=(
        Wrong(
            "log of σ",
            _cost_from_probabilities,
            "You go through the probability: it rounds to 0 or 1, and its log is −∞. "
            "Work from z itself.",
        ),
        *map(_clipped, (1e-7, 1e-8, 1e-12, 1e-15)),
        Wrong(
            "log(1 + e^z)",
            lambda z, y: np.mean(np.log(1 + np.exp(z)) - z * y),
            "Right on paper, but e^1000 overflows: log(1 + e^z) = max(z, 0) + log(1 + e^(−|z|)).",
        ),
        Wrong(
            "sum",
            lambda z, y: np.sum(softplus(z) - z * y),
            "That is the sum of the losses; the cost J is their mean, so divide by m.",
        ),
        Wrong(
            "per example",
            lambda z, y: softplus(z) - z * y,
            "You return one loss per example; the cost is their mean, a single number.",
        ),
        Wrong(
            "no brackets",
            lambda z, y: np.mean(np.where(y == 1, softplus(-z), -softplus(z))),
            "The minus must stand before both terms: −[y log ŷ + (1 − y) log(1 − ŷ)], in brackets.",
        ),
        Wrong(
            "labels swapped",
            lambda z, y: np.mean(softplus(z) - z * (1 - y)),
            "Your labels are swapped: y goes with log ŷ, and 1 − y with log(1 − ŷ).",
        ),
        Wrong(
            "no minus",
            lambda z, y: np.mean(z * y - softplus(z)),
            "That is the log-likelihood, which we maximise; the cost is minus that.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Put ŷ = σ(z) into L = −[y log ŷ + (1 − y) log(1 − ŷ)] on paper: "
            "it becomes log(1 + e^z) − zy.",
        ),
        Hint(
            "I get inf or nan",
            "log(1 + e^z) overflows for a large z. Take e^z out of the logarithm when z > 0: "
            "log(1 + e^z) = z + log(1 + e^(−z)).",
        ),
        Hint(
            "I nearly have it",
            "One formula for both signs: max(z, 0) − zy + log(1 + e^(−|z|)), "
            "with np.maximum and np.log1p; then the mean.",
        ),
    ),
)

loss_slope = Exercise(
    id="loss_slope",
    title="The first link of the chain",
    difficulty=1,
    minutes=8,
    reference=lambda a, y: (a - y) / (a * (1 - a)),
    alternatives=(
        lambda a, y: -y / a + (1 - y) / (1 - a),
        lambda a, y: np.where(y == 1, -1 / a, 1 / (1 - a)),
    ),
    axes=("m",),
    cases=(
        Case("a = 0.8 where y = 1", {"a": np.array([0.8]), "y": np.array([1])}),
        Case("labels 0", {"a": np.array([0.5, 0.25, 0.9]), "y": np.array([0, 0, 0])}),
        Case(
            "five random ones",
            lambda rng: {"a": rng.uniform(0.1, 0.9, 5), "y": np.array([1, 0, 0, 1, 0])},
            points=2,
        ),
    ),
    wrongs=(
        Wrong(
            "a − y",
            lambda a, y: a - y,
            "a − y is ∂L/∂z, after the second link. Before it there is still the denominator "
            "a(1 − a).",
        ),
        Wrong(
            "first term",
            lambda a, y: -y / a,
            "The second term is missing: where y = 0 the slope is 1/(1 − a).",
        ),
        Wrong(
            "mean",
            lambda a, y: np.mean((a - y) / (a * (1 - a))),
            "Return each example's own slope (m,): the mean comes later, in the cost.",
        ),
        Wrong(
            "a gain",
            lambda a, y: y / a - (1 - y) / (1 - a),
            "The sign is turned round: L has a minus in front of the logarithms.",
        ),
        Wrong(
            "inner derivative",
            lambda a, y: -y / a - (1 - y) / (1 - a),
            "The derivative of log(1 − a) is −1/(1 − a): the inner minus is missing.",
        ),
        Wrong(
            "multiplied",
            lambda a, y: (a - y) * a * (1 - a),
            "You multiply by a(1 − a); that is the squared error's slope in z. Divide instead.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Derive L = −y log a − (1 − y) log(1 − a) by a."),
        Hint(
            "My sign is wrong for y = 0",
            "(log a)′ = 1/a, but (log(1 − a))′ = −1/(1 − a): "
            "the two minuses of the second term cancel.",
        ),
        Hint(
            "I nearly have it",
            "−y/a + (1 − y)/(1 − a) will do; over one denominator it is a − y over a(1 − a).",
        ),
    ),
)


def _gradient(w: np.ndarray, b: float, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    a = nnlib.sigmoid(X @ w + b)
    return X.T @ (a - y) / len(y), float(np.mean(a - y))


def _gradient_row_by_row(
    w: np.ndarray, b: float, X: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, float]:
    dw, db = np.zeros(len(w)), 0.0
    for x_i, y_i in zip(X, y, strict=True):
        error = nnlib.sigmoid(x_i @ w + b) - y_i
        dw, db = dw + error * x_i / len(y), db + error / len(y)
    return dw, db


def _linear_gradient(
    w: np.ndarray, b: float, X: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, float]:
    error = X @ w + b - y
    return X.T @ error / len(y), float(np.mean(error))


def _squared_error_gradient(
    w: np.ndarray, b: float, X: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, float]:
    a = nnlib.sigmoid(X @ w + b)
    dz = (a - y) * a * (1 - a)
    return X.T @ dz / len(y), float(np.mean(dz))


def _scaled(
    dw: float, db: float
) -> Callable[[np.ndarray, float, np.ndarray, np.ndarray], tuple[np.ndarray, float]]:
    """The right gradient with its parts multiplied by dw and db; 0 stands for m, the rows."""

    def wrong(w: np.ndarray, b: float, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
        m, (right_w, right_b) = len(y), _gradient(w, b, X, y)
        return right_w * (dw or m), right_b * (db or m)

    return wrong


def _examples(m: int, n: int) -> Callable[[np.random.Generator], dict[str, Any]]:
    return lambda rng: {
        "w": rng.normal(size=n),
        "b": round(float(rng.normal()), 2),
        "X": rng.normal(size=(m, n)),
        "y": np.arange(m) % 2,
    }


logistic_gradient = Exercise(
    id="logistic_gradient",
    title="The gradient, dw and db",
    difficulty=2,
    minutes=15,
    reference=lambda w, b, X, y: _gradient(w, b, X, y),
    alternatives=(
        _gradient_row_by_row,
        lambda w, b, X, y: (
            np.mean((nnlib.sigmoid(X @ w + b) - y)[:, None] * X, axis=0),
            np.mean(nnlib.sigmoid(X @ w + b) - y),
        ),
    ),
    links=("dw", "db"),
    axes={"dw": ("n",)},
    cases=(
        Case(
            "one example at w = 0, by hand",
            {"w": np.zeros(2), "b": 0.0, "X": np.array([[3.0, -1.0]]), "y": np.array([1])},
        ),
        Case("five examples, three features", _examples(5, 3), points=2),
        Case("seven examples, two features", _examples(7, 2)),
    ),
    wrongs=(
        Wrong(
            "no sigmoid",
            _linear_gradient,
            "You use z where a belongs: that is linear regression. Here a = σ(Xw + b).",
        ),
        Wrong("sum", _scaled(0, 0), "You sum over the examples; J is a mean, so divide by m."),
        Wrong(
            "over n",
            lambda w, b, X, y: (
                _gradient(w, b, X, y)[0] * len(y) / len(w),
                _gradient(w, b, X, y)[1],
            ),
            "You divide dw by the n features; divide by the m examples.",
        ),
        Wrong(
            "not transposed",
            lambda w, b, X, y: (X @ (nnlib.sigmoid(X @ w + b) - y), np.mean(y)),
            "X is (m, n) and the errors are (m,): transpose X, and dw comes out as (n,).",
        ),
        Wrong(
            "dw alone",
            lambda w, b, X, y: _gradient(w, b, X, y)[0],
            "Return two things, dw and db.",
        ),
        Wrong("y − a", _scaled(-1, -1), "The error is a − y; yours is y − a, which points uphill."),
        Wrong(
            "squared error",
            _squared_error_gradient,
            "The factor a(1 − a) belongs to the squared error; with cross-entropy it cancels.",
        ),
        Wrong("db summed", _scaled(1, 0), "dw is right; db is a mean over the examples as well."),
        Wrong(
            "no bias",
            lambda w, b, X, y: _gradient(w, 0.0, X, y),
            "You leave b out of z = Xw + b.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "First the prediction a of every example, then its error a − y, both of shape (m,).",
        ),
        Hint(
            "My shapes do not fit",
            "dw has one entry per feature (n,): feature j weighs every error by x_ij. "
            "X is (m, n) and the errors are (m,), so X must be transposed.",
        ),
        Hint(
            "I nearly have it",
            "dw is the transpose of X times the errors, over m; db is the mean of the errors.",
        ),
    ),
)


def _update_in_place(
    w: np.ndarray, b: float, x: np.ndarray, y: int, alpha: float
) -> tuple[np.ndarray, float]:
    error = y - int(x @ w + b > 0)
    w += alpha * error * x
    return w, b + alpha * error


def _stepping(
    unit: Callable[[float], float], sign: float = 1
) -> Callable[[np.ndarray, float, np.ndarray, int, float], tuple[np.ndarray, float]]:
    """The rule with another unit in the step's place, or another sign."""

    def wrong(
        w: np.ndarray, b: float, x: np.ndarray, y: int, alpha: float
    ) -> tuple[np.ndarray, float]:
        step = sign * alpha * (y - unit(float(x @ w + b)))
        return w + step * x, b + step

    return wrong


def _one_turn(z: float, y: int) -> Callable[[np.random.Generator], dict[str, Any]]:
    """Three random inputs whose weighted sum is z, and the label y."""

    def make(rng: np.random.Generator) -> dict[str, Any]:
        w, x = rng.normal(size=3), rng.normal(size=3)
        return {"w": w, "b": round(z - float(x @ w), 2), "x": x, "y": y, "alpha": 0.5}

    return make


perceptron_update = Exercise(
    id="perceptron_update",
    title="Rosenblatt's rule",
    difficulty=1,
    minutes=10,
    reference=library_update,
    alternatives=(
        lambda w, b, x, y, alpha: (
            (w, b)
            if (x @ w + b > 0) == (y == 1)
            else (w + alpha * (2 * y - 1) * x, b + alpha * (2 * y - 1))
        ),
    ),
    links=("w", "b"),
    axes={"w": ("n",)},
    cases=(
        Case(
            "AND at its first (1, 1): z = 0 counts as no",
            {"w": np.zeros(2), "b": 0.0, "x": np.ones(2), "y": 1, "alpha": 1.0},
        ),
        Case("a missed 1", _one_turn(-1.5, 1)),
        Case("a false alarm", _one_turn(0.75, 0)),
        Case("a right answer changes nothing", _one_turn(2.0, 1)),
    ),
    wrongs=(
        Wrong("in place", _update_in_place, "w += … changes the caller's own w; write w = w + …"),
        Wrong(
            "z ≥ 0",
            _stepping(lambda z: float(z >= 0)),
            "Your unit says 1 at z = 0; the step is 1 only for z > 0.",
        ),
        Wrong(
            "no α",
            lambda w, b, x, y, alpha: library_update(w, b, x, y),
            "α is missing: both moves are α times the error.",
        ),
        Wrong(
            "b not in z",
            lambda w, b, x, y, alpha: (
                w + alpha * (y - float(x @ w > 0)) * x,
                b + alpha * (y - float(x @ w > 0)),
            ),
            "You decide by x·w alone; z = x·w + b.",
        ),
        Wrong(
            "away",
            _stepping(lambda z: float(z > 0), sign=-1),
            "You move the wrong way: a missed 1 must pull w towards x, so the error is y − ŷ.",
        ),
        Wrong(
            "no step",
            _stepping(lambda z: z),
            "You compare y with z itself; Rosenblatt compares it with the step's answer, 0 or 1.",
        ),
        Wrong(
            "sigmoid",
            _stepping(lambda z: float(nnlib.sigmoid(np.array(z)))),
            "That is the logistic unit's step, with ŷ = σ(z); here ŷ is 0 or 1, "
            "and a right answer changes nothing.",
        ),
        Wrong(
            "always",
            lambda w, b, x, y, alpha: (w + alpha * (2 * y - 1) * x, b + alpha * (2 * y - 1)),
            "You move after every example; move only after a mistake.",
        ),
        Wrong(
            "no bias",
            lambda w, b, x, y, alpha: (w + alpha * (y - float(x @ w + b > 0)) * x, b),
            "b stays where it was; it moves by α(y − ŷ), as if its input were always 1.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "First z = x·w + b, then ŷ: 1 if z > 0, else 0."),
        Hint(
            "It moves when it should not",
            "y − ŷ is 1 after a missed 1, −1 after a false alarm and 0 after a right answer.",
        ),
        Hint(
            "I nearly have it",
            "Return two new values: w plus α(y − ŷ) times x, and b plus α(y − ŷ).",
        ),
    ),
)


def _counts(y: np.ndarray, y_hat: np.ndarray) -> tuple[int, int, int, int]:
    TN, FP, FN, TP = nnlib.metrics.confusion_matrix(y, y_hat, labels=np.array([0, 1])).ravel()
    return int(TP), int(FP), int(FN), int(TN)


def _judge(y: np.ndarray, a: np.ndarray, threshold: float) -> dict[str, float]:
    y_hat = (a >= threshold).astype(int)
    TP, FP, FN, TN = _counts(y, y_hat)
    P, R = nnlib.metrics.precision(y, y_hat), nnlib.metrics.recall(y, y_hat)
    F1 = nnlib.metrics.f1(y, y_hat)
    return {"TP": TP, "FP": FP, "FN": FN, "TN": TN, "precision": P, "recall": R, "F1": F1}


def _judge_by_masks(y: np.ndarray, a: np.ndarray, threshold: float) -> tuple[float, ...]:
    called = a >= threshold
    TP, FP = np.sum(called & (y == 1)), np.sum(called & (y == 0))
    FN, TN = np.sum(~called & (y == 1)), np.sum(~called & (y == 0))
    P = TP / (TP + FP) if TP + FP else 0.0
    return TP, FP, FN, TN, P, TP / (TP + FN), 2 * TP / (2 * TP + FP + FN)


def _divided_by_zero(y: np.ndarray, a: np.ndarray, threshold: float) -> tuple[float, ...]:
    TP, FP, FN, TN, _, R, F1 = _judge_by_masks(y, a, threshold)
    with np.errstate(invalid="ignore"):
        return TP, FP, FN, TN, np.float64(TP) / (TP + FP), R, F1


def _nan_in_f1(y: np.ndarray, a: np.ndarray, threshold: float) -> tuple[float, ...]:
    *counts, P, R, _ = _divided_by_zero(y, a, threshold)
    return *counts, P, R, 2 * P * R / (P + R)


def _python_division(y: np.ndarray, a: np.ndarray, threshold: float) -> tuple[float, ...]:
    TP, FP, FN, TN = _counts(y, (a >= threshold).astype(int))
    P, R = TP / (TP + FP), TP / (TP + FN)
    return TP, FP, FN, TN, P, R, 2 * P * R / (P + R)


def _arithmetic_f1(y: np.ndarray, a: np.ndarray, threshold: float) -> tuple[float, ...]:
    *counts, P, R, _ = _judge_by_masks(y, a, threshold)
    return *counts, P, R, (P + R) / 2


def _errors_swapped(y: np.ndarray, a: np.ndarray, threshold: float) -> tuple[float, ...]:
    TP, FP, FN, TN, P, R, F1 = _judge_by_masks(y, a, threshold)
    return TP, FN, FP, TN, R, P, F1


def _ratios_swapped(y: np.ndarray, a: np.ndarray, threshold: float) -> tuple[float, ...]:
    *counts, P, R, F1 = _judge_by_masks(y, a, threshold)
    return *counts, R, P, F1


def _scores(rng: np.random.Generator) -> dict[str, Any]:
    y = rng.permutation([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    a = np.where(y == 1, [0.9, 0.8, 0.7, 0.3] * 2 + [0.9, 0.8, 0.7], 0.05 + 0.1 * rng.random(11))
    a[np.flatnonzero(y == 0)[:2]] = [0.55, 0.95]
    a[np.flatnonzero(y == 1)[:2]] = [0.65, 0.3]
    return {"y": y, "a": a, "threshold": 0.6}


threshold_metrics = Exercise(
    id="threshold_metrics",
    title="From a threshold to precision, recall and F1",
    difficulty=2,
    minutes=15,
    reference=_judge,
    library=(
        nnlib.metrics.confusion_matrix,
        nnlib.metrics.precision,
        nnlib.metrics.recall,
        nnlib.metrics.f1,
    ),
    alternatives=(_judge_by_masks,),
    links=("TP", "FP", "FN", "TN", "precision", "recall", "F1"),
    cases=(
        Case(
            "six tumours, one exactly at the threshold",
            {
                "y": np.array([1, 1, 1, 0, 0, 0]),
                "a": np.array([0.9, 0.5, 0.2, 0.7, 0.6, 0.1]),
                "threshold": 0.5,
            },
        ),
        Case("eleven tumours at 0.6", _scores, points=2),
        Case(
            "a threshold that nobody reaches",
            {
                "y": np.array([0, 1, 1, 0, 0]),
                "a": np.array([0.3, 0.9, 0.6, 0.1, 0.8]),
                "threshold": 0.99,
            },
        ),
    ),
    wrongs=(
        Wrong(
            "above only",
            lambda y, a, threshold: _judge_by_masks(y, a, np.nextafter(threshold, 2)),
            "An example exactly at the threshold counts as 1: use ≥, not >.",
        ),
        Wrong(
            "always 0.5",
            lambda y, a, threshold: _judge_by_masks(y, a, 0.5),
            "You decide at 0.5 whatever threshold is given.",
        ),
        Wrong(
            "FP and FN",
            _errors_swapped,
            "FP and FN are swapped: a false positive is a 0 that was called 1.",
        ),
        Wrong(
            "P and R",
            _ratios_swapped,
            "Precision and recall are swapped: precision divides by all that were called 1.",
        ),
        Wrong(
            "plain mean",
            _arithmetic_f1,
            "F1 is the harmonic mean 2PR/(P + R), not the plain one.",
        ),
        Wrong(
            "0/0",
            _divided_by_zero,
            "When nobody is called 1, precision is 0/0: return 0 then.",
        ),
        Wrong(
            "0/0 and F1",
            _nan_in_f1,
            "When nobody is called 1, precision is 0/0, and its nan spreads to F1: "
            "return 0 for both.",
        ),
        Wrong(
            "ZeroDivisionError",
            _python_division,
            "When nobody is called 1, TP + FP is 0: a ratio without examples counts as 0 here.",
        ),
        Wrong(
            "benign sought",
            lambda y, a, threshold: _judge_by_masks(1 - y, np.where(a >= threshold, 0, 1), 0.5),
            "You count the zeros: the class we look for is 1.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "First ŷ: 1 where a ≥ threshold. Then count four groups, such as y = 1 and ŷ = 1.",
        ),
        Hint(
            "My counts do not add up",
            "Each of TP, FP, FN, TN is np.sum of two conditions joined by &, each in parentheses; "
            "together they make m.",
        ),
        Hint(
            "I get nan or a ZeroDivisionError",
            "Guard each division: TP/(TP + FP) if TP + FP > 0, else 0. "
            "F1 = 2TP/(2TP + FP + FN) needs no P and R.",
        ),
    ),
)


def _fold_facts(answer: Callable[[int, int], Any], m: int, k: int) -> dict[str, Any]:
    """What makes folds right, whichever rows they hold."""
    folds = [(np.asarray(train), np.asarray(validation)) for train, validation in answer(m, k)]
    validated = [np.sort(validation) for _, validation in folds]
    return {
        "number of folds": len(folds),
        "rows validated, all folds together": np.sort(np.concatenate(validated)),
        "validation rows per fold, sorted": np.sort([len(rows) for rows in validated]),
        "training rows that are validated too": [len(np.intersect1d(*fold)) for fold in folds],
        "rows in neither part": [m - len(np.union1d(*fold)) for fold in folds],
    }


def _library_folds(m: int, k: int) -> list[Pair]:
    return list(nnlib.k_fold(m, k, rng=np.random.default_rng(0)))


def _beside(m: int, parts: list[np.ndarray]) -> list[Pair]:
    return [(np.setdiff1d(np.arange(m), part), part) for part in parts]


def _without_the_rest(m: int, k: int) -> list[Pair]:
    size = m // k
    return _beside(m, [np.arange(i * size, (i + 1) * size) for i in range(k)])


def _rest_in_the_last(m: int, k: int) -> list[Pair]:
    size = m // k
    ends = [size * (i + 1) for i in range(k - 1)] + [m]
    return _beside(m, [np.arange(size * i, end) for i, end in enumerate(ends)])


def _rounded_up(m: int, k: int) -> list[Pair]:
    size = math.ceil(m / k)
    return _beside(m, [np.arange(m)[i * size : (i + 1) * size] for i in range(k)])


def _drawn_anew(m: int, k: int) -> list[Pair]:
    rng = np.random.default_rng(1)
    parts = np.array_split(np.arange(m), k)
    return _beside(m, [rng.permutation(m)[: len(part)] for part in parts])


def _parts(m: int, k: int) -> list[np.ndarray]:
    return np.array_split(np.arange(m), k)


k_fold = Exercise(
    id="k_fold",
    title="K folds",
    difficulty=2,
    minutes=15,
    reference=_library_folds,
    library=(nnlib.k_fold, nnlib.split),
    run=_fold_facts,
    alternatives=(
        lambda m, k: _beside(m, _parts(m, k)),
        lambda m, k: [
            (np.flatnonzero(np.arange(m) % k != i), np.flatnonzero(np.arange(m) % k == i))
            for i in range(k)
        ],
        lambda m, k: _beside(m, np.array_split(np.random.default_rng(5).permutation(m), k)),
    ),
    cases=(
        Case("12 rows in 4 folds", {"m": 12, "k": 4}),
        Case("10 rows in 4 folds", {"m": 10, "k": 4}, points=2),
        Case("569 rows in 10 folds", {"m": 569, "k": 10}),
    ),
    wrongs=(
        Wrong(
            "rest lost",
            _without_the_rest,
            "m // k rows per fold lose the rest of the division: the last rows get no turn.",
        ),
        Wrong(
            "rest in the last",
            _rest_in_the_last,
            "Your last fold takes all that is left over; spread it, one row more per fold.",
        ),
        Wrong(
            "rounded up",
            _rounded_up,
            "You round m / k up for every fold, so the last one starves: "
            "10 rows in 4 folds are 3, 3, 2 and 2.",
        ),
        Wrong(
            "parts alone",
            lambda m, k: [np.sort(part) for part in _parts(m, k)],
            "You return the parts alone; pair each with the rows to train on.",
        ),
        Wrong(
            "trains on all",
            lambda m, k: [(np.arange(m), part) for part in _parts(m, k)],
            "You train on all rows, those to be validated among them: leave those out.",
        ),
        Wrong(
            "swapped",
            lambda m, k: [(part, train) for train, part in _beside(m, _parts(m, k))],
            "Your pairs are (validation, training); return (training, validation).",
        ),
        Wrong(
            "drawn anew",
            _drawn_anew,
            "You draw each validation part anew, so some rows come twice and some never: "
            "cut one order of the rows into k parts.",
        ),
        Wrong(
            "one fold",
            lambda m, k: _beside(m, _parts(m, k))[:1],
            "You return one split; each of the k parts must be the validation part once.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Cut 0 … m−1 into k parts. Each part is the validation part once.",
        ),
        Hint(
            "My folds have the wrong sizes",
            "10 rows in 4 folds are 3, 3, 2 and 2. np.array_split spreads the rest like that; "
            "so does row number modulo k.",
        ),
        Hint(
            "I nearly have it",
            "The training rows of a fold are all rows that are not in its part: np.setdiff1d, "
            "or np.concatenate of the other parts.",
        ),
    ),
)


def _pairs(y: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return scores[y == 1][:, None] - scores[y == 0]


def _auc_by_loops(y: np.ndarray, scores: np.ndarray) -> float:
    won = [
        (positive > negative) + 0.5 * (positive == negative)
        for positive in scores[y == 1]
        for negative in scores[y == 0]
    ]
    return float(np.mean(won))


def _ranked(rng: np.random.Generator) -> dict[str, Any]:
    y = rng.permutation([1] * 4 + [0] * 7)
    return {"y": y, "scores": np.round(rng.normal(size=11) + y, 1)}


auc = Exercise(
    id="auc",
    title="AUC, pair by pair",
    difficulty=3,
    minutes=15,
    reference=nnlib.metrics.auc,
    library=(nnlib.metrics.roc_curve,),
    alternatives=(
        _auc_by_loops,
        lambda y, scores: np.mean((np.sign(_pairs(y, scores)) + 1) / 2),
    ),
    cases=(
        Case(
            "two positives, three negatives",
            {"y": np.array([1, 0, 1, 0, 0]), "scores": np.array([0.9, 0.8, 0.4, 0.3, 0.1])},
        ),
        Case(
            "ties",
            {"y": np.array([1, 0, 0, 1, 0]), "scores": np.array([0.5, 0.5, 0.2, 0.7, 0.7])},
            points=2,
        ),
        Case("eleven random ones", _ranked),
    ),
    wrongs=(
        Wrong(
            "ties lost",
            lambda y, scores: np.mean(_pairs(y, scores) > 0),
            "Your ties count as lost; a pair with equal scores counts one half.",
        ),
        Wrong(
            "ties won",
            lambda y, scores: np.mean(_pairs(y, scores) >= 0),
            "Your ties count as won; a pair with equal scores counts one half.",
        ),
        Wrong(
            "backwards",
            lambda y, scores: np.mean((1 - np.sign(_pairs(y, scores))) / 2),
            "You count the pairs in which the negative scores higher: that is 1 − AUC.",
        ),
        Wrong(
            "all pairs",
            lambda y, scores: np.sum((np.sign(_pairs(y, scores)) + 1) / 2) / len(y) ** 2,
            "You divide by all m² pairs; only a positive with a negative makes a pair.",
        ),
        Wrong(
            "accuracy",
            lambda y, scores: np.mean((scores >= 0.5) == (y == 1)),
            "That is the accuracy at the threshold 0.5; AUC needs no threshold.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Take every positive with every negative: who scores higher? Two loops will do.",
        ),
        Hint(
            "It is only wrong with equal scores",
            "A pair counts 1 when the positive is higher, ½ when they are equal, 0 when lower.",
        ),
        Hint(
            "I nearly have it",
            "Select the scores of each class, compare them as a column with a row "
            "(index one with [:, None]), and take the mean over all pairs.",
        ),
    ),
)

EXERCISES = (
    sigmoid,
    binary_cross_entropy,
    loss_slope,
    logistic_gradient,
    perceptron_update,
    threshold_metrics,
    k_fold,
    auc,
)
