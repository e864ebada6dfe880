"""The exceptions that users see. Each message says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .text.terminal import printable

QUOTA = frozenset(("insufficient_quota", "billing_hard_limit_reached"))
"""Codes with which servers refuse an account whose credit is used up."""


STOPPED = "Interrupted: the answer was stopped; its text so far is kept."


class NbstreamError(Exception):
    """Base of all errors that nbstream raises on purpose.

    IPython shows them as one line without the frames of the library, because the message already
    says what to do. ``%tb`` is not needed and finds nothing more.
    """

    def __str__(self) -> str:
        # A server's words may be in it, and it may end up in a terminal.
        return printable(super().__str__())

    def _render_traceback_(self) -> list[str]:
        # https://ipython.readthedocs.io/en/stable/config/integrating.html
        return [f"{type(self).__name__}: {self}"]


def shorten(exc: BaseException, words: str = STOPPED) -> None:
    """Have IPython show an interrupt as one line, ``words``: the traceback would tell the person
    who pressed the button nothing. The exception stays the same for code that catches it.

    https://ipython.readthedocs.io/en/stable/config/integrating.html
    """
    exc._render_traceback_ = lambda: [words]  # type: ignore[attr-defined]  # no class of ours


class UsageError(NbstreamError, ValueError):
    """A call, an option or a parameter that cannot work; nothing was sent."""


class ConfigError(NbstreamError):
    """No server can be chosen: a key, a base URL, a model or the local extra is missing."""


class TemplateError(NbstreamError):
    """An ``{{expr}}`` in a prompt could not be evaluated; nothing was sent."""


class LocalModelError(NbstreamError):
    """The embedded model could not be fetched, started or reached."""


@dataclass(frozen=True)
class ErrorInfo:
    """What went wrong with a stream, in words that can be shown: keys are redacted.

    ``type`` is the class name of the SDK's exception or the server's error type, ``hint`` one
    sentence on what to do, ``retry_after`` the server's wish in seconds.
    """

    type: str
    message: str
    hint: str | None = None
    status_code: int | None = None
    code: str | None = None
    request_id: str | None = None
    retry_after: float | None = None

    def __str__(self) -> str:
        status = f" {self.status_code}" if self.status_code else ""
        request = f" (request id {self.request_id})" if self.request_id else ""
        said = f"{self.type}{status}: {self.message.rstrip('.')}{request}"
        return printable(f"{said}. {self.hint}" if self.hint else said)

    def to_wire(self) -> dict[str, Any]:
        """The fields that the front end shows, without those that are empty."""
        names = ("type", "message", "hint", "status_code", "code")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class StreamError(NbstreamError):
    """An awaited stream failed. ``info`` says why; the text so far is on the stream object."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(str(info))
        self.info = info
