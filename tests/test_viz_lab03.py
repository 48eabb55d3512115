"""Lab 03's pictures say what nnlib computes, and every goal can be reached."""

import re

import numpy as np
import pytest
from helpers_viz import exercise_every_control

import nnlib
from nnlib import CrossEntropy, datasets, initializers
from nnlib.activations import Identity, LeakyReLU, PReLU, ReLU, Sigmoid, Tanh
from nnlib.viz import lab03, render

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture(scope="module")
def batch():
    """The lab's 256 digits."""
    digits = datasets.digits()
    parts = nnlib.split(1797, (0.6, 0.2, 0.2), rng=np.random.default_rng(0), stratify=digits.y)
    train = parts[0]
    X = (digits.X - digits.X[train].mean()) / digits.X[train].std()
    return X[train][:256], digits.y[train][:256]


@pytest.fixture
def make(batch):
    return {
        "ActivationCurves": lab03.ActivationCurves,
        "GradientDepth": lambda: lab03.GradientDepth(*batch),
        "LayerHistograms": lambda: lab03.LayerHistograms(*batch),
        "DyingReLU": lambda: lab03.DyingReLU(*batch),
    }


WIDGETS = ("ActivationCurves", "GradientDepth", "LayerHistograms", "DyingReLU")


@pytest.mark.parametrize("name", WIDGETS)
def test_every_control_works_at_its_extremes(make, name, small_pictures):
    captions = exercise_every_control(make[name]())
    assert len(set(captions)) >= 3
    assert all(len(caption) > 40 for caption in captions)
    assert not any(re.search(r"\bnan\b|\binf\b", caption) for caption in captions)


@pytest.mark.parametrize("name", WIDGETS)
def test_no_goal_is_reached_before_the_reader_moves(make, name):
    assert not make[name]().goal_reached


@pytest.mark.parametrize("unit", lab03.CURVES)
@pytest.mark.parametrize("z", [-6.0, -0.3, 0.0, 1.2, 6.0])
def test_the_curve_its_slope_and_the_dots_are_nnlibs(unit, z):
    widget = lab03.ActivationCurves()
    widget.unit.value, widget.z.value = unit, z
    layer = lab03.CURVES[unit](widget.alpha.value)
    grid, curve = widget.curve.get_data()
    assert np.allclose(curve, layer.g(grid), equal_nan=True)
    assert np.allclose(widget.slope.get_ydata(), layer.slope(grid), equal_nan=True)
    value, slope = layer.g(np.array([z]))[0], layer.slope(np.array([z]))[0]
    assert [point.get_ydata()[0] for point in widget.points] == pytest.approx([value, slope])
    assert f"g′(z) = {slope:.4f}".replace("-", "−") in widget.caption
    if unit in ("sigmoid", "tanh", "softplus") or z:
        measured = nnlib.numerical_gradient(lambda v: float(layer.g(v)[0]), np.array([z]))
        assert measured[0] == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("unit", ["sigmoid", "tanh", "ReLU", "step", "identity"])
def test_the_shade_lies_where_less_than_5_percent_gets_through(unit):
    widget = lab03.ActivationCurves()
    widget.unit.value = unit
    z = np.linspace(-5.95, 5.95, 120)
    flat = lab03.CURVES[unit](0.2).slope(z) < lab03.SATURATED
    for zones in widget.zones:
        shaded = np.zeros(z.shape, bool)
        for span in zones.spans:
            shaded |= (span.get_x() < z) & (z < span.get_x() + span.get_width())
        assert np.array_equal(shaded, flat)


def test_one_percent_of_the_sigmoid_then_of_tanh_reaches_the_goal():
    widget = lab03.ActivationCurves()
    for unit, wrong, right in (("sigmoid", 4.5, 4.6), ("tanh", -3.1, -3.0)):
        widget.unit.value = unit
        widget.z.value = wrong
        assert not widget.goal_reached
        widget.z.value = right
    assert widget.goal_reached
    widget.z.value = 0.0
    assert widget.goal_reached


@pytest.mark.parametrize("alpha", [0.2, 1.5])
def test_the_dashed_line_leaves_leaky_relu_above_one(alpha):
    widget = lab03.ActivationCurves()
    widget.unit.value, widget.alpha.value = "PReLU", alpha
    same = np.allclose(widget.maximum.get_ydata(), widget.curve.get_ydata(), equal_nan=True)
    assert same == (alpha <= 1)
    assert ("max(αz, z) is another function" in widget.caption) == (alpha > 1)
    widget.z.value = -2.0
    assert "∂g/∂α = min(0, z) = −2" in widget.caption


def test_the_readers_own_function_is_drawn_over_the_curve():
    widget = lab03.ActivationCurves(lambda z: z**2)
    (mine,) = (line for line in widget.figure.axes[0].lines if line.get_label() == "yours")
    assert np.array_equal(mine.get_ydata(), mine.get_xdata() ** 2)


@pytest.mark.parametrize(
    ("unit", "kind", "depth"), [("ReLU", "He", 7), ("tanh", "U(−1/√n, 1/√n)", 3)]
)
def test_the_norms_are_those_of_a_backward_pass_by_hand(batch, unit, kind, depth):
    widget = lab03.GradientDepth(*batch)
    widget.unit.value, widget.init.value, widget.depth.value = unit, kind, depth
    widget.gain.value = 1.5
    g = lab03.UNITS[unit]()
    net = lab03.deep_network(
        lab03.UNITS[unit], lab03.INITS[kind], depth, rng=np.random.default_rng(0)
    )
    dense = [layer for layer in net if isinstance(layer, nnlib.Dense)]
    A, Z = batch[0], []
    for layer in dense[:-1]:
        Z.append(A @ (1.5 * layer.W).T)
        A = g.g(Z[-1])
    loss = CrossEntropy()
    loss(A @ (1.5 * dense[-1].W).T, batch[1])
    dZ, norms = loss.backward(), []
    for l in range(depth - 1, -1, -1):
        dZ = dZ @ (1.5 * dense[l + 1].W) * g.slope(Z[l])
        norms.insert(0, np.linalg.norm(dZ))
    assert np.allclose(widget.line.get_ydata(), norms)
    assert f"{depth} hidden layers" in widget.caption


HOLDS = [
    ("ReLU", "He", 1.0),
    ("Leaky ReLU (0.01)", "He", 1.0),
    ("ReLU", "orthogonal", 1.4),
    ("tanh", "orthogonal", 1.0),
    ("tanh", "He", 1.0),
    ("tanh", "LeCun", 1.1),
    ("tanh", "Glorot", 1.4),
    ("identity", "LeCun", 1.0),
    ("identity", "Glorot", 1.0),
    ("identity", "orthogonal", 1.0),
    ("sigmoid", "N(0, 1)", 1.3),
]


@pytest.mark.parametrize(("unit", "init", "gain"), HOLDS)
def test_these_pairs_hold_the_gradient_over_fifty_layers(batch, unit, init, gain):
    widget = lab03.GradientDepth(*batch)
    widget.unit.value, widget.init.value, widget.gain.value = unit, init, gain
    widget.depth.value = 49
    assert not widget.goal_reached
    widget.depth.value = 50
    assert widget.goal_reached
    assert "kept" in widget.caption
    norms = widget.line.get_ydata()
    low, height = widget.band.get_y(), widget.band.get_height()
    assert low <= norms[0] <= low + height


@pytest.mark.parametrize("init", ["LeCun", "Glorot", "He", "orthogonal", "N(0, 0.01²)"])
@pytest.mark.parametrize("gain", [1.0, 2.0, 4.0])
def test_the_usual_weights_do_not_save_the_sigmoid(batch, init, gain):
    widget = lab03.GradientDepth(*batch)
    widget.init.value, widget.gain.value, widget.depth.value = init, gain, 50
    assert not widget.goal_reached
    assert "vanished" in widget.caption


def test_zeros_let_no_gradient_through_and_large_weights_explode(batch, small_pictures):
    widget = lab03.GradientDepth(*batch)
    widget.init.value = "all zeros"
    assert "no hidden layer gets any gradient" in widget.caption
    widget.unit.value, widget.init.value, widget.gain.value = "ReLU", "He", 2.0
    assert "exploded" in widget.caption


def test_the_readers_own_weights_join_the_menu(batch):
    def mine(shape, kind, rng):
        return initializers.he_normal(shape, rng=rng, dtype=np.float64) * (kind == "he")

    widget = lab03.GradientDepth(*batch, mine)
    widget.unit.value, widget.depth.value, widget.init.value = "ReLU", 50, "yours: he"
    assert widget.goal_reached
    widget.init.value = "yours: glorot"
    assert "no hidden layer gets any gradient" in widget.caption


def test_the_histograms_hold_every_value_in_their_range(batch):
    widget = lab03.LayerHistograms(*batch)
    widget.unit.value, widget.init.value = "tanh", "He"
    net = lab03.deep_network(Tanh, initializers.he_normal, 10, rng=np.random.default_rng(0))
    traces = lab03.hidden_traces(net, *batch)
    for row, side in zip(widget.rows, ("Y", "dX"), strict=True):
        layers = [getattr(traces[l - 1], side) for l in widget.shown]
        widest = max(np.quantile(np.abs(values), 0.99) for values in layers)
        for values, stairs, ends in zip(layers, row.stairs, row.ends, strict=True):
            heights, edges, _ = stairs.get_data()
            counts, _ = np.histogram(values, widest * edges)
            assert np.allclose(heights, counts / counts.max())
            assert counts.sum() > 0.9 * values.size
            said = [float(end.get_text().replace("−", "-")) for end in ends]
            assert np.allclose(said, [-widest, widest], rtol=0.005)
    spread = traces[0].Y.std()
    assert f"the activations spread {spread:.3g} at layer 1" in widget.caption
    titles = [ax.get_title() for ax in widget.rows[0].axes]
    assert titles[0] == f"layer 1: spread {spread:.3g}"


@pytest.mark.parametrize("tanh", ["LeCun", "Glorot", "He", "orthogonal"])
def test_tanh_and_then_relu_keep_their_spread(batch, tanh):
    widget = lab03.LayerHistograms(*batch)
    widget.init.value = tanh
    assert not widget.goal_reached
    widget.unit.value, widget.init.value = "ReLU", "He"
    assert widget.goal_reached


@pytest.mark.parametrize(
    ("unit", "init"),
    [("tanh", "N(0, 1)"), ("tanh", "all zeros"), ("ReLU", "LeCun"), ("ReLU", "orthogonal")]
    + [("sigmoid", init) for init in lab03.INITS if init != "N(0, 1)"],
)
def test_these_starts_do_not_keep_it(batch, unit, init):
    widget = lab03.LayerHistograms(*batch)
    widget.unit.value, widget.init.value = unit, init
    assert unit not in widget.kept


def take(widget, steps):
    for _ in range(steps // widget.steps_per_frame):
        widget.step()
    widget.refresh()


def dead_by_definition(widget):
    Z = widget.X @ widget.net[0].W.T + widget.net[0].b
    return int((Z <= 0).all(axis=0).sum())


@pytest.mark.parametrize(("lr", "bias"), [(10**0.5, 0.0), (0.1, -5.0)])
def test_the_units_die_and_a_slope_with_a_small_rate_revives_the_network(batch, lr, bias):
    widget = lab03.DyingReLU(*batch)
    widget.lr.value, widget.bias.value = lr, bias
    take(widget, 40)
    assert dead_by_definition(widget) > 32
    assert widget.killed
    assert f"{dead_by_definition(widget)} of 40 units are dead" in widget.caption
    assert len(widget.crosses.get_xdata()) == dead_by_definition(widget)

    widget.lr.value = 10**-0.5
    take(widget, 100)
    assert widget.costs[-1] > 2
    assert not widget.goal_reached

    widget.alpha.value = 0.3
    assert "0 of 40 units are dead" in widget.caption
    take(widget, 100)
    assert widget.costs[-1] < 1
    assert widget.goal_reached
    assert "✓" in widget.headline.badge


def test_a_slope_of_one_hundredth_takes_longer_than_we_wait(batch):
    widget = lab03.DyingReLU(*batch)
    widget.bias.value = -8.0
    widget.alpha.value, widget.lr.value = 0.01, 10**-0.5
    take(widget, 400)
    assert widget.costs[-1] > 1
    assert "40 never fire, but the slope α lets their gradient through" in widget.caption


def test_a_gentle_start_kills_nobody_and_reset_forgets_the_dead(batch):
    widget = lab03.DyingReLU(*batch)
    take(widget, 100)
    assert dead_by_definition(widget) == 0
    assert not widget.goal_reached
    widget.bias.value = -8.0
    assert widget.killed
    widget.bias.value = 0.0
    assert not widget.killed
    assert widget.taken == 0


def test_the_steps_are_those_of_nnlibs_training(batch):
    widget = lab03.DyingReLU(*batch)
    take(widget, 20)
    net = lab03.deep_network(
        ReLU, initializers.he_normal, 1, width=40, rng=np.random.default_rng(0)
    )
    history = nnlib.fit(net, CrossEntropy(), nnlib.SGD(widget.lr.value), *batch, epochs=20)
    assert np.allclose(widget.cost_line.get_ydata()[:-1], history["loss"][::2])
    fires = 100 * (net[0].forward(batch[0]) > 0).mean(axis=0)
    assert np.allclose([bar.get_height() for bar in widget.bars], fires)


def test_a_cost_that_runs_away_stops_the_training_and_says_so(batch, small_pictures):
    widget = lab03.DyingReLU(*batch)
    widget.lr.value, widget.alpha.value = 10.0, 0.5
    take(widget, 400)
    assert widget.taken < 400
    assert np.isfinite(widget.costs).all()
    assert not widget.step()
    assert "It has run away" in widget.caption


@pytest.mark.parametrize("g", [Sigmoid, LeakyReLU, Identity, lambda: PReLU(1, dtype=np.float64)])
def test_the_deep_network_is_dense_and_g_by_turns(g):
    rng = np.random.default_rng(0)
    net = lab03.deep_network(g, initializers.glorot_normal, 3, rng=rng, width=5, n_in=4, n_out=2)
    shapes = [layer.W.shape for layer in net if isinstance(layer, nnlib.Dense)]
    assert shapes == [(5, 4), (5, 5), (5, 5), (2, 5)]
    assert [type(layer) for layer in net.layers[1::2]] == [type(g())] * 3
    assert net.theta.dtype == np.float64


def test_boundaries_count_the_points_that_are_right():
    X, y = np.array([[-1.0, 0.0], [1.0, 0.5], [2.0, -1.0]]), np.array([0, 1, 0])
    made = lab03.boundaries(
        {"right half": lambda P: (P[:, 0] > 0) * 1.0, "all": lambda P: 0 * P[:, 0] + 0.9}, X, y
    )
    assert made.caption == "Right half: 2 of 3 points right; all: 1 of 3 points right."
    assert [ax.get_title() for ax in made.axes] == ["right half", "all"]
    assert render(made).startswith(b"\x89PNG")
