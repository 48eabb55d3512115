"""The pictures of lab 03: what an activation lets through, and what is left of it after many."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.ticker import LogLocator, NullLocator

from nnlib import initializers
from nnlib.activations import (
    Activation,
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    Softplus,
    Step,
    Tanh,
)
from nnlib.dense import Dense
from nnlib.initializers import Initializer
from nnlib.losses import CrossEntropy
from nnlib.optimizers import SGD
from nnlib.sequential import Sequential, Trace
from nnlib.training import train_step
from nnlib.viz.controls import dropdown, log_slider, slider
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import (
    CLASS_0,
    CLASS_1,
    GREY,
    INK,
    MARKERS,
    ORANGE,
    PALE_CLASSES,
    REFERENCE,
    TRAIN,
    VALIDATION,
    CourseFigure,
    figure,
)
from nnlib.viz.words import sentence, with_minus

SATURATED, THROUGH, RUNAWAY = 0.05, 0.01, 1e9
SHADE, BAND = "#F3E3D3", "#D5EEE5"

UNITS: dict[str, Callable[[], Activation]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "ReLU": ReLU,
    "Leaky ReLU (0.01)": LeakyReLU,
    "identity": Identity,
}
INITS: dict[str, Initializer] = {
    "all zeros": initializers.zeros,
    "N(0, 0.01²)": initializers.normal,
    "U(−1/√n, 1/√n)": initializers.uniform,
    "LeCun": initializers.lecun_normal,
    "Glorot": initializers.glorot_normal,
    "He": initializers.he_normal,
    "orthogonal": initializers.orthogonal,
    "N(0, 1)": partial(initializers.normal, std=1.0),
}
KINDS = ("lecun", "glorot", "he")

Drawn = Callable[[tuple[int, ...], str, np.random.Generator], np.ndarray]


def deep_network(
    g: Callable[[], Activation],
    init: Initializer,
    depth: int,
    *,
    rng: np.random.Generator,
    width: int = 64,
    n_in: int = 64,
    n_out: int = 10,
) -> Sequential:
    """`depth` times Dense and g, each `width` units wide, then a Dense of n_out logits; float64."""
    layers: list[Any] = []
    for n in [n_in, *[width] * (depth - 1)]:
        layers += [Dense(n, width, rng=rng, init=init), g()]
    return Sequential(*layers, Dense(width, n_out, rng=rng, init=init), dtype=np.float64)


def hidden_traces(net: Sequential, X: np.ndarray, y: np.ndarray) -> list[Trace]:
    """What passes through each activation: Z as X, A as Y, ∂J/∂Z as dX; under cross-entropy.

    Shapes    X (m, n_in)   y (m,)   every Z, A and ∂J/∂Z (m, width)
    """
    traces = net.trace(X, y, CrossEntropy())
    return [trace for trace in traces if isinstance(trace.layer, Activation)]


def boundaries(
    answers: Mapping[str, Callable[[np.ndarray], np.ndarray]], X: np.ndarray, y: np.ndarray
) -> CourseFigure:
    """Side by side, where each classifier of two features says 1: P(y = 1) and its border at ½.

    Shapes    X (m, 2)   y (m,) of 0 and 1   answers: name → function (k, 2) → (k,)
    """
    made, axes = figure(1, len(answers), size=(8.8, 3.7), sharey=True)
    (a, b), said = (np.linspace(v.min() - 0.3, v.max() + 0.3, 150) for v in X.T), []
    grid = np.stack(np.meshgrid(a, b), axis=-1)
    for ax, (name, answer) in zip(axes, answers.items(), strict=True):
        P = answer(grid.reshape(-1, 2)).reshape(150, 150)
        ax.contourf(a, b, P, np.linspace(0, 1, 11), cmap=PALE_CLASSES)
        ax.contour(a, b, P, [0.5], colors=INK, linewidths=2)
        for k, colour in enumerate((CLASS_0, CLASS_1)):
            look = {"color": colour, "marker": MARKERS[k], "edgecolor": "white", "linewidth": 0.5}
            ax.scatter(*X[y == k].T, s=28, **look)
        ax.set(title=name, xlabel="x₁")
        ax.grid(False)
        said.append(f"{name}: {np.sum((answer(X) > 0.5) == (y == 1))} of {len(y)} points right")
    axes[0].set_ylabel("x₂")
    made.caption = f"{sentence('; '.join(said))}."
    return made


class ActivationCurves(Explorer):
    """An activation and its slope at one z, shaded where less than 5 % of a gradient gets through.

    `mine` may be the reader's own function of an array z; it is drawn over each unit.
    """

    goal = (
        "Find the smallest |z| at which the sigmoid lets through less than 1 % of a gradient. "
        "Then the same for tanh."
    )
    low, high = -6.0, 6.0

    def __init__(self, mine: Callable[[np.ndarray], np.ndarray] | None = None) -> None:
        self.found: set[str] = set()
        self.unit = dropdown("unit", [*CURVES])
        self.z = slider("pre-activation z", 0.0, self.low, self.high, step=0.1)
        self.alpha = slider("slope α below 0", 0.2, -0.5, 2.0, step=0.01)
        half = np.linspace(1e-9, self.high + 0.4, 641)
        self.grid = np.concatenate([-half[::-1], [np.nan], half])  # the gap leaves jumps open
        made, (left, right) = figure(1, 2, size=(8.8, 3.9))
        self.zones = [_Zones(ax) for ax in (left, right)]
        (self.curve,) = left.plot([], [], "-", color=TRAIN, label="g(z)")
        (self.slope,) = right.plot([], [], "-", color=TRAIN)
        if mine is not None:
            z = np.linspace(self.low, self.high, 49)
            left.plot(z, mine(z), "x", color=REFERENCE, ms=6, label="yours")
        (self.maximum,) = left.plot([], [], "--", color=ORANGE, zorder=1.9)
        look: dict[str, Any] = {"color": VALIDATION, "ms": 11, "mec": "white", "zorder": 5}
        self.points = [ax.plot([], [], "o", **look)[0] for ax in (left, right)]
        left.set(xlabel="pre-activation z", ylabel="activation g(z)", ylim=(-2.2, 4.2))
        right.set(xlabel="pre-activation z", ylabel="slope g′(z)", ylim=(-0.62, 2.12))
        for ax in (left, right):
            ax.set_xlim(self.low - 0.4, self.high + 0.4)
        super().__init__(made, controls=[self.unit, self.z, self.alpha])

    def draw(self) -> str:
        name, z = self.unit.value, round(self.z.value, 1) + 0.0
        unit = CURVES[name](self.alpha.value)
        self.alpha.disabled = name not in LEAKY
        self.curve.set_data(self.grid, unit.g(self.grid))
        slopes = unit.slope(self.grid)
        self.slope.set_data(self.grid, slopes)
        line = np.maximum(self.alpha.value * self.grid, self.grid)
        self.maximum.set_data(self.grid, line)
        if self.alpha.disabled == self.maximum.get_visible():
            self.maximum.set_visible(name in LEAKY)
            self.maximum.set_label("max(αz, z)" if name in LEAKY else "_hidden")
            self.maximum.axes.legend(loc="upper left", fontsize=10)
        for zones in self.zones:
            zones.show(self.grid, np.abs(slopes) < SATURATED)
        value, slope = (float(f(np.array([z]))[0]) for f in (unit.g, unit.slope))
        for point, height in zip(self.points, (value, slope), strict=True):
            point.set_data([z], [height])
        self._seek(name, z, unit)
        self.goal_reached = {"sigmoid", "tanh"} <= self.found
        return f"{sentence(name)} at z = {z:g}: {self._words(name, z, value, slope)}"

    def _seek(self, name: str, z: float, unit: Activation) -> None:
        here, nearer = unit.slope(np.array([z, np.sign(z) * (abs(z) - 0.1)]))
        if here < THROUGH <= nearer:
            self.found.add(name)

    def _words(self, name: str, z: float, value: float, slope: float) -> str:
        said = f"g(z) = {value:.4f}, g′(z) = {slope:.4f}. "
        if name == "PReLU":
            said += f"α may learn: ∂g/∂α = min(0, z) = {min(0.0, z):g}. "
        if name in LEAKY and self.alpha.value > 1:
            return said + "Since α > 1, max(αz, z) is another function."
        if name == "step":
            return said + "No gradient gets through anywhere."
        if z == 0 and name in KINKS:
            return said + "At this kink the slope is a convention: here, that of the left side."
        if abs(slope) < SATURATED:
            return said + f"Saturated: {100 * abs(slope):.2f} % of a gradient gets through."
        turned = ", its sign turned round" if slope < 0 else ""
        return said + f"{100 * abs(slope):.0f} % of a gradient gets through{turned}."


class GradientDepth(Explorer):
    """How large ∂J/∂Z is at every hidden layer of an untrained network, by activation and start.

    `mine(shape, kind, rng)` may be the reader's own initialiser, of the kinds lecun, glorot and he.

    Shapes    X (m, 64)   y (m,) of ten classes
    """

    goal = "With 50 layers, keep the gradient's size at layer 1 within a factor 10 of the last's."

    def __init__(self, X: np.ndarray, y: np.ndarray, mine: Drawn | None = None) -> None:
        self.X, self.y = X, y
        self.inits = INITS | _yours(mine)
        self.unit = dropdown("activation", [*UNITS])
        self.init = dropdown("weights", [*self.inits], "N(0, 0.01²)")
        self.gain = slider("weights times", 1.0, 0.5, 4.0, step=0.1)
        self.depth = slider("hidden layers", 10, 1, 50)
        made, ax = figure(size=(8, 4.2))
        self.band = ax.axhspan(0.1, 10, color=BAND, lw=0, label="within a factor 10 of the last")
        (self.line,) = ax.plot([], [], "o-", color=TRAIN, ms=5)
        (self.first,) = ax.plot([], [], "D", color=VALIDATION, ms=10, label="layer 1")
        ax.set(xlabel="hidden layer l", ylabel="size of the gradient ‖∂J/∂Zˡ‖", yscale="log")
        ax.yaxis.set_major_locator(LogLocator(numticks=8))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.legend(loc="lower right")
        super().__init__(made, controls=[self.unit, self.init, self.gain, self.depth])

    def draw(self) -> str:
        L = self.depth.value
        norms = self._norms(L)
        self.line.set_data(np.arange(1, L + 1), norms)
        self.first.set_data([1], norms[:1])
        self.line.axes.set_xlim(0.5, max(10, L) + 0.5)
        end = norms[-1] or 1.0
        self.band.set_y(end / 10)
        self.band.set_height(end * 10 - end / 10)
        seen = norms[norms > 0]
        lowest, highest = (seen.min(), seen.max()) if len(seen) else (end, end)
        low, high = min(lowest, end / 10), max(highest, end * 10)
        margin = 3 * (high / low) ** 0.04
        self.line.axes.set_ylim(low / margin, high * margin)
        ratio = norms[0] / end
        self.goal_reached = L == 50 and 0.1 <= ratio <= 10
        times = "" if self.gain.value == 1 else f" times {self.gain.value:.1f}"
        who = f"{sentence(self.unit.value)}, weights {self.init.value}{times}"
        if norms[-1] == 0:
            return f"{who}, {_layers(L)}: no hidden layer gets any gradient at all."
        verdict = "vanished" if ratio < 0.1 else "exploded" if ratio > 10 else "kept"
        return (
            f"{who}, {_layers(L)}: {_size(norms[0])} at layer 1 against {_size(norms[-1])} "
            f"at layer {L}, a factor {_size(ratio)}: {verdict}."
        )

    def _norms(self, depth: int) -> np.ndarray:
        init = _scaled(self.inits[self.init.value], self.gain.value)
        net = deep_network(UNITS[self.unit.value], init, depth, rng=np.random.default_rng(0))
        return np.array([np.linalg.norm(trace.dX) for trace in hidden_traces(net, self.X, self.y)])


class LayerHistograms(Explorer):
    """Activations and gradients of an untrained network, layer by layer, as histograms.

    Shapes    X (m, 64)   y (m,) of ten classes
    """

    goal = (
        "Give tanh weights with which layer 10 spreads as layer 1 does, within a factor 5, "
        "in activations and in gradients. Then find some for ReLU."
    )
    shown = (1, 4, 7, 10)

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = X, y
        self.kept: set[str] = set()
        self.unit = dropdown("activation", [*UNITS], "tanh")
        self.init = dropdown("weights", [*INITS], "N(0, 0.01²)")
        made, axes = figure(2, len(self.shown), size=(9, 4.7))
        self.rows = [
            _HistogramRow(axes[0], TRAIN, "activations A"),
            _HistogramRow(axes[1], ORANGE, "gradients ∂J/∂Z"),
        ]
        super().__init__(made, controls=[self.unit, self.init])

    def draw(self) -> str:
        unit, rng = UNITS[self.unit.value], np.random.default_rng(0)
        net = deep_network(unit, INITS[self.init.value], 10, rng=rng)
        traces = hidden_traces(net, self.X, self.y)
        said, ratios = [], []
        for row, name, side in zip(
            self.rows, ("activations", "gradients"), ("Y", "dX"), strict=True
        ):
            layers = [getattr(trace, side) for trace in traces]
            row.show({l: layers[l - 1] for l in self.shown})
            first, last = layers[0].std(), layers[-1].std()
            ratios.append(last / first if first > 0 else np.inf)
            said.append(f"the {name} spread {_size(first)} at layer 1 and {_size(last)} at 10")
        if all(1 / 5 <= ratio <= 5 for ratio in ratios):
            self.kept.add(self.unit.value)
        self.goal_reached = {"tanh", "ReLU"} <= self.kept
        flat = np.mean([np.abs(unit().slope(trace.X)) < SATURATED for trace in traces])
        return (
            f"{sentence(self.unit.value)}, weights {self.init.value}: {'; '.join(said)}. "
            f"{100 * flat:.0f} % of all outputs are saturated."
        )


class DyingReLU(Explorer):
    """Forty ReLU units learn the digits: who still fires for anyone, who is dead, and the cost.

    A unit is dead when its slope is 0 for every example, so that no gradient reaches its weights.

    Shapes    X (m, 64)   y (m,) of ten classes
    """

    goal = (
        "Kill more than 80 % of the units. Then, without Reset, revive the network: "
        "bring the cost below 1."
    )
    seconds_per_step = 0.08
    n, steps_per_frame, last_step = 40, 2, 400

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = X, y
        self.lr = log_slider("learning rate", 0.1, 0.01, 10, per_decade=4)
        self.bias = slider("first bias b", 0.0, -8.0, 1.0, step=0.5)
        self.alpha = slider("slope α below 0", 0.0, 0.0, 0.5, step=0.01)
        made, (left, middle, right) = figure(1, 3, size=(9, 3.8), width_ratios=[1.5, 1, 1])
        units = np.arange(1, self.n + 1)
        self.bars = left.bar(units, np.zeros(self.n), color=TRAIN, width=0.8)
        (self.crosses,) = left.plot([], [], "x", color=VALIDATION, ms=7, mew=2, label="dead")
        left.set(xlabel="hidden unit", ylabel="fires for (% of the examples)", ylim=(-6, 121))
        left.set_yticks(range(0, 101, 20))
        left.set_xlim(0, self.n + 1)
        left.legend(loc="upper right")
        last: dict[str, Any] = {"marker": "o", "markevery": [-1], "ms": 7}
        (self.dead_line,) = middle.plot([], [], "-", color=VALIDATION, **last)
        middle.set(xlabel="step", ylabel="dead units (%)", ylim=(-3, 103))
        middle.axhline(80, color=GREY, linestyle=":", lw=1.5)
        (self.cost_line,) = right.plot([], [], "-", color=TRAIN, **last)
        right.set(xlabel="step", ylabel="cross-entropy J (nats)", yscale="log", ylim=(0.01, 1000))
        right.set_yticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
        right.axhline(1, color=GREY, linestyle=":", lw=1.5)
        self.times = (middle, right)
        controls = [self.lr, self.bias, self.alpha]
        super().__init__(made, controls=controls, restart_on=[self.bias])

    def restart(self) -> None:
        rng = np.random.default_rng(0)
        self.unit = LeakyReLU(0.0)
        first = Dense(64, self.n, rng=rng, init=initializers.he_normal)
        first.b = np.full(self.n, self.bias.value)
        last = Dense(self.n, 10, rng=rng, init=initializers.he_normal)
        self.net = Sequential(first, self.unit, last, dtype=np.float64)
        self.loss = CrossEntropy()
        self.dead: list[float] = []
        self.costs: list[float] = []
        self.killed = False
        self._look()

    def step(self) -> bool:
        if self.finished:
            return False
        self.unit.alpha = self.alpha.value
        for _ in range(self.steps_per_frame):
            train_step(self.net, self.loss, SGD(self.lr.value), self.X, self.y)
        self._look()
        return not self.finished

    @property
    def finished(self) -> bool:
        """Whether all steps are taken, or the cost has left for infinity."""
        return self.taken >= self.last_step or self.costs[-1] > RUNAWAY

    @property
    def taken(self) -> int:
        """How many steps of gradient descent were taken since the start."""
        return self.steps_per_frame * (len(self.costs) - 1)

    def _look(self) -> None:
        self.costs.append(self.loss(self.net.predict(self.X), self.y))
        self.dead.append(100 * float(self._dead().mean()))

    def _pre_activations(self) -> np.ndarray:
        return self.net[0].forward(self.X)

    def _dead(self) -> np.ndarray:
        return (self.unit.slope(self._pre_activations()) == 0).all(axis=0)

    def draw(self) -> str:
        self.unit.alpha = self.alpha.value
        del self.costs[-1], self.dead[-1]
        self._look()  # again, for α may have moved
        fires = 100 * (self._pre_activations() > 0).mean(axis=0)
        dead = self._dead()
        self.killed = self.killed or self.dead[-1] > 80
        for bar, height in zip(self.bars, fires, strict=True):
            bar.set_height(height)
        units = 1 + np.flatnonzero(dead)
        self.crosses.set_data(units, np.zeros(len(units)))
        steps = self.steps_per_frame * np.arange(len(self.costs))
        self.dead_line.set_data(steps, self.dead)
        self.cost_line.set_data(steps, self.costs)
        for ax in self.times:
            end = max(40, 100 * np.ceil(steps[-1] / 100))
            ax.set_xlim(-0.04 * end, 1.02 * end)
        self.goal_reached = self.killed and self.costs[-1] < 1
        return self._words(int(dead.sum()), int(np.sum(fires == 0)))

    def _words(self, dead: int, silent: int) -> str:
        said = f"Step {self.taken}, α = {self.alpha.value:.2f}: {dead} of {self.n} units are dead"
        if silent > dead:
            said += f" ({silent} never fire, but the slope α lets their gradient through)"
        said += f", cost {_cost(self.costs[-1])}."
        if self.costs[-1] > RUNAWAY:
            return said + " It has run away: such steps are too long. Press Reset."
        if dead == self.n:
            return said + " Nothing but the output's bias can learn now."
        return said


class _Zones:
    """The shaded left and right ends of a curve, where it is saturated."""

    def __init__(self, ax: Axes) -> None:
        self.spans = [ax.axvspan(0, 0, color=SHADE, lw=0, zorder=0) for _ in range(2)]
        self.spans[0].set_label(f"less than {100 * SATURATED:g} % gets through")

    def show(self, z: np.ndarray, saturated: np.ndarray) -> None:
        """Shade from either end up to the first z (k,) that is not saturated (k,)."""
        ends = z[[0, -1]]
        lively = z[~saturated & ~np.isnan(z)]
        inner = lively[[0, -1]] if len(lively) else ends[[1, 1]]
        for span, edge, end in zip(self.spans, inner, ends, strict=True):
            span.set_x(min(edge, end))
            span.set_width(abs(end - edge))


class _HistogramRow:
    """One histogram per layer, with the same bins for all, each drawn as high as its peak."""

    bins = 41

    def __init__(self, axes: np.ndarray, colour: str, name: str) -> None:
        self.axes = axes
        edges = np.linspace(-1, 1, self.bins + 1)
        self.stairs = [
            ax.stairs(np.zeros(self.bins), edges, fill=True, color=colour) for ax in axes
        ]
        # The limits stay as they are, and what the ends are worth is written there: words are drawn
        # anew in a tenth of the time that an axis takes.
        self.ends = [_ends(ax) for ax in axes]
        for ax in axes:
            ax.set(xlim=(-1.05, 1.05), ylim=(0, 1.08), yticks=[])
            ax.set_xticks([-1, 0, 1], ["", "0", ""])
            ax.grid(False)
            ax.yaxis.set_visible(ax is axes[0])  # nothing stands there, and it takes time to draw
            ax.xaxis.set_label_coords(0.5, 0)  # nor is there a label that would need a place
        axes[0].set_ylabel(name)

    def show(self, layers: Mapping[int, np.ndarray]) -> None:
        """Draw the values of each layer, by its number; all layers have one scale."""
        widest = max(float(np.quantile(np.abs(values), 0.99)) for values in layers.values()) or 1.0
        for k, (l, values) in enumerate(layers.items()):
            counts, edges = np.histogram(values, self.bins, (-widest, widest))
            self.stairs[k].set_data(counts / max(1, counts.max()), edges / widest)
            for end, worth in zip(self.ends[k], (-widest, widest), strict=True):
                end.set_text(with_minus(_size(worth)))
            spread = f"layer {l}: spread {_size(values.std())}"
            self.axes[k].set_title(with_minus(spread), fontsize=11)


def _ends(ax: Axes) -> list[Text]:
    """Room for two numbers below an axis that goes from −1 to 1, at its ends."""
    place: dict[str, Any] = {"xycoords": ax.get_xaxis_transform(), "textcoords": "offset points"}
    below: dict[str, Any] = {"xytext": (0, -6), "va": "top"}
    sides = ((-1, "left"), (1, "right"))
    return [ax.annotate("", (x, 0), ha=side, **place, **below) for x, side in sides]


def _prelu(alpha: float) -> PReLU:
    return PReLU(1, alpha=alpha, dtype=np.float64)


CURVES: dict[str, Callable[[float], Activation]] = {
    "sigmoid": lambda alpha: Sigmoid(),
    "tanh": lambda alpha: Tanh(),
    "ReLU": lambda alpha: ReLU(),
    "Leaky ReLU": LeakyReLU,
    "PReLU": _prelu,
    "softplus": lambda alpha: Softplus(),
    "step": lambda alpha: Step(),
    "identity": lambda alpha: Identity(),
}
LEAKY = ("Leaky ReLU", "PReLU")
KINKS = ("ReLU", *LEAKY)


def _scaled(init: Initializer, gain: float) -> Initializer:
    def draw(
        shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type = np.float64
    ) -> np.ndarray:
        return gain * init(shape, rng=rng, dtype=dtype)

    return draw


def _yours(mine: Drawn | None) -> dict[str, Initializer]:
    """The reader's own initialiser under three names, in nnlib's form."""
    if mine is None:
        return {}

    def of_kind(kind: str) -> Initializer:
        def draw(
            shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type = np.float64
        ) -> np.ndarray:
            return np.asarray(mine(shape, kind, rng), dtype)

        return draw

    return {f"yours: {kind}": of_kind(kind) for kind in KINDS}


def _layers(count: int) -> str:
    return f"{count} hidden layer{'' if count == 1 else 's'}"


def _cost(value: float) -> str:
    return f"{value:.4f}" if value < 1e3 else _size(value)


def _size(value: float) -> str:
    """Three digits, as a power of ten where there are many zeros."""
    if value == 0 or 1e-3 <= abs(value) < 1e3:
        return f"{value:.3g}"
    return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
