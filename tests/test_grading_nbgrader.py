"""A class on nbgrader: its marks on the generated notebooks are those of our own grader."""

import csv
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from nnlib.grading.build import make_notebooks
from nnlib.grading.grade import grade, read_submissions
from nnlib.grading.registry import exercises_of

pytestmark = [
    pytest.mark.skipif(find_spec("nbgrader") is None, reason="needs the extra: nnlib[nbgrader]"),
    pytest.mark.skipif(os.name != "posix", reason="grading needs POSIX limits"),
]

ROOT = Path(__file__).parents[1]
LAB = "00_gradient_descent"
NOTEBOOK = f"{LAB}.ipynb"
LOUD = """import sys
import warnings

warnings.warn("this stands on stderr")
print("so does this", file=sys.stderr)
"""
DOWNHILL = """def gradient_ascent(start, alpha, steps):
    import warnings
    warnings.warn("careful")
    path = [start]
    for _ in range(steps):
        path.append(path[-1] + 2 * alpha * (path[-1] - 2))
    return path
"""
HALF = """def gradient_ascent(start, alpha, steps):
    path = [start]
    for _ in range(max(steps, 4)):
        path.append(path[-1] - 2 * alpha * (path[-1] - 2))
    return path
"""


def run(course, *words):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def answer(notebook, exercise_id, source):
    for cell in notebook["cells"]:
        if cell["id"] == f"answer-{exercise_id}":
            cell["source"] = source
    return notebook


def test_nbgrader_and_our_own_grader_give_the_same_marks(tmp_path):
    course = tmp_path / "course"
    made = {path.parent.name: notebook for path, notebook in make_notebooks(LAB, ROOT).items()}
    (course / "source" / "lab").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'course'\n", "utf-8"
    )
    (course / "source" / "lab" / NOTEBOOK).write_text(json.dumps(made["solutions"]), "utf-8")
    run(course, "generate_assignment", "lab", "--create")

    def fresh(kind):
        return json.loads(json.dumps(made[kind]))

    released = json.loads((course / "release" / "lab" / NOTEBOOK).read_text("utf-8"))
    loud = fresh("solutions")
    for cell in loud["cells"]:
        if cell["id"].startswith("answer-"):
            cell["source"] = LOUD + cell["source"]
    submitted = {
        "blank": fresh("exercises"),
        "half": answer(fresh("exercises"), "gradient_ascent", HALF),
        "loud": loud,
        "released": released,
        "right": fresh("solutions"),
        "wrong": answer(fresh("solutions"), "gradient_ascent", DOWNHILL),
    }
    folder = tmp_path / "class"
    for student, notebook in submitted.items():
        for place in (course / "submitted" / student / "lab", folder / student):
            place.mkdir(parents=True)
            (place / NOTEBOOK).write_text(json.dumps(notebook), "utf-8")
    run(course, "autograde", "lab")
    run(course, "export", "--to=grades.csv")

    with open(course / "grades.csv", encoding="utf-8", newline="") as file:
        theirs = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    exercises = exercises_of(LAB)
    ours = dict.fromkeys(submitted, 0.0)
    for mark in grade(read_submissions(folder), exercises, [ROOT], seed=0):
        ours[mark.submission] += mark.points
    total = sum(exercise.max_points for exercise in exercises)
    assert theirs == ours
    assert (ours["blank"], ours["released"], ours["right"], ours["loud"]) == (0, 0, total, total)
    assert 0 < ours["half"] < exercises[0].max_points
