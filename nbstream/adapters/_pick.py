"""Chooses the adapter of a stream from its first chunk."""

from __future__ import annotations

from typing import Any

from ..errors import UsageError
from ._base import Adapter, get, text, unwrapped
from .chat import ChatAdapter
from .helper import HelperAdapter
from .responses import ResponsesAdapter
from .text import TextAdapter


def pick(chunk: Any) -> Adapter:
    """The adapter for a stream that starts with ``chunk``.

    >>> type(pick("Hello")).__name__
    'TextAdapter'

    Raises `UsageError` for something that no adapter understands.
    """
    if isinstance(chunk, str):
        return TextAdapter()
    kind = text(get(unwrapped(chunk), "type"))
    if kind.startswith("response.") or kind == "error":
        return ResponsesAdapter()
    # Azure and gateways leave `object` empty on some chunks, so `choices` decides as well.
    if text(get(chunk, "object")).startswith("chat.completion") or _has_choices(chunk):
        return ChatAdapter()
    if kind == "chunk":
        return HelperAdapter()
    raise UsageError(
        f"cannot show a stream of {type(chunk).__name__}: give show() an OpenAI stream"
        " (chat.completions or responses) or an (async) iterator of str"
    )


def _has_choices(chunk: Any) -> bool:
    return "choices" in chunk if isinstance(chunk, dict) else hasattr(chunk, "choices")
