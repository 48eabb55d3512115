"""The docstrings are the manual: every public name has one, short, and layers give their shapes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import nnlib
from nnlib import Layer, Loss

LONGEST = 14
MODULES = [
    importlib.import_module(f"nnlib.{info.name}")
    for info in pkgutil.iter_modules(nnlib.__path__)
    if not info.ispkg and not info.name.startswith("_")
]


def public(owner):
    return {name: item for name, item in vars(owner).items() if not name.startswith("_")}


def defined(module):
    """The public functions and classes that a module defines itself."""
    return {
        f"{module.__name__}.{name}": item
        for name, item in public(module).items()
        if inspect.isroutine(item) or inspect.isclass(item)
        if item.__module__ == module.__name__
    }


def own_methods(cls):
    """Public methods and properties, but for those that override a documented one."""
    return {
        name: item
        for name, item in public(cls).items()
        if inspect.isfunction(item) or isinstance(item, property | staticmethod | classmethod)
        if not any(name in vars(base) for base in cls.__mro__[1:])
    }


NAMES = {name: item for module in MODULES for name, item in defined(module).items()}
CLASSES = {name: item for name, item in NAMES.items() if inspect.isclass(item)}
METHODS = {
    f"{owner}.{name}": item
    for owner, cls in CLASSES.items()
    for name, item in own_methods(cls).items()
}
DOCUMENTED = {module.__name__: module for module in MODULES} | NAMES | METHODS


@pytest.mark.parametrize("name", DOCUMENTED)
def test_has_a_short_docstring(name):
    text = inspect.cleandoc(DOCUMENTED[name].__doc__ or "")
    assert text, f"{name} has no docstring"
    assert len(text.splitlines()) <= LONGEST, f"{name} says too much"


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, cls in CLASSES.items()
        if issubclass(cls, Layer | Loss) and cls not in (Layer, Loss)
    ],
)
def test_layers_and_losses_state_their_shapes(name):
    lines = [line.strip() for line in CLASSES[name].__doc__.splitlines()]
    assert any(line.startswith("Shapes  ") for line in lines), f"{name} states no shapes"


def test_everything_offered_is_among_them():
    offered = [getattr(nnlib, name) for name in nnlib.__all__]
    assert all(any(item is known for known in DOCUMENTED.values()) for item in offered)
