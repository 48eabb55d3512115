"""The sets that need a network: kept after the first time, and a plain word when there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
from sklearn import datasets as sklearn_datasets

from nnlib import datasets

M = 6


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def openml(home, monkeypatch):
    """Stands in for openml.org: counts its calls, and downloads a little for the bar to see."""

    def fetch(name, *, version, as_frame, parser, n_retries):
        calls.append((name, version, as_frame))
        (home / "openml").mkdir(exist_ok=True)
        (home / "openml" / "part").write_bytes(b"x" * 12_345)
        time.sleep(0.3)
        pixels = np.random.default_rng(0).integers(0, 256, (M, 784))
        return SimpleNamespace(data=pixels, target=np.array(list("504192")))

    calls = []
    monkeypatch.setattr(sklearn_datasets, "fetch_openml", fetch)
    return calls


@pytest.mark.parametrize(
    ("load", "name", "label"),
    [(datasets.mnist, "mnist_784", "5"), (datasets.fashion_mnist, "Fashion-MNIST", "sandal")],
)
def test_images_are_fetched_once_with_a_bar_and_then_kept(openml, capsys, load, name, label):
    data = load()
    assert openml == [(name, 1, False)]
    assert f"fetching {name}, once: 12.3kB" in capsys.readouterr().err
    assert data.X.shape == (M, 784)
    assert data.X.dtype == np.float32
    assert 0 <= data.X.min() < 0.1 < 0.9 < data.X.max() <= 1
    assert data.y.tolist() == [5, 0, 4, 1, 9, 2]
    assert data.target_names[5] == label
    assert len(data.target_names) == 10
    assert len(data.feature_names) == 784
    again = load()
    np.testing.assert_array_equal(again.X, data.X)
    np.testing.assert_array_equal(again.y, data.y)
    assert len(openml) == 1
    assert capsys.readouterr().err == ""


def test_a_torn_copy_is_fetched_again(openml, home):
    whole = datasets.mnist()
    kept = home / "nnlib" / "mnist_784.npz"
    kept.write_bytes(kept.read_bytes()[:-50])
    np.testing.assert_array_equal(datasets.mnist().X, whole.X)
    assert len(openml) == 2


@pytest.mark.parametrize("error", [URLError("no route to host"), TimeoutError("timed out")])
def test_without_a_network_the_embedded_digits_are_named(home, monkeypatch, error):
    def unreachable(name, **settings):
        raise error

    monkeypatch.setattr(sklearn_datasets, "fetch_openml", unreachable)
    with pytest.raises(
        ConnectionError,
        match=r"mnist_784 is not in .* could not be fetched .*: connect once, or use "
        r"datasets\.digits\(\)",
    ):
        datasets.mnist()
    assert not (home / "nnlib").exists()


def test_a_truly_offline_call(tmp_path):
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    result = subprocess.run(
        [sys.executable, "-c", "import nnlib; nnlib.datasets.fashion_mnist()"],
        env={**os.environ, **nowhere, "no_proxy": "", "SCIKIT_LEARN_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ConnectionError: Fashion-MNIST is not in {tmp_path}")
    assert "datasets.digits()" in last
    assert "A network error occurred" not in result.stderr


def test_spirals_wind_round_each_other(rng):
    X, y = datasets.spirals(400, rng=rng, noise=0, turns=1.5)
    radius = np.linalg.norm(X, axis=1)
    assert 0.1 <= radius.min() < 0.15
    assert 0.95 < radius.max() <= 1
    angle = np.arctan2(X[:, 1], X[:, 0])
    expected = 2 * np.pi * 1.5 * (radius - 0.1) / 0.9 + np.pi * y
    np.testing.assert_allclose(np.cos(angle - expected), 1)
    with pytest.raises(ValueError, match="turns must be a positive number, got 0"):
        datasets.spirals(10, rng=rng, turns=0)
