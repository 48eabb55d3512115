"""What one frame of the playground shows, read off a training run and packed into bytes.

A frame is whole in itself: a page that missed the one before, or opens late, has lost nothing.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from nnlib.dense import Dense
from nnlib.functions import sigmoid
from nnlib.viz.playground_settings import VIEW
from nnlib.viz.playground_training import Score, Training, score

GRID = 72  # the map is GRID × GRID places
THIN = 3  # a unit's own map takes every third of them, both ways
TILE = GRID // THIN
MOST_COLUMNS = 240  # places along a curve


class Look(NamedTuple):
    """A network as it is now.

    Shapes    P (GRID, GRID), from the top row down, P(y = 1) at each place of the map
              units, one (units, TILE, TILE) per hidden layer   silent, one (units,) per layer
    """

    P: np.ndarray
    units: list[np.ndarray]
    silent: list[np.ndarray]
    learned: Score
    held_out: Score

    @property
    def silent_share(self) -> float:
        """The share of the hidden units that are silent; 0 where there are none."""
        silent = np.concatenate([[], *self.silent])
        return float(silent.mean()) if silent.size else 0.0


@cache
def places() -> np.ndarray:
    """The map's places (GRID², 2), row by row from the top left."""
    along = (np.arange(GRID) + 0.5) / GRID * 2 * VIEW - VIEW
    x1, x2 = np.meshgrid(along, -along)
    return np.c_[x1.ravel(), x2.ravel()]


def look(training: Training) -> Look:
    """See the map, every unit and both costs in one forward pass.

    A unit is silent when what enters its activation is not above 0 at any training point.
    """
    points, n = training.points, GRID * GRID
    m = len(points.y)
    passed = training.passes(np.concatenate([places(), points.X, points.X_val]))
    maps = [A[:n].reshape(GRID, GRID, -1)[1::THIN, 1::THIN] for A in passed.leaving]
    return Look(
        sigmoid(passed.Z[:n]).reshape(GRID, GRID),
        [np.moveaxis(A, -1, 0) for A in maps],
        [np.logical_and((Z[n : n + m] <= 0).all(axis=0), m > 0) for Z in passed.entering],
        score(passed.Z[n : n + m], points.y),
        score(passed.Z[n + m :], points.y_val),
    )


def numbers(seen: Look, training: Training) -> dict[str, Any]:
    """What a frame says in numbers; None where there is none."""
    return {
        "step": training.step_count,
        "epoch": training.epoch,
        "lr": training.optimizer.lr,
        "J": _plain(seen.learned.J),
        "right": _plain(seen.learned.right),
        "J_val": _plain(seen.held_out.J),
        "right_val": _plain(seen.held_out.right),
    }


@np.errstate(over="ignore")  # a cost that runs away may be too large for float32
def pack(
    seen: Look, training: Training, beside: Look | None, reference: Training | None
) -> tuple[dict[str, int], bytes]:
    """A frame's bytes, little-endian, one array after another, and the sizes to read them by.

    P as uint16, then the reference's P if there is one; the curves as float32: epoch, J, J_val, the
    reference's J, and one gradient norm per Dense layer, each `curve` long; the weights of every
    Dense layer as int8, 127 for the layer's largest; every unit's map as uint8, 128 for 0.
    """
    curves = _curves(training, reference)
    maps = [seen.P, beside.P] if beside else [seen.P]
    parts = [np.rint(65535 * np.nan_to_num(P)).astype("<u2") for P in maps]
    parts += [curves.astype("<f4")]
    dense = [layer.W for layer in training.net if isinstance(layer, Dense)]
    parts += [_bytes(W[None]).astype(np.int8) for W in dense]
    parts += [(128 + _bytes(tiles)).astype(np.uint8) for tiles in seen.units]
    sizes = {"grid": GRID, "tile": TILE, "maps": len(maps), "curve": curves.shape[1]}
    return sizes, b"".join(part.tobytes() for part in parts)


@np.errstate(all="ignore")
def _bytes(arrays: np.ndarray) -> np.ndarray:
    """Each of the arrays (k, …) as −127 … 127 of its own largest."""
    rows = np.nan_to_num(arrays.reshape(len(arrays), -1), posinf=0, neginf=0)
    largest = np.abs(rows).max(axis=1, keepdims=True)
    return np.rint(rows * (127 / np.where(largest > 0, largest, 1)))


def _curves(training: Training, reference: Training | None) -> np.ndarray:
    """Rows epoch, J, J_val, the reference's J, then the gradient norms; NaN where there is none."""
    history = training.history
    n = len(history.get("epoch", []))
    columns = np.unique(np.linspace(0, n - 1, MOST_COLUMNS).astype(int)) if n else np.empty(0, int)
    norms = [f"gradient {i}" for i in range(1, len(training.grad_norms) + 1)]
    epoch, *rest = (
        np.array([history[name][k] for k in columns], dtype=np.float64)
        for name in ("epoch", "loss", "validation loss", *norms)
    )
    beside = np.full(epoch.shape, np.nan)
    if reference and reference.history:
        theirs = reference.history
        beside = np.interp(epoch, theirs["epoch"], theirs["loss"], right=np.nan)
    return np.stack([epoch, *rest[:2], beside, *rest[2:]])


def _plain(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
