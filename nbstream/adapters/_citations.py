"""Citations of any service as sources, each once, in the order in which they came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..transcript.events import CitedSource
from ._base import get, text


class Sources:
    """What one part cites."""

    def __init__(self) -> None:
        self._found: dict[str, CitedSource] = {}

    def add(self, citations: Iterable[Any]) -> bool:
        """Take citations; whether something new is among them."""
        known = len(self._found)
        for citation in citations:
            found = source(citation)
            if found is not None:
                self._found.setdefault(found.get("url") or found.get("title", ""), found)
        return len(self._found) > known

    @property
    def known(self) -> list[CitedSource]:
        """All sources so far."""
        return list(self._found.values())


def source(citation: Any) -> CitedSource | None:
    """What an annotation, a search result or an address cites; None if it names nothing.

    >>> source({"type": "url_citation", "url": "https://example.org", "title": "Example"})
    {'url': 'https://example.org', 'title': 'Example'}
    """
    if isinstance(citation, str):
        return {"url": citation} if citation else None
    kind = text(get(citation, "type"))
    nested = get(citation, kind) if kind else None
    inner = citation if nested is None or isinstance(nested, str) else nested
    fields = {
        "url": text(get(inner, "url")),
        "title": text(get(inner, "title")) or _file(inner),
        "quote": text(get(inner, "content")) or text(get(inner, "snippet")),
    }
    found: CitedSource = {key: value for key, value in fields.items() if value}  # type: ignore[assignment]  # the keys are those of CitedSource
    return found if found.get("url") or found.get("title") else None


def _file(citation: Any) -> str:
    return text(get(citation, "filename")) or text(get(citation, "file_id"))
