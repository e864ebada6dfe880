"""What others wrote cannot steer a terminal."""

from __future__ import annotations

import asyncio
import io
import unicodedata

import pytest

import nbstream
from nbstream.errors import ErrorInfo, LocalModelError, StreamError
from nbstream.text.terminal import printable
from nbstream.tools.approval import Approval
from nbstream.transcript.choices import ToolCall

HOSTILE = "a\x1b]0;title\x07b\x1b[2J\x9b31mc\x08\x7f\rd\x85\u202ee\u2066f"


def is_harmless(text: str) -> bool:
    return not any(
        (unicodedata.category(c) == "Cc" and c not in "\n\t")
        or unicodedata.bidirectional(c)
        in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        for c in text
    )


def test_controls_become_visible() -> None:
    every = "".join(map(chr, range(0x3000)))
    assert is_harmless(printable(every))
    kept = [c for c in every if printable(c) == c]
    assert len(kept) == 0x3000 - 63 - 12
    assert printable("a\r\nb\tc\n") == "a\nb\tc\n"


def test_ordinary_text_stays() -> None:
    text = "A café, 漢字, العربية, 👩‍👩‍👧 and\ttabs\n"
    assert printable(text) == text


async def test_the_answer_and_its_summary() -> None:
    w = await nbstream.show([HOSTILE, "\x1b", "[31m"], label=HOSTILE)
    out = io.StringIO()
    nbstream.widget.displays.print_live(w._session, HOSTILE, out)
    assert is_harmless(out.getvalue())
    assert is_harmless(w.text_bundle()["text/plain"])
    assert is_harmless(repr(w))
    assert is_harmless(w.inspect().report())
    assert is_harmless(repr(w.inspect()))
    assert w.text == HOSTILE + "\x1b[31m"


def test_errors() -> None:
    info = ErrorInfo("Type" + HOSTILE, HOSTILE, HOSTILE, request_id=HOSTILE)
    for error in (StreamError(info), LocalModelError(HOSTILE)):
        assert is_harmless(str(error))
        assert all(map(is_harmless, error._render_traceback_()))


async def test_the_question_whether_a_call_may_run(capsys: pytest.CaptureFixture[str]) -> None:
    approval = Approval("ask")
    approval.is_seen = lambda: False
    call = ToolCall(name="tool" + HOSTILE, arguments=HOSTILE, call_id="c")
    decision = approval.of("part", call)
    task = asyncio.ensure_future(decision)
    await asyncio.sleep(0)
    approval.decide(nbstream.tools.approval.Decision(True), call_id="c")
    await task
    said = capsys.readouterr().err
    assert "waits for" in said
    assert is_harmless(said)
