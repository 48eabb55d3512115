"""Multi-layer perceptrons behind scikit-learn's door: Sequential and fit, with its names.

Everything they do is a few lines over the library; they are here so that a network can enter
pipelines, cross-validation and grid searches like any other estimator.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from nnlib.activations import Identity, ReLU, Sigmoid, Tanh
from nnlib.callbacks import Callback, Validation
from nnlib.dense import Dense
from nnlib.early_stopping import EarlyStopping
from nnlib.estimators import FLOATS, ProbabilisticClassifier, classification_data
from nnlib.initializers import Initializer, glorot_uniform, he_normal
from nnlib.layer import Layer
from nnlib.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from nnlib.optimizers import Adam
from nnlib.regularization import L2
from nnlib.sequential import Sequential
from nnlib.splits import split
from nnlib.training import fit
from nnlib.validation import count, fraction, one_of

ACTIVATIONS: dict[str, tuple[type[Layer], Initializer]] = {
    "identity": (Identity, glorot_uniform),
    "logistic": (Sigmoid, glorot_uniform),
    "tanh": (Tanh, glorot_uniform),
    "relu": (ReLU, he_normal),
}


class MLP(BaseEstimator):
    """What the classifier and the regressor share: the network, Adam, and when to stop.

    alpha is the penalty's λ: J gains alpha/(2m) Σ w². Training ends after max_iter epochs, or when
    n_iter_no_change of them have not lowered J by more than tol; with early_stopping, the loss on a
    validation_fraction of the rows, held out, and the best network comes back.
    """

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (100,),
        activation: Literal["identity", "logistic", "tanh", "relu"] = "relu",
        *,
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 0.0001,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.random_state = random_state
        self.tol = tol
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change

    def _train(self, loss: Loss, X: np.ndarray, y: np.ndarray, n_out: int, labels: Any) -> None:
        """Fit net_ to X (m, n), y (m,); a held-out part keeps the proportions of labels (m,)."""
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        rng = np.random.default_rng(seed)
        self.net_ = self._network(X.shape[1], n_out, X.dtype.type, rng)
        callbacks: list[Callback] = []
        if self.early_stopping:
            held_out = fraction(self.validation_fraction, "validation_fraction")
            rows, val = split(len(X), (1 - held_out, held_out), rng=rng, stratify=labels)
            callbacks.append(Validation(X[val], y[val]))
            X, y = X[rows], y[rows]
        stopping = EarlyStopping(
            patience=self.n_iter_no_change,
            watch="validation loss" if self.early_stopping else "loss",
            change=self.tol,
            restore_best=self.early_stopping,
        )
        history = fit(
            self.net_,
            loss,
            Adam(self.learning_rate_init),
            X,
            y,
            epochs=count(self.max_iter, "max_iter"),
            batch_size=min(200, len(X)) if self.batch_size == "auto" else self.batch_size,
            rng=rng,
            penalty=L2(self.alpha),
            callbacks=[*callbacks, stopping],
        )
        self.loss_curve_ = history.get("loss", [])
        self.n_iter_ = len(self.loss_curve_)
        if history.ended != "stopped":
            warnings.warn(
                f"training {history.ended} after {self.n_iter_} epochs, before J had settled",
                ConvergenceWarning,
                stacklevel=3,
            )

    def _network(self, n_in: int, n_out: int, dtype: type, rng: np.random.Generator) -> Sequential:
        one_of(self.activation, "activation", list(ACTIVATIONS))
        activation, init = ACTIVATIONS[self.activation]
        hidden = [count(n, "hidden_layer_sizes") for n in np.atleast_1d(self.hidden_layer_sizes)]
        layers: list[Layer] = []
        for n_before, n_after in pairwise([n_in, *hidden]):
            layers += [Dense(n_before, n_after, rng=rng, init=init, dtype=dtype), activation()]
        output = Dense(hidden[-1] if hidden else n_in, n_out, rng=rng, dtype=dtype)
        return Sequential(*layers, output, dtype=dtype)


class MLPClassifier(ProbabilisticClassifier, MLP):
    """P(y = k | x) by a multi-layer perceptron: a sigmoid on one logit, or softmax on K of them.

    Minimises the cross-entropy by Adam (D2, D4). Parameters and defaults are those of
    scikit-learn's MLPClassifier; weights start from He's law for ReLU, from Glorot's otherwise.

    Shapes    X (m, n)   y (m,) labels of any kind
    Raises ValueError for bad shapes, NaN, a single class; FloatingPointError when J diverges.
    """

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Train a new network."""
        X, y, self.classes_ = classification_data(self, X, y, FLOATS)
        K = len(self.classes_)
        loss: Loss = BinaryCrossEntropy() if K == 2 else CrossEntropy()
        self._train(loss, X, y, n_out=1 if K == 2 else K, labels=y)
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """The logits z (m,), or (m, K)."""
        check_is_fitted(self)
        Z = self.net_.predict(validate_data(self, X, dtype=FLOATS, reset=False))
        return Z[:, 0] if len(self.classes_) == 2 else Z


class MLPRegressor(RegressorMixin, MLP):
    """ŷ = h(x) by a multi-layer perceptron; minimises 1/(2m) Σ (h − y)² by Adam (D2, D4).

    Parameters and defaults are those of scikit-learn's MLPRegressor; standardise a large y.

    Shapes    X (m, n)   y (m,)
    Raises ValueError for bad shapes, NaN; FloatingPointError when J diverges.
    """

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        """Train a new network."""
        X, y = validate_data(self, X, y, dtype=FLOATS, y_numeric=True)
        self._train(MeanSquaredError(half=True), X, y.astype(X.dtype), n_out=1, labels=None)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """ŷ (m,)."""
        check_is_fitted(self)
        return self.net_.predict(validate_data(self, X, dtype=FLOATS, reset=False))[:, 0]
