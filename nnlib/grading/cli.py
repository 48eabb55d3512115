"""The `nnlib` command: a learner's way through the exercises, and an author's way to build them."""

import argparse
import contextlib
import io
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nnlib.grading.course import course_folder
from nnlib.grading.desk import Desk
from nnlib.grading.process import Verdict, Worker
from nnlib.grading.progress import Record
from nnlib.grading.registry import exercises_of, find, find_lab, lab_of, labs

BAR = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 if all is well, else 1 (2: the words made no sense)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show ✓ gets a question mark, not an error.
            stream.reconfigure(errors="replace")
    arguments = vars(parser().parse_args(argv))
    run = arguments.pop("run")
    try:
        return int(run(**arguments))
    except (KeyError, ValueError, OSError) as error:
        words = error.args[0] if isinstance(error, KeyError) else error
        print(f"nnlib: {words}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each names the function that runs it."""
    top = argparse.ArgumentParser(prog="nnlib", description="The course's command line.")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    command = commands.add_parser("start", help="open the course in JupyterLab at its first lab")
    command.add_argument("--no-browser", action="store_true", help="only print the address")
    command.add_argument("--port", type=int, default=8888, help="the port to begin looking from")
    command.set_defaults(run=run_start)

    command = commands.add_parser("list", help="show what is done, lab by lab")
    command.add_argument("lab", nargs="?", help="show the exercises of one lab")
    command.set_defaults(run=run_list)

    command = commands.add_parser("next", help="put the next exercise into mine/ and say which")
    command.add_argument("lab", nargs="?", help="the next one of this lab")
    command.set_defaults(run=run_next)

    command = commands.add_parser("check", help="check your answers")
    command.add_argument("what", nargs="*", help="files, labs or exercises (default: all in mine/)")
    command.set_defaults(run=run_check)

    command = commands.add_parser("watch", help="check again whenever you save")
    command.add_argument("what", nargs="*", help="files, labs or exercises (default: all in mine/)")
    command.set_defaults(run=run_watch)

    command = commands.add_parser("hint", help="show a hint, one step more each time")
    command.add_argument("exercise")
    command.add_argument("--level", type=int, choices=(1, 2, 3), help="show this step")
    command.set_defaults(run=run_hint)

    command = commands.add_parser("solution", help="show a solution, once you have passed")
    command.add_argument("exercise")
    command.add_argument("--give-up", action="store_true", help="show it although you have not")
    command.set_defaults(run=run_solution)

    command = commands.add_parser("reset", help="start an exercise or a lab again (with a backup)")
    command.add_argument("what", help="an exercise or a lab")
    command.set_defaults(run=run_reset)

    command = commands.add_parser("grade", help="teachers: mark a folder of submissions")
    command.add_argument("folder", type=Path, help="each file or sub-folder in it is a submission")
    command.add_argument("--csv", type=Path, required=True, help="where the marks go")
    command.add_argument("--lab", action="append", default=[], help="labs (default: those found)")
    command.add_argument("--seed", type=int, help="draw the hidden inputs from this (default: any)")
    command.add_argument("--jobs", type=whole, help="how many at once (default: one a core)")
    command.add_argument("--seconds", type=above_zero, default=20, help="time for one answer")
    command.set_defaults(run=run_grade)

    command = commands.add_parser("release", help="teachers: make the copy a class receives")
    command.add_argument("target", type=Path, help="a new folder")
    command.add_argument("--without-solutions", action="store_true", help="leave solutions/ out")
    command.set_defaults(run=run_release)

    command = commands.add_parser("build", help="authors: make exercises/ and solutions/")
    command.add_argument("labs", nargs="*", help="labs (default: all)")
    command.add_argument("--check", action="store_true", help="only report drift, write nothing")
    command.add_argument("--no-execute", action="store_true", help="leave the outputs empty")
    command.set_defaults(run=run_build)

    command = commands.add_parser("execute", help="authors: run notebooks in place")
    command.add_argument("notebooks", nargs="+", type=Path)
    command.set_defaults(run=run_execute)
    return top


def above_zero(words: str) -> float:
    """Read a number of the command line; argparse says what is wrong with another."""
    with contextlib.suppress(ValueError):
        if 0 < (value := float(words)) < math.inf:
            return value
    raise argparse.ArgumentTypeError(f"expected a number above 0, got {words}")


def whole(words: str) -> int:
    """Read a whole number above zero."""
    value = above_zero(words)
    if not value.is_integer():
        raise argparse.ArgumentTypeError(f"expected a whole number, got {words}")
    return int(value)


def run_start(no_browser: bool, port: int) -> int:
    """Put the next exercise into mine/ and open JupyterLab; returns when JupyterLab ends."""
    from nnlib.grading.connection import OPTION  # brings Jupyter's server, needed here alone

    desk = Desk(course_folder())
    following = desk.next_exercise()
    if following is not None:
        desk.copy_of(following[0])
    first = sorted((desk.course / "notebooks").glob("*.ipynb"))[0].relative_to(desk.course)
    address = f"/lab/tree/{first.as_posix()}"
    words = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--port={port}",
        f"--LabApp.default_url={address}",
        OPTION,
    ]
    words += ["--no-browser"] if no_browser else []
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--allow-root")  # a container's only user; JupyterLab would refuse to start
    return subprocess.call(words, cwd=desk.course)


def run_list(lab: str | None) -> int:
    """Show a bar for every lab, or every exercise of one."""
    desk = Desk(course_folder())
    _say_note(desk)
    if lab is not None:
        for exercise in exercises_of(find_lab(lab)):
            record = desk.progress[exercise.id]
            stars = "★" * exercise.difficulty + "☆" * (3 - exercise.difficulty)
            state = "passed" if record.passed else record.state
            print(f"{_mark(record)} {stars}  {exercise.id:28} {exercise.title}  ({state})")
        return 0
    for name in labs():
        exercises = exercises_of(name)
        done = sum(desk.progress[exercise.id].passed for exercise in exercises)
        filled = BAR * done // len(exercises)
        bar = "█" * filled + "░" * (BAR - filled)
        print(f"{name[:2]} {name[3:].replace('_', ' '):26} {bar} {done} of {len(exercises)}")
    print(_next_words(desk))
    return 0


def run_next(lab: str | None) -> int:
    """Put the notebook with the first exercise that is not passed, of a lab or all, into mine/."""
    desk = Desk(course_folder())
    _say_note(desk)
    among = [find_lab(lab)] if lab is not None else []
    following = desk.next_exercise(among)
    wanted = among or ([following[0]] if following else [])
    for name in wanted:
        print(desk.copy_of(name))
    print(_next_words(desk, among))
    return 0


def run_check(what: Sequence[str]) -> int:
    """Check files, labs or single exercises; 0 if every answer looked at is right."""
    desk = Desk(course_folder())
    jobs = _jobs(desk, what) or dict.fromkeys(desk.files())
    if not jobs:
        raise FileNotFoundError("mine/ holds no notebook yet: run nnlib next")
    right = True
    for path, ids in jobs.items():
        try:
            verdicts = Worker().check(path, ids)
        except ValueError as error:
            print(f"nnlib: {error}", file=sys.stderr)
            right = False
            continue
        # A module that an answer imports may lie in mine/ too.
        if verdicts or what:
            right = _tell(desk, path, verdicts) and right
    return 0 if right else 1


def run_watch(what: Sequence[str]) -> int:
    """Check files, labs or single exercises again each time they are saved, until Ctrl-C."""
    from nnlib.grading.watch import changes

    desk = Desk(course_folder())
    jobs = _jobs(desk, what)
    worker = Worker(warm=True)
    saved = changes(lambda: list(jobs) or desk.files())
    shown = ", ".join(what) or "mine/"
    print(f"Watching {shown}: save to have your answers checked. Ctrl-C ends.", flush=True)
    try:
        for path in saved:
            try:
                _tell(desk, path, worker.check(path, jobs.get(path)))
            except ValueError as error:
                print(f"{error}; waiting for the next save", flush=True)
            worker.close()
            worker = Worker(warm=True)
    except KeyboardInterrupt:
        print()
    finally:
        worker.close()
    return 0


def run_hint(exercise: str, level: int | None) -> int:
    """Show the next step of the ladder, or the one asked for."""
    desk = Desk(course_folder())
    hints = find(exercise).hints

    def climb(record: Record) -> None:
        record.hints = max(record.hints, level or min(record.hints + 1, len(hints)))

    taken = desk.progress.update(exercise, climb).hints
    step = min(level or taken, len(hints))
    hint = hints[step - 1]
    print(f"Hint {step} of {len(hints)}: {hint.title}\n{hint.text}")
    return 0


def run_solution(exercise: str, give_up: bool) -> int:
    """Show the solution cell to one who has passed or gives up."""
    from nnlib.grading.build import solution_text

    desk = Desk(course_folder())
    lab = lab_of(exercise)
    if not (desk.progress[exercise].passed or give_up):
        print(f"{exercise} is not passed yet. Try on, or: nnlib solution {exercise} --give-up")
        return 1
    solution = solution_text(lab, exercise, desk.course)
    if not desk.progress[exercise].passed:

        def surrender(record: Record) -> None:
            record.gave_up = True

        desk.progress.update(exercise, surrender)
    print(solution)
    return 0


def run_reset(what: str) -> int:
    """Blank an exercise, or a whole lab, after a backup."""
    desk = Desk(course_folder())
    try:
        backup = desk.reset_lab(find_lab(what))
    except KeyError:
        find(what)
        backup = desk.reset_exercise(what)
    print(f"{what} is as at the start; what you had is in {backup.relative_to(desk.course)}")
    return 0


def run_grade(
    folder: Path, csv: Path, lab: Sequence[str], seed: int | None, jobs: int | None, seconds: float
) -> int:
    """Mark every submission of a folder, going on where a killed run stopped."""
    from nnlib.grading.grade import (
        Mark,
        Submission,
        fingerprint,
        grade,
        labs_in,
        most_common,
        read_submissions,
    )
    from nnlib.grading.marks import Journal, write_csv
    from nnlib.grading.yard import Limits

    if not folder.is_dir():
        raise NotADirectoryError(f"there is no folder {folder}")
    journal_path = csv.with_name(csv.name + ".journal")
    submissions = read_submissions(folder, ignore=(csv, journal_path))
    chosen = [find_lab(name) for name in lab] or labs_in(submissions)
    if not chosen:
        raise ValueError(f"no submission in {folder} has an exercise of this course; see --lab")
    exercises = [exercise for name in chosen for exercise in exercises_of(name)]
    journal = Journal(journal_path, seed)
    what = " ".join(exercise.id for exercise in exercises)
    digests = {s.name: fingerprint(s, journal.seed, what) for s in submissions}
    known = {s.name: journal.marks(digests[s.name]) for s in submissions}
    waiting = [submission for submission in submissions if not known[submission.name]]
    left = len(waiting)

    def done(submission: Submission, rows: list[Mark]) -> None:
        nonlocal left
        left -= 1
        known[submission.name] = rows
        journal.add(digests[submission.name], rows)
        points = f"{sum(row.points for row in rows)} of {sum(row.max_points for row in rows)}"
        print(f"{submission.name}: {points} points ({left} to go)", flush=True)

    grade(
        waiting,
        exercises,
        (course_folder(), folder),
        seed=journal.seed,
        jobs=jobs,
        limits=Limits(seconds=seconds),
        done=done,
    )
    marks = [mark for submission in submissions for mark in known[submission.name]]
    write_csv(csv, marks)
    print("\n".join(most_common(marks)))
    print(f"{len(submissions)} submissions, {len(marks)} rows in {csv}")
    return 0


def run_release(target: Path, without_solutions: bool) -> int:
    """Copy the course for a class."""
    from nnlib.grading.release import release

    print(release(course_folder(), target, solutions=not without_solutions))
    return 0


def run_build(labs: Sequence[str], check: bool, no_execute: bool) -> int:
    """Build the named labs, or only report what a build would change."""
    from nnlib.grading import registry
    from nnlib.grading.build import build, drift
    from nnlib.grading.execute import NotebookError

    course = course_folder()
    chosen = [find_lab(name) for name in labs] or registry.labs()
    if check:
        found = [line for lab in chosen for line in drift(lab, course)]
        print("\n".join(found) or "the exercises and solutions are those of their sources")
        return 1 if found else 0
    failed = 0
    for lab in chosen:
        try:
            for path in build(lab, course, execute=not no_execute):
                print(path.relative_to(course))
        except (NotebookError, ValueError) as error:
            failed += 1
            print(error, file=sys.stderr)
    return 1 if failed else 0


def run_execute(notebooks: Sequence[Path]) -> int:
    """Execute notebooks in place and name those that fail."""
    from nnlib.grading.execute import NotebookError, execute_file

    failed = 0
    for path in notebooks:
        try:
            execute_file(path)
            print(path)
        except (NotebookError, OSError) as error:
            failed += 1
            print(error, file=sys.stderr)
    return 1 if failed else 0


def _jobs(desk: Desk, what: Sequence[str]) -> dict[Path, list[str] | None]:
    """Return, by file, the exercises that words of the command line mean; None: all in the file."""
    jobs: dict[Path, list[str] | None] = {}
    for name in what:
        path, ids = _job(desk, name)
        before = jobs.get(path, [])
        jobs[path] = None if ids is None or before is None else [*before, *ids]
    return jobs


def _job(desk: Desk, name: str) -> tuple[Path, list[str] | None]:
    """Return the file and the exercises that a word of the command line means."""
    path = Path(name)
    if path.suffix in (".ipynb", ".py"):
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {name}")
        return path, None
    try:
        return desk.file_of(find_lab(name)), None
    except KeyError:
        return desk.file_of(lab_of(name)), [name]


def _tell(desk: Desk, path: Path, verdicts: Sequence[Verdict]) -> bool:
    """Print verdicts, note them, and tell whether all are right."""
    if not verdicts:
        print(f"{path}: no exercise of this course is in it", flush=True)
        return False
    own = path.resolve().parent not in (desk.course / "exercises", desk.course / "solutions")
    for verdict in verdicts:
        print(verdict.text)
        if own:
            desk.progress.checked(verdict.exercise, verdict.state, verdict.points)
    points = sum(verdict.points for verdict in verdicts)
    total = sum(verdict.max_points for verdict in verdicts)
    print(f"{path.name}: {points} of {total} points", flush=True)
    return all(verdict.state == "right" for verdict in verdicts)


def _next_words(desk: Desk, among: Sequence[str] = ()) -> str:
    following = desk.next_exercise(among)
    if following is None:
        return f"Every exercise{' of this lab' if among else ''} is passed."
    lab, exercise_id = following
    return f"Next: {exercise_id} ({find(exercise_id).title}) in mine/{lab}.ipynb"


def _mark(record: Record) -> str:
    return "✓" if record.passed else "○" if record.state == "not started" else "✗"


def _say_note(desk: Desk) -> None:
    if desk.progress.note:
        print(desk.progress.note, file=sys.stderr)
