"""What was learned outlives the program: a network's arrays in one file, by name and without code.

The file is NumPy's `.npz`. It is read with allow_pickle=False, so opening a stranger's file runs
nothing, and it is written whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nnlib.sequential import Sequential

NETWORK = "nnlib network 1"


def save(net: Sequential, path: str | Path) -> None:
    """Write θ and the buffers (running averages) of a network to `path`, an `.npz` file.

    Every array keeps its dtype and its name: "0.W" is W of the first layer. A file that is there
    already stays whole until the new one is.
    """
    write_arrays(path, NETWORK, named_arrays(net))


def load(net: Sequential, path: str | Path) -> None:
    """Fill a network of the same layers and dtype with what `save` wrote.

    Raises FileNotFoundError when there is no file; ValueError when it is not such a file or was
    saved from another network, saying what differs first. The network then stays as it was.
    """
    arrays = read_arrays(path, NETWORK)
    check_fits(net, arrays, str(path))
    assign(net, arrays)


def named_arrays(net: Sequential) -> dict[str, np.ndarray]:
    """All that inference needs, live and by name: the views of θ, then the buffers."""
    theta = net.theta
    arrays = {v.name: theta[v.start : v.stop].reshape(v.shape) for v in net.parameters.views}
    for i, layer in enumerate(net.layers):
        arrays |= {f"{i}.{name}": getattr(layer, name) for name in layer.buffers}
    return arrays


def assign(net: Sequential, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays into the network they came from, or one like it."""
    for name, array in named_arrays(net).items():
        array[...] = arrays[name]


def check_fits(net: Sequential, arrays: Mapping[str, np.ndarray], source: str) -> None:
    """Raise ValueError naming the first array that differs in name, shape or dtype."""
    own = named_arrays(net)
    for name in [*own, *arrays]:
        if name not in arrays:
            raise ValueError(f"{source} has no {name}, which this network has")
        if name not in own:
            raise ValueError(f"{source} holds {name}, which this network has not")
        saved, here = arrays[name], own[name]
        if saved.shape != here.shape:
            raise ValueError(
                f"{name} has shape {saved.shape} in {source}, {here.shape} in this network"
            )
        if saved.dtype != here.dtype:
            raise ValueError(
                f"{name} is {saved.dtype} in {source}, {here.dtype} in this network: "
                f"build it with Sequential(…, dtype=np.{saved.dtype})"
            )


def write_arrays(
    path: str | Path,
    kind: str,
    arrays: Mapping[str, np.ndarray],
    *,
    previous: str | Path | None = None,
) -> None:
    """Write named arrays as one `.npz` that is never seen half-written; `kind` says what it is.

    It is written beside its place, synced to the disk, then moved there. A file that is there
    already is moved to `previous` first, if given.
    """
    path = Path(path)
    check_folder(path)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, kind=np.array(kind), **arrays)
        file.flush()
        os.fsync(file.fileno())
    if previous is not None and path.exists():
        os.replace(path, previous)
    os.replace(partial, path)
    _sync_folder(path.parent)


def check_folder(path: Path) -> None:
    """Raise FileNotFoundError unless the folder is there that a file is to be written into."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} into")


def read_arrays(path: str | Path, kind: str) -> dict[str, np.ndarray]:
    """Read what `write_arrays` wrote.

    Raises FileNotFoundError when there is none, ValueError for a torn file or one of another kind.
    """
    with Path(path).open("rb") as stream:
        try:
            with np.load(stream, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except Exception:  # a damaged zip raises a dozen kinds of error
            raise ValueError(f"{path} is torn, or was not written by nnlib") from None
    found = str(arrays.pop("kind", ""))
    if found != kind:
        came = repr(found) if found else "of unknown origin"
        raise ValueError(f"{path} is {came}, expected {kind!r}")
    return arrays


def _sync_folder(folder: Path) -> None:
    """Make the move itself survive a power cut; where folders cannot be opened, it may not."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # pragma: no cover - Windows
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
