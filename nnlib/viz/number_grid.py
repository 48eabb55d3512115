"""A small table of numbers that the reader can write into: ipywidgets has single numbers only."""

from collections.abc import Sequence
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike

STATIC = Path(__file__).parent / "static"


class NumberGrid(anywidget.AnyWidget):
    """Numbers from `low` to `high`, row after row in `value`; `label` says what they are.

    `min` and `max` are the values at which every number is at its end, as a slider has them.
    """

    _esm = (STATIC / "number_grid.js").read_text(encoding="utf-8")
    _css = (STATIC / "number_grid.css").read_text(encoding="utf-8")

    value = traitlets.List(traitlets.Float()).tag(sync=True)
    columns = traitlets.Int().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    low = traitlets.Float().tag(sync=True)
    high = traitlets.Float().tag(sync=True)

    def __init__(self, label: str, grid: ArrayLike, *, low: float, high: float) -> None:
        rows = np.asarray(grid, dtype=float)
        numbers: Sequence[float] = rows.ravel().tolist()
        super().__init__(value=numbers, columns=rows.shape[1], label=label, low=low, high=high)

    @property
    def min(self) -> list[float]:
        return [self.low] * len(self.value)

    @property
    def max(self) -> list[float]:
        return [self.high] * len(self.value)

    @property
    def grid(self) -> np.ndarray:
        """The numbers as an array (rows, columns)."""
        return np.array(self.value).reshape(-1, self.columns)

    @grid.setter
    def grid(self, grid: ArrayLike) -> None:
        self.value = np.asarray(grid, dtype=float).ravel().tolist()
