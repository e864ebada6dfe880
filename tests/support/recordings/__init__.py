"""Short event streams as services send them, each with what must be made of it."""

from __future__ import annotations

from ._recording import Recording
from .background import BACKGROUND
from .chat import CHAT, COMPLETIONS
from .responses import RESPONSES

__all__ = ["ALL", "Recording"]

ALL = (*CHAT, *COMPLETIONS, *RESPONSES, BACKGROUND)
