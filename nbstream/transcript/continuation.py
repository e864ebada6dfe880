"""Joins an answer that was cut and its continuation: what both have is taken once. Pure.

A model that is asked to continue often begins again with the last words, with the sentence or with
the line that was cut.
"""

from __future__ import annotations

REACH = 400
"""How many of the last characters a continuation may repeat."""
_SURE = 12
_AT_A_WORD = 6


def overlap(kept: str, new: str) -> int:
    """How many characters ``new`` repeats at its beginning of the end of ``kept``.

    A few equal characters are chance, as in "hel" and "lo": it takes 12 of them, or 6 letters
    that begin with a word of ``kept``. Of several repetitions the longest counts.

    >>> overlap("The cat sat on the ma", "sat on the mat.")
    13
    >>> overlap("hel", "lo")
    0
    """
    for size in range(min(REACH, len(kept), len(new)), 0, -1):
        if kept.endswith(new[:size]) and _counts(kept, size):
            return size
    return 0


def _counts(kept: str, size: int) -> bool:
    tail = kept[-size:]
    letters = sum(character.isalnum() for character in tail)
    # Rules, indentation and other runs of one character say nothing about where they belong.
    if letters < _AT_A_WORD or len(set(tail)) < 3:
        return False
    at_a_word = size == len(kept) or not kept[-size - 1].isalnum()
    return letters >= _SURE or at_a_word


class Splice:
    """Takes a continuation piece by piece and gives what is to be appended to ``kept``.

    Text is held back for as long as it may still be a repetition.

    >>> splice = Splice("Streams carry an answ")
    >>> [splice.feed(piece) for piece in ("carry an", " answer", " piece")]
    ['', 'er', ' piece']
    """

    def __init__(self, kept: str) -> None:
        self._tail = kept[-REACH:]
        # What stands before the tail decides whether the tail begins with a word.
        self._kept = kept[-REACH - 1 :]
        self._held: str | None = ""

    def feed(self, text: str) -> str:
        """What of ``text`` and of all that was held is new."""
        if self._held is None:
            return text
        self._held += text
        return "" if self._may_repeat(self._held) else self.end()

    def end(self) -> str:
        """What is still held, without its repetition: nothing more comes, or nothing repeats."""
        held, self._held = self._held or "", None
        return held[overlap(self._kept, held) :]

    def _may_repeat(self, held: str) -> bool:
        """Whether ``held`` and what may follow it can repeat more of the tail than now."""
        start = self._tail.find(held)
        # At the very end it repeats all that is there.
        return start >= 0 and start + len(held) < len(self._tail)
