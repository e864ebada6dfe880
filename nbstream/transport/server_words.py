"""Finds a server's own words in an error body of any shape. Pure."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

LONGEST = 2000
"""The most characters of a server's words that are shown."""

_MOST_ITEMS, _DEEPEST = 10, 8

# Names under which servers put words, or the object that has them, without _ and in lower case:
# OpenAI, FastAPI (detail, msg), OAuth (error_description), RFC 9457 (title, detail), Google
# (details, fieldViolations), Cloudflare (errors), OpenRouter (metadata.raw), MiniMax (base_resp).
_SAYS = (
    *("message", "msg", "error", "err", "errordescription", "errormessage", "errormsg", "title"),
    *("errors", "detail", "details", "reason", "description", "fault", "faultstring", "exception"),
    *("statusmsg", "statusmessage", "baseresp", "metadata", "raw", "fieldviolations"),
)
_COMMENT = re.compile(r"\s*<!--.*?-->", re.S)
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|title)\b", re.I)
_HEADLINE = re.compile(r"<(title|h1)\b[^<>]*>(.{1,400}?)</\1", re.I | re.S)
_XML = re.compile(r"\s*<(?:\?xml|[\w:]*(?:error|fault|exception))\b", re.I)
_XML_WORDS = re.compile(
    r"<((?:\w+:)?(?:message|faultstring|detail|description))\b[^<>]*>([^<]+)<", re.I
)
_FIELD = re.compile(r"(?:data|event|id|retry)?:")


def words_of(body: Any) -> str:
    """The words in a body, given as text or as parsed JSON; "" if there are none.

    >>> words_of({"detail": [{"loc": ["body", "n"], "msg": "must be 1"}]})
    'n: must be 1'
    >>> words_of('[{"error": {"code": 400, "message": "No such key."}}]')
    'No such key.'
    """
    if isinstance(body, (bytes, bytearray)):
        body = bytes(body).decode("utf-8", "replace")
    return shortened(": ".join(_distinct(_words(body, 0))))


def is_page(text: str) -> bool:
    """Whether ``text`` is a web page."""
    # One pattern with a loop of comments would take exponential time on "<!---->" many times.
    start = 0
    while comment := _COMMENT.match(text, start):
        start = comment.end()
    return _PAGE.match(text, start) is not None


def page_words(text: str) -> str:
    """The headline of a web page, in quotes, with a space before it; "" without one."""
    found = _HEADLINE.search(text)
    title = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found[2])).split()) if found else ""
    return f' "{title}"' if title else ""


def parsed(text: str) -> Any:
    """``text`` parsed as JSON, or unchanged if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def shortened(words: str) -> str:
    """``words``, cut if they are too long."""
    return words if len(words) <= LONGEST else words[:LONGEST] + " …"


def dicts_in(body: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """All objects in ``body``, the outer ones first."""
    if depth > _DEEPEST:
        return
    if isinstance(body, dict):
        yield body
    inner = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    for value in list(inner)[: 3 * _MOST_ITEMS]:
        yield from dicts_in(value, depth + 1)


def plain_name(name: Any) -> str:
    """A field's name without case, hyphens and underscores, as servers spell it differently.

    >>> plain_name("Retry-After") == plain_name("retry_after") == plain_name("retryAfter")
    True
    """
    return re.sub(r"[_\-\s]", "", str(name)).lower()


def _words(value: Any, depth: int, under: str = "") -> list[str]:
    if depth > _DEEPEST:
        return []
    if isinstance(value, str):
        return _words_in_text(value, depth)
    if isinstance(value, list):
        items = (": ".join(_distinct(_words(item, depth + 1))) for item in value[:_MOST_ITEMS])
        joined = "; ".join(_distinct(item for item in items if item))
        return [joined] if joined else []
    if not isinstance(value, dict):
        return []
    fields = {plain_name(name): inner for name, inner in value.items()}
    said = [words for name in _SAYS for words in _words(fields.get(name), depth + 1, name)]
    if not said and under == "errors":  # the names of the request's fields (Rails, Laravel)
        names = list(value)[:_MOST_ITEMS]
        said = [f"{name}: {words}" for name in names for words in _words(value[name], depth + 1)]
    # Google's details are typed, and nearly all of them are for programs.
    if "@type" in value and "fieldviolations" not in fields:
        return []
    where = _place(fields)
    if where and said and where not in re.findall(r"[\w.]+", said[0]):
        said[0] = f"{where}: {said[0]}"
    return said


def _words_in_text(text: str, depth: int) -> list[str]:
    text = text.strip()
    if text[:1] in ("{", "["):
        inner = parsed(text)
        if not isinstance(inner, str):
            return _words(inner, depth + 1) or [text]
    if is_page(text):
        return [f"it sent a web page{page_words(text)} instead of the API's answer"]
    if _XML.match(text):
        found = (html.unescape(said[2]).strip() for said in _XML_WORDS.finditer(text))
        return list(filter(None, found)) or [text]
    if _FIELD.match(text):
        data = [line[5:] for line in text.splitlines() if line.startswith("data:")]
        return _words("\n".join(data), depth + 1) if data else [text]
    return [text] if text and not _is_binary(text) else []


def _is_binary(text: str) -> bool:
    """Whether ``text`` comes from bytes that are not text, or are still compressed."""
    odd = sum(1 for c in text[:400] if c == "\ufffd" or (c < " " and c not in "\t\r\n\x1b"))
    return odd * 10 > len(text[:400])


def _place(fields: dict[str, Any]) -> str:
    """The part of the request that an entry is about."""
    place = fields.get("loc") or fields.get("field") or fields.get("path")
    if isinstance(place, list):
        names = [str(name) for name in place[:_MOST_ITEMS]]
        return ".".join(names[1:] if names[:1] == ["body"] else names)
    return place if isinstance(place, str) and len(place) <= 100 else ""


def _distinct(said: Any) -> list[str]:
    """The texts in order, without those that another one contains."""
    kept: list[str] = []
    for words in said:
        words = words.strip()
        if words and not any(words in earlier for earlier in kept):
            kept = [earlier for earlier in kept if earlier.rstrip(".:") not in words] + [words]
    return kept
