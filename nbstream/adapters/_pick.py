"""Chooses the adapter of a stream from the first chunk that shows its format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._base import Adapter, fields, get, text, unwrapped
from .chat import ChatAdapter
from .helper import HelperAdapter
from .media import ImagesAdapter, TranscriptionAdapter
from .responses import ResponsesAdapter, begin
from .runs import AgentAdapter, AssistantAdapter
from .text import TextAdapter


def pick(chunk: Any) -> Adapter | None:
    """The adapter for the stream that ``chunk`` belongs to, or None if ``chunk`` does not show its
    format: pings, a service's own events and empty objects may precede an answer.

    >>> type(pick("Hello")).__name__
    'TextAdapter'
    >>> pick({"type": "ping"})
    """
    if isinstance(chunk, str):
        return TextAdapter(pick)
    # An event of an Assistants run names the type of its `data` in `event`.
    if text(get(chunk, "event")).startswith("thread."):
        return AssistantAdapter()
    event = unwrapped(chunk)
    # Whatever a chunk calls itself: some services say `text_completion` of chat chunks, and Azure
    # and gateways leave `object` empty on some.
    if get(event, "choices") is not None:
        return ChatAdapter()
    kind = text(get(event, "type"))
    if kind.startswith("response.") or (kind == "keepalive" and get(event, "sequence_number")):
        return begin(chunk)
    for prefix, adapter in _BY_TYPE:
        if kind.startswith(prefix):
            return adapter()
    is_chat = text(get(event, "object")).startswith(("chat.completion", "text_completion"))
    is_chat = is_chat or "choices" in fields(event) or bool(get(event, "error"))
    return ChatAdapter() if is_chat else None


_BY_TYPE: tuple[tuple[str, Callable[[], Adapter]], ...] = (
    ("chunk", HelperAdapter),
    ("error", ResponsesAdapter),
    ("transcript.text.", TranscriptionAdapter),
    ("image_generation.", ImagesAdapter),
    ("image_edit.", ImagesAdapter),
    ("agent.session.", AgentAdapter),
)
