"""Augmented images against SciPy's resampling and against shifts done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import affine_transform

from nnlib.augmentation import add_noise, augment_images

M, H, W, C = 5, 9, 12, 2


def images(dtype=np.float64):
    return np.random.default_rng(0).random((M, H, W, C)).astype(dtype)


class Draws(np.random.Generator):
    """A generator whose uniform draws are all the upper end: the amounts are then known."""

    def uniform(self, low=0.0, high=1.0, size=None):
        return np.full(size, high)


def at_the_upper_end():
    return Draws(np.random.PCG64(0))


@pytest.mark.parametrize(
    ("shift", "angle", "scale"), [(2.0, 0, 0), (0.5, 0, 0), (0, 25, 0), (0, 0, 0.2), (1.3, 40, 0.3)]
)
def test_agrees_with_scipy(shift, angle, scale):
    X = images()
    turn, zoom = np.radians(angle), 1 + scale
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / zoom
    centre = np.array([(H - 1) / 2, (W - 1) / 2])
    offset = centre - matrix @ (centre + shift)
    expected = np.empty_like(X)
    for i in range(M):
        for c in range(C):
            padded = np.pad(X[i, :, :, c], 2)  # SciPy extrapolates at the border, we fade to zero
            moved = affine_transform(padded, matrix, offset + 2 - matrix @ [2, 2], order=1)
            expected[i, :, :, c] = moved[2:-2, 2:-2]
    got = augment_images(X, rng=at_the_upper_end(), shift=shift, angle=angle, scale=scale)
    np.testing.assert_allclose(got, expected, atol=1e-12)


def test_a_whole_pixel_shift_is_a_copy_and_leaves_zeros():
    X = images()
    got = augment_images(X, rng=at_the_upper_end(), shift=2)
    np.testing.assert_allclose(got[:, 2:, 2:], X[:, :-2, :-2], atol=1e-12)
    assert not got[:, :2].any()
    assert not got[:, :, :2].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_kept_input_untouched_and_every_image_its_own(dtype):
    X = np.repeat(images(dtype)[:1], M, axis=0)
    before = X.copy()
    got = augment_images(X, rng=np.random.default_rng(1), shift=1, angle=10, scale=0.1)
    assert got.dtype == dtype
    np.testing.assert_array_equal(X, before)
    assert len(np.unique(got.sum(axis=(1, 2, 3)))) == M
    np.testing.assert_array_equal(augment_images(X, rng=np.random.default_rng(1)), X)


def test_noise_has_the_asked_spread():
    X = np.zeros((400, 300), np.float32)
    noisy = add_noise(X, rng=np.random.default_rng(0), std=0.25)
    assert noisy.dtype == np.float32
    assert not X.any()
    assert abs(noisy.std() - 0.25) < 0.002
    assert abs(noisy.mean()) < 0.002


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"shift": -1}, "shift must be zero or more, got -1"),
        ({"angle": -1}, "angle must be zero or more"),
        ({"scale": 1}, r"scale must lie in \[0, 1\), got 1"),
    ],
)
def test_bad_amounts(kwargs, message):
    with pytest.raises(ValueError, match=message):
        augment_images(images(), rng=np.random.default_rng(0), **kwargs)


def test_bad_images_and_noise():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"images \(m, H, W, C\), got shape \(5, 9, 12\)"):
        augment_images(images()[..., 0], rng=rng)
    with pytest.raises(ValueError, match=r"std must be zero or more, got -0\.1"):
        add_noise(np.zeros((2, 3)), rng=rng, std=-0.1)
    with pytest.raises(TypeError, match="rng must be"):
        add_noise(np.zeros((2, 3)), rng=0, std=0.1)
