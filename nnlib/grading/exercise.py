"""What an exercise is: plain data that the checker, the build and the tests all read."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlib.grading.compare import DEFAULT, Closeness, Mismatch, first_mismatch


def call_in_order(answer: Callable[..., Any], **inputs: Any) -> Any:
    """Call an answer with a case's inputs by position, so that renamed parameters still work."""
    return answer(*inputs.values())


def plain_value(answer: Any) -> Any:
    """Take the answer as it is: for an exercise that asks for a value, not a function."""
    return answer


@dataclass(frozen=True)
class Case:
    """One set of inputs on which an answer must agree with the reference.

    `inputs` maps parameter names, in order, to arrays, numbers, strings or containers of them.
    It may be a function of a random generator: learners always meet seed 0, graded work another.
    """

    name: str
    inputs: Mapping[str, Any] | Callable[[np.random.Generator], Mapping[str, Any]]
    points: int = 1

    def fresh(self, seed: int = 0) -> dict[str, Any]:
        """Return this case's inputs as copies that nothing else holds."""
        made = self.inputs(np.random.default_rng(seed)) if callable(self.inputs) else self.inputs
        return copy.deepcopy(dict(made))


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that learners really give, and the sentence that names the mistake."""

    name: str
    function: Callable[..., Any]
    message: str


@dataclass(frozen=True)
class Hint:
    """One step of help, titled by the symptom that sends a learner to it."""

    title: str
    text: str


@dataclass(frozen=True)
class Exercise:
    """A task, its reference, the cases that decide, and the mistakes that can be named.

    `id` is also the name that the learner defines. `links` names the entries of a tuple result;
    they are checked in order, as those of a dict are. `axes` names the axes of the result, or of
    each link. `run(answer, **inputs)` turns an answer into its result: write one where the answer
    is a class, a plain value, or takes a function or a generator. `library` lists
    functions that would give the answer away, besides a reference that is the library's own.
    """

    id: str
    title: str
    reference: Any
    cases: Sequence[Case]
    wrongs: Sequence[Wrong]
    hints: Sequence[Hint]
    difficulty: int = 1
    minutes: int = 10
    alternatives: Sequence[Any] = ()
    links: Sequence[str] = ()
    axes: Sequence[str] | Mapping[str, Sequence[str]] = ()
    run: Callable[..., Any] = call_in_order
    library: Sequence[Any] = ()
    closeness: Closeness = DEFAULT
    may_change_inputs: bool = False

    def __post_init__(self) -> None:
        if not self.id.isidentifier():
            raise ValueError(f"an exercise's id names what the learner defines; {self.id!r} cannot")
        if not self.cases:
            raise ValueError(f"exercise {self.id!r} needs at least one case")
        if self.difficulty not in (1, 2, 3):
            raise ValueError(f"difficulty is 1, 2 or 3; exercise {self.id!r} has {self.difficulty}")

    @property
    def max_points(self) -> int:
        """The sum of the points of all cases."""
        return sum(case.points for case in self.cases)

    @property
    def names_known(self) -> bool:
        """Whether a learner knows the names in a dict of results: not those that `run` makes up."""
        return bool(self.links) or self.run is call_in_order

    def axes_of(self, link: str = "") -> Sequence[str]:
        """Return the axis names of the result, or of one of its links."""
        if isinstance(self.axes, Mapping):
            return self.axes.get(link, ())
        return self.axes

    def mismatch(self, got: Any, expected: Any) -> Mismatch | None:
        """Return the first difference of a result from the expected one, or None."""
        return first_mismatch(got, expected, self.closeness)

    def named(self, result: Any) -> Any:
        """Return a tuple result as a dict of its links; anything else unchanged."""
        if self.links and isinstance(result, tuple | list) and len(result) == len(self.links):
            return dict(zip(self.links, result, strict=True))
        return result
