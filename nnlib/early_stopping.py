"""Training ends when the validation set stops gaining from it, and the best θ comes back."""

from __future__ import annotations

import numpy as np

from nnlib.callbacks import Callback, Run
from nnlib.persistence import assign, named_arrays
from nnlib.validation import count, non_negative


class EarlyStopping(Callback):
    """Stops after `patience` epochs without a better value, and restores the best epoch's network.

    Watches the history's `watch`, by default the "validation loss" that a `Validation` before it
    adds; never the test set, which would leak. Better is smaller, or with `larger=True` larger, by
    more than `change`. What comes back are θ and the buffers; `restore_best=False` leaves the last.

    Raises ValueError for a name that no callback has added.
    """

    def __init__(
        self,
        *,
        patience: int = 10,
        watch: str = "validation loss",
        larger: bool = False,
        change: float = 0.0,
        restore_best: bool = True,
    ) -> None:
        self.patience = count(patience, "patience")
        self.watch = watch
        self.larger = larger
        self.change = non_negative(change, "change")
        self.restore_best = restore_best

    def on_start(self, run: Run) -> None:
        self.best, self.best_epoch = -np.inf if self.larger else np.inf, 0
        self.best_arrays: dict[str, np.ndarray] = {}

    def on_epoch(self, run: Run) -> None:
        if self.watch not in run.history:
            raise ValueError(
                f"EarlyStopping watches {self.watch!r}, the history has {list(run.history)}: "
                "put Validation(X_val, y_val) before it"
            )
        value = run.history[self.watch][-1]
        gain = value - self.best if self.larger else self.best - value
        if gain > self.change:
            self.best, self.best_epoch = value, run.epoch
            if self.restore_best:
                self.best_arrays = {name: a.copy() for name, a in named_arrays(run.net).items()}
        run.stop = run.stop or run.epoch - self.best_epoch >= self.patience

    def on_end(self, run: Run) -> None:
        if self.best_arrays:
            assign(run.net, self.best_arrays)

    def state(self) -> dict[str, np.ndarray]:
        return {
            "best": np.array(self.best),
            "best_epoch": np.array(self.best_epoch),
            **self.best_arrays,
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self.best_arrays = dict(state)
        self.best = float(self.best_arrays.pop("best"))
        self.best_epoch = int(self.best_arrays.pop("best_epoch"))
