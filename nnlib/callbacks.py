"""What watches a training run: callbacks see the `Run` and may stop it, never touch its loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from nnlib.splits import minibatches
from nnlib.validation import non_negative

if TYPE_CHECKING:
    from nnlib.losses import Loss
    from nnlib.optimizers import Optimizer
    from nnlib.sequential import Sequential


class History(dict[str, list[float]]):
    """One value per epoch under each name: history["loss"], history["validation loss"].

    `ended` says how the run did: "finished" its epochs, "stopped" by a callback, "interrupted" by
    the person at the keyboard, or "diverged".
    """

    ended: str = ""

    def add(self, **values: float) -> None:
        """Append one epoch's values."""
        for name, value in values.items():
            self.setdefault(name.replace("_", " "), []).append(float(value))


@dataclass
class Run:
    """The state of one call of fit, as callbacks see it; set `stop` to end it after this epoch.

    `batches` are this epoch's rows in the order drawn for it, `position` how many of them are done,
    and `J_epoch` is J so far: the mean over the rows of those.
    """

    net: Sequential
    loss: Loss
    optimizer: Optimizer
    epochs: int
    m: int
    batch_size: int | None = None
    rng: np.random.Generator | None = None
    callbacks: Sequence[Callback] = ()
    epoch: int = 0
    step: int = 0
    position: int = 0
    J: float = 0.0
    J_epoch: float = 0.0
    stop: bool = False
    batches: Sequence[np.ndarray | slice] = ()
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        a_list = isinstance(self.callbacks, Sequence)
        if not (a_list and all(isinstance(callback, Callback) for callback in self.callbacks)):
            raise TypeError(f"callbacks must be a list of callbacks, got {self.callbacks!r}")

    def batches_left(self) -> Sequence[np.ndarray | slice]:
        """The batches that this epoch still has to see; a new epoch draws new ones."""
        if not self.batches:
            self.batches = list(minibatches(self.m, self.batch_size, rng=self.rng))
        return self.batches[self.position :]

    def count_step(self, J: float, rows: int) -> None:
        """Take note of one step on a batch of so many rows."""
        self.J = J
        self.J_epoch += J * rows / self.m
        self.step += 1
        self.position += 1

    def count_epoch(self) -> None:
        """Take note of an epoch's end: its J enters the history."""
        self.history.add(loss=self.J_epoch)
        self.epoch += 1
        self.batches, self.position, self.J_epoch = (), 0, 0.0


class Callback:
    """Hooks into fit; a subclass overrides what it needs.

    One that must remember something from epoch to epoch gives it to checkpoints by `state` and
    takes it back by `restore`, after `on_start`.
    """

    def on_start(self, run: Run) -> None:
        """Before the first epoch."""

    def on_step(self, run: Run) -> None:
        """After each step."""

    def on_epoch(self, run: Run) -> None:
        """After each epoch."""

    def on_end(self, run: Run) -> None:
        """After the last epoch, however the run ended."""

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint must keep of this callback, as named arrays."""
        return {}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take up what `state()` returned."""


class Validation(Callback):
    """Adds the validation loss, and a metric(y, Z) if given, to the history after each epoch.

    Shapes    X (m_val, …)   y as the loss takes it
    Raises ValueError for data that do not fit the network, before the first epoch.
    """

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        metric: Callable[[np.ndarray, np.ndarray], float] | None = None,
    ) -> None:
        self.X, self.y, self.metric = X, y, metric

    def on_start(self, run: Run) -> None:
        J = run.loss(run.net.predict(self.X), self.y)
        if not np.isfinite(J):
            raise ValueError(f"the validation loss must be finite at the start, got {J}")

    def on_epoch(self, run: Run) -> None:
        Z = run.net.predict(self.X)
        run.history.add(validation_loss=run.loss(Z, self.y))
        if self.metric:
            run.history.add(validation_metric=self.metric(self.y, Z))


class StopWhen(Callback):
    """Stops when J changes by less than `change` between epochs, or falls below `cost` (D4)."""

    def __init__(self, *, change: float = 0.0, cost: float = -np.inf) -> None:
        self.change, self.cost = non_negative(change, "change"), cost

    def on_epoch(self, run: Run) -> None:
        J = run.history["loss"]
        settled = len(J) > 1 and abs(J[-1] - J[-2]) < self.change
        run.stop = run.stop or settled or J[-1] < self.cost
