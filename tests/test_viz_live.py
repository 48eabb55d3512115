"""The live plot, read from its artists while a network learns."""

from __future__ import annotations

import numpy as np
import pytest

from nnlib import (
    Adam,
    Callback,
    CrossEntropy,
    Dense,
    EarlyStopping,
    Sequential,
    Validation,
    fit,
)
from nnlib.viz import live
from nnlib.viz.live import LivePlot


class Page:
    """Stands in for the notebook's output: what was shown last."""

    def __init__(self):
        self.shown = []

    def display(self, widget, display_id):
        self.shown.append(widget.caption)
        return self

    def update(self, widget):
        self.shown.append(widget._repr_mimebundle_()[0]["text/plain"])


@pytest.fixture
def page(monkeypatch):
    page = Page()
    monkeypatch.setattr(live, "display", page.display)
    return page


def train(plot, *others, epochs=6, before=()):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 3)), rng.integers(0, 2, 30)
    net = Sequential(Dense(3, 2, rng=rng))
    callbacks = [*before, plot, *others]
    return fit(net, CrossEntropy(), Adam(0.05), X, y, epochs=epochs, rng=rng, callbacks=callbacks)


def validation():
    rng = np.random.default_rng(1)
    return Validation(rng.normal(size=(20, 3)), rng.integers(0, 2, 20))


def test_it_draws_the_history_of_training_and_validation(page):
    plot = LivePlot(seconds=0)
    history = train(plot, before=[validation()])
    curves = plot.curves
    assert list(curves.training.get_xdata()) == [1, 2, 3, 4, 5, 6]
    assert list(curves.training.get_ydata()) == history["loss"]
    assert list(curves.validation.get_ydata()) == history["validation loss"]
    assert [text.get_text() for text in curves.ax.get_legend().get_texts()] == [
        "training",
        "validation",
    ]
    low, high = curves.ax.get_ylim()
    everything = history["loss"] + history["validation loss"]
    assert low < min(everything) <= max(everything) < high
    assert curves.ax.get_xlim() == (0.5, 6.5)


def test_the_page_shows_the_start_then_the_end_in_words(page):
    history = train(LivePlot(), before=[validation()])
    losses = history["validation loss"]
    best = int(np.argmin(losses))
    assert page.shown == [
        "Training goes on after epoch 0 of 6.",
        f"Training is finished after epoch 6 of 6: J = {history['loss'][-1]:.4f} on the training "
        f"set, {losses[-1]:.4f} on the validation set, whose lowest was {losses[best]:.4f} at "
        f"epoch {best + 1}.",
    ]


class Watch(Callback):
    def __init__(self, plot):
        self.plot, self.captions = plot, []

    def on_epoch(self, run):
        self.captions.append(self.plot.curves.caption)


def test_it_draws_after_every_epoch_or_only_now_and_then(page):
    for seconds, last in ((0, "after epoch 6 of 6"), (1000, "after epoch 0 of 6")):
        plot = LivePlot(seconds=seconds)
        watch = Watch(plot)
        train(plot, watch)
        assert last in watch.captions[-1]
        assert "Training is finished after epoch 6" in plot.curves.caption
    assert "validation" not in plot.curves.caption
    assert plot.curves.ax.get_legend() is None


def test_it_says_how_the_run_ended(page):
    class Interrupt(Callback):
        def on_epoch(self, run):
            raise KeyboardInterrupt

    train(LivePlot(), Interrupt())
    assert page.shown[-1].startswith("Training was interrupted after epoch 1 of 6: J = ")
    train(LivePlot(), before=[EarlyStopping(watch="loss", patience=1, change=1e9)])
    assert page.shown[-1].startswith("Training was stopped after epoch 2 of 6: J = ")

    class Explode(Callback):
        def on_epoch(self, run):
            run.net.theta = np.full_like(run.net.theta, np.inf)

    with pytest.raises(FloatingPointError):
        train(LivePlot(log=True), Explode())
    assert page.shown[-1].startswith("Training diverged after epoch 1 of 6: J = ")


def test_without_a_notebook_it_prints_and_goes_on(monkeypatch):
    monkeypatch.setattr(live, "display", lambda widget, display_id: None)
    assert train(LivePlot()).ended == "finished"
