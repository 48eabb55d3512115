"""Lab 04's pictures: models that say too little or too much, and the ways to hold them back."""

import copy
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import ArrayLike

from nnlib import linear_regression
from nnlib.activations import ReLU
from nnlib.callbacks import Callback, Run
from nnlib.curves import Curve, learning_curve, validation_curve
from nnlib.dense import Dense
from nnlib.dropout import Dropout
from nnlib.early_stopping import EarlyStopping
from nnlib.estimators import LogisticRegression
from nnlib.initializers import he_normal
from nnlib.linear_regression import add_bias_column, normal_equation
from nnlib.losses import CrossEntropy
from nnlib.metrics import rmse
from nnlib.optimizers import SGD
from nnlib.preprocessing import Standardizer
from nnlib.regularization import L1, L2, soft_threshold
from nnlib.sequential import Sequential
from nnlib.training import fit
from nnlib.viz.controls import dropdown, log_slider, slider, toggle
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import (
    CLASS_0,
    CLASS_1,
    COLOURS,
    DASHES,
    GREY,
    INK,
    LETTERS,
    MARKERS,
    OUTLINE,
    PALE,
    PALE_CLASSES,
    REFERENCE,
    TRAIN,
    VALIDATION,
    CourseFigure,
    figure,
)
from nnlib.viz.words import sentence

Points = tuple[np.ndarray, np.ndarray]
Function = Callable[[np.ndarray], np.ndarray]
Threshold = Callable[[np.ndarray, float], np.ndarray]
Errors = Callable[[float, np.ndarray, np.ndarray], tuple[float, float]]
History = Mapping[str, Sequence[float]]
ABOVE: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "frameon": False}


def powers(x: np.ndarray, degree: int) -> np.ndarray:
    """1, x, x², … as columns: x (m,) → (m, degree + 1)."""
    return np.vander(x, degree + 1, increasing=True)


def truth(x: np.ndarray) -> np.ndarray:
    """What the lab's made-up measurements are true to: 1 + cos 2x + x/2."""
    return 1 + np.cos(2 * x) + x / 2


def measure(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The truth at x (m,), with noise of standard deviation 0.3."""
    return truth(x) + 0.3 * rng.normal(size=len(x))


def sample(m: int, rng: np.random.Generator) -> Points:
    """m places x in [−1, 1] and what is measured there, both (m,)."""
    x = rng.uniform(-1, 1, m)
    return x, measure(x, rng)


def polynomial(x: np.ndarray, y: np.ndarray, degree: int) -> Function:
    """The polynomial of this degree nearest to the points x, y (m,), by the normal equation."""
    theta = normal_equation(powers(x, degree), y)
    return lambda x: powers(x, degree) @ theta


def refits(
    x: np.ndarray, grid: np.ndarray, degree: int, *, times: int, rng: np.random.Generator
) -> np.ndarray:
    """Polynomials fitted to new measurements at the same x (m,), over grid (k,): (times, k)."""
    return np.array([polynomial(x, measure(x, rng), degree)(grid) for _ in range(times)])


def products(X: np.ndarray, degree: int) -> np.ndarray:
    """x₂, x₁, x₂², x₁x₂, x₁², … up to a degree, as columns, from X (m, 2)."""
    exponents = [(i, k - i) for k in range(1, degree + 1) for i in range(k + 1)]
    return np.column_stack([X[:, 0] ** i * X[:, 1] ** j for i, j in exponents])


def bent_classifier(X: np.ndarray, y: np.ndarray, degree: int, *, lam: float) -> Function:
    """Logistic regression on the standardised products of X (m, 2): what it says is P(y = 1)."""
    scale = Standardizer().fit(products(X, degree))
    model = LogisticRegression(lam=lam).fit(scale.transform(products(X, degree)), y)
    return lambda X: model.predict_proba(scale.transform(products(X, degree)))[:, 1]


def quadratic(X: np.ndarray, rows: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The features of some rows and of others, with all their squares and products as columns.

    The features X (m, n) are standardised by the mean and deviation of `rows` alone.
    """
    scale = Standardizer().fit(X[rows])
    i, j = np.triu_indices(X.shape[1])
    A, B = (scale.transform(X[part]) for part in (rows, held))
    return np.hstack([A, A[:, i] * A[:, j]]), np.hstack([B, B[:, i] * B[:, j]])


def size_curve(errors: Errors, m: int, sizes: Sequence[int]) -> Curve:
    """`errors(0, fitted, held)` for each training-set size, in five folds of m rows."""

    def score(
        fitted: np.ndarray, held: np.ndarray, rng: np.random.Generator
    ) -> tuple[float, float]:
        return errors(0, fitted, held)

    return learning_curve(score, m, sizes, rng=np.random.default_rng(0), progress=False)


def penalty_curve(errors: Errors, rows: np.ndarray, lams: Sequence[float]) -> Curve:
    """`errors(lam, fitted, held)` for each λ, in five folds of these rows, the same each time."""

    def score(
        lam: float, fitted: np.ndarray, held: np.ndarray, rng: np.random.Generator
    ) -> tuple[float, float]:
        return errors(lam, rows[fitted], rows[held])

    rng = np.random.default_rng(1)
    return validation_curve(score, len(rows), lams, rng=rng, progress=False)


def lowest(curve: Curve) -> float:
    """The value with the lowest mean validation error."""
    return float(curve.values[curve.validation.mean(axis=1).argmin()])


def train_net(
    seed: int,
    X: np.ndarray,
    t: np.ndarray,
    validation: Callback,
    *,
    rate: float = 0.0,
    penalty: L1 | L2 | None = None,
    watch: Sequence[Callback] = (),
    batch_size: int = 32,
    epochs: int = 150,
) -> tuple[Sequential, dict[str, list[float]]]:
    """A 64–64–10 network fitted to digits X (m, 64), t (m,), and its history.

    The remedies: dropout after the hidden layer (`rate`), a `penalty`, callbacks (`watch`).
    """
    rng = np.random.default_rng(seed)
    hidden = Dense(64, 64, rng=rng, init=he_normal)
    output = Dense(64, 10, rng=rng)
    net = Sequential(hidden, ReLU(), Dropout(rate, rng=rng), output, dtype=float)
    history = fit(
        net,
        CrossEntropy(),
        SGD(0.1),
        X,
        t,
        rng=rng,
        penalty=penalty,
        batch_size=batch_size,
        epochs=epochs,
        callbacks=[validation, *watch],
    )
    return net, history


def pruned(net: Sequential, share: float) -> Sequential:
    """A copy of the network that keeps this share of its first layer's weights, the largest."""
    cut = copy.deepcopy(net)
    first: Any = cut[0]
    size = np.abs(first.W)
    first.W = first.W * (size >= np.quantile(size, 1 - share))
    return cut


def final_and_lowest(histories: Sequence[History]) -> tuple[float, float]:
    """Means over some runs: J after the last epoch, and the lowest validation loss."""
    J = np.mean([history["loss"][-1] for history in histories])
    return float(J), float(np.mean([min(history["validation loss"]) for history in histories]))


def choose_epochs(
    by_epoch: Sequence[np.ndarray], size: int, *, times: int = 2000, rng: np.random.Generator
) -> tuple[float, float]:
    """What many small test sets say of the epoch that each has chosen, and what the others say.

    Draws `size` of the rows, takes the epoch with the fewest mistakes on them, and returns the
    mean error there in percent: on the rows that chose, and on all the other rows.

    Shapes    by_epoch: one array (m,) of True and False per epoch
    """
    M = np.array(by_epoch, dtype=float).T
    total, reported, fresh = M.sum(axis=0), [], []
    for _ in range(times):
        mine = M[rng.permutation(len(M))[:size]].sum(axis=0)
        epoch = mine.argmin()
        reported.append(mine[epoch] / size)
        fresh.append((total - mine)[epoch] / (len(M) - size))
    return 100 * float(np.mean(reported)), 100 * float(np.mean(fresh))


def tired_labels(labels: np.ndarray, *, share: float, rng: np.random.Generator) -> np.ndarray:
    """A copy of labels 0 … 9 (m,) in which each one is, with probability `share`, another digit."""
    slips = rng.random(len(labels)) < share
    return (labels + slips * rng.integers(1, 10, len(labels))) % 10


class Mistakes(Callback):
    """Keeps, after each epoch, which of the rows X (m, n) a network takes for another class."""

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = X, y

    def on_start(self, run: Run) -> None:
        self.by_epoch: list[np.ndarray] = []

    def on_epoch(self, run: Run) -> None:
        self.by_epoch.append(run.net.predict(self.X).argmax(axis=1) != self.y)


def lasso(
    X: np.ndarray,
    y: np.ndarray,
    lam: float,
    w: np.ndarray,
    *,
    threshold: Threshold = soft_threshold,
    most: int = 20_000,
) -> tuple[np.ndarray, int]:
    """The w of least 1/(2m) ‖Xw − y‖² + λ/m Σ |w| by proximal steps, and how many it took.

    Shapes    X (m, n) and y (m,), both with mean 0   w (n,), the start
    """
    m = len(y)
    alpha = 1 / np.linalg.eigvalsh(X.T @ X / m)[-1]
    steps, change = 0, np.inf
    while change >= 1e-6 and steps < most:
        u = w - alpha * linear_regression.gradient(X, y, w)
        moved = threshold(u, alpha * lam / m)
        change = np.abs(moved - w).max()
        w, steps = moved, steps + 1
    return w, steps


def early_stop(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """The epoch whose network `EarlyStopping` keeps and the last one it runs, counted from 1."""
    watch = EarlyStopping(patience=patience, restore_best=False)
    run: Any = SimpleNamespace(history={watch.watch: []}, epoch=0, stop=False)
    watch.on_start(run)
    for loss in losses:
        run.history[watch.watch].append(loss)
        run.epoch += 1
        watch.on_epoch(run)
        if run.stop:
            break
    return watch.best_epoch, run.epoch


class PolynomialFit(Explorer):
    """A polynomial through a few points: its degree, its penalty λ, and both errors against λ.

    Shapes    training and validation: (x (m,), y (m,))
    """

    goal = "Keep degree 12, and find a λ whose validation RMSE is below 0.35."
    LAMS = np.geomspace(1e-8, 1e3, 45)

    def __init__(self, training: Points, validation: Points) -> None:
        self.training, self.validation = training, validation
        self.degree = slider("degree", 12, 0, 12)
        self.lam = log_slider("penalty λ", 1e-8, 1e-8, 1e3, per_decade=4)
        self.all = toggle("punish θ₀ as well")
        self.grid = np.linspace(-1, 1, 401)
        made, (self.data, self.errors) = figure(1, 2, size=(9, 4.2))
        self._draw_data()
        self._draw_errors()
        super().__init__(made, controls=[self.degree, self.lam, self.all])

    def _draw_data(self) -> None:
        ax = self.data
        ax.plot(self.grid, truth(self.grid), "--", color=REFERENCE, label="truth")
        ax.plot(*self.validation, ".", color=VALIDATION, ms=4, alpha=0.6, label="validation")
        ax.plot(*self.training, "o", color=TRAIN, mec="white", label="training", zorder=4)
        (self.curve,) = ax.plot([], [], "-", color=INK, label="our fit")
        y = np.concatenate([self.training[1], self.validation[1]])
        ax.set(xlabel="x", ylabel="y", xlim=(-1.03, 1.03), ylim=(min(0, y.min()) - 1.2, 3.6))
        ax.legend(loc="lower center", ncol=2)

    def _draw_errors(self) -> None:
        ax = self.errors
        (self.train_line,) = ax.plot([], [], "-", color=TRAIN, label="training")
        (self.val_line,) = ax.plot([], [], "--", color=VALIDATION, label="validation")
        (self.train_dot,) = ax.plot([], [], "o", color=TRAIN, ms=10, mec="white", zorder=5)
        (self.val_dot,) = ax.plot([], [], "s", color=VALIDATION, ms=10, mec="white", zorder=5)
        self.val_dot.set_clip_on(False)
        ax.axhline(0.35, color=GREY, linestyle=":", lw=1.5, label="0.35")
        ax.set(xlabel="penalty λ", ylabel="RMSE", xscale="log", xlim=(6e-9, 1.7e3))
        ax.set(ylim=(0, 2.05))
        ax.legend(**ABOVE, ncol=3)

    def draw(self) -> str:
        degree, lam = self.degree.value, self.lam.value
        self.curve.set_data(self.grid, self.predict(self.grid, degree, lam))
        scores = np.array([self.scores(degree, value) for value in self.LAMS])
        self.train_line.set_data(self.LAMS, scores[:, 0])
        self.val_line.set_data(self.LAMS, scores[:, 1])
        J_train, J_val = self.scores(degree, lam)
        top = self.errors.get_ylim()[1]
        self.train_dot.set_data([lam], [J_train])
        self.val_dot.set_data([lam], [min(J_val, top)])
        self.goal_reached = degree == 12 and J_val < 0.35
        beyond = " (beyond the picture)" if J_val > top else ""
        size = np.linalg.norm(self.theta(degree, lam)[1:])
        return (
            f"Degree {degree}, λ = {number(lam)}: RMSE {J_train:.3f} on {len(self.training[0])} "
            f"training points, {J_val:.3f}{beyond} on {len(self.validation[0])} validation points; "
            f"‖(θ₁, θ₂, …)‖ = {size:.3g}."
        )

    def theta(self, degree: int, lam: float) -> np.ndarray:
        """θ of the ridge fit; a leading column of zeros takes the place that λ spares."""
        P = powers(self.training[0], degree)
        if not self.all.value:
            return normal_equation(P, self.training[1], lam=lam)
        spared = np.zeros((len(P), 1))
        return normal_equation(np.hstack([spared, P]), self.training[1], lam=lam)[1:]

    def predict(self, x: np.ndarray, degree: int, lam: float) -> np.ndarray:
        """What the fit says at x (k,)."""
        return powers(x, degree) @ self.theta(degree, lam)

    def scores(self, degree: int, lam: float) -> tuple[float, float]:
        """RMSE on the training and on the validation points."""
        theta = self.theta(degree, lam)
        sets = (self.training, self.validation)
        train, val = (rmse(y, powers(x, degree) @ theta) for x, y in sets)
        return train, val


class Measured(NamedTuple):
    """One case of the diagnosis game: its story, and three errors in percent."""

    story: str
    human: float
    train: float
    dev: float


CASES = (
    Measured("1", 0, 1, 11),
    Measured("2", 0, 15, 16),
    Measured("3", 0, 15, 30),
    Measured("4", 0, 0.5, 1),
    Measured("5, slurred speech", 14, 15, 16),
    Measured("6, slurred speech", 14, 15, 29),
    Measured("7, after a large penalty", 1, 24, 25),
    Measured("8, after more data", 1, 2, 3.5),
)
DIAGNOSES = ("high variance", "high bias", "both", "neither")
REMEDIES = {
    "high variance": "more data, augmentation, a penalty, dropout, fewer features, a smaller model",
    "high bias": "a larger model, more features, more iterations, a smaller penalty",
    "both": "first the bias (a larger model, longer training), then the variance (data, penalty)",
    "neither": "nothing to cure: the test set may speak",
}


def diagnose(human: float, train: float, dev: float, large: float = 2.0) -> str:
    """What the gaps between three errors, in percent, say; one above `large` points counts."""
    bias, variance = train - human > large, dev - train > large
    return ("both" if variance else "high bias") if bias else DIAGNOSES[0 if variance else 3]


class Diagnosis(Explorer):
    """Eight models by their errors: is it bias, variance, both, or neither? The gaps tell."""

    goal = "Diagnose all eight models. A gap of more than 2 points counts as large."
    WAITING = "…"

    def __init__(self) -> None:
        self.answers: dict[int, str] = {}
        self.shown = 0
        self.case = slider("model", 1, 1, len(CASES))
        self.answer = dropdown("diagnosis", [self.WAITING, *DIAGNOSES])
        made, ax = figure(size=(8.6, 3.3))
        ax.grid(axis="y", visible=False)
        names, colours = ("human", "training", "dev"), (REFERENCE, TRAIN, VALIDATION)
        self.bars = ax.barh(names, [0.0] * 3, color=colours, height=0.6)
        self.labels = [ax.text(0, i, "", va="center") for i in range(3)]
        ax.set(xlim=(0, 36), xlabel="error (%)")
        ax.invert_yaxis()
        self.gaps = [ax.text(35.5, i + 0.5, "", va="center", ha="right") for i in range(2)]
        super().__init__(made, controls=[self.case, self.answer])

    def draw(self) -> str:
        if self.case.value - 1 != self.shown:
            self.shown = self.case.value - 1
            self.answer.value = self.answers.get(self.shown, self.WAITING)
        elif self.answer.value == self.WAITING:
            self.answers.pop(self.shown, None)
        else:
            self.answers[self.shown] = self.answer.value
        case = CASES[self.shown]
        errors = (case.human, case.train, case.dev)
        for bar, label, error in zip(self.bars, self.labels, errors, strict=True):
            bar.set_width(error)
            label.set_text(f"{error:g} %")
            label.set_x(error + 0.4)
        right = {i for i, said in self.answers.items() if said == diagnose(*CASES[i][1:])}
        self._show_gaps(case, self.shown in right)
        self.goal_reached = len(right) == len(CASES)
        found = f"{len(right)} of {len(CASES)} right so far."
        return f"{self._verdict(case)} {found}"

    def _show_gaps(self, case: Measured, known: bool) -> None:
        bias, variance = case.train - case.human, case.dev - case.train
        for text, name, gap in zip(self.gaps, ("bias", "variance"), (bias, variance), strict=True):
            text.set_text(f"{name} {gap:g}" if known else "")
            text.set_fontweight("bold" if gap > 2 else "normal")

    def _verdict(self, case: Measured) -> str:
        errors = f"human {case.human:g} %, training {case.train:g} %, dev {case.dev:g} %"
        said, truth = self.answer.value, diagnose(*case[1:])
        if said == self.WAITING:
            return f"Model {case.story}: {errors}. What ails it?"
        if said == truth:
            return f"Model {case.story}: {errors}. Right, {truth}: {REMEDIES[truth]}."
        return f"Model {case.story}: {errors}. Not {said}: take the two gaps one by one."


class PenaltyPath(Explorer):
    """L1 and L2 seen twice: where the cost meets the budget, and every weight as λ grows.

    The left picture has the two features `two` alone. `threshold(u, t)` may be the reader's own.

    Shapes    X (m, n) standardised, y (m,), names n
    """

    goal = "With L1, keep exactly three of the ten features. Then ask L2 at the same λ."
    LAMS = np.geomspace(100, 10**4.3, 24)

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        names: Sequence[str],
        *,
        two: tuple[int, int] = (2, 3),
        threshold: Threshold = soft_threshold,
    ) -> None:
        self.X, self.y, self.names, self.two = X, y - y.mean(), list(names), list(two)
        self.kind = dropdown("penalty", ["L2, the circle", "L1, the diamond"])
        self.lam = log_slider("penalty λ", 100, 100, 10**4.3, per_decade=10)
        self.paths = {"L2": self._ridge(self.X), "L1": self._lasso(self.X, threshold)}
        X_two = self.X[:, self.two]
        self.pairs = {"L2": self._ridge(X_two), "L1": self._lasso(X_two, threshold)}
        made, (self.map, self.path) = figure(1, 2, size=(9.2, 4.4), width_ratios=[1, 1.25])
        self._draw_map(X_two)
        self._draw_path()
        super().__init__(made, controls=[self.kind, self.lam])

    def _ridge(self, X: np.ndarray) -> np.ndarray:
        A = add_bias_column(X)
        return np.array([normal_equation(A, self.y, lam=lam)[1:] for lam in self.LAMS])

    def _lasso(self, X: np.ndarray, threshold: Threshold) -> np.ndarray:
        """One row of weights per λ, each found from that of the λ above it."""
        w, path = np.zeros(X.shape[1]), []
        for lam in self.LAMS[::-1]:
            w, _ = lasso(X, self.y, float(lam), w, threshold=threshold)
            path.append(w)
        return np.array(path[::-1])

    def _draw_map(self, X: np.ndarray) -> None:
        self.H = X.T @ X / len(X)
        self.best = normal_equation(add_bias_column(X), self.y)[1:]
        ax = self.map
        ax.axhline(0, color=GREY, linestyle="-", lw=0.8)
        ax.axvline(0, color=GREY, linestyle="-", lw=0.8)
        for above in (10, 40, 90, 160, 250, 360, 490, 640):
            ax.plot(*self.level(above).T, "-", color=PALE, lw=1.5)
        (self.budget,) = ax.fill([0, 0], [0, 0], color=VALIDATION, alpha=0.18, zorder=1)
        (self.touching,) = ax.plot([], [], "-", color=TRAIN, label="cost J")
        ax.plot(*self.best, "+", color=TRAIN, ms=13, mew=2.5)
        over: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "zorder": 6}
        ax.annotate("no penalty", self.best, (0, 9), path_effects=OUTLINE, **over)
        (self.point,) = ax.plot([], [], "o", color=INK, ms=10, mec="white", zorder=5)
        first, second = (self.names[k] for k in self.two)
        ax.set(xlabel=f"weight of {first}", ylabel=f"weight of {second}")
        ax.set(xlim=(-62, 62), ylim=(-62, 62), aspect="equal")

    def level(self, above: float) -> np.ndarray:
        """Points (200, 2) where J of the two features lies so far above its minimum."""
        turn = np.linspace(0, 2 * np.pi, 200)
        circle = np.column_stack([np.cos(turn), np.sin(turn)])
        values, vectors = np.linalg.eigh(self.H)
        return self.best + circle * np.sqrt(2 * max(above, 0) / values) @ vectors.T

    def _draw_path(self) -> None:
        ax = self.path
        self.lines = []
        for j in range(len(self.names)):
            look: dict[str, Any] = {"color": COLOURS[j % 6], "linestyle": DASHES[(j // 3) % 4]}
            self.lines.append(ax.plot(self.LAMS, self.LAMS, **look)[0])
        label: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 10, "zorder": 3}
        label["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        self.ends = [ax.text(84, 0, name, **label) for name in self.names]
        self.now = ax.axvline(100, color=GREY, linestyle=":", lw=1.5)
        (self.dots,) = ax.plot([], [], "o", color=INK, ms=6, linestyle="")
        ax.axhline(0, color=GREY, linestyle="-", lw=0.8)
        ax.set(xscale="log", xlim=(50, 2.3e4), ylim=(-15, 34))
        ax.set(xlabel="penalty λ", ylabel="weights (score per σ)")

    def draw(self) -> str:
        kind = self.kind.value[:2]
        i = int(np.abs(np.log(self.LAMS / self.lam.value)).argmin())
        w, pair = self.paths[kind][i], self.pairs[kind][i]
        self._move_map(kind, pair)
        for j, line in enumerate(self.lines):
            line.set_ydata(self.paths[kind][:, j])
        for text, height in zip(self.ends, spread_out(self.paths[kind][0], 2.4), strict=True):
            text.set_y(height)
        self.now.set_xdata([self.LAMS[i]] * 2)
        self.dots.set_data([self.LAMS[i]] * len(w), w)
        kept = [name for name, weight in zip(self.names, w, strict=True) if weight != 0]
        self.goal_reached = kind == "L1" and len(kept) == 3
        which = f" ({', '.join(kept)})" if 0 < len(kept) < len(w) else ""
        return (
            f"{kind}, λ = {number(self.LAMS[i])}: of ten weights {len(w) - len(kept)} are exactly "
            f"0, {len(kept)} are not{which}. With two features alone: {self.names[self.two[0]]} "
            f"{pair[0]:.2f}, {self.names[self.two[1]]} {pair[1]:.2f}."
        )

    def _move_map(self, kind: str, w: np.ndarray) -> None:
        if kind == "L1":
            size = np.abs(w).sum()
            edge = size * np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]])
        else:
            size = np.linalg.norm(w)
            turn = np.linspace(0, 2 * np.pi, 200)
            edge = size * np.column_stack([np.cos(turn), np.sin(turn)])
        self.budget.set_xy(edge)
        self.point.set_data(*w[:, None])
        d = w - self.best
        self.touching.set_data(*self.level(float(d @ self.H @ d / 2)).T)


class DropoutMasks(Explorer):
    """One layer under dropout: which units speak, how loud, and what comes out on average.

    `forward(A, mask, rate)` may be the reader's own; A and mask are (1, n).
    """

    goal = "With a rate of at least 0.5, play until 200 masks average within 2 % of the full layer."
    seconds_per_step = 0.12
    PER_STEP, MOST = 5, 400

    def __init__(
        self,
        forward: Callable[[np.ndarray, np.ndarray, float], np.ndarray] | None = None,
        *,
        n: int = 20,
    ) -> None:
        self.forward = forward
        self.A = np.round(0.4 + np.random.default_rng(4).uniform(0, 1.6, (1, n)), 1)
        self.rate = slider("rate p", 0.2, 0.0, 0.9, step=0.1)
        made, (self.units, self.means) = figure(1, 2, size=(9.2, 4))
        self._draw_units(n)
        self._draw_means()
        super().__init__(made, controls=[self.rate], restart_on=[self.rate])

    def _draw_units(self, n: int) -> None:
        ax = self.units
        look: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "linewidth": 1.2}
        ax.bar(range(1, n + 1), self.A[0], **look, zorder=3, label="without dropout")
        self.bars = ax.bar(range(1, n + 1), self.A[0], color=TRAIN, alpha=0.75, label="passed on")
        (self.dropped,) = ax.plot([], [], "x", color=VALIDATION, ms=8, mew=2, label="dropped")
        ax.set(xlabel="unit", ylabel="activation", xlim=(0.2, n + 0.8), ylim=(0, 4.2))
        ax.set(xticks=range(1, n + 1, 3))
        ax.legend(**ABOVE, ncol=3, handletextpad=0.3, columnspacing=1)

    def _draw_means(self) -> None:
        ax = self.means
        self.full = float(self.A.mean())
        ax.axhspan(0.98 * self.full, 1.02 * self.full, color=REFERENCE, alpha=0.2)
        ax.axhline(self.full, color=REFERENCE, linestyle=":", label="full layer")
        (self.scaled,) = ax.plot([], [], "-", color=TRAIN, label="÷ (1 − p)")
        (self.bare,) = ax.plot([], [], "--", color=VALIDATION, label="not divided")
        ax.set(xlabel="masks drawn", ylabel="mean output so far", xlim=(0, 400), ylim=(0, 2.2))
        ax.legend(**ABOVE, ncol=3, handletextpad=0.3, columnspacing=1)

    def restart(self) -> None:
        self.layer = Dropout(self.rate.value, rng=np.random.default_rng(0))
        self.outputs: list[float] = []
        self.unscaled: list[float] = []
        self.counts: list[int] = []
        self.passed, self.mask = self.A, np.ones(self.A.shape, dtype=bool)

    def step(self) -> bool:
        for _ in range(self.PER_STEP):
            self.passed = self.layer.forward(self.A, training=True)
            self.mask = self.passed != 0
            if self.forward is not None:
                self.passed = np.asarray(self.forward(self.A, self.mask, self.rate.value))
            self.outputs.append(float(self.passed.mean()))
            self.unscaled.append(float((self.A * self.mask).mean()))
            self.counts.append(int((~self.mask).sum()))
        return len(self.outputs) < self.MOST

    def draw(self) -> str:
        for bar, height in zip(self.bars, self.passed[0], strict=True):
            bar.set_height(height)
        off = np.flatnonzero(~self.mask[0]) + 1
        self.dropped.set_data(off, np.full(len(off), 0.12))
        p = self.rate.value
        self.units.set_ylim(0, max(4.2, 2.1 / (1 - p)))
        drawn = len(self.outputs)
        count = np.arange(1, drawn + 1)
        means, bare = np.cumsum(self.outputs) / count, np.cumsum(self.unscaled) / count
        self.scaled.set_data(count, means)
        self.bare.set_data(count, bare)
        if not drawn:
            self.goal_reached = False
            return f"Rate {p:.1f}: no mask drawn yet; the full layer's mean is {self.full:.4f}."
        near = abs(means[-1] / self.full - 1) < 0.02
        self.goal_reached = bool(p >= 0.5 and drawn >= 200 and near)
        return (
            f"Rate {p:.1f}: this mask drops {self.counts[-1]} of {self.A.size} units, the "
            f"{drawn} masks so far from {min(self.counts)} to {max(self.counts)}. Mean output "
            f"{means[-1]:.4f} divided by 1 − p, {bare[-1]:.4f} not divided; full layer "
            f"{self.full:.4f}."
        )


class EarlyStop(Explorer):
    """Runs that overfit, and the epoch at which a rule with some patience ends each of them.

    `rule(losses, patience)` returns the epoch to keep and the last one to run, counted from 1; it
    may be the reader's own. `histories` maps a name to a history of `fit` with a validation loss.
    """

    goal = "Find the smallest patience whose network is within 3 % of the best, in every run."
    seconds_per_step = 0.08
    EPOCHS_PER_STEP, LONGEST, NEAR = 3, 40, 1.03

    def __init__(
        self,
        histories: Mapping[str, Mapping[str, Sequence[float]]],
        rule: Callable[[Sequence[float], int], tuple[int, int]] = early_stop,
    ) -> None:
        self.histories, self.rule = dict(histories), rule
        self.last = min(len(history["loss"]) for history in histories.values())
        self.run = dropdown("run", list(self.histories))
        self.patience = slider("patience (epochs)", 1, 1, self.LONGEST)
        self.epochs = slider("epochs shown", self.last, 0, self.last)
        made, ax = figure(size=(8.6, 4.3))
        (self.train,) = ax.plot([], [], "-", color=TRAIN, label="training")
        (self.val,) = ax.plot([], [], color=VALIDATION, ls=(0, (4, 1)), label="validation")
        (self.rest,) = ax.plot([], [], ":", color=VALIDATION, alpha=0.6, label="had it gone on")
        (self.kept,) = ax.plot([], [], "o", color=INK, ms=10, mec="white", label="kept", zorder=5)
        self.end = ax.axvline(0, color=GREY, linestyle="-.", lw=1.5, label="stopped")
        low = min(min(history["validation loss"]) for history in histories.values())
        ax.set(xlabel="epoch", ylabel="cross-entropy (nats)")
        ax.set(xlim=(0, self.last + 1), ylim=(0, 2.7 * low))
        ax.legend(loc="upper right")
        super().__init__(made, controls=[self.patience, self.run, self.epochs])
        self.epochs.value = self.last

    def losses(self, name: str) -> list[float]:
        """The validation loss of a run, epoch by epoch."""
        return list(self.histories[name]["validation loss"])

    def good(self, patience: int) -> bool:
        """Whether this patience keeps a network near the best one in every run."""
        for name in self.histories:
            losses = self.losses(name)
            kept, _ = self.rule(losses, patience)
            if losses[kept - 1] > self.NEAR * min(losses):
                return False
        return True

    def draw(self) -> str:
        name, patience = self.run.value, self.patience.value
        losses = self.losses(name)
        kept, stopped = self.rule(losses, patience)
        shown = min(self.epochs.value, stopped)
        epochs = np.arange(1, len(losses) + 1)
        self.train.set_data(epochs[:shown], self.histories[name]["loss"][:shown])
        self.val.set_data(epochs[:shown], losses[:shown])
        ended = self.epochs.value >= stopped
        later = slice(stopped - 1, None) if ended else slice(0)
        self.rest.set_data(epochs[later], losses[later])
        self.kept.set_data([kept] if ended else [], [losses[kept - 1]] if ended else [])
        self.end.set_xdata([stopped if ended else np.nan] * 2)
        self.goal_reached = self.good(patience) and not any(map(self.good, range(1, patience)))
        rule = f"{sentence(name)}, patience {patience}"
        if not ended:
            return f"{rule}: {shown} epochs have passed, and it goes on."
        best = int(np.argmin(losses)) + 1
        worse = 100 * (losses[kept - 1] / losses[best - 1] - 1)
        return (
            f"{rule}: stopped after epoch {stopped}, kept epoch {kept} with validation "
            f"loss {losses[kept - 1]:.3f}, {worse:.1f} % above the best of all "
            f"{len(losses)} (epoch {best}, {losses[best - 1]:.3f})."
        )

    def step(self) -> bool:
        stopped = self.rule(self.losses(self.run.value), self.patience.value)[1]
        so_far = self.epochs.value if self.epochs.value < stopped else 0
        self.epochs.value = min(self.last, so_far + self.EPOCHS_PER_STEP)
        return bool(self.epochs.value < stopped)

    def restart(self) -> None:
        self.epochs.value = 0


def fits(
    x: np.ndarray,
    y: np.ndarray,
    curves: Mapping[str, Function],
    *,
    truth: Function | None = None,
) -> CourseFigure:
    """The same points x, y (m,) in one panel per curve, a function (k,) → (k,)."""
    made, axes = figure(1, len(curves), size=(9, 3.3), sharey=True)
    grid, words = np.linspace(x.min(), x.max(), 400), []
    for ax, (name, predict) in zip(axes, curves.items(), strict=True):
        if truth is not None:
            ax.plot(grid, truth(grid), "--", color=REFERENCE, label="truth")
        ax.plot(grid, predict(grid), "-", color=INK)
        ax.plot(x, y, "o", color=TRAIN, mec="white")
        ax.set(title=name, xlabel="x", ylim=(y.min() - 1, y.max() + 1))
        words.append(f"{name} {rmse(y, predict(x)):.4f}")
    axes[0].set_ylabel("y")
    made.caption = f"RMSE of {len(x)} training points: {', '.join(words)}."
    return made


def bundles(
    grid: np.ndarray, predictions: Mapping[str, np.ndarray], truth: np.ndarray, *, shown: int = 40
) -> CourseFigure:
    """Fits to many draws of the data, their mean, and the truth, one panel per name.

    Shapes    grid, truth (k,)   predictions: name → (draws, k)
    """
    made, axes = figure(1, len(predictions), size=(9, 3.3), sharey=True)
    words = []
    for ax, (name, H) in zip(axes, predictions.items(), strict=True):
        each = [np.column_stack([grid, h]) for h in H[:shown]]
        ax.add_collection(LineCollection(each, colors=TRAIN, linewidths=0.7, alpha=0.35))
        ax.plot(grid, truth, "--", color=REFERENCE, label="truth")
        ax.plot(grid, H.mean(axis=0), "-", color=INK, label="mean of the fits")
        ax.set(title=name, xlabel="x", ylim=(truth.min() - 1.1, truth.max() + 1.1))
        off, wide = np.mean((H.mean(axis=0) - truth) ** 2), H.var(axis=0).mean()
        words.append(f"{name}: bias² {off:.4f}, variance {wide:.4f}")
    axes[0].set_ylabel("y")
    made.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncol=2)
    made.caption = f"{'; '.join(words)}."
    return made


def boundaries(predictors: Mapping[str, Function], training: Points, new: Points) -> CourseFigure:
    """P(y = 1) over the plane and the training points (X (m, 2), y (m,)), one panel per predictor.

    The caption counts the mistakes on these and on the `new` points.
    """
    X, y = training
    made, axes = figure(1, len(predictors), size=(9.2, 3.3), sharey=True)
    low, high = X.min(axis=0) - 0.4, X.max(axis=0) + 0.4
    a, b = np.linspace(low[0], high[0], 150), np.linspace(low[1], high[1], 150)
    plane, words = np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2), []
    for ax, (name, predict) in zip(axes, predictors.items(), strict=True):
        P = predict(plane).reshape(150, 150)
        ax.grid(False)
        ax.contourf(a, b, P, np.linspace(0, 1, 11), cmap=PALE_CLASSES)
        ax.contour(a, b, P, [0.5], colors=INK, linewidths=2)
        for k, colour in enumerate((CLASS_0, CLASS_1)):
            look: dict[str, Any] = {"color": colour, "mec": "white", "mew": 0.5, "ms": 6}
            ax.plot(*X[y == k].T, MARKERS[k], **look)
        wrong = [100 * np.mean((predict(Z) >= 0.5) != (t == 1)) for Z, t in (training, new)]
        ax.set(title=f"{name}: new {wrong[1]:.1f} % wrong", xlabel="x₁")
        words.append(f"{name} {wrong[0]:.1f} % and {wrong[1]:.1f} %")
    axes[0].set_ylabel("x₂")
    made.caption = (
        f"Wrong among {len(y)} training and {len(new[1])} new points: {', '.join(words)}."
    )
    return made


def score_curve(
    curve: Curve, *, xlabel: str, ylabel: str, log: bool = False, best: bool = False
) -> CourseFigure:
    """Mean training and validation error over the folds, and one standard deviation about it.

    `best` marks the value of the lowest mean validation error.
    """
    made, ax = figure(size=(8, 3.8))
    looks = (("training", curve.training, TRAIN, "-"), ("validation", *_validation(curve)))
    for name, scores, colour, dash in looks:
        mean, std = scores.mean(axis=1), scores.std(axis=1)
        ax.fill_between(curve.values, mean - std, mean + std, color=colour, alpha=0.15, lw=0)
        ax.plot(curve.values, mean, dash, color=colour, label=name)
    mean = curve.validation.mean(axis=1)
    i = int(mean.argmin())
    if best:
        ax.plot(curve.values[i], mean[i], "o", color=INK, ms=10, mec="white", label="lowest")
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale="log" if log else "linear")
    ax.legend()
    rows = zip(curve.values, curve.training.mean(axis=1), mean, strict=True)
    words = "; ".join(f"{number(value)}: {a:.2f}, {b:.2f}" for value, a, b in rows)
    lowest = f". Lowest: {mean[i]:.2f} at {number(curve.values[i])}" if best else ""
    made.caption = f"{ylabel} in training and validation by {xlabel}. {words}{lowest}."
    return made


def _validation(curve: Curve) -> tuple[np.ndarray, str, str]:
    return curve.validation, VALIDATION, "--"


def images(
    rows: Mapping[str, np.ndarray], *, titles: ArrayLike = (), truths: ArrayLike = ()
) -> CourseFigure:
    """Grey images (k, H, W) in named rows of equal length.

    `titles` (k,) stand over the first row, in colour where they differ from the `truths` (k,).
    """
    count = len(next(iter(rows.values())))
    made, axes = figure(len(rows), count, size=(9, 0.5 + 0.75 * len(rows)), squeeze=False)
    for line, (name, pictures) in zip(axes, rows.items(), strict=True):
        for ax, picture in zip(line, pictures, strict=True):
            _image(ax, picture)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    said = []
    for ax, title, truth in zip(axes[0], np.asarray(titles), np.asarray(truths), strict=False):
        said.append(f" {title}" if title == truth else f" {title} (wrong: {truth})")
        ax.set_title(str(title) if title == truth else f"{title} ✗")
        ax.title.set_color(INK if title == truth else LETTERS[VALIDATION])
    made.caption = f"{count} digits in each row: {', '.join(rows)}{','.join(said)}."
    return made


def _image(ax: Axes, picture: np.ndarray) -> None:
    ax.grid(False)
    ax.imshow(picture, cmap="gray_r", vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])
    ax.spines[["left", "bottom"]].set_visible(False)


def spread_out(heights: np.ndarray, gap: float) -> np.ndarray:
    """Heights (n,) moved apart, in their order, until neighbours are at least `gap` apart."""
    order = np.argsort(heights)
    placed = heights[order].astype(float)
    for _ in range(50):
        short = gap - np.diff(placed)
        if (short <= 1e-9).all():
            break
        push = np.maximum(short, 0) / 2
        placed[:-1] -= push
        placed[1:] += push
    out = np.empty_like(placed)
    out[order] = placed
    return out


def number(value: float) -> str:
    """Three digits, plain where they are readable."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return np.format_float_positional(value, 3, fractional=False, trim="-")
    return f"{value:.1e}"
