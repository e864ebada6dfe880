"""What `show` takes, and what it refuses before anything is done."""

from __future__ import annotations

import contextlib
import weakref
from typing import Any

from ..errors import UsageError

_KINDS = ("ag", "gi", "cr")
"""Prefixes of what async generators, generators and coroutines tell of themselves."""

_ALONE = "give it to show() alone and once, and iterate what that returns"

_shown: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def check_showable(stream: Any) -> None:
    """Raise `UsageError` unless ``stream`` can be opened, and read from now on."""
    if isinstance(stream, (str, bytes, dict)):
        raise UsageError(f"show() takes a stream, not {type(stream).__name__}; see display()")
    kinds = ("__aiter__", "__iter__", "__await__", "__aenter__", "__enter__")
    # The SDK's whole answers can be iterated too, since pydantic's models give their fields.
    is_model = hasattr(stream, "model_dump")
    if is_model or not any(hasattr(stream, name) for name in kinds):
        raise UsageError(
            f"show() takes a stream or an iterator of str, not {type(stream).__name__};"
            " did you forget stream=True?"
        )
    # The SDK's streams (1.66 to 3.57, tests/sdk/test_show_refuses.py) keep the generator that reads
    # the response in `_iterator`, and only that knows whether somebody waits in it or whether it
    # has ended: the response is closed late, and by some releases never.
    # https://github.com/openai/openai-python/blob/main/src/openai/_streaming.py
    inner = getattr(stream, "_iterator", stream)
    if any(getattr(inner, f"{kind}_running", False) is True for kind in _KINDS):
        raise UsageError(f"this stream is being read already: {_ALONE}")
    ended = any(getattr(inner, f"{kind}_frame", inner) is None for kind in _KINDS)
    response = getattr(stream, "response", None)
    if ended or getattr(response, "is_closed", False) is True:
        raise UsageError("this stream is already closed or read to its end: make the call again")
    if _shown.get(id(stream)) is stream:
        raise UsageError(f"this stream is shown already: {_ALONE}")


def mark_shown(stream: Any) -> None:
    """Let `check_showable` refuse ``stream`` from now on, if it can be read only once."""
    if any(hasattr(stream, name) for name in ("__next__", "__anext__", "__await__")):
        with contextlib.suppress(TypeError):  # an iterator of a list has no weak references
            _shown[id(stream)] = stream
