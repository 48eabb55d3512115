"""Training that can be looked at between any two steps, and changed while it goes on.

`nnlib.fit` runs a loop to its end. A playground takes it apart: `step` is one turn of that loop, by
the same `train_step`, and what a learner changes on the way acts from the next step on.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple, cast

import numpy as np

from nnlib import initializers, schedules
from nnlib.activations import Activation, Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from nnlib.callbacks import History
from nnlib.dense import Dense
from nnlib.dropout import Dropout
from nnlib.initializers import Initializer
from nnlib.layer import Layer
from nnlib.losses import BinaryCrossEntropy
from nnlib.normalization import BatchNorm
from nnlib.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp
from nnlib.regularization import L1, L2, Penalty
from nnlib.schedules import Schedule
from nnlib.sequential import Sequential
from nnlib.splits import minibatches
from nnlib.training import train_step
from nnlib.viz.playground_data import Points
from nnlib.viz.playground_settings import Settings

MakeActivation = Callable[[], Layer]
MakeOptimizer = Callable[[float | Schedule], Optimizer]
Function = Callable[[np.ndarray], np.ndarray]

ACTIVATIONS: dict[str, MakeActivation] = {
    "relu": ReLU,
    "leaky-relu": lambda: LeakyReLU(0.1),
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
    "identity": Identity,
}
INITS: dict[str, Initializer] = {
    "he": initializers.he_normal,
    "glorot": initializers.glorot_uniform,
    "lecun": initializers.lecun_normal,
    "orthogonal": initializers.orthogonal,
    "uniform": initializers.uniform,
    "normal": initializers.normal,
    "zeros": initializers.zeros,
}
OPTIMIZERS: dict[str, MakeOptimizer] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
}
SCHEDULES: dict[str, Callable[[float, int], float | Schedule]] = {
    "constant": lambda lr, steps: lr,
    "linear": lambda lr, steps: schedules.linear(lr, steps=steps),
    "cosine": lambda lr, steps: schedules.cosine(lr, steps=steps),
    "step": lambda lr, steps: schedules.step(lr, factor=0.5, interval=-(-steps // 6)),
    "exponential": lambda lr, steps: schedules.exponential(lr, k=5 / steps),
    "time": lambda lr, steps: schedules.time_based(lr, k=20 / steps),
    "warmup": lambda lr, steps: schedules.warmup(
        schedules.cosine(lr, steps=steps), steps=-(-steps // 10)
    ),
}
PENALTIES: dict[str, Callable[[float], Penalty | None]] = {
    "none": lambda lam: None,
    "l1": L1,
    "l2": L2,
}

MOST_RECORDS = 2048


class FromFunctions(Activation):
    """The learner's own g(Z) and its slope g_prime(Z), as a layer.

    Shapes    Z, A of any one shape
    """

    def __init__(self, g: Function, g_prime: Function) -> None:
        self._g, self._g_prime = g, g_prime

    def g(self, Z: np.ndarray) -> np.ndarray:
        return np.asarray(self._g(Z), Z.dtype)

    def g_prime(self, Z: np.ndarray, A: np.ndarray) -> np.ndarray:
        return np.asarray(self._g_prime(Z), Z.dtype)

    def __repr__(self) -> str:
        return getattr(self._g, "__name__", "g")


class Passed(NamedTuple):
    """One forward pass, opened: what enters every activation, what leaves it, and the logits.

    Shapes    entering, leaving: one (m, units) per hidden layer   Z (m,)
    """

    entering: list[np.ndarray]
    leaving: list[np.ndarray]
    Z: np.ndarray


class Score(NamedTuple):
    """The cost J without its penalty, in inference mode, and the share of points on their side."""

    J: float
    right: float


class Training:
    """A network on its way: `net`, `optimizer`, `step`, `epoch` and `history` can be asked for.

    `activation` makes a hidden layer's activation and `optimizer` an optimiser from a rate, in
    place of those that the settings name. Everything is float64, so that runs can be compared.
    """

    def __init__(
        self,
        settings: Settings,
        points: Points,
        *,
        activation: MakeActivation | None = None,
        optimizer: MakeOptimizer | None = None,
    ) -> None:
        self.own_activation, self.own_optimizer = activation, optimizer
        self.loss = BinaryCrossEntropy()
        self.settings, self.points = settings, points
        self.restart()

    def restart(self) -> None:
        """Back to step 0, with the first weights that the seed draws."""
        seed = self.settings.seed
        self.net = self._network(np.random.default_rng([seed, 0]))
        self.batch_rng = np.random.default_rng([seed, 1])
        self.optimizer = self._optimizer()
        self.step_count = self.epoch = 0
        self.records_every = 1
        self.batches: list[np.ndarray | slice] = []
        self.grad_norms = np.full(len(self.settings.hidden) + 1, np.nan)
        self._norms: list[np.ndarray] = []
        self.J = np.nan
        self.history = History()
        self.record()

    def follow(self, settings: Settings, points: Points) -> None:
        """Go on with other settings: θ and the optimiser's state are kept where they fit."""
        before, self.settings = self.settings, settings
        if points is not self.points:
            self.points, self.batches = points, []
        same_shape = (before.hidden, before.batch_norm) == (settings.hidden, settings.batch_norm)
        same_start = (before.init, before.seed) == (settings.init, settings.seed)
        if not (same_shape and same_start and before.data == settings.data):
            self.restart()
            return
        if (before.activation, before.dropout) != (settings.activation, settings.dropout):
            self._take_over(self._network(np.random.default_rng([settings.seed, 0])))
        rates = ("optimizer", "lr", "schedule", "horizon")
        if any(getattr(before, name) != getattr(settings, name) for name in rates):
            old, self.optimizer = self.optimizer, self._optimizer()
            if type(old) is type(self.optimizer):
                self.optimizer.restore(old.state())
        if before.batch != settings.batch:
            self.batches = []

    def step(self) -> float:
        """One turn of the loop: one batch forward, backward, and a step; J before it.

        Raises FloatingPointError, with θ as it was, when J is not finite.
        """
        X, y = self.points.X, self.points.y
        if not self.batches:
            drawn = minibatches(len(y), self.settings.batch or None, rng=self.batch_rng)
            self.batches = list(drawn)[::-1]
        batch = self.batches.pop()
        if not (self.settings.batch_norm and len(y[batch]) < 2):  # its own mean: nothing to learn
            self.J = train_step(
                self.net,
                self.loss,
                self.optimizer,
                X[batch],
                y[batch],
                penalty=PENALTIES[self.settings.penalty](self.settings.lam),
                m=len(y),
            )
            self.step_count += 1
            self._norms.append(self._gradient_norms())
        if not self.batches:
            self.epoch += 1
            if self.epoch % self.records_every == 0:
                self.record()
        return self.J

    def record(self) -> None:
        """Add a line to the history; a long one keeps every second, and grows half as fast."""
        if len(self.points.y):
            learned, held_out = self.scores()
            if self._norms:
                self.grad_norms, self._norms = np.mean(self._norms, axis=0), []
            norms = {f"gradient_{i}": norm for i, norm in enumerate(self.grad_norms, start=1)}
            self.history.add(
                epoch=self.epoch,
                loss=learned.J,
                accuracy=learned.right,
                validation_loss=held_out.J,
                validation_accuracy=held_out.right,
                **norms,
            )
            if len(self.history["epoch"]) > MOST_RECORDS:
                self.records_every *= 2
                for values in self.history.values():
                    del values[1::2]

    def scores(self) -> tuple[Score, Score]:
        """How the network does on the training points, and on those held out."""
        points = self.points
        Z = self.passes(np.concatenate([points.X, points.X_val])).Z
        m = len(points.y)
        return score(Z[:m], points.y), score(Z[m:], points.y_val)

    @np.errstate(all="ignore")  # what overflows is told by the cost
    def passes(self, X: np.ndarray) -> Passed:
        """What X (m, 2) becomes on its way through the network, in inference mode."""
        entering, leaving, A = [], [], np.asarray(X, self.net.theta.dtype)
        for i, layer in enumerate(self.net):
            if i in self.activation_at:
                entering.append(A)
            A = layer.forward(A)
            if i in self.activation_at:
                leaving.append(A)
        return Passed(entering, leaving, A[:, 0])

    def _network(self, rng: np.random.Generator) -> Sequential:
        """Per hidden layer Dense, batch norm, activation, dropout; the last Dense gives a logit."""
        settings = self.settings
        make = self.own_activation or ACTIVATIONS[settings.activation]
        masks = np.random.default_rng([settings.seed, 2])
        init, layers = INITS[settings.init], list[Layer]()
        self.activation_at = set[int]()
        for n_in, n_out in pairwise([2, *settings.hidden]):
            layers.append(Dense(n_in, n_out, rng=rng, init=init, dtype=np.float64))
            layers += [BatchNorm(n_out, dtype=np.float64)] if settings.batch_norm else []
            self.activation_at.add(len(layers))
            layers.append(make())
            layers += [Dropout(settings.dropout, rng=masks)] if settings.dropout else []
        last = Dense([2, *settings.hidden][-1], 1, rng=rng, init=init, dtype=np.float64)
        return Sequential(*layers, last, dtype=np.float64)

    def _take_over(self, net: Sequential) -> None:
        """Put another network in place, with what this one has learned."""
        if net.theta.shape == self.net.theta.shape:
            net.theta = self.net.theta
        norms = [[layer for layer in n if isinstance(layer, BatchNorm)] for n in (self.net, net)]
        for old, new in zip(*norms, strict=True):
            new.running_mean, new.running_var = old.running_mean, old.running_var
        self.net = net

    def _optimizer(self) -> Optimizer:
        settings = self.settings
        lr = SCHEDULES[settings.schedule](settings.lr, settings.horizon)
        if self.own_optimizer:
            return self.own_optimizer(lr)
        if settings.optimizer == "adamw":
            return AdamW(lr, mask=self.net.parameters.decay_mask)
        return OPTIMIZERS[settings.optimizer](lr)

    def _gradient_norms(self) -> np.ndarray:
        """‖∂J/∂(W, b)‖ of every Dense layer, from the first to the last."""
        dense = [layer for layer in self.net if isinstance(layer, Dense)]
        return np.sqrt([np.vdot(d.dW, d.dW) + np.vdot(d.db, d.db) for d in dense])


@np.errstate(all="ignore")
def score(Z: np.ndarray, y: np.ndarray) -> Score:
    """The cost and the accuracy of logits Z (m,) on y (m,); NaN where there is no point."""
    if len(y) == 0:
        return Score(np.nan, np.nan)
    return Score(BinaryCrossEntropy()(Z, y), float(np.mean((Z > 0) == y)))


def activation_maker(own: object) -> MakeActivation | None:
    """What the learner passed as an activation, as a function that makes its layer.

    Takes a Layer class (or any function without arguments that returns a new layer), or the pair
    (g, g_prime) of functions of Z. Raises TypeError for anything else.
    """
    if own is None:
        return None
    if isinstance(own, tuple) and len(own) == 2 and all(map(callable, own)):
        return lambda: FromFunctions(*own)
    if not _makes(own, Layer):
        raise TypeError(
            "activation takes a Layer class, such as nnlib.Tanh, or a pair of functions "
            f"(g, g_prime), got {own!r}"
        )
    return cast(MakeActivation, own)


def optimizer_maker(own: object) -> MakeOptimizer | None:
    """What the learner passed as an optimiser: a class like nnlib.SGD, called with a rate."""
    if own is None:
        return None
    if not _makes(own, Optimizer, 0.1):
        raise TypeError(f"optimizer takes an Optimizer class, such as nnlib.SGD, got {own!r}")
    return cast(MakeOptimizer, own)


def _makes(own: object, kind: type, *arguments: object) -> bool:
    """Whether `own` is a class of that kind, or a function that returns one of its objects."""
    if isinstance(own, type):
        return issubclass(own, kind)
    return callable(own) and isinstance(own(*arguments), kind)
