"""Exercises of lab 03: from two layers that are one to the gradient of a learned slope."""

from collections.abc import Callable
from typing import Any

import numpy as np

import nnlib
from nnlib import initializers
from nnlib.grading.compare import Closeness
from nnlib.grading.exercise import Case, Exercise, Hint, Wrong

Pair = tuple[np.ndarray, np.ndarray]


def _collapsed(W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray) -> Pair:
    return W2 @ W1, W2 @ b1 + b2


def _probed(W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray) -> Pair:
    def both(X: np.ndarray) -> np.ndarray:
        return (X @ W1.T + b1) @ W2.T + b2

    b = both(np.zeros((1, W1.shape[1])))[0]
    return (both(np.eye(W1.shape[1])) - b).T, b


def _layers(n0: int, n1: int, n2: int) -> Callable[[np.random.Generator], dict[str, Any]]:
    return lambda rng: {
        "W1": rng.normal(size=(n1, n0)),
        "b1": rng.normal(size=n1),
        "W2": rng.normal(size=(n2, n1)),
        "b2": rng.normal(size=n2),
    }


collapse = Exercise(
    id="collapse",
    title="Two layers that are one",
    difficulty=1,
    minutes=8,
    reference=_collapsed,
    alternatives=(
        _probed,
        lambda W1, b1, W2, b2: (np.einsum("ij,jk->ik", W2, W1), np.einsum("ij,j->i", W2, b1) + b2),
    ),
    links=("W", "b"),
    axes={"W": ("n2", "n0"), "b": ("n2",)},
    cases=(
        Case(
            "the lab's three hidden units",
            {
                "W1": np.array([[1.0, 2.0], [0.0, 1.0], [-1.0, 1.0]]),
                "b1": np.array([1.0, 0.0, 2.0]),
                "W2": np.array([[1.0, 1.0, 2.0]]),
                "b2": np.array([3.0]),
            },
        ),
        Case("4 inputs, 3 hidden units, 2 outputs", _layers(4, 3, 2), points=2),
        Case("2 inputs, 5 hidden units, 3 outputs", _layers(2, 5, 3)),
    ),
    wrongs=(
        Wrong(
            "first bias lost",
            lambda W1, b1, W2, b2: (W2 @ W1, b2),
            "You lose b1: the second layer multiplies it by W2, so b = W2 b1 + b2.",
        ),
        Wrong(
            "second bias lost",
            lambda W1, b1, W2, b2: (W2 @ W1, W2 @ b1),
            "You lose b2: it is added after W2 b1.",
        ),
        Wrong(
            "b2 twice",
            lambda W1, b1, W2, b2: (W2 @ W1, 2 * b2),
            "b2 stands there twice and b1 not at all: b = W2 b1 + b2.",
        ),
        Wrong(
            "weights unused",
            lambda W1, b1, W2, b2: (W2 @ W1, b1.sum() + b2),
            "You add up b1 as it is; each entry of b1 passes through its weight in W2.",
        ),
        Wrong(
            "transposed",
            lambda W1, b1, W2, b2: (W1.T @ W2.T, W2 @ b1 + b2),
            "Your W is the transpose: outputs are its rows, so W = W2 W1, of shape (n2, n0).",
        ),
        Wrong(
            "both through W2",
            lambda W1, b1, W2, b2: (W2 @ W1, W2 @ b1 + W2.sum(axis=1) * b2),
            "b2 comes after W2 and is not multiplied by anything: b = W2 b1 + b2.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Put z1 = W1 x + b1 into z2 = W2 z1 + b2 on paper and multiply out. What stands before "
            "x is W; the rest is b.",
        ),
        Hint("The shapes do not fit", "W2 is (n2, n1) and W1 (n1, n0): only W2 @ W1 is (n2, n0)."),
        Hint("I nearly have it", "b has two parts: W2 @ b1, and b2."),
    ),
)


def _tanh_and_slope(z: np.ndarray) -> Pair:
    return np.tanh(z), 1 - np.tanh(z) ** 2


def _through_sigmoid(z: np.ndarray) -> Pair:
    s = nnlib.sigmoid(2 * z)
    return 2 * s - 1, 4 * s * (1 - s)


def _tanh_by(
    value: Callable[[np.ndarray], np.ndarray], slope: Callable[[np.ndarray], np.ndarray]
) -> Callable[[np.ndarray], Pair]:
    """A wrong answer made of a value of z and a slope of that value."""
    return lambda z: (value(z), slope(value(z)))


tanh_and_slope = Exercise(
    id="tanh_and_slope",
    title="Tanh, from the sigmoid",
    difficulty=1,
    minutes=10,
    reference=_tanh_and_slope,
    library=(nnlib.Tanh,),
    alternatives=(
        _through_sigmoid,
        lambda z: (
            nnlib.sigmoid(2 * z) - nnlib.sigmoid(-2 * z),
            4 * nnlib.sigmoid(2 * z) * nnlib.sigmoid(-2 * z),
        ),
    ),
    links=("a", "slope"),
    axes={"a": ("rows", "columns"), "slope": ("rows", "columns")},
    cases=(
        Case("z = 1 and z = −0.5", {"z": np.array([1.0, -0.5])}),
        Case("a (2, 5) array", lambda rng: {"z": rng.normal(size=(2, 5))}, points=2),
        Case("far out", {"z": np.array([-1000.0, 0.5, 1000.0])}),
    ),
    wrongs=(
        Wrong(
            "as the lecture has it",
            _tanh_by(lambda z: 2 * nnlib.sigmoid(z) - 1, lambda a: 1 - a**2),
            "2σ(z) − 1 is only half as fast as tanh: the factor 2 belongs inside σ too.",
        ),
        Wrong(
            "no stretch",
            _tanh_by(lambda z: nnlib.sigmoid(2 * z), lambda a: 1 - a**2),
            "σ(2z) runs from 0 to 1; stretch it to −1 … 1.",
        ),
        Wrong(
            "twice too high",
            _tanh_by(lambda z: 2 * nnlib.sigmoid(2 * z), lambda a: 1 - a**2),
            "2σ(2z) runs from 0 to 2; tanh runs from −1 to 1, so take 1 away.",
        ),
        Wrong(
            "the sigmoid's slope",
            _tanh_by(np.tanh, lambda a: a * (1 - a)),
            "a(1 − a) is the sigmoid's slope; that of tanh is 1 − a².",
        ),
        Wrong(
            "not squared",
            _tanh_by(np.tanh, lambda a: 1 - a),
            "The slope is 1 − a², with a square: it is the same for z and −z.",
        ),
        Wrong(
            "slope of the slope",
            lambda z: (np.tanh(z), 1 - z**2),
            "You square z; the slope is 1 − a², with a = tanh z.",
        ),
        Wrong(
            "half the slope",
            lambda z: (np.tanh(z), 2 * nnlib.sigmoid(2 * z) * (1 - nnlib.sigmoid(2 * z))),
            "Your slope lacks a factor 2: the one in front of σ and the one inside both count.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Multiply (e^z − e^(−z))/(e^z + e^(−z)) above and below by e^(−z), and compare with "
            "1/(1 + e^(−2z)).",
        ),
        Hint(
            "My values are too small",
            "At z = 1 tanh is 0.7616, and 2σ(1) − 1 is 0.4621. σ must run twice as fast.",
        ),
        Hint("I nearly have it", "a = 2σ(2z) − 1, and its slope needs only a: one minus a square."),
    ),
)


def _leaky(Z: np.ndarray, dA: np.ndarray, alpha: float) -> Pair:
    unit = nnlib.LeakyReLU(alpha)
    return unit.forward(Z), unit.backward(dA)


def _leaky_by_sums(Z: np.ndarray, dA: np.ndarray, alpha: float) -> Pair:
    A = np.maximum(Z, 0) + alpha * np.minimum(Z, 0)
    return A, dA * (Z > 0) + alpha * dA * (Z <= 0)


def _leaky_by_masks(Z: np.ndarray, dA: np.ndarray, alpha: float) -> Pair:
    A, dZ = Z.copy(), dA.copy()
    A[Z <= 0] *= alpha
    dZ[Z <= 0] *= alpha
    return A, dZ


def _leaky_in_place(Z: np.ndarray, dA: np.ndarray, alpha: float) -> Pair:
    below = Z <= 0
    Z[below] *= alpha
    dA[below] *= alpha
    return Z, dA


def _batch(alpha: float) -> Callable[[np.random.Generator], dict[str, Any]]:
    return lambda rng: {
        "Z": rng.normal(size=(3, 5)),
        "dA": rng.normal(size=(3, 5)),
        "alpha": alpha,
    }


leaky_relu = Exercise(
    id="leaky_relu",
    title="Leaky ReLU, forward and backward",
    difficulty=2,
    minutes=12,
    reference=_leaky,
    library=(nnlib.LeakyReLU, nnlib.ReLU, nnlib.PReLU),
    alternatives=(_leaky_by_sums, _leaky_by_masks),
    links=("A", "dZ"),
    axes={"A": ("m", "n"), "dZ": ("m", "n")},
    cases=(
        Case(
            "below, at and above the kink",
            {
                "Z": np.array([[-2.0, 0.0, 3.0], [1.0, -0.5, 0.0]]),
                "dA": np.array([[1.0, 2.0, -1.0], [0.5, 4.0, 3.0]]),
                "alpha": 0.1,
            },
            points=2,
        ),
        Case("a (3, 5) batch, α = 0.01", _batch(0.01)),
        Case("α = 0: ReLU", _batch(0.0)),
        Case("α = 1.5", _batch(1.5)),
    ),
    wrongs=(
        Wrong(
            "max(αz, z)",
            lambda Z, dA, alpha: (np.maximum(alpha * Z, Z), dA * np.where(Z > 0, 1, alpha)),
            "max(αz, z) is Leaky ReLU only for α ≤ 1; decide by the sign of z.",
        ),
        Wrong(
            "slope 1 at the kink",
            lambda Z, dA, alpha: (np.where(Z > 0, Z, alpha * Z), dA * np.where(Z >= 0, 1, alpha)),
            "At z = 0 your slope is 1; here the kink takes the left side's, α.",
        ),
        Wrong(
            "closed below",
            lambda Z, dA, alpha: (np.where(Z > 0, Z, alpha * Z), dA * (Z > 0)),
            "Your dZ is ReLU's: below 0 a share α of the gradient still gets through.",
        ),
        Wrong(
            "no upstream",
            lambda Z, dA, alpha: (np.where(Z > 0, Z, alpha * Z), np.where(Z > 0, 1.0, alpha)),
            "You return the slope g′(Z) itself; multiply it by dA.",
        ),
        Wrong(
            "activation for slope",
            lambda Z, dA, alpha: (
                np.where(Z > 0, Z, alpha * Z),
                dA * np.where(Z > 0, Z, alpha * Z),
            ),
            "You multiply dA by the activation A; backward multiplies by the slope, 1 or α.",
        ),
        Wrong(
            "decided by dA",
            lambda Z, dA, alpha: (np.where(Z > 0, Z, alpha * Z), np.where(dA > 0, dA, alpha * dA)),
            "You look at the sign of dA; which slope counts is decided by the sign of Z.",
        ),
        Wrong(
            "constant below",
            lambda Z, dA, alpha: (np.where(Z > 0, Z, alpha), dA * np.where(Z > 0, 1, alpha)),
            "Below 0 your A is the constant α; it should be α times z.",
        ),
        Wrong("in place", _leaky_in_place, "You change the caller's Z or dA; work on new arrays."),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "np.where(condition, this, that) chooses entry by entry. The condition is Z > 0.",
        ),
        Hint(
            "Only α = 1.5 or the kink is wrong",
            "For α > 1, max picks the wrong branch; and Z > 0 is False at the kink, as we want it.",
        ),
        Hint(
            "I nearly have it",
            "Forward chooses between Z and αZ; backward chooses between 1 and α, times dA.",
        ),
    ),
)


def _chain_by_loop(w: np.ndarray, z: np.ndarray) -> np.ndarray:
    slope = nnlib.Sigmoid().slope(z)
    d = [slope[-1]]
    for weight, own in zip(w[:0:-1], slope[-2::-1], strict=True):
        d.append(d[-1] * weight * own)
    return np.array(d[::-1])


def _chain_by_products(w: np.ndarray, z: np.ndarray) -> np.ndarray:
    a = nnlib.sigmoid(z)
    slope = a * (1 - a)
    return np.array([np.prod(slope[l:]) * np.prod(w[l + 1 :]) for l in range(len(w))])


def _backwards(factors: np.ndarray) -> np.ndarray:
    """The product of all factors from each position to the end."""
    return np.cumprod(factors[::-1])[::-1]


def _shifted(w: np.ndarray) -> np.ndarray:
    """At each neuron the weight on its right, and 1 at the last."""
    return np.append(w[1:], 1.0)


def _own_weight(w: np.ndarray, z: np.ndarray) -> np.ndarray:
    slope = nnlib.Sigmoid().slope(z)
    return _backwards(slope * w) / w[-1]


def _from_the_left(w: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.cumprod(nnlib.Sigmoid().slope(z) * w)


gradient_through = Exercise(
    id="gradient_through",
    title="What arrives at each neuron of a chain",
    difficulty=2,
    minutes=15,
    reference=_chain_by_loop,
    library=(nnlib.Value,),
    alternatives=(
        _chain_by_products,
        lambda w, z: _backwards(nnlib.Sigmoid().slope(z) * _shifted(w)),
    ),
    axes=("n",),
    cases=(
        Case("two neurons at z = 0.5", {"w": np.array([5.0, 2.0]), "z": np.array([0.5, 0.5])}),
        Case(
            "lab 02's three neurons",
            {"w": np.array([0.32, 0.18, 0.23]), "z": np.array([0.32, 0.104278, 0.120991])},
        ),
        Case(
            "seven random ones",
            lambda rng: {"w": rng.normal(scale=3, size=7), "z": rng.normal(size=7)},
            points=2,
        ),
    ),
    wrongs=(
        Wrong(
            "its own weight",
            _own_weight,
            "Each d takes its own weight; on the way back it passes through the next neuron's, "
            "the w on its right.",
        ),
        Wrong(
            "no weights",
            lambda w, z: _backwards(nnlib.Sigmoid().slope(z)),
            "The weights are missing: every step back multiplies by w too.",
        ),
        Wrong(
            "σ for σ′",
            lambda w, z: _backwards(nnlib.sigmoid(z) * _shifted(w)),
            "You multiply by σ(z); the chain rule wants the slope σ(z)(1 − σ(z)).",
        ),
        Wrong(
            "always a quarter",
            lambda w, z: _backwards(0.25 * _shifted(w)),
            "¼ is the largest slope the sigmoid has, at z = 0; use the slope at each z.",
        ),
        Wrong(
            "from the left",
            _from_the_left,
            "You start at the first neuron; the gradient starts at the last and walks back.",
        ),
        Wrong(
            "neighbour only",
            lambda w, z: nnlib.Sigmoid().slope(z) * _shifted(w),
            "Your d knows only its own neuron; it must multiply the d that arrives from the right.",
        ),
        Wrong(
            "first weight too",
            lambda w, z: _backwards(nnlib.Sigmoid().slope(z) * w),
            "One weight too many: ∂a_n/∂z_n is σ′(z_n) alone, and no w₁ stands behind z₁.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Work out all slopes σ′(z) = a(1 − a) first. The last d is the last slope.",
        ),
        Hint(
            "My first entries are wrong",
            "Walk from the last neuron to the first: each d is the d on its right, times the "
            "weight on its right, times its own slope.",
        ),
        Hint(
            "I nearly have it",
            "A loop over l from n − 2 down to 0: range(n - 2, -1, -1), with d[l + 1] and w[l + 1].",
        ),
    ),
)


def weight_facts(answer: Callable[..., Any], shape: Any, kind: str, seed: int) -> Any:
    """What makes first weights right, whichever numbers were drawn."""
    W = answer(shape, kind, np.random.default_rng(seed))
    if W is None:
        return None
    W = np.asarray(W, dtype=float)
    again = np.asarray(answer(shape, kind, np.random.default_rng(seed)), dtype=float)
    other = np.asarray(answer(shape, kind, np.random.default_rng(seed + 1)), dtype=float)
    spread = W.std()
    return {
        "shape": W.shape,
        "the mean is about 0": bool(abs(W.mean()) < 0.05 * spread),
        "standard deviation": spread,
        "share within one standard deviation": np.mean(np.abs(W) < spread),
        "the same rng draws the same again": bool(np.array_equal(W, again)),
        "another rng draws others": not np.array_equal(W, other),
    }


def _library_weights(shape: tuple[int, int], kind: str, rng: np.random.Generator) -> np.ndarray:
    draw = getattr(initializers, f"{kind}_normal")
    return np.asarray(draw(shape, rng=rng, dtype=np.float64))


def _variance(shape: tuple[int, int], kind: str) -> float:
    n_out, n_in = shape
    return {"lecun": 1 / n_in, "glorot": 2 / (n_in + n_out), "he": 2 / n_in}[kind]


def _scaled(shape: tuple[int, int], kind: str, rng: np.random.Generator) -> np.ndarray:
    return np.sqrt(_variance(shape, kind)) * rng.standard_normal(shape)


def _turned(shape: tuple[int, int], kind: str, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0, np.sqrt(_variance(shape, kind)), shape[::-1]).T


def _own_generator(shape: tuple[int, int], kind: str, rng: np.random.Generator) -> np.ndarray:
    return _scaled(shape, kind, np.random.default_rng(0))


def _global_state(shape: tuple[int, int], kind: str, rng: np.random.Generator) -> np.ndarray:
    return _scaled(shape, kind, np.random.default_rng())


def _uniform(shape: tuple[int, int], kind: str, rng: np.random.Generator) -> np.ndarray:
    limit = np.sqrt(3 * _variance(shape, kind))
    return rng.uniform(-limit, limit, shape)


initial_weights = Exercise(
    id="initial_weights",
    title="LeCun, Glorot, He",
    difficulty=2,
    minutes=12,
    reference=_library_weights,
    library=(
        initializers.normal,
        initializers.lecun_normal,
        initializers.glorot_normal,
        initializers.he_normal,
    ),
    run=weight_facts,
    alternatives=(_scaled, _turned),
    closeness=Closeness(rtol=0.03, atol=1e-9),
    cases=(
        Case("LeCun, (100, 400)", {"shape": (100, 400), "kind": "lecun", "seed": 1}),
        Case("Glorot, (100, 400)", {"shape": (100, 400), "kind": "glorot", "seed": 2}),
        Case("He, (100, 400)", {"shape": (100, 400), "kind": "he", "seed": 3}),
        Case(
            "He, a narrow input",
            lambda rng: {"shape": (900, 50), "kind": "he", "seed": int(rng.integers(1000))},
        ),
    ),
    wrongs=(
        Wrong(
            "variance for spread",
            lambda shape, kind, rng: rng.normal(0, _variance(shape, kind), shape),
            "The table gives the variance; rng.normal wants the standard deviation, its root.",
        ),
        Wrong(
            "n_out for n_in",
            lambda shape, kind, rng: rng.normal(0, np.sqrt(_variance(shape[::-1], kind)), shape),
            "You count the wrong side: shape is (n_out, n_in), and LeCun and He divide by n_in.",
        ),
        Wrong(
            "Xavier is LeCun",
            lambda shape, kind, rng: rng.normal(
                0, np.sqrt(_variance(shape, "lecun" if kind == "glorot" else kind)), shape
            ),
            "1/n_in is LeCun's variance; Glorot's is 2/(n_in + n_out).",
        ),
        Wrong(
            "one for He",
            lambda shape, kind, rng: rng.normal(
                0, np.sqrt(_variance(shape, "lecun" if kind == "he" else kind)), shape
            ),
            "He's variance is 2/n_in: the 2 makes up for what ReLU throws away.",
        ),
        Wrong(
            "always a hundredth",
            lambda shape, kind, rng: rng.normal(0, 0.01, shape),
            "Your spread is 0.01 whatever the layer; it must follow from the shape and the kind.",
        ),
        Wrong(
            "uniform",
            _uniform,
            "Your weights are uniform, not normal: too many lie far out and none very far.",
        ),
        Wrong(
            "its own generator",
            _own_generator,
            "You draw from a generator of your own with a fixed seed, so every layer gets the same "
            "numbers: draw from rng.",
        ),
        Wrong(
            "not repeatable",
            _global_state,
            "The same rng gives other weights each time: draw from rng, not from np.random.",
        ),
        Wrong(
            "wrong way round",
            lambda shape, kind, rng: _scaled(shape, kind, rng).T,
            "Your array is (n_in, n_out); the weights of a layer are (n_out, n_in).",
        ),
        Wrong(
            "not centred",
            lambda shape, kind, rng: np.abs(_scaled(shape, kind, rng)),
            "Your weights are not centred at 0: draw from a normal distribution with mean 0.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Unpack shape into n_out and n_in, work out the variance of the kind, and draw normal "
            "numbers with its root as standard deviation.",
        ),
        Hint(
            "My spread is far too small",
            "rng.normal(mean, standard deviation, shape): the second is the root of the variance.",
        ),
        Hint(
            "I nearly have it",
            "A dict from kind to variance, then rng.normal(0, np.sqrt(variance), shape).",
        ),
    ),
)


def _dead_by_maximum(Z: np.ndarray) -> int:
    return int(np.sum(Z.max(axis=0) <= 0))


def _units(rng: np.random.Generator) -> dict[str, Any]:
    Z = rng.normal(size=(6, 9))
    Z[:, [0, 4, 7]] -= 20
    Z[2, 1:3] -= 30
    Z[:, 2] = np.abs(Z[:, 2]) + 0.1
    Z[:2, 8] -= 40
    Z[5, 8] = 1.0
    Z[0, [3, 5, 6]] = 0.5
    return {"Z": Z}


count_dead = Exercise(
    id="count_dead",
    title="Count the dead",
    difficulty=1,
    minutes=8,
    reference=_dead_by_maximum,
    alternatives=(
        lambda Z: np.sum(np.all(Z <= 0, axis=0)),
        lambda Z: Z.shape[1] - np.count_nonzero((Z > 0).any(axis=0)),
        lambda Z: sum((np.maximum(0, Z).sum(axis=0) == 0).tolist()),
    ),
    cases=(
        Case(
            "four examples, three units",
            {
                "Z": np.array(
                    [[-1.0, -2.0, 4.0], [-3.0, -1.0, -1.0], [0.5, -4.0, 2.0], [-9.0, -0.1, 1.0]]
                )
            },
        ),
        Case("six examples, nine units", _units, points=2),
        Case(
            "units that stand at exactly 0",
            {"Z": np.array([[0.0, -1.0, 2.0, 0.0], [0.0, 0.0, -3.0, -2.0]])},
        ),
    ),
    wrongs=(
        Wrong(
            "any",
            lambda Z: int(np.sum(np.any(Z <= 0, axis=0))),
            "You count the units that are off for some example; a dead one is off for all.",
        ),
        Wrong(
            "examples",
            lambda Z: int(np.sum(np.all(Z <= 0, axis=1))),
            "You look along the rows: those are examples. The units are the columns.",
        ),
        Wrong(
            "entries",
            lambda Z: int(np.sum(Z <= 0)),
            "You count every z that is not positive; count the units, where all of them are.",
        ),
        Wrong(
            "on average",
            lambda Z: int(np.sum(Z.mean(axis=0) <= 0)),
            "A negative average is not death: one example with z > 0 keeps the unit alive.",
        ),
        Wrong(
            "strictly below",
            lambda Z: int(np.sum(np.all(Z < 0, axis=0))),
            "At z = 0 ReLU's slope is 0 too, so 0 counts as off: use ≤.",
        ),
        Wrong(
            "the living",
            lambda Z: int(np.sum(np.any(Z > 0, axis=0))),
            "That is the number of units alive; the dead are the others.",
        ),
        Wrong(
            "a share",
            lambda Z: float(np.mean(np.all(Z <= 0, axis=0))),
            "That is the share of dead units; return their number.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Ask of every entry whether it is off: Z <= 0."),
        Hint(
            "My number is too large",
            "np.all(…, axis=0) asks of each column whether it is so for every row.",
        ),
        Hint("I nearly have it", "Sum the answers of np.all over the columns; True counts as 1."),
    ),
)


def _prelu(dA: np.ndarray, Z: np.ndarray, alpha: np.ndarray) -> Pair:
    unit = nnlib.PReLU(len(alpha), dtype=np.float64)
    unit.alpha = alpha
    unit.forward(Z)
    return unit.backward(dA), unit.dalpha


def _prelu_slope(dA: np.ndarray, Z: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return dA * np.where(Z > 0, 1, alpha)


def _prelu_by_loops(dA: np.ndarray, Z: np.ndarray, alpha: np.ndarray) -> Pair:
    dZ, dalpha = dA.copy(), np.zeros(len(alpha))
    for i, j in np.ndindex(*Z.shape):
        if Z[i, j] <= 0:
            dZ[i, j] *= alpha[j]
            dalpha[j] += dA[i, j] * Z[i, j]
    return dZ, dalpha


def _prelu_batch(m: int, n: int) -> Callable[[np.random.Generator], dict[str, Any]]:
    return lambda rng: {
        "dA": rng.normal(size=(m, n)),
        "Z": rng.normal(size=(m, n)),
        "alpha": rng.uniform(0.1, 2.0, n),
    }


prelu_backward = Exercise(
    id="prelu_backward",
    title="The gradient of a learned slope",
    difficulty=3,
    minutes=15,
    reference=_prelu,
    library=(nnlib.PReLU, nnlib.LeakyReLU),
    alternatives=(
        _prelu_by_loops,
        lambda dA, Z, alpha: (
            dA * ((Z > 0) + alpha * (Z <= 0)),
            np.einsum("ij,ij->j", dA, np.minimum(Z, 0)),
        ),
    ),
    links=("dZ", "dalpha"),
    axes={"dZ": ("m", "n"), "dalpha": ("n",)},
    cases=(
        Case(
            "three examples, two units",
            {
                "dA": np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 1.0]]),
                "Z": np.array([[-3.0, 1.0], [2.0, -2.0], [-1.0, 0.0]]),
                "alpha": np.array([0.5, 0.25]),
            },
        ),
        Case("a (7, 4) batch", _prelu_batch(7, 4), points=2),
        Case("a (3, 5) batch", _prelu_batch(3, 5)),
    ),
    wrongs=(
        Wrong(
            "mean",
            lambda dA, Z, alpha: (
                _prelu_slope(dA, Z, alpha),
                np.mean(dA * np.minimum(0, Z), axis=0),
            ),
            "You average over the batch; the 1/m is already in dA, so sum.",
        ),
        Wrong(
            "no batch sum",
            lambda dA, Z, alpha: (_prelu_slope(dA, Z, alpha), dA * np.minimum(0, Z)),
            "Every example has its say in α: sum dα over the rows, so that it has α's shape.",
        ),
        Wrong(
            "one for all",
            lambda dA, Z, alpha: (_prelu_slope(dA, Z, alpha), np.sum(dA * np.minimum(0, Z))),
            "You sum over everything; each unit has its own α, so sum over the rows alone.",
        ),
        Wrong(
            "over the units",
            lambda dA, Z, alpha: (
                _prelu_slope(dA, Z, alpha),
                np.sum(dA * np.minimum(0, Z), axis=1),
            ),
            "You sum over the units and get a number per example; sum over the examples, axis 0.",
        ),
        Wrong(
            "dA without z",
            lambda dA, Z, alpha: (_prelu_slope(dA, Z, alpha), np.sum(dA * (Z < 0), axis=0)),
            "∂a/∂α is z where z < 0, not 1: multiply by min(0, z).",
        ),
        Wrong(
            "the wrong side",
            lambda dA, Z, alpha: (
                _prelu_slope(dA, Z, alpha),
                np.sum(dA * np.maximum(0, Z), axis=0),
            ),
            "You take max(0, z); α acts where z is negative, so min(0, z).",
        ),
        Wrong(
            "z everywhere",
            lambda dA, Z, alpha: (_prelu_slope(dA, Z, alpha), np.sum(dA * Z, axis=0)),
            "You take z on both sides; where z > 0, α plays no part: min(0, z).",
        ),
        Wrong(
            "dZ for dA",
            lambda dA, Z, alpha: (
                _prelu_slope(dA, Z, alpha),
                np.sum(_prelu_slope(dA, Z, alpha) * np.minimum(0, Z), axis=0),
            ),
            "You multiply by dZ, which already holds α; dα takes the upstream dA.",
        ),
        Wrong(
            "slope 1 at the kink",
            lambda dA, Z, alpha: (
                dA * np.where(Z >= 0, 1, alpha),
                np.sum(dA * np.minimum(0, Z), axis=0),
            ),
            "At z = 0 your slope is 1; here the kink takes the left side's, α.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "dZ is Leaky ReLU's, with one α per column. For dα, derive "
            "max(0, z) + α min(0, z) by α.",
        ),
        Hint(
            "My dα has the shape (m, n)",
            "α is used once per example, so its gradient adds up over the examples: axis=0.",
        ),
        Hint(
            "I nearly have it",
            "np.where(Z > 0, 1, alpha) broadcasts α over the rows; dα sums dA times "
            "np.minimum(0, Z) over axis 0.",
        ),
    ),
)

EXERCISES = (
    collapse,
    tanh_and_slope,
    leaky_relu,
    gradient_through,
    initial_weights,
    count_dead,
    prelu_backward,
)
