"""The comparison of a result with the reference's: what agrees, and what first does not."""

import numpy as np
import pytest

from nnlib.grading.compare import Closeness, first_mismatch

A = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (1.0 + 1e-9, 1.0),
        (1, 1.0),
        (np.float32(0.1), 0.1),
        ([1, 2, 3], np.array([1.0, 2.0, 3.0])),
        (A.tolist(), A),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        (True, np.bool_(True)),
        ("false", "false"),
        ([A, 2.0], (A, 2)),
        ({"b": 1, "a": 2, "c": 3}, {"a": 2.0, "b": 1.0}),
        (np.array(3.0), 3.0),
    ],
)
def test_equal_results_agree(got, expected):
    assert first_mismatch(got, expected, Closeness(rtol=1e-6)) is None


@pytest.mark.parametrize(
    ("got", "expected", "kind", "link"),
    [
        (None, 1.0, "type", ""),
        ("1.0", 1.0, "type", ""),
        ([[1], [1, 2]], A, "type", ""),
        (A.T, A, "shape", ""),
        (np.array([1.0]), 1.0, "shape", ""),
        (1.1, 1.0, "value", ""),
        (np.nan, 1.0, "value", ""),
        ("true", "false", "value", ""),
        ((1, 2), (1, 2, 3), "length", ""),
        (5.0, (1, 2), "type", ""),
        (np.array(5.0), (1, 2), "type", ""),
        ((1, A), (1, A + 1), "value", "[1]"),
        ({"a": 1}, {"a": 1, "b": 2}, "missing", "b"),
        ({"a": {"x": 1}}, {"a": {"x": 2}}, "value", "a.x"),
        ([1], {"a": 1}, "type", ""),
    ],
)
def test_different_results_are_told_apart(got, expected, kind, link):
    found = first_mismatch(got, expected)
    assert found is not None
    assert (found.kind, found.link) == (kind, link)


def test_the_first_wrong_entry_and_their_number_are_found():
    wrong = A.copy()
    wrong[0, 2] = wrong[1, 1] = 9
    found = first_mismatch(wrong, A)
    assert found is not None
    assert (found.index, found.wrong_entries) == ((0, 2), 2)


def test_links_are_checked_in_the_references_order():
    found = first_mismatch({"dW": 0, "dZ": 0}, {"dZ": 1, "dW": 1})
    assert found is not None
    assert found.link == "dZ"


def test_the_type_counts_only_where_it_is_asked_for():
    got, expected = A, A.astype(np.float32)
    assert first_mismatch(got, expected) is None
    found = first_mismatch(got, expected, Closeness(strict_dtype=True))
    assert found is not None
    assert found.kind == "dtype"
