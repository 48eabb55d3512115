"""The points a playground learns from: made ones, two features of a real set, or placed by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from nnlib import datasets
from nnlib.preprocessing import Standardizer
from nnlib.splits import split
from nnlib.viz.playground_settings import CHOICES, VIEW, Settings

HELD_OUT = 200

Made = tuple[np.ndarray, np.ndarray]


class Axis(NamedTuple):
    """What runs along one side of the map: a name, and the mean and the unit of its numbers."""

    name: str
    mean: float = 0.0
    std: float = 1.0


class Points(NamedTuple):
    """What is learned from, and what is held out; `problem` says what keeps it from being learned.

    Shapes    X (m, 2)   y (m,)   X_val (m_val, 2)   y_val (m_val,)
    """

    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    axes: tuple[Axis, Axis] = (Axis("x₁"), Axis("x₂"))
    problem: str = ""


def load(settings: Settings) -> Points:
    """The points that the settings ask for, the same ones every time."""
    if settings.data == "placed":
        return _placed(settings)
    if settings.data == "tumours":
        return _tumours(settings)
    make = MADE[settings.data]
    rng = np.random.default_rng(settings.draw)
    X, y = make(settings.m, settings.noise, rng)
    X_val, y_val = make(HELD_OUT, settings.noise, rng)
    return Points(X, y, X_val, y_val, problem=_problem(y))


def feature_names() -> tuple[str, ...]:
    """The columns of the real set, by number."""
    return _breast_cancer().feature_names


def _moons(m: int, noise: float, rng: np.random.Generator) -> Made:
    X, y = datasets.moons(m, noise=noise / 1.5, rng=rng)
    return 1.5 * (X - (0.5, 0.25)), y


def _circles(m: int, noise: float, rng: np.random.Generator) -> Made:
    X, y = datasets.circles(m, noise=noise / 2.1, inner=0.9 / 2.1, rng=rng)
    return 2.1 * X, y


def _spirals(m: int, noise: float, rng: np.random.Generator) -> Made:
    X, y = datasets.spirals(m, noise=noise / 2.6, turns=1.25, rng=rng)
    return 2.6 * X, y


def _xor(m: int, noise: float, rng: np.random.Generator) -> Made:
    X, y = datasets.xor(m, noise=noise / 1.3, rng=rng)
    return 1.3 * X, y


def _blobs(m: int, noise: float, rng: np.random.Generator) -> Made:
    spread = max(noise, 0.01)
    X, y = datasets.blobs(m, distance=2 / spread, rng=rng)
    return spread * X, y


MADE: dict[str, Callable[[int, float, np.random.Generator], Made]] = {
    "moons": _moons,
    "circles": _circles,
    "spirals": _spirals,
    "xor": _xor,
    "blobs": _blobs,
}


@cache
def _breast_cancer() -> datasets.Dataset:
    return datasets.breast_cancer()


def _tumours(settings: Settings) -> Points:
    """Two features of the breast cancer set, standardised by the training rows."""
    data = _breast_cancer()
    columns = list(settings.features)
    if not all(isinstance(k, int) and 0 <= k < len(data.feature_names) for k in columns):
        raise ValueError(f"The features are numbered 0 to 29, got {columns[0]} and {columns[1]}.")
    rng, m = np.random.default_rng(settings.draw), len(data.y)
    shares = (settings.m / m, HELD_OUT / m, 1 - (settings.m + HELD_OUT) / m)
    rows, held_out, _ = split(m, shares, rng=rng, stratify=data.y)
    chosen, y = data.X[:, columns], data.y
    scale = Standardizer().fit(chosen[rows])
    X, X_val = scale.transform(chosen[rows]), scale.transform(chosen[held_out])
    first, second = (
        Axis(data.feature_names[k], chosen[rows, i].mean(), chosen[rows, i].std())
        for i, k in enumerate(columns)
    )
    return Points(X, y[rows], X_val, y[held_out], (first, second), _problem(y[rows]))


def _placed(settings: Settings) -> Points:
    """Of each class every third point is held out, so that a new point moves no other."""
    table = np.array(settings.points, dtype=float).reshape(-1, 3)
    y = table[:, 2].astype(int)
    turn = np.empty(len(y), dtype=int)
    for label in (0, 1):
        turn[y == label] = np.arange(np.sum(y == label))
    held_out = turn % 3 == 2
    learned = y[~held_out]
    return Points(
        table[~held_out, :2],
        learned,
        table[held_out, :2],
        y[held_out],
        problem=_problem(learned),
    )


def _problem(y: np.ndarray) -> str:
    if len(y) == 0:
        return (
            "There is nothing to learn from yet: place points of both classes by clicking on the "
            "map."
        )
    if len(np.unique(y)) == 1:
        colour, other = ("blue", "vermillion") if y[0] == 0 else ("vermillion", "blue")
        return (
            f"Every training point is {colour}, and one class teaches nothing: add {other} points."
        )
    return ""


def title(settings: Settings) -> str:
    """What the data are called in a sentence."""
    if settings.data == "placed":
        return "points placed by hand"
    label = CHOICES["data"][settings.data]
    return label if label.isupper() else label.lower()


def inside(X: np.ndarray) -> np.ndarray:
    """X (m, 2) with what lies beyond the map moved to its rim, where it is drawn."""
    return np.clip(X, -VIEW, VIEW)
