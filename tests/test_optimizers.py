"""First-order optimisers against their formulas written out, one coordinate at a time."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnlib import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp, schedules
from nnlib.optimizers import BLOCK

STEPS, N = 14, 5


def sgd(w, g, s, a, t):
    return w - a * g


def momentum(w, g, s, a, t, beta=0.9):
    s["v"] = beta * s.get("v", 0) + (1 - beta) * g
    return w - a * s["v"]


def heavy_ball(w, g, s, a, t, beta=0.9):
    s["V"] = beta * s.get("V", 0) + a * g
    return w - s["V"]


def nesterov(w, g, s, a, t, beta=0.9):
    s["v"] = beta * s.get("v", 0) + g
    return w - a * (g + beta * s["v"])


def adagrad(w, g, s, a, t, eps=1e-10):
    s["G"] = s.get("G", 0) + g**2
    return w - a * g / (math.sqrt(s["G"]) + eps)


def rmsprop(w, g, s, a, t, beta=0.9, eps=1e-8):
    s["s"] = beta * s.get("s", 0) + (1 - beta) * g**2
    return w - a * g / (math.sqrt(s["s"]) + eps)


def adam(w, g, s, a, t, beta1=0.9, beta2=0.999, eps=1e-8, corrected=True):
    s["v"] = beta1 * s.get("v", 0) + (1 - beta1) * g
    s["s"] = beta2 * s.get("s", 0) + (1 - beta2) * g**2
    v_hat, s_hat = s["v"], s["s"]
    if corrected:
        v_hat, s_hat = v_hat / (1 - beta1**t), s_hat / (1 - beta2**t)
    return w - a * v_hat / (math.sqrt(s_hat) + eps)


def adamw(w, g, s, a, t, weight_decay=0.01, **options):
    return adam(w - a * weight_decay * w, g, s, a, t, **options)


def by_the_formula(formula, theta, grads, rate, **options):
    """The path of θ (steps, n), each coordinate walking alone in plain Python."""
    path = np.empty_like(grads)
    for j in range(len(theta)):
        w, state = float(theta[j]), {}
        for t in range(len(grads)):
            w = formula(w, float(grads[t, j]), state, rate(t), t + 1, **options)
            path[t, j] = w
    return path


def walk(optimizer, theta, grads):
    theta, path = theta.copy(), []
    for grad in grads:
        optimizer.step(theta, grad)
        path.append(theta.copy())
    return np.array(path)


@pytest.fixture
def start():
    return np.random.default_rng(1).normal(size=N)


@pytest.fixture
def grads():
    grads = np.random.default_rng(2).normal(size=(STEPS, N)) * [0.01, 0.1, 1, 10, 1]
    grads[1::2, -1] = 0
    return grads


RATES = {
    "constant": 0.05,
    "cosine": schedules.cosine(0.3, steps=10, end=0.01),
    "warmup": schedules.warmup(schedules.time_based(0.2, k=0.1), steps=4),
}
CASES = [
    (SGD, sgd, {}, {}),
    (Momentum, momentum, {}, {}),
    (Momentum, momentum, {"beta": 0.5}, {"beta": 0.5}),
    (Momentum, heavy_ball, {"heavy_ball": True}, {}),
    (Momentum, heavy_ball, {"heavy_ball": True, "beta": 0.7}, {"beta": 0.7}),
    (Nesterov, nesterov, {}, {}),
    (Nesterov, nesterov, {"beta": 0.5}, {"beta": 0.5}),
    (AdaGrad, adagrad, {}, {}),
    (AdaGrad, adagrad, {"eps": 0.1}, {"eps": 0.1}),
    (RMSProp, rmsprop, {}, {}),
    (RMSProp, rmsprop, {"beta": 0.6, "eps": 0.01}, {"beta": 0.6, "eps": 0.01}),
    (Adam, adam, {}, {}),
    (Adam, adam, *2 * [{"beta1": 0.8, "beta2": 0.9, "eps": 0.01}]),
    (Adam, adam, {"beta1": 0.0}, {"beta1": 0.0}),
    (Adam, adam, {"bias_correction": False}, {"corrected": False}),
    (AdamW, adamw, {}, {}),
    (AdamW, adamw, *2 * [{"weight_decay": 0.3, "beta1": 0.7, "beta2": 0.95, "eps": 1e-3}]),
]
MAKERS = {
    "sgd": SGD,
    "momentum": Momentum,
    "heavy_ball": lambda lr: Momentum(lr, heavy_ball=True),
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "uncorrected": lambda lr: Adam(lr, bias_correction=False),
    "adamw": AdamW,
}
EVERY = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("cls", "formula", "ours", "theirs"), CASES)
def test_formula(cls, formula, ours, theirs, rate, start, grads):
    lr = RATES[rate]
    schedule = lr if callable(lr) else lambda t: lr
    expected = by_the_formula(formula, start, grads, schedule, **theirs)
    assert_allclose(walk(cls(lr, **ours), start, grads), expected, rtol=1e-12, atol=1e-14)


def test_defaults_are_the_usual_ones():
    assert (AdaGrad().lr, AdaGrad().eps) == (0.01, 1e-10)
    assert (RMSProp().lr, RMSProp().beta, RMSProp().eps) == (0.001, 0.9, 1e-8)
    assert (Adam().lr, Adam().beta1, Adam().beta2, Adam().eps) == (0.001, 0.9, 0.999, 1e-8)
    assert (AdamW().lr, AdamW().weight_decay, AdamW().mask) == (0.001, 0.01, None)


def test_the_lectures_two_momenta_are_one_walk_at_a_constant_rate(start, grads):
    beta, alpha = 0.8, 0.1
    average = walk(Momentum(alpha, beta=beta), start, grads)
    ball = walk(Momentum((1 - beta) * alpha, beta=beta, heavy_ball=True), start, grads)
    assert_allclose(average, ball, rtol=1e-12)


def test_and_they_part_when_the_rate_changes(start, grads):
    beta, decay = 0.8, schedules.step(0.1, factor=0.1, interval=5)
    average = walk(Momentum(decay, beta=beta), start, grads)
    ball = walk(Momentum(lambda t: (1 - beta) * decay(t), beta=beta, heavy_ball=True), start, grads)
    assert_allclose(average[:5], ball[:5], rtol=1e-12)
    assert np.abs(average[5] - ball[5]).max() > 0.1 * np.abs(average[5] - average[4]).max()


def test_nesterov_reads_the_gradient_one_step_ahead():
    """Nesterov's own form: v ← βv − α∇J(x + βv), x ← x + v; ours walks on θ = x + βv."""
    A, alpha, beta = np.diag([1.0, 8.0]), 0.1, 0.7
    optimizer, theta = Nesterov(alpha, beta=beta), np.array([2.0, -1.0])
    x, v = theta.copy(), np.zeros(2)
    for _ in range(10):
        optimizer.step(theta, A @ theta)
        v = beta * v - alpha * A @ (x + beta * v)
        x = x + v
        assert_allclose(theta, x + beta * v, rtol=1e-12)


def test_momentum_averages_ten_gradients():
    optimizer, theta = Momentum(1.0, beta=0.9), np.zeros(1)
    optimizer.step(theta, np.ones(1))
    for _ in range(10):
        optimizer.step(theta, np.zeros(1))
    assert optimizer.v[0] == pytest.approx(0.1 * 0.9**10)  # 1/e of its first share


def test_adam_without_bias_correction_starts_too_fast():
    alpha, theta = 0.01, np.zeros(1)
    optimizer = Adam(alpha, bias_correction=False, eps=0)
    steps = -np.diff(np.append(0, walk(optimizer, theta, np.full((40, 1), 5.0)))) / alpha
    assert steps[0] == pytest.approx(3.16, abs=0.005)
    assert steps[11] == pytest.approx(6.57, abs=0.005)
    assert steps.argmax() == 11
    corrected = walk(Adam(alpha, eps=0), theta, np.full((40, 1), 5.0))
    assert_allclose(-np.diff(corrected, axis=0) / alpha, 1, rtol=1e-9)


def test_adagrad_without_eps_divides_by_zero_as_the_deck_would():
    with pytest.warns(RuntimeWarning, match="invalid value"):
        AdaGrad(0.1, eps=0).step(np.ones(1), np.zeros(1))
    theta = np.ones(1)
    AdaGrad(0.1).step(theta, np.zeros(1))
    assert theta == 1


def test_adagrad_keeps_a_rare_parameters_step_large():
    theta = np.zeros(2)
    optimizer = AdaGrad(0.1)
    for t in range(100):
        before = theta.copy()
        optimizer.step(theta, np.array([1.0, t % 50 == 49]))
    often, rare = before - theta
    assert often == pytest.approx(0.1 / 10)
    assert rare == pytest.approx(0.1 / math.sqrt(2))


def test_decoupled_decay_is_not_an_l2_penalty(start, grads):
    decayed = walk(AdamW(0.1, weight_decay=0.5), start, grads)
    penalised = Adam(0.1)
    theta = start.copy()
    for grad in grads:
        penalised.step(theta, grad + 0.5 * theta)
    assert np.abs(decayed[-1] - theta).max() > 0.01


def test_the_mask_spares_entries_from_decay(start, grads):
    mask = np.array([1, 0, 1, 0, 1])
    masked = walk(AdamW(0.1, weight_decay=0.5, mask=mask), start, grads)
    spared, decayed = (
        walk(Adam(0.1), start, grads),
        walk(AdamW(0.1, weight_decay=0.5), start, grads),
    )
    assert_array_equal(masked, np.where(mask, decayed, spared))


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_long_theta_walks_as_its_entries_would(make, dtype, start, grads):
    """Longer than three blocks, and no whole number of them; each entry keeps to its own path."""
    entries = np.arange(4 * (BLOCK // np.dtype(dtype).itemsize) - 7) % N
    start, grads = start.astype(dtype), grads.astype(dtype)
    assert_array_equal(
        walk(make(0.1), start[entries], grads[:3, entries]),
        walk(make(0.1), start, grads[:3])[:, entries],
    )


def double_rate(t):
    return np.float64(0.1)


@EVERY
@pytest.mark.parametrize("lr", [0.1, np.float64(0.1), double_rate])
def test_float32_stays_float32(make, lr, grads):
    theta = np.ones(N, np.float32)
    optimizer = make(lr)
    for grad in grads:
        optimizer.step(theta, grad.astype(np.float32))
    assert theta.dtype == np.float32
    assert all(getattr(optimizer, name).dtype == np.float32 for name in optimizer.slots)
    assert type(optimizer.lr) is float


@EVERY
def test_a_step_changes_theta_in_place_and_leaves_the_gradient(make, start, grads):
    theta, grad = start.copy(), grads[0]
    kept, view = grad.copy(), theta[1:3]
    make(0.1).step(theta, grad)
    assert_array_equal(grad, kept)
    assert_array_equal(view, theta[1:3])
    assert (theta != start)[kept != 0].all()


@EVERY
def test_state_and_restore_continue_bit_identically(make, start, grads):
    rate = schedules.cosine(0.2, steps=STEPS)
    whole = walk(make(rate), start, grads)
    first = make(rate)
    walk(first, start, grads[:6])
    state = first.state()
    frozen = {name: value.copy() for name, value in state.items()}
    walk(first, start, grads[6:])  # what state() returned is a copy
    second = make(rate)
    second.restore(state)
    assert_array_equal(walk(second, whole[5], grads[6:]), whole[6:])
    for name, value in frozen.items():
        assert_array_equal(state[name], value)


@EVERY
def test_a_fresh_state_starts_again(make, start, grads):
    optimizer = make(0.1)
    fresh = optimizer.state()
    whole = walk(optimizer, start, grads)
    assert set(fresh) == {"t"}
    optimizer.restore(fresh)
    assert_array_equal(walk(optimizer, start, grads), whole)


def test_another_optimizers_state_is_refused(start, grads):
    momentum = Momentum(0.1)
    walk(momentum, start, grads)
    before = momentum.state()
    for state in (Adam().state() | {"s": start}, {"t": np.array(3), "s": start}, {"v": start}):
        with pytest.raises(ValueError, match=r"Momentum\(lr=0.1\) keeps \[.*\], got a state of"):
            momentum.restore(state)
    for name, value in before.items():
        assert_array_equal(momentum.state()[name], value)


def test_the_schedule_sees_steps_from_zero(start, grads):
    seen = []

    def schedule(t):
        seen.append(t)
        return 0.1

    walk(SGD(schedule), start, grads[:4])
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("lr", [0, -0.1, np.nan, np.inf, "fast", None])
@EVERY
def test_a_rate_must_be_positive(make, lr):
    with pytest.raises(
        ValueError, match=f"the learning rate must be a positive number, got {lr!r}"
    ):
        make(lr)


def test_a_schedule_may_reach_zero_but_not_fall_below(start, grads):
    optimizer, theta = SGD(lambda t: [0.0, -0.5, np.nan][t]), start.copy()
    optimizer.step(theta, grads[0])
    for t, rate in ((1, "-0.5"), (2, "nan")):
        optimizer.t = t
        with pytest.raises(ValueError, match=f"the learning rate must be zero or more, got {rate}"):
            optimizer.step(theta, grads[0])
    assert_array_equal(theta, start)


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, np.nan, "0.9"])
@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (Momentum, "beta"),
        (Nesterov, "beta"),
        (RMSProp, "beta"),
        (Adam, "beta1"),
        (Adam, "beta2"),
        (AdamW, "beta1"),
    ],
)
def test_a_beta_lies_in_zero_to_one(cls, name, value):
    with pytest.raises(ValueError, match=rf"{name} must lie in \[0, 1\), got {value!r}"):
        cls(0.1, **{name: value})


@pytest.mark.parametrize(
    ("cls", "name"),
    [(AdaGrad, "eps"), (RMSProp, "eps"), (Adam, "eps"), (AdamW, "eps"), (AdamW, "weight_decay")],
)
def test_eps_and_decay_are_not_negative(cls, name):
    with pytest.raises(ValueError, match=f"{name} must be zero or more, got -1"):
        cls(0.1, **{name: -1})


@EVERY
def test_wrong_shapes_leave_theta_alone(make, start, grads):
    optimizer = make(0.1)
    optimizer.step(theta := start.copy(), grads[0])
    kept = theta.copy()
    square = np.ones((2, 3))
    for t, g, message in (
        (theta, np.ones(N + 1), r"flat and alike, got \(5,\) and \(6,\)"),
        (square, square, r"flat and alike, got \(2, 3\) and \(2, 3\)"),
    ):
        with pytest.raises(ValueError, match=message):
            optimizer.step(t, g)
    with pytest.raises(TypeError, match="theta must hold floats to be changed in place, got int64"):
        make(0.1).step(np.array([1, 2]), np.array([0.5, 0.5]))
    assert_array_equal(theta, kept)
    assert optimizer.t == 1


def test_an_optimizer_belongs_to_one_network(start, grads):
    optimizer = Adam(0.1)
    optimizer.step(start, grads[0])
    with pytest.raises(ValueError, match=r"Adam\(lr=0.1\) has stepped 5 parameters before, got 3"):
        optimizer.step(np.ones(3), np.ones(3))


def test_a_mask_of_another_length_is_refused(start, grads):
    kept = start.copy()
    with pytest.raises(ValueError, match=r"mask must have theta's shape \(5,\), got \(4,\)"):
        AdamW(0.1, mask=[1, 0, 1, 0]).step(start, grads[0])
    assert_array_equal(start, kept)


def test_the_base_class_has_no_formula(start, grads):
    with pytest.raises(NotImplementedError):
        Optimizer(0.1).step(start, grads[0])
    assert repr(Momentum(0.25)) == "Momentum(lr=0.25)"
