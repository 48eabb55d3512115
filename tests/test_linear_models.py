"""Linear regression three ways, and the perceptron, against closed forms and scikit-learn."""

import numpy as np
import pytest
import sklearn.linear_model as theirs
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from nnlib import Standardizer, datasets, metrics, train_perceptron
from nnlib.linear_regression import (
    add_bias_column,
    cost,
    exhaustive_search,
    gradient,
    gradient_descent,
    normal_equation,
)
from nnlib.perceptron import perceptron_update


@pytest.fixture(scope="module")
def diabetes():
    data = datasets.diabetes()
    return add_bias_column(Standardizer().fit_transform(data.X)), data.y


def test_the_formulas_by_hand():
    X, y, theta = np.array([[1.0, 2], [1, 3], [1, 5]]), np.array([3.0, 5, 8]), np.array([1.0, 1])
    assert cost(X, y, theta) == (0**2 + 1**2 + 2**2) / 6
    assert_allclose(gradient(X, y, theta), [(0 - 1 - 2) / 3, (0 - 3 - 10) / 3])


def test_lists_of_whole_numbers_will_do():
    X, y, theta = add_bias_column([[2], [3], [5]]), [3, 5, 8], [1, 1]
    assert cost(X.tolist(), y, theta) == (0**2 + 1**2 + 2**2) / 6
    assert_allclose(gradient(X.tolist(), y, theta), [(0 - 1 - 2) / 3, (0 - 3 - 10) / 3])
    small = np.uint8([[1, 200], [1, 100]])
    assert cost(small, np.uint8([201, 102]), np.uint8([1, 1])) == 0.25


@given(st.integers(2, 9), st.integers(1, 5), st.integers(0, 999))
def test_the_gradient_is_the_costs_slope(m, n, seed):
    rng = np.random.default_rng(seed)
    X, y, theta = rng.normal(size=(m, n)), rng.normal(size=m), rng.normal(size=n)
    slopes = [(cost(X, y, theta + e) - cost(X, y, theta - e)) / 2e-4 for e in 1e-4 * np.eye(n)]
    assert_allclose(gradient(X, y, theta), slopes, atol=1e-8)


def test_exhaustive_search_as_the_lecture_does_it():
    x, y = np.array([1.0, 2, 4]), np.array([3.1, 5.8, 12.2])
    slopes = np.linspace(0.5, 10, 96)
    best, costs = exhaustive_search(x, y, slopes)
    assert best == pytest.approx(3.0)
    assert_allclose(costs, [np.mean(np.abs(s * x - y)) for s in slopes])
    squared, costs = exhaustive_search(x[:, None], y, slopes, metric=metrics.mse)
    assert squared == slopes[np.argmin([np.mean((s * x - y) ** 2) for s in slopes])]
    assert exhaustive_search(np.uint8([100, 200]), [300, 600], slopes)[0] == pytest.approx(3.0)


def test_the_bias_column_keeps_the_dtype():
    X = add_bias_column(np.float32([[2, 3]]))
    assert X.dtype == np.float32
    assert_array_equal(X, [[1, 2, 3]])


def test_descent_and_the_normal_equation_meet_at_scikit_learns_line(diabetes):
    X, y = diabetes
    exact = normal_equation(X, y)
    ols = theirs.LinearRegression().fit(X[:, 1:], y)
    assert_allclose(exact, [ols.intercept_, *ols.coef_], rtol=1e-9)
    assert_allclose(gradient(X, y, exact), 0, atol=1e-9)
    path, costs = gradient_descent(X, y, lr=0.4, steps=20_000)
    assert_allclose(path[-1], exact, rtol=1e-5)
    assert (np.diff(costs) <= 1e-9).all()
    assert costs[-1] == pytest.approx(cost(X, y, exact), rel=1e-12)


def test_the_path_is_the_rule_step_by_step(diabetes):
    X, y = diabetes
    start = np.linspace(-1, 1, 11)
    kept = start.copy()
    path, costs = gradient_descent(X, y, lr=0.1, steps=4, theta=start)
    assert_array_equal(start, kept)
    assert path.shape == (5, 11)
    for t in range(4):
        h = [sum(path[t, j] * X[i, j] for j in range(11)) for i in range(len(y))]
        step = [np.mean((h - y) * X[:, j]) for j in range(11)]
        assert_allclose(path[t + 1], path[t] - 0.1 * np.array(step), rtol=1e-12)
    assert_allclose(costs, [cost(X, y, theta) for theta in path])


def test_descent_stops_when_the_cost_settles(diabetes):
    X, y = diabetes
    _, costs = gradient_descent(X, y, lr=0.4, steps=20_000, tol=0.01)
    assert 10 < len(costs) < 2000
    falls = -np.diff(costs)
    assert falls[-1] < 0.01 <= falls[-2]


@pytest.mark.parametrize("lam", [0.5, 30.0, 1e4])
def test_the_penalised_normal_equation_is_ridge(lam, diabetes):
    X, y = diabetes
    ridge = theirs.Ridge(alpha=lam).fit(X[:, 1:], y)
    assert_allclose(normal_equation(X, y, lam=lam), [ridge.intercept_, *ridge.coef_], rtol=1e-8)


def test_collinear_columns_do_no_harm(rng):
    x = rng.normal(size=(20, 1))
    theta = normal_equation(add_bias_column(np.c_[x, 2 * x]), 3 * x[:, 0] + 1)
    assert_allclose(theta, [1, 0.6, 1.2], atol=1e-12)  # the shortest of all that fit


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("lr", [0.1, np.float64(0.1)])
def test_dtype_is_kept(dtype, lr, diabetes):
    X, y = diabetes[0].astype(dtype), diabetes[1].astype(int)
    start = np.zeros(11)
    assert gradient_descent(X, y, lr=lr, steps=3, theta=start)[0].dtype == dtype
    assert normal_equation(X, y, lam=1.0).dtype == dtype
    walk = train_perceptron(X, y > 150, epochs=2, lr=lr)
    assert walk.w.dtype == dtype


def test_a_rate_too_large_says_so(diabetes):
    X, y = diabetes
    with pytest.raises(FloatingPointError, match=r"J is (inf|nan) at step \d+ with α = 0.6: try a"):
        gradient_descent(X, y, lr=0.6, steps=10_000)


GOOD = {"X": np.ones((3, 2)), "y": np.arange(3.0)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.ones(3)}, r"X must have shape \(m, n\): one row per sample; got \(3,\)"),
        ({"X": np.ones((0, 2))}, "X must have at least one row and one column"),
        ({"X": [[1, np.nan]] * 3}, r"X must be finite, got nan at index \(0, 1\)"),
        ({"y": np.arange(4)}, "y must have 3 entries, got 4"),
        ({"y": np.ones((3, 2))}, r"y must have shape \(m,\) with m ≥ 1, got \(3, 2\)"),
        ({"y": [1, np.nan, 2]}, r"y must be finite, got nan at index \(1,\)"),
    ],
)
@pytest.mark.parametrize(
    "solve", [normal_equation, lambda X, y: gradient_descent(X, y, lr=0.1, steps=2)]
)
def test_bad_data(solve, change, message):
    with pytest.raises(ValueError, match=message):
        solve(**{**GOOD, **change})


def test_words_are_no_targets():
    with pytest.raises(TypeError, match="y must hold real numbers, got dtype"):
        normal_equation(np.ones((2, 1)), ["a", "b"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"lr": 0, "steps": 3}, "the learning rate must be a positive number, got 0"),
        ({"lr": -0.1, "steps": 3}, "the learning rate must be a positive number, got -0.1"),
        ({"lr": 0.1, "steps": 0}, "steps must be a whole number ≥ 1, got 0"),
        ({"lr": 0.1, "steps": 3, "tol": -1}, "tol must be zero or more, got -1"),
        ({"lr": 0.1, "steps": 3, "theta": np.zeros(3)}, "theta must have 2 entries, got 3"),
    ],
)
def test_bad_settings_of_descent(call, message):
    with pytest.raises(ValueError, match=message):
        gradient_descent(**GOOD, **call)


def test_more_bad_input():
    with pytest.raises(ValueError, match="lam must be zero or more, got -1"):
        normal_equation(**GOOD, lam=-1)
    with pytest.raises(ValueError, match="y must have 2 entries, got 3"):
        exhaustive_search([1, 2], [1, 2, 3], [1.0])
    with pytest.raises(ValueError, match=r"slopes must have shape \(m,\) with m ≥ 1, got \(0,\)"):
        exhaustive_search([1, 2], [1, 2], [])
    for formula in (cost, gradient):
        for y, theta in ((np.ones((3, 1)), np.ones(2)), (np.ones(3), np.ones(3))):
            with pytest.raises(ValueError, match=r"X \(m, n\), y \(m,\) and theta \(n,\) must fit"):
                formula(GOOD["X"], y, theta)


AND, OR, XOR = ([0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0])
GATE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


@pytest.mark.parametrize("y", [AND, OR])
def test_the_perceptron_learns_and_and_or(y):
    walk = train_perceptron(GATE, y)
    assert_array_equal(GATE @ walk.w + walk.b > 0, y)
    assert walk.mistakes[-1] == 0 < min(walk.mistakes[:-1])


def test_the_perceptron_never_learns_xor():
    walk = train_perceptron(GATE, XOR, epochs=50)
    assert len(walk.mistakes) == 50
    assert min(walk.mistakes) > 0


def test_one_turn_of_the_perceptron():
    w, x = np.array([1.0, -1.0]), np.array([2.0, 1.0])
    for y, expected in ((1, ([1, -1], 0.5)), (0, ([0, -1.5], 0.0))):
        new, b = perceptron_update(w, 0.5, x, y, lr=0.5)
        assert_array_equal(new, expected[0])
        assert b == expected[1]
    assert_array_equal(w, [1, -1])
    assert perceptron_update(w, -1.0, x, 0)[1] == -1  # z = 0 is not above 0


def rosenblatt(X, y, lr, orders):
    """The rule, written out: scan the rows, mend w and b after each mistake."""
    w, b, mistakes = [0.0] * X.shape[1], 0.0, []
    for order in orders:
        mistakes.append(0)
        for i in order:
            error = y[i] - (sum(w[j] * X[i, j] for j in range(len(w))) + b > 0)
            w = [w[j] + lr * error * X[i, j] for j in range(len(w))]
            b += lr * error
            mistakes[-1] += error != 0
        if not mistakes[-1]:
            break
    return w, b, mistakes


@given(st.integers(0, 999), st.booleans(), st.sampled_from([1.0, 0.25]))
def test_the_perceptron_is_its_rule(seed, shuffled, lr):
    rng = np.random.default_rng(seed)
    X, y = datasets.blobs(15, rng=rng, distance=4)
    ours = train_perceptron(
        X, y, lr=lr, epochs=9, rng=np.random.default_rng(3) if shuffled else None
    )
    order = np.random.default_rng(3)
    orders = (order.permutation(15) if shuffled else range(15) for _ in range(9))
    w, b, mistakes = rosenblatt(X, y, lr, orders)
    assert_allclose(ours.w, w, rtol=1e-12, atol=1e-12)
    assert ours.b == pytest.approx(b)
    assert ours.mistakes == mistakes


@given(st.integers(0, 999), st.integers(2, 5))
def test_the_perceptron_separates_what_a_line_separates(seed, n):
    rng = np.random.default_rng(seed)
    X, normal = rng.normal(size=(40, n)), rng.normal(size=n)
    side = X @ normal / np.linalg.norm(normal) - 0.2
    X, y = X[np.abs(side) > 0.1], (side > 0)[np.abs(side) > 0.1]
    walk = train_perceptron(X, y, epochs=5000, rng=rng)
    assert walk.mistakes[-1] == 0
    assert_array_equal(X @ walk.w + walk.b > 0, y)
    longest = np.sqrt((X**2).sum(axis=1).max() + 1)
    margin = np.abs(side)[np.abs(side) > 0.1].min() / np.sqrt(1 + 0.2**2)
    assert sum(walk.mistakes) <= (longest / margin) ** 2  # Novikoff's bound


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [0, 1, 2, 0]}, "labels must be 0 or 1, got 2"),
        ({"y": [-1, 1, 1, 1]}, "labels must be 0 or 1, got -1"),
        ({"y": ["a", "b", "a", "b"]}, "labels must be 0 or 1, got a"),
        ({"y": [0, 1, np.nan, 1]}, r"y must be finite, got nan at index \(2,\)"),
        ({"y": [0, 1]}, "y must have 4 entries, got 2"),
        ({"X": [1, 2]}, r"X must have shape \(m, n\)"),
        ({"X": GATE * np.nan}, r"X must be finite, got nan at index \(0, 0\)"),
        ({"lr": 0}, "lr must be a positive number, got 0"),
        ({"epochs": 0}, "epochs must be a whole number ≥ 1, got 0"),
    ],
)
def test_bad_input_of_the_perceptron(change, message):
    with pytest.raises(ValueError, match=message):
        train_perceptron(**{"X": GATE, "y": AND, **change})


def test_the_perceptrons_order_comes_from_a_generator():
    with pytest.raises(TypeError, match=r"rng must be numpy.random.default_rng"):
        train_perceptron(GATE, AND, rng=0)
