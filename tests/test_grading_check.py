"""The verdict on an answer: its state, its points, its cause, and that nothing is harmed."""

import time
import warnings

import numpy as np
import pytest

import nnlib
from nnlib.grading.check import assess
from nnlib.grading.exercise import Case, Exercise, Hint, Wrong
from nnlib.grading.registry import find
from nnlib.grading.report import html, text
from nnlib.grading.runner import guarded

M, N = 5, 3


def inputs(rng):
    return {"X": rng.normal(size=(M, N)), "w": rng.normal(size=N), "y": rng.normal(size=M)}


def gradient(X, w, y):
    return X.T @ (X @ w - y) / len(y)


def by_columns(X, w, y):
    return np.array([np.mean((X @ w - y) * column) for column in X.T])


def divided_by_n(X, w, y):
    return X.T @ (X @ w - y) / len(w)


EXERCISE = Exercise(
    id="gradient",
    title="The gradient",
    reference=gradient,
    cases=(
        Case("five rows", inputs, points=2),
        Case("zero error", {"X": np.eye(2, 3), "w": np.ones(3), "y": np.ones(2)}),
        Case(
            "seven rows",
            lambda rng: {k: rng.normal(size=s) for k, s in zip("Xwy", [(7, 4), 4, 7], strict=True)},
        ),
    ),
    wrongs=(Wrong("by n", divided_by_n, "You divide by the n features; divide by m."),),
    hints=(Hint("a", "idea"), Hint("b", "shapes"), Hint("c", "code")),
    axes=("n",),
)


def verdict(answer, exercise=EXERCISE, **options):
    return assess(exercise, {exercise.id: answer}, **options)


def matrix_exercise(reference, **fields):
    """An exercise with a (4, 3) and a (5, 2) matrix."""
    cases = (
        Case("4 by 3", lambda rng: {"X": rng.normal(size=(4, 3))}),
        Case("5 by 2", lambda rng: {"X": rng.normal(size=(5, 2))}),
    )
    fields = {"wrongs": (), "hints": (), **fields}
    return Exercise(id="f", title="f", reference=reference, cases=cases, **fields)


def test_a_right_answer_earns_every_point():
    report = verdict(by_columns)
    assert (report.state, report.points) == ("right", 4)


def test_a_missing_name_and_an_untouched_starter_are_not_started():
    def starter(X, w, y):
        raise NotImplementedError

    for namespace in ({}, {"gradient": starter}, {"gradient": ...}):
        report = assess(EXERCISE, namespace)
        assert (report.state, report.points, report.cause) == ("not started", 0, "")


def test_a_crash_shows_the_learners_line_and_none_of_ours():
    namespace = {"__name__": "__main__"}
    exec(compile("def gradient(X, w, y):\n    return X @ y\n", "cell.py", "exec"), namespace)
    report = assess(EXERCISE, namespace)
    assert (report.state, report.points) == ("crashed", 0)
    first, *_, last = report.traceback.splitlines()
    assert first == "→ cell.py, line 2, in gradient"
    assert last.startswith("ValueError: matmul")
    assert "nnlib" not in report.traceback


def test_points_are_kept_for_the_cases_that_pass():
    def only_small(X, w, y):
        return gradient(X, w, y) if len(y) < 6 else np.zeros(4)

    report = verdict(only_small)
    assert (report.state, report.points) == ("wrong", 3)


def test_a_named_mistake_is_named():
    report = verdict(divided_by_n)
    assert (report.state, report.wrong, report.points) == ("wrong", "by n", 1)
    assert "Likely cause: You divide by the n features; divide by m." in text(report)
    assert "first wrong entry [0]" in text(report)
    assert "(3,) = (n)" in text(report)


def test_a_named_mistake_that_fits_all_cases_wins_over_one_that_fits_the_failed_ones():
    def also_on_seven(X, w, y):
        return divided_by_n(X, w, y) if len(y) != 7 else gradient(X, w, y)

    exercise = Exercise(
        **{
            **vars(EXERCISE),
            "wrongs": (
                Wrong("by n", divided_by_n, "By n."),
                Wrong("by n, not on seven", also_on_seven, "By n, except on seven rows."),
            ),
        }
    )
    assert verdict(divided_by_n, exercise).wrong == "by n"
    assert verdict(also_on_seven, exercise).wrong == "by n, not on seven"


def negative(X, w, y):
    return -gradient(X, w, y)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (negative, "The sign is wrong"),
        (lambda X, w, y: 2 * gradient(X, w, y), "twice"),
        (lambda X, w, y: gradient(X, w, y) / 2, "half"),
        (lambda X, w, y: len(y) * gradient(X, w, y), "number of rows of X"),
        (lambda X, w, y: gradient(X, w, y) / len(y), "too small by a factor of the number of rows"),
        (lambda X, w, y: 0.37 * gradient(X, w, y), "0.37 times"),
        (lambda X, w, y: gradient(X, w, y) + 0.5, "off by the same 0.5"),
        (lambda X, w, y: gradient(X, w, y) * (-1) ** np.arange(len(w)), "some signs"),
        (lambda X, w, y: gradient(X, w, y)[:, None], "their shape is not"),
        (lambda X, w, y: X * (X @ w - y)[:, None], "A mean over axis 0"),
        (lambda X, w, y: gradient(X, w, y).sum(), "You took the sum over n, which should stay"),
        (lambda X, w, y: gradient(X, w, y)[::-1], "reverse order"),
        (lambda X, w, y: np.roll(gradient(X, w, y), 1), "not in the right places"),
        (lambda X, w, y: 0 * w, "Your result is still 0"),
        (lambda X, w, y: w.copy(), "Your result is w, unchanged"),
        (lambda X, w, y: w - gradient(X, w, y), "w minus the right result"),
        (lambda X, w, y: gradient(X, w, y)[:-1], "too short by 1 (n)"),
        (lambda X, w, y: np.round(gradient(X, w, y), 2), "rounded to 2 decimals"),
        (
            lambda X, w, y: gradient(X, w, y) + np.arange(len(w)) * (9 + w),
            "Only the first entry is",
        ),
        (lambda X, w, y: gradient(X, w, y) * (1 + 1e-4 * w), "about three digits"),
        (lambda X, w, y: np.full(len(w), np.nan), "nan"),
        (lambda X, w, y: None, "did you forget return?"),
        (lambda X, w, y: print(gradient(X, w, y)), "prints its result but returns None"),
        (lambda X, w, y: "0.1", "returned a text"),
        (lambda X, w, y: np.mean, "parentheses"),
        (lambda X, w, y: (X @ w - y)[:, None] * (X @ w - y), "broadcast"),
    ],
)
def test_a_general_mistake_is_described(answer, words):
    report = verdict(answer)
    assert report.state == "wrong"
    assert report.wrong == ""
    assert words in report.cause


@pytest.mark.parametrize(
    ("reference", "answer", "words"),
    [
        (lambda X: X, lambda X: X.T, "transpose"),
        (lambda X: X.sum(axis=0), lambda X: X, "A sum over axis 0"),
        (lambda X: X, lambda X: X.sum(axis=0), "the sum over axis 0, which should stay"),
        (lambda X: X * 10, lambda X: np.trunc(X * 10), "whole ones"),
        (lambda X: np.cumsum(X[:, 0]), lambda X: np.cumsum(X[:, 0]) - X[:, 0], "too late"),
        (lambda X: X > 0, lambda X: X < 0, ""),
        (lambda X: X, lambda X: X**2, "the squares of"),
        (lambda X: X.mean(), lambda X: 1 - X.mean(), "one minus"),
        (lambda X: X.mean(), lambda X: X.mean() + 0.25, "Your number is too large by 0.25"),
        (lambda X: X.mean(), lambda X: X.mean() * 0.3, "0.3 times"),
        (lambda X: (X, 1), lambda X: (X,), "Return 2 results"),
        (lambda X: {"a": X, "b": X[0]}, lambda X: X, "Return two results, a and b"),
        (lambda X: {"a": 1}, lambda X: {"b": 1}, "no 'a'"),
        (lambda X: {"a": X, "b": X[0]}, lambda X: {"a": X[0], "b": X}, "return as b has"),
        (lambda X: X.sum(), lambda X: np.arange(5.0), "Return one number"),
        (lambda X: X, lambda X: (x for x in X), "generator"),
    ],
)
def test_a_mistake_in_the_arrangement_is_described(reference, answer, words):
    report = verdict(answer, matrix_exercise(reference))
    assert report.state == "wrong"
    assert words in report.cause


def test_an_unknown_mistake_is_refused_with_something_to_try():
    report = verdict(lambda X, w, y: np.sin(np.arange(len(w)) + X.sum()))
    assert (report.state, report.cause) == ("wrong", "")
    assert "by hand from the inputs shown" in text(report)


def test_changing_an_input_in_place_is_wrong_even_if_the_numbers_are_right():
    def in_place(X, w, y):
        y -= X @ w
        return -X.T @ y / len(y)

    report = verdict(in_place)
    assert report.state == "wrong"
    assert "changed y in place" in report.cause


def test_the_cases_do_not_leak_into_one_another():
    seen = []

    def keep(X, w, y):
        seen.append(X)
        X = X.copy()
        return gradient(X, w, y)

    verdict(keep)
    verdict(keep)
    assert seen[0] is not seen[3]
    assert np.array_equal(seen[0], seen[3])


def test_links_name_the_first_wrong_one():
    exercise = matrix_exercise(
        lambda X: (X, X + 1, X + 2), links=("dZ", "dW", "db"), axes={"dW": ("n_out", "n_in")}
    )
    report = verdict(lambda X: (X, X * 9, X * 9), exercise)
    assert "dW: first wrong entry" in text(report)
    assert "(n_out, n_in)" in text(report)


def test_a_row_of_numbers_is_as_good_as_a_tuple_of_them():
    exercise = matrix_exercise(lambda X: (X.sum(), X.max()), links=("sum", "max"))
    assert verdict(lambda X: np.array([X.sum(), X.max()]), exercise).state == "right"
    assert "max: got" in text(verdict(lambda X: np.array([X.sum(), 99.0]), exercise))


def test_where_a_chain_first_breaks_is_said():
    exercise = matrix_exercise(lambda X: (X, X + 1, X + 2), links=("a", "b", "c"))
    report = verdict(lambda X: (X, np.cos(X), X + 2), exercise)
    assert "a is right, b is not: look at its formula alone" in report.cause
    report = verdict(lambda X: (X, X + 1, np.cos(X)), exercise)
    assert "a and b are right, c is not" in report.cause
    longer = matrix_exercise(lambda X: (X, X + 1, X + 2, X + 3), links=("a", "b", "c", "d"))
    report = verdict(lambda X: (X, X + 1, X + 2, np.cos(X)), longer)
    assert "a to c are right, d is not" in report.cause


def test_a_lone_result_is_asked_for_its_partner_and_never_for_a_dict():
    exercise = matrix_exercise(lambda X: (X, X[0]), links=("dw", "db"))
    words = text(verdict(lambda X: X, exercise))
    assert "expected two results, dw and db" in words
    assert "expected a dict" not in words


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda X, w, y: X @ (X @ w - y), "Is a .T missing"),
        (lambda X, w, y: X + np.ones(len(w) + 5), "do not go together"),
        (lambda X, w, y: w if X > 0 else y, "one truth"),
        (lambda X, w, y: X[len(X)], "counts from 0"),
        (lambda X, w: w, "calls your answer with (X, w, y)"),
        (lambda X, w, y: not_there, "before it has a value"),  # noqa: F821
        (lambda X, w, y: [].sort() + X, "did you forget return?"),
        (lambda X, w, y: [].sort().shape, "did you forget return?"),
        (lambda X, w, y: [H for H, W, C in [X.shape]], "than there are names"),
        (lambda X, w, y: [a for a, b in y], "than there are names"),
        (lambda X, w, y: 1 / 0, ""),
    ],
)
def test_the_common_crashes_are_explained(answer, words):
    report = verdict(answer)
    assert report.state == "crashed"
    assert words in report.cause
    assert bool(words) == bool(report.cause)


def test_a_crash_after_the_answer_returned_says_so():
    exercise = find("k_fold")
    after = assess(exercise, {"k_fold": lambda m, k: k}).traceback
    within = assess(exercise, {"k_fold": lambda m, k: 1 / 0}).traceback
    assert after.startswith("Your answer ran")
    assert not within.startswith("Your answer ran")


def test_an_endless_loop_is_stopped_and_its_line_named():
    source = "def gradient(X, w, y):\n    while True:\n        X = X + 1\n"
    namespace = {"__name__": "__main__"}
    exec(compile(source, "cell.py", "exec"), namespace)
    start = time.perf_counter()
    report = assess(EXERCISE, namespace, limit=0.3)
    assert time.perf_counter() - start < 3
    assert report.state == "crashed"
    assert "stopped after 0.3 seconds: an endless loop?" in text(report)
    assert "cell.py, line" in report.traceback


def test_a_loop_that_swallows_every_exception_is_stopped_too():
    def stubborn(X, w, y):
        for _ in range(2):
            try:
                while True:
                    pass
            except:  # noqa: E722
                pass

    outcome = guarded(lambda: stubborn(1, 2, 3), limit=0.2)
    assert outcome.value is None


def test_a_stop_by_the_learner_passes_through():
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        guarded(stopped)


@pytest.mark.parametrize("ending", [SystemExit(3), RecursionError("deep"), GeneratorExit()])
def test_every_way_to_end_is_a_crash(ending):
    def end(X, w, y):
        raise ending

    assert verdict(end).state == "crashed"


def test_objects_that_misbehave_when_looked_at_are_a_crash():
    class Odd:
        def __array__(self, *arguments, **options):
            raise RuntimeError("do not look")

    assert verdict(lambda X, w, y: Odd()).state == "crashed"


def test_a_flood_of_output_is_cut_and_nothing_reaches_stderr(capfd):
    def loud(X, w, y):
        print("x" * 10**6)
        warnings.warn("careful", stacklevel=1)
        np.log(np.zeros(1))
        return gradient(X, w, y) + np.arange(len(w)) ** 2

    report = verdict(loud)
    words = text(report)
    assert len(words) < 3000
    assert "Warning while it ran: careful" in words
    assert capfd.readouterr() == ("", "")


def test_a_slow_diagnosis_is_not_taken_for_the_learners_stop():
    def slow(X):
        time.sleep(0.3)
        return X + 1

    exercise = matrix_exercise(
        lambda X: X, wrongs=[Wrong(f"slow {k}", slow, f"Slow {k}.") for k in range(10)]
    )
    assert verdict(lambda X: X + 2, exercise).state == "wrong"


def test_figures_that_an_answer_opens_are_closed():
    import matplotlib.pyplot as plt

    def draws(X, w, y):
        plt.figure()
        return by_columns(X, w, y)

    before = plt.get_fignums()
    assert verdict(draws).state == "right"
    assert plt.get_fignums() == before


def library_exercise():
    return matrix_exercise(nnlib.softmax, library=(nnlib.log_softmax,))


@pytest.mark.parametrize(
    "answer",
    [
        nnlib.softmax,
        lambda X: nnlib.softmax(X),
        lambda X: np.array(list(map(nnlib.softmax, X))),
        lambda X: np.apply_along_axis(nnlib.softmax, 1, X),
        lambda X: np.exp(nnlib.log_softmax(X)),
    ],
)
def test_an_answer_that_calls_the_library_is_told_so_and_earns_nothing(answer):
    report = verdict(answer, library_exercise())
    assert (report.state, report.points) == ("wrong", 0)
    assert "the library's own" in report.cause


def test_calls_that_the_library_makes_itself_do_not_count():
    def through_a_layer(X):
        return nnlib.Softmax().forward(X)

    assert verdict(through_a_layer, library_exercise()).state == "right"


def test_text_and_html_say_the_same_and_do_so_every_time():
    first, second = verdict(divided_by_n), verdict(divided_by_n)
    assert (text(first), html(first)) == (text(second), html(second))
    assert "You divide by the n features" in html(first)
    assert html(first).count("<details>") == 3


def test_html_escapes_what_the_learner_returned():
    report = verdict(lambda X: "<script>", matrix_exercise(lambda X: "a & b"))
    assert "<script>" not in html(report)
    assert "&lt;script&gt;" in html(report)


def test_class_answers_are_run_by_their_adapter():
    def three_steps(answer, X):
        optimizer = answer(lr=0.1)
        return np.array([optimizer.step(X) for _ in range(3)])

    class Right:
        def __init__(self, lr):
            self.lr, self.t = lr, 0

        def step(self, X):
            self.t += 1
            return X - self.lr * self.t

    class Other:
        def __init__(self, lr):
            self.lr, self.t = lr, 0

        def step(self, X):
            self.t += 1
            return X - self.t * self.lr

    class Forgetful(Other):
        def step(self, X):
            return X - self.lr

    exercise = matrix_exercise(
        Right,
        run=three_steps,
        wrongs=(Wrong("t", Forgetful, "Count the steps."),),
    )
    assert verdict(Other, exercise).state == "right"
    assert verdict(Forgetful, exercise).cause == "Count the steps."


def test_hidden_seeds_change_the_numbers_and_not_the_verdict():
    case = EXERCISE.cases[0]
    assert not np.array_equal(case.fresh(0)["X"], case.fresh(1)["X"])
    assert verdict(by_columns, seed=99).state == "right"
    assert verdict(divided_by_n, seed=99).wrong == "by n"


def test_bad_exercise_data_is_refused():
    with pytest.raises(ValueError, match="names what the learner defines"):
        Exercise("my id", "t", gradient, EXERCISE.cases, (), ())
    with pytest.raises(ValueError, match="at least one case"):
        Exercise("f", "t", gradient, (), (), ())
    with pytest.raises(ValueError, match="difficulty is 1, 2 or 3"):
        Exercise("f", "t", gradient, EXERCISE.cases, (), (), difficulty=4)
