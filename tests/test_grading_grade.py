"""Marking strangers' answers: every submission gets its row, whatever it tries, and harms none."""

import ast
import csv
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nnlib.grading.answers import check_call
from nnlib.grading.build import solution_text
from nnlib.grading.crossing import LARGEST_TREE, Foreign, pack, unpack
from nnlib.grading.grade import Mark, grade, most_common, read_submissions
from nnlib.grading.marks import Journal, write_csv
from nnlib.grading.registry import find
from nnlib.grading.yard import Guest, Limits

pytestmark = pytest.mark.skipif(os.name != "posix", reason="grading needs POSIX limits")

ROOT = Path(__file__).parents[1]
LAB = "00_gradient_descent"
ASCENT, GRADIENT = "gradient_ascent", "linear_gradient"
COPIES = 40
RIGHT = f"import numpy as np\n\n{solution_text(LAB, ASCENT, ROOT)}\n"
OTHER_ROUTE = """
import numpy as np

def gradient_ascent(start, alpha, steps):
    return 2 + (start - 2) * (1 - 2 * alpha) ** np.arange(steps + 1)
"""
DOWNHILL = RIGHT.replace("x + alpha", "x - alpha")


def body(*lines):
    """An answer to the ascent whose body is `lines`."""
    head = "import os, sys, time, shutil, subprocess\nimport numpy as np\n\n"
    inner = textwrap.indent(textwrap.dedent("\n".join(lines)), "    ")
    return f"{head}def gradient_ascent(start, alpha, steps):\n{inner}\n"


def submissions(victim):
    """Every kind of submission: its text or bytes, then the state and a word of the message."""
    return {
        "right.py": (RIGHT, "right", ""),
        "other_route.py": (OTHER_ROUTE, "right", ""),
        "downhill.py": (DOWNHILL, "wrong", "You walk downhill"),
        "syntax_error.py": ("def gradient_ascent(:", "crashed", "SyntaxError"),
        "crash.py": (body("return start / 0"), "crashed", "cell 1, line 5: return start / 0"),
        "none.py": (body("pass"), "wrong", "did you forget return?"),
        "blank.py": (body("raise NotImplementedError"), "not started", ""),
        "monkeypatch.py": (
            "import numpy as np, nnlib.grading\n"
            "nnlib.grading.check = lambda i: 5\n"
            "np.isclose = np.allclose = lambda *a, **k: True\n" + body("return 0"),
            "wrong",
            "",
        ),
        "exit_in_answer.py": (body("os._exit(0)"), "crashed", "ended before"),
        "exit_in_cell.py": ("import os\nos._exit(3)\n" + RIGHT, "crashed", "exit code 3"),
        "sys_exit.py": (body("sys.exit()"), "crashed", "SystemExit"),
        "endless.py": (body("while True:", "    pass"), "crashed", "time was up"),
        "endless_swallow.py": (
            body("while True:", "    try: time.sleep(9)", "    except: pass"),
            "crashed",
            "did not end within 5 seconds",
        ),
        "memory.py": (body("return [0] * 10**10"), "crashed", "MemoryError"),
        "fork.py": (body("while True: os.fork()"), "crashed", "may not use os.fork"),
        "process.py": (body("subprocess.run(['id'])"), "crashed", "may not use subprocess"),
        "kill.py": (body("os.kill(os.getppid(), 9)"), "crashed", "may not use os.kill"),
        "network.py": (body("import socket", "socket.socket()"), "crashed", "may not use socket"),
        "delete.py": (body(f"os.remove({str(victim)!r})"), "crashed", "may not change files"),
        "delete_tree.py": (
            body(f"shutil.rmtree({str(victim.parent)!r})"),
            "crashed",
            "may not change files",
        ),
        "overwrite.py": (body(f"open({str(victim)!r}, 'w')"), "crashed", "may not change files"),
        "peek.py": (
            body(f"return open({str(ROOT / 'solutions' / LAB)!r} + '.py').read()"),
            "crashed",
            "may not read the course",
        ),
        "peek_at_others.py": (
            body(f"return os.listdir({str(victim.parent / 'class')!r})"),
            "crashed",
            "may not read",
        ),
        "import_reference.py": (
            body(
                "import importlib",
                "name = 'nnlib.grading.exercises.00_gradient_descent'",
                "return importlib.import_module(name).ascend(start, alpha, steps)",
            ),
            "crashed",
            "No module named 'nnlib.grading.exercises'",
        ),
        "print_flood.py": (
            body("for _ in range(2000):", "    print('x' * 10**5)") + "    " + "return 0",
            "wrong",
            "",
        ),
        "write_flood.py": (
            body("with open('big', 'w') as f:", "    while True: f.write('x' * 10**6)"),
            "crashed",
            "OSError",
        ),
        "huge_result.py": (body("return np.ones(10**8, np.int8)"), "crashed", "too large"),
        "pipe_for_result.py": (
            body("os.mkfifo('../out/case-0.json')", "os._exit(0)"),
            "crashed",
            "ended before",
        ),
        "forged_result.py": (
            body("open('../out/case-0.json', 'w').write('[' * 10**5)", "os._exit(0)"),
            "crashed",
            "ended before",
        ),
        "odd_object.py": (body("return object()"), "wrong", "returned"),
        "formula.py": (body("raise ValueError('=1+1')"), "crashed", "=1+1"),
        "empty.ipynb": ("", "unreadable", "is empty"),
        "torn.ipynb": ('{"cells": [', "unreadable", "not a whole notebook"),
        "latin.py": ("# caf\xe9\n".encode("latin-1"), "unreadable", "not UTF-8"),
        "r_kernel.ipynb": (
            json.dumps({"nbformat": 4, "metadata": {"kernelspec": {"language": "R"}}, "cells": []}),
            "unreadable",
            "for R, not Python",
        ),
        "report.pdf": (b"%PDF", "unreadable", "neither a notebook nor a script"),
        "nothing.py": ("x = 1\n", "not started", ""),
    }


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """One run over the hostile ones and enough others to make two hundred."""
    home = tmp_path_factory.mktemp("marking")
    victim = home / "victim.txt"
    victim.write_text("precious", "utf-8")
    folder = home / "class"
    folder.mkdir()
    kinds = submissions(victim)
    for name, (content, _, _) in kinds.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    for number in range(COPIES):
        for kind, source in (("r", RIGHT), ("o", OTHER_ROUTE), ("d", DOWNHILL), ("n", "x = 1")):
            (folder / f"{kind}{number:02}.py").write_text(source, "utf-8")

    (folder / "group").mkdir()
    (folder / "group" / "helper.py").write_text("HALF = 0.5\n", "utf-8")
    (folder / "group" / "work.py").write_text(
        "import numpy as np\nimport nnlib\nfrom helper import HALF\n"
        + RIGHT.split("\n", 1)[1]
        + "\n# %%\ndef linear_gradient(*inputs):\n"
        "    from nnlib import linear_regression\n"
        "    return linear_regression.gradient(*inputs)\n",
        "utf-8",
    )
    (folder / "no_work").mkdir()
    (folder / "link.py").symlink_to(victim)

    found = read_submissions(folder)
    heard = []
    marks = grade(
        found,
        [find(ASCENT), find(GRADIENT)],
        [ROOT, folder],
        seed=7,
        limits=Limits(seconds=3),
        done=lambda submission, rows: heard.append(submission.name),
    )
    assert victim.read_text("utf-8") == "precious"
    return {(mark.submission, mark.exercise): mark for mark in marks}, found, heard, kinds


def test_two_hundred_submissions_and_none_is_lost(marked):
    marks, found, heard, _ = marked
    assert len(found) >= 200
    assert len(marks) == 2 * len(found)
    assert sorted(heard) == sorted(submission.name for submission in found)


@pytest.mark.parametrize("name", submissions(Path("victim")))
def test_each_kind_gets_its_state_and_reason(marked, name):
    marks, _, _, kinds = marked
    _, state, words = kinds[name]
    mark = marks[name, ASCENT]
    assert mark.state == state, mark
    assert words in mark.message
    assert mark.points == (mark.max_points if state == "right" else 0)


def test_no_other_row_is_harmed(marked):
    marks, _, _, _ = marked
    for number in range(COPIES):
        states = [marks[f"{kind}{number:02}.py", ASCENT].state for kind in "rodn"]
        assert states == ["right", "right", "wrong", "not started"]


def test_a_sub_folder_is_one_submission_with_its_helpers(marked):
    marks, _, _, _ = marked
    assert marks["group", ASCENT].state == "right"
    assert marks["no_work", ASCENT].state == "unreadable"
    assert "not a plain file" in marks["link.py", ASCENT].message


def test_an_answer_that_only_calls_the_library_earns_nothing(marked):
    mark = marked[0]["group", GRADIENT]
    assert (mark.state, mark.points) == ("wrong", 0)
    assert "the library's own gradient" in mark.message


def test_the_most_common_mistakes_are_counted(marked):
    lines = list(most_common(marked[0].values()))
    assert lines[0].startswith(f"{ASCENT}: ")
    assert lines[1].strip().startswith(f"{COPIES + 1} × You walk downhill")


def test_a_killed_run_is_taken_up_where_it_stopped(tmp_path):
    folder, table = tmp_path / "class", tmp_path / "marks.csv"
    folder.mkdir()
    for number in range(6):
        (folder / f"s{number}.py").write_text(RIGHT, "utf-8")
    (folder / "slow.py").write_text(body("time.sleep(60)"), "utf-8")
    words = ["grade", str(folder), "--csv", str(table), "--lab", "00", "--jobs", "1"]
    code = f"import sys; from nnlib.grading.cli import main; sys.exit(main({words!r}))"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(3)]
        process.kill()
    assert not table.exists()

    # A write cut off in the middle must not spoil what was kept.
    journal = tmp_path / "marks.csv.journal"
    with open(journal, "a", encoding="utf-8") as file:
        file.write('{"digest": "to')
    (folder / "slow.py").unlink()
    again = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    for line in first:
        assert line.startswith("s")
        assert line.split(":")[0] + ":" not in again.stdout
    with open(table, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["submission"] for row in rows if row["exercise"] == ASCENT] == [
        f"s{number}.py" for number in range(6)
    ]
    assert {row["state"] for row in rows if row["exercise"] == ASCENT} == {"right"}


def test_the_seed_is_hidden_kept_and_can_be_set(tmp_path):
    path = tmp_path / "journal"
    first = Journal(path)
    first.add("a", [Mark("s", "e", 1, 2, "wrong", "m")])
    again = Journal(path)
    assert again.seed == first.seed
    assert again.marks("a") == [Mark("s", "e", 1, 2, "wrong", "m")]
    assert Journal(path, seed=first.seed + 1).marks("a") == []


def test_a_spreadsheet_will_not_run_a_message(tmp_path):
    path = tmp_path / "marks.csv"
    write_csv(path, [Mark("=evil", "e", 0, 1, "crashed", '@x, "y"')])
    assert path.read_text("utf-8") == (
        'submission,exercise,points,max_points,state,message\n\'=evil,e,0,1,crashed,"\'@x, ""y"""\n'
    )


VALUES = [
    None,
    True,
    3,
    "text",
    float("inf"),
    np.arange(6.0).reshape(2, 3),
    np.float32(2.5),
    np.zeros((0, 3)),
    (1, [2.0, {"a": np.array([True, False])}]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_cross_unchanged(tmp_path, value):
    pack(value, tmp_path, "v")
    back = unpack(tmp_path, "v")
    np.testing.assert_equal(back, value)
    assert type(back) in (type(value), np.ndarray)


def test_objects_do_not_cross(tmp_path):
    pack({"f": len, "o": np.array([object()])}, tmp_path, "v")
    assert all(isinstance(part, Foreign) for part in unpack(tmp_path, "v").values())


def forge(folder, tree, array=b""):
    (folder / "v.json").write_text(json.dumps(tree), "utf-8")
    (folder / "v-0.npy").write_bytes(array)


def npy(shape, dtype="<f8", data=b""):
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + data


@pytest.mark.parametrize(
    ("tree", "array"),
    [
        ({"array": 0}, b""),
        ({"array": 0}, b"PK\x03\x04"),
        ({"array": 0}, npy("(1000000000000,)", data=b"x")),
        ({"array": 0}, npy("(1,)", dtype="|O", data=b"x" * 8)),
        ({"array": "../../etc/passwd"}, b""),
        ({"plain": [1]}, b""),
        ({"plain": 1, "array": 0}, b""),
        ({"code": "1"}, b""),
        ([], b""),
        ({"list": [{"array": 0}] * 100}, npy("(1000000,)", data=bytes(8 * 10**6))),
        ({"plain": "x" * LARGEST_TREE}, b""),
    ],
)
def test_forged_results_are_refused(tmp_path, tree, array):
    forge(tmp_path, tree, array)
    with pytest.raises(ValueError, match="cannot be read"):
        unpack(tmp_path, "v")


def test_links_and_pipes_are_no_results(tmp_path):
    (tmp_path / "v.json").symlink_to(ROOT / "pyproject.toml")
    os.mkfifo(tmp_path / "w.json")
    for stem in "vw":
        with pytest.raises(ValueError, match="not a plain file"):
            unpack(tmp_path, stem)


def test_the_whole_solution_of_every_lab_earns_every_point(tmp_path):
    from nnlib.grading.registry import exercises_of, labs

    for lab in labs():
        shutil.copy(ROOT / "solutions" / f"{lab}.py", tmp_path)
    exercises = [exercise for lab in labs() for exercise in exercises_of(lab)]
    marks = grade(read_submissions(tmp_path), exercises, [ROOT], seed=11)
    best: dict[str, int] = {}
    for mark in marks:
        best[mark.exercise] = max(best.get(mark.exercise, 0), mark.points)
    assert best == {exercise.id: exercise.max_points for exercise in exercises}


def test_no_two_threads_parse_at_once(monkeypatch):
    # CPython 3.11.7 keeps one depth for all trees that are built, and fails when two threads do.
    at_work, met = threading.Lock(), []

    def slow(source):
        met.append(not at_work.acquire(blocking=False))
        time.sleep(0.002)
        if not met[-1]:
            at_work.release()
        return ast.Module([], [])

    monkeypatch.setattr("nnlib.grading.answers.ast", SimpleNamespace(**vars(ast) | {"parse": slow}))
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(check_call, ["check('an_answer')"] * 12)) == [None] * 12
    assert len(met) == 12
    assert not any(met)


def test_what_breaks_one_run_off_leaves_no_process_behind(tmp_path, monkeypatch):
    def broken(exercise_id):
        raise SystemError("a fault of ours")

    for name in "ab":
        (tmp_path / f"{name}.py").write_text(RIGHT)
    first, second = read_submissions(tmp_path)
    monkeypatch.setattr(first, "cells_for", broken)
    begun = []
    ready = Guest._ready

    def counted(guest):
        begun.append(ready(guest))
        return begun[-1]

    monkeypatch.setattr(Guest, "_ready", counted)
    with pytest.raises(SystemError, match="a fault of ours"):
        grade([second, first], [find(ASCENT), find(GRADIENT)], [ROOT], seed=11, jobs=2)
    assert all(process.poll() is not None for process in begun)
