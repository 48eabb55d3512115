"""A run killed anywhere and resumed ends with the very bits of one that was never killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nnlib import (
    L2,
    SGD,
    Adam,
    BatchNorm,
    Callback,
    Checkpoint,
    CrossEntropy,
    Dense,
    Dropout,
    EarlyStopping,
    Momentum,
    ReLU,
    Sequential,
    StopWhen,
    Validation,
    fit,
    load,
    schedules,
)
from nnlib.persistence import named_arrays, save, write_arrays

M, N, K, BATCH, EPOCHS = 45, 6, 3, 8, 5
STEPS = EPOCHS * 6  # the last batch of an epoch is smaller

OPTIMIZERS = {
    "momentum": lambda: Momentum(schedules.cosine(0.1, steps=STEPS)),
    "adam": lambda: Adam(schedules.warmup(schedules.time_based(0.02, k=0.05), steps=4)),
}


class KillAt(Callback):
    """Kills this very process after a step, before its checkpoint is written."""

    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


class Slow(Callback):
    def on_step(self, run):
        time.sleep(0.02)


def data(rows=M, seed=7):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, N))
    return X, (X @ rng.normal(size=(N, K))).argmax(axis=1)


def network(rng):
    """Dropout draws from fit's generator; batch norm keeps averages that are not in θ."""
    hidden = (Dense(N, 10, rng=rng), BatchNorm(10), ReLU(), Dropout(0.3, rng=rng))
    return Sequential(*hidden, Dense(10, K, rng=rng))


def train(callbacks=(), optimizer="adam", epochs=EPOCHS, batch_size=BATCH, rng=None, net=None):
    rng = rng or np.random.default_rng(3)
    net = net or network(rng)
    fit(
        net,
        CrossEntropy(),
        OPTIMIZERS[optimizer](),
        *data(),
        epochs=epochs,
        batch_size=batch_size,
        rng=rng,
        penalty=L2(0.1),
        callbacks=[
            Validation(*data(20, seed=8)),
            EarlyStopping(patience=4, restore_best=False),
            *callbacks,
        ],
    )
    return net


def bits(net):
    return {name: array.tobytes() for name, array in named_arrays(net).items()}


def main(path, optimizer, death, every):
    """One process of the test: trains, perhaps until it dies, and saves what it ends with."""
    how, _, when = death.partition(" ")
    dying = [KillAt(int(when))] if how == "step" else [Slow()] if how == "outside" else []
    if how in ("fsync", "replace"):  # dies in the middle of writing a checkpoint
        calls, real = iter(range(int(when))), getattr(os, how)

        def deadly(*args):
            if next(calls, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args)

        setattr(os, how, deadly)
    save_every = None if every == "epoch" else int(every)
    callbacks = [*dying, Checkpoint(path + ".ckpt", every=save_every, resume=True)]
    save(train(callbacks, optimizer), path + ".final")


def start(path, optimizer="adam", death="never", every="1"):
    return subprocess.Popen([sys.executable, __file__, str(path), optimizer, death, str(every)])


def run_to_death(*args, **kwargs):
    assert start(*args, **kwargs).wait(timeout=60) == -signal.SIGKILL


def final_bits(path):
    net = network(np.random.default_rng(0))
    load(net, f"{path}.final")
    return bits(net)


needs_sigkill = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")


@needs_sigkill
@pytest.mark.parametrize(("optimizer", "every"), [("adam", 1), ("momentum", 4), ("adam", "epoch")])
def test_killed_at_several_steps_and_resumed_is_bit_identical(tmp_path, optimizer, every):
    path = tmp_path / "run"
    for step in (
        1,
        6,
        9,
        17,
        STEPS,
    ):  # 6 is an epoch's last, STEPS the run's
        run_to_death(path, optimizer, f"step {step}", every)
    assert start(path, optimizer, every=every).wait(timeout=60) == 0
    assert final_bits(path) == bits(train(optimizer=optimizer))


@needs_sigkill
def test_killed_while_writing_a_checkpoint_is_bit_identical(tmp_path):
    path = tmp_path / "run"
    for death in ("fsync 0", "replace 1", "fsync 6", "replace 7", "replace 8"):
        run_to_death(path, death=death)
    assert start(path).wait(timeout=60) == 0
    assert final_bits(path) == bits(train())


@needs_sigkill
def test_killed_from_outside_at_random_moments_is_bit_identical(tmp_path):
    path = tmp_path / "run"
    rng = np.random.default_rng()
    for _ in range(3):
        child = start(path, death="outside")
        time.sleep(rng.uniform(0.3, 1.0))
        child.kill()
        child.wait()
    assert start(path).wait(timeout=60) == 0
    assert final_bits(path) == bits(train())


class InterruptAt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.step == self.step:
            raise KeyboardInterrupt


class Count(Callback):
    steps = 0

    def on_step(self, run):
        self.steps += 1


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_every_kind_of_generator_is_taken_up(tmp_path, kind):
    def rng():
        return np.random.Generator(getattr(np.random, kind)(5))

    path = tmp_path / "run.ckpt"
    train([InterruptAt(11), Checkpoint(path, every=5)], rng=rng())
    count = Count()
    resumed = train([count, Checkpoint(path, resume=True)], rng=rng())
    assert bits(resumed) == bits(train(rng=rng()))
    assert count.steps == STEPS - 10


def test_separate_generators_rows_in_order_and_whole_batches(tmp_path):
    def one(callbacks):
        rng = np.random.default_rng(1)
        own = np.random.default_rng(2)
        net = Sequential(Dense(N, 4, rng=rng), Dropout(0.5, rng=own), Dense(4, K, rng=rng))
        history = fit(net, CrossEntropy(), SGD(0.1), *data(), epochs=9, callbacks=callbacks)
        return net, history

    path = tmp_path / "run.ckpt"
    one([InterruptAt(4), Checkpoint(path, every=3)])
    resumed, history = one([Checkpoint(path, resume=True)])
    straight, whole_history = one([])
    assert bits(resumed) == bits(straight)
    assert history == whole_history
    assert history.ended == "finished"


def test_early_stopping_and_its_best_network_survive(tmp_path):
    class Scripted(Callback):
        def on_epoch(self, run):
            run.history.add(validation_loss=[3, 2, 4, 5, 6, 7, 8][run.epoch - 1])

    def one(*callbacks):
        rng = np.random.default_rng(1)
        net = network(rng)
        watch = [Scripted(), EarlyStopping(patience=3), *callbacks]
        history = fit(
            net, CrossEntropy(), Adam(), *data(), epochs=7, batch_size=9, rng=rng, callbacks=watch
        )
        return net, history

    path = tmp_path / "run.ckpt"
    one(InterruptAt(5 * 3 + 2), Checkpoint(path))
    resumed, history = one(Checkpoint(path, resume=True))
    straight, whole_history = one()
    assert len(history["loss"]) == 5  # best at 2, patience 3
    assert (history, history.ended) == (whole_history, "stopped")
    assert bits(resumed) == bits(straight)
    again, _ = one(Checkpoint(path, resume=True))  # a finished run has nothing left to do
    assert bits(again) == bits(straight)


def test_a_finished_run_goes_on_for_more_epochs(tmp_path):
    path = tmp_path / "run.ckpt"
    train([Checkpoint(path, every=1000)], epochs=2)
    assert bits(train([Checkpoint(path, resume=True)], epochs=4)) == bits(train(epochs=4))


def test_without_a_checkpoint_a_run_starts_anew(tmp_path):
    assert bits(train([Checkpoint(tmp_path / "run.ckpt", resume=True)])) == bits(train())


def test_a_torn_checkpoint_falls_back_on_the_one_before(tmp_path):
    path = tmp_path / "run.ckpt"
    train([InterruptAt(14), Checkpoint(path, every=1)])
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.warns(UserWarning, match=r"run\.ckpt is torn.*going on from .*run\.ckpt\.previous"):
        resumed = train([Checkpoint(path, resume=True)])
    assert bits(resumed) == bits(train())


def test_with_both_torn_the_run_is_refused_and_nothing_is_touched(tmp_path):
    path = tmp_path / "run.ckpt"
    train([InterruptAt(14), Checkpoint(path, every=1)])
    for file in (path, Path(f"{path}.previous")):
        file.write_bytes(file.read_bytes()[:-100])
    before = path.read_bytes()
    net = network(np.random.default_rng(3))
    theta = net.theta.copy()
    with pytest.raises(ValueError, match=r"run\.ckpt is torn.*no earlier one"):
        train([Checkpoint(path, resume=True)], net=net)
    np.testing.assert_array_equal(net.theta, theta)
    assert path.read_bytes() == before


def test_a_file_that_is_no_checkpoint_is_never_written_over(tmp_path, rng):
    notes = tmp_path / "notes.txt"
    notes.write_text("my thesis")
    network_file = tmp_path / "network.npz"
    save(network(rng), network_file)
    for resume in (False, True):
        with pytest.raises(ValueError, match=r"notes\.txt is torn, or was not written by nnlib"):
            train([Checkpoint(notes, resume=resume)])
        with pytest.raises(ValueError, match=r"'nnlib network 1', expected 'nnlib checkpoint 1'"):
            train([Checkpoint(network_file, resume=resume)])
    assert notes.read_text() == "my thesis"


def test_a_new_run_writes_over_an_old_checkpoint(tmp_path):
    path = tmp_path / "run.ckpt"
    train([Checkpoint(path)], epochs=1)
    train([Checkpoint(path)], epochs=2)
    assert bits(train([Checkpoint(path, resume=True)])) == bits(train())


def test_another_run_is_refused_by_what_differs(tmp_path, rng):
    path = tmp_path / "run.ckpt"
    train([InterruptAt(8), Checkpoint(path, every=1)])
    resume = [Checkpoint(path, resume=True)]

    def refused(match, **changes):
        changes = {"callbacks": resume, "rng": rng, "net": network(rng), **changes}
        theta = changes["net"].theta.copy()
        with pytest.raises(ValueError, match=match):
            train(**changes)
        np.testing.assert_array_equal(changes["net"].theta, theta)

    refused("a run with optimizer Adam, this one has Momentum", optimizer="momentum")
    refused("a run with batch size 8, this one has 9", batch_size=9)
    refused(
        r"random generators \['PCG64'\], this one has \['MT19937', 'PCG64'\]",
        rng=np.random.Generator(np.random.MT19937(1)),
    )
    refused(
        r"callbacks \['EarlyStopping'\], this one has \['EarlyStopping', 'EarlyStopping'\]",
        callbacks=[EarlyStopping(), *resume],
    )
    wider = (Dense(N, 11, rng=rng), BatchNorm(11), ReLU(), Dropout(0.3, rng=rng))
    refused(
        r"0\.W has shape \(10, 6\) in .*run\.ckpt, \(11, 6\) in this network",
        net=Sequential(*wider, Dense(11, K, rng=rng)),
    )


def test_it_must_come_last(tmp_path):
    with pytest.raises(ValueError, match="must be the last callback"):
        train([Checkpoint(tmp_path / "run.ckpt"), StopWhen()])
    with pytest.raises(ValueError, match="every must be a whole number"):
        Checkpoint(tmp_path / "run.ckpt", every=0)


def test_a_folder_that_is_not_there_is_missed_before_the_first_epoch(tmp_path, rng):
    net = network(rng)
    theta = net.theta.copy()
    with pytest.raises(
        FileNotFoundError, match=r"there is no folder .*away to write run.ckpt into"
    ):
        train([Checkpoint(tmp_path / "away" / "run.ckpt")], net=net)
    np.testing.assert_array_equal(net.theta, theta)


def test_an_unknown_version_is_refused(tmp_path):
    path = tmp_path / "run.ckpt"
    write_arrays(path, "nnlib checkpoint 99", {"a": np.zeros(2)})
    with pytest.raises(ValueError, match="'nnlib checkpoint 99', expected 'nnlib checkpoint 1'"):
        train([Checkpoint(path, resume=True)])


if __name__ == "__main__":
    main(*sys.argv[1:])
