"""Halves of characters, held back until they are whole. Pure; see `nbstream.text.surrogates`."""

from __future__ import annotations

from ..text.surrogates import is_well_formed, well_formed
from .events import Delta


class Halves:
    """Holds back the first half of a character until the second one comes, part by part.

    >>> halves = Halves()
    >>> [halves.feed(Delta("text", "text", half)).text for half in ("Hi \\ud83d", "\\ude00")]
    ['Hi ', '😀']
    """

    def __init__(self) -> None:
        self.held: dict[str, Delta] = {}

    def feed(self, delta: Delta) -> Delta:
        """``delta`` with the half that was held for its part, and without the one held now."""
        if not self.held and is_well_formed(delta.text):
            return delta
        held = self.held.pop(delta.part, None)
        text = delta.text if held is None else held.text + delta.text
        if text and "\ud800" <= text[-1] < "\udc00":
            self.held[delta.part] = delta._replace(text=text[-1])
            text = text[:-1]
        return delta._replace(text=well_formed(text))

    def forget(self, part: str) -> None:
        """Drop the half that is held for ``part``: its complete text follows."""
        self.held.pop(part, None)

    def end(self) -> list[Delta]:
        """The halves that are held: no others follow."""
        held, self.held = self.held, {}
        return [delta._replace(text=well_formed(delta.text)) for delta in held.values()]
