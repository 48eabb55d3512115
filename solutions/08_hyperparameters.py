# %% [markdown]
# # Exercises 08 · Hyper-parameters
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check says what is right, what is not, and what the mistake may be. No exercise needs the
# answer to another.

# %%
import numpy as np

from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# Learning rates are drawn by decades: draw the *exponent* uniformly, then raise,
#
# $$r_i \sim U(\log_{10} \text{low},\ \log_{10} \text{high}) \qquad \alpha_i = 10^{\,r_i}$$
#
# Write `log_uniform(low, high, n, rng)` and return n rates, an array (n,). Take the exponents from
# `rng.uniform(a, b, n)`, in the order in which it gives them, so that whoever calls can repeat the
# draw.
#
# `log_uniform(0.001, 1.0, 2, np.random.default_rng(0))` gives `[0.0814, 0.0065]`.


# %% exercise="log_uniform"
def log_uniform(low, high, n, rng):
    """n numbers from low to high, every power of ten equally likely."""
    # BEGIN SOLUTION
    exponents = rng.uniform(np.log10(low), np.log10(high), n)
    return 10**exponents
    # END SOLUTION


# %% [markdown]
# A search has ended. Some trials have diverged: their score is NaN, and they never win. The metric
# may be a gain (accuracy, larger is better) or a loss (smaller is better).
#
# Write `best_trial(scores, larger)` for the scores (n,) and a flag `larger` that is True where
# larger is better. Return the index of the best trial; of equal ones the first.
#
# `best_trial(np.array([0.5, np.nan, 0.9, 0.9]), True)` gives 2, with `False` it gives 0.


# %% exercise="best_trial"
def best_trial(scores, larger):
    """The index of the best score; NaN never wins."""
    # BEGIN SOLUTION
    return np.nanargmax(scores) if larger else np.nanargmin(scores)
    # END SOLUTION


# %% [markdown]
# A grid is every combination of the listed values.
#
# Write `grid(values)` for a dict from a setting's name to the list of its values, and return the
# list of all settings, each a dict. The *last* name changes fastest, as the digits of a clock do.
#
# `grid({"lr": [0.1, 1], "hidden": [8, 16]})` gives `[{"lr": 0.1, "hidden": 8},
# {"lr": 0.1, "hidden": 16}, {"lr": 1, "hidden": 8}, {"lr": 1, "hidden": 16}]`.


# %% exercise="grid"
def grid(values):
    """Every combination of the values, one dict each."""
    # BEGIN SOLUTION
    settings = [{}]
    for name, options in values.items():
        settings = [{**setting, name: option} for setting in settings for option in options]
    return settings
    # END SOLUTION


# %% [markdown]
# The budget is `n` trainings. Each trial gets a generator of its own, `rng.spawn(n)`, so that its
# result depends neither on the other trials nor on the machine that runs it. With its generator it
# first draws a setting, `sample(own)`, and then scores it, `score(setting, own)`. Larger is better.
#
# Write `random_search(sample, score, n, rng)` and return the pair `best_score, scores`, where
# `scores` is a list or an array (n,) in the order of the trials.


# %% exercise="random_search"
def random_search(sample, score, n, rng):
    """The best of n random trials, and all their scores."""
    # BEGIN SOLUTION
    scores = []
    for own in rng.spawn(n):
        setting = sample(own)
        scores.append(score(setting, own))
    return max(scores), np.array(scores)
    # END SOLUTION


# %% [markdown]
# Coarse to fine: the next interval of a learning rate is `factor` times narrower, measured *in
# decades*, with the best rate in its middle. What would stick out of the old interval is cut off.
#
# Write `zoom(low, high, best, factor)` and return the pair `new_low, new_high`.
#
# `zoom(1e-4, 1.0, 0.01, 4)`: four decades become one, half a decade to each side, so
# $10^{-2.5}$ to $10^{-1.5}$: `(0.0032, 0.0316)`. And `zoom(1e-4, 1.0, 0.5, 4)` gives
# `(0.1581, 1.0)`.


# %% exercise="zoom"
def zoom(low, high, best, factor):
    """The next, narrower interval around the best value, in log space."""
    # BEGIN SOLUTION
    side = (high / low) ** (0.5 / factor)
    return max(low, best / side), min(high, best * side)
    # END SOLUTION


# %% [markdown]
# Each of p settings has a score on each of k folds, an array (p, k). For every setting we want the
# mean over its folds and the standard error of this mean,
#
# $$\bar s = \frac1k \sum_{j=1}^k s_j \qquad \text{error} = \frac{1}{\sqrt k}
# \sqrt{\frac{1}{k-1} \sum_{j=1}^k (s_j - \bar s)^2}$$
#
# Write `mean_and_error(scores)` and return the pair `mean, error`, each (p,).
#
# `mean_and_error(np.array([[0.8, 0.9, 1.0]]))` gives `([0.9], [0.0577])`.


# %% exercise="mean_and_error"
def mean_and_error(scores):
    """Mean over the folds and its standard error, for each setting."""
    # BEGIN SOLUTION
    k = scores.shape[1]
    return scores.mean(axis=1), scores.std(axis=1, ddof=1) / np.sqrt(k)
    # END SOLUTION


# %% [markdown]
# The discipline: p settings were trained with k seeds each. Choose the setting with the highest
# *mean validation* accuracy; report its *mean test* accuracy; and say how optimistic the
# validation score was, the winner's mean validation accuracy minus its mean test accuracy.
#
# Write `choose_then_test(validation, test)` for two arrays (p, k) and return `chosen, reported,
# optimism`: an index and two numbers.
#
# With `validation = np.array([[0.8, 0.9], [0.9, 1.0]])` and `test = np.array([[0.9, 0.9],
# [0.8, 0.9]])` it gives `(1, 0.85, 0.1)`.


# %% exercise="choose_then_test"
def choose_then_test(validation, test):
    """Which setting wins, what it is worth, and how much better it had looked."""
    # BEGIN SOLUTION
    looked = validation.mean(axis=1)
    chosen = looked.argmax()
    reported = test[chosen].mean()
    return chosen, reported, looked[chosen] - reported
    # END SOLUTION


# %% [markdown]
# All green? Then see your own draw at work in the lab's picture: `from nnlib.viz import lab08`,
# then `lab08.Decades(log_uniform)`, and choose "mine".
#
# Back to [lab 08](../notebooks/08_hyperparameters.ipynb).
