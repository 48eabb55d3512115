"""`import nnlib` needs NumPy alone: everything else is away, and a network still learns."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import nnlib

BLOCK = """
import sys

class Blocked:
    names = {
        "matplotlib", "ipywidgets", "anywidget", "traitlets", "IPython", "tqdm",
        "sklearn", "scipy", "pandas", "torch",
    }

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
"""

TRAIN = """
import numpy as np
import nnlib as nn

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 2))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
net = nn.Sequential(
    nn.Dense(2, 16, rng=rng), nn.BatchNorm(16), nn.ReLU(), nn.Dropout(0.1, rng=rng),
    nn.Dense(16, 2, rng=rng),
)
history = nn.fit(net, nn.CrossEntropy(), nn.Adam(0.02), X, y, epochs=30, batch_size=20, rng=rng)
assert history["loss"][-1] < 0.6 * history["loss"][0], history
assert nn.metrics.accuracy(y, net.predict(X).argmax(axis=1)) > 0.85
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60
    )


def test_a_network_learns_with_numpy_alone():
    result = run(BLOCK + TRAIN)
    assert (result.returncode, result.stderr) == (0, "")


def test_import_brings_in_nothing_beyond_numpy_and_the_standard_library():
    result = run(
        "import sys, numpy\n"
        "before = set(sys.modules)\n"
        "import nnlib\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names)))\n"
        "print(*sorted(m for m in sys.modules if m.startswith(('nnlib.viz', 'nnlib.grading'))))"
    )
    assert (result.stdout, result.stderr) == ("nnlib\n\n", "")


@pytest.mark.parametrize(
    ("name", "package"), [("LogisticRegression", "sklearn"), ("ProgressBar", "tqdm")]
)
def test_a_missing_package_is_named_when_it_is_needed(name, package):
    result = run(BLOCK + f"import nnlib; nnlib.{name}")
    assert result.returncode == 1
    assert f"{package}" in result.stderr.splitlines()[-1]
    assert "is blocked" in result.stderr.splitlines()[-1]


def test_every_public_name_is_there():
    assert {name: getattr(nnlib, name).__name__ for name in nnlib.__all__}
    assert len(set(nnlib.__all__)) == len(nnlib.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'nnlib' has no attribute 'Perceptrons'"):
        _ = nnlib.Perceptrons


def test_every_public_name_is_offered_before_it_is_first_used():
    result = run("import nnlib; assert set(nnlib.__all__) <= set(dir(nnlib)), dir(nnlib)")
    assert (result.returncode, result.stderr) == (0, "")
