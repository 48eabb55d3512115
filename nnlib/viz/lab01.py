"""The pictures of lab 01: a line, a rule, a probability, a threshold, a penalty."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from numpy.typing import ArrayLike

from nnlib.activations import Sigmoid
from nnlib.estimators import LogisticRegression
from nnlib.functions import sigmoid
from nnlib.losses import BinaryCrossEntropy, MeanSquaredError
from nnlib.metrics import accuracy, auc, confusion_matrix, f1, precision, recall, roc_curve
from nnlib.perceptron import perceptron_update
from nnlib.viz.controls import dropdown, log_slider, slider, toggle
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import (
    CLASS_0,
    CLASS_1,
    GREY,
    INK,
    MARKERS,
    REFERENCE,
    TRAIN,
    VALIDATION,
    CourseFigure,
    figure,
)

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
GATES = {"AND": np.array([0, 0, 0, 1]), "OR": np.array([0, 1, 1, 1]), "XOR": np.array([0, 1, 1, 0])}
NAMES = ("squared error", "cross-entropy")
PALE_0, PALE_1 = "#DCEAF4", "#FAE5D8"

Update = Callable[[np.ndarray, float, np.ndarray, float, float], tuple[np.ndarray, float]]


class PerceptronLine(Explorer):
    """A step unit with two inputs, set by hand: where it says 1, which corners it gets wrong."""

    goal = "Get AND right: no mistakes. Then OR, then each without b, and at last XOR."

    def __init__(self) -> None:
        self.gate = dropdown("corners", list(GATES))
        self.w_1 = slider("weight w₁", 1.0, -3.0, 3.0, step=0.5)
        self.w_2 = slider("weight w₂", -1.0, -3.0, 3.0, step=0.5)
        self.b = slider("bias b", 0.5, -3.0, 3.0, step=0.5)
        self.with_bias = toggle("with bias b", True)
        made, ax = figure(size=(5.2, 4.8))
        self.plane = _Plane(ax)
        controls = [self.w_1, self.w_2, self.b, self.with_bias, self.gate]
        super().__init__(made, controls=controls)

    def draw(self) -> str:
        w = np.array([self.w_1.value, self.w_2.value])
        b = self.b.value if self.with_bias.value else 0.0
        self.b.disabled = not self.with_bias.value
        y = GATES[self.gate.value]
        wrong = (CORNERS @ w + b > 0) != y
        self.plane.show(w, b, y, wrong)
        self.goal_reached = not wrong.any()
        line = f"{w[0]:g}·x₁ {_signed(w[1])}·x₂ {_signed(b)} = 0"
        return f"{self.gate.value} with the line {line}: {_mistakes(wrong)}. {self._remark(w, b)}"

    def _remark(self, w: np.ndarray, b: float) -> str:
        if not w.any():
            return f"With both weights 0 there is no line: z = {b:g} at every corner."
        if self.gate.value == "XOR":
            return "No line does better than one mistake on XOR."
        if b == 0 and self.gate.value == "AND":
            return "The line goes through the origin, and no such line does AND."
        if b == 0:
            return "The line goes through the origin, so (0, 0) lies on it and counts as 0."
        return f"At the origin z is b = {b:g}."


class PerceptronSteps(Explorer):
    """Rosenblatt's rule, one corner at a time; `update` may be the reader's own rule.

    It starts at w = 0, b = 0 and meets the corners in one order, so if an epoch begins with the
    w and b of an earlier one, everything repeats for ever.
    """

    goal = "Let the rule learn AND, then OR, each without a mistake in a whole epoch. Then try XOR."
    seconds_per_step = 0.35

    def __init__(self, update: Update = perceptron_update) -> None:
        self.update = update
        self.learned: set[str] = set()
        self.gate = dropdown("corners", list(GATES))
        made, (left, right) = figure(1, 2, size=(8.6, 4.3))
        self.plane = _Plane(left)
        (self.turn,) = left.plot([], [], "o", ms=26, mfc="none", mec=REFERENCE, mew=3)
        (self.counts,) = right.plot([], [], "o-", color=INK)
        right.set(xlabel="epoch", ylabel="mistakes in the epoch", xlim=(0.5, 8.5), ylim=(-0.2, 4.2))
        right.set(xticks=range(1, 9), yticks=range(5))
        super().__init__(made, controls=[self.gate], restart_on=[self.gate])

    def restart(self) -> None:
        self.w, self.b = np.zeros(2), 0.0
        self.corner, self.moved = 0, False
        self.mistakes: list[int] = []
        self.finished = False
        self.epoch_starts: list[tuple[float, ...]] = [(0.0, 0.0, 0.0)]
        self.news = "Before the first step w = (0, 0) and b = 0, so every corner gets 0."

    def step(self) -> bool:
        if self.finished:
            return False
        i = self.corner % 4
        x, y = CORNERS[i], float(GATES[self.gate.value][i])
        w, b = self.update(self.w.copy(), self.b, x, y, 1.0)
        self.moved = bool(b != self.b or np.any(w != self.w))
        if i == 0:
            self.mistakes.append(0)
        self.mistakes[-1] += self.moved
        self.w, self.b = np.asarray(w, dtype=float), float(b)
        self.corner += 1
        answer = "wrong, so w and b move" if self.moved else "right, nothing moves"
        self.news = f"Epoch {len(self.mistakes)}, corner ({x[0]:g}, {x[1]:g}): {answer}."
        self.finished = i == 3 and not self._another_epoch()
        return not self.finished

    def _another_epoch(self) -> bool:
        epoch = len(self.mistakes)
        if self.mistakes[-1] == 0:
            self.learned.add(self.gate.value)
            self.news = f"Epoch {epoch} has no mistake: {self.gate.value} is learned."
            return False
        state = (*self.w.tolist(), self.b)
        if state in self.epoch_starts:
            first = self.epoch_starts.index(state) + 1
            self.news = (
                f"Epoch {epoch + 1} would begin with the w and b of epoch {first}: "
                f"the rule goes round for ever."
            )
            return False
        self.epoch_starts.append(state)
        return epoch < 50

    def draw(self) -> str:
        y = GATES[self.gate.value]
        wrong = (CORNERS @ self.w + self.b > 0) != y
        self.plane.show(self.w, self.b, y, wrong)
        turn = CORNERS[[(self.corner - 1) % 4]] if self.corner else np.empty((0, 2))
        self.turn.set_data(*turn.T)
        epochs = range(1, len(self.mistakes) + 1)
        self.counts.set_data(epochs, self.mistakes)
        self.counts.axes.set_xlim(0.5, max(8, len(self.mistakes)) + 0.5)
        self.goal_reached = {"AND", "OR"} <= self.learned
        w_1, w_2, b = (f"{value:g}" for value in (*self.w, self.b))
        now = f"w = ({w_1}, {w_2}), b = {b}, {_mistakes(wrong)}"
        return f"{self.gate.value}: {self.news} Now {now}."


class RollingBalls(Explorer):
    """One weight, two costs: gradient descent from one start on squared error and cross-entropy.

    The unit is a = σ(wx + b) with b held fixed, so that each cost is a curve over w alone.
    """

    goal = "Find a start from which the squared error's ball gets stuck, far above its best cost."
    seconds_per_step = 0.08
    steps_per_frame, frames = 5, 40
    lr = (1.0, 0.3)

    def __init__(
        self,
        x: Sequence[float] = (-3, 1, 3, 6),
        y: Sequence[int] = (1, 0, 1, 1),
        b: float = -3.0,
    ) -> None:
        self.x, self.y, self.b = np.array(x, dtype=float), np.array(y), b
        self.start = slider("start w₀", 3.0, -6.0, 6.0, step=0.5)
        self.costs = (self.squared_error, self.cross_entropy)
        made, axes = figure(1, 2, size=(8.6, 3.9))
        grid = np.linspace(-6.5, 6.5, 651)
        self.lowest, self.trails, self.balls = [], [], []
        for ax, name, cost, lr in zip(axes, NAMES, self.costs, self.lr, strict=True):
            J = np.array([cost(w)[0] for w in grid])
            self.lowest.append(float(J.min()))
            ax.plot(grid, J, color=GREY, linestyle="-")
            ax.axhline(J.min(), color=REFERENCE, linestyle=":", lw=1.5, label="lowest cost")
            (trail,) = ax.plot([], [], ".", color=TRAIN, ms=5)
            (ball,) = ax.plot([], [], "o", color=VALIDATION, ms=13, mec="white", label="now")
            self.trails.append(trail)
            self.balls.append(ball)
            ax.set(title=f"{name}, α = {lr:g}", xlabel="weight w", ylabel="cost J(w)")
            ax.legend(loc="upper right")
        super().__init__(made, controls=[self.start], restart_on=[self.start])

    def squared_error(self, w: float) -> tuple[float, float]:
        """J and dJ/dw of 1/(2m) Σ (a − y)²."""
        unit, loss = Sigmoid(), MeanSquaredError(half=True)
        J = loss(unit.forward(w * self.x + self.b), self.y)
        return J, float(unit.backward(loss.backward()) @ self.x)

    def cross_entropy(self, w: float) -> tuple[float, float]:
        """J and dJ/dw of −1/m Σ [y log a + (1 − y) log(1 − a)]."""
        loss = BinaryCrossEntropy()
        J = loss(w * self.x + self.b, self.y)
        return J, float(loss.backward() @ self.x)

    def restart(self) -> None:
        self.paths: list[list[float]] = [[self.start.value], [self.start.value]]

    def step(self) -> bool:
        if self.finished:
            return False
        for path, cost, lr in zip(self.paths, self.costs, self.lr, strict=True):
            for _ in range(self.steps_per_frame):
                path.append(path[-1] - lr * cost(path[-1])[1])
        return not self.finished

    @property
    def finished(self) -> bool:
        """Whether the balls have rolled for as long as they may."""
        return len(self.paths[0]) > self.steps_per_frame * self.frames

    def draw(self) -> str:
        said, stuck = [], []
        for k, (name, path, cost) in enumerate(zip(NAMES, self.paths, self.costs, strict=True)):
            seen = path[:: self.steps_per_frame]
            J = [cost(w)[0] for w in seen]
            self.trails[k].set_data(seen, J)
            self.balls[k].set_data(seen[-1:], J[-1:])
            stuck.append(J[-1] > self.lowest[k] + 0.05)
            end = (" (arrived)", " (stuck)")[stuck[k]] if self.finished else ""
            said.append(f"{name} J({seen[-1]:.2f}) = {J[-1]:.4f}, lowest {self.lowest[k]:.4f}{end}")
        self.goal_reached = self.finished and stuck[0]
        steps, start = len(self.paths[0]) - 1, f"{self.start.value:g}"
        return f"After {steps} steps from w₀ = {start}: {'; '.join(said)}."


class LossLimits(Explorer):
    """What one prediction costs under each label; `loss(z, y)`, of logits, may be the reader's."""

    goal = "With y = 0, find a prediction that costs more than 5."

    def __init__(self, loss: Callable[[np.ndarray, np.ndarray], float] | None = None) -> None:
        self.loss = loss
        self.y = dropdown("label y", [1, 0])
        self.y_hat = slider("prediction ŷ", 0.7, 0.001, 0.999, step=0.001)
        grid = np.linspace(0.001, 0.999, 999)
        made, ax = figure(size=(7.6, 4.2))
        looks = ((0, CLASS_0, "-", "y = 0: −log(1 − ŷ)"), (1, CLASS_1, "--", "y = 1: −log ŷ"))
        for label, colour, dash, name in looks:
            ax.plot(grid, cross_entropy(label, grid), color=colour, linestyle=dash, label=name)
            if loss is not None:
                yours = [self.yours(label, a) for a in grid[::30]]
                mark: dict[str, Any] = {"color": REFERENCE, "marker": "x", "linestyle": ""}
                ax.plot(grid[::30], yours, label="yours" if label else None, **mark)
        ax.plot(grid, grid**2, color=GREY, linestyle=":", label="squared error if y = 0: ŷ²")
        (self.point,) = ax.plot([], [], "o", color=INK, ms=11, mec="white", zorder=5)
        ax.set(xlabel="prediction ŷ = P(y = 1)", ylabel="loss L(y, ŷ) (nats)", ylim=(-0.2, 7.2))
        ax.legend(loc="upper center")
        super().__init__(made, controls=[self.y, self.y_hat])

    def yours(self, y: int, a: float) -> float:
        """The reader's loss of one prediction, given to it as a logit."""
        assert self.loss is not None
        return float(self.loss(np.array([np.log(a / (1 - a))]), np.array([y])))

    def draw(self) -> str:
        y, a = self.y.value, self.y_hat.value
        L = float(cross_entropy(y, np.array([a]))[0])
        self.point.set_data([a], [L])
        self.point.set_color(CLASS_1 if y else CLASS_0)
        self.goal_reached = y == 0 and L > 5
        yours = "" if self.loss is None else f"; yours says {self.yours(y, a):.4f}"
        return (
            f"y = {y}, ŷ = {a:.3f}: L = {L:.4f}{yours}. "
            f"The squared error would be {(a - y) ** 2:.4f}, and never above 1."
        )


class Thresholds(Explorer):
    """One threshold seen three ways: the line it draws, the confusion matrix, the point on the ROC.

    Shapes    rows: name → (X (m, 2), y (m,)), in the units that `model` was fitted on
    """

    goal = (
        "On the validation rows, find every malignant tumour with precision still above 0.8. "
        "Then look at the test rows."
    )

    def __init__(
        self,
        model: LogisticRegression,
        rows: Mapping[str, tuple[np.ndarray, np.ndarray]],
        *,
        features: Sequence[str],
        classes: Sequence[str] = ("benign", "malignant"),
    ) -> None:
        self.model, self.sets, self.classes = model, dict(rows), tuple(classes)
        self.rows = dropdown("rows", list(self.sets))
        self.threshold = slider("threshold", 0.5, 0.01, 0.99, step=0.01)
        made, axes = figure(1, 3, size=(9, 3.9), width_ratios=[1.5, 1, 1.15])
        self._draw_plane(axes[0], features)
        self._draw_matrix(axes[1])
        self._draw_roc(axes[2])
        super().__init__(made, controls=[self.threshold, self.rows])

    def _draw_plane(self, ax: Axes, features: Sequence[str]) -> None:
        every = np.concatenate([X for X, _ in self.sets.values()])
        low, high = every.min(axis=0) - 0.3, every.max(axis=0) + 0.3
        self.half = _HalfPlane(ax)
        self.dots = [_class_dots(ax, k, self.classes[k]) for k in (0, 1)]
        (self.missed,) = ax.plot(
            [], [], "o", ms=11, mfc="none", mec=INK, mew=1.5, linestyle="", label="wrong"
        )
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        ax.set(xlabel=f"{features[0]} (standardised)", ylabel=f"{features[1]} (standardised)")
        ax.legend(loc="upper left", fontsize=10, handletextpad=0.2, borderpad=0.3)
        ax.grid(False)

    def _draw_matrix(self, ax: Axes) -> None:
        ax.grid(False)
        self.matrix = ax.imshow(np.eye(2), cmap="Blues", vmin=0, vmax=1)
        self.cells = [
            [ax.text(j, i, "", ha="center", va="center", fontsize=14) for j in (0, 1)]
            for i in (0, 1)
        ]
        ax.set_xticks([0, 1], self.classes)
        ax.set_yticks([0, 1], self.classes, rotation=90, va="center")
        ax.set(xlabel="predicted", ylabel="true")

    def _draw_roc(self, ax: Axes) -> None:
        ax.plot([0, 1], [0, 1], color=GREY, linestyle=":", lw=1.5)
        (self.curve,) = ax.plot([], [], color=REFERENCE, linestyle="-")
        (self.point,) = ax.plot([], [], "o", color=INK, ms=10, mec="white", zorder=5)
        ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
        ax.set(xlabel="false positive rate", ylabel="true positive rate (recall)")

    def draw(self) -> str:
        X, y = self.sets[self.rows.value]
        t = self.threshold.value
        scores = self.model.predict_proba(X)[:, 1]
        y_hat = (scores >= t).astype(int)
        C = confusion_matrix(y, y_hat, labels=np.array([0, 1]))
        P, R = precision(y, y_hat), recall(y, y_hat)
        self._move(X, y, y_hat, C)
        fpr, tpr, _ = roc_curve(y, scores)
        self.curve.set_data(fpr, tpr)
        self.point.set_data([C[0, 1] / C[0].sum()], [R])
        self.goal_reached = self.rows.value == next(iter(self.sets)) and R == 1 and P > 0.8
        return (
            f"Threshold {t:.2f} on the {len(y)} {self.rows.value} rows: {C[1, 1]} of {C[1].sum()} "
            f"{self.classes[1]} found, {C[0, 1]} false alarm{'' if C[0, 1] == 1 else 's'}; "
            f"accuracy {accuracy(y, y_hat):.4f}, "
            f"precision {P:.4f}, recall {R:.4f}, F1 {f1(y, y_hat):.4f}; AUC {auc(y, scores):.4f}."
        )

    def _move(self, X: np.ndarray, y: np.ndarray, y_hat: np.ndarray, C: np.ndarray) -> None:
        logit = np.log(self.threshold.value / (1 - self.threshold.value))
        self.half.show(self.model.coef_[0], self.model.intercept_[0] - logit)
        for k, dots in enumerate(self.dots):
            dots.set_data(*X[y == k].T)
        self.missed.set_data(*X[y != y_hat].T)
        self.matrix.set_data(C / C.max())
        for (i, j), count in np.ndenumerate(C):
            self.cells[i][j].set_text(str(count))
            self.cells[i][j].set_color("white" if count > 0.6 * C.max() else INK)


class Penalties(Explorer):
    """What λ does to weights that would grow for ever: their size, and both costs, at each λ.

    Shapes    training and validation: (X (m, n), y (m,))
    """

    goal = "Find the λ whose model has the lowest validation cost. How large are its weights?"

    def __init__(
        self,
        training: tuple[np.ndarray, np.ndarray],
        validation: tuple[np.ndarray, np.ndarray],
    ) -> None:
        self.lam = log_slider("penalty λ", 100.0, 1e-4, 1e3, per_decade=3)
        made, (left, right) = figure(1, 2, size=(8.6, 4))
        lams = np.geomspace(1e-4, 1e3, 22)
        self.results = [_penalised(lam, training, validation) for lam in lams]
        norms, J_train, J_validation = np.array(self.results).T
        left.loglog(lams, norms, color=TRAIN, linestyle="-")
        left.set(xlabel="penalty λ", ylabel="size of the weights ‖w‖")
        right.plot(lams, J_train, color=TRAIN, linestyle="-", label="training")
        right.plot(lams, J_validation, color=VALIDATION, linestyle="--", label="validation")
        right.set(xscale="log", xlabel="penalty λ", ylabel="cross-entropy (nats)")
        right.legend()
        self.lines = [ax.axvline(1, color=GREY, linestyle=":", lw=1.5) for ax in (left, right)]
        (self.norm,) = left.plot([], [], "o", color=INK, ms=10, mec="white")
        (self.costs,) = right.plot([], [], "o", color=INK, ms=10, mec="white")
        self.lams, self.best = lams, float(J_validation.min())
        super().__init__(made, controls=[self.lam])

    def draw(self) -> str:
        lam = self.lam.value
        i = int(np.abs(np.log(self.lams / lam)).argmin())
        norm, J_train, J_validation = self.results[i]
        for line in self.lines:
            line.set_xdata([lam, lam])
        self.norm.set_data([lam], [norm])
        self.costs.set_data([lam, lam], [J_train, J_validation])
        self.goal_reached = self.best == J_validation
        return (
            f"λ = {_three_digits(lam)}: ‖w‖ = {norm:.3g}, cross-entropy "
            f"{J_train:.3f} on the training rows, {J_validation:.3f} on the validation rows."
        )


def cross_entropy(y: int, y_hat: np.ndarray) -> np.ndarray:
    """L = −(y log ŷ + (1 − y) log(1 − ŷ)) of each of several predictions (k,) in (0, 1)."""
    return -np.log(y_hat) if y else -np.log1p(-y_hat)


def two_features(
    X: ArrayLike,
    y: ArrayLike,
    *,
    features: Sequence[str],
    classes: Sequence[str] = ("benign", "malignant"),
) -> CourseFigure:
    """The examples X (m, 2) of two classes y (m,), feature against feature."""
    X, y = np.asarray(X), np.asarray(y)
    made, ax = figure(size=(7.6, 4.6))
    for k in (0, 1):
        _class_dots(ax, k, classes[k]).set_data(*X[y == k].T)
    ax.relim()
    ax.autoscale_view()
    ax.set(xlabel=features[0], ylabel=features[1])
    ax.legend(loc="upper left")
    counts = " and ".join(f"{np.sum(y == k)} {classes[k]}" for k in (0, 1))
    means = " against ".join(f"{X[y == k, 0].mean():.2f} for {classes[k]}" for k in (0, 1))
    made.caption = f"{counts} tumours; {features[0]} is {means} on average."
    return made


def logit_and_sigmoid(mine: Callable[[np.ndarray], np.ndarray] = sigmoid) -> CourseFigure:
    """The logit and the sigmoid, each undoing the other; `mine` is the sigmoid that is drawn."""
    made, (left, right) = figure(1, 2, size=(8.6, 3.6))
    mu, z = np.linspace(0.002, 0.998, 499), np.linspace(-6, 6, 241)
    left.plot(mu, np.log(mu / (1 - mu)), color=TRAIN, linestyle="-")
    left.set(xlabel="probability μ", ylabel="logit z = log(μ/(1 − μ))", ylim=(-6.2, 6.2))
    right.plot(z, mine(z), color=VALIDATION, linestyle="-")
    right.set(xlabel="logit z", ylabel="probability σ(z)", ylim=(-0.03, 1.03))
    for ax, point in ((left, (0.8, np.log(4))), (right, (np.log(4), 0.8))):
        ax.plot(*point, "o", color=INK, ms=9, mec="white")
    left.annotate("0.8 → 1.386", (0.8, np.log(4)), (-8, 18), textcoords="offset points", ha="right")
    right.annotate("1.386 → 0.8", (np.log(4), 0.8), (14, -8), textcoords="offset points")
    back = float(mine(np.array([np.log(4.0)]))[0])
    made.caption = (
        f"The logit takes 0.8 to {np.log(4):.4f}; the sigmoid takes it back to {back:.4f}."
    )
    return made


def weight_growth(norms: Mapping[str, Sequence[float]]) -> CourseFigure:
    """‖w‖ after each step of gradient descent, by name, both axes logarithmic."""
    made, ax = figure(size=(7.6, 4))
    looks = ((VALIDATION, "--"), (TRAIN, "-"), (REFERENCE, "-."))
    ends = []
    for (name, values), (colour, dash) in zip(norms.items(), looks, strict=False):
        ax.loglog(range(1, len(values) + 1), values, color=colour, linestyle=dash, label=name)
        tenth = len(values) // 10
        ends.append(
            f"{name}: {values[tenth - 1]:.4f} after {tenth} steps, {values[-1]:.4f} at the end"
        )
    ax.set(xlabel="gradient-descent step", ylabel="size of the weights ‖w‖")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.legend()
    made.caption = f"‖w‖ over {len(values)} steps. {'; '.join(ends)}."
    return made


def fold_scores(scores: Mapping[str, Sequence[float]], *, metric: str = "AUC") -> CourseFigure:
    """One dot per validation fold and model, and a line at each model's average."""
    made, ax = figure(size=(7.6, 3.6))
    looks = zip(
        scores.items(), (CLASS_0, CLASS_1, REFERENCE), MARKERS, ("-", "--", "-."), strict=False
    )
    means = []
    for (name, values), colour, marker, dash in looks:
        mean = float(np.mean(values))
        ax.plot(range(1, len(values) + 1), values, marker, color=colour, ms=10, label=name)
        ax.axhline(mean, color=colour, linestyle=dash, lw=1.5)
        spread = max(values) - min(values)
        means.append(f"{name}: average {mean:.4f}, {spread:.4f} between best and worst fold")
    ax.set(xlabel="validation fold", ylabel=metric, xticks=range(1, len(values) + 1))
    ax.set_xlim(0.5, len(values) + 0.5)
    above: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1)}
    ax.legend(**above, ncol=len(scores), frameon=False, handletextpad=0.2)
    made.caption = f"{metric} by fold. {'; '.join(means)}."
    return made


class _HalfPlane:
    """Where w₁x₁ + w₂x₂ + b > 0, on axes whose limits stay as they are set."""

    FAR = 1e3

    def __init__(self, ax: Axes) -> None:
        ax.set_facecolor(PALE_0)
        ax.set_autoscale_on(False)
        (self.side,) = ax.fill([0, 0], [0, 0], color=PALE_1, zorder=0)
        (self.edge,) = ax.plot([], [], color=INK, linestyle="-")

    def show(self, w: np.ndarray, b: float) -> None:
        size = np.linalg.norm(w)
        if size == 0:
            whole = self.FAR * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
            self.side.set_xy(whole if b > 0 else np.zeros((4, 2)))
            self.edge.set_data([], [])
            return
        n = w / size
        along, foot = self.FAR * np.array([-n[1], n[0]]), -b / size * n
        ends = np.array([foot - along, foot + along])
        self.side.set_xy(np.concatenate([ends, ends[::-1] + self.FAR * n]))
        self.edge.set_data(*ends.T)


class _Plane:
    """The corners of a gate, the half-plane where a unit says 1 (w points there), the mistakes."""

    def __init__(self, ax: Axes) -> None:
        self.half = _HalfPlane(ax)
        self.dots = [_class_dots(ax, k, f"y = {k}", ms=13) for k in (0, 1)]
        look: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.012}
        self.arrow = ax.quiver([0.0], [0.0], [0.0], [0.0], color=INK, zorder=2, **look)
        (self.crosses,) = ax.plot([], [], "x", color=INK, ms=20, mew=2.5, label="mistake")
        ax.axhline(0, color=GREY, linestyle="-", lw=0.8, zorder=0.5)
        ax.axvline(0, color=GREY, linestyle="-", lw=0.8, zorder=0.5)
        ax.set(xlim=(-0.8, 1.8), ylim=(-0.8, 1.8), aspect="equal", xlabel="x₁", ylabel="x₂")
        ax.grid(False)
        above: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncol": 3}
        ax.legend(**above, frameon=False, handletextpad=0.2, columnspacing=1, markerscale=0.7)

    def show(self, w: np.ndarray, b: float, y: np.ndarray, wrong: np.ndarray) -> None:
        self.half.show(w, b)
        size = np.linalg.norm(w)
        n = w / size if size else w
        middle = CORNERS.mean(axis=0)
        self.arrow.set_offsets(middle - (middle @ n + b / (size or 1)) * n)
        self.arrow.set_UVC(*(0.35 * n))
        self.arrow.set_visible(bool(size > 0))
        for k, dots in enumerate(self.dots):
            dots.set_data(*CORNERS[y == k].T)
        self.crosses.set_data(*CORNERS[wrong].T)


def _class_dots(ax: Axes, k: int, label: str, ms: float = 6) -> Any:
    look: dict[str, Any] = {"color": (CLASS_0, CLASS_1)[k], "mec": "white", "mew": 0.5, "zorder": 3}
    (dots,) = ax.plot([], [], MARKERS[k], ms=ms, label=label, **look)
    return dots


def _penalised(
    lam: float,
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
) -> tuple[float, float, float]:
    """‖w‖ and the cross-entropy on both sets, of the model fitted with λ."""
    model, loss = LogisticRegression(lam=lam).fit(*training), BinaryCrossEntropy()
    J = [loss(model.decision_function(X), y) for X, y in (training, validation)]
    return float(np.linalg.norm(model.coef_)), J[0], J[1]


def _signed(value: float) -> str:
    return f"− {-value:g}" if value < 0 else f"+ {value:g}"


def _three_digits(value: float) -> str:
    return np.format_float_positional(value, 3, fractional=False, trim="-")


def _mistakes(wrong: np.ndarray) -> str:
    count = int(np.sum(wrong))
    return "no mistakes" if count == 0 else f"{count} mistake{'' if count == 1 else 's'} in 4"
