"""The pictures of lab 08: grid against random, decades, coarse to fine, one model and many."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, PercentFormatter

from nnlib.activations import ReLU
from nnlib.callbacks import Validation
from nnlib.datasets import digits
from nnlib.dense import Dense
from nnlib.initializers import he_normal
from nnlib.losses import CrossEntropy
from nnlib.metrics import accuracy
from nnlib.optimizers import SGD, Adam
from nnlib.search import (
    Search,
    Trial,
    coarse_to_fine,
    grid_search,
    log_uniform,
    random_search,
    uniform,
)
from nnlib.sequential import Sequential
from nnlib.splits import split
from nnlib.training import fit
from nnlib.viz.controls import dropdown, log_slider, slider
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import (
    GREY,
    INK,
    LETTERS,
    ORANGE,
    OUTLINE,
    PALE,
    REFERENCE,
    SKY,
    TEST,
    TRAIN,
    VALIDATION,
    CourseFigure,
    figure,
)

GRID, RANDOM = TRAIN, VALIDATION
Sample = Callable[[float, float, int, np.random.Generator], np.ndarray]


def network(hidden: int, rng: np.random.Generator) -> Sequential:
    """The digits network of this lab: 64 pixels, one hidden layer of ReLU, ten logits, float64."""
    first = Dense(64, hidden, rng=rng, init=he_normal)
    return Sequential(first, ReLU(), Dense(hidden, 10, rng=rng), dtype=np.float64)


def share_right(y: np.ndarray, Z: np.ndarray) -> float:
    """The accuracy of logits Z (m, K) against labels y (m,)."""
    return accuracy(y, Z.argmax(axis=1))


class Digits(NamedTuple):
    """Three hundred digits to train on, and others to choose by."""

    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray


@lru_cache(maxsize=1)
def few_digits() -> Digits:
    """The lab's rows: 300 of its training digits, and its validation digits."""
    X, y, *_ = digits()
    train, val, _ = split(len(X), (0.6, 0.2, 0.2), rng=np.random.default_rng(0), stratify=y)
    return Digits(X[train[:300]], y[train[:300]], X[val], y[val])


def by_setting(
    values: Sequence[float], scores: np.ndarray, *, xlabel: str, log: bool = True
) -> CourseFigure:
    """The scores (p, n) of n seeds at each of p values of a setting, and their means."""
    made, ax = figure(size=(8, 3.6))
    scores = np.asarray(scores)
    means = scores.mean(axis=1)
    seeds = scores.shape[1]
    many = np.repeat(values, seeds)
    ax.plot(many, scores.ravel(), "s", color=VALIDATION, ms=5, alpha=0.5, label="one seed")
    ax.plot(values, means, "-", color=VALIDATION, label=f"mean of {seeds} seeds")
    ax.set(xlabel=xlabel, ylabel="validation accuracy", xscale="log" if log else "linear")
    ax.set(ylim=(0, 1.02))
    ax.legend(loc="upper left")
    shown = "; ".join(f"{value:g}: {mean:.2f}" for value, mean in zip(values, means, strict=True))
    made.caption = f"Mean validation accuracy by {xlabel}. {shown}."
    return made


def trials(found: Search, x: str, y: str, *, xlabel: str = "", ylabel: str = "") -> CourseFigure:
    """The trials of a search, a dot at each, larger and lighter for a better score."""
    made, ax = figure(size=(8, 3.8))
    scores = np.array([max(trial.score, 0) for trial in found.trials])
    a, b = (np.array([trial.params[name] for trial in found.trials]) for name in (x, y))
    order = scores.argsort()
    dots = ax.scatter(
        a[order], b[order], c=scores[order], s=30 + 120 * scores[order] ** 4, edgecolor=INK, lw=0.6
    )
    best = found.best
    ax.plot(
        best.params[x], best.params[y], "o", ms=20, mfc="none", mec=REFERENCE, mew=2.5, label="best"
    )
    ax.set(xlabel=xlabel or x, ylabel=ylabel or y, xscale="log", yscale="log")
    ax.yaxis.set_major_locator(LogLocator(2))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter("{x:g}")
    ax.legend(loc="upper left")
    made.colorbar(dots, ax=ax, label="validation accuracy")
    made.caption = (
        f"{len(found.trials)} trials; the best has {x} = {best.params[x]:.2g} and "
        f"{y} = {best.params[y]:.2g}."
    )
    return made


def winners(validation: np.ndarray, test: np.ndarray) -> CourseFigure:
    """By how much n winners beat the average of all candidates, where chosen and on new rows."""
    made, ax = figure(size=(8, 3))
    for row, (scores, name, colour, mark) in enumerate(
        ((test, "test", TEST, "^"), (validation, "validation", VALIDATION, "s"))
    ):
        ax.plot(100 * scores, np.full(len(scores), row), mark, color=colour, ms=9, alpha=0.6)
        ax.plot(100 * scores.mean(), row, "|", color=INK, ms=34, mew=3)
        ax.text(0.01, row + 0.28, name, color=LETTERS[colour], transform=ax.get_yaxis_transform())
    ax.axvline(0, color=GREY, linestyle=":")
    ax.set(xlabel="winner above the average of all (points of accuracy)", yticks=[])
    ax.set(ylim=(-0.5, 1.6))
    made.caption = (
        f"{len(test)} winners are {100 * validation.mean():.1f} points above the average of all "
        f"where they were chosen, and {100 * test.mean():+.1f} points on the test set."
    )
    return made


class GridAgainstRandom(Explorer):
    """Equally many trials, on a grid and at random, on a score in which one setting matters most.

    The rugs under and beside each map are the values that were tried of each setting.
    """

    goal = (
        "With nine trials each, let random beat the grid by 0.2 or more. Then find a draw or a "
        "surface on which the grid wins."
    )
    seconds_per_step = 0.2

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.side = slider("values per setting", 3, 2, 6)
        self.weight = slider("weight of setting 2", 0.0, 0.0, 0.5, step=0.05)
        self.ridge = slider("best place of setting 1", 0.7, 0.0, 1.0, step=0.05)
        self.seed = slider("random draw", 0, 0, 20)
        self.key: tuple[float, ...] = ()
        made, axes = figure(1, 2, size=(8, 4.3), sharey=True)
        self.mesh = np.stack(np.meshgrid(np.linspace(0, 1, 81), np.linspace(0, 1, 81)))
        self.maps, self.dots, self.rugs = [], [], []
        for ax, name, colour in zip(axes, ("grid", "random"), (GRID, RANDOM), strict=True):
            self._frame(ax, name)
            look = {"cmap": "Greys", "vmin": 0, "vmax": 1.6, "origin": "lower"}
            image = ax.imshow(np.zeros((81, 81)), extent=(0, 1, 0, 1), aspect="auto", **look)
            dot = {"color": colour, "ms": 8, "mec": "white", "path_effects": OUTLINE}
            self.maps.append(image)
            self.dots.append(ax.plot([], [], "o" if name == "grid" else "s", **dot)[0])
            rug = {"color": colour, "ms": 11, "mew": 2}
            self.rugs.append(ax.plot([], [], "|", **rug)[0])
            self.rugs.append(ax.plot([], [], "_", **rug)[0])
        axes[0].set_ylabel("setting 2")
        super().__init__(made, controls=[self.side, self.weight, self.ridge, self.seed])

    def _frame(self, ax: Axes, name: str) -> None:
        ax.grid(False)
        ax.set(xlim=(-0.1, 1.04), ylim=(-0.12, 1.04), title=name, xlabel="setting 1")
        ax.set_xticks([0, 0.5, 1])
        ax.set_yticks([0, 0.5, 1])

    def score(self, params: dict[str, Any], rng: np.random.Generator | None = None) -> float:
        """A ridge across setting 1 and, with its weight, a broad one across setting 2."""
        first = np.exp(-(((params["x"] - self.ridge.value) / 0.12) ** 2))
        second = np.exp(-(((params["y"] - 0.5) / 0.35) ** 2))
        weight = self.weight.value
        return (1 - weight) * first + weight * second

    def search(self) -> None:
        """Both searches, anew."""
        n, rng = self.side.value, np.random.default_rng(self.seed.value)
        values = np.linspace(0, 1, n).tolist()
        kit: dict[str, Any] = {"rng": rng, "progress": False}
        grid = grid_search(self.score, {"x": values, "y": values}, **kit)
        space = {"x": uniform(0, 1), "y": uniform(0, 1)}
        self.found = (grid, random_search(self.score, space, n * n, **kit))

    def draw(self) -> str:
        key = tuple(control.value for control in self.controls)
        if key != self.key:
            self.key = key
            self.search()
            self.shown = self.side.value**2
            height = self.score({"x": self.mesh[0], "y": self.mesh[1]})
            for image in self.maps:
                image.set_data(height)
        best, tried = [], []
        for k, search in enumerate(self.found):
            seen = search.trials[: self.shown]
            x, y = ([trial.params[name] for trial in seen] for name in "xy")
            self.dots[k].set_data(x, y)
            self.rugs[2 * k].set_data(x, [-0.07] * len(x))
            self.rugs[2 * k + 1].set_data([-0.06] * len(y), y)
            best.append(max((trial.score for trial in seen), default=0.0))
            tried.append(len(set(x)))
        total = self.side.value**2
        if self.shown == total:
            if self.side.value == 3 and best[1] >= best[0] + 0.2:
                self.done.add("random")
            if best[0] > best[1]:
                self.done.add("grid")
        self.goal_reached = len(self.done) == 2
        return (
            f"After {self.shown} of {total} trials each: the grid has tried {_values(tried[0])} of "
            f"setting 1, its best score is {best[0]:.2f}; random has tried {_values(tried[1])}, "
            f"its best is {best[1]:.2f}."
        )

    def step(self) -> bool:
        total = self.side.value**2
        self.shown = self.shown % total + 1
        return self.shown < total

    def restart(self) -> None:
        self.shown = 0


class Decades(Explorer):
    """Tries of a learning rate between 10^low and 1, counted by decade.

    `mine(low, high, n, rng)`, where given, is one of the ways to draw them.
    """

    goal = "With at most 100 tries in [1e−5, 1], get at least 10 into every decade."
    FLAT, LOG, MINE = "uniform", "log-uniform", "mine"
    LOWEST = -8

    def __init__(self, mine: Sample | None = None) -> None:
        self.mine = mine
        self.way = dropdown("drawn", [self.FLAT, self.LOG] + [self.MINE] * (mine is not None))
        self.n = slider("tries", 50, 10, 500, step=10)
        self.low = slider("lowest power of ten", -5, self.LOWEST, -1)
        self.seed = slider("random draw", 0, 0, 20)
        made, (above, below) = figure(2, 1, size=(8, 4.4), sharex=True, height_ratios=[3, 1])
        places = np.arange(self.LOWEST, 0) + 0.5
        self.bars = above.bar(places, np.zeros(len(places)), 0.9, color=TRAIN)
        self.counts = [above.text(x, 0, "", ha="center", va="bottom") for x in places]
        above.set(ylabel="share of the tries (%)", ylim=(0, 1.12))
        above.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        (self.dots,) = below.plot([], [], "|", color=INK, ms=16, mew=1, alpha=0.6)
        self.range = Rectangle((-5, -1), 5, 2, color=PALE, zorder=0)
        below.add_patch(self.range)
        below.set(ylim=(-1, 1), yticks=[], xlabel="learning rate α", xlim=(self.LOWEST, 0))
        powers = range(self.LOWEST, 1)
        below.set_xticks(powers, [f"$10^{{{power}}}$" for power in powers])
        super().__init__(made, controls=[self.way, self.n, self.low, self.seed])

    def sample(self) -> np.ndarray:
        """The tries (n,)."""
        low, n, rng = 10.0**self.low.value, self.n.value, np.random.default_rng(self.seed.value)
        if self.way.value == self.MINE and self.mine is not None:
            return np.asarray(self.mine(low, 1.0, n, rng))
        space = (log_uniform if self.way.value == self.LOG else uniform)(low, 1.0)
        return np.array([space.sample(rng) for _ in range(n)])

    def draw(self) -> str:
        low, n = self.low.value, self.n.value
        exponents = np.log10(self.sample())
        edges = np.arange(self.LOWEST, 1)
        counts, _ = np.histogram(exponents, edges)
        for bar, text, count, edge in zip(self.bars, self.counts, counts, edges[:-1], strict=True):
            bar.set_height(count / n)
            text.set_y(count / n + 0.02)
            text.set_text(str(count) if edge >= low else "")
        self.dots.set_data(exponents, np.zeros(n))
        self.range.set_bounds(low, -1, -low, 2)
        inside = counts[edges[:-1] >= low]
        self.goal_reached = low == -5 and n <= 100 and bool(inside.min() >= 10)
        return (
            f"{n} tries, {self.way.value}, from 1e{low} to 1: {inside[-1]} of them in the top "
            f"decade, {inside[0]} in the lowest, {int(np.sum(inside == 0))} of {len(inside)} "
            "decades empty."
        )


class CoarseToFine(Explorer):
    """Rounds of random trials, each within the span of the best so far, on a score of two hills.

    Left is the whole space, right the part of it from which the last round has drawn. One hill is
    broad and 0.85 high, the other narrow and 1.
    """

    goal = "Find a score above 0.97 with at most 64 trials in all."
    seconds_per_step = 1.2
    MOST: ClassVar[int] = 4

    def __init__(self) -> None:
        self.n = slider("trials per round", 8, 4, 32, step=4)
        self.keep = slider("share kept", 0.25, 0.05, 1.0, step=0.05)
        self.seed = slider("random draw", 1, 0, 20)
        made, (left, right) = figure(1, 2, size=(8, 4.2))
        grid = np.linspace(0, 1, 101)
        x, y = np.meshgrid(grid, grid)
        height = self.score({"x": x, "y": y})
        look = {"cmap": "Greys", "vmin": 0, "vmax": 1.6, "origin": "lower", "aspect": "auto"}
        for ax, name in ((left, "the whole space"), (right, "this round")):
            ax.grid(False)
            ax.imshow(height, extent=(0, 1, 0, 1), interpolation="bilinear", **look)
            ax.set(xlabel="setting 1", title=name, xlim=(0, 1), ylim=(0, 1))
            ax.xaxis.set_major_locator(MaxNLocator(4))
        left.set_ylabel("setting 2")
        self.right = right
        dot = {"mec": "white", "path_effects": OUTLINE}
        self.old = [ax.plot([], [], "o", color=SKY, ms=5)[0] for ax in (left, right)]
        self.new = [ax.plot([], [], "s", color=VALIDATION, ms=7, **dot)[0] for ax in (left, right)]
        star: dict[str, Any] = {"color": REFERENCE, "ms": 17, "mec": "white"}
        self.best = [ax.plot([], [], "*", **star)[0] for ax in (left, right)]
        self.box = Rectangle((0, 0), 1, 1, fill=False, ec=VALIDATION, lw=2)
        left.add_patch(self.box)
        controls = [self.n, self.keep, self.seed]
        super().__init__(made, controls=controls, restart_on=controls)

    @staticmethod
    def score(params: dict[str, Any], rng: np.random.Generator | None = None) -> float:
        """A broad hill at (0.3, 0.35), a narrow and higher one at (0.72, 0.7)."""
        x, y = params["x"], params["y"]
        broad = 0.85 * np.exp(-(((x - 0.3) / 0.35) ** 2) - ((y - 0.35) / 0.35) ** 2)
        narrow = np.exp(-(((x - 0.72) / 0.18) ** 2) - ((y - 0.7) / 0.18) ** 2)
        return np.maximum(broad, narrow)

    def restart(self) -> None:
        self.round = 1

    def search(self, rounds: int) -> Search:
        """So many rounds; the first ones are those of a shorter search."""
        return coarse_to_fine(
            self.score,
            {"x": uniform(0, 1), "y": uniform(0, 1)},
            self.n.value,
            rounds=rounds,
            keep=self.keep.value,
            rng=np.random.default_rng(self.seed.value),
            progress=False,
        )

    def step(self) -> bool:
        self.round = self.round % self.MOST + 1
        return self.round < self.MOST

    def draw(self) -> str:
        found = self.search(self.round)
        best = found.best
        earlier = [trial for trial in found.trials if trial.round < self.round]
        latest = [trial for trial in found.trials if trial.round == self.round]
        for dots, seen in ((self.old, earlier), (self.new, latest), (self.best, [best])):
            for line in dots:
                line.set_data(*_places(seen))
        low, high = self._part(earlier)
        self.box.set_bounds(*low, *(high - low))
        margin = 0.04 * (high - low)
        self.right.set_xlim(low[0] - margin[0], high[0] + margin[0])
        self.right.set_ylim(low[1] - margin[1], high[1] + margin[1])
        self.goal_reached = best.score > 0.97 and len(found.trials) <= 64
        high_one = best.params["x"] + best.params["y"] > 1.05
        hill = "high, narrow hill" if high_one else "broad hill, which is only 0.85 high"
        area = 100 * float(np.prod(high - low))
        return (
            f"Round {self.round}, {len(found.trials)} trials in all: this round draws from "
            f"{area:.3g} % of the space; the best score is {best.score:.3f}, on the {hill}."
        )

    def _part(self, earlier: list[Trial]) -> tuple[np.ndarray, np.ndarray]:
        """The corners of the box that the latest round has drawn from."""
        low, high = np.zeros(2), np.ones(2)
        n = self.n.value
        for r in range(1, self.round):
            seen = sorted(earlier[: r * n], key=lambda trial: -trial.score)
            kept = _places(seen[: max(2, round(n * self.keep.value))])
            low, high = kept.min(axis=1), kept.max(axis=1)
        return low, high


class ManyAtOnce(Explorer):
    """Twelve digits networks trained side by side; the worst are stopped at every look.

    Each has a learning rate and a number of hidden units of its own, drawn log-uniformly. The bars
    are the networks' progress.
    """

    goal = (
        "Train less than 25 % of all epochs and still end with a network within one point of the "
        "best that full training of all would have found."
    )
    seconds_per_step = 0.15
    MODELS, EPOCHS = 12, 24

    def __init__(self) -> None:
        self.every = slider("look every … epochs", 12, 1, 12)
        self.keep = slider("share kept at a look", 0.75, 0.25, 1.0, step=0.05)
        self.seed = slider("random draw", 0, 0, 5)
        self.key: tuple[float, ...] = ()
        made, (left, right) = figure(1, 2, size=(8, 4.4), width_ratios=[1.5, 1])
        self.lines = [left.plot([], [], "-", lw=1.6)[0] for _ in range(self.MODELS)]
        left.set(xlim=(0, self.EPOCHS), ylim=(0, 1.02), xlabel="epoch")
        left.set_ylabel("validation accuracy")
        self.bars = right.barh(range(self.MODELS), [0] * self.MODELS, 0.75)
        self.names = [
            right.text(0.4, k, "", va="center", fontsize=9, path_effects=OUTLINE)
            for k in range(self.MODELS)
        ]
        right.set(xlim=(0, self.EPOCHS), xlabel="epochs trained", yticks=[])
        right.set(ylim=(self.MODELS - 0.4, -0.6), title="learning rate, hidden units")
        right.title.set_fontsize(11)
        right.grid(False)
        super().__init__(made, controls=[self.every, self.keep, self.seed])

    def restart(self) -> None:
        self.epoch = 0

    def step(self) -> bool:
        self.epoch = self.epoch % self.EPOCHS + 1
        return self.epoch < self.EPOCHS

    def draw(self) -> str:
        key = tuple(control.value for control in self.controls)
        if key != self.key:
            self.key, self.epoch = key, self.EPOCHS
        settings, curves = _many(self.seed.value)
        trained = self._epochs_trained(curves)
        now = curves[np.arange(self.MODELS), trained]
        alive = trained == self.epoch
        best = int(np.argmax(np.where(alive, now, -1)))
        for k, (lr, hidden) in enumerate(settings):
            colour = REFERENCE if k == best else TRAIN if alive[k] else GREY
            span = np.arange(trained[k] + 1)
            self.lines[k].set_data(span, curves[k, : trained[k] + 1])
            self.lines[k].set(color=colour, linestyle="-" if alive[k] else ":")
            self.lines[k].set_zorder(3 if k == best else 2)
            self.bars[k].set_width(trained[k])
            self.bars[k].set(color=colour, alpha=0.45)
            self.names[k].set_text(f"{lr:.2g}, {hidden}{'' if alive[k] else ' (stopped)'}")
        total = self.MODELS * self.EPOCHS
        cost, top = trained.sum() / total, curves[:, -1].max()
        over = self.epoch == self.EPOCHS
        self.goal_reached = over and cost < 0.25 and now[best] >= top - 0.01
        end = f"; full training of all would have found {top:.3f}" if over else ""
        return (
            f"Epoch {self.epoch} of {self.EPOCHS}: {int(alive.sum())} of {self.MODELS} networks "
            f"still in training, {100 * cost:.0f} % of all epochs spent; the best one has "
            f"validation accuracy {now[best]:.3f}{end}."
        )

    def _epochs_trained(self, curves: np.ndarray) -> np.ndarray:
        """How far each network has come by this epoch, (12,)."""
        trained = np.full(self.MODELS, self.epoch)
        alive = np.arange(self.MODELS)
        for look in range(self.every.value, min(self.epoch, self.EPOCHS - 1) + 1, self.every.value):
            left = max(1, math.ceil(self.keep.value * len(alive) - 1e-9))
            order = alive[np.argsort(-curves[alive, look], kind="stable")]
            trained[order[left:]] = look
            alive = np.sort(order[:left])
        return trained


@lru_cache(maxsize=6)
def _many(seed: int) -> tuple[list[tuple[float, int]], np.ndarray]:
    """Settings of 12 networks, and their validation accuracy (12, 25) before and after epochs."""
    rng, data = np.random.default_rng(seed), few_digits()
    space = {"lr": log_uniform(1e-4, 1.0), "hidden": log_uniform(4, 32, whole=True)}
    settings, curves = [], []
    for own in rng.spawn(ManyAtOnce.MODELS):
        lr, hidden = (part.sample(own) for part in space.values())
        net = network(int(hidden), own)
        start = share_right(data.y_val, net.predict(data.X_val))
        history = fit(
            net,
            CrossEntropy(),
            Adam(lr),
            data.X,
            data.y,
            epochs=ManyAtOnce.EPOCHS,
            batch_size=32,
            rng=own,
            callbacks=[Validation(data.X_val, data.y_val, share_right)],
        )
        settings.append((lr, int(hidden)))
        curves.append([start, *history["validation metric"]])
    return settings, np.array(curves)


class OneWatched(Explorer):
    """One digits network in training; its learning rate may be changed on the way."""

    goal = (
        "Starting at α = 0.01, bring the validation loss below 0.3 by epoch 30. "
        "Turn α while it trains."
    )
    seconds_per_step = 0.25
    EPOCHS, START, ENOUGH = 30, 0.01, 0.3

    def __init__(self, epochs: int = 0) -> None:
        self.lr = log_slider("learning rate α", self.START, 0.001, 10)
        made, (above, below) = figure(2, 1, size=(8, 4.6), sharex=True, height_ratios=[2.4, 1])
        (self.training,) = above.plot([], [], "o-", ms=4, color=TRAIN, label="training")
        (self.held,) = above.plot([], [], "s--", ms=4, color=VALIDATION, label="validation")
        above.axhline(self.ENOUGH, color=REFERENCE, linestyle=":", label="goal")
        above.set(ylabel="cost J (nats)", yscale="log", ylim=(0.02, 20))
        above.legend(loc="upper right", ncol=3)
        (self.rates,) = below.plot([], [], "o-", ms=4, color=ORANGE, drawstyle="steps-mid")
        below.set(xlabel="epoch", ylabel="α", yscale="log", ylim=(5e-4, 20))
        below.set_xlim(0, self.EPOCHS + 0.5)
        super().__init__(made, controls=[self.lr])
        for _ in range(epochs):
            self.step()
        self.refresh()

    def restart(self) -> None:
        self.rng = np.random.default_rng(0)
        self.net = network(32, self.rng)
        self.used: list[float] = []
        self.J: list[float] = []
        self.J_val: list[float] = []
        self.ended = ""

    def step(self) -> bool:
        if self.ended or len(self.J) >= self.EPOCHS:
            return False
        data = few_digits()
        self.used.append(self.lr.value)
        try:
            history = fit(
                self.net,
                CrossEntropy(),
                SGD(self.lr.value),
                data.X,
                data.y,
                epochs=1,
                batch_size=32,
                rng=self.rng,
            )
        except FloatingPointError:
            self.ended = "It diverged: press Reset."
            self.used.pop()
            return False
        self.J += history["loss"]
        self.J_val.append(CrossEntropy()(self.net.predict(data.X_val), data.y_val))
        return len(self.J) < self.EPOCHS

    def draw(self) -> str:
        epochs = range(1, len(self.J) + 1)
        self.training.set_data(epochs, self.J)
        self.held.set_data(epochs, self.J_val)
        self.rates.set_data(epochs, self.used)
        low_enough = bool(self.J_val) and min(self.J_val) < self.ENOUGH
        self.goal_reached = low_enough and self.used[0] <= 1.001 * self.START
        if not self.J:
            return self.ended or f"Epoch 0 of {self.EPOCHS}, α = {self.lr.value:.3g}. Press Play."
        return (
            f"Epoch {len(self.J)} of {self.EPOCHS} with α = {self.used[-1]:.3g}: J = "
            f"{self.J[-1]:.3f} on the training set, {self.J_val[-1]:.3f} on the validation set. "
            f"{self.ended or self._advice()}"
        )

    def _advice(self) -> str:
        """What somebody who watches would do next."""
        if min(self.J_val) < self.ENOUGH:
            return "Low enough."
        if len(self.J) < 3:
            return "Too early to tell."
        fallen = self.J[-1] / self.J[-3]
        if fallen > 1.02:
            return "The cost rises: a smaller α."
        return "It hardly moves: another α?" if fallen > 0.93 else "It falls: let it go on."


def _places(seen: list[Trial]) -> np.ndarray:
    """The two settings of some trials, (2, n)."""
    return np.array([[trial.params["x"], trial.params["y"]] for trial in seen]).reshape(-1, 2).T


def _values(number: int) -> str:
    return f"{number} value{'' if number == 1 else 's'}"
