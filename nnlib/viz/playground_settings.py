"""What can be chosen in the playground: one value that checks itself and travels as a line of text.

The line is what a learner copies and sends to a friend: `data=spirals&hidden=8,8&lr=0.01`. What it
leaves out is as at the start.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

VIEW = 3.0  # the map shows −3 … 3 both ways

CHOICES: dict[str, dict[str, str]] = {
    "data": {
        "moons": "Moons",
        "circles": "Circles",
        "spirals": "Spirals",
        "xor": "XOR",
        "blobs": "Blobs",
        "tumours": "Tumours",
        "placed": "Yours",
    },
    "activation": {
        "relu": "ReLU",
        "leaky-relu": "leaky ReLU",
        "tanh": "tanh",
        "sigmoid": "sigmoid",
        "softplus": "softplus",
        "identity": "identity",
    },
    "init": {
        "he": "He",
        "glorot": "Glorot",
        "lecun": "LeCun",
        "orthogonal": "orthogonal",
        "uniform": "uniform ±1/√n",
        "normal": "normal 0.01",
        "zeros": "zeros",
    },
    "penalty": {"none": "none", "l2": "L2", "l1": "L1"},
    "optimizer": {
        "sgd": "SGD",
        "momentum": "momentum",
        "nesterov": "Nesterov",
        "adagrad": "AdaGrad",
        "rmsprop": "RMSProp",
        "adam": "Adam",
        "adamw": "AdamW",
    },
    "schedule": {
        "constant": "constant",
        "linear": "linear",
        "cosine": "cosine",
        "step": "halve 5 times",
        "exponential": "exponential",
        "time": "1/t",
        "warmup": "warm-up, cosine",
    },
}

NAMES = {
    "m": "number of training points",
    "noise": "noise",
    "draw": "seed of the points",
    "dropout": "dropout rate",
    "lam": "penalty λ",
    "lr": "learning rate",
    "horizon": "length of the schedule",
    "batch": "batch size",
    "seed": "seed of the start",
}
LIMITS: dict[str, tuple[float, float]] = {
    "m": (2, 300),
    "noise": (0, 1),
    "draw": (0, 2**31),
    "dropout": (0, 0.9),
    "lam": (0, 1000),
    "lr": (0, 100),
    "horizon": (1, 1_000_000),
    "batch": (0, 300),
    "seed": (0, 2**31),
}
YES, NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})
MOST_LAYERS, MOST_UNITS, MOST_POINTS = 4, 16, 300

Point = tuple[float, float, int]


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run. Raises ValueError, in a sentence, for what makes no sense.

    `m` training points are drawn with the seed `draw`; `points` are those placed by hand, as
    (x₁, x₂, class); `features` are the two columns of the real set. `batch` 0 is all the points at
    once. `seed` draws the first weights, the batches and dropout's masks.
    """

    data: str = "moons"
    m: int = 150
    noise: float = 0.25
    draw: int = 0
    features: tuple[int, int] = (0, 1)
    points: tuple[Point, ...] = ()
    hidden: tuple[int, ...] = (8, 8)
    activation: str = "tanh"
    init: str = "glorot"
    batch_norm: bool = False
    dropout: float = 0.0
    penalty: str = "none"
    lam: float = 1.0
    optimizer: str = "adam"
    lr: float = 0.01
    schedule: str = "constant"
    horizon: int = 2000
    batch: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"There is no {name} called {value!r}: take {_or(choices)}.")
        for name, (low, high) in LIMITS.items():
            _check_number(name, getattr(self, name), low, high)
        if self.lr == 0:
            raise ValueError("With a learning rate of 0 no weight ever moves: take one above 0.")
        if self.batch_norm and self.batch == 1:
            raise ValueError(
                "Batch norm takes the mean of a batch, and a batch of one is its own mean: "
                "take batches of 2 or more."
            )
        _check_hidden(self.hidden)
        _check_points(self.points)
        first, second = self.features
        if first == second:
            raise ValueError("The map needs two different features: one of them is chosen twice.")

    @property
    def which_points(self) -> tuple[object, ...]:
        """What decides the points, and nothing else."""
        return self.data, self.m, self.noise, self.draw, self.features, self.points

    def text(self) -> str:
        """The settings as one line, without what is as at the start."""
        parts = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                parts.append(f"{field.name}={_written(value)}")
        return "&".join(parts) or f"data={self.data}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The settings from such a line, from a link that ends in one, or with spaces for `&`."""
        line = unquote(text.rpartition("#playground:")[2]).replace("&", " ")
        values = {}
        for word in line.split():
            name, sign, value = word.partition("=")
            if not sign:
                raise ValueError(f"Settings are written name=value, joined by &, got {word!r}.")
            values[name] = value
        return cls(**cls.typed(values))

    @classmethod
    def typed(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values from a text or from the page as Python's own; ValueError for an unknown name."""
        known = {field.name: field.default for field in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise ValueError(f"There is no setting called {name!r}: take {_or(known)}.")
        return {name: _typed(name, value, known[name]) for name, value in values.items()}


def _typed(name: str, value: Any, default: Any) -> Any:
    """`value` as the type of `default`; what is no number stays, to be refused by name."""
    if name == "points":
        rows = value.split(";") if isinstance(value, str) else value
        return tuple(_point(row) for row in rows if row)
    if isinstance(default, tuple):
        numbers = value.split(",") if isinstance(value, str) else value
        return tuple(_number(number) for number in numbers if number not in ("", " "))
    if isinstance(default, bool):
        word = str(value).lower()
        if word not in YES | NO:
            raise ValueError(f"The setting {name} is yes or no, got {value!r}.")
        return word in YES
    return _number(value) if isinstance(default, int | float) else value


def _point(row: Any) -> Point:
    try:
        x1, x2, label = row.split(",") if isinstance(row, str) else row
        return float(x1), float(x2), int(label)
    except (TypeError, ValueError):
        raise ValueError(f"A point is written x₁,x₂,class, got {row!r}.") from None


def _number(value: Any) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return int(number) if number.is_integer() else number


def _written(value: Any) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return ";".join(f"{x1:g},{x2:g},{label}" for x1, x2, label in value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    wanted = "a whole number" if isinstance(getattr(Settings, name), int) else "a number"
    whole = wanted == "a number" or (isinstance(value, int) and not isinstance(value, bool))
    number = isinstance(value, int | float) and whole and math.isfinite(value)
    if not number or not low <= value <= high:
        came = "nothing" if value in ("", None) else value
        raise ValueError(
            f"The {NAMES[name]} must be {wanted} from {low:,g} to {high:,g}, got {came}."
        )


def _check_hidden(hidden: tuple[Any, ...]) -> None:
    if len(hidden) > MOST_LAYERS:
        raise ValueError(f"There is room for {MOST_LAYERS} hidden layers, got {len(hidden)}.")
    for units in hidden:
        if not isinstance(units, int) or not 1 <= units <= MOST_UNITS:
            raise ValueError(f"A hidden layer has 1 to {MOST_UNITS} units, got {units}.")


def _check_points(points: tuple[Point, ...]) -> None:
    if len(points) > MOST_POINTS:
        raise ValueError(f"There is room for {MOST_POINTS} points, got {len(points)}.")
    for x1, x2, label in points:
        if not (abs(x1) <= VIEW and abs(x2) <= VIEW) or label not in (0, 1):
            raise ValueError(
                f"A point is (x₁, x₂, class) within ±{VIEW:g} and of class 0 or 1, "
                f"got {(x1, x2, label)}."
            )


def _or(names: Any) -> str:
    *others, last = map(str, names)
    return f"{', '.join(others)} or {last}"
