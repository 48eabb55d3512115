"""Freeze what PyTorch computes for layers and losses:  python tests/reference/make_layers.py

Each kind draws its settings, builds PyTorch's layer, and runs it forward and backward at random
weights. The live comparison in test_layers_torch.py uses the same kinds with draws of its own.
The arrays in layers.npz came from torch 2.13.0 on a CPU, in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

FROZEN = Path(__file__).with_name("layers.npz")
VARIANTS = 4
Arrays = dict[str, np.ndarray]
Generator = np.random.Generator


class ChannelsLast(nn.Module):
    """A layer that wants channels in axis 1, given them in the last axis, where nnlib has them."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return self.layer(X.movedim(-1, 1)).movedim(1, -1)


def batch_norm(shape: tuple[int, ...], momentum: float, eps: float) -> nn.Module:
    """nnlib's momentum says how much is kept, PyTorch's how much is new."""
    layer = nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d
    return ChannelsLast(layer(shape[-1], eps=eps, momentum=1 - momentum))


class Convolution(nn.Module):
    """PyTorch's convolution of images (m, H, W, C), with W's axes in nnlib's order."""

    def __init__(self, shape: tuple[int, ...], C_out: int, kernel: tuple, **settings: Any) -> None:
        super().__init__()
        C_in = shape[-1] // settings.get("groups", 1)
        self.W = nn.Parameter(torch.zeros(C_out, *kernel, C_in))
        self.b = nn.Parameter(torch.zeros(C_out))
        self.settings = settings

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        W = self.W.movedim(-1, 1)
        return F.conv2d(X.movedim(-1, 1), W, self.b, **self.settings).movedim(1, -1)


def convolution(
    shape: tuple[int, ...], C_out: int, kH: int, kW: int, sH: int, sW: int, pH: int, pW: int, g: int
) -> nn.Module:
    return Convolution(shape, C_out, (kH, kW), stride=(sH, sW), padding=(pH, pW), groups=g)


def convolutional_network(shape: tuple[int, ...], C1: int, C2: int) -> nn.Module:
    """Two convolutions, batch norm, both poolings, and a dense layer on what is left."""
    H, W = ((n + 2) // 2 - 1 for n in shape[1:3])
    return nn.Sequential(
        Convolution(shape, C1, (3, 3), padding=2),
        ChannelsLast(nn.BatchNorm2d(C1, momentum=0.1)),
        nn.Tanh(),
        ChannelsLast(nn.MaxPool2d(2)),
        Convolution((*shape[:3], C1), C2, (2, 2)),
        nn.Softplus(),
        ChannelsLast(nn.AvgPool2d(2, stride=1)),
        nn.Flatten(),
        nn.Linear((H - 1) * (W - 1) * C2, 3),
    )


def network(shape: tuple[int, ...], hidden: int, n_out: int) -> nn.Module:
    """Dense, BatchNorm, PReLU, LayerNorm and the smooth activations, one after the other."""
    return nn.Sequential(
        nn.Linear(shape[-1], hidden),
        nn.BatchNorm1d(hidden),
        nn.PReLU(hidden),
        nn.Linear(hidden, n_out),
        nn.LayerNorm(n_out),
        nn.Softplus(),
        nn.Linear(n_out, hidden),
        nn.Tanh(),
    )


class Kind(NamedTuple):
    """How many axes an input may have, further settings, and PyTorch's layer for them.

    Images are larger: (m, 5 … 9, 5 … 9, 2 or 4), so that any kernel up to 5 × 5 fits.
    """

    axes: tuple[int, ...]
    settings: Callable[[Generator], tuple[float, ...]]
    build: Callable[..., nn.Module]
    images: bool = False


def no_settings(rng: Generator) -> tuple[float, ...]:
    return ()


def size(rng: Generator) -> int:
    return int(rng.integers(2, 9))


def kernel(rng: Generator) -> tuple[int, ...]:
    """(C_out, kH, kW, sH, sW, pH, pW, groups)"""
    groups = int(rng.integers(1, 3))
    sizes = (rng.integers(low, high, 2) for low, high in ((1, 6), (1, 4), (0, 4)))
    return (groups * int(rng.integers(1, 4)), *(int(n) for n in np.concatenate([*sizes])), groups)


def same_kernel(rng: Generator) -> tuple[int, ...]:
    """(C_out, kH, kW)"""
    return int(rng.integers(1, 4)), *(int(n) for n in rng.integers(1, 6, 2))


def window(rng: Generator) -> tuple[int, ...]:
    """(kH, kW, sH, sW)"""
    return tuple(int(n) for n in rng.integers(1, 5, 4))


def pooling(build: Callable[..., nn.Module]) -> Kind:
    return Kind(
        (4,),
        window,
        lambda shape, *n: ChannelsLast(build((n[0], n[1]), stride=(n[2], n[3]))),
        images=True,
    )


def elementwise(build: Callable[[], nn.Module]) -> Kind:
    return Kind((2, 3, 4), no_settings, lambda shape: build())


LAYERS = {
    "Identity": elementwise(nn.Identity),
    "Sigmoid": elementwise(nn.Sigmoid),
    "Tanh": elementwise(nn.Tanh),
    "ReLU": elementwise(nn.ReLU),
    "LeakyReLU": Kind(
        (2, 4), lambda rng: (rng.uniform(0, 2),), lambda shape, alpha: nn.LeakyReLU(alpha)
    ),
    "PReLU": Kind((2, 4), no_settings, lambda shape: nn.PReLU()),
    "PReLU per channel": Kind((2, 4), no_settings, lambda shape: ChannelsLast(nn.PReLU(shape[-1]))),
    "Softplus": elementwise(lambda: nn.Softplus(threshold=1e9)),
    "Softmax": Kind((2,), no_settings, lambda shape: nn.Softmax(dim=-1)),
    "Dense": Kind(
        (2,), lambda rng: (size(rng),), lambda shape, n_out: nn.Linear(shape[-1], int(n_out))
    ),
    "Flatten": Kind((2, 3, 4), no_settings, lambda shape: nn.Flatten()),
    "BatchNorm": Kind(
        (2, 4), lambda rng: (rng.uniform(0, 0.99), 10 ** rng.uniform(-6, -1)), batch_norm
    ),
    "LayerNorm": Kind(
        (2, 3),
        lambda rng: (10 ** rng.uniform(-6, -1),),
        lambda shape, eps: nn.LayerNorm(shape[-1], eps=eps),
    ),
    "Conv2D": Kind((4,), kernel, convolution, images=True),
    "Conv2D same": Kind(
        (4,),
        same_kernel,
        lambda shape, C_out, *sizes: Convolution(shape, C_out, sizes, padding="same"),
        images=True,
    ),
    "MaxPool2D": pooling(nn.MaxPool2d),
    "AvgPool2D": pooling(nn.AvgPool2d),
    "GlobalAvgPool2D": Kind(
        (4,),
        no_settings,
        lambda shape: nn.Sequential(ChannelsLast(nn.AdaptiveAvgPool2d(1)), nn.Flatten()),
        images=True,
    ),
    "convolutional network": Kind(
        (4,),
        lambda rng: (size(rng), size(rng)),
        convolutional_network,
        images=True,
    ),
    "network": Kind(
        (2,),
        lambda rng: (size(rng), size(rng)),
        lambda shape, hidden, n_out: network(shape, int(hidden), int(n_out)),
    ),
}

# a checkerboard keeps the variance of what these see away from 0, where rounding is all there is
NORMALISING = ("BatchNorm", "LayerNorm", "network", "convolutional network")


def run_layer(kind: str, variant: int, rng: Generator, *, dtype: Any = np.float64) -> Arrays:
    """Draw a layer, an input and dY; return them with all that forward and backward computed.

    The variants go through the numbers of axes in inference, then in training.
    """
    axes, draw, build, images = LAYERS[kind]
    longest = (rng.integers(5, 8), *rng.permutation([2, 3, 4]))
    if images:
        longest = (*rng.permutation([2, 3])[:1], *rng.integers(5, 10, 2), rng.choice([2, 4]))
    shape = tuple(int(n) for n in longest[: axes[variant % len(axes)]])
    settings, training = draw(rng), variant // len(axes) % 2 == 1
    layer = build(shape, *settings).to(torch.from_numpy(np.empty(0, dtype)).dtype).train(training)
    tensor = lambda array: torch.from_numpy(np.asarray(array, dtype))  # noqa: E731
    buffers = [buffer for buffer in layer.buffers() if buffer.ndim]
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(tensor(rng.normal(size=parameter.shape)))
        for buffer in buffers:
            buffer.copy_(tensor(rng.uniform(0.5, 2, buffer.shape)))
    theta, running = flat(layer.parameters(), dtype), flat(buffers, dtype)
    X = rng.normal(size=shape) * rng.integers(0, 2, shape)  # some zeros: kinks count too
    X += 3 * (-1.0) ** np.indices(shape).sum(axis=0) * (kind in NORMALISING)
    X = tensor(X).requires_grad_()
    Y = layer(X)
    dY = tensor(rng.normal(size=Y.shape))
    Y.backward(dY)
    return {
        "settings": np.array(settings),
        "training": np.array(training),
        "theta": theta,
        "running": running,
        "X": X.detach().numpy(),
        "Y": Y.detach().numpy(),
        "dY": dY.numpy(),
        "dX": X.grad.numpy(),
        "grad": flat((p.grad for p in layer.parameters()), dtype),
        "running after": flat(buffers, dtype),
    }


def flat(tensors: Any, dtype: Any) -> np.ndarray:
    return np.concatenate(
        [np.zeros(0, dtype), *(t.detach().numpy().ravel().copy() for t in tensors)]
    )


# a loss in PyTorch's words, with J = 1/m Σᵢ of the sum over outputs, and the targets it takes
LOSSES: dict[str, tuple[Callable[..., torch.Tensor], str]] = {
    "MeanSquaredError": (lambda Z, y, w: F.mse_loss(Z, y, reduction="sum") / len(Z), "reals"),
    "MeanSquaredError half": (
        lambda Z, y, w: F.mse_loss(Z, y, reduction="sum") / (2 * len(Z)),
        "reals",
    ),
    "MeanAbsoluteError": (lambda Z, y, w: F.l1_loss(Z, y, reduction="sum") / len(Z), "reals"),
    "BinaryCrossEntropy": (
        lambda Z, y, w: F.binary_cross_entropy_with_logits(Z, y, reduction="sum") / len(Z),
        "bits",
    ),
    "CrossEntropy": (lambda Z, y, w: F.cross_entropy(Z, y), "labels"),
    "CrossEntropy one-hot": (lambda Z, y, w: F.cross_entropy(Z, y), "rows"),
    "CrossEntropy weighted": (lambda Z, y, w: F.cross_entropy(Z, y, weight=w), "labels"),
}


def run_loss(kind: str, variant: int, rng: Generator, *, dtype: Any = np.float64) -> Arrays:
    """Draw outputs, targets and class weights; return them with J and dZ.

    The variants have small, ordinary and huge outputs, up to ±1e4.
    """
    cost, takes = LOSSES[kind]
    m, K = (int(n) for n in rng.permutation(np.arange(2, 9))[:2])
    Z = (rng.normal(size=(m, K)) * (0.1, 3, 5000)[variant % 3]).clip(-1e4, 1e4).astype(dtype)
    labels = rng.integers(0, K, m)
    y = {
        "reals": np.where(rng.random((m, K)) < 0.2, Z, rng.normal(size=(m, K))).astype(dtype),
        "bits": rng.integers(0, 2, (m, K)).astype(dtype),
        "labels": labels,
        "rows": np.eye(K, dtype=dtype)[labels],
    }[takes]
    weight = rng.uniform(0.2, 3, K).astype(dtype)
    logits = torch.from_numpy(Z.copy()).requires_grad_()
    J = cost(logits, torch.from_numpy(y), torch.from_numpy(weight))
    J.backward()
    dZ = logits.grad.numpy()
    return {"Z": Z, "y": y, "weight": weight, "J": np.array(J.item()), "dZ": dZ}


if __name__ == "__main__":
    frozen = {
        f"{kind}/{variant}/{name}": array
        for run, kinds in ((run_layer, LAYERS), (run_loss, LOSSES))
        for kind in kinds
        for variant in range(VARIANTS)
        for name, array in run(kind, variant, np.random.default_rng(variant)).items()
        if array.size
    }
    np.savez_compressed(FROZEN, **frozen)
    print(f"{FROZEN.name}: {len(frozen)} arrays, {FROZEN.stat().st_size / 1024:.0f} KiB")
