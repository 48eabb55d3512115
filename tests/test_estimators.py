"""The linear estimators: scikit-learn's contract, and scikit-learn's numbers."""

import numpy as np
import pytest
import sklearn.linear_model as theirs
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nnlib import LinearRegression, LogisticRegression, Perceptron, Standardizer, datasets, metrics


@parametrize_with_checks([LinearRegression(), LogisticRegression(), Perceptron()])
def test_scikit_learns_contract(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def cancer():
    data = datasets.breast_cancer()
    return Standardizer().fit_transform(data.X), data.y


@pytest.fixture(scope="module")
def diabetes():
    data = datasets.diabetes()
    return Standardizer().fit_transform(data.X), data.y


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    return Standardizer().fit_transform(X), np.array(["Barolo", "Grignolino", "Barbera"])[y]


def test_linear_regression(diabetes):
    X, y = diabetes
    ours, sklearns = LinearRegression().fit(X, y), theirs.LinearRegression().fit(X, y)
    assert_allclose(ours.coef_, sklearns.coef_, rtol=1e-8)
    assert ours.intercept_ == pytest.approx(sklearns.intercept_)
    assert_allclose(ours.predict(X), sklearns.predict(X), rtol=1e-9)
    assert ours.score(X, y) == pytest.approx(metrics.r2(y, ours.predict(X)))


@pytest.mark.parametrize("lam", [0.1, 10.0, 1000.0])
def test_ridge(lam, diabetes):
    X, y = diabetes
    ours, sklearns = LinearRegression(lam=lam).fit(X, y), theirs.Ridge(alpha=lam).fit(X, y)
    assert_allclose(ours.coef_, sklearns.coef_, rtol=1e-8)
    assert ours.intercept_ == pytest.approx(sklearns.intercept_)


def sklearns_logistic(lam):
    return theirs.LogisticRegression(C=1 / lam, solver="newton-cholesky", tol=1e-12)


@pytest.mark.parametrize("lam", [0.03, 1.0, 50.0])
@pytest.mark.parametrize("data", ["cancer", "wine"])
def test_logistic_regression(data, lam, request):
    X, y = request.getfixturevalue(data)
    ours = LogisticRegression(lam=lam).fit(X, y)
    sklearns = sklearns_logistic(lam).fit(X, y)
    assert_array_equal(ours.classes_, sklearns.classes_)
    assert_allclose(ours.coef_, sklearns.coef_, atol=1e-5)
    # K biases are free up to one constant, which softmax never sees
    centred = [b - b.mean() if len(b) > 1 else b for b in (ours.intercept_, sklearns.intercept_)]
    assert_allclose(*centred, atol=1e-5)
    assert_allclose(ours.predict_proba(X), sklearns.predict_proba(X), atol=1e-5)
    assert_array_equal(ours.predict(X), sklearns.predict(X))
    assert ours.n_iter_ < 1000


def test_what_a_classifier_returns(cancer, wine):
    X, y = cancer
    two = LogisticRegression().fit(X, y)
    assert two.coef_.shape == (1, 30)
    assert two.intercept_.shape == (1,)
    z, P = two.decision_function(X), two.predict_proba(X)
    assert z.shape == (569,)
    assert_allclose(P[:, 1], 1 / (1 + np.exp(-z)), rtol=1e-12)
    assert_allclose(P.sum(axis=1), 1)
    assert_array_equal(two.predict(X), z > 0)
    X, y = wine
    three = LogisticRegression().fit(X, y)
    assert three.coef_.shape == (3, 13)
    assert three.decision_function(X).shape == three.predict_proba(X).shape == (178, 3)
    assert three.score(X, y) == np.mean(three.predict(X) == y) > 0.99


def test_without_a_penalty_separable_classes_have_no_optimum(cancer):
    X, y = cancer
    short, long = (LogisticRegression(lam=0, max_iter=n).fit(X, y) for n in (30, 1000))
    assert np.linalg.norm(long.coef_) > 2 * np.linalg.norm(short.coef_)
    assert long.score(X, y) == 1


def test_labels_of_any_kind(cancer):
    X, y = cancer
    words = np.where(y, "malignant", "benign")
    for model in (LogisticRegression(), Perceptron(max_iter=20)):
        named, plain = clone(model).fit(X, words), clone(model).fit(X, y)
        assert_array_equal(named.classes_, ["benign", "malignant"])
        assert_array_equal(named.predict(X) == "malignant", plain.predict(X))
        signed = clone(model).fit(X, np.where(y, 7, -3))
        assert_array_equal(signed.predict(X) == 7, plain.predict(X))


@pytest.mark.parametrize("kind", ["Barolo", "Barbera"])
def test_the_perceptron_separates_what_is_separable(kind, wine):
    X, y = wine[0], wine[1] == kind
    ours = Perceptron().fit(X, y)
    assert ours.mistakes_[-1] == 0 < ours.mistakes_[0]
    assert ours.n_iter_ == len(ours.mistakes_) < 1000
    assert ours.score(X, y) == theirs.Perceptron(tol=None).fit(X, y).score(X, y) == 1
    assert_array_equal(ours.decision_function(X) > 0, y)


def test_the_perceptrons_seed():
    X, y = datasets.blobs(60, rng=np.random.default_rng(0), distance=2)
    first, again, other = (Perceptron(max_iter=5, random_state=s).fit(X, y) for s in (1, 1, 2))
    assert_array_equal(first.coef_, again.coef_)
    assert (first.coef_ != other.coef_).any()


def test_pipelines_cross_validation_and_search(cancer, diabetes):
    data = datasets.breast_cancer()
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    ours = cross_val_score(pipeline, data.X, data.y, cv=4, scoring="roc_auc")
    same = make_pipeline(StandardScaler(), sklearns_logistic(1.0))
    assert_allclose(ours, cross_val_score(same, data.X, data.y, cv=4, scoring="roc_auc"), atol=1e-9)
    search = GridSearchCV(pipeline, {"logisticregression__lam": [1e-2, 1.0, 1e3]}, cv=3, n_jobs=1)
    search.fit(data.X, data.y)
    assert search.best_params_ == {"logisticregression__lam": 1.0}
    ridge = GridSearchCV(LinearRegression(), {"lam": [0.0, 10.0, 1e6]}, cv=3, n_jobs=1)
    assert ridge.fit(*diabetes).best_params_ == {"lam": 10.0}
    assert cross_val_score(Perceptron(max_iter=50), *cancer, cv=3).min() > 0.9


@pytest.mark.parametrize(
    "model", [LinearRegression(), LogisticRegression(), Perceptron(max_iter=5)], ids=repr
)
def test_bad_input_leaves_a_fitted_model_alone(model, cancer):
    X, y = cancer
    model = clone(model).fit(X, y)
    kept = model.coef_.copy()
    spoilt = X.copy()
    spoilt[3, 1] = np.nan
    for bad_X, bad_y, message in (
        (X[0], y[:1], "Expected 2D array, got 1D array"),
        (X[:0], y[:0], r"Found array with 0 sample\(s\)"),
        (spoilt, y, "Input X contains NaN"),
        (X, y[:-1], "inconsistent numbers of samples"),
        (X, np.where(y, np.nan, 1.0), "Input y contains NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(bad_X, bad_y)
    with pytest.raises(ValueError, match=r"X has 7 features, but .* is expecting 30 features"):
        model.predict(X[:, :7])
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.predict(spoilt)
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        clone(model).predict(X)
    assert_array_equal(model.coef_, kept)


@pytest.mark.parametrize("Estimator", [LogisticRegression, Perceptron])
def test_one_class_is_none(Estimator, cancer):
    X, _ = cancer
    for y, name in ((np.ones(569, int), "1"), (np.full(569, "benign"), "'benign'")):
        message = f"{Estimator.__name__} needs at least two classes, got only one class: {name}"
        with pytest.raises(ValueError, match=message):
            Estimator().fit(X, y)


def test_real_targets_are_no_classes(diabetes):
    for Estimator in (LogisticRegression, Perceptron):
        with pytest.raises(ValueError, match="Unknown label type"):
            Estimator().fit(diabetes[0], diabetes[1] / 3)


def test_the_perceptron_tells_two_classes_apart(wine):
    with pytest.raises(ValueError, match="Only binary classification is supported: got 3 classes"):
        Perceptron().fit(*wine)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LinearRegression(lam=-1), "lam must be zero or more, got -1"),
        (LogisticRegression(lam=-0.5), "lam must be zero or more, got -0.5"),
        (LogisticRegression(max_iter=0), "max_iter must be a whole number ≥ 1, got 0"),
        (LogisticRegression(tol=0), "tol must be a positive number, got 0"),
        (Perceptron(lr=0), "lr must be a positive number, got 0"),
        (Perceptron(max_iter=0), "max_iter must be a whole number ≥ 1, got 0"),
    ],
    ids=repr,
)
def test_bad_settings(model, message, cancer):
    with pytest.raises(ValueError, match=message):
        model.fit(*cancer)


@pytest.mark.parametrize("model", [LogisticRegression(), Perceptron(max_iter=5)], ids=repr)
def test_a_label_that_fit_never_saw_has_no_score(model, cancer):
    X, y = cancer
    with pytest.raises(ValueError, match=r"y holds 2, which fit never saw; it saw \[0, 1\]"):
        clone(model).fit(X, y).score(X, np.where(y, 2, 0))
