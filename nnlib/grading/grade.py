"""Marking a folder of submissions: each answer in a process of its own, apart from the others."""

import builtins
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from nnlib.grading.answers import MAGIC, check_call, defines, exercise_ids
from nnlib.grading.cells import Cell, read_cells
from nnlib.grading.check import Report, borrowed, weigh
from nnlib.grading.exercise import Case, Exercise
from nnlib.grading.registry import lab_of
from nnlib.grading.report import details
from nnlib.grading.runner import Outcome, guarded
from nnlib.grading.yard import (
    PACKAGE,
    Guest,
    Limits,
    adapter_source,
    collect,
    library_without,
    prepare_job,
)

DEFAULT_LIMITS = Limits()
LARGEST_EXTRAS = 16 * 2**20


@dataclass(frozen=True)
class Mark:
    """One row of the marks: a submission's result on one exercise."""

    submission: str
    exercise: str
    points: int
    max_points: int
    state: str
    message: str = ""
    wrong: str = ""


@dataclass
class Submission:
    """What one learner handed in: the cells of each readable file, and why others are not."""

    name: str
    path: Path
    files: dict[str, list[Cell]] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def cells_for(self, exercise_id: str) -> list[Cell]:
        """Return the cells of the file that holds an exercise, or [] if none does.

        A file that checks the exercise comes before one that happens to use its name.
        """
        found: list[Cell] = []
        for cells in self.files.values():
            code = [cell.source for cell in cells if cell.kind == "code"]
            if any(defines(source, exercise_id) for source in code):
                if any(check_call(source) == exercise_id for source in code):
                    return cells
                found = found or cells
        return found


def read_submissions(folder: Path, ignore: Iterable[Path] = ()) -> list[Submission]:
    """Return the submissions of a folder: every file and every sub-folder of files, by name."""
    skipped = {path.resolve() for path in ignore}
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.resolve() in skipped:
            continue
        submission = Submission(path.name, path)
        inside = path.is_dir() and not path.is_symlink()
        for file in sorted(path.rglob("*")) if inside else [path]:
            if inside and (file.is_dir() or file.suffix not in (".ipynb", ".py")):
                continue
            if ".ipynb_checkpoints" in file.parts:
                continue
            _read(submission, file)
        if not submission.files and not submission.unreadable:
            submission.unreadable.append("it holds no notebook and no script")
        found.append(submission)
    return found


def _read(submission: Submission, file: Path) -> None:
    try:
        if file.is_symlink() or not file.is_file():
            raise ValueError(f"{file.name} is not a plain file")
        if file.suffix not in (".ipynb", ".py"):
            raise ValueError(f"{file.name} is neither a notebook nor a script")
        submission.files[str(file)] = read_cells(file)
    except (OSError, ValueError) as error:
        submission.unreadable.append(str(error))


def labs_in(submissions: Sequence[Submission]) -> list[str]:
    """Return the labs of which some submission holds an exercise."""
    files = [cells for submission in submissions for cells in submission.files.values()]
    return sorted({lab_of(name) for cells in files for name in exercise_ids(cells)})


def fingerprint(submission: Submission, seed: int, what: str) -> str:
    """Return a digest of all that decides a submission's marks: its files, the seed, our code."""
    digest = hashlib.sha256(f"{submission.name!r} {seed} {what} {_version()}".encode())
    files = [submission.path] if submission.path.is_file() else sorted(submission.path.rglob("*"))
    for file in files:
        if file.is_file() and not file.is_symlink():
            digest.update(f"\0{file.name}\0".encode("utf-8", "surrogateescape"))
            digest.update(file.read_bytes())
    return digest.hexdigest()


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for file in sorted(PACKAGE.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def grade(
    submissions: Sequence[Submission],
    exercises: Sequence[Exercise],
    private: Sequence[Path],
    *,
    seed: int,
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    done: Callable[[Submission, list[Mark]], None] = lambda submission, marks: None,
) -> list[Mark]:
    """Return the marks of all submissions, in their order; `done` hears of each as it is ready.

    Answers run in guest processes under `limits`, with inputs drawn from `seed`, and may not read
    the `private` folders; references, comparisons and marks stay in this process. POSIX only.
    """
    if os.name != "posix":
        raise OSError("grading needs the process limits of a POSIX system: use Linux, macOS or WSL")
    for exercise in exercises:
        adapter_source(exercise)
    marks: dict[str, list[Mark]] = {}
    with tempfile.TemporaryDirectory(prefix="nnlib-", ignore_cleanup_errors=True) as name:
        yard = Path(name).resolve()
        libraries = {
            exercise.id: library_without(exercise, yard / exercise.id) for exercise in exercises
        }
        guests = threading.local()
        started: list[Guest] = []
        over = threading.Event()

        def run(submission: Submission) -> dict[str, _Ran]:
            if not hasattr(guests, "mine"):
                own = Path(tempfile.mkdtemp(dir=yard))
                guests.mine = Guest(own)
                started.append(guests.mine)
            return {
                exercise.id: _run(
                    submission,
                    exercise,
                    guests.mine,
                    libraries[exercise.id],
                    private,
                    seed,
                    limits,
                )
                for exercise in exercises
                if not over.is_set()
            }

        pool = ThreadPoolExecutor(jobs or os.cpu_count() or 1)
        try:
            pending = {pool.submit(run, submission): submission for submission in submissions}
            for future in as_completed(pending):
                submission, ran = pending[future], future.result()
                rows = [_mark(submission, e, ran[e.id], seed) for e in exercises]
                marks[submission.name] = rows
                done(submission, rows)
        finally:
            # After Ctrl-C nothing more is begun, and what runs is ended.
            over.set()
            pool.shutdown(wait=False, cancel_futures=True)
            for guest in started:
                guest.close()
            pool.shutdown()
            for guest in started:  # a thread may have been about to begin
                guest.close()
    return [mark for submission in submissions for mark in marks[submission.name]]


class LostError(Exception):
    """An answer's process ended before it gave a result."""


@dataclass(frozen=True)
class _Ran:
    """What came back from one job; `absent` says why there was none."""

    absent: str = ""
    lost: str = ""
    ended: dict[str, Any] = field(default_factory=dict)
    cases: tuple[dict[str, Any] | None, ...] = ()


def _run(
    submission: Submission,
    exercise: Exercise,
    guest: Guest,
    library: Path,
    private: Sequence[Path],
    seed: int,
    limits: Limits,
) -> _Ran:
    cells = submission.cells_for(exercise.id)
    if not cells:
        return _Ran(absent="unreadable" if submission.unreadable else "not started")
    sources = [
        (MAGIC.sub(r"\1pass", cell.source), defines(cell.source, exercise.id))
        for cell in cells
        if cell.kind == "code" and not check_call(cell.source)
    ]
    job = Path(tempfile.mkdtemp(dir=guest.yard))
    try:
        prepare_job(job, exercise, sources, library, seed=seed, limits=limits, private=private)
        _bring_extras(submission, job / "work")
        lost = guest.run(job, limits)
        ended, cases = collect(job, exercise)
        return _Ran(lost=lost, ended=ended, cases=tuple(cases))
    # Whatever a submission manages to break is its own row's matter and no other's.
    except Exception as error:
        return _Ran(lost=f"it could not be run: {error}")
    finally:
        shutil.rmtree(job, ignore_errors=True)


def _bring_extras(submission: Submission, work: Path) -> None:
    """Copy what lies beside the notebooks in a sub-folder, such as the learner's own module."""
    if not submission.path.is_dir() or submission.path.is_symlink():
        return
    room = LARGEST_EXTRAS
    for file in sorted(submission.path.rglob("*")):
        if file.is_symlink() or not file.is_file() or file.stat().st_size > room:
            continue
        room -= file.stat().st_size
        place = work / file.relative_to(submission.path)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def _mark(submission: Submission, exercise: Exercise, ran: _Ran, seed: int) -> Mark:
    def row(points: int, state: str, message: str = "", wrong: str = "") -> Mark:
        words = " ".join(message.split())[:300]
        return Mark(submission.name, exercise.id, points, exercise.max_points, state, words, wrong)

    if ran.absent:
        return row(0, ran.absent, "; ".join(submission.unreadable))
    stopped = _error(ran.ended.get("error"))
    if ran.ended.get("missing") is True:
        return row(0, "crashed", _words(stopped)) if stopped else row(0, "not started")
    lost = Outcome(error=stopped or LostError(ran.lost or "its Python ended before this case"))
    outcomes = dict(zip((case.name for case in exercise.cases), ran.cases, strict=False))

    def run(case: Case) -> Outcome:
        return _outcome(exercise, outcomes.get(case.name), lost)

    report = weigh(exercise, run, seed=seed)
    for result in report.results:
        error = result.outcome.error
        if error is not None and type(error).__name__ == "LibraryCallError":
            report = borrowed(report, str(error.args[0]))
            break
    message = guarded(lambda: _message(report)).value or ""
    return row(report.points, report.state, message, report.wrong)


def _outcome(exercise: Exercise, found: dict[str, Any] | None, lost: Outcome) -> Outcome:
    if found is None:
        return lost
    changed = found.get("changed")
    return Outcome(
        value=exercise.named(found.get("value")),
        error=_error(found.get("error")),
        changed=tuple(map(str, changed)) if isinstance(changed, list) else (),
    )


def _error(told: Any) -> BaseException | None:
    """Make an exception from what a guest told of one, the same type where Python has it."""
    if not (isinstance(told, list) and len(told) == 3):
        return None
    name, words, line = map(str, told)
    kind = getattr(builtins, name, None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = type(name if name.isidentifier() else "Error", (Exception,), {})
    try:
        error = kind(words)
    except TypeError:
        error = RuntimeError(f"{name}: {words}")
    error.add_note(line)
    return error


def _words(error: BaseException) -> str:
    if isinstance(error, LostError):
        return str(error)
    notes = " ".join(getattr(error, "__notes__", ()))
    words = f"{type(error).__name__}: {error}"
    return f"{words} ({notes})" if notes else words


def _message(report: Report) -> str:
    if report.state in ("right", "not started"):
        return ""
    failed = [result for result in report.results if not result.passed]
    error = next((r.outcome.error for r in failed if r.outcome.error is not None), None)
    if report.cause:
        return report.cause
    if error is not None:
        return _words(error)
    return f"{failed[0].case.name}: {details(report, failed[0])[-1]}"


def most_common(marks: Iterable[Mark]) -> Iterator[str]:
    """Yield the report of a class: per exercise its states, then its most common mistakes."""
    by_exercise: dict[str, list[Mark]] = {}
    for mark in marks:
        by_exercise.setdefault(mark.exercise, []).append(mark)
    for exercise_id, rows in by_exercise.items():
        states = [row.state for row in rows]
        counts = ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(sorted(states)))
        yield f"{exercise_id}: {counts}"
        messages = [row.message for row in rows if row.state in ("wrong", "crashed")]
        ranked = sorted(set(messages), key=lambda words: (-messages.count(words), words))
        yield from (f"  {messages.count(words):4} × {words}" for words in ranked[:5])
