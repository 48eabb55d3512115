"""The training loop: forward, cost, backward, step. Everything else is a callback."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nnlib.callbacks import Callback, History, Run
from nnlib.losses import Loss
from nnlib.optimizers import Optimizer
from nnlib.regularization import Penalty, clip_gradient
from nnlib.sequential import Sequential
from nnlib.validation import as_float, count, finite


def fit(
    net: Sequential,
    loss: Loss,
    optimizer: Optimizer,
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    batch_size: int | None = None,
    rng: np.random.Generator | None = None,
    penalty: Penalty | None = None,
    clip_norm: float | None = None,
    callbacks: Sequence[Callback] = (),
) -> History:
    """Train net on X (m, …) and y for some epochs and return the history of J, one value per epoch.

    Batches are drawn in a new order each epoch when rng is given; clip_norm bounds ‖∇‖. An
    interrupt (Ctrl-C, or the notebook's stop button) ends the run and keeps what θ has learned;
    history.ended says so. Raises ValueError for data that cannot be learned from, before θ moves;
    FloatingPointError as soon as J is not finite.
    """
    if not (callable(loss) and hasattr(optimizer, "step")):
        raise TypeError(f"fit takes net, loss, optimizer; got {loss!r} and then {optimizer!r}")
    if not isinstance(penalty, Penalty | None):
        raise TypeError(f"penalty must be one such as L2(lam), got {penalty!r}")
    X, y = _training_data(net, loss, X, y)
    epochs, m = count(epochs, "epochs"), len(X)
    run = Run(net, loss, optimizer, epochs, m, batch_size, rng, callbacks)
    for callback in callbacks:
        callback.on_start(run)
    try:
        while run.epoch < epochs and not run.stop:
            for batch in run.batches_left():
                A, Y = X[batch], y[batch]
                J = train_step(
                    net, loss, optimizer, A, Y, penalty=penalty, m=m, clip_norm=clip_norm
                )
                run.count_step(J, rows=len(Y))
                for callback in callbacks:
                    callback.on_step(run)
            run.count_epoch()
            for callback in callbacks:
                callback.on_epoch(run)
        run.history.ended = "stopped" if run.stop else "finished"
    except KeyboardInterrupt:
        run.history.ended = "interrupted"
    except FloatingPointError as error:
        run.history.ended = "diverged"
        raise FloatingPointError(f"in epoch {run.epoch + 1}, {error}") from None
    finally:
        for callback in callbacks:
            callback.on_end(run)
    return run.history


@np.errstate(over="ignore", invalid="ignore")  # an overflow shows in the next J
def train_step(
    net: Sequential,
    loss: Loss,
    optimizer: Optimizer,
    X: np.ndarray,
    y: np.ndarray,
    *,
    penalty: Penalty | None = None,
    m: int | None = None,
    clip_norm: float | None = None,
) -> float:
    """One step on one batch; returns J before it. The penalty is scaled by m, all the rows.

    With clip_norm the whole gradient, penalty included, is shortened to that norm at most.
    Raises FloatingPointError, with θ left as it was, when J is not finite.
    """
    m = len(X) if m is None else m
    lr = optimizer.lr
    J = loss(net.forward(X, training=True), y)
    if penalty:
        J += sum(penalty.value(w, m) for w, _ in net.parameters.weights)
    if not math.isfinite(J):
        raise FloatingPointError(
            f"the loss is {J} at step {optimizer.t + 1} with learning rate {lr:g}: "
            "try a smaller rate, standardised inputs or clipped gradients"
        )
    net.fill_gradients(loss.backward())
    if penalty:
        for w, dw in net.parameters.weights:
            dw += penalty.gradient(w, m)
    if clip_norm is not None:
        clip_gradient(net.grad, clip_norm)
    optimizer.step(net.theta, net.grad)
    if penalty:
        for w, _ in net.parameters.weights:
            penalty.after_step(w, m, lr)
    return J


def _training_data(
    net: Sequential, loss: Loss, X: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    X = finite(as_float(X, "X").astype(net.theta.dtype, copy=False), "X")
    y = np.asarray(y)
    if X.ndim < 2 or X.size == 0:
        raise ValueError(f"X must have shape (m, …) with m ≥ 1, got {X.shape}")
    if y.ndim == 0 or len(X) != len(y):
        raise ValueError(f"X and y must have one row per example, got {X.shape} and {y.shape}")
    if y.dtype.kind == "f":
        finite(y, "y")
    Z = net.predict(X[:1])
    loss(np.broadcast_to(Z, (len(X), *Z.shape[1:])), y)  # raises for a bad target in any batch
    return X, y
