"""Searches find what is there to be found, the same on any number of workers, and lose nothing."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
from collections import Counter

import numpy as np
import pytest

pytest.importorskip("joblib")

import joblib

from nnlib import SGD, Adam, Callback, CrossEntropy, Dense, ReLU, Sequential, fit
from nnlib.search import (
    Search,
    Trial,
    choice,
    coarse_to_fine,
    grid_search,
    log_uniform,
    random_search,
    uniform,
)

QUIET = {"progress": False}


def peak(params, rng):
    """Highest at lr = 0.01 and n = 20, whatever the activation."""
    return -((math.log10(params["lr"]) + 2) ** 2) - ((params["n"] - 20) / 20) ** 2


def noisy(params, rng):
    return rng.normal()


def train(params, rng):
    """What a learner would write: a network, a fit, a score; diverges for a large rate."""
    X = rng.normal(size=(80, 3))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    net = Sequential(Dense(3, params["n"], rng=rng), ReLU(), Dense(params["n"], 2, rng=rng))
    fit(net, CrossEntropy(), SGD(params["lr"]), X, y, epochs=5, batch_size=16, rng=rng)
    return -CrossEntropy()(net.predict(X), y)


SPACE = {"lr": log_uniform(1e-5, 1e2), "n": uniform(2, 40, whole=True), "g": choice("relu", "tanh")}


def draws(part, n=4000):
    rng = np.random.default_rng(0)
    return [part.sample(rng) for _ in range(n)]


def test_uniform_and_log_uniform_fill_their_range_evenly():
    plain, log = np.array(draws(uniform(-2, 6))), np.array(draws(log_uniform(1e-4, 1)))
    assert -2 <= plain.min() < -1.9
    assert 5.9 < plain.max() <= 6
    np.testing.assert_allclose(np.histogram(plain, 4, (-2, 6))[0], 1000, atol=120)
    np.testing.assert_allclose(np.histogram(np.log10(log), 4, (-4, 0))[0], 1000, atol=120)


def test_whole_numbers_include_both_ends_as_often_as_the_others():
    counts = Counter(draws(uniform(3, 6, whole=True)))
    assert sorted(counts) == [3, 4, 5, 6]
    np.testing.assert_allclose(list(counts.values()), 1000, atol=120)
    sizes = draws(log_uniform(1, 100, whole=True))
    assert (min(sizes), max(sizes)) == (1, 100)
    assert all(type(size) is int for size in sizes)
    assert np.mean(np.array(sizes) <= 10) == pytest.approx(0.57, abs=0.05)


def test_choice_keeps_any_kind_of_option():
    assert Counter(draws(choice("a", None))) == {
        "a": pytest.approx(2000, abs=150),
        None: pytest.approx(2000, abs=150),
    }


def test_grid_search_tries_every_combination_once():
    grid = {"lr": [1e-3, 1e-2, 1e-1], "n": [10, 20]}
    found = grid_search(peak, grid, rng=np.random.default_rng(0), **QUIET)
    tried = [(t.params["lr"], t.params["n"]) for t in found.trials]
    assert tried == [(lr, n) for lr in grid["lr"] for n in grid["n"]]
    assert found.best == Trial({"lr": 1e-2, "n": 20}, 0.0)
    assert [t.score for t in found.ranked] == sorted((t.score for t in found.trials), reverse=True)
    assert not found.interrupted


def test_random_search_is_seeded_and_tries_a_new_value_each_time():
    a, b, c = (
        random_search(peak, SPACE, 30, rng=np.random.default_rng(seed), **QUIET)
        for seed in (0, 0, 1)
    )
    assert a == b
    assert a.trials != c.trials
    assert len({t.params["lr"] for t in a.trials}) == 30
    assert {t.round for t in a.trials} == {1}


def test_every_trial_has_a_generator_of_its_own():
    found = random_search(noisy, SPACE, 20, rng=np.random.default_rng(0), **QUIET)
    assert len({t.score for t in found.trials}) == 20


def test_coarse_to_fine_narrows_every_range_to_the_best_so_far():
    found = coarse_to_fine(peak, SPACE, 16, rounds=3, rng=np.random.default_rng(0), **QUIET)
    assert [sum(t.round == r for t in found.trials) for r in (1, 2, 3)] == [16, 16, 16]
    for r in (1, 2):
        until_now = sorted((t for t in found.trials if t.round <= r), key=lambda t: -t.score)[:4]
        for name in ("lr", "n"):
            low, high = (f(t.params[name] for t in until_now) for f in (min, max))
            news = [t.params[name] for t in found.trials if t.round == r + 1]
            assert low <= min(news) <= max(news) <= high
    allowed = {t.params["g"] for t in until_now}
    assert {t.params["g"] for t in found.trials if t.round == 3} <= allowed
    assert found.best.round > 1
    plain = random_search(peak, SPACE, 48, rng=np.random.default_rng(0), **QUIET)
    assert found.best.score > plain.best.score


def test_a_trial_that_diverges_scores_minus_infinity_and_narrows_nothing():
    wild = {"lr": log_uniform(1e30, 1e35), "n": choice(4)}
    found = coarse_to_fine(train, wild, 3, rng=np.random.default_rng(0), **QUIET)
    assert [t.score for t in found.trials] == [-math.inf] * 6
    with pytest.raises(ValueError, match="none of the 6 trials ended with a finite score"):
        _ = found.best
    with pytest.raises(ValueError, match="none of the 0 trials"):
        _ = Search([]).best
    nan = grid_search(lambda p, rng: np.nan, {"a": [1]}, rng=np.random.default_rng(0), **QUIET)
    assert nan.trials == [Trial({"a": 1}, -math.inf)]


def test_an_error_in_the_score_names_the_setting():
    def broken(params, rng):
        raise KeyError("momentum")

    with pytest.raises(KeyError) as error:
        grid_search(broken, {"lr": [0.5]}, rng=np.random.default_rng(0), **QUIET)
    assert error.value.__notes__ == ["while scoring {'lr': 0.5}"]


def test_a_score_may_change_its_settings_without_harm():
    def greedy(params, rng):
        return params.pop("a")

    found = grid_search(greedy, {"a": [1, 2]}, rng=np.random.default_rng(0), **QUIET)
    assert found.best.params == {"a": 2}


SMALL = {"lr": log_uniform(1e-3, 1), "n": uniform(2, 9, whole=True)}


def search_networks(**settings):
    return coarse_to_fine(train, SMALL, 5, rng=np.random.default_rng(4), **QUIET, **settings)


def test_the_result_does_not_depend_on_the_number_of_workers():
    serial = search_networks()
    assert search_networks(n_jobs=1) == serial
    assert search_networks(n_jobs=2) == serial
    with joblib.parallel_config(backend="threading", n_jobs=3):
        assert search_networks() == serial


def test_it_is_quiet_only_when_asked(capsys):
    grid_search(peak, {"lr": [0.1], "n": [1, 2]}, rng=np.random.default_rng(0), **QUIET)
    assert capsys.readouterr() == ("", "")
    grid_search(peak, {"lr": [0.1], "n": [1, 2]}, rng=np.random.default_rng(0))
    assert "2/2" in capsys.readouterr().err


@pytest.mark.filterwarnings("default")
def test_the_same_call_runs_on_a_dask_cluster():
    distributed = pytest.importorskip("distributed", reason="the dask extra is not installed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**settings) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        where = random_search(
            lambda p, rng: os.getpid(), SMALL, 8, rng=np.random.default_rng(0), **QUIET
        )
        found = search_networks()
    assert os.getpid() not in {t.score for t in where.trials}
    assert found == search_networks()


class InterruptDuringFit(Callback):
    def on_step(self, run):
        signal.raise_signal(signal.SIGINT)


def test_an_interrupted_search_keeps_what_it_has():
    def slow(params, rng):
        if params["i"] == 3:
            raise KeyboardInterrupt
        return params["i"]

    found = grid_search(slow, {"i": list(range(6))}, rng=np.random.default_rng(0), **QUIET)
    assert found.interrupted
    assert [t.params["i"] for t in found.trials] == [0, 1, 2]
    assert found.best.params == {"i": 2}


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals need the main thread"
)
def test_the_score_of_a_fit_that_was_interrupted_does_not_count():
    """fit ends cleanly on an interrupt and the score returns a number, of half a network."""

    def score(params, rng):
        X, y = rng.normal(size=(20, 2)), np.zeros(20, dtype=int)
        callbacks = [InterruptDuringFit()] if params["i"] == 2 else []
        net = Sequential(Dense(2, 2, rng=rng))
        history = fit(net, CrossEntropy(), Adam(), X, y, epochs=2, callbacks=callbacks)
        ended.append(history.ended)
        return 1.0

    ended = []
    before = signal.getsignal(signal.SIGINT)
    found = grid_search(score, {"i": [0, 1, 2, 3]}, rng=np.random.default_rng(0), **QUIET)
    assert ended == ["finished", "finished", "interrupted"]
    assert found.interrupted
    assert [t.params["i"] for t in found.trials] == [0, 1]
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupted_round_is_the_last():
    def slow(params, rng):
        calls.append(params)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return params["lr"]

    calls = []
    found = coarse_to_fine(slow, SPACE, 5, rng=np.random.default_rng(0), **QUIET)
    assert found.interrupted
    assert [(t.params, t.round) for t in found.trials] == [(p, 1) for p in calls[:2]]


def test_where_interrupts_are_ignored_a_search_ignores_them():
    def signalled(params, rng):
        signal.raise_signal(signal.SIGINT)
        return 1.0

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        found = grid_search(signalled, {"i": [1, 2]}, rng=np.random.default_rng(0), **QUIET)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert (len(found.trials), found.interrupted) == (2, False)


PARALLEL_INTERRUPT = """
import os, signal, sys, threading, time
import numpy as np
from nnlib.search import choice, random_search

tally = sys.argv[1]  # the workers take seconds to start, or more on a busy machine

def score(params, rng):
    time.sleep(0.05)
    with open(tally, "a") as file:
        file.write(".")
    return params["a"]

def interrupt():
    while os.path.getsize(tally) < 20:
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGINT)

open(tally, "w").close()
threading.Thread(target=interrupt, daemon=True).start()
rng = np.random.default_rng(0)
found = random_search(score, {"a": choice(7)}, 2000, rng=rng, n_jobs=2, progress=False)
print(found.interrupted, 0 < len(found.trials) < 2000, found.best.score)
print(os.path.getsize(tally) < 1000)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts differ there")
def test_an_interrupt_of_a_parallel_search_keeps_what_it_has(tmp_path):
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARALLEL_INTERRUPT, str(tmp_path / "tally")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.split() == ["True", "True", "7.0", "True"], result.stderr


def test_off_the_main_thread_it_works_too():
    found = []
    thread = threading.Thread(target=lambda: found.append(search_networks()))
    thread.start()
    thread.join()
    assert found == [search_networks()]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: uniform(2, 2), "finite low < high, got 2 and 2"),
        (lambda: uniform(0, np.inf), "finite low < high, got 0 and inf"),
        (lambda: uniform(0.5, 3, whole=True), "needs whole ends, got 0.5 and 3"),
        (lambda: log_uniform(0, 1), "low must be a positive number, got 0"),
        (lambda: choice(), "choice needs at least one option"),
        (lambda: random_search(peak, {}, 3, rng=np.random.default_rng()), "at least one parameter"),
        (lambda: random_search(peak, SPACE, 0, rng=np.random.default_rng()), "n must be a whole"),
        (
            lambda: coarse_to_fine(peak, SPACE, 3, keep=0, rng=np.random.default_rng()),
            r"keep must lie in \(0, 1\], got 0",
        ),
        (
            lambda: grid_search(peak, {"lr": [], "n": [1]}, rng=np.random.default_rng()),
            r"at least one value of 'lr', got \[\]",
        ),
        (
            lambda: grid_search(peak, {"lr": 0.1}, rng=np.random.default_rng()),
            "a list of at least one value of 'lr', got 0.1",
        ),
        (
            lambda: grid_search(peak, {"init": "relu"}, rng=np.random.default_rng()),
            "a list of at least one value of 'init', got 'relu'",
        ),
        (
            lambda: random_search(peak, {"lr": (0.1, 1)}, 3, rng=np.random.default_rng()),
            r"uniform, log_uniform or choice for 'lr', got \(0.1, 1\)",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "search", [grid_search, lambda s, g, rng: random_search(s, SPACE, 2, rng=rng)]
)
def test_randomness_comes_from_a_generator(search):
    with pytest.raises(TypeError, match="rng must be numpy"):
        search(peak, {"lr": [0.1], "n": [1]}, rng=0)
