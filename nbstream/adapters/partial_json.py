"""JSON that arrives in pieces: at any time, the value as far as it is certain."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_DEPTH = 200
"""How deep values may be nested. Deeper ones come from broken models only."""

_PLAIN = re.compile(r'[^"\\]+')
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_SPACE = re.compile(r"\s+")
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})\Z')
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_MISSING: Any = object()


class _Text:
    """A string that may continue."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def __str__(self) -> str:
        return "".join(self.pieces)


class PartialJson:
    """Takes JSON piece by piece, in time linear in its length.

    The value only grows: strings and lists get longer, objects get more keys, and numbers,
    ``true``, ``false`` and ``null`` are there once they are complete.

    >>> parser = PartialJson()
    >>> parser.feed('{"name": "Ad')
    >>> parser.value
    {'name': 'Ad'}
    >>> parser.feed('a", "age": 3')
    >>> parser.value
    {'name': 'Ada'}
    >>> parser.feed('6}')
    >>> parser.value
    {'name': 'Ada', 'age': 36}
    """

    def __init__(self) -> None:
        self.is_broken = False
        """Whether something came that is no JSON: the value stays as it was."""
        self._root: Any = _MISSING
        self._open: list[Any] = []  # lists and dicts that are not closed
        self._keys: list[str | None] = []  # for each of them the key whose value comes
        self._text: _Text | None = None
        self._is_key = False
        self._escape = ""
        self._word = ""
        # What may come next: a value, a key, a colon, or what separates and closes.
        self._next = "value"

    @property
    def is_complete(self) -> bool:
        """Whether a whole value has come."""
        return self._root is not _MISSING and not (self._open or self._text or self._word)

    @property
    def value(self) -> Any:
        """A copy of the value so far; None if nothing is certain."""
        return None if self._root is _MISSING else _plain(self._root)

    def feed(self, text: str) -> None:
        """Take the next piece. Nothing is raised."""
        if self._root is _MISSING and text[-1:] in ("}", "]") and self._take_whole(text):
            return
        at = 0
        while at < len(text) and not self.is_broken:
            if self._text is not None:
                at = self._in_string(self._text, text, at)
            elif found := _WORD.match(text, at):
                self._word += found[0]
                at = found.end()
            else:
                self._end_word()
                space = _SPACE.match(text, at)
                if space is None:
                    self._take(text[at])
                at = space.end() if space else at + 1

    def _take_whole(self, text: str) -> bool:
        """Whether ``text`` is a whole object or list, which the standard library reads faster."""
        is_flat = text.count("{") + text.count("[") <= MAX_DEPTH
        if self.is_broken or self._word or not is_flat or text[0] not in "{[":
            return False
        try:
            self._root = json.loads(text)
        except ValueError:
            return False
        self._next = "end"
        return True

    def finish(self) -> None:
        """Nothing more will come: a number at the end is complete."""
        self._end_word()

    # -- strings ------------------------------------------------------------------------------

    def _in_string(self, string: _Text, text: str, at: int) -> int:
        if self._escape:
            return self._in_escape(string, text, at)
        plain = _PLAIN.match(text, at)
        if plain:
            string.pieces.append(plain[0])
            return plain.end()
        if text[at] == "\\":
            self._escape = "\\"
        else:
            self._end_string(string)
        return at + 1

    def _in_escape(self, string: _Text, text: str, at: int) -> int:
        self._escape += text[at]
        # The first half of a pair of surrogates waits for the other, if that follows.
        first, last = self._escape[:6], self._escape[6:]
        if len(self._escape) > 6 and not _ESCAPE.match(last):
            if _HALF_ESCAPE.match(last) and (len(last) < 2 or last[1] == "u"):
                return at + 1
            string.pieces.append(_unescaped(first))
            self._escape = ""
            return at + 1 - len(last)
        if _ESCAPE.match(first) and (last or not _is_high(first)):
            string.pieces.append(_unescaped(self._escape))
            self._escape = ""
        elif not last and not _ESCAPE.match(first) and not _HALF_ESCAPE.match(first):
            self.is_broken = True
        return at + 1

    def _end_string(self, string: _Text) -> None:
        self._text = None
        if self._is_key:
            self._keys[-1], self._next = str(string), "colon"
        else:
            self._replace(str(string))
            self._next = "end"

    # -- everything else ----------------------------------------------------------------------

    def _end_word(self) -> None:
        word, self._word = self._word, ""
        if not word:
            return
        try:
            value = json.loads(word)
        except ValueError:
            self.is_broken = True
            return
        if self._next == "value":
            self._place(value)
            self._next = "end"
        else:
            self.is_broken = True

    def _take(self, character: str) -> None:
        container = self._open[-1] if self._open else None
        is_object = isinstance(container, dict)
        if character == '"' and self._next in ("value", "key"):
            self._text, self._is_key = _Text(), self._next == "key"
            if not self._is_key:
                self._place(self._text)
        elif character in "[{" and self._next == "value" and len(self._open) < MAX_DEPTH:
            made: Any = [] if character == "[" else {}
            self._place(made)
            self._open.append(made)
            self._keys.append(None)
            self._next = "value" if character == "[" else "key"
        elif character == ":" and self._next == "colon":
            self._next = "value"
        elif character == "," and self._next == "end" and container is not None:
            self._next = "key" if is_object else "value"
        elif character == ("}" if is_object else "]") and self._may_close(container):
            self._open.pop()
            self._keys.pop()
            self._next = "end"
        else:
            self.is_broken = True

    def _may_close(self, container: Any) -> bool:
        # Also after a comma too many, as some models write it.
        return container is not None and self._next in ("end", "key", "value")

    def _place(self, value: Any) -> None:
        if not self._open:
            if self._root is not _MISSING:
                self.is_broken = True
                return
            self._root = value
        elif isinstance(self._open[-1], dict):
            self._open[-1][self._keys[-1]] = value
        else:
            self._open[-1].append(value)

    def _replace(self, value: str) -> None:
        """Put the finished string where the growing one was."""
        if not self._open:
            self._root = value
        elif isinstance(self._open[-1], dict):
            self._open[-1][self._keys[-1]] = value
        else:
            self._open[-1][-1] = value


def _is_high(escape: str) -> bool:
    return len(escape) == 6 and escape[1] == "u" and 0xD800 <= int(escape[2:], 16) < 0xDC00


def _unescaped(escape: str) -> str:
    return str(json.loads(f'"{escape}"'))


def _plain(value: Any) -> Any:
    if isinstance(value, _Text):
        return str(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
