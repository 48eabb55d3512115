"""Larger image sets, fetched once from openml.org and kept: the only part that needs a network."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from nnlib.persistence import read_arrays, write_arrays

DATA = "nnlib data 1"


def fetch_images(name: str, version: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The OpenML set `name`: X (m, H·W) in 0 … 255 and integer labels y (m,), by scikit-learn.

    scikit-learn's parsing takes a minute, so the arrays are kept beside its own cache and are there
    at once the next time. Raises ConnectionError when they are not and cannot be fetched.
    """
    from sklearn.datasets import fetch_openml, get_data_home

    home = Path(get_data_home())
    kept = home / "nnlib" / f"{name}.npz"
    with suppress(FileNotFoundError, ValueError):  # not yet there, or torn: fetch it
        arrays = read_arrays(kept, DATA)
        return arrays["X"], arrays["y"]
    parser = "pandas" if find_spec("pandas") else "liac-arff"
    try:
        with _bytes_arriving(home, name), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "A network error occurred")  # the error says it
            data = fetch_openml(name, version=version, as_frame=False, parser=parser, n_retries=1)
    except (OSError, HTTPException) as error:
        raise ConnectionError(
            f"{name} is not in {home} and could not be fetched ({error}): connect once, or use "
            "datasets.digits(), real images that come with scikit-learn"
        ) from None
    X, y = data.data.astype(np.uint8), data.target.astype(np.intp)
    kept.parent.mkdir(exist_ok=True)
    write_arrays(kept, DATA, {"X": X, "y": y})
    return X, y


@contextmanager
def _bytes_arriving(folder: Path, label: str) -> Iterator[None]:
    """A bar that shows by how much a folder has grown: scikit-learn's download tells nothing."""
    from tqdm.auto import tqdm

    def size() -> int:
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())

    before, over = size(), threading.Event()
    with tqdm(desc=f"fetching {label}, once", unit="B", unit_scale=True) as bar:

        def watch() -> None:
            while not over.wait(0.1):
                with suppress(OSError):  # a file was moved between its listing and its stat
                    bar.update(size() - before - bar.n)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
