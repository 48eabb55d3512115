"""What may cross between our process and a stranger's: numbers, texts and arrays, never objects.

NumPy and the standard library only: a copy of this file lies beside the stranger's process.
"""

import json
import stat
from pathlib import Path
from typing import Any

import numpy as np

LARGEST_FILE = 16 * 2**20
LARGEST_VALUE = 4 * LARGEST_FILE
LARGEST_TREE = 2**20
DEEPEST = 20
PLAIN = (bool, int, float, str)


class Foreign:
    """Stands for a result that cannot cross; it equals nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


def pack(value: Any, folder: Path, stem: str) -> None:
    """Write a value as `stem.json`, its arrays beside it as `stem-0.npy`, `stem-1.npy`, …"""
    arrays: list[np.ndarray] = []
    tree = _tree(value, arrays)
    for number, array in enumerate(arrays):
        np.save(folder / f"{stem}-{number}.npy", array, allow_pickle=False)
    # Written last: a value without its .json does not exist.
    (folder / f"{stem}.json").write_text(json.dumps(tree), encoding="utf-8")


def unpack(folder: Path, stem: str) -> Any:
    """Read a value back; ValueError if it is missing or anything but what `pack` writes."""
    try:
        content = _whole(folder / f"{stem}.json", LARGEST_TREE).read_text(encoding="utf-8")
        return _Reader(folder, stem).value(json.loads(content))
    # A stranger may have written these files: whatever is odd about them is one and the same.
    except Exception as error:
        raise ValueError(f"the result cannot be read: {error}") from error


def _tree(value: Any, arrays: list[np.ndarray], depth: int = 0) -> Any:
    if depth > DEEPEST:
        return {"foreign": "something nested too deep"}
    if value is None or type(value) in PLAIN:
        return {"plain": value}
    if isinstance(value, dict):
        return {"dict": [[str(k), _tree(v, arrays, depth + 1)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_tree(part, arrays, depth + 1) for part in value]}
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype.kind in "biufcUS":
            arrays.append(array)
            return {"array": len(arrays) - 1}
    return {"foreign": type(value).__name__[:60]}


class _Reader:
    """Turns a tree back into a value, within a budget of bytes."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.folder, self.stem = folder, stem
        self.room = LARGEST_VALUE

    def value(self, tree: Any) -> Any:
        ((kind, content),) = tree.items()
        if kind == "plain" and (content is None or type(content) in PLAIN):
            return content
        if kind == "dict":
            return {str(name): self.value(part) for name, part in content}
        if kind in ("list", "tuple"):
            parts = [self.value(part) for part in content]
            return parts if kind == "list" else tuple(parts)
        if kind == "array" and type(content) is int:
            return self.array(content)
        if kind == "foreign":
            return Foreign(str(content)[:60])
        raise ValueError(f"unknown kind {kind!r}")

    def array(self, number: int) -> np.ndarray:
        # A memory map refuses a header that promises more numbers than the file holds.
        path = _whole(self.folder / f"{self.stem}-{number}.npy", LARGEST_FILE)
        mapped = np.lib.format.open_memmap(path, mode="r")
        self.room -= mapped.nbytes
        if self.room < 0:
            raise ValueError(f"its arrays hold more than {LARGEST_VALUE} bytes")
        return np.array(mapped)


def _whole(path: Path, largest: int) -> Path:
    """Return the path of a plain file of bearable size: no link, no pipe, no device."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{path.name} is not a plain file")
    if status.st_size > largest:
        raise ValueError(f"{path.name} is larger than {largest} bytes")
    return path
