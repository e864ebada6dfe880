"""Reasoning beside the text, under any of the names and in any of the shapes that services use."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

from ._base import get

NAMES = (
    *("reasoning_content", "reasoning", "thinking", "reasoning_text"),
    *("thinking_content", "thinking_blocks", "reasoning_details"),
)
"""Where a delta may have reasoning. Most services use the first two names, vLLM has used both;
the others are those of Ollama, GitHub Copilot, LiteLLM and OpenRouter
(https://docs.litellm.ai/docs/reasoning_content,
https://openrouter.ai/docs/use-cases/reasoning-tokens)."""

ALL_NAMES = frozenset(
    form
    for name in (
        *(*NAMES, "thought", "thoughts", "thought_content", "thinking_text", "reasoning_summary"),
        *("chain_of_thought", "cot", "reasoning_delta", "thinking_delta"),
    )
    for form in (name, re.sub("_(.)", lambda found: found[1].upper(), name))
)
"""All names that are looked for where fields are listed, also in camel case."""

_TYPES = ("reasoning", "thinking", "thought", "redacted_thinking", "summary_text")
_WORDS = (
    *("text", "thinking", "reasoning", "content", "summary"),
    *("reasoning_text", "reasoning_content", "reasoningText", "reasoningContent", "value"),
)
_MARKS = frozenset(("thought", "extra_content", "channel"))
_DEPTH = 8
_CHANCE = 20
"""Two texts whose first so many characters are equal may still differ later."""


def is_reasoning(part: Any) -> bool:
    """Whether a member of a list of contents is reasoning, as Mistral, Databricks, Bedrock and
    Gemini mark it (https://docs.mistral.ai/capabilities/reasoning/,
    https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models)."""
    kind = get(part, "type")
    return (
        (isinstance(kind, str) and kind.startswith(_TYPES))
        or get(part, "thought") is True
        or any(get(part, name) is not None for name in ("thinking", "reasoningContent"))
    )


def is_thought(more: Any) -> bool:
    """Whether a delta's unknown fields mark its content as reasoning, as those of Google
    (https://ai.google.dev/gemini-api/docs/openai#thinking) and of gpt-oss do."""
    if _MARKS.isdisjoint(more):
        return False
    google = get(get(more, "extra_content"), "google")
    is_marked = get(more, "thought") is True or get(google, "thought") is True
    return is_marked or get(more, "channel") == "analysis"


def words(value: Any, depth: int = _DEPTH) -> str:
    """The text in a string, an object or a list of them; "" for encrypted reasoning.

    >>> words({"summary": [{"type": "summary_text", "text": "hm"}]})
    'hm'
    """
    if isinstance(value, str):
        return value
    if value is None or not depth:
        return ""
    if isinstance(value, (list, tuple)):
        return "".join([words(one, depth - 1) for one in value])
    for name in _WORDS:
        found = get(value, name)
        if found is not None and (said := words(found, depth - 1)):
            return said
    return ""


class Thoughts:
    """The reasoning of one answer. Services send the same reasoning under several names, piece by
    piece side by side, or once more as a whole at the end. It counts once.

    >>> thoughts = Thoughts()
    >>> [thoughts.feed((name,), "hm") for name in ("reasoning", "thinking_blocks", "reasoning")]
    ['hm', '', 'hm']
    """

    def __init__(self) -> None:
        self._only: tuple[str, ...] = ()  # the names so far, if they always come together
        self._pieces: list[str] = []
        # With several names: all characters but white space, and how many each name has sent.
        self._told = StringIO()
        self._length = 0
        self._at: dict[str, int] = {}
        self._passed: dict[str, str] = {}
        self._leader, self._last = "", ""

    @property
    def size(self) -> int:
        """Grows with each piece."""
        return len(self._pieces) + self._length

    def feed(self, names: tuple[str, ...], piece: str) -> str:
        """The new text in ``piece``, which a chunk has under each of ``names``."""
        if not self._at:
            if self._only in ((), names):
                self._only = names
                self._pieces.append(piece)
                return piece
            for name in self._only:
                self._take(name, "".join(self._pieces))
            self._pieces.clear()
        return "".join([self._take(name, piece) for name in names])

    def _take(self, name: str, piece: str) -> str:
        ink = _ink(piece)
        if not ink:
            self._at.setdefault(name, 0)
            if name != self._leader:
                return ""
            self._last = piece[-1:]
            return piece
        at = self._at.get(name, 0)
        self._told.seek(at)
        known = self._told.read(len(ink))
        if not known:
            return self._add(name, piece)
        if ink.startswith(known):
            self._at[name] = at + len(known)
            if at < _CHANCE:
                self._passed[name] = self._passed.get(name, "") + piece
            if len(known) == len(ink):
                return ""
            rest = _behind(piece, len(known))
            return self._add(name, rest.lstrip() if self._last.isspace() else rest)
        # It differs: what it seemed to repeat was its own text, if that was short.
        return self._add(name, (self._passed.get(name, "") if at < _CHANCE else "") + piece)

    def _add(self, name: str, piece: str) -> str:
        ink = _ink(piece)
        self._told.seek(self._length)
        self._told.write(ink)
        self._length += len(ink)
        self._at[name] = self._length
        self._passed.pop(name, None)
        self._leader, self._last = name, piece[-1:]
        return piece


def _ink(text: str) -> str:
    return "".join(text.split())


def _behind(text: str, count: int) -> str:
    """``text`` behind its first ``count`` characters, not counting white space."""
    for at, character in enumerate(text):
        if not count:
            return text[at:]
        count -= not character.isspace()
    return ""
