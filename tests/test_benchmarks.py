"""The benchmark measures what it says: the same work on both sides, in a user's environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import (
    duel,
    limits,
    problems,
    profile,
    publish,
    report,
    scaling,
    tricks,
    worker,
    workers,
)
from benchmarks.__main__ import chosen, main
from benchmarks.command import CannotRun, require_peers
from benchmarks.duel import Disagreement, Plan, Result, Times
from benchmarks.run import Run, blocks
from benchmarks.workers import Worker, environment
from benchmarks.workloads import WORKLOADS, Recipe, Workload

GOALS = {
    "mlp64": 0.75,
    "mlp256": 0.65,
    "mlp64_sgd": 0.6,
    "mlp_epoch": 0.55,
    "tiny": 0.3,
    "logistic_small": 0.3,
    "logistic_large": 0.6,
    "lenet": 0.85,
    "vgg": 1.2,
    "batchnorm_images": 0.7,
    "batchnorm": 1.5,
    "adam": 1.0,
    "import": 25,
}
EPOCH = Recipe("epoch", {"widths": (7, 5, 3), "rows": 24, "batch": 6})
CLASSIFIERS = Workload("small", "a small fit", EPOCH, goal=2.0, peers=("scikit-learn",))
SHORT = Plan(rounds=1, turns=2, seconds=0.002)


@pytest.fixture(scope="module")
def measured() -> Result:
    ticks: list[None] = []
    result = duel.measure(CLASSIFIERS, SHORT, threads=1, tick=lambda: ticks.append(None))
    assert len(ticks) == blocks([CLASSIFIERS], SHORT) - len(limits.LIMITS) * SHORT.turns
    return result


def test_every_workload_of_the_table_is_there_with_its_goal():
    assert {workload.name: workload.goal for workload in WORKLOADS} == GOALS


def test_a_workload_is_measured_and_told(measured):
    assert measured.error is None
    assert measured.peer == "scikit-learn"
    assert [len(times.blocks) for times in measured.times.values()] == [2, 2]
    assert all(seconds > 0 for times in measured.times.values() for seconds in times.blocks)


def test_the_json_holds_ratio_goal_spread_and_both_medians(measured):
    written = json.loads(json.dumps(report.to_json(run_of(measured))))
    assert set(written) == {
        "threads", "machine", "removed_from_environment", "limits", "workloads",
    }  # fmt: skip
    row = written["workloads"]["small"]
    assert row["goal"] == 2.0
    assert row["unit"] == "ratio"
    assert row["peer"] == "scikit-learn"
    assert row["spread"] >= 0
    assert row["met"] == (row["ratio"] <= 2.0)
    assert row["medians"]["nnlib"] == row["contenders"]["nnlib"]["median"]
    assert row["medians"]["peer"] == row["contenders"]["scikit-learn"]["median"]
    assert row["contenders"]["nnlib"]["peak_mb"] > 10


def run_of(*results: Result) -> Run:
    machine = {"processor": "abacus", "cores": 1, "system": "wood", "python": "3", "load": 0.0}
    versions = {"numpy": "2", "torch": "2", "scikit-learn": "1"}
    return Run(1, machine | versions, {"sgemm": limits.Measured(2.0, "GFLOP/s")}, list(results))


def timed(workload: Workload, **blocks: list[float]) -> Result:
    times = {name.replace("_", " "): Times(values, 50.0) for name, values in blocks.items()}
    return Result(workload, times)


TWO_PEERS = Workload(
    "pair", "a step", EPOCH, goal=0.75, peers=("pytorch a", "pytorch b"), beside=("pytorch c",)
)


def test_the_ratio_is_against_the_fastest_peer_block_by_block():
    result = timed(
        TWO_PEERS,
        nnlib=[1.0, 3.0, 2.0],
        pytorch_a=[4.0, 5.0, 6.0],
        pytorch_b=[2.0, 2.0, 4.0],
        pytorch_c=[0.1, 0.1, 0.1],
    )
    assert result.peer == "pytorch b"
    assert result.ratios == [0.5, 1.5, 0.5]
    assert result.ratio == 0.5
    assert result.spread == pytest.approx(1.0)  # quartiles 0.5 and 1.0 round a median of 0.5


def test_a_peer_that_cannot_run_here_is_left_out():
    result = timed(TWO_PEERS, nnlib=[1.0, 1.0], pytorch_a=[4.0, 4.0], pytorch_c=[0.1])
    assert result.peer == "pytorch a"
    assert result.ratio == 0.25


def test_peers_meet_nnlib_in_every_round_and_the_others_in_the_first(monkeypatch):
    rounds = []
    monkeypatch.setattr(duel, "run_round", lambda result, names, *rest: rounds.append(names))
    duel.measure(TWO_PEERS, Plan(rounds=3), threads=1, tick=lambda: None)
    assert rounds == [("nnlib", "pytorch a", "pytorch b", "pytorch c")] + 2 * [
        ("nnlib", "pytorch a", "pytorch b")
    ]


def test_without_a_peer_milliseconds_count():
    alone = Workload("import", "an import", None, goal=25, peers=(), beside=("numpy",))
    result = timed(alone, nnlib=[0.02, 0.03, 0.04], numpy=[0.1, 0.1, 0.1])
    assert (result.ratio, alone.unit) == (pytest.approx(30), "ms")
    assert report.row(result)[:7] == ("import", "30 ms", "–", "30 ms", "33%", "≤ 25 ms", "missed")


def test_the_table_says_what_was_met_missed_skipped_and_failed():
    met = timed(TWO_PEERS, nnlib=[1e-4], pytorch_a=[2e-4], pytorch_b=[3e-4])
    met.not_here["pytorch compile"] = "no compiler"
    failed = Result(TWO_PEERS, error="the losses differ at step 3")
    text = report.table(run_of(met, failed))
    assert "100 µs  200 µs pytorch a  0.50   0%      ≤ 0.75  met     50 MB / 50 MB" in text
    assert "pytorch b 300 µs, pytorch compile skipped: no compiler" in text
    assert "FAILED" in text
    assert "the losses differ at step 3" in text
    assert "workers run without OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE" in text
    assert "one thread on every side, processor time" in text


def test_contenders_that_compute_something_else_are_refused():
    duel.require_agreement({"nnlib": [2.0, 1.0], "pytorch": [2.0001, 1.0001]})
    with pytest.raises(Disagreement, match=r"differ at step 2: nnlib has 1\.0.*pytorch has 1\.1"):
        duel.require_agreement({"nnlib": [2.0, 1.0], "pytorch": [2.0, 1.1]})
    with pytest.raises(Disagreement):
        duel.require_agreement({"nnlib": [2.0], "pytorch": [float("nan")]})


def test_a_workload_whose_sides_differ_fails_and_is_not_timed(monkeypatch):
    honest = Worker.losses

    def losses(self):
        return [J * (1.01 if self.contender == "nnlib" else 1) for J in honest(self)]

    monkeypatch.setattr(Worker, "losses", losses)
    result = duel.measure(CLASSIFIERS, SHORT, threads=1, tick=lambda: None)
    assert result.error is not None
    assert result.error.startswith("the losses differ at step 1: nnlib has ")
    assert result.times == {}


def test_a_worker_that_breaks_says_why():
    unknown = Workload("odd", "nothing", Recipe("mlp", {"width": 3}), 1.0, peers=("scikit-learn",))
    result = duel.measure(unknown, SHORT, threads=1, tick=lambda: None)
    assert result.error is not None
    assert result.error.startswith("nnlib stopped: TypeError: mlp() got an unexpected keyword")


def test_workers_have_a_users_environment(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1024")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    says = "import os; print(*(os.environ.get(name) for name in {names!r}))"
    names = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", *workers.THREADS, "PATH")
    seen = subprocess.run(
        [sys.executable, "-c", says.format(names=names)],
        env=environment(2), capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert seen == ["None", "None", "2", "2", "2", os.environ["PATH"]]


def test_an_interrupt_leaves_no_worker_behind():
    started = Worker("nnlib", EPOCH, threads=1)
    with pytest.raises(KeyboardInterrupt), started:
        raise KeyboardInterrupt
    assert started._process.returncode is not None


def test_a_worker_ends_with_its_input():
    with Worker("numpy", Recipe("copy", {"megabytes": 0.1}), threads=1) as started:
        started.losses()
        assert started._process.stdin is not None
        started._process.stdin.close()
        assert started._process.wait(timeout=10) == 0


def test_a_block_of_slow_steps_is_one_step_and_of_fast_ones_many():
    steps: list[int] = []
    now = iter(range(100))
    assert worker.time_block(lambda: steps.append(1), lambda: float(next(now)), 0.5) == 1.0
    assert len(steps) == 2  # one to warm up
    ticks = iter(i * 1e-3 for i in range(1000))
    assert worker.time_block(lambda: steps.append(1), lambda: next(ticks), 0.1) > 0
    assert len(steps) > 100


def test_limits_are_measured():
    copy = limits.LIMITS[-1]
    measured = limits.measure(copy, SHORT, threads=1, tick=lambda: None)
    assert measured.unit == "GB/s"
    assert 0.1 < measured.value < 1e5


@pytest.mark.parametrize("workload", [w for w in WORKLOADS if w.recipe], ids=lambda w: w.name)
def test_nnlib_and_pytorch_take_the_same_steps(workload):
    pytest.importorskip("torch")
    arguments = workload.recipe.arguments.copy()
    arguments |= {
        name: n for name, n in (("batch", 12), ("rows", 24), ("n", 11)) if name in arguments
    }
    if "widths" in arguments:
        arguments["widths"] = (6, 5, arguments["widths"][-1])
    if "shape" in arguments:
        arguments["shape"] = (3, *arguments["shape"][1:])
    losses = {
        name: worker.make_contender(name, workload.recipe.problem, arguments).losses(10)
        for name in workload.contenders
        if "compile" not in name
    }
    assert len(losses) > 1
    assert all(np.isfinite(path).all() for path in losses.values())
    duel.require_agreement(losses)


def test_names_are_chosen_or_listed():
    assert [workload.name for workload in chosen(["tiny", "adam"])] == ["tiny", "adam"]
    assert chosen([]) == list(WORKLOADS)
    with pytest.raises(CannotRun, match=r"no workload 'nonsense'; there are mlp64, .*, import"):
        chosen(["nonsense"])


@pytest.mark.parametrize(
    "arguments", [["--only", "nonsense"], ["--threads", "3"], ["--rounds", "0"]]
)
def test_a_wrong_argument_is_told_in_a_sentence(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("python -m benchmarks: error: ")


def test_a_missing_peer_is_named_with_its_installation(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CannotRun, match=r'PyTorch is not installed: pip install -e "\.\[bench\]"'):
        require_peers()


def test_the_command_prints_a_table_and_writes_the_numbers(monkeypatch, tmp_path, capsys, measured):
    monkeypatch.setattr("benchmarks.__main__.require_peers", lambda: None)
    monkeypatch.setattr("benchmarks.__main__.run", lambda *settings: run_of(measured))
    file = tmp_path / "numbers.json"
    assert main(["--only", "tiny", "--json", str(file)]) == 0
    assert "small" in capsys.readouterr().out
    assert json.loads(file.read_text())["workloads"]["small"]["goal"] == 2.0


PAGE = "# Page\n\n<!-- results: written by benchmarks -->\nold\n<!-- end of results -->\n\nbelow\n"


def test_a_section_of_the_page_is_replaced_and_nothing_else(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    publish.write(page, "results", "new")
    publish.write(page, "results", "newer")
    assert page.read_text() == PAGE.replace("old", "newer")
    with pytest.raises(ValueError, match=r"page\.md has no section between '<!-- scaling"):
        publish.write(page, "scaling", "picture")


def test_the_page_has_every_section_that_is_written():
    for section in ("results", "tricks", "scaling"):
        assert f"<!-- end of {section} -->" in publish.PAGE.read_text(), section


def test_the_page_says_plainly_which_goals_are_missed():
    met = timed(TWO_PEERS, nnlib=[1.0], pytorch_a=[2.0], pytorch_b=[3.0])
    missed = timed(TWO_PEERS, nnlib=[2.0], pytorch_a=[2.0], pytorch_b=[3.0])
    failed = Result(TWO_PEERS, error="the losses differ")
    text = publish.results(run_of(met, missed, failed), run_of(met))
    assert "1 of 3 goals is met in this run." in text
    assert "Missed: `pair` (1.00 where 0.75 was asked)." in text
    assert "Failed: `pair` (the losses differ)." in text
    assert "| `pair` | a step | 2 s | 2 s pytorch a | 1.00 | 0% | ≤ 0.75 | **missed** |" in text


@pytest.mark.parametrize("name", tricks.TRICKS)
def test_a_trick_computes_what_the_plain_code_does(name):
    plain, ours = (
        tricks.contender(problems.Trick(name), options).losses(3)
        for options in (frozenset(), frozenset({"nnlib"}))
    )
    duel.require_agreement({"plain": plain, "nnlib": ours})
    assert (tricks.TRICKS[name].__doc__ or "").splitlines()[0].endswith(".")


def test_the_operations_of_a_step_are_counted():
    m, (n0, n1, n2) = 3, (5, 7, 2)
    forward = 2 * m * (n0 * n1 + n1 * n2)
    backward = 2 * m * (n0 * n1 + n1 * n2) + 2 * m * n1 * n2
    assert scaling.Network((n0, n1, n2), m).flops == forward + backward


def test_the_scaling_picture_tells_its_numbers():
    curves = [
        scaling.Curve(axis, {name: [k + 1.0 for k in range(len(axis.networks))] for name in sides})
        for axis in scaling.AXES
        for sides in [("nnlib", scaling.PEER)]
    ]
    drawn = scaling.draw(curves, gflops=100.0)
    lines = drawn.axes[0].lines
    assert [line.get_label() for line in lines][:2] == ["PyTorch, fused Adam", "nnlib"]
    first = next(iter(scaling.AXES[0].networks.values()))
    assert lines[2].get_ydata()[0] == pytest.approx(first.flops / 100e9 * 1e3)
    assert "sgemm at 100 GFLOP/s" in drawn.caption
    assert "By examples in a batch: 1 ms at 1 (PyTorch 1," in drawn.caption


def test_a_profile_accounts_for_the_whole_step():
    parts = profile.profile(problems.mlp((6, 5, 4), 3))
    assert list(parts)[:2] == ["0 Dense(6, 5) forward", "1 ReLU() forward"]
    assert {"0 Dense(6, 5) backward", "2 Dense(5, 4) backward", "CrossEntropy()"} <= set(parts)
    assert sum(parts.values()) == pytest.approx(2 * parts["the step"])
