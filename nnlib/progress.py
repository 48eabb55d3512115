"""A progress bar for fit, kept apart from the mathematics because it needs tqdm."""

from __future__ import annotations

from tqdm.auto import tqdm

from nnlib.callbacks import Callback, Run


class ProgressBar(Callback):
    """Shows epochs done, the cost J and the time left; `leave=False` clears it at the end."""

    def __init__(self, *, leave: bool = True) -> None:
        self.leave = leave

    def on_start(self, run: Run) -> None:
        self.bar = tqdm(total=run.epochs, unit="epoch", leave=self.leave)

    def on_epoch(self, run: Run) -> None:
        self.bar.set_postfix(J=f"{run.history['loss'][-1]:.4f}", refresh=False)
        self.bar.update(run.epoch - self.bar.n)  # a resumed run has epochs behind it

    def on_end(self, run: Run) -> None:
        self.bar.close()
