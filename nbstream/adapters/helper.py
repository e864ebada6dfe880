"""Events of the SDK's helper ``client.chat.completions.stream(...)``.

Format: https://github.com/openai/openai-python/blob/main/helpers.md
"""

from __future__ import annotations

from typing import Any

from ..transcript.events import Event
from ._base import get, text
from .chat import ChatAdapter


class HelperAdapter(ChatAdapter):
    """Every chunk comes as it is in an event of its own; the others are made from it."""

    def feed(self, chunk: Any) -> list[Event]:
        return super().feed(get(chunk, "chunk")) if text(get(chunk, "type")) == "chunk" else []
