"""Noticing that a learner has saved a file, by looking at it often: portable and quick enough."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

PAUSE_S = 0.2


def changes(look: Callable[[], list[Path]], *, pause: float = PAUSE_S) -> Iterator[Path]:
    """Return an endless iterator over the files of `look()` that are new or saved from now on."""
    return _changes(look, {path: _stamp(path) for path in look()}, pause)


def _changes(
    look: Callable[[], list[Path]], seen: dict[Path, tuple[int, int] | None], pause: float
) -> Iterator[Path]:
    while True:
        time.sleep(pause)
        for path in look():
            stamp = _stamp(path)
            if stamp is not None and seen.get(path) != stamp:
                seen[path] = stamp
                yield path


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
