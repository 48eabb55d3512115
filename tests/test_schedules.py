"""Schedules against their formulas, at the points where each changes its mind."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnlib import SGD, schedules

TABLE = [
    (schedules.constant(0.3), {0: 0.3, 7: 0.3, 1000: 0.3}),
    (schedules.linear(0.4, steps=10), {0: 0.4, 1: 0.36, 5: 0.2, 10: 0, 11: 0, 99: 0}),
    (schedules.linear(0.4, steps=4, end=0.1), {0: 0.4, 1: 0.325, 4: 0.1, 50: 0.1}),
    (schedules.time_based(0.2, k=0.5), {0: 0.2, 1: 0.2 / 1.5, 2: 0.1, 8: 0.04}),
    (schedules.staircase(0.6, k=0.5, interval=3), {0: 0.6, 2: 0.6, 3: 0.4, 5: 0.4, 6: 0.3}),
    (schedules.exponential(0.5, k=0.1), {0: 0.5, 1: 0.5 * math.exp(-0.1), 10: 0.5 / math.e}),
    (schedules.step(0.8, factor=0.5, interval=4), {0: 0.8, 3: 0.8, 4: 0.4, 7: 0.4, 12: 0.1}),
    (schedules.cosine(0.2, steps=8), {0: 0.2, 4: 0.1, 8: 0, 9: 0, 100: 0}),
    (schedules.cosine(0.5, steps=6, end=0.1), {0: 0.5, 2: 0.4, 3: 0.3, 4: 0.2, 6: 0.1, 7: 0.1}),
    (schedules.warmup(0.4, steps=4), {0: 0.1, 1: 0.2, 3: 0.4, 4: 0.4, 9: 0.4}),
    (
        schedules.warmup(schedules.time_based(0.3, k=1), steps=3),
        {0: 0.1, 2: 0.3, 3: 0.3, 4: 0.15, 5: 0.1},
    ),
]


@pytest.mark.parametrize(("schedule", "expected"), TABLE)
def test_values(schedule, expected):
    for t, alpha in expected.items():
        assert schedule(t) == pytest.approx(alpha, rel=1e-12, abs=1e-17), t


@given(
    lr=st.floats(1e-5, 10),
    k=st.floats(0, 2),
    interval=st.integers(1, 30),
    steps=st.integers(1, 60),
    factor=st.floats(0.01, 1),
)
def test_decay_starts_at_the_rate_and_never_rises(lr, k, interval, steps, factor):
    for schedule in (
        schedules.constant(lr),
        schedules.linear(lr, steps=steps, end=lr / 10),
        schedules.time_based(lr, k=k),
        schedules.staircase(lr, k=k, interval=interval),
        schedules.exponential(lr, k=k),
        schedules.step(lr, factor=factor, interval=interval),
        schedules.cosine(lr, steps=steps, end=lr / 10),
    ):
        rates = np.array([schedule(t) for t in range(80)])
        assert rates[0] == pytest.approx(lr)
        assert (rates >= 0).all()
        assert (np.diff(rates) <= 1e-12 * lr).all()
        warm = schedules.warmup(schedule, steps=steps)
        assert [warm(t) for t in range(steps, steps + 20)] == list(rates[:20])
        assert (np.diff([warm(t) for t in range(steps)]) >= 0).all()


def test_a_staircase_touches_time_based_decay_at_every_first_step():
    staircase = schedules.staircase(0.7, k=0.3, interval=5)
    smooth = schedules.time_based(0.7, k=0.3)
    assert [staircase(5 * i) for i in range(8)] == [smooth(i) for i in range(8)]


def test_a_schedule_goes_where_a_rate_does():
    optimizer, theta = SGD(schedules.linear(1.0, steps=4)), np.zeros(1)
    for _ in range(6):
        optimizer.step(theta, np.ones(1))
    assert theta[0] == pytest.approx(-(1 + 0.75 + 0.5 + 0.25))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.constant(0), "lr must be a positive number, got 0"),
        (lambda: schedules.linear(-1, steps=4), "lr must be a positive number, got -1"),
        (lambda: schedules.linear(1, steps=0), "steps must be a whole number ≥ 1, got 0"),
        (lambda: schedules.linear(1, steps=4, end=-1), "end must be zero or more, got -1"),
        (lambda: schedules.time_based(np.nan, k=1), "lr must be a positive number, got nan"),
        (lambda: schedules.time_based(1, k=-1), "k must be zero or more, got -1"),
        (lambda: schedules.staircase(1, k=-1, interval=2), "k must be zero or more"),
        (lambda: schedules.staircase(1, k=1, interval=2.5), "interval must be a whole number"),
        (lambda: schedules.exponential(1, k=-1), "k must be zero or more"),
        (lambda: schedules.step(1, factor=0, interval=2), "factor must be a positive number"),
        (lambda: schedules.step(1, factor=0.5, interval=0), "interval must be a whole number"),
        (lambda: schedules.cosine(1, steps=2, end=-1), "end must be zero or more"),
        (lambda: schedules.warmup(0.0, steps=2), "lr must be a positive number, got 0.0"),
        (lambda: schedules.warmup(0.1, steps=True), "steps must be a whole number ≥ 1, got True"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()
