# %% [markdown]
# # Exercises 04 · Regularisation
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check says what is right, what is not, and what the mistake may be. No exercise needs the
# answer to another. Everywhere the penalty is the course's: $\frac{\lambda}{2m}\sum w^2$ for L2 and
# $\frac{\lambda}{m}\sum |w|$ for L1, never on a bias.

# %%
import numpy as np

from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# Three errors in percent tell what to do next. The **bias** is large if the training error is more
# than 2 points above the human error; the **variance** is large if the dev error is more than 2
# points above the training error.
#
# Write `diagnose(human, train, dev)`, which returns `"bias"`, `"variance"`, `"both"` or
# `"neither"`.
#
# `diagnose(0, 1, 11)` gives `"variance"`, `diagnose(14, 15, 16)` gives `"neither"`.


# %% exercise="diagnose"
def diagnose(human, train, dev):
    """What ails a model with these errors, in percent."""
    # BEGIN SOLUTION
    bias, variance = train - human > 2, dev - train > 2
    if bias and variance:
        return "both"
    if bias:
        return "bias"
    return "variance" if variance else "neither"
    # END SOLUTION


# %% [markdown]
# $$J(\theta) = \frac{1}{2m}\sum_{i=1}^m \big(h(x_i) - y_i\big)^2 +
# \frac{\lambda}{2m}\sum_{j \ge 1} \theta_j^2 \qquad h = X\theta$$
#
# Write `ridge_cost(X, y, theta, lam)` and return the pair `J, gradient`. Shapes: `X` (m, n) with a
# first column of ones, `y` (m,), `theta` and `gradient` (n,). The penalty spares $\theta_0$.
#
# `ridge_cost(np.array([[1.0, 2.0]]), np.array([3.0]), np.array([1.0, 1.0]), 4.0)` gives
# `(2.0, [0, 4])`: the fit is perfect, and the penalty alone speaks.


# %% exercise="ridge_cost"
def ridge_cost(X, y, theta, lam):
    """J and ∂J/∂θ (n,) of linear regression with an L2 penalty."""
    # BEGIN SOLUTION
    m = len(y)
    error = X @ theta - y
    punished = theta.copy()
    punished[0] = 0
    J = (error @ error + lam * punished @ punished) / (2 * m)
    gradient = (X.T @ error + lam * punished) / m
    return J, gradient
    # END SOLUTION


# %% [markdown]
# Where that gradient is zero, $\;(X^{\mathsf T}X + \lambda I_0)\,\theta = X^{\mathsf T}y$, with
# $I_0$ the identity, but with a 0 in the corner of the bias.
#
# Write `ridge(X, y, lam)`, which solves it and returns `theta` (n,). Shapes as above.
#
# With a single column of ones, `ridge(np.ones((3, 1)), np.array([1.0, 2.0, 6.0]), 100.0)` gives
# `[3]`, the mean of `y`, whatever λ is.


# %% exercise="ridge"
def ridge(X, y, lam):
    """θ (n,) of the least J."""
    # BEGIN SOLUTION
    I_0 = np.eye(X.shape[1])
    I_0[0, 0] = 0
    return np.linalg.solve(X.T @ X + lam * I_0, X.T @ y)
    # END SOLUTION


# %% [markdown]
# $$W \leftarrow \Big(1 - \frac{\alpha\lambda}{m}\Big)\,W - \alpha\,dW \qquad\qquad
# b \leftarrow b - \alpha\,db$$
#
# Weight decay: shrink the weights and take the step. `dW` and `db` are the gradients of the cost
# without its penalty.
#
# Write `decay_step(W, b, dW, db, alpha, lam, m)` and return the new pair `W, b`. Leave the caller's
# arrays as they are.


# %% exercise="decay_step"
def decay_step(W, b, dW, db, alpha, lam, m):
    """W (n_out, n_in) and b (n_out,) after one step of gradient descent with weight decay."""
    # BEGIN SOLUTION
    return (1 - alpha * lam / m) * W - alpha * dW, b - alpha * db
    # END SOLUTION


# %% [markdown]
# $$S_t(u) = \mathrm{sign}(u)\,\max(|u| - t,\, 0)$$
#
# Write `soft_threshold(u, t)` for an array `u` of any shape and a number $t \ge 0$: every entry
# moves towards 0 by `t`, and stops there.
#
# `soft_threshold(np.array([3.0, -0.5, -2.0]), 1.0)` gives `[2, 0, -1]`.


# %% exercise="soft_threshold"
def soft_threshold(u, t):
    """Each entry of u, by t nearer to 0."""
    # BEGIN SOLUTION
    return np.sign(u) * np.maximum(np.abs(u) - t, 0)
    # END SOLUTION


# %% [markdown]
# The proximal step of L1: first an ordinary step against `dW`, the gradient of the cost without its
# penalty; then the soft threshold, with $t = \alpha\lambda/m$.
#
# Write `l1_step(W, dW, alpha, lam, m)` and return the new `W`. (Write the threshold out, so that
# this answer stands on its own.)
#
# `l1_step(np.array([[1.0, 0.1]]), np.zeros((1, 2)), 0.5, 4.0, 10)` gives `[[0.8, 0]]`.


# %% exercise="l1_step"
def l1_step(W, dW, alpha, lam, m):
    """W (n_out, n_in) after a gradient step and the pull of L1."""
    # BEGIN SOLUTION
    U = W - alpha * dW
    return np.sign(U) * np.maximum(np.abs(U) - alpha * lam / m, 0)
    # END SOLUTION


# %% [markdown]
# Inverted dropout, forward. `mask` holds 1 where a unit is kept and 0 where it is silenced; each
# was kept with probability $1 - p$, where $p$ is the `rate`:
#
# $$A_{\text{out}} = A \odot \frac{M}{1 - p} \;\text{ in training}, \qquad A_{\text{out}} = A
# \;\text{ at test time}$$
#
# Write `dropout_forward(A, mask, rate, training=True)`.
#
# `dropout_forward(np.array([[1.0, 2.0, 3.0]]), np.array([[1, 0, 1]]), 0.5)` gives `[[2, 0, 6]]`.


# %% exercise="dropout_forward"
def dropout_forward(A, mask, rate, training=True):
    """A (m, n) as the next layer hears it."""
    # BEGIN SOLUTION
    return A * mask / (1 - rate) if training else A.copy()
    # END SOLUTION


# %% [markdown]
# Inverted dropout, backward, in training. `dA` is the gradient of $J$ with respect to what came out
# of the dropout; work out the gradient with respect to what went in.
#
# Write `dropout_backward(dA, mask, rate)`, for the same `mask` and `rate` as forward.


# %% exercise="dropout_backward"
def dropout_backward(dA, mask, rate):
    """∂J/∂A (m, n) below the dropout."""
    # BEGIN SOLUTION
    return dA * mask / (1 - rate)
    # END SOLUTION


# %% [markdown]
# Early stopping: `losses` holds the validation loss after epoch 1, 2, … Stop as soon as `patience`
# epochs in a row have brought no loss *below* the best one so far (an equal one is not better);
# if that never happens, the last epoch is the end.
#
# Write `early_stopping(losses, patience)` and return the pair `kept, stopped`: the epoch of the
# best network seen, and the last epoch that is run. Epochs count from 1.
#
# `early_stopping([3.0, 2.0, 2.5, 2.2, 1.0], 2)` gives `(2, 4)`: the 1.0 is never seen.


# %% exercise="early_stopping"
def early_stopping(losses, patience):
    """The epoch to keep and the last one to run, counted from 1."""
    # BEGIN SOLUTION
    kept = 1
    for epoch, loss in enumerate(losses, start=1):
        if loss < losses[kept - 1]:
            kept = epoch
        if epoch - kept >= patience:
            break
    return kept, epoch
    # END SOLUTION


# %% [markdown]
# All green? Then see your own functions at work in the widgets of the lab:
# `from nnlib.viz import lab04`, then `lab04.DropoutMasks(dropout_forward)`; and, with the names of
# the lab, `threshold=soft_threshold` in `lab04.PenaltyPath` and `rule=early_stopping` in
# `lab04.EarlyStop`.
#
# Back to [lab 04](../notebooks/04_regularization.ipynb), or on to
# [lab 05](../notebooks/05_optimizers.ipynb), where the walk downhill gets faster.
