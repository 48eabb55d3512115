"""The famous networks: shapes and counts are the papers', and the small ones learn."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

import nnlib as nn
from nnlib.architectures import Blueprint, lenet5_c3


def count(net):
    return {
        f"{i}.{name}": getattr(layer, name).size
        for i, layer in enumerate(net)
        for name in layer.parameters
    }


def test_lenet5_has_the_papers_layers(rng):
    net = nn.lenet5(rng=rng)
    assert net.theta.size == 61_706
    per_layer = [sum(sizes) for sizes in zip(*[iter(count(net).values())] * 2, strict=True)]
    assert per_layer == [156, 2_416, 48_120, 10_164, 850]
    shape, shapes = (32, 32, 1), []
    for layer in net:
        shape = layer.output_shape(shape)
        shapes.append(shape)
    assert shapes[0] == (28, 28, 6)
    assert shapes[2] == (14, 14, 6)
    assert shapes[3] == (10, 10, 16)
    assert shapes[5] == (5, 5, 16)
    assert shapes[6] == (1, 1, 120)
    assert shapes[-1] == net.forward(np.ones((2, 32, 32, 1))).shape[1:] == (10,)


def test_the_paper_counts_60000_with_its_sparse_c3(rng):
    links = lenet5_c3()
    assert (links.shape, links.sum()) == ((16, 6), 60)
    C1, C3, C5, F6 = 156, 25 * links.sum() + 16, 48_120, 10_164
    S2, S4 = 2 * 6, 2 * 16
    assert C3 == 1_516
    assert C1 + S2 + C3 + S4 + C5 + F6 == 60_000


def test_c3_sees_what_table_1_says():
    table = [
        "#...###..####.##",
        "##...###..####.#",
        "###...###..#.###",
        ".###..####..#.##",
        "..###..####.##.#",
        "...###..####.###",
    ]
    assert ["".join("#" if seen else "." for seen in row) for row in lenet5_c3().T] == table


@pytest.mark.parametrize(
    ("input_shape", "C1", "C5"),
    [
        ((28, 28, 1), (28, 28, 6), (5, 5)),
        ((16, 16, 1), (12, 12, 6), (1, 1)),
        ((20, 32, 3), (16, 28, 6), (2, 5)),
    ],
)
def test_lenet5_takes_other_sizes(input_shape, C1, C5, rng):
    net = nn.lenet5(rng=rng, input_shape=input_shape, n_classes=4, activation=nn.ReLU)
    assert net[0].output_shape(input_shape) == C1
    assert net[6].kernel_size == C5
    assert net.forward(np.ones((2, *input_shape))).shape == (2, 4)
    assert {type(net[i]) for i in (1, 4, 7, 10)} == {nn.ReLU}


def test_lenet5_says_when_images_are_too_small(rng):
    with pytest.raises(ValueError, match="kernel 5 does not fit into a 4×4 input without padding"):
        nn.lenet5(rng=rng, input_shape=(12, 12, 1))


def test_small_vgg_says_when_images_are_too_small(rng):
    with pytest.raises(ValueError, match="window 2 does not fit into a 1×1 input without padding"):
        nn.small_vgg(rng=rng, input_shape=(3, 3, 3))


@pytest.mark.parametrize("make", [nn.lenet5, nn.small_vgg])
def test_an_image_has_channels(make, rng):
    with pytest.raises(ValueError, match=r"input_shape must be \(H, W, C\), got \(28, 28\)"):
        make(rng=rng, input_shape=(28, 28))


@pytest.mark.parametrize(("groups", "expected"), [(2, 60_965_224), (1, 62_378_344)])
def test_alexnet_is_counted(groups, expected):
    blueprint = nn.alexnet(groups=groups)
    assert blueprint.n_parameters() == expected
    assert blueprint.summary((227, 227, 3)).endswith(f"{expected:,}")


def test_no_weight_is_allocated_to_count_alexnet():
    """In a process of its own, for inspect copies Python's table of modules for many a layer.

    Beside the other tests, with thousands of modules, these copies take megabytes. What is first
    used is imported then, so the second time counts.
    """
    program = """
import tracemalloc, nnlib
for _ in range(2):
    tracemalloc.start()
    blueprint = nnlib.alexnet()
    blueprint.summary((227, 227, 3)), blueprint.n_parameters()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
print(peak)
"""
    words = [sys.executable, "-c", program]
    peak = int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert peak < 500_000  # the weights would take 240 million bytes


def test_alexnets_shapes_are_the_papers():
    lines = nn.alexnet().summary((227, 227, 3)).splitlines()
    shapes = [re.search(r"\(m, ([\d, ]+)\)", line)[1] for line in lines[2:-1] if "Conv2D" in line]
    assert shapes == ["55, 55, 96", "27, 27, 256", "13, 13, 384", "13, 13, 384", "13, 13, 256"]
    assert nn.alexnet(n_classes=7).output_shape((227, 227, 3)) == (7,)
    with pytest.raises(ValueError, match=re.escape("expects examples of shape (9216,), got")):
        nn.alexnet().summary((260, 260, 3))


def test_a_blueprint_makes_the_network_it_describes():
    blueprint = Blueprint(
        partial(nn.Conv2D, 2, 3, 3), nn.Tanh, nn.Flatten,
        partial(nn.Dropout, 0.5), partial(nn.Dense, 12, 4),
    )  # fmt: skip
    net = blueprint.build(rng=np.random.default_rng(0), dtype=np.float64)
    again = blueprint.build(rng=np.random.default_rng(0), dtype=np.float64)
    assert net.theta.dtype == np.float64
    np.testing.assert_array_equal(net.theta, again.theta)
    assert net.theta.size == blueprint.n_parameters()
    assert net.summary((4, 4, 2)) == blueprint.summary((4, 4, 2))
    assert blueprint.output_shape((4, 4, 2)) == (4,)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (nn.lenet5, (32, 32, 1)),
        (partial(nn.small_alexnet, C=1), (32, 32, 1)),
        (partial(nn.small_vgg, input_shape=(8, 12, 1)), (8, 12, 1)),
    ],
    ids=["LeNet-5", "small AlexNet", "small VGG"],
)
def test_small_ones_learn_to_tell_stripes(make, shape, rng):
    net, m = make(rng=rng, n_classes=2), 48
    y = rng.integers(0, 2, m)
    stripes = (np.arange(shape[0])[:, None] // 2 % 2) + np.zeros(shape[1])
    columns = (np.arange(shape[1]) // 2 % 2) + np.zeros(shape[:2])
    X = np.where(y[:, None, None], stripes, columns)[..., None] + 0.5 * rng.normal(size=(m, *shape))
    nn.fit(net, nn.CrossEntropy(), nn.Adam(0.002), X, y, epochs=6, batch_size=16, rng=rng)
    assert nn.metrics.accuracy(y, net.predict(X).argmax(axis=1)) > 0.95
