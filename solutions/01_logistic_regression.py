# %% [markdown]
# # Exercises 01 · Logistic regression
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check says what is right, what is not, and what the mistake may be. No exercise needs the
# answer to another: where a sigmoid is wanted, `nnlib.sigmoid` is there. This is what it can do:

# %%
import numpy as np

import nnlib
from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)
nnlib.sigmoid(np.array([-1000.0, 0.0, 1000.0]))

# %% [markdown]
# $$\sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# Write `sigmoid(z)` for an array of any shape. As it stands, the formula overflows at
# $z = -1000$, and the check counts an overflow warning as a mistake. Find a form that never gives
# `np.exp` a large positive number.
#
# `sigmoid(np.array([-1000.0, 0.0, 1000.0]))` gives `[0, 0.5, 1]`.


# %% exercise="sigmoid"
def sigmoid(z):
    """σ(z) for each entry of z, without overflow."""
    # BEGIN SOLUTION
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)
    # END SOLUTION


# %% [markdown]
# $$J = -\frac1m\sum_{i=1}^m \big[\,y_i\log\sigma(z_i) + (1-y_i)\log(1-\sigma(z_i))\,\big]$$
#
# Write `binary_cross_entropy(z, y)`, the cost of logits `z` (m,) with labels `y` (m,) of 0 and 1.
# It must be finite even at $z = \pm 1000$: put $\sigma$ into the formula on paper first, and
# simplify.
#
# `binary_cross_entropy(np.array([0.0, 1000.0]), np.array([1, 0]))` gives
# $(\log 2 + 1000)/2 = 500.3466$.


# %% exercise="binary_cross_entropy"
def binary_cross_entropy(z, y):
    """Mean cross-entropy of logits z (m,) and labels y (m,)."""
    # BEGIN SOLUTION
    log_1_plus_e_z = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    return np.mean(log_1_plus_e_z - z * y)
    # END SOLUTION


# %% [markdown]
# The chain rule starts with how the loss $L = -\big[\,y\log a + (1-y)\log(1-a)\,\big]$ changes
# with the activation $a$.
#
# Write `loss_slope(a, y)`, which returns $\partial L/\partial a$ for arrays `a` and `y` (m,). (A
# lecture says it is $a - y$. Is it?)
#
# `loss_slope(np.array([0.5]), np.array([1]))` gives `[-2]`.


# %% exercise="loss_slope"
def loss_slope(a, y):
    """∂L/∂a of each example, for a in (0, 1)."""
    # BEGIN SOLUTION
    return (a - y) / (a * (1 - a))
    # END SOLUTION


# %% [markdown]
# $$\frac{\partial J}{\partial w_j} = \frac1m\sum_{i=1}^m (a_i - y_i)\,x_{ij} \qquad
# \frac{\partial J}{\partial b} = \frac1m\sum_{i=1}^m (a_i - y_i) \qquad
# a_i = \sigma(w^T x_i + b)$$
#
# Write `logistic_gradient(w, b, X, y)` and return the pair `dw, db`. Shapes: `w` (n,), `b` a
# number, `X` (m, n), `y` (m,); `dw` has the shape of `w`. Use `nnlib.sigmoid`.


# %% exercise="logistic_gradient"
def logistic_gradient(w, b, X, y):
    """dw (n,) and db of the mean cross-entropy."""
    # BEGIN SOLUTION
    a = nnlib.sigmoid(X @ w + b)
    dw = X.T @ (a - y) / len(y)
    db = np.mean(a - y)
    return dw, db
    # END SOLUTION


# %% [markdown]
# Rosenblatt's rule, for one example `x` (n,) with label `y` (0 or 1), where $\hat y = 1$ if
# $w^T x + b > 0$, else 0:
#
# $$w \leftarrow w + \alpha\,(y - \hat y)\,x \qquad b \leftarrow b + \alpha\,(y - \hat y)$$
#
# Write `perceptron_update(w, b, x, y, alpha)` and return the new pair `w, b`. Leave the caller's
# `w` as it is.
#
# `perceptron_update(np.zeros(2), 0.0, np.array([1.0, 1.0]), 1, 1.0)` gives `([1, 1], 1)`.


# %% exercise="perceptron_update"
def perceptron_update(w, b, x, y, alpha):
    """The weights (n,) and the bias after one example's turn."""
    # BEGIN SOLUTION
    y_hat = 1 if x @ w + b > 0 else 0
    error = y - y_hat
    return w + alpha * error * x, b + alpha * error
    # END SOLUTION


# %% [markdown]
# Given labels `y` (m,) and probabilities `a` (m,), call an example 1 where $a \ge$ `threshold`.
# Then
#
# $$P = \frac{TP}{TP+FP} \qquad R = \frac{TP}{TP+FN} \qquad F_1 = \frac{2PR}{P+R}$$
#
# Write `threshold_metrics(y, a, threshold)` and return the seven numbers
# `TP, FP, FN, TN, P, R, F1`. A ratio whose denominator is 0 counts as 0.


# %% exercise="threshold_metrics"
def threshold_metrics(y, a, threshold):
    """TP, FP, FN, TN, precision, recall and F1 at a threshold."""
    # BEGIN SOLUTION
    y_hat = a >= threshold
    TP, FP = np.sum(y_hat & (y == 1)), np.sum(y_hat & (y == 0))
    FN, TN = np.sum(~y_hat & (y == 1)), np.sum(~y_hat & (y == 0))
    P = TP / (TP + FP) if TP + FP > 0 else 0.0
    R = TP / (TP + FN) if TP + FN > 0 else 0.0
    F1 = 2 * P * R / (P + R) if P + R > 0 else 0.0
    return TP, FP, FN, TN, P, R, F1
    # END SOLUTION


# %% [markdown]
# Write `k_fold(m, k)`: a list of `k` pairs `(training, validation)` of arrays of row numbers from
# $0 \dots m-1$. Every row is validated exactly once, no row is in both parts of a pair, none is
# left out, and the validation parts differ in size by at most one. In which order the rows come
# is up to you.
#
# `k_fold(5, 2)` may give `[([3, 4], [0, 1, 2]), ([0, 1, 2], [3, 4])]`.


# %% exercise="k_fold"
def k_fold(m, k):
    """k pairs (training rows, validation rows)."""
    # BEGIN SOLUTION
    rows = np.arange(m)
    return [(np.setdiff1d(rows, part), part) for part in np.array_split(rows, k)]
    # END SOLUTION


# %% [markdown]
# The area under the ROC curve is the chance that a positive example scores higher than a negative
# one.
#
# Write `auc(y, scores)`: over all pairs of one positive and one negative, count 1 where the
# positive scores higher, ½ where the scores are equal, and return the mean.
#
# `auc(np.array([1, 0, 0]), np.array([0.6, 0.6, 0.1]))` gives 0.75.


# %% exercise="auc"
def auc(y, scores):
    """Share of the pairs (positive, negative) that are ranked right, ties counting half."""
    # BEGIN SOLUTION
    positive, negative = scores[y == 1][:, None], scores[y == 0][None, :]
    return np.mean((positive > negative) + 0.5 * (positive == negative))
    # END SOLUTION


# %% [markdown]
# All green? Then see your own functions at work in the pictures of the lab:
# `from nnlib.viz import lab01`, then `lab01.logit_and_sigmoid(sigmoid)`,
# `lab01.LossLimits(binary_cross_entropy)` or `lab01.PerceptronSteps(perceptron_update)`.
#
# Back to [lab 01](../notebooks/01_logistic_regression.ipynb), or on to
# [lab 02](../notebooks/02_backprop_exercise.ipynb), where the gradient travels backwards.
