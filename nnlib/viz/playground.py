"""The playground: a network of nnlib learns before your eyes, and every number can be asked for.

The kernel computes, the page draws. What the learner wants comes from the page as small messages;
what is to be seen goes to it as frames, the next one only when the last one has been drawn.
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import anywidget
import numpy as np
import traitlets

from nnlib.callbacks import History
from nnlib.optimizers import Optimizer
from nnlib.sequential import Sequential
from nnlib.viz import playground_data
from nnlib.viz.picture import DENSITY, css_width, render
from nnlib.viz.playground_frame import Look, look, numbers, pack
from nnlib.viz.playground_goals import GOALS, Moment
from nnlib.viz.playground_picture import picture
from nnlib.viz.playground_settings import CHOICES, Settings
from nnlib.viz.playground_training import (
    MakeActivation,
    MakeOptimizer,
    Score,
    Training,
    activation_maker,
    optimizer_maker,
)
from nnlib.viz.threads import one_thread
from nnlib.viz.words import with_minus

T = TypeVar("T")

STATIC = Path(__file__).parent / "static"

SECONDS_PER_FRAME = 1 / 50  # at most; the rest of the time is the training's
SECONDS_PER_STEP = 0.15  # at the slow speed
CHUNK = 0.008  # seconds of training before the kernel listens again
IN_FLIGHT = 8  # frames sent that the page has not yet said to have drawn; it answers every fourth
PATIENCE = 4.0  # seconds without a sign of the page, and training stops
SPEEDS = ("slow", "steady", "full")
SECONDS_PER_CAPTION = 1.5  # a screen reader needs time to read one


class Playground(anywidget.AnyWidget):
    """Train a small network on points in the plane, live, step by step, or with `run`.

    `settings` is a line of text as the widget's Copy button gives it, a link that ends in one, or
    `Settings`. `activation` takes your own Layer class or pair of functions (g, g_prime), and
    `optimizer` your own Optimizer class: then the run that the settings name, with the library's,
    goes beside yours from the same first weights, on the same batches.

    After any step ask for `net`, `optimizer`, `history`, `X`, `y`, `X_val`, `y_val`, `reference`.
    What cannot be done is said in `problem`; `error` keeps the exception, if there was one.
    """

    _esm = (STATIC / "playground.js").read_text(encoding="utf-8")
    _css = (STATIC / "playground.css").read_text(encoding="utf-8")

    choices = traitlets.Dict().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    own = traitlets.Dict().tag(sync=True)
    speed = traitlets.Enum(SPEEDS, default_value="steady").tag(sync=True)
    training = traitlets.Bool(False).tag(sync=True)
    points = traitlets.Bytes().tag(sync=True)
    axes = traitlets.List().tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    goals = traitlets.List().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, settings: str | Settings = "", *, activation: object = None, optimizer: object = None
    ) -> None:
        self._lock = threading.RLock()
        self._turn = self._begun = self._sent = self._drawn = 0
        self._captioned = 0.0
        self._views: set[str] = set()
        self._goals = [goal() for goal in GOALS]
        self._bad_settings = self._trouble = ""
        self._reference_lost = False
        self.error: Exception | None = None
        make = activation_maker(activation), optimizer_maker(optimizer)
        super().__init__(choices=CHOICES | {"features": playground_data.feature_names()})
        self.on_msg(lambda _, message, buffers: self._answer(message))

        self.settings, self._data = self._read(settings)
        self.asked = dataclasses.asdict(self.settings)
        self.student = Training(self.settings, self._data)
        self.reference: Training | None = None
        mine = {"activation": activation, "optimizer": optimizer}
        self.own = {name: _name(part) for name, part in mine.items() if part is not None}
        if self.own:
            self._go_beside(*make)
        self._share_points()
        self.show()

    @property
    def net(self) -> Sequential:
        """The network, as the last step left it."""
        return self.student.net

    @property
    def optimizer(self) -> Optimizer:
        """What moves θ, with its state."""
        return self.student.optimizer

    @property
    def history(self) -> History:
        """One line per epoch, or per 2, 4, … of them in a long run; "epoch" says which."""
        return self.student.history

    @property
    def X(self) -> np.ndarray:
        """The training points (m, 2)."""
        return self._data.X

    @property
    def y(self) -> np.ndarray:
        """Their classes (m,)."""
        return self._data.y

    @property
    def X_val(self) -> np.ndarray:
        """The points held out (m_val, 2)."""
        return self._data.X_val

    @property
    def y_val(self) -> np.ndarray:
        """Their classes (m_val,)."""
        return self._data.y_val

    def look(self) -> Look:
        """The map, the units' maps and the costs, as they are now."""
        return look(self.student)

    def change(self, **values: Any) -> None:
        """Change settings by name; another data set, network or start begins again at step 0.

        A value that makes no sense is kept where it was typed and said in `problem`, and nothing
        moves until it is mended.
        """
        with self._lock, self.hold_sync():  # all of it in one message
            self.asked = self.asked | values
            try:
                settings = Settings(**Settings.typed(self.asked))
                data = playground_data.load(settings)
            except (ValueError, TypeError) as error:
                self._bad_settings = str(error)
                self.stop()
                self.show()
                return
            self._bad_settings = self._trouble = ""
            self.asked = dataclasses.asdict(settings)
            same_points = settings.which_points == self.settings.which_points
            self._data = self._data if same_points else data
            self.settings = settings
            step = self.student.step_count
            for run in self._runs():
                self._guarded(partial(run.follow, settings, self._data))
            if self.student.step_count < step:
                self._begin_again()
            self._share_points()
            if self._problem():
                self.stop()
            self.show()

    def restore(self, text: str) -> None:
        """Take all settings from a line of text, or from a link that ends in one."""
        try:
            values = dataclasses.asdict(Settings.read(text))
        except (ValueError, TypeError) as error:
            self._trouble = str(error)
            self.show()
        else:
            self.change(**values)

    def step(self) -> None:
        """Take one step, on one batch."""
        self.run(1)

    @one_thread
    def run(self, steps: int) -> str:
        """Take so many steps here and now, and return the caption."""
        with self._lock:
            self.stop()
            for _ in range(steps):
                self._step_all()
            self.show()
            return self.caption

    def reset(self) -> None:
        """Go back to step 0 and the same first weights."""
        with self._lock:
            self.stop()
            self._trouble = ""
            self._begin_again()
            for run in self._runs():
                self._guarded(run.restart)
            self.show()

    def train(self) -> None:
        """Train until `stop`, while the kernel goes on answering; needs a running notebook."""
        with self._lock:
            self.stop()
            self._trouble = ""
            if not self._problem():
                try:
                    loop = asyncio.get_running_loop()
                except RuntimeError:
                    raise RuntimeError(
                        "train() needs a running notebook; run(steps) does not"
                    ) from None
                self._turn += 1
                self._drawn = self._sent
                self.training = True
                self._task = loop.create_task(self._live(self._turn))
            self.show()

    def stop(self) -> None:
        """Stop training at once, where it is."""
        with self._lock:
            self._turn += 1
            if self.training:
                self.training = False
                self.show()

    def close(self) -> None:
        """Stop, and leave the page."""
        self.stop()
        super().close()

    @one_thread
    def show(self, *, now: bool = True) -> None:
        """Send a frame; its words go with it `now`, or when the last ones have been read."""
        with self._lock, self.hold_sync():
            seen = self._guarded(self.look)
            self.problem = self._problem()
            self.text = self.settings.text()
            if seen is None:
                self.caption = self.problem
                return
            beside = look(self.reference) if self.reference else None
            news = self._watch_goals(seen)
            self._sent += 1
            sizes, self.frame = pack(seen, self.student, beside, self.reference)
            self.shown = {
                **sizes,
                **numbers(seen, self.student),
                "frame": self._sent,
                "hidden": list(self.settings.hidden),
                "silent": [bool(unit) for layer in seen.silent for unit in layer],
                "beside": numbers(beside, self.reference) if beside and self.reference else None,
            }
            if now or news or time.monotonic() - self._captioned > SECONDS_PER_CAPTION:
                self._captioned = time.monotonic()
                self.caption = self.problem or self._words(seen, beside) + news

    async def _live(self, turn: int) -> None:
        """Train and show in turns, for as long as this turn is the last one begun."""
        last = framed = time.perf_counter()
        waited, drawn = 0.0, self._drawn
        while self._turn == turn:
            now = time.perf_counter()
            waited = 0.0 if drawn != self._drawn else waited + min(now - last, 0.1)
            last, drawn = now, self._drawn
            if waited > PATIENCE:
                self._trouble = "Training stopped: no page shows this playground."
                self.stop()
                return
            ready = self._sent - self._drawn < IN_FLIGHT
            pause = SECONDS_PER_STEP if self.speed == "slow" else SECONDS_PER_FRAME
            due = ready and now - framed >= pause
            with self._lock:
                if self._turn != turn:
                    return
                if self.speed == "full":
                    self._step_for(CHUNK)
                elif due:
                    for _ in range(1 if self.speed == "slow" else self._steps_per_epoch()):
                        self._step_all()
                if self._trouble:
                    self.stop()
                    return
                if due:
                    framed = now
                    self.show(now=False)
            await asyncio.sleep(0.0005 if self.speed == "full" else 0.002)

    def _step_all(self) -> None:
        """One step of every run, if nothing stands in the way."""
        if self._problem():
            return
        if self.reference and not self._reference_lost:
            try:
                self.reference.step()
            except FloatingPointError:
                self._reference_lost = True
        self._guarded(self.student.step)

    @one_thread
    def _step_for(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and not self._trouble:
            self._step_all()

    def _steps_per_epoch(self) -> int:
        return -(-len(self.y) // (self.settings.batch or len(self.y)))

    def _runs(self) -> list[Training]:
        return [self.student, self.reference] if self.reference else [self.student]

    def _begin_again(self) -> None:
        self._begun += 1
        self._reference_lost = False

    def _read(self, settings: str | Settings) -> tuple[Settings, playground_data.Points]:
        """Settings from outside; when they make no sense that is said, and all is as ever."""
        try:
            wanted = settings if isinstance(settings, Settings) else Settings.read(settings)
            return wanted, playground_data.load(wanted)
        except (ValueError, TypeError) as error:
            self._trouble = f"These settings cannot be used, so all is as at the start. {error}"
            return Settings(), playground_data.load(Settings())

    def _go_beside(
        self, activation: MakeActivation | None, optimizer: MakeOptimizer | None
    ) -> None:
        """Let the learner's own parts run, and the library's beside them."""
        make = partial(Training, activation=activation, optimizer=optimizer)
        mine = self._guarded(lambda: make(self.settings, self._data))
        if mine is None:
            self._trouble += " The library's runs instead."
            self.own = {}
        else:
            self.student, self.reference = mine, self.student

    def _problem(self) -> str:
        """What stands in the way of the next step, in a sentence, or nothing."""
        return self._bad_settings or self._data.problem or self._trouble

    def _guarded(self, action: Callable[[], T]) -> T | None:
        """What `action` returns; what goes wrong becomes a sentence, and the error is kept."""
        try:
            return action()
        except FloatingPointError as error:
            self.error = error
            self._trouble = f"Training diverged: {error}."
        except Exception as error:
            self.error = error
            whose = " or ".join(self.own.values())
            lead = f"Your {whose} failed." if whose else "This could not be computed."
            self._trouble = f"{lead} {type(error).__name__}: {error}."
        return None

    def _answer(self, message: dict[str, Any]) -> None:
        """Do what the page asks for."""
        match message:
            case {"do": "drawn", "frame": int(frame)}:
                self._drawn = frame
            case {"do": "train" | "stop" | "step" | "reset" as name}:
                getattr(self, name)()
            case {"do": "change", "values": dict(values)}:
                self.change(**values)
            case {"do": "open", "text": str(text)}:
                self.restore(text)
            case {"do": "speed", "value": str(speed)}:
                self.speed = speed
            case {"do": "place", "point": [x1, x2, label]}:
                point = round(x1, 2), round(x2, 2), label
                self.change(data="placed", points=[*self.asked["points"], point])
            case {"do": "take back"}:
                self.change(points=self.asked["points"][:-1])
            case {"do": "shown", "view": str(view)}:
                self._views.add(view)
            case {"do": "gone", "view": str(view)}:
                self._views.discard(view)
                if not self._views:
                    self.stop()

    def _share_points(self) -> None:
        points = self._data
        X = playground_data.inside(np.concatenate([points.X, points.X_val]))
        y = np.concatenate([points.y, points.y_val])
        held_out = np.arange(len(y)) >= len(points.y)
        self.points = np.c_[X, y, held_out].astype("<f4").tobytes()
        self.axes = [
            {
                "name": axis.name,
                "ticks": [with_minus(f"{axis.mean + k * axis.std:.3g}") for k in (-2, 0, 2)],
            }
            for axis in points.axes
        ]

    def _watch_goals(self, seen: Look) -> str:
        """Let every goal look; what has just been reached, in words."""
        moment = Moment(self.settings, self.student.step_count, self._begun, seen)
        news = ""
        for goal in self._goals:
            before = goal.reached
            goal.watch(moment)
            if goal.reached and not before:
                news += f" Goal reached, “{goal.title}”: {goal.state}."
        self.goals = [
            {"title": g.title, "text": g.text, "state": g.state, "reached": g.reached}
            for g in self._goals
        ]
        return news

    def _words(self, seen: Look, beside: Look | None) -> str:
        settings, run, points = self.settings, self.student, self._data
        activation, optimizer = (
            self.own.get(name) or CHOICES[name][getattr(settings, name)]
            for name in ("activation", "optimizer")
        )
        shape = "-".join(map(str, (2, *settings.hidden, 1)))
        shape += f" with {activation}" if settings.hidden else ""
        said = (
            f"Step {run.step_count:,}, epoch {run.epoch:,}: {shape}, {optimizer} at rate "
            f"{run.optimizer.lr:.3g}, on {playground_data.title(settings)}. "
            f"Cost {_score(seen.learned)} of the {len(points.y)} training points right"
        )
        if len(points.y_val):
            said += f"; {_score(seen.held_out)} of the {len(points.y_val)} held out"
        said += "."
        if beside is not None:
            lost = " before it diverged" if self._reference_lost else ""
            said += f" The library's run: {_score(beside.learned)} right{lost}."
        silent = sum(int(layer.sum()) for layer in seen.silent)
        if silent:
            said += f" {silent} of {sum(settings.hidden)} hidden units are silent."
        return said

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, _ = super()._repr_mimebundle_(**kwargs)
        beside = look(self.reference) if self.reference else None
        still = picture(self.look(), self.student, beside, self.reference)
        data |= {"image/png": render(still, DENSITY, small=True), "text/plain": self.caption}
        return data, {"image/png": {"width": css_width(still)}}


def _score(of: Score) -> str:
    return f"{of.J:.3f}, {100 * of.right:.0f} %"


def _name(part: object) -> str:
    """What the learner's own part is called."""
    function = part[0] if isinstance(part, tuple) else part
    return str(getattr(function, "__name__", "own part"))
