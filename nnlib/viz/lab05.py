"""What lab 05 shows: walkers on four landscapes, batches, momentum, schedules, and curvature."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.contour import QuadContourSet
from matplotlib.ticker import NullLocator

from nnlib import schedules
from nnlib.activations import Tanh
from nnlib.datasets import breast_cancer
from nnlib.dense import Dense
from nnlib.losses import BinaryCrossEntropy
from nnlib.optimizers import SGD, AdaGrad, Adam, Momentum, Nesterov, Optimizer, RMSProp
from nnlib.preprocessing import Standardizer
from nnlib.regularization import L2
from nnlib.schedules import Schedule
from nnlib.second_order import BFGS, LBFGS, Minimizer, Minimum, Newton, Objective, objective
from nnlib.sequential import Sequential
from nnlib.splits import minibatches, split
from nnlib.training import train_step
from nnlib.viz.controls import dropdown, log_slider, slider
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import (
    COLOURS,
    DASHES,
    GREY,
    INK,
    MARKERS,
    OUTLINE,
    REFERENCE,
    TRAIN,
    VALIDATION,
    figure,
)
from nnlib.viz.words import sentence

RACERS: Mapping[str, Callable[[float], Optimizer]] = {
    "SGD": SGD,
    "Momentum": Momentum,
    "Nesterov": Nesterov,
    "AdaGrad": AdaGrad,
    "RMSProp": RMSProp,
    "Adam": Adam,
}
FAR = 1e6
PENALTY = L2(1.0)


def walk(
    f: Objective, optimizer: Optimizer, start: np.ndarray | list[float], steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """The path (T + 1, n) of an optimiser on f(θ) = (J, ∇J), and J (T + 1,) along it.

    T is `steps`, or fewer where the walk leaves for infinity.
    """
    theta = np.array(start, dtype=float)
    J, grad = f(theta)
    path, costs = [theta.copy()], [J]
    while len(path) <= steps and np.abs(theta).max() < FAR:
        optimizer.step(theta, grad)
        J, grad = f(theta)
        path.append(theta.copy())
        costs.append(J)
    return np.array(path), np.array(costs)


def ravine(theta: np.ndarray) -> tuple[float, np.ndarray]:
    """J = ½(θ₀² + 50 θ₁²): fifty times steeper across than along."""
    slope = np.array([theta[0], 50 * theta[1]])
    return float(theta @ slope / 2), slope


def saddle(theta: np.ndarray) -> tuple[float, np.ndarray]:
    """J = ½θ₀² + ¼(θ₁² − 1)²: a pass at (0, 0) between two bottoms at θ₁ = ±1, where J = 0."""
    u, v = theta
    return float(u**2 / 2 + (v**2 - 1) ** 2 / 4), np.array([u, v * (v**2 - 1)])


def rosenbrock(theta: np.ndarray) -> tuple[float, np.ndarray]:
    """J = (1 − θ₀)² + 100(θ₁ − θ₀²)²: a bent valley, bottom at (1, 1) (Rosenbrock, 1960)."""
    u, v = theta
    across = v - u**2
    slope = np.array([-2 * (1 - u) - 400 * u * across, 200 * across])
    return float((1 - u) ** 2 + 100 * across**2), slope


@lru_cache(maxsize=1)
def patients() -> tuple[np.ndarray, np.ndarray]:
    """398 training patients of breast cancer: standardised features Z (398, 30) and labels y."""
    data = breast_cancer()
    rows = split(len(data.y), (0.7, 0.3), rng=np.random.default_rng(0), stratify=data.y)[0]
    return Standardizer().fit_transform(data.X[rows]), data.y[rows]


@lru_cache(maxsize=1)
def network_slice() -> Objective:
    """J over the two weights of x → tanh → sigmoid on the patients' mean radius, and its slopes.

    Both biases stay where L-BFGS leaves them when it trains the whole network.
    """
    Z, y = patients()
    rng = np.random.default_rng(1)
    net = Sequential(Dense(1, 1, rng=rng), Tanh(), Dense(1, 1, rng=rng), dtype=np.float64)
    whole = objective(net, BinaryCrossEntropy(), Z[:, :1], y, penalty=PENALTY)
    best = LBFGS().minimize(whole, np.array([1.0, 0.0, 1.0, 0.0])).theta
    weights = net.parameters.decay_mask.astype(bool)

    def f(theta: np.ndarray) -> tuple[float, np.ndarray]:
        full = best.copy()
        full[weights] = theta
        J, grad = whole(full)
        return J, grad[weights]

    return f


@lru_cache(maxsize=1)
def slice_minimum() -> float:
    """The lowest J of that slice."""
    return LBFGS().minimize(network_slice(), np.array([1.0, 4.0])).J


def patient_network() -> Sequential:
    """Logistic regression on the 30 features, from θ = 0."""
    net = Sequential(Dense(30, 1, rng=np.random.default_rng(0)), dtype=np.float64)
    net.theta = np.zeros_like(net.theta)
    return net


@lru_cache(maxsize=1)
def patient_minimum() -> float:
    """The lowest J of that logistic regression with λ = 1, found by BFGS."""
    net = patient_network()
    f = objective(net, BinaryCrossEntropy(), *patients(), penalty=PENALTY)
    return BFGS(max_iter=500).minimize(f, net.theta.copy()).J


class Run(NamedTuple):
    """A training run: J on all training rows (T,), and after how many rows seen (T,)."""

    rows: np.ndarray
    J: np.ndarray


@lru_cache(maxsize=256)
def batch_run(batch_size: int, lr: float, epochs: int = 8) -> Run:
    """Logistic regression on the patients by SGD on batches of one size; J up to 16 × an epoch."""
    Z, y = patients()
    net, loss, optimizer = patient_network(), BinaryCrossEntropy(), SGD(lr)
    rng, m = np.random.default_rng(0), len(y)
    seen, rows, costs = 0, [0], [loss(net.predict(Z), y)]
    for _ in range(epochs):
        for batch in minibatches(m, batch_size, rng=rng):
            train_step(net, loss, optimizer, Z[batch], y[batch])
            seen += len(y[batch])
            if seen - rows[-1] >= m / 16 or seen % m == 0:
                rows.append(seen)
                costs.append(loss(net.predict(Z), y))
    return Run(np.array(rows), np.array(costs))


@lru_cache(maxsize=64)
def gradient_noise(batch_size: int, epochs: int = 10) -> float:
    """The typical length of ∇_batch − ∇ at θ = 0: the root of its mean square over ten epochs."""
    Z, y = patients()
    net, loss, rng = patient_network(), BinaryCrossEntropy(), np.random.default_rng(0)

    def gradient(rows: Any) -> np.ndarray:
        loss(net.forward(Z[rows]), y[rows])
        net.fill_gradients(loss.backward())
        return net.grad.copy()

    whole = gradient(slice(None))
    batches = [b for _ in range(epochs) for b in minibatches(len(y), batch_size, rng=rng)]
    return float(np.sqrt(np.mean([np.sum((gradient(b) - whole) ** 2) for b in batches])))


def mountain_height(theta: np.ndarray) -> tuple[float, np.ndarray]:
    """D0's mountain: a gentle top, a sharp drop at x = 2, and a long flat stretch to x = 8."""
    x = theta[0]
    s = 1 / (1 + np.exp(4 * (x - 2)))
    return float(3 * s + 0.02 * (x - 8) ** 2), np.array([-12 * s * (1 - s) + 0.04 * (x - 8)])


class Landscape(NamedTuple):
    """Where a race is run: f, two corners of its map, the start, and a tuned α for each racer."""

    f: Callable[[], Objective]
    low: tuple[float, float]
    high: tuple[float, float]
    start: tuple[float, float]
    rates: tuple[float, ...]
    heights: tuple[float, float] = (1e-6, 1e4)
    lowest: Callable[[], float] = lambda: 0.0


LANDSCAPES: Mapping[str, Landscape] = {
    "ravine": Landscape(
        lambda: ravine, (-5, -3), (5, 3), (-4.0, 1.5), (0.03, 0.05, 0.01, 2, 0.06, 0.4)
    ),
    "saddle": Landscape(
        lambda: saddle, (-3, -2), (3, 2), (-2.0, 0.0), (0.5, 0.3, 0.3, 1, 0.04, 0.1)
    ),
    "Rosenbrock": Landscape(
        lambda: rosenbrock, (-2, -1), (2, 3), (-1.2, 1.0), (0.002, 0.02, 0.001, 1, 0.02, 0.3)
    ),
    "a network's two weights": Landscape(
        network_slice,
        (-4, -6),
        (4, 6),
        (-3.0, 4.0),
        (1, 1, 0.3, 1, 0.1, 0.3),
        (1e-6, 10),
        slice_minimum,
    ),
}


def styles() -> list[dict[str, Any]]:
    """The look of each of the six racers: a colour, a dash and a marker."""
    looks = zip(COLOURS, DASHES, MARKERS, strict=True)
    return [{"color": c, "linestyle": d, "marker": k} for c, d, k in looks]


class Contours:
    """The level curves of one f at a time on an axis; those shown before are kept."""

    def __init__(self, ax: Axes) -> None:
        self.ax, self.shown = ax, ""
        self.drawn: dict[str, QuadContourSet] = {}
        ax.grid(False)

    def show(
        self, name: str, f: Objective, low: tuple[float, float], high: tuple[float, float]
    ) -> None:
        """Draw f, spaced by factors above its lowest value on the map, unless it is shown now."""
        if name == self.shown:
            return
        if name not in self.drawn:
            a, b = (np.linspace(low[i], high[i], 50) for i in (0, 1))
            J = np.array([[f(np.array([u, v]))[0] for u in a] for v in b])
            above = J - J.min() + 0.002 * np.ptp(J)
            levels = np.geomspace(above.min(), above.max(), 16)
            self.drawn[name] = self.ax.contourf(a, b, above, levels, norm=LogNorm(), alpha=0.75)
        for other, contours in self.drawn.items():
            contours.set_visible(other == name)
        self.ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        self.shown = name


class Mountain(Explorer):
    """Four walkers on D0's mountain, all with the same α, step by step."""

    goal = "Find an α with which three of the four stand within 0.5 km of x = 8 after 60 steps."
    seconds_per_step = 0.15
    LAST: ClassVar[int] = 60
    WALKERS: ClassVar = ("SGD", "Momentum", "AdaGrad", "RMSProp")

    def __init__(self) -> None:
        self.alpha = log_slider("learning rate α", 0.3, 0.03, 3, per_decade=20)
        self.steps = slider("steps taken", 0, 0, self.LAST)
        made, ax = figure(size=(8, 3.8))
        x = np.linspace(-0.5, 14, 400)
        ax.plot(x, [mountain_height(np.array([u]))[0] for u in x], color=GREY, linestyle="-")
        self.dots = [
            ax.plot([], [], markersize=11, label=name, **style | {"linestyle": "None"})[0]
            for name, style in zip(self.WALKERS, styles(), strict=False)
        ]
        for at, height, words in (
            (0.3, 4.75, "gentle"),
            (2.3, 3.2, "a sharp drop"),
            (5, 0.9, "flat"),
        ):
            ax.text(at, height, words)
        ax.set(xlabel="place x (km)", ylabel="height J (km)", xlim=(-0.5, 14), ylim=(-0.2, 5.3))
        ax.legend(loc="upper right")
        super().__init__(made, controls=[self.alpha, self.steps])
        self.steps.value = 25

    def draw(self) -> str:
        t, alpha, places = self.steps.value, self.alpha.value, {}
        for name, dot in zip(self.WALKERS, self.dots, strict=True):
            path, heights = walk(mountain_height, RACERS[name](alpha), [0.0], t)
            dot.set_data(path[-1], heights[-1:])
            places[name] = float(path[-1, 0])
        near = sum(abs(x - 8) < 0.5 for x in places.values())
        self.goal_reached = near >= 3 and t == self.LAST
        told = ", ".join(f"{name} at x = {x:.2f}" for name, x in places.items())
        return f"After {t} steps with α = {alpha:.3g}: {told}; the valley is at 8."

    def step(self) -> bool:
        self.steps.value += 1
        return bool(self.steps.value < self.LAST)

    def restart(self) -> None:
        self.steps.value = 0


class Race(Explorer):
    """Six optimisers from one start, each with an α tuned for this landscape times a factor."""

    goal = "On the saddle, let all six come below J = 0.01 within 100 steps."
    seconds_per_step = 0.1
    LAST: ClassVar[int] = 100
    STRIDE: ClassVar[int] = 2

    def __init__(self) -> None:
        self.where = dropdown("landscape", LANDSCAPES)
        self.u = slider("start θ₀", -4.0, -4.0, 4.0, step=0.1)
        self.v = slider("start θ₁", 1.5, -4.0, 4.0, step=0.1)
        self.factor = log_slider("each α times", 1.0, 0.1, 10)
        self.steps = slider("steps taken", 0, 0, self.LAST)
        made, (self.map, self.time) = figure(1, 2, size=(8, 4.2))
        self.contours = Contours(self.map)
        self.trails, self.heads, self.curves = [], [], []
        for name, style in zip(RACERS, styles(), strict=True):
            line = style | {"marker": None, "linewidth": 1.6}
            head = style | {"linestyle": "None", "markeredgecolor": "white"}
            self.trails += self.map.plot([], [], **line)
            self.heads += self.map.plot([], [], markersize=9, **head)
            self.curves += self.time.plot([], [], label=name, **line)
        self.map.set(xlabel="θ₀", ylabel="θ₁")
        self.time.set(xlabel="step", ylabel="J above its minimum", yscale="log")
        self.time.set_xlim(0, self.LAST)
        self.time.yaxis.set_minor_locator(NullLocator())  # a new landscape brings a new axis
        self.time.legend(loc="upper right", ncols=2, fontsize=9)
        self.race = lru_cache(16)(self._race)
        controls = [self.where, self.u, self.v, self.factor, self.steps]
        super().__init__(made, controls=controls)
        self.steps.value = self.LAST // 2

    def _race(
        self, where: str, u: float, v: float, factor: float
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """The path and the costs of each racer, for all steps of the race."""
        land = LANDSCAPES[where]
        with np.errstate(over="ignore", invalid="ignore"):
            return [
                walk(land.f(), make(factor * lr), [u, v], self.LAST)
                for make, lr in zip(RACERS.values(), land.rates, strict=True)
            ]

    def draw(self) -> str:
        land, t = LANDSCAPES[self.where.value], self.steps.value
        if self.contours.shown not in ("", self.where.value):
            self.u.value, self.v.value = land.start
        self.contours.show(self.where.value, land.f(), land.low, land.high)
        self.time.set_ylim(land.heights)
        walked = self.race(self.where.value, self.u.value, self.v.value, self.factor.value)
        for i, (path, J) in enumerate(walked):
            self.trails[i].set_data(*path[: t + 1].T)
            self.heads[i].set_data(*path[: t + 1][-1:].T)
            above = np.nan_to_num(J[: t + 1] - land.lowest(), nan=1e9)
            shown = np.clip(above, 1e-12, 1e9)
            self.curves[i].set_data(range(len(shown)), shown)
        running = {name: J[t] for name, (_, J) in zip(RACERS, walked, strict=True) if len(J) > t}
        gone = [name for name in RACERS if name not in running]
        low = not gone and max(running.values()) < 0.01
        self.goal_reached = self.where.value == "saddle" and bool(low)
        told = ", ".join(f"{name} {number(J)}" for name, J in running.items())
        away = f" Away for infinity: {', '.join(gone)}." * bool(gone)
        start = f"({self.u.value:.1f}, {self.v.value:.1f})"
        said = f"{sentence(self.where.value)}, from {start}, after {t} steps: J = {told}."
        return f"{said if running else 'All have left.'}{away}{self._stuck(t)}"

    def _stuck(self, t: int) -> str:
        if self.where.value == "saddle" and self.v.value == 0 and t:
            return " On the ridge θ₁ = 0 the slope across is exactly 0, so nobody leaves it."
        return ""

    def step(self) -> bool:
        self.steps.value = min(self.steps.value + self.STRIDE, self.LAST)
        return bool(self.steps.value < self.LAST)

    def restart(self) -> None:
        self.steps.value = 0


class BatchSize(Explorer):
    """The same data, net and rng, by SGD on batches of one size: J by epoch, and the noise."""

    goal = "Bring J below 0.1 within one epoch; in the last epoch let it range over < 0.005."
    SIZES = (1, 4, 16, 64, 398)
    LOW, CALM = 0.1, 0.005

    def __init__(self) -> None:
        self.size = dropdown("batch size", [(f"{b} of 398", b) for b in self.SIZES], 398)
        self.alpha = log_slider("learning rate α", 0.1, 0.01, 10, per_decade=4)
        made, (self.curve, self.noise) = figure(1, 2, size=(8, 3.9))
        (self.J,) = self.curve.plot([], [], "-o", color=TRAIN, markersize=3)
        self.curve.axhline(self.LOW, color=REFERENCE, linestyle="--", label=f"J = {self.LOW}")
        self.curve.axvline(1, color=GREY, linestyle=":", label="one epoch")
        self.curve.set(xlabel="epoch", ylabel="cost J on all rows", yscale="log")
        self.curve.set(xlim=(0, 8), ylim=(0.04, 10))
        self.curve.legend(loc="upper right", fontsize=10)
        sizes = np.array(self.SIZES[:-1])
        measured = [gradient_noise(int(b)) for b in sizes]
        self.noise.plot(sizes, measured, "s", color=TRAIN, label="measured")
        self.noise.plot(
            sizes, measured[0] / np.sqrt(sizes), "--", color=REFERENCE, label="falls as 1/√b"
        )
        (self.now,) = self.noise.plot([], [], "D", color=VALIDATION, markersize=11, label="now")
        self.noise.set(xlabel="batch size b", ylabel="noise, typical ‖∇ of a batch − ∇‖")
        self.noise.set(xscale="log", yscale="log", xlim=(0.7, 600), ylim=(0.1, 5))
        self.noise.set_yticks([0.1, 0.3, 1, 3], ["0.1", "0.3", "1", "3"])
        self.noise.set_yticks([], minor=True)
        self.noise.legend(loc="upper right", fontsize=10)
        super().__init__(made, controls=[self.size, self.alpha])

    def draw(self) -> str:
        b, alpha = self.size.value, self.alpha.value
        run, noise = batch_run(b, alpha), gradient_noise(b)
        epochs = run.rows / 398
        self.J.set_data(epochs, np.clip(run.J, 1e-3, 1e3))
        self.now.set_data([b], [noise] if noise else [np.nan])
        low, updates = np.flatnonzero(run.J < self.LOW), -(-398 // b)
        hover = np.ptp(run.J[epochs >= 7])
        soon = bool(low.size) and epochs[low[0]] <= 1
        self.goal_reached = soon and run.J[-1] < self.LOW and b < 398 and hover < self.CALM
        came = f"does not come below {self.LOW} in 8 epochs"
        if low.size:
            came = f"comes below {self.LOW} after {epochs[low[0]]:.2f} epochs"
        still = "with the whole set there is no noise" if b == 398 else f"noise {noise:.2f}"
        return (
            f"Batches of {b}, α = {alpha:.3g}: {updates} update{'s' * (updates > 1)} per "
            f"epoch, {still}. J {came}; at the "
            f"end it is {run.J[-1]:.4f}; in the last epoch it ranges over {hover:.4f}."
        )


class MomentumMap(Explorer):
    """α and β on J = ½(θ₀² + 100 θ₁²): what each direction does, on the map and by step.

    With `step(theta, v, grad, alpha, beta)`, which returns the new pair, the walk is the reader's
    own, v = βv + (1 − β)∇; nnlib's stands behind it in green.
    """

    goal = "Bring both directions below 0.01 (from 1) within 60 steps."
    CURVATURES: ClassVar = np.array([1.0, 100.0])
    LAST, CLOSE = 60, 0.01

    def __init__(self, step: Callable[..., tuple[np.ndarray, np.ndarray]] | None = None) -> None:
        self.own = step
        self.alpha = log_slider("learning rate α", 0.01, 0.001, 1, per_decade=20)
        self.beta = slider("momentum β", 0.0, 0.0, 0.98, step=0.01)
        self.form = dropdown("form", [("v = βv + (1 − β)∇", False), ("V = γV + α∇", True)])
        made, (self.map, self.time) = figure(1, 2, size=(8, 4.2))
        a, b = np.geomspace(1e-4, 200, 240), np.linspace(0, 0.99, 120)
        self.map.pcolormesh(
            a,
            b,
            phase(a[None, :], b[:, None]),
            cmap=ListedColormap(["#BFE3D3", "#CFE2F3", "#F3C6AE"]),
        )
        for x, words in ((3e-4, "converges\nstraight"), (0.25, "oscillates"), (8, "diverges")):
            self.map.text(x, 0.08 if x != 0.25 else 0.85, words, fontsize=11)
        self.dots = [
            self.map.plot([], [], mark, color=c, markersize=10, path_effects=OUTLINE)[0]
            for mark, c in (("o", TRAIN), ("s", VALIDATION))
        ]
        self.map.grid(False)
        self.map.set(xlabel="weight of a new gradient × curvature", ylabel="momentum β (γ)")
        self.map.set(xscale="log", xlim=(1e-4, 200), ylim=(-0.04, 1.03))
        (self.reference,) = self.time.plot([], [], "-", color=REFERENCE, linewidth=5, alpha=0.4)
        names = ("flat, curvature 1", "steep, curvature 100")
        self.lines = [
            self.time.plot([], [], look, color=c, label=name, markersize=3)[0]
            for look, c, name in zip(("-o", "--s"), (TRAIN, VALIDATION), names, strict=True)
        ]
        self.time.axhspan(-self.CLOSE, self.CLOSE, color=REFERENCE, alpha=0.4)
        self.time.set(xlabel="step", ylabel="distance from the bottom", ylim=(-1.6, 2.2))
        self.time.set(xlim=(0, self.LAST))
        self.time.legend(loc="upper right", fontsize=10)
        super().__init__(made, controls=[self.alpha, self.beta, self.form])

    def nnlib_path(self) -> np.ndarray:
        """θ (T + 1, 2) of nnlib's Momentum, from (1, 1)."""
        optimizer = Momentum(self.alpha.value, beta=self.beta.value, heavy_ball=self.form.value)
        with np.errstate(over="ignore", invalid="ignore"):
            return walk(self._bowl, optimizer, [1.0, 1.0], self.LAST)[0]

    def path(self) -> np.ndarray:
        """θ (T + 1, 2) as it is shown."""
        if self.own is None or self.form.value:
            return self.nnlib_path()
        theta, v = np.ones(2), np.zeros(2)
        path = [theta]
        while len(path) <= self.LAST and np.abs(theta).max() < FAR:
            grad = self.CURVATURES * theta
            theta, v = self.own(theta, v, grad, self.alpha.value, self.beta.value)
            path.append(np.array(theta, dtype=float))
        return np.array(path)

    def _bowl(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        grad = self.CURVATURES * theta
        return float(theta @ grad / 2), grad

    def draw(self) -> str:
        alpha, beta = self.alpha.value, self.beta.value
        path, reference = self.path(), self.nnlib_path()
        new = alpha if self.form.value else (1 - beta) * alpha
        for dot, line, c, values in zip(
            self.dots, self.lines, self.CURVATURES, path.T, strict=True
        ):
            dot.set_data([new * c], [beta])
            line.set_data(range(len(values)), np.clip(values, -10, 10))
        if self.own is not None:
            self.reference.set_data(range(len(reference)), np.clip(reference[:, 1], -10, 10))
        near = np.abs(path[-1]) < self.CLOSE
        self.goal_reached = len(path) > self.LAST and bool(near.all())
        kinds = phase(new * self.CURVATURES, np.array(beta))
        fate = ("converges straight", "oscillates and converges", "diverges")
        symbol = "γ" if self.form.value else "β"
        other = ""
        if path.shape != reference.shape or not np.allclose(path, reference):
            other = " These are not the steps of nnlib (green)."
        return (
            f"α = {alpha:.3g}, {symbol} = {beta:.2f}: a new gradient weighs {new:.3g}. The flat "
            f"direction {fate[kinds[0]]}, the steep one {fate[kinds[1]]}; after {len(path) - 1} "
            f"steps they are {number(abs(path[-1, 0]))} and {number(abs(path[-1, 1]))} away."
            f"{other}"
        )


def phase(a: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """What V ← βV + a∇ does on curvature 1: 0 straight to the bottom, 1 round it, 2 away.

    θ obeys θ″ − (1 + β − a)θ′ + βθ = 0; its roots are real and positive for a ≤ (1 − √β)², and
    one leaves the unit circle at a = 2(1 + β) (Polyak, 1964). `a` and `beta` broadcast.
    """
    return np.where(a >= 2 * (1 + beta), 2, np.where(a <= (1 - np.sqrt(beta)) ** 2, 0, 1))


class Schedules(Explorer):
    """A schedule α_t, and J above its minimum as mini-batches of 8 patients are walked with it."""

    goal = "Stay less than 0.0025 above the minimum all through the last hundred steps."
    LAST, EVERY, CLOSE = 600, 6, 0.0025
    KINDS: ClassVar[Mapping[str, Callable[[float], Schedule]]] = {
        "constant": schedules.constant,
        "linear (D1)": lambda lr: schedules.linear(lr, steps=600),
        "time-based (D4)": lambda lr: schedules.time_based(lr, k=0.02),
        "staircase (D4)": lambda lr: schedules.staircase(lr, k=1, interval=100),
        "exponential": lambda lr: schedules.exponential(lr, k=0.008),
        "step": lambda lr: schedules.step(lr, factor=0.5, interval=100),
        "cosine": lambda lr: schedules.cosine(lr, steps=600),
        "warm-up, then cosine": lambda lr: schedules.warmup(
            schedules.cosine(lr, steps=540), steps=60
        ),
    }

    def __init__(self) -> None:
        self.kind = dropdown("schedule", self.KINDS)
        self.alpha = log_slider("first rate α₀", 1.0, 0.01, 10, per_decade=4)
        made, (self.rate, self.curve) = figure(1, 2, size=(8, 3.9))
        (self.alphas,) = self.rate.plot([], [], "-", color=TRAIN)
        self.rate.set(xlabel="step t", ylabel="rate in units of α₀")
        self.rate.set(xlim=(0, self.LAST), ylim=(-0.02, 1.1))
        (self.gap,) = self.curve.plot([], [], "-", color=TRAIN)
        self.curve.axhline(self.CLOSE, color=REFERENCE, linestyle="--", label="the goal")
        self.curve.set(xlabel="step t", ylabel="J above its minimum", yscale="log")
        self.curve.set(xlim=(0, self.LAST), ylim=(1e-4, 20))
        self.curve.legend(loc="lower left")
        super().__init__(made, controls=[self.kind, self.alpha])

    def draw(self) -> str:
        alpha, kind = self.alpha.value, self.kind.value
        schedule = self.KINDS[kind](alpha)
        t = np.arange(self.LAST + 1)
        rates = np.array([schedule(int(step)) for step in t])
        above = schedule_run(kind, alpha)
        self.alphas.set_data(t, rates / alpha)
        self.gap.set_data(t[:: self.EVERY], np.clip(above, 1e-6, 1e3))
        low, high = above[-17:].min(), above[-17:].max()
        self.goal_reached = bool(high < self.CLOSE)
        return (
            f"{sentence(kind)}, α₀ = {alpha:.3g}, last rate {rates[self.LAST - 1]:.3g}: after "
            f"{self.LAST} steps J is {above[-1]:.4f} above its minimum; over the last hundred "
            f"between {low:.4f} and {high:.4f}."
        )


@lru_cache(maxsize=128)
def schedule_run(kind: str, lr: float) -> np.ndarray:
    """J minus its minimum (101,), every sixth of 600 steps of SGD on batches of eight."""
    Z, y = patients()
    net, loss, optimizer = patient_network(), BinaryCrossEntropy(), SGD(Schedules.KINDS[kind](lr))
    f, rng = objective(net, loss, Z, y, penalty=PENALTY), np.random.default_rng(0)
    above = [f(net.theta.copy())[0]]
    while optimizer.t < Schedules.LAST:
        rows = rng.choice(len(y), 8, replace=False)
        train_step(net, loss, optimizer, Z[rows], y[rows], penalty=PENALTY, m=len(y))
        if optimizer.t % Schedules.EVERY == 0:
            above.append(f(net.theta.copy())[0])
    return np.array(above) - patient_minimum()


class Normalised(Explorer):
    """Least squares on two features, raw or standardised: the valley of J, and the walk in it.

    Shapes    X (m, 2)   y (m,)
    """

    goal = "Come within 1 % of the way from start to minimum in at most 10 steps."
    LAST, MOST = 60, 10

    def __init__(self, X: np.ndarray, y: np.ndarray, names: tuple[str, str]) -> None:
        y = y - y.mean()
        self.views = {
            "raw": (X, y),
            "minus the mean": (X - X.mean(axis=0), y),
            "standardised": (Standardizer().fit_transform(X), y),
        }
        self.view = dropdown("the inputs", self.views)
        self.alpha = log_slider("learning rate α", 0.001, 1e-4, 3.2, per_decade=10)
        made, (self.map, self.time) = figure(1, 2, size=(8, 4.1))
        self.contours = Contours(self.map)
        (self.trail,) = self.map.plot([], [], "-o", color=VALIDATION, markersize=6, linewidth=1.5)
        (self.bottom,) = self.map.plot([], [], "*", color="white", markersize=15)
        self.trail.set_markeredgewidth(0)
        self.map.locator_params(nbins=4)
        self.map.set(xlabel=f"weight of {names[0]}", ylabel=f"weight of {names[1]}")
        (self.above,) = self.time.plot([], [], "-o", color=VALIDATION, markersize=4)
        self.time.axhline(1, color=REFERENCE, linestyle="--", label="1 %")
        self.time.axvline(self.MOST, color=GREY, linestyle=":", label=f"step {self.MOST}")
        self.time.set(xlabel="step", ylabel="of the way still ahead (%)", yscale="log")
        self.time.set(xlim=(0, self.LAST), ylim=(0.01, 1e3))
        self.time.legend(loc="upper right")
        super().__init__(made, controls=[self.view, self.alpha])

    def draw(self) -> str:
        X, y = self.views[self.view.value]
        H, m = X.T @ X / len(y), len(y)
        best = np.linalg.solve(H, X.T @ y / m)

        def f(theta: np.ndarray) -> tuple[float, np.ndarray]:
            e = X @ theta - y
            return float(e @ e / (2 * m)), X.T @ e / m

        reach = 1.6 * np.abs(best).max()
        low, high = best - reach, best + reach
        self.contours.show(self.view.value, f, (low[0], low[1]), (high[0], high[1]))
        path, J = walk(f, SGD(self.alpha.value), [0.0, 0.0], self.LAST)
        ahead = 100 * (J - f(best)[0]) / (J[0] - f(best)[0])
        self.trail.set_data(*np.clip(path, low - 9 * reach, high + 9 * reach).T)
        self.bottom.set_data(best[:1], best[1:])
        self.above.set_data(range(len(ahead)), np.clip(ahead, 1e-9, 1e9))
        near = np.flatnonzero(ahead <= 1)
        self.goal_reached = bool(near.size) and bool(near[0] <= self.MOST)
        curvature = np.linalg.eigvalsh(H)
        if ahead[-1] > 100:
            fate = "it diverges"
        elif near.size:
            fate = f"within 1 % of the minimum from step {near[0]} on"
        else:
            fate = f"{ahead[-1]:.1f} % of the way is still ahead after {self.LAST} steps"
        return (
            f"{sentence(self.view.value)}: curvatures {curvature[0]:.3g} and "
            f"{curvature[1]:.3g}, a ratio of {curvature[1] / curvature[0]:.1f}. α = "
            f"{self.alpha.value:.3g}: {fate}."
        )


class SecondOrder(Explorer):
    """Newton, BFGS and L-BFGS on Rosenbrock's valley beside gradient descent."""

    goal = "Find a start from which Newton's method needs at most 3 steps."
    seconds_per_step = 0.4
    LAST: ClassVar[int] = 40
    TOL = 1e-8

    def __init__(self) -> None:
        self.u = slider("start θ₀", -1.2, -2.0, 2.0, step=0.1)
        self.v = slider("start θ₁", 1.0, -1.0, 3.0, step=0.1)
        self.memory = slider("pairs kept by L-BFGS", 5, 1, 10)
        self.steps = slider("steps shown", 0, 0, self.LAST)
        made, (self.map, self.time) = figure(1, 2, size=(8, 4.2))
        Contours(self.map).show("Rosenbrock", rosenbrock, (-2, -1), (2, 3))
        self.map.plot([1], [1], "*", color="white", markersize=15, markeredgecolor=INK)
        names = ("Newton", "BFGS", "L-BFGS", "gradient descent")
        self.trails, self.curves = [], []
        for name, style in zip(names, styles(), strict=False):
            thin = style | {"linewidth": 1.6, "markersize": 5}
            self.trails += self.map.plot([], [], path_effects=OUTLINE, **thin)
            self.curves += self.time.plot([], [], label=name, **thin)
        self.map.set(xlabel="θ₀", ylabel="θ₁")
        self.time.set(xlabel="step", ylabel="cost J", yscale="log")
        self.time.set(xlim=(0, self.LAST), ylim=(1e-14, 1e8))
        self.time.legend(loc="upper right", fontsize=10)
        super().__init__(made, controls=[self.u, self.v, self.memory, self.steps])
        self.steps.value = self.LAST

    def minima(self) -> dict[str, Minimum]:
        """What each method found from the start that the sliders give."""
        methods: dict[str, Minimizer] = {
            "Newton": Newton(rosenbrock_hessian, tol=self.TOL),
            "BFGS": BFGS(tol=self.TOL),
            "L-BFGS": LBFGS(memory=self.memory.value, tol=self.TOL),
        }
        start = np.array([self.u.value, self.v.value])
        return {name: method.minimize(rosenbrock, start) for name, method in methods.items()}

    def draw(self) -> str:
        found, start = self.minima(), [self.u.value, self.v.value]
        path, J = walk(rosenbrock, SGD(0.001), start, 1000)
        walks = [(m.path, m.costs) for m in found.values()] + [(path, J)]
        last = self.steps.value
        for (theta, costs), trail, curve in zip(walks, self.trails, self.curves, strict=True):
            trail.set_data(*np.clip(theta[: last + 1], -50, 50).T)
            curve.set_data(range(len(costs[: last + 1])), np.clip(costs[: last + 1], 1e-30, 1e9))
        newton = len(found["Newton"].path) - 1
        self.goal_reached = found["Newton"].converged and 0 < newton <= 3
        told = ", ".join(f"{name} {len(m.path) - 1}" for name, m in found.items())
        return (
            f"From ({start[0]:.1f}, {start[1]:.1f}) to a slope of 1e-8, steps needed: {told}. "
            f"Gradient descent with α = 0.001 is at J = {number(J[-1])} after {len(J) - 1}."
        )

    def step(self) -> bool:
        self.steps.value += 1
        return bool(self.steps.value < self.LAST)

    def restart(self) -> None:
        self.steps.value = 0


def rosenbrock_hessian(theta: np.ndarray) -> np.ndarray:
    """The second derivatives (2, 2) of Rosenbrock's valley."""
    u, v = theta
    return np.array([[2 - 400 * (v - 3 * u**2), -400 * u], [-400 * u, 200.0]])


def number(value: float) -> str:
    """Four decimals where they say something, else three significant digits."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.1e}"
