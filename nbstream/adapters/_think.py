"""Reasoning that a model writes into its text, between ``<think>`` and ``</think>``."""

from __future__ import annotations

from collections.abc import Iterator

from ..events import Delta, PartType

_OPEN, _CLOSE = "<think>", "</think>"


class ThinkTags:
    """Tells reasoning from text, if the text begins with the tag; else the text is text.

    >>> tags = ThinkTags("text", "reasoning")
    >>> [delta.type for piece in ("<thi", "nk>hm</think>Yes") for delta in tags.feed(piece)]
    ['reasoning', 'text']
    """

    def __init__(self, text_part: str, reasoning_part: str) -> None:
        self._parts: dict[PartType, str] = {"text": text_part, "reasoning": reasoning_part}
        self._held = ""
        self._inside = False
        self.is_decided = False
        """Whether no tag can follow: all that comes is text."""

    def feed(self, piece: str) -> Iterator[Delta]:
        """The text and reasoning that ``piece`` makes certain."""
        if self.is_decided:
            yield from self._delta("text", piece)
            return
        self._held += piece
        if not self._inside:
            start = self._held.lstrip()
            if not start.startswith(_OPEN):
                if not _OPEN.startswith(start):
                    yield from self.end()
                return
            self._inside = True
            self._held = start[len(_OPEN) :]
        thought, closing, rest = self._held.partition(_CLOSE)
        if closing:
            yield from self._delta("reasoning", thought)
            self._held, self._inside = rest, False
            yield from self.end()
            return
        kept = next(n for n in range(len(_CLOSE) - 1, -1, -1) if thought.endswith(_CLOSE[:n]))
        self._held = thought[len(thought) - kept :]
        yield from self._delta("reasoning", thought[: len(thought) - kept])

    def end(self) -> Iterator[Delta]:
        """What is held: nothing follows that could make a tag of it."""
        held, self._held = self._held, ""
        self.is_decided = True
        yield from self._delta("reasoning" if self._inside else "text", held)

    def _delta(self, type_: PartType, text: str) -> Iterator[Delta]:
        if text:
            yield Delta(self._parts[type_], type_, text)
