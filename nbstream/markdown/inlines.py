"""The inline structure of a leaf's text, as the live view reads it
(`js/src/markdown/inlines/parser.ts`): the same rules under the same names, with places in the text.

Only the appearance depends on it: whatever it finds, `safe_markdown` makes the result harmless.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .emphasis import Run, match_runs, scan_run
from .links import (
    ENTITY,
    MAX_LABEL,
    PUNCTUATION,
    Address,
    decode_entity,
    find_addresses,
    fold_label,
    scan_label,
    scan_target,
    unescape,
)

MAX_DEPTH = 64
SEGMENT = 4096

Kind = Literal[
    "text",
    "escape",
    "entity",
    "newline",
    "break",
    "code",
    "own",
    "math",
    "run",
    "footnote",
    "address",
    "link",
    "image",
    "tag",
    "close",
]


@dataclass(slots=True)
class Token:
    """A piece of the text from `start` to `end`: all of them together are the text.

    A link, an image and a tag contain the tokens before their "close".
    """

    kind: Kind
    start: int
    end: int
    text: str = ""
    """Its visible text; a formula's TeX; a tag's name."""
    href: str = ""
    title: str = ""
    display: bool = False
    number: int = 0
    label: str = ""
    """The folded label from which a link or image has its target."""
    run: Run | None = None


@dataclass(slots=True)
class _Opener:
    token: int
    start: int
    bottom: int
    name: str = ""
    nested: bool = False


@dataclass(frozen=True, slots=True)
class Lookups:
    """The meaning of labels."""

    definition: Callable[[str], tuple[str, str] | None]
    """(address, title) by folded label."""
    footnote: Callable[[str], int | None]
    """A footnote's number by folded label."""
    own: re.Pattern[str] | None = None
    """HTML that the saved form writes itself, and the live view would show as text."""


_PLAIN = re.compile(r"[^\\`*_~\[\]!<&$\n]+")
_MARKUP = re.compile(r"[\\`*_~\[\]!<&$\n]")
_TICKS = re.compile(r"`+")
_REFERENCE = re.compile(ENTITY, re.ASCII)
_URI = re.compile(r"<([a-z][a-z0-9+.-]{1,31}:[^\s<>\x00-\x1f\x7f-\x9f]*)>", re.IGNORECASE)
_MAIL = re.compile(
    r"<([a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,255}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*)>",
    re.IGNORECASE | re.ASCII,
)
_TAG = re.compile(r"<(?:(/?)(sub|sup|kbd)|br ?/?)>", re.IGNORECASE | re.ASCII)
_NOTE = re.compile(rf"[^\s\[\]]{{1,{MAX_LABEL}}}\Z")
_ESCAPABLE = re.compile(f"[{PUNCTUATION}]")
_FORMULA = re.compile(
    r"(?<![A-Za-z0-9_])\$(?![\s$])((?:\\.|[^\\$`])+)"
    r"(?:(?<=[A-Za-z0-9_})\]])\$(?![0-9{])|(?<!\s)\$(?![A-Za-z0-9_{(]))"
    r"|\$\$((?:\\.|[^\\$]|\$(?!\$))*)\$\$|\\\(((?:\\[^)]|[^\\])*)\\\)|\\\[((?:\\[^\]]|[^\\])*)\\\]"
    r"|\\begin(\{[a-z]+\*?\}).*?\\end\5",
    re.DOTALL,
)


def segments(text: str) -> list[tuple[int, int]]:
    """The places of a leaf's segments: no markup extends from one into the next."""
    found = []
    start, size = 0, len(text)
    while start < size:
        end = size
        if size > start + SEGMENT:
            fits = text[start : start + SEGMENT]
            end = start + (fits.rfind("\n") + 1 or fits.rfind(" ") + 1 or SEGMENT)
        found.append((start, end))
        start = end
    return found


def parse(text: str, lookups: Lookups) -> list[Token]:
    """The tokens of a text."""
    tokens: list[Token] = []
    for start, end in segments(text):
        part = _Parser(text[start:end], lookups).parse()
        for token in part if start else ():
            token.start += start
            token.end += start
        tokens += part
    return tokens


class _Parser:
    def __init__(self, text: str, lookups: Lookups) -> None:
        self._text = text
        self._lookups = lookups
        self._tokens: list[Token] = []
        self._runs: list[Run] = []
        self._brackets: list[_Opener] = []
        self._tags: list[_Opener] = []
        self._spent: set[str] = set()
        self._inactive = 0
        self._at = 0
        self._ticks: dict[int, list[int]] | None = None

    def parse(self) -> list[Token]:
        text, size = self._text, len(self._text)
        addresses = find_addresses(text)
        if not addresses and not _MARKUP.search(text):
            return [Token("text", 0, size, text)] if text else []
        addresses.reverse()
        plain = 0
        while self._at < size:
            while addresses and addresses[-1].start < self._at:
                addresses.pop()
            address = addresses[-1] if addresses else None
            if address and address.start == self._at:
                self._address(address)
                continue
            if plain <= self._at:
                found = _PLAIN.match(text, self._at)
                plain = found.end() if found else self._at
            end = min(plain, address.start) if address else plain
            if end > self._at:
                self._add("text", end, text[self._at : end])
            elif not self._special(text[self._at]):
                self._add("text", self._at + 1, text[self._at])
        match_runs(self._runs, 0)
        return self._tokens

    def _add(self, kind: Kind, end: int, text: str = "") -> Token:
        token = Token(kind, self._at, end, text)
        self._tokens.append(token)
        self._at = end
        return token

    def _address(self, address: Address) -> None:
        own = address.text.split("]")[0] if self._brackets else address.text
        self._link(own, address.scheme, 0)

    def _link(self, address: str, scheme: str, more: int) -> None:
        """Adds a link to `address`, which is written with `more` characters around it."""
        # In an address a backslash escapes nothing.
        shown = unescape(address.replace("\\", "\\\\"))
        self._add("address", self._at + len(address) + more, shown).href = scheme + shown

    def _special(self, character: str) -> bool:
        if character == "\n":
            return self._line_end()
        if character == "\\":
            return self._escape()
        if character == "`":
            return self._code()
        if character in "*_~":
            return self._run(character)
        if character == "$":
            return self._dollars()
        if character == "!":
            return self._text.startswith("[", self._at + 1) and self._bracket("![")
        if character == "[":
            return self._bracket("[")
        if character == "]":
            return self._close_bracket()
        if character == "<":
            return self._is_own() or self._tag() or self._pointed()
        return self._entity()

    def _entity(self) -> bool:
        found = _REFERENCE.match(self._text, self._at)
        decoded = decode_entity(found[0]) if found else None
        if not found or not decoded:
            return False
        self._add("entity", found.end(), decoded)
        return True

    def _start_line(self, end: int, kind: Kind) -> bool:
        text = self._text
        while text.startswith(" ", end):
            end += 1
        self._add(kind, end, "\n" if kind == "newline" else "")
        return True

    def _line_end(self) -> bool:
        last = self._tokens[-1] if self._tokens else None
        spaces = 0
        if last and last.kind in ("text", "escape", "entity"):
            kept = last.text.rstrip(" ")
            spaces = len(last.text) - len(kept)
            last.text = kept
        return self._start_line(self._at + 1, "break" if spaces > 1 else "newline")

    def _escape(self) -> bool:
        following = self._text[self._at + 1 : self._at + 2]
        if following in ("(", "[", "b") and self._formula():
            return True
        if following == "\n":
            return self._start_line(self._at + 2, "break")
        if not following or not _ESCAPABLE.match(following):
            return False
        self._add("escape", self._at + 2, following)
        return True

    def _dollars(self) -> bool:
        end = self._at + 1
        while self._text.startswith("$", end):
            end += 1
        if end - self._at < 3 and self._formula():
            return True
        self._add("text", end, self._text[self._at : end])
        return True

    def _formula(self) -> bool:
        text, at = self._text, self._at
        opener = text[at : at + 2]
        if opener in self._spent:
            return False
        display = opener in ("$$", "\\[", "\\b")
        found = _FORMULA.match(text, at)
        if not found:
            if opener in ("$$", "\\(", "\\["):
                self._spent.add(opener)
            return False
        tex = found[0] if found[5] else (found[found.lastindex or 0] or "").strip()
        if not tex:
            return False
        self._add("math", found.end(), tex).display = display
        return True

    def _code(self) -> bool:
        text, at = self._text, self._at
        found = _TICKS.match(text, at)
        start = found.end() if found else at
        length = start - at
        if self._ticks is None:
            self._ticks = {}
            for run in reversed(list(_TICKS.finditer(text))):
                self._ticks.setdefault(len(run[0]), []).append(run.start())
        same = self._ticks.get(length, [])
        while same and same[-1] < start:
            same.pop()
        if not same:
            self._add("text", start, text[at:start])
            return True
        end = same[-1]
        inside = text[start:end].replace("\n", " ")
        if len(inside) > 1 and inside[0] == inside[-1] == " " and inside.strip(" "):
            inside = inside[1:-1]
        self._add("code", end + length, inside)
        return True

    def _run(self, character: str) -> bool:
        end = self._at + 1
        while self._text.startswith(character, end):
            end += 1
        found = scan_run(self._text, self._at, end)
        if found.can_open or found.can_close:
            self._runs.append(found)
        self._add("run", end).run = found
        return True

    def _pointed(self) -> bool:
        uri = _URI.match(self._text, self._at)
        found = uri or _MAIL.match(self._text, self._at)
        if not found:
            return False
        self._link(found[1], "" if uri else "mailto:", 2)
        return True

    def _is_own(self) -> bool:
        own = self._lookups.own
        found = own.match(self._text, self._at) if own else None
        if found:
            self._add("own", found.end())
        return found is not None

    def _tag(self) -> bool:
        found = _TAG.match(self._text, self._at)
        if not found:
            return False
        end = found.end()
        name = (found[2] or "").lower()
        if not name:
            self._add("break", end)
            return True
        if found[1]:
            for opener in reversed(self._tags):
                if opener.name == name:
                    self._close(opener, Token("tag", opener.start, 0, name), end)
                    return True
        elif len(self._tags) < MAX_DEPTH:
            opener = self._here()
            opener.name = name
            self._tags.append(opener)
        self._add("text", end, found[0])
        return True

    def _here(self) -> _Opener:
        return _Opener(len(self._tokens), self._at, len(self._runs))

    def _close(self, opener: _Opener, token: Token, end: int) -> None:
        self._leave(opener)
        token.end = self._tokens[opener.token].end
        self._tokens[opener.token] = token
        self._add("close", end).text = token.kind

    def _leave(self, opener: _Opener) -> None:
        match_runs(self._runs, opener.bottom)
        for openers in (self._tags, self._brackets):
            while openers and openers[-1].token >= opener.token:
                openers.pop()
        self._inactive = min(self._inactive, len(self._brackets))

    def _bracket(self, bracket: str) -> bool:
        if self._brackets:
            self._brackets[-1].nested = True
        self._brackets.append(self._here())
        self._add("text", self._at + len(bracket), bracket)
        return True

    def _close_bracket(self) -> bool:
        depth = len(self._brackets) - 1
        bracket = self._brackets[depth] if depth >= 0 else None
        if bracket:
            image = self._text[bracket.start] == "!"
            if image or depth >= self._inactive:
                token = Token("image" if image else "link", bracket.start, 0)
                end = self._target(bracket, token)
                if end is not None:
                    self._close(bracket, token, end)
                    if not image:
                        self._inactive = depth
                    return True
                if self._footnote(bracket):
                    return True
            self._brackets.pop()
        self._inactive = min(self._inactive, len(self._brackets))
        return False

    def _target(self, bracket: _Opener, token: Token) -> int | None:
        """Sets the token's target; returns where that ends."""
        text, at = self._text, self._at
        target = scan_target(text, at + 1)
        if target:
            token.href, token.title, end = target
            return end
        full = scan_label(text, at + 1)
        inside = bracket.start + (2 if text[bracket.start] == "!" else 1)
        own = "" if bracket.nested or at - inside > MAX_LABEL else text[inside:at]
        label = fold_label((full.value if full else "") or own)
        definition = self._lookups.definition(label) if label else None
        if definition is None:
            return None
        token.href, token.title = definition
        token.label = label
        return full.end if full else at + 1

    def _footnote(self, bracket: _Opener) -> bool:
        label = self._text[bracket.start + 2 : self._at]
        if self._text[bracket.start + 1 : bracket.start + 2] != "^" or not _NOTE.match(label):
            return False
        number = self._lookups.footnote(fold_label(label))
        if number is None:
            return False
        self._leave(bracket)
        del self._tokens[bracket.token :]
        self._inactive = len(self._brackets)
        token = Token("footnote", bracket.start, self._at + 1, label, number=number)
        self._tokens.append(token)
        self._at += 1
        return True
