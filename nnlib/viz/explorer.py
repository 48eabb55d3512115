"""The base of every widget of the course: a goal, a picture, controls, and a caption in words.

A widget subclasses `Explorer`, keeps its artists, and writes `draw`. Where time passes it also
writes `step` and `restart`, and gets Play, Step and Reset buttons for it.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import ipywidgets

from nnlib.viz.painter import Painter
from nnlib.viz.picture import DENSITY, Picture, css_width, render
from nnlib.viz.style import CourseFigure
from nnlib.viz.threads import one_thread
from nnlib.viz.words import Words, with_minus

REACHED = "✓ goal reached"


class Explorer(ipywidgets.VBox):
    """A picture that follows its controls, and says in words what it shows.

    A subclass makes its controls and artists, then calls `super().__init__(figure, controls=…)`.
    `draw()` moves the artists, may set `goal_reached`, and returns the caption; it is called at the
    start and whenever a control's value changes. `step()` lets one step of time pass and returns
    False when there is nothing left to do; `restart()` goes back to time zero. Moving one of the
    controls in `restart_on` calls `restart()` before `draw()`.
    """

    goal: ClassVar[str] = ""
    seconds_per_step: ClassVar[float] = 0.1

    def __init__(
        self,
        figure: CourseFigure,
        *,
        controls: Sequence[ipywidgets.DOMWidget] = (),
        restart_on: Sequence[ipywidgets.DOMWidget] = (),
    ) -> None:
        self.figure = figure
        self.controls = tuple(controls)
        self.restart_on = tuple(restart_on)
        self.buttons: tuple[ipywidgets.Button, ...] = ()
        self.goal_reached = False
        self.error: Exception | None = None
        self._lock = threading.RLock()  # JupyterLab may move two controls in two threads
        self._busy = False
        self._ended = False
        self._playing: asyncio.Task[None] | None = None
        self.painter = Painter(figure)

        self.picture = Picture(width=css_width(figure))
        self.headline = Words(lead="Goal", text=self.goal)
        self.status = Words(live=True)
        if type(self).step is not Explorer.step:
            self.buttons = self._make_buttons()
        rows = [_row(widgets) for widgets in (self.controls, self.buttons) if widgets]
        goal = [self.headline] if self.goal else []
        super().__init__(children=[*goal, self.picture, *rows, self.status])
        self.add_class("nnlib-explorer")

        if self.buttons:
            self.restart()
        self.refresh()
        for control in self.controls:
            control.observe(self._control_moved, names="value")
        self.picture.observe(self._left_the_page, names="shown")

    def draw(self) -> str:
        """Move the artists to what the controls say; return the caption, in words with numbers."""
        raise NotImplementedError(f"{type(self).__name__} needs a draw() that returns its caption")

    def step(self) -> bool:
        """Let one step of time pass; return False when there is nothing left to do."""
        return False

    def restart(self) -> None:
        """Go back to time zero; the controls stay as they are."""

    @property
    def caption(self) -> str:
        """What the widget says now."""
        return str(self.status.text)

    @one_thread
    def refresh(self) -> None:
        """Draw and show; whatever `draw` raises is raised here."""
        caption = with_minus(self.draw())
        self.picture.show(self.painter.paint(self.picture.density), caption)
        self.error = None
        self.status.say(caption)
        self.headline.badge = REACHED if self.goal_reached else ""

    def play(self) -> None:
        """Let time pass by itself, until its end or `pause`; once at its end, start again."""
        self.pause()
        if self._ended:
            self._restart()
        self._playing = asyncio.get_running_loop().create_task(self._run())
        self.buttons[0].description, self.buttons[0].icon = "Pause", "pause"

    def pause(self) -> None:
        """Stop time at once, where it is."""
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None
            self.buttons[0].description, self.buttons[0].icon = "Play", "play"

    @property
    def playing(self) -> bool:
        """Whether time passes by itself now."""
        return self._playing is not None

    async def _run(self) -> None:
        self._respond(self._step)
        while not self._ended and self.error is None:
            await asyncio.sleep(self.seconds_per_step)
            self._respond(self._step)
        self.pause()

    def _step(self) -> None:
        if not self._ended:
            self._ended = self.step() is False
            self.refresh()

    def _redraw(self) -> None:
        self._ended = False
        self.refresh()

    def _restart(self) -> None:
        self._ended = False
        self.restart()
        self.refresh()

    def _make_buttons(self) -> tuple[ipywidgets.Button, ...]:
        def play_or_pause() -> None:
            self.pause() if self.playing else self.play()

        def step_once() -> None:
            self.pause()
            self._step()

        def reset() -> None:
            self.pause()
            self._restart()

        actions = (("Play", "play", play_or_pause), ("Step", "step-forward", step_once))
        return tuple(
            self._button(name, icon, action)
            for name, icon, action in (*actions, ("Reset", "undo", reset))
        )

    def _button(self, name: str, icon: str, action: Callable[[], None]) -> ipywidgets.Button:
        button = ipywidgets.Button(description=name, icon=icon, layout={"width": "104px"})
        button.on_click(lambda _: self._respond(action))
        return button

    def _control_moved(self, change: dict[str, Any]) -> None:
        restarts = any(change["owner"] is control for control in self.restart_on)
        self._respond(self._restart if restarts else self._redraw)

    def _left_the_page(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            self.pause()

    @one_thread
    def _respond(self, action: Callable[[], None]) -> None:
        """Do what the reader asked for; say in the caption what went wrong, if anything did.

        A control moved from within `action` asks for nothing more: one redraw at a time. One moved
        in another thread waits for its turn.
        """
        with self._lock:
            if self._busy:
                return
            self._busy = True
            try:
                action()
            except Exception as error:
                self.error = error
                problem = f"This could not be drawn. {type(error).__name__}: {error}"
                self.status.say(problem, problem=True)
                self.headline.badge = ""
            finally:
                self._busy = False

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = super()._repr_mimebundle_(**kwargs)
        png = render(self.figure, DENSITY, small=True)
        self.painter.forget()
        data |= {"image/png": png, "text/plain": self.caption}
        return data, {"image/png": {"width": css_width(self.figure)}}


def _row(widgets: Sequence[ipywidgets.DOMWidget]) -> ipywidgets.Box:
    row = ipywidgets.Box(children=list(widgets))
    row.add_class("nnlib-controls")
    return row
