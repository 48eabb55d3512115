"""The pictures of lab 02: a chain of neurons taken apart, XOR, any curve, a checked gradient."""

from collections.abc import Callable, Sequence
from itertools import pairwise, zip_longest
from typing import Any, ClassVar, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from nnlib.activations import ReLU, Sigmoid, Tanh
from nnlib.datasets import xor
from nnlib.dense import Dense
from nnlib.gradient_check import numerical_gradient, relative_error
from nnlib.graph import Value
from nnlib.losses import BinaryCrossEntropy
from nnlib.optimizers import SGD
from nnlib.sequential import Sequential
from nnlib.training import train_step
from nnlib.viz.controls import dropdown, log_slider, slider
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import (
    CLASS_0,
    CLASS_1,
    GREY,
    INK,
    LETTERS,
    MARKERS,
    OUTLINE,
    PALE_CLASSES,
    REFERENCE,
    TRAIN,
    VALIDATION,
    CourseFigure,
    figure,
)

WEIGHTS, BIASES = (0.32, 0.18, 0.23), (0.0, 0.0, 0.0)  # Exercise 1 of D2
LAYERS = ("⁽ᴸ⁻²⁾", "⁽ᴸ⁻¹⁾", "⁽ᴸ⁾")
RIGHT, FORGOTTEN, MINE = "nnlib's backward", "one bias forgotten: db² = 0", "mine"
Predict = Callable[[np.ndarray], np.ndarray]


class Chain(NamedTuple):
    """x → neuron → neuron → neuron → ŷ and the cost C₀ = (ŷ − y)², as values of one graph (D2)."""

    x: Value
    y: Value
    W: tuple[Value, ...]
    b: tuple[Value, ...]
    z: tuple[Value, ...]
    a: tuple[Value, ...]
    C: Value

    def local(self, result: Value, argument: Value) -> float:
        """∂result/∂argument, the factor on the edge between them."""
        result.backward()
        slope = argument.grad
        self.C.backward()
        return slope


def chain(x: float, y: float, W: Sequence[float] = WEIGHTS, b: Sequence[float] = BIASES) -> Chain:
    """z = W a + b and a = σ(z), neuron after neuron; every gradient of C₀ is filled in."""
    start, target = Value(x), Value(y)
    weights, biases = tuple(map(Value, W)), tuple(map(Value, b))
    z: list[Value] = []
    a = [start]
    for weight, bias in zip(weights, biases, strict=True):
        z.append(weight * a[-1] + bias)
        a.append(z[-1].sigmoid())
    C = (a[-1] - target) ** 2
    C.backward()
    return Chain(start, target, weights, biases, tuple(z), tuple(a[1:]), C)


def cost_of_each_weight(x: float = 1.0, y: float = 1.0) -> CourseFigure:
    """C₀ of Exercise 1 as one weight moves and the others stay, with the slope where they are."""
    made, ax = figure(size=(8, 3.8))
    now = chain(x, y)
    looks = ((CLASS_1, "-."), (REFERENCE, "--"), (TRAIN, "-"))
    words = []
    for k, (colour, dash) in enumerate(looks):
        grid = np.linspace(-3, 3, 121)
        moved = [[w if i == k else W for i, W in enumerate(WEIGHTS)] for w in grid]
        costs = [chain(x, y, W).C.data for W in moved]
        ax.plot(grid, costs, color=colour, linestyle=dash, label=f"W{LAYERS[k]}")
        ax.plot(WEIGHTS[k], now.C.data, "o", color=colour, markeredgecolor="white")
        words.append(f"W{LAYERS[k]} from {costs[0]:.4f} to {costs[-1]:.4f}")
    ax.set(xlabel="value of one weight, the others as given", ylabel="cost C₀ = (ŷ − y)²")
    ax.legend()
    made.caption = (
        f"C₀ = {now.C.data:.4f} at the given weights. As one weight goes from −3 to 3, "
        f"C₀ goes: {'; '.join(words)}."
    )
    return made


class _Box:
    """A node of the chain's picture: its name, its number, its gradient, and what it becomes."""

    WIDTH, HEIGHT = 0.9, 0.68

    def __init__(self, ax: Axes, name: str, place: tuple[float, float], news: float = 0.48) -> None:
        x, y = place
        self.place = place
        corner = (x - self.WIDTH / 2, y - self.HEIGHT / 2)
        self.frame = FancyBboxPatch(
            corner, self.WIDTH, self.HEIGHT, "round,pad=0,rounding_size=0.08", zorder=2
        )
        self.frame.set(facecolor="white", edgecolor=GREY, linewidth=1.0)
        ax.add_patch(self.frame)
        self.marked: str | None = None
        middle: dict[str, Any] = {"ha": "center", "va": "center"}
        ax.text(x, y + 0.2, name, fontsize=11, **middle)
        self.value = ax.text(x, y, "", fontsize=9.5, color=LETTERS[TRAIN], **middle)
        self.grad = ax.text(x, y - 0.2, "", fontsize=9.5, color=LETTERS[VALIDATION], **middle)
        self.news = ax.text(x, y + news, "", fontsize=9.5, color=LETTERS[REFERENCE], **middle)

    def mark(self, colour: str | None) -> None:
        if colour != self.marked:
            self.frame.set(edgecolor=colour or GREY, linewidth=2.5 if colour else 1.0)
        self.marked = colour


class ChainSteps(Explorer):
    """Exercise 1 (D2), one number at a time: forward to C₀, back to the first weight, one update.

    Every number of the three neurons stands in its box, value above gradient; every edge that the
    gradient has passed shows the two factors that it multiplied, upstream × local.
    """

    goal = (
        "Walk through the steps. At the last one, find a learning rate whose one update of W⁽ᴸ⁾ "
        "and b⁽ᴸ⁻¹⁾ at least halves the cost."
    )
    seconds_per_step = 1.2
    LAST: ClassVar[int] = 17

    def __init__(self, step: int = 0) -> None:
        self.x = slider("input x", 1.0, -3.0, 3.0, step=0.1)
        self.y = slider("target y", 1.0, 0.0, 1.0, step=0.05)
        self.alpha = log_slider("learning rate α", 0.1, 0.01, 100)
        self.steps = slider("step", step, 0, self.LAST)
        made, ax = figure(size=(9, 4.45))
        ax.set_axis_off()
        ax.set(xlim=(0, 9), ylim=(0, 4.45))
        self.boxes: dict[str, _Box] = {}
        self.edges: dict[tuple[str, str], Text] = {}
        self._place_boxes(ax)
        self._place_edges(ax)
        legend = (("value", TRAIN), ("gradient", VALIDATION), ("after the update", REFERENCE))
        for k, (words, colour) in enumerate(legend):
            look: dict[str, Any] = {"color": LETTERS[colour], "fontsize": 10, "va": "center"}
            ax.text(8.94, 4.28 - 0.24 * k, words, ha="right", **look)
        self.stages = self._make_stages()
        super().__init__(made, controls=[self.x, self.y, self.alpha, self.steps])
        self.steps.value = step

    def _place_boxes(self, ax: Axes) -> None:
        columns = 0.52 + 1.137 * np.arange(8)
        names = ["x", "z0", "a0", "z1", "a1", "z2", "a2", "C"]
        for name, column in zip(names, columns, strict=True):
            self.boxes[name] = _Box(ax, _label(name), (column, 2.18), news=0.84)
        for k in range(3):
            column = columns[2 * k + 1]
            self.boxes[f"W{k}"] = _Box(ax, _label(f"W{k}"), (column, 3.68))
            self.boxes[f"b{k}"] = _Box(ax, _label(f"b{k}"), (column, 0.72), news=-0.5)
        self.boxes["y"] = _Box(ax, "y", (columns[-1], 0.72))

    def _place_edges(self, ax: Axes) -> None:
        along = ["x", "z0", "a0", "z1", "a1", "z2", "a2", "C"]
        pairs = list(pairwise(along))
        pairs += [(f"{letter}{k}", f"z{k}") for k in range(3) for letter in "Wb"] + [("y", "C")]
        for source, target in pairs:
            (x, y), (u, v) = self.boxes[source].place, self.boxes[target].place
            side = np.array(
                [_Box.WIDTH / 2, 0] if y == v else [0, _Box.HEIGHT / 2 * np.sign(v - y)]
            )
            arrow = {"arrowstyle": "->", "color": GREY, "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", np.array([u, v]) - side, np.array([x, y]) + side, arrowprops=arrow)
            if y == v:
                place, align = ((x + u) / 2, y + 0.56), "center"
            else:
                place, align = (x + 0.08, 3.11 if y > v else 1.45), "left"
            look: dict[str, Any] = {"color": LETTERS[VALIDATION], "fontsize": 9, "linespacing": 1.1}
            self.edges[source, target] = ax.text(*place, "", ha=align, va="center", **look)

    def _make_stages(self) -> list[tuple[str, ...]]:
        """What each step reveals: "a0" the value of a box, "da0" its gradient."""
        forward = [(f"{letter}{k}",) for k in range(3) for letter in "za"] + [("C",)]
        backward: list[tuple[str, ...]] = []
        for k in (2, 1, 0):
            backward += [(f"da{k}",), (f"dz{k}",), (f"dW{k}", f"db{k}")]
        return [(), *forward, *backward, ("update",)]

    def draw(self) -> str:
        step = self.steps.value
        values = self._values()
        shown = {name for stage in self.stages[: step + 1] for name in stage}
        given = {"x", "y"} | {f"{letter}{k}" for k in range(3) for letter in "Wb"}
        colours = {"d": VALIDATION, "u": REFERENCE}
        fresh = {name: colours.get(name[0], TRAIN) for name in self.stages[step]}
        updated = "update" in shown
        if updated:
            fresh |= {"W2": REFERENCE, "b1": REFERENCE, "C": REFERENCE}
        for name, box in self.boxes.items():
            box.value.set_text(_number(values[name].data) if name in given | shown else "?")
            has_gradient = f"d{name}" in shown or (name == "C" and "da2" in shown)
            box.grad.set_text(_number(values[name].grad) if has_gradient else "")
            box.mark(fresh.get(name) or fresh.get(f"d{name}"))
        for (source, target), text in self.edges.items():
            upstream, local = values[target].grad, self.chain.local(values[target], values[source])
            factors = f"{_number(upstream)}\n× {_number(local)}"
            text.set_text(factors if f"d{source}" in shown else "")
        new = self._updated()
        for name, value in (("W2", new.W[2]), ("b1", new.b[1]), ("C", new.C)):
            self.boxes[name].news.set_text(f"→ {_number(value.data)}" if updated else "")
        before, after = self.chain.C.data, new.C.data
        self.goal_reached = updated and after <= before / 2
        return f"Step {step} of {self.LAST}. {self._sentence(self.stages[step], new)}"

    def _values(self) -> dict[str, Value]:
        self.chain = made = chain(self.x.value, self.y.value)
        values = {"x": made.x, "y": made.y, "C": made.C}
        for k in range(3):
            values |= {f"W{k}": made.W[k], f"b{k}": made.b[k], f"z{k}": made.z[k]}
            values[f"a{k}"] = made.a[k]
        return values

    def _updated(self) -> Chain:
        """The chain after W⁽ᴸ⁾ and b⁽ᴸ⁻¹⁾ have moved at once, everything else as it was."""
        W, b, alpha = list(WEIGHTS), list(BIASES), self.alpha.value
        W[2] -= alpha * self.chain.W[2].grad
        b[1] -= alpha * self.chain.b[1].grad
        return chain(self.x.value, self.y.value, W, b)

    def _sentence(self, stage: tuple[str, ...], new: Chain) -> str:
        if not stage:
            return "Given: x, y, three weights, three biases. Nothing is computed yet."
        made, name = self.chain, stage[0]
        if name == "update":
            return self._update_sentence(new)
        if name == "C":
            gap = f"({_number(made.a[2].data)} − {made.y.data:g})²"
            return f"Forward: C₀ = (ŷ − y)² = {gap} = {_number(made.C.data)}."
        kind, k = name[:-1], int(name[-1])
        l, before = LAYERS[k], "x" if k == 0 else f"a{LAYERS[k - 1]}"
        z, a, W, b = made.z[k], made.a[k], made.W[k], made.b[k]
        source = made.x if k == 0 else made.a[k - 1]
        if kind == "z":
            sum_ = f"{W.data:g} × {_number(source.data)} + {b.data:g} = {_number(z.data)}"
            return f"Forward: z{l} = W{l} {before} + b{l} = {sum_}."
        if kind == "a":
            prediction = " This is the prediction ŷ." if k == 2 else ""
            return f"Forward: a{l} = σ(z{l}) = {_number(a.data)}.{prediction}"
        if kind == "da" and k == 2:
            return f"Backward: ∂C₀/∂ŷ = 2(ŷ − y) = {_number(a.grad)}."
        if kind == "da":
            product = f"{_number(made.z[k + 1].grad)} × {made.W[k + 1].data:g} = {_number(a.grad)}"
            return f"Backward: ∂C₀/∂a{l} = δ{LAYERS[k + 1]} W{LAYERS[k + 1]} = {product}."
        if kind == "dz":
            slope = _number(made.local(a, z))
            product = f"{_number(a.grad)} × {slope} = {_number(z.grad)}"
            return f"Backward: δ{l} = ∂C₀/∂z{l} = ∂C₀/∂a{l} σ′(z{l}) = {product}."
        product = f"{_number(z.grad)} × {_number(source.data)} = {_number(W.grad)}"
        return (
            f"Backward: ∂C₀/∂W{l} = δ{l} {before} = {product}, and ∂C₀/∂b{l} = δ{l} × 1 = "
            f"{_number(b.grad)}."
        )

    def _update_sentence(self, new: Chain) -> str:
        made, alpha = self.chain, f"{self.alpha.value:.3g}"
        before, after = made.C.data, new.C.data
        change = "stays" if after == before else "falls" if after < before else "rises"
        return (
            f"Update with α = {alpha}: W{LAYERS[2]} = {made.W[2].data:g} − {alpha} × "
            f"({_number(made.W[2].grad)}) = {_number(new.W[2].data)}, b{LAYERS[1]} = "
            f"{made.b[1].data:g} − {alpha} × ({_number(made.b[1].grad)}) = "
            f"{_number(new.b[1].data)}. C₀ {change} from {_number(before)} to {_number(after)}."
        )

    def step(self) -> bool:
        self.steps.value = (self.steps.value + 1) % (self.LAST + 1)
        return bool(self.steps.value < self.LAST)

    def restart(self) -> None:
        self.steps.value = 0


class GrowingXOR(Explorer):
    """A network with one hidden layer of tanh units learns XOR by gradient descent.

    Without hidden units it is logistic regression. Each dashed line is where one hidden unit's z
    is 0: the line that this unit draws.
    """

    goal = "Get all 100 points right with only two hidden units. Not every start succeeds."
    seconds_per_step = 0.06
    LR, EPOCHS_PER_STEP, LAST = 1.0, 25, 1500

    def __init__(self, hidden: int = 1, epochs: int = 0) -> None:
        self.hidden = slider("hidden units", hidden, 0, 8)
        self.start = slider("random start", 0, 0, 9)
        self.X, self.labels = xor(100, rng=np.random.default_rng(0), noise=0.25)
        made, (left, right) = figure(1, 2, size=(8.8, 4.2))
        self.plane = _Plane(left, self.X, self.labels)
        left.set_ylabel("x₂")
        self.lines = [
            left.plot([], [], color=INK, linestyle="--", linewidth=1)[0] for _ in range(8)
        ]
        (self.curve,) = right.plot([], [], color=TRAIN, linestyle="-", label="training")
        (self.now,) = right.plot([], [], "o", color=TRAIN, markeredgecolor="white")
        right.set(xlabel="epoch", ylabel="cost J (nats)", yscale="log")
        right.set(xlim=(-20, self.LAST + 20), ylim=(5e-4, 2))
        right.legend()
        controls = [self.hidden, self.start]
        super().__init__(made, controls=controls, restart_on=controls)
        while self.epochs < epochs:
            self.step()
        self.refresh()

    def restart(self) -> None:
        rng, h = np.random.default_rng(self.start.value), self.hidden.value
        first = Dense(2, max(h, 1), rng=rng, dtype=np.float64)
        output = Dense(h or 2, 1, rng=rng, dtype=np.float64)
        self.bends = first if h else None
        layers = (first, Tanh(), output) if h else (output,)
        self.net = Sequential(*layers, dtype=np.float64)
        self.loss, self.optimizer = BinaryCrossEntropy(), SGD(self.LR)
        self.costs = [self.loss(self.net.predict(self.X), self.labels)]

    @property
    def epochs(self) -> int:
        """How many epochs have passed; each is one step of gradient descent on all points."""
        return len(self.costs) - 1

    def step(self) -> bool:
        if self.epochs >= self.LAST:
            return False
        for _ in range(self.EPOCHS_PER_STEP):
            train_step(self.net, self.loss, self.optimizer, self.X, self.labels)
            self.costs.append(self.loss(self.net.predict(self.X), self.labels))
        return self.epochs < self.LAST

    def probability(self, X: np.ndarray) -> np.ndarray:
        """P(y = 1) of points (k, 2), (k,)."""
        return np.asarray(Sigmoid().g(self.net.predict(X))[:, 0])

    def draw(self) -> str:
        h = self.hidden.value
        right = self.plane.show(self.probability)
        bends = zip(self.bends.W, self.bends.b, strict=True) if self.bends else ()
        for line, unit in zip_longest(self.lines, bends):
            line.set_data(*(_line(*unit) if unit else ([], [])))
        self.curve.set_data(range(len(self.costs)), self.costs)
        self.now.set_data([self.epochs], self.costs[-1:])
        self.goal_reached = h == 2 and right == len(self.labels)
        units = "no hidden unit" if h == 0 else f"{h} hidden unit{'s' * (h > 1)}"
        return (
            f"{units.capitalize()}, {self.net.theta.size} parameters, start {self.start.value}, "
            f"after {self.epochs} epochs: J = {self.costs[-1]:.4f}, {right} of "
            f"{len(self.labels)} points right. {self._verdict(right)}"
        )

    def _verdict(self, right: int) -> str:
        if right == len(self.labels):
            return "XOR is solved."
        if self.epochs < self.LAST:
            return "Press Play." if self.epochs == 0 else "Still learning."
        if self.hidden.value < 2:
            return "A single line does not separate XOR."
        if self.costs[-1] > 0.9 * self.costs[self.LAST // 2]:
            return "Stuck: since half-time the cost has hardly moved. Try another start."
        return "Not yet solved, and still moving."


class AnyCurve(Explorer):
    """Universal approximation at work: one hidden layer bends itself along a curve on [−3, 3].

    The hidden units are spread evenly over the interval and stay; the output weights are those with
    the smallest squared error. So the only limits are the number of units, and the kind of g.
    """

    goal = "Bring the largest error on [−3, 3] below 0.01 with tanh, then with ReLU. Then try z²."
    CURVES: ClassVar[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
        "a wave": lambda x: np.sin(2 * x) + 0.5 * np.cos(3 * x),
        "a jump": lambda x: np.where(x > 0.5, 1.0, -1.0),
    }
    UNITS: ClassVar[dict[str, Callable[[np.ndarray], np.ndarray]]] = {
        "tanh": Tanh().g,
        "ReLU": ReLU().g,
        "z²": np.square,
    }
    ENOUGH, STEEPNESS = 0.01, 1.5

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.units = slider("hidden units", 6, 1, 60)
        self.g = dropdown("g", list(self.UNITS))
        self.curve = dropdown("f", list(self.CURVES))
        made, (above, below) = figure(2, 1, size=(8.6, 5), sharex=True, height_ratios=[2.2, 1])
        self.inside, self.around = np.linspace(-3, 3, 601), np.linspace(-5, 5, 501)
        for ax in (above, below):
            ax.axvspan(-3, 3, color=GREY, alpha=0.1, linewidth=0)
        (self.target,) = above.plot([], [], "-", color=GREY, linewidth=4, alpha=0.6, label="f")
        (self.near,) = above.plot([], [], "-", color=TRAIN, label="network on [−3, 3]")
        (self.far,) = above.plot([], [], ":", color=TRAIN, linewidth=1.5, label="and beyond")
        above.set(ylabel="f(x)", ylim=(-2.7, 2.1), xlim=(-5, 5))
        above.legend(loc="lower right", ncol=3, fontsize=10)
        (self.gap,) = below.plot([], [], "-", color=VALIDATION, linewidth=1.5)
        for edge in (-self.ENOUGH, self.ENOUGH):
            below.axhline(edge, color=REFERENCE, linestyle="--", linewidth=1)
        below.set_yscale("symlog", linthresh=self.ENOUGH)
        below.set_yticks([-1, -0.01, 0, 0.01, 1], ["−1", "−0.01", "0", "0.01", "1"])
        below.set(xlabel="x", ylabel="error", ylim=(-3, 3))
        super().__init__(made, controls=[self.units, self.g, self.curve])

    def network(self) -> Predict:
        """The network x (k,) → ŷ (k,): Dense(1, n), g, Dense(n, 1)."""
        n, g, rng = self.units.value, self.UNITS[self.g.value], np.random.default_rng(0)
        first = Dense(1, n, rng=rng, dtype=np.float64)
        last = Dense(n, 1, rng=rng, dtype=np.float64)
        centres = -3 + 6 * np.arange(n) / n
        first.W, first.b = np.full((n, 1), self.STEEPNESS), -self.STEEPNESS * centres
        A = np.column_stack([np.ones(601), g(first.forward(self.inside[:, None]))])
        b, *W = np.linalg.lstsq(A, self.CURVES[self.curve.value](self.inside), rcond=1e-9)[0]
        last.b, last.W = [b], [W]
        return lambda x: last.forward(g(first.forward(x[:, None])))[:, 0]

    def draw(self) -> str:
        f, predict, n = self.CURVES[self.curve.value], self.network(), self.units.value
        error = predict(self.inside) - f(self.inside)
        self.target.set_data(self.around, f(self.around))
        self.near.set_data(self.inside, predict(self.inside))
        self.far.set_data(self.around, predict(self.around))
        self.gap.set_data(self.inside, error)
        largest, beyond = np.abs(error).max(), np.abs(predict(self.around) - f(self.around)).max()
        if self.curve.value == "a wave" and largest < self.ENOUGH:
            self.done.add(self.g.value)
        self.goal_reached = {"tanh", "ReLU"} <= self.done
        return (
            f"{n} hidden unit{'s' * (n > 1)} with g = {self.g.value}, f is {self.curve.value}: the "
            f"largest error is {largest:.2g} on [−3, 3] and {beyond:.1f} on [−5, 5]. "
            f"{self._verdict(largest)}"
        )

    def _verdict(self, largest: float) -> str:
        if self.g.value == "z²":
            return "A sum of squares (wx + b)² is a parabola, however many there are."
        if self.curve.value == "a jump":
            return "f is not continuous, and the network is: at the jump an error stays."
        return "That is close enough." if largest < self.ENOUGH else "Not close enough yet."


class StepSize(Explorer):
    """Gradient checking by central differences: how the error depends on ε, in two precisions.

    `backward(X, Y, W1, b1, W2, b2)` may be the reader's own, returning (dZ2, dW2, db2, dZ1, dW1,
    db1) of a network with tanh hidden units and a sigmoid output under cross-entropy.
    """

    goal = "In each precision, find an ε whose error is within a factor 3 of the smallest."
    PER_DECADE = 4

    def __init__(self, backward: Callable[..., Sequence[np.ndarray]] | None = None) -> None:
        self.backward = backward
        self.found: set[str] = set()
        self.eps = log_slider("ε", 0.1, 1e-12, 1, per_decade=self.PER_DECADE)
        self.precision = dropdown("precision", ["float64", "float32"])
        gradients = [MINE] * (backward is not None) + [RIGHT, FORGOTTEN]
        self.gradient = dropdown("gradient", gradients)
        made, ax = figure(size=(8.4, 4.4))
        self.grid = np.logspace(-12, 0, 12 * self.PER_DECADE + 1)
        ax.axhspan(1e-13, 1e-7, color=REFERENCE, alpha=0.12, linewidth=0)
        sure: dict[str, Any] = {"color": LETTERS[REFERENCE], "fontsize": 11}
        ax.text(0.8, 2.2e-13, "below 1e−7: trust it", ha="right", **sure)
        (self.other,) = ax.plot([], [], "--", color=GREY, linewidth=1.5, label="float32")
        (self.curve,) = ax.plot([], [], "-", color=TRAIN, label="float64")
        (self.point,) = ax.plot([], [], "o", color=VALIDATION, markersize=11, markeredgecolor="w")
        side: dict[str, Any] = {"color": GREY, "fontsize": 11, "path_effects": OUTLINE}
        ax.text(1.6e-12, 30, "← ε too small: round-off, 1/ε", ha="left", va="center", **side)
        ax.text(0.8, 30, "ε too large: truncation, ε² →", ha="right", va="center", **side)
        ax.set(xlabel="step ε", xscale="log", yscale="log", xlim=(6e-13, 2), ylim=(1e-13, 200))
        self.legend = ax.legend(loc="lower left", fontsize=10)
        ax.set_ylabel("relative error\n‖approx − d‖ / (‖approx‖ + ‖d‖)")
        self.measured = {name: self._measure(name) for name in ("float64", "float32")}
        super().__init__(made, controls=[self.eps, self.precision, self.gradient])

    def _measure(self, name: str) -> tuple[dict[str, np.ndarray], list[np.ndarray | None]]:
        """The gradients to be checked, and the measured one at every ε where ε is not lost."""
        dtype, rng = getattr(np, name), np.random.default_rng(0)
        X, y = xor(20, rng=rng)
        X, Y = X.astype(dtype), y[:, None].astype(dtype)
        hidden, output = (Dense(*n, rng=rng, dtype=np.float64) for n in ((2, 3), (3, 1)))
        net, loss = Sequential(hidden, Tanh(), output, dtype=dtype), BinaryCrossEntropy()
        theta = net.theta.copy()

        def J(at: np.ndarray) -> float:
            net.theta = at
            return loss(net.forward(X), Y)

        J(theta)
        net.fill_gradients(loss.backward())
        exact = {RIGHT: net.grad.copy(), FORGOTTEN: np.append(net.grad[:-1], 0)}
        if self.backward is not None:
            links = self.backward(X, Y, hidden.W, hidden.b, output.W, output.b)
            dW2, db2, dW1, db1 = (np.ravel(links[i]) for i in (1, 2, 4, 5))
            exact[MINE] = np.concatenate([dW1, db1, dW2, db2])
        measured: list[np.ndarray | None] = []
        for eps in self.grid:
            try:
                measured.append(numerical_gradient(J, theta, eps=eps))
            except ValueError:
                measured.append(None)
        return exact, measured

    def _errors(self, precision: str) -> np.ndarray:
        """The relative error of the chosen gradient at every ε, nan where ε is lost."""
        exact, measured = self.measured[precision]
        d = exact[self.gradient.value]
        return np.array([np.nan if m is None else relative_error(m, d) for m in measured])

    def draw(self) -> str:
        precision = self.precision.value
        errors = self._errors(precision)
        i = int(np.abs(np.log(self.grid / self.eps.value)).argmin())
        self.curve.set_data(self.grid, errors)
        (other,) = self.measured.keys() - {precision}
        self.other.set_data(self.grid, self._errors(other))
        for text, name in zip(self.legend.get_texts(), (other, precision), strict=True):
            text.set_text(name)
        self.point.set_data([self.grid[i]], [errors[i]])
        if np.nanmin(errors) < 1e-3 and errors[i] <= 3 * np.nanmin(errors):
            self.found.add(precision)
        self.goal_reached = self.found == {"float64", "float32"}
        case = f"{precision}, {self.gradient.value}, ε = {self.grid[i]:.1e}"
        return f"{case}: {self._verdict(errors, i)}"

    def _verdict(self, errors: np.ndarray, i: int) -> str:
        if np.isnan(errors[i]):
            return "ε is lost: in this precision θ + ε rounds to θ itself."
        start = f"relative error {errors[i]:.1e}."
        if np.nanmin(errors) > 1e-3:
            return f"{start} No ε brings it down: this gradient is wrong."
        if errors[i] <= 3 * np.nanmin(errors):
            return f"{start} Near the bottom of the V: it gets hardly smaller."
        if self.grid[i] > self.grid[np.nanargmin(errors)]:
            return f"{start} Truncation: ten times less ε gives about a hundred times less error."
        return f"{start} Round-off: J(θ + ε) and J(θ − ε) share nearly all their digits."


class _Plane:
    """Points of two classes on a plane, coloured by what a classifier says of every place."""

    SIDE, CELLS = 2.0, 81

    def __init__(self, ax: Axes, X: np.ndarray, y: np.ndarray) -> None:
        self.ax, self.X, self.y = ax, X, y
        ticks = np.linspace(-self.SIDE, self.SIDE, self.CELLS)
        self.ticks = ticks
        self.grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        edge = self.SIDE
        self.image = ax.imshow(
            np.full((self.CELLS, self.CELLS), 0.5),
            extent=(-edge, edge, -edge, edge),
            origin="lower",
            cmap=PALE_CLASSES,
            vmin=0,
            vmax=1,
            interpolation="bilinear",
        )
        for k, colour in enumerate((CLASS_0, CLASS_1)):
            look: dict[str, Any] = {"color": colour, "markeredgecolor": "white", "markersize": 6}
            ax.plot(*X[y == k].T, MARKERS[k], label=f"y = {k}", markeredgewidth=0.5, **look)
        (self.wrong,) = ax.plot(
            [], [], "o", markersize=11, markerfacecolor="none", markeredgecolor=INK, label="wrong"
        )
        ax.set(xlim=(-edge, edge), ylim=(-edge, edge), xlabel="x₁", aspect="equal")
        above: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncol": 3}
        ax.legend(**above, frameon=False, handletextpad=0.2, columnspacing=1, fontsize=10)
        ax.grid(False)
        self.boundary: QuadContourSet | None = None

    def show(self, probability: Predict) -> int:
        """Colour the plane by P(y = 1) and return how many points lie on their side of ½."""
        P = probability(self.grid).reshape(self.CELLS, self.CELLS)
        self.image.set_data(P)
        if self.boundary is not None:
            self.boundary.remove()
            self.boundary = None
        if P.min() < 0.5 < P.max():
            self.boundary = self.ax.contour(
                self.ticks, self.ticks, P, [0.5], colors=INK, linewidths=2
            )
        wrong = (probability(self.X) > 0.5) != (self.y == 1)
        self.wrong.set_data(*self.X[wrong].T)
        return int(np.sum(~wrong))


def _line(w: np.ndarray, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Two far points of the line w₁x₁ + w₂x₂ + b = 0."""
    n = w / np.linalg.norm(w)
    foot, along = -b / np.linalg.norm(w) * n, 10 * np.array([-n[1], n[0]])
    ends = np.array([foot - along, foot + along])
    return ends[:, 0], ends[:, 1]


def _label(name: str) -> str:
    """The name of a box of the chain: "z1" is z⁽ᴸ⁻¹⁾."""
    if name in ("C", "a2"):
        return "C₀" if name == "C" else f"a{LAYERS[2]} = ŷ"
    return name[0] + (LAYERS[int(name[1])] if len(name) > 1 else "")


def _number(value: float) -> str:
    """Six decimals, as the lecture's numbers are given here, with a true minus sign."""
    return f"{round(value, 6) + 0.0:.6f}".replace("-", "−")
