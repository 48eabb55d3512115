"""The static figures that more than one lab needs, each with a caption that states its numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from numpy.typing import ArrayLike

from nnlib.metrics import auc, confusion_matrix, mse, roc_curve
from nnlib.viz.style import (
    CLASS_0,
    CLASS_1,
    COLOURS,
    DASHES,
    GREY,
    INK,
    MARKERS,
    OUTLINE,
    PALE_CLASSES,
    TEST,
    TRAIN,
    VALIDATION,
    CourseFigure,
    figure,
)
from nnlib.viz.words import sentence

MEANING = {"training": TRAIN, "validation": VALIDATION, "test": TEST}


def learning_curves(
    curves: Mapping[str, ArrayLike],
    *,
    xlabel: str = "epoch",
    ylabel: str = "cost J",
    first: int = 0,
    log: bool = False,
    title: str = "",
) -> CourseFigure:
    """One line per named sequence of values (T,), the first of them at `first` on the axis.

    A name that holds "training", "validation" or "test" gets that colour. `log` makes the vertical
    axis logarithmic.
    """
    made, ax = figure()
    ends = []
    for (name, values), style in zip(curves.items(), _styles(curves), strict=True):
        values = np.asarray(values, dtype=float)
        ax.plot(first + np.arange(len(values)), values, label=name, **style)
        ends.append(f"{name} from {_number(values[0])} to {_number(values[-1])}")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, yscale="log" if log else "linear")
    ax.legend()
    made.caption = f"{sentence(ylabel)} by {xlabel}: {'; '.join(ends)}."
    return made


def scatter_line(
    x: ArrayLike,
    y: ArrayLike,
    lines: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    *,
    xlabel: str = "x",
    ylabel: str = "y",
    title: str = "",
) -> CourseFigure:
    """The points x, y (m,) and, by name, functions that predict ŷ (k,) from x (k,)."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    made, ax = figure()
    ax.scatter(x, y, s=22, color=GREY, alpha=0.6, label="data")
    ends = np.linspace(x.min(), x.max(), 200)
    errors = []
    for (name, predict), style in zip(lines.items(), _styles(lines), strict=True):
        ax.plot(ends, predict(ends), label=name, **style)
        errors.append(f"{name} has a mean squared error of {_number(mse(y, predict(x)))}")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.legend()
    spans = " and ".join(
        f"{name} from {values.min():g} to {values.max():g}"
        for name, values in ((xlabel, x), (ylabel, y))
    )
    trend = f"correlation {np.corrcoef(x, y)[0, 1]:.4f}"
    made.caption = f"{'; '.join([f'{len(x)} points, {spans}', trend, *errors])}."
    return made


def contour_path(
    f: Callable[[np.ndarray], float],
    paths: Mapping[str, ArrayLike],
    *,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    xlabel: str = "θ₀",
    ylabel: str = "θ₁",
    log: bool = False,
    title: str = "",
) -> CourseFigure:
    """The level curves of f: R² → R and, by name, the steps (T, 2) that walk on it.

    `log` spaces the levels by factors, for an f above zero that spans many of them.
    """
    made, ax = figure(size=(8, 5))
    a, b = np.linspace(*xlim, 80), np.linspace(*ylim, 80)
    J = np.array([[f(np.array([u, v])) for u in a] for v in b])
    if log and J.min() <= 0:
        raise ValueError(f"log=True needs an f above zero, its lowest value here is {J.min():.4g}")
    levels = np.geomspace(J.min(), J.max(), 25) if log else np.linspace(J.min(), J.max(), 25)
    filled = ax.contourf(a, b, J, levels, norm=LogNorm() if log else None)
    made.colorbar(filled, label="cost J", format="%.3g")
    walks = []
    for (name, path), style in zip(paths.items(), _styles(paths), strict=True):
        path = np.asarray(path, dtype=float)
        dots = {"marker": "o", "markersize": 6, "path_effects": OUTLINE}
        ax.plot(*path.T, label=name, **style, **dots)
        start, end = _number(f(path[0])), _number(f(path[-1]))
        where = ", ".join(f"{round(value, 4) + 0.0:.4f}" for value in path[-1])
        walks.append(f"{name}: {len(path) - 1} steps from J = {start} to J = {end} at ({where})")
    ax.set(xlim=xlim, ylim=ylim, xlabel=xlabel, ylabel=ylabel, title=title)
    if paths:
        ax.legend()
    lowest = f"Lowest J on the grid {_number(J.min())}"
    made.caption = f"{'; '.join([lowest, *walks])}."
    return made


def decision_boundary(
    predict: Callable[[np.ndarray], np.ndarray],
    X: ArrayLike,
    y: ArrayLike,
    *,
    threshold: float = 0.5,
    class_names: Sequence[str] = ("class 0", "class 1"),
    xlabel: str = "x₁",
    ylabel: str = "x₂",
    title: str = "",
) -> CourseFigure:
    """Where a classifier of two features says 1, over the points it is judged by.

    Shapes    X (m, 2)   y (m,) of 0 and 1   predict: (k, 2) → (k,), probabilities or labels
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    margin = 0.05 * np.ptp(X, axis=0)
    low, high = X.min(axis=0) - margin, X.max(axis=0) + margin
    a, b = np.linspace(low[0], high[0], 200), np.linspace(low[1], high[1], 200)
    grid = np.stack(np.meshgrid(a, b), axis=-1)
    P = predict(grid.reshape(-1, 2)).reshape(200, 200)
    made, ax = figure(size=(8, 5))
    ax.grid(False)
    ax.contourf(a, b, P, np.linspace(0, 1, 11), cmap=PALE_CLASSES)
    ax.contour(a, b, P, [threshold], colors=INK, linewidths=2)
    for k, colour in enumerate((CLASS_0, CLASS_1)):
        of_class = X[y == k].T
        look = {"color": colour, "marker": MARKERS[k], "edgecolor": "white", "linewidth": 0.5}
        ax.scatter(*of_class, s=34, label=class_names[k], **look)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.legend()
    right = int(np.sum((predict(X) >= threshold) == (y == 1)))
    made.caption = (
        f"{np.sum(y == 0)} points of {class_names[0]} and {np.sum(y == 1)} of {class_names[1]}; "
        f"with threshold {threshold:g}, {right} of {len(y)} lie on their side of the boundary."
    )
    return made


def confusion(
    y: ArrayLike,
    y_hat: ArrayLike,
    *,
    class_names: Sequence[str] | None = None,
    title: str = "",
) -> CourseFigure:
    """The confusion matrix of the true labels y (m,) and the predicted ones y_hat (m,)."""
    y, y_hat = np.asarray(y), np.asarray(y_hat)
    C = confusion_matrix(y, y_hat)
    names = class_names or [str(label) for label in np.unique(np.concatenate([y, y_hat]))]
    side = 3.4 + 0.45 * len(C)
    made, ax = figure(size=(side + 1, side))
    ax.grid(False)
    ax.imshow(C, cmap="Blues", vmin=0, vmax=C.max())
    for (i, j), count in np.ndenumerate(C):
        colour = "white" if count > 0.6 * C.max() else INK
        ax.text(j, i, str(count), ha="center", va="center", color=colour)
    ticks = range(len(C))
    ax.set_xticks(ticks, names)
    ax.set_yticks(ticks, names)
    ax.set(xlabel="predicted", ylabel="true", title=title)
    rows = [f"of {C[i].sum()} {names[i]}, {C[i, i]} are predicted {names[i]}" for i in ticks]
    made.caption = f"{sentence('; '.join(rows))}."
    return made


def roc(y: ArrayLike, scores: Mapping[str, ArrayLike], *, title: str = "") -> CourseFigure:
    """ROC curves of named scores (m,) for the labels y (m,) of 0 and 1."""
    y = np.asarray(y)
    made, ax = figure(size=(6, 5))
    ax.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="chance")
    areas = []
    for (name, score), style in zip(scores.items(), _styles(scores), strict=True):
        fpr, tpr, _ = roc_curve(y, np.asarray(score))
        area = auc(y, np.asarray(score))
        ax.plot(fpr, tpr, label=f"{name} (AUC {area:.4f})", **style)
        areas.append(f"{name} {area:.4f}")
    ax.set(xlabel="false positive rate", ylabel="true positive rate", title=title)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    ax.legend(loc="lower right")
    made.caption = f"Area under the ROC curve: {', '.join(areas)}; chance 0.5000."
    return made


def _styles(names: Iterable[str]) -> list[dict[str, Any]]:
    """A colour and a dash for each name: the ones it always has, or the next that is free."""
    meant = [next((c for word, c in MEANING.items() if word in name), None) for name in names]
    free = cycle(colour for colour in COLOURS if colour not in meant)
    colours = [colour or next(free) for colour in meant]
    return [{"color": c, "linestyle": d} for c, d in zip(colours, cycle(DASHES), strict=False)]


def _number(value: float) -> str:
    """Four decimals where they say something, else three significant digits."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.2e}"
