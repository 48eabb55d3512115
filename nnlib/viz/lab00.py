"""What lab 00 shows and lets the reader move: walks downhill, and the line that they bend."""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.contour import QuadContourSet

from nnlib import linear_regression
from nnlib.linear_regression import add_bias_column, cost, normal_equation
from nnlib.losses import Loss, MeanAbsoluteError, MeanSquaredError
from nnlib.metrics import mae, mse
from nnlib.optimizers import SGD
from nnlib.schedules import Schedule, constant, time_based
from nnlib.viz.controls import dropdown, log_slider, slider, toggle
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import GREY, INK, ORANGE, REFERENCE, TRAIN, VALIDATION, CourseFigure, figure

FAR = 1e9
MILESTONES = (  # year, words, height of the words, their alignment
    (1847, "Cauchy\ngradient descent", 0.8, "center"),
    (1943, "McCulloch, Pitts\na neuron as logic", 0.8, "center"),
    (1958, "Rosenblatt\nthe perceptron learns", -0.8, "right"),
    (1965, "Ivakhnenko, Lapa\nfirst deep network", -0.8, "left"),
    (1967, "Amari\na deep one by SGD", 2.6, "center"),
    (1989, "LeCun\nconvolutions read digits", 0.8, "center"),
    (2012, "Krizhevsky, Sutskever,\nHinton: AlexNet", 2.6, "center"),
    (2017, "Vaswani et al.\nthe Transformer", -0.8, "center"),
)


def walk(
    gradient: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray | list[float],
    lr: float | Schedule,
    steps: int,
) -> np.ndarray:
    """θ ← θ − α ∇(θ), step after step; the path of θ ends early where it leaves for infinity.

    Shapes    gradient (n,) → (n,)   start (n,)   returned (steps taken + 1, n)
    """
    theta = np.array(start, dtype=float)
    optimizer, path = SGD(lr), [theta.copy()]
    while len(path) <= steps and np.abs(theta).max() < FAR:
        optimizer.step(theta, np.asarray(gradient(theta), dtype=float))
        path.append(theta.copy())
    return np.array(path)


def timeline() -> CourseFigure:
    """Eight years that led here, from Cauchy to the Transformer."""
    made, ax = figure(size=(9, 3.6))
    ax.axhline(0, color=INK, linewidth=1.5)
    for year, text, height, align in MILESTONES:
        colour = REFERENCE if year == 1847 else TRAIN
        ax.plot([year, year], [0, height], color=colour, linewidth=1, linestyle="-")
        ax.plot([year], [0], "o", color=colour)
        side = "bottom" if height > 0 else "top"
        ax.text(year, height, f"{year}\n{text}", ha=align, va=side, fontsize=10)
    ax.set(xlim=(1830, 2034), ylim=(-2.6, 4.5), xlabel="year", yticks=[])
    ax.spines["left"].set_visible(False)
    ax.grid(False)
    events = [f"{year} {text}".replace("\n", " ") for year, text, *_ in MILESTONES]
    made.caption = f"{'; '.join(events)}."
    return made


def cost_of_slopes(
    slopes: np.ndarray, costs: np.ndarray, *, ylabel: str = "mean absolute error"
) -> CourseFigure:
    """An exhaustive search: the cost (k,) of every slope θ₁ (k,) that was tried."""
    made, ax = figure(size=(8, 3.6))
    best = int(np.argmin(costs))
    ax.plot(slopes, costs, ".", color=TRAIN, markersize=5, label=f"{len(slopes)} slopes tried")
    ax.plot(slopes[best], costs[best], "*", color=REFERENCE, markersize=16, label="the best")
    ax.set(xlabel="slope θ₁", ylabel=ylabel)
    ax.legend()
    made.caption = (
        f"{len(slopes)} slopes from {slopes[0]:g} to {slopes[-1]:g}: the lowest {ylabel}, "
        f"{costs[best]:.4f}, is that of θ₁ = {slopes[best]:.4f}."
    )
    return made


class CurveWalk(Explorer):
    """Steps along a curve f(x) by its slope: the curve with the steps on it, and x by step.

    Shapes    f, slope (k,) → (k,)
    """

    last_step: ClassVar[int] = 20
    seconds_per_step = 0.25

    def __init__(
        self,
        f: Callable[[np.ndarray], np.ndarray],
        slope: Callable[[np.ndarray], np.ndarray],
        *,
        lr: tuple[float, float, float],
        start: tuple[float, float, float],
        goals: tuple[float, ...],
        uphill: bool = False,
    ) -> None:
        self.f, self.slope, self.goals, self.uphill = f, slope, goals, uphill
        self.alpha = slider("learning rate α", *lr, step=0.01)
        self.start = slider("start x", *start, step=0.1)
        self.steps = slider("steps taken", 0, 0, self.last_step)
        made, (self.curve, self.time) = figure(1, 2, size=(8.8, 3.9))
        low, high = start[1:]
        xs = np.linspace(low - 0.2, high + 0.2, 300)
        ys = f(xs)
        margin = 0.08 * np.ptp(ys)
        self.curve.plot(xs, ys, color=GREY, linestyle="-")
        self.curve.plot(
            goals, f(np.array(goals)), "*", color=REFERENCE, markersize=15, label="slope 0"
        )
        (self.trail,) = self.curve.plot([], [], "-o", color=TRAIN, linewidth=1, markersize=5)
        (self.now,) = self.curve.plot([], [], "D", color=VALIDATION, markersize=9, label="now")
        self.curve.set(xlabel="x", ylabel="f(x)", xlim=(xs[0], xs[-1]))
        self.curve.set_ylim(ys.min() - margin, ys.max() + margin)
        self.curve.legend(loc="lower center" if uphill else "upper center")
        for goal in goals:
            self.time.axhline(goal, color=REFERENCE, linestyle="--", linewidth=1.2)
        (self.reference,) = self.time.plot([], [], "--", color=REFERENCE)
        (self.history,) = self.time.plot([], [], "-o", color=TRAIN, markersize=5)
        (self.last,) = self.time.plot([], [], "D", color=VALIDATION, markersize=9)
        self.time.set(xlabel="step", ylabel="x", xlim=(-0.5, self.last_step + 0.5))
        self.time.set_ylim(xs[0] - 1, xs[-1] + 1)
        super().__init__(made, controls=[self.alpha, self.start, self.steps])
        self.steps.value = self.last_step // 2

    def path(self) -> np.ndarray:
        """The x of every step so far (t + 1,)."""
        return self.nnlib_path()

    def nnlib_path(self) -> np.ndarray:
        """The path that nnlib's own optimiser takes (t + 1,)."""
        sign = -1 if self.uphill else 1
        start, steps = [self.start.value], self.steps.value
        return walk(lambda x: sign * self.slope(x), start, self.alpha.value, steps)[:, 0]

    def draw(self) -> str:
        x, reference = self.path(), self.nnlib_path()
        f = self.f(x)
        self.reference.set_data(range(len(reference)), reference)
        self.trail.set_data(x, f)
        self.now.set_data(x[-1:], f[-1:])
        self.history.set_data(range(len(x)), x)
        self.last.set_data([len(x) - 1], x[-1:])
        self.goal_reached = self.reached(x)
        taken = len(x) - 1
        return (
            f"α = {self.alpha.value:.2f}, start x = {self.start.value:.1f}: after {taken} "
            f"step{'s' * (taken != 1)} x = {number(x[-1])} and f = {number(f[-1])}. "
            f"{self.verdict(x)}"
        )

    def reached(self, x: np.ndarray) -> bool:
        """Whether the path x (t + 1,) reaches the goal."""
        raise NotImplementedError

    def verdict(self, x: np.ndarray) -> str:
        """What the path x (t + 1,) does, in a sentence."""
        raise NotImplementedError

    def step(self) -> bool:
        self.steps.value += 1
        return bool(self.steps.value < self.last_step)

    def restart(self) -> None:
        self.steps.value = 0


class GradientAscent(CurveWalk):
    """Gradient ascent on f(x) = −(x − 2)² + 3 (D1): x ← x + α f′(x), f′(x) = −2(x − 2).

    With `climb(start, alpha, steps)`, which returns the path (steps + 1,), the steps are the
    reader's own, and nnlib's stand behind them as a dashed green line.
    """

    goal = "Reach the top, x = 2, in exactly one step."

    def __init__(self, climb: Callable[[float, float, int], np.ndarray] | None = None) -> None:
        self.climb = climb
        super().__init__(
            lambda x: -((x - 2) ** 2) + 3,
            lambda x: -2 * (x - 2),
            lr=(0.1, 0.01, 1.2),
            start=(-1.0, -3.0, 7.0),
            goals=(2.0,),
            uphill=True,
        )

    def path(self) -> np.ndarray:
        if self.climb is None:
            return self.nnlib_path()
        mine = self.climb(self.start.value, self.alpha.value, self.steps.value)
        return np.atleast_1d(np.asarray(mine, dtype=float))

    def reached(self, x: np.ndarray) -> bool:
        return len(x) > 1 and x[0] != 2 and abs(x[1] - 2) < 1e-9

    def verdict(self, x: np.ndarray) -> str:
        kept = 1 - 2 * self.alpha.value
        reference = self.nnlib_path()
        if x.shape != reference.shape or not np.allclose(x, reference):
            return "These are not the steps that nnlib takes (dashed, green)."
        if x[0] == 2:
            return "The slope is 0 at the top: nothing moves."
        if abs(kept) < 1e-9:
            return "One step lands on the top."
        if abs(kept + 1) < 1e-9:
            return "Each step lands as far beyond the top as it began: x cycles for ever."
        share = f"each step leaves {100 * abs(kept):.0f} % of the distance to the top"
        if kept < -1:
            return f"It diverges: {share}, on the other side."
        if kept < 0:
            return f"It zigzags and converges: {share}, on the other side."
        return f"It {'crawls' if kept > 0.9 else 'converges'}: {share}."


class TwoValleys(CurveWalk):
    """Gradient descent on f(x) = x⁴ − 3x² + x, which has a shallow and a deep valley."""

    goal = "Start right of the hill (x ≥ 0.5) and end in the deep valley on the left."
    HILL, SHALLOW, DEEP = 0.16998, 1.13090, -1.30084

    def __init__(self) -> None:
        super().__init__(
            lambda x: x**4 - 3 * x**2 + x,
            lambda x: 4 * x**3 - 6 * x + 1,
            lr=(0.05, 0.01, 0.2),
            start=(1.8, -2.0, 2.0),
            goals=(self.DEEP, self.SHALLOW),
        )

    def reached(self, x: np.ndarray) -> bool:
        return bool(x[0] >= 0.5 and abs(x[-1] - self.DEEP) < 0.01)

    def verdict(self, x: np.ndarray) -> str:
        if abs(x[-1]) > 10:
            return "It diverges."
        for name, valley in (("deep", self.DEEP), ("shallow", self.SHALLOW)):
            if abs(x[-1] - valley) < 0.01:
                return f"It rests in the {name} valley, where f = {self.f(np.array(valley)):.2f}."
        side = "left" if x[-1] < self.HILL else "right"
        return f"It has not come to rest, on the {side} of the hill."


class LineFit(Explorer):
    """A line h(x) = θ₀ + θ₁x moved by hand: its residuals, and its place on the cost surface.

    Shapes    x, y (m,)
    """

    goal = "Bring the cost within 1 % of the lowest that these sliders allow."
    COSTS: ClassVar = {"MSE": mse, "MAE": mae}

    def __init__(
        self, x: np.ndarray, y: np.ndarray, *, xlabel: str = "x", ylabel: str = "y"
    ) -> None:
        self.x, self.y = x, y
        self.theta_0 = slider("height θ₀", 100, 0, 300, step=2)
        self.theta_1 = slider("slope θ₁", -4.0, -10.0, 30.0, step=0.5)
        self.kind = dropdown("cost", self.COSTS.items())
        self.surfaces: dict[str, np.ndarray] = {}
        made, (self.data, self.surface) = figure(1, 2, size=(8.8, 4.2))
        self.residuals = LineCollection([], color=ORANGE, linewidth=0.8, alpha=0.6)
        self.data.add_collection(self.residuals, autolim=False)
        self.data.plot(x, y, ".", color=TRAIN, markersize=5, label="training")
        self.ends = np.array([x.min(), x.max()])
        (self.line,) = self.data.plot([], [], "-", color=INK, linewidth=2.5)
        self.data.set(xlabel=xlabel, ylabel=ylabel, ylim=(-20, 1.15 * y.max()))
        (self.point,) = self.surface.plot([], [], "o", color="white", markersize=10, zorder=5)
        self.point.set(markeredgecolor=INK, clip_on=False)
        self.surface.set(xlabel="height θ₀", ylabel="slope θ₁", xlim=(0, 300), ylim=(-10, 30))
        self.surface.grid(False)
        self.levels: QuadContourSet | None = None
        self.drawn = ""
        super().__init__(made, controls=[self.theta_0, self.theta_1, self.kind])

    def draw(self) -> str:
        kind, theta = self.kind.label, np.array([self.theta_0.value, self.theta_1.value])
        lowest = self._show_surface(kind)
        h = theta[0] + theta[1] * self.x
        self.residuals.set_segments(
            [[(u, v), (u, w)] for u, v, w in zip(self.x, self.y, h, strict=True)]
        )
        self.line.set_data(self.ends, theta[0] + theta[1] * self.ends)
        self.point.set_data(theta[:1], theta[1:])
        J = self.kind.value(self.y, h)
        above = J / lowest - 1
        self.goal_reached = above < 0.01
        return (
            f"θ₀ = {theta[0]:.0f}, θ₁ = {theta[1]:.1f}: {kind} {J:.1f}, {100 * above:.1f} % above "
            f"{lowest:.1f}, the lowest of all {self.surfaces[kind].size} positions."
        )

    def _show_surface(self, kind: str) -> float:
        if kind not in self.surfaces:
            rows = np.arange(0, 301, 2), np.arange(-10, 30.5, 0.5)
            costs = [[self.kind.value(self.y, a + b * self.x) for a in rows[0]] for b in rows[1]]
            self.surfaces[kind] = np.array(costs)
        J = self.surfaces[kind]
        if kind != self.drawn:
            if self.levels is not None:
                self.levels.remove()
            levels = J.min() + np.ptp(J) * np.linspace(0, 1, 16) ** 2
            self.levels = self.surface.contourf(J, levels, extent=(0, 300, -10, 30))
            self.surface.set_title(f"{kind} of every line (dark = low)")
            self.drawn = kind
        return float(J.min())


class LearningRate(Explorer):
    """Gradient descent on J(θ) of one feature: the line as it learns, and J by step.

    `gradient(X, y, theta)` may be the reader's own; X (m, 2) has its bias column. The feature comes
    as measured, centred or standardised: the same line, but another valley to walk in.

    Shapes    x, y (m,)
    """

    goal = "Bring J within 1 % of its minimum in at most 50 steps."
    seconds_per_step = 0.1
    MOST, LAST = 50, 60

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        *,
        gradient: Callable[..., np.ndarray] = linear_regression.gradient,
        xlabel: str = "x",
        ylabel: str = "y",
    ) -> None:
        self.x, self.y, self.gradient = x, y, gradient
        mean, std = x.mean(), x.std()
        self.alpha = log_slider("learning rate α", 0.01, 1e-4, 10**0.5, per_decade=20)
        self.scale = dropdown(
            "the feature",
            [
                ("minus its mean", (mean, 1.0)),
                ("standardised", (mean, std)),
                ("as measured", (0.0, 1.0)),
            ],
        )
        self.steps = slider("steps taken", 0, 0, self.LAST)
        made, (self.data, self.curve) = figure(1, 2, size=(8.8, 4))
        self.data.plot(x, y, ".", color=TRAIN, markersize=4, alpha=0.5)
        self.ends = np.array([x.min(), x.max()])
        best = normal_equation(add_bias_column(x[:, None]), y)
        self.lowest = cost(add_bias_column(x[:, None]), y, best)
        self.data.plot(
            self.ends, best[0] + best[1] * self.ends, "--", color=REFERENCE, label="best"
        )
        (self.line,) = self.data.plot([], [], "-", color=INK, linewidth=2.5, label="now")
        self.data.set(xlabel=xlabel, ylabel=ylabel, ylim=(-20, 1.15 * y.max()))
        self.data.legend(loc="upper left")
        self.curve.axhspan(
            self.lowest, 1.01 * self.lowest, color=REFERENCE, label="within 1 % of the minimum"
        )
        self.curve.axvline(self.MOST, color=GREY, linestyle=":", label=f"step {self.MOST}")
        (self.J,) = self.curve.plot([], [], "-o", color=TRAIN, markersize=3)
        self.curve.set(xlabel="step (= epoch)", ylabel="cost J", yscale="log")
        self.curve.set(xlim=(-1, self.LAST + 1), ylim=(0.8 * self.lowest, 500 * self.lowest))
        self.curve.legend(loc="upper right")
        super().__init__(made, controls=[self.alpha, self.scale, self.steps])
        self.steps.value = self.MOST

    def draw(self) -> str:
        mean, std = self.scale.value
        X = add_bias_column(((self.x - mean) / std)[:, None])
        alpha, steps = self.alpha.value, self.steps.value
        path = walk(lambda theta: self.gradient(X, self.y, theta), [0.0, 0.0], alpha, steps)
        J = np.array([cost(X, self.y, theta) for theta in path])
        theta = path[-1]
        self.line.set_data(self.ends, theta[0] + theta[1] * (self.ends - mean) / std)
        self.J.set_data(range(len(J)), J)
        near = np.flatnonzero(self.lowest >= J / 1.01)
        self.goal_reached = bool(near.size) and bool(near[0] <= self.MOST)
        taken = len(J) - 1
        return (
            f"α = {alpha:.4g}, the feature {self.scale.label}: after {taken} "
            f"step{'s' * (taken != 1)} J = {number(J[-1])}; the minimum is {self.lowest:.2f}. "
            f"{self._verdict(J, near)}"
        )

    def _verdict(self, J: np.ndarray, near: np.ndarray) -> str:
        if J[-1] > J[0]:
            gone = ", and we stop counting" if np.abs(J[-1]) > FAR else ""
            return f"It diverges: every overshoot is larger than the last{gone}."
        if near.size:
            return f"Within 1 % of the minimum from step {near[0]} on."
        if len(J) < 2:
            return "It has not moved yet."
        above = J - self.lowest
        pace = "crawls" if above[-1] > 0.97 * above[-2] else "is on its way"
        share = 100 * above[-1] / above[0]
        left = f"{share:.0f}" if share >= 0.5 else "less than 1"
        return f"It {pace}: {left} % of the way down is still ahead."

    def step(self) -> bool:
        self.steps.value += 1
        return bool(self.steps.value < self.LAST)

    def restart(self) -> None:
        self.steps.value = 0


class NearTheMinimum(Explorer):
    """The same α on MSE and on MAE, for h(x) = θ₁x on points with y = x, whose best slope is 1."""

    goal = "Keep both slopes within 0.01 of θ₁ = 1 during the last ten of 100 steps."
    START, LAST, CLOSE = 2.4, 100, 0.01

    def __init__(self) -> None:
        self.alpha = slider("learning rate α", 0.1, 0.01, 0.2, step=0.01)
        self.shrink = toggle("let α shrink: α / (1 + t/10)")
        self.X = np.arange(1.0, 6.0)[:, None]
        made, (self.costs, self.time) = figure(1, 2, size=(8.8, 3.9))
        slopes = np.linspace(-0.4, 2.6, 200)
        self.losses: dict[str, Loss] = {
            "MSE": MeanSquaredError(half=True),
            "MAE": MeanAbsoluteError(),
        }
        self.marks, self.lines = {}, {}
        looks = {"MSE": (TRAIN, "-", "o"), "MAE": (VALIDATION, "--", "s")}
        for name, (colour, dash, mark) in looks.items():
            J = [self.cost(name, theta) for theta in slopes]
            self.costs.plot(slopes, J, dash, color=colour, linewidth=1.2, label=name)
            (self.marks[name],) = self.costs.plot([], [], mark, color=colour, markersize=5)
            (self.lines[name],) = self.time.plot([], [], dash, color=colour, label=name)
        self.costs.set(xlabel="slope θ₁", ylabel="cost J", xlim=(-0.4, 2.6), ylim=(-0.4, 12))
        self.costs.legend(loc="upper center")
        self.time.axhspan(1e-8, self.CLOSE, color=REFERENCE, alpha=0.15)
        self.time.set(xlabel="step", ylabel="distance |θ₁ − 1|", yscale="log")
        self.time.set(xlim=(-2, self.LAST + 2), ylim=(1e-8, 1e3))
        self.time.legend(loc="upper right", ncols=2)
        super().__init__(made, controls=[self.alpha, self.shrink])

    def cost(self, name: str, theta: float) -> float:
        """J of the slope θ₁; afterwards the loss knows its derivative there."""
        return self.losses[name](theta * self.X, self.X)

    def slope(self, name: str, theta: np.ndarray) -> np.ndarray:
        """∂J/∂θ₁ = Σ dZ x, by the chain rule."""
        self.cost(name, theta[0])
        return np.array([np.vdot(self.losses[name].backward(), self.X)])

    def draw(self) -> str:
        alpha = self.alpha.value
        lr = time_based(alpha, k=0.1) if self.shrink.value else constant(alpha)
        words, near = [], []
        for name, line in self.lines.items():
            path = walk(partial(self.slope, name), [self.START], lr, self.LAST)
            distance = np.abs(path[:, 0] - 1)
            line.set_data(range(len(distance)), np.maximum(distance, 1e-12))
            self.marks[name].set_data(path[:, 0], [self.cost(name, theta) for theta in path[:, 0]])
            near.append(bool((distance[-10:] < self.CLOSE).all()))
            words.append(f"with {name} {self._verdict(distance)}")
        self.goal_reached = all(near)
        kind = "shrinking" if self.shrink.value else "fixed"
        walked = f"{self.LAST} steps from θ₁ = {self.START}"
        return f"α = {alpha:.2f}, {kind}, {walked}: {'; '.join(words)}."

    def _verdict(self, distance: np.ndarray) -> str:
        last = distance[-10:]
        if distance[-1] > distance[0]:
            return "θ₁ diverges"
        if last.max() < 1e-4:
            return "it comes within 0.0001 of 1"
        verb = "ends" if last.max() < self.CLOSE else "hovers"
        return f"it {verb} between {last.min():.4f} and {last.max():.4f} from 1"


def number(value: float) -> str:
    """Four decimals for what a reader can compare, three digits for what runs away."""
    return f"{value + 0.0:.4f}" if abs(value) < 1e5 else f"{value:.2e}"
