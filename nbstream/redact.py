"""Takes secrets out of texts. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any, SupportsIndex

from .surrogates import well_formed

Redact = Callable[[str], str]

_KEY_LIKE = re.compile(
    r"\b(?:sk|pk|gsk|xai|key)-[\w*-]{8,}|\b(?:AIza|hf_|gh[pousr]_)[\w-]{16,}"
    r"|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"  # a JSON web token
    r'|(?<=Bearer )[^\s"]+|(?<=://)[^/\s@]+(?=@)',
    re.ASCII,
)
# No more before it than a name has: each word is looked at once.
_NAME = (
    r"(?<![\w-])[\w-]{0,24}(?:(?:api|access|auth|private|secret)[_-]?(?:key|token)"
    r"|authorization|cookie|password|secret)"
)
_IN_URL = re.compile(
    rf"((?:[?&]|\\u0026)(?:{_NAME}|key|token|sig|[\w-]{{0,24}}(?:credential|signature))=)"
    r"[^&\s\"'#<>\\]+",
    re.ASCII | re.IGNORECASE,
)
# A field of JSON, which may stand in a string of JSON itself, or of a Python object, or a header as
# a pair of bytes, which is how HTTP clients log it.
_FIELD = re.compile(
    rf"({_NAME}(?:(?:\\*[\"'])?\s*[:=]\s*|[\"']\s*,\s*b)(\\*[\"']))(?:\\.|[^\\])*?(\2|$)",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
_IN_WORDS = re.compile(
    r"(\b(?:authorization\s*:\s*(?:basic|token)|(?:set-)?cookie\s*:|x-api-key\s*:)\s*)[^\s\"']+",
    re.ASCII | re.IGNORECASE,
)
# One of these is in whatever the three above find.
_WORDS = ("key", "token", "secret", "authorization", "cookie", "password", "sig", "credential")
_HEADERS = ("authorization", "api-key", "x-api-key")


class Key(str):
    """An API key that shows itself nowhere by accident: not in the locals of a traceback, not in
    the repr of what holds it. Sent, it is the string that it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[redacted]'"

    # What shows long strings by their beginning (rich's locals, reprlib) takes the repr of a slice.
    def __getitem__(self, index: SupportsIndex | slice) -> Key:
        return Key(super().__getitem__(index))


def redactor(*secrets: str | None) -> Redact:
    """A function that takes ``secrets``, and whatever looks like an API key, is named like one or
    stands before the host of a URL, out of a text.

    >>> redactor("s3cret-key")("key s3cret-key refused")
    'key [redacted] refused'
    >>> redactor()('{"api_key":"hunter22"} https://host/?sig=abc&n=1')
    '{"api_key":"[redacted]"} https://host/?sig=[redacted]&n=1'
    """
    hide = hider(*secrets)

    def redact(text: str) -> str:
        text = _KEY_LIKE.sub("[redacted]", hide(well_formed(text)))
        lower = text.lower()
        if not any(word in lower for word in _WORDS):  # nearly all texts, at a tenth of the cost
            return text
        text = _IN_URL.sub(r"\1[redacted]", _IN_WORDS.sub(r"\1[redacted]", text))
        return _FIELD.sub(r"\1[redacted]\3", text)

    return redact


def hider(*secrets: str | None) -> Redact:
    """A function that takes ``secrets`` out of a text, and nothing else."""
    known = sorted({str(s) for s in secrets if s and len(s) >= 6}, key=len, reverse=True)
    patterns: list[re.Pattern[str]] = []

    def hide(text: str) -> str:
        if known and not patterns:  # when first needed: most hiders never are
            patterns.append(re.compile("|".join(form for s in known for form in _forms(s))))
        for pattern in patterns:
            text = pattern.sub("[redacted]", text)
        return text

    return hide


def _forms(secret: str) -> Iterator[str]:
    """Patterns of how ``secret`` may be written: each character as it is, or as JSON, Python, a URL
    or HTML write it; all of it in Base64, behind a user's name or not."""
    yield "".join(map(_character, secret))
    data = secret.encode()
    for before in range(3):
        # Three bytes are four characters: those at both ends depend on what stands beside it.
        coded = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        core = coded[-(-before * 8 // 6) : len(coded) - bool((before + len(data)) % 3)]
        if len(core) >= 8:
            yield re.escape(core).replace(r"\+", "[-+]").replace("/", "[/_]")


def _character(character: str) -> str:
    code = ord(character)
    forms = [re.escape(character)]
    escapes = (f"u{code:04x}", f"x{code:02x}", re.escape(character))
    forms += [rf"\\{{1,4}}{form}" for form in escapes]
    forms += [f"%{byte:02x}" for byte in character.encode()] if code < 0x80 else []
    forms += [f"&#0*{code};", f"&#x0*{code:x};"]
    return f"(?:{forms[0]}|(?i:{'|'.join(forms[1:])}))"


def sent_keys(holder: Any) -> list[str]:
    """The keys of the request that ``holder``, an HTTP library's exception or response, belongs
    to, which need not be ours: servers repeat them."""
    try:
        headers = holder.request.headers
    except (AttributeError, RuntimeError):  # httpx raises RuntimeError where it has no request
        return []
    sent = (headers.get(name) for name in _HEADERS)
    return [value.removeprefix("Bearer ") for value in sent if isinstance(value, str)]
