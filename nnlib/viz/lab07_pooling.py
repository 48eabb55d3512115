"""Pooling on the lecture's matrix: who wins a window, and where its gradient goes back to."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlib.pooling import AvgPool2D, MaxPool2D, Pool2D
from nnlib.viz.cells import (
    AMOUNT,
    Cells,
    bare,
    enclose,
    frame,
    heading,
    short_number,
)
from nnlib.viz.controls import dropdown, slider
from nnlib.viz.lab07_kernel import Sliding
from nnlib.viz.style import INK, VERMILLION, figure
from nnlib.viz.yours import compare

Backward = Callable[[np.ndarray, np.ndarray, int, int], np.ndarray]

LECTURE = np.array(
    [
        [3.0, 9.0, 7.0, 4.0, 7.0, 5.0],
        [0.0, 6.0, 7.0, 3.0, 1.0, 2.0],
        [2.0, 4.0, 5.0, 0.0, 3.0, 2.0],
        [3.0, 7.0, 5.0, 0.0, 2.0, 1.0],
        [1.0, 5.0, 0.0, 7.0, 3.0, 6.0],
        [8.0, 9.0, 2.0, 5.0, 1.0, 8.0],
    ]
)
POOLS: dict[str, type[Pool2D]] = {"max": MaxPool2D, "average": AvgPool2D}
MOST = 5  # outputs a side, with the smallest window and stride


class PoolingWinners(Sliding):
    """The lecture's 6×6 matrix pooled window by window; every output sends a gradient of 1 back.

    `backward(dY, X, f, s)` may be the reader's own of max pooling, over images (1, 6, 6, 1).
    """

    goal = (
        "With max pooling, send a gradient of 4 to one single pixel. Then find an average pooling "
        "that treats every pixel alike, with as few windows as it can."
    )
    seconds_per_step = 0.4

    def __init__(self, backward: Backward | None = None) -> None:
        self.X, self.mine = LECTURE, backward
        self.n = len(self.X)
        self.found: set[str] = set()
        self.kind = dropdown("pooling", [*POOLS])
        self.window = slider("window f", 2, 2, 4)
        self.stride = slider("stride s", 2, 1, 4)
        made, ax = figure(size=(8.4, 3.4))
        middle, right = self.n + 0.9, self.n + MOST + 1.8
        bare(ax, right + self.n, self.n)
        self.title = heading(ax, self.n / 2, "input")
        heading(ax, middle + MOST / 2, "output")
        heading(ax, right + self.n / 2, "gradient sent back")
        self.input = Cells(ax, self.n, self.n, size=1.2)
        self.output = Cells(ax, MOST, MOST, at=(middle, 0.5), size=1.2, decimals=2)
        self.gradient = Cells(
            ax, self.n, self.n, at=(right, 0), cmap=AMOUNT, low=0, high=4, size=1.2
        )
        look: dict[str, Any] = {"ms": 25, "mew": 2.5, "mfc": "none", "mec": VERMILLION}
        self.winners, self.targets = (ax.plot([], [], "s", zorder=4, **look)[0] for _ in range(2))
        self.room = frame(ax, linewidth=1.5, linestyle=":")
        self.patch, self.pixel = (frame(ax, INK, linewidth=3) for _ in range(2))
        (self.wrong,) = ax.plot([], [], "x", color=INK, ms=7, mew=2, zorder=6)
        super().__init__(made, [self.kind, self.window, self.stride], start=MOST**2)

    def draw(self) -> str:
        f, s = self.window.value, self.stride.value
        layer = POOLS[self.kind.value](f, stride=s)
        Y = layer.forward(self.X[None, :, :, None])
        n = Y.shape[1]
        i, j = self.reach(n)
        done = (np.arange(n * n) < self.place.value).reshape(Y.shape)
        now = (np.arange(n * n) == self.place.value - 1).reshape(Y.shape)
        dX = layer.backward(done * 1.0)[0, :, :, 0]
        here = layer.backward(now * 1.0)[0, :, :, 0]
        self._draw_cells(np.where(done, Y, np.nan)[0, :, :, 0], dX, here)
        corner = (MOST - n) // 2
        enclose(self.room, self.output.place(corner, corner), n)
        enclose(self.patch, self.input.place(i * s, j * s), f)
        enclose(self.pixel, self.output.place(corner + i, corner + j), 1)
        self._seek(dX, done.all())
        patch = self.X[i * s : i * s + f, j * s : j * s + f]
        size = f"{f} × {f}, stride {s}: window {self.place.value} of {n * n}"
        return f"{size}. {self._words(patch, Y[0, i, j, 0], dX)}{self._yours(done * 1.0, dX)}"

    def _draw_cells(self, Y: np.ndarray, dX: np.ndarray, here: np.ndarray) -> None:
        corner = (MOST - len(Y)) // 2
        self.input.show(self.X)
        self.output.show(Y, (corner, corner))
        self.gradient.show(dX)
        max_pooling = self.kind.value == "max"
        self.title.set_text("input, winners framed" if max_pooling else "input")
        won = (dX > 0) & max_pooling
        self.winners.set_data(*_middles(self.input, won))
        self.targets.set_data(*_middles(self.gradient, here > 0))

    def _words(self, patch: np.ndarray, y: float, dX: np.ndarray) -> str:
        numbers = ", ".join(short_number(value) for value in patch.ravel())
        received = f"So far {np.count_nonzero(dX)} of {dX.size} pixels have received a gradient"
        if self.kind.value == "average":
            share = f"each of its pixels gets 1/{patch.size} of the gradient"
            return f"The mean of {numbers} is {short_number(y, 4)}; {share}. {received}."
        ties = int(np.sum(patch == y))
        times = {1: "", 2: ", twice: the first one"}.get(ties, f", {ties} times: the first one")
        winner = f"The largest of {numbers} is {short_number(y)}{times}"
        gets = " gets the gradient" if ties > 1 else ", and gets the gradient"
        return f"{winner}{gets}. {received}, at most {short_number(dX.max())}."

    def _seek(self, dX: np.ndarray, full: bool) -> None:
        if self.kind.value == "max" and dX.max() == 4:
            self.found.add("max")
        alike = np.allclose(dX, dX[0, 0]) and full
        if self.kind.value == "average" and alike and self.place.max == 4:
            self.found.add("average")
        self.goal_reached = self.found == {"max", "average"}

    def _yours(self, dY: np.ndarray, dX: np.ndarray) -> str:
        """Compare the reader's own backward with nnlib, and cross its pixels out."""
        self.wrong.set_data([], [])
        if self.mine is None or self.kind.value != "max":
            return ""
        said, differs = compare(lambda: self._answer(dY), dX, short_number)
        self.wrong.set_data(*(differs[:, ::-1] + np.add(self.gradient.place(0, 0), (0.82, 0.18))).T)
        return f" {said}"

    def _answer(self, dY: np.ndarray) -> object:
        assert self.mine is not None
        answer = self.mine(dY, self.X[None, :, :, None], self.window.value, self.stride.value)
        four = isinstance(answer, np.ndarray) and answer.ndim == 4
        return answer[0, :, :, 0] if four else answer


def _middles(cells: Cells, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the middle of every cell that is chosen (h, w)."""
    i, j = np.nonzero(chosen)
    return cells.at[0] + j + 0.5, cells.at[1] + i + 0.5
