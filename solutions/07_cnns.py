# %% [markdown]
# # Exercises 07 · Convolutional networks
#
# Write your answer where it says `raise NotImplementedError`, run its cell, then the check below.
# The check says what is right, what is not, and what the mistake may be. No exercise needs the
# answer to another. Images are (m, H, W, C): image, row, column, channel. Loops are welcome; speed
# is the library's business.

# %%
import numpy as np

from nnlib.grading import check

np.set_printoptions(precision=4, suppress=True)

# %% [markdown]
# A window of $f$ pixels moves $s$ pixels at a time along $n$ pixels, with $p$ pixels of padding at
# either end. It finds
#
# $$n' = \left\lfloor \frac{n + 2p - f}{s} \right\rfloor + 1$$
#
# places: half a place does not count. Write `output_size(n, f, p, s)`.
#
# `output_size(6, 3, 0, 1)` gives 4, and `output_size(7, 3, 1, 2)` gives 4, too.


# %% exercise="output_size"
def output_size(n, f, p, s):
    """How many places a window of f finds along n pixels."""
    # BEGIN SOLUTION
    return (n + 2 * p - f) // s + 1
    # END SOLUTION


# %% [markdown]
# A kernel `K` (kH, kW) slides over an image `X` (H, W) and at every place weighs what it covers:
#
# $$Y_{r,c} = \sum_{u,v} X_{r+u,\,c+v}\, K_{u,v}$$
#
# This is cross-correlation, written $K \star X$; the kernel is not flipped. Write
# `cross_correlate(X, K)`, without padding and with stride 1. `Y` is (H − kH + 1, W − kW + 1).
#
# With `X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])` and `K = np.array([[1.0, -1.0]])` the
# result is `[[-1, -1], [-1, -1]]`.


# %% exercise="cross_correlate"
def cross_correlate(X, K):
    """K ⋆ X for one image X (H, W) and one kernel K (kH, kW)."""
    # BEGIN SOLUTION
    kH, kW = K.shape
    Y = np.zeros((X.shape[0] - kH + 1, X.shape[1] - kW + 1))
    for r, c in np.ndindex(Y.shape):
        Y[r, c] = np.sum(X[r : r + kH, c : c + kW] * K)
    return Y
    # END SOLUTION


# %% [markdown]
# Now a whole layer. Each of `C_out` filters is as deep as the image, and each makes one channel of
# the output:
#
# $$Y_{i,r,c,k} = b_k + \sum_{u,v,d} X_{i,\;rs+u,\;cs+v,\;d}\; W_{k,u,v,d}$$
#
# Here $X$ is the image after $p$ rows and columns of zeros were put on all four sides. Write
# `conv_forward(X, W, b, p, s)` for `X` (m, H, W, C), `W` (C_out, kH, kW, C) and `b` (C_out,).
# Return `Y` (m, H', W', C_out), with H' and W' as in the first exercise.
#
# ```python
# X = np.array([1.0, 2.0, 3.0, 4.0]).reshape(1, 2, 2, 1)
# conv_forward(X, np.ones((1, 2, 2, 1)), np.array([10.0]), p=1, s=2)
# ```
#
# gives 11, 12, 13, 14 in the shape (1, 2, 2, 1): each window covers one pixel and three zeros.


# %% exercise="conv_forward"
def conv_forward(X, W, b, p, s):
    """W ⋆ X + b for images X (m, H, W, C), with padding p and stride s."""
    # BEGIN SOLUTION
    X = np.pad(X, ((0, 0), (p, p), (p, p), (0, 0)))
    C_out, kH, kW, _ = W.shape
    rows, columns = (X.shape[1] - kH) // s + 1, (X.shape[2] - kW) // s + 1
    Y = np.zeros((len(X), rows, columns, C_out))
    for i, r, c, k in np.ndindex(Y.shape):
        patch = X[i, r * s : r * s + kH, c * s : c * s + kW]
        Y[i, r, c, k] = np.sum(patch * W[k]) + b[k]
    return Y
    # END SOLUTION


# %% [markdown]
# And back. What arrives is `dY` $= \partial J/\partial Y$ (m, H', W', C_out). Each of its numbers
# sends something to its filter, to its bias, and to the patch that its filter has seen:
#
# $$dW_k = \sum_{i,r,c} dY_{i,r,c,k}\;\text{patch}_{i,r,c} \qquad
# db_k = \sum_{i,r,c} dY_{i,r,c,k} \qquad
# d\,\text{patch}_{i,r,c} \mathrel{+}= \sum_k dY_{i,r,c,k}\; W_k$$
#
# Write `conv_backward(dY, X, W, s)`, without padding, and return the three links `dW`, `db`, `dX`,
# of the shapes of `W`, `b` and `X`. The $1/m$ of the cost is already in `dY`. The check goes
# through the links in this order.
#
# ```python
# dY = np.array([1.0, 10.0]).reshape(1, 1, 2, 1)
# X = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
# W = np.array([4.0, 5.0]).reshape(1, 1, 2, 1)
# conv_backward(dY, X, W, s=1)
# ```
#
# gives `dW` 21, 32, `db` 11 and `dX` 4, 45, 50, in their shapes: the middle pixel was seen twice.


# %% exercise="conv_backward"
def conv_backward(dY, X, W, s):
    """∂J/∂W (C_out, kH, kW, C), ∂J/∂b (C_out,) and ∂J/∂X (m, H, W, C)."""
    # BEGIN SOLUTION
    kH, kW = W.shape[1:3]
    dW, db, dX = np.zeros(W.shape), np.zeros(len(W)), np.zeros(X.shape)
    for i, r, c, k in np.ndindex(dY.shape):
        patch = i, slice(r * s, r * s + kH), slice(c * s, c * s + kW)
        dW[k] += dY[i, r, c, k] * X[patch]
        db[k] += dY[i, r, c, k]
        dX[patch] += dY[i, r, c, k] * W[k]
    return dW, db, dX
    # END SOLUTION


# %% [markdown]
# Max pooling keeps the largest number of each $f \times f$ window; windows begin $s$ pixels apart,
# and each image and channel is on its own:
#
# $$Y_{i,r,c,k} = \max_{0 \le u,v < f} X_{i,\;rs+u,\;cs+v,\;k}$$
#
# Write `max_pool_forward(X, f, s)` for `X` (m, H, W, C). `Y` is (m, H', W', C), with
# $H' = \lfloor (H - f)/s \rfloor + 1$; a window that would hang over the edge is left out.
#
# ```python
# X = np.array([[1.0, 2, 5, 3], [4, 0, 1, 6]]).reshape(1, 2, 4, 1)
# max_pool_forward(X, f=2, s=2)
# ```
#
# gives 4 and 6, in the shape (1, 1, 2, 1).


# %% exercise="max_pool_forward"
def max_pool_forward(X, f, s):
    """The largest number of every f × f window of X (m, H, W, C)."""
    # BEGIN SOLUTION
    m, H, W, C = X.shape
    Y = np.zeros((m, (H - f) // s + 1, (W - f) // s + 1, C))
    for r, c in np.ndindex(Y.shape[1:3]):
        Y[:, r, c] = X[:, r * s : r * s + f, c * s : c * s + f].max(axis=(1, 2))
    return Y
    # END SOLUTION


# %% [markdown]
# Going back, each window hands its `dY` to the pixel that won, and nothing to the others. In a tie
# the first pixel in reading order wins, as in nnlib and PyTorch. A pixel that wins in several
# windows gets the sum.
#
# Write `max_pool_backward(dY, X, f, s)` and return `dX` (m, H, W, C).
#
# ```python
# dY = np.array([10.0, 20.0, 30.0]).reshape(1, 1, 3, 1)
# X = np.array([[7.0, 2, 5, 6], [7, 3, 6, 1]]).reshape(1, 2, 4, 1)
# max_pool_backward(dY, X, f=2, s=1)
# ```
#
# gives the rows 10, 0, 0, 30 and 0, 0, 20, 0. The first window has a tie, and so has the last.


# %% exercise="max_pool_backward"
def max_pool_backward(dY, X, f, s):
    """∂J/∂X (m, H, W, C) of max pooling."""
    # BEGIN SOLUTION
    dX = np.zeros(X.shape)
    for i, r, c, k in np.ndindex(dY.shape):
        patch = X[i, r * s : r * s + f, c * s : c * s + f, k]
        u, v = divmod(patch.argmax(), f)
        dX[i, r * s + u, c * s + v, k] += dY[i, r, c, k]
    return dX
    # END SOLUTION


# %% [markdown]
# What does a layer cost? **Parameters**: the weights of `C_out` filters $f \times f \times C$, and
# one bias for each. **Multiply-adds**: one for every weight at every place where its filter stands
# (adding the bias is not counted).
#
# Write `conv_cost(shape, C_out, f, p, s)` for one image of `shape` (H, W, C), with padding `p` and
# stride `s`, and return the pair `parameters, multiply_adds`.
#
# LeNet-5 begins with six filters of $5 \times 5$ on a grey $32 \times 32$ image:
# `conv_cost((32, 32, 1), 6, 5, 0, 1)` gives `(156, 117600)`.


# %% exercise="conv_cost"
def conv_cost(shape, C_out, f, p, s):
    """The parameters of a layer and its multiply-adds for one image."""
    # BEGIN SOLUTION
    H, W, C = shape
    weights = f * f * C * C_out
    rows, columns = (H + 2 * p - f) // s + 1, (W + 2 * p - f) // s + 1
    return weights + C_out, rows * columns * weights
    # END SOLUTION


# %% [markdown]
# A number deep inside a network has seen only part of the image, its **receptive field**, a square
# of side $r$. Walking up the layers, each with window $f$ and stride $s$ (a pooling layer, too):
#
# $$r \leftarrow r + (f - 1)\,j \qquad \text{then} \qquad j \leftarrow j\,s$$
#
# The jump $j$ says how many pixels apart neighbours look at the image. Both begin at 1. Write
# `receptive_field(layers)` for a list of pairs `(f, s)`, the layer nearest the image first.
#
# `receptive_field([(2, 2), (3, 1)])` gives 6: three neighbours, each of which has seen two pixels.


# %% exercise="receptive_field"
def receptive_field(layers):
    """The side of the square that one number after these layers has seen."""
    # BEGIN SOLUTION
    r, jump = 1, 1
    for f, s in layers:
        r += (f - 1) * jump
        jump *= s
    return r
    # END SOLUTION


# %% [markdown]
# At last the point of it all: nobody writes the filter. Someone applied a secret filter to the
# images `X` (m, H, W) and got `Y` (m, H', W'). Find the filter by gradient descent on the mean over
# all output pixels of $(\hat Y - Y)^2$:
#
# $$\hat Y = K \star X \qquad
# dK_{u,v} = \operatorname{mean}_{i,r,c}\; 2\,(\hat Y - Y)_{i,r,c}\; X_{i,\;r+u,\;c+v} \qquad
# K \leftarrow K - \alpha\, dK$$
#
# Write `learn_filter(X, Y, K, lr, steps)`: begin at `K` (kH, kW), take that many steps with
# $\alpha$ = `lr`, and return the filter you end with; leave the `K` you were given as it is. The
# check compares your filter with the secret one to about two decimals, so any sound way of
# stepping will do.
#
# For images of a single pixel the filter is one number:
#
# ```python
# X = np.array([[[1.0]], [[2.0]]])
# learn_filter(X, 3 * X, np.array([[0.0]]), lr=0.1, steps=50)
# ```
#
# gives `[[3]]`.


# %% exercise="learn_filter"
def learn_filter(X, Y, K, lr, steps):
    """The filter (kH, kW) that turns the images X into Y."""
    # BEGIN SOLUTION
    rows, columns = Y.shape[1:]
    for _ in range(steps):
        Y_hat = np.zeros(Y.shape)
        for u, v in np.ndindex(K.shape):
            Y_hat += K[u, v] * X[:, u : u + rows, v : v + columns]
        dK = np.zeros(K.shape)
        for u, v in np.ndindex(K.shape):
            dK[u, v] = np.mean(2 * (Y_hat - Y) * X[:, u : u + rows, v : v + columns])
        K = K - lr * dK
    return K
    # END SOLUTION


# %% [markdown]
# All green? Then you have written every part of a convolutional network, there and back. See them
# at work in the lab's pictures: `from nnlib.viz import lab07_widgets`, then
# `lab07_widgets.SlidingKernel(cross_correlate)` or
# `lab07_widgets.PoolingWinners(max_pool_backward)`.
#
# Back to [lab 07](../notebooks/07_cnns.ipynb), or on to
# [lab 08](../notebooks/08_hyperparameters.ipynb), where the numbers that nobody learns are chosen.
