"""The training loop: what it minimises, what callbacks see, and that bad input costs nothing."""

import io

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nnlib.progress
from nnlib import (
    L1,
    L2,
    SGD,
    Adam,
    BatchNorm,
    BinaryCrossEntropy,
    Callback,
    CrossEntropy,
    Dense,
    Dropout,
    History,
    MeanAbsoluteError,
    MeanSquaredError,
    Momentum,
    ProgressBar,
    ReLU,
    Sequential,
    Standardizer,
    StopWhen,
    Tanh,
    Validation,
    datasets,
    fit,
    metrics,
    schedules,
    split,
    train_step,
)


@pytest.fixture
def net(rng):
    return Sequential(Dense(4, 6, rng=rng), Tanh(), Dense(6, 3, rng=rng), dtype=np.float64)


@pytest.fixture
def X(rng):
    return rng.normal(size=(25, 4))


@pytest.fixture
def y(X):
    return (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)


class Diary(Callback):
    """Writes down every hook, with what the run says at that moment."""

    def __init__(self, name="", pages=None):
        self.name, self.pages = name, [] if pages is None else pages

    def on_start(self, run):
        self.pages.append((self.name, "start", run.epoch, run.step))

    def on_epoch(self, run):
        self.pages.append((self.name, "epoch", run.epoch, run.step))

    def on_end(self, run):
        self.pages.append((self.name, "end", run.epoch, run.step))


def test_a_real_network_learns_digits(rng):
    data = datasets.digits()
    train, test = split(len(data.y), (0.8, 0.2), rng=rng, stratify=data.y)
    net = Sequential(
        Dense(64, 32, rng=rng), BatchNorm(32), ReLU(), Dropout(0.1, rng=rng), Dense(32, 10, rng=rng)
    )
    history = fit(
        net,
        CrossEntropy(),
        Adam(lr=0.01),
        data.X[train],
        data.y[train],
        epochs=8,
        batch_size=64,
        rng=rng,
        penalty=L2(0.1),
    )
    assert history["loss"][-1] < 0.2 * history["loss"][0]
    assert metrics.accuracy(data.y[test], net.predict(data.X[test]).argmax(axis=1)) > 0.94
    assert net.theta.dtype == np.float32


@pytest.mark.parametrize(("Method", "lr"), [(SGD, 0.5), (Momentum, 0.5), (Adam, 0.05)])
def test_full_batches_walk_downhill(Method, lr, net, X, y):
    optimizer = Method(lr)
    before = CrossEntropy()(net.predict(X), y)
    history = fit(net, CrossEntropy(), optimizer, X, y, epochs=40)
    assert len(history["loss"]) == 40
    assert history["loss"][0] == pytest.approx(before)
    assert history["loss"][-1] < 0.5 * before
    assert optimizer.t == 40


@pytest.mark.parametrize("penalty", [None, L2(1.5), L1(1.5), L1(1.5, proximal=True)], ids=repr)
def test_fit_is_its_steps_written_out(penalty, net, X, y):
    start, m = net.theta.copy(), len(X)
    history = fit(
        net,
        CrossEntropy(),
        Momentum(schedules.cosine(0.3, steps=9)),
        X,
        y,
        epochs=3,
        batch_size=10,
        rng=np.random.default_rng(5),
        penalty=penalty,
    )
    reached, net.theta = net.theta.copy(), start
    loss, optimizer = CrossEntropy(), Momentum(schedules.cosine(0.3, steps=9))
    order, costs = np.random.default_rng(5), []
    weights = [slice(v.start, v.stop) for v in net.parameters.views if v.name.endswith("W")]
    for _ in range(3):
        rows, J = order.permutation(m), 0.0
        for batch in (rows[:10], rows[10:20], rows[20:]):
            part = loss(net.forward(X[batch], training=True), y[batch])
            net.backward(loss.backward())
            grad, lr = net.grad.copy(), optimizer.lr
            if penalty:
                for w in weights:
                    part += penalty.value(net.theta[w], m)
                    grad[w] += penalty.gradient(net.theta[w], m)
            J += part * len(batch) / m
            optimizer.step(net.theta, grad)
            if penalty:
                for w in weights:
                    penalty.after_step(net.theta[w], m, lr)
        costs.append(J)
    assert_allclose(net.theta, reached, rtol=1e-12)
    assert_allclose(history["loss"], costs, rtol=1e-12)
    assert (reached == 0).any() == (penalty is not None and getattr(penalty, "proximal", False))


@pytest.mark.parametrize("batch_size", [5, 25, None])
def test_the_penalty_counts_all_rows_whatever_the_batch(batch_size, net, X, y):
    """At α ≈ 0 the epoch's J is the mean loss + λ/(2m) Σ w² with m = 25, not the batch's size."""
    squares = sum(np.sum(net[i].W ** 2) for i in (0, 2))
    expected = CrossEntropy()(net.predict(X), y) + 3.0 / (2 * 25) * squares
    history = fit(
        net, CrossEntropy(), SGD(1e-12), X, y, epochs=1, batch_size=batch_size, penalty=L2(3.0)
    )
    assert history["loss"][0] == pytest.approx(expected, rel=1e-9)


def test_clipping_shortens_the_whole_gradient_penalty_included(net, X, y):
    start = net.theta.copy()
    settings = {"epochs": 1, "penalty": L2(40.0)}
    fit(net, CrossEntropy(), SGD(1.0), X, y, **settings)
    whole, net.theta = start - net.theta, start
    norm = np.linalg.norm(whole)
    assert norm > 0.1
    fit(net, CrossEntropy(), SGD(1.0), X, y, clip_norm=0.1, **settings)
    assert_allclose(start - net.theta, whole * (0.1 / norm), rtol=1e-12)
    net.theta = start
    fit(net, CrossEntropy(), SGD(1.0), X, y, clip_norm=2 * norm, **settings)
    assert_allclose(start - net.theta, whole, rtol=1e-12)
    net.theta = start
    with pytest.raises(ValueError, match="max_norm must be a positive number, got 0"):
        fit(net, CrossEntropy(), SGD(1.0), X, y, clip_norm=0, **settings)
    assert_array_equal(net.theta, start)


def test_the_same_seed_gives_the_same_network(X, y):
    def trained(seed):
        rng = np.random.default_rng(seed)
        net = Sequential(Dense(4, 5, rng=rng), ReLU(), Dropout(0.3, rng=rng), Dense(5, 3, rng=rng))
        fit(net, CrossEntropy(), Adam(0.02), X, y, epochs=4, batch_size=7, rng=rng)
        return net.theta

    assert_array_equal(trained(3), trained(3))
    assert (trained(3) != trained(4)).any()


def test_without_rng_the_order_is_kept(X, y, rng):
    nets = [Sequential(Dense(4, 3, rng=np.random.default_rng(1))) for _ in range(2)]
    fit(nets[0], CrossEntropy(), SGD(0.1), X, y, epochs=1, batch_size=10)
    optimizer = SGD(0.1)
    for rows in (slice(0, 10), slice(10, 20), slice(20, 25)):
        train_step(nets[1], CrossEntropy(), optimizer, X[rows], y[rows])
    assert_array_equal(nets[0].theta, nets[1].theta)


def test_a_step_returns_the_cost_before_it(net, X, y):
    squares = sum(np.sum(net[i].W ** 2) for i in (0, 2))
    before = CrossEntropy()(net.predict(X), y) + 2.0 / (2 * 25) * squares
    assert train_step(net, CrossEntropy(), SGD(0.1), X, y, penalty=L2(2.0)) == pytest.approx(before)
    assert CrossEntropy()(net.predict(X), y) < before


def test_data_are_left_as_they_came(net, X, y):
    kept_X, kept_y = X.copy(), y.copy()
    fit(net, CrossEntropy(), Adam(0.1), X, y, epochs=2, batch_size=4)
    assert_array_equal(X, kept_X)
    assert_array_equal(y, kept_y)


def test_callbacks_see_the_run_in_order(net, X, y):
    pages = []
    fit(
        net,
        CrossEntropy(),
        SGD(0.1),
        X,
        y,
        epochs=2,
        batch_size=10,
        callbacks=[Diary("a", pages), Diary("b", pages)],
    )
    hooks = [("start", 0, 0), ("epoch", 1, 3), ("epoch", 2, 6), ("end", 2, 6)]
    assert pages == [(name, *hook) for hook in hooks for name in "ab"]


def test_a_callback_may_hook_into_nothing(net, X, y):
    assert len(fit(net, CrossEntropy(), SGD(0.1), X, y, epochs=1, callbacks=[Callback()])) == 1


def test_validation_is_measured_in_inference_mode(rng, X, y):
    net = Sequential(Dense(4, 8, rng=rng), Dropout(0.5, rng=rng), Dense(8, 3, rng=rng))

    def correct(y, Z):
        return metrics.accuracy(y, Z.argmax(axis=1))

    watched = Validation(X[:9], y[:9], correct)
    history = fit(net, CrossEntropy(), SGD(0.1), X[9:], y[9:], epochs=3, callbacks=[watched])
    assert sorted(history) == ["loss", "validation loss", "validation metric"]
    assert [len(values) for values in history.values()] == [3, 3, 3]
    Z = net.predict(X[:9])
    assert history["validation loss"][-1] == CrossEntropy()(Z, y[:9])
    assert history["validation metric"][-1] == correct(y[:9], Z)
    plain = fit(net, CrossEntropy(), SGD(0.1), X, y, epochs=1, callbacks=[Validation(X, y)])
    assert sorted(plain) == ["loss", "validation loss"]


@pytest.mark.parametrize(
    ("stop", "holds"),
    [
        (StopWhen(change=1e-3), lambda J: abs(J[-1] - J[-2]) < 1e-3 <= abs(J[-2] - J[-3])),
        (StopWhen(cost=0.4), lambda J: J[-1] < 0.4 <= J[-2]),
    ],
    ids=["change", "cost"],
)
def test_stop_when(stop, holds, net, X, y):
    history = fit(net, CrossEntropy(), SGD(1.0), X, y, epochs=1000, callbacks=[stop, Diary()])
    assert 3 < len(history["loss"]) < 1000
    assert holds(history["loss"])


@pytest.mark.parametrize("callbacks", [StopWhen(), [StopWhen], History(), [None]])
def test_callbacks_are_a_list_of_callbacks(callbacks, net, X, y):
    with pytest.raises(TypeError, match="callbacks must be a list of callbacks, got"):
        fit(net, CrossEntropy(), SGD(0.1), X, y, epochs=1, callbacks=callbacks)


def test_stop_when_asked_for_nothing_never_stops(net, X, y):
    for change in (-1, np.nan, "little"):
        with pytest.raises(ValueError, match="change must be zero or more, got"):
            StopWhen(change=change)
    still = fit(net, CrossEntropy(), SGD(1e-300), X, y, epochs=3, callbacks=[StopWhen()])
    assert len(still["loss"]) == 3


def test_the_progress_bar_writes_through_tqdm(net, X, y, monkeypatch):
    page, bars = io.StringIO(), []

    def to_page(**options):
        bars.append(tqdm(file=page, mininterval=0, **options))
        return bars[-1]

    tqdm = nnlib.progress.tqdm
    monkeypatch.setattr(nnlib.progress, "tqdm", to_page)
    history = fit(net, CrossEntropy(), SGD(0.1), X, y, epochs=3, callbacks=[ProgressBar()])
    assert f"J={history['loss'][-1]:.4f}" in page.getvalue()
    assert "3/3" in page.getvalue()
    assert bars[0].disable  # closed
    with pytest.raises(FloatingPointError):
        fit(net, MeanSquaredError(), SGD(1e200), X, X[:, :3], epochs=9, callbacks=[ProgressBar()])
    assert bars[1].disable
    fit(net, CrossEntropy(), SGD(0.1), X, y, epochs=1, callbacks=[ProgressBar(leave=False)])
    assert not bars[2].leave


def test_the_bar_is_silent_without_it(net, X, y, capsys):
    fit(net, CrossEntropy(), SGD(0.1), X, y, epochs=2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_divergence_says_what_to_try(dtype, rng):
    data = datasets.diabetes()
    net = Sequential(Dense(10, 1, rng=rng), dtype=dtype)
    diary = Diary()
    with pytest.raises(
        FloatingPointError, match=r"the loss is (inf|nan) at step \d+ with learning "
    ):
        fit(net, MeanSquaredError(), SGD(0.5), data.X, data.y, epochs=1000, callbacks=[diary])
    assert diary.pages[-1][1] == "end"
    Z = Standardizer().fit_transform(data.X)
    net = Sequential(Dense(10, 1, rng=rng), dtype=dtype)
    assert np.isfinite(fit(net, MeanSquaredError(), SGD(0.1), Z, data.y, epochs=50)["loss"]).all()


def test_what_stands_in_the_wrong_place_is_named(net, X, y):
    with pytest.raises(TypeError, match=r"fit takes net, loss, optimizer; got SGD\(lr=0\.1\) and"):
        fit(net, SGD(0.1), CrossEntropy(), X, y, epochs=1)
    with pytest.raises(TypeError, match=r"penalty must be one such as L2\(lam\), got 0\.1"):
        fit(net, CrossEntropy(), SGD(0.1), X, y, epochs=1, penalty=0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_step_on_nan_leaves_theta_and_the_optimizer(bad, net, X, y):
    start, optimizer = net.theta.copy(), Adam(0.1)
    with pytest.raises(
        FloatingPointError, match=r"the loss is nan at step 1 with learning rate 0.1"
    ):
        train_step(net, CrossEntropy(), optimizer, np.where(X > 1.5, bad, X) * [bad, 1, 1, 1], y)
    assert_array_equal(net.theta, start)
    assert optimizer.t == 0


def with_entry(array, index, value):
    out = np.array(array, dtype=object if isinstance(value, str) else None)
    out[index] = value
    return out


BAD_DATA = {
    "too wide": (CrossEntropy, lambda X, y: (np.c_[X, X], y), r"expects A of shape \(m, 4\), got"),
    "one example": (CrossEntropy, lambda X, y: (X[0], y[:4]), r"X must have shape \(m, …\) .* got"),
    "empty": (CrossEntropy, lambda X, y: (X[:0], y[:0]), r"with m ≥ 1, got \(0, 4\)"),
    "no features": (CrossEntropy, lambda X, y: (X[:, :0], y), r"with m ≥ 1, got \(25, 0\)"),
    "rows differ": (
        CrossEntropy,
        lambda X, y: (X, y[:24]),
        r"one row per example, got \(25, 4\) and",
    ),
    "no rows of y": (
        CrossEntropy,
        lambda X, y: (X, 1),
        r"one row per example, got \(25, 4\) and \(\)",
    ),
    "NaN": (
        CrossEntropy,
        lambda X, y: (with_entry(X, (24, 2), np.nan), y),
        r"X must be finite, got nan at index \(24, 2\)",
    ),
    "infinite": (
        CrossEntropy,
        lambda X, y: (with_entry(X, (3, 0), -np.inf), y),
        r"X must be finite, got -inf at index \(3, 0\)",
    ),
    "label K in the last batch": (
        CrossEntropy,
        lambda X, y: (X, with_entry(y, 24, 3)),
        r"labels must lie in 0 … 2, got 3 at index 24",
    ),
    "label below 0": (
        CrossEntropy,
        lambda X, y: (X, with_entry(y, 24, -1)),
        r"labels must lie in 0 … 2, got -1 at index 24",
    ),
    "two ones in a row": (
        CrossEntropy,
        lambda X, y: (X, with_entry(np.eye(3)[y], 24, 1)),
        r"one-hot rows must hold a single 1, got \[1. 1. 1.\] in row 24",
    ),
    "NaN target": (
        MeanSquaredError,
        lambda X, y: (X, with_entry(X[:, :3], (24, 1), np.nan)),
        r"y must be finite, got nan at index \(24, 1\)",
    ),
    "narrow targets": (
        MeanSquaredError,
        lambda X, y: (X, y),
        r"targets must have the outputs' shape \(25, 3\), got \(25,\)",
    ),
    "narrow absolute": (MeanAbsoluteError, lambda X, y: (X, X[:, :2]), r"\(25, 3\), got \(25, 2\)"),
    "word targets": (
        MeanSquaredError,
        lambda X, y: (X, X[:, :3].astype(str)),
        "targets must be numbers, got dtype <U",
    ),
    "class 2 for a sigmoid": (
        BinaryCrossEntropy,
        lambda X, y: (X, with_entry(np.eye(3)[y], (24, 0), 2)),
        r"labels must be 0 or 1, got 2",
    ),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_are_met_before_the_first_step(case, net, X, y):
    loss, spoil, message = BAD_DATA[case]
    start, optimizer, diary = net.theta.copy(), Adam(0.1), Diary()
    with pytest.raises(ValueError, match=message):
        fit(net, loss(), optimizer, *spoil(X, y), epochs=2, batch_size=5, callbacks=[diary])
    assert_array_equal(net.theta, start)
    assert optimizer.t == 0
    assert not diary.pages


def test_words_are_no_inputs(net, X, y):
    start = net.theta.copy()
    with pytest.raises(TypeError, match="X must hold real numbers, got dtype <U"):
        fit(net, CrossEntropy(), SGD(0.1), X.astype(str), y, epochs=1)
    assert_array_equal(net.theta, start)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"epochs": 0}, ValueError, "epochs must be a whole number ≥ 1, got 0"),
        ({"epochs": 2.5}, ValueError, "epochs must be a whole number ≥ 1, got 2.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number ≥ 1, got 0"),
        ({"batch_size": 5, "rng": 3}, TypeError, "rng must be numpy.random.default_rng"),
    ],
)
def test_bad_settings_leave_theta_alone(options, error, message, net, X, y):
    start = net.theta.copy()
    with pytest.raises(error, match=message):
        fit(net, CrossEntropy(), SGD(0.1), X, y, **{"epochs": 1, **options})
    assert_array_equal(net.theta, start)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda X, y: (X[:, :3], y), r"expects A of shape \(m, 4\), got \(25, 3\)"),
        (lambda X, y: (X, y + 1), "labels must lie in 0 … 2, got 3"),
        (lambda X, y: (X, y[1:]), r"targets must be integers \(25,\) or one-hot"),
        (lambda X, y: (X[:0], y[:0]), "needs at least one example"),
        (lambda X, y: (X * np.nan, y), "the validation loss must be finite at the start, got nan"),
    ],
    ids=["shape", "label", "rows", "empty", "nan"],
)
def test_bad_validation_data_cost_no_epoch(spoil, message, net, X, y):
    start, watched = net.theta.copy(), Validation(*spoil(X, y))
    with pytest.raises(ValueError, match=message):
        fit(net, CrossEntropy(), SGD(0.1), X, y, epochs=1, callbacks=[watched])
    assert_array_equal(net.theta, start)
