"""Where exercises are found: one data file per lab, joined to its notebook by exercise id."""

import importlib
from functools import cache
from pathlib import Path

from nnlib.grading.exercise import Exercise

DATA = Path(__file__).parent / "exercises"


def labs() -> list[str]:
    """Return the names of all labs that have exercises, such as `00_gradient_descent`, in order."""
    return sorted(path.stem for path in DATA.glob("[0-9][0-9]_*.py"))


def find_lab(name: str) -> str:
    """Return the lab called `name`: its number, its name, or both; KeyError if there is none."""
    wanted = Path(name).stem
    for lab in labs():
        if wanted in (lab, lab[3:]) or wanted.zfill(2) == lab[:2]:
            return lab
    raise KeyError(f"there is no lab {name!r}; the labs are {', '.join(labs())}")


@cache
def exercises_of(lab: str) -> tuple[Exercise, ...]:
    """Return the exercises of a lab in the order in which they are solved."""
    module = importlib.import_module(f"nnlib.grading.exercises.{lab}")
    exercises = tuple(module.EXERCISES)
    ids = [exercise.id for exercise in exercises]
    if len(set(ids)) < len(ids):
        raise ValueError(f"lab {lab} uses an exercise id twice: {ids}")
    return exercises


def find(exercise_id: str) -> Exercise:
    """Return the exercise with this id; KeyError names the nearest ids if there is none."""
    known: list[str] = []
    for lab in labs():
        for exercise in exercises_of(lab):
            if exercise.id == exercise_id:
                return exercise
            known.append(exercise.id)
    from difflib import get_close_matches

    inside = [name for name in known if exercise_id in name]
    near = get_close_matches(exercise_id, known) or inside[:3]
    advice = (
        f"did you mean {' or '.join(near)}?"
        if near
        else f"nnlib list {labs()[0][:2]} shows those of a lab"
    )
    raise KeyError(f"there is no exercise {exercise_id!r}; {advice}")


def lab_of(exercise_id: str) -> str:
    """Return the lab in which an exercise stands."""
    exercise = find(exercise_id)
    return next(lab for lab in labs() if exercise in exercises_of(lab))
