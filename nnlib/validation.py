"""Bad input is met here, at the door, with one sentence: what was expected and what came."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

import numpy as np


def as_float(x: object, name: str = "x") -> np.ndarray:
    """Return x as an array of floats; float dtypes are kept, integers and booleans become float64.

    Raises TypeError when x does not hold real numbers.
    """
    array = np.asarray(x)
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    raise TypeError(f"{name} must hold real numbers, got dtype {array.dtype}")


def finite(array: np.ndarray, name: str) -> np.ndarray:
    """Return array; raise ValueError naming the first entry that is NaN or infinite."""
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, got {array[where]} at index {where}")
    return array


def matrix(X: object, name: str = "X", n_features: int | None = None) -> np.ndarray:
    """Return X as a finite float matrix (m, n) with m ≥ 1 and, when given, n = n_features.

    Raises ValueError for another number of axes, no rows, NaN or another number of features.
    """
    X = as_float(X, name)
    if X.ndim != 2:
        raise ValueError(f"{name} must have shape (m, n): one row per sample; got {X.shape}")
    if 0 in X.shape:
        raise ValueError(f"{name} must have at least one row and one column, got shape {X.shape}")
    if n_features is not None and X.shape[1] != n_features:
        raise ValueError(
            f"{name} must have {n_features} features, got {X.shape[1]} (shape {X.shape})"
        )
    return finite(X, name)


def vector(y: object, name: str, length: int | None = None) -> np.ndarray:
    """Return y as an array of shape (m,), keeping its dtype; (m, 1) is flattened.

    Raises ValueError for another shape, no entries, NaN, or another length than asked for.
    """
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or y.size == 0:
        raise ValueError(f"{name} must have shape (m,) with m ≥ 1, got {y.shape}")
    if length is not None and len(y) != length:
        raise ValueError(f"{name} must have {length} entries, got {len(y)}")
    return finite(y, name) if y.dtype.kind == "f" else y


def same_shape(a: np.ndarray, b: np.ndarray, names: tuple[str, str]) -> None:
    """Raise ValueError when two arrays differ in shape, showing both."""
    if a.shape != b.shape:
        raise ValueError(
            f"{names[0]} and {names[1]} must have one shape, got {a.shape} and {b.shape}"
        )


def shown(value: object) -> str:
    """What came, as a sentence shows it: an array by its shape, a NumPy number as a plain one."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return repr(value.item() if isinstance(value, np.generic) else value)


def positive(value: float, name: str) -> float:
    """Return value; raise ValueError unless it is a finite number above zero."""
    if not (isinstance(value, Real) and np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a positive number, got {shown(value)}")
    return float(value)


def non_negative(value: float, name: str) -> float:
    """Return value; raise ValueError unless it is a finite number of at least zero."""
    if not (isinstance(value, Real) and np.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be zero or more, got {shown(value)}")
    return float(value)


def fraction(value: float, name: str) -> float:
    """Return value; raise ValueError unless 0 ≤ value < 1."""
    if not (isinstance(value, Real) and 0 <= value < 1):
        raise ValueError(f"{name} must lie in [0, 1), got {shown(value)}")
    return float(value)


def count(value: int, name: str, least: int = 1) -> int:
    """Return value; raise ValueError unless it is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name} must be a whole number ≥ {least}, got {shown(value)}")
    return int(value)


def generator(rng: object) -> np.random.Generator:
    """Return rng; raise TypeError unless it is a numpy Generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be numpy.random.default_rng(seed), got {shown(rng)}")
    return rng


def one_of(value: object, name: str, choices: Sequence[object]) -> None:
    """Raise ValueError when value is none of the choices, listing them."""
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {listed}; got {shown(value)}")
