"""Exercises of lab 02: a chain of three neurons by hand, then the same for whole networks."""

from collections.abc import Callable
from typing import Any

import numpy as np

import nnlib
from nnlib import Value, accumulator, sigmoid, softmax
from nnlib.grading.exercise import Case, Exercise, Hint, Wrong

LECTURE_W, LECTURE_B = np.array([0.32, 0.18, 0.23]), np.zeros(3)
LINKS = ("da3", "dz3", "dW3", "db3", "da2", "dz2", "dW2", "db2", "da1", "dz1", "dW1", "db1")
Numbers = tuple[Any, ...]


def forward(
    x: float,
    W: np.ndarray,
    b: np.ndarray,
    g: Callable[[Any], Any] = sigmoid,
    last: Callable[[Any], Any] | None = None,
) -> Numbers:
    """z₁, a₁, z₂, a₂, z₃, a₃ of the chain."""
    links: list[Any] = []
    for k in range(3):
        z = W[k] * (links[-1] if links else x) + b[k]
        links += [z, (last or g)(z) if k == 2 else g(z)]
    return tuple(links)


def z_into_the_next(x: float, W: np.ndarray, b: np.ndarray) -> Numbers:
    z1 = W[0] * x + b[0]
    z2 = W[1] * z1 + b[1]
    z3 = W[2] * z2 + b[2]
    return z1, sigmoid(z1), z2, sigmoid(z2), z3, sigmoid(z3)


def x_into_every_neuron(x: float, W: np.ndarray, b: np.ndarray) -> Numbers:
    z = W * x + b
    return z[0], sigmoid(z[0]), z[1], sigmoid(z[1]), z[2], sigmoid(z[2])


def bias_after_the_sigmoid(x: float, W: np.ndarray, b: np.ndarray) -> Numbers:
    links: list[Any] = []
    for k in range(3):
        z = W[k] * (links[-1] if links else x)
        links += [z, sigmoid(z) + b[k]]
    return tuple(links)


def random_chain(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "x": float(rng.uniform(1.2, 2.5)),
        "W": rng.uniform(0.5, 2.0, 3) * np.array([1, -1, 1]),
        "b": rng.uniform(0.3, 0.9, 3),
    }


chain_forward = Exercise(
    id="chain_forward",
    title="The chain, forward",
    difficulty=1,
    minutes=8,
    reference=forward,
    links=("z1", "a1", "z2", "a2", "z3", "a3"),
    alternatives=(
        lambda x, W, b: forward(x, W, b, lambda z: 0.5 * (1 + np.tanh(z / 2))),
        lambda x, W, b: forward(x, W, b, lambda z: 1 / (1 + np.exp(-z))),
    ),
    cases=(
        Case("the lecture's numbers, x = 1", {"x": 1.0, "W": LECTURE_W, "b": LECTURE_B}),
        Case("other weights, and biases", random_chain, points=2),
    ),
    wrongs=(
        Wrong(
            "no bias",
            lambda x, W, b: forward(x, W, np.zeros(3)),
            "Your z lacks the bias: z = W a + b. (The lecture's biases are 0, so there it hides.)",
        ),
        Wrong(
            "z onwards",
            z_into_the_next,
            "You pass z to the next neuron; what leaves a neuron is its activation a = σ(z).",
        ),
        Wrong(
            "x everywhere",
            x_into_every_neuron,
            "Every neuron gets x in your chain; the second gets a₁ and the third a₂.",
        ),
        Wrong(
            "exponent's sign",
            lambda x, W, b: forward(x, W, b, lambda z: sigmoid(-z)),
            "Your sigmoid falls as z rises: it is 1/(1 + e⁻ᶻ), with a minus in the exponent.",
        ),
        Wrong(
            "bias outside",
            bias_after_the_sigmoid,
            "You add b after the sigmoid; it belongs inside, a = σ(W a + b).",
        ),
        Wrong(
            "linear output",
            lambda x, W, b: forward(x, W, b, last=lambda z: z),
            "Your last neuron has no sigmoid: the prediction is a₃ = σ(z₃), not z₃.",
        ),
        Wrong(
            "tanh",
            lambda x, W, b: forward(x, W, b, np.tanh),
            "You use tanh; the neurons of this exercise have a sigmoid.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Go from left to right; each a is the next input."),
        Hint(
            "My first two numbers are right, the next is not",
            "z₂ is made of a₁, not of x and not of z₁: z₂ = W₂ a₁ + b₂.",
        ),
        Hint(
            "I nearly have it",
            "Six lines: z1 from W[0], x and b[0]; a1 is its nnlib.sigmoid; then the same with "
            "index 1 and a1, and with index 2 and a2.",
        ),
    ),
)


def backward_by_graph(x: float, y: float, W: np.ndarray, a: np.ndarray) -> Numbers:
    """The twelve links from the computation graph; each z is found from its a."""
    x_, weights = Value(x), [Value(w) for w in W]
    biases = [Value(0.0) for _ in range(3)]
    z: list[Value] = []
    out = [x_]
    for k in range(3):
        product = weights[k] * out[-1]
        biases[k].data = float(np.log(a[k] / (1 - a[k])) - product.data)
        z.append(product + biases[k])
        out.append(z[-1].sigmoid())
    ((out[-1] - y) ** 2).backward()
    links = [(out[k + 1], z[k], weights[k], biases[k]) for k in (2, 1, 0)]
    return tuple(value.grad for neuron in links for value in neuron)


def backward(
    x: float,
    y: float,
    W: np.ndarray,
    a: np.ndarray,
    *,
    cost_slope: Callable[[Any, Any], Any] = lambda y_hat, y: 2 * (y_hat - y),
    slope: Callable[[Any], Any] = lambda a: a * (1 - a),
    output_slope: Callable[[Any], Any] | None = None,
    hidden_slope: Callable[[Any], Any] | None = None,
    db: Callable[[Any], Any] = lambda dz: dz,
    weight_for: tuple[int, int] = (2, 1),
    inputs: Callable[[float, np.ndarray], Any] = lambda x, a: (x, a[0], a[1]),
) -> Numbers:
    """The twelve links, the last neuron first; each mistake below replaces one ingredient."""
    into = inputs(x, a)
    da = cost_slope(a[2], y)
    links: list[Any] = []
    for k in (2, 1, 0):
        other = output_slope if k == 2 else hidden_slope
        dz = da * (other or slope)(a[k])
        links += [da, dz, dz * into[k], db(dz)]
        if k > 0:
            da = dz * W[weight_for[2 - k]]
    return tuple(links)


def with_ingredient(**ingredient: Any) -> Callable[..., Numbers]:
    """The chain rule with one ingredient replaced."""

    def mistaken(x: float, y: float, W: np.ndarray, a: np.ndarray) -> Numbers:
        return backward(x, y, W, a, **ingredient)

    return mistaken


def lecture_backward(rng: np.random.Generator) -> dict[str, Any]:
    a = np.array(forward(1.0, LECTURE_W, LECTURE_B)[1::2])
    return {"x": 1.0, "y": 1.0, "W": LECTURE_W, "a": a}


def random_backward(rng: np.random.Generator) -> dict[str, Any]:
    chain = random_chain(rng)
    a = np.array(forward(**chain)[1::2])
    return {"x": chain["x"], "y": float(rng.uniform(0.1, 0.3)), "W": chain["W"], "a": a}


chain_backward = Exercise(
    id="chain_backward",
    title="The chain, backward, by hand",
    difficulty=3,
    minutes=25,
    reference=backward_by_graph,
    links=LINKS,
    alternatives=(backward,),
    library=(Value.backward, nnlib.numerical_gradient),
    cases=(
        Case("the lecture's numbers, x = y = 1", lecture_backward, points=2),
        Case("other numbers", random_backward, points=3),
    ),
    wrongs=(
        Wrong(
            "no two",
            with_ingredient(cost_slope=lambda y_hat, y: y_hat - y),
            "The first link, da3, lacks its 2: C₀ = (ŷ − y)² has no ½ in front.",
        ),
        Wrong(
            "wrong way",
            with_ingredient(cost_slope=lambda y_hat, y: 2 * (y - y_hat)),
            "The first link, da3, has the wrong sign: it is 2(ŷ − y). The minus comes at the "
            "update.",
        ),
        Wrong(
            "delta of cross-entropy",
            with_ingredient(output_slope=lambda a: 0.5),  # 2(ŷ − y) · ½ = ŷ − y
            "Your dz3 is ŷ − y, which belongs to cross-entropy; with C₀ it is da3 · σ′(z₃).",
        ),
        Wrong(
            "slope of a",
            with_ingredient(slope=lambda a: sigmoid(a) * (1 - sigmoid(a))),
            "In dz3 you take the sigmoid of a once more: σ′(z) is a(1 − a), as a is σ(z) already.",
        ),
        Wrong(
            "no output slope",
            with_ingredient(output_slope=lambda a: 1.0),
            "dz3 lacks its local factor: on the way from a₃ to z₃ multiply by σ′ = a₃(1 − a₃).",
        ),
        Wrong(
            "own activation",
            with_ingredient(inputs=lambda x, a: (a[0], a[1], a[2])),
            "dW3 takes the activation that leaves the neuron; the slope of z₃ = W₃ a₂ + b₃ in W₃ "
            "is a₂, which enters it.",
        ),
        Wrong(
            "bias of slope 0",
            with_ingredient(db=lambda dz: 0.0),
            "db3 is not 0 although b₃ is: the slope of z₃ in b₃ is 1, so db3 = dz3.",
        ),
        Wrong(
            "bias of slope 1",
            with_ingredient(db=lambda dz: 1.0),
            "Your db3 is only the local slope, 1; times what arrives from the right it is dz3.",
        ),
        Wrong(
            "left weight",
            with_ingredient(weight_for=(1, 0)),
            "da2 takes the wrong weight: a₂ reaches the cost through W₃, the weight on its right.",
        ),
        Wrong(
            "no hidden slope",
            with_ingredient(hidden_slope=lambda a: 1.0),
            "dz2 lacks its σ′: every sigmoid on the way back multiplies by its own a(1 − a).",
        ),
        Wrong(
            "x forgotten",
            with_ingredient(inputs=lambda x, a: (1.0, a[0], a[1])),
            "dW1 lacks its x: what enters the first neuron is x. (At x = 1 it hides.)",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Begin at the cost: how does (ŷ − y)² change with ŷ? Then walk left, and at each "
            "operation multiply what you have by the slope of that one operation.",
        ),
        Hint(
            "A link is wrong and I do not see why",
            "There are three kinds of step. a → z: times σ′ = a(1 − a) of the same neuron. "
            "z → W: times the number that enters the neuron; z → b: times 1. "
            "z → the a before: times W of the same neuron.",
        ),
        Hint(
            "I nearly have it",
            "da3 is twice the gap. dz3 is da3 times a[2] times one minus a[2]. dW3 is dz3 times "
            "a[1]. db3 is dz3. da2 is dz3 times W[2]. Then the same four with every index one "
            "lower; what enters neuron 1 is x.",
        ),
    ),
)


def update(
    x: float, y: float, W: np.ndarray, b: np.ndarray, alpha: float, **ingredient: Any
) -> tuple[Any, Any]:
    """The new W₃ and b₂."""
    a = np.array(forward(x, W, b)[1::2])
    link = dict(zip(LINKS, backward(x, y, W, a, **ingredient), strict=True))
    return W[2] - alpha * link["dW3"], b[1] - alpha * link["db2"]


def update_by_graph(
    x: float, y: float, W: np.ndarray, b: np.ndarray, alpha: float
) -> tuple[float, float]:
    """The same from the computation graph."""
    weights, biases = [Value(w) for w in W], [Value(bias) for bias in b]
    out = Value(x)
    for w, bias in zip(weights, biases, strict=True):
        out = (w * out + bias).sigmoid()
    ((out - y) ** 2).backward()
    return W[2] - alpha * weights[2].grad, b[1] - alpha * biases[1].grad


def one_after_the_other(
    x: float, y: float, W: np.ndarray, b: np.ndarray, alpha: float
) -> tuple[Any, Any]:
    W3, _ = update(x, y, W, b, alpha)
    _, b2 = update(x, y, np.array([W[0], W[1], W3]), b, alpha)
    return W3, b2


def bias_of_the_last(
    x: float, y: float, W: np.ndarray, b: np.ndarray, alpha: float
) -> tuple[Any, Any]:
    a = np.array(forward(x, W, b)[1::2])
    link = dict(zip(LINKS, backward(x, y, W, a), strict=True))
    return W[2] - alpha * link["dW3"], b[2] - alpha * link["db3"]


def weight_gradient_for_the_bias(
    x: float, y: float, W: np.ndarray, b: np.ndarray, alpha: float
) -> tuple[Any, Any]:
    a = np.array(forward(x, W, b)[1::2])
    link = dict(zip(LINKS, backward(x, y, W, a), strict=True))
    return W[2] - alpha * link["dW3"], b[1] - alpha * link["dW2"]


def gradients_only(
    x: float, y: float, W: np.ndarray, b: np.ndarray, alpha: float
) -> tuple[Any, Any]:
    W3, b2 = update(x, y, W, b, 1.0)
    return W[2] - W3, b[1] - b2


def random_update(rng: np.random.Generator) -> dict[str, Any]:
    chain = random_chain(rng)
    return {
        "x": chain["x"],
        "y": float(rng.uniform(0.1, 0.3)),
        "W": chain["W"],
        "b": chain["b"],
        "alpha": float(rng.uniform(0.4, 0.8)),
    }


chain_update = Exercise(
    id="chain_update",
    title="One update of W⁽ᴸ⁾ and b⁽ᴸ⁻¹⁾",
    difficulty=2,
    minutes=12,
    reference=update_by_graph,
    links=("W3", "b2"),
    alternatives=(update,),
    library=(Value.backward, nnlib.numerical_gradient),
    cases=(
        Case(
            "the lecture's numbers, x = y = 1, α = 0.1",
            {"x": 1.0, "y": 1.0, "W": LECTURE_W, "b": LECTURE_B, "alpha": 0.1},
        ),
        Case("other numbers", random_update, points=2),
    ),
    wrongs=(
        Wrong(
            "uphill",
            lambda x, y, W, b, alpha: update(x, y, W, b, -alpha),
            "You move along the gradient, which raises the cost: subtract α times it.",
        ),
        Wrong(
            "one after the other",
            one_after_the_other,
            "You use the new W₃ for the gradient of b₂: work out both gradients first, then move "
            "both.",
        ),
        Wrong(
            "half the cost",
            lambda x, y, W, b, alpha: update(x, y, W, b, alpha / 2),
            "Your step is half as long as it should be: C₀ = (ŷ − y)² has the slope 2(ŷ − y).",
        ),
        Wrong(
            "other bias",
            bias_of_the_last,
            "You return the new b₃; the exercise asks for b⁽ᴸ⁻¹⁾, the middle neuron's b₂.",
        ),
        Wrong(
            "dW for db",
            weight_gradient_for_the_bias,
            "You move b₂ by the gradient of W₂: that of the bias is δ itself, without a₁.",
        ),
        Wrong(
            "gradients only",
            gradients_only,
            "You return the gradients; return the new parameters, W₃ − α dW₃ and b₂ − α db₂.",
        ),
        Wrong(
            "cross-entropy",
            lambda x, y, W, b, alpha: update(
                x, y, W, b, alpha, cost_slope=lambda a, y: (a - y) / (a * (1 - a))
            ),
            "You start from δ₃ = ŷ − y, which belongs to cross-entropy; for C₀ it is "
            "2(ŷ − y) σ′(z₃).",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Forward, two links of δ backward, then two steps."),
        Hint(
            "W₃ is right, b₂ is not",
            "The gradient of b₂ is δ₂ = δ₃ W₃ a₂(1 − a₂), with the old W₃.",
        ),
        Hint(
            "I nearly have it",
            "Compute a1, a2, a3; dz3 = 2 (a3 − y) a3 (1 − a3); dz2 = dz3 W[2] a2 (1 − a2). Return "
            "W[2] less alpha times dz3 times a2, and b[1] less alpha times dz2.",
        ),
    ),
)


def shallow_by_layers(
    X: np.ndarray, Y: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> Numbers:
    """The six gradients from nnlib's own layers."""
    rng, float64 = np.random.default_rng(0), np.float64
    hidden = nnlib.Dense(*W1.T.shape, rng=rng, dtype=float64)
    output = nnlib.Dense(*W2.T.shape, rng=rng, dtype=float64)
    net = nnlib.Sequential(hidden, nnlib.Tanh(), output, dtype=float64)
    hidden.W, hidden.b, output.W, output.b = W1, b1, W2, b2
    first, _, last = net.trace(X, Y, nnlib.BinaryCrossEntropy())
    dW1, db1 = first.gradients["dW"], first.gradients["db"]
    return last.dY, last.gradients["dW"], last.gradients["db"], first.dY, dW1, db1


def shallow(
    X: np.ndarray,
    Y: np.ndarray,
    W1: np.ndarray,
    b1: np.ndarray,
    W2: np.ndarray,
    b2: np.ndarray,
    *,
    dZ_of: Callable[[Any, Any], Any] = lambda A, Y: (A - Y) / len(Y),
    dW_of: Callable[[Any, Any], Any] = lambda dZ, A: dZ.T @ A,
    db_of: Callable[[Any], Any] = lambda dZ: dZ.sum(axis=0),
    slope: Callable[[Any, Any], Any] = lambda Z, A: 1 - A**2,
) -> Numbers:
    """The six gradients by D4's formulas; each mistake below replaces one ingredient."""
    Z1 = X @ W1.T + b1
    A1 = np.tanh(Z1)
    dZ2 = dZ_of(sigmoid(A1 @ W2.T + b2), Y)
    dZ1 = dZ2 @ W2 * slope(Z1, A1)
    return dZ2, dW_of(dZ2, A1), db_of(dZ2), dZ1, dW_of(dZ1, X), db_of(dZ1)


def shallow_with(**ingredient: Any) -> Callable[..., Numbers]:
    """D4's formulas with one ingredient replaced."""

    def mistaken(*inputs: np.ndarray) -> Numbers:
        return shallow(*inputs, **ingredient)

    return mistaken


def in_place_of_the_lecture(*inputs: np.ndarray) -> Numbers:
    m = len(inputs[0])
    return shallow(
        *inputs,
        dZ_of=lambda A, Y: A - Y,
        dW_of=lambda dZ, A: dZ.T @ A / m,
        db_of=lambda dZ: dZ.sum(axis=0) / m,
    )


def small_network(m: int, n: int, h: int, K: int, scale: float = 1.0) -> Callable[..., Any]:
    """Inputs of a shallow network of those sizes."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        return {
            "X": scale * rng.normal(size=(m, n)),
            "Y": (rng.random((m, K)) > 0.5).astype(float),
            "W1": rng.normal(size=(h, n)),
            "b1": rng.normal(size=h),
            "W2": rng.normal(size=(K, h)),
            "b2": rng.normal(size=K),
        }

    return inputs


shallow_backward = Exercise(
    id="shallow_backward",
    title="A shallow network, backward",
    difficulty=3,
    minutes=20,
    reference=shallow_by_layers,
    links=("dZ2", "dW2", "db2", "dZ1", "dW1", "db1"),
    axes={
        "dZ2": ("m", "K"),
        "dW2": ("K", "h"),
        "db2": ("K",),
        "dZ1": ("m", "h"),
        "dW1": ("h", "n"),
        "db1": ("h",),
    },
    alternatives=(
        shallow,
        shallow_with(slope=lambda Z, A: 1 / np.cosh(Z) ** 2),
        shallow_with(dW_of=lambda dZ, A: np.einsum("ij,ik->jk", dZ, A)),
    ),
    library=(nnlib.Sequential.trace, nnlib.Sequential.backward, nnlib.Sequential.fill_gradients),
    cases=(
        Case("five examples, one output", small_network(m=5, n=4, h=3, K=1), points=2),
        Case("seven examples, two outputs", small_network(m=7, n=5, h=4, K=2), points=3),
    ),
    wrongs=(
        Wrong(
            "no mean",
            shallow_with(dZ_of=lambda A, Y: A - Y),
            "dZ2 lacks its 1/m, and with it everything to its left: J is a mean over m examples.",
        ),
        Wrong(
            "1/m as in the lecture",
            in_place_of_the_lecture,
            "Your dW and db are right, but dZ2 lacks the 1/m: here dZ2 is ∂J/∂Z₂ itself, so the "
            "1/m stands in dZ2 and nowhere else.",
        ),
        Wrong(
            "1/m twice",
            lambda *inputs: shallow(*inputs, dW_of=lambda dZ, A: dZ.T @ A / len(A)),
            "dW2 has 1/m twice: it is in dZ2 already, and a matrix product only sums.",
        ),
        Wrong(
            "sign",
            shallow_with(dZ_of=lambda A, Y: (Y - A) / len(Y)),
            "dZ2 has the wrong sign: it is A₂ − Y, prediction minus target.",
        ),
        Wrong(
            "dW transposed",
            shallow_with(dW_of=lambda dZ, A: A.T @ dZ),
            "dW2 is transposed: it has the shape of W2, (K, h), which only dZ2.T @ A1 gives.",
        ),
        Wrong(
            "mean of db",
            shallow_with(db_of=lambda dZ: dZ.mean(axis=0)),
            "db2 takes a mean over the examples, but the 1/m is in dZ2 already: sum.",
        ),
        Wrong(
            "db not summed",
            shallow_with(db_of=lambda dZ: dZ),
            "db2 still has a row for each example: one bias serves them all, so sum over the rows.",
        ),
        Wrong(
            "no slope",
            shallow_with(slope=lambda Z, A: 1.0),
            "dZ1 lacks g′(Z₁): after dZ2 @ W2 multiply, entry by entry, by the slope of tanh.",
        ),
        Wrong(
            "sigmoid's slope",
            shallow_with(slope=lambda Z, A: A * (1 - A)),
            "dZ1 has the slope of the sigmoid, A₁(1 − A₁); that of tanh is 1 − A₁².",
        ),
        Wrong(
            "slope of Z",
            shallow_with(slope=lambda Z, A: 1 - Z**2),
            "dZ1 has 1 − Z₁²; the slope of tanh is 1 − tanh², so 1 − A₁².",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Two lines of forward give A1 and A2. Then go from right to left; each line of the "
            "lecture becomes one line of code.",
        ),
        Hint(
            "The shapes do not fit",
            "A gradient has the shape of what it belongs to. dW2 (K, h) must come from dZ2 (m, K) "
            "and A1 (m, h): only dZ2.T @ A1 does. dZ1 (m, h) comes from dZ2 (m, K) and W2 (K, h).",
        ),
        Hint(
            "I nearly have it",
            "dZ2 is the gap A2 − Y over m. dW2 is dZ2.T @ A1, db2 the sum of dZ2 over axis 0. dZ1 "
            "is dZ2 @ W2 times one minus A1 squared. dW1 and db1 are like dW2 and db2, with X.",
        ),
    ),
)


def accumulate_by_library(
    Theta1: np.ndarray, Theta2: np.ndarray, X: np.ndarray, Y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """D1 and D2 from nnlib.accumulator."""
    D1, D2 = accumulator.accumulate([Theta1, Theta2], nnlib.Tanh(), sigmoid, X, Y)
    return D1, D2


def accumulate_all(
    Theta1: np.ndarray,
    Theta2: np.ndarray,
    X: np.ndarray,
    Y: np.ndarray,
    *,
    without_bias: slice = slice(1, None),
    add: Callable[[Any, Any], Any] = lambda Delta, part: Delta + part,
    mean: bool = True,
    slope: Callable[[Any], Any] = lambda a: 1 - a**2,
    ones: float = 1.0,
    bias_rows: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """The loop over examples; each mistake below replaces one ingredient."""
    Delta1, Delta2 = np.zeros_like(Theta1), np.zeros_like(Theta2)
    for x, y in zip(X, Y, strict=True):
        a1 = np.append(ones, x)
        hidden = np.tanh(Theta1 @ a1)
        a2 = np.append(ones, hidden)
        delta3 = sigmoid(Theta2 @ a2) - y
        delta2 = (Theta2.T @ delta3)[without_bias] * slope(hidden)
        Delta1 = add(Delta1, np.outer(delta2, a1))
        Delta2 = add(Delta2, np.outer(delta3, a2))
    if not bias_rows:
        Delta1, Delta2 = Delta1[:, 1:], Delta2[:, 1:]
    return (Delta1 / len(X), Delta2 / len(X)) if mean else (Delta1, Delta2)


def accumulate_with(**ingredient: Any) -> Callable[..., Any]:
    """The loop with one ingredient replaced."""

    def mistaken(*inputs: np.ndarray) -> Any:
        return accumulate_all(*inputs, **ingredient)

    return mistaken


def accumulate_vectorised(
    Theta1: np.ndarray, Theta2: np.ndarray, X: np.ndarray, Y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """D1 and D2 by the matrix formulas, without the loop."""
    parameters = (Theta1[:, 1:], Theta1[:, 0], Theta2[:, 1:], Theta2[:, 0])
    _, dW2, db2, _, dW1, db1 = shallow(X, Y, *parameters)
    return np.column_stack([db1, dW1]), np.column_stack([db2, dW2])


def bias_form(m: int, n: int, h: int, K: int) -> Callable[..., Any]:
    """Inputs of a network in bias-column form."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        return {
            "Theta1": rng.normal(size=(h, 1 + n)),
            "Theta2": rng.normal(size=(K, 1 + h)),
            "X": rng.normal(size=(m, n)),
            "Y": (rng.random((m, K)) > 0.5).astype(float),
        }

    return inputs


accumulate = Exercise(
    id="accumulate",
    title="The accumulator",
    difficulty=3,
    minutes=20,
    reference=accumulate_by_library,
    links=("D1", "D2"),
    axes={"D1": ("h", "1 + n"), "D2": ("K", "1 + h")},
    alternatives=(accumulate_all, accumulate_vectorised),
    library=(accumulator.accumulate,),
    cases=(
        Case("three examples", bias_form(m=3, n=4, h=2, K=1), points=2),
        Case("six examples, two outputs", bias_form(m=6, n=5, h=3, K=2), points=2),
    ),
    wrongs=(
        Wrong(
            "no mean",
            accumulate_with(mean=False),
            "You return Δ itself; D is Δ divided by the m examples.",
        ),
        Wrong(
            "last example only",
            accumulate_with(add=lambda Delta, part: part),
            "Only your last example counts: Δ is overwritten where it should grow, Δ ← Δ + δ aᵀ.",
        ),
        Wrong(
            "last entry dropped",
            accumulate_with(without_bias=slice(0, -1)),
            "You drop the last entry of Θ₂ᵀδ₃; the bias is column 0 of Θ, so the first one goes.",
        ),
        Wrong(
            "no slope",
            accumulate_with(slope=lambda a: 1.0),
            "Your δ₂ lacks g′: multiply Θ₂ᵀδ₃ without its first entry by 1 − a₂².",
        ),
        Wrong(
            "sigmoid's slope",
            accumulate_with(slope=lambda a: a * (1 - a)),
            "Your δ₂ has the sigmoid's slope a(1 − a); the hidden units are tanh, with 1 − a².",
        ),
        Wrong(
            "zero in front",
            accumulate_with(ones=0.0),
            "You put a 0 in front of the activations; a₀ is 1, or no bias is ever used or learned.",
        ),
        Wrong(
            "bias column lost",
            accumulate_with(bias_rows=False),
            "Your D lacks the bias column: the bias has a gradient too, so D has the shape of Θ. "
            "Only Θᵀδ loses its bias entry.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Two matrices of zeros, a loop over the rows of X and Y. In it: forward for one "
            "example, δ₃, δ₂, and two sums.",
        ),
        Hint(
            "The shapes do not fit",
            "a1 has 1 + n entries and a2 has 1 + h, both with the 1 in front. Θ₂ᵀδ₃ has 1 + h "
            "entries, δ₂ only h. np.outer(delta, a) has the shape of Θ.",
        ),
        Hint(
            "I nearly have it",
            "In the loop: a1 is x with a 1 in front; a2 is the tanh of Theta1 @ a1, with a 1 in "
            "front; a3 is the sigmoid of Theta2 @ a2; delta3 is a3 − y; delta2 is Theta2.T @ "
            "delta3 from entry 1 on, times 1 − a2[1:]²; add the two outer products. After it, "
            "divide by len(X).",
        ),
    ),
)


def on_a_function(answer: Any, f: str, theta: np.ndarray, eps: float) -> Any:
    """Run an answer on one of three functions, chosen by name."""
    functions = {
        "θ₀² + 3θ₁": lambda t: t[0] ** 2 + 3 * t[1],
        "Σ (i + 1) θᵢ³": lambda t: float(np.sum(np.arange(1, len(t) + 1) * t**3)),
        "sin(Σ θᵢ θᵢ₊₁)": lambda t: float(np.sin(np.sum(t[:-1] * t[1:]))),
    }
    return answer(functions[f], theta, eps)


def differences(
    f: Callable[[np.ndarray], float], theta: np.ndarray, eps: float, low: float = 1.0
) -> np.ndarray:
    """(f(θ + εeᵢ) − f(θ − low εeᵢ))/((1 + low) ε): central for low = 1, one-sided for 0."""
    steps = eps * np.eye(len(theta))
    above = np.array([f(theta + step) for step in steps])
    below = np.array([f(theta - low * step) for step in steps])
    return (above - below) / ((1 + low) * eps)


def all_at_once(f: Callable[[np.ndarray], float], theta: np.ndarray, eps: float) -> np.ndarray:
    return np.full(len(theta), (f(theta + eps) - f(theta - eps)) / (2 * eps))


def never_put_back(f: Callable[[np.ndarray], float], theta: np.ndarray, eps: float) -> np.ndarray:
    theta, slopes = theta.copy(), np.zeros(len(theta))
    for i in range(len(theta)):
        theta[i] += eps
        above = f(theta)
        theta[i] -= 2 * eps
        slopes[i] = (above - f(theta)) / (2 * eps)
    return slopes


def spoils_theta(f: Callable[[np.ndarray], float], theta: np.ndarray, eps: float) -> np.ndarray:
    slopes = never_put_back(f, theta, eps)
    theta -= eps
    return slopes


def numbers(n: int, f: str, eps: float) -> Callable[..., Any]:
    """Inputs with θ (n,), entries well away from 0."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        return {"f": f, "theta": rng.uniform(0.5, 1.5, n), "eps": eps}

    return inputs


central_difference = Exercise(
    id="central_difference",
    title="Central differences",
    difficulty=2,
    minutes=12,
    reference=nnlib.numerical_gradient,
    run=on_a_function,
    axes=("n",),
    alternatives=(differences,),
    cases=(
        Case("θ₀² + 3θ₁ at (2, 5)", {"f": "θ₀² + 3θ₁", "theta": np.array([2.0, 5.0]), "eps": 1e-4}),
        Case("a sum of cubes, ε = 0.1", numbers(4, "Σ (i + 1) θᵢ³", 0.1), points=2),
        Case("a sine of products, ε = 0.01", numbers(5, "sin(Σ θᵢ θᵢ₊₁)", 0.01), points=2),
    ),
    wrongs=(
        Wrong(
            "one-sided",
            lambda f, theta, eps: differences(f, theta, eps, low=0.0),
            "You compare f(θ + ε) with f(θ): take f(θ − ε) instead, on the other side, and divide "
            "by 2ε. The error shrinks from ε to ε².",
        ),
        Wrong(
            "divided by ε",
            lambda f, theta, eps: 2 * differences(f, theta, eps),
            "The two points lie 2ε apart: divide by 2ε.",
        ),
        Wrong(
            "multiplied",
            lambda f, theta, eps: differences(f, theta, eps) * eps**2,
            "Mind the brackets: / 2 * ε multiplies by ε. Write / (2 * eps).",
        ),
        Wrong(
            "all at once",
            all_at_once,
            "You move all of θ at once, which gives the sum of the slopes: add ε to one entry "
            "at a time.",
        ),
        Wrong(
            "never put back",
            never_put_back,
            "You leave an entry moved when you go on to the next: put it back, or work on a fresh "
            "copy.",
        ),
        Wrong(
            "backwards",
            lambda f, theta, eps: -differences(f, theta, eps),
            "The difference is the wrong way round: f(θ + ε) minus f(θ − ε).",
        ),
        Wrong(
            "changed theta",
            spoils_theta,
            "You change the caller's theta and do not put it back: work on a copy.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "For one coordinate: nudge it up, call f; nudge it down, call f; compare.",
        ),
        Hint(
            "My entries are all the same, or drift",
            "Only entry i may differ from theta in the calls for slope i. np.zeros(len(theta)) "
            "with eps at place i is the step.",
        ),
        Hint(
            "I nearly have it",
            "Loop over i: make a vector of zeros, set its entry i to eps, and put (f of theta plus "
            "it, minus f of theta minus it), over 2 * eps, into entry i of the result.",
        ),
    ),
)


def by_the_loss(Z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """∂J/∂Z from nnlib's own CrossEntropy."""
    loss = nnlib.CrossEntropy()
    loss(Z, labels)
    return loss.backward()


def gap(
    Z: np.ndarray,
    labels: np.ndarray,
    probabilities: Callable[[np.ndarray], np.ndarray] = softmax,
) -> np.ndarray:
    """(Ŷ − Y)/m for one kind of probabilities."""
    return (probabilities(Z) - np.eye(Z.shape[1])[labels]) / len(Z)


def naive_softmax(Z: np.ndarray) -> np.ndarray:
    e = np.exp(Z)
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def right_class_only(Z: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return gap(Z, labels) * np.eye(Z.shape[1])[labels]


def random_logits(rng: np.random.Generator) -> dict[str, Any]:
    return {"Z": rng.normal(size=(5, 4)), "labels": rng.integers(0, 4, 5)}


softmax_gradient = Exercise(
    id="softmax_gradient",
    title="Softmax and cross-entropy",
    difficulty=2,
    minutes=12,
    reference=by_the_loss,
    axes=("m", "K"),
    alternatives=(gap, lambda Z, labels: gap(Z, labels, lambda Z: np.exp(nnlib.log_softmax(Z)))),
    library=(nnlib.CrossEntropy.backward, nnlib.CrossEntropy.evaluate),
    cases=(
        Case(
            "two rows by hand",
            {"Z": np.array([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), "labels": np.array([1, 2])},
        ),
        Case("five random rows", random_logits, points=2),
        Case(
            "logits of ±1000",
            {
                "Z": np.array([[1000.0, 998.0, -1000.0], [0.0, -1000.0, 1.0]]),
                "labels": np.array([1, 0]),
            },
            points=2,
        ),
    ),
    wrongs=(
        Wrong(
            "no mean",
            lambda Z, labels: len(Z) * gap(Z, labels),
            "Your gradient is that of the sum: J is a mean, so divide by the m rows.",
        ),
        Wrong(
            "mean over classes",
            lambda Z, labels: len(Z) * gap(Z, labels) / Z.size,
            "You divide by all m·K entries; the mean runs over the m examples only.",
        ),
        Wrong(
            "no target",
            lambda Z, labels: softmax(Z) / len(Z),
            "You return Ŷ/m; the 1 of the right class is still to be taken away.",
        ),
        Wrong(
            "sign",
            lambda Z, labels: -gap(Z, labels),
            "The sign is wrong: it is prediction minus target, Ŷ − Y.",
        ),
        Wrong(
            "columns",
            lambda Z, labels: gap(Z, labels, lambda Z: softmax(Z, axis=0)),
            "Your softmax runs down the columns: each row, over its classes, must sum to 1.",
        ),
        Wrong(
            "K sigmoids",
            lambda Z, labels: gap(Z, labels, sigmoid),
            "You use K separate sigmoids: a softmax divides by the sum over the row.",
        ),
        Wrong(
            "overflow",
            lambda Z, labels: gap(Z, labels, naive_softmax),
            "e¹⁰⁰⁰ overflows: take each row's largest logit from the row before np.exp.",
        ),
        Wrong(
            "right class only",
            right_class_only,
            "Only the right class has a gradient in your answer; the others are pushed down, by "
            "their ŷ.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Two parts: the softmax of each row, and a one-hot."),
        Hint(
            "It says overflow, nan or infinity",
            "exp(1000) is infinite. Softmax does not change when the same number is taken from a "
            "whole row: take the row's maximum, with keepdims=True.",
        ),
        Hint(
            "I nearly have it",
            "Exponentials of Z minus its row maxima, divided by their row sums; take 1 away at "
            "[np.arange(len(Z)), labels], or subtract np.eye(K)[labels]; divide by the rows.",
        ),
    ),
)

EXERCISES = (
    chain_forward,
    chain_backward,
    chain_update,
    shallow_backward,
    accumulate,
    central_difference,
    softmax_gradient,
)
