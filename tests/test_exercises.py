"""Every exercise of every lab passes the author's gates."""

from pathlib import Path

import pytest

from nnlib.grading.check import assess
from nnlib.grading.exercise import plain_value
from nnlib.grading.gates import EXERCISE_GATES, LAB_GATES
from nnlib.grading.registry import exercises_of, labs
from nnlib.grading.report import text

COURSE = Path(__file__).parents[1]


@pytest.mark.parametrize("gate", EXERCISE_GATES, ids=lambda gate: gate.__name__)
@pytest.mark.parametrize(
    "exercise",
    [exercise for lab in labs() for exercise in exercises_of(lab)],
    ids=lambda exercise: exercise.id,
)
def test_exercise(exercise, gate):
    assert gate(exercise) == []


@pytest.mark.parametrize(
    "exercise",
    [e for lab in labs() for e in exercises_of(lab) if e.run is not plain_value],
    ids=lambda exercise: exercise.id,
)
def test_a_forgotten_return_is_named(exercise):
    report = assess(exercise, {exercise.id: lambda *inputs, **named: None})
    assert "did you forget return?" in report.cause
    assert "None" in text(report)
    assert "results, shape" not in text(report)  # the check's own name, not the learner's


@pytest.mark.parametrize("gate", LAB_GATES, ids=lambda gate: gate.__name__)
@pytest.mark.parametrize("lab", labs())
def test_lab(lab, gate):
    assert gate(lab, COURSE) == []


def test_exercise_ids_are_unique_over_all_labs():
    ids = [exercise.id for lab in labs() for exercise in exercises_of(lab)]
    assert len(set(ids)) == len(ids)


def test_every_data_file_has_its_source_and_every_source_its_data():
    assert {path.stem for path in (COURSE / "solutions").glob("*.py")} == set(labs())
