"""Rows for training, for choosing and for the final word: index arrays that never overlap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nnlib.validation import count, generator, vector


def split(
    m: int,
    fractions: Sequence[float],
    *,
    rng: np.random.Generator,
    stratify: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Shuffle 0 … m−1 and cut it: 0.7, 0.3 or 0.6, 0.2, 0.2; at a million 0.98, 0.01, 0.01 (D0).

    With stratify=y (m,) every part keeps the classes' proportions as nearly as whole rows allow.
    Returns one index array per fraction. Raises ValueError when the fractions do not sum to 1 or a
    part would be empty.
    """
    count(m, "m"), generator(rng)
    several = np.ndim(fractions) == 1
    if not (several and min(fractions, default=0) > 0 and abs(sum(fractions) - 1) < 1e-9):
        raise ValueError(f"fractions must be positive and sum to 1, got {fractions}")
    cuts = np.cumsum(fractions)[:-1]
    parts: list[list[np.ndarray]] = [[] for _ in fractions]
    for rows in _strata(m, stratify):
        shuffled = rng.permutation(rows)
        bounds = np.rint(cuts * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(shuffled, bounds), strict=True):
            part.append(piece)
    out = [rng.permutation(np.concatenate(pieces)) for pieces in parts]
    if min(map(len, out)) == 0:
        raise ValueError(f"{m} rows cannot fill the parts {tuple(fractions)}: one would be empty")
    return out


def k_fold(
    m: int, k: int, *, rng: np.random.Generator, stratify: np.ndarray | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """K-fold cross-validation (D1, D2): k pairs (training, validation) of index arrays.

    Every row is validated exactly once; fold sizes differ by at most one, with stratify=y (m,) by
    at most one per class. Raises ValueError unless 2 ≤ k ≤ m, or a class has fewer than k rows.
    """
    count(m, "m"), count(k, "k", least=2), generator(rng)
    if k > m:
        raise ValueError(f"{k} folds need at least {k} rows, got m = {m}")
    strata = _strata(m, stratify)
    if stratify is not None and min(map(len, strata)) < k:
        raise ValueError(
            f"{k} stratified folds need {k} rows of every class, "
            f"the rarest has {min(map(len, strata))}"
        )
    fold_of = np.empty(m, dtype=np.intp)
    dealt = 0
    for rows in strata:
        fold_of[rng.permutation(rows)] = (dealt + np.arange(len(rows))) % k
        dealt += len(rows)
    return ((np.flatnonzero(fold_of != i), np.flatnonzero(fold_of == i)) for i in range(k))


def minibatches(
    m: int, batch_size: int | None = None, *, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray | slice]:
    """The rows of one epoch in batches; shuffled when rng is given, the last batch may be smaller.

    Yields index arrays (b,), or slices when the order is kept. batch_size=None means all m rows.
    """
    count(m, "m")
    size = m if batch_size is None else count(batch_size, "batch_size")
    order = None if rng is None or size >= m else generator(rng).permutation(m)
    batches = (slice(start, min(start + size, m)) for start in range(0, m, size))
    return batches if order is None else (order[batch] for batch in batches)


def _strata(m: int, stratify: np.ndarray | None) -> list[np.ndarray]:
    if stratify is None:
        return [np.arange(m)]
    y = vector(stratify, "stratify", length=m)
    return [np.flatnonzero(y == label) for label in np.unique(y)]
