# %% [markdown]
# # Exercises 06 · Batch norm
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check says what is right, what is not, and what the mistake may be. No exercise needs the
# answer to another. Rows are examples; $\gamma$ and $\beta$ hold one number per feature.

# %%
import numpy as np

from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# In training, every feature is normalised over the batch:
#
# $$\mu = \frac1m\sum_i z_i \qquad \sigma^2 = \frac1m\sum_i (z_i-\mu)^2 \qquad
# \hat z_i = \frac{z_i-\mu}{\sqrt{\sigma^2+\varepsilon}} \qquad \tilde z_i = \gamma \hat z_i+\beta$$
#
# Write `batch_norm_forward(Z, gamma, beta, eps)` for `Z` (m, n) and `gamma`, `beta` (n,), and
# return $\tilde Z$ (m, n).
#
# For `Z = np.array([[1.0], [3.0], [5.0], [7.0]])`, `gamma` 2, `beta` 1 and `eps` 1e-5, the result
# is `[[-1.6833], [0.1056], [1.8944], [3.6833]]`.


# %% exercise="batch_norm_forward"
def batch_norm_forward(Z, gamma, beta, eps):
    """Batch norm of Z (m, n) in training, per feature."""
    # BEGIN SOLUTION
    mu = Z.mean(axis=0)
    var = Z.var(axis=0)
    Z_hat = (Z - mu) / np.sqrt(var + eps)
    return gamma * Z_hat + beta
    # END SOLUTION


# %% [markdown]
# While it trains, the layer collects averages for later:
#
# $$\text{running} \leftarrow \text{momentum}\cdot\text{running} +
# (1-\text{momentum})\cdot\text{batch}$$
#
# The mean collects the batch mean. The variance collects the batch variance with $1/(m-1)$.
#
# Write `update_running_averages(running_mean, running_var, Z, momentum)` for averages (n,) and a
# batch `Z` (m, n). Return the new mean and the new variance; leave the old ones as they are.
#
# With `running_mean` 0, `running_var` 1, momentum 0.9 and the batch 1, 3, 5, 7, the new averages
# are 0.4 and 1.5667.


# %% exercise="update_running_averages"
def update_running_averages(running_mean, running_var, Z, momentum):
    """The running mean and variance (n,) after one more batch Z (m, n)."""
    # BEGIN SOLUTION
    new_mean = momentum * running_mean + (1 - momentum) * Z.mean(axis=0)
    new_var = momentum * running_var + (1 - momentum) * Z.var(axis=0, ddof=1)
    return new_mean, new_var
    # END SOLUTION


# %% [markdown]
# At inference nobody's answer may depend on its company. The running averages take the place of
# $\mu$ and $\sigma^2$; the rest is as in training.
#
# Write `batch_norm_inference(Z, running_mean, running_var, gamma, beta, eps)`. It must work for a
# single row, too.
#
# With `Z = np.array([[5.0]])`, running mean 1, running variance 4, `gamma` 3, `beta` 1 and `eps` 0,
# the result is `[[7.0]]`.


# %% exercise="batch_norm_inference"
def batch_norm_inference(Z, running_mean, running_var, gamma, beta, eps):
    """Batch norm of Z (m, n) at inference."""
    # BEGIN SOLUTION
    scale = gamma / np.sqrt(running_var + eps)
    return scale * (Z - running_mean) + beta
    # END SOLUTION


# %% [markdown]
# Now backwards. Forward has kept $\hat Z$ (m, n) and $s = \sqrt{\sigma^2+\varepsilon}$ (n,); what
# arrives is `dZ_tilde` $= \partial J/\partial\tilde Z$. First through $\tilde z = \gamma\hat z +
# \beta$, then through the normalisation, where three roads lead to every $z_i$:
#
# $$dz_i = \frac1s\left(d\hat z_i - \frac1m\sum_k d\hat z_k -
# \hat z_i\,\frac1m\sum_k d\hat z_k\,\hat z_k\right)$$
#
# Write `batch_norm_backward(dZ_tilde, Z_hat, s, gamma)` and return the four links `dgamma`,
# `dbeta`, `dZ_hat`, `dZ`. The check goes through them in this order.
#
# For one feature with $\hat z = (-1, 1)$, `dZ_tilde` (3, 1), $s = 2$ and $\gamma = 4$: `dgamma` is
# -2, `dbeta` 4, `dZ_hat` (12, 4), and `dZ` is 0: of two examples only their order is left.


# %% exercise="batch_norm_backward"
def batch_norm_backward(dZ_tilde, Z_hat, s, gamma):
    """∂J/∂γ (n,), ∂J/∂β (n,), ∂J/∂ẑ (m, n) and ∂J/∂z (m, n) of batch norm in training."""
    # BEGIN SOLUTION
    # STARTER raise NotImplementedError  # remove this line, then replace every ... from the top
    # STARTER dgamma = ...
    # STARTER dbeta = ...
    # STARTER dZ_hat = ...
    # STARTER dZ = ...
    # STARTER return dgamma, dbeta, dZ_hat, dZ
    dgamma = (dZ_tilde * Z_hat).sum(axis=0)
    dbeta = dZ_tilde.sum(axis=0)
    dZ_hat = gamma * dZ_tilde
    through_mean = dZ_hat.mean(axis=0)
    through_var = Z_hat * (dZ_hat * Z_hat).mean(axis=0)
    return dgamma, dbeta, dZ_hat, (dZ_hat - through_mean - through_var) / s
    # END SOLUTION


# %% [markdown]
# For images a channel is one feature: all pixels of all images share its $\mu$, $\sigma^2$,
# $\gamma$ and $\beta$.
#
# Write `batch_norm_images(X, gamma, beta, eps)` for `X` (m, H, W, C) and `gamma`, `beta` (C,), in
# training. The result has X's shape.
#
# For one image of $2 \times 2$ pixels 1, 3, 5, 7 and one channel, with `gamma` 2 and `beta` 1, the
# numbers are those of the first exercise.


# %% exercise="batch_norm_images"
def batch_norm_images(X, gamma, beta, eps):
    """Batch norm of images X (m, H, W, C) in training, per channel."""
    # BEGIN SOLUTION
    mu = X.mean(axis=(0, 1, 2))
    var = X.var(axis=(0, 1, 2))
    return gamma * (X - mu) / np.sqrt(var + eps) + beta
    # END SOLUTION


# %% [markdown]
# Layer norm gives each example the mean and variance of its own features; $\gamma$ and $\beta$
# still belong to the features.
#
# Write `layer_norm(Z, gamma, beta, eps)` for `Z` (m, n).
#
# For `Z = np.array([[1.0, 3.0, 5.0, 7.0]])`, all of `gamma` 2 and all of `beta` 1, the result is
# `[[-1.6833, 0.1056, 1.8944, 3.6833]]`.


# %% exercise="layer_norm"
def layer_norm(Z, gamma, beta, eps):
    """Layer norm of Z (m, n), per example."""
    # BEGIN SOLUTION
    mean = Z.mean(axis=1, keepdims=True)
    var = Z.var(axis=1, keepdims=True)
    return gamma * (Z - mean) / np.sqrt(var + eps) + beta
    # END SOLUTION


# %% [markdown]
# After training, a Dense layer and the batch norm behind it are one straight line after another,
# so **one** Dense layer can do both, at no cost:
#
# $$\gamma\,\frac{(Wa + b) - \text{running mean}}{\sqrt{\text{running var}+\varepsilon}} + \beta
# \;=\; W' a + b'$$
#
# Write `fold_batch_norm(W, b, gamma, beta, running_mean, running_var, eps)` for `W` (n_out, n_in)
# and the rest (n_out,). Return $W'$ (n_out, n_in) and $b'$ (n_out,).
#
# With $W = 6$, $b = 5$, $\gamma = 3$, $\beta = 1$, running mean 1, running variance 4 and
# $\varepsilon = 0$: $W' = 9$ and $b' = 7$.


# %% exercise="fold_batch_norm"
def fold_batch_norm(W, b, gamma, beta, running_mean, running_var, eps):
    """W′ and b′ of the one Dense layer that does the work of Dense and BatchNorm at inference."""
    # BEGIN SOLUTION
    scale = gamma / np.sqrt(running_var + eps)
    return scale[:, None] * W, scale * (b - running_mean) + beta
    # END SOLUTION


# %% [markdown]
# All green? Then see your own forward pass in the lab's picture: `from nnlib import datasets` and
# `from nnlib.viz import lab06`, then
# `lab06.GammaBeta(datasets.iris().X[:, 2], "petal length (cm)", batch_norm_forward)`.
#
# Back to [lab 06](../notebooks/06_batch_norm.ipynb), or on to
# [lab 07](../notebooks/07_cnns.ipynb), where filters slide over an image.
