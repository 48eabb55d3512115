"""Layers and losses against PyTorch: frozen runs everywhere, live ones where torch is installed."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import nnlib as nn

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")

FROZEN = Path(__file__).with_name("reference") / "layers.npz"
GENERATOR = np.random.default_rng(0)


def dense(n_in, n_out):
    return nn.Dense(int(n_in), int(n_out), rng=GENERATOR)


def network(X, hidden, n_out):
    hidden, n_out = int(hidden), int(n_out)
    return (
        dense(X.shape[-1], hidden), nn.BatchNorm(hidden), nn.PReLU(hidden), dense(hidden, n_out),
        nn.LayerNorm(n_out), nn.Softplus(), dense(n_out, hidden), nn.Tanh(),
    )  # fmt: skip


def convolution(X, C_out, kH, kW, sH, sW, pH, pW, groups):
    kernel = {"kernel_size": (kH, kW), "stride": (sH, sW), "padding": (pH, pW), "groups": groups}
    return [nn.Conv2D(X.shape[-1], C_out, **kernel, rng=GENERATOR)]


def pooling(layer):
    return lambda X, kH, kW, sH, sW: [layer((kH, kW), stride=(sH, sW))]


def convolutional_network(X, C1, C2):
    H, W = ((n + 2) // 2 - 1 for n in X.shape[1:3])
    return (
        nn.Conv2D(X.shape[-1], C1, 3, padding=2, rng=GENERATOR), nn.BatchNorm(C1), nn.Tanh(),
        nn.MaxPool2D(2), nn.Conv2D(C1, C2, 2, rng=GENERATOR), nn.Softplus(),
        nn.AvgPool2D(2, stride=1), nn.Flatten(), dense((H - 1) * (W - 1) * C2, 3),
    )  # fmt: skip


def whole(layers):
    return lambda X, *settings: layers(X, *map(int, settings))


# nnlib's layers for an input X and the settings that the reference drew
LAYERS = {
    "Identity": lambda X: [nn.Identity()],
    "Sigmoid": lambda X: [nn.Sigmoid()],
    "Tanh": lambda X: [nn.Tanh()],
    "ReLU": lambda X: [nn.ReLU()],
    "LeakyReLU": lambda X, alpha: [nn.LeakyReLU(alpha)],
    "PReLU": lambda X: [nn.PReLU()],
    "PReLU per channel": lambda X: [nn.PReLU(X.shape[-1])],
    "Softplus": lambda X: [nn.Softplus()],
    "Softmax": lambda X: [nn.Softmax()],
    "Dense": lambda X, n_out: [dense(X.shape[-1], n_out)],
    "Flatten": lambda X: [nn.Flatten()],
    "BatchNorm": lambda X, momentum, eps: [nn.BatchNorm(X.shape[-1], momentum=momentum, eps=eps)],
    "LayerNorm": lambda X, eps: [nn.LayerNorm(X.shape[-1], eps=eps)],
    "Conv2D": whole(convolution),
    "Conv2D same": whole(
        lambda X, C_out, *sizes: [
            nn.Conv2D(X.shape[-1], C_out, sizes, padding="same", rng=GENERATOR)
        ]
    ),
    "MaxPool2D": whole(pooling(nn.MaxPool2D)),
    "AvgPool2D": whole(pooling(nn.AvgPool2D)),
    "GlobalAvgPool2D": lambda X: [nn.GlobalAvgPool2D()],
    "convolutional network": whole(convolutional_network),
    "network": network,
}
LOSSES = {
    "MeanSquaredError": lambda weight: nn.MeanSquaredError(),
    "MeanSquaredError half": lambda weight: nn.MeanSquaredError(half=True),
    "MeanAbsoluteError": lambda weight: nn.MeanAbsoluteError(),
    "BinaryCrossEntropy": lambda weight: nn.BinaryCrossEntropy(),
    "CrossEntropy": lambda weight: nn.CrossEntropy(),
    "CrossEntropy one-hot": lambda weight: nn.CrossEntropy(),
    "CrossEntropy weighted": lambda weight: nn.CrossEntropy(weight),
}


def assert_layer_agrees(kind, torch, *, tolerance=1e-10):
    """Run nnlib's layers on what PyTorch was given; hold every result to PyTorch's."""
    X = torch["X"]
    net = nn.Sequential(*LAYERS[kind](X, *torch["settings"].tolist()), dtype=X.dtype.type)
    net.theta = torch["theta"]
    buffers = [(layer, name) for layer in net for name in layer.buffers]
    for i, (layer, name) in enumerate(buffers):
        setattr(layer, name, np.split(torch["running"], len(buffers))[i])
    ours = {"Y": net.forward(X, training=bool(torch["training"]))}
    ours["dX"] = net.backward(torch["dY"])
    ours["grad"] = net.grad
    ours["running after"] = np.concatenate(
        [np.zeros(0, X.dtype), *(getattr(layer, name) for layer, name in buffers)]
    )
    for name, value in ours.items():
        assert value.dtype == X.dtype
        assert_same(value, torch[name], tolerance, name)


def assert_loss_agrees(kind, torch, *, tolerance=1e-13):
    """Give nnlib's loss what PyTorch's was given; hold J and dZ to PyTorch's."""
    loss = LOSSES[kind](torch["weight"])
    assert loss(torch["Z"], torch["y"]) == pytest.approx(float(torch["J"]), rel=tolerance)
    assert loss.backward().dtype == torch["Z"].dtype
    assert_same(loss.backward(), torch["dZ"], tolerance, "dZ")


def assert_same(ours, theirs, tolerance, what):
    """Equal shapes, and entries that differ by at most the tolerance times the largest, or 1."""
    largest = float(np.abs(theirs).max(initial=1))
    assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * largest, err_msg=what)


@pytest.fixture(scope="module")
def frozen():
    runs = defaultdict(lambda: defaultdict(lambda: np.zeros(0)))
    with np.load(FROZEN, allow_pickle=False) as arrays:
        for path in arrays.files:
            run, _, name = path.rpartition("/")
            runs[run][name] = arrays[path]
    return runs


@pytest.fixture(scope="module")
def reference():
    pytest.importorskip("torch", reason="the live comparison needs torch")
    from reference import make_layers

    return make_layers


every_layer = pytest.mark.parametrize("kind", LAYERS)
every_loss = pytest.mark.parametrize("kind", LOSSES)
every_variant = pytest.mark.parametrize("variant", range(4))
drawn = given(variant=st.integers(0, 5), seed=st.integers(0, 2**32))


@every_variant
@every_layer
def test_layers_are_those_of_torch_2_13(kind, variant, frozen):
    assert_layer_agrees(kind, frozen[f"{kind}/{variant}"])


@every_variant
@every_loss
def test_losses_are_those_of_torch_2_13(kind, variant, frozen):
    assert_loss_agrees(kind, frozen[f"{kind}/{variant}"])


@every_layer
@drawn
def test_layers_are_those_of_the_torch_installed(kind, variant, seed, reference):
    assert_layer_agrees(kind, reference.run_layer(kind, variant, np.random.default_rng(seed)))


@every_loss
@drawn
def test_losses_are_those_of_the_torch_installed(kind, variant, seed, reference):
    assert_loss_agrees(kind, reference.run_loss(kind, variant, np.random.default_rng(seed)))


@every_layer
@drawn
def test_layers_in_float32_are_those_of_torch(kind, variant, seed, reference):
    run = reference.run_layer(kind, variant, np.random.default_rng(seed), dtype=np.float32)
    assert_layer_agrees(kind, run, tolerance=1e-3)


@every_loss
@drawn
def test_losses_in_float32_are_those_of_torch(kind, variant, seed, reference):
    run = reference.run_loss(kind, variant, np.random.default_rng(seed), dtype=np.float32)
    assert_loss_agrees(kind, run, tolerance=2e-6)


@every_variant
def test_the_frozen_arrays_are_what_torch_computes(variant, frozen, reference):
    for run, kinds in ((reference.run_layer, LAYERS), (reference.run_loss, LOSSES)):
        for kind in kinds:
            for name, value in run(kind, variant, np.random.default_rng(variant)).items():
                assert_same(frozen[f"{kind}/{variant}"][name], value, 1e-10, f"{kind} {name}")
