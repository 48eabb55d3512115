"""The door: what passes, as what, and the one sentence that anything else is met with."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from nnlib import validation


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_kept_as_they_are(dtype):
    x = np.ones((2, 3), dtype)
    assert validation.as_float(x) is x
    assert validation.matrix(x) is x
    assert validation.vector(x[0], "y").dtype == dtype


@pytest.mark.parametrize("x", [[1, 2], np.uint8([1, 2]), [True, False], np.arange(2)])
def test_whole_numbers_and_booleans_become_float64(x):
    assert validation.as_float(x).dtype == np.float64
    assert_array_equal(validation.as_float(x), x)


@pytest.mark.parametrize("x", [["a"], [1j], [None], np.array(["2020-01-01"], "datetime64[D]")])
def test_other_things_are_no_numbers(x):
    with pytest.raises(TypeError, match="scores must hold real numbers, got dtype"):
        validation.as_float(x, "scores")


def test_vectors():
    assert_array_equal(validation.vector([[1], [2]], "y"), [1, 2])
    assert_array_equal(validation.vector(["a", "b"], "y", length=2), ["a", "b"])
    assert validation.vector(np.arange(3), "y").dtype == np.arange(3).dtype


def test_scalars_pass_as_plain_numbers():
    for check, value in (
        (validation.positive, np.float32(0.5)),
        (validation.non_negative, np.int64(0)),
        (validation.fraction, 0),
    ):
        assert type(check(value, "x")) is float
        assert check(value, "x") == value
    assert type(validation.count(np.int64(3), "k")) is int
    rng = np.random.default_rng(0)
    assert validation.generator(rng) is rng
    validation.one_of("b", "letter", ["a", "b"])
    validation.same_shape(np.ones((2, 3)), np.zeros((2, 3)), ("a", "b"))
    assert validation.matrix([[1, 2]], n_features=2).shape == (1, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: validation.finite(np.array([[1, np.nan]]), "Z"),
            r"Z must be finite, got nan at in",
        ),
        (lambda: validation.matrix([1, 2]), r"X must have shape \(m, n\): one row per sample; got"),
        (
            lambda: validation.matrix(np.ones((3, 0))),
            r"at least one row and one column, got .*3, 0",
        ),
        (lambda: validation.matrix([[1, np.inf]]), r"X must be finite, got inf at index \(0, 1\)"),
        (
            lambda: validation.matrix(np.ones((4, 2)), "Z", n_features=3),
            r"Z must have 3 features, got 2 \(shape \(4, 2\)\)",
        ),
        (lambda: validation.vector([], "y"), r"y must have shape \(m,\) with m ≥ 1, got \(0,\)"),
        (lambda: validation.vector(3, "y"), r"y must have shape \(m,\) with m ≥ 1, got \(\)"),
        (lambda: validation.vector([1, 2], "y", length=3), "y must have 3 entries, got 2"),
        (lambda: validation.vector([1, np.nan], "y"), r"y must be finite, got nan at index \(1,\)"),
        (
            lambda: validation.same_shape(np.ones(2), np.ones((2, 1)), ("dY", "Y")),
            r"dY and Y must have one shape, got \(2,\) and \(2, 1\)",
        ),
        (
            lambda: validation.one_of("c", "letter", ["a", "b"]),
            "letter must be one of 'a', 'b'; got",
        ),
    ],
)
def test_arrays_that_do_not_pass(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("value", [-1, np.nan, np.inf, -np.inf, "much", None, [1], 1j])
@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (validation.positive, "a positive number"),
        (validation.non_negative, "zero or more"),
        (validation.count, "a whole number ≥ 1"),
    ],
)
def test_numbers_that_do_not_pass(check, expected, value):
    with pytest.raises(ValueError, match=f"k must be {expected}, got "):
        check(value, "k")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: validation.positive(0, "lr"), "lr must be a positive number, got 0"),
        (lambda: validation.count(1, "k", least=2), "k must be a whole number ≥ 2, got 1"),
        (lambda: validation.count(2.0, "k"), "k must be a whole number ≥ 1, got 2.0"),
        (lambda: validation.count(True, "k"), "k must be a whole number ≥ 1, got True"),
        (lambda: validation.fraction(1, "rate"), r"rate must lie in \[0, 1\), got 1"),
        (lambda: validation.fraction(-0.1, "rate"), r"rate must lie in \[0, 1\), got -0.1"),
        (lambda: validation.fraction(np.nan, "rate"), r"rate must lie in \[0, 1\), got nan"),
        (lambda: validation.fraction("half", "rate"), r"rate must lie in \[0, 1\), got 'half'"),
    ],
)
def test_edges(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_came_is_shown_in_one_line():
    for value, words in (
        (np.ones((50, 3)), "an array of shape (50, 3)"),
        ("0.1", "'0.1'"),
        (np.float64(-0.5), "-0.5"),
        ([1, 2], "[1, 2]"),
    ):
        with pytest.raises(ValueError, match=f"got {re.escape(words)}$"):
            validation.positive(value, "lr")


@pytest.mark.parametrize("rng", [None, 0, np.random, np.random.RandomState(0)])
def test_only_a_generator_is_random(rng):
    with pytest.raises(TypeError, match=r"rng must be numpy.random.default_rng\(seed\), got"):
        validation.generator(rng)
