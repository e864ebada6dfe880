"""What stands in a paragraph, a heading or a cell, written so that JupyterLab shows it as the live
view does: formulas, dollars, the few HTML tags that are let through, footnote marks, images.

Only looks depend on it: whatever it writes, `safe_markdown` makes it harmless.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .formulas import APART, BACKSLASH, DOLLAR, environment, formula

MAX_DEPTH = 64  # of tags in one another

# Dollars that are no formula's, as they were written: whether they may stay is decided by what
# follows. The text holds no control characters.
RAW_DOLLAR, ESCAPED_DOLLAR = "\x01", "\x02"

_ADDRESS = r"(?:(?:https?|ftp)://|www\.)"
_TOKEN = re.compile(
    # What each of them begins with: most characters are passed over several times faster.
    r"(?=[hfw<&\\`$\[!])(?:"
    rf"(?P<address>{_ADDRESS}(?:[^\s<()]|\([^\s<()]*\))*|<(?:https?://|mailto:)[^\s<>]*>)"
    r"|(?P<own><span>(?:&\#36;)?</span>|<code>[\w &\#;,=/\"'-]*</code>)"
    r"|(?P<tag></?(?P<name>sub|sup|kbd)>|<br[ ]?/?>)"
    r"|(?P<dollar>&(?:\#0*36|\#[xX]0*24|dollar);)"
    r"|\\(?P<ref>(?:eq)?ref(?=[ \t]*\{))"
    r"|(?P<begin>\\begin\{(?P<environment>[a-z]+\*?)\})"
    r"|(?P<escape>\\.)"
    r"|(?P<ticks>`+)"
    r"|(?P<math>\$+)"
    r"|(?P<note>\[\^(?P<label>[^\s\[\]]{1,100})\](?!\([^\s()]*\)))"
    r"|(?P<image>!\[))",
    re.IGNORECASE | re.DOTALL,
)
_TARGET = r"[ \t]*<?(?P<href>[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*)>?[ \t]*"
_IMAGE = re.compile(
    r"!\[(?P<alt>(?:[^\[\]\\]|\\.){0,999})\]"
    rf"(?:\({_TARGET}(?:[\"'][^\"'\n]*[\"'][ \t]*)?\)|\[(?P<label>[^\[\]]{{0,999}})\]|)",
    re.DOTALL,
)
_DEFINITION = re.compile(r"[ \t>]*\[(?P<label>[^\[\]^][^\[\]]{0,998})\]:[ \t]*<?(?P<href>[^\s<>]+)")
_IN_ADDRESS = re.compile(rf"{_ADDRESS}\S*\Z", re.IGNORECASE)
_SPACE = re.compile(r"\s")
_WORD = re.compile(r"\w", re.ASCII)
_LONE_BREAK = re.compile(r"^(?=<br>(?:<br>|[ \t])*$)", re.MULTILINE)


@dataclass
class Names:
    """What a text refers to by a name: the numbers of footnotes, the addresses of images."""

    footnotes: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)


def addresses(lines: list[str]) -> dict[str, str]:
    """The link reference definitions of a text, by label."""
    found: dict[str, str] = {}
    for line in lines:
        match = _DEFINITION.match(line)
        if match:
            found.setdefault(fold_label(match["label"]), match["href"])
    return found


def fold_label(label: str) -> str:
    """A label as labels are compared."""
    return " ".join(label.split()).casefold()


def rewrite(text: str, names: Names, *, in_cell: bool = False, quoted: bool = False) -> str:
    """The inline text in JupyterLab's form; line ends stay, but in formulas of quotes."""
    return _Rewriter(text, names, in_cell, quoted).rewrite()


class _Rewriter:
    def __init__(self, text: str, names: Names, in_cell: bool, quoted: bool) -> None:
        self._text = text
        self._names = names
        self._in_cell = in_cell
        self._quoted = quoted
        self._out: list[str] = []
        self._open: list[tuple[str, int]] = []  # tags: name, place in the output
        self._after_formula = False
        self._in_address = False
        self._dollars: list[int] = []
        self._closers: dict[str, list[int]] = {"\\)": [], "\\]": []}
        for match in re.finditer(r"\\.|\$", text, re.DOTALL):
            if match[0] == "$":
                self._dollars.append(match.start())
            elif match[0] in self._closers:
                self._closers[match[0]].append(match.start())
        self._ends: dict[str, list[int]] = {}
        for match in re.finditer(r"\\end\{[a-z]+\*?\}", text):
            self._ends.setdefault(match[0], []).append(match.start())
        self._ticks: dict[int, list[int]] = {}
        for match in re.finditer("`+", text):
            self._ticks.setdefault(len(match[0]), []).append(match.start())

    def rewrite(self) -> str:
        at = 0
        while match := _TOKEN.search(self._text, at):
            self._add(self._text[at : match.start()])
            at = self._token(match)
        self._add(self._text[at:])
        for _, place in self._open:
            self._escape(place)
        return _LONE_BREAK.sub("&nbsp;", "".join(self._out))

    def _add(self, text: str, is_formula: bool = False) -> None:
        if not text:
            return
        # `safe_markdown` writes dollars in an address otherwise, as far as one could go.
        apart = is_formula and (self._after_formula or self._in_address)
        if apart or (self._after_formula and text[0].isdecimal()):
            self._out.append(APART)
        self._out.append(text)
        self._after_formula = is_formula
        if is_formula or text == APART or _SPACE.search(text):
            self._in_address = False
        self._in_address = self._in_address or _IN_ADDRESS.search(text) is not None

    def _token(self, match: re.Match[str]) -> int:
        """Adds a token; where the next may begin."""
        kind = match.lastgroup
        if kind == "ticks":
            return self._code(match)
        if kind == "math":
            return self._math(match.start(), match[0])
        if match["tag"]:
            self._tag(match)
        elif match["note"]:
            number = self._names.footnotes.get(fold_label(match["label"]))
            self._add(match[0] if number is None else f"<sup>{number}</sup>")
        elif kind == "dollar":
            self._add(DOLLAR)
        elif kind == "ref":
            self._add(BACKSLASH + match["ref"])  # MathJax would look it up, in text, too
        elif kind == "begin":
            return self._environment(match)
        elif kind == "image":
            return self._image(match.start())
        elif kind == "escape":
            return self._escaped(match.start(), match[0])
        else:
            self._add(match[0])
        return match.end()

    def _code(self, match: re.Match[str]) -> int:
        end = _after(self._ticks.get(len(match[0]), []), match.end())
        stop = match.end() if end is None else end + len(match[0])
        self._add(self._text[match.start() : stop])
        return stop

    def _math(self, start: int, mark: str) -> int:
        inside = start + len(mark)
        end = self._closing(inside, mark) if len(mark) < 3 else None
        if end is None:
            for _ in mark:
                self._add(DOLLAR if self._in_address else RAW_DOLLAR)
            return inside
        return self._formula(inside, end, len(mark), mark == "$$")

    def _closing(self, inside: int, mark: str) -> int | None:
        """Where the formula ends that may begin with dollars."""
        text = self._text
        end = _after(self._dollars, inside)
        if mark == "$$":
            while end is not None and text[end + 1 : end + 2] != "$":
                end = _after(self._dollars, end + 1)
            return end
        # Sums of money: "$5 and $10", "US$5".
        if end is None or text[inside].isspace() or text[end - 1].isspace():
            return None
        before, after = text[inside - 2 : inside - 1], text[end + 1 : end + 2]
        if _WORD.match(before) or after.isdecimal() or "`" in text[inside:end]:
            return None
        return end

    def _escaped(self, start: int, pair: str) -> int:
        if pair == "\\$":
            self._add(DOLLAR if self._in_address else ESCAPED_DOLLAR)
        elif pair in ("\\(", "\\["):
            end = _after(self._closers["\\)" if pair == "\\(" else "\\]"], start + 2)
            if end is not None and self._text[start + 2 : end].strip():
                return self._formula(start + 2, end, 2, pair == "\\[")
            self._add(pair)
        elif pair == "\\\\" and self._text.startswith(("(", "[", "!["), start + 2):
            self._add(BACKSLASH)  # JupyterLab would begin a formula here
        else:
            self._add(pair)
        return start + len(pair)

    def _formula(self, start: int, end: int, mark: int, display: bool) -> int:
        tex = self._text[start:end]
        if not tex.strip():
            for character in self._text[start - mark : end + mark]:
                self._add(RAW_DOLLAR if character == "$" else character)
            return end + mark
        shown = formula(tex, display=display, in_cell=self._in_cell, one_line=self._quoted)
        self._add(shown, is_formula=shown.startswith("$"))
        return end + mark

    def _environment(self, match: re.Match[str]) -> int:
        closer = f"\\end{{{match['environment']}}}"
        end = _after(self._ends.get(closer, []), match.end())
        if end is None:
            self._add(match[0])
            return match.end()
        end += len(closer)
        tex = self._text[match.start() : end]
        self._add(environment(tex, in_cell=self._in_cell, one_line=self._quoted))
        return end

    def _tag(self, match: re.Match[str]) -> None:
        name = (match["name"] or "br").lower()
        if name == "br":
            self._add("<br>")
        elif match[0][1] != "/":
            self._add(f"<{name}>")
            if len(self._open) < MAX_DEPTH:
                self._open.append((name, len(self._out) - 1))
            else:
                self._escape(len(self._out) - 1)
        else:
            self._add(f"</{name}>")
            if not any(name == other for other, _ in self._open):
                self._escape(len(self._out) - 1)
                return
            while self._open:
                other, place = self._open.pop()
                if other == name:
                    break
                self._escape(place)

    def _escape(self, place: int) -> None:
        self._out[place] = "&lt;" + self._out[place][1:]

    def _image(self, start: int) -> int:
        match = _IMAGE.match(self._text, start)
        href = match["href"] if match else None
        if match and href is None:
            label = match["label"] or match["alt"]
            href = self._names.addresses.get(fold_label(label))
        if match is None or href is None:
            self._add("![")
            return start + 2
        host = _host(href)
        alt = " ".join(match["alt"].split())
        words = [f"Image: {alt}" if alt else "Image", host]
        text = " · ".join(word for word in words if word).replace("$", RAW_DOLLAR)
        linked = self._text[start - 1 : start] == "[" and self._text[match.end() :][:2] == "]("
        self._add(text if linked or not host else f"[{text}]({href})")
        return match.end()


def _host(href: str) -> str:
    """The host of an address that may be linked to; else ""."""
    try:
        parts = urlsplit(href)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.hostname}{port}" if parts.scheme in ("http", "https") and parts.hostname else ""


def _after(places: list[int], start: int) -> int | None:
    """The first of the sorted places from `start` on."""
    index = bisect_left(places, start)
    return places[index] if index < len(places) else None
