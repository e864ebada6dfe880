"""What the docstrings show is what comes out."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import nbstream

MODULES = [module.name for module in pkgutil.walk_packages(nbstream.__path__, "nbstream.")]


@pytest.mark.parametrize("name", ["nbstream", *MODULES])
def test_examples_are_true(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def test_examples_are_found() -> None:
    assert doctest.testmod(importlib.import_module("nbstream.comm.coalesce")).attempted >= 5
