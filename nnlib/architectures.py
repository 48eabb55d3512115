"""The networks that made convolution famous, each in a few lines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib.activations import Tanh
from nnlib.convolution import Conv2D
from nnlib.dense import Dense
from nnlib.flatten import Flatten
from nnlib.layer import Layer
from nnlib.pooling import MaxPool2D
from nnlib.sequential import Sequential


def lenet5(
    *,
    rng: np.random.Generator,
    input_shape: tuple[int, int, int] = (32, 32, 1),
    n_classes: int = 10,
    activation: Callable[[], Layer] = Tanh,
    dtype: type = np.float32,
) -> Sequential:
    """LeNet-5 (LeCun et al., 1998) with the paper's layer sizes: 61,706 parameters."""
    H, W, C = input_shape
    C1 = Conv2D(C, 6, 5, padding=2 if (H, W) == (28, 28) else 0, rng=rng, dtype=dtype)
    C3 = Conv2D(6, 16, 5, rng=rng, dtype=dtype)
    shape: tuple[int, ...] = input_shape
    for layer in (C1, MaxPool2D(2), C3, MaxPool2D(2)):
        shape = layer.output_shape(shape)
    C5 = Conv2D(16, 120, (shape[0], shape[1]), rng=rng, dtype=dtype)
    return Sequential(
        C1, activation(), MaxPool2D(2),
        C3, activation(), MaxPool2D(2),
        C5, activation(), Flatten(),
        Dense(120, 84, rng=rng, dtype=dtype), activation(),
        Dense(84, n_classes, rng=rng, dtype=dtype),
        dtype=dtype,
    )  # fmt: skip
