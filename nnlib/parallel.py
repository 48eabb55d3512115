"""One map over many independent jobs, on as many cores or machines as joblib is told to use."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import Any


def parallel_map(
    work: Callable[..., Any],
    jobs: Sequence[tuple[Any, ...]],
    *,
    n_jobs: int | None = None,
    progress: bool = True,
    unit: str = "job",
) -> dict[int, Any]:
    """{i: work(*jobs[i])} in the order of the jobs, with a progress bar; needs joblib and tqdm.

    n_jobs=None is one process, or what `joblib.parallel_config` says: with backend="dask" the jobs
    run on a Dask cluster. NumPy is held to one thread each, so that the way sums are split, and
    with it their last bit, does not depend on n_jobs. An interrupt keeps the jobs that were done.
    """
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits
    from tqdm.auto import tqdm

    done: dict[int, Any] = {}
    calls = (delayed(_numbered)(i, work, job, _here()) for i, job in enumerate(jobs))
    bar = tqdm(total=len(jobs), unit=unit, disable=not progress)
    with bar, threadpool_limits(1), _noticed_interrupt() as interrupted:
        results = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(calls)
        try:
            for i, result in results:
                if interrupted.is_set():
                    break
                done[i] = result
                bar.update()
        except KeyboardInterrupt:
            pass
        finally:
            results.close()
    return dict(sorted(done.items()))


def _numbered(
    i: int, work: Callable[..., Any], job: tuple[Any, ...], held: tuple[int, int]
) -> tuple[int, Any]:
    """One job; where it does not run in the thread that is `held` to one already, hold NumPy."""
    from threadpoolctl import threadpool_limits

    with nullcontext() if _here() == held else threadpool_limits(1):
        return i, work(*job)


def _here() -> tuple[int, int]:
    """Which process, and which thread of it, this is."""
    return os.getpid(), threading.get_ident()


@contextmanager
def _noticed_interrupt() -> Iterator[threading.Event]:
    """An event that an interrupt sets, even where it is caught deeper down, as `fit` does.

    Without it a job would return the score of a half-trained network as if nothing had happened.
    """
    interrupted = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield interrupted  # signals reach the main thread alone, and may be ignored there
        return

    def notice(number: int, frame: FrameType | None) -> None:
        interrupted.set()
        before(number, frame)

    signal.signal(signal.SIGINT, notice)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
