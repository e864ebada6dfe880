"""Finds in a chunk how its answer ended or failed, wherever the service puts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..transcript.events import Event, Failure, Finish
from ..transport.server_words import plain_name, words_of
from ._base import count, fields, get, text
from .finish_reasons import Kind, incomplete_reason, kind_of

LONGEST_WORD = 100
NO_REASON = "the server gave no reason"
_SAYS_LITTLE: tuple[Kind | None, ...] = (None, "whole", "unnamed", "open")
_CUTS: tuple[Kind | None, ...] = (
    *("length", "context", "filtered", "bad_call", "paused", "aborted", "overloaded"),
)
_ERRORS = frozenset(
    ("error", "errors", "errormessage", "errormsg", "errordescription", "exception")
)
# Errors are read by these names, even objects that list no fields.
_WORDS = ("message", "msg", "detail", "errors", "error_msg", "error_message", "error_description")
_NAMES = (
    *(*_WORDS, "title", "error", "code", "type"),
    *("status", "status_code", "status_msg", "metadata"),
)


class Noted(NamedTuple):
    """What unknown fields say about the ending."""

    word: str = ""
    native: str = ""
    error: Any = None
    message: Any = None


def noted(others: Mapping[str, Any]) -> Noted | None:
    """What ``others``, fields that the SDK does not know, say about the ending; None if nothing.

    Services put them beside the choices, into the choice, or into its delta.
    """
    word = native = ""
    error = message = None
    for name, value in others.items():
        key = plain_name(name)
        if key in _ERRORS:
            error = value if error is None and _says_error(value) else error
        elif key == "baseresp":  # MiniMax has it with every answer
            error = value if get(value, "status_code") else error
        elif key == "nativefinishreason":
            native = _word_of(value)
        elif key == "providerspecificfields":
            native = native or _word_of(get(value, "native_finish_reason"))
        elif key in ("finishreason", "donereason", "finishdetails"):
            word = _word_of(value)
        elif key == "stopreason" and _is_known(value):
            word = word or value
            native = native or (value if "_" in value and kind_of(value) in _CUTS else "")
        elif key in ("message", "msg"):
            message = value
    is_any = word or native or error is not None or message is not None
    return Noted(word, native, error, message) if is_any else None


class Ending:
    """The ending of one choice: its finish reason under any name, and errors in the choice.

    OpenRouter and LiteLLM send the model's own finish reason beside their normalised one, which may
    hide a failure or a limit (https://openrouter.ai/docs/api-reference/overview#finish-reason).
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._reason: str | None = None
        self._noted = Noted()
        self._cut_at: int | None = None

    def note(self, others: Mapping[str, Any]) -> bool:
        """Take the choice's fields that the SDK does not know; returns whether they matter here."""
        found = noted(others)
        self._noted = found or Noted()
        return found is not None

    def feed(
        self, finish_reason: Any, events: list[Event], beside: Noted | None = None, *, size: int
    ) -> None:
        """Take the chunk's finish reason, if any, together with the noted fields. ``size`` grows
        with the output: without more of it, no later word takes a cut back."""
        also, native, error, message = beside or self._noted
        said = _word_of(finish_reason) or also or native
        word, kind, native_kind = said, kind_of(said), kind_of(native)
        hides = kind in _SAYS_LITTLE and native_kind not in _SAYS_LITTLE
        if hides or (kind is None and native_kind == "whole"):
            word, kind = native, native_kind
        # SGLang's finish reason is an object, with a message if the request failed.
        is_object = not isinstance(finish_reason, (str, int, float, list, type(None)))
        if error is None and is_object and (kind == "failed" or get(finish_reason, "message")):
            error = finish_reason
        if error is not None or kind == "failed":
            otherwise = f"finish_reason: {word}" if word else NO_REASON
            type_ = word if kind == "failed" or is_object else ""
            told = message if error is None else error
            events.append(failure_of(told, type_=type_, otherwise=otherwise))
        if kind in _CUTS:
            self._cut_at = size
        elif kind == "whole" and self._cut_at == size:
            return
        if kind != "open":
            self._reason = word
            events.append(Finish(said, self._number, None if word == said else word))

    def is_whole(self, *, has_end: bool) -> bool:
        """Whether the choice is complete; ``has_end`` says whether ``[DONE]`` came."""
        return incomplete_reason(self._reason, expected=not has_end) is None


def flat_error(chunk: Any) -> Failure | None:
    """The error in ``chunk``, under ``error`` or with its fields at the top; None if there is
    none."""
    error = get(chunk, "error")
    if _says_error(error):
        return failure_of(error, type_=text(get(chunk, "type")), code=get(chunk, "code"))
    return failure_of(chunk) if words_of(_plain(chunk)) else None


def error_in(chunk: Any) -> Failure | None:
    """The error in a chunk without choices, unless the chunk is some event of the service."""
    base = get(chunk, "base_resp")  # MiniMax has it with every answer
    if get(base, "status_code"):
        return failure_of(base, code=get(base, "status_code"))
    kinds = [text(get(chunk, name)) for name in ("type", "object", "event", "status")]
    if _says_error(get(chunk, "error")) or "failed" in map(kind_of, kinds):
        return flat_error(chunk) or failure_of(chunk)
    # FastChat's has a code and the words of an answer, RFC 9457's a title and an HTTP status.
    if code := get(chunk, "error_code"):
        return failure_of(text(get(chunk, "text")) or chunk, code=code)
    status = count(get(chunk, "status")) or 0
    # A service's own events have a type, and perhaps a message.
    is_error = not kinds[0] and any(get(chunk, name) for name in _WORDS)
    return flat_error(chunk) if is_error or status >= 400 else None


def failure_of(
    error: Any, *, type_: str = "", code: Any = None, otherwise: str = NO_REASON
) -> Failure:
    """``error``, in whatever shape it comes, as an event."""
    plain = _plain(error)
    message = words_of(plain) or _listed(plain) or otherwise
    own = get(error, "code")
    code = code if own is None else own
    type_ = text(get(error, "type")) or type_ or "error"
    return Failure(type_, message, str(code) if isinstance(code, (str, int)) else None)


def _says_error(error: Any) -> bool:
    """Whether a field named ``error`` reports one: some services send it empty with each chunk."""
    plain = _plain(error)
    if isinstance(plain, dict):
        return any(plain.values())
    return any(plain) if isinstance(plain, list) else bool(plain)


def _plain(error: Any) -> Any:
    """``error`` as text, a list or a dict of its fields; None if it is empty."""
    if isinstance(error, str):
        return error.strip()
    if isinstance(error, (list, dict)):
        return error
    if error is None or isinstance(error, (bool, int, float)):
        return str(error) if error else None
    return {**dict.fromkeys(_NAMES), **fields(error), **{name: get(error, name) for name in _NAMES}}


def _listed(plain: Any) -> str:
    """The plain fields of an error without a message."""
    if not isinstance(plain, dict):
        return ""
    said = (f"{key}: {value}" for key, value in plain.items() if isinstance(value, (str, int)))
    return ", ".join(said)[:LONGEST_WORD]


def _is_known(word: Any) -> bool:
    """Whether ``word`` is a finish reason: vLLM gives the stop string or token as stop_reason."""
    return isinstance(word, str) and kind_of(word) not in (None, "open")


def _word_of(reason: Any) -> str:
    """A finish reason as a word. SGLang and AI21 put it into an object, others send a number."""
    if isinstance(reason, list):
        reason = reason[0] if reason else None
    if not isinstance(reason, (str, int, float, type(None))):
        named = (get(reason, name) for name in ("type", "reason", "value", "name"))
        reason = next(filter(None, named), None) or _listed(_plain(reason))
    word = str(reason) if isinstance(reason, (str, int)) and reason else ""
    return " ".join("".join(filter(str.isprintable, word)).split())[:LONGEST_WORD]
