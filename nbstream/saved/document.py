"""An answer as Markdown and as plain text: what a notebook keeps of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any
from urllib.parse import quote

from ..text.terminal import in_order
from ..transcript.choices import Image, image_of
from ..transcript.events import CitedSource, PartInfo
from ..transcript.transcript import Part, Transcript
from .citation_marks import without_marks
from .formulas import DOLLAR
from .sanitize import folded, safe_parts

# In what the arguments of some tools are written; those of others are JSON, mostly.
_LANGUAGES = {
    "code_interpreter_call": "python",
    "shell_call": "bash",
    "local_shell_call": "bash",
    "apply_patch_call": "diff",
}
# What a file of each format begins with: nothing else is kept as an image.
_BEGINNINGS = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}

LONGEST = 500_000
"""Characters of an answer that are read as Markdown: at worst a million take 6 s, during which the
kernel does nothing else. No model writes more text than this, so the rest is kept as code."""
_SHORT = 10_000

# Markdown that is not safe yet, and what stands around it once it is.
_Piece = tuple[str, Callable[[str], str]]


def markdown(transcript: Transcript) -> list[str]:
    """The blocks of all answers. They run no script and load nothing, whatever the model wrote:
    see `nbstream.saved.sanitize`."""
    numbers = transcript.choice_numbers
    pieces: list[_Piece] = []
    for number in numbers:
        if len(numbers) > 1:
            pieces.append((f"**answer {number + 1}**", _alone))
        pieces += _pieces(transcript, number)
    texts = [text for text, _ in pieces]
    if sum(map(len, texts)) > LONGEST:
        texts = [text if len(text) <= _SHORT else _fenced(text, "") for text in texts]
    safe = safe_parts(texts)
    return [around(text) for (_, around), text in zip(pieces, safe, strict=True)]


def plain(transcript: Transcript) -> str:
    """The text of all answers, or the refusal; calls as one line each."""
    numbers = transcript.choice_numbers
    blocks = []
    for number in numbers:
        if len(numbers) > 1:
            blocks.append(f"[answer {number + 1}]")
        parts = transcript.of_choice(number)
        for type_, group in groupby(parts, key=lambda part: part.type):
            if type_ == "tool":
                blocks += [f"[{tool_name(part.info)}] {part.text}".rstrip() for part in group]
            elif type_ != "reasoning":
                blocks.append(without_marks("".join(part.text for part in group)))
    return "\n\n".join(filter(None, blocks))


def escaped(text: str) -> str:
    """``text`` as Markdown that shows just this text on one line."""
    flat = in_order(" ".join(text.split()))
    for old, new in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        flat = flat.replace(old, new)
    flat = "".join(f"\\{c}" if c in "\\`*_[]|~!" else c for c in flat)
    return flat.replace("$", DOLLAR)


def tool_name(info: PartInfo) -> str:
    """A tool as people call it.

    >>> tool_name({"kind": "web_search_call"}), tool_name({"name": "search", "server": "docs"})
    ('web search', 'search (docs)')
    """
    kind = info.get("kind", "tool").removesuffix("_call").replace("_", " ")
    name = info.get("name") or kind
    return f"{name} ({info['server']})" if "server" in info else name


# -- pieces ---------------------------------------------------------------------------------------


def _alone(safe: str) -> str:
    return safe


def _pieces(transcript: Transcript, number: int) -> Iterator[_Piece]:
    for type_, members in groupby(transcript.of_choice(number), key=lambda part: part.type):
        group = list(members)
        if type_ == "reasoning":
            yield _reasoning(group)
            continue
        for part in group:
            if type_ == "tool":
                yield _tool(part)
            elif type_ == "image":
                image = image_of(transcript, part.key)
                yield "", lambda _, image=image: _image(image)  # type: ignore[misc]  # mypy: defaults
            elif part.text:
                before = {"refusal": "**The model refused:**\n\n", "audio": "*Spoken:*\n\n"}
                lead = before.get(type_, "")
                yield without_marks(part.text), lambda safe, lead=lead: lead + safe  # type: ignore[misc]  # mypy: defaults
            if sources := part.info.get("sources"):
                yield _sources(sources), _alone


def _reasoning(parts: list[Part]) -> _Piece:
    seconds = [part.info["seconds"] for part in parts if "seconds" in part.info]
    title = f"reasoned for {sum(seconds):.1f} s" if seconds else "reasoning"
    text = without_marks("\n\n".join(part.text for part in parts))
    return text, lambda safe: folded(title, safe)


def _tool(part: Part) -> _Piece:
    info = part.info
    states = [info.get("status", "").replace("_", " ")]
    if "error" in info and states != ["declined"]:
        states = ["failed"]
    if "seconds" in info:
        states.append(f"{info['seconds']:.1f} s")
    title = " · ".join(filter(None, [tool_name(info), *states]))
    blocks = []
    if part.text:
        blocks.append(_fenced(*_arguments(part)))
    for given in (info.get("error"), info.get("result")):
        if given:
            blocks.append(_fenced(given, ""))
    return "\n\n".join(blocks), lambda safe: folded(title, safe)


def _arguments(part: Part) -> tuple[str, str]:
    """What a tool is given, and the language that it is written in."""
    language = _LANGUAGES.get(part.info.get("kind", ""))
    if language is not None:
        return part.text, language
    try:
        return _indented(part.text), "json"
    except (ValueError, RecursionError):
        return part.text, ""


def _indented(written: str) -> str:
    """JSON with line breaks. Raises `ValueError` where that would show something else than what
    the model wrote, or be mostly white space."""
    pieces, left = [], 4 * len(written) + 1000
    for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(
        json.loads(written, object_pairs_hook=_unique)
    ):
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            raise ValueError("nested too deeply")
    return "".join(pieces)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def _fenced(text: str, language: str) -> str:
    longest = max((len(run) for run in text.split("\n") if set(run) == {"`"}), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _sources(sources: list[CitedSource]) -> str:
    lines = []
    for number, source in enumerate(sources, 1):
        url = source.get("url", "")
        # What is escaped brackets elsewhere begins a formula here.
        title = escaped((source.get("title") or url).translate(_ROUND))
        if url.startswith(("http://", "https://")):
            title = f"[{title}]({quote(url, safe=_URL)})"
        lines.append(f"{number}. {title}")
    return "\n".join(lines)


_ROUND = str.maketrans("[]", "()")
# Percent signs too: what is encoded already stays.
_URL = "%/:?#@!$&*+,;=~'"


def _image(image: Image | None) -> str:
    if image is None or not image.data.startswith(_BEGINNINGS.get(image.format, b"none")):
        return "*an image that did not arrive*"
    data = base64.b64encode(image.data).decode()
    return f"![Image made by the model](data:image/{image.format};base64,{data})"
