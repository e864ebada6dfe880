"""Finds in a chunk how its answer ended or failed, wherever the service puts it."""

from __future__ import annotations

from typing import Any

from ..transcript.events import Event, Failure, Finish
from ..transport.server_words import plain_name, words_of
from ._base import fields, get, text
from .finish_reasons import Kind, incomplete_reason, kind_of

LONGEST_WORD = 100
NO_REASON = "the server gave no reason"
_SAYS_LITTLE: tuple[Kind | None, ...] = (None, "whole", "unnamed", "open")
# Errors are read by these names, even objects that list no fields.
_WORDS = ("message", "msg", "detail", "errors", "error_msg", "error_message", "error_description")
_NAMES = (*_WORDS, "error", "code", "type", "status", "status_code", "status_msg", "metadata")


class Ending:
    """The ending of one choice: its finish reason under any name, and errors in the choice.

    OpenRouter and LiteLLM send the model's own finish reason beside their normalised one, which may
    hide a failure or a limit (https://openrouter.ai/docs/api-reference/overview#finish-reason).
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._reason: str | None = None
        self._word = self._native = ""
        self._error: Any = None

    def note(self, others: dict[str, Any]) -> bool:
        """Take the choice's fields that the SDK does not know; returns whether they matter here."""
        self._word = self._native = ""
        self._error = None
        for name, value in others.items():
            key = plain_name(name)
            if key in ("error", "errors"):
                self._error = value if _says_error(value) else None
            elif key == "nativefinishreason":
                self._native = _word_of(value)
            elif key == "providerspecificfields":
                self._native = self._native or _word_of(get(value, "native_finish_reason"))
            elif key in ("finishreason", "donereason"):
                self._word = _word_of(value)
            elif key == "stopreason" and _is_known(value):
                self._word = self._word or value
        return bool(self._word or self._native or self._error)

    def feed(self, finish_reason: Any, events: list[Event]) -> None:
        """Take the chunk's finish reason, if any, together with the noted fields."""
        said = _word_of(finish_reason) or self._word or self._native
        word, kind, native_kind = said, kind_of(said), kind_of(self._native)
        hides = kind in _SAYS_LITTLE and native_kind not in _SAYS_LITTLE
        if hides or (kind is None and native_kind == "whole"):
            word, kind = self._native, native_kind
        if self._error is not None or kind == "failed":
            # SGLang's finish reason is an object with a message.
            error = self._error if isinstance(finish_reason, str) else self._error or finish_reason
            otherwise = f"finish_reason: {word}" if word else NO_REASON
            events.append(failure_of(error, type_=word, otherwise=otherwise))
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
    # A service's own events have a type, and perhaps a message.
    is_error = not kinds[0] and any(get(chunk, name) for name in _WORDS)
    return flat_error(chunk) if is_error else None


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
    if not isinstance(reason, (str, int, float, list, type(None))):
        reason = get(reason, "type") or get(reason, "reason")
    word = str(reason) if isinstance(reason, (str, int)) and reason else ""
    return " ".join("".join(filter(str.isprintable, word)).split())[:LONGEST_WORD]
