"""`python3 dev.py test` runs this folder with several releases of the SDK."""

from __future__ import annotations

import importlib.metadata
import os

import openai


def test_the_release_that_was_asked_for_is_the_one_under_test() -> None:
    asked = os.environ.get("NBSTREAM_TEST_OPENAI") or importlib.metadata.version("openai")
    assert openai.__version__ == asked
