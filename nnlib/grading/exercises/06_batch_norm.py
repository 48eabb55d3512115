"""Exercises of lab 06: batch norm forward, in both modes, backward, on images, and folded away."""

from collections.abc import Callable
from typing import Any

import numpy as np

import nnlib
from nnlib.grading.exercise import Case, Exercise, Hint, Wrong

Axis = int | tuple[int, ...] | None


def normed(
    Z: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    eps: float,
    *,
    axis: Axis = 0,
    ddof: int = 0,
    divisor: Callable[[Any, float], Any] = lambda var, eps: np.sqrt(var + eps),
    move: Callable[[Any, Any, Any], Any] = lambda Z_hat, gamma, beta: gamma * Z_hat + beta,
) -> Any:
    """Normalise over `axis`, then scale and shift; each mistake below replaces one ingredient."""
    mean, var = Z.mean(axis=axis, keepdims=True), Z.var(axis=axis, ddof=ddof, keepdims=True)
    return move((Z - mean) / divisor(var, eps), gamma, beta)


def normed_with(**ingredient: Any) -> Callable[..., Any]:
    """The formula with one ingredient replaced."""

    def mistaken(Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> Any:
        return normed(Z, gamma, beta, eps, **ingredient)

    return mistaken


def outside(var: Any, eps: float) -> Any:
    return np.sqrt(var) + eps


def no_root(var: Any, eps: float) -> Any:
    return var + eps


def no_eps(var: Any, eps: float) -> Any:
    return np.sqrt(var)


def only_normal(Z_hat: Any, gamma: Any, beta: Any) -> Any:
    return Z_hat


def shift_first(Z_hat: Any, gamma: Any, beta: Any) -> Any:
    return gamma * (Z_hat + beta)


def batch_norm(n: int, eps: float) -> nnlib.BatchNorm:
    return nnlib.BatchNorm(n, eps=eps, dtype=np.float64)


def forward_by_layer(Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    """nnlib's own layer in training, for features and for images."""
    layer = batch_norm(Z.shape[-1], eps)
    layer.gamma, layer.beta = gamma, beta
    return layer.forward(Z, training=True)


def by_power(Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    gaps = Z - Z.mean(axis=0)
    return gamma * gaps * (np.mean(gaps**2, axis=0) + eps) ** -0.5 + beta


def as_one_affine(Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    slope = gamma / np.sqrt(Z.var(axis=0) + eps)
    return slope * Z + (beta - slope * Z.mean(axis=0))


def batch(
    *shape: int, eps: float, name: str = "Z"
) -> Callable[[np.random.Generator], dict[str, Any]]:
    """Values off centre and of several scales, with the γ and β of their last axis."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        n = shape[-1]
        return {
            name: rng.normal(size=shape) * rng.uniform(0.5, 2, n) + rng.uniform(1, 3, n),
            "gamma": rng.uniform(0.5, 2, n),
            "beta": rng.uniform(0.5, 2, n),
            "eps": eps,
        }

    return inputs


TINY = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 30.0], [7.0, 30.0]])

batch_norm_forward = Exercise(
    id="batch_norm_forward",
    title="Batch norm, forward in training",
    difficulty=1,
    minutes=12,
    reference=forward_by_layer,
    axes=("m", "n"),
    alternatives=(normed, by_power, as_one_affine),
    library=(nnlib.BatchNorm.forward,),
    cases=(
        Case(
            "the lab's numbers",
            {"Z": TINY, "gamma": np.array([2.0, 1.0]), "beta": np.array([1.0, 0.0]), "eps": 1e-5},
        ),
        Case("five examples, three features, a large ε", batch(5, 3, eps=0.1), points=2),
    ),
    wrongs=(
        Wrong(
            "across",
            lambda Z, gamma, beta, eps: normed(Z, gamma, beta, eps, axis=1),
            "You normalise each example over its features (axis 1), which is layer norm; batch "
            "norm goes down the batch, axis 0.",
        ),
        Wrong(
            "eps outside",
            normed_with(divisor=outside),
            "Your ε stands outside the root; it belongs inside, √(σ² + ε).",
        ),
        Wrong(
            "no eps",
            normed_with(divisor=no_eps),
            "Your ε is missing: a constant feature would be divided by 0. Divide by √(σ² + ε).",
        ),
        Wrong(
            "no root",
            normed_with(divisor=no_root),
            "You divide by the variance; divide by its root, √(σ² + ε), so that ẑ has variance 1.",
        ),
        Wrong(
            "unbiased",
            normed_with(ddof=1),
            "Your variance has 1/(m − 1); the batch is normalised with 1/m, np.var's default.",
        ),
        Wrong(
            "only normal",
            normed_with(move=only_normal),
            "You return ẑ; the layer's output is γẑ + β.",
        ),
        Wrong(
            "shift first",
            normed_with(move=shift_first),
            "You multiply β by γ as well: scale first, then shift, γẑ + β.",
        ),
        Wrong(
            "all entries",
            normed_with(axis=None),
            "You take one mean and one variance over all entries; each feature needs its own.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "Four lines, one per formula: μ, σ², ẑ, γẑ + β."),
        Hint(
            "My numbers are of the wrong size",
            "Z.mean(axis=0) and Z.var(axis=0) have shape (n,): one number per column. Then divide "
            "by the root of the variance plus ε.",
        ),
        Hint(
            "I nearly have it",
            "Take the column means from Z, divide by np.sqrt of the column variances plus eps, "
            "multiply by gamma, add beta. NumPy lines a (n,) up with every row.",
        ),
    ),
)


def running_by_layer(
    running_mean: np.ndarray, running_var: np.ndarray, Z: np.ndarray, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    layer = nnlib.BatchNorm(Z.shape[1], momentum=momentum, dtype=np.float64)
    layer.running_mean, layer.running_var = running_mean, running_var
    layer.forward(Z, training=True)
    return layer.running_mean, layer.running_var


def running(
    running_mean: np.ndarray,
    running_var: np.ndarray,
    Z: np.ndarray,
    momentum: float,
    *,
    ddof: int = 1,
    spread: Callable[..., Any] = np.var,
    axis: int = 0,
    keep: Callable[[Any, Any, float], Any] = lambda old, new, beta: beta * old + (1 - beta) * new,
) -> tuple[Any, Any]:
    """Both running averages after one batch; each mistake below replaces one ingredient."""
    mean, var = Z.mean(axis=axis), spread(Z, axis=axis, ddof=ddof)
    return keep(running_mean, mean, momentum), keep(running_var, var, momentum)


def running_with(**ingredient: Any) -> Callable[..., Any]:
    """The update with one ingredient replaced."""

    def mistaken(
        running_mean: np.ndarray, running_var: np.ndarray, Z: np.ndarray, momentum: float
    ) -> Any:
        return running(running_mean, running_var, Z, momentum, **ingredient)

    return mistaken


def by_steps(
    running_mean: np.ndarray, running_var: np.ndarray, Z: np.ndarray, momentum: float
) -> tuple[Any, Any]:
    m, new = len(Z), 1 - momentum
    var = Z.var(axis=0) * m / (m - 1)
    return running_mean + new * (Z.mean(axis=0) - running_mean), running_var + new * (
        var - running_var
    )


def averages(m: int, n: int, momentum: float) -> Callable[[np.random.Generator], dict[str, Any]]:
    """Running averages from mid-run and the batch that comes next."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        return {
            "running_mean": rng.uniform(0.5, 1.5, n),
            "running_var": rng.uniform(2, 3, n),
            "Z": rng.normal(size=(m, n)) * rng.uniform(0.5, 2, n) + rng.uniform(2, 4, n),
            "momentum": momentum,
        }

    return inputs


update_running_averages = Exercise(
    id="update_running_averages",
    title="Running averages",
    difficulty=2,
    minutes=12,
    reference=running_by_layer,
    links=("running_mean", "running_var"),
    axes={"running_mean": ("n",), "running_var": ("n",)},
    alternatives=(running, by_steps),
    library=(nnlib.BatchNorm.forward,),
    cases=(
        Case("four examples, two features", averages(4, 2, 0.9)),
        Case("six examples, three features", averages(6, 3, 0.75), points=2),
    ),
    wrongs=(
        Wrong(
            "other side",
            running_with(keep=lambda old, new, beta: (1 - beta) * old + beta * new),
            "Your momentum is on the wrong side: here it is what is kept of the old average "
            "(PyTorch's is what is new).",
        ),
        Wrong(
            "1/m",
            running_with(ddof=0),
            "Your running variance collects the batch variance with 1/m; it is too small on "
            "average, take 1/(m − 1).",
        ),
        Wrong(
            "spread",
            running_with(spread=np.std),
            "running_var collects the standard deviation in your answer; it is the variance that "
            "is averaged.",
        ),
        Wrong(
            "overwritten",
            running_with(keep=lambda old, new, beta: new),
            "You forget the past: what you return are the statistics of this batch alone.",
        ),
        Wrong(
            "no share",
            running_with(keep=lambda old, new, beta: beta * old + new),
            "The batch counts in full: weigh it by 1 − momentum, or the averages grow too large.",
        ),
        Wrong(
            "half",
            running_with(keep=lambda old, new, beta: (old + new) / 2),
            "You take the plain mean of old and new; momentum says how much of the old is kept.",
        ),
        Wrong(
            "around the running mean",
            lambda running_mean, running_var, Z, momentum: (
                running(running_mean, running_var, Z, momentum)[0],
                momentum * running_var
                + (1 - momentum) * ((Z - running_mean) ** 2).sum(axis=0) / (len(Z) - 1),
            ),
            "Your variance measures gaps from the running mean; take those from the batch's own.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Both follow one rule: a share of the old plus a share of the new; the shares add up "
            "to 1.",
        ),
        Hint(
            "The mean is right, the variance is not",
            "Z.var(axis=0, ddof=1) has 1/(m − 1). Average the variance, not its root.",
        ),
        Hint(
            "I nearly have it",
            "momentum times running_mean plus (1 − momentum) times the column means; the same "
            "with running_var and the column variances of ddof=1. Return both, change neither.",
        ),
    ),
)


def inference_by_layer(
    Z: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    eps: float,
) -> np.ndarray:
    layer = batch_norm(Z.shape[1], eps)
    layer.running_mean, layer.running_var = running_mean, running_var
    layer.gamma, layer.beta = gamma, beta
    return layer.forward(Z)


def inference(
    Z: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    eps: float,
    *,
    mean_of: Callable[[Any, Any], Any] = lambda Z, mean: mean,
    var_of: Callable[[Any, Any], Any] = lambda Z, var: var,
    divisor: Callable[[Any, float], Any] = lambda var, eps: np.sqrt(var + eps),
    move: Callable[[Any, Any, Any], Any] = lambda Z_hat, gamma, beta: gamma * Z_hat + beta,
) -> Any:
    """Normalise with the running averages; each mistake below replaces one ingredient."""
    gaps = Z - mean_of(Z, running_mean)
    return move(gaps / divisor(var_of(Z, running_var), eps), gamma, beta)


def inference_with(**ingredient: Any) -> Callable[..., Any]:
    """The formula with one ingredient replaced."""

    def mistaken(
        Z: np.ndarray,
        running_mean: np.ndarray,
        running_var: np.ndarray,
        gamma: np.ndarray,
        beta: np.ndarray,
        eps: float,
    ) -> Any:
        return inference(Z, running_mean, running_var, gamma, beta, eps, **ingredient)

    return mistaken


def one_affine(
    Z: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    eps: float,
) -> np.ndarray:
    slope = gamma / np.sqrt(running_var + eps)
    return slope * Z + beta - slope * running_mean


def trained_layer(m: int, n: int, eps: float) -> Callable[[np.random.Generator], dict[str, Any]]:
    """New rows, and what training has left in the layer."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        return {
            "Z": rng.normal(size=(m, n)) + 2,
            "running_mean": rng.uniform(0.5, 1.5, n),
            "running_var": rng.uniform(2, 4, n),
            "gamma": rng.uniform(0.5, 0.9, n),
            "beta": rng.uniform(0.5, 2, n),
            "eps": eps,
        }

    return inputs


batch_norm_inference = Exercise(
    id="batch_norm_inference",
    title="Batch norm at inference",
    difficulty=1,
    minutes=8,
    reference=inference_by_layer,
    axes=("m", "n"),
    alternatives=(inference, one_affine),
    library=(nnlib.BatchNorm.forward,),
    cases=(
        Case("a single row, four features", trained_layer(1, 4, 0.1)),
        Case("five rows, three features", trained_layer(5, 3, 0.2), points=2),
    ),
    wrongs=(
        Wrong(
            "batch statistics",
            inference_with(
                mean_of=lambda Z, mean: Z.mean(axis=0), var_of=lambda Z, var: Z.var(axis=0)
            ),
            "You normalise with the statistics of the rows at hand; at inference the running "
            "averages stand in, so that no answer depends on its company.",
        ),
        Wrong(
            "batch mean",
            inference_with(mean_of=lambda Z, mean: Z.mean(axis=0)),
            "Your variance is the running one, but your mean is that of the rows at hand.",
        ),
        Wrong(
            "eps outside",
            inference_with(divisor=outside),
            "Your ε stands outside the root; it belongs inside: √(running_var + ε).",
        ),
        Wrong(
            "no root",
            inference_with(divisor=no_root),
            "You divide by the running variance; divide by its root, √(running_var + ε).",
        ),
        Wrong(
            "only normal",
            inference_with(move=only_normal),
            "You return ẑ; γ and β are part of the layer at inference, too: γẑ + β.",
        ),
        Wrong(
            "no eps",
            inference_with(divisor=no_eps),
            "Your ε is missing; it must be the same as in training: √(running_var + ε).",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "The formula of training, with two other numbers."),
        Hint(
            "It fails for a single row",
            "The mean and the variance of Z play no part; running_mean and running_var do.",
        ),
        Hint(
            "I nearly have it",
            "Z less running_mean, divided by np.sqrt of running_var plus eps; times gamma, plus "
            "beta.",
        ),
    ),
)


def backward_by_layer(
    dZ_tilde: np.ndarray, Z_hat: np.ndarray, s: np.ndarray, gamma: np.ndarray
) -> tuple[Any, ...]:
    """nnlib's backward, for a batch that has this ẑ and this s."""
    layer = batch_norm(len(gamma), 1e-12)
    layer.gamma = gamma
    layer.forward(Z_hat * s, training=True)
    dZ = layer.backward(dZ_tilde)
    return layer.dgamma, layer.dbeta, gamma * dZ_tilde, dZ


def backward(
    dZ_tilde: np.ndarray,
    Z_hat: np.ndarray,
    s: np.ndarray,
    gamma: np.ndarray,
    *,
    dgamma_of: Callable[[Any, Any], Any] = lambda dZ_tilde, Z_hat: (dZ_tilde * Z_hat).sum(axis=0),
    dbeta_of: Callable[[Any], Any] = lambda dZ_tilde: dZ_tilde.sum(axis=0),
    dZ_hat_of: Callable[[Any, Any], Any] = lambda dZ_tilde, gamma: gamma * dZ_tilde,
    through_mean: float = 1.0,
    through_var: float = 1.0,
    total: Callable[[Any], Any] = lambda array: array.mean(axis=0),
    divisor: Callable[[Any], Any] = lambda s: s,
) -> tuple[Any, ...]:
    """The four links by the closed form; each mistake below replaces one ingredient."""
    dZ_hat = dZ_hat_of(dZ_tilde, gamma)
    shift, stretch = total(dZ_hat), Z_hat * total(dZ_hat * Z_hat)
    dZ = (dZ_hat - through_mean * shift - through_var * stretch) / divisor(s)
    return dgamma_of(dZ_tilde, Z_hat), dbeta_of(dZ_tilde), dZ_hat, dZ


def backward_with(**ingredient: Any) -> Callable[..., Any]:
    """The closed form with one ingredient replaced."""

    def mistaken(dZ_tilde: np.ndarray, Z_hat: np.ndarray, s: np.ndarray, gamma: np.ndarray) -> Any:
        return backward(dZ_tilde, Z_hat, s, gamma, **ingredient)

    return mistaken


def gamma_lost(
    dZ_tilde: np.ndarray, Z_hat: np.ndarray, s: np.ndarray, gamma: np.ndarray
) -> tuple[Any, ...]:
    dgamma, dbeta, dZ_hat, dZ = backward(dZ_tilde, Z_hat, s, gamma)
    return dgamma, dbeta, dZ_hat, dZ / gamma


def road_by_road(
    dZ_tilde: np.ndarray, Z_hat: np.ndarray, s: np.ndarray, gamma: np.ndarray
) -> tuple[Any, ...]:
    m, dZ_hat, gaps = len(Z_hat), gamma * dZ_tilde, Z_hat * s
    dvar = -0.5 * s**-3.0 * (dZ_hat * gaps).sum(axis=0)
    dmu = -dZ_hat.sum(axis=0) / s
    dZ = dZ_hat / s + dvar * 2 * gaps / m + dmu / m
    return (dZ_tilde * Z_hat).sum(axis=0), dZ_tilde.sum(axis=0), dZ_hat, dZ


def normalised_batch(m: int, n: int) -> Callable[[np.random.Generator], dict[str, Any]]:
    """What forward has kept, and the gradient that arrives."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        Z = rng.normal(size=(m, n))
        return {
            "dZ_tilde": rng.normal(size=(m, n)) + 0.5,
            "Z_hat": (Z - Z.mean(axis=0)) / Z.std(axis=0),
            "s": rng.uniform(0.5, 0.8, n),
            "gamma": rng.uniform(1.2, 2, n),
        }

    return inputs


batch_norm_backward = Exercise(
    id="batch_norm_backward",
    title="Batch norm, backward",
    difficulty=3,
    minutes=25,
    reference=backward_by_layer,
    links=("dgamma", "dbeta", "dZ_hat", "dZ"),
    axes={"dgamma": ("n",), "dbeta": ("n",), "dZ_hat": ("m", "n"), "dZ": ("m", "n")},
    alternatives=(backward, road_by_road),
    library=(nnlib.BatchNorm.backward, nnlib.BatchNorm.forward),
    cases=(
        Case("four examples, two features", normalised_batch(4, 2), points=2),
        Case("six examples, three features", normalised_batch(6, 3), points=3),
    ),
    wrongs=(
        Wrong(
            "constants",
            backward_with(through_mean=0.0, through_var=0.0),
            "dZ takes the direct road only, as if μ and σ² were constants; every z also moves "
            "them, and with them the whole batch.",
        ),
        Wrong(
            "no road through the mean",
            backward_with(through_mean=0.0),
            "dZ lacks the road through μ: take away the column mean of dZ_hat.",
        ),
        Wrong(
            "no road through the variance",
            backward_with(through_var=0.0),
            "dZ lacks the road through σ²: take away ẑ times the column mean of dZ_hat ⊙ ẑ.",
        ),
        Wrong(
            "added",
            backward_with(through_mean=-1.0, through_var=-1.0),
            "In dZ the roads through μ and σ² have the wrong sign: both are taken away.",
        ),
        Wrong(
            "sums for means",
            backward_with(total=lambda array: array.sum(axis=0)),
            "In dZ you take away column sums; they need their 1/m, so take column means.",
        ),
        Wrong(
            "1/n",
            backward_with(total=lambda array: array.sum(axis=0) / array.shape[1]),
            "In dZ you divide the sums by the n features; divide by the m examples.",
        ),
        Wrong(
            "no s",
            backward_with(divisor=lambda s: 1.0),
            "dZ is not divided by s = √(σ² + ε): on the way from ẑ to z each slope is 1/s.",
        ),
        Wrong(
            "by the variance",
            backward_with(divisor=lambda s: s**2),
            "You divide dZ by s²; once is enough, for ẑ = (z − μ)/s.",
        ),
        Wrong(
            "no gamma",
            backward_with(dZ_hat_of=lambda dZ_tilde, gamma: dZ_tilde),
            "dZ_hat lacks its γ: z̃ = γẑ + β has the slope γ in ẑ.",
        ),
        Wrong(
            "gamma lost on the way",
            gamma_lost,
            "dZ starts from dZ_tilde; it starts from dZ_hat, which has the γ.",
        ),
        Wrong(
            "mean of dgamma",
            backward_with(dgamma_of=lambda dZ_tilde, Z_hat: (dZ_tilde * Z_hat).mean(axis=0)),
            "dgamma takes a mean; one γ serves all m rows, so what comes back is summed.",
        ),
        Wrong(
            "not summed",
            backward_with(dgamma_of=lambda dZ_tilde, Z_hat: dZ_tilde * Z_hat),
            "dgamma still has a row for each example: one γ serves them all, so sum over the rows.",
        ),
        Wrong(
            "dgamma without z",
            backward_with(dgamma_of=lambda dZ_tilde, Z_hat: dZ_tilde.sum(axis=0)),
            "dgamma lacks ẑ: z̃ = γẑ + β has the slope ẑ in γ. (Without it you have dβ.)",
        ),
        Wrong(
            "mean of dbeta",
            backward_with(dbeta_of=lambda dZ_tilde: dZ_tilde.mean(axis=0)),
            "dbeta takes a mean; one β serves all m rows, so what comes back is summed.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "From right to left. z̃ = γẑ + β gives dgamma, dbeta and dZ_hat; only then comes dZ.",
        ),
        Hint(
            "Only dZ is wrong",
            "Three roads lead to z: directly, through σ² and through μ. The last two take from "
            "dZ_hat its column mean, and ẑ times the column mean of dZ_hat ⊙ ẑ.",
        ),
        Hint(
            "I nearly have it",
            "dZ is a bracket divided by s. In the bracket: dZ_hat, less dZ_hat.mean(axis=0), less "
            "Z_hat times the mean over axis 0 of dZ_hat times Z_hat.",
        ),
    ),
)

batch_norm_images = Exercise(
    id="batch_norm_images",
    title="Batch norm over images",
    difficulty=2,
    minutes=10,
    reference=forward_by_layer,
    axes=("m", "H", "W", "C"),
    alternatives=(
        normed_with(axis=(0, 1, 2)),
        lambda X, gamma, beta, eps: normed(X.reshape(-1, X.shape[3]), gamma, beta, eps).reshape(
            X.shape
        ),
    ),
    library=(nnlib.BatchNorm.forward,),
    cases=(
        Case("four images of 3 × 5, two channels", batch(4, 3, 5, 2, eps=0.1, name="X")),
        Case(
            "three images of 5 × 2, four channels", batch(3, 5, 2, 4, eps=0.05, name="X"), points=2
        ),
    ),
    wrongs=(
        Wrong(
            "per pixel",
            normed_with(axis=0),
            "You give every pixel its own mean and variance (axis 0); all places of a channel "
            "share one, so take axes 0, 1 and 2.",
        ),
        Wrong(
            "per image",
            normed_with(axis=(1, 2)),
            "You normalise each image by itself (axes 1 and 2); the batch, axis 0, belongs to it.",
        ),
        Wrong(
            "across channels",
            normed_with(axis=3),
            "You normalise over the channels of each pixel; channels are what stays apart: take "
            "axes 0, 1 and 2.",
        ),
        Wrong(
            "all entries",
            normed_with(axis=None),
            "You mix the channels: one mean and variance for all entries. Each channel needs its "
            "own.",
        ),
        Wrong(
            "eps outside",
            normed_with(axis=(0, 1, 2), divisor=outside),
            "Your ε stands outside the root; it belongs inside, √(σ² + ε).",
        ),
        Wrong(
            "no root",
            normed_with(axis=(0, 1, 2), divisor=no_root),
            "You divide by the variance; divide by its root, √(σ² + ε).",
        ),
        Wrong(
            "unbiased",
            normed_with(axis=(0, 1, 2), ddof=1),
            "Your variance has 1/(N − 1); the batch is normalised with 1/N, N = m·H·W.",
        ),
        Wrong(
            "only normal",
            normed_with(axis=(0, 1, 2), move=only_normal),
            "You return x̂; the layer's output is γx̂ + β, with one γ and β per channel.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Every pixel of every image is one more example for its channel.",
        ),
        Hint(
            "My means have the wrong shape",
            "There is one mean per channel, shape (C,): X.mean(axis=(0, 1, 2)).",
        ),
        Hint(
            "I nearly have it",
            "As for features, with axis=(0, 1, 2) in place of axis=0 in the mean and in the "
            "variance. A (C,) lines up with the last axis of X by itself.",
        ),
    ),
)


def layer_norm_by_layer(
    Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float
) -> np.ndarray:
    layer = nnlib.LayerNorm(Z.shape[1], eps=eps, dtype=np.float64)
    layer.gamma, layer.beta = gamma, beta
    return layer.forward(Z)


layer_norm = Exercise(
    id="layer_norm",
    title="Layer norm",
    difficulty=1,
    minutes=8,
    reference=layer_norm_by_layer,
    axes=("m", "n"),
    alternatives=(
        normed_with(axis=-1),
        lambda Z, gamma, beta, eps: (
            gamma * ((Z.T - Z.mean(axis=1)) / np.sqrt(Z.var(axis=1) + eps)).T + beta
        ),
    ),
    library=(nnlib.LayerNorm.forward,),
    cases=(
        Case("a single example, five features", batch(1, 5, eps=0.1)),
        Case("three examples, four features", batch(3, 4, eps=0.05), points=2),
    ),
    wrongs=(
        Wrong(
            "down",
            normed_with(axis=0),
            "You normalise each feature over the batch, which is batch norm; layer norm goes "
            "across each example, axis 1.",
        ),
        Wrong(
            "all entries",
            normed_with(axis=None),
            "You take one mean and variance over all entries; each example needs its own.",
        ),
        Wrong(
            "eps outside",
            normed_with(axis=1, divisor=outside),
            "Your ε stands outside the root; it belongs inside, √(σ² + ε).",
        ),
        Wrong(
            "no root",
            normed_with(axis=1, divisor=no_root),
            "You divide by the variance; divide by its root, √(σ² + ε).",
        ),
        Wrong(
            "unbiased",
            normed_with(axis=1, ddof=1),
            "Your variance has 1/(n − 1); layer norm takes 1/n, np.var's default.",
        ),
        Wrong(
            "only normal",
            normed_with(axis=1, move=only_normal),
            "You return ẑ; the output is γẑ + β, with one γ and β per feature.",
        ),
    ),
    hints=(
        Hint("I do not know where to begin", "As batch norm, turned by a quarter."),
        Hint(
            "The shapes do not fit",
            "A mean over axis 1 has shape (m,), which does not line up with the columns; "
            "keepdims=True makes it (m, 1).",
        ),
        Hint(
            "I nearly have it",
            "Mean and variance with axis=1, keepdims=True; Z less the mean, over np.sqrt of the "
            "variance plus eps; times gamma, plus beta.",
        ),
    ),
)


def fold(
    W: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    eps: float,
    *,
    scale_of: Callable[[Any, Any, float], Any] = lambda gamma, var, eps: gamma / np.sqrt(var + eps),
    W_of: Callable[[Any, Any], Any] = lambda W, scale: scale[:, None] * W,
    b_of: Callable[[Any, Any, Any, Any], Any] = lambda b, mean, scale, beta: (
        scale * (b - mean) + beta
    ),
) -> tuple[Any, Any]:
    """W and b of the one layer that does both; each mistake below replaces one ingredient."""
    scale = scale_of(gamma, running_var, eps)
    return W_of(W, scale), b_of(b, running_mean, scale, beta)


def fold_with(**ingredient: Any) -> Callable[..., Any]:
    """The folded layer with one ingredient replaced."""

    def mistaken(*inputs: Any) -> Any:
        return fold(*inputs, **ingredient)

    return mistaken


def fold_by_probing(
    W: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    eps: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Ask nnlib's two layers for their answer to 0 and to every unit vector."""
    n_out, n_in = W.shape
    dense = nnlib.Dense(n_in, n_out, rng=np.random.default_rng(0), dtype=np.float64)
    norm = batch_norm(n_out, eps)
    dense.W, dense.b, norm.gamma, norm.beta = W, b, gamma, beta
    norm.running_mean, norm.running_var = running_mean, running_var
    probes = np.vstack([np.zeros(n_in), np.eye(n_in)])
    answers = norm.forward(dense.forward(probes))
    return (answers[1:] - answers[0]).T, answers[0]


def trained_pair(n_in: int, n_out: int) -> Callable[[np.random.Generator], dict[str, Any]]:
    """A Dense layer and the batch norm behind it, after training."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        return {
            "W": rng.normal(size=(n_out, n_in)),
            "b": rng.uniform(0.5, 1.5, n_out),
            "gamma": rng.uniform(0.5, 2, n_out),
            "beta": rng.uniform(0.5, 1.5, n_out),
            "running_mean": rng.uniform(2, 3, n_out),
            "running_var": rng.uniform(2, 4, n_out),
            "eps": 0.1,
        }

    return inputs


fold_batch_norm = Exercise(
    id="fold_batch_norm",
    title="A trained batch norm disappears",
    difficulty=3,
    minutes=15,
    reference=fold_by_probing,
    links=("W", "b"),
    axes={"W": ("n_out", "n_in"), "b": ("n_out",)},
    alternatives=(fold, fold_with(W_of=lambda W, scale: np.diag(scale) @ W)),
    library=(nnlib.BatchNorm.forward,),
    cases=(
        Case("four inputs, two outputs", trained_pair(4, 2)),
        Case("three inputs, five outputs", trained_pair(3, 5), points=2),
    ),
    wrongs=(
        Wrong(
            "no root",
            fold_with(scale_of=lambda gamma, var, eps: gamma / (var + eps)),
            "In your W the scale is γ/(running_var + ε); the root is missing.",
        ),
        Wrong(
            "eps outside",
            fold_with(scale_of=lambda gamma, var, eps: gamma / (np.sqrt(var) + eps)),
            "In your W the ε stands outside the root; it belongs inside, √(running_var + ε).",
        ),
        Wrong(
            "no gamma",
            fold_with(scale_of=lambda gamma, var, eps: 1 / np.sqrt(var + eps)),
            "Your W lacks γ: each row is multiplied by γ/√(running_var + ε).",
        ),
        Wrong(
            "W untouched",
            fold_with(W_of=lambda W, scale: W),
            "Your W is the old one: its rows are scaled as well, each by its γ/√(running_var + ε).",
        ),
        Wrong(
            "b not scaled",
            fold_with(b_of=lambda b, mean, scale, beta: b - scale * mean + beta),
            "Your b is not scaled: batch norm takes the mean from W a + b, then scales all of it.",
        ),
        Wrong(
            "b thrown away",
            fold_with(b_of=lambda b, mean, scale, beta: beta - scale * mean),
            "You left the old b out. It is redundant while the batch's own mean takes it away "
            "again; at inference the running mean is fixed, and b counts.",
        ),
        Wrong(
            "no mean",
            fold_with(b_of=lambda b, mean, scale, beta: scale * b + beta),
            "Your b lacks the running mean: it is taken from the old b before scaling.",
        ),
        Wrong(
            "beta scaled",
            fold_with(b_of=lambda b, mean, scale, beta: scale * (b - mean + beta)),
            "You scale β as well; it is added last, after the scaling.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Write z̃ = γ(W a + b − mean)/s + β on paper, with s = √(running_var + ε), and collect "
            "what stands before a, and what is left.",
        ),
        Hint(
            "The shapes do not fit",
            "γ/s has one number per output, so it scales the rows of W: it needs a second axis, "
            "(n_out, 1).",
        ),
        Hint(
            "I nearly have it",
            "scale is gamma over np.sqrt(running_var + eps). The new W is scale[:, None] times W; "
            "the new b is scale times the gap between b and running_mean, plus beta.",
        ),
    ),
)

EXERCISES = (
    batch_norm_forward,
    update_running_averages,
    batch_norm_inference,
    batch_norm_backward,
    batch_norm_images,
    layer_norm,
    fold_batch_norm,
)
