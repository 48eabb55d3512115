"""The linear models behind scikit-learn's door: fit, predict, score, ready for its pipelines.

The mathematics stays in the modules around this one; this one needs scikit-learn for its contract
(get_params, tags, input checks) and nothing else.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from nnlib.dense import Dense
from nnlib.functions import sigmoid, softmax
from nnlib.initializers import zeros
from nnlib.linear_regression import add_bias_column, normal_equation
from nnlib.losses import BinaryCrossEntropy, CrossEntropy, Loss
from nnlib.perceptron import train_perceptron
from nnlib.regularization import L2
from nnlib.second_order import LBFGS, objective
from nnlib.sequential import Sequential
from nnlib.validation import count, non_negative, positive

FLOATS = [np.float64, np.float32]


class Classifier(ClassifierMixin, BaseEstimator):
    """A classifier whose score refuses labels that it could never predict."""

    classes_: np.ndarray

    def score(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
        """The accuracy on X (m, n), y (m,); ValueError for a label that fit never saw."""
        check_is_fitted(self)
        known = self.classes_.tolist()
        unknown = set(np.ravel(y).tolist()).difference(known)
        if unknown:
            raise ValueError(f"y holds {unknown.pop()!r}, which fit never saw; it saw {known}")
        return float(super().score(X, y, sample_weight))


class ProbabilisticClassifier(Classifier):
    """A classifier whose logits are turned into probabilities, and the likeliest class is taken."""

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """The logits z (m,) of the second class, or (m, K)."""
        raise NotImplementedError

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """The probability of each class (m, K)."""
        Z = self.decision_function(X)
        if Z.ndim == 2:
            return softmax(Z)
        return np.column_stack([sigmoid(-Z), sigmoid(Z)])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The likeliest class of each row (m,)."""
        P = self.predict_proba(X)
        return self.classes_[P.argmax(axis=1)]


class LinearRegression(RegressorMixin, BaseEstimator):
    """h(x) = θ₀ + Σ θⱼxⱼ, fitted in closed form; λ > 0 makes it ridge regression.

    Minimises J = 1/(2m) Σ (h − y)² + λ/(2m) Σ θⱼ² (D3; scikit-learn's Ridge with alpha = λ).

    Shapes    X (m, n)   y (m,)   coef_ (n,)   intercept_ scalar
    Raises ValueError for bad shapes, NaN or λ < 0.
    """

    def __init__(self, lam: float = 0.0) -> None:
        self.lam = lam

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Solve the normal equation for θ."""
        X, y = validate_data(self, X, y, dtype=FLOATS, y_numeric=True)
        theta = normal_equation(add_bias_column(X), y.astype(X.dtype), lam=self.lam)
        self.intercept_, self.coef_ = float(theta[0]), theta[1:]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """ŷ (m,) = X θ + θ₀."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False)
        return X @ self.coef_ + self.intercept_


class LogisticRegression(ProbabilisticClassifier):
    """P(y = 1 | x) = σ(wᵀx + b), or softmax over K classes; fitted by L-BFGS.

    Minimises J = 1/m Σ L + λ/(2m) Σ w² (D3, D4); scikit-learn's C is 1/λ. With λ = 0 and separable
    classes there is no finite optimum: the weights grow until max_iter ends the walk.

    Shapes    X (m, n)   y (m,)   coef_ (1 or K, n)   intercept_ (1 or K,)
    Raises ValueError for bad shapes, NaN, a single class, λ < 0.
    """

    def __init__(self, lam: float = 1.0, max_iter: int = 1000, tol: float = 1e-9) -> None:
        self.lam = lam
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Minimise J over w and b."""
        X, y, self.classes_ = classification_data(self, X, y)
        K = len(self.classes_)
        net = Sequential(
            Dense(X.shape[1], 1 if K == 2 else K, rng=np.random.default_rng(0), init=zeros),
            dtype=np.float64,
        )
        loss: Loss = BinaryCrossEntropy() if K == 2 else CrossEntropy()
        f = objective(net, loss, X, y, penalty=L2(non_negative(self.lam, "lam")))
        minimum = LBFGS(max_iter=self.max_iter, tol=self.tol).minimize(f, net.theta)
        dense = net.layers[0]
        assert isinstance(dense, Dense)
        self.coef_, self.intercept_ = dense.W.copy(), dense.b.copy()
        self.n_iter_ = len(minimum.path) - 1
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """The logits z (m,), or (m, K)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        Z = X @ self.coef_.T + self.intercept_
        return Z[:, 0] if len(self.classes_) == 2 else Z


class Perceptron(Classifier):
    """Rosenblatt's perceptron (1958): a step unit and its rule, w += (y − ŷ)x after each mistake.

    It stops at the first epoch without a mistake, which comes only if a line separates the classes.

    Shapes    X (m, n)   y (m,) of two classes   coef_ (1, n)   intercept_ (1,)
    Raises ValueError for bad shapes, NaN, other than two classes, max_iter < 1 or lr ≤ 0.
    """

    def __init__(self, lr: float = 1.0, max_iter: int = 1000, random_state: int | None = 0) -> None:
        self.lr = lr
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Go through the rows, in a new order each epoch, until none is wrong."""
        positive(self.lr, "lr"), count(self.max_iter, "max_iter")
        X, y, self.classes_ = classification_data(self, X, y)
        if len(self.classes_) != 2:
            K = len(self.classes_)
            raise ValueError(f"Only binary classification is supported: got {K} classes")
        walk = train_perceptron(
            X, y, lr=self.lr, epochs=self.max_iter, rng=np.random.default_rng(self.random_state)
        )
        self.coef_, self.intercept_ = walk.w[None, :], np.array([walk.b])
        self.mistakes_, self.n_iter_ = walk.mistakes, len(walk.mistakes)
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """z = wᵀx + b (m,), whose sign is the class."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return X @ self.coef_[0] + self.intercept_[0]

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The class of each row (m,): the second one where z > 0."""
        z = self.decision_function(X)
        return self.classes_[(z > 0).astype(int)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def classification_data(
    estimator: BaseEstimator, X: np.ndarray, y: np.ndarray, dtype: Any = np.float64
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X (m, n), y as indices (m,) into the sorted classes, and these; one alone is refused."""
    X, y = validate_data(estimator, X, y, dtype=dtype)
    check_classification_targets(y)
    classes, indices = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        name = type(estimator).__name__
        only = classes.tolist()[0]
        raise ValueError(f"{name} needs at least two classes, got only one class: {only!r}")
    return X, indices, classes
