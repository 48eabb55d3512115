"""How a step's time grows with batch, width and depth: `python -m benchmarks.scaling`.

Draws docs/images/perf-scaling.png, with the time that the step's matrix products alone would take
at the speed of sgemm, and puts it with its caption into docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tqdm import tqdm

from benchmarks import duel, limits
from benchmarks.command import execute, no_arguments, require_peers
from benchmarks.duel import Plan
from benchmarks.publish import PAGE, write
from benchmarks.workers import WorkerError
from benchmarks.workloads import OURS, Workload, mlp
from nnlib.viz.picture import render
from nnlib.viz.style import INK, TRAIN, VALIDATION, CourseFigure, figure

PICTURE = PAGE.parent / "images" / "perf-scaling.png"
PEER = "pytorch fused"
PLAN = Plan(rounds=1, turns=3, seconds=0.05)


class Network(NamedTuple):
    """A dense network and its batch."""

    widths: tuple[int, ...]
    batch: int

    @property
    def flops(self) -> int:
        """Of a step's matrix products: Z and dW in every layer, dX in all but the first."""
        layers = [2 * self.batch * n_in * n_out for n_in, n_out in pairwise(self.widths)]
        return 3 * sum(layers) - layers[0]


class Axis(NamedTuple):
    """One thing that grows, and the networks it is tried on."""

    label: str
    title: str
    networks: dict[int, Network]


class Curve(NamedTuple):
    """An axis measured: the milliseconds of a step at each of its values."""

    axis: Axis
    milliseconds: dict[str, list[float]]


AXES = (
    Axis(
        "examples in a batch",
        "784-256-128-10",
        {m: Network((784, 256, 128, 10), m) for m in (1, 4, 16, 64, 256, 1024)},
    ),
    Axis(
        "units in a hidden layer",
        "784-n-n-10, batch 64",
        {n: Network((784, n, n, 10), 64) for n in (16, 32, 64, 128, 256, 512, 1024)},
    ),
    Axis(
        "hidden layers",
        "128 units each, batch 64",
        {d: Network((784, *[128] * d, 10), 64) for d in (1, 2, 4, 8, 16)},
    ),
)


def main() -> None:
    """Measure, draw, write."""
    require_peers()
    with tqdm(total=sum(len(axis.networks) for axis in AXES), unit="network") as bar:
        gflops = limits.measure(limits.LIMITS[0], PLAN, threads=1, tick=lambda: None).value
        curves = [measure(axis, bar) for axis in AXES]
    drawn = draw(curves, gflops)
    PICTURE.write_bytes(render(drawn))
    write(PAGE, "scaling", f"![{drawn.caption}](images/{PICTURE.name})\n\n{drawn.caption}")
    print(drawn.caption)


def measure(axis: Axis, bar: tqdm) -> Curve:
    """Time a step of every network of an axis, with Adam and one thread."""
    milliseconds: dict[str, list[float]] = {OURS: [], PEER: []}
    for network in axis.networks.values():
        recipe = mlp(network.widths, network.batch)
        result = duel.measure(Workload("", "", recipe, 1.0, (PEER,)), PLAN, 1, lambda: None)
        if result.error:
            raise WorkerError(result.error)
        for name, times in milliseconds.items():
            times.append(1e3 * result.times[name].median)
        bar.update()
    return Curve(axis, milliseconds)


def draw(curves: Sequence[Curve], gflops: float) -> CourseFigure:
    """One panel per axis: both libraries, and the limit that the matrix products set."""
    made, panels = figure(1, len(curves), size=(12, 4.2), sharey=True)
    for panel, (axis, milliseconds) in zip(panels, curves, strict=True):
        x = list(axis.networks)
        limit = [network.flops / gflops / 1e6 for network in axis.networks.values()]
        panel.loglog(x, milliseconds[PEER], "s--", color=VALIDATION, label="PyTorch, fused Adam")
        panel.loglog(x, milliseconds[OURS], "o-", color=TRAIN, label="nnlib")
        panel.loglog(x, limit, ":", color=INK, label="matrix products at sgemm's speed")
        panel.set_xticks(x, [str(value) for value in x], minor=False)
        panel.minorticks_off()
        panel.set(xlabel=axis.label, title=axis.title)
    panels[0].set_ylabel("milliseconds per training step")
    made.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    made.caption = caption(curves, gflops)
    return made


def caption(curves: Sequence[Curve], gflops: float) -> str:
    """The ends of every curve, in words."""
    sentences = [f"One training step with Adam, one thread, sgemm at {gflops:.0f} GFLOP/s."]
    for axis, milliseconds in curves:
        values, networks = list(axis.networks), list(axis.networks.values())
        ends = [
            f"{milliseconds[OURS][i]:.3g} ms at {values[i]} (PyTorch {milliseconds[PEER][i]:.3g}, "
            f"limit {networks[i].flops / gflops / 1e6:.2g})"
            for i in (0, -1)
        ]
        sentences.append(f"By {axis.label}: {ends[0]}, {ends[1]}.")
    return " ".join(sentences)


if __name__ == "__main__":
    no_arguments("scaling", __doc__)
    execute(main)
