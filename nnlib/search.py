"""Hyper-parameters are searched, not guessed: on a grid, at random, from coarse to fine (D3, D4).

A search calls `score(params, rng) -> float`, larger being better, on many settings at once. Each
trial gets a generator of its own, so the result is the same whatever the number of processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from nnlib.parallel import parallel_map
from nnlib.validation import count, generator, positive

Score = Callable[[dict[str, Any], "np.random.Generator"], float]


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, both within; equally likely, or with `log` their logarithms."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def sample(self, rng: np.random.Generator) -> float:
        """One number of the range."""
        half = 0.5 if self.whole else 0.0  # so that the whole numbers at the ends are as likely
        low, high = self.low - half, self.high + half
        if self.log:
            value = math.exp(rng.uniform(math.log(low), math.log(high)))
        else:
            value = rng.uniform(low, high)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value

    def around(self, values: Sequence[float]) -> Range:
        """The part of the range that the given values span."""
        return Range(min(values), max(values), self.log, self.whole)


@dataclass(frozen=True)
class Choice:
    """One of a few options, equally likely."""

    options: tuple[Any, ...]

    def sample(self, rng: np.random.Generator) -> Any:
        """One of the options."""
        return self.options[rng.integers(len(self.options))]

    def around(self, values: Sequence[Any]) -> Choice:
        """The options that are among the given values."""
        return Choice(tuple(option for option in self.options if option in values))


Space = Mapping[str, Range | Choice]


def uniform(low: float, high: float, *, whole: bool = False) -> Range:
    """Every number from low to high is equally likely; with whole=True, every whole number."""
    return _range(low, high, log=False, whole=whole)


def log_uniform(low: float, high: float, *, whole: bool = False) -> Range:
    """Every power of ten is equally likely (D4): for learning rates, penalties, layer sizes."""
    positive(low, "low"), positive(high, "high")
    return _range(low, high, log=True, whole=whole)


def choice(*options: Any) -> Choice:
    """Each option is equally likely."""
    if not options:
        raise ValueError("choice needs at least one option")
    return Choice(options)


class Trial(NamedTuple):
    """One setting that was tried, its score, and in which round of a coarse-to-fine search."""

    params: dict[str, Any]
    score: float
    round: int = 1


@dataclass(frozen=True)
class Search:
    """What a search has found: its trials in the order they were drawn.

    `interrupted` says that some are missing, because someone ended it early.
    """

    trials: list[Trial]
    interrupted: bool = False

    @property
    def ranked(self) -> list[Trial]:
        """The trials, best first."""
        return sorted(self.trials, key=lambda trial: -trial.score)

    @property
    def best(self) -> Trial:
        """The trial of the highest score; ValueError when every one diverged, or none ran."""
        if not self.trials or self.ranked[0].score == -math.inf:
            raise ValueError(f"none of the {len(self.trials)} trials ended with a finite score")
        return self.ranked[0]


def grid_search(
    score: Score,
    grid: Mapping[str, Sequence[Any]],
    *,
    rng: np.random.Generator,
    n_jobs: int | None = None,
    progress: bool = True,
) -> Search:
    """Try every combination of the listed values (D3).

    A trial that diverges (FloatingPointError, NaN) scores −∞. Raises ValueError for an empty list.
    """
    for name, values in grid.items():
        is_list = isinstance(values, Sequence | np.ndarray) and not isinstance(values, str)
        if not is_list or len(values) == 0:
            raise ValueError(
                f"the grid needs a list of at least one value of {name!r}, got {values!r}"
            )
    settings = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    return _run(score, settings, rng, n_jobs, progress)


def random_search(
    score: Score,
    space: Space,
    n: int,
    *,
    rng: np.random.Generator,
    n_jobs: int | None = None,
    progress: bool = True,
) -> Search:
    """Try n settings drawn at random (Bergstra and Bengio, 2012; D4).

    Each trial tests a new value of every parameter, so those that matter are seen at n places, not
    at the few of a grid. A trial that diverges scores −∞.
    """
    return coarse_to_fine(score, space, n, rounds=1, rng=rng, n_jobs=n_jobs, progress=progress)


def coarse_to_fine(
    score: Score,
    space: Space,
    n: int,
    *,
    rounds: int = 2,
    keep: float = 0.25,
    rng: np.random.Generator,
    n_jobs: int | None = None,
    progress: bool = True,
) -> Search:
    """Rounds of n random trials; each next one draws from the span of the best so far (D3, D4).

    The best are the best n·keep of all trials, at least two. Raises ValueError for an empty space
    or a share outside (0, 1].
    """
    count(n, "n"), count(rounds, "rounds"), generator(rng)
    if not 0 < keep <= 1:
        raise ValueError(f"keep must lie in (0, 1], got {keep}")
    if not space:
        raise ValueError("the space needs at least one parameter to search")
    for name, part in space.items():
        if not isinstance(part, Range | Choice):
            raise ValueError(
                f"the space needs uniform, log_uniform or choice for {name!r}, got {part!r}"
            )
    found = Search([])
    for r in range(1, rounds + 1):
        settings = [{name: part.sample(rng) for name, part in space.items()} for _ in range(n)]
        news = _run(score, settings, rng, n_jobs, progress, r)
        found = Search([*found.trials, *news.trials], news.interrupted)
        if found.interrupted:
            break
        best = found.ranked[: max(2, round(n * keep))]
        good = [trial.params for trial in best if trial.score > -math.inf]
        if len(good) > 1:
            space = {name: part.around([p[name] for p in good]) for name, part in space.items()}
    return found


def _run(
    score: Score,
    settings: list[dict[str, Any]],
    rng: np.random.Generator,
    n_jobs: int | None,
    progress: bool,
    number: int = 1,
) -> Search:
    own = generator(rng).spawn(len(settings))
    jobs = [(score, params, rng) for params, rng in zip(settings, own, strict=True)]
    scores = parallel_map(_score, jobs, n_jobs=n_jobs, progress=progress, unit="trial")
    trials = [Trial(settings[i], value, number) for i, value in scores.items()]
    return Search(trials, interrupted=len(scores) < len(jobs))


def _score(score: Score, params: dict[str, Any], rng: np.random.Generator) -> float:
    try:
        value = float(score(dict(params), rng))
    except FloatingPointError:
        return -math.inf
    except Exception as error:
        error.add_note(f"while scoring {params}")
        raise
    return -math.inf if math.isnan(value) else value


def _range(low: float, high: float, *, log: bool, whole: bool) -> Range:
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"a range needs finite low < high, got {low} and {high}")
    if whole and not (float(low).is_integer() and float(high).is_integer()):
        raise ValueError(f"a range of whole numbers needs whole ends, got {low} and {high}")
    return Range(low, high, log, whole)
