"""Newton, BFGS, L-BFGS and their line search, against SciPy and against what they promise."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize, rosen, rosen_der, rosen_hess

from nnlib import (
    BFGS,
    L1,
    L2,
    LBFGS,
    BinaryCrossEntropy,
    CrossEntropy,
    Dense,
    Newton,
    Sequential,
    Standardizer,
    Tanh,
    datasets,
    objective,
)
from nnlib.line_search import wolfe
from nnlib.second_order import Minimizer, numerical_hessian

ALL = pytest.mark.parametrize("Method", [Newton, BFGS, LBFGS])


def rosenbrock(theta):
    return rosen(theta), rosen_der(theta)


def quadratic(H, minimum=0.0):
    def f(theta):
        slope = H @ (theta - minimum)
        return float((theta - minimum) @ slope / 2), slope

    return f


@pytest.fixture(scope="module")
def cancer():
    data = datasets.breast_cancer()
    return Standardizer().fit_transform(data.X), data.y


def logistic(cancer, lam=1.0):
    X, y = cancer
    net = Sequential(Dense(30, 1, rng=np.random.default_rng(0)), dtype=np.float64)
    return net, objective(net, BinaryCrossEntropy(), X, y, penalty=L2(lam))


@pytest.mark.parametrize(
    ("minimizer", "scipys"),
    [
        (Newton(tol=1e-9), "Newton-CG"),
        (BFGS(tol=1e-8, max_iter=300), "BFGS"),
        (LBFGS(tol=1e-8), "L-BFGS-B"),
        (LBFGS(memory=3, tol=1e-8, max_iter=300), "L-BFGS-B"),
    ],
    ids=repr,
)
def test_penalised_logistic_regression_as_in_scipy(minimizer, scipys, cancer):
    net, f = logistic(cancer)
    start = net.theta.copy()
    options = {"xtol": 1e-12} if scipys == "Newton-CG" else {"gtol": 1e-8}
    if scipys == "L-BFGS-B":
        options["ftol"] = 1e-16
    theirs = minimize(f, start, jac=True, method=scipys, options=options)
    ours = minimizer.minimize(f, start)
    assert ours.converged
    assert pytest.approx(theirs.fun, abs=1e-10) == ours.J
    assert_allclose(ours.theta, theirs.x, atol=2e-5)
    assert_array_equal(net.theta, ours.theta)
    X, y = cancer
    assert np.mean((net.predict(X)[:, 0] > 0) == y) > 0.98


@ALL
@pytest.mark.parametrize("start", [[-1.2, 1], [1.3, 0.7, 0.8, 1.9, 1.2], [-1, 2, -2, 1, 3, 0.5]])
def test_rosenbrock_as_in_scipy(Method, start):
    start = np.array(start, dtype=float)
    ours = Method(max_iter=200, tol=1e-8).minimize(rosenbrock, start)
    theirs = minimize(rosenbrock, start, jac=True, method="BFGS", options={"gtol": 1e-8})
    assert ours.converged
    assert_allclose(ours.theta, theirs.x, atol=1e-6)
    assert pytest.approx(theirs.fun, abs=1e-12) == ours.J
    assert len(ours.path) - 1 <= 2 * theirs.nit + 10


def test_a_small_network_reaches_scipys_minimum(rng):
    X = rng.normal(size=(40, 3))
    y = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 1)
    net = Sequential(Dense(3, 4, rng=rng), Tanh(), Dense(4, 3, rng=rng), dtype=np.float64)
    f, start = objective(net, CrossEntropy(), X, y, penalty=L2(2.0)), net.theta.copy()
    theirs = minimize(f, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-9, "ftol": 1e-16})
    for Method in (Newton, BFGS, LBFGS):
        ours = Method(max_iter=500, tol=1e-7).minimize(f, start)
        assert ours.converged
        assert f(start)[0] - ours.J > 0.9 * (f(start)[0] - theirs.fun)


@ALL
def test_what_a_minimum_says(Method):
    start = np.array([-1.2, 1.0])
    kept = start.copy()
    minimizer = Method(max_iter=200)
    found = minimizer.minimize(rosenbrock, start)
    assert_array_equal(start, kept)
    assert found.path.shape == (len(found.costs), 2)
    assert_array_equal(found.path[0], start)
    assert_array_equal(found.path[-1], found.theta)
    assert_allclose(found.costs, [rosen(theta) for theta in found.path], rtol=1e-12)
    assert (np.diff(found.costs) < 0).all()
    assert found.costs[-1] == found.J
    again = minimizer.minimize(rosenbrock, start)  # nothing of the first walk is left
    assert_array_equal(again.path, found.path)


@ALL
def test_max_iter_ends_the_walk(Method):
    found = Method(max_iter=3).minimize(rosenbrock, np.array([-1.2, 1.0]))
    assert len(found.path) == 4
    assert not found.converged
    settled = Method(max_iter=3).minimize(rosenbrock, np.ones(2))
    assert settled.converged
    assert len(settled.path) == 1
    at_the_tolerance = Method(tol=0.5).minimize(quadratic(np.eye(2)), np.array([0.5, -0.5]))
    assert at_the_tolerance.converged
    assert len(at_the_tolerance.path) == 1


@ALL
def test_float32_stays_float32(Method):
    H, minimum = np.diag([1, 4, 0.5]).astype(np.float32), np.float32([1, -2, 3])
    found = Method(tol=1e-3).minimize(quadratic(H, minimum), np.zeros(3, np.float32))
    assert found.theta.dtype == np.float32
    assert found.path.dtype == np.float32
    assert_allclose(found.theta, minimum, atol=1e-2)


@ALL
def test_a_walk_ends_where_rounding_hides_every_descent(Method, rng):
    X, calls = rng.normal(size=(20, 3)), []

    def f(theta):
        calls.append(1)
        z = X @ theta
        J = np.logaddexp(0, z).mean() + theta @ theta / 2
        return J, X.T @ (1 / (1 + np.exp(-z))) / 20 + theta

    found = Method(max_iter=1000, tol=1e-100).minimize(f, np.ones(3))
    assert not found.converged
    assert np.abs(f(found.theta)[1]).max() < 1e-6
    assert len(calls) < 500


def test_newton_solves_a_quadratic_in_one_step(rng):
    A = rng.normal(size=(4, 4))
    H, minimum = A @ A.T + np.eye(4), rng.normal(size=4)
    found = Newton(lambda theta: H, tol=1e-9).minimize(quadratic(H, minimum), np.zeros(4))
    assert len(found.path) == 2
    assert_allclose(found.theta, minimum, rtol=1e-9)


def test_newton_squares_its_error_near_the_minimum():
    found = Newton(rosen_hess, tol=1e-12).minimize(rosenbrock, np.array([1.1, 1.25]))
    error = np.linalg.norm(found.path - 1, axis=1)[-4:-1]
    assert error[2] < 100 * error[1] ** 2
    assert error[1] < 100 * error[0] ** 2


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_newton_goes_downhill_whatever_the_curvature(seed, n):
    rng = np.random.default_rng(seed)
    H, grad = rng.normal(size=(n, n)), rng.normal(size=n)
    H = H + H.T
    p = Newton(lambda theta: H).direction(None, np.zeros(n), grad)
    assert p @ grad < 0
    if np.linalg.eigvalsh(H)[0] > 1e-3:
        assert_allclose(H @ p, -grad, rtol=1e-6, atol=1e-9)


def test_newton_leaves_a_saddles_ridge():
    """At (0, 1) of x⁴ − x² + y² the curvature along x is negative: a raw Newton step stays."""

    def f(theta):
        x, y = theta
        return x**4 - x**2 + y**2, np.array([4 * x**3 - 2 * x, 2 * y])

    found = Newton().minimize(f, np.array([0.01, 1.0]))
    assert_allclose(found.theta, [1 / np.sqrt(2), 0], atol=1e-6)


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=5))
def test_numerical_hessian(theta):
    theta = np.array(theta)
    H = numerical_hessian(rosenbrock, theta)
    assert_array_equal(H, H.T)
    assert_allclose(H, rosen_hess(theta), rtol=1e-6, atol=1e-4)


def broyden(B, s, y):
    """One BFGS update of the inverse Hessian, as the formula stands, entry by entry."""
    n, rho = len(s), 1 / sum(y * s)
    V = [[(i == j) - rho * y[i] * s[j] for j in range(n)] for i in range(n)]
    out = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            out[i, j] = rho * s[i] * s[j]
            out[i, j] += sum(V[k][i] * B[k, l] * V[l][j] for k in range(n) for l in range(n))
    return out


@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(1, 7), st.integers(1, 4))
def test_quasi_newton_directions_are_the_matrix_times_the_gradient(seed, n, pairs, memory):
    rng = np.random.default_rng(seed)
    bfgs, lbfgs = BFGS(), LBFGS(memory=memory)
    bfgs.reset(n)
    lbfgs.reset(n)
    steps = []
    for _ in range(pairs):
        s = rng.normal(size=n)
        y = s * rng.uniform(0.5, 2, n) + 0.1 * rng.normal(size=n)
        if y @ s > 0.1:
            steps.append((s, y))
            bfgs.learn(s, y)
            lbfgs.learn(s, y)
        bfgs.learn(s, -y)  # curvature that no minimum has is not learned from
        lbfgs.learn(s, -s)
    assume(steps)
    grad = rng.normal(size=n)
    kept = grad.copy()
    for quasi, scaled_by, last in ((bfgs, steps[0], steps), (lbfgs, steps[-1], steps[-memory:])):
        s, y = scaled_by
        B = (y @ s) / (y @ y) * np.eye(n)
        for s, y in last:
            B = broyden(B, s, y)
        s, y = steps[-1]
        assert_allclose(B @ y, s, rtol=1e-6, atol=1e-8)  # the secant condition
        p = quasi.direction(None, None, grad)
        assert_allclose(p, -B @ grad, rtol=1e-7, atol=1e-9)
        assert p @ grad < 0
    assert_array_equal(grad, kept)


@pytest.mark.parametrize("Method", [BFGS, LBFGS])
@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_small_and_large_steps_teach_the_same(Method, scale, rng):
    pairs = [(s, s * [1, 3, 0.5]) for s in rng.normal(size=(4, 3))]
    directions = []
    for c in (1, scale):
        method = Method()
        method.reset(3)
        for s, y in pairs:
            method.learn(c * s, c * y)
        directions.append(method.direction(None, None, np.ones(3)))
    assert_allclose(*directions, rtol=1e-9)


def test_bfgs_learns_a_quadratics_hessian(rng):
    H = np.diag([1.0, 3, 7])
    bfgs = BFGS(tol=1e-10)
    bfgs.minimize(quadratic(H), rng.normal(size=3))
    assert_allclose(bfgs.B, np.linalg.inv(H), atol=0.02)


SHAPES = {
    "quadratic": lambda x: (x @ x / 2, x),
    "steep": lambda x: (500 * x @ x, 1000 * x),
    "flat": lambda x: (1e-3 * x @ x, 2e-3 * x),
    "rosenbrock": rosenbrock,
    "quartic": lambda x: (np.sum(x**4), 4 * x**3),
    "waves": lambda x: (x @ x / 2 + 3 * np.cos(2 * x).sum(), x - 6 * np.sin(2 * x)),
    "softplus": lambda x: (np.logaddexp(0, x).sum() - 0.3 * x.sum(), 1 / (1 + np.exp(-x)) - 0.3),
}


@pytest.mark.parametrize("shape", SHAPES)
@given(
    theta=st.lists(st.floats(-3, 3), min_size=2, max_size=4),
    seed=st.integers(0, 2**32 - 1),
    length=st.sampled_from([1e-3, 0.1, 1, 30]),
    c=st.sampled_from([(1e-4, 0.1), (1e-4, 0.9), (0.2, 0.5), (0.4, 0.9)]),
)
def test_an_accepted_step_meets_both_wolfe_conditions(shape, theta, seed, length, c):
    f, theta, (c1, c2) = SHAPES[shape], np.array(theta), c
    J, grad = f(theta)
    p = length * np.random.default_rng(seed).normal(size=len(theta))
    p *= -np.sign(grad @ p)
    slope = grad @ p
    assume(slope < -1e-3 * np.linalg.norm(p))
    step = wolfe(f, theta, J, grad, p, c1=c1, c2=c2)
    assert step.alpha > 0
    J_there, grad_there = f(theta + step.alpha * p)
    assert step.J == J_there <= J + c1 * step.alpha * slope
    assert_array_equal(step.grad, grad_there)
    assert abs(grad_there @ p) <= c2 * abs(slope)


@pytest.mark.parametrize(
    "p", [[2.0, 1.0], [0.1, 0.1], [0.0, 0.0], [1.0, -2.0]], ids=["up", "gently", "none", "level"]
)
def test_a_direction_that_is_not_downhill_gives_no_step(p):
    theta = np.array([2.0, 1.0])
    assert wolfe(None, theta, 2.5, theta, np.array(p)) is None  # f is not even asked


@pytest.mark.parametrize(("length", "tries"), [(1, 1), (0.5, 1), (1 / 16, 2), (1 / 64, 4), (16, 5)])
def test_a_good_step_is_taken_when_it_is_met(length, tries):
    """On a bowl any α × length from 0.1 to 1.9 flattens the slope enough; α doubles or halves."""
    seen = []

    def bowl(x):
        seen.append(1)
        return x @ x / 2, x

    theta = np.array([2.0, 1.0])
    step = wolfe(bowl, theta, 2.5, theta, -length * theta)
    assert len(seen) == tries
    assert 0.1 <= step.alpha * length <= 1.9


def test_a_gradient_that_lies_gives_no_step():
    def liar(x):
        return x @ x / 2, -x

    theta = np.array([2.0, 1.0])
    assert wolfe(liar, theta, 2.5, -theta, theta) is None
    found = BFGS().minimize(liar, theta)
    assert not found.converged
    assert_array_equal(found.path, [theta])


def test_a_wall_is_stepped_back_from():
    """x − log x is no number left of 0: the search halves its step, without a warning."""

    def walled(x):
        return float(x[0] - np.log(x[0])), 1 - 1 / x

    theta, p = np.array([3.0]), np.array([-8.0])
    J, grad = walled(theta)
    step = wolfe(walled, theta, J, grad, p)
    assert 0 < step.alpha < 3 / 8
    assert step.J < J


def test_a_kink_gives_the_best_step_seen():
    """|x| never flattens: no step meets the curvature condition, the lowest J is taken."""
    step = wolfe(
        lambda x: (abs(x[0]), np.sign(x)), np.array([3.3]), 3.3, np.array([1.0]), np.array([-1.0])
    )
    assert step.J < 1e-9
    assert step.alpha == pytest.approx(3.3)


def test_a_slope_without_end_gives_the_longest_step():
    step = wolfe(lambda x: (-x[0], np.array([-1.0])), np.zeros(1), 0.0, -np.ones(1), np.ones(1))
    assert step.alpha == 2.0**49


def test_the_objective_is_the_cost_and_its_gradient(rng):
    X, y = rng.normal(size=(7, 3)), rng.integers(0, 2, 7)
    net = Sequential(Dense(3, 4, rng=rng), Tanh(), Dense(4, 1, rng=rng), dtype=np.float64)
    plain, penalised = (
        objective(net, BinaryCrossEntropy(), X, y, penalty=penalty) for penalty in (None, L2(3.0))
    )
    theta = rng.normal(size=net.theta.size)
    for f in (plain, penalised):
        _, grad = f(theta)
        numeric = [(f(theta + e)[0] - f(theta - e)[0]) / 2e-5 for e in 1e-5 * np.eye(len(theta))]
        assert_allclose(grad, numeric, atol=1e-8)
        kept = grad.copy()
        f(2 * theta)
        assert_array_equal(grad, kept)
        assert_array_equal(net.theta, 2 * theta)
    squares = sum(np.sum(net.layers[i].W ** 2) for i in (0, 2)) / 4
    assert penalised(theta)[0] - plain(theta)[0] == pytest.approx(3 / 14 * squares)


def test_bad_starts_leave_the_network_alone(cancer):
    net, f = logistic(cancer)
    start = net.theta.copy()
    for theta, message in (
        (np.full(31, np.nan), r"theta must be finite, got nan at index \(0,\)"),
        (np.ones((31, 2)), r"theta must have shape \(m,\) with m ≥ 1, got \(31, 2\)"),
        (np.array([]), r"theta must have shape \(m,\) with m ≥ 1, got \(0,\)"),
        (np.ones(30), r"theta has shape \(31,\), cannot hold \(30,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            LBFGS().minimize(f, theta)
        assert_array_equal(net.theta, start)
    with pytest.raises(TypeError, match="theta must hold real numbers, got dtype"):
        LBFGS().minimize(f, np.array(["a"] * 31))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: (np.nan, x), "the cost at the start must be finite, got nan"),
        (lambda x: (np.inf, x), "the cost at the start must be finite, got inf"),
        (lambda x: (1.0, x * np.nan), r"the gradient must be finite, got nan at index \(0,\)"),
        (lambda x: (1.0, x[:2]), r"the gradient and theta must have one shape, got \(2,\) and"),
    ],
)
def test_an_f_that_is_not_a_cost_and_its_gradient(f, message):
    with pytest.raises(ValueError, match=message):
        BFGS().minimize(f, np.ones(3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Newton(max_iter=0), "max_iter must be a whole number ≥ 1, got 0"),
        (lambda: BFGS(tol=0), "tol must be a positive number, got 0"),
        (lambda: LBFGS(memory=0), "memory must be a whole number ≥ 1, got 0"),
    ],
)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_proximal_penalty_is_no_part_of_a_gradient(cancer):
    net, _ = logistic(cancer)
    with pytest.raises(ValueError, match="a proximal penalty acts after a step of fit"):
        objective(net, BinaryCrossEntropy(), *cancer, penalty=L1(1.0, proximal=True))


def test_the_base_class_has_no_direction():
    with pytest.raises(NotImplementedError):
        Minimizer().minimize(rosenbrock, np.zeros(2))
