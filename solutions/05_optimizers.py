# %% [markdown]
# # Exercises 05 · Optimisers
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check walks several steps with your function, from the middle of a run, so what you return as
# the state must be what the next step needs. No exercise needs the answer to another. Here α is
# `alpha`, ∇ is `grad`; all vectors have shape (n,).

# %%
import numpy as np

from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# $$z = \frac{x - \mu}{\sigma}$$
#
# for each feature, with μ and σ (with 1/m) of the *training* rows alone.
#
# Write `standardize_inputs(X_train, X_new)`, of shapes (m, n) and (k, n), and return the pair
# `Z_train, Z_new`.
#
# `standardize_inputs(np.array([[1.0], [3.0]]), np.array([[5.0]]))` gives `[[-1], [1]]` and `[[3]]`.


# %% exercise="standardize_inputs"
def standardize_inputs(X_train, X_new):
    """Both sets on the scale of the training rows."""
    # BEGIN SOLUTION
    mean, std = X_train.mean(axis=0), X_train.std(axis=0)
    return (X_train - mean) / std, (X_new - mean) / std
    # END SOLUTION


# %% [markdown]
# Write `epoch_batches(m, batch_size, rng)`, which returns the rows of one epoch as a list of index
# arrays: in a new random order at each call, every row exactly once, `batch_size` rows in each
# batch, and what is left in a smaller last one. `rng` is a `numpy.random.Generator`.
#
# `epoch_batches(7, 3, rng)` has batches of 3, 3 and 1 rows.


# %% exercise="epoch_batches"
def epoch_batches(m, batch_size, rng):
    """A list of index arrays that share out 0 … m − 1."""
    # BEGIN SOLUTION
    order = rng.permutation(m)
    return [order[start : start + batch_size] for start in range(0, m, batch_size)]
    # END SOLUTION


# %% [markdown]
# $$v \leftarrow \beta v + (1 - \beta)\,\nabla \qquad\qquad \theta \leftarrow \theta - \alpha v$$
#
# Write `momentum_step(theta, v, grad, alpha, beta)` and return the new pair `theta, v`.
#
# From θ = 1 and v = 0, with ∇ = 2, α = 0.5 and β = 0.9, one step gives θ = 0.9 and v = 0.2.


# %% exercise="momentum_step"
def momentum_step(theta, v, grad, alpha, beta):
    """θ and v (n,) after a step."""
    # BEGIN SOLUTION
    v = beta * v + (1 - beta) * grad
    return theta - alpha * v, v
    # END SOLUTION


# %% [markdown]
# $$s \leftarrow \beta s + (1 - \beta)\,\nabla^2 \qquad\qquad
# \theta \leftarrow \theta - \alpha\,\frac{\nabla}{\sqrt{s} + \varepsilon}$$
#
# The square and the root are taken entry by entry. Write
# `rmsprop_step(theta, s, grad, alpha, beta, eps)` and return the new pair `theta, s`.
#
# From θ = 1 and s = 0, with ∇ = 2, α = 0.1, β = 0.75 and ε = 0, one step gives θ = 0.8, s = 1.


# %% exercise="rmsprop_step"
def rmsprop_step(theta, s, grad, alpha, beta, eps):
    """θ and s (n,) after a step."""
    # BEGIN SOLUTION
    s = beta * s + (1 - beta) * grad**2
    return theta - alpha * grad / (np.sqrt(s) + eps), s
    # END SOLUTION


# %% [markdown]
# $$v \leftarrow \beta_1 v + (1 - \beta_1)\,\nabla \qquad s \leftarrow \beta_2 s + (1 - \beta_2)\,
# \nabla^2 \qquad \hat v = \frac{v}{1 - \beta_1^t} \qquad \hat s = \frac{s}{1 - \beta_2^t} \qquad
# \theta \leftarrow \theta - \alpha\,\frac{\hat v}{\sqrt{\hat s} + \varepsilon}$$
#
# `t` is the number of this step, counted from 1. Write
# `adam_step(theta, v, s, t, grad, alpha, beta1, beta2, eps)` and return `theta, v, s`, the state as
# it is *without* the hats.
#
# Whatever the first gradient is, the first step from v = s = 0 is very nearly α long.


# %% exercise="adam_step"
def adam_step(theta, v, s, t, grad, alpha, beta1, beta2, eps):
    """θ, v and s (n,) after step t."""
    # BEGIN SOLUTION
    v = beta1 * v + (1 - beta1) * grad
    s = beta2 * s + (1 - beta2) * grad**2
    v_hat, s_hat = v / (1 - beta1**t), s / (1 - beta2**t)
    return theta - alpha * v_hat / (np.sqrt(s_hat) + eps), v, s
    # END SOLUTION


# %% [markdown]
# $$\alpha = \frac{\alpha_0}{1 + k \lfloor \text{epoch} / T \rfloor}$$
#
# Time-based decay on a staircase: α stays the same for T epochs. Write
# `staircase(alpha_0, k, interval, epoch)`, with T the `interval`, and return the rate.
#
# `staircase(0.6, 1.0, 10, 25)` gives `0.2`.


# %% exercise="staircase"
def staircase(alpha_0, k, interval, epoch):
    """The learning rate in this epoch."""
    # BEGIN SOLUTION
    return alpha_0 / (1 + k * (epoch // interval))
    # END SOLUTION


# %% [markdown]
# $$H p = -\nabla \qquad\qquad \theta \leftarrow \theta + p$$
#
# Newton's step: on a bowl it ends at the bottom, however long and slanted the bowl is. Write
# `newton_step(theta, grad, H)`, with the Hessian `H` (n, n), and return the new `theta`.
#
# On $J = \theta_0^2 + 10\,\theta_1^2$ from (3, 1): `newton_step(np.array([3.0, 1.0]),
# np.array([6.0, 20.0]), np.diag([2.0, 20.0]))` gives `[0, 0]`.


# %% exercise="newton_step"
def newton_step(theta, grad, H):
    """θ (n,) after a full Newton step."""
    # BEGIN SOLUTION
    return theta - np.linalg.solve(H, grad)
    # END SOLUTION


# %% [markdown]
# All green? Then see your own momentum on the map of the lab: `from nnlib.viz import lab05`, then
# `lab05.MomentumMap(momentum_step)`.
#
# Back to [lab 05](../notebooks/05_optimizers.ipynb), or on to
# [lab 06](../notebooks/06_batch_norm.ipynb), where a layer keeps its own inputs normalised.
