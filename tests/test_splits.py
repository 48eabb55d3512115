"""Splits, folds and batches: disjoint, complete, in proportion, and repeatable."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.model_selection import StratifiedKFold

from nnlib import k_fold, minibatches, split

seeds = st.integers(0, 2**32 - 1)


def seeded(seed):
    return np.random.default_rng(seed)


def is_a_partition(parts, m):
    return sorted(np.concatenate(parts).tolist()) == list(range(m))


@given(
    st.integers(20, 400), st.sampled_from([(0.7, 0.3), (0.6, 0.2, 0.2), (0.9, 0.05, 0.05)]), seeds
)
def test_a_split_is_a_shuffled_partition_in_proportion(m, fractions, seed):
    parts = split(m, fractions, rng=seeded(seed))
    assert is_a_partition(parts, m)
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - fraction * m) <= 1
        assert X_rows_differ_from_order(part) or len(part) < 6
    again = split(m, fractions, rng=seeded(seed))
    assert all(np.array_equal(a, b) for a, b in zip(parts, again, strict=True))


def X_rows_differ_from_order(part):
    return not np.array_equal(part, np.sort(part))


def test_the_lectures_cuts():
    assert [len(p) for p in split(1000, (0.7, 0.3), rng=seeded(0))] == [700, 300]
    assert [len(p) for p in split(1000, (0.6, 0.2, 0.2), rng=seeded(0))] == [600, 200, 200]
    parts = split(1_000_000, (0.98, 0.01, 0.01), rng=seeded(0))
    assert [len(p) for p in parts] == [980_000, 10_000, 10_000]


@given(st.lists(st.sampled_from("abc"), min_size=30, max_size=200), seeds)
def test_a_stratified_split_keeps_the_classes_shares(y, seed):
    y = np.array(y)
    parts = split(len(y), (0.5, 0.3, 0.2), rng=seeded(seed), stratify=y)
    assert is_a_partition(parts, len(y))
    for label in np.unique(y):
        for part, fraction in zip(parts, (0.5, 0.3, 0.2), strict=True):
            assert abs(np.sum(y[part] == label) - fraction * np.sum(y == label)) <= 1


@given(st.integers(2, 120), st.data())
def test_folds_validate_every_row_once(m, data):
    k, seed = data.draw(st.integers(2, m)), data.draw(seeds)
    folds = list(k_fold(m, k, rng=seeded(seed)))
    assert len(folds) == k
    assert is_a_partition([validation for _, validation in folds], m)
    for train, validation in folds:
        assert is_a_partition([train, validation], m)
        assert len(validation) in (m // k, -(-m // k))


@given(st.lists(st.integers(0, 2), min_size=12, max_size=90), st.integers(2, 5), seeds)
def test_stratified_folds_differ_by_one_per_class(y, k, seed):
    y = np.array(y + 5 * [0, 1, 2])
    folds = list(k_fold(len(y), k, rng=seeded(seed), stratify=y))
    assert is_a_partition([validation for _, validation in folds], len(y))
    counts = np.array([np.bincount(y[v], minlength=3) for _, v in folds])
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1
    theirs = StratifiedKFold(k, shuffle=True, random_state=0).split(y[:, None], y)
    expected = np.array([np.bincount(y[v], minlength=3) for _, v in theirs])
    assert_array_equal(np.sort(counts, axis=0), np.sort(expected, axis=0))


def test_folds_depend_on_the_generator_alone():
    one, same, other = (
        [v.tolist() for _, v in k_fold(30, 3, rng=seeded(seed))] for seed in (1, 1, 2)
    )
    assert one == same != other
    assert one[0] != list(range(10))


@given(st.integers(1, 100), st.integers(1, 120), st.booleans(), seeds)
def test_batches_cover_an_epoch(m, size, shuffled, seed):
    rows = np.arange(m)
    batches = list(minibatches(m, size, rng=seeded(seed) if shuffled else None))
    assert len(batches) == -(-m // size)
    assert all(len(rows[batch]) == size for batch in batches[:-1])
    seen = np.concatenate([rows[batch] for batch in batches])
    assert_array_equal(np.sort(seen), rows)
    if not shuffled:
        assert_array_equal(seen, rows)


def test_batches_come_in_a_new_order_each_epoch(rng):
    first, second = (np.concatenate(list(minibatches(50, 8, rng=rng))) for _ in range(2))
    assert (first != np.arange(50)).any()
    assert (first != second).any()


def test_no_batch_size_means_all_rows(rng):
    assert list(minibatches(9)) == [slice(0, 9)]
    assert list(minibatches(9, rng=rng)) == [slice(0, 9)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda rng: split(10, (0.7, 0.2), rng=rng),
            "fractions must be positive and sum to 1, got",
        ),
        (lambda rng: split(10, (1.2, -0.2), rng=rng), "fractions must be positive and sum to 1"),
        (lambda rng: split(10, (), rng=rng), r"fractions must be positive and sum to 1, got \(\)"),
        (lambda rng: split(10, (0.7, np.nan), rng=rng), "sum to 1, got \\(0.7, nan\\)"),
        (lambda rng: split(10, (np.nan, 0.3), rng=rng), "sum to 1, got \\(nan, 0.3\\)"),
        (lambda rng: split(10, 0.7, rng=rng), "fractions must be positive and sum to 1, got 0.7"),
        (lambda rng: split(np.ones((9, 2)), (0.7, 0.3), rng=rng), "got an array of shape .9, 2"),
        (lambda rng: split(10, (0.98, 0.01, 0.01), rng=rng), "10 rows cannot fill the parts"),
        (lambda rng: split(0, (0.5, 0.5), rng=rng), "m must be a whole number ≥ 1, got 0"),
        (
            lambda rng: split(4, (0.5, 0.5), rng=rng, stratify=np.ones(3)),
            "stratify must have 4 entries, got 3",
        ),
        (
            lambda rng: split(4, (0.5, 0.5), rng=rng, stratify=[0, 1, np.nan, 1]),
            r"stratify must be finite, got nan at index \(2,\)",
        ),
        (lambda rng: k_fold(5, 6, rng=rng), "6 folds need at least 6 rows, got m = 5"),
        (lambda rng: k_fold(5, 1, rng=rng), "k must be a whole number ≥ 2, got 1"),
        (lambda rng: k_fold(5, 2.0, rng=rng), "k must be a whole number ≥ 2, got 2.0"),
        (lambda rng: k_fold(0, 2, rng=rng), "m must be a whole number ≥ 1, got 0"),
        (
            lambda rng: k_fold(6, 3, rng=rng, stratify=[0, 0, 0, 0, 1, 1]),
            "3 stratified folds need 3 rows of every class, the rarest has 2",
        ),
        (lambda rng: minibatches(5, 0), "batch_size must be a whole number ≥ 1, got 0"),
        (lambda rng: minibatches(0), "m must be a whole number ≥ 1, got 0"),
        (lambda rng: minibatches(0, 3, rng=rng), "m must be a whole number ≥ 1, got 0"),
    ],
)
def test_bad_input_is_met_at_the_call(call, message, rng):
    with pytest.raises(ValueError, match=message):
        call(rng)


@pytest.mark.parametrize(
    "call",
    [
        lambda: split(10, (0.5, 0.5), rng=7),
        lambda: k_fold(10, 2, rng=None),
        lambda: minibatches(10, 3, rng=np.random.RandomState(0)),
    ],
)
def test_randomness_comes_from_a_generator(call):
    with pytest.raises(TypeError, match=r"rng must be numpy.random.default_rng\(seed\), got"):
        call()
