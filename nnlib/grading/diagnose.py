"""From a wrong result to its likely cause: the mistakes an author named, then general ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnlib.grading.compare import Mismatch, as_numbers
from nnlib.grading.exercise import Case, Exercise, Wrong
from nnlib.grading.runner import Outcome, run_case


@dataclass(frozen=True)
class Failure:
    """A case that an answer failed: what it was given, what it did, and where it first differs."""

    case: Case
    inputs: Mapping[str, Any]
    outcome: Outcome
    mismatch: Mismatch | None
    axes: Sequence[str]
    links: Sequence[str] = ()
    expected: Any = None
    names_known: bool = True


def likely_cause(
    exercise: Exercise, failures: Sequence[Failure], passed: Sequence[Case] = (), *, seed: int = 0
) -> tuple[str, str]:
    """Return (name of the named wrong answer or "", the sentence to show or "")."""
    wrong = named_wrong(exercise, failures, passed, seed=seed)
    if wrong:
        return wrong.name, wrong.message
    return "", general_cause(failures) or crash_cause(failures)


def named_wrong(
    exercise: Exercise, failures: Sequence[Failure], passed: Sequence[Case] = (), *, seed: int = 0
) -> Wrong | None:
    """Return the named wrong answer that gives the learner's result on every failed case.

    In a chain of links, one that first goes wrong at the same link, with the same value, will do.
    Among several, the first that also passes the cases which the learner passes.
    """
    for alike in (_same_result, _same_slip):
        candidates = [
            wrong
            for wrong in exercise.wrongs
            if all(
                alike(
                    exercise,
                    failure,
                    run_case(exercise, wrong.function, failure.case, seed=seed),
                    seed,
                )
                for failure in failures
            )
        ]
        for wrong in candidates:
            if wrong is candidates[-1] or all(_passes(exercise, wrong, c, seed) for c in passed):
                return wrong
    return None


def _passes(exercise: Exercise, wrong: Wrong, case: Case, seed: int) -> bool:
    theirs = run_case(exercise, wrong.function, case, seed=seed)
    right = run_case(exercise, exercise.reference, case, seed=seed)
    return _same_outcome(exercise, theirs, right)


def _same_outcome(exercise: Exercise, mine: Outcome, theirs: Outcome) -> bool:
    if mine.error or theirs.error:
        return repr(mine.error) == repr(theirs.error)
    if set(mine.changed) != set(theirs.changed):
        return False
    return exercise.mismatch(mine.value, theirs.value) is None


def _same_result(exercise: Exercise, failure: Failure, theirs: Outcome, seed: int) -> bool:
    return _same_outcome(exercise, failure.outcome, theirs)


def _same_slip(exercise: Exercise, failure: Failure, theirs: Outcome, seed: int) -> bool:
    mine = failure.mismatch
    if mine is None or not mine.link or mine.kind not in ("shape", "value") or theirs.error:
        return False
    right = run_case(exercise, exercise.reference, failure.case, seed=seed)
    other = exercise.mismatch(theirs.value, right.value)
    if other is None or other.link != mine.link:
        return False
    return exercise.mismatch(mine.got, other.got) is None


def general_cause(failures: Sequence[Failure]) -> str:
    """Return the first general explanation that fits every failure, else one for the first."""
    failures = [failure for failure in failures if failure.outcome.error is None]
    if not failures:
        return ""
    partial = ""
    for rule in RULES:
        found = [rule(failure) for failure in failures]
        alone = len(failures) == 1 and rule in FIT_ANY_NUMBER and _is_tiny(failures[0])
        if found[0] and not alone and all(sentence == found[0] for sentence in found):
            return found[0]
        chance = rule in COINCIDENCES and not all(found)
        if not _is_tiny(failures[0]) and not chance:
            partial = partial or found[0]
    return partial


def crash_cause(failures: Sequence[Failure]) -> str:
    """Return what the first error mostly means, for the errors that learners meet most."""
    errors = [failure.outcome.error for failure in failures if failure.outcome.error is not None]
    if not errors:
        return ""
    error = errors[0]
    for kind, part, sentence in CRASHES:
        if isinstance(error, kind) and part in str(error):
            return sentence.format(inputs=", ".join(failures[0].inputs))
    return ""


def _is_tiny(failure: Failure) -> bool:
    """One or two numbers fit too many explanations to trust one that fits a single case."""
    pair = _numbers(failure)
    return pair is not None and pair[1].size < 3


def changed_inputs(failure: Failure) -> str:
    """The result is right, but an input was overwritten."""
    if not failure.outcome.changed or failure.mismatch:
        return ""
    names = " and ".join(failure.outcome.changed)
    return (
        f"The result is right, but your code changed {names} in place, and {names} belongs to the "
        f"caller. Write a = a - b, which makes a new array, instead of a -= b, or copy first."
    )


def returned_none(failure: Failure) -> str:
    """The function ends without `return`."""
    if failure.mismatch is None or failure.mismatch.got is not None:
        return ""
    if failure.outcome.printed.strip():
        return "Your function prints its result but returns None: end it with return."
    return "Your function returned None: did you forget return?"


def wrong_type(failure: Failure) -> str:
    """A text, a function or a generator came where numbers should."""
    wrong = failure.mismatch
    if wrong is None or wrong.kind != "type":
        return ""
    got = wrong.got
    if callable(got):
        return "Your function returned a function: did you forget the parentheses of a call?"
    if isinstance(wrong.expected, Mapping) and not wrong.link:
        if failure.names_known:
            return f"Return {results_called(wrong.expected)}: yours returned {describe_type(got)}."
        return f"Your function returned {describe_type(got)}: the exercise asks for something else."
    where = f" for {wrong.link}" if wrong.link else ""
    expected = describe_type(wrong.expected)
    return f"Your function returned {describe_type(got)}{where}; expected {expected}."


def wrong_structure(failure: Failure) -> str:
    """Too many or too few results, or one without its name."""
    wrong = failure.mismatch
    if wrong is None:
        return ""
    if wrong.kind == "missing":
        return f"The result has no {wrong.link!r}; it has {wrong.got}."
    if wrong.kind == "length":
        return f"Return {len(wrong.expected)} results; yours has {len(wrong.got)}."
    return ""


def not_finite(failure: Failure) -> str:
    """Nan or infinity where a number should be."""
    pair = _numbers(failure)
    if pair is None or pair[0].shape != pair[1].shape:
        return ""
    got, expected = pair
    where = ~np.isfinite(got) & np.isfinite(expected)
    if not where.any():
        return ""
    word = "nan" if np.isnan(got[where][0]) else "infinity"
    why = (
        "0/0, ∞ − ∞ or log of a negative number"
        if word == "nan"
        else "an overflow or a division by 0"
    )
    return f"Your result holds {word} where a number should be: look for {why}."


def transposed(failure: Failure) -> str:
    """Rows and columns exchanged."""
    pair = _numbers(failure)
    if pair is None or pair[1].ndim != 2 or 1 in pair[1].shape:
        return ""
    return "Your result is the transpose of the right one." if _close(pair[0].T, pair[1]) else ""


def wrong_shape(failure: Failure) -> str:
    """The right numbers in the wrong shape."""
    pair = _numbers(failure)
    if pair is None or pair[0].shape == pair[1].shape or pair[0].size != pair[1].size:
        return ""
    got, expected = pair
    if _close(got.ravel(), expected.ravel()):
        return (
            "The numbers are right, but their shape is not: an axis is missing or extra "
            "(keepdims, reshape, indexing)."
        )
    return ""


def not_one_number(failure: Failure) -> str:
    """Several numbers where one should be."""
    pair = _numbers(failure)
    if pair is None or pair[1].ndim != 0 or pair[0].ndim == 0:
        return ""
    got, right = pair[0].ravel(), pair[1]
    if len(got) > 1 and _close(got[0], right):
        return "Return one number; of those that you return, the first is right."
    return "Return one number; yours is an array. Is a sum, a mean or an index missing?"


def missing_reduction(failure: Failure) -> str:
    """An axis that should have been summed or averaged away is still there, or the reverse."""
    pair = _numbers(failure)
    if pair is None or pair[0].shape == pair[1].shape:
        return ""
    got, expected = pair
    for name, reduce in (("sum", np.sum), ("mean", np.mean)):
        for axis in range(got.ndim):
            for keep in (False, True):
                if _close(reduce(got, axis=axis, keepdims=keep), expected):
                    return f"A {name} over axis {axis} of your result is missing."
        if got.ndim > 0 and _close(reduce(got), expected):
            return (
                f"A {name} over all entries of your result is missing: it gives the right number."
            )
        for axis in range(expected.ndim):
            if _close(got, reduce(expected, axis=axis)):
                kept = failure.axes[axis] if len(failure.axes) == expected.ndim else f"axis {axis}"
                return f"You took the {name} over {kept}, which should stay: one number for each."
        if expected.ndim > 0 and _close(got, reduce(expected)):
            return f"You took the {name} over everything: expected the shape {expected.shape}."
    return ""


def wrong_length(failure: Failure) -> str:
    """One axis is too long or too short."""
    pair = _numbers(failure)
    if pair is None or pair[0].ndim != pair[1].ndim:
        return ""
    differ = [axis for axis, (a, b) in enumerate(zip(*map(np.shape, pair), strict=True)) if a != b]
    if len(differ) != 1:
        return ""
    axis = differ[0]
    off = pair[0].shape[axis] - pair[1].shape[axis]
    where = f" along axis {axis}" if pair[1].ndim > 1 else ""
    if len(failure.axes) == pair[1].ndim:
        where += f" ({failure.axes[axis]})"
    return f"Your result is too {'long' if off > 0 else 'short'} by {abs(off)}{where}."


def broadcast(failure: Failure) -> str:
    """(m, 1) met (m,) and became (m, m)."""
    pair = _numbers(failure)
    if pair is None or (pair[0].ndim, pair[1].ndim) != (2, 1):
        return ""
    return (
        f"Your result has the shape {pair[0].shape}; expected {pair[1].shape}. "
        f"An array of shape (m, 1) and one of shape (m,) broadcast to (m, m): print their shapes."
    )


def named_factor(failure: Failure) -> str:
    """Every entry off by the same factor, and the factor is a size of the inputs, 2, ½ or −1."""
    pair = _same_shape(failure)
    if pair is None:
        return ""
    for words, factor in _factors(failure.inputs):
        if _close(pair[0], factor * pair[1]):
            return _in_number(words, pair[1])
    return ""


def any_factor(failure: Failure) -> str:
    """Every entry off by the same unnamed factor."""
    pair = _same_shape(failure)
    if pair is None or pair[0].size == 0:
        return ""
    got, expected = pair
    size = float(np.sum(np.abs(expected) ** 2))
    if size == 0:
        return ""
    factor = float(np.real(np.sum(got * np.conj(expected)))) / size
    if factor != 0 and _close(got, factor * expected):
        words = f"Every entry is {factor:.4g} times the right one: a constant factor is off."
        return _in_number(words, expected)
    return ""


def constant_offset(failure: Failure) -> str:
    """Every entry off by the same amount."""
    pair = _same_shape(failure)
    if pair is None or pair[0].size == 0:
        return ""
    offset = (pair[0] - pair[1]).ravel()
    if _close(offset, np.full_like(offset, offset[0])):
        if pair[1].ndim == 0:
            how = "large" if offset[0] > 0 else "small"
            return f"Your number is too {how} by {abs(offset[0]):.4g}."
        return f"Every entry is off by the same {offset[0]:.4g}: a constant is missing or extra."
    return ""


def all_zero(failure: Failure) -> str:
    """Nothing was ever put into the result."""
    pair = _same_shape(failure)
    if pair is None or np.any(pair[0]) or not np.any(pair[1]):
        return ""
    assert failure.mismatch is not None
    return f"Your {failure.mismatch.link or 'result'} is still 0: where does it get its value?"


def from_an_input(failure: Failure) -> str:
    """An input itself, or the right result with an input added or taken away."""
    pair = _same_shape(failure)
    if pair is None or failure.mismatch is None:
        return ""
    got, expected = pair
    right = f"right {failure.mismatch.link or 'result'}"
    for name, value in failure.inputs.items():
        given = as_numbers(value)
        if given is None or given.shape != expected.shape or _close(0 * given, given):
            continue
        if _close(got, given):
            return f"Your {right.removeprefix('right ')} is {name}, unchanged."
        for words, other in (
            (f"{name} minus the {right}", given - expected),
            (f"the {right} minus {name}", expected - given),
            (f"the {right} plus {name}", expected + given),
        ):
            if _close(got, other):
                return f"What you return is {words}."
    return ""


def in_the_wrong_place(failure: Failure) -> str:
    """The right value under the name of another result."""
    pair, mine, right = _numbers(failure), failure.outcome.value, failure.expected
    if pair is None or not isinstance(mine, Mapping) or not isinstance(right, Mapping):
        return ""
    assert failure.mismatch is not None
    link = failure.mismatch.link
    for name in right:
        other, due = as_numbers(mine.get(name)), as_numbers(right[name])
        if name == link or other is None or due is None or _close(other, due):
            continue
        if _close(other, pair[1]):
            return f"What you return as {name} has the value of the right {link}: mind the order."
    return ""


def first_wrong_link(failure: Failure) -> str:
    """In a chain of results, the first are right."""
    wrong = failure.mismatch
    if wrong is None or wrong.link not in failure.links[1:]:
        return ""
    first, *others = failure.links[: list(failure.links).index(wrong.link)]
    word = "and" if len(others) == 1 else "to"
    are = f"{first} {word} {others[-1]} are" if others else f"{first} is"
    return f"{are} right, {wrong.link} is not: look at its formula alone."


def related(failure: Failure) -> str:
    """The right numbers squared, rooted, inverted, taken from 1, or through exp or log."""
    pair = _same_shape(failure)
    if pair is None or np.all(np.isin(pair[1], (0, 1))):
        return ""
    got, expected = pair
    with np.errstate(all="ignore"):
        for words, function in RELATIONS:
            if _close(got, function(expected)):
                return f"Your numbers are {words} the right ones."
    return ""


def flipped_signs(failure: Failure) -> str:
    """Right sizes, wrong signs."""
    pair = _same_shape(failure)
    if pair is None or not _close(np.abs(pair[0]), np.abs(pair[1])):
        return ""
    return "The sizes are right, but some signs are not: look for abs, a square or a swapped minus."


def shifted(failure: Failure) -> str:
    """Everything one place too early or too late, or backwards."""
    pair = _same_shape(failure)
    if pair is None or pair[0].ndim == 0:
        return ""
    got, expected = pair
    if _close(got[::-1], expected):
        return "The numbers are right, but in reverse order."
    if expected.size < 3:
        return ""
    if _close(np.sort(got, axis=None), np.sort(expected, axis=None)):
        return "The numbers are right, but not in the right places."
    if len(got) < 3:
        return ""
    if _close(got[1:], expected[:-1]):
        return "Everything comes one place too late: is the loop or the index off by one?"
    if _close(got[:-1], expected[1:]):
        return "Everything comes one place too early: is the loop or the index off by one?"
    return ""


def truncated_to_int(failure: Failure) -> str:
    """Whole numbers where fractions should be, or a rounded result."""
    pair = _same_shape(failure)
    if pair is None or pair[1].dtype.kind != "f":
        return ""
    got, expected = pair
    if _close(got, np.trunc(expected)) or _close(got, np.floor(expected)):
        return "Your numbers are cut to whole ones: look for //, int() or an integer array."
    for digits in range(5):
        if _close(got, np.round(expected, digits)):
            return f"Your numbers are rounded to {digits} decimals: return them unrounded."
    return ""


def partly_right(failure: Failure) -> str:
    """Only the first rows, or all but the last, are right."""
    pair = _same_shape(failure)
    if pair is None or pair[0].ndim == 0 or len(pair[0]) < 3:
        return ""
    good = [_close(a, b) for a, b in zip(*pair, strict=True)]
    right = good.index(False) if False in good else 0
    if right and not any(good[right:]):
        entries = "entry is" if right == 1 else f"{right} entries are"
        return f"Only the first {entries} right: what is different about the others?"
    wrong = good.count(False)
    if 0 < wrong < len(good) and all(good[wrong:]):
        entries = "entry is" if wrong == 1 else f"{wrong} entries are"
        return f"Only the first {entries} wrong: what is different there?"
    return ""


def nearly(failure: Failure) -> str:
    """Right to a few digits."""
    pair = _same_shape(failure)
    if pair is None or not np.allclose(*pair, rtol=1e-3, atol=1e-6, equal_nan=True):
        return ""
    return "Right to about three digits: a small constant (ε), a rounding, or float32 on the way?"


def wrong_dtype(failure: Failure) -> str:
    """The right numbers in another type."""
    wrong = failure.mismatch
    if wrong is None or wrong.kind != "dtype":
        return ""
    return (
        f"The numbers are right, but their type is {wrong.got.dtype}; expected "
        f"{wrong.expected.dtype}, the type of the inputs. A NumPy float64 scalar promotes float32."
    )


RELATIONS: tuple[tuple[str, Callable[[np.ndarray], np.ndarray]], ...] = (
    ("the squares of", np.square),
    ("the square roots of", np.sqrt),
    ("one over", np.reciprocal),
    ("one minus", lambda values: 1 - values),
    ("the exponentials of", np.exp),
    ("the logarithms of", np.log),
)
FIT_ANY_NUMBER = (any_factor, constant_offset)
COINCIDENCES = (*FIT_ANY_NUMBER, partly_right)
RULES: tuple[Callable[[Failure], str], ...] = (
    changed_inputs,
    returned_none,
    wrong_type,
    wrong_structure,
    wrong_dtype,
    not_finite,
    all_zero,
    in_the_wrong_place,
    named_factor,
    from_an_input,
    transposed,
    wrong_shape,
    missing_reduction,
    not_one_number,
    wrong_length,
    broadcast,
    any_factor,
    constant_offset,
    related,
    flipped_signs,
    shifted,
    truncated_to_int,
    nearly,
    partly_right,
    first_wrong_link,
)


FORGOTTEN_RETURN = "None came where a value should be: did you forget return?"
UNPACKED = (
    "More or fewer values came than there are names for them: print what is unpacked, and count "
    "what you return."
)
CRASHES: tuple[tuple[type[Exception], str, str], ...] = (
    (TypeError, "NoneType", FORGOTTEN_RETURN),
    (AttributeError, "NoneType", FORGOTTEN_RETURN),
    (ValueError, "values to unpack", UNPACKED),
    (TypeError, "cannot unpack", UNPACKED),
    (
        ValueError,
        "matmul",
        "A @ B needs as many columns in A as there are rows in B: print both shapes. "
        "Is a .T missing, or one too many?",
    ),
    (
        ValueError,
        "broadcast",
        "Two arrays' shapes do not go together: print them. NumPy compares the last axes first.",
    ),
    (
        ValueError,
        "truth value of an array",
        "if and while take one truth, not an array of them: use np.where, or .any() or .all().",
    ),
    (IndexError, "", "An index is too large: Python counts from 0, so the last is length − 1."),
    (
        TypeError,
        "positional argument",
        "The check calls your answer with ({inputs}): does it take as many?",
    ),
    (
        NameError,
        "",
        "A name is used before it has a value: is it spelled alike everywhere, and its cell run?",
    ),
)


def results_called(expected: Mapping[str, Any]) -> str:
    """Return how many results are due and their names, as in “two results, dw and db”."""
    words = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}
    *names, last = expected
    count = words.get(len(expected), str(len(expected)))
    if not names:
        return f"one result, {last}"
    return f"{count} results, {', '.join(names)} and {last}"


def describe_type(value: Any) -> str:
    """Return what a value is, in a learner's words."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else "a number"
    if isinstance(value, int | float | complex | np.generic):
        return "a number"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    names = {"str": "a text", "dict": "a dict"}
    name = type(value).__name__
    return names.get(name, f"a {name}")


def _numbers(failure: Failure) -> tuple[np.ndarray, np.ndarray] | None:
    if failure.mismatch is None or failure.mismatch.kind not in ("shape", "value"):
        return None
    got, expected = as_numbers(failure.mismatch.got), as_numbers(failure.mismatch.expected)
    if got is None or expected is None:
        return None
    # Booleans cannot be subtracted; as numbers they can.
    return got * 1, expected * 1


def _in_number(sentence: str, expected: np.ndarray) -> str:
    return sentence if expected.ndim else sentence.replace("Every entry is", "Your number is")


def _same_shape(failure: Failure) -> tuple[np.ndarray, np.ndarray] | None:
    pair = _numbers(failure)
    if pair is None or pair[0].shape != pair[1].shape or not np.all(np.isfinite(pair[0])):
        return None
    return pair


def _close(got: Any, expected: Any) -> bool:
    return np.shape(got) == np.shape(expected) and bool(
        np.allclose(got, expected, rtol=1e-5, atol=1e-9, equal_nan=True)
    )


def _factors(inputs: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the factors worth naming, each with its sentence."""
    named = [
        ("The sign is wrong: every entry is −1 times the right one.", -1.0),
        ("Every entry is twice the right one: a factor ½ is missing, or a 2 too many.", 2.0),
        ("Every entry is half the right one: a factor 2 is missing, or a ½ too many.", 0.5),
    ]
    for name, value in inputs.items():
        if np.ndim(value) == 0:
            if isinstance(value, int | float) and value not in (0, 1, -1):
                named += _size_factors(f"{name}", float(value))
            continue
        words = ("number of rows", "number of columns")[: np.ndim(value)]
        if np.ndim(value) == 1:
            words = ("length",)
        for axis, word in enumerate(words):
            if np.shape(value)[axis] > 1:
                named += _size_factors(f"the {word} of {name}", float(np.shape(value)[axis]))
    return named


def _size_factors(what: str, size: float) -> list[tuple[str, float]]:
    return [
        (f"Every entry is too large by a factor of {what}: a division by it is missing.", size),
        (
            f"Every entry is too small by a factor of {what}: one division by it is too many.",
            1 / size,
        ),
        (f"Every entry is off by minus {what}: the sign and a division by it are missing.", -size),
        (
            f"Every entry is off by minus one over {what}: check the sign and the division.",
            -1 / size,
        ),
    ]
