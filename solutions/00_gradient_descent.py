# %% [markdown]
# # Exercises 00 · Gradient descent
#
# From a hill in one dimension to the line through many points, in seven short functions. The lab is
# [notebooks/00_gradient_descent.ipynb](../notebooks/00_gradient_descent.ipynb).
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check says what is right, what is not, and what the mistake may be. Nothing here can break.
# No exercise needs the answer to another.

# %%
import numpy as np

from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# The hill is $f(x) = -(x-2)^2 + 3$. Its top is at $x = 2$, where $f = 3$.
#
# Write `gradient_ascent(start, alpha, steps)`: begin at `start`, take `steps` steps of size
# $\alpha f'(x)$ uphill, and return all the points visited as an array, the start first.
#
# `gradient_ascent(-1.0, 0.1, 2)` gives `[-1.0, -0.4, 0.08]`.
#
# *Right? Then see it move:* add a cell with `from nnlib.viz import lab00` and
# `lab00.GradientAscent(gradient_ascent)`.


# %% exercise="gradient_ascent"
def gradient_ascent(start, alpha, steps):
    """Return x₀ … x_steps of gradient ascent on f(x) = −(x − 2)² + 3."""
    # BEGIN SOLUTION
    path = [start]
    for _ in range(steps):
        x = path[-1]
        slope = -2 * (x - 2)
        path.append(x + alpha * slope)
    return np.array(path)
    # END SOLUTION


# %% [markdown]
# How wrong are predictions $\hat y$ against targets $y$?
#
# $$\text{MAE} = \frac1m \sum_i |\hat y_i - y_i| \qquad
# \text{MSE} = \frac1m \sum_i (\hat y_i - y_i)^2$$
#
# Write `mae_and_mse(y, y_hat)`, which returns the two numbers in this order. Both arrays have the
# shape (m,). For $y = (1, 5)$ and $\hat y = (2, 2)$ they are 2 and 5.


# %% exercise="mae_and_mse"
def mae_and_mse(y, y_hat):
    """Return the mean absolute and the mean squared error of ŷ (m,) against y (m,)."""
    # BEGIN SOLUTION
    errors = y_hat - y
    return np.abs(errors).mean(), (errors**2).mean()
    # END SOLUTION


# %% [markdown]
# The line $h(x) = \theta_1 x$ has one parameter, and `slopes` (k,) holds the values to try.
#
# Write `best_slope(x, y, slopes)`: try them all, and return the slope whose **MAE** on the points
# x, y (m,) is the lowest.


# %% exercise="best_slope"
def best_slope(x, y, slopes):
    """Return the slope θ₁ with the lowest mean absolute error of θ₁x against y."""
    # BEGIN SOLUTION
    costs = [np.abs(theta_1 * x - y).mean() for theta_1 in slopes]
    return slopes[np.argmin(costs)]
    # END SOLUTION


# %% [markdown]
# With a column of ones in $X$ (m, n), the prediction is $X\theta$ and the cost
# $J(\theta) = \frac{1}{2m} \sum_i (h_\theta(x^{(i)}) - y^{(i)})^2$. Its slopes are
#
# $$\frac{\partial J}{\partial \theta_j}
# = \frac1m \sum_i (h_\theta(x^{(i)}) - y^{(i)})\, x_j^{(i)} .$$
#
# Write `linear_gradient(X, y, theta)`, which returns all of them as one array (n,).
#
# *Right? Then let the lab's widget walk by it:*
# `lab00.LearningRate(x, y, gradient=linear_gradient)`, with points of your own, say
# `x = np.arange(5.0)` and `y = 2 * x`.


# %% exercise="linear_gradient"
def linear_gradient(X, y, theta):
    """Return ∇J(θ) (n,) for X (m, n) with its column of ones, y (m,) and θ (n,)."""
    # BEGIN SOLUTION
    errors = X @ theta - y
    return X.T @ errors / len(y)
    # END SOLUTION


# %% [markdown]
# One step of gradient descent moves **every** $\theta_j$ at the same moment:
#
# $$\theta_j := \theta_j - \alpha \frac{\partial J}{\partial \theta_j}$$
#
# Write `descent_step(X, y, theta, alpha)`, which returns the new θ (n,) and leaves the old one as
# it was. The gradient is the one of the exercise before, in your own words once more.


# %% exercise="descent_step"
def descent_step(X, y, theta, alpha):
    """Return θ − α∇J(θ) (n,) for X (m, n), y (m,), θ (n,)."""
    # BEGIN SOLUTION
    grad = X.T @ (X @ theta - y) / len(y)
    return theta - alpha * grad
    # END SOLUTION


# %% [markdown]
# A walk has left its costs $J_0, J_1, \dots, J_T$ in `costs`. At which step could we have stopped?
#
# Write `stopping_step(costs, tol)`: the first $t \ge 1$ with $|J_t - J_{t-1}| < \text{tol}$. If the
# change never gets that small, it is the last step, $T$.
#
# For the costs 8, 4, 3, 2.9 and a tolerance of 0.5, it is 3.


# %% exercise="stopping_step"
def stopping_step(costs, tol):
    """Return the first step whose change of the cost is smaller than tol, else the last step."""
    # BEGIN SOLUTION
    for t in range(1, len(costs)):
        if abs(costs[t] - costs[t - 1]) < tol:
            return t
    return len(costs) - 1
    # END SOLUTION


# %% [markdown]
# Features come in their own units; $z = (x - \mu)/\sigma$ puts them on one scale. The mean μ and
# the standard deviation σ of each feature come from the **training set**, for new rows as well.
#
# Write `standardize(X_train, X)`: return the rows of `X` (k, n), measured by the μ and σ of
# `X_train` (m, n).


# %% exercise="standardize"
def standardize(X_train, X):
    """Return (X − μ)/σ (k, n) with μ and σ (n,) of the training rows X_train (m, n)."""
    # BEGIN SOLUTION
    mu, sigma = X_train.mean(axis=0), X_train.std(axis=0)
    return (X - mu) / sigma
    # END SOLUTION


# %% [markdown]
# Done? The next lab is [01 · Logistic regression](../notebooks/01_logistic_regression.ipynb).
