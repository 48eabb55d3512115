"""The networks that follow scikit-learn's contract: its own checks, its tools, its accuracy."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn import datasets
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier as ReferenceClassifier
from sklearn.neural_network import MLPRegressor as ReferenceRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nnlib import Callback, LogisticRegression, MLPClassifier, MLPRegressor, Perceptron, fit
from nnlib.datasets import blobs, breast_cancer, xor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        MLPClassifier(max_iter=100),
        MLPClassifier(activation="tanh", early_stopping=True, max_iter=100),
        MLPRegressor(),
    ]
)
def test_scikit_learn_s_own_checks(estimator, check):
    check(estimator)


def accuracy(estimator, X, y):
    """Mean accuracy over three fixed splits of three folds."""
    scores = []
    for seed in range(3):
        folds = StratifiedKFold(3, shuffle=True, random_state=seed)
        model = make_pipeline(StandardScaler(), clone(estimator).set_params(random_state=seed))
        scores.append(cross_val_score(model, X, y, cv=folds).mean())
    return np.mean(scores)


SETS = {
    "digits": datasets.load_digits,
    "wine": datasets.load_wine,
    "breast cancer": datasets.load_breast_cancer,
}


@pytest.mark.parametrize("name", SETS)
def test_with_early_stopping_it_is_at_least_as_accurate_as_scikit_learn(name):
    """Where theirs waits for a gain in accuracy, ours watches the loss, which sees it earlier."""
    X, y = SETS[name](return_X_y=True)
    settings = {"hidden_layer_sizes": (64,), "early_stopping": True, "max_iter": 300}
    ours, theirs = MLPClassifier(**settings), ReferenceClassifier(**settings)
    assert accuracy(ours, X, y) >= accuracy(theirs, X, y)


@pytest.mark.parametrize("name", SETS)
def test_trained_to_the_end_it_is_scikit_learn_s_equal(name):
    """Same sizes, rate and batches; the penalty is scaled by m here, by the batch there."""
    X, y = SETS[name](return_X_y=True)
    settings = {"hidden_layer_sizes": (32,), "learning_rate_init": 0.01, "max_iter": 150}
    settings |= {"batch_size": 64, "n_iter_no_change": 5, "activation": "tanh"}
    ours, theirs = MLPClassifier(**settings), ReferenceClassifier(**settings)
    assert accuracy(ours, X, y) >= accuracy(theirs, X, y) - 0.01


def test_regression_is_scikit_learn_s_equal():
    X, y = datasets.load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    settings = {"hidden_layer_sizes": (32,), "learning_rate_init": 0.01, "early_stopping": True}
    r2 = []
    for estimator in (MLPRegressor(**settings), ReferenceRegressor(**settings)):
        scores = []
        for seed in range(3):
            model = make_pipeline(StandardScaler(), clone(estimator).set_params(random_state=seed))
            folds = KFold(5, shuffle=True, random_state=seed)
            scores.append(cross_val_score(model, X, y, cv=folds).mean())
        r2.append(np.mean(scores))
    assert r2[0] > 0.4
    assert r2[0] >= r2[1] - 0.03


@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu"])
def test_xor_is_learned_by_every_activation_that_bends(activation, rng):
    X, y = xor(200, rng=rng)
    settings = {"learning_rate_init": 0.05, "max_iter": 300, "random_state": 0}
    model = MLPClassifier((16,), activation, **settings).fit(X, y)
    assert model.score(X, y) > 0.99
    straight = MLPClassifier((16,), "identity", **settings).fit(X, y)
    assert straight.score(X, y) < 0.85


@pytest.mark.parametrize(
    "names", [np.array(["benign", "malignant"]), np.array([7, 3]), np.array([False, True])]
)
def test_labels_of_any_kind(names, rng):
    X, y = blobs(60, rng=rng, distance=6)
    model = MLPClassifier((8,), learning_rate_init=0.05, random_state=0).fit(X, names[y])
    assert model.predict(X).dtype == names.dtype
    assert model.score(X, names[y]) == 1
    assert model.classes_.tolist() == sorted(names.tolist())
    P = model.predict_proba(X)
    np.testing.assert_allclose(P.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[P.argmax(axis=1)], model.predict(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_in_is_dtype_out(dtype, rng):
    X = rng.normal(size=(40, 3)).astype(dtype)
    classifier = MLPClassifier((5,), max_iter=5).fit(X, X[:, 0] > 0)
    assert classifier.predict_proba(X).dtype == dtype
    assert MLPRegressor((5,), max_iter=5).fit(X, X[:, 0]).predict(X).dtype == dtype


def test_it_searches_a_grid_inside_a_pipeline():
    X, y = datasets.load_wine(return_X_y=True)
    pipeline = make_pipeline(
        StandardScaler(), MLPClassifier((8,), max_iter=60, random_state=0, learning_rate_init=0.02)
    )
    grid = {"mlpclassifier__activation": ["tanh", "relu"], "mlpclassifier__alpha": [0.01, 1.0]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(X, y)
    assert search.best_score_ > 0.9
    assert set(search.best_params_) == set(grid)


def test_same_seed_same_network_other_seed_other_network(rng):
    X, y = blobs(60, rng=rng)
    theta = [
        MLPClassifier((4,), max_iter=5, random_state=seed).fit(X, y).net_.theta
        for seed in (1, 1, 2, np.random.RandomState(1))
    ]
    np.testing.assert_array_equal(theta[0], theta[1])
    assert not np.array_equal(theta[0], theta[2])
    np.testing.assert_array_equal(theta[0], theta[3])


def test_no_hidden_layer_is_logistic_regression(rng):
    X, y = blobs(300, rng=rng, distance=1.5)
    settings = {"learning_rate_init": 0.1, "max_iter": 2000, "batch_size": 300}
    settings |= {"tol": 0, "n_iter_no_change": 100}
    network = MLPClassifier((), alpha=3.0, **settings).fit(X, y)
    exact = LogisticRegression(lam=3.0).fit(X, y)
    np.testing.assert_allclose(network.predict_proba(X), exact.predict_proba(X), atol=1e-3)


def test_it_says_why_it_ended(rng):
    X, y = blobs(60, rng=rng)
    with pytest.warns(ConvergenceWarning, match="finished after 3 epochs, before J had settled"):
        model = MLPClassifier((4,), max_iter=3).fit(X, y)
    assert (model.n_iter_, len(model.loss_curve_)) == (3, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settled = MLPClassifier((4,), learning_rate_init=0.1, tol=0.01, random_state=0).fit(X, y)
    assert 10 < settled.n_iter_ < 200


@pytest.mark.parametrize("steps", [0, 7])
def test_an_interrupted_fit_is_a_fitted_estimator(rng, monkeypatch, steps):
    X, y = blobs(50, rng=rng)

    def interrupted(net, loss, optimizer, X, y, **settings):
        class Stop(Callback):
            def on_step(self, run):
                if run.step > steps:
                    raise KeyboardInterrupt

        settings["callbacks"].append(Stop())
        return fit(net, loss, optimizer, X, y, **settings)

    monkeypatch.setattr("nnlib.mlp.fit", interrupted)
    with pytest.warns(ConvergenceWarning, match=f"interrupted after {steps} epochs"):
        model = MLPClassifier((4,)).fit(X, y)
    assert model.n_iter_ == steps
    assert model.predict(X).shape == (50,)


def test_early_stopping_holds_rows_out_and_brings_the_best_back(rng):
    X = rng.normal(size=(80, 5))
    y = (X[:, 0] + rng.normal(size=80) > 0).astype(int)
    settings = {"learning_rate_init": 0.02, "random_state": 0, "max_iter": 300}
    stopped = MLPClassifier((64,), early_stopping=True, **settings).fit(X, y)
    driven = MLPClassifier((64,), tol=0, **settings).fit(X, y)
    assert stopped.n_iter_ < driven.n_iter_
    assert stopped.score(X, y) < driven.score(X, y) == 1


def test_a_pickle_holds_no_training_data():
    X, y, *_ = breast_cancer()
    model = MLPClassifier((4,), max_iter=3, random_state=0).fit(X, y)
    model.predict(X)
    data = pickle.dumps(model)
    assert len(data) < X.nbytes / 10
    np.testing.assert_array_equal(pickle.loads(data).predict(X), model.predict(X))


def raises(match, call, error=ValueError):
    with pytest.raises(error, match=match):
        call()


def test_bad_settings_are_named(rng):
    X, y = blobs(30, rng=rng)
    for settings, message in [
        ({"activation": "swish"}, "activation must be one of 'identity', .*; got 'swish'"),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be a whole number ≥ 1, got"),
        ({"max_iter": 0}, "max_iter must be a whole number ≥ 1, got 0"),
        ({"alpha": -1}, "lam must be zero or more, got -1"),
        ({"learning_rate_init": 0}, "the learning rate must be a positive number, got 0"),
        ({"batch_size": 0}, "batch_size must be a whole number ≥ 1, got 0"),
        ({"n_iter_no_change": 0}, "patience must be a whole number ≥ 1, got 0"),
        ({"early_stopping": True, "validation_fraction": 1.5}, "validation_fraction must lie in"),
    ]:
        raises(message, lambda settings=settings: MLPClassifier(**settings).fit(X, y))


def test_bad_data_are_named(rng):
    X, y = blobs(30, rng=rng)
    for estimator in (MLPClassifier(max_iter=2), MLPRegressor(max_iter=2)):
        raises("not fitted yet", lambda e=estimator: clone(e).predict(X), NotFittedError)
        fitted = clone(estimator).fit(X, y)
        raises(
            "X has 3 features, but .* is expecting 2", lambda f=fitted: f.predict(X[:, [0, 1, 0]])
        )
        raises("contains NaN", lambda f=fitted: f.predict(X * np.nan))
        raises("contains NaN", lambda e=estimator: clone(e).fit(X * np.nan, y))
        raises("0 sample", lambda e=estimator: clone(e).fit(X[:0], y[:0]))
        raises("inconsistent numbers of samples", lambda e=estimator: clone(e).fit(X, y[1:]))
    raises("got only one class: 'cat'", lambda: MLPClassifier().fit(X, ["cat"] * 30))
    raises(
        "in epoch 2, the loss is .* with learning rate 1e.300: try a smaller rate",
        lambda: MLPRegressor(learning_rate_init=1e300).fit(X, y),
        FloatingPointError,
    )


@pytest.mark.parametrize(
    "classifier", [MLPClassifier(max_iter=2), LogisticRegression(), Perceptron()]
)
def test_labels_that_fit_never_saw_are_refused_by_score(classifier, rng):
    X, y = blobs(30, rng=rng)
    names = np.array(["cat", "dog"])
    fitted = clone(classifier).fit(X, names[y])
    assert 0 <= fitted.score(X, names[y]) <= 1
    with pytest.raises(ValueError, match=r"y holds 'cow', which fit never saw; .*'cat', 'dog'"):
        fitted.score(X, np.where(y == 0, "cow", "dog"))
    with pytest.raises(NotFittedError):
        clone(classifier).score(X, y)
