"""Exercises of lab 00: from a hill in one dimension to the line through many points."""

from collections.abc import Callable

import numpy as np

from nnlib import linear_regression, metrics
from nnlib.grading.exercise import Case, Exercise, Hint, Wrong
from nnlib.preprocessing import Standardizer


def ascend(start: float, alpha: float, steps: int) -> np.ndarray:
    """Return x₀ … x_steps of gradient ascent on f(x) = −(x − 2)² + 3, with f′(x) = −2(x − 2)."""
    path = [start]
    for _ in range(steps):
        x = path[-1]
        path.append(x + alpha * (-2 * (x - 2)))
    return np.array(path)


def closed_form(start: float, alpha: float, steps: int) -> np.ndarray:
    """Each step shrinks the distance to 2 by the same factor 1 − 2α."""
    return 2 + (start - 2) * (1 - 2 * alpha) ** np.arange(steps + 1)


def descend(start: float, alpha: float, steps: int) -> np.ndarray:
    return ascend(start, -alpha, steps)


def without_the_two(start: float, alpha: float, steps: int) -> np.ndarray:
    return ascend(start, alpha / 2, steps)


def one_step_too_few(start: float, alpha: float, steps: int) -> np.ndarray:
    return ascend(start, alpha, steps - 1)


def last_point_only(start: float, alpha: float, steps: int) -> float:
    return float(ascend(start, alpha, steps)[-1])


def without_the_start(start: float, alpha: float, steps: int) -> np.ndarray:
    return ascend(start, alpha, steps)[1:]


def slope_of_the_start(start: float, alpha: float, steps: int) -> np.ndarray:
    return start + alpha * (-2 * (start - 2)) * np.arange(steps + 1)


gradient_ascent = Exercise(
    id="gradient_ascent",
    title="Walk up a hill",
    difficulty=1,
    minutes=10,
    reference=ascend,
    alternatives=(closed_form,),
    axes=("steps + 1",),
    cases=(
        Case("one step at α = 0.5 reaches the top", {"start": -1.0, "alpha": 0.5, "steps": 1}),
        Case("ten steps at α = 0.1", {"start": 5.0, "alpha": 0.1, "steps": 10}, points=2),
        Case("α = 1 goes round in a circle", {"start": 0.5, "alpha": 1.0, "steps": 4}),
        Case("α = 1.2 runs away", {"start": 2.5, "alpha": 1.2, "steps": 6}),
    ),
    wrongs=(
        Wrong(
            "descend", descend, "You walk downhill: to climb, add α f′(x) instead of subtracting."
        ),
        Wrong("no two", without_the_two, "The slope lacks its 2: f′(x) = −2(x − 2)."),
        Wrong(
            "one too few", one_step_too_few, "One step is missing: the path holds steps + 1 points."
        ),
        Wrong(
            "last only", last_point_only, "You return the last x; return the whole path, x₀ first."
        ),
        Wrong("no start", without_the_start, "The path begins with x₀ = start, before any step."),
        Wrong(
            "old slope",
            slope_of_the_start,
            "You use the slope at the start for every step: work out f′ anew at each x.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Uphill is where the slope f′(x) points. Derive f."),
        Hint(
            "My numbers run away or stand still",
            "f′(x) = −2(x − 2). One step is x ← x + α f′(x); begin a list with x₀, append each x.",
        ),
        Hint(
            "I nearly have it",
            "Loop `steps` times: take the last x of the path, add alpha times its slope, append. "
            "After the loop return the list as an array.",
        ),
    ),
)


def both_errors(y: np.ndarray, y_hat: np.ndarray) -> tuple[float, float]:
    """MAE and MSE, from the library."""
    return metrics.mae(y, y_hat), metrics.mse(y, y_hat)


def errors_by_loop(y: np.ndarray, y_hat: np.ndarray) -> tuple[float, float]:
    absolute = squared = 0.0
    for a, b in zip(y, y_hat, strict=True):
        absolute += abs(b - a)
        squared += (b - a) ** 2
    return absolute / len(y), squared / len(y)


def errors_that_cancel(y: np.ndarray, y_hat: np.ndarray) -> tuple[float, float]:
    return float(np.mean(y_hat - y)), metrics.mse(y, y_hat)


def errors_summed(y: np.ndarray, y_hat: np.ndarray) -> tuple[float, float]:
    return len(y) * metrics.mae(y, y_hat), len(y) * metrics.mse(y, y_hat)


def root_of_mse(y: np.ndarray, y_hat: np.ndarray) -> tuple[float, float]:
    return metrics.mae(y, y_hat), metrics.rmse(y, y_hat)


def half_the_mse(y: np.ndarray, y_hat: np.ndarray) -> tuple[float, float]:
    return metrics.mae(y, y_hat), metrics.mse(y, y_hat) / 2


def squared_mean(y: np.ndarray, y_hat: np.ndarray) -> tuple[float, float]:
    return metrics.mae(y, y_hat), metrics.mae(y, y_hat) ** 2


def mse_before_mae(y: np.ndarray, y_hat: np.ndarray) -> tuple[float, float]:
    return metrics.mse(y, y_hat), metrics.mae(y, y_hat)


def scores(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {"y": rng.uniform(25, 350, 7), "y_hat": rng.uniform(25, 350, 7)}


mae_and_mse = Exercise(
    id="mae_and_mse",
    title="Two ways to be wrong",
    difficulty=1,
    minutes=5,
    reference=both_errors,
    library=(metrics.mae, metrics.mse),
    alternatives=(errors_by_loop,),
    links=("mae", "mse"),
    cases=(
        Case(
            "the three patients of the lab",
            {"y": np.array([100.0, 160.0, 200.0]), "y_hat": np.array([130.0, 150.0, 180.0])},
        ),
        Case("seven patients", scores, points=2),
    ),
    wrongs=(
        Wrong(
            "cancel",
            errors_that_cancel,
            "Errors of opposite sign cancel in your MAE: take the size of each error first.",
        ),
        Wrong("sums", errors_summed, "You add the losses up: divide by the m examples for a mean."),
        Wrong(
            "root",
            root_of_mse,
            "That is the RMSE, the square root of the MSE: leave the root away.",
        ),
        Wrong(
            "half",
            half_the_mse,
            "The ½ belongs to the cost J = 1/(2m) Σ (ŷ − y)²; the MSE is the plain mean.",
        ),
        Wrong(
            "squared mean",
            squared_mean,
            "You square the mean error; square each error, then take the mean.",
        ),
        Wrong(
            "one number",
            lambda y, y_hat: metrics.mse(y, y_hat),
            "You return the MSE alone; return two numbers, separated by a comma: MAE, MSE.",
        ),
        Wrong("order", mse_before_mae, "You return the two the other way round: MAE comes first."),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "First one error per example, ŷ − y. MAE takes their sizes, MSE their squares.",
        ),
        Hint(
            "I get an array instead of a number",
            "errors has the shape (m,). A mean over its entries leaves one number; you need two.",
        ),
        Hint(
            "I nearly have it",
            "The mean of np.abs(errors) first, then the mean of errors ** 2; return both.",
        ),
    ),
)


def lowest_mae(x: np.ndarray, y: np.ndarray, slopes: np.ndarray) -> float:
    """The slope with the lowest MAE, from the library."""
    return linear_regression.exhaustive_search(x, y, slopes)[0]


def lowest_by(cost: Callable[..., np.ndarray], pick: Callable[..., int] = np.argmin) -> Callable:
    """A search over all slopes at once: cost of the errors (k, m) → (k,), then the one to pick."""

    def search(x: np.ndarray, y: np.ndarray, slopes: np.ndarray) -> float:
        return float(slopes[pick(cost(slopes[:, None] * x - y))])

    return search


def summed_sizes(errors: np.ndarray) -> np.ndarray:
    return np.abs(errors).sum(axis=1)


def index_of_best(x: np.ndarray, y: np.ndarray, slopes: np.ndarray) -> int:
    return int(np.argmin(summed_sizes(slopes[:, None] * x - y)))


def cost_of_best(x: np.ndarray, y: np.ndarray, slopes: np.ndarray) -> float:
    return float(np.abs(slopes[:, None] * x - y).mean(axis=1).min())


def noisy_line(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A line of slope 4 with one gross outlier, which MSE would follow and MAE would not.

    Five small points of slope 3 outvote the others where every y/x counts the same.
    """
    x = rng.uniform(1, 5, 9)
    y = 4 * x + rng.normal(scale=0.3, size=9)
    x[4:] /= 10
    y[4:] = 3 * x[4:]
    x[0], y[0] = 4.5, 70.0
    return {"x": x, "y": y, "slopes": np.linspace(10, 0.5, 39)}


best_slope = Exercise(
    id="best_slope",
    title="Try every slope",
    difficulty=1,
    minutes=10,
    reference=lowest_mae,
    library=(linear_regression.exhaustive_search,),
    alternatives=(lowest_by(summed_sizes),),
    cases=(
        Case(
            "points with y = x",
            {
                "x": np.arange(1.0, 6.0),
                "y": np.arange(1.0, 6.0),
                "slopes": np.linspace(0.5, 10, 20),
            },
        ),
        Case("nine points, one of them far off", noisy_line, points=2),
    ),
    wrongs=(
        Wrong(
            "index",
            index_of_best,
            "You return the position of the best slope; return slopes[position].",
        ),
        Wrong("cost", cost_of_best, "You return the lowest cost; return the slope that has it."),
        Wrong(
            "worst",
            lowest_by(summed_sizes, np.argmax),
            "You keep the slope with the highest cost: look for the lowest.",
        ),
        Wrong(
            "signed",
            lowest_by(lambda errors: errors.mean(axis=1)),
            "A mean of signed errors is lowest for the line that lies lowest: use their sizes.",
        ),
        Wrong(
            "squared",
            lowest_by(lambda errors: (errors**2).mean(axis=1)),
            "You compare squared errors, so the one point far off pulls the line: use the MAE.",
        ),
        Wrong(
            "all costs",
            lambda x, y, slopes: np.abs(slopes[:, None] * x - y).mean(axis=1),
            "You return the cost of every slope; return the one slope whose cost is lowest.",
        ),
        Wrong(
            "first",
            lambda x, y, slopes: float(slopes[0]),
            "You return the first slope tried: is `return` inside the loop?",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "For each slope work out its MAE, and remember which slope had the lowest so far.",
        ),
        Hint(
            "I get a whole number or something very small",
            "Keep two things apart: the cost of the best slope, and the slope itself (wanted).",
        ),
        Hint(
            "I nearly have it",
            "Collect the MAE of every slope in a list; np.argmin gives the place of the lowest, "
            "and that place in slopes holds the answer.",
        ),
    ),
)


def regression(rng: np.random.Generator, m: int = 7, n: int = 3) -> dict[str, np.ndarray]:
    """m examples with a bias column and n − 1 features, uncentred, and some θ (n,)."""
    X = np.column_stack([np.ones(m), rng.normal(1, 2, (m, n - 1))])
    return {"X": X, "y": rng.normal(3, 4, m), "theta": rng.normal(size=n)}


TINY = {
    "X": np.array([[1.0, -2.0], [1.0, 0.0], [1.0, 3.0]]),
    "y": np.array([100.0, 160.0, 200.0]),
    "theta": np.array([140.0, 10.0]),
}


def gradient_by_loop(X: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    total = np.zeros(len(theta))
    for row, target in zip(X, y, strict=True):
        total += (row @ theta - target) * row
    return total / len(X)


def gradient_by_mean(X: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return np.mean((X @ theta - y)[:, None] * X, axis=0)


def gradient_times(factor: Callable[[np.ndarray], float]) -> Callable[..., np.ndarray]:
    """A gradient that is off by a factor, which may depend on the shape of X."""
    return lambda X, y, theta: factor(X) * linear_regression.gradient(X, y, theta)


linear_gradient = Exercise(
    id="linear_gradient",
    title="The slope of the cost",
    difficulty=2,
    minutes=15,
    reference=linear_regression.gradient,
    alternatives=(gradient_by_loop, gradient_by_mean),
    axes=("n parameters",),
    cases=(
        Case("three patients", TINY),
        Case("seven examples, a bias and two features", regression, points=2),
        Case("a single example", lambda rng: regression(rng, m=1, n=4)),
    ),
    wrongs=(
        Wrong("sum", gradient_times(len), "You forget 1/m: divide by the number of examples."),
        Wrong(
            "over n",
            gradient_times(lambda X: len(X) / X.shape[1]),
            "You divide by the n parameters instead of the m examples: len(y), not len(theta).",
        ),
        Wrong(
            "two",
            gradient_times(lambda X: 2.0),
            "Your gradient is twice too large: the 2 of the square cancels the ½ in J = 1/(2m) Σ.",
        ),
        Wrong(
            "sign",
            gradient_times(lambda X: -1.0),
            "The sign is wrong: the error is prediction minus target, Xθ − y.",
        ),
        Wrong(
            "no x",
            lambda X, y, theta: np.full(len(theta), np.mean(X @ theta - y)),
            "You average the errors alone: multiply each by its xⱼ before the mean.",
        ),
        Wrong(
            "sign of the error",
            lambda X, y, theta: X.T @ np.sign(X @ theta - y) / len(y),
            "That is the gradient of the MAE: keep the error itself, not its sign.",
        ),
        Wrong(
            "no transpose",
            lambda X, y, theta: X @ (X @ theta - y) / len(y),
            "X (m, n) does not fit the errors (m,): the gradient needs its transpose, X.T.",
        ),
        Wrong(
            "cost",
            lambda X, y, theta: linear_regression.cost(X, y, theta),
            "You return the cost J, one number; return its slopes, one for each θⱼ.",
        ),
        Wrong(
            "no prediction",
            lambda X, y, theta: X.T @ y / len(y),
            "Where is the prediction? The error is Xθ − y.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "First the predictions Xθ, then the errors against y: one per example.",
        ),
        Hint(
            "My shapes do not fit",
            "errors is (m,) and X is (m, n), but the gradient is (n,): one sum over the examples "
            "for each column of X. Which transpose turns (m,) into (n,)?",
        ),
        Hint(
            "I nearly have it",
            "Multiply the transpose of X with the errors, then divide by the number of rows.",
        ),
    ),
)


def updated(
    X: np.ndarray, y: np.ndarray, theta: np.ndarray, alpha: float, sign: float = -1.0
) -> np.ndarray:
    """θ − α∇J, all θⱼ at once."""
    return theta + sign * alpha * linear_regression.gradient(X, y, theta)


def update_by_loop(X: np.ndarray, y: np.ndarray, theta: np.ndarray, alpha: float) -> np.ndarray:
    errors = X @ theta - y
    return np.array([theta[j] - alpha * np.mean(errors * X[:, j]) for j in range(len(theta))])


def one_after_another(X: np.ndarray, y: np.ndarray, theta: np.ndarray, alpha: float) -> np.ndarray:
    theta = theta.copy()
    for j in range(len(theta)):
        theta[j] -= alpha * np.mean((X @ theta - y) * X[:, j])
    return theta


def in_place(X: np.ndarray, y: np.ndarray, theta: np.ndarray, alpha: float) -> np.ndarray:
    theta -= alpha * linear_regression.gradient(X, y, theta)
    return theta


def step_of_length_alpha(
    X: np.ndarray, y: np.ndarray, theta: np.ndarray, alpha: float
) -> np.ndarray:
    grad = linear_regression.gradient(X, y, theta)
    return theta - alpha * grad / np.linalg.norm(grad)


def bias_left_alone(X: np.ndarray, y: np.ndarray, theta: np.ndarray, alpha: float) -> np.ndarray:
    return np.append(theta[0], updated(X, y, theta, alpha)[1:])


descent_step = Exercise(
    id="descent_step",
    title="One step, all at once",
    difficulty=2,
    minutes=10,
    reference=updated,
    library=(linear_regression.gradient, linear_regression.gradient_descent),
    alternatives=(update_by_loop,),
    axes=("n parameters",),
    cases=(
        Case("three patients", {**TINY, "alpha": 0.1}),
        Case(
            "seven examples, a bias and two features",
            lambda rng: {**regression(rng), "alpha": 0.05},
            points=2,
        ),
        Case("another α, five parameters", lambda rng: {**regression(rng, 9, 5), "alpha": 0.4}),
    ),
    wrongs=(
        Wrong(
            "one after another",
            one_after_another,
            "You update the θⱼ one after another, so later ones see a θ that has already moved: "
            "work out the whole gradient first.",
        ),
        Wrong(
            "uphill",
            lambda X, y, theta, alpha: updated(X, y, theta, alpha, sign=1.0),
            "You walk uphill: the gradient points where J rises, so subtract.",
        ),
        Wrong(
            "without alpha",
            lambda X, y, theta, alpha: updated(X, y, theta, 1.0),
            "The learning rate is missing: multiply the gradient by α.",
        ),
        Wrong(
            "without mean",
            lambda X, y, theta, alpha: updated(X, y, theta, alpha * len(y)),
            "You forget 1/m in the gradient, so the step is m times too long.",
        ),
        Wrong(
            "two",
            lambda X, y, theta, alpha: updated(X, y, theta, 2 * alpha),
            "Your step is twice too long: the 2 of the square cancels the ½ in J = 1/(2m) Σ.",
        ),
        Wrong(
            "length alpha",
            step_of_length_alpha,
            "Your step always has the length α: it should be α times the gradient, long or short.",
        ),
        Wrong(
            "the step only",
            lambda X, y, theta, alpha: updated(X, y, theta, alpha) - theta,
            "You return the step; return the place where it leads, θ and the step together.",
        ),
        Wrong(
            "no bias",
            bias_left_alone,
            "θ₀ stands still: with its column of ones it moves like every other θⱼ.",
        ),
        Wrong(
            "in place",
            in_place,
            "The numbers are right, but `theta -= …` changes the caller's array: "
            "write `theta = theta - …`, which makes a new one.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "The gradient is that of the exercise before. Which way is downhill, and how far?",
        ),
        Hint(
            "My numbers are near, but not right",
            "All θⱼ use the same old θ. Compute the gradient (n,) completely before θ changes.",
        ),
        Hint(
            "I nearly have it",
            "The new θ is the old one minus α times the gradient; a new array, so no -= on theta.",
        ),
    ),
)


def first_small_change(costs: np.ndarray, tol: float) -> int:
    """The first step t ≥ 1 with |J_t − J_{t−1}| < tol, else the last step."""
    for t in range(1, len(costs)):
        if abs(costs[t] - costs[t - 1]) < tol:
            return t
    return len(costs) - 1


def small_change_by_diff(costs: np.ndarray, tol: float) -> int:
    small = np.flatnonzero(np.abs(np.diff(costs)) < tol)
    return int(small[0]) + 1 if small.size else len(costs) - 1


def first_where(small: Callable[[np.ndarray, int, float], bool]) -> Callable[..., int]:
    """Stop at the first t ≥ 1 where `small(costs, t, tol)`."""

    def search(costs: np.ndarray, tol: float) -> int:
        steps = range(1, len(costs))
        return next((t for t in steps if small(costs, t, tol)), len(costs) - 1)

    return search


def past_the_end(costs: np.ndarray, tol: float) -> int:
    t = 1
    while abs(costs[t] - costs[t - 1]) >= tol:
        t += 1
    return t


def small_change_anywhere(costs: np.ndarray, tol: float) -> int:
    return int(np.abs(np.diff(costs)).argmin()) + 1


def step_before(costs: np.ndarray, tol: float) -> int:
    small = np.flatnonzero(np.abs(np.diff(costs)) < tol)
    return int(small[0]) if small.size else len(costs) - 1


def none_if_never(costs: np.ndarray, tol: float) -> int | None:
    small = np.flatnonzero(np.abs(np.diff(costs)) < tol)
    return int(small[0]) + 1 if small.size else None


stopping_step = Exercise(
    id="stopping_step",
    title="When to stop",
    difficulty=2,
    minutes=10,
    reference=first_small_change,
    alternatives=(small_change_by_diff,),
    cases=(
        Case(
            "a walk that settles",
            {"costs": np.array([9.0, 5.0, 3.0, 2.25, 2.0, 1.96, 1.95]), "tol": 0.1},
        ),
        Case(
            "a walk that overshoots",
            {"costs": np.array([9.0, 4.0, 6.0, 0.04, 3.0, 1.0, 0.98, 0.98, 0.9]), "tol": 0.05},
        ),
        Case("a walk that never settles", {"costs": np.array([16.0, 8.0, 4.0, 2.0]), "tol": 0.5}),
        Case(
            "a long walk at a low cost",
            lambda rng: {"costs": 0.01 + rng.uniform(2, 4) * 0.8 ** np.arange(60), "tol": 1e-3},
            points=2,
        ),
    ),
    wrongs=(
        Wrong(
            "no abs",
            first_where(lambda costs, t, tol: costs[t - 1] - costs[t] < tol),
            "A cost that rises is no small change: compare the size |ΔJ| with tol.",
        ),
        Wrong(
            "other sign",
            first_where(lambda costs, t, tol: costs[t] - costs[t - 1] < tol),
            "A falling cost makes J_t − J_{t−1} negative, always below tol: take its size.",
        ),
        Wrong(
            "threshold",
            first_where(lambda costs, t, tol: costs[t] < tol),
            "You compare J itself with tol (that is the threshold rule); compare its change.",
        ),
        Wrong(
            "from the start",
            first_where(lambda costs, t, tol: abs(costs[t] - costs[0]) < tol),
            "You compare with the first cost; compare with the cost one step before.",
        ),
        Wrong(
            "one early",
            step_before,
            "One too early: the change from J_{t−1} to J_t is known at step t.",
        ),
        Wrong(
            "smallest",
            small_change_anywhere,
            "You look for the smallest change of all; stop at the first one below tol.",
        ),
        Wrong(
            "past the end",
            past_the_end,
            "Your loop runs past the last cost: when no change is small enough, stop at the last.",
        ),
        Wrong(
            "none",
            none_if_never,
            "When no change is small enough, the walk ends at its last step, len(costs) − 1.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Go through the steps t = 1, 2, … and compare each cost with the one before it.",
        ),
        Hint(
            "I stop much too early",
            "A change may be negative or positive: what counts is its size, abs(…).",
        ),
        Hint(
            "I nearly have it",
            "Return t inside the loop at the first small change; after the loop return the last t.",
        ),
    ),
)


def with_training_statistics(X_train: np.ndarray, X: np.ndarray) -> np.ndarray:
    """(X − μ)/σ with the training set's μ and σ, from the library."""
    return Standardizer().fit(X_train).transform(X)


def scaled(mean: np.ndarray | float, std: np.ndarray | float, X: np.ndarray) -> np.ndarray:
    return (X - mean) / std


def with_own_statistics(X_train: np.ndarray, X: np.ndarray) -> np.ndarray:
    return scaled(X.mean(axis=0), X.std(axis=0), X)


def with_all_statistics(X_train: np.ndarray, X: np.ndarray) -> np.ndarray:
    both = np.vstack([X_train, X])
    return scaled(both.mean(axis=0), both.std(axis=0), X)


def standardized_by_column(X_train: np.ndarray, X: np.ndarray) -> np.ndarray:
    columns = zip(X_train.T, X.T, strict=True)
    return np.column_stack(
        [(b - a.mean()) / np.sqrt(np.mean((a - a.mean()) ** 2)) for a, b in columns]
    )


def two_sets(
    rng: np.random.Generator, m: int = 11, k: int = 5, n: int = 3
) -> dict[str, np.ndarray]:
    """m training rows and k other rows of n features, each in its own units."""
    center, spread = np.array([50.0, 120.0, 4.5])[:n], np.array([10.0, 25.0, 0.5])[:n]
    return {
        "X_train": rng.normal(center, spread, (m, n)),
        "X": rng.normal(center + spread, 2 * spread, (k, n)),
    }


standardize = Exercise(
    id="standardize",
    title="One scale for all features",
    difficulty=2,
    minutes=10,
    reference=with_training_statistics,
    library=(Standardizer,),
    alternatives=(standardized_by_column,),
    axes=("k rows", "n features"),
    cases=(
        Case(
            "two features by hand",
            {
                "X_train": np.array([[1.0, 10.0], [3.0, 50.0], [5.0, 30.0], [7.0, 70.0]]),
                "X": np.array([[2.0, 60.0], [9.0, 0.0], [4.0, 30.0]]),
            },
        ),
        Case("eleven training rows, five others", two_sets, points=2),
        Case("a single new patient", lambda rng: two_sets(rng, m=7, k=1)),
    ),
    wrongs=(
        Wrong(
            "own",
            with_own_statistics,
            "You use μ and σ of X itself; the new rows must be measured by the training set's.",
        ),
        Wrong(
            "all",
            with_all_statistics,
            "You mix X into μ and σ, so the rows that judge you leak: take training rows only.",
        ),
        Wrong(
            "variance",
            lambda X_train, X: scaled(X_train.mean(axis=0), X_train.var(axis=0), X),
            "You divide by the variance σ²; divide by its root, the standard deviation σ.",
        ),
        Wrong(
            "m minus 1",
            lambda X_train, X: scaled(X_train.mean(axis=0), X_train.std(axis=0, ddof=1), X),
            "You divide by m − 1 inside σ; the course takes 1/m, NumPy's default (ddof=0).",
        ),
        Wrong(
            "all columns",
            lambda X_train, X: scaled(X_train.mean(), X_train.std(), X),
            "You take one μ and one σ over the whole table; each feature has its own: axis=0.",
        ),
        Wrong(
            "one sigma",
            lambda X_train, X: scaled(X_train.mean(axis=0), X_train.std(), X),
            "Your μ is per feature, but your σ is one for the whole table: axis=0 there, too.",
        ),
        Wrong(
            "rows",
            lambda X_train, X: scaled(X_train.mean(axis=1), X_train.std(axis=1), X),
            "You average each patient's row; each feature has its own μ and σ: axis=0.",
        ),
        Wrong(
            "no brackets",
            lambda X_train, X: X - X_train.mean(axis=0) / X_train.std(axis=0),
            "Without brackets only μ is divided by σ: write (X − μ) / σ.",
        ),
        Wrong(
            "only centred",
            lambda X_train, X: X - X_train.mean(axis=0),
            "You take the mean off but never divide by σ: the features keep their units.",
        ),
        Wrong(
            "training rows",
            lambda X_train, X: with_training_statistics(X_train, X_train),
            "You return the training rows; return the rows of X, on the training set's scale.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "From the training rows take one mean and one standard deviation for each feature.",
        ),
        Hint(
            "My shapes do not fit, or all columns look alike",
            "X_train is (m, n): a mean over axis 0 leaves (n,), which fits every row of X (k, n).",
        ),
        Hint(
            "I nearly have it",
            "Both statistics come from X_train, the rows from X: subtract the mean, divide by std.",
        ),
    ),
)

EXERCISES = (
    gradient_ascent,
    mae_and_mse,
    best_slope,
    linear_gradient,
    descent_step,
    stopping_step,
    standardize,
)
