"""How much of the picture one output pixel sees, measured by its gradient, beside the formula."""

import functools
from collections.abc import Callable

import numpy as np

from nnlib.convolution import Conv2D
from nnlib.initializers import zeros
from nnlib.layer import Layer
from nnlib.pooling import AvgPool2D
from nnlib.sequential import Sequential
from nnlib.viz.cells import enclose, frame
from nnlib.viz.controls import dropdown, slider, toggle
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import GREY, INK, REFERENCE, TRAIN, VERMILLION, figure

Layers = list[tuple[int, int]]

SIDE = 64  # pixels a side of the picture
WANTED, DEEPEST = 28, 16


def field_sizes(layers: Layers) -> list[int]:
    """r_l = r_{l−1} + (f_l − 1)·∏_{k<l} s_k of every layer (f_l, s_l), from r_0 = 1 on."""
    r, jump = [1], 1
    for f, s in layers:
        r.append(r[-1] + (f - 1) * jump)
        jump *= s
    return r


def blocks(count: int, f: int, s: int, pool: bool) -> Layers:
    """`count` times a kernel f × f with stride s and, where wanted, a pooling 2 × 2."""
    return [(f, s), *[(2, 2)] * pool] * count


@functools.cache
def gradient(count: int, f: int, s: int, pool: bool) -> np.ndarray:
    """∂y/∂x (r, r) of the one output of a net of ones over a picture just large enough for it."""
    layers: list[Layer] = []
    for _ in range(count):
        conv = Conv2D(1, 1, f, stride=s, rng=np.random.default_rng(0), init=zeros)
        conv.W = np.ones_like(conv.W)
        layers += [conv, *[AvgPool2D(2)] * pool]
    net = Sequential(*layers, dtype=np.float64)
    r = field_sizes(blocks(count, f, s, pool))[-1]
    y = net.forward(np.zeros((1, r, r, 1)))
    return net.backward(np.ones_like(y))[0, :, :, 0]


class ReceptiveField(Explorer):
    """The field of one output pixel, layer by layer: by the formula, and by nnlib's gradient.

    `mine(layers)` may be the reader's own function of the kernels and strides [(f, s), …]; a
    pooling is a layer (2, 2).
    """

    goal = (
        f"Let one output see {WANTED} × {WANTED} pixels through 3 × 3 kernels with as few layers "
        "as you can: first with stride 1 and no pooling, then with all you have."
    )

    def __init__(self, mine: Callable[[Layers], int] | None = None) -> None:
        self.mine = mine
        self.found: set[str] = set()
        self.kernel = dropdown("kernel f", [(f"{f} × {f}", f) for f in (3, 5, 7)])
        self.count = slider("convolutional layers", 4, 1, DEEPEST)
        self.stride = slider("stride s", 1, 1, 3)
        self.pool = toggle("2 × 2 pooling after each")
        made, (left, right) = figure(1, 2, size=(8.4, 3.7), width_ratios=[1.35, 1])
        left.axhline(WANTED, color=GREY, linestyle=":", lw=1.5)
        (self.line,) = left.plot([], [], "--", color=REFERENCE, label="formula")
        (self.dots,) = left.plot([], [], "o", color=TRAIN, ms=6, label="nnlib's gradient")
        (self.yours,) = left.plot([], [], "x", color=INK, ms=9, mew=2)
        if mine is not None:
            self.yours.set_label("yours")
        (self.last,) = left.plot([], [], "D", color=VERMILLION, ms=9)
        left.set(xlabel="convolutional layers", ylabel="field r (pixels a side)")
        left.set(xlim=(-0.5, DEEPEST + 0.5), ylim=(0, SIDE + 4), yticks=[1, 16, 28, 48, 64])
        left.set_xticks(range(0, DEEPEST + 1, 2))
        left.legend(loc="lower right")
        self.image = right.imshow(np.zeros((SIDE, SIDE)), vmin=0, vmax=1, extent=(0, SIDE, SIDE, 0))
        right.set(title=f"gradient of one output, {SIDE} × {SIDE}")
        right.set_axis_off()
        self.field = frame(right, VERMILLION)
        self.half = frame(right, "white", linestyle="--", linewidth=1.5)
        super().__init__(made, controls=[self.kernel, self.count, self.stride, self.pool])

    def sizes(self) -> list[int]:
        """r after 0, 1, 2 … convolutional layers with what follows them, up to the deepest."""
        f, s, pool = self.kernel.value, self.stride.value, self.pool.value
        return field_sizes(blocks(DEEPEST, f, s, pool))[:: 1 + pool]

    def draw(self) -> str:
        f, s, pool, L = self.kernel.value, self.stride.value, self.pool.value, self.count.value
        r = self.sizes()
        self.line.set_data(range(L + 1), r[: L + 1])
        within = [l for l in range(1, L + 1) if r[l] <= SIDE]
        self.dots.set_data(within, [_width(gradient(l, f, s, pool)) for l in within])
        self.last.set_data([L], [min(r[L], SIDE + 2)])
        self.last.set_marker("D" if r[L] <= SIDE else "^")
        self._seek(r, L)
        pooled = " with 2 × 2 pooling" if pool else ""
        layers = f"{L} layer{'s' if L > 1 else ''} of {f} × {f}, stride {s}{pooled}"
        jump = (s * (2 if pool else 1)) ** (L - 1)
        grown = f"r = {r[L - 1]:,} + ({f} − 1)·{jump:,}"
        grown += f" + (2 − 1)·{jump * s:,}" if pool else ""
        said = f"{layers}: {grown} = {r[L]:,}. {self._draw_gradient(r[L])}"
        return f"{said}{self._yours(r)}"

    def _draw_gradient(self, r: int) -> str:
        """Show the gradient in the middle of the picture and say where it comes from."""
        picture = np.zeros((SIDE, SIDE))
        if r > SIDE:
            self.image.set_data(picture + 0.25)
            enclose(self.field, (0, 0), SIDE)
            enclose(self.half, (0, 0), 0)
            return f"That is more than the picture's {SIDE} pixels: the output sees all of it."
        dX = gradient(self.count.value, self.kernel.value, self.stride.value, self.pool.value)
        first, middle = (SIDE - r) // 2, _half(dX)
        picture[first : first + r, first : first + r] = dX / dX.max()
        self.image.set_data(picture)
        enclose(self.field, (first, first), r)
        enclose(self.half, (first + (r - middle) / 2,) * 2, middle)
        return (
            f"The gradient of one output reaches {_width(dX)} × {_width(dX)} pixels, and half of "
            f"it lies on the middle {middle} × {middle}."
        )

    def _seek(self, r: list[int], L: int) -> None:
        if self.kernel.value == 3 and r[L - 1] < WANTED <= r[L]:
            if self.stride.value == 1 and not self.pool.value:
                self.found.add("plain")
            elif fewest() == L:
                self.found.add("fewest")
        self.goal_reached = self.found == {"plain", "fewest"}

    def _yours(self, r: list[int]) -> str:
        """Draw the reader's own sizes, and say where they leave the formula."""
        self.yours.set_data([], [])
        if self.mine is None:
            return ""
        f, s, pool = self.kernel.value, self.stride.value, self.pool.value
        depths = range(1, self.count.value + 1)
        try:
            sizes = np.array([float(self.mine(blocks(l, f, s, pool))) for l in depths])
        except Exception as error:
            return f" Yours raised {type(error).__name__}: {error}"
        shown = sizes <= SIDE + 2
        self.yours.set_data(np.array(depths)[shown], sizes[shown])
        wrong = np.flatnonzero(~np.isclose(sizes, r[1 : len(sizes) + 1]))
        if len(wrong) == 0:
            return " Yours agrees at every layer."
        l = wrong[0] + 1
        return f" Yours says {sizes[l - 1]:g} after layer {l}, where it is {r[l]:,}."


@functools.cache
def fewest() -> int:
    """The smallest number of 3 × 3 layers that can see enough, whatever stride and pooling."""
    wide = field_sizes(blocks(DEEPEST, 3, 3, True))[::2]
    return next(l for l, r in enumerate(wide) if r >= WANTED)


def _width(dX: np.ndarray) -> int:
    """How many rows the gradient reaches, from the first to the last."""
    reached = np.flatnonzero(dX.any(axis=1))
    return int(reached[-1] - reached[0] + 1)


def _half(dX: np.ndarray) -> int:
    """The side of the smallest square in the middle that holds half of the gradient's sum."""
    r = len(dX)
    sides = range(2 - r % 2, r + 1, 2)
    middles = (slice((r - k) // 2, (r + k) // 2) for k in sides)
    sums = [dX[m, m].sum() for m in middles]
    return next(k for k, total in zip(sides, sums, strict=True) if total >= dX.sum() / 2)
