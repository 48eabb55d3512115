"""θ is one vector: a network's parameters live in one flat array, and layers hold views of it.

Optimisers, gradient checks, clipping, penalties and saving then work on (θ, ∇) and read like the
lecture. Assigning `layer.W = …` writes through into the view, so θ can never come apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from nnlib.layer import Layer


class Slot:
    """A named array of a layer that is assigned in place once it exists, with its shape checked."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type | None = None) -> Any:
        if layer is None:
            return self
        try:
            return layer.__dict__[self.name]
        except KeyError:
            raise AttributeError(f"{type(layer).__name__}.{self.name} has no value yet") from None

    def __set__(self, layer: Any, value: object) -> None:
        current = layer.__dict__.get(self.name)
        if current is None:
            layer.__dict__[self.name] = np.array(value)
            return
        value = np.asarray(value)
        if value.shape != current.shape:
            owner = type(layer).__name__
            raise ValueError(
                f"{owner}.{self.name} has shape {current.shape}, cannot hold {value.shape}"
            )
        current[...] = value


class Parameter(Slot):
    """A learnable array; `decay` says whether weight decay and penalties apply to it."""

    def __init__(self, decay: bool = True) -> None:
        self.decay = decay


class Gradient(Slot):
    """∂J/∂ of the parameter whose name follows the d; overwritten by every backward."""


class View(NamedTuple):
    """Where one parameter lives in θ."""

    name: str  # "0.W": the layer's place in the network, a dot, the parameter's name
    start: int
    stop: int
    shape: tuple[int, ...]
    decay: bool


class ParameterVector:
    """θ and ∇ of a list of layers, as two flat arrays with a named view per parameter.

    Shapes    theta (n,)   grad (n,)   decay_mask (n,), 1 where weight decay applies and 0 elsewhere
    Raises ValueError when a layer already belongs to another vector.
    """

    def __init__(self, layers: Sequence[Layer], dtype: type = np.float32) -> None:
        if np.dtype(dtype).kind != "f":
            raise ValueError(f"dtype must be a float type, got {np.dtype(dtype)}")
        for i, layer in enumerate(layers):
            if layer.bound or any(layer is earlier for earlier in layers[:i]):
                raise ValueError(f"{layer!r} already belongs to a network; make a new layer")
        n = sum(getattr(layer, name).size for layer in layers for name in layer.parameters)
        self.theta = np.zeros(n, dtype)
        self.grad = np.zeros(n, dtype)
        self.bind(layers)
        self.decay_mask = np.zeros(n, dtype)
        for view in self.views:
            self.decay_mask[view.start : view.stop] = view.decay

    def bind(self, layers: Sequence[Layer]) -> None:
        """Move the layers' parameters into θ and leave them views of it."""
        self.views = list(self._bind(layers))

    def _bind(self, layers: Sequence[Layer]) -> Iterator[View]:
        start = 0
        for i, layer in enumerate(layers):
            for name, parameter in layer.parameters.items():
                value = getattr(layer, name)
                stop = start + value.size
                self.theta[start:stop] = value.ravel()
                layer.__dict__[name] = self.theta[start:stop].reshape(value.shape)
                layer.__dict__["d" + name] = self.grad[start:stop].reshape(value.shape)
                yield View(f"{i}.{name}", start, stop, value.shape, parameter.decay)
                start = stop
            layer.bound = True
            layer.cast(self.theta.dtype)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.theta, self.grad = np.array(self.theta), np.array(self.grad)  # not a read-only map

    @property
    def weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Each decaying parameter w (n_w,) with its part of ∇, both live: what penalties act on."""
        pieces = [slice(view.start, view.stop) for view in self.views if view.decay]
        return [(self.theta[piece], self.grad[piece]) for piece in pieces]

    def name_of(self, i: int) -> str:
        """The parameter's name and index of entry i of θ, such as '0.W[2, 1]'."""
        if not 0 <= i < self.theta.size:
            raise IndexError(f"θ has entries 0 … {self.theta.size - 1}, got {i}")
        view = next(view for view in self.views if view.start <= i < view.stop)
        index = np.unravel_index(i - view.start, view.shape)
        return f"{view.name}[{', '.join(str(int(k)) for k in index)}]"
