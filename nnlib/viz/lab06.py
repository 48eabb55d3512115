"""The pictures of lab 06: what normalising a batch does to values, to depth and to the step."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from nnlib.activations import Activation, ReLU, Sigmoid, Tanh
from nnlib.dense import Dense
from nnlib.initializers import he_normal
from nnlib.layer import Layer
from nnlib.losses import CrossEntropy
from nnlib.normalization import BatchNorm
from nnlib.optimizers import SGD
from nnlib.sequential import Sequential
from nnlib.splits import minibatches
from nnlib.training import train_step
from nnlib.viz.controls import dropdown, log_slider, slider
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import GREY, INK, REFERENCE, TRAIN, VALIDATION, VERMILLION, figure

UNITS: dict[str, Callable[[], Activation]] = {"ReLU": ReLU, "tanh": Tanh, "sigmoid": Sigmoid}
BAND = "#D5EEE5"
EPS = 1e-5

Forward = Callable[[np.ndarray, np.ndarray, np.ndarray, float], np.ndarray]


def deep_network(
    depth: int,
    *,
    norm: Callable[[int], Layer] | None = None,
    rng: np.random.Generator,
    g: Callable[[], Activation] = ReLU,
    width: int = 32,
    n_in: int = 64,
    n_out: int = 10,
) -> Sequential:
    """`depth` times Dense with He's weights, norm (if any) and g; then Dense; float64."""
    layers: list[Any] = []
    for n in [n_in, *[width] * (depth - 1)]:
        between = [norm(width)] if norm else []
        layers += [Dense(n, width, rng=rng, init=he_normal), *between, g()]
    last = Dense(width, n_out, rng=rng, init=he_normal)
    return Sequential(*layers, last, dtype=np.float64)


def into_activations(net: Sequential, X: np.ndarray) -> list[np.ndarray]:
    """What each activation is given in training mode, layer by layer, for X (m, n_in)."""
    A, seen = X, []
    for layer in net:
        if isinstance(layer, Activation):
            seen.append(A)
        A = layer.forward(A, training=True)
    return seen


class ActivationsByLayer(Explorer):
    """The distribution of what enters each activation, with and without batch norm.

    Shapes    X (m, 64)
    """

    goal = (
        "With 20 ReLU layers, find the weight scale at which the network without batch norm keeps "
        "its spread: layer 20's within a factor 2 of layer 1's."
    )
    low, high, bins = -4.0, 4.0, 41

    def __init__(self, X: np.ndarray) -> None:
        self.X = X
        self.unit = dropdown("activation", [*UNITS])
        self.depth = slider("hidden layers", 10, 2, 20)
        self.scale = slider("weights: He's times", 0.7, 0.5, 2.0, step=0.05)
        made, axes = figure(1, 2, size=(8, 4), sharey=True)
        self.images = []
        for ax, title in zip(axes, ("without batch norm", "with batch norm"), strict=True):
            empty = np.zeros((self.bins, 1))
            image = ax.imshow(empty, cmap="Blues", aspect="auto", origin="lower", vmin=0, vmax=1)
            ax.set(title=title, xlabel="hidden layer", ylim=(self.low, self.high))
            ax.grid(False)
            ax.xaxis.get_major_locator().set_params(integer=True)
            self.images.append(image)
        axes[0].set_ylabel("z into the activation")
        axes[0].set_yticks([-4, -2, 0, 2, 4], ["≤ −4", "−2", "0", "2", "≥ 4"])
        super().__init__(made, controls=[self.unit, self.depth, self.scale])

    def spreads(self, batch_norm: bool) -> np.ndarray:
        """Draw one side; return the standard deviation of z at every layer (depth,)."""
        rng, L = np.random.default_rng(0), self.depth.value
        norm, g = BatchNorm if batch_norm else None, UNITS[self.unit.value]
        net = deep_network(L, norm=norm, rng=rng, g=g, width=self.X.shape[1])
        for layer in net:
            if isinstance(layer, Dense):
                layer.W *= self.scale.value
        values = into_activations(net, self.X)
        ends = self.low, self.high
        counts = [np.histogram(z.clip(*ends), self.bins, ends)[0] for z in values]
        image = self.images[batch_norm]
        image.set_data(np.array([c / c.max() for c in counts]).T)
        image.set_extent((0.5, L + 0.5, self.low, self.high))
        return np.array([z.std() for z in values])

    def draw(self) -> str:
        plain, normed = self.spreads(False), self.spreads(True)
        L, ratio = self.depth.value, plain[-1] / plain[0]
        self.goal_reached = L == 20 and self.unit.value == "ReLU" and 0.5 <= ratio <= 2
        verdict = "kept" if 0.5 <= ratio <= 2 else "shrinks" if ratio < 1 else "grows"
        name = self.unit.value[:1].upper() + self.unit.value[1:]
        return (
            f"{name}, {L} layers, weights {self.scale.value:.2f} × He's. Without batch norm the "
            f"spread goes from {_size(plain[0])} at layer 1 to {_size(plain[-1])} at layer {L}: "
            f"{verdict}. With it, from {_size(normed[0])} to {_size(normed[-1])}."
        )


class GammaBeta(Explorer):
    """What γ and β make of normalised values, and how steep the activation is where they land.

    `mine(Z, gamma, beta, eps)` may be the reader's own forward pass in training.

    Shapes    z (m,), its unit in `name`
    """

    goal = "Undo the normalisation: choose γ and β so that z̃ lies on the raw z again."

    def __init__(self, z: np.ndarray, name: str = "z", mine: Forward | None = None) -> None:
        self.z, self.mine = z[:, None], mine
        self.gamma = slider("scale γ", 1.0, -2.0, 4.0, step=0.01)
        self.beta = slider("shift β", 0.0, -6.0, 6.0, step=0.01)
        self.unit = dropdown("activation", [*UNITS], "sigmoid")
        made, (left, right) = figure(1, 2, size=(8, 4))
        self.edges = np.arange(-10, 14.01, 0.25)
        none = np.zeros(len(self.edges) - 1)
        self.raw = left.stairs(
            none, self.edges, color=REFERENCE, lw=2, ls="--", label=f"raw {name}"
        )
        self.normal = left.stairs(none, self.edges, color=GREY, lw=2, ls=":", label="ẑ")
        self.out = left.stairs(
            none, self.edges, color=TRAIN, fill=True, alpha=0.6, label="z̃ = γẑ + β"
        )
        left.set(xlabel="value", ylabel="examples", xlim=(-10, 12.5), ylim=(0, 60))
        self.grid = np.linspace(-10, 12.5, 451)
        (self.curve,) = right.plot([], [], "-", color=INK)
        (self.points,) = right.plot([], [], "o", color=TRAIN, alpha=0.3, ms=7, label="examples")
        right.set(xlabel="z̃", ylabel="activation g(z̃)", xlim=(-10, 12.5))
        if mine is not None:
            self.yours = left.stairs(none, self.edges, color=VALIDATION, lw=1.5, label="yours")
        left.legend(loc="upper right")
        right.legend(loc="upper left")
        super().__init__(made, controls=[self.gamma, self.beta, self.unit])

    def draw(self) -> str:
        layer, g = BatchNorm(1, eps=EPS, dtype=np.float64), UNITS[self.unit.value]()
        normal = layer.forward(self.z, training=True)
        layer.gamma, layer.beta = [self.gamma.value], [self.beta.value]
        out = layer.forward(self.z, training=True)
        shown = [(self.raw, self.z), (self.normal, normal), (self.out, out)]
        if self.mine is not None:
            shown.append(
                (
                    self.yours,
                    self.mine(
                        self.z, np.array([self.gamma.value]), np.array([self.beta.value]), EPS
                    ),
                )
            )
        for stairs, values in shown:
            stairs.set_data(np.histogram(np.clip(values, -9.9, 12.4), self.edges)[0])
        self.curve.set_data(self.grid, g.g(self.grid))
        self.curve.axes.set_ylim(*((-0.8, 8) if self.unit.value == "ReLU" else (-1.2, 1.2)))
        self.points.set_data(out.ravel(), g.g(out).ravel())
        gap = np.abs(out - self.z).max()
        self.goal_reached = bool(gap < 0.05)
        slope = 100 * np.mean(g.slope(out))
        return (
            f"γ = {_two(self.gamma.value)}, β = {_two(self.beta.value)}: z̃ has mean "
            f"{_two(out.mean())} and spread {_two(out.std())}; it differs from the raw z by up to "
            f"{gap:.2f}. On average {self.unit.value} lets {slope:.0f} % of a gradient through."
        )


class BatchSize(Explorer):
    """μ_B and σ_B of many random batches, against the mean and spread of all the data.

    Shapes    z (m,)
    """

    goal = (
        "Find the smallest batch whose mean lies within a quarter of a σ of the true mean in 95 % "
        "of the draws. Then go down to 1."
    )
    largest, draws = 128, 2000

    def __init__(self, z: np.ndarray, name: str = "z") -> None:
        self.mean, self.std = z.mean(), z.std()
        self.batches = np.random.default_rng(0).choice(z, (self.draws, self.largest))
        means = np.cumsum(self.batches, axis=1) / np.arange(1, self.largest + 1)
        self.share = np.mean(np.abs(means - self.mean) <= self.std / 4, axis=0)
        self.smallest = 1 + int(np.flatnonzero(self.share < 0.95)[-1] + 1)
        self.found: set[int] = set()
        self.size = slider("batch size m", 8, 1, self.largest)
        made, (left, right) = figure(1, 2, size=(8, 3.9))
        self.panels = [
            _Peaks(left, np.linspace(5, 25, 81), self.mean),
            _Peaks(right, np.linspace(0, 9, 73), self.std),
        ]
        left.axvspan(self.mean - self.std / 4, self.mean + self.std / 4, color=BAND, lw=0, zorder=0)
        left.set(xlabel=rf"batch mean $\mu_B$: {name}", ylabel="2000 batches")
        right.set(xlabel=r"batch spread $\sigma_B$", ylabel="")
        left.legend(loc="upper right")
        super().__init__(made, controls=[self.size])

    def draw(self) -> str:
        m = self.size.value
        means, stds = self.batches[:, :m].mean(axis=1), self.batches[:, :m].std(axis=1)
        for panel, values in zip(self.panels, (means, stds), strict=True):
            panel.show(values)
        self.found |= {m} & {1, self.smallest}
        self.goal_reached = self.found == {1, self.smallest}
        said = (
            f"m = {m}: the batch means have a noise of {means.std():.3f} around {self.mean:.3f}, "
            f"σ/√m = {self.std / np.sqrt(m):.3f}; {100 * self.share[m - 1]:.1f} % of them are "
            f"within σ/4. The batch spreads average {stds.mean():.3f}, the true σ is "
            f"{self.std:.3f}."
        )
        if m == 1:
            said += " Every spread is 0: ẑ would be 0 whatever z is, and nnlib refuses."
        return said


class RunningAverages(Explorer):
    """A batch-norm layer meets one batch after another; how inference mode catches up.

    Shapes    z (m,)
    """

    goal = (
        "Before step 40, have both running averages within 10 % of the data's own for ten steps "
        "in a row."
    )
    seconds_per_step = 0.15
    last_step, run = 60, 10

    def __init__(self, z: np.ndarray, name: str = "z") -> None:
        self.z = z[:, None]
        self.true = z.mean(), z.var(ddof=1)
        self.momentum = slider("momentum (what is kept)", 0.9, 0.0, 0.99, step=0.01)
        self.size = slider("batch size m", 16, 2, 128)
        made, axes = figure(1, 3, size=(8, 3.5))
        self.lines, self.dots = [], []
        tops, labels = (20, 30), (f"mean: {name}", "variance")
        for ax, true, top, label in zip(axes, self.true, tops, labels, strict=False):
            ax.axhspan(0.9 * true, 1.1 * true, color=BAND, lw=0, zorder=0)
            ax.axhline(true, color=REFERENCE, ls="--", label="all data")
            self.dots += ax.plot([], [], "o", color=GREY, ms=4, alpha=0.6, label="batch")
            self.lines += ax.plot([], [], "-", color=TRAIN, label="running", lw=2.5)
            ax.set(xlabel="step", title=label, xlim=(-1, self.last_step + 1), ylim=(0, top))
        axes[0].legend(loc="lower right", fontsize=10)
        self.bins = np.arange(-4, 29.1, 0.5)
        none = np.zeros(len(self.bins) - 1)
        self.train = axes[2].stairs(
            none, self.bins, color=REFERENCE, lw=2, ls="--", label="training"
        )
        self.infer = axes[2].stairs(
            none, self.bins, color=TRAIN, fill=True, alpha=0.6, label="inference"
        )
        axes[2].set(xlabel="z̃ of all patients", title="the layer's answer", xlim=(-4, 29))
        axes[2].set_ylim(0, 160)
        axes[2].legend(loc="upper right", fontsize=10)
        super().__init__(made, controls=[self.momentum, self.size])

    def restart(self) -> None:
        self.rng = np.random.default_rng(0)
        self.layer = BatchNorm(1, dtype=np.float64)
        self.batches: list[tuple[float, float]] = []
        self.running = [(0.0, 1.0)]
        self.caught = 0

    def step(self) -> bool:
        if len(self.batches) >= self.last_step:
            return False
        self.layer.momentum = self.momentum.value
        batch = self.z[self.rng.choice(len(self.z), self.size.value, replace=False)]
        self.layer.forward(batch, training=True)
        self.batches.append((float(batch.mean()), float(batch.var(ddof=1))))
        self.running.append((float(self.layer.running_mean[0]), float(self.layer.running_var[0])))
        near = np.all(np.abs(np.array(self.running) / self.true - 1) < 0.1, axis=1)
        ends = np.flatnonzero(np.convolve(near, np.ones(self.run), "valid") > self.run - 0.5)
        self.caught = int(ends[0]) + self.run - 1 if len(ends) else 0
        return len(self.batches) < self.last_step

    def draw(self) -> str:
        t = len(self.batches)
        for k, (line, dots) in enumerate(zip(self.lines, self.dots, strict=True)):
            line.set_data(np.arange(t + 1), [pair[k] for pair in self.running])
            dots.set_data(np.arange(1, t + 1), [pair[k] for pair in self.batches])
        inferred = self.layer.forward(self.z)
        trained = BatchNorm(1, dtype=np.float64).forward(self.z, training=True)
        for stairs, values in ((self.infer, inferred), (self.train, trained)):
            stairs.set_data(np.histogram(np.clip(values, -3.9, 28.9), self.bins)[0])
        self.goal_reached = 0 < self.caught < 40
        mean, var = self.running[-1]
        return (
            f"Step {t}: running mean {mean:.2f} (all data {self.true[0]:.2f}), running variance "
            f"{var:.2f} (all data {self.true[1]:.2f}). In inference mode all patients have mean "
            f"{_two(inferred.mean())} and spread {inferred.std():.2f}; in training mode 0 and 1."
        )


class LearningRates(Explorer):
    """One deep ReLU network learns the digits at a chosen rate, with batch norm and without.

    Every rate tried leaves a mark; another depth begins with a clean sheet.

    Shapes    X, X_val (m, 64)   y, y_val (m,) of ten classes
    """

    goal = (
        "With 6 hidden layers, mark a range of rates, at least 30 times wide, in which batch norm "
        "reads 80 % of the validation digits. How wide is the plain network's?"
    )
    batch, epochs, enough = 64, 6, 0.8

    def __init__(self, X: np.ndarray, y: np.ndarray, X_val: np.ndarray, y_val: np.ndarray) -> None:
        self.X, self.y, self.X_val, self.y_val = X, y, X_val, y_val
        self.tried: dict[tuple[int, float, bool], tuple[list[float], float]] = {}
        self.lr = log_slider("learning rate", 0.1, 0.01, 10, per_decade=4)
        self.depth = slider("hidden layers", 6, 1, 12)
        made, (left, right) = figure(1, 2, size=(8, 4))
        self.curves, self.marks = [], []
        for name, look in (
            ("without", {"color": VERMILLION, "linestyle": "--", "marker": "s"}),
            ("with batch norm", {"color": TRAIN, "linestyle": "-", "marker": "o"}),
        ):
            self.curves += left.plot([], [], label=name, **{**look, "marker": ""})
            self.marks += right.plot([], [], label=name, **look, lw=1.2)
        left.set(xlabel="step", ylabel="cross-entropy J (nats)", yscale="log", ylim=(0.02, 100))
        left.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        left.set_xlim(0, self.epochs * -(-len(X) // self.batch))
        right.axhline(100 * self.enough, color=GREY, ls=":", lw=1.5)
        right.set(xlabel="learning rate", ylabel="validation accuracy (%)", xscale="log")
        right.set(xlim=(0.008, 12.5), ylim=(-5, 105))
        right.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
        left.legend(loc="upper right")
        super().__init__(made, controls=[self.lr, self.depth])

    def learn(self, depth: int, lr: float, batch_norm: bool) -> tuple[list[float], float]:
        """The cost at every step and the validation accuracy; 0 when the cost left for infinity."""
        if (depth, lr, batch_norm) not in self.tried:
            norm = BatchNorm if batch_norm else None
            net = deep_network(depth, norm=norm, rng=np.random.default_rng(0))
            self.tried[depth, lr, batch_norm] = self._train(net, lr)
        return self.tried[depth, lr, batch_norm]

    @np.errstate(over="ignore", invalid="ignore")
    def _train(self, net: Sequential, lr: float) -> tuple[list[float], float]:
        rng, loss, optimizer = np.random.default_rng(1), CrossEntropy(), SGD(lr)
        costs: list[float] = []
        for _ in range(self.epochs):
            for rows in minibatches(len(self.X), self.batch, rng=rng):
                try:
                    J = train_step(net, loss, optimizer, self.X[rows], self.y[rows])
                except FloatingPointError:
                    return costs, 0.0
                costs.append(J)
        right = net.predict(self.X_val).argmax(axis=1) == self.y_val
        return costs, float(right.mean())

    def width(self, batch_norm: bool) -> float:
        """Largest over smallest of the marked rates that train at this depth; 0 for none."""
        good = [
            lr
            for (depth, lr, normed), (_, right) in self.tried.items()
            if depth == self.depth.value and normed == batch_norm and right >= self.enough
        ]
        return max(good) / min(good) if good else 0.0

    def draw(self) -> str:
        depth, lr, said = self.depth.value, round(self.lr.value, 6), []
        for batch_norm, name in ((False, "without batch norm"), (True, "with it")):
            costs, right = self.learn(depth, lr, batch_norm)
            self.curves[batch_norm].set_data(np.arange(len(costs)), costs)
            marks = sorted(
                (key[1], 100 * value[1])
                for key, value in self.tried.items()
                if key[0] == depth and key[2] == batch_norm
            )
            self.marks[batch_norm].set_data(*zip(*marks, strict=True))
            said.append(f"{name} {_verdict(right, self.enough)}")
        wide = self.width(True)
        self.goal_reached = depth == 6 and wide >= 30
        return (
            f"{depth} hidden layer{'s' if depth > 1 else ''}, rate {lr:.3g}: {'; '.join(said)}. "
            f"The rates marked so far that train: {_range(self.width(False))} without, "
            f"{_range(wide)} with batch norm."
        )


class _Peaks:
    """A histogram as high as its peak, and where the truth lies."""

    def __init__(self, ax: Axes, edges: np.ndarray, truth: float) -> None:
        self.edges = edges
        none = np.zeros(len(edges) - 1)
        self.stairs = ax.stairs(none, edges, fill=True, color=TRAIN, alpha=0.7)
        ax.axvline(truth, color=REFERENCE, ls="--", label="all data")
        ax.set(xlim=(edges[0], edges[-1]), ylim=(0, 1.08), yticks=[])

    def show(self, values: np.ndarray) -> None:
        counts, _ = np.histogram(np.clip(values, self.edges[0], self.edges[-1]), self.edges)
        self.stairs.set_data(counts / counts.max())


def _verdict(right: float, enough: float) -> str:
    if right == 0:
        return "the cost runs away"
    return f"{100 * right:.0f} % are right{'' if right >= enough else ', not enough'}"


def _range(width: float) -> str:
    if width == 0:
        return "none"
    return "one" if width == 1 else f"a factor {width:.3g}"


def _two(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"


def _size(value: float) -> str:
    """Three digits, as a power of ten where there are many zeros."""
    if 1e-3 <= abs(value) < 1e3:
        return f"{value:.3g}"
    return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")
