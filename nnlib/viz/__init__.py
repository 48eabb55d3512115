"""Figures and widgets that draw what the mathematics computes."""

from nnlib.viz.controls import dropdown, log_slider, slider, toggle
from nnlib.viz.explorer import Explorer
from nnlib.viz.live import LivePlot
from nnlib.viz.picture import Picture, render
from nnlib.viz.plots import (
    confusion,
    contour_path,
    decision_boundary,
    learning_curves,
    roc,
    scatter_line,
)
from nnlib.viz.style import CourseFigure, figure, styled

__all__ = [
    "CourseFigure",
    "Explorer",
    "LivePlot",
    "Picture",
    "confusion",
    "contour_path",
    "decision_boundary",
    "dropdown",
    "figure",
    "learning_curves",
    "log_slider",
    "render",
    "roc",
    "scatter_line",
    "slider",
    "styled",
    "toggle",
]
