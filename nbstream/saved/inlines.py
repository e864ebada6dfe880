"""Rewrites the inline text of a paragraph, a heading or a cell so that JupyterLab shows it as the
live view does: emphasis, formulas, dollars, links, the few HTML tags that are allowed, footnote
marks, images.

Only the appearance depends on it: whatever it writes, `safe_markdown` makes it harmless.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..markdown.emphasis import Run, Sides, sides
from ..markdown.inlines import Lookups, Token, parse
from ..markdown.links import Definition
from ..text.terminal import in_order
from .addresses import is_allowed, plain_pointed, plain_target, target
from .code_spans import escaped_code
from .formulas import APART, BACKSLASH, DOLLAR, environment, formula

# Placeholders for dollars that belong to no formula: whether they may stay depends on the text
# after them. The text itself has no control characters.
RAW_DOLLAR, ESCAPED_DOLLAR = "\x01", "\x02"

_IN_ADDRESS = re.compile(r"(?:(?:https?|ftp)://|www\.)\S*\Z", re.IGNORECASE)
_SPACE = re.compile(r"\s")
_REF = re.compile(r"\\(?:eq)?ref[ \t]*\{")
_LONE_BREAK = re.compile(r"^(?=<br>(?:<br>|[ \t])*$)", re.MULTILINE)
_TAG = re.compile(r"</?[A-Za-z]+>\Z")
# HTML that this module writes itself stays unchanged.
_OWN = re.compile(r"<span>(?:&#36;)?</span>|<code>(?:[^\W_]|[ &#;,=/\"'-])*</code>")
_MARKUP = re.compile(r"[\\`*_~\[\]<]")
# An address that all readers end at the same place as the live view.
_PLAIN_ADDRESS = re.compile(r"(?:https?://|www\.)[a-z0-9-]+(?:\.[a-z0-9-]+)*(?![^\x00-\x7f])", re.I)
_SENTENCE = re.compile(r"[?!.,:*_~'\")]*(?:\s|</?(?:br|sub|sup|kbd|code|span)[ />]|\Z)", re.I)
# Text that other readers may not take for plain text, though the live view does.
_NOT_PLAIN = re.compile(r"[$\\]|.*(?:://|www\.)", re.DOTALL | re.IGNORECASE)
_LIKE_REFERENCE = re.compile(r"&(?=#?\w+;)")
_LIKE_DEFINITION = re.compile(r"\[[^\[\]\n]*\]:")
_LIKE_ADDRESS = re.compile(r"(?:https?|ftp)(?=://[\w])|www(?=\.[\w])", re.IGNORECASE)


@dataclass
class Names:
    """The footnotes and definitions that a text can refer to."""

    footnotes: Mapping[str, int] = field(default_factory=dict)
    """Their numbers by folded label."""
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    """The targets of links by folded label."""
    kept: set[str] = field(default_factory=set)
    """The labels of definitions that all readers understand as they are written."""
    used: set[str] = field(default_factory=set)
    """The labels that are referred to."""
    linked: set[str] = field(default_factory=set)
    """Those of them that a link uses, not only an image."""
    _parsed: dict[str, list[Token]] = field(default_factory=dict)

    def parse(self, text: str) -> list[Token]:
        known = self._parsed.get(text)
        if known is not None:
            return known
        tokens = parse(text, Lookups(self._definition, self.footnotes.get, _OWN))
        self._parsed[text] = tokens
        self.linked |= {token.label for token in tokens if token.label and token.kind == "link"}
        return tokens

    def _definition(self, label: str) -> tuple[str, str] | None:
        found = self.definitions.get(label)
        if found is None:
            return None
        self.used.add(label)
        return found.href, found.title


def rewrite(
    text: str,
    names: Names,
    *,
    in_cell: bool = False,
    quoted: bool = False,
    html: bool = False,
    html_code: bool = False,
) -> str:
    """The inline text in JupyterLab's form; line ends stay, except in formulas of quotes.

    ``html``: write HTML, where Markdown is not read; ``html_code``: write only code as HTML.
    """
    tokens = names.parse(text)
    if len(tokens) == 1 and tokens[0].kind == "text" and not _NOT_PLAIN.match(text):
        return text
    return _Rewriter(text, tokens, names, in_cell, quoted, html, html_code or html).rewrite()


class _Rewriter:
    def __init__(
        self,
        text: str,
        tokens: Sequence[Token],
        names: Names,
        in_cell: bool,
        quoted: bool,
        html: bool,
        html_code: bool,
    ) -> None:
        self._text = text
        self._tokens = tokens
        self._names = names
        self._in_cell = in_cell
        self._quoted = quoted
        self._html = html
        self._html_code = html_code
        self._out: list[str] = []
        self._closing: list[str] = []  # the text that closes each open element
        self._links = 0
        self._after_formula = False
        self._in_address = False
        tildes = [token for token in tokens if token.run and token.run.character == "~"]
        self._lone_tildes = sum(token.end - token.start == 1 for token in tildes) > 1
        self._ends = _ends(tokens)
        self._closes_formula = "\\]" in text

    def rewrite(self) -> str:
        index = 0
        while index < len(self._tokens):
            index = self._token(index, self._tokens[index])
        return _LONE_BREAK.sub("&nbsp;", "".join(self._out))

    def _source(self, token: Token) -> str:
        return self._text[token.start : token.end]

    def _add(self, text: str, is_formula: bool = False) -> None:
        if not text:
            return
        # `safe_markdown` encodes dollars in an address, as far as an address could extend.
        apart = is_formula and (self._after_formula or self._in_address)
        if apart or (self._after_formula and text[0].isdecimal()):
            self._out.append(APART)
        self._out.append(text)
        self._after_formula = is_formula
        if is_formula or text == APART or _SPACE.search(text):
            self._in_address = False
        self._in_address = self._in_address or _IN_ADDRESS.search(text) is not None

    def _token(self, index: int, token: Token) -> int:
        """Adds a token; returns the index of the next one."""
        kind, source = token.kind, self._source(token)
        if kind == "text":
            self._add_text(token, source)
        elif kind == "escape":
            self._escape(token, source)
        elif kind == "entity":
            self._entity(token, source)
        elif kind == "break":
            self._add("<br>" if source[0] == "<" or self._html else source)
        elif kind == "code":
            source = in_order(source)
            self._add(escaped_code(source) if self._html_code else source)
        elif kind == "math":
            self._formula(token, source)
        elif kind == "footnote":
            self._add(f"<sup>{token.number}</sup>")
        elif kind == "address":
            self._add(self._address(token, source))
        elif kind == "image":
            return self._image(index, token)
        elif kind == "link":
            self._link(token, self._tokens[self._ends[index]])
        elif kind == "tag":
            self._add(f"<{token.text}>")
            self._closing.append(f"</{token.text}>")
        elif kind == "close":
            self._add(self._closing.pop())
            self._links -= token.text == "link"
        elif token.run:
            self._run(index, token.run, source)
        else:
            self._add(source)
        return index + 1

    def _add_text(self, token: Token, source: str) -> None:
        if self._links:
            source = in_order(source)
        if source[0] == "$":
            for _ in source:
                self._add(DOLLAR if self._in_address else RAW_DOLLAR)
        elif source[0] == "\\" and _REF.match(self._text, token.start):
            self._add(BACKSLASH)  # MathJax would resolve it even in text
        elif _TAG.match(source):
            self._add(f"&lt;{source[1:]}")
        elif source == "[" and self._is_like_definition(token.start):
            self._add("\\[")
        elif self._html:
            self._add(source)
        else:
            self._add(_LIKE_ADDRESS.sub(rf"\g<0>{APART}", source))

    def _escape(self, token: Token, source: str) -> None:
        if token.text == "$":
            self._add(DOLLAR if self._in_address else ESCAPED_DOLLAR)
        elif token.text == "\\" and self._text.startswith(("(", "[", "!["), token.end):
            self._add(BACKSLASH)  # JupyterLab would begin a formula here
        else:
            self._add(source)

    def _entity(self, token: Token, source: str) -> None:
        character = token.text
        if character == "$":
            self._add(DOLLAR)
        elif character == "\\":
            apart = self._text.startswith(APART, token.end)
            self._add(source if apart else BACKSLASH)
        elif self._links and in_order(character) != character:
            self._add(in_order(character))
        elif character.isascii() and character.isalnum():
            self._add(character + APART)  # a letter is not markup, but could complete some
        else:
            self._add(source)

    def _formula(self, token: Token, source: str) -> None:
        one_line = self._quoted or self._html
        if source.startswith("\\begin"):
            self._add(environment(source, in_cell=self._in_cell, one_line=one_line))
            return
        mark = 1 if source[0] == "$" and not token.display else 2
        tex = source[mark:-mark]
        shown = formula(tex, display=token.display, in_cell=self._in_cell, one_line=one_line)
        self._add(shown, is_formula=shown.startswith("$"))

    def _is_like_definition(self, start: int) -> bool:
        """Whether `safe_markdown` would take the line at ``start`` for a definition and escape
        it."""
        begins = self._text[start - 1 : start] in ("", "\n")
        like = begins and _LIKE_DEFINITION.match(self._text, start)
        return bool(like) and not self._closes_formula

    def _run(self, index: int, run: Run, source: str) -> None:
        if self._html:
            self._styles(run)
            return
        if run.character == "~" and run.length == 1:
            self._add("\\~" if self._lone_tildes else source)
            return
        before, after = self._beside(index)
        wanted = Sides(run.can_open, run.can_close)
        if run.character == "_" or (run.character == "~" and run.length > 2):
            self._add(source)
            return
        # Other readers do not know that Chinese and Japanese words have no spaces between them.
        for first, last in (("", ""), (APART, ""), ("", APART), (APART, APART)):
            found = sides(run.character, first or before, last or after, cjk=False)
            if found == wanted:
                self._add(first + source + last)
                return
        self._add(source)

    def _beside(self, index: int) -> tuple[str, str]:
        """The text that is written before and after a run."""
        before = next((part for part in reversed(self._out) if part), "")
        token = self._tokens[index]
        after = self._text[token.end : token.end + 1]
        if index + 1 < len(self._tokens) and self._tokens[index + 1].kind == "address":
            following = self._tokens[index + 1]
            after = self._address(following, self._source(following))[:1]
        return before[-3:].replace(RAW_DOLLAR, "$").replace(ESCAPED_DOLLAR, "$"), after

    def _styles(self, run: Run) -> None:
        for _ in run.closes:
            self._add(self._closing.pop() if self._closing else "")
        self._add(run.character * run.left)
        for span in reversed(run.opens):
            self._add("" if span == "del" else f"<{span}>")
            self._closing.append("" if span == "del" else f"</{span}>")

    def _address(self, token: Token, source: str) -> str:
        href = token.href
        pointed = source[0] == "<"
        written = source[1:-1] if pointed else source
        if self._links or self._html:
            return written
        if not is_allowed(href):
            scheme, colon, rest = written.partition(":")
            return f"{scheme}{colon}{APART}{rest}" if colon else written
        if (shown := in_order(token.text)) != token.text:
            return f"[{_words(_LIKE_REFERENCE.sub('&amp;', shown))}]{target(href)}"
        if pointed:
            return source if plain_pointed.match(source) else f"[{_words(written)}]{target(href)}"
        if href.startswith("mailto:") or self._is_plain(token, source):
            return source
        if href == source and plain_pointed.match(f"<{source}>"):
            return f"<{source}>"
        return f"[{_words(source)}]{target(href)}"

    def _is_plain(self, token: Token, source: str) -> bool:
        """Whether all readers find exactly this address here."""
        before = self._text[max(0, token.start - 1) : token.start]
        starts = before in ("", " ", "\t", "\n", "(", "*", "_", "~")
        balanced = source.count("(") == source.count(")") or not self._text[token.end :]
        end = _SENTENCE.match(self._text, token.end)
        plain = token.text == source and _PLAIN_ADDRESS.match(source)
        return bool(starts and balanced and plain and end)

    def _link(self, token: Token, end: Token) -> None:
        """A link unchanged if all readers understand it, else with its target written plainly."""
        source = self._source(end)
        href, title = token.href, token.title
        opening, closing = "[", source
        if self._html or self._links or href.startswith("#"):
            opening = closing = ""  # it leads nowhere, or links are not allowed here
        elif token.label and token.label not in self._names.kept:
            closing = f"]{target(href, title)}" if is_allowed(href) else f"]({href})"
        elif not token.label and is_allowed(href) and not plain_target.match(source):
            closing = f"]{target(href, title)}"
        self._add(opening)
        self._closing.append(closing)
        self._links += 1

    def _image(self, index: int, token: Token) -> int:
        end = self._ends[index]
        inner = self._tokens[index + 1 : end]
        host = _host(token.href)
        alt = in_order(" ".join("".join(one.text or _left(one) for one in inner).split()))
        # References are resolved by now: what looks like one is text.
        alt = _escaped(_LIKE_REFERENCE.sub("&amp;", alt))
        words = [f"Image: {alt}" if alt else "Image", host]
        text = " · ".join(word for word in words if word).replace("$", RAW_DOLLAR)
        is_text = self._links or self._html or not (host and is_allowed(token.href))
        self._add(text if is_text else f"[{text}]{target(token.href)}")
        return end + 1


def _ends(tokens: Sequence[Token]) -> dict[int, int]:
    """Where each link, image and tag ends."""
    ends: dict[int, int] = {}
    begun: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind in ("link", "image", "tag"):
            begun.append(index)
        elif token.kind == "close":
            ends[begun.pop()] = index
    return ends


def _left(token: Token) -> str:
    return token.run.character * token.run.left if token.run else ""


def _escaped(text: str) -> str:
    """``text`` with its markup escaped for all readers."""
    return _MARKUP.sub(r"\\\g<0>", text)


def _words(address: str) -> str:
    """An address as the text of a link."""
    escaped = _escaped(address)
    # `safe_markdown` would take the escapes for a part of the address.
    return escaped if escaped == address else _LIKE_ADDRESS.sub(rf"\g<0>{APART}", escaped)


def _host(href: str) -> str:
    """The host of an http(s) address, else ""."""
    try:
        parts = urlsplit(href)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.hostname}{port}" if parts.scheme in ("http", "https") and parts.hostname else ""
