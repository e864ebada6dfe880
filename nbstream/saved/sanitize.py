"""Makes a model's Markdown safe to keep in a notebook.

JupyterLab renders a fresh output's Markdown without a sanitiser: raw HTML runs, images load, and
``javascript:`` links work. nbconvert does the same. So the text itself must be harmless, for every
parser, and parsers disagree about what is code:

* Outside code nothing dangerous stays: ``<`` before a tag name, images, links to other than plain
  http(s), mailto and #fragments, and the few TeX commands that load things. Only a few tags without
  attributes are let through, and folds whose tags stand apart from everything else.
* A code span that holds something dangerous becomes ``<code>`` with its punctuation as character
  references, which no parser can read as anything else.
* If a fenced block holds something dangerous, or is not plainly closed where it was opened, then
  all fences of the text are written anew (see `fences`) in a form that all parsers agree on.

What JupyterLab would show otherwise than the live view is rewritten before (see `live_form`).
Everything else stays byte for byte.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from ..text.terminal import in_order
from .addresses import CHARACTERS, NO_USER, TITLE, URL, plain_definition
from .block_math import closed_math, without_block_math
from .code_spans import code_spans, escaped_code
from .fences import FENCE, Fence, scan, write
from .formulas import APART, BACKSLASH, DOLLAR, refused_commands
from .hazards import (
    code_is_dangerous,
    definition,
    holds_block_math,
    info_is_dangerous,
    tex_commands,
)
from .mirror import live_form

# C0 and C1 controls but tab and newline, and surrogates, which UTF-8 cannot carry.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")

# As far as any parser could see an address; an element ends it for all of them.
_URL_RUN = re.compile(r"(?:(?:https?|ftp)://|www\.)(?:[^ \t\n<]|<(?!span></span>))*", re.IGNORECASE)

# What leads to another place than most readers would think, or to one that the live view links
# nowhere; up to where a reader of Markdown stops seeing an address, once an element stands there.
_MISLEADING = re.compile(r"\A(?:ftp:(?=//)|https?:(?=//[^/?#]*@)|www(?=\.[^/?#]*@))", re.IGNORECASE)

# Tags that can stand alone or unpaired without harm, if they begin no HTML block: such a block
# hides a fence that follows. In <code> there is nothing that Markdown could read.
_TAG = r"</?(?:sub|sup|kbd)>|<br>|<span>(?:&\#36;)?</span>"
_CODE = r"<code>[\w &#;,=/\"'-]*[\w;][\w &#;,=/\"'-]*</code>"
_PLAIN = re.compile(
    # What each of them begins with: most characters are passed over several times faster.
    r"(?=[<\]!\\&])(?:"
    + "|".join(
        (
            rf"(?P<link>\]\({URL}{TITLE}\))",
            rf"(?P<autolink>(?<!\\)<(?:https?://{NO_USER}|mailto:){CHARACTERS}+>)",
            rf"(?P<tag>&\#92;<span></span>|(?<!\\)(?:{_TAG}|{_CODE}))",
            r"(?P<escaped>\\[\\`])",
            r"(?P<less>\\?<(?=[A-Za-z/!?]))",
            r"(?P<image>\\?!\[)",
            r"(?P<paren>\]\()",
            r"(?P<colon>\]:)",
            rf"(?P<tex>{tex_commands}|{refused_commands})",
            r"(?P<reference>&(?=\#(?:0*(?:4[89]|5[0-7]|6[5-9]|[78]\d|9[0-57-9]|1[01]\d|12[0-2])"
            r"|[xX]0*(?:3\d|[4-7][\da-fA-F]));|bsol;))",
        )
    )
    + ")"
)
# Alone on its line, as far as any parser could see.
_LONE_TAG = re.compile(r"(?P<before>(?:[\W\d_](?<!\|))*?)(?:</?(?:sub|sup|kbd)>|<br>)[ \t]*\Z")
_FOLD = re.compile(
    r"[ \t]*<(/details|details(?: open)?)>(?:<summary>(?P<summary>.*)</summary>)?[ \t]*\Z"
)
_STYLE = re.compile(r"(</?(?:strong|em)>)")
_MARKERS = re.compile(r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*")
_OPENING = re.compile(rf"(?P<prefix>{_MARKERS.pattern})(?P<run>`{{3,}}|~{{3,}})")
_BACKTICKS = re.compile(r"`+")


def safe_markdown(text: str) -> str:
    """The text with all that could run or load neutralised; ordinary answers stay as they are.

    The result never ends inside an open code block, so that what follows a blank line is read as
    Markdown again. It has to start a paragraph of its own: a fence is none behind other text.
    Takes linear time.

    >>> safe_markdown("Use **bold** and `x < y`.")
    'Use **bold** and `x < y`.'
    >>> safe_markdown("<script>alert(1)</script>")
    '&lt;script>alert(1)&lt;/script>'
    >>> safe_markdown("![](https://example.org/p.png) [x](javascript:f())")
    '[Image · example.org](https://example.org/p.png) [x] (javascript:f())'
    """
    return safe_parts([text])[0]


def safe_parts(texts: Sequence[str]) -> list[str]:
    """`safe_markdown` for texts that will stand in one document, such as reasoning and answer.

    nbconvert reads a formula on from one to the other, blank lines or not.
    """
    documents = [_Document(text) for text in texts]
    code_matters = any(document.rewrite for document in documents)
    defuse = code_matters and any(document.holds_block_math for document in documents)
    return [document.safe(defuse) for document in documents]


def folded(summary: str, safe: str) -> str:
    """A closed fold (``<details>``) around safe Markdown, which cannot leave it.

    >>> print(folded("Reasoning", safe_markdown("Let me </details> see.")))
    <details><summary>Reasoning</summary>
    <BLANKLINE>
    Let me &lt;/details> see.
    <BLANKLINE>
    </details>
    """
    title = html.escape(in_order(" ".join(summary.split()))).replace("$", DOLLAR)
    body = closed_math(safe.strip("\n"))
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


class _Document:
    """One text, scanned."""

    def __init__(self, text: str) -> None:
        text = _CONTROLS.sub("\ufffd", _LINE_ENDS.sub("\n", text))
        self._blocks = scan(live_form(text.split("\n")))
        fences = [block for block in self._blocks if isinstance(block, Fence)]
        self.rewrite = any(fence.irregular or fence.dangerous for fence in fences)
        self.holds_block_math = any(holds_block_math(fence.body) for fence in fences)
        # A definition could make an image of what another parser does not take for code.
        self._definitions = not any("![" in line for fence in fences for line in fence.body)
        tags = [
            _fold_tag(block, index, last=block is self._blocks[-1])
            for block in self._blocks
            if isinstance(block, list)
            for index in range(len(block))
        ]
        self._folds = _nested(["</fold" if tag[0] == "/" else "<fold" for tag in tags if tag])

    def safe(self, defuse: bool) -> str:
        """The safe text; `defuse`: no formula may go over lines, because code holds ``$$``."""
        length = max(3, self._longest_run() + 1) if self.rewrite else 0
        out: list[str] = []
        for index, block in enumerate(self._blocks):
            if not isinstance(block, Fence):
                out.extend(self._lines(block, defuse, index == len(self._blocks) - 1))
            elif self.rewrite:
                after = self._blocks[index + 1 : index + 2]
                blank = not after or (isinstance(after[0], list) and not after[0][0].strip())
                write(block, length, out, before_blank=blank)
            else:
                out.extend(block.lines)
                if not block.closed:
                    out.append(block.closer)
        return "\n".join(out)

    def _lines(self, block: list[str], defuse: bool, last: bool) -> list[str]:
        lines = _Lines(block, self._definitions, self._folds, last).safe()
        if defuse:
            lines = [without_block_math(line) for line in lines]
        if self.rewrite:
            lines = [definition.sub(_reference, line) for line in lines]
        return lines

    def _longest_run(self) -> int:
        """Of what will stand between the fences, so that writing twice changes nothing."""
        blocks = (block.body if isinstance(block, Fence) else block for block in self._blocks)
        runs = (run for lines in blocks for line in lines for run in _BACKTICKS.findall(line))
        return max((len(run) for run in runs), default=0)


def _reference(match: re.Match[str]) -> str:
    return match[0].replace(":", "&#58;")


class _Lines:
    """A run of lines outside fenced blocks; `last`: at the text's end."""

    def __init__(self, lines: list[str], definitions: bool, folds: bool, last: bool) -> None:
        self._lines = lines
        self._definitions = definitions
        self._folds = folds
        self._last = last

    def safe(self) -> list[str]:
        return [self._line(index) for index in range(len(self._lines))]

    def _line(self, index: int) -> str:
        line = self._lines[index]
        if not line:
            return line
        if self._folds and _fold_tag(self._lines, index, self._last):
            return _safe_fold(line)
        following = "".join(self._lines[index + 1 : index + 2]).lstrip(" \t>")
        titled = following.startswith(('"', "'", "("))
        if self._definitions and not titled and plain_definition.match(line):
            return line
        lone = _LONE_TAG.match(line)
        if lone:
            line = f"{lone['before']}&lt;{line[lone.end('before') + 1 :]}"
        start = _MARKERS.match(line)
        first = line[start.end() if start else 0 :]
        # A definition's label has no bracket of its own and may have begun on an earlier line.
        closing = first.find("]")
        defines = first.startswith("[") or (closing >= 0 and "[" not in first[:closing])

        # No fence only because of a backtick, which JupyterLab may take out as part of a formula.
        almost = first.startswith("```") and info_is_dangerous(first.replace("`", ""))

        pieces: list[str] = []
        for text, code in code_spans(line):
            if not code:
                pieces.append(_plain(text, defines))
            elif code_is_dangerous(text) or almost or _ends_in_url(pieces):
                pieces.append(escaped_code(text))
            else:
                pieces.append(text)
        result = "".join(pieces)
        if almost or FENCE.match(result):
            run = _OPENING.match(result)
            if run is not None:
                marks = "".join(f"&#{ord(mark)};" for mark in run["run"])
                result = run["prefix"] + marks + result[run.end() :]
        return result


def _fold_tag(lines: list[str], index: int, last: bool) -> str | None:
    """The tag of a fold on this line, if no other line is in its HTML block."""
    match = _FOLD.match(lines[index])
    after = lines[index + 1 : index + 2]
    alone = not after[0].strip(" \t") if after else last
    return match[1] if match and alone else None


def _safe_fold(line: str) -> str:
    match = _FOLD.match(line)
    summary = match["summary"] if match else None
    if match is None or summary is None:
        return line
    pieces = _STYLE.split(summary)
    if not _nested(pieces[1::2]):
        pieces = [summary]
    safe = [piece if n % 2 else _plain(piece, False) for n, piece in enumerate(pieces)]
    return line[: match.start("summary")] + "".join(safe) + line[match.end("summary") :]


def _nested(tags: list[str]) -> bool:
    """Whether tags are properly nested: otherwise the style would never end."""
    names: list[str] = []
    for tag in tags:
        if tag[1] != "/":
            names.append(tag[1:])
        elif not names or names.pop() != tag[2:]:
            return False
    return not names


def _plain(text: str, defines: bool) -> str:
    """Text outside code; `defines`: it could be a link reference definition."""

    def replace(match: re.Match[str]) -> str:
        kind, found = match.lastgroup, match[0]
        if kind == "less":
            return "&lt;"
        if kind == "image":
            return "&#33;["
        if kind == "paren":
            return "] ("
        if kind == "colon":
            return "] :" if defines else found
        if kind == "tex":
            return BACKSLASH + found[1:]
        if kind == "reference":
            return "&amp;"
        return found

    return _PLAIN.sub(replace, _URL_RUN.sub(_bare_address, text))


def _ends_in_url(pieces: list[str]) -> bool:
    """Whether a URL stands directly before: GitHub's kind of links would take in what follows."""
    if not pieces:
        return False
    last = pieces[-1]
    return _URL_RUN.search(last, max(last.rfind(" "), last.rfind("\t")) + 1) is not None


def _bare_address(match: re.Match[str]) -> str:
    """An address in text, which readers make a link of, unless it is not one that may be linked to.

    JupyterLab takes math out before Markdown and puts it back unquoted, even into an href.
    """
    address = match[0].replace("$", "%24").replace("\\", "%5C").replace("@@", "%40%40")
    return _MISLEADING.sub(lambda start: start[0] + APART, address)
