"""The playground without a browser: traits, frames, goals, and what it says of mistakes."""

import asyncio
import re
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import nnlib
from nnlib.viz import playground_data, playground_frame
from nnlib.viz.playground import Playground
from nnlib.viz.playground_settings import CHOICES, Settings
from nnlib.viz.playground_training import MOST_RECORDS, OPTIMIZERS, SCHEDULES, Training

KILL = Settings(hidden=(8, 8), activation="relu", init="he", optimizer="sgd", lr=10)
WAKE = {"activation": "leaky-relu", "optimizer": "adam", "lr": 0.01}
OVERFIT = Settings(m=30, noise=0.5, hidden=(16, 16))


class Signs(nnlib.Optimizer):
    """A learner's own: every weight moves by α."""

    def update(self, theta, grad, alpha):
        theta -= alpha * np.sign(grad)


class Broken(nnlib.Optimizer):
    """A learner's own that cannot work."""

    def update(self, theta, grad, alpha):
        theta -= alpha * grad[:-1]


def unpack(play):
    """The frame as the page reads it."""
    shown, bytes_left = play.shown, memoryview(play.frame)

    def take(dtype, *shape):
        nonlocal bytes_left
        n = int(np.prod(shape)) * np.dtype(dtype).itemsize
        array = np.frombuffer(bytes_left[:n], dtype).reshape(shape)
        bytes_left = bytes_left[n:]
        return array

    sizes = [2, *shown["hidden"], 1]
    maps = take("<u2", shown["maps"], shown["grid"], shown["grid"])
    curves = take("<f4", 4 + len(sizes) - 1, shown["curve"])
    weights = [take("i1", b, a) for a, b in pairwise(sizes)]
    units = [take("u1", n, shown["tile"], shown["tile"]) for n in shown["hidden"]]
    assert len(bytes_left) == 0
    return maps, curves, weights, units


# ---- settings


def test_settings_travel_as_a_line_as_a_link_and_with_spaces():
    settings = Settings(
        data="placed",
        points=((0.5, -1.25, 0), (1.0, 2.0, 1)),
        hidden=(5, 3),
        lr=0.003,
        batch_norm=True,
        penalty="l2",
        features=(3, 7),
    )
    line = settings.text()
    assert Settings.read(line) == settings
    assert Settings.read(f"http://localhost:8888/lab/tree/x.ipynb#playground:{line}") == settings
    assert Settings.read(line.replace("&", "  ")) == settings
    assert Settings.read("") == Settings.read(Settings().text()) == Settings()
    assert Settings.read("hidden=").hidden == ()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("lr=0", "learning rate of 0 no weight ever moves"),
        ("lr=-1", "learning rate must be a number from 0 to 100, got -1"),
        ("lr=fast", "got fast"),
        ("lr=nan", "got nan"),
        ("m=2.5", "number of training points must be a whole number from 2 to 300, got 2.5"),
        ("batch=", "batch size must be a whole number from 0 to 300, got nothing"),
        ("dropout=1", "dropout rate must be a number from 0 to 0.9"),
        ("hidden=4,17", "hidden layer has 1 to 16 units, got 17"),
        ("hidden=4,x", "hidden layer has 1 to 16 units, got x"),
        ("hidden=1,1,1,1,1", "room for 4 hidden layers, got 5"),
        ("data=sun", "no data called 'sun': take moons, circles"),
        ("colour=red", "no setting called 'colour'"),
        ("lr", "written name=value"),
        ("batch_norm=perhaps", "batch_norm is yes or no, got 'perhaps'"),
        ("batch_norm=true&batch=1", "batches of 2 or more"),
        ("features=3,3", "two different features"),
        ("data=tumours&features=3,30", "features are numbered 0 to 29"),
        ("points=9,0,1", r"within ±3 and of class 0 or 1, got \(9.0, 0.0, 1\)"),
        ("points=a,b", "A point is written x₁,x₂,class, got 'a,b'"),
        ("data=placed", "place points of both classes by clicking"),
        ("data=placed&points=1,1,1;0,1,1", "Every training point is vermillion"),
    ],
)
def test_what_makes_no_sense_is_a_sentence_and_nothing_moves(line, sentence):
    play = Playground(line)
    assert re.search(sentence, play.problem)
    theta = play.net.theta.copy()
    assert play.run(2) == play.caption == play.problem
    assert np.array_equal(play.net.theta, theta)


def test_a_bad_value_stays_where_it_was_typed_until_it_is_mended():
    play = Playground()
    play.change(lr="0")
    assert play.asked["lr"] == "0"
    assert play.settings.lr == 0.01
    assert "learning rate of 0" in play.problem
    play.change(hidden=[3])
    assert "learning rate of 0" in play.problem
    play.change(lr="0.1")
    assert play.problem == ""
    assert (play.settings.lr, play.settings.hidden) == (0.1, (3,))
    assert len(play.net.layers) == 3


# ---- data


@pytest.mark.parametrize("name", [name for name in CHOICES["data"] if name != "placed"])
def test_every_data_set_is_there_twice_the_same_and_mostly_on_the_map(name):
    settings = Settings(data=name, m=120)
    points, again = playground_data.load(settings), playground_data.load(settings)
    assert points.X.shape == (120, 2)
    assert points.X_val.shape == (200, 2)
    assert set(points.y) == {0, 1}
    assert np.array_equal(points.X, again.X)
    assert np.mean(np.abs(points.X) <= 3) > 0.97
    other = playground_data.load(replace(settings, draw=1))
    assert not np.array_equal(points.X, other.X)


def test_the_real_set_shows_any_two_features_in_their_own_units():
    data = nnlib.datasets.breast_cancer()
    points = playground_data.load(Settings(data="tumours", features=(7, 20)))
    assert [axis.name for axis in points.axes] == ["mean concave points", "worst radius"]
    assert np.allclose(points.X.mean(axis=0), 0)
    back = points.X[:, 1] * points.axes[1].std + points.axes[1].mean
    assert np.isin(back.round(6), data.X[:, 20].round(6)).all()


def test_a_new_point_moves_no_other_to_another_set():
    play = Playground("data=placed")
    for k in range(7):
        before = {tuple(x) for x in play.X}
        play._answer({"do": "place", "point": [0.1 * k, 0.2 * k, k % 2]})
        assert before <= {tuple(x) for x in play.X}
    assert (len(play.X), len(play.X_val)) == (5, 2)
    play._answer({"do": "take back"})
    assert len(play.settings.points) == 6
    assert play.problem == ""


def test_points_placed_while_something_else_is_wrong_are_kept():
    play = Playground("data=placed")
    play.change(lr=0)
    for label in (0, 1, 0):
        play._answer({"do": "place", "point": [label, label, label]})
    play.change(lr=0.1)
    assert [point[2] for point in play.settings.points] == [0, 1, 0]


# ---- training


def test_it_is_the_library_that_trains():
    settings = Settings(
        hidden=(5, 3), penalty="l2", lam=0.7, batch=40, optimizer="momentum", lr=0.1
    )
    run = Training(settings, playground_data.load(settings))
    points = run.points
    net, rng = run._network(np.random.default_rng([0, 0])), np.random.default_rng([0, 1])
    nnlib.fit(
        net,
        nnlib.BinaryCrossEntropy(),
        nnlib.Momentum(0.1),
        points.X,
        points.y,
        epochs=3,
        batch_size=40,
        rng=rng,
        penalty=nnlib.L2(0.7),
    )
    for _ in range(3 * 4):
        run.step()
    assert run.epoch == 3
    assert np.array_equal(run.net.theta, net.theta)


@pytest.mark.parametrize("name", [*OPTIMIZERS, "adamw"])
def test_every_optimiser_moves_the_weights(name):
    play = Playground(Settings(optimizer=name, hidden=(3,)))
    theta = play.net.theta.copy()
    assert "Step 3," in play.run(3)
    assert not np.array_equal(play.net.theta, theta)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_starts_within_its_rate_and_only_the_constant_one_stays(name):
    play = Playground(Settings(schedule=name, horizon=20, hidden=(2,), lr=0.05))
    rates = []
    for _ in range(20):
        rates.append(play.optimizer.lr)
        play.student.step()
    assert max(rates) <= 0.05 + 1e-12
    assert (len(set(rates)) == 1) == (name == "constant")


@pytest.mark.parametrize("name", [*CHOICES["activation"]])
@pytest.mark.parametrize("extras", [{}, {"batch_norm": True, "dropout": 0.3, "batch": 7}])
def test_every_activation_trains_and_its_frame_can_be_read(name, extras):
    play = Playground(Settings(activation=name, hidden=(4, 3), m=50, **extras))
    play.run(9)
    assert play.problem == ""
    maps, _, _, units = unpack(play)
    assert maps.shape[1:] == (72, 72)
    assert [u.shape for u in units] == [(4, 24, 24), (3, 24, 24)]


def test_a_last_batch_of_one_does_not_stop_batch_norm():
    play = Playground(Settings(batch_norm=True, m=33, batch=32, hidden=(3,)))
    play.run(6)
    assert play.problem == ""
    assert (play.student.step_count, play.student.epoch) == (3, 3)


def test_what_changes_on_the_way_keeps_what_was_learned():
    play = Playground(Settings(activation="relu", init="he", batch_norm=True))
    play.run(30)
    theta, t = play.net.theta.copy(), play.optimizer.t
    mean = play.net[1].running_mean.copy()
    play.change(activation="leaky-relu", dropout=0.2, lr=0.003, penalty="l1", batch=0, noise=0.4)
    assert np.array_equal(play.net.theta, theta)
    assert np.array_equal(play.net[1].running_mean, mean)
    assert (play.optimizer.t, play.optimizer.lr) == (t, 0.003)
    assert play.student.step_count == 30
    play.change(optimizer="sgd")
    assert np.array_equal(play.net.theta, theta)
    assert play.optimizer.t == 0
    play.run(5)
    assert play.problem == ""


@pytest.mark.parametrize(
    "change", [{"hidden": (4,)}, {"init": "he"}, {"seed": 5}, {"batch_norm": True}, {"data": "xor"}]
)
def test_what_starts_elsewhere_starts_again(change):
    play = Playground()
    play.run(10)
    play.change(**change)
    assert (play.student.step_count, play.student.epoch) == (0, 0)
    assert len(play.history["epoch"]) == 1


def test_reset_is_the_same_start_and_new_start_another():
    play = Playground()
    first, said = play.net.theta.copy(), play.caption
    after = play.run(25)
    play.reset()
    assert np.array_equal(play.net.theta, first)
    assert play.caption == said
    assert play.run(25) == after
    play.change(seed=1)
    assert not np.array_equal(play.net.theta, first)


def test_a_long_history_stays_short_and_keeps_its_ends():
    settings = Settings(m=10, batch=0, hidden=(2,))
    run = Training(settings, playground_data.load(settings))
    for _ in range(MOST_RECORDS + 100):
        run.step()
    epochs = run.history["epoch"]
    assert len(epochs) <= MOST_RECORDS
    assert epochs[0] == 0
    assert epochs[-1] >= MOST_RECORDS + 98
    assert set(np.diff(epochs)) == {2.0}
    assert len({len(values) for values in run.history.values()}) == 1


def test_the_history_holds_what_the_network_scores():
    play = Playground(Settings(hidden=(4,)))
    play.run(10)
    Z = play.net.predict(play.X_val)
    J = nnlib.BinaryCrossEntropy()(Z, play.y_val)
    assert play.history["validation loss"][-1] == pytest.approx(J)
    assert play.history["validation accuracy"][-1] == np.mean((Z[:, 0] > 0) == play.y_val)
    assert play.history["epoch"] == [0, 1, 2]
    assert np.isnan(play.history["gradient 1"][0])
    assert play.history["gradient 2"][-1] > 0


def test_divergence_is_a_sentence_and_reset_mends_it():
    play = Playground(Settings(activation="identity", optimizer="sgd", lr=100, hidden=(16, 16, 16)))
    said = play.run(500)
    assert said.startswith("Training diverged: the loss is")
    assert "with learning rate 100" in said
    assert play.error is not None
    assert all(np.isfinite(curve[:1]).all() for curve in unpack(play)[1][:3])
    play.change(lr=0.01)
    play.reset()
    assert play.problem == ""
    assert "Step 5," in play.run(5)


# ---- the learner's own


def test_the_learner_s_own_part_runs_and_the_library_s_beside_it():
    play = Playground("optimizer=adam", optimizer=Signs)
    assert play.own == {"optimizer": "Signs"}
    assert np.array_equal(play.net.theta, play.reference.net.theta)
    said = play.run(15)
    assert isinstance(play.optimizer, Signs)
    assert isinstance(play.reference.optimizer, nnlib.Adam)
    assert "Signs at rate 0.01" in said
    assert "The library's run: " in said
    maps, curves, _, _ = unpack(play)
    assert len(maps) == 2
    assert np.allclose(curves[3], play.reference.history["loss"])


@pytest.mark.parametrize(
    "own", [nnlib.Tanh, lambda: nnlib.Tanh(), (np.tanh, lambda Z: 1 - np.tanh(Z) ** 2)]
)
def test_a_right_answer_walks_with_the_library(own):
    play = Playground("activation=tanh", activation=own)
    play.run(20)
    assert np.allclose(play.net.theta, play.reference.net.theta)
    assert play.shown["J"] == pytest.approx(play.shown["beside"]["J"])


def test_a_broken_part_is_named_and_its_error_kept():
    play = Playground(optimizer=Broken)
    assert play.problem == ""
    assert play.run(1).startswith("Your Broken failed. ValueError: ")
    assert isinstance(play.error, ValueError)
    flat = Playground(activation=(lambda Z: Z[:, :1], lambda Z: Z))
    assert flat.problem.startswith("Your <lambda> failed.")
    assert flat.problem.endswith("The library's runs instead.")
    assert flat.reference is None


@pytest.mark.parametrize("own", [{"optimizer": nnlib.Tanh}, {"activation": 3}, {"activation": np}])
def test_what_is_no_part_at_all_is_refused(own):
    with pytest.raises(TypeError, match=r"takes an? "):
        Playground(**own)


# ---- frames


def test_a_frame_holds_what_the_network_says():
    play = Playground(Settings(hidden=(5, 3), data="xor"))
    play.run(60)
    maps, curves, weights, units = unpack(play)
    P = nnlib.sigmoid(play.net.predict(playground_frame.places())[:, 0]).reshape(72, 72)
    assert np.allclose(maps[0] / 65535, P, atol=1e-5)
    x, y = playground_frame.places()[71]
    assert x > 2.9
    assert y > 2.9
    W = play.net[2].W
    assert np.allclose(weights[1] / 127 * np.abs(W).max(), W, atol=np.abs(W).max() / 127)
    A = play.net[1].forward(play.net[0].forward(playground_frame.places()))[:, 4].reshape(72, 72)
    tile = (units[0][4].astype(float) - 128) / 127
    assert np.allclose(tile * np.abs(A[1::3, 1::3]).max(), A[1::3, 1::3], atol=0.01)
    assert np.allclose(curves[1], play.history["loss"])
    assert np.allclose(curves[4][1:], play.history["gradient 1"][1:])


def test_a_silent_unit_is_one_that_passes_nothing():
    play = Playground(Settings(activation="relu", init="he", hidden=(4,)))
    play.net[0].b = [0.0, -100.0, 0.0, -100.0]
    play.show()
    assert play.shown["silent"] == [False, True, False, True]
    assert "2 of 4 hidden units are silent" in play.caption
    assert (unpack(play)[3][0][1] == 128).all()


def test_points_go_to_the_page_with_class_and_set():
    play = Playground(Settings(m=40))
    table = np.frombuffer(play.points, "<f4").reshape(-1, 4)
    assert np.allclose(table[:40, :2], np.clip(play.X, -3, 3), atol=1e-6)
    assert np.array_equal(table[:40, 2], play.y)
    assert table[:, 3].sum() == len(play.X_val)


def test_a_saved_page_has_a_picture_and_words():
    for play in (Playground("hidden="), Playground("data=placed"), Playground(optimizer=Signs)):
        data, _ = play._repr_mimebundle_()
        assert data["image/png"].startswith(b"\x89PNG")
        assert data["text/plain"] == play.caption != ""


# ---- goals


def goal(play, title):
    return next(goal for goal in play.goals if goal["title"] == title)


def test_the_spiral_can_be_solved_with_few_units():
    play = Playground("data=spirals&noise=0.1&hidden=8,4&lr=0.03")
    assert not any(goal["reached"] for goal in play.goals)
    said = play.run(2000)
    assert "Goal reached, “Solve the spiral”: 12 units" in said
    assert goal(play, "Solve the spiral")["reached"]


def test_more_units_do_not_count():
    play = Playground("data=spirals&noise=0.1&hidden=8,8&lr=0.03")
    play.run(1500)
    assert play.history["validation accuracy"][-1] >= 0.95
    assert not goal(play, "Solve the spiral")["reached"]


def test_relus_die_and_can_be_woken_but_not_by_a_reset():
    play = Playground(KILL)
    play.run(100)
    assert "now wake them" in goal(play, "Kill the ReLUs, and wake them")["state"]
    play.reset()
    assert goal(play, "Kill the ReLUs, and wake them")["state"] == ""
    play.run(100)
    play.change(**WAKE)
    assert not goal(play, "Kill the ReLUs, and wake them")["reached"]
    assert "Goal reached, “Kill the ReLUs, and wake them”: only" in play.run(600)


def test_overfitting_is_seen_and_mended_on_the_same_points_only():
    title = "Overfit, and mend it"
    play = Playground(OVERFIT)
    play.run(900)
    assert "Now mend it" in goal(play, title)["state"]
    play.change(draw=3)
    assert goal(play, title)["state"] == ""
    play = Playground(OVERFIT)
    play.run(900)
    play.change(penalty="l2", lam=0.3)
    play.reset()
    assert not goal(play, title)["reached"]
    assert "Goal reached, “Overfit, and mend it”: mended" in play.run(700)


# ---- live


def live(act, play):
    """Train in an event loop, with a page that says it drew every frame."""

    async def scene():
        play.train()
        page = asyncio.create_task(draw())
        await act()
        page.cancel()

    async def draw():
        while True:
            play._answer({"do": "drawn", "frame": play._sent})
            await asyncio.sleep(0.005)

    asyncio.run(scene())


@pytest.mark.parametrize("speed", ["slow", "steady", "full"])
def test_it_trains_while_other_things_happen_and_stops_at_once(speed):
    play = Playground()
    play._answer({"do": "speed", "value": speed})

    async def act():
        frames, turns, started = play._sent, 0, time.perf_counter()
        while play._sent < frames + 3 and time.perf_counter() - started < 10:
            await asyncio.sleep(0.001)
            turns += 1
        assert play.training
        assert turns >= 3  # something else had its turn between any two frames
        play._answer({"do": "stop"})
        step = play.student.step_count
        assert step > 0
        await asyncio.sleep(0.3)
        assert play.student.step_count == step

    live(act, play)
    assert not play.training


def test_changes_act_while_it_trains_and_a_bad_one_stops_it():
    play = Playground()

    async def act():
        play._answer({"do": "change", "values": {"hidden": [3, 2]}})
        assert play.training
        await asyncio.sleep(0.1)
        assert play.student.step_count > 0
        play._answer({"do": "change", "values": {"lr": ""}})
        assert not play.training
        assert "got nothing" in play.problem

    live(act, play)


def test_divergence_stops_a_live_run_with_a_sentence():
    play = Playground(Settings(activation="identity", optimizer="sgd", lr=100, hidden=(16, 16, 16)))
    play.speed = "full"

    async def act():
        started = time.perf_counter()
        while play.training and time.perf_counter() - started < 10:
            await asyncio.sleep(0.01)

    live(act, play)
    assert not play.training
    assert play.problem.startswith("Training diverged")
    assert play.caption == play.problem


def test_without_a_notebook_it_says_how_to_train():
    with pytest.raises(RuntimeError, match=r"run\(steps\)"):
        Playground().train()


def test_it_stops_when_the_last_view_goes_or_the_page_answers_no_more(monkeypatch):
    play = Playground()
    for view in ("one", "two"):
        play._answer({"do": "shown", "view": view})

    async def act():
        play._answer({"do": "gone", "view": "one"})
        assert play.training
        play._answer({"do": "gone", "view": "two"})
        assert not play.training

    live(act, play)
    monkeypatch.setattr("nnlib.viz.playground.PATIENCE", 0.2)

    async def unseen():
        play.train()
        await asyncio.sleep(0.8)

    asyncio.run(unseen())
    assert not play.training
    assert "no page shows this playground" in play.problem
    assert play.student.step_count < 200


def test_two_playgrounds_do_not_share_anything():
    one, two = Playground("hidden=4"), Playground("hidden=4")
    theta = two.net.theta.copy()
    one.run(20)
    one.change(data="xor")
    assert np.array_equal(two.net.theta, theta)
    assert two.settings.data == "moons"
    assert "Step 0" in two.caption


def test_words_are_not_renewed_at_every_frame():
    play = Playground()
    said = play.caption
    play.student.step()
    play.show(now=False)
    assert play.caption == said
    assert play.shown["step"] == 1
    play.show()
    assert "Step 1," in play.caption


def test_a_link_restores_everything_on_an_open_page():
    play = Playground()
    play._answer({"do": "open", "text": "data=xor&hidden=3&lr=0.2"})
    assert play.settings == Settings(data="xor", hidden=(3,), lr=0.2)
    assert Settings.read(play.text) == play.settings
    play._answer({"do": "open", "text": "data=sun"})
    assert "no data called 'sun'" in play.problem
