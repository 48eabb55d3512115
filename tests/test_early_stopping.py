"""Early stopping follows a scripted validation curve, so that its every decision is known."""

from __future__ import annotations

import numpy as np
import pytest

from nnlib import (
    SGD,
    Adam,
    BatchNorm,
    Callback,
    CrossEntropy,
    Dense,
    EarlyStopping,
    ReLU,
    Sequential,
    Validation,
    fit,
    metrics,
)
from nnlib.persistence import named_arrays


class Scripted(Callback):
    """Adds given values to the history and keeps a copy of the network after each epoch."""

    def __init__(self, values, name="validation_loss"):
        self.values, self.name, self.copies = values, name, []

    def on_epoch(self, run):
        run.history.add(**{self.name: self.values[run.epoch - 1]})
        self.copies.append({name: a.copy() for name, a in named_arrays(run.net).items()})


def network(rng):
    return Sequential(Dense(5, 7, rng=rng), BatchNorm(7), ReLU(), Dense(7, 3, rng=rng))


def run(values, stopping, name="validation_loss", lr=0.1, extra=()):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(24, 5)), rng.integers(0, 3, 24)
    net, script = network(rng), Scripted(values, name)
    callbacks = [script, stopping, *extra]
    try:
        history = fit(
            net,
            CrossEntropy(),
            SGD(lr),
            X,
            y,
            epochs=len(values),
            batch_size=8,
            rng=rng,
            callbacks=callbacks,
        )
    except FloatingPointError:
        history = None
    return net, script.copies, history


def assert_same(net, arrays):
    for name, array in named_arrays(net).items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)


def test_stops_after_patience_and_restores_theta_and_running_averages():
    stopping = EarlyStopping(patience=3)
    net, copies, history = run([3, 2, 2.5, 2, 2.1, 1, 0], stopping)
    assert len(history["loss"]) == 5  # a tie at epoch 4 is no gain
    assert history.ended == "stopped"
    assert (stopping.best, stopping.best_epoch) == (2, 2)
    assert_same(net, copies[1])
    assert not np.array_equal(copies[1]["1.running_mean"], copies[4]["1.running_mean"])


def test_the_last_epoch_may_be_the_best():
    net, copies, history = run([3, 2, 1], EarlyStopping(patience=2))
    assert history.ended == "finished"
    assert_same(net, copies[2])


def test_larger_is_better_for_a_metric():
    stopping = EarlyStopping(patience=2, watch="validation metric", larger=True)
    net, copies, _ = run([0.5, 0.9, 0.8, 0.7, 1.0], stopping, name="validation_metric")
    assert (stopping.best, stopping.best_epoch) == (0.9, 2)
    assert_same(net, copies[1])


def test_a_gain_of_no_more_than_change_is_none():
    stopping = EarlyStopping(patience=2, change=0.5)
    _, _, history = run([3, 2.5, 2.4, 2.3, 2.2], stopping)
    assert stopping.best_epoch == 3  # 3 → 2.5 gains exactly 0.5, 3 → 2.4 more
    assert len(history["loss"]) == 5


def test_a_loss_that_is_nan_never_counts_as_best():
    stopping = EarlyStopping(patience=2)
    _, _, history = run([np.nan, 3, np.nan, np.nan, 1], stopping)
    assert stopping.best_epoch == 2
    assert len(history["loss"]) == 4


def test_without_a_single_good_epoch_the_network_is_left_alone():
    net, copies, _ = run([np.nan, np.nan, np.nan], EarlyStopping(patience=2))
    assert_same(net, copies[1])


def test_the_last_network_stays_when_asked():
    net, copies, _ = run([1, 2, 3, 4], EarlyStopping(patience=2, restore_best=False))
    assert_same(net, copies[2])


def test_a_second_run_starts_afresh():
    stopping = EarlyStopping(patience=2)
    run([1, 2, 3], stopping)
    net, copies, _ = run([5, 4, 6, 7, 8], stopping)
    assert stopping.best_epoch == 2
    assert_same(net, copies[1])


def test_an_interrupted_run_keeps_the_best():
    class Interrupt(Callback):
        def on_step(self, run):
            if run.step == 3 * 3 + 1:
                raise KeyboardInterrupt

    net, copies, history = run([3, 1, 2, 4], EarlyStopping(), extra=[Interrupt()])
    assert history.ended == "interrupted"
    assert_same(net, copies[1])


def test_a_diverging_run_keeps_the_best():
    class Explode(Callback):
        def on_epoch(self, run):
            if run.epoch == 2:
                run.net.theta = np.full_like(run.net.theta, np.inf)

    net, copies, history = run([2, 3, 1, 1], EarlyStopping(), extra=[Explode()])
    assert history is None
    assert_same(net, copies[0])


def test_a_name_that_nobody_adds_is_refused():
    with pytest.raises(ValueError, match=r"watches 'validation loss', the history has .*'loss'"):
        run([1, 2], EarlyStopping(), name="something_else")
    for bad in ({"patience": 0}, {"change": -1.0}):
        with pytest.raises(ValueError, match=r"must be"):
            EarlyStopping(**bad)


def test_it_finds_the_turning_point_of_a_network_that_overfits():
    """Noisy labels: the validation loss turns, and the network that comes back is the turn's."""
    rng = np.random.default_rng(1)
    X, X_val = rng.normal(size=(60, 5)), rng.normal(size=(200, 5))
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    y_val = (X_val[:, 0] + rng.normal(size=200) > 0).astype(int)
    net = Sequential(Dense(5, 64, rng=rng), ReLU(), Dense(64, 2, rng=rng), dtype=np.float64)
    validation = Validation(X_val, y_val, lambda y, Z: metrics.accuracy(y, Z.argmax(axis=1)))
    history = fit(
        net,
        CrossEntropy(),
        Adam(0.01),
        X,
        y,
        epochs=200,
        batch_size=16,
        rng=rng,
        callbacks=[validation, EarlyStopping(patience=20)],
    )
    losses = history["validation loss"]
    assert history.ended == "stopped"
    assert len(losses) == int(np.argmin(losses)) + 1 + 20
    assert CrossEntropy()(net.predict(X_val), y_val) == pytest.approx(min(losses), rel=1e-9)
