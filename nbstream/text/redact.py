"""Takes secrets out of texts. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, SupportsIndex

from .surrogates import well_formed

HIDDEN = "[redacted]"
"""What stands in place of a secret."""

Span = tuple[int, int]

_KEY_LIKE = re.compile(
    r"\b(?:sk|pk|gsk|xai|key)-[\w*-]{8,}|\b(?:AIza|hf_|gh[pousr]_)[\w-]{16,}"
    r"|\beyJ[\w-]{8,1000}\.[\w-]+\.[\w-]*"  # a JSON web token
    r'|(?<=Bearer )[^\s"]+|(?<=://)[^/\s@]+(?=@)',
    re.ASCII,
)
# The end of a text that more text may turn into what the pattern above finds.
_KEY_BEGUN = re.compile(
    r"(?:\b(?:s|sk|p|pk|g|gs|gsk|x|xa|xai|k|ke|key|(?:sk|pk|gsk|xai|key)-[\w*-]{0,7}"
    r"|A|AI|AIz|h|hf|gh|gh[pousr]|(?:AIza|hf_|gh[pousr]_)[\w-]{0,15}"
    r"|e|ey|eyJ[\w-]{0,1000}(?:\.[\w-]*)?)|(?<=://)[^/\s@]+)\Z",
    re.ASCII,
)
# No more before it than a name has: each word is looked at once.
_NAME = (
    r"(?<![\w-])[\w-]{0,24}(?:(?:api|access|auth|private|secret)[_-]?(?:key|token)"
    r"|authorization|cookie|password|secret)"
)
_IN_URL = re.compile(
    rf"(?:[?&]|\\u0026)(?:{_NAME}|key|token|sig|[\w-]{{0,24}}(?:credential|signature))="
    r"(?P<secret>[^&\s\"'#<>\\]+)",
    re.ASCII | re.IGNORECASE,
)
# A field of JSON, which may stand in a string of JSON itself, or of a Python object, or a header as
# a pair of bytes, which is how HTTP clients log it.
_FIELD = re.compile(
    rf"{_NAME}(?:(?:\\*[\"'])?\s*[:=]\s*|[\"']\s*,\s*b)(\\*[\"'])"
    r"(?P<secret>(?:\\.|[^\\])*?)(?:\1|$)",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
_IN_WORDS = re.compile(
    r"\b(?:authorization\s*:\s*(?:basic|token)|(?:set-)?cookie\s*:|x-api-key\s*:)\s*"
    r"(?P<secret>[^\s\"']+)",
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


class Redact:
    """Takes secrets out of texts: made by `redactor` and `hider`."""

    __slots__ = ("_finds_shapes", "_forms", "_known", "_pattern")

    def __init__(self, known: Iterable[str], finds_shapes: bool) -> None:
        self._known = frozenset(known)
        self._finds_shapes = finds_shapes
        # Made when first needed: most are never used.
        self._forms: list[list[str]] | None = None
        self._pattern: re.Pattern[str] | None = None

    def __or__(self, other: Redact) -> Redact:
        """What takes out the secrets of both."""
        return Redact(self._known | other._known, self._finds_shapes or other._finds_shapes)

    def __call__(self, text: str) -> str:
        """``text`` with "[redacted]" in place of each secret."""
        text = well_formed(text)
        done, pieces = 0, []
        for start, end in self.spans(text):
            pieces += [text[done:start], HIDDEN]
            done = end
        return "".join([*pieces, text[done:]]) if pieces else text

    def spans(self, text: str) -> list[Span]:
        """Where the secrets in ``text`` begin and end, in order and apart from each other."""
        found = [match.span() for match in self._find_known(text)]
        if self._finds_shapes:
            found += [match.span() for match in _KEY_LIKE.finditer(text)]
            lower = text.lower()
            if any(word in lower for word in _WORDS):  # in few texts, and ten times the cost
                for pattern in (_IN_URL, _IN_WORDS, _FIELD):
                    found += [match.span("secret") for match in pattern.finditer(text)]
        return _merged(found)

    def begun(self, text: str) -> int:
        """Where the end of ``text`` begins that more text may turn into a secret; its length if
        there is none.

        >>> redactor().begun("The key is sk-ab"), redactor("hunter22").begun("say hu")
        (11, 4)
        """
        starts = [self.half_known(text)]
        if self._known and (match := _HALF_AT_END.search(text)):
            starts.append(match.start())
        if self._finds_shapes and (match := _KEY_BEGUN.search(text)):
            starts.append(match.start())
        return min(starts)

    def half_known(self, text: str) -> int:
        """Where the beginning of a known secret begins with which ``text`` ends; its length if
        there is none."""
        first = len(text)
        for form in self._known_forms():
            # Escaped, a character has up to some ten.
            for match in _compiled(form[0]).finditer(text, max(0, len(text) - 12 * len(form))):
                if match.start() < first and _is_begun(form, text, match.start()):
                    first = match.start()
        return first

    def _find_known(self, text: str) -> Iterator[re.Match[str]]:
        if not self._known:
            return iter(())
        if self._pattern is None:
            forms = ("".join(form) for form in self._known_forms())
            self._pattern = re.compile("|".join(forms))
        return self._pattern.finditer(text)

    def _known_forms(self) -> list[list[str]]:
        if self._forms is None:
            known = sorted(self._known, key=len, reverse=True)
            self._forms = [form for secret in known for form in _forms(secret)]
        return self._forms


def redactor(*secrets: str | None) -> Redact:
    """What takes ``secrets``, and whatever looks like an API key, is named like one or stands
    before the host of a URL, out of a text.

    >>> redactor("s3cret-key")("key s3cret-key refused")
    'key [redacted] refused'
    >>> redactor()('{"api_key":"hunter22"} https://host/?sig=abc&n=1')
    '{"api_key":"[redacted]"} https://host/?sig=[redacted]&n=1'
    """
    return Redact(_long_enough(secrets), finds_shapes=True)


def hider(*secrets: str | None) -> Redact:
    """What takes ``secrets`` out of a text, and nothing else."""
    return Redact(_long_enough(secrets), finds_shapes=False)


def _long_enough(secrets: Iterable[str | None]) -> Iterator[str]:
    return (str(secret) for secret in secrets if secret and len(secret) >= 6)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        elif start < end:
            merged.append((start, end))
    return merged


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _is_begun(form: Sequence[str], text: str, start: int) -> bool:
    """Whether ``text`` from ``start`` to its end is a beginning of ``form``."""
    for pattern in form:
        # Asked first: the beginning of "\u0041" is an escaped "u" as well.
        if start == len(text) or _HALF_CHARACTER.fullmatch(text, start):
            return True
        match = _compiled(pattern).match(text, start)
        if match is None:
            return False
        start = match.end()
    return start == len(text)


def _forms(secret: str) -> Iterator[list[str]]:
    """How ``secret`` may be written, as a pattern for each character: as it is, or as JSON, Python,
    a URL or HTML write it; all of it in Base64, behind a user's name or not."""
    yield list(map(_character, secret))
    data = secret.encode()
    for before in range(3):
        # Three bytes are four characters: those at both ends depend on what stands beside it.
        coded = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        core = coded[-(-before * 8 // 6) : len(coded) - bool((before + len(data)) % 3)]
        if len(core) >= 8:
            yield [{"+": "[-+]", "/": "[/_]"}.get(one, one) for one in core]


def _character(character: str) -> str:
    code = ord(character)
    forms = [re.escape(character)]
    escapes = (f"u{code:04x}", f"x{code:02x}", re.escape(character))
    forms += [rf"\\{{1,4}}{form}" for form in escapes]
    forms += [f"%{byte:02x}" for byte in character.encode()] if code < 0x80 else []
    forms += [f"&#0*{code};", f"&#x0*{code:x};"]
    return f"(?:{forms[0]}|(?i:{'|'.join(forms[1:])}))"


# The beginning of one of these.
_HALF_CHARACTER = re.compile(
    r"\\{1,4}(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|%[0-9a-f]?|&(?:#x?[0-9a-f]{0,9})?", re.IGNORECASE
)
_HALF_AT_END = re.compile(rf"(?:{_HALF_CHARACTER.pattern})\Z", re.IGNORECASE)


def sent_keys(holder: Any) -> list[str]:
    """The keys of the request that ``holder``, an HTTP library's exception or response, belongs
    to, which need not be ours: servers repeat them."""
    try:
        headers = holder.request.headers
    except (AttributeError, RuntimeError):  # httpx raises RuntimeError where it has no request
        return []
    sent = (headers.get(name) for name in _HEADERS)
    return [value.removeprefix("Bearer ") for value in sent if isinstance(value, str)]
