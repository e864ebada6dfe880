"""Code spans in a line of Markdown, and a form of them that cannot be misread."""

from __future__ import annotations

import html
import re

_BACKTICKS = re.compile(r"`+")


def code_spans(line: str) -> list[tuple[str, bool]]:
    """Splits a line into (text, is it a code span); runs of backticks pair by their length."""
    runs = [match.span() for match in _BACKTICKS.finditer(line)]
    if not runs:
        return [(line, False)]
    later: dict[int, list[int]] = {}
    for index in range(len(runs) - 1, -1, -1):
        later.setdefault(runs[index][1] - runs[index][0], []).append(index)
    pieces: list[tuple[str, bool]] = []
    position, index = 0, 0
    while index < len(runs):
        start, end = runs[index]
        same = later[end - start]
        while same and same[-1] <= index:
            same.pop()
        before = line[position:start]
        backslashes = len(before) - len(before.rstrip("\\"))
        if same and not backslashes % 2:
            closing = same.pop()
            pieces.append((before, False))
            position = runs[closing][1]
            pieces.append((line[start:position], True))
            index = closing + 1
        else:
            index += 1
    pieces.append((line[position:], False))
    return [(text, code) for text, code in pieces if text]


def escaped_code(span: str) -> str:
    """A code span as ``<code>`` that no Markdown parser can read differently.

    >>> escaped_code("`<b>`")
    '<code>&lt;b&gt;</code>'
    """
    text = span.strip("`")
    if text.startswith(" ") and text.endswith(" ") and text.strip():
        text = text[1:-1]
    text = html.escape(text, quote=False)
    references = re.sub(r"[^\w\s&;,=\"'/-]|_", lambda match: f"&#{ord(match[0])};", text)
    return f"<code>{references}</code>"
