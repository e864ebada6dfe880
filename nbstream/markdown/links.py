"""Link targets, labels, reference definitions and bare addresses, as the live view reads them
(`js/src/markdown/text/strings.ts`, `links.ts`, `references.ts`, `autolinks.ts`, `entities.ts`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.entities import html5
from typing import NamedTuple

PUNCTUATION = r"!-/:-@\[-`{-~"
ENTITY = r"&(?:\#[xX][0-9a-fA-F]{1,6}|\#\d{1,7}|[a-zA-Z][a-zA-Z0-9]{1,31});"
MAX_LABEL = 999
MAX_PARENTHESES = 32

_ESCAPED = re.compile(rf"\\([{PUNCTUATION}])|({ENTITY})", re.ASCII)
_LABEL = re.compile(rf"\[((?:\\.|[^\[\]\\]){{0,{MAX_LABEL}}})\]", re.DOTALL)
_POINTED = re.compile(r"<((?:\\.|[^<>\\\n])*)>")
_TITLE = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'((?:\\.|[^'\\])*)'|\(((?:\\.|[^()\\])*)\)", re.DOTALL)
_GAP, _SPACES = re.compile(r"[ \t\n]*"), re.compile(r"[ \t]*")


class Scanned(NamedTuple):
    """A piece of text and where it ends."""

    value: str
    end: int


@dataclass(frozen=True, slots=True)
class Definition:
    """A reference definition, and where it is in its paragraph's text."""

    label: str
    href: str
    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Address:
    """A bare address."""

    start: int
    text: str
    scheme: str
    """The scheme that is missing before it, or ""."""


def decode_entity(reference: str) -> str | None:
    """The characters of a character reference; None if it is unknown.

    >>> decode_entity("&auml;"), decode_entity("&#0;"), decode_entity("&nope;")
    ('ä', '\\ufffd', None)
    """
    if reference[1] != "#":
        return html5.get(reference[1:])
    digits = reference[2:-1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    valid = 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return chr(code) if valid else "\ufffd"


def unescape(text: str) -> str:
    """``text`` with escapes and character references resolved."""
    if "\\" not in text and "&" not in text:
        return text
    return _ESCAPED.sub(
        lambda match: match[1] if match[1] is not None else decode_entity(match[2]) or match[2],
        text,
    )


def fold_label(label: str) -> str:
    """The form in which labels are compared; "" is not a label."""
    return re.sub(r"[ \t\n]+", " ", label).removeprefix(" ").removesuffix(" ").lower().upper()


def scan_label(text: str, at: int) -> Scanned | None:
    found = _LABEL.match(text, at)
    return Scanned(found[1], found.end()) if found else None


def scan_destination(text: str, at: int) -> Scanned | None:
    if text[at : at + 1] == "<":
        found = _POINTED.match(text, at)
        return Scanned(unescape(found[1]), found.end()) if found else None
    depth, end, size = 0, at, len(text)
    while end < size:
        character = text[end]
        if character <= " " or character == "\x7f":
            break
        if character == "\\" and end + 1 < size and text[end + 1] not in " \t\n":
            end += 1
        elif character == "(":
            depth += 1
            if depth > MAX_PARENTHESES:
                return None
        elif character == ")":
            depth -= 1
            if depth < 0:
                break
        end += 1
    if depth > 0 or end == at:
        return None
    return Scanned(unescape(text[at:end]), end)


def scan_title(text: str, at: int) -> Scanned | None:
    found = _TITLE.match(text, at)
    return Scanned(unescape(found[found.lastindex or 0]), found.end()) if found else None


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def scan_target(text: str, at: int) -> tuple[str, str, int] | None:
    """(address, title, end) of the target in parentheses at ``at``."""
    if text[at : at + 1] != "(":
        return None
    start = _end(_GAP, text, at + 1)
    destination = scan_destination(text, start)
    after = destination.end if destination else start
    end = _end(_GAP, text, after)
    title = scan_title(text, end) if destination and end > after else None
    if title:
        end = _end(_GAP, text, title.end)
    if text[end : end + 1] != ")":
        return None
    return destination.value if destination else "", title.value if title else "", end + 1


def _scan_definition(text: str, at: int) -> Definition | None:
    label = scan_label(text, at)
    if not label or text[label.end : label.end + 1] != ":" or not fold_label(label.value):
        return None
    destination = scan_destination(text, _end(_GAP, text, label.end + 1))
    if not destination:
        return None
    gap = _end(_GAP, text, destination.end)
    title = scan_title(text, gap) if gap > destination.end else None
    end = _end(_SPACES, text, title.end) if title else -1
    if not title or text[end : end + 1] not in ("", "\n"):
        title, end = None, _end(_SPACES, text, destination.end)
    if text[end : end + 1] not in ("", "\n"):
        return None
    return Definition(label.value, destination.value, title.value if title else "", at, end + 1)


def take_definitions(text: str) -> tuple[list[Definition], int]:
    """The definitions at the beginning of a paragraph, and where they end."""
    found: list[Definition] = []
    at = 0
    while text[at : at + 1] == "[":
        one = _scan_definition(text, at)
        if not one:
            break
        found.append(one)
        at = one.end
    return found, at


# Chinese and Japanese punctuation ends it, and so does an unopened bracket, or a ``*``, before
# words of these languages: they are not separated by spaces.
_STOP = (
    r"\u2014\u2018-\u201f\u2026\u3000-\u3003\u3008-\u3020\u3030"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_ADDRESS = re.compile(
    r"(?:(?<![A-Za-z0-9])(?:https?|ftp)://|(?<![!-'+-^`-}])www\.)"
    rf"(?:[(\[{{][^\s<()\[\]{{}}{_STOP}]*[)\]}}]|(?![*~]+[^ -~\s])[^\s<)\]}}{_STOP}]"
    r"|[)\]}](?![^ -~\s]))+",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"(\w+://)?((?:[^\W]|-)+(?:\.(?:[^\W]|-)+)*)")
_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+(?<![-_])(?![-\w@+]|\.[\w-])", re.ASCII
)
_TRAILING = re.compile(r"(?:&[a-z0-9]+;|[?!.,:*_~'\")\]}])\Z", re.IGNORECASE | re.ASCII)
SIGN = re.compile(r"://|www\.|@", re.IGNORECASE)


def _trimmed(address: str) -> str:
    """``address`` without punctuation at its end that belongs to the sentence."""
    end = len(address)
    extra = len(re.findall(r"[)\]}]", address)) - len(re.findall(r"[(\[{]", address))
    while True:
        tail = _TRAILING.search(address[max(0, end - 40) : end])
        if not tail:
            return address[:end]
        if tail[0] in ")]}":
            if extra <= 0:
                return address[:end]
            extra -= 1
        end -= len(tail[0])


def find_addresses(text: str) -> list[Address]:
    """All bare addresses, in order."""
    found: list[Address] = []
    if not SIGN.search(text):
        return found
    for match in _ADDRESS.finditer(text):
        domain = _DOMAIN.match(match[0])
        parts = domain[2].split(".") if domain else []
        scheme = bool(domain and domain[1])
        if len(parts) < (1 if scheme else 2) or "_" in "".join(parts[-2:]):
            continue
        found.append(Address(match.start(), _trimmed(match[0]), "" if scheme else "http://"))
    found += [Address(match.start(), match[0], "mailto:") for match in _MAIL.finditer(text)]
    return sorted(found, key=lambda address: address.start)
