"""Real data that ships with scikit-learn, and made data where the geometry is the point.

All of it loads without a network, but for MNIST and Fashion-MNIST, which are fetched once and kept.
The real sets need scikit-learn, imported on first use; the photographs also need Pillow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnlib.validation import count, fraction, generator, non_negative, positive


class Dataset(NamedTuple):
    """X (m, n), y (m,), and what the columns and classes are called."""

    X: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]


def breast_cancer() -> Dataset:
    """Wisconsin breast cancer (Street et al., 1993): 569 × 30; y = 1, malignant, is the one sought.

    scikit-learn numbers the classes the other way round.
    """
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    return Dataset(
        data.data, 1 - data.target, tuple(map(str, data.feature_names)), ("benign", "malignant")
    )


def diabetes() -> Dataset:
    """Diabetes (Efron et al., 2004): 442 × 10 in their own units; y is progression after a year."""
    from sklearn.datasets import load_diabetes

    data = load_diabetes(scaled=False)
    return Dataset(
        data.data, data.target, tuple(map(str, data.feature_names)), ("disease progression",)
    )


def digits() -> Dataset:
    """Handwritten digits (Alpaydin and Kaynak, 1998): 1797 images, 8×8, as rows of 64 in [0, 1]."""
    from sklearn.datasets import load_digits

    data = load_digits()
    names = tuple(str(name) for name in data.target_names)
    return Dataset(data.data / 16, data.target, tuple(map(str, data.feature_names)), names)


def iris() -> Dataset:
    """Iris flowers (Fisher, 1936): 150 × 4 in cm, three species of 50."""
    from sklearn.datasets import load_iris

    data = load_iris()
    names = tuple(str(name) for name in data.target_names)
    return Dataset(data.data, data.target, tuple(map(str, data.feature_names)), names)


def wine() -> Dataset:
    """Wines of three growers by their chemistry (Aeberhard and Forina, 1991): 178 × 13."""
    from sklearn.datasets import load_wine

    data = load_wine()
    names = tuple(str(name) for name in data.target_names)
    return Dataset(data.data, data.target, tuple(map(str, data.feature_names)), names)


def photograph(name: str = "china") -> np.ndarray:
    """A photograph, "china" (a temple) or "flower", in grey: (427, 640) from 0 to 1, float32.

    Grey is how bright the eye finds a colour, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
    Raises ValueError for another name.
    """
    from sklearn.datasets import load_sample_image

    if name not in ("china", "flower"):
        raise ValueError(f'name must be "china" or "flower", got {name!r}')
    rgb = load_sample_image(f"{name}.jpg").astype(np.float32) / 255
    return rgb @ np.array([0.299, 0.587, 0.114], np.float32)


def mnist() -> Dataset:
    """MNIST (LeCun et al., 1998): 70,000 digits, 28×28, as rows of 784 in [0, 1], float32.

    The first 60,000 are its training set, the last 10,000 its test set. Needs a network once.
    Raises ConnectionError, naming `digits`, when there is none.
    """
    return _images("mnist_784", tuple("0123456789"))


def fashion_mnist() -> Dataset:
    """Fashion-MNIST (Xiao et al., 2017): 70,000 pieces of clothing, otherwise just like `mnist`."""
    clothes = "T-shirt trouser pullover dress coat sandal shirt sneaker bag boot"
    return _images("Fashion-MNIST", tuple(clothes.split()))


def _images(name: str, target_names: tuple[str, ...]) -> Dataset:
    from nnlib.downloads import fetch_images

    X, y = fetch_images(name)
    pixels = tuple(f"pixel {row},{column}" for row in range(28) for column in range(28))
    return Dataset(X / np.float32(255), y, pixels, target_names)


def blobs(
    m: int, *, rng: np.random.Generator, distance: float = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """Two round clouds of spread 1 whose centres lie `distance` apart; X (m, 2), y (m,)."""
    y = np.arange(count(m, "m", least=2)) % 2
    X = generator(rng).normal(size=(m, 2))
    X[:, 0] += distance * (y - 0.5)
    return X, y


def xor(m: int, *, rng: np.random.Generator, noise: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Four clouds at (±1, ±1); y = 1 where the signs differ, so no line separates them."""
    non_negative(noise, "noise")
    corner = generator(rng).integers(0, 2, (count(m, "m"), 2))
    X = 2 * corner - 1 + noise * rng.normal(size=(m, 2))
    return X, corner[:, 0] ^ corner[:, 1]


def moons(m: int, *, rng: np.random.Generator, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Two interleaved half circles; X (m, 2), y (m,)."""
    non_negative(noise, "noise")
    y = np.arange(count(m, "m", least=2)) % 2
    t = generator(rng).uniform(0, np.pi, m)
    upper, lower = np.c_[np.cos(t), np.sin(t)], np.c_[1 - np.cos(t), 0.5 - np.sin(t)]
    return np.where(y[:, None] == 0, upper, lower) + noise * rng.normal(size=(m, 2)), y


def circles(
    m: int, *, rng: np.random.Generator, noise: float = 0.1, inner: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """A circle of radius 1 round one of radius `inner`, y = 1; X (m, 2), y (m,)."""
    non_negative(noise, "noise"), fraction(inner, "inner")
    y = np.arange(count(m, "m", least=2)) % 2
    angle = generator(rng).uniform(0, 2 * np.pi, m)
    radius = np.where(y == 1, inner, 1.0)
    circle = radius[:, None] * np.c_[np.cos(angle), np.sin(angle)]
    return circle + noise * rng.normal(size=(m, 2)), y


def spirals(
    m: int, *, rng: np.random.Generator, noise: float = 0.02, turns: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Two arms that wind round each other from radius 0.1 to 1; X (m, 2), y (m,)."""
    non_negative(noise, "noise"), positive(turns, "turns")
    y = np.arange(count(m, "m", least=2)) % 2
    t = generator(rng).uniform(0, 1, m)
    angle = 2 * np.pi * turns * t + np.pi * y
    arm = (0.1 + 0.9 * t)[:, None] * np.c_[np.cos(angle), np.sin(angle)]
    return arm + noise * rng.normal(size=(m, 2)), y
