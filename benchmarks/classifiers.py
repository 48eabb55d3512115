"""The two MLPClassifiers, scikit-learn's and nnlib's, made to start from the same weights."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

import nnlib as nn
from benchmarks import problems
from benchmarks.contender import Contender


def contender(problem: problems.Problem, options: frozenset[str]) -> Contender:
    """scikit-learn on this problem."""
    if not isinstance(problem, problems.Epoch):
        raise TypeError(f"scikit-learn has no contender for {type(problem).__name__}")
    return SklearnFit(problem)


class ClassifierFit(Contender, ABC):
    """A classifier of scikit-learn's kind, fitted for one epoch in each step, always anew."""

    def __init__(self, problem: problems.Epoch) -> None:
        self.problem = problem

    @abstractmethod
    def classifier(self, **settings: Any) -> Any:
        """A new classifier that will start from the problem's weights."""

    def step(self) -> None:
        self._fit(self.problem.training.X, self.problem.training.y, epochs=1)

    def losses(self, steps: int) -> list[float]:
        """Of a training set of one batch, where an epoch is a step and order does not matter."""
        m = self.problem.batch
        X, y = self.problem.training.X[:m], self.problem.training.y[:m]
        return list(self._fit(X, y, epochs=steps).loss_curve_)

    def _fit(self, X: np.ndarray, y: np.ndarray, epochs: int) -> Any:
        classifier = self.classifier(
            hidden_layer_sizes=self.problem.hidden,
            batch_size=self.problem.batch,
            learning_rate_init=self.problem.training.lr,
            max_iter=epochs,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it has not converged, of course
            return classifier.fit(X, y)


class SklearnFit(ClassifierFit):
    """scikit-learn's MLPClassifier."""

    def classifier(self, **settings: Any) -> MLPClassifier:
        return given(SklearnFrom(**settings), self.problem.training)


class NnlibFit(ClassifierFit):
    """nnlib's MLPClassifier."""

    def classifier(self, **settings: Any) -> nn.MLPClassifier:
        return given(NnlibFrom(**settings), self.problem.training)


class SklearnFrom(MLPClassifier):
    """scikit-learn's classifier, but for its first weights."""

    training: problems.Training

    def _initialize(self, *args: Any) -> None:
        super()._initialize(*args)
        self.coefs_ = [W.T.copy() for W, _ in self.training.weights]
        self.intercepts_ = [b.copy() for _, b in self.training.weights]


class NnlibFrom(nn.MLPClassifier):
    """nnlib's classifier, but for its first weights."""

    training: problems.Training

    def _network(self, *args: Any) -> nn.Sequential:
        net = super()._network(*args)
        net.theta = self.training.theta
        return net


def given(classifier: Any, training: problems.Training) -> Any:
    """The classifier, told which weights to start from."""
    classifier.training = training
    return classifier
