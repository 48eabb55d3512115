"""What is measured: every workload, who runs it, and the goal it is held to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

OURS = "nnlib"
EAGER = ("pytorch fused", "pytorch foreach")
COMPILED = ("pytorch compile fused",)


@dataclass(frozen=True)
class Recipe:
    """How a worker makes its problem: a function of benchmarks.problems and its arguments."""

    problem: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Workload:
    """One row of the table.

    A contender's name is its library and the settings it runs with. The ratio is nnlib's time over
    that of the fastest of `peers`; those `beside` are measured and shown, and count for nothing.
    A workload without peers is held to its own milliseconds.
    """

    name: str
    task: str
    recipe: Recipe | None
    goal: float
    peers: tuple[str, ...]
    beside: tuple[str, ...] = ()

    @property
    def contenders(self) -> tuple[str, ...]:
        """All of them, nnlib first."""
        return (OURS, *self.peers, *self.beside)

    @property
    def unit(self) -> str:
        """What the goal is counted in."""
        return "ratio" if self.peers else "ms"


def mlp(widths: tuple[int, ...], batch: int, **settings: str) -> Recipe:
    """The recipe of a dense network."""
    return Recipe("mlp", {"widths": widths, "batch": batch, **settings})


DIGITS = (784, 256, 128, 10)

WORKLOADS = (
    Workload(
        "mlp64",
        "a step of 784-256-128-10, batch 64, Adam",
        mlp(DIGITS, 64),
        goal=0.75,
        peers=EAGER,
        beside=COMPILED,
    ),
    Workload(
        "mlp256",
        "a step of 784-256-128-10, batch 256, Adam",
        mlp(DIGITS, 256),
        goal=0.65,
        peers=EAGER,
        beside=COMPILED,
    ),
    Workload(
        "mlp64_sgd",
        "a step of 784-256-128-10, batch 64, SGD",
        mlp(DIGITS, 64, optimizer="sgd"),
        goal=0.6,
        peers=EAGER,
        beside=COMPILED,
    ),
    Workload(
        "mlp_epoch",
        "MLPClassifier: an epoch over 6,400 rows, 784-256-128-10, batch 64, Adam",
        Recipe("epoch", {"widths": DIGITS, "rows": 6_400, "batch": 64}),
        goal=0.55,
        peers=("scikit-learn",),
    ),
    Workload(
        "tiny",
        "a step of 2-16-16-1, tanh, batch 32, Adam",
        mlp((2, 16, 16, 1), 32, activation="tanh"),
        goal=0.3,
        peers=EAGER,
        beside=COMPILED,
    ),
    Workload(
        "logistic_small",
        "a step of logistic regression, 569×30, full batch",
        mlp((30, 1), 569, optimizer="sgd"),
        goal=0.3,
        peers=EAGER,
        beside=COMPILED,
    ),
    Workload(
        "logistic_large",
        "a step of logistic regression, 60000×784, full batch",
        mlp((784, 1), 60_000, optimizer="sgd"),
        goal=0.6,
        peers=EAGER,
        beside=COMPILED,
    ),
    Workload(
        "lenet",
        "a step of LeNet-5, 28×28, batch 64, Adam",
        Recipe("lenet", {"batch": 64}),
        goal=0.85,
        peers=("pytorch channels-last fused", "pytorch fused", "pytorch channels-last foreach"),
        beside=("pytorch compile channels-last fused",),
    ),
    Workload(
        "vgg",
        "a step of 32-32-pool-64-64-pool-fc, 32×32×3, batch 64, Adam",
        Recipe("vgg", {"batch": 64}),
        goal=1.2,
        peers=EAGER,
        beside=("pytorch channels-last fused", "pytorch compile channels-last fused"),
    ),
    Workload(
        "batchnorm_images",
        "batch norm forward and backward, (64, 28, 28, 32)",
        Recipe("normalization", {"shape": (64, 28, 28, 32)}),
        goal=0.7,
        peers=("pytorch channels-last", "pytorch"),
        beside=("nnlib C-order", "pytorch compile channels-last"),
    ),
    Workload(
        "batchnorm",
        "batch norm forward and backward, (256, 512)",
        Recipe("normalization", {"shape": (256, 512)}),
        goal=1.5,
        peers=("pytorch",),
        beside=("pytorch compile",),
    ),
    Workload(
        "adam",
        "Adam's update of 1M parameters",
        Recipe("update", {"n": 1_000_000}),
        goal=1.0,
        peers=("pytorch",),
        beside=("pytorch foreach", "pytorch fused"),
    ),
    Workload(
        "import",
        "import nnlib, beyond import numpy",
        recipe=None,
        goal=25,
        peers=(),
        beside=("numpy",),
    ),
)
