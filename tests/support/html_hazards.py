"""Says what in rendered HTML would run or load something."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# What Markdown and highlighting make; nothing here runs or loads.
TAGS = (
    frozenset(
        (
            "a",
            "blockquote",
            "br",
            "code",
            "dd",
            "del",
            "div",
            "dl",
            "dt",
            "em",
            "hr",
            "input",
            "kbd",
        )
    )
    | frozenset(
        (
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "li",
            "ol",
            "p",
            "pre",
            "s",
            "section",
            "span",
            "strong",
        )
    )
    | frozenset(("details", "summary"))  # a fold of ours, or one that the text may have
    | frozenset(("sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"))
)
ATTRIBUTES = frozenset(
    ("align", "checked", "class", "disabled", "href", "id", "start", "style", "title", "type")
)
LINK = re.compile(r"(?:https?:|mailto:|ftp:|#)", re.IGNORECASE)
STYLE = re.compile(r"text-align: ?(?:left|right|center);?")


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in TAGS or (tag == "input" and values.get("type") != "checkbox"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if (tag, name) == ("details", "open") and not value:
                continue
            link = name == "href" and not LINK.match(value or "")
            style = name == "style" and not STYLE.fullmatch(value or "")
            if name not in ATTRIBUTES or link or style:
                self.found.append(f"{name}={value}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:
        self.found.append("<!-- -->")

    def handle_decl(self, decl: str) -> None:
        self.found.append("<!>")

    def handle_pi(self, data: str) -> None:
        self.found.append("<?>")


def hazards(html: str) -> list[str]:
    """The tags and attributes that do not come from plain Markdown; empty if all is harmless.

    >>> hazards("<p><em>fine</em></p>"), hazards("<img src=x onerror=f()>")
    ([], ['<img>', 'src=x', 'onerror=f()'])
    """
    finder = _Finder()
    finder.feed(html)
    finder.close()
    return finder.found
