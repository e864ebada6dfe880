"""Chooses the adapter of a stream from its first chunk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UsageError
from ._base import Adapter, get, text, unwrapped
from .chat import ChatAdapter
from .completions import CompletionsAdapter
from .helper import HelperAdapter
from .media import ImagesAdapter, TranscriptionAdapter
from .responses import begin
from .runs import AgentAdapter, AssistantAdapter
from .text import TextAdapter


def pick(chunk: Any) -> Adapter:
    """The adapter for a stream that starts with ``chunk``.

    >>> type(pick("Hello")).__name__
    'TextAdapter'

    Raises `UsageError` for something that no adapter understands.
    """
    if isinstance(chunk, str):
        return TextAdapter()
    # Also an event of an Assistants run, whose `event` says what its `data` is.
    if text(get(chunk, "event")).startswith("thread."):
        return AssistantAdapter()
    kind = text(get(unwrapped(chunk), "type"))
    if kind.startswith(_RESPONSES):
        return begin(chunk)
    for prefix, adapter in _BY_TYPE:
        if kind.startswith(prefix):
            return adapter()
    # Azure and gateways leave `object` empty on some chunks, so `choices` decides as well.
    if _has_text(chunk):
        return CompletionsAdapter()
    if text(get(chunk, "object")).startswith("chat.completion") or _has_choices(chunk):
        return ChatAdapter()
    raise UsageError(
        f"cannot show a stream of {type(chunk).__name__}: give show() an OpenAI stream"
        " (chat.completions or responses) or an (async) iterator of str"
    )


_RESPONSES = ("response.", "error", "keepalive")
_BY_TYPE: tuple[tuple[str, Callable[[], Adapter]], ...] = (
    ("chunk", HelperAdapter),
    ("transcript.text.", TranscriptionAdapter),
    ("image_generation.", ImagesAdapter),
    ("image_edit.", ImagesAdapter),
    ("agent.session.", AgentAdapter),
)


def _has_text(chunk: Any) -> bool:
    """Whether the choices are those of the legacy API, whatever the chunk calls itself: some
    servers say ``text_completion`` of chat chunks."""
    choices = get(chunk, "choices") or ()
    return any(isinstance(get(choice, "text"), str) for choice in choices)


def _has_choices(chunk: Any) -> bool:
    return "choices" in chunk if isinstance(chunk, dict) else hasattr(chunk, "choices")
