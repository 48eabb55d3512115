"""A run that is killed loses nothing but the steps since its last checkpoint, and changes nothing.

Resumed, it ends with the very bits it would have ended with: θ, the optimiser's state, the running
averages, the rows still to come in this epoch and every random generator are taken up as they were.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnlib.callbacks import Callback, History, Run
from nnlib.persistence import (
    assign,
    check_fits,
    check_folder,
    named_arrays,
    read_arrays,
    write_arrays,
)
from nnlib.validation import count

CHECKPOINT = "nnlib checkpoint 1"
COUNTERS = ("epoch", "step", "position", "J", "J_epoch", "stop")


class Checkpoint(Callback):
    """Saves the run to `path` after each epoch, or `every` so many steps, and at its end.

    With resume=True a run goes on from what it finds there: build the same network, optimiser,
    generators and callbacks, and call fit with the same data; `epochs` may be larger. The file
    before the last is kept in `path` + ".previous", for the day that the last cannot be read. It
    saves what other callbacks know, so it comes last.

    Raises ValueError for a file that is torn, foreign or of another run, saying what differs;
    FileNotFoundError, before the first epoch, when its folder is not there.
    """

    def __init__(self, path: str | Path, *, every: int | None = None, resume: bool = False) -> None:
        self.path = Path(path)
        self.previous = self.path.with_name(self.path.name + ".previous")
        self.every = None if every is None else count(every, "every")
        self.resume = resume

    def on_start(self, run: Run) -> None:
        if run.callbacks[-1] is not self:
            raise ValueError("Checkpoint must be the last callback: it saves what the others know")
        check_folder(self.path)
        if self.resume:
            self._resume(run)
        elif self.path.exists():
            read_arrays(self.path, CHECKPOINT)  # raises rather than write over another's file

    def on_step(self, run: Run) -> None:
        if self.every and run.step % self.every == 0:
            self._write(run)

    def on_epoch(self, run: Run) -> None:
        if self.every is None or run.stop or run.epoch == run.epochs:
            self._write(run)

    def _write(self, run: Run) -> None:
        write_arrays(self.path, CHECKPOINT, freeze(run), previous=self.previous)

    def _resume(self, run: Run) -> None:
        """Go on from the last checkpoint that can be read; start anew when there is none."""
        refused = ""
        for path in (self.path, self.previous):
            try:
                arrays = read_arrays(path, CHECKPOINT)
            except FileNotFoundError:
                continue
            except ValueError as error:
                refused = refused or str(error)
                continue
            if refused:
                warnings.warn(f"{refused}: going on from {path}", stacklevel=2)
            return resume(run, arrays, str(path))
        if refused:
            raise ValueError(f"{refused}, and there is no earlier one: move it away to start anew")


def freeze(run: Run) -> dict[str, np.ndarray]:
    """Everything a run's future depends on, as named arrays."""
    words = {
        **_identity(run),
        **{name: getattr(run, name) for name in COUNTERS},
        "history": run.history,
        "generators": [g.bit_generator.state for g in _generators(run)],
    }
    arrays = {"run": np.array(json.dumps(words, default=lambda array: array.tolist()))}
    shuffled = [batch for batch in run.batches if isinstance(batch, np.ndarray)]
    if shuffled:
        arrays["order"] = np.concatenate(shuffled)
    arrays |= _filed("net", named_arrays(run.net)) | _filed("optimizer", run.optimizer.state())
    for i, callback in enumerate(_with_state(run)):
        arrays |= _filed(f"callback {i}", callback.state())
    return arrays


def resume(run: Run, arrays: Mapping[str, np.ndarray], source: str) -> None:
    """Put a run where `freeze` found it; raise ValueError, changing nothing, if it is another."""
    words: dict[str, Any] = json.loads(str(arrays["run"]))
    for name, here in _identity(run).items():
        if words[name] != here:
            raise ValueError(f"{source} is of a run with {name} {words[name]}, this one has {here}")
    net = _taken_out("net", arrays)
    check_fits(run.net, net, source)
    assign(run.net, net)
    run.optimizer.restore(_taken_out("optimizer", arrays))
    for name in COUNTERS:
        setattr(run, name, words[name])
    run.history = History(words["history"])
    if "order" in arrays:
        size = run.batch_size or run.m
        run.batches = np.split(arrays["order"], range(size, run.m, size))
    for generator, state in zip(_generators(run), words["generators"], strict=True):
        generator.bit_generator.state = state
    for i, callback in enumerate(_with_state(run)):
        callback.restore(_taken_out(f"callback {i}", arrays))


def _identity(run: Run) -> dict[str, Any]:
    """What must be the same on both sides of a checkpoint."""
    return {
        "optimizer": type(run.optimizer).__name__,
        "rows": run.m,
        "batch size": run.batch_size,
        "random generators": [type(g.bit_generator).__name__ for g in _generators(run)],
        "callbacks": [type(callback).__name__ for callback in _with_state(run)],
    }


def _generators(run: Run) -> list[np.random.Generator]:
    """Every generator the run draws from, once each: fit's and a dropout's are often one."""
    owners = (run, run.loss, run.optimizer, *run.net.layers, *run.callbacks)
    drawn = [g for owner in owners for g in vars(owner).values()]
    by_stream = {id(g.bit_generator): g for g in drawn if isinstance(g, np.random.Generator)}
    return list(by_stream.values())


def _with_state(run: Run) -> list[Callback]:
    return [callback for callback in run.callbacks if callback.state()]


def _filed(folder: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{folder}/{name}": array for name, array in arrays.items()}


def _taken_out(folder: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    prefix = f"{folder}/"
    return {k.removeprefix(prefix): array for k, array in arrays.items() if k.startswith(prefix)}
