"""Watching a network learn: the loss is drawn while `fit` runs, as one callback among others."""

import time

from IPython.display import display
from matplotlib.ticker import MaxNLocator

from nnlib.callbacks import Callback, Run, Validation
from nnlib.viz.explorer import Explorer
from nnlib.viz.style import TRAIN, VALIDATION, figure

ENDINGS = {
    "finished": "Training is finished",
    "stopped": "Training was stopped",
    "interrupted": "Training was interrupted",
    "diverged": "Training diverged",
}


class LossCurves(Explorer):
    """The training loss of a run by epoch and, where there is one, the validation loss."""

    def __init__(self, run: Run, *, log: bool = False) -> None:
        self.run = run
        drawing, self.ax = figure()
        (self.training,) = self.ax.plot([], [], "o-", ms=4, color=TRAIN, label="training")
        (self.validation,) = self.ax.plot([], [], "s--", ms=4, color=VALIDATION, label="validation")
        self.ax.set(xlabel="epoch", ylabel="cost J", yscale="log" if log else "linear")
        self.ax.set_xlim(0.5, run.epochs + 0.5)
        self.ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if any(isinstance(callback, Validation) for callback in run.callbacks):
            self.ax.legend()
        super().__init__(drawing)

    def draw(self) -> str:
        J = self.run.history.get("loss", [])
        J_val = self.run.history.get("validation loss", [])
        self.training.set_data(range(1, len(J) + 1), J)
        self.validation.set_data(range(1, len(J_val) + 1), J_val)
        self.ax.relim()
        self.ax.autoscale_view(scalex=False)
        how = ENDINGS.get(self.run.history.ended, "Training goes on")
        words = f"{how} after epoch {len(J)} of {self.run.epochs}"
        if J:
            words += f": J = {J[-1]:.4f} on the training set"
        if J_val:
            best = min(J_val)
            words += f", {J_val[-1]:.4f} on the validation set"
            words += f", whose lowest was {best:.4f} at epoch {J_val.index(best) + 1}"
        return f"{words}."


class LivePlot(Callback):
    """Draws the loss after an epoch, at most every so many `seconds`, and once more at the end.

    `log` makes its axis logarithmic. A `Validation` before it adds the validation loss.
    """

    def __init__(self, *, log: bool = False, seconds: float = 0.2) -> None:
        self.log = log
        self.seconds = seconds

    def on_start(self, run: Run) -> None:
        self.curves = LossCurves(run, log=self.log)
        self.output = display(self.curves, display_id=True)
        self.drawn = time.monotonic()

    def on_epoch(self, run: Run) -> None:
        if time.monotonic() - self.drawn >= self.seconds:
            self.curves.refresh()
            self.drawn = time.monotonic()

    def on_end(self, run: Run) -> None:
        self.curves.refresh()
        if self.output is not None:
            self.output.update(self.curves)  # a page that is saved shows the end, not the start
