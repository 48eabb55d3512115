"""A kernel slides over a picture, patch by patch: what convolution computes, in numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from ipywidgets import DOMWidget, VBox

from nnlib.convolution import Conv2D
from nnlib.viz.cells import SIGNED, Cells, bare, enclose, frame, heading, short_number, signed
from nnlib.viz.controls import dropdown, slider
from nnlib.viz.explorer import Explorer
from nnlib.viz.number_grid import NumberGrid
from nnlib.viz.style import INK, LETTERS, VERMILLION, CourseFigure, figure
from nnlib.viz.yours import compare

Convolve = Callable[[np.ndarray, np.ndarray], np.ndarray]

CORNER = np.zeros((6, 6))
CORNER[2:, 3:] = 9
KERNELS = {
    "vertical edge": np.array([[1, 0, -1]] * 3),
    "horizontal edge": np.array([[1, 0, -1]] * 3).T,
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "leave as it is": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
}
OWN = "your own"
f, WIDEST, TINY = 3, 2, 1e-9  # the kernel's side, the widest padding, what counts as 0


def cross_correlate(X: np.ndarray, K: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Y = K ⋆ X by nnlib's own layer, with one channel and no bias.

    Shapes    X (H, W)   K (kH, kW)   Y (H', W')
    """
    rng = np.random.default_rng(0)
    layer = Conv2D(1, 1, K.shape, stride=stride, padding=padding, rng=rng, dtype=np.float64)
    layer.W = K[None, :, :, None]
    return layer.forward(X[None, :, :, None])[0, :, :, 0]


class Sliding(Explorer):
    """A window that fills an output pixel by pixel: `place` counts them, and time moves it on."""

    def __init__(self, made: CourseFigure, controls: Sequence[DOMWidget], *, start: int) -> None:
        self.place = slider("pixel of the output", 1, 1, start)
        super().__init__(made, controls=[self.place, *controls])
        self.place.value = start

    def restart(self) -> None:
        self.place.value = 1

    def step(self) -> bool:
        self.place.value += 1
        return self.place.value < self.place.max

    def reach(self, n: int) -> tuple[int, int]:
        """Row and column of the pixel, in an output of n × n; at the last one it stays there."""
        at_the_end = self.place.value == self.place.max
        self.place.max = n * n
        if at_the_end:
            self.place.value = n * n
        return divmod(self.place.value - 1, n)


class SlidingKernel(Sliding):
    """Patch × kernel = one pixel of the output, again and again until the output is full.

    `convolve(X, K)` may be the reader's own function: it is given the picture with the padding
    around it, X (H, W), and the kernel K (3, 3); of its Y every s-th row and column is taken.
    """

    goal = (
        "Find a stride and a padding that give a 3 × 3 output. Then write a kernel of your own "
        "that answers to both edges of the picture, and with 0 wherever it is flat."
    )
    seconds_per_step = 0.35

    def __init__(self, convolve: Convolve | None = None) -> None:
        self.X, self.convolve = CORNER, convolve
        self.n = len(self.X)
        self.found: set[str] = set()
        self.preset = dropdown("kernel", [*KERNELS, OWN])
        self.chosen = self.preset.value
        self.stride = slider("stride s", 1, 1, 4)
        self.padding = dropdown("padding p", [("0", 0), ("1", 1), ("2", 2), ("same", "same")])
        self.kernel = NumberGrid("numbers of the kernel", KERNELS[self.chosen], low=-9, high=9)
        widest, most = self.n + 2 * WIDEST, self.n + 2 * WIDEST - f + 1
        made, ax = figure(size=(8.4, 3.65))
        bare(ax, widest + most + 9, widest)
        middle, right = widest + 0.8, widest + 9
        for x, words in (
            (widest / 2, "picture, padded with zeros"),
            (middle + 3.7, "patch × kernel, summed"),
            (right + most / 2, "output"),
        ):
            heading(ax, x, words)
        self.input = Cells(ax, widest, widest)
        self.patch = Cells(ax, f, f, at=(middle, 1))
        self.weights = Cells(ax, f, f, at=(middle + 4.4, 1), cmap=SIGNED, low=-2, high=2)
        self.products = Cells(ax, f, f, at=(middle, 5.5), cmap=SIGNED)
        self.output = Cells(ax, most, most, at=(right, (widest - most) / 2), cmap=SIGNED)
        centred: dict[str, Any] = {"ha": "center", "va": "center_baseline"}
        ax.text(middle + 3.7, 2.5, "×", fontsize=16, **centred)
        ax.text(middle + 1.5, 4.75, "=", fontsize=16, **centred)
        ax.text(middle + 4.2, 7, "Σ =", fontsize=15, **centred)
        self.sum = ax.text(middle + 6.2, 7, "", fontsize=18, color=LETTERS[VERMILLION], **centred)
        self.border, self.room = (frame(ax, linewidth=1.5, linestyle=":") for _ in range(2))
        enclose(self.border, (WIDEST, WIDEST), self.n)
        self.window, self.pixel = (frame(ax, VERMILLION) for _ in range(2))
        (self.wrong,) = ax.plot([], [], "x", color=INK, ms=6, mew=2, zorder=6)
        controls = [self.stride, self.padding, self.preset, self.kernel]
        super().__init__(made, controls, start=6)
        columns = ([self.place, self.stride], [self.padding, self.preset], [self.kernel])
        _, _, row, *_ = self.children
        row.children = [VBox(children=widgets) for widgets in columns]

    @property
    def p(self) -> int:
        """The padding in pixels."""
        return (f - 1) // 2 if self.padding.value == "same" else self.padding.value

    @property
    def s(self) -> int:
        """The stride; "same" is only a size kept where it is 1."""
        return 1 if self.padding.value == "same" else self.stride.value

    def draw(self) -> str:
        self._follow_menu()
        self.stride.disabled = self.padding.value == "same"
        K, s, p = self.kernel.grid, self.s, self.p
        Y = cross_correlate(self.X, K, s, p)
        n = len(Y)
        i, j = self.reach(n)
        self._draw_input(i, j)
        patch = np.pad(self.X, p)[i * s : i * s + f, j * s : j * s + f]
        for cells, values in ((self.patch, patch), (self.weights, K), (self.products, patch * K)):
            cells.show(values)
        self.sum.set_text(short_number(Y[i, j]))
        self._draw_output(Y)
        self._seek(n, K)
        return (
            f"⌊({self.n} + 2·{p} − {f})/{s}⌋ + 1 = {n}: the output is {n} × {n}. "
            f"Its row {i + 1}, column {j + 1}: {_sum_of(patch * K, Y[i, j])}.{self._yours(Y)}"
        )

    def _follow_menu(self) -> None:
        """A kernel chosen in the menu is written into the table; one written there is named."""
        if self.preset.value != self.chosen:
            self.kernel.grid = KERNELS.get(self.preset.value, self.kernel.grid)
        elif not np.allclose(KERNELS.get(self.chosen, np.nan), self.kernel.grid):
            known = (name for name, K in KERNELS.items() if np.allclose(K, self.kernel.grid))
            self.preset.value = next(known, OWN)
        self.chosen = self.preset.value

    def _draw_input(self, i: int, j: int) -> None:
        first, s, p = WIDEST - self.p, self.s, self.p
        self.input.show(np.pad(self.X, p), (first, first))
        enclose(self.window, self.input.place(first + i * s, first + j * s), f)

    def _draw_output(self, Y: np.ndarray) -> None:
        n, done = len(Y), self.place.value
        first = self._corner(n)
        filled = np.where(np.arange(n * n).reshape(n, n) < done, Y, np.nan)
        most = max(1.0, np.abs(Y).max())
        for cells in (self.output, self.products):
            cells.colours(-most, most)
        self.output.show(filled, (first, first))
        i, j = divmod(done - 1, n)
        enclose(self.room, self.output.place(first, first), n)
        enclose(self.pixel, self.output.place(first + i, first + j), 1)

    def _corner(self, n: int) -> int:
        """The row and column of the output's room where an n × n output begins, in its middle."""
        return (self.output.values.shape[0] - n) // 2

    def _seek(self, n: int, K: np.ndarray) -> None:
        if n == f:
            self.found.add("size")
        flat, upright, level = (
            np.abs(cross_correlate(part, K)).max()
            for part in (self.X[3:, 3:], self.X[3:, :], self.X[:, 3:])
        )
        if flat < TINY < min(upright, level):
            self.found.add("kernel")
        self.goal_reached = self.found == {"size", "kernel"}

    def _yours(self, Y: np.ndarray) -> str:
        """Compare the reader's own function with nnlib, cross its pixels out and say where."""
        if self.convolve is None:
            return ""
        said, differs = compare(self._answer, Y, _number)
        corner = self.output.place(self._corner(len(Y)), self._corner(len(Y)))
        self.wrong.set_data(*(differs[:, ::-1] + np.add(corner, (0.82, 0.18))).T)
        return f" {said}"

    def _answer(self) -> object:
        assert self.convolve is not None
        Y = self.convolve(np.pad(self.X, self.p), self.kernel.grid)
        return Y[:: self.s, :: self.s] if isinstance(Y, np.ndarray) and Y.ndim == 2 else Y


def _sum_of(products: np.ndarray, total: float) -> str:
    """The sum as one would write it, without the products that are 0."""
    terms = [value for value in products.ravel() if abs(value) > TINY]
    if not terms:
        return "all nine products are 0, and so is their sum"
    written = [_number(value) for value in terms]
    joined = " + ".join(written).replace("+ −", "− ")
    rough = any(abs(value - round(value, 2)) > TINY for value in [*terms, total])
    return f"{joined} {'≈' if rough else '='} {_number(total)}"


def _number(value: float) -> str:
    return signed(value, 0 if float(value).is_integer() else 2)
