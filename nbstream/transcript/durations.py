"""How long a model reasoned, and how long the server's tools took."""

from __future__ import annotations

from collections.abc import Iterator

from .events import Info, Moved
from .transcript import Append, choice_of

# Calls that the caller answers: the time to write their arguments is not the tool's.
_OURS = ("function", "function_call", "custom", "custom_tool_call")


class Spans:
    """Watches what is appended; ``now`` is in seconds.

    >>> spans = Spans()
    >>> list(spans.feed(Append("reasoning", "reasoning", 0, "hm"), 1.0))
    []
    >>> list(spans.feed(Append("text", "text", 0, "Hi"), 3.5))
    [Info(part='reasoning', type='reasoning', fields={'seconds': 2.5})]
    """

    def __init__(self) -> None:
        # The parts of each answer that something came for last.
        self._last: dict[int, Append] = {}
        self._begun: dict[str, float] = {}
        self._ours: set[str] = set()

    def feed(self, append: Append, now: float) -> Iterator[Info]:
        """What ``append`` ends."""
        choice = choice_of(append.part) if "." in append.part else 0
        last = self._last.get(choice)
        if last is None or last.part != append.part:
            self._begun.setdefault(append.part, now)
            self._last[choice] = append
            if last is not None and last.type == "reasoning":
                yield self._info(last, now)
        info = append.info or {}
        if info.get("kind") in _OURS:
            self._ours.add(append.part)
        if info.get("status") in ("completed", "failed") and append.part not in self._ours:
            yield self._info(append, now)

    def move(self, moved: Moved) -> None:
        """What began as one part is another one's."""
        begun = self._begun.pop(moved.part, None)
        if begun is not None and moved.to:
            self._begun.setdefault(moved.to, begun)
        choice = choice_of(moved.part)
        if (last := self._last.get(choice)) is not None and last.part == moved.part:
            if moved.to:
                self._last[choice] = last._replace(part=moved.to, type=moved.type)
            else:
                del self._last[choice]

    def end(self, now: float) -> Iterator[Info]:
        """Nothing more comes."""
        for last in self._last.values():
            if last.type == "reasoning":
                yield self._info(last, now)

    def _info(self, append: Append, now: float) -> Info:
        seconds = round(now - self._begun[append.part], 3)
        return Info(append.part, append.type, {"seconds": seconds})
