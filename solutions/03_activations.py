# %% [markdown]
# # Exercises 03 · Activations
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check says what is right, what is not, and what the mistake may be. No exercise needs the
# answer to another: where a sigmoid is wanted, `nnlib.sigmoid` is there.

# %%
import numpy as np

import nnlib
from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# Two layers without activation, $z^{[1]} = W^{[1]}x + b^{[1]}$ and
# $z^{[2]} = W^{[2]}z^{[1]} + b^{[2]}$, are one layer $z^{[2]} = Wx + b$.
#
# Write `collapse(W1, b1, W2, b2)` and return the pair `W, b`. Shapes: `W1` (n1, n0), `b1` (n1,),
# `W2` (n2, n1), `b2` (n2,); `W` is (n2, n0) and `b` (n2,).
#
# With `W1 = [[1, 2], [0, 1], [-1, 1]]`, `b1 = [1, 0, 2]`, `W2 = [[1, 1, 2]]` and `b2 = [3]` it
# gives `W = [[-1, 5]]` and `b = [8]`.


# %% exercise="collapse"
def collapse(W1, b1, W2, b2):
    """One W and b that do what two linear layers do."""
    # BEGIN SOLUTION
    W = W2 @ W1
    b = W2 @ b1 + b2
    return W, b
    # END SOLUTION


# %% [markdown]
# Tanh is a sigmoid, stretched and sped up. A lecture writes $\tanh(z) = 2\sigma(z) - 1$, which is
# not quite it. Find the right formula, and the slope of tanh *from its value* $a = \tanh z$, so
# that backward needs no new exponential.
#
# Write `tanh_and_slope(z)` with `nnlib.sigmoid` and return the pair `a, slope`, each of the shape
# of `z`.
#
# `tanh_and_slope(np.array([0.0, 1.0]))` gives `([0, 0.7616], [1, 0.42])`.


# %% exercise="tanh_and_slope"
def tanh_and_slope(z):
    """tanh z and its derivative, for each entry of z."""
    # BEGIN SOLUTION
    a = 2 * nnlib.sigmoid(2 * z) - 1
    slope = 1 - a**2
    return a, slope
    # END SOLUTION


# %% [markdown]
# $$g(z) = \begin{cases} z & z > 0 \\ \alpha z & \text{else}\end{cases} \qquad
# dZ = dA \odot g'(Z)$$
#
# Write `leaky_relu(Z, dA, alpha)`, which goes forward and backward at once and returns the pair
# `A, dZ`. All arrays are (m, n). At the kink $z = 0$ take the slope of the left side, $\alpha$, as
# nnlib and PyTorch do. With `alpha` 0 this is ReLU; `alpha` may also be larger than 1. Leave `Z`
# and `dA` as they are.
#
# `leaky_relu(np.array([[-2.0, 0.0, 3.0]]), np.array([[1.0, 1.0, 1.0]]), 0.1)` gives
# `([[-0.2, 0, 3]], [[0.1, 0.1, 1]])`.


# %% exercise="leaky_relu"
def leaky_relu(Z, dA, alpha):
    """A = g(Z) and dZ = dA ⊙ g′(Z), each (m, n)."""
    # BEGIN SOLUTION
    A = np.where(Z > 0, Z, alpha * Z)
    dZ = dA * np.where(Z > 0, 1, alpha)
    return A, dZ
    # END SOLUTION


# %% [markdown]
# A chain of $n$ neurons, $z_l = w_l\,a_{l-1}$ and $a_l = \sigma(z_l)$ for $l = 1 \dots n$. How
# much of the gradient arrives at each? By the chain rule
#
# $$d_n = \frac{\partial a_n}{\partial z_n} = \sigma'(z_n) \qquad
# d_{l} = \frac{\partial a_n}{\partial z_{l}} = d_{l+1}\; w_{l+1}\;\sigma'(z_{l})$$
#
# Write `gradient_through(w, z)` for the weights $w_1 \dots w_n$ and pre-activations
# $z_1 \dots z_n$, two arrays (n,), and return $d_1 \dots d_n$, an array (n,). In Python the first
# neuron has the index 0. Use `nnlib.sigmoid`.
#
# `gradient_through(np.array([5.0, 2.0]), np.array([0.0, 0.0]))` gives `[0.125, 0.25]`: the last
# neuron has $\sigma'(0) = \frac14$, the one before $\frac14 \cdot 2 \cdot \frac14$.


# %% exercise="gradient_through"
def gradient_through(w, z):
    """∂a_n/∂z_l for each neuron l of a chain of sigmoids."""
    # BEGIN SOLUTION
    a = nnlib.sigmoid(z)
    slope = a * (1 - a)
    d = slope.copy()
    for l in range(len(w) - 2, -1, -1):
        d[l] = d[l + 1] * w[l + 1] * slope[l]
    return d
    # END SOLUTION


# %% [markdown]
# The first weights of a layer are drawn from $\mathcal N(0, \sigma^2)$ with
#
# | `kind` | variance $\sigma^2$ |
# |---|---|
# | `"lecun"` | $1/n_{in}$ |
# | `"glorot"` | $2/(n_{in} + n_{out})$ |
# | `"he"` | $2/n_{in}$ |
#
# Write `initial_weights(shape, kind, rng)` for `shape = (n_out, n_in)` and return an array of that
# shape. Draw from the generator `rng` that is given (`rng.normal`, `rng.standard_normal`), so that
# whoever calls can repeat the draw.
#
# `initial_weights((100, 400), "lecun", np.random.default_rng(0))` is a (100, 400) array whose
# entries have a standard deviation of about $\sqrt{1/400} = 0.05$.


# %% exercise="initial_weights"
def initial_weights(shape, kind, rng):
    """Random weights (n_out, n_in) of the kind "lecun", "glorot" or "he"."""
    # BEGIN SOLUTION
    n_out, n_in = shape
    variance = {"lecun": 1 / n_in, "glorot": 2 / (n_in + n_out), "he": 2 / n_in}[kind]
    return rng.normal(0, np.sqrt(variance), shape)
    # END SOLUTION


# %% [markdown]
# A ReLU unit is **dead** when no example gets a gradient through it: its $z$ is 0 or below for all
# of them.
#
# Write `count_dead(Z)` for the pre-activations `Z` (m, n) of m examples at n units, and return how
# many of the n units are dead.
#
# `count_dead(np.array([[-1.0, -2.0], [3.0, -1.0]]))` gives 1: the second unit.


# %% exercise="count_dead"
def count_dead(Z):
    """The number of units (columns) that no example (row) switches on."""
    # BEGIN SOLUTION
    return np.sum(np.all(Z <= 0, axis=0))
    # END SOLUTION


# %% [markdown]
# PReLU has a learned slope for each unit: $a_{ij} = \max(0, z_{ij}) + \alpha_j \min(0, z_{ij})$.
# Backward therefore returns two things:
#
# $$dZ_{ij} = dA_{ij} \cdot \begin{cases} 1 & z_{ij} > 0 \\ \alpha_j & \text{else}\end{cases}
# \qquad d\alpha_j = \sum_{i=1}^m dA_{ij}\,\min(0, z_{ij})$$
#
# Write `prelu_backward(dA, Z, alpha)` and return the pair `dZ, dalpha`. Shapes: `dA`, `Z` and `dZ`
# (m, n), `alpha` and `dalpha` (n,). The sum is a sum, not a mean: the cost's $\frac1m$ is already
# in `dA`.
#
# `prelu_backward(np.ones((2, 1)), np.array([[-3.0], [2.0]]), np.array([0.5]))` gives
# `([[0.5], [1]], [-3])`.


# %% exercise="prelu_backward"
def prelu_backward(dA, Z, alpha):
    """dZ (m, n) and dα (n,) of PReLU."""
    # BEGIN SOLUTION
    dZ = dA * np.where(Z > 0, 1, alpha)
    dalpha = np.sum(dA * np.minimum(0, Z), axis=0)
    return dZ, dalpha
    # END SOLUTION


# %% [markdown]
# All green? Then see your own functions at work in the pictures of the lab:
# `from nnlib.viz import lab03`, then `lab03.ActivationCurves(lambda z: tanh_and_slope(z)[0])`, or,
# with 256 digits `X` and their labels `y` as in the lab,
# `lab03.GradientDepth(X, y, initial_weights)`.
#
# Back to [lab 03](../notebooks/03_activations.ipynb), or on to
# [lab 04](../notebooks/04_regularization.ipynb), where networks that learn too well are held back.
