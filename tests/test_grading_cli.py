"""The learner's command line, on a course folder of its own."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nnlib.grading.build import solution_text
from nnlib.grading.cli import main
from nnlib.grading.process import Worker
from nnlib.grading.progress import Progress

ROOT = Path(__file__).parents[1]
LAB = "00_gradient_descent"
ID = "gradient_ascent"


@pytest.fixture
def course(tmp_path, monkeypatch):
    for name in ("notebooks", "exercises", "solutions"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / "exercises" / f"{LAB}.ipynb", tmp_path / "exercises")
    shutil.copy(ROOT / "solutions" / f"{LAB}.py", tmp_path / "solutions")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def mine(course):
    assert main(["next"]) == 0
    return course / "mine" / f"{LAB}.ipynb"


def write_answer(path, source):
    notebook = json.loads(path.read_text("utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["id"] == f"answer-{ID}")
    cell["source"] = source
    path.write_text(json.dumps(notebook), "utf-8")


def right_answer():
    return solution_text(LAB, ID, ROOT)


def test_list_and_next_begin_at_the_beginning(course, capsys):
    assert main(["list"]) == 0
    words = capsys.readouterr().out
    assert "00 gradient descent" in words
    assert f"Next: {ID}" in words
    assert not (course / "mine").exists()
    assert main(["list", "00"]) == 0
    assert "not started" in capsys.readouterr().out


def test_next_never_overwrites_what_is_there(mine, capsys):
    write_answer(mine, "my = 'work'")
    before = mine.read_bytes()
    assert main(["next"]) == 0
    assert mine.read_bytes() == before
    assert str(mine) in capsys.readouterr().out


def test_check_goes_from_not_started_to_right_and_remembers(mine, capsys):
    assert main(["check", ID]) == 1
    assert "not started" in capsys.readouterr().out
    write_answer(mine, right_answer())
    assert main(["check", ID]) == 0
    assert f"✓ {ID}: right" in capsys.readouterr().out
    assert main(["list", "00"]) == 0
    assert "(passed)" in capsys.readouterr().out
    write_answer(mine, "broken =")
    assert main(["check", ID]) == 1
    assert Progress(mine.parent / ".progress.json")[ID].passed


def test_check_takes_files_and_labs_and_everything(mine, capsys):
    for words in ([str(mine)], [LAB], ["00"], []):
        assert main(["check", *words]) == 1
        assert f"{ID}: not started" in capsys.readouterr().out


def test_the_authors_files_can_be_checked_and_leave_no_trace(course, capsys):
    path = course / "solutions" / f"{LAB}.py"
    assert main(["check", str(path)]) == 0
    assert "✓" in capsys.readouterr().out
    assert not (course / "mine").exists()


def test_words_that_mean_nothing_are_answered(course, capsys):
    assert main(["check", "gradient_ascnt"]) == 1
    assert f"did you mean {ID}" in capsys.readouterr().err
    assert main(["check", "no.ipynb"]) == 1
    assert "there is no file no.ipynb" in capsys.readouterr().err
    assert main(["check"]) == 1
    assert "run nnlib next" in capsys.readouterr().err
    assert main(["check", ID]) == 1
    assert "run nnlib next 00" in capsys.readouterr().err
    assert main(["hint", "mse"]) == 1
    assert "did you mean mae_and_mse?" in capsys.readouterr().err
    assert main(["hint", "nonsense"]) == 1
    assert "nnlib list 00 shows" in capsys.readouterr().err


def test_next_can_open_a_later_lab(course, capsys):
    shutil.copy(ROOT / "exercises" / "02_backprop_exercise.ipynb", course / "exercises")
    assert main(["next", "02"]) == 0
    assert "Next: chain_forward" in capsys.readouterr().out
    assert [path.name for path in (course / "mine").iterdir()] == ["02_backprop_exercise.ipynb"]


def test_a_module_beside_the_answers_is_no_failed_exercise(mine, capsys):
    write_answer(mine, right_answer())
    (mine.parent / "helper.py").write_text("def slope(x):\n    return -2 * (x - 2)\n", "utf-8")
    main(["check"])
    assert "helper.py" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def gradient_ascent(start, alpha, steps):\n    return (", "SyntaxError"),
        ("import nonsense_module\ndef gradient_ascent(a, b, c): pass", "ModuleNotFoundError"),
        ("import os\nos._exit(7)", "exit code 7"),
        (
            "%matplotlib inline\n!ls\ndef gradient_ascent(a, b, c):\n    pass",
            "did you forget return",
        ),
        ("import sys\ndef gradient_ascent(a, b, c):\n    sys.exit()", "SystemExit"),
        ("display(1)\nraise NotImplementedError", "There is no gradient_ascent yet"),
    ],
)
def test_broken_work_is_told_apart(mine, capsys, source, words):
    write_answer(mine, source)
    assert main(["check", ID]) == 1
    assert words in capsys.readouterr().out


def test_a_file_that_hangs_is_stopped(mine):
    write_answer(mine, "import time\nwhile True:\n    try: time.sleep(60)\n    except: pass")
    (verdict,) = Worker().check(mine, [ID], limit=2)
    assert verdict.state == "crashed"
    assert "stopped after 2 seconds" in verdict.text


def test_a_half_saved_notebook_is_reported_and_nothing_is_lost(mine, capsys):
    mine.write_text(mine.read_text("utf-8")[:300], "utf-8")
    assert main(["check"]) == 1
    assert "not a whole notebook" in capsys.readouterr().err
    assert main(["reset", ID]) == 1
    assert "not a whole notebook" in capsys.readouterr().err


def test_hints_come_one_step_at_a_time(course, capsys):
    for step in (1, 2, 3, 3):
        assert main(["hint", ID]) == 0
        assert f"Hint {step} of 3" in capsys.readouterr().out
    assert main(["hint", ID, "--level", "1"]) == 0
    assert "Hint 1 of 3" in capsys.readouterr().out


def test_the_solution_is_shown_after_a_pass_or_to_one_who_gives_up(mine, capsys):
    assert main(["solution", ID]) == 1
    assert "--give-up" in capsys.readouterr().out
    assert main(["solution", ID, "--give-up"]) == 0
    words = capsys.readouterr().out
    assert "def gradient_ascent" in words
    assert "SOLUTION" not in words
    assert Progress(mine.parent / ".progress.json")[ID].gave_up
    assert main(["solution", ID]) == 1

    write_answer(mine, right_answer())
    main(["check", ID])
    assert main(["solution", ID]) == 0


def test_reset_backs_up_first(mine, capsys):
    write_answer(mine, "first = 'try'")
    assert main(["reset", ID]) == 0
    assert "raise NotImplementedError" in mine.read_text("utf-8")
    write_answer(mine, "second = 'try'")
    assert main(["reset", LAB]) == 0
    backups = sorted((mine.parent / "backups").iterdir())
    kept = [backup.read_text("utf-8") for backup in backups]
    assert ["first = 'try'" in kept[0], "second = 'try'" in kept[1]] == [True, True]
    assert mine.read_bytes() == (mine.parents[1] / "exercises" / mine.name).read_bytes()


def test_watch_and_check_know_the_same_words(mine, monkeypatch, capsys):
    def save(look, **settings):
        yield from look()

    monkeypatch.setattr("nnlib.grading.watch.changes", save)
    for command in ("watch", "check"):
        for word, message in (
            ("nowhere.ipynb", "there is no file nowhere.ipynb"),
            ("no_such_thing", "there is no exercise 'no_such_thing'"),
            ("01", "mine/01_logistic_regression.ipynb is not there yet"),
        ):
            assert main([command, word]) == 1
            assert message in capsys.readouterr().err
        main([command, ID, "best_slope"])
        words = capsys.readouterr().out
        assert f"○ {ID}: not started" in words
        assert "0 of 8 points" in words
        assert "mae_and_mse" not in words


@pytest.mark.parametrize("limit", ["--seconds=-1", "--seconds=nan", "--jobs=0", "--jobs=two"])
def test_limits_are_above_zero(limit, course, capsys):
    with pytest.raises(SystemExit):
        main(["grade", "exercises", "--csv", "marks.csv", limit])
    assert f"a number above 0, got {limit.partition('=')[2]}" in capsys.readouterr().err
    assert not (course / "marks.csv").exists()


def test_a_lab_may_be_named_by_its_number_alone(mine, capsys):
    for number in ("0", "00", LAB):
        assert main(["list", number]) == 0
        assert ID in capsys.readouterr().out


def test_watch_answers_a_save_and_survives_a_torn_one(mine):
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [sys.executable, "-c", "from nnlib.grading.cli import main; main(['watch', '00'])"],
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    stream = process.stdout
    reader = threading.Thread(target=lambda: [lines.put(line) for line in stream], daemon=True)
    reader.start()

    def wait_for(words):
        deadline = time.monotonic() + 20
        while words not in lines.get(timeout=max(deadline - time.monotonic(), 0.01)):
            pass

    try:
        wait_for("Watching")
        whole = mine.read_text("utf-8")
        mine.write_text(whole[:200], "utf-8")
        wait_for("not a whole notebook")
        mine.write_text(whole, "utf-8")
        wait_for("not started")
        write_answer(mine, right_answer())
        wait_for(f"✓ {ID}: right")
    finally:
        process.kill()
        process.wait()
        reader.join()
        stream.close()


def test_a_torn_progress_file_is_set_aside(course, capsys):
    path = course / "mine" / ".progress.json"
    path.parent.mkdir()
    path.write_text('{"version": 1, "exerc', "utf-8")
    assert main(["list"]) == 0
    assert "damaged" in capsys.readouterr().err
    assert (path.parent / ".progress.torn.json").read_text("utf-8") == '{"version": 1, "exerc'
    Progress(path).checked(ID, "right", 5)
    assert Progress(path)[ID].passed


def test_two_processes_do_not_lose_each_others_progress(tmp_path):
    path = tmp_path / ".progress.json"
    code = (
        "import sys; from pathlib import Path; from nnlib.grading.progress import Progress\n"
        "for k in range(25): Progress(Path(sys.argv[1])).checked(f'{sys.argv[2]}{k}', 'right', 1)"
    )

    def write(name):
        return subprocess.run([sys.executable, "-c", code, str(path), name], check=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, "ab"))
    assert len(Progress(path).records) == 50


def test_a_notebook_in_mine_notes_its_own_verdicts(mine, monkeypatch, capsys):
    from nnlib.grading import check

    monkeypatch.chdir(mine.parent)
    namespace = {"check": check}
    exec(right_answer(), {"np": __import__("numpy"), **namespace}, namespace)
    exec(f"check('{ID}')", namespace)
    assert Progress(mine.parent / ".progress.json")[ID].passed
    assert "right" in capsys.readouterr().out


def test_start_opens_jupyterlab_at_the_first_lab_with_the_exercise_at_hand(course):
    (course / "notebooks" / f"{LAB}.ipynb").write_text("{}")
    call = "from nnlib.grading.cli import main; main()"
    words = [sys.executable, "-c", call, "start", "--no-browser", "--port=0"]
    # --port=0 lets the system choose one that is free.
    with subprocess.Popen(
        words, cwd=course, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as lab:
        assert lab.stderr is not None
        said = []
        try:
            for line in lab.stderr:
                said.append(line)
                if f"/lab/tree/notebooks/{LAB}.ipynb" in line:
                    break
        finally:
            os.killpg(lab.pid, signal.SIGKILL)
    assert f"/lab/tree/notebooks/{LAB}.ipynb" in said[-1]
    assert (course / "mine" / f"{LAB}.ipynb").exists()
