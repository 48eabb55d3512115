"""When an answer's result equals the reference's, and where it first does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True)
class Mismatch:
    """The first place where a result differs: which link, which entry, what came instead of what.

    `index` is the first wrong entry of an array and `wrong_entries` how many there are.
    """

    kind: Literal["type", "missing", "length", "shape", "dtype", "value"]
    link: str
    got: Any
    expected: Any
    index: tuple[int, ...] = ()
    wrong_entries: int = 0


def as_numbers(value: Any) -> np.ndarray | None:
    """Return `value` as an array of numbers, or None if it is not made of numbers."""
    if value is None or isinstance(value, str | bytes | Mapping):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        return None
    return array if array.dtype.kind in "biufc" else None


@dataclass(frozen=True)
class Closeness:
    """When two numbers agree: |got − expected| ≤ atol + rtol·|expected|; a nan equals a nan."""

    rtol: float = 1e-6
    atol: float = 1e-9
    strict_dtype: bool = False


DEFAULT = Closeness()


def first_mismatch(
    got: Any, expected: Any, rule: Closeness = DEFAULT, link: str = ""
) -> Mismatch | None:
    """Return the first difference of `got` from `expected`, or None where they agree.

    Dicts and tuples are walked in the reference's order, so the first wrong link is the one named.
    """
    if isinstance(expected, Mapping):
        if _is_row_of_numbers(got, expected):
            got = dict(zip(expected, got, strict=True))
        if not isinstance(got, Mapping):
            return Mismatch("type", link, got, expected)
        for name, part in expected.items():
            inner = f"{link}.{name}" if link else str(name)
            if name not in got:
                return Mismatch("missing", inner, list(got), part)
            found = first_mismatch(got[name], part, rule, inner)
            if found:
                return found
        return None
    numbers = as_numbers(expected)
    if isinstance(expected, tuple) or (isinstance(expected, list) and numbers is None):
        if not _has_parts(got):
            return Mismatch("type", link, got, expected)
        if len(got) != len(expected):
            return Mismatch("length", link, got, expected)
        for position, (mine, part) in enumerate(zip(got, expected, strict=True)):
            inner = f"{link}[{position}]"
            found = first_mismatch(mine, part, rule, inner)
            if found:
                return found
        return None
    if numbers is None:
        same = type(got) is type(expected) and got == expected
        return None if same else Mismatch("value", link, got, expected)
    return _first_wrong_entry(got, numbers, rule, link)


def _has_parts(got: Any) -> bool:
    if isinstance(got, np.ndarray):
        return got.ndim > 0
    return isinstance(got, Sequence) and not isinstance(got, str)


def _is_row_of_numbers(got: Any, expected: Mapping[str, Any]) -> bool:
    """Tell whether np.array([a, b]) came where the results a, b are plain numbers."""
    return (
        isinstance(got, np.ndarray)
        and got.shape == (len(expected),)
        and all(np.ndim(part) == 0 for part in expected.values())
    )


def _first_wrong_entry(
    got: Any, expected: np.ndarray, rule: Closeness, link: str
) -> Mismatch | None:
    array = as_numbers(got)
    if array is None:
        return Mismatch("type", link, got, expected)
    if array.shape != expected.shape:
        return Mismatch("shape", link, array, expected)
    close = np.isclose(array, expected, rtol=rule.rtol, atol=rule.atol, equal_nan=True)
    if not np.all(close):
        wrong = np.argwhere(~close)
        first = tuple(int(i) for i in wrong[0])
        return Mismatch("value", link, array, expected, first, len(wrong))
    if rule.strict_dtype and array.dtype != expected.dtype:
        return Mismatch("dtype", link, array, expected)
    return None
