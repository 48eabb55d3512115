"""What watches a training run: callbacks see the `Run` and may stop it, never touch its loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nnlib.losses import Loss
    from nnlib.optimizers import Optimizer
    from nnlib.sequential import Sequential


class History(dict[str, list[float]]):
    """One value per epoch under each name: history["loss"], history["validation loss"]."""

    def add(self, **values: float) -> None:
        """Append one epoch's values."""
        for name, value in values.items():
            self.setdefault(name.replace("_", " "), []).append(float(value))


@dataclass
class Run:
    """The state of one call of fit, as callbacks see it; set `stop` to end it after this epoch."""

    net: Sequential
    loss: Loss
    optimizer: Optimizer
    epochs: int
    epoch: int = 0
    step: int = 0
    J: float = 0.0
    stop: bool = False
    history: History = field(default_factory=History)


class Callback:
    """Hooks into fit; a subclass overrides what it needs."""

    def on_start(self, run: Run) -> None:
        """Before the first epoch."""

    def on_epoch(self, run: Run) -> None:
        """After each epoch."""

    def on_end(self, run: Run) -> None:
        """After the last epoch."""


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
        self.change, self.cost = change, cost

    def on_epoch(self, run: Run) -> None:
        J = run.history["loss"]
        settled = len(J) > 1 and abs(J[-1] - J[-2]) < self.change
        run.stop = run.stop or settled or J[-1] < self.cost
