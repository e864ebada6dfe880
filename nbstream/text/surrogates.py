"""Surrogates joined or replaced, so that UTF-8 can carry a text. Pure.

JSON and JavaScript write a character beyond U+FFFF as a pair of surrogates. A server that cuts text
between the two sends half a character in one piece and the other half in the next, and neither
UTF-8 nor a comm message can hold half a character.
"""

from __future__ import annotations

from typing import Any


def well_formed(text: str) -> str:
    """``text`` with pairs of surrogates as one character, and U+FFFD for each half that is alone.

    >>> well_formed("\\ud83d\\ude00 \\ud83d!")
    '😀 \ufffd!'
    """
    if text.isascii() or is_well_formed(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_well_formed(text: str) -> bool:
    """Whether ``text`` holds no half of a character."""
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
