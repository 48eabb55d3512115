# %% [markdown]
# # Exercises 02 · Backpropagation
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check says what is right, what is not, and what the mistake may be. No exercise needs the
# answer to another. `nnlib.sigmoid` and `nnlib.softmax` are there to be used.

# %%
import numpy as np

import nnlib
from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# The lecture's Exercise 1: three neurons in a row, each with one weight and one bias. We number
# them 1, 2, 3 for $L-2$, $L-1$, $L$; `W` and `b` hold three numbers each.
#
# $$z_1 = W_1 x + b_1 \qquad a_1 = \sigma(z_1) \qquad z_2 = W_2 a_1 + b_2 \qquad \dots \qquad
# \hat y = a_3 = \sigma(z_3)$$
#
# Write `chain_forward(x, W, b)` and return `z1, a1, z2, a2, z3, a3`.
#
# `chain_forward(1.0, [0.32, 0.18, 0.23], [0, 0, 0])` gives
# `0.32, 0.579324, 0.104278, 0.526046, 0.120991, 0.530211`.


# %% exercise="chain_forward"
def chain_forward(x, W, b):
    """z and a of three sigmoid neurons in a row, for one number x."""
    # BEGIN SOLUTION
    z1 = W[0] * x + b[0]
    a1 = nnlib.sigmoid(z1)
    z2 = W[1] * a1 + b[1]
    a2 = nnlib.sigmoid(z2)
    z3 = W[2] * a2 + b[2]
    a3 = nnlib.sigmoid(z3)
    return z1, a1, z2, a2, z3, a3
    # END SOLUTION


# %% [markdown]
# Now backwards, by hand, from right to left. The cost is $C_0 = (\hat y - y)^2$, and `dz3` is
# short for $\partial C_0/\partial z_3$, which the lecture calls $\delta^{(L)}$. Forward has kept
# the activations: `a` holds $a_1, a_2, a_3$, and $a_3 = \hat y$.
#
# Write `chain_backward(x, y, W, a)` and return the twelve links in the order of the chain. The
# check goes through them in this order and names the first that is wrong.
#
# At $x = y = 1$ with the lecture's weights, `dz3`, `dz2`, `dz1` are
# `-0.234037, -0.013421, -0.000589`.


# %% exercise="chain_backward"
def chain_backward(x, y, W, a):
    """∂C₀/∂ of every a, z, W and b of the three neurons, the last neuron first."""
    # BEGIN SOLUTION
    # STARTER raise NotImplementedError  # remove this line, then replace every ... from the top
    # STARTER da3 = ...
    # STARTER dz3 = ...
    # STARTER dW3 = ...
    # STARTER db3 = ...
    # STARTER da2 = ...
    # STARTER dz2 = ...
    # STARTER dW2 = ...
    # STARTER db2 = ...
    # STARTER da1 = ...
    # STARTER dz1 = ...
    # STARTER dW1 = ...
    # STARTER db1 = ...
    da3 = 2 * (a[2] - y)
    dz3 = da3 * a[2] * (1 - a[2])
    dW3 = dz3 * a[1]
    db3 = dz3
    da2 = dz3 * W[2]
    dz2 = da2 * a[1] * (1 - a[1])
    dW2 = dz2 * a[0]
    db2 = dz2
    da1 = dz2 * W[1]
    dz1 = da1 * a[0] * (1 - a[0])
    dW1 = dz1 * x
    db1 = dz1
    # END SOLUTION
    return da3, dz3, dW3, db3, da2, dz2, dW2, db2, da1, dz1, dW1, db1


# %% [markdown]
# The lecture's question 2: *update $W^{(L)}$ and $b^{(L-1)}$*. Both gradients are those of the old
# parameters; both parameters move at once, against their gradients.
#
# Write `chain_update(x, y, W, b, alpha)` and return the new $W_3$ and the new $b_2$.
#
# `chain_update(1.0, 1.0, [0.32, 0.18, 0.23], [0, 0, 0], 0.1)` gives `0.242311, 0.001342`.


# %% exercise="chain_update"
def chain_update(x, y, W, b, alpha):
    """The new W₃ and b₂ after one step of gradient descent on C₀ = (ŷ − y)²."""
    # BEGIN SOLUTION
    a1 = nnlib.sigmoid(W[0] * x + b[0])
    a2 = nnlib.sigmoid(W[1] * a1 + b[1])
    a3 = nnlib.sigmoid(W[2] * a2 + b[2])
    dz3 = 2 * (a3 - y) * a3 * (1 - a3)
    dz2 = dz3 * W[2] * a2 * (1 - a2)
    return W[2] - alpha * dz3 * a2, b[1] - alpha * dz2
    # END SOLUTION


# %% [markdown]
# A shallow network for a whole data set: tanh hidden units, sigmoid outputs under cross-entropy,
# rows are examples.
#
# $$Z_1 = X W_1^{\mathsf T} + b_1 \quad A_1 = \tanh Z_1 \quad Z_2 = A_1 W_2^{\mathsf T} + b_2
# \quad A_2 = \sigma(Z_2)$$
#
# Write `shallow_backward(X, Y, W1, b1, W2, b2)` and return `dZ2, dW2, db2, dZ1, dW1, db1`, each
# $\partial J/\partial\,\cdot$ of the *mean* over the m examples. So the $\frac1m$ that the lecture
# writes in front of each `dW` and `db` is already in `dZ2`. Shapes: `X` (m, n), `Y` (m, K), `W1`
# (h, n), `W2` (K, h).


# %% exercise="shallow_backward"
def shallow_backward(X, Y, W1, b1, W2, b2):
    """The six gradients of J = mean cross-entropy, the output layer's first."""
    # BEGIN SOLUTION
    A1 = np.tanh(X @ W1.T + b1)
    A2 = nnlib.sigmoid(A1 @ W2.T + b2)

    dZ2 = (A2 - Y) / len(X)
    dW2 = dZ2.T @ A1
    db2 = dZ2.sum(axis=0)
    dZ1 = dZ2 @ W2 * (1 - A1**2)
    dW1 = dZ1.T @ X
    db1 = dZ1.sum(axis=0)
    return dZ2, dW2, db2, dZ1, dW1, db1
    # END SOLUTION


# %% [markdown]
# The same network as D3 sees it: $\Theta_1 = [\,b_1 \mid W_1\,]$ is (h, 1 + n),
# $\Theta_2 = [\,b_2 \mid W_2\,]$ is (K, 1 + h), and every activation gets a 1 in front. For each
# example, forward, then
#
# $$\delta_3 = a_3 - y \qquad \delta_2 = \Theta_2^{\mathsf T}\delta_3 \text{ without its bias entry}
# \odot (1 - a_2^2) \qquad \Delta \leftarrow \Delta + \delta\, a^{\mathsf T}$$
#
# Write `accumulate(Theta1, Theta2, X, Y)` with a loop over the examples, and return
# $D_1 = \frac1m\Delta_1$ and $D_2 = \frac1m\Delta_2$. (`np.append(1, v)` puts a 1 in front of `v`.)


# %% exercise="accumulate"
def accumulate(Theta1, Theta2, X, Y):
    """D1 and D2, in the shapes of Theta1 and Theta2: tanh hidden units, sigmoid outputs."""
    # BEGIN SOLUTION
    Delta1, Delta2 = np.zeros_like(Theta1), np.zeros_like(Theta2)
    for x, y in zip(X, Y, strict=True):
        a1 = np.append(1, x)
        a2 = np.append(1, np.tanh(Theta1 @ a1))
        a3 = nnlib.sigmoid(Theta2 @ a2)
        delta3 = a3 - y
        delta2 = (Theta2.T @ delta3)[1:] * (1 - a2[1:] ** 2)
        Delta1 += np.outer(delta2, a1)
        Delta2 += np.outer(delta3, a2)
    return Delta1 / len(X), Delta2 / len(X)
    # END SOLUTION


# %% [markdown]
# The detective of every backward pass:
#
# $$\text{approx}_i = \frac{f(\theta + \varepsilon e_i) - f(\theta - \varepsilon e_i)}
# {2\varepsilon}$$
#
# where $e_i$ is 1 at place $i$ and 0 elsewhere. Write `central_difference(f, theta, eps)` for a
# function `f` of a vector `theta` (n,), and return the vector of all n slopes. Leave the caller's
# `theta` as it is.
#
# For $f(\theta) = \theta_0^2 + 3\theta_1$, `central_difference(f, np.array([2.0, 5.0]), 1e-5)`
# gives `[4, 3]`.


# %% exercise="central_difference"
def central_difference(f, theta, eps):
    """The slope of f at theta (n,) in each coordinate, by central differences."""
    # BEGIN SOLUTION
    slopes = np.zeros(len(theta))
    for i in range(len(theta)):
        step = np.zeros(len(theta))
        step[i] = eps
        slopes[i] = (f(theta + step) - f(theta - step)) / (2 * eps)
    return slopes
    # END SOLUTION


# %% [markdown]
# For softmax with cross-entropy, $J = -\frac1m\sum_i \log \hat y_{i,\text{label}_i}$, the gradient
# is as short as it gets:
#
# $$\frac{\partial J}{\partial z_{ij}} = \frac1m\left(\hat y_{ij} - y_{ij}\right) \qquad
# \hat y_{ij} = \frac{e^{z_{ij}}}{\sum_k e^{z_{ik}}}$$
#
# Write `softmax_gradient(Z, labels)` for logits `Z` (m, K) and whole-number labels (m,) in
# $0 \dots K-1$; $y_{ij}$ is 1 where $j$ is the label of $i$. Write the softmax yourself, so that
# logits of 1000 do no harm: taking a row's largest logit from the whole row changes no $\hat y$.
#
# `softmax_gradient(np.array([[2.0, 1.0, 0.0]]), np.array([1]))` gives
# `[[0.6652, -0.7553, 0.0900]]`.


# %% exercise="softmax_gradient"
def softmax_gradient(Z, labels):
    """∂J/∂Z (m, K) of the mean cross-entropy of softmax(Z)."""
    # BEGIN SOLUTION
    e = np.exp(Z - Z.max(axis=1, keepdims=True))
    Y_hat = e / e.sum(axis=1, keepdims=True)
    Y = np.eye(Z.shape[1])[labels]
    return (Y_hat - Y) / len(Z)
    # END SOLUTION


# %% [markdown]
# All green? Then let the lab's widget check your gradient: `from nnlib.viz import lab02`, then
# `lab02.StepSize(shallow_backward)`.
#
# Back to [lab 02](../notebooks/02_backprop_exercise.ipynb), or on to
# [lab 03](../notebooks/03_activations.ipynb), where the gradient has many more layers to cross.
