"""Two curves tell what a model lacks: against the training set's size, and against a setting.

Training and validation scores that stay apart mean variance, which more data or a penalty cures;
both poor and close together mean bias (D0, D3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nnlib.parallel import parallel_map
from nnlib.splits import k_fold
from nnlib.validation import count

Scores = tuple[float, float]


class Curve(NamedTuple):
    """Scores on the training and the validation rows, for each value and fold.

    Shapes    values (p,)   training, validation (p, k); NaN where an interrupt came first
    """

    values: np.ndarray
    training: np.ndarray
    validation: np.ndarray


def learning_curve(
    score: Callable[[np.ndarray, np.ndarray, np.random.Generator], Scores],
    m: int,
    sizes: Sequence[int],
    *,
    k: int = 5,
    rng: np.random.Generator,
    stratify: np.ndarray | None = None,
    n_jobs: int | None = None,
    progress: bool = True,
) -> Curve:
    """How scores change as the training set grows, over k folds of m rows.

    `score(training, validation, rng)` trains on some rows and returns its scores on these and on
    the validation rows, both index arrays. The rows of a size are among those of every larger one.
    Raises ValueError for a size that is larger than a fold's training set.
    """
    folds = [(rng.permutation(rows), val) for rows, val in k_fold(m, k, rng=rng, stratify=stratify)]
    most = min(len(rows) for rows, _ in folds)
    for size in sizes:
        if count(size, "a training size") > most:
            raise ValueError(f"{k} folds of {m} rows train on {most} at most, got a size of {size}")
    settings = [(rows[:size], val) for size in sizes for rows, val in folds]
    return _curve(score, sizes, settings, k, rng, n_jobs, progress)


def validation_curve(
    score: Callable[[Any, np.ndarray, np.ndarray, np.random.Generator], Scores],
    m: int,
    values: Sequence[Any],
    *,
    k: int = 5,
    rng: np.random.Generator,
    stratify: np.ndarray | None = None,
    n_jobs: int | None = None,
    progress: bool = True,
) -> Curve:
    """How scores change with one setting, such as the penalty λ, over k folds of m rows (D3).

    `score(value, training, validation, rng)` trains with that value on some rows and returns its
    scores on these and on the validation rows, both index arrays.
    """
    folds = list(k_fold(m, k, rng=rng, stratify=stratify))
    settings = [(value, rows, val) for value in values for rows, val in folds]
    return _curve(score, values, settings, k, rng, n_jobs, progress)


def _curve(
    score: Callable[..., Scores],
    values: Sequence[Any],
    settings: list[tuple[Any, ...]],
    k: int,
    rng: np.random.Generator,
    n_jobs: int | None,
    progress: bool,
) -> Curve:
    if not settings:
        raise ValueError("a curve needs at least one value")
    own = rng.spawn(len(settings))
    jobs = [(score, *setting, rng) for setting, rng in zip(settings, own, strict=True)]
    measured = parallel_map(_measure, jobs, n_jobs=n_jobs, progress=progress, unit="fit")
    both = np.full((len(jobs), 2), np.nan)
    for i, scores in measured.items():
        both[i] = scores
    training, validation = both.reshape(len(values), k, 2).transpose(2, 0, 1)
    return Curve(_one_entry_each(values), training, validation)


def _measure(score: Callable[..., Scores], *job: Any) -> Scores:
    scores = score(*job)
    if np.shape(scores) != (2,):
        raise ValueError(f"score must return (training score, validation score), got {scores!r}")
    return scores


def _one_entry_each(values: Sequence[Any]) -> np.ndarray:
    """The values (p,); one that is itself a list, such as layer sizes, stays whole."""
    if all(np.isscalar(value) for value in values):
        return np.asarray(values)
    entries = np.empty(len(values), object)
    for i, value in enumerate(values):
        entries[i] = value
    return entries
