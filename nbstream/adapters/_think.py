"""Reasoning that a model writes into its text, between tags such as ``<think>``."""

from __future__ import annotations

import functools
import re

from ..transcript.events import Delta, Moved

# DeepSeek, Qwen, GLM, MiniMax and most others write "think", EXAONE and Gemini's OpenAI endpoint
# "thought", Seed-OSS "seed:think"; prompted or tuned models use the other two
# (https://github.com/vllm-project/vllm/tree/main/vllm/reasoning,
# https://huggingface.co/LGAI-EXAONE/EXAONE-Deep-32B).
_NAMES = ("think", "thought", "thinking", "reasoning", "seed:think")
# Magistral, Kimi-VL, OpenThoughts and Cohere's models have marks of their own.
_MARKS = {
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    # gpt-oss, where the server does not read its format
    # (https://cookbook.openai.com/articles/openai-harmony).
    "<|channel|>analysis<|message|>": "<|end|><|start|>assistant<|channel|>final<|message|>",
}
_LONGEST = 200
"""The maximal length of an opening tag with attributes, in characters."""

_NAME = "|".join(_NAMES)
_OPENING = re.compile(
    rf"<\s*(?P<name>(?i:{_NAME}))(?:\s[^<>]*)?>|(?P<mark>{'|'.join(map(re.escape, _MARKS))})"
)
_ENDS = "|".join(re.escape(mark) for mark in _MARKS.values() if mark[0] == "<")
_ANY = re.compile(rf"{_OPENING.pattern}|(?P<end></\s*(?i:{_NAME})\s*>|{_ENDS})")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)
_TICKS = re.compile("`+")
_QUOTES = "\"'`\u201c\u201d\u2018\u2019\xab\xbb"


def _beginnings(*words: str) -> str:
    """A pattern for all beginnings of ``words``."""
    found = {word[:size] for word in words for size in range(1, len(word) + 1)}
    return "|".join(map(re.escape, sorted(found, key=len, reverse=True)))


# Text that the next piece may complete to a tag.
_HALF = re.compile(
    rf"(?:<(?:/?\s*(?i:{_beginnings(*_NAMES)})?\s*|\s*(?i:{_NAME})\s[^<>]*)"
    rf"|{_beginnings(*_MARKS, *_MARKS.values())})\Z"
)


@functools.cache
def _closing(opening: str) -> re.Pattern[str]:
    """The pattern that ends reasoning that ``opening``, a name or a mark, began."""
    if opening in _MARKS:
        return re.compile(re.escape(_MARKS[opening]))
    return re.compile(rf"</\s*{opening}\s*>", re.IGNORECASE)


class ThinkTags:
    """Separates reasoning from text.

    If the text begins with a tag, it is reasoning until the tag is closed, and so is later text
    between tags at the beginning of a line. Where the chat template opens the tag, only its end
    arrives, and the text before it is moved to the reasoning. Tags in code, and pairs of tags that
    the text talks about, stay text.

    >>> tags = ThinkTags("text", "reasoning")
    >>> [delta.type for piece in ("<thi", "nk>hm</think>Yes") for delta in tags.feed(piece)]
    ['reasoning', 'text']
    """

    def __init__(self, text_part: str, reasoning_part: str) -> None:
        self._text, self._reasoning = text_part, reasoning_part
        self.is_plain = False
        """Whether a piece without ``sign`` is text, and only needs adding to ``told``."""
        self.sign = "<"
        """The first character of tags."""
        self.told: list[str] = []
        """The text since the last tag."""
        self._found: list[Delta | Moved] = []
        self._held = ""
        self._blank: list[str] = []  # the white space before all text
        self._opening = ""  # of the reasoning that comes now
        self._thought_last = ""
        self._code = _Code()
        self._seen = 0  # of `told`, how much `_code` has
        self._pairs = 0  # opening tags in the text that begin no reasoning
        self._has_begun = self._is_tagged = self._is_stray = self._is_over = False

    def feed(self, piece: str) -> list[Delta | Moved]:
        """The text and reasoning that are certain after ``piece``."""
        self._found = []
        if self._opening and not self._held and self.sign not in piece:
            self._think(piece)
            return self._found
        self._held += piece
        before = None
        while self._held and self._held != before:
            before = self._held
            if not self._has_begun:
                self._begin()
            if self._opening:
                self._inside()
            elif self._has_begun:
                self._in_text()
        self.is_plain = self._has_begun and not (self._held or self._opening or self._is_stray)
        return self._found

    def end(self) -> list[Delta | Moved]:
        """The text that was held back: nothing follows that could complete a tag or quote it."""
        self._is_over = True
        found = self.feed("")
        held = self._held if self._has_begun else "".join(self._blank) + self._held
        self._held, self._is_over = "", False
        if self._opening:
            self._think(held)
        elif held:
            self._has_begun = True
            self._say(held)
        return found

    @property
    def is_open(self) -> bool:
        """Whether a tag has opened reasoning that has not ended."""
        return bool(self._opening)

    # -- where it is --------------------------------------------------------------------------

    def _begin(self) -> None:
        """At the beginning of the text, as far as it is known."""
        start = self._held.lstrip()
        found = _OPENING.match(start)
        if not start:
            # A failing model may write nothing else, so each piece is looked at only once.
            self._blank.append(self._held)
            self._held = ""
        elif found:
            self._open(found)
            self._held = start[found.end() :]
        elif len(start) >= _LONGEST or not _HALF.match(start):
            self._has_begun = True
            self._held = "".join(self._blank) + self._held

    def _inside(self) -> None:
        """In reasoning."""
        found = _closing(self._opening).search(self._held)
        if found is None:
            self._think(self._taken(_sure(self._held)))
        elif not self._is_quoted(found):
            self._think(self._taken(found.start()))
            self._taken(len(found[0]))
            self._opening = ""
            self._begin_text()
        elif found.end() < len(self._held):
            self._think(self._taken(found.end()))

    def _in_text(self) -> None:
        found = _ANY.search(self._held)
        if found is None:
            self._say(self._taken(_sure(self._held)))
            return
        is_quoted = self._is_quoted(found)
        if is_quoted and found.end() == len(self._held):
            return
        self._say(self._taken(found.start()))
        tag = self._taken(len(found[0]))
        self._look_for_code()
        if is_quoted or self._code.is_inside:
            self._say(tag)
        elif found["end"] is None:
            if self._may_open:
                self._open(found)
            else:
                self._pairs += 1
                self._say(tag)
        elif self._pairs:
            self._pairs -= 1
            self._say(tag)
        else:
            self._end_without_beginning()

    def _taken(self, count: int) -> str:
        """Remove and return the first ``count`` characters of the held text."""
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    @property
    def _may_open(self) -> bool:
        """Whether a tag here begins more reasoning."""
        return self._is_tagged and (self._code.is_at_line_start or not self._has_text)

    def _open(self, found: re.Match[str]) -> None:
        self._opening = found["mark"] or found["name"].lower()
        self.sign = self._opening[0] if found["mark"] else "<"
        self._has_begun = self._is_tagged = True

    def _end_without_beginning(self) -> None:
        if not self._has_text:
            self._begin_text()
        elif self._is_tagged:
            # Models also write one behind their answer: the text after it decides.
            self._is_stray = True
        else:
            self._move()

    def _move(self) -> None:
        text = "".join(self.told)
        self._found.append(Moved(self._text, self._reasoning, "reasoning", text))
        self._begin_text()

    def _begin_text(self) -> None:
        self.told, self._seen, self._pairs = [], 0, 0
        self._code = _Code()
        self._has_begun = self._is_tagged = True
        self._is_stray = False

    # -- what it says -------------------------------------------------------------------------

    def _think(self, text: str) -> None:
        if text:
            self._thought_last = text
            self._found.append(Delta(self._reasoning, "reasoning", text))

    def _say(self, text: str) -> None:
        if self._is_stray and text.strip():
            self._move()
        if text:
            self.told.append(text)
            self._found.append(Delta(self._text, "text", text))

    def _is_quoted(self, tag: re.Match[str]) -> bool:
        """Whether ``tag`` stands between quotes or backticks, as far as can be seen."""
        start, end = tag.span()
        before = tag.string[start - 1] if start else self._last_character
        after = tag.string[end : end + 1]
        follows = after in _QUOTES if after else not self._is_over
        return bool(before) and before in _QUOTES and follows

    @property
    def _last_character(self) -> str:
        said = self._thought_last if self._opening else "".join(self.told[-1:])
        return said[-1:]

    @property
    def _has_text(self) -> bool:
        return any(piece.strip() for piece in self.told)

    def _look_for_code(self) -> None:
        new, self._seen = self.told[self._seen :], len(self.told)
        self._code.feed("".join(new))


class _Code:
    """Whether a growing text ends inside code: in an open fence, or in a code span."""

    def __init__(self) -> None:
        self._fence = ""
        self._start = ""  # of the line
        self._runs = 0
        self._last = ""

    @property
    def is_inside(self) -> bool:
        return bool(self._fence) or self._runs % 2 == 1

    @property
    def is_at_line_start(self) -> bool:
        return not self._start.strip()

    def feed(self, text: str) -> None:
        first, *lines = text.split("\n")
        self._extend(first)
        for line in lines:
            self._end_line()
            self._extend(line)

    def _extend(self, piece: str) -> None:
        if not piece:
            return
        if len(self._start) < 100:
            self._start += piece[:100]
        self._runs += len(_TICKS.findall(piece)) - (piece[0] == self._last == "`")
        self._last = piece[-1]

    def _end_line(self) -> None:
        if found := _FENCE.match(self._start):
            run, rest = found.groups()
            if not self._fence:
                self._fence = "" if run[0] == "`" and "`" in rest else run
            elif run.startswith(self._fence) and not rest.strip():
                self._fence = ""
        self._start, self._runs, self._last = "", 0, ""


def _sure(text: str) -> int:
    """The length of the beginning of ``text`` that cannot be part of a tag."""
    for at in range(max(0, len(text) - _LONGEST), len(text)):
        if text[at] in "<[◁" and _HALF.match(text, at):
            return at
    return len(text)
