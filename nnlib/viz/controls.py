"""The controls of a widget: sliders, menus and switches that never truncate what they say."""

import math
from collections.abc import Iterable
from typing import Any

import ipywidgets

WIDE = {"description_width": "initial"}
SLIDER_WIDTH = "380px"


def slider(
    label: str,
    value: float,
    low: float,
    high: float,
    *,
    step: float | None = None,
    decimals: int | None = None,
) -> ipywidgets.FloatSlider | ipywidgets.IntSlider:
    """A slider from `low` to `high`, over whole numbers where value, low, high and step are ints.

    It starts at the step nearest to `value`. `step` defaults to 1 for whole numbers, else to a
    round hundredth of the range; `decimals` to what the step needs. The label carries the unit:
    "speed (km/h)".
    """
    whole = all(isinstance(number, int) for number in (value, low, high, step or 1))
    step = step or (1 if whole else _round_down((high - low) / 100))
    if decimals is None:
        decimals = 0 if whole else max(0, math.ceil(-math.log10(step) - 1e-9))
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    return kind(
        value=_nearest_step(value, low, step),
        min=low,
        max=high,
        step=step,
        description=label,
        readout_format="d" if whole else f".{decimals}f",
        style=WIDE,
        layout={"width": SLIDER_WIDTH},
    )


def log_slider(
    label: str, value: float, low: float, high: float, *, per_decade: int = 10
) -> ipywidgets.FloatLogSlider:
    """A slider from `low` to `high`, both above 0, with `per_decade` equal steps to a factor 10.

    It starts at the step nearest to `value`.
    """
    if not 0 < low <= value <= high:
        raise ValueError(f"log_slider needs 0 < low ≤ value ≤ high, got {low}, {value}, {high}")
    exponent = _nearest_step(math.log10(value), math.log10(low), 1 / per_decade)
    return ipywidgets.FloatLogSlider(
        value=value if exponent == math.log10(value) else 10**exponent,
        base=10,
        min=math.log10(low),
        max=math.log10(high),
        step=1 / per_decade,
        description=label,
        readout_format=".3g",
        style=WIDE,
        layout={"width": SLIDER_WIDTH},
    )


def _nearest_step(value: float, low: float, step: float) -> float:
    """`value` where it is on a step, else the nearest that is: the browser knows no other place.

    A slider that started between two steps would be moved by the page that shows it.
    """
    nearest = low + round((value - low) / step) * step
    return value if math.isclose(value, nearest, abs_tol=1e-6 * step) else nearest


def _round_down(number: float) -> float:
    """The next of … 0.1, 0.2, 0.5, 1, 2, 5 … that is not above `number`."""
    power = 10.0 ** math.floor(math.log10(number))
    return max(digit * power for digit in (1, 2, 5) if digit * power <= number * (1 + 1e-9))


def dropdown(label: str, options: Iterable[Any], value: Any = None) -> ipywidgets.Dropdown:
    """A menu of `options` (values, or (name, value) pairs); the first one is chosen by default."""
    menu = ipywidgets.Dropdown(
        options=list(options), description=label, style=WIDE, layout={"width": "max-content"}
    )
    if value is not None:
        menu.value = value
    return menu


def toggle(label: str, value: bool = False) -> ipywidgets.Checkbox:
    """A box to tick."""
    return ipywidgets.Checkbox(
        value=value, description=label, indent=False, layout={"width": "max-content"}
    )
