"""Exercises of lab 07: convolution and pooling, there and back, their sizes, and a learned filter.

Each family of mistakes is one plain computation with its ingredients as arguments; a mistake
replaces one of them.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import nnlib
from nnlib.grading.compare import Closeness
from nnlib.grading.exercise import Case, Exercise, Hint, Wrong

Array = np.ndarray
# Conv2D wants a generator; the weights that it draws never matter here.
RNG = np.random.default_rng(0)

# The lecture's 6×6 image for pooling; its 7s and 9s make two ties.
LECTURE_ROWS = ("397475", "067312", "245032", "375021", "150736", "892518")
LECTURE = np.array([list(row) for row in LECTURE_ROWS], dtype=float)[None, :, :, None]
VERTICAL_EDGE = np.array([[1.0, 0.0, -1.0]] * 3)


def drawn(**inputs: Any) -> Callable[[np.random.Generator], dict[str, Any]]:
    """Inputs in which each tuple, a shape, becomes an array of normal numbers."""
    return lambda rng: {
        name: rng.normal(size=value) if isinstance(value, tuple) else value
        for name, value in inputs.items()
    }


def places(n: int, f: int, s: int) -> int:
    return (n - f) // s + 1


def without_the_last(n: int, f: int, s: int) -> int:
    return (n - f) // s


def without_stride(n: int, f: int, s: int) -> int:
    return n - f + 1


def strided(place: int, s: int) -> int:
    return place * s


def side_by_side(place: int, s: int) -> int:
    return place


Slices = tuple[slice, slice, slice]


def windows(
    size: tuple[int, ...], kernel: tuple[int, ...], s: int, at: Callable[[int, int], int]
) -> Iterator[tuple[int, int, Slices]]:
    """Every place (r, c) of a window and the pixels (all images, rows, columns) that it covers."""
    for r, c in np.ndindex(size):
        top, left = at(r, s), at(c, s)
        yield r, c, (slice(None), slice(top, top + kernel[0]), slice(left, left + kernel[1]))


def window_slips(machine: Callable[..., Callable[..., Any]]) -> tuple[Wrong, ...]:
    """What can go wrong wherever a window slides, done with the ingredients of one computation."""
    return (
        Wrong(
            "stride only in the size",
            machine(at=side_by_side),
            "Y has the right size, but your window moves by one pixel: place r begins at row r·s, "
            "and likewise the columns.",
        ),
        Wrong(
            "steps as places",
            machine(put=strided),
            "Your r and c run in steps of s over X and serve as places in Y as well; the window "
            "that begins at row r belongs into row r // s of Y.",
        ),
        Wrong(
            "no stride",
            machine(size=without_stride, at=side_by_side),
            "You ignore the stride: windows begin s pixels apart, so with s > 1 there are fewer.",
        ),
        Wrong(
            "one place too few",
            machine(size=without_the_last),
            "Your Y is one row and one column too small: the division counts the moves, and the "
            "window has one place more.",
        ),
    )


def size_by_counting(n: int, f: int, p: int, s: int) -> int:
    return len(range(-p, n + p - f + 1, s))


output_size = Exercise(
    id="output_size",
    title="How large is the output?",
    difficulty=1,
    minutes=5,
    reference=lambda n, f, p, s: nnlib.output_size(n, f, padding=p, stride=s),
    alternatives=(
        size_by_counting,
        lambda n, f, p, s: int((n + 2 * p - f) / s) + 1,
        lambda n, f, p, s: np.floor((n + 2 * p - f) / s + 1),
    ),
    library=(nnlib.output_size, nnlib.Conv2D.output_shape),
    cases=(
        Case("6 pixels, a filter of 3", {"n": 6, "f": 3, "p": 0, "s": 1}),
        Case("AlexNet: 227 pixels, 11, stride 4", {"n": 227, "f": 11, "p": 0, "s": 4}),
        Case("9 pixels, 4, padding 2, stride 2", {"n": 9, "f": 4, "p": 2, "s": 2}, points=2),
        Case(
            "sizes drawn at random",
            lambda rng: {
                "n": int(rng.integers(20, 40)),
                "f": int(rng.integers(3, 8)),
                "p": int(rng.integers(1, 3)),
                "s": int(rng.integers(2, 5)),
            },
        ),
    ),
    wrongs=(
        Wrong(
            "not rounded down",
            lambda n, f, p, s: (n + 2 * p - f) / s + 1,
            "Half a place is no place: round the quotient down, with //, before you add 1.",
        ),
        Wrong(
            "rounded up",
            lambda n, f, p, s: math.ceil((n + 2 * p - f) / s) + 1,
            "You round up: the last window would hang over the edge, so round down.",
        ),
        Wrong(
            "padding once",
            lambda n, f, p, s: (n + p - f) // s + 1,
            "You count the padding once; there are p pixels at either end: 2p.",
        ),
        Wrong(
            "no padding",
            lambda n, f, p, s: (n - f) // s + 1,
            "Your padding is missing: it makes the image 2p pixels longer.",
        ),
        Wrong(
            "one too few",
            lambda n, f, p, s: (n + 2 * p - f) // s,
            "You count the moves; the window has one place more, the one it starts from: + 1.",
        ),
        Wrong(
            "1 inside",
            lambda n, f, p, s: (n + 2 * p - f + 1) // s,
            "Your + 1 is divided by the stride too; it is added after the division.",
        ),
        Wrong(
            "no stride",
            lambda n, f, p, s: n + 2 * p - f + 1,
            "Your stride is missing: the window moves s pixels at a time, so divide by s.",
        ),
        Wrong(
            "no brackets",
            lambda n, f, p, s: n + 2 * p - f // s + 1,
            "Only f is divided by s: // binds more tightly than −, so put n + 2p − f in brackets.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Draw six pixels in a row and move a window of three along them: how many moves?",
        ),
        Hint(
            "I get a fraction",
            "A window that would hang over the edge has no place there: // rounds down.",
        ),
        Hint(
            "I nearly have it",
            "With padding the row has n + 2p pixels. The window's far end can move over all but "
            "the first f of them, s at a time; and then there is the place where it starts.",
        ),
    ),
)


def conv2d(X: Array, W: Array, b: Array, p: int = 0, s: int = 1) -> nnlib.Conv2D:
    """nnlib's own layer with these weights."""
    layer = nnlib.Conv2D(
        X.shape[3], len(W), W.shape[1:3], padding=p, stride=s, rng=RNG, dtype=np.float64
    )
    layer.W, layer.b = W, b
    return layer


def around(X: Array, p: int) -> Array:
    return np.pad(X, ((0, 0), (p, p), (p, p), (0, 0)))


def weighed(patch: Array, W: Array) -> Array:
    """(m, kH, kW, C) and (C_out, kH, kW, C) to (m, C_out): one number per image and filter."""
    return np.tensordot(patch, W, ([1, 2, 3], [1, 2, 3]))


def turned(W: Array) -> Array:
    return W[:, ::-1, ::-1]


def convolved(
    X: Array,
    W: Array,
    b: Array,
    p: int,
    s: int,
    *,
    pad: Callable[[Array, int], Array] = around,
    size: Callable[[int, int, int], int] = places,
    at: Callable[[int, int], int] = strided,
    put: Callable[[int, int], int] = side_by_side,
    product: Callable[[Array, Array], Array] = weighed,
    bias: Callable[[Array, Array], Any] = lambda b, W: b,
) -> Array:
    """W ⋆ X + b, place by place."""
    X = pad(X, p)
    kernel = W.shape[1:3]
    rows, columns = (size(n, f, s) for n, f in zip(X.shape[1:3], kernel, strict=True))
    Y = np.zeros((len(X), rows, columns, len(W)))
    for r, c, window in windows((rows, columns), kernel, s, at):
        Y[:, put(r, s), put(c, s)] = product(X[window], W)
    return Y + bias(b, W)


def convolved_with(**ingredient: Any) -> Callable[..., Array]:
    return partial(convolved, **ingredient)


def correlated_with(**ingredient: Any) -> Callable[[Array, Array], Array]:
    """One image and one kernel, with one ingredient replaced."""

    def mistaken(X: Array, K: Array) -> Array:
        Y = convolved(X[None, :, :, None], K[None, :, :, None], np.zeros(1), 0, 1, **ingredient)
        return Y[0, :, :, 0]

    return mistaken


def by_kernel_entry(X: Array, K: Array) -> Array:
    H, W = X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1
    return sum(K[u, v] * X[u : u + H, v : v + W] for u, v in np.ndindex(K.shape))


def by_views(X: Array, K: Array) -> Array:
    return np.einsum("rcuv,uv->rc", np.lib.stride_tricks.sliding_window_view(X, K.shape), K)


def slid(
    X: Array,
    K: Array,
    *,
    sides: Callable[[Array], tuple[int, ...]] = np.shape,
    kernel_sides: Callable[[Array], tuple[int, ...]] = np.shape,
    value: Callable[[Array, Array], Any] = lambda patch, K: np.sum(patch * K),
) -> Array:
    """As a learner writes it, two loops and a patch; so a mistake also crashes as theirs does."""
    (H, W), (kH, kW) = sides(X), kernel_sides(K)
    Y = np.zeros((H - kH + 1, W - kW + 1))
    for r, c in np.ndindex(Y.shape):
        Y[r, c] = value(X[r : r + kH, c : c + kW], K)
    return Y


def swapped(array: Array) -> tuple[int, ...]:
    return array.shape[::-1]


def zeros_but(Y: Array, rows: int, columns: int) -> Array:
    """Y with its first rows and columns alone filled in."""
    filled = np.zeros(Y.shape)
    filled[:rows, :columns] = Y[:rows, :columns]
    return filled


EDGE = 10 * np.tri(5, 6, 1) + np.arange(6)

cross_correlate = Exercise(
    id="cross_correlate",
    title="Slide a kernel over an image",
    difficulty=1,
    minutes=12,
    reference=lambda X, K: conv2d(X[None, :, :, None], K[None, :, :, None], np.zeros(1)).forward(
        X[None, :, :, None]
    )[0, :, :, 0],
    axes=("H − kH + 1", "W − kW + 1"),
    alternatives=(slid, by_kernel_entry, by_views),
    library=(nnlib.Conv2D.forward,),
    cases=(
        Case("a slanted edge, under the vertical edge filter", {"X": EDGE, "K": VERTICAL_EDGE}),
        Case("a 5 × 7 image, a 2 × 3 kernel", drawn(X=(5, 7), K=(2, 3)), points=2),
    ),
    wrongs=(
        Wrong(
            "flipped",
            correlated_with(product=lambda patch, W: weighed(patch, turned(W))),
            "You flip the kernel. That is convolution in mathematics (and scipy's convolve2d); a "
            "convolutional layer leaves it as it is: X[r + u, c + v] meets K[u, v].",
        ),
        Wrong(
            "one place too few",
            correlated_with(size=without_the_last),
            "Your loops stop one place early, in both directions: there are H − kH + 1 rows and "
            "W − kW + 1 columns of places.",
        ),
        Wrong(
            "mean",
            correlated_with(product=lambda patch, W: weighed(patch, W) / W[0].size),
            "You take the mean over the window; take the sum.",
        ),
        Wrong(
            "product of sums",
            correlated_with(product=lambda patch, W: patch.sum((1, 2)) * W.sum()),
            "You sum the patch and the kernel first and multiply the sums; multiply entry by "
            "entry, then sum.",
        ),
        Wrong(
            "matrix product",
            partial(slid, value=lambda patch, K: np.sum(patch @ K)),
            "You multiply patch and kernel as matrices (@, dot); here entries meet one to one: *.",
        ),
        Wrong(
            "the output keeps the image's size",
            lambda X, K: by_views(np.pad(X, [((f - 1) // 2, f // 2) for f in K.shape]), K),
            "You pad the image so that the output keeps its size; here the kernel stays inside, "
            "and the output shrinks.",
        ),
        Wrong(
            "rows and columns of the kernel swapped",
            partial(slid, kernel_sides=swapped),
            "K.shape is (kH, kW), rows first: you have swapped the two, which only a square kernel "
            "forgives.",
        ),
        Wrong(
            "turned by a quarter",
            correlated_with(product=lambda patch, W: weighed(patch.swapaxes(1, 2), W)),
            "Your kernel or your patch is transposed: row u of one meets row u of the other.",
        ),
        Wrong(
            "rows and columns of the image swapped",
            partial(slid, sides=swapped),
            "X.shape is (H, W), rows first: you have swapped the two, which only a square image "
            "forgives.",
        ),
        Wrong(
            "last product only",
            partial(slid, value=lambda patch, K: patch[-1, -1] * K[-1, -1]),
            "Each product overwrites the one before, so only the last is left: add them up, with "
            "+=.",
        ),
        Wrong(
            "last row and column left out",
            lambda X, K: zeros_but(by_views(X, K), X.shape[0] - len(K), X.shape[1] - len(K[0])),
            "Y has the right size, but its last row and column are still 0: loop over all of "
            "them, np.ndindex(Y.shape).",
        ),
        Wrong(
            "first place only",
            lambda X, K: zeros_but(by_views(X, K), 1, 1),
            "Only the first place is filled: is the return inside the loop?",
        ),
        Wrong(
            "zeros at the end",
            lambda X, K: np.pad(by_views(X, K), [(0, f - 1) for f in K.shape]),
            "Your Y has the size of X, so its end stays 0; the kernel finds only (H − kH + 1) × "
            "(W − kW + 1) places.",
        ),
        Wrong(
            "full",
            lambda X, K: by_views(np.pad(X, [(f - 1, f - 1) for f in K.shape]), K),
            "Your kernel hangs over the edges; here it stays inside the image, and the output "
            "shrinks.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Make an array of zeros for Y, then two loops over its rows r and columns c. For each, "
            "cut the patch under the kernel out of X.",
        ),
        Hint(
            "The shapes do not fit",
            "The patch that starts at r, c has the kernel's size: rows r to r + kH, columns c to "
            "c + kW. So r must stop at H − kH.",
        ),
        Hint(
            "I nearly have it",
            "Y[r, c] is np.sum of the patch X[r : r + kH, c : c + kW] times K, entry by entry.",
        ),
    ),
)


def by_filters_and_loops(
    X: Array,
    W: Array,
    b: Array,
    p: int,
    s: int,
    *,
    pad: Callable[[Array, int], Array] = around,
    extra: Callable[[int], int] = lambda p: 0,
) -> Array:
    """As a learner writes it, with four loops; so a mistake also crashes as theirs does."""
    X = pad(X, p)
    C_out, kH, kW, _ = W.shape
    rows, columns = places(X.shape[1] + extra(p), kH, s), places(X.shape[2] + extra(p), kW, s)
    Y = np.zeros((len(X), rows, columns, C_out))
    for i, r, c, k in np.ndindex(Y.shape):
        patch = X[i, r * s : r * s + kH, c * s : c * s + kW]
        Y[i, r, c, k] = np.sum(patch * W[k]) + b[k]
    return Y


def by_shifted_images(X: Array, W: Array, b: Array, p: int, s: int) -> Array:
    X = around(X, p)
    _, kH, kW, _ = W.shape
    rows, columns = places(X.shape[1], kH, s), places(X.shape[2], kW, s)
    Y = b
    for u, v in np.ndindex(kH, kW):
        shifted = X[:, u : u + rows * s : s, v : v + columns * s : s][:, :rows, :columns]
        Y = Y + shifted @ W[:, u, v].T
    return Y


conv_forward = Exercise(
    id="conv_forward",
    title="A convolutional layer, forward",
    difficulty=2,
    minutes=20,
    reference=lambda X, W, b, p, s: conv2d(X, W, b, p, s).forward(X),
    axes=("m", "H'", "W'", "C_out"),
    alternatives=(by_filters_and_loops, by_shifted_images),
    library=(nnlib.Conv2D.forward,),
    cases=(
        Case(
            "one filter of 3 × 2, five channels deep",
            drawn(X=(3, 4, 6, 5), W=(1, 3, 2, 5), b=(1,), p=0, s=1),
        ),
        Case(
            "four filters of 3 × 2",
            drawn(X=(2, 5, 6, 7), W=(4, 3, 2, 7), b=(4,), p=0, s=1),
        ),
        Case(
            "padding 1 and stride 2",
            drawn(X=(3, 7, 11, 2), W=(6, 3, 4, 2), b=(6,), p=1, s=2),
            points=3,
        ),
    ),
    wrongs=(
        Wrong(
            "flipped",
            convolved_with(product=lambda patch, W: weighed(patch, turned(W))),
            "You flip the kernels; a layer learns them and leaves them as they are.",
        ),
        Wrong(
            "first channel only",
            convolved_with(product=lambda patch, W: weighed(patch[..., :1], W[..., :1])),
            "Your filters are flat: they look at channel 0 alone. A filter is as deep as the "
            "image and sums over all its channels.",
        ),
        Wrong(
            "last channel only",
            convolved_with(product=lambda patch, W: weighed(patch[..., -1:], W[..., -1:])),
            "Each channel overwrites the one before, so only the last is left: add them up.",
        ),
        Wrong(
            "no bias",
            convolved_with(bias=lambda b, W: 0.0),
            "The bias is missing: filter k adds its b[k] to every place.",
        ),
        Wrong(
            "bias per channel",
            convolved_with(bias=lambda b, W: b * W.shape[3]),
            "You add the bias once for every input channel; it is added once per place, after the "
            "channels are summed.",
        ),
        Wrong(
            "bias per weight",
            convolved_with(bias=lambda b, W: b * W[0].size),
            "You add the bias inside the sum, once for every weight; it is added once per place.",
        ),
        Wrong(
            "one bias for all",
            convolved_with(bias=lambda b, W: b[0]),
            "All filters get b[0]; filter k has its own b[k].",
        ),
        Wrong(
            "one filter for all",
            convolved_with(product=lambda patch, W: weighed(patch, np.repeat(W[:1], len(W), 0))),
            "All your output channels come from filter 0; channel k is the work of W[k].",
        ),
        Wrong(
            "filters summed",
            lambda X, W, b, p, s: convolved(X, W, b, p, s).sum(axis=3),
            "You sum over the filters; each of them makes an output channel of its own, the last "
            "axis of Y.",
        ),
        *window_slips(convolved_with),
        Wrong(
            "padding on one side",
            convolved_with(pad=lambda X, p: np.pad(X, ((0, 0), (p, 0), (p, 0), (0, 0)))),
            "You pad above and to the left only; all four sides get p zeros.",
        ),
        Wrong(
            "no padding",
            convolved_with(pad=lambda X, p: X),
            "The padding is missing: put p rows and columns of zeros around every image first.",
        ),
        Wrong(
            "rows and columns exchanged",
            lambda X, W, b, p, s: convolved(X, W, b, p, s).swapaxes(1, 2),
            "Rows and columns of Y are exchanged: Y[i, r, c, k], the row before the column.",
        ),
        Wrong(
            "channels before places",
            lambda X, W, b, p, s: convolved(X, W, b, p, s).transpose(0, 3, 1, 2),
            "Your Y is (m, C_out, H', W'), PyTorch's order; here channels come last.",
        ),
        Wrong(
            "first image only",
            lambda X, W, b, p, s: (
                convolved(X, W, b, p, s) * (np.arange(len(X)) == 0)[:, None, None, None]
            ),
            "Only the first image is done; the others are still 0: loop over i as well.",
        ),
        Wrong(
            "images summed",
            convolved_with(
                product=lambda patch, W: np.repeat(weighed(patch, W).sum(0)[None], len(patch), 0)
            ),
            "Your sum runs over the images too; each image has its own Y[i].",
        ),
        Wrong(
            "every axis padded",
            partial(by_filters_and_loops, pad=np.pad),
            "np.pad(X, p) pads all four axes, channels and batch too; pad rows and columns "
            "alone: ((0, 0), (p, p), (p, p), (0, 0)).",
        ),
        Wrong(
            "off the edge",
            partial(by_filters_and_loops, extra=lambda p: 2 * p),
            "A patch runs off the image. Is Y's size worked out with padding that X did not get, "
            "or got already? And does a patch end kH rows and kW columns behind its start?",
        ),
        Wrong(
            "all filters at once",
            convolved_with(
                product=lambda patch, W: np.repeat(
                    weighed(patch, W).sum(1, keepdims=True), len(W), 1
                )
            ),
            "You sum over all filters at once: channel k of Y comes from W[k] alone.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Three steps: pad X (np.pad wants a pair for each of the four axes), make a Y of "
            "zeros, and loop over its places r, c and its filters k.",
        ),
        Hint(
            "The shapes do not fit",
            "The patch of place r, c starts at row r·s and column c·s of the padded image. With "
            "all its channels it is (kH, kW, C), just like W[k].",
        ),
        Hint(
            "I nearly have it",
            "For each image i: Y[i, r, c, k] is np.sum of patch times W[k], plus b[k]. The padding "
            "is np.pad(X, ((0, 0), (p, p), (p, p), (0, 0))).",
        ),
    ),
)


def conv_backward_by_layer(dY: Array, X: Array, W: Array, s: int) -> tuple[Array, Array, Array]:
    layer = conv2d(X, W, np.zeros(len(W)), s=s)
    layer.forward(X)
    dX = layer.backward(dY)
    return layer.dW, layer.db, dX


def add(total: Any, new: Any) -> Any:
    return total + new


def overwrite(total: Any, new: Any) -> Any:
    return new


def dW_of(
    dY: Array,
    X: Array,
    W: Array,
    s: int,
    *,
    at: Callable[[int, int], int] = strided,
    gather: Callable[[Any, Any], Any] = add,
    images: str = "ikuvc->kuvc",
) -> Any:
    """dW (C_out, kH, kW, C): at every place the patch times what arrives there, added up."""
    dW: Any = 0.0
    for r, c, window in windows(dY.shape[1:3], W.shape[1:3], s, at):
        dW = gather(dW, np.einsum(images, np.einsum("ik,iuvc->ikuvc", dY[:, r, c], X[window])))
    return dW


def dX_of(
    dY: Array,
    X: Array,
    W: Array,
    s: int,
    *,
    at: Callable[[int, int], int] = strided,
    gather: Callable[[Any, Any], Any] = add,
    filters: Callable[[Array], Array] = lambda W: W,
) -> Array:
    """dX (m, H, W, C): every place sends its dY back along the weights, onto its patch."""
    dX = np.zeros(X.shape)
    for r, c, window in windows(dY.shape[1:3], W.shape[1:3], s, at):
        dX[window] = gather(dX[window], np.tensordot(dY[:, r, c], filters(W), 1))
    return dX


def conv_back(
    dY: Array,
    X: Array,
    W: Array,
    s: int,
    *,
    dW: Callable[..., Any] = dW_of,
    db: Callable[[Array], Any] = lambda dY: dY.sum(axis=(0, 1, 2)),
    dX: Callable[..., Any] = dX_of,
) -> tuple[Any, Any, Any]:
    """All three links; each mistake below replaces one of them."""
    return dW(dY, X, W, s), db(dY), dX(dY, X, W, s)


def conv_back_with(**link: Any) -> Callable[..., Any]:
    return partial(conv_back, **link)


def conv_back_by_convolutions(dY: Array, X: Array, W: Array, s: int) -> tuple[Array, Array, Array]:
    """dW slides dY over X, dX the flipped kernels over dY, once zeros fill the stride's gaps."""
    (H, width), (kH, kW) = X.shape[1:3], W.shape[1:3]
    spread = np.zeros((len(X), H - kH + 1, width - kW + 1, len(W)))
    spread[:, ::s, ::s][:, : dY.shape[1], : dY.shape[2]] = dY
    seen = np.lib.stride_tricks.sliding_window_view(X, spread.shape[1:3], axis=(1, 2))
    dW = np.einsum("iuvcxy,ixyk->kuvc", seen, spread)
    around_all = np.pad(spread, ((0, 0), (kH - 1,) * 2, (kW - 1,) * 2, (0, 0)))
    dX = convolved(around_all, turned(W).transpose(3, 1, 2, 0), np.zeros(X.shape[3]), 0, 1)
    return dW, dY.sum(axis=(0, 1, 2)), dX


conv_backward = Exercise(
    id="conv_backward",
    title="A convolutional layer, backward",
    difficulty=3,
    minutes=30,
    reference=conv_backward_by_layer,
    links=("dW", "db", "dX"),
    axes={"dW": ("C_out", "kH", "kW", "C"), "db": ("C_out",), "dX": ("m", "H", "W", "C")},
    alternatives=(conv_back, conv_back_by_convolutions),
    library=(nnlib.Conv2D.forward, nnlib.Conv2D.backward, nnlib.Conv2D.fill_gradients),
    cases=(
        Case(
            "two images, one filter, one channel",
            drawn(dY=(2, 3, 4, 1), X=(2, 4, 8, 1), W=(1, 2, 5, 1), s=1),
        ),
        Case(
            "two images, six filters, stride 2",
            drawn(dY=(2, 3, 5, 6), X=(2, 8, 11, 3), W=(6, 4, 2, 3), s=2),
            points=3,
        ),
    ),
    wrongs=(
        Wrong(
            "mean over the batch",
            conv_back_with(dW=lambda dY, X, W, s: dW_of(dY, X, W, s) / len(X)),
            "dW is divided by m; the 1/m of the cost is already in dY, so sum.",
        ),
        Wrong(
            "last place only",
            conv_back_with(dW=partial(dW_of, gather=overwrite)),
            "dW holds the last place only: inside the loop add with +=, do not overwrite with =.",
        ),
        Wrong(
            "last image only",
            conv_back_with(dW=lambda dY, X, W, s: dW_of(dY[-1:], X[-1:], W, s)),
            "dW holds the last image only: add up over the whole batch.",
        ),
        Wrong(
            "not summed over the batch",
            conv_back_with(dW=partial(dW_of, images="ikuvc->ikuvc")),
            "dW has one entry per image; one W serves them all, so sum over the batch.",
        ),
        Wrong(
            "dW without stride",
            conv_back_with(dW=partial(dW_of, at=side_by_side)),
            "dW ignores the stride: the patch of place r, c begins at row r·s and column c·s, as "
            "in forward.",
        ),
        Wrong(
            "dW flipped",
            conv_back_with(dW=lambda dY, X, W, s: turned(dW_of(dY, X, W, s))),
            "Your dW is flipped; forward did not flip, so backward does not either: "
            "dW[k, u, v] gathers X[r·s + u, c·s + v].",
        ),
        Wrong(
            "dW from W",
            conv_back_with(dW=lambda dY, X, W, s: W * dY.sum(axis=(0, 1, 2))[:, None, None, None]),
            "dW multiplies dY by W; the slope of W·x in W is x: use the patch of X.",
        ),
        Wrong(
            "mean of db",
            conv_back_with(db=lambda dY: dY.mean(axis=(0, 1, 2))),
            "db takes a mean; b serves every place of every image, so what comes back is summed.",
        ),
        Wrong(
            "db over the batch only",
            conv_back_with(db=lambda dY: dY.sum(axis=0)),
            "db still has a number for every place; b serves all places: sum over axes 0, 1 and 2.",
        ),
        Wrong(
            "db divided by m",
            conv_back_with(db=lambda dY: dY.sum(axis=(0, 1, 2)) / len(dY)),
            "db is divided by m; the 1/m of the cost is already in dY, so sum.",
        ),
        Wrong(
            "one db",
            conv_back_with(db=lambda dY: dY.sum()),
            "db is one number; every filter has its own bias, so the last axis stays.",
        ),
        Wrong(
            "dX without overlap",
            conv_back_with(dX=partial(dX_of, gather=overwrite)),
            "In dX each window overwrites the one before where they overlap. A pixel under several "
            "windows hears from all of them: add with +=.",
        ),
        Wrong(
            "dX without stride",
            conv_back_with(dX=partial(dX_of, at=side_by_side)),
            "dX ignores the stride: what place r, c sends back lands at rows r·s to r·s + kH, and "
            "likewise the columns.",
        ),
        Wrong(
            "dX flipped",
            conv_back_with(dX=partial(dX_of, filters=turned)),
            "In dX you flip the kernels. If you spread each dY over its patch, W stays as it is "
            "(it is flipped only when you slide it over a padded dY).",
        ),
        Wrong(
            "dX of the last filter",
            conv_back_with(dX=lambda dY, X, W, s: dX_of(dY[..., -1:], X, W[-1:], s)),
            "dX comes from the last filter alone: the filters add up, with +=.",
        ),
        Wrong(
            "dX without W",
            conv_back_with(dX=partial(dX_of, filters=np.ones_like)),
            "dX spreads dY without its weights: pixel u, v of the patch gets dY · W[k, u, v].",
        ),
        Wrong(
            "nothing added up in dW",
            conv_back_with(dW=lambda dY, X, W, s: dW_of(dY[-1:], X[-1:], W, s, gather=overwrite)),
            "dW holds the last place of the last image only: add with +=, do not overwrite with =.",
        ),
        Wrong(
            "last db",
            conv_back_with(db=lambda dY: dY[-1, -1, -1]),
            "db holds the last place of the last image only: add with +=, do not overwrite with =.",
        ),
        Wrong(
            "nothing added up in dX",
            conv_back_with(
                dX=lambda dY, X, W, s: dX_of(dY[..., -1:], X, W[-1:], s, gather=overwrite)
            ),
            "In dX everything overwrites what came before, over filters and overlapping windows: "
            "add with +=.",
        ),
        Wrong(
            "dW of all filters",
            conv_back_with(
                dW=lambda dY, X, W, s: np.repeat(dW_of(dY, X, W, s).sum(0)[None], len(W), 0)
            ),
            "Every filter of dW gets what belongs to all of them: dY[..., k] concerns dW[k] alone.",
        ),
        Wrong(
            "db of all filters",
            conv_back_with(db=lambda dY: np.full(dY.shape[3], dY.sum())),
            "Every entry of db gets what belongs to all of them: dY[..., k] concerns db[k] alone.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Take the loops of forward. At each place Y[i, r, c, k] = Σ patch · W[k] + b[k]: ask "
            "what one number dY[i, r, c, k] sends to W[k], to b[k] and to the patch.",
        ),
        Hint(
            "Only dX is wrong",
            "dX starts as zeros of X's shape. Every dY[i, r, c, k] adds dY · W[k] onto its patch "
            "of dX, rows r·s to r·s + kH; where patches overlap, they add up.",
        ),
        Hint(
            "I nearly have it",
            "Inside four loops three lines, all with +=. dW[k] gets dY[i, r, c, k] times the patch "
            "of X, db[k] gets dY[i, r, c, k], and the same patch of dX gets it times W[k].",
        ),
    ),
)


def max_pool_by_layer(X: Array, f: int, s: int) -> Array:
    return nnlib.MaxPool2D(f, stride=s).forward(X)


def pooled(
    X: Array,
    f: int,
    s: int,
    *,
    size: Callable[[int, int, int], int] = places,
    at: Callable[[int, int], int] = strided,
    put: Callable[[int, int], int] = side_by_side,
    pick: Callable[[Array], Any] = lambda patch: patch.max(axis=(1, 2)),
) -> Array:
    """One number per window and channel."""
    rows, columns = size(X.shape[1], f, s), size(X.shape[2], f, s)
    Y = np.zeros((len(X), rows, columns, X.shape[3]))
    for r, c, window in windows((rows, columns), (f, f), s, at):
        Y[:, put(r, s), put(c, s)] = pick(X[window])
    return Y


def pooled_with(**ingredient: Any) -> Callable[..., Array]:
    return partial(pooled, **ingredient)


def max_of_shifted_images(X: Array, f: int, s: int) -> Array:
    rows, columns = places(X.shape[1], f, s), places(X.shape[2], f, s)
    shifted = [
        X[:, u : u + (rows - 1) * s + 1 : s, v : v + (columns - 1) * s + 1 : s]
        for u, v in np.ndindex(f, f)
    ]
    return np.max(shifted, axis=0)


max_pool_forward = Exercise(
    id="max_pool_forward",
    title="Max pooling, forward",
    difficulty=1,
    minutes=12,
    reference=max_pool_by_layer,
    axes=("m", "H'", "W'", "C"),
    alternatives=(pooled, max_of_shifted_images),
    library=(nnlib.MaxPool2D.forward,),
    cases=(
        Case("the lecture's 6 × 6 image", {"X": LECTURE, "f": 2, "s": 2}),
        Case(
            "negative numbers too, windows that overlap",
            drawn(X=(2, 7, 10, 5), f=3, s=2),
            points=2,
        ),
        Case("gaps between the windows", drawn(X=(5, 9, 6, 4), f=2, s=3)),
    ),
    wrongs=(
        Wrong(
            "mean",
            pooled_with(pick=lambda patch: patch.mean(axis=(1, 2))),
            "That is average pooling; take the largest number of each window.",
        ),
        Wrong(
            "over channels",
            pooled_with(pick=lambda patch: patch.max(axis=(1, 2, 3))[:, None]),
            "You take the maximum over the channels too; pooling leaves each channel to itself.",
        ),
        Wrong(
            "over the batch",
            pooled_with(pick=lambda patch: patch.max(axis=(0, 1, 2))),
            "You take the maximum over the batch too; every image has its own.",
        ),
        Wrong(
            "over everything",
            pooled_with(pick=np.max),
            "You take one maximum over images and channels; each image and channel has its own: "
            "axis=(1, 2) of the patch.",
        ),
        Wrong(
            "from 0",
            pooled_with(pick=lambda patch: np.maximum(0, patch.max(axis=(1, 2)))),
            "Your search begins at 0, which beats windows of negative numbers; begin at the first "
            "number, or at −∞.",
        ),
        Wrong(
            "largest size",
            pooled_with(pick=lambda patch: np.abs(patch).max(axis=(1, 2))),
            "You compare without the sign; −9 is smaller than 1.",
        ),
        Wrong(
            "stride is the window",
            lambda X, f, s: pooled(X, f, f),
            "Your windows lie edge to edge; they begin s pixels apart, and s may differ from f.",
        ),
        *window_slips(pooled_with),
        Wrong(
            "partial windows",
            pooled_with(size=lambda n, f, s: -(-(n - f) // s) + 1),
            "You also pool the windows that hang over the edge; those have no place: round down.",
        ),
        Wrong(
            "window too small",
            pooled_with(pick=lambda patch: patch[:, :-1, :-1].max(axis=(1, 2))),
            "Your window lacks its last row and column: a slice ends before its end, so r·s to "
            "r·s + f are f rows.",
        ),
        Wrong(
            "tiles",
            lambda X, f, s: X.reshape(
                len(X), X.shape[1] // f, f, X.shape[2] // f, f, X.shape[3]
            ).max(axis=(2, 4)),
            "You cut the image into tiles by reshape, which works only where the windows lie "
            "edge to edge and fill it; here s may differ from f.",
        ),
        Wrong(
            "place of the maximum",
            pooled_with(
                pick=lambda patch: patch.reshape(len(patch), -1, patch.shape[3]).argmax(axis=1)
            ),
            "You return where the maximum stands (argmax); return the maximum.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "As for convolution: a Y of zeros, loops over its places r, c, a patch; then the "
            "largest number in place of the weighted sum. No weights at all.",
        ),
        Hint(
            "Too few numbers come out of a patch",
            "X[:, rows, columns] is (m, f, f, C). The maximum runs over axes 1 and 2 only, so that "
            "(m, C) is left.",
        ),
        Hint(
            "I nearly have it",
            "Y[:, r, c] is the patch's .max(axis=(1, 2)), with rows r·s to r·s + f and columns c·s "
            "to c·s + f.",
        ),
    ),
)


def max_pool_backward_by_layer(dY: Array, X: Array, f: int, s: int) -> Array:
    layer = nnlib.MaxPool2D(f, stride=s)
    layer.forward(X)
    return layer.backward(dY)


def nth_of(patch: Array, n: Array) -> Array:
    """A 1 at the n-th pixel of each patch (m, f, f, C), in reading order, and 0 elsewhere."""
    m, f, _, C = patch.shape
    return (np.arange(f * f)[:, None] == n[:, None]).reshape(m, f, f, C) * 1.0


def first_maximum(patch: Array) -> Array:
    return nth_of(patch, patch.reshape(len(patch), -1, patch.shape[3]).argmax(axis=1))


def last_maximum(patch: Array) -> Array:
    return first_maximum(patch[:, ::-1, ::-1])[:, ::-1, ::-1]


def every_maximum(patch: Array) -> Array:
    return (patch == patch.max(axis=(1, 2), keepdims=True)) * 1.0


def shared(patch: Array) -> Array:
    return every_maximum(patch) / every_maximum(patch).sum(axis=(1, 2), keepdims=True)


def over_all_channels(patch: Array) -> Array:
    return first_maximum(patch) * (patch == patch.max(axis=(1, 2, 3), keepdims=True))


def unpooled(
    dY: Array,
    X: Array,
    f: int,
    s: int,
    *,
    winners: Callable[[Array], Array] = first_maximum,
    at: Callable[[int, int], int] = strided,
    gather: Callable[[Any, Any], Any] = add,
) -> Array:
    """Every dY goes to the winner of its window; each mistake below replaces one ingredient."""
    dX = np.zeros(X.shape)
    for r, c, window in windows(dY.shape[1:3], (f, f), s, at):
        dX[window] = gather(dX[window], winners(X[window]) * dY[:, r, c][:, None, None])
    return dX


def unpooled_with(**ingredient: Any) -> Callable[..., Array]:
    return partial(unpooled, **ingredient)


def unpooled_at_winners(
    dY: Array,
    X: Array,
    f: int,
    s: int,
    *,
    land: Callable[[int, int], int] = strided,
    gather: Callable[[Any, Any], Any] = add,
) -> Array:
    """As a learner writes it, one number of dY after the other."""
    dX = np.zeros(X.shape)
    for i, r, c, k in np.ndindex(dY.shape):
        patch = X[i, r * s : r * s + f, c * s : c * s + f, k]
        u, v = divmod(int(patch.argmax()), f)
        winner = i, land(r, s) + u, land(c, s) + v, k
        dX[winner] = gather(dX[winner], dY[i, r, c, k])
    return dX


def with_ties(
    m: int, H: int, W: int, C: int, f: int, s: int
) -> Callable[[np.random.Generator], dict[str, Any]]:
    """Images of small whole numbers, in which nearly every window has a tie."""
    return lambda rng: {
        "dY": rng.normal(size=(m, places(H, f, s), places(W, f, s), C)),
        "X": rng.integers(-3, 1, size=(m, H, W, C)) * 1.0,
        "f": f,
        "s": s,
    }


max_pool_backward = Exercise(
    id="max_pool_backward",
    title="Max pooling, backward",
    difficulty=2,
    minutes=20,
    reference=max_pool_backward_by_layer,
    axes=("m", "H", "W", "C"),
    alternatives=(unpooled_at_winners, unpooled),
    library=(nnlib.MaxPool2D.forward, nnlib.MaxPool2D.backward),
    cases=(
        Case(
            "the lecture's 6 × 6 image, with its ties",
            {
                "dY": np.arange(1.0, 10.0).reshape(1, 3, 3, 1),
                "X": LECTURE,
                "f": 2,
                "s": 2,
            },
        ),
        Case(
            "windows that overlap",
            drawn(dY=(2, 3, 4, 5), X=(2, 7, 10, 5), f=3, s=2),
            points=2,
        ),
        Case("ties and overlaps", with_ties(4, 7, 5, 2, f=3, s=1)),
    ),
    wrongs=(
        Wrong(
            "every maximum",
            unpooled_with(winners=every_maximum),
            "In a tie you give every maximum the whole gradient; only the first in reading order "
            "gets it.",
        ),
        Wrong(
            "last maximum",
            unpooled_with(winners=last_maximum),
            "In a tie you give the gradient to the last maximum; it goes to the first in reading "
            "order, which argmax finds (compare with >, not with >=).",
        ),
        Wrong(
            "shared",
            unpooled_with(winners=shared),
            "In a tie you share the gradient out; the first maximum in reading order gets all of "
            "it, as in nnlib and PyTorch.",
        ),
        Wrong(
            "no overlap: the winner",
            partial(unpooled_at_winners, gather=overwrite),
            "A pixel that wins in several windows keeps only the last gradient: add them, with +=.",
        ),
        Wrong(
            "no overlap: the window",
            unpooled_with(gather=overwrite),
            "Each window overwrites what the one before left in the pixels they share: add, "
            "with +=.",
        ),
        Wrong(
            "as average pooling",
            unpooled_with(winners=lambda patch: np.full(patch.shape, 1 / patch[0, ..., 0].size)),
            "You spread the gradient over the window, as average pooling does; here the winner "
            "takes it all.",
        ),
        Wrong(
            "to the whole window",
            unpooled_with(winners=np.ones_like),
            "You give the gradient to every pixel of the window; only its maximum moved Y.",
        ),
        Wrong(
            "to the first pixel",
            unpooled_with(winners=lambda patch: nth_of(patch, np.zeros(patch.shape[::3]))),
            "Your gradient lands on the first pixel of each window; it goes to the maximum.",
        ),
        Wrong(
            "over all channels",
            unpooled_with(winners=over_all_channels),
            "You look for one winner among all channels; each channel has its own.",
        ),
        Wrong(
            "without stride",
            unpooled_with(at=side_by_side),
            "You ignore the stride: the window of place r, c begins at row r·s and column c·s.",
        ),
        Wrong(
            "times X",
            lambda dY, X, f, s: unpooled(dY, X, f, s) * X,
            "You multiply the gradient by the pixel; the maximum passes it on as it is, slope 1.",
        ),
        Wrong(
            "1 for dY",
            lambda dY, X, f, s: unpooled(np.ones_like(dY), X, f, s),
            "You mark the winners with 1; each gets the dY of its window.",
        ),
        Wrong(
            "row and column of the winner swapped",
            unpooled_with(winners=lambda patch: first_maximum(patch).swapaxes(1, 2)),
            "Row and column of the winner are swapped: argmax counts along the rows, so its row is "
            "the quotient by f, its column the remainder.",
        ),
        Wrong(
            "from 0",
            unpooled_with(winners=lambda patch: first_maximum(np.maximum(patch, 0))),
            "Your search for the maximum begins at 0, which no window of negative numbers "
            "reaches; begin at its first number, or at −∞.",
        ),
        Wrong(
            "mask, overwritten",
            unpooled_with(winners=every_maximum, gather=overwrite),
            "Two slips: dX[window] is overwritten where windows overlap (add, with +=), and in a "
            "tie every maximum gets the gradient (only the first does).",
        ),
        Wrong(
            "without the window's place",
            partial(unpooled_at_winners, land=lambda place, s: 0),
            "Your gradient lands in the first window always: u, v count within the patch, so add "
            "the patch's own r·s and c·s.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "dX starts as zeros of X's shape. Loop over all entries of dY; for each, find the "
            "largest number in its window of X, and add dY there.",
        ),
        Hint(
            "My ties are wrong",
            "patch.argmax() finds the first maximum of a patch (f, f), counted in reading order: "
            "divmod(…, f) turns that count into row and column within the patch.",
        ),
        Hint(
            "I nearly have it",
            "The winner u, v of the patch lies at row r·s + u and column c·s + v of image i, "
            "channel k: there dX gets += dY[i, r, c, k].",
        ),
    ),
)


def cost_by_layer(
    shape: tuple[int, int, int], C_out: int, f: int, p: int, s: int
) -> tuple[int, int]:
    layer = nnlib.Conv2D(shape[2], C_out, f, padding=p, stride=s, rng=RNG)
    H_out, W_out, _ = layer.output_shape(shape)
    return layer.W.size + layer.b.size, H_out * W_out * layer.W.size


class Sizes(NamedTuple):
    """What the two counts are made of; pixels before the layer, positions behind it."""

    f: int
    C: int
    C_out: int
    pixels: int
    positions: int

    @property
    def weights(self) -> int:
        return self.f**2 * self.C * self.C_out


def cost(
    shape: tuple[int, int, int],
    C_out: int,
    f: int,
    p: int,
    s: int,
    *,
    parameters: Callable[[Sizes], int] = lambda n: n.weights + n.C_out,
    multiply_adds: Callable[[Sizes], int] = lambda n: n.positions * n.weights,
) -> tuple[int, int]:
    """Both counts; each mistake below replaces one of them."""
    H, W, C = shape
    positions = places(H + 2 * p, f, s) * places(W + 2 * p, f, s)
    sizes = Sizes(f, C, C_out, H * W, positions)
    return parameters(sizes), multiply_adds(sizes)


def cost_with(**count: Any) -> Callable[..., tuple[int, int]]:
    return partial(cost, **count)


def layer_sizes(H: int, W: int, C: int, C_out: int, f: int, p: int, s: int) -> dict[str, Any]:
    return {"shape": (H, W, C), "C_out": C_out, "f": f, "p": p, "s": s}


conv_cost = Exercise(
    id="conv_cost",
    title="What a layer costs",
    difficulty=1,
    minutes=8,
    reference=cost_by_layer,
    links=("parameters", "multiply_adds"),
    alternatives=(
        cost,
        lambda shape, C_out, f, p, s: (
            C_out * (f**2 * shape[2] + 1),
            C_out * f**2 * shape[2] * math.prod(int((n + 2 * p - f) / s + 1) for n in shape[:2]),
        ),
    ),
    library=(nnlib.Conv2D.output_shape,),
    cases=(
        Case("the lecture's ten filters", layer_sizes(6, 6, 3, 10, f=3, p=0, s=1)),
        Case("LeNet-5's third layer", layer_sizes(14, 14, 6, 16, f=5, p=0, s=1)),
        Case("a wide image, padding and stride", layer_sizes(9, 14, 4, 7, f=3, p=1, s=2), points=2),
    ),
    wrongs=(
        Wrong(
            "no biases",
            cost_with(parameters=lambda n: n.weights),
            "Your parameters lack the biases: one for each filter.",
        ),
        Wrong(
            "bias per weight",
            cost_with(parameters=lambda n: 2 * n.weights),
            "You count a bias for every weight; every filter has one.",
        ),
        Wrong(
            "bias per channel",
            cost_with(parameters=lambda n: n.weights + n.C * n.C_out),
            "You count a bias for every channel of every filter; a filter has one in all.",
        ),
        Wrong(
            "flat filters",
            cost_with(parameters=lambda n: (n.f**2 + 1) * n.C_out),
            "Your filters are flat, f × f; each is as deep as the image: f × f × C.",
        ),
        Wrong(
            "f for f squared",
            cost_with(parameters=lambda n: (n.f * n.C + 1) * n.C_out),
            "You count f weights per channel; the filter is f wide and f high.",
        ),
        Wrong(
            "not shared",
            cost_with(parameters=lambda n: (n.weights + n.C_out) * n.positions),
            "You count the weights anew at every place; all places share the same ones.",
        ),
        Wrong(
            "dense",
            cost_with(parameters=lambda n: (n.pixels * n.C + 1) * n.positions * n.C_out),
            "That is a dense layer, every pixel to every output; a filter reaches f × f × C "
            "numbers and is shared.",
        ),
        Wrong(
            "multiply-adds of one place",
            cost_with(multiply_adds=lambda n: n.weights),
            "You count the multiply-adds of one place; multiply by the number of places H'·W'.",
        ),
        Wrong(
            "places of the input",
            cost_with(multiply_adds=lambda n: n.pixels * n.weights),
            "You let the filter stand on every input pixel; it has only H'·W' places.",
        ),
        Wrong(
            "multiply-adds of one filter",
            cost_with(multiply_adds=lambda n: n.positions * n.f**2 * n.C),
            "You count the multiply-adds of one filter; there are C_out of them.",
        ),
        Wrong(
            "multiply-adds of flat filters",
            cost_with(multiply_adds=lambda n: n.positions * n.C_out * n.f**2),
            "Your multiply-adds forget the depth: f × f × C for each output number.",
        ),
        Wrong(
            "biases multiplied",
            cost_with(multiply_adds=lambda n: n.positions * (n.weights + n.C_out)),
            "You count the bias as a multiplication; it is only added: count weights alone.",
        ),
        Wrong(
            "square",
            lambda shape, C_out, f, p, s: cost((shape[0], shape[0], shape[2]), C_out, f, p, s),
            "Your multiply-adds take the image for a square: W' follows from W as H' does from H.",
        ),
        Wrong(
            "no stride",
            lambda shape, C_out, f, p, s: cost(shape, C_out, f, p, 1),
            "Your multiply-adds ignore the stride: H' = ⌊(H + 2p − f)/s⌋ + 1, and W' likewise.",
        ),
        Wrong(
            "no padding",
            lambda shape, C_out, f, p, s: cost(shape, C_out, f, 0, s),
            "Your multiply-adds ignore the padding: H' = ⌊(H + 2p − f)/s⌋ + 1, and W' likewise.",
        ),
        Wrong(
            "channels first",
            lambda shape, C_out, f, p, s: cost((*shape[1:], shape[0]), C_out, f, p, s),
            "shape is (H, W, C), the channels last: you take its first number for them.",
        ),
        Wrong(
            "outputs counted",
            cost_with(multiply_adds=lambda n: n.positions * n.C_out),
            "You count the numbers that come out; each of them costs f·f·C multiply-adds.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "How many numbers does one filter hold? It is f × f wide and C deep, and has one bias.",
        ),
        Hint(
            "Only the multiply-adds are wrong",
            "Every output number costs one multiply-add per weight of its filter. There are "
            "H'·W'·C_out output numbers, with H' = ⌊(H + 2p − f)/s⌋ + 1.",
        ),
        Hint(
            "I nearly have it",
            "Unpack H, W, C from shape and let weights be f·f·C·C_out. The parameters are the "
            "weights and C_out more; the multiply-adds are H'·W' times the weights.",
        ),
    ),
)


Layers = list[tuple[int, int]]


def field_by_gradient(layers: Layers) -> int:
    """How many pixels of a column get a gradient from one output number, measured with nnlib."""
    n = 1 + sum(f for f, _ in layers) * math.prod(s for _, s in layers)
    pixels = np.ones((1, n, 1, 1))
    chain = [conv2d(pixels, np.ones((1, f, 1, 1)), np.zeros(1), s=s) for f, s in layers]
    for layer in chain:
        pixels = layer.forward(pixels)
    grad = np.zeros(pixels.shape)
    grad[0, 0] = 1
    for layer in reversed(chain):
        grad = layer.backward(grad)
    return int(np.count_nonzero(grad))


def field(
    layers: Layers,
    *,
    start: int = 1,
    grow: Callable[[int, int, int, int], int] = lambda r, f, s, jump: r + (f - 1) * jump,
    step: Callable[[int, int], int] = lambda jump, s: jump * s,
) -> int:
    """The field r and the jump, layer by layer; each mistake below replaces one ingredient."""
    r, jump = start, 1
    for f, s in layers:
        r, jump = grow(r, f, s, jump), step(jump, s)
    return r


def field_from_above(layers: Layers) -> int:
    r = 1
    for f, s in reversed(layers):
        r = (r - 1) * s + f
    return r


receptive_field = Exercise(
    id="receptive_field",
    title="How much does a neuron see?",
    difficulty=2,
    minutes=12,
    reference=field_by_gradient,
    alternatives=(field, field_from_above),
    cases=(
        Case("three layers of 3", {"layers": [(3, 1), (3, 1), (3, 1)]}),
        Case("LeNet-5", {"layers": [(5, 1), (2, 2), (5, 1), (2, 2)]}, points=2),
        Case("AlexNet's beginning", {"layers": [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1)]}),
    ),
    wrongs=(
        Wrong(
            "no jump",
            partial(field, step=lambda jump, s: 1),
            "You leave the strides out: behind a stride of 2, neighbours lie 2 pixels apart, and "
            "each new one adds 2.",
        ),
        Wrong(
            "own stride first",
            partial(field, grow=lambda r, f, s, jump: r + (f - 1) * jump * s),
            "A layer's own stride does not widen its own window: first r, with the old jump, then "
            "the jump.",
        ),
        Wrong(
            "jumps added",
            partial(field, step=lambda jump, s: jump + s - 1),
            "You add the strides up; they multiply: two strides of 2 make neighbours 4 apart.",
        ),
        Wrong(
            "last stride only",
            partial(field, step=lambda jump, s: s),
            "Your jump is the last stride alone; all strides so far multiply.",
        ),
        Wrong(
            "f for f − 1",
            partial(field, grow=lambda r, f, s, jump: r + f * jump),
            "You add f windows each time; one of them was there already: f − 1.",
        ),
        Wrong(
            "starts from 0",
            partial(field, start=0),
            "You begin at 0; a single pixel sees itself: r begins at 1.",
        ),
        Wrong(
            "product",
            partial(field, grow=lambda r, f, s, jump: r * f),
            "You multiply the windows; those of neighbours overlap, so each layer only adds to r.",
        ),
        Wrong(
            "own stride as jump",
            partial(field, grow=lambda r, f, s, jump: r + (f - 1) * s),
            "You multiply by the layer's own stride; what counts is the jump, the product of the "
            "strides of the layers below.",
        ),
        Wrong(
            "wrong way round",
            lambda layers: field_from_above(layers[::-1]),
            "Your formula is right from the top down, but you walk from the image up: reverse "
            "the list, or keep a jump.",
        ),
        Wrong(
            "windows summed",
            lambda layers: sum(f for f, _ in layers),
            "You add the windows up; neighbours overlap, so each layer adds f − 1, times the jump.",
        ),
        Wrong(
            "first layer only",
            lambda layers: field(layers[:1]),
            "That is the field after the first layer: is the return inside the loop?",
        ),
        Wrong(
            "pairs taken apart the wrong way",
            lambda layers: field([(f, s) for s, f in layers]),
            "The pairs are (f, s), the window first and then the stride.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "Keep two numbers as you walk up the layers: r, the field so far, and the jump, how "
            "many pixels apart two neighbours of this layer look at the image. Both begin at 1.",
        ),
        Hint(
            "My number is too small",
            "A window of f covers f neighbours of the layer below: f − 1 steps, each of them as "
            "long as the jump of that layer.",
        ),
        Hint(
            "I nearly have it",
            "For each (f, s) two lines, in this order: r grows by (f − 1) times jump; jump is "
            "multiplied by s.",
        ),
    ),
)


def how_it_learns(answer: Callable[..., Any], X: Any, Y: Any, K: Any, lr: float, steps: int) -> Any:
    """The filter learned, and how it went: any sound way of stepping settles at the same one.

    The first step tells why a filter ran away. Its `length` is 1 for the mean squared error, and
    `downhill`, the cosine of its angle with −slope, tells uphill from a dK that is no slope.
    """
    rows, columns = Y.shape[1:]

    def cost_and_slope(K: Any) -> Any:
        seen = [X[:, u : u + rows, v : v + columns] for u, v in np.ndindex(K.shape)]
        gap = np.tensordot(K.ravel(), seen, 1) - Y
        return np.mean(gap**2), 2 * np.mean(gap * seen, axis=(1, 2, 3))

    start = K.copy()
    with np.errstate(all="ignore"):
        first = answer(X.copy(), Y.copy(), K.copy(), lr, 1)
        end = answer(X, Y, K, lr, steps)
        if end is None:
            return end
        shape = "a tuple" if isinstance(end, tuple) else str(np.shape(end))
        if shape != str(start.shape) or np.shape(first) != start.shape:
            return {"shape": shape}
        end, step = np.asarray(end, float), np.ravel(first - start)
        cost, slope = cost_and_slope(start)
        left, _ = cost_and_slope(end)
        length = np.linalg.norm(step) / np.linalg.norm(lr * slope)
        downhill = -np.sum(step * slope) * lr / np.sum((lr * slope) ** 2) / length
        if length == 0:
            how = "it does not move"
        elif np.all(np.abs(end) < 10):
            how = "it settles"
            if left > 1e-3 * cost and np.allclose(end - start, first - start):
                how = "it stops after one step"
            elif 1e-3 * cost < left < cost:
                later = answer(X.copy(), Y.copy(), start, lr, 2 * steps)
                if cost_and_slope(np.asarray(later, float))[0] < 0.9 * left:
                    how = "it is still on its way"
        elif downhill < -0.99:
            how = "it climbs"
        elif downhill > 0.99 and length > 1.5:
            how = "its steps are too long"
        elif downhill > 0.99 and np.all(np.abs(end) < 1e5):
            how = "it drifts away"
        else:
            how = "it explodes"
    return {"shape": shape, "training": how, "filter": end}


def patches(X: Array, kernel: tuple[int, ...]) -> Array:
    """What the kernel covers at each place, (m, H', W', kH, kW)."""
    return np.lib.stride_tricks.sliding_window_view(X, kernel, axis=(1, 2))


def predicted(X: Array, K: Array) -> Array:
    return np.tensordot(patches(X, K.shape), K, 2)


def slope_of(X: Array, gap: Array, kernel: tuple[int, ...]) -> Array:
    """∂/∂K of the mean of gap², for gap = K ⋆ X − Y."""
    return 2 * np.tensordot(gap, patches(X, kernel), 3) / gap.size


def learned(
    X: Array,
    Y: Array,
    K: Array,
    lr: float,
    steps: int,
    *,
    factor: float = 1.0,
    count: Callable[[int], int] = lambda steps: steps,
) -> Array:
    """Gradient descent on the mean squared error."""
    for _ in range(count(steps)):
        gap = predicted(X, K) - Y
        K = K - lr * factor * slope_of(X, gap, K.shape)
    return K


def learned_with_library(X: Array, Y: Array, K: Array, lr: float, steps: int) -> Array:
    """nnlib's layer and cost, each output pixel an example; the bias stays at 0."""
    layer = conv2d(X[..., None], K[None, :, :, None], np.zeros(1))
    loss = nnlib.MeanSquaredError()
    for _ in range(steps):
        Y_hat = layer.forward(X[..., None])
        loss(Y_hat.reshape(-1, 1), Y.reshape(-1, 1))
        layer.fill_gradients(loss.backward().reshape(Y_hat.shape))
        layer.W = layer.W - lr * layer.dW
    return layer.W[0, :, :, 0]


def image_by_image(X: Array, Y: Array, K: Array, lr: float, steps: int) -> Array:
    for step in range(steps):
        one = slice(step % len(X), step % len(X) + 1)
        K = learned(X[one], Y[one], K, lr, 1, factor=0.5)
    return K


def with_momentum(X: Array, Y: Array, K: Array, lr: float, steps: int) -> Array:
    velocity = np.zeros(K.shape)
    for _ in range(steps):
        gap = predicted(X, K) - Y
        velocity = 0.5 * velocity + 0.5 * slope_of(X, gap, K.shape)
        K = K - lr * velocity
    return K


def learned_without_reset(
    X: Array, Y: Array, K: Array, lr: float, steps: int, *, keep_Y: bool, keep_dK: bool
) -> Array:
    """The sums of one step are still there in the next."""
    Y_hat, dK = np.zeros(Y.shape), np.zeros(K.shape)
    for _ in range(steps):
        Y_hat = keep_Y * Y_hat + predicted(X, K)
        dK = keep_dK * dK + slope_of(X, Y_hat - Y, K.shape)
        K = K - lr * dK
    return K


def learned_with_a_stale_gap(X: Array, Y: Array, K: Array, lr: float, steps: int) -> Array:
    gap = predicted(X, K) - Y
    return K - steps * lr * slope_of(X, gap, K.shape)


def learned_flipped(X: Array, Y: Array, K: Array, lr: float, steps: int) -> Array:
    return learned(X[:, ::-1, ::-1], Y[:, ::-1, ::-1], K, lr, steps)


def learned_half_flipped(X: Array, Y: Array, K: Array, lr: float, steps: int) -> Array:
    for _ in range(steps):
        gap = predicted(X, K[::-1, ::-1]) - Y
        K = K - lr * slope_of(X, gap, K.shape)
    return K


def last_gradient(X: Array, Y: Array, K: Array, lr: float, steps: int) -> Array:
    gap = predicted(X, learned(X, Y, K, lr, steps - 1)) - Y
    return slope_of(X, gap, K.shape)


def pairs(m: int, H: int, W: int, K: Array) -> Callable[[np.random.Generator], dict[str, Any]]:
    """Noise images, what the secret filter K makes of them, and a small random start."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        X = rng.normal(size=(m, H, W))
        Y = predicted(X, K)
        start = 0.1 * rng.normal(size=K.shape)
        return {"X": X, "Y": Y, "K": start, "lr": 0.3, "steps": 50}

    return inputs


learn_filter = Exercise(
    id="learn_filter",
    title="Learn the edge filter",
    difficulty=3,
    minutes=25,
    reference=learned_with_library,
    run=how_it_learns,
    axes={"filter": ("kH", "kW")},
    alternatives=(learned, partial(learned, factor=0.5), image_by_image, with_momentum),
    closeness=Closeness(rtol=0.01, atol=0.01),
    cases=(
        Case("the vertical edge filter", pairs(3, 8, 9, VERTICAL_EDGE)),
        Case("a filter of 2 × 4", pairs(4, 7, 10, np.arange(1.0, 9.0).reshape(2, 4) / 4), points=2),
    ),
    wrongs=(
        Wrong(
            "uphill",
            partial(learned, factor=-1.0),
            "Your filter climbs the cost: the step goes against the gradient, K − lr·dK. Or is "
            "your gap Y − Ŷ in place of Ŷ − Y?",
        ),
        Wrong(
            "sum for mean",
            lambda X, Y, K, lr, steps: learned(X, Y, K, lr, steps, factor=Y.size),
            "Your steps go the right way but are far too long: take the mean over all output "
            "pixels of all images, not the sum, and multiply by lr.",
        ),
        Wrong(
            "stale gap",
            learned_with_a_stale_gap,
            "Your filter drifts off in a straight line: every step takes the gradient of the first "
            "filter. Work Ŷ and dK out anew inside the loop.",
        ),
        Wrong(
            "one step",
            partial(learned, count=lambda steps: 1),
            "Your filter is where one step took it: is the return inside the loop, or does every "
            "step start from the first K again?",
        ),
        Wrong(
            "does not move",
            partial(learned, count=lambda steps: 0),
            "You return the filter with which you began: K = K − lr·dK inside the loop, and return "
            "that K.",
        ),
        Wrong(
            "flipped",
            learned_flipped,
            "You have learned the filter rotated by 180°: your Ŷ flips the kernel. Slide it as it "
            "is.",
        ),
        Wrong(
            "the gradient",
            last_gradient,
            "You return the gradient, which is nearly 0 once the filter is learned: return K.",
        ),
        Wrong(
            "Ŷ not reset",
            partial(learned_without_reset, keep_Y=True, keep_dK=False),
            "Your Ŷ still holds that of the steps before: begin each step with zeros.",
        ),
        Wrong(
            "dK not reset",
            partial(learned_without_reset, keep_Y=False, keep_dK=True),
            "Your dK still holds that of the steps before: begin each step with zeros.",
        ),
        Wrong(
            "a number",
            lambda X, Y, K, lr, steps: 0.0,
            "You return a single number, the cost perhaps: return the filter K.",
        ),
        Wrong(
            "too slow",
            partial(learned, factor=0.02),
            "Your filter is on its way, but its steps are too short: is a mean taken twice, or "
            "lr multiplied in twice?",
        ),
        Wrong(
            "dK does not fit Ŷ",
            learned_half_flipped,
            "Your filter explodes, because dK is not the slope of your cost. K[u, v] must meet "
            "the same pixels, X[:, u : u + H', v : v + W'], in Ŷ and in dK, and the gap is not "
            "squared in dK.",
        ),
    ),
    hints=(
        Hint(
            "I do not know where to begin",
            "A loop over the steps with three lines: Ŷ = K ⋆ X, the gradient dK, and K minus lr "
            "times dK.",
        ),
        Hint(
            "I do not see the gradient",
            "K[u, v] has met the pixels X[:, u : u + H', v : v + W'], and Ŷ has grown by exactly "
            "them. So dK[u, v] is the mean over all outputs of 2·(Ŷ − Y) times those pixels.",
        ),
        Hint(
            "I nearly have it",
            "Two loops over u, v inside the loop over the steps: the first builds Ŷ by adding "
            "K[u, v] times the shifted images, the second fills dK[u, v] with np.mean of 2·(Ŷ − Y) "
            "times the same shifted images. Make a new dK for each step.",
        ),
    ),
)

EXERCISES = (
    output_size,
    cross_correlate,
    conv_forward,
    conv_backward,
    max_pool_forward,
    max_pool_backward,
    conv_cost,
    receptive_field,
    learn_filter,
)
