"""What every test shares: a seeded generator, and Hypothesis runs that are the same everywhere."""

import os

import numpy as np
import pytest
from hypothesis import settings

os.environ.setdefault("MPLBACKEND", "Agg")

settings.register_profile("nnlib", max_examples=40, deadline=None, derandomize=True, database=None)
settings.load_profile("nnlib")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
