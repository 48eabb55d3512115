# %% [markdown]
# # Exercises 00 · Gradient descent
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check says what is right, what is not, and what the mistake may be. Nothing here can break.

# %%
import numpy as np

from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# The hill is $f(x) = -(x-2)^2 + 3$. Its top is at $x = 2$, where $f = 3$.
#
# Write `gradient_ascent(start, alpha, steps)`: begin at `start`, take `steps` steps of size
# $\alpha f'(x)$ uphill, and return all the points visited as an array, the start first.


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
