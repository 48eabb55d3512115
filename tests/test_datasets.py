"""Data: the real sets as scikit-learn ships them, the made ones with the geometry they promise."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import datasets as theirs

from nnlib import datasets, train_perceptron


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("breast_cancer", (569, 30), 2),
        ("diabetes", (442, 10), None),
        ("digits", (1797, 64), 10),
        ("iris", (150, 4), 3),
        ("wine", (178, 13), 3),
    ],
)
def test_real_sets(name, shape, classes):
    data = getattr(datasets, name)()
    assert data.X.shape == shape
    assert data.X.dtype == np.float64
    assert data.y.shape == (shape[0],)
    assert len(data.feature_names) == shape[1]
    if classes:
        assert_array_equal(np.unique(data.y), range(classes))
        assert len(data.target_names) == classes
    else:
        assert data.target_names == ("disease progression",)


def test_malignant_is_the_class_that_is_sought():
    data, bundled = datasets.breast_cancer(), theirs.load_breast_cancer()
    assert_array_equal(data.X, bundled.data)
    for label, name in enumerate(data.target_names):
        assert_array_equal(data.y == label, bundled.target_names[bundled.target] == name)
    assert data.y.sum() == 212


def test_diabetes_is_in_its_own_units():
    data = datasets.diabetes()
    assert data.X[:, data.feature_names.index("age")].min() >= 18
    assert_array_equal(data.y, theirs.load_diabetes().target)


def test_digits_lie_between_zero_and_one():
    data = datasets.digits()
    assert (data.X.min(), data.X.max()) == (0, 1)
    assert_allclose(16 * data.X, theirs.load_digits().data)
    assert data.target_names == tuple("0123456789")


@pytest.mark.parametrize(("name", "corner"), [("china", "brighter"), ("flower", "darker")])
def test_photographs_are_grey_as_the_eye_sees_them(name, corner):
    grey = datasets.photograph(name)
    assert grey.shape == (427, 640)
    assert grey.dtype == np.float32
    assert 0 <= grey.min() < 0.1 < 0.8 < grey.max() <= 1
    sky = grey[:40, -40:].mean()
    assert sky > 0.8 if corner == "brighter" else sky < 0.3
    red, green, blue = theirs.load_sample_image(f"{name}.jpg")[200, 300] / 255
    assert_allclose(grey[200, 300], 0.299 * red + 0.587 * green + 0.114 * blue, rtol=1e-5)


def test_there_are_two_photographs():
    with pytest.raises(ValueError, match='name must be "china" or "flower", got \'cat\''):
        datasets.photograph("cat")


MADE = [datasets.blobs, datasets.xor, datasets.moons, datasets.circles, datasets.spirals]


@pytest.mark.parametrize("make", MADE)
def test_made_sets(make):
    X, y = make(101, rng=np.random.default_rng(1))
    assert X.shape == (101, 2)
    assert y.shape == (101,)
    assert_array_equal(np.unique(y), [0, 1])
    again, other = (make(101, rng=np.random.default_rng(seed))[0] for seed in (1, 2))
    assert_array_equal(X, again)
    assert (other != X).any()


def test_blobs_lie_apart_as_asked(rng):
    X, y = datasets.blobs(20_000, rng=rng, distance=5.0)
    centres = [X[y == label].mean(axis=0) for label in (0, 1)]
    assert_allclose(centres, [[-2.5, 0], [2.5, 0]], atol=0.05)
    assert_allclose([X[y == label].std(axis=0) for label in (0, 1)], 1, atol=0.05)


def test_no_line_separates_xor(rng):
    X, y = datasets.xor(300, rng=rng, noise=0.1)
    assert_array_equal(y, X[:, 0] * X[:, 1] < 0)
    assert min(train_perceptron(X, y, epochs=50).mistakes) > 0


def test_moons_are_half_circles(rng):
    X, y = datasets.moons(400, rng=rng, noise=0)
    for label, centre, half in ((0, (0, 0), 1), (1, (1, 0.5), -1)):
        from_centre = X[y == label] - centre
        assert_allclose(np.linalg.norm(from_centre, axis=1), 1)
        assert (half * from_centre[:, 1] >= 0).all()


def test_circles_have_their_radius_and_go_all_round(rng):
    X, y = datasets.circles(400, rng=rng, noise=0, inner=0.3)
    for label, radius in ((0, 1), (1, 0.3)):
        assert_allclose(np.linalg.norm(X[y == label], axis=1), radius)
        assert len(np.unique(np.sign(X[y == label]), axis=0)) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: datasets.circles(9, rng=rng, inner=1), r"inner must lie in \[0, 1\), got 1"),
        (lambda rng: datasets.circles(1, rng=rng), "m must be a whole number ≥ 2, got 1"),
        (lambda rng: datasets.blobs(1, rng=rng), "m must be a whole number ≥ 2, got 1"),
        (lambda rng: datasets.moons(1, rng=rng), "m must be a whole number ≥ 2, got 1"),
        (lambda rng: datasets.xor(0, rng=rng), "m must be a whole number ≥ 1, got 0"),
        (lambda rng: datasets.xor(9, rng=rng, noise=-1), "noise must be zero or more, got -1"),
        (lambda rng: datasets.moons(9, rng=rng, noise=-1), "noise must be zero or more, got -1"),
    ],
)
def test_bad_settings(call, message, rng):
    with pytest.raises(ValueError, match=message):
        call(rng)


@pytest.mark.parametrize("make", MADE)
def test_randomness_comes_from_a_generator(make):
    with pytest.raises(TypeError, match=r"rng must be numpy.random.default_rng\(seed\), got 0"):
        make(10, rng=0)
