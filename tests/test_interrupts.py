"""However a run ends, what was learned stays and every callback hears of it."""

from __future__ import annotations

import signal
import threading

import numpy as np
import pytest

from nnlib import (
    SGD,
    Callback,
    CrossEntropy,
    Dense,
    Momentum,
    ProgressBar,
    ReLU,
    Sequential,
    StopWhen,
    fit,
)

M, BATCH, STEPS = 22, 6, 4  # four steps an epoch, the last one smaller


class Diary(Callback):
    def __init__(self):
        self.lines = []

    def on_start(self, run):
        self.lines.append("start")

    def on_step(self, run):
        self.lines.append((run.epoch, run.position, run.step, round(run.J_epoch, 12)))
        self.J = run.J

    def on_epoch(self, run):
        self.lines.append(f"epoch {run.epoch}")

    def on_end(self, run):
        self.lines.append(f"end {run.history.ended}")


class At(Callback):
    """Does something after a given step."""

    def __init__(self, step, action):
        self.step, self.action = step, action

    def on_step(self, run):
        if run.step == self.step:
            self.action(run)


def train(*callbacks, epochs=3, lr=0.1):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(M, 3)), rng.integers(0, 2, M)
    net = Sequential(Dense(3, 5, rng=rng), ReLU(), Dense(5, 2, rng=rng), dtype=np.float64)
    history = fit(
        net,
        CrossEntropy(),
        Momentum(lr),
        X,
        y,
        epochs=epochs,
        batch_size=BATCH,
        rng=rng,
        callbacks=callbacks,
    )
    return net, history


def stop_button(run):
    if threading.current_thread() is threading.main_thread():
        signal.raise_signal(signal.SIGINT)
    raise KeyboardInterrupt


def test_callbacks_see_every_step():
    diary = Diary()
    _, history = train(diary, epochs=2)
    steps = [line for line in diary.lines if isinstance(line, tuple)]
    assert [line[:3] for line in steps] == [
        (epoch, i + 1, 4 * epoch + i + 1) for epoch in range(2) for i in range(STEPS)
    ]
    assert steps[3][3] == pytest.approx(history["loss"][0])
    assert steps[7][3] == pytest.approx(history["loss"][1])
    assert [line for line in diary.lines if isinstance(line, str)] == [
        "start",
        "epoch 1",
        "epoch 2",
        "end finished",
    ]


def test_an_interrupt_keeps_theta_and_the_finished_epochs():
    diary, seen = Diary(), []
    watch = At(6, lambda run: seen.append(run.net.theta.copy()))
    net, history = train(diary, watch, At(6, stop_button), epochs=50)
    assert history.ended == "interrupted"
    assert len(history["loss"]) == 1
    np.testing.assert_array_equal(net.theta, seen[0])
    assert diary.lines[-1] == "end interrupted"
    _, whole = train(epochs=1)
    assert history == whole


def test_a_callback_ends_the_run_after_its_epoch():
    def stop(run):
        run.stop = True

    _, history = train(At(6, stop), epochs=50)
    assert (history.ended, len(history["loss"])) == ("stopped", 2)
    _, history = train(StopWhen(cost=np.inf), epochs=50)
    assert (history.ended, len(history["loss"])) == ("stopped", 1)


def test_a_stop_at_the_last_epoch_is_said_so():
    assert train(StopWhen(cost=-np.inf))[1].ended == "finished"
    assert train(StopWhen(cost=np.inf), epochs=1)[1].ended == "stopped"


def test_divergence_names_the_epoch_and_lets_callbacks_end():
    def explode(run):
        run.net.theta = np.full_like(run.net.theta, np.inf)

    diary = Diary()
    with pytest.raises(
        FloatingPointError, match=r"in epoch 2, the loss is nan at step 7 with learning rate 0\.1"
    ):
        train(diary, At(6, explode))
    assert diary.lines[-1] == "end diverged"


def test_an_error_in_a_callback_lets_the_others_end():
    def fail(run):
        raise OSError("disk full")

    diary = Diary()
    with pytest.raises(OSError, match="disk full"):
        train(diary, At(2, fail))
    assert diary.lines[-1] == "end "


def test_the_bar_is_closed_however_the_run_ends(capsys):
    bar = ProgressBar()
    train(bar, At(6, stop_button), epochs=50)
    assert bar.bar.disable
    assert "1/50" in capsys.readouterr().err


def test_the_bar_of_a_resumed_run_counts_the_epochs_behind_it(capsys):
    class Resume(Callback):
        def on_start(self, run):
            run.epoch = 7

    bar = ProgressBar()
    train(bar, Resume(), epochs=9)
    assert bar.bar.n == 9
    assert "9/9" in capsys.readouterr().err


def test_a_run_without_callbacks_can_be_interrupted(monkeypatch):
    rng = np.random.default_rng(0)
    net = Sequential(Dense(3, 2, rng=rng))
    calls = iter(range(3))

    def forward(X, training=False):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return Sequential.forward(net, X, training)

    monkeypatch.setattr(net, "forward", forward)
    X, y = rng.normal(size=(M, 3)), rng.integers(0, 2, M)
    history = fit(net, CrossEntropy(), SGD(0.1), X, y, epochs=9)
    assert history.ended == "interrupted"
    assert len(history["loss"]) == 2
