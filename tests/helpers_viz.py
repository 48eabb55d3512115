"""Moves a widget through everything a reader can do to it, without a browser."""

import asyncio

from colour import faint_words

from nnlib.viz import Explorer

PNG = b"\x89PNG\r\n\x1a\n"


def exercise_every_control(explorer: Explorer) -> list[str]:
    """Move every control to its ends or through its options, press every button.

    Returns every caption seen, the first one first. Raises what `draw`, `step` or `restart` raised.
    """
    captions = [_seen(explorer)]
    for control in explorer.controls:
        assert getattr(control, "description", "") or control.label
        start = control.value
        for value in [*_positions(control), start]:
            control.value = value
            captions.append(_seen(explorer))
    if explorer.buttons:
        captions += asyncio.run(_press_buttons(explorer))
    assert faint_words(explorer.figure) == {}
    return captions


async def _press_buttons(explorer: Explorer) -> list[str]:
    """Play for a few steps, pause, step, and reset."""
    play, step, reset = explorer.buttons
    captions = []
    explorer.seconds_per_step = 0.01  # the time between two steps is nobody's here
    play.click()
    for _ in range(3):
        await asyncio.sleep(2 * explorer.seconds_per_step)
    captions.append(_seen(explorer))
    if explorer.playing:
        play.click()
    for button in (step, reset):
        button.click()
        captions.append(_seen(explorer))
    return captions


def _positions(control):
    if hasattr(control, "index"):
        options = control.options
        return [o[1] if isinstance(o, tuple) else o for o in options]
    if isinstance(control.value, bool):
        return [True, False]
    if hasattr(control, "base"):
        return [control.base**control.min, control.base**control.max]
    if isinstance(control.value, tuple):
        low, high = control.min, control.max
        return [(low, low), (high, high), (low, high)]
    return [control.min, control.max]


def _seen(explorer: Explorer) -> str:
    if explorer.error is not None:
        raise explorer.error
    assert explorer.caption, f"{type(explorer).__name__} says nothing"
    assert explorer.picture.png.startswith(PNG)
    assert explorer.picture.alt == explorer.caption
    return explorer.caption
