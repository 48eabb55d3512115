"""nnlib: every algorithm of a deep-learning course in readable NumPy.

Importing it needs NumPy alone. The estimators, which follow scikit-learn's contract, come in when
first asked for, as does the progress bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlib import (
    accumulator,
    architectures,
    augmentation,
    curves,
    datasets,
    initializers,
    linear_regression,
    metrics,
    schedules,
    search,
    splits,
)
from nnlib.activations import (
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Step,
    Tanh,
)
from nnlib.architectures import Blueprint, alexnet, lenet5, small_alexnet, small_vgg
from nnlib.callbacks import Callback, History, StopWhen, Validation
from nnlib.checkpoints import Checkpoint
from nnlib.convolution import Conv2D
from nnlib.dense import Dense
from nnlib.dropout import Dropout
from nnlib.early_stopping import EarlyStopping
from nnlib.flatten import Flatten
from nnlib.functions import log_softmax, logsumexp, one_hot, sigmoid, softmax
from nnlib.gradient_check import check_gradients, numerical_gradient, relative_error
from nnlib.graph import Value
from nnlib.layer import Layer
from nnlib.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
)
from nnlib.normalization import BatchNorm, LayerNorm
from nnlib.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp
from nnlib.parameters import Gradient, Parameter
from nnlib.perceptron import train_perceptron
from nnlib.persistence import load, save
from nnlib.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from nnlib.preprocessing import Standardizer
from nnlib.regularization import L1, L2, clip_gradient, soft_threshold
from nnlib.second_order import BFGS, LBFGS, Minimum, Newton, objective
from nnlib.sequential import Sequential
from nnlib.splits import k_fold, minibatches, split
from nnlib.training import fit, train_step
from nnlib.windows import output_size

if TYPE_CHECKING:
    from nnlib.estimators import LinearRegression, LogisticRegression, Perceptron
    from nnlib.mlp import MLPClassifier, MLPRegressor
    from nnlib.progress import ProgressBar

_LAZY = {
    "LinearRegression": "nnlib.estimators",
    "LogisticRegression": "nnlib.estimators",
    "MLPClassifier": "nnlib.mlp",
    "MLPRegressor": "nnlib.mlp",
    "Perceptron": "nnlib.estimators",
    "ProgressBar": "nnlib.progress",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'nnlib' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:  # so that completion offers them too
    return sorted({*globals(), *_LAZY})


__all__ = [
    "BFGS",
    "L1",
    "L2",
    "LBFGS",
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "AvgPool2D",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Blueprint",
    "Callback",
    "Checkpoint",
    "Conv2D",
    "CrossEntropy",
    "Dense",
    "Dropout",
    "EarlyStopping",
    "Flatten",
    "GlobalAvgPool2D",
    "Gradient",
    "History",
    "Identity",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "LinearRegression",
    "LogisticRegression",
    "Loss",
    "MLPClassifier",
    "MLPRegressor",
    "MaxPool2D",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Minimum",
    "Momentum",
    "Nesterov",
    "Newton",
    "Optimizer",
    "PReLU",
    "Parameter",
    "Perceptron",
    "ProgressBar",
    "RMSProp",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Standardizer",
    "Step",
    "StopWhen",
    "Tanh",
    "Validation",
    "Value",
    "accumulator",
    "alexnet",
    "architectures",
    "augmentation",
    "check_gradients",
    "clip_gradient",
    "curves",
    "datasets",
    "fit",
    "initializers",
    "k_fold",
    "lenet5",
    "linear_regression",
    "load",
    "log_softmax",
    "logsumexp",
    "metrics",
    "minibatches",
    "numerical_gradient",
    "objective",
    "one_hot",
    "output_size",
    "relative_error",
    "save",
    "schedules",
    "search",
    "sigmoid",
    "small_alexnet",
    "small_vgg",
    "soft_threshold",
    "softmax",
    "split",
    "splits",
    "train_perceptron",
    "train_step",
]
