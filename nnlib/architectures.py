"""The networks that made convolution famous, as tables that are read like those in their papers.

A blueprint is such a table. It makes a network, or says what that network would be without making
it: AlexNet's 61 million numbers can be counted on a machine that could not hold them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

import numpy as np

from nnlib.activations import ReLU, Tanh
from nnlib.convolution import Conv2D
from nnlib.dense import Dense
from nnlib.dropout import Dropout
from nnlib.flatten import Flatten
from nnlib.layer import Layer
from nnlib.normalization import BatchNorm
from nnlib.pooling import MaxPool2D
from nnlib.sequential import Sequential
from nnlib.summary import summary

LayerMaker = Callable[..., Layer]


class Blueprint:
    """The layers of a network, not made yet: each is a class, or a partial of one with its sizes.

    What they have in common, such as rng and dtype, is given once, and goes to those that take it.
    """

    def __init__(self, *makers: LayerMaker) -> None:
        self.makers = makers

    def layers(self, **common: Any) -> list[Layer]:
        """The layers, made."""
        taken = [common.keys() & signature(make).parameters.keys() for make in self.makers]
        return [
            make(**{name: common[name] for name in names})
            for make, names in zip(self.makers, taken, strict=True)
        ]

    def build(self, *, rng: np.random.Generator, dtype: type = np.float32) -> Sequential:
        """The network, with parameters drawn from rng."""
        return Sequential(*self.layers(rng=rng, dtype=dtype), dtype=dtype)

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of one example after the last layer."""
        for layer in self._sketch():
            input_shape = layer.output_shape(input_shape)
        return input_shape

    def summary(self, input_shape: tuple[int, ...]) -> str:
        """The table of dimensions; no weight is allocated for it."""
        return summary(self._sketch(), input_shape)

    def n_parameters(self) -> int:
        """How many numbers the network would learn; no weight is allocated to count them."""
        sketch = self._sketch()
        return sum(getattr(layer, name).size for layer in sketch for name in layer.parameters)

    def _sketch(self) -> list[Layer]:
        return self.layers(rng=np.random.default_rng(), init=shape_only)


def shape_only(shape: tuple[int, ...], *, rng: np.random.Generator, dtype: type) -> np.ndarray:
    """An initialiser whose arrays have a shape and a size, but entries of zero bytes."""
    return np.empty(shape, np.dtype([]))


def lenet5(
    *,
    rng: np.random.Generator,
    input_shape: tuple[int, int, int] = (32, 32, 1),
    n_classes: int = 10,
    activation: Callable[[], Layer] = Tanh,
    dtype: type = np.float32,
) -> Sequential:
    """LeNet-5 (LeCun et al., 1998) with the paper's layer sizes: 61,706 parameters for 32 × 32 × 1.

    It differs from the paper in three places: C3 sees all maps of S2 (`lenet5_c3` has the paper's
    table), S2 and S4 are max pooling (the paper's average learns two numbers per map), and the
    output is ten logits. Images of 28 × 28 get two zeros on each side, as the paper's were given.

    Raises ValueError when the images are too small for two convolutions and two poolings.
    """
    H, W, C = image_size(input_shape)
    padding = 2 if (H, W) == (28, 28) else 0
    features = Blueprint(
        partial(Conv2D, C, 6, 5, padding=padding), activation, MaxPool2D,
        partial(Conv2D, 6, 16, 5), activation, MaxPool2D,
    )  # fmt: skip
    H, W, _ = features.output_shape(input_shape)
    classifier = (
        partial(Conv2D, 16, 120, (H, W)), activation, Flatten,
        partial(Dense, 120, 84), activation,
        partial(Dense, 84, n_classes),
    )  # fmt: skip
    return Blueprint(*features.makers, *classifier).build(rng=rng, dtype=dtype)


def lenet5_c3() -> np.ndarray:
    """Which of S2's 6 maps each of C3's 16 maps sees in LeCun et al. (1998, table I): (16, 6).

    Three neighbours, then four, then two pairs of neighbours with a gap between, in a circle, and
    one map that sees all: 60 links of 5 × 5 weights and 16 biases, 1,516 parameters.
    """
    seen = [(0, 1, 2)] * 6 + [(0, 1, 2, 3)] * 6 + [(0, 1, 3, 4)] * 3 + [tuple(range(6))]
    table = np.zeros((16, 6), bool)
    for k, first in enumerate(seen):
        table[k, [(n + k) % 6 for n in first]] = True
    return table


def alexnet(*, groups: int = 2, n_classes: int = 1000) -> Blueprint:
    """AlexNet (Krizhevsky et al., 2012), for images of 227 × 227 × 3: 60,965,224 parameters.

    Its two groups lived on two graphics cards; with groups=1 there are 62,378,344. The paper says
    images of 224, from which its own sizes do not follow. Left out is local response
    normalisation, which has no parameters and which networks have since done without.
    """
    pool = partial(MaxPool2D, 3, stride=2)  # windows overlap
    return Blueprint(
        partial(Conv2D, 3, 96, 11, stride=4), ReLU, pool,
        partial(Conv2D, 96, 256, 5, padding=2, groups=groups), ReLU, pool,
        partial(Conv2D, 256, 384, 3, padding=1), ReLU,
        partial(Conv2D, 384, 384, 3, padding=1, groups=groups), ReLU,
        partial(Conv2D, 384, 256, 3, padding=1, groups=groups), ReLU, pool,
        Flatten,
        partial(Dropout, 0.5), partial(Dense, 6 * 6 * 256, 4096), ReLU,
        partial(Dropout, 0.5), partial(Dense, 4096, 4096), ReLU,
        partial(Dense, 4096, n_classes),
    )  # fmt: skip


def small_alexnet(
    *, rng: np.random.Generator, C: int = 1, n_classes: int = 10, dtype: type = np.float32
) -> Sequential:
    """AlexNet's sibling for images of 32 × 32 × C, with what was new in it, and for some seconds.

    A stride at once, overlapping windows, groups, ReLU and dropout; for the paper's local response
    normalisation stands batch norm. 28,874 parameters for C = 1.
    """
    pool = partial(MaxPool2D, 3, stride=2)
    return Blueprint(
        partial(Conv2D, C, 16, 5, stride=2, padding=2), partial(BatchNorm, 16), ReLU, pool,
        partial(Conv2D, 16, 32, 3, padding=1), ReLU,
        partial(Conv2D, 32, 32, 3, padding=1, groups=2), ReLU, pool,
        Flatten,
        partial(Dropout, 0.5), partial(Dense, 3 * 3 * 32, 64), ReLU,
        partial(Dense, 64, n_classes),
    ).build(rng=rng, dtype=dtype)  # fmt: skip


def small_vgg(
    *,
    rng: np.random.Generator,
    input_shape: tuple[int, int, int] = (32, 32, 3),
    n_classes: int = 10,
    dtype: type = np.float32,
) -> Sequential:
    """The idea of VGG (Simonyan and Zisserman, 2015) in small: 3 × 3 twice, pool, twice as wide.

    Raises ValueError when the images are smaller than 4 × 4.
    """
    _, _, C = image_size(input_shape)
    conv = partial(Conv2D, kernel_size=3, padding=1)
    features = Blueprint(
        partial(conv, C, 32), ReLU, partial(conv, 32, 32), ReLU, MaxPool2D,
        partial(conv, 32, 64), ReLU, partial(conv, 64, 64), ReLU, MaxPool2D, Flatten,
    )  # fmt: skip
    (n,) = features.output_shape(input_shape)
    classifier = partial(Dense, n, n_classes)
    return Blueprint(*features.makers, classifier).build(rng=rng, dtype=dtype)


def image_size(input_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return (H, W, C); raise ValueError for another number of axes."""
    if len(input_shape) != 3:
        raise ValueError(f"input_shape must be (H, W, C), got {input_shape}")
    return input_shape
