"""The widgets of lab 07: every step of a convolutional network, seen and moved by hand."""

from nnlib.viz.lab07_attribution import WhatMatters
from nnlib.viz.lab07_draw import DrawDigit
from nnlib.viz.lab07_field import ReceptiveField
from nnlib.viz.lab07_kernel import SlidingKernel
from nnlib.viz.lab07_pooling import PoolingWinners

__all__ = ["DrawDigit", "PoolingWinners", "ReceptiveField", "SlidingKernel", "WhatMatters"]
