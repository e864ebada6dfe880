"""An inspection as text: a table for a terminal, and a bug report in Markdown. Pure."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ..text.terminal import printable
from ..transport.recording import RawEvent

if TYPE_CHECKING:
    from .inspection import InspectedAttempt, Inspection

WIDTH = 100
"""Characters of a line of the table."""
ROWS = 12
"""Events in the table and in the report: so many of the beginning, and of the end."""
_BEFORE = 28
"""Characters before the text of an event."""
REPORTED = 300
"""Characters of an event in the report."""

_PACKAGES = ("nbstream", "openai", "ipykernel", "IPython", "anywidget", "ipywidgets")
_PROMPTS = (
    *("instructions", "input", "messages", "prompt", "tools", "metadata"),
    *("user", "safety_identifier", "prompt_cache_key"),
)
_MENTIONS_PROMPT = re.compile(rf'"(?:{"|".join(_PROMPTS)})"\s*:')
_LEFT_OUT = "[left out]"

_HEADING = """\
**What happened, and what I expected:**


<details><summary>nbstream report</summary>

"""
_END = """

API keys are redacted, and the prompt is left out. The events hold the model's answer, and the words
of a server may repeat the prompt: read this before you post it.

</details>
"""


def versions() -> dict[str, str]:
    """The releases of what is loaded, and of Python."""
    loaded = {name: getattr(sys.modules.get(name), "__version__", None) for name in _PACKAGES}
    python = f"{platform.python_version()} ({platform.system()} {platform.machine()})"
    return {**{name: found for name, found in loaded.items() if found}, "Python": python}


def facts(found: Inspection) -> dict[str, str]:
    """What there is to say beside the events, in words."""
    last = found.attempts[-1]
    words = {
        "model": found.model,
        "server": last.host,
        "status": found.status + (f": {found.reason}" if found.reason else ""),
        "error": str(found.error) if found.error else None,
        "HTTP status": last.status_code and str(last.status_code),
        "request id": last.request_id,
        "time": _times(found),
        "events": _counted(last),
        "longest gap": _longest_gap(last.events),
    }
    for one in found.attempts[:-1]:
        words[f"request {one.number}"] = _attempt(one)
    if len(found.attempts) > 1:
        words[f"request {last.number}"] = _attempt(last)
    return {name: " ".join(text.split()) for name, text in words.items() if text}


def table(found: Inspection, width: int = WIDTH) -> str:
    """The facts, the headers and the first and last events, on lines of ``width`` characters."""
    words = [f"{name}: {text}" for name, text in (facts(found) | dict(found.headers)).items()]
    lines = [line for text in [*words, found.note] for line in wrap(text, width)]
    rows = _rows(found.attempts[-1], lambda event: _without_middle(str(event), width - _BEFORE))
    return printable("\n".join([*lines, *(_cut(row, width) for row in rows)]))


def report(found: Inspection) -> str:
    """The bug report. Whatever came from a server stands in a fence, which it cannot end."""
    about = {**versions(), "front end": found.front_end, **facts(found)}
    lines = [f"{name}: {text}" for name, text in about.items() if text]
    lines += ["", *(f"{name}: {value}" for name, value in found.headers.items())]
    lines += ["", found.note] if found.note else []
    lines += ["", *_rows(found.attempts[-1], _reported)]
    text = printable("\n".join(lines).rstrip())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{_HEADING}{fence}text\n{text}\n{fence}{_END}"


def without_prompt(data: str) -> str:
    """The JSON of an event without what the API repeats of the request.

    >>> without_prompt('{"type":"response.created","response":{"instructions":"Be kind"}}')
    '{"type":"response.created","response":{"instructions":"[left out]"}}'
    """
    first = _MENTIONS_PROMPT.search(data)
    if first is None:
        return data
    try:
        return json.dumps(_stripped(json.loads(data)), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):  # it was cut: nobody knows where the prompt ends
        return f"{data[: first.end()]}{_LEFT_OUT}, with all that follows"


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _LEFT_OUT if name in _PROMPTS and one else _stripped(one)
            for name, one in value.items()
        }
    return [_stripped(one) for one in value] if isinstance(value, list) else value


def _reported(event: RawEvent) -> str:
    if event.data is not None:
        event = replace(event, data=without_prompt(event.data))
    return _cut(str(event), REPORTED)


def _rows(attempt: InspectedAttempt, show: Callable[[RawEvent], str]) -> Iterator[str]:
    """The first and the last events, a line each, and how many are not here."""
    events = attempt.events
    if not events:
        return
    yield f"{'#':>6} {'at':>9} {'gap':>9}  event"
    chosen = events if len(events) <= 2 * ROWS else [*events[:ROWS], *events[-ROWS:]]
    before = 0
    for event in chosen:
        if event.number > before + 1:
            yield f"{'…':>6} {event.number - before - 1:,} events are not shown here"
        before = event.number
        yield f"{event.number:>6} {_seconds(event.at):>9} {_seconds(event.gap):>9}  {show(event)}"


def _attempt(one: InspectedAttempt) -> str:
    words = [f"after {one.at:.2f} s"]
    words += [f"HTTP {one.status_code}"] if one.status_code else []
    words += [one.error] if one.error else []
    words += [f"request id {one.request_id}"] if one.request_id else []
    return ", ".join(words)


def _times(found: Inspection) -> str:
    first = found.first_token
    return f"{found.elapsed:.2f} s" + ("" if first is None else f", first token {first:.2f} s")


def _counted(attempt: InspectedAttempt) -> str:
    events, gone = len(attempt.events) + attempt.left_out, attempt.left_out
    if not gone:
        return f"{events:,}" if events else ""
    size = f" ({attempt.bytes_left_out:,} bytes)" if attempt.bytes_left_out else ""
    return f"{events:,}, of which {gone:,}{size} in the middle are not kept"


def _longest_gap(events: Sequence[RawEvent]) -> str:
    timed = [(event.gap, event.number) for event in events if event.gap is not None]
    if not timed:
        return ""
    gap, number = max(timed)
    return f"{gap:.3f} s, before event {number}"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f} s"


def _without_middle(text: str, width: int) -> str:
    """Chunks differ at their end, mostly."""
    return text if len(text) <= width else f"{text[: width // 3]}…{text[1 - width + width // 3 :]}"


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
