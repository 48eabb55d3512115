"""Exercises of lab 08: from a draw by decades to a choice that does not deceive itself."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nnlib.grading.exercise import Case, Exercise, Hint, Wrong

Rng = np.random.Generator
Pair = tuple[Any, Any]


def drawn_twice(
    answer: Callable[..., Any], low: float, high: float, n: int, seed: int
) -> dict[str, Any] | None:
    """The draw, and whether the same generator gives it again."""
    first, again = (answer(low, high, n, np.random.default_rng(seed)) for _ in range(2))
    if first is None:
        return None
    first, again = np.asarray(first), np.asarray(again)
    return {
        "shape": first.shape,
        "the same rng draws the same again": bool(np.array_equal(first, again)),
        "rates": first,
    }


def _decades(low: float, high: float, n: int, rng: Rng) -> np.ndarray:
    return np.asarray(10 ** rng.uniform(np.log10(low), np.log10(high), n))


def _one_by_one(low: float, high: float, n: int, rng: Rng) -> np.ndarray:
    ends = math.log10(low), math.log10(high)
    return np.array([10 ** rng.uniform(*ends) for _ in range(n)])


log_uniform = Exercise(
    id="log_uniform",
    title="Learning rates by decades",
    difficulty=1,
    minutes=8,
    reference=_decades,
    run=drawn_twice,
    axes={"rates": ("n",)},
    alternatives=(
        _one_by_one,
        lambda low, high, n, rng: np.exp(rng.uniform(np.log(low), np.log(high), n)),
        lambda low, high, n, rng: low * (high / low) ** rng.random(n),
    ),
    cases=(
        Case("five rates", {"low": 0.001, "high": 1.0, "n": 5, "seed": 0}),
        Case("eight rates of five decades", {"low": 1e-5, "high": 1.0, "n": 8, "seed": 1}),
        Case(
            "a range that is no round power",
            lambda rng: {"low": 0.003, "high": 0.4, "n": 7, "seed": int(rng.integers(1000))},
            points=2,
        ),
    ),
    wrongs=(
        Wrong(
            "uniform",
            lambda low, high, n, rng: rng.uniform(low, high, n),
            "You draw the rates themselves uniformly, so nine of ten fall into the top decade: "
            "draw the exponents.",
        ),
        Wrong(
            "exponents alone",
            lambda low, high, n, rng: rng.uniform(np.log10(low), np.log10(high), n),
            "You return the exponents r; the rates are 10 ** r.",
        ),
        Wrong(
            "log10, then e",
            lambda low, high, n, rng: np.exp(rng.uniform(np.log10(low), np.log10(high), n)),
            "You take log10 and undo it with e: log10 goes with 10 **, np.log with np.exp.",
        ),
        Wrong(
            "ln, then 10",
            lambda low, high, n, rng: 10 ** rng.uniform(np.log(low), np.log(high), n),
            "You take the natural logarithm and undo it with 10 **: use np.log10.",
        ),
        Wrong(
            "whole decades",
            lambda low, high, n, rng: 10 ** np.round(rng.uniform(np.log10(low), np.log10(high), n)),
            "You round the exponents, so only whole powers of ten are ever tried.",
        ),
        Wrong(
            "its own generator",
            lambda low, high, n, rng: _decades(low, high, n, np.random.default_rng(42)),
            "You draw from a generator of your own with a fixed seed: draw from rng.",
        ),
        Wrong(
            "not repeatable",
            lambda low, high, n, rng: _decades(low, high, n, np.random.default_rng()),
            "The same rng gives other rates each time: draw from rng, not from np.random.",
        ),
        Wrong(
            "one rate",
            lambda low, high, n, rng: _decades(low, high, 1, rng),
            "You draw one rate; give rng.uniform the number n as its third argument.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Where do low and high lie as powers of ten?"),
        Hint(
            "Nearly all my rates are large",
            "Then you draw the rates. Draw the exponents between log10(low) and log10(high).",
        ),
        Hint("I nearly have it", "10 ** rng.uniform(np.log10(low), np.log10(high), n)."),
    ),
)


def _best(scores: np.ndarray, larger: bool) -> int:
    return int(np.nanargmax(scores) if larger else np.nanargmin(scores))


def _best_by_loop(scores: np.ndarray, larger: bool) -> int:
    best = -1
    for i, score in enumerate(scores):
        better = best < 0 or (score > scores[best] if larger else score < scores[best])
        if not np.isnan(score) and better:
            best = i
    return best


def _last_best(scores: np.ndarray, larger: bool) -> int:
    return len(scores) - 1 - _best(scores[::-1], larger)


def _without_nan(scores: np.ndarray, larger: bool) -> int:
    return _best(scores[~np.isnan(scores)], larger)


best_trial = Exercise(
    id="best_trial",
    title="The best of the trials",
    difficulty=2,
    minutes=8,
    reference=_best,
    alternatives=(
        _best_by_loop,
        lambda scores, larger: np.argmax(
            np.where(np.isnan(scores), -np.inf, scores if larger else -scores)
        ),
    ),
    cases=(
        Case(
            "accuracies, one trial diverged",
            {"scores": np.array([0.5, np.nan, 0.7, 0.9, 0.9, 0.3]), "larger": True},
        ),
        Case(
            "losses, one trial diverged",
            {"scores": np.array([1.5, np.nan, 0.25, 2.0, 0.25, 0.75]), "larger": False},
            points=2,
        ),
        Case(
            "negative scores",
            {"scores": np.array([np.nan, -3.0, -0.5, -7.0, -0.5]), "larger": True},
        ),
    ),
    wrongs=(
        Wrong(
            "argmax of a loss",
            lambda scores, larger: _best(scores, True),
            "You always take the largest; of losses the smallest is best: heed `larger`.",
        ),
        Wrong(
            "the wrong way round",
            lambda scores, larger: _best(scores, not larger),
            "You take the worst trial: with larger=True the largest score wins.",
        ),
        Wrong(
            "NaN wins",
            lambda scores, larger: int(np.argmax(scores) if larger else np.argmin(scores)),
            "np.argmax and np.argmin return the NaN, a trial that diverged: leave NaN out.",
        ),
        Wrong(
            "NaN is zero",
            lambda scores, larger: _best(np.nan_to_num(scores), larger),
            "You count NaN as 0, which is an excellent loss: a diverged trial must never win.",
        ),
        Wrong(
            "the last of equals",
            _last_best,
            "Of equal trials you take the last; take the first.",
        ),
        Wrong(
            "index after filtering",
            _without_nan,
            "Your index counts the trials that are left without NaN; count all of them.",
        ),
        Wrong(
            "the score",
            lambda scores, larger: float(np.nanmax(scores) if larger else np.nanmin(scores)),
            "You return the best score; return its index.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "np.argmax and np.argmin give the first best index."),
        Hint(
            "A diverged trial wins",
            "Comparing with NaN goes astray. NumPy has versions of argmax and argmin that skip it.",
        ),
        Hint("I nearly have it", "np.nanargmax(scores) if larger, else np.nanargmin(scores)."),
    ),
)

Values = Mapping[str, Sequence[Any]]


def _product(values: Values) -> list[dict[str, Any]]:
    return [
        dict(zip(values, combination, strict=True))
        for combination in itertools.product(*values.values())
    ]


def _by_division(values: Values) -> list[dict[str, Any]]:
    total = math.prod(len(options) for options in values.values())
    settings = []
    for number in range(total):
        setting, rest, block = {}, number, total
        for name, options in values.items():
            block //= len(options)
            setting[name] = options[rest // block]
            rest %= block
        settings.append(setting)
    return settings


def _first_fastest(values: Values) -> list[dict[str, Any]]:
    turned = _product(dict(reversed(list(values.items()))))
    return [{name: setting[name] for name in values} for setting in turned]


def _one_at_a_time(values: Values) -> list[dict[str, Any]]:
    start = {name: options[0] for name, options in values.items()}
    moved = [{**start, name: option} for name, options in values.items() for option in options[1:]]
    return [start, *moved]


grid = Exercise(
    id="grid",
    title="Every combination",
    difficulty=2,
    minutes=10,
    reference=_product,
    alternatives=(_by_division,),
    cases=(
        Case("two and three values", {"values": {"lr": [0.1, 1.0], "hidden": [8, 16, 32]}}),
        Case(
            "three settings, one of them a text",
            {"values": {"lr": [0.01, 0.1, 1.0], "g": ["relu", "tanh"], "batch": [16, 32]}},
            points=2,
        ),
        Case(
            "three settings, 2 × 4 × 3",
            {"values": {"a": [1, 2], "b": [3, 4, 5, 6], "c": [7, 8, 9]}},
        ),
    ),
    wrongs=(
        Wrong(
            "zip",
            lambda values: [
                dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=False)
            ],
            "You pair the values one by one; a grid combines each with each.",
        ),
        Wrong(
            "the first changes fastest",
            _first_fastest,
            "All settings are there, but the first name changes fastest; let the last one.",
        ),
        Wrong(
            "one setting at a time",
            _one_at_a_time,
            "You vary one setting and keep the others at their first value; combine them all.",
        ),
        Wrong(
            "without names",
            lambda values: list(itertools.product(*values.values())),
            "Your settings are tuples of values; make each a dict with the names.",
        ),
        Wrong(
            "the last is missing",
            lambda values: _product(values)[:-1],
            "One setting is missing, the last.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Begin with one empty setting, [{}]. Each name then multiplies the list: every setting "
            "so far, with every one of its values.",
        ),
        Hint(
            "My list is too short",
            "Its length is the product of the numbers of values: two nested loops, not one.",
        ),
        Hint("I nearly have it", "itertools.product(*values.values()), and dict(zip(values, …))."),
    ),
)


def searched(answer: Callable[..., Any], low: float, high: float, n: int, seed: int) -> Any:
    """A search on a score that draws more or fewer random numbers, depending on the setting."""

    def sample(rng: Any) -> float:
        return float(rng.uniform(low, high))

    def score(setting: float, rng: Any) -> float:
        noise = rng.normal(size=1 + int(10 * setting) % 4)
        return float(-((setting - 0.4) ** 2) + 0.02 * noise.mean())

    result = answer(sample, score, n, np.random.default_rng(seed))
    if not isinstance(result, tuple | list) or len(result) != 2:
        return result
    best, scores = result
    scores = np.asarray(scores)
    return {"number of trials": scores.shape, "scores": scores, "best_score": best}


def _spawned(sample: Any, score: Any, n: int, rng: Rng) -> Pair:
    scores = [score(sample(own), own) for own in rng.spawn(n)]
    return max(scores), scores


def _kept_best(sample: Any, score: Any, n: int, rng: Rng) -> Pair:
    best, scores = -np.inf, np.empty(n)
    for i, own in enumerate(rng.spawn(n)):
        setting = sample(own)
        scores[i] = score(setting, own)
        best = max(best, scores[i])
    return best, scores


def _shared(sample: Any, score: Any, n: int, rng: Rng) -> Pair:
    scores = [score(sample(rng), rng) for _ in range(n)]
    return max(scores), scores


def _numbered_seeds(sample: Any, score: Any, n: int, rng: Rng) -> Pair:
    own = [np.random.default_rng(i) for i in range(n)]
    scores = [score(sample(one), one) for one in own]
    return max(scores), scores


def _one_setting(sample: Any, score: Any, n: int, rng: Rng) -> Pair:
    own = rng.spawn(n)
    setting = sample(own[0])
    scores = [score(setting, one) for one in own]
    return max(scores), scores


def _settings_first(sample: Any, score: Any, n: int, rng: Rng) -> Pair:
    settings = [sample(rng) for _ in range(n)]
    scores = [score(s, own) for s, own in zip(settings, rng.spawn(n), strict=True)]
    return max(scores), scores


random_search = Exercise(
    id="random_search",
    title="A budget of trials",
    difficulty=2,
    minutes=12,
    reference=_spawned,
    run=searched,
    axes={"scores": ("n",)},
    alternatives=(
        _kept_best,
        lambda sample, score, n, rng: (lambda s: (s.max(), s))(
            np.array([score(sample(own), own) for own in rng.spawn(n)])
        ),
    ),
    cases=(
        Case("five trials", {"low": 0.0, "high": 1.0, "n": 5, "seed": 0}),
        Case("nine trials", {"low": 0.1, "high": 2.0, "n": 9, "seed": 3}),
        Case(
            "twelve trials, another seed",
            lambda rng: {"low": 0.0, "high": 1.5, "n": 12, "seed": int(rng.integers(1000))},
            points=2,
        ),
    ),
    wrongs=(
        Wrong(
            "one generator for all",
            _shared,
            "All trials draw from one generator, so each depends on those before it: give each its "
            "own from rng.spawn(n).",
        ),
        Wrong(
            "seeds 0, 1, 2",
            _numbered_seeds,
            "You seed the trials 0, 1, 2, … and never use rng, so every search is the same search.",
        ),
        Wrong(
            "settings from the parent",
            _settings_first,
            "You draw the settings from rng itself; let each trial draw its own: sample(own).",
        ),
        Wrong(
            "one setting for all",
            _one_setting,
            "You draw one setting and score it n times; draw a new one in each trial.",
        ),
        Wrong(
            "the smallest",
            lambda sample, score, n, rng: (lambda s: (min(s), s))(
                _spawned(sample, score, n, rng)[1]
            ),
            "You return the smallest score; larger is better.",
        ),
        Wrong(
            "the last",
            lambda sample, score, n, rng: (lambda s: (s[-1], s))(
                _spawned(sample, score, n, rng)[1]
            ),
            "You return the score of the last trial, not of the best.",
        ),
        Wrong(
            "one too few",
            lambda sample, score, n, rng: _spawned(sample, score, n - 1, rng),
            "You run one trial fewer than the budget of n.",
        ),
        Wrong(
            "the best alone",
            lambda sample, score, n, rng: _spawned(sample, score, n, rng)[0],
            "You return the best score alone; return the pair, best_score and all scores.",
        ),
        Wrong(
            "the scores alone",
            lambda sample, score, n, rng: np.array(_spawned(sample, score, n, rng)[1]),
            "You return the scores alone; return the pair, the best of them first.",
        ),
        Wrong(
            "the pair swapped",
            lambda sample, score, n, rng: _spawned(sample, score, n, rng)[::-1],
            "Your pair is the wrong way round: first best_score, then scores.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin", "rng.spawn(n) gives n generators, one for each trial."
        ),
        Hint(
            "My scores are others",
            "In each trial the same generator first goes to sample, then to score.",
        ),
        Hint(
            "I nearly have it",
            "In each trial, score(sample(own), own) joins a list. Return its max and the list.",
        ),
    ),
)


def _zoomed(low: float, high: float, best: float, factor: float) -> Pair:
    half = (math.log10(high) - math.log10(low)) / (2 * factor)
    middle = math.log10(best)
    return max(low, 10 ** (middle - half)), min(high, 10 ** (middle + half))


def _by_clip(low: float, high: float, best: float, factor: float) -> Pair:
    half = np.log(high / low) / factor / 2
    return tuple(np.clip(best * np.exp([-half, half]), low, high))


def _unclipped(low: float, high: float, best: float, factor: float) -> Pair:
    side = (high / low) ** (0.5 / factor)
    return best / side, best * side


def _linear(low: float, high: float, best: float, factor: float) -> Pair:
    half = (high - low) / (2 * factor)
    return max(low, best - half), min(high, best + half)


def _pushed_inside(low: float, high: float, best: float, factor: float) -> Pair:
    width = (high / low) ** (1 / factor)
    new_low = min(max(low, best / width**0.5), high / width)
    return new_low, new_low * width


def _round_the_middle(low: float, high: float, best: float, factor: float) -> Pair:
    return _zoomed(low, high, math.sqrt(low * high), factor)


zoom = Exercise(
    id="zoom",
    title="The next interval",
    difficulty=3,
    minutes=12,
    reference=_zoomed,
    alternatives=(_by_clip,),
    links=("new_low", "new_high"),
    cases=(
        Case("in the middle", {"low": 1e-4, "high": 1.0, "best": 0.02, "factor": 4}),
        Case("near the upper end", {"low": 1e-4, "high": 1.0, "best": 0.5, "factor": 4}, points=2),
        Case("near the lower end", {"low": 1e-5, "high": 0.1, "best": 3e-5, "factor": 3}),
        Case(
            "another range",
            lambda rng: {
                "low": 0.001,
                "high": 8.0,
                "best": float(rng.uniform(0.1, 0.2)),
                "factor": 5,
            },
        ),
    ),
    wrongs=(
        Wrong(
            "linear",
            _linear,
            "You measure the width on the plain scale; a learning rate is zoomed in decades: work "
            "with the logarithms.",
        ),
        Wrong(
            "not cut off",
            _unclipped,
            "Your interval sticks out of the old one: cut it off at low and high.",
        ),
        Wrong(
            "pushed inside",
            _pushed_inside,
            "You push the interval back inside, so best is no longer in its middle; cut off what "
            "sticks out.",
        ),
        Wrong(
            "the whole width to each side",
            lambda low, high, best, factor: _zoomed(low, high, best, factor / 2),
            "You go the whole new width to each side; go half of it.",
        ),
        Wrong(
            "the factor on the rates",
            lambda low, high, best, factor: (max(low, best / factor), min(high, best * factor)),
            "You divide and multiply best by the factor; it is the width in decades that shrinks "
            "by the factor.",
        ),
        Wrong(
            "round the old middle",
            _round_the_middle,
            "Your interval lies round the middle of the old one; put best in its middle.",
        ),
        Wrong(
            "the exponents",
            lambda low, high, best, factor: tuple(np.log10(_zoomed(low, high, best, factor))),
            "You return the exponents; go back with 10 **.",
        ),
        Wrong(
            "log10, then e",
            lambda low, high, best, factor: (
                max(low, math.exp(math.log10(best) - math.log10(high / low) / (2 * factor))),
                min(high, math.exp(math.log10(best) + math.log10(high / low) / (2 * factor))),
            ),
            "You take log10 and undo it with e: log10 goes with 10 **.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Count decades: from low to high there are log10(high) − log10(low) of them.",
        ),
        Hint(
            "My interval reaches too far",
            "To each side goes half of the new width; then max with low, and min with high.",
        ),
        Hint(
            "I nearly have it",
            "half = log10(high / low) / (2 * factor); the ends are 10 ** (log10(best) ∓ half), "
            "cut off at low and high.",
        ),
    ),
)


def _mean_and_error(scores: np.ndarray) -> Pair:
    return scores.mean(axis=1), scores.std(axis=1, ddof=1) / np.sqrt(scores.shape[1])


def _by_sums(scores: np.ndarray) -> Pair:
    k = scores.shape[1]
    mean = scores.sum(axis=1) / k
    gaps = scores - mean[:, None]
    return mean, np.sqrt((gaps**2).sum(axis=1) / (k * (k - 1)))


def _folds(p: int, k: int) -> Callable[[Rng], dict[str, Any]]:
    return lambda rng: {"scores": rng.uniform(0.6, 1.0, (p, k))}


mean_and_error = Exercise(
    id="mean_and_error",
    title="A mean and how far to trust it",
    difficulty=2,
    minutes=8,
    reference=_mean_and_error,
    alternatives=(
        _by_sums,
        lambda scores: (
            np.mean(scores, axis=1),
            np.sqrt(np.var(scores, axis=1, ddof=1) / scores.shape[1]),
        ),
    ),
    links=("mean", "error"),
    axes={"mean": ("p",), "error": ("p",)},
    cases=(
        Case(
            "three settings, five folds",
            {
                "scores": np.array(
                    [
                        [0.9, 0.8, 1.0, 0.9, 0.7],
                        [0.6, 0.7, 0.9, 0.8, 0.6],
                        [1.0, 0.9, 0.9, 0.8, 0.9],
                    ]
                )
            },
        ),
        Case("four settings, ten folds", _folds(4, 10), points=2),
        Case("six settings, three folds", _folds(6, 3)),
    ),
    wrongs=(
        Wrong(
            "ddof 0",
            lambda scores: (
                scores.mean(axis=1),
                scores.std(axis=1) / np.sqrt(scores.shape[1]),
            ),
            "You divide the squares by k; divide by k − 1 (ddof=1): the mean is estimated too.",
        ),
        Wrong(
            "the spread",
            lambda scores: (scores.mean(axis=1), scores.std(axis=1, ddof=1)),
            "That is the spread of single folds; the error of their mean is √k times smaller.",
        ),
        Wrong(
            "divided by k",
            lambda scores: (
                scores.mean(axis=1),
                scores.std(axis=1, ddof=1) / scores.shape[1],
            ),
            "You divide by k; the error shrinks only with √k.",
        ),
        Wrong(
            "variance",
            lambda scores: (
                scores.mean(axis=1),
                scores.var(axis=1, ddof=1) / np.sqrt(scores.shape[1]),
            ),
            "You take the variance; its root, the standard deviation, is wanted.",
        ),
        Wrong(
            "√ of the settings",
            lambda scores: (
                scores.mean(axis=1),
                scores.std(axis=1, ddof=1) / np.sqrt(scores.shape[0]),
            ),
            "You divide by the root of the number of settings; divide by that of the folds.",
        ),
        Wrong(
            "over the settings",
            lambda scores: _mean_and_error(scores.T),
            "You average over the settings, axis 0; the folds are axis 1.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "The folds are the columns: take mean and std along axis=1.",
        ),
        Hint(
            "My error is a little too small",
            "np.std divides by k unless you ask for k − 1: ddof=1.",
        ),
        Hint("I nearly have it", "scores.std(axis=1, ddof=1) / np.sqrt(scores.shape[1])."),
    ),
)

Choice = tuple[int, float, float]


def _report(chosen: int, validation: np.ndarray, test: np.ndarray) -> Choice:
    looked, reported = float(validation[chosen].mean()), float(test[chosen].mean())
    return chosen, reported, looked - reported


def _chosen(validation: np.ndarray, test: np.ndarray) -> Choice:
    return _report(int(validation.mean(axis=1).argmax()), validation, test)


def _chosen_by_loop(validation: np.ndarray, test: np.ndarray) -> Choice:
    means = [sum(row) / len(row) for row in validation.tolist()]
    return _report(means.index(max(means)), validation, test)


def _best_single_run(validation: np.ndarray, test: np.ndarray) -> Choice:
    return _report(int(validation.max(axis=1).argmax()), validation, test)


def _chosen_on_test(validation: np.ndarray, test: np.ndarray) -> Choice:
    return _report(int(test.mean(axis=1).argmax()), validation, test)


def _chosen_on_both(validation: np.ndarray, test: np.ndarray) -> Choice:
    return _report(int((validation + test).mean(axis=1).argmax()), validation, test)


def _validation_reported(validation: np.ndarray, test: np.ndarray) -> Choice:
    chosen, reported, optimism = _chosen(validation, test)
    return chosen, reported + optimism, optimism


def _best_test_reported(validation: np.ndarray, test: np.ndarray) -> Choice:
    chosen, _, _ = _chosen(validation, test)
    top = float(test.mean(axis=1).max())
    return chosen, top, float(validation[chosen].mean()) - top


def _other_sign(validation: np.ndarray, test: np.ndarray) -> Choice:
    chosen, reported, optimism = _chosen(validation, test)
    return chosen, reported, -optimism


def _seeds(p: int, k: int) -> Callable[[Rng], dict[str, Any]]:
    """Setting 1 wins on validation, 2 on the test set, 3 on both together, 0 has the best run."""

    def inputs(rng: Rng) -> dict[str, Any]:
        noise = rng.uniform(0, 0.004, (2, p, k))
        validation, test = np.array([[0.7], [0.7]])[:, :, None] + noise
        validation[1] += 0.2
        test[1] += 0.02
        validation[2] += 0.01
        test[2] += 0.22
        validation[3] += 0.17
        test[3] += 0.18
        validation[0, k // 2] = 0.98
        return {"validation": validation, "test": test}

    return inputs


choose_then_test = Exercise(
    id="choose_then_test",
    title="Choose, then test",
    difficulty=2,
    minutes=10,
    reference=_chosen,
    alternatives=(
        _chosen_by_loop,
        lambda validation, test: _report(
            int(np.argsort(-validation.sum(axis=1), kind="stable")[0]), validation, test
        ),
    ),
    links=("chosen", "reported", "optimism"),
    cases=(
        Case(
            "four settings, three seeds",
            {
                "validation": np.array(
                    [[0.5, 0.99, 0.6], [0.9, 0.95, 0.94], [0.7, 0.75, 0.71], [0.9, 0.91, 0.92]]
                ),
                "test": np.array(
                    [[0.6, 0.61, 0.62], [0.85, 0.8, 0.84], [0.95, 0.97, 0.96], [0.93, 0.9, 0.92]]
                ),
            },
        ),
        Case("five settings, four seeds", _seeds(5, 4), points=2),
        Case("seven settings, three seeds", _seeds(7, 3)),
    ),
    wrongs=(
        Wrong(
            "chosen on the test set",
            _chosen_on_test,
            "You choose on the test set, so its score is no longer a test: choose on validation.",
        ),
        Wrong(
            "chosen on both",
            _chosen_on_both,
            "You let the test set have a say in the choice: choose on validation alone.",
        ),
        Wrong(
            "the best single run",
            _best_single_run,
            "You choose by the best single seed, which is luck: choose by the mean over the seeds.",
        ),
        Wrong(
            "validation score reported",
            _validation_reported,
            "You report the winner's validation accuracy, which is optimistic: report its test "
            "accuracy.",
        ),
        Wrong(
            "the best test score",
            _best_test_reported,
            "You report the best test accuracy of all settings; report that of the chosen one.",
        ),
        Wrong(
            "the other sign",
            _other_sign,
            "Your optimism has the wrong sign: it is validation minus test.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Average over the seeds, axis=1; then argmax."),
        Hint(
            "My chosen setting is wrong",
            "Only the validation accuracies choose; the test set is opened for the winner alone.",
        ),
        Hint(
            "I nearly have it",
            "The argmax of validation.mean(axis=1) chooses a row; average that row of test.",
        ),
    ),
)

EXERCISES = (
    log_uniform,
    best_trial,
    grid,
    random_search,
    zoom,
    mean_and_error,
    choose_then_test,
)
