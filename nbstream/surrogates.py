"""Makes text well-formed. Pure.

JSON and JavaScript write a character beyond U+FFFF as a pair of surrogates. A server that cuts text
between the two sends half a character in one piece and the other half in the next, and neither
UTF-8 nor a comm message can hold half a character.
"""

from __future__ import annotations

from typing import Any

from .events import Delta


def well_formed(text: str) -> str:
    """``text`` with pairs of surrogates as one character, and U+FFFD for each half that is alone.

    >>> well_formed("\\ud83d\\ude00 \\ud83d!")
    '😀 \ufffd!'
    """
    if text.isascii() or _is_well_formed(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _is_well_formed(text: str) -> bool:
    try:
        text.encode()  # fails at any surrogate, at a tenth of the cost of looking for one
    except UnicodeEncodeError:
        return False
    return True


def well_formed_values(value: Any) -> Any:
    """``value`` with all of its strings well-formed, if it is one or is made of lists and dicts."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {well_formed_values(key): well_formed_values(one) for key, one in value.items()}
    return list(map(well_formed_values, value)) if isinstance(value, list) else value


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
        if not self.held and _is_well_formed(delta.text):
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
