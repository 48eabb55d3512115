"""Moves a widget to the ends of its main controls. This file runs in the kernel of the notebook."""

from functools import partial
from typing import Any

from ipywidgets import widgets

from nnlib.viz import Explorer
from nnlib.viz.playground import Playground

STEPS = 12  # of time, in a widget where time passes
PLAYGROUNDS = {"low": "data=blobs&hidden=", "high": "data=spirals&hidden=16,16,16,16&noise=0.5"}

_undo: list[partial[None]] = []  # what takes the widget that was moved back to where it was


def move(model: str, setting: str) -> bool:
    """Take a widget to the "low" or "high" end; any other setting is where it started.

    False for a model that is no widget of ours. What it cannot draw is raised.
    """
    while _undo:
        _undo.pop(0)()
    widget = widgets.widget._instances.get(model)
    if isinstance(widget, Playground) and setting in PLAYGROUNDS:
        _undo.append(partial(widget.restore, widget.text))
        widget.restore(PLAYGROUNDS[setting])
        widget.run(100)
    if isinstance(widget, Explorer) and setting in ("low", "high"):
        _move(widget, 0 if setting == "low" else -1)
        if widget.error is not None:
            raise widget.error
    return isinstance(widget, Explorer | Playground)


def _move(explorer: Explorer, end: int) -> None:
    if explorer.buttons and end:
        _undo.append(partial(explorer.buttons[2].click))
    _undo.extend(partial(setattr, one, "value", one.value) for one in explorer.controls)
    for control in main_controls(explorer, end):
        control.value = ends(control)[end]
    if explorer.buttons and end:
        for _ in range(STEPS):
            explorer.buttons[1].click()


def main_controls(explorer: Explorer, end: int) -> list[Any]:
    """The first menu, and the first slider that is not at this end, else the first box."""
    able = [one for one in explorer.controls if not getattr(one, "disabled", False)]
    sliders = [one for one in able if hasattr(one, "readout_format") and not _at(one, end)]
    menus = [one for one in able if hasattr(one, "options")]
    boxes = [one for one in able if isinstance(one.value, bool)]
    return (menus[:1] + sliders[:1]) or boxes[:1]


def _at(control: Any, end: int) -> bool:
    return bool(control.value == ends(control)[end])


def ends(control: Any) -> tuple[Any, Any]:
    """The first and the last value that a control can have."""
    if hasattr(control, "options"):
        values = [one[1] if isinstance(one, tuple) else one for one in control.options]
        return values[0], values[-1]
    if isinstance(control.value, bool):
        return False, True
    if hasattr(control, "base"):
        return control.base**control.min, control.base**control.max
    if isinstance(control.value, tuple):
        return (control.min, control.min), (control.min, control.max)
    return control.min, control.max
