"""PyTorch's contenders, each with the setting its name tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks import problems
from benchmarks.contender import Contender, Stepwise, Unavailable

OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
FLAVOURS = ("fused", "foreach")


def contender(problem: problems.Problem, options: frozenset[str]) -> Contender:
    """PyTorch on this problem; options: fused, foreach, channels-last, compile."""
    match problem:
        case problems.Training():
            return TrainStep(problem, options)
        case problems.Normalization():
            return BatchNormPass(problem, options)
        case problems.Update():
            return AdamStep(problem, options)
        case problems.MatrixProduct():
            return Product(problem)
    raise TypeError(f"PyTorch has no contender for {type(problem).__name__}")


def optimizer_flags(options: frozenset[str]) -> dict[str, Any]:
    """fused=True or foreach=True where the contender's name says so."""
    return {flavour: True for flavour in FLAVOURS if flavour in options}


def images(X: np.ndarray, options: frozenset[str]) -> torch.Tensor:
    """A tensor (m, C, H, W) of images (m, H, W, C), in the layout asked for; rows stay rows."""
    tensor = torch.from_numpy(X)
    if X.ndim != 4:
        return tensor
    return tensor.permute(0, 3, 1, 2).contiguous(memory_format=layout(options))


def layout(options: frozenset[str]) -> torch.memory_format:
    """How the memory of images is ordered."""
    return torch.channels_last if "channels-last" in options else torch.contiguous_format


def compiled(function: Callable[..., Any], *example: torch.Tensor) -> Callable[..., Any]:
    """torch.compile's version of a function; Unavailable where it cannot compile it."""
    made: Callable[..., Any] = torch.compile(function)
    try:
        made(*example)
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise Unavailable(f"torch.compile cannot compile here: {reason[0]}") from error
    return made


class TrainStep(Stepwise):
    """The usual loop body: zero_grad, loss, backward, step."""

    def __init__(self, problem: problems.Training, options: frozenset[str]) -> None:
        self.problem, self.options = problem, options
        self.model = nn.Sequential(*(layer(spec) for spec in problem.layers))
        self.load_weights()
        if problem.X.ndim == 4:
            self.model.to(memory_format=layout(options))
        self.X = images(problem.X, options)
        single = problem.weights[-1][1].size == 1
        labels = torch.from_numpy(problem.y)
        self.y = labels.float()[:, None] if single else labels
        self.criterion = nn.BCEWithLogitsLoss() if single else nn.CrossEntropyLoss()
        self.cost = compiled(self._cost, self.X, self.y) if "compile" in options else self._cost

    def _cost(self, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        cost: torch.Tensor = self.criterion(self.model(X), y)
        return cost

    def load_weights(self) -> None:
        """Copy the problem's W and b into the model."""
        parameters = iter(self.model.parameters())
        with torch.no_grad():
            for W, b in weights_in_pytorch_order(self.problem):
                next(parameters).copy_(torch.from_numpy(W))
                next(parameters).copy_(torch.from_numpy(b))

    def start(self) -> None:
        self.load_weights()
        make = OPTIMIZERS[self.problem.optimizer]
        self.optimizer = make(
            self.model.parameters(), lr=self.problem.lr, **optimizer_flags(self.options)
        )

    def step(self) -> None:
        self.optimizer.zero_grad()
        cost = self.cost(self.X, self.y)
        cost.backward()
        self.optimizer.step()
        self.J = cost.detach()

    def witness(self) -> float:
        return self.J.item()


def layer(spec: problems.Layer) -> nn.Module:
    """PyTorch's layer for a problem's."""
    match spec:
        case problems.Dense(n_in, n_out):
            return nn.Linear(n_in, n_out)
        case problems.Conv(C_in, C_out, size, padding):
            return nn.Conv2d(C_in, C_out, size, padding=padding)
        case problems.MaxPool():
            return nn.MaxPool2d(2)
        case problems.Flatten():
            return nn.Flatten()
        case problems.Elementwise(name):
            return {"relu": nn.ReLU, "tanh": nn.Tanh}[name]()


def weights_in_pytorch_order(problem: problems.Training) -> list[tuple[np.ndarray, np.ndarray]]:
    """(W, b) with kernels (C_out, C_in, kH, kW), and flattened images read in the order C, H, W."""
    weights, given = [], iter(problem.weights)
    flattened = None
    for spec in problem.layers:
        if isinstance(spec, problems.Flatten):
            flattened = spec
        if not isinstance(spec, problems.Dense | problems.Conv):
            continue
        W, b = next(given)
        if W.ndim == 4:
            W = W.transpose(0, 3, 1, 2)
        elif flattened is not None:
            W = W.reshape(-1, flattened.H, flattened.W, flattened.C).transpose(0, 3, 1, 2)
            W, flattened = W.reshape(len(b), -1), None
        weights.append((np.ascontiguousarray(W), b))
    return weights


class BatchNormPass(Stepwise):
    """BatchNorm1d or 2d, forward and backward."""

    def __init__(self, problem: problems.Normalization, options: frozenset[str]) -> None:
        n = problem.Z.shape[-1]
        self.norm = nn.BatchNorm2d(n) if problem.Z.ndim == 4 else nn.BatchNorm1d(n)
        self.Z = images(problem.Z, options).requires_grad_()
        self.dY = images(problem.dY, options)
        self.forward = compiled(self.norm, self.Z) if "compile" in options else self.norm

    def start(self) -> None:
        self.norm.reset_running_stats()

    def step(self) -> None:
        self.Z.grad = self.norm.weight.grad = self.norm.bias.grad = None
        self.forward(self.Z).backward(self.dY)

    def witness(self) -> float:
        assert self.Z.grad is not None
        assert self.norm.running_mean is not None
        return self.Z.grad.abs().mean().item() + self.norm.running_mean.abs().sum().item()


class AdamStep(Stepwise):
    """Adam's step alone, over one tensor."""

    def __init__(self, problem: problems.Update, options: frozenset[str]) -> None:
        self.problem, self.options = problem, options

    def start(self) -> None:
        self.theta = nn.Parameter(torch.from_numpy(self.problem.theta.copy()))
        self.theta.grad = torch.from_numpy(self.problem.grad)
        self.adam = torch.optim.Adam([self.theta], **optimizer_flags(self.options))

    def step(self) -> None:
        self.adam.step()

    def witness(self) -> float:
        return self.theta.abs().mean().item()


class Product(Stepwise):
    """torch.mm into an array that stands ready."""

    def __init__(self, problem: problems.MatrixProduct) -> None:
        self.A, self.B = torch.from_numpy(problem.A), torch.from_numpy(problem.B)
        self.C = torch.empty_like(self.A)

    def step(self) -> None:
        torch.mm(self.A, self.B, out=self.C)

    def witness(self) -> float:
        return self.C.abs().mean().item()
