"""Draw a digit, and see what each layer of a trained network makes of it while you draw."""

from collections.abc import Callable

import ipywidgets
import numpy as np

from nnlib.functions import softmax
from nnlib.sequential import Sequential
from nnlib.viz.controls import dropdown, slider
from nnlib.viz.drawing_pad import DrawingPad, centred, coarse, resized
from nnlib.viz.explorer import Explorer
from nnlib.viz.lab07_maps import Mosaic, read
from nnlib.viz.style import GREY, TRAIN, VERMILLION, figure

DRAWN = "my drawing"
SOUGHT, SURE = 3, 0.95


class DrawDigit(Explorer):
    """A sheet to draw on, every feature map of `net` for what is drawn, and its probabilities.

    A drawing is prepared as the digits were: put in the middle, made 8×8, then `enlarge`d, as the
    lab enlarged them, to the net's H × W (bilinearly, when not said otherwise).

    Shapes    X (m, H, W, 1), y (m,): digits for the menu   enlarge: (8, 8) → (H, W)
    """

    goal = (
        f"Give the net a {SOUGHT} that it calls {SOUGHT} with more than {100 * SURE:.0f} %, drawn "
        "by you or from the menu. Then, with the shifts alone, make it say something else."
    )

    def __init__(
        self,
        net: Sequential,
        X: np.ndarray,
        y: np.ndarray,
        *,
        enlarge: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.net, self.X = net, X
        self.enlarge = enlarge or (lambda image: resized(image, X.shape[1:3]))
        self.examples = {f"a {k} of the data": int(np.flatnonzero(y == k)[0]) for k in np.unique(y)}
        self.convinced = False
        self.pad = DrawingPad("Sheet to draw a digit on; without a mouse, choose one in the menu")
        self.source = dropdown("digit", [DRAWN, *self.examples], next(iter(self.examples)))
        self.seen = ("", b"")
        far = X.shape[1] // 4
        self.right = slider("shift right (pixels)", 0, -far, far)
        self.down = slider("shift down (pixels)", 0, -far, far)
        made, (left, middle, right) = figure(1, 3, size=(6.2, 3.8), width_ratios=[1.1, 3.3, 1.3])
        self.input = left.imshow(np.zeros(X.shape[1:3]), cmap="Greys", vmin=0, vmax=1)
        left.set(title="input", xticks=[], yticks=[], xlabel=f"{X.shape[1]} × {X.shape[2]}")
        left.grid(False)
        left.spines[:].set(visible=True, color=GREY, linewidth=1)
        stages, Z = read(net, X[0])
        self.mosaic = Mosaic(middle, stages, 330, 350)
        self.bars = right.barh(range(len(Z)), np.zeros(len(Z)), color=TRAIN, height=0.75)
        right.axvline(100 * SURE, color=GREY, linestyle=":", linewidth=1.5)
        right.set(xlim=(0, 100), ylim=(len(Z) - 0.4, -0.6), xlabel="probability (%)")
        right.set(yticks=range(len(Z)), xticks=[0, 50, 100])
        super().__init__(made, controls=[self.pad, self.source, self.right, self.down])
        sheet = _side_by_side(self.pad, self.picture)
        row = _side_by_side(self.source, self.right, self.down)
        self.set_trait("children", [self.headline, sheet, row, self.status])

    def image(self) -> np.ndarray:
        """What the net is given now (H, W, 1)."""
        if self.source.value == DRAWN:
            image = self.enlarge(coarse(centred(self.pad.ink)))[:, :, None]
        else:
            image = self.X[self.examples[self.source.value]]
        return shifted(image, self.down.value, self.right.value)

    def draw(self) -> str:
        self._follow()
        image = self.image()
        stages, Z = read(self.net, image)
        P = softmax(Z[None].astype(float))[0]
        said = int(P.argmax())
        self.input.set_data(image[:, :, 0])
        self.mosaic.show(stages)
        for k, (bar, p) in enumerate(zip(self.bars, P, strict=True)):
            bar.set_width(100 * p)
            bar.set_color(VERMILLION if k == said else TRAIN)
        self._seek(said, float(P[said]))
        return self._words(image, P)

    def _follow(self) -> None:
        """A digit from the menu is put on the sheet; a stroke on the sheet makes it a drawing."""
        before = self.seen
        if self.source.value != before[0]:
            self.pad.value = self.pad.min
            if self.source.value != DRAWN:
                example = self.X[self.examples[self.source.value]]
                self.pad.ink = resized(example[:, :, 0], (self.pad.size, self.pad.size))
            self.convinced = False
        elif self.pad.value != before[1]:
            self.source.value = DRAWN
            self.convinced = False
        self.seen = self.source.value, self.pad.value

    def _seek(self, said: int, p: float) -> None:
        """Whether the same 3 was first called a 3 and then, shifted, something else."""
        moved = self.right.value != 0 or self.down.value != 0
        if not moved and said == SOUGHT and p > SURE:
            self.convinced = True
        self.goal_reached = self.convinced and moved and said != SOUGHT

    def _words(self, image: np.ndarray, P: np.ndarray) -> str:
        first, second = np.argsort(-P, kind="stable")[:2]
        says = f"the net says {first} with {_percent(P[first])}"
        says += f", then {second} with {_percent(P[second])}." if P[second] > 0.005 else "."
        if image.max() <= 0:
            return f"Nothing is on the sheet, and still {says} It cannot say “no digit”."
        what = "Your drawing" if self.source.value == DRAWN else self.source.value.capitalize()
        ways = [
            f"{abs(by)} pixel{'s' if abs(by) > 1 else ''} {names[by < 0]}"
            for by, names in (
                (self.right.value, ("right", "left")),
                (self.down.value, ("down", "up")),
            )
            if by
        ]
        where = f", shifted {' and '.join(ways)}" if ways else ""
        return f"{what}{where}: {says}"


def shifted(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """image (H, W, C) moved by whole pixels; what comes in is 0, what leaves is lost."""
    H, W, _ = image.shape
    out = np.zeros_like(image)
    rows, columns = slice(max(down, 0), H + min(down, 0)), slice(max(right, 0), W + min(right, 0))
    out[rows, columns] = image[max(-down, 0) : H - max(down, 0), max(-right, 0) : W - max(right, 0)]
    return out


def _side_by_side(*widgets: ipywidgets.DOMWidget) -> ipywidgets.Box:
    row = ipywidgets.Box(children=widgets)
    row.add_class("nnlib-controls")
    return row


def _percent(p: float) -> str:
    return f"{100 * p:.0f} %"
