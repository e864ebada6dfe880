"""Cleans the bytes of an event stream before the SDK decodes them.

The SDK (1.66 to 3.57) takes each empty line for the end of an event, and the data of each event for
JSON: it fails on events without data, loses the first one after a byte order mark, and never sees
text outside the format, which is where many servers report failures. Its decoder stays; its input
becomes well-formed.
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..errors import ErrorInfo, StreamError
from .server_words import LONGEST, plain_name, words_of

MOST_OF_EVENT = 32 * 2**20
"""Bytes of one event: an image is one event, and Base64 makes it a third larger."""

# Events other than errors, which are examined.
_WELL_FORMED = re.compile(
    rb"(?:(?:event:(?! ?(?i:err|exc|fatal)).+"
    rb"(?<!(?i:rror))(?<!(?i:ption|ailed))(?<!(?i:ailure))\n)?data: ?\{.*\n\n)+"
)
_FIELD = re.compile(rb"[\w-]+(?::|\s*$)")
# White space or capitals where the format has none, or an event inside of an event.
_LOOSE_DATA = re.compile(rb"\s*(?:data\s*:\s*)+(?=[{[])", re.I)
_NOTHING = (b"", b"null", b"none", b"false")
_ERROR = re.compile(rb"(?:err|exc|fatal|error)\b.*|[\w.-]*(?:error|exception|failed|failure)", re.I)
_PING = re.compile(rb"\W*(?:ping|pong|keep\W?alive|heart\W?beat)\W*", re.I)
_CODES = {"code", "status", "statuscode", "errorcode", "errcode"}
_WORDS = {"message", "msg", "errmsg", "errormessage"}
_BOM = b"\xef\xbb\xbf"
_MOST_KEPT = 64 * 1024
"""Bytes of text outside the format that are kept: the title of a web page is near its beginning."""


class EventFilter:
    """Takes the bytes of one response as they arrive, and returns bytes that the SDK can read.

    Comments, ids, times to reconnect, unknown fields and events without data are left out. Failures
    in lines outside the format (``error: …``, ``{"error": …}``), and answers sent as JSON instead
    of events, are added as events.

    >>> EventFilter().feed(b": ping\\nid: 7\\n\\nretry: 10\\ndata: {}\\n\\n")
    b'data: {}\\n\\n'
    """

    def __init__(self) -> None:
        self.has_events = False
        self.has_end = False
        """Whether ``[DONE]`` has passed, in any spelling."""
        self.has_ended = False
        """Whether the whole body has passed."""
        self._other = bytearray()
        self._next_look = 0
        self._said = b""
        self._line = bytearray()
        self._is_between = True
        self._skips_newline = False
        self._begin()

    def _begin(self) -> None:
        self._event = b""
        self._data: list[bytes] = []
        self._size = 0

    @property
    def words(self) -> str:
        """Text outside the format that is not JSON: if the stream ends incomplete, it failed with
        these words."""
        return self._said.decode("utf-8", "replace").strip()

    def feed(self, piece: bytes) -> bytes:
        """The events that ``piece`` completes, if any.

        Raises `StreamError` for an event that is too large to keep in memory.
        """
        # The usual case: whole events, as most servers write them.
        if self._is_between and len(piece) < MOST_OF_EVENT:
            plain = piece.replace(b"\r\n", b"\n") if b"\r" in piece else piece
            is_plain = plain.endswith(b"}\n\n") and b"\r" not in plain and b'"error"' not in plain
            if is_plain and _WELL_FORMED.fullmatch(plain):
                self.has_events = True
                return plain if plain.isascii() else _valid(plain)
        given: list[bytes] = []
        for line in piece.splitlines(keepends=True):
            if self._skips_newline:
                self._skips_newline = False
                if line == b"\n":  # the second half of a line break whose first came before
                    continue
            text = line.rstrip(b"\r\n")
            self._take(text)
            if len(text) != len(line):
                self._skips_newline = line.endswith(b"\r")
                self._end_line(given)
        self._is_between = not (self._size or self._skips_newline or self._other)
        return b"".join(given)

    def end(self) -> bytes:
        """The rest at the end of the response: servers forget the last empty line."""
        self.has_ended = True
        given: list[bytes] = []
        if self._line:
            self._end_line(given)
        if not (self._is_last or self._is_error) and _json(b"\n".join(self._data)) is None:
            self._data.clear()  # half an event
        self._end_block(given)
        self._end_other(given, is_end=True)
        return b"".join(given)

    # -- lines --------------------------------------------------------------------------------

    def _take(self, text: bytes) -> None:
        self._size += len(text)
        if self._size + len(self._other) > MOST_OF_EVENT:
            raise StreamError(too_large())
        self._line += text

    def _end_line(self, given: list[bytes]) -> None:
        line = bytes(self._line).removeprefix(_BOM)
        self._line.clear()
        if not line:
            self._end_block(given)
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not self._other and (loose := _LOOSE_DATA.match(line)):
            name, value = b"data", line[loose.end() :]
        if name == b"data":
            self._end_whole(line, given, value)
            self._data.append(value)
        elif name == b"event":
            self._end_whole(line, given)
            self._event = value
        else:
            self._size -= len(line)
            if _ERROR.fullmatch(name):
                if value.strip().lower() not in _NOTHING:
                    said = value if name.lower() in (b"error", b"exception", b"fatal") else line
                    given.append(_error(_json(value) or said.decode("utf-8", "replace")))
            elif name and name not in (b"id", b"retry"):
                self._take_other(line, given)

    def _end_whole(self, line: bytes, given: list[bytes], value: bytes = b"{") -> None:
        """End an event whose data is complete although no empty line follows: the beginning of
        another one does (``line``, with the data ``value``)."""
        if len(self._data) == 1 and value[:1] in (b"{", b"[") and _json(self._data[0]) is not None:
            self.has_events = True
            given.append(self._whole_event())
            self._begin()
            self._size = len(line)

    def _end_block(self, given: list[bytes]) -> None:
        if not (self._data or self._event or self._other):
            return
        has_data = any(value.strip() for value in self._data)
        if has_data:
            self.has_events = True
            given.append(self._whole_event())
        self._begin()
        self._end_other(given, is_end=has_data)

    def _whole_event(self) -> bytes:
        said = b"\n".join(self._data)
        if self._is_error or said[:1] == b"[" or b'"error"' in said:
            found = _failure_or_list(said, is_error=self._is_error)
            if found:
                return found
        if self._is_last:
            self.has_end = True
            self._data = [b"[DONE]"]
        elif _PING.fullmatch(said) or (_PING.fullmatch(self._event) and said[:1] != b"{"):
            return b""
        lines = [b"data: " + value for value in self._data]
        if self._event:
            lines.insert(0, b"event: " + self._event)
        return _valid(b"\n".join(lines)) + b"\n\n"

    @property
    def _is_last(self) -> bool:
        return b"".join(self._data).strip(b' \t"').lower().startswith(b"[done]")

    @property
    def _is_error(self) -> bool:
        return _ERROR.fullmatch(self._event.strip()) is not None

    # -- outside the format -------------------------------------------------------------------

    def _take_other(self, line: bytes, given: list[bytes]) -> None:
        """Take a line with an unknown field name."""
        line = line if self._other else line.lstrip()
        if not self._other and line[:1] == b"{" and (document := _json(line)) is not None:
            given.append(self._document(document))
        else:
            self._other += line + b"\n"

    def _end_other(self, given: list[bytes], *, is_end: bool = False) -> None:
        """Examine the text up to an empty line. ``is_end``: no more of it follows."""
        is_document = self._other.startswith((b"{", b"["))
        # A document may contain empty lines: it is not parsed again at each of them.
        if is_document and (is_end or len(self._other) >= self._next_look):
            self._next_look = 2 * len(self._other)
            if (document := _json(self._other)) is not None:
                self._other.clear()
                given.append(self._document(document))
        if is_end or (self.has_events and not is_document):
            self._keep_other()

    def _keep_other(self) -> None:
        self._next_look = 0
        lines = bytes(self._other).splitlines(keepends=True)
        self._other.clear()
        for line in lines:
            # Unknown fields matter only if there is nothing else.
            if not (self.has_events and _FIELD.match(line)):
                self._say(line)

    def _say(self, text: bytes) -> None:
        if len(self._said) < _MOST_KEPT:
            self._said = (self._said + text)[:_MOST_KEPT]

    def _document(self, document: Any) -> bytes:
        """The event for JSON sent instead of one: a chunk, a whole answer, or a failure."""
        if found := _answers(document):
            self.has_events = True
            return found
        if _tells_failure(document):
            return _error(document)
        self._say(json.dumps(document).encode())
        return b""


def too_large() -> ErrorInfo:
    """The error for an event of more than `MOST_OF_EVENT` bytes."""
    size = MOST_OF_EVENT // 2**20
    message = f"the server sent more than {size} MB as one event, which was not read further"
    hint = "Check the base URL, and what the request asks for."
    return ErrorInfo("EventTooLarge", message, hint)


def _valid(text: bytes) -> bytes:
    r"""``text`` with U+FFFD in place of bytes that are not UTF-8, as the specification has it.

    Halves of a character that were encoded each by itself become escapes, which JSON can join.

    >>> _valid(b"caf\xe9").decode()
    'caf�'
    >>> _valid(b"\xed\xa0\xbd")
    b'\\ud83d'
    """
    try:
        return text.decode("utf-8", "surrogatepass").encode("utf-8", "backslashreplace")
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace").encode()


def _json(text: bytes | bytearray) -> Any:
    """``text`` parsed as JSON; None if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _event(document: Any) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def _error(document: Any) -> bytes:
    """An error as the SDK understands it: an object with a message."""
    error = document.get("error") if isinstance(document, dict) else None
    more = error if isinstance(error, dict) else document if isinstance(document, dict) else {}
    said = words_of(document) or json.dumps(document, ensure_ascii=False)[:LONGEST]
    kept = {name: more.get(name) for name in ("type", "code", "param")}
    return _event({"error": {**kept, "message": said}})


def _failure_or_list(said: bytes, *, is_error: bool) -> bytes:
    """The events for the data of one, if it tells a failure that the SDK would not read whole, or
    is a list of chunks; else nothing. ``is_error``: its name says that it is an error."""
    document = _json(said)
    if isinstance(document, list):
        return _error(document) if _tells_failure(document) else _answers(document)
    error = document.get("error") if isinstance(document, dict) else None
    if error and document.get("choices"):
        return _event({**document, "error": None}) + _error(document)
    if error and not words_of(error if isinstance(error, (dict, list)) else None):
        return _error(document)
    if not is_error or error:
        return b""
    kind = document.get("type") if isinstance(document, dict) else None
    if isinstance(kind, str) and kind.startswith(("response.", "error")):
        return b""
    return _error(said.decode("utf-8", "replace") if document is None else document)


def _tells_failure(document: Any) -> bool:
    if isinstance(document, list):
        return any(map(_tells_failure, document[:10]))
    if not isinstance(document, dict):
        return False
    named = {plain_name(name): value for name, value in document.items()}
    return (
        any(named.get(name) for name in ("error", "errors", "detail"))
        or any(named.get(name) == "error" for name in ("type", "status", "object"))
        or named.get("success") is False
        or (not _CODES.isdisjoint(named) and not _WORDS.isdisjoint(named))
    )


def _answers(document: Any) -> bytes:
    """The events for a chunk, a whole answer, or a list of them; nothing for anything else."""
    found = [*map(_answer, document if isinstance(document, list) else [document])]
    return b"" if None in found else b"".join(map(_event, found))


def _answer(document: Any) -> Any:
    """The event for ``document`` if it is a chunk or a whole answer, else None."""
    if not isinstance(document, dict) or document.get("error"):
        return None
    if isinstance(document.get("choices"), list):
        for choice in document["choices"]:
            message = choice.get("message") if isinstance(choice, dict) else None
            calls = message.get("tool_calls") if isinstance(message, dict) else None
            for number, call in enumerate(calls if isinstance(calls, list) else ()):
                if isinstance(call, dict):
                    call.setdefault("index", number)
        return document
    if document.get("object") == "response" and isinstance(document.get("output"), list):
        status = document.get("status")
        end = status if status in ("failed", "incomplete") else "completed"
        return {"type": f"response.{end}", "response": document}
    kind = document.get("type")
    return document if isinstance(kind, str) and kind.startswith("response.") else None
