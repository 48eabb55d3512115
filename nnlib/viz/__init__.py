"""Figures and widgets that draw what the mathematics computes."""

from nnlib.viz.controls import dropdown, log_slider, slider, toggle
from nnlib.viz.explorer import Explorer
from nnlib.viz.picture import Picture, render
from nnlib.viz.style import CourseFigure, figure, styled

__all__ = [
    "CourseFigure",
    "Explorer",
    "Picture",
    "dropdown",
    "figure",
    "log_slider",
    "render",
    "slider",
    "styled",
    "toggle",
]
