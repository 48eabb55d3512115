"""Numbers a person can judge a model by, from the confusion matrix to the area under the ROC."""

from __future__ import annotations

import numpy as np

from nnlib.validation import as_float, one_of, vector

AVERAGES = ("binary", "macro", "micro", "weighted")


def confusion_matrix(
    y: np.ndarray, y_hat: np.ndarray, labels: np.ndarray | None = None
) -> np.ndarray:
    """C[i, j] counts the examples of class i that were predicted as class j.

    Shapes    y, y_hat (m,)   C (K, K), in the order of `labels` (default: all that occur, sorted)
    Raises ValueError for other lengths, or a label that is not in `labels`.
    """
    y, y_hat = _pair(y, y_hat)
    known = np.unique(np.concatenate([y, y_hat])) if labels is None else np.asarray(labels)
    for name, values in (("y", y), ("y_hat", y_hat)):
        unknown = ~np.isin(values, known)
        if unknown.any():
            label = values[unknown].tolist()[0]
            raise ValueError(f"{name} holds the label {label!r}, which is not in {known}")
    order = np.argsort(known)
    i = order[np.searchsorted(known, y, sorter=order)]
    j = order[np.searchsorted(known, y_hat, sorter=order)]
    K = len(known)
    return np.bincount(i * K + j, minlength=K * K).reshape(K, K)


def accuracy(y: np.ndarray, y_hat: np.ndarray) -> float:
    """The share of examples predicted right; y, y_hat (m,)."""
    y, y_hat = _pair(y, y_hat)
    return float(np.mean(y == y_hat))


def precision(y: np.ndarray, y_hat: np.ndarray, *, average: str = "binary") -> float:
    """TP / (TP + FP): of those called positive, how many are; 0 when none is called so.

    "binary" takes class 1; over classes "macro" mean, "weighted" by class size, "micro" pooled.
    """
    tp, called, actual = _counts(y, y_hat, average)
    return _averaged(_ratio(tp, called), actual, average)


def recall(y: np.ndarray, y_hat: np.ndarray, *, average: str = "binary") -> float:
    """TP / (TP + FN): of the positive ones, how many are found; averages as for precision."""
    tp, _, actual = _counts(y, y_hat, average)
    return _averaged(_ratio(tp, actual), actual, average)


def f1(y: np.ndarray, y_hat: np.ndarray, *, average: str = "binary") -> float:
    """2PR / (P + R) = 2TP / (2TP + FP + FN): the harmonic mean of precision and recall."""
    tp, called, actual = _counts(y, y_hat, average)
    return _averaged(_ratio(2 * tp, called + actual), actual, average)


def roc_curve(y: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False and true positive rates as the threshold falls past each score.

    Shapes    y (m,) of 0 and 1   scores (m,)   fpr, tpr, thresholds (distinct scores + 1,)
    Raises ValueError unless both classes occur.
    """
    y, scores = vector(y, "y"), as_float(vector(scores, "scores"), "scores")
    if len(y) != len(scores):
        raise ValueError(f"y and scores must have one length, got {len(y)} and {len(scores)}")
    classes = np.unique(y)
    if not np.array_equal(classes, [0, 1]):
        raise ValueError(f"the ROC curve needs both classes 0 and 1, got the labels {classes}")
    order = np.argsort(-scores, kind="stable")
    y, scores = y[order].astype(bool), scores[order]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True))
    tp, fp = np.cumsum(y)[last], np.cumsum(~y)[last]
    tpr, fpr = np.append(0, tp / tp[-1]), np.append(0, fp / fp[-1])
    return fpr, tpr, np.append(np.inf, scores[last])


def auc(y: np.ndarray, scores: np.ndarray) -> float:
    """The area under the ROC curve: the chance that a positive outscores a negative (ties half)."""
    fpr, tpr, _ = roc_curve(y, scores)
    return float(np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2))


def mse(y: np.ndarray, y_hat: np.ndarray) -> float:
    """1/m Σ (ŷ − y)²."""
    y, y_hat = _reals(y, y_hat)
    return float(np.mean((y_hat - y) ** 2))


def rmse(y: np.ndarray, y_hat: np.ndarray) -> float:
    """√(1/m Σ (ŷ − y)²), in the units of y."""
    return float(np.sqrt(mse(y, y_hat)))


def mae(y: np.ndarray, y_hat: np.ndarray) -> float:
    """1/m Σ |ŷ − y|, in the units of y."""
    y, y_hat = _reals(y, y_hat)
    return float(np.mean(np.abs(y_hat - y)))


def r2(y: np.ndarray, y_hat: np.ndarray) -> float:
    """1 − Σ (ŷ − y)²/Σ (y − ȳ)²: 1 is exact, 0 the mean's; ValueError for constant y."""
    y, y_hat = _reals(y, y_hat)
    if np.ptp(y) == 0:
        raise ValueError("R² needs targets that vary, got the same value everywhere")
    return float(1 - np.sum((y_hat - y) ** 2) / np.sum((y - y.mean()) ** 2))


def _pair(y: np.ndarray, y_hat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, y_hat = vector(y, "y"), vector(y_hat, "y_hat")
    if len(y) != len(y_hat):
        raise ValueError(f"y and y_hat must have one length, got {len(y)} and {len(y_hat)}")
    kinds = y.dtype.kind + y_hat.dtype.kind
    if any(kind in "US" for kind in kinds) and any(kind in "biuf" for kind in kinds):
        raise ValueError(
            f"y and y_hat must hold one kind of labels, got {y.dtype} and {y_hat.dtype}"
        )
    return y, y_hat


def _reals(y: np.ndarray, y_hat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, y_hat = _pair(y, y_hat)
    return as_float(y, "y"), as_float(y_hat, "y_hat")


def _counts(
    y: np.ndarray, y_hat: np.ndarray, average: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True positives, predicted and actual counts, per class that the average needs."""
    one_of(average, "average", AVERAGES)
    y, y_hat = _pair(y, y_hat)
    classes = np.unique(np.concatenate([y, y_hat]))
    if average == "binary":
        if not np.isin(classes, (0, 1)).all():
            raise ValueError(f"average='binary' needs labels 0 and 1, got {classes}")
        classes = np.array([1])
    is_y, is_hat = y[:, None] == classes, y_hat[:, None] == classes
    counts = (is_y & is_hat).sum(axis=0), is_hat.sum(axis=0), is_y.sum(axis=0)
    if average == "micro":
        return tuple(c.sum(keepdims=True) for c in counts)
    return counts


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


def _averaged(per_class: np.ndarray, actual: np.ndarray, average: str) -> float:
    weights = actual if average == "weighted" else None
    return float(np.average(per_class, weights=weights))
