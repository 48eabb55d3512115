"""nnlib's contenders: the library as its users call it."""

from __future__ import annotations

import numpy as np

import nnlib as nn
from benchmarks import problems
from benchmarks.contender import Contender, Stepwise
from nnlib.windows import batch_first, batch_last

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}
OPTIMIZERS = {"adam": nn.Adam, "sgd": nn.SGD}


def contender(problem: problems.Problem, options: frozenset[str]) -> Contender:
    """nnlib on this problem; option "C-order" gives batch norm images in C order."""
    match problem:
        case problems.Training():
            return TrainStep(problem)
        case problems.Epoch():
            from benchmarks.classifiers import (
                NnlibFit,
            )  # and scikit-learn, not to weigh on the rest

            return NnlibFit(problem)
        case problems.Normalization():
            return BatchNormPass(problem, batch_last="C-order" not in options)
        case problems.Update():
            return AdamStep(problem)
        case problems.Trick():
            from benchmarks import tricks

            return tricks.contender(problem, frozenset({"nnlib"}))
    raise TypeError(f"nnlib has no contender for {type(problem).__name__}")


class TrainStep(Stepwise):
    """fit's inner step on one batch."""

    def __init__(self, problem: problems.Training) -> None:
        self.problem = problem
        self.net = nn.Sequential(*(layer(spec) for spec in problem.layers))
        logits = problem.weights[-1][1].size
        self.loss = nn.BinaryCrossEntropy() if logits == 1 else nn.CrossEntropy()

    def start(self) -> None:
        self.net.theta = self.problem.theta
        self.optimizer = OPTIMIZERS[self.problem.optimizer](self.problem.lr)

    def step(self) -> None:
        self.J = nn.train_step(self.net, self.loss, self.optimizer, self.problem.X, self.problem.y)

    def witness(self) -> float:
        return self.J


def layer(spec: problems.Layer) -> nn.Layer:
    """nnlib's layer for a problem's."""
    rng = np.random.default_rng(problems.SEED)
    match spec:
        case problems.Dense(n_in, n_out):
            return nn.Dense(n_in, n_out, rng=rng)
        case problems.Conv(C_in, C_out, size, padding):
            return nn.Conv2D(C_in, C_out, size, padding=padding, rng=rng)
        case problems.MaxPool():
            return nn.MaxPool2D(2)
        case problems.Flatten():
            return nn.Flatten()
        case problems.Elementwise(name):
            return ACTIVATIONS[name]()


class BatchNormPass(Stepwise):
    """BatchNorm's forward and backward; images come in Conv2D's own layout, the batch last."""

    def __init__(self, problem: problems.Normalization, batch_last: bool) -> None:
        self.norm = nn.BatchNorm(problem.Z.shape[-1])
        self.Z, self.dY = problem.Z, problem.dY
        if batch_last and problem.Z.ndim == 4:
            self.Z, self.dY = as_convolved(self.Z), as_convolved(self.dY)

    def step(self) -> None:
        self.norm.forward(self.Z, training=True)
        self.dZ = self.norm.backward(self.dY)

    def witness(self) -> float:
        return float(np.abs(self.dZ).mean() + np.abs(self.norm.running_mean).sum())


def as_convolved(images: np.ndarray) -> np.ndarray:
    """Images (m, H, W, C) in the memory that a Conv2D's output has."""
    return batch_first(batch_last(images))


class AdamStep(Stepwise):
    """Adam's step alone."""

    def __init__(self, problem: problems.Update) -> None:
        self.problem = problem

    def start(self) -> None:
        self.theta, self.adam = self.problem.theta.copy(), nn.Adam()

    def step(self) -> None:
        self.adam.step(self.theta, self.problem.grad)

    def witness(self) -> float:
        return float(np.abs(self.theta).mean())
