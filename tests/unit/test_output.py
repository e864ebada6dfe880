"""What a notebook keeps, and what a terminal prints."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from nbstream.loops import background_loop
from nbstream.session.generation import Generation
from nbstream.session.session import Session
from nbstream.widget.displays import print_live, summary, text_bundle
from tests.support.fakes import ApiError, FakeSource, Gate, RecordingSink, chat, ended

DONE = chat(finish="stop")
USAGE = {"prompt_tokens": 1, "completion_tokens": 1234}


async def run(*scripts: Any) -> Generation:
    session = Session(FakeSource(*scripts), RecordingSink(), clock=lambda: 5.0)
    session.start(asyncio.get_running_loop())
    await ended(session)
    return session.generation


async def test_summary() -> None:
    plain = await run([chat("a"), {**DONE, "usage": USAGE}])
    assert summary(plain, "asked") == "served-model · 1,234 tokens · 0.0 s · done"
    one = await run([chat("a"), {**DONE, "usage": {**USAGE, "completion_tokens": 1}}])
    assert summary(one, "asked") == "served-model · 1 token · 0.0 s · done"
    cut = await run([chat("a"), chat(finish="length")])
    said = "served-model · 0.0 s · incomplete: the answer reached the token limit"
    assert summary(cut, "asked").startswith(said)
    note = "local model (demo quality)"
    assert summary(plain, "m", note).startswith(f"served-model, {note} · ")
    assert summary(plain, "served-model", note).startswith(f"{note} · ")


async def test_the_answer_and_its_line() -> None:
    bundle = text_bundle(await run([chat("**Hi** you"), DONE]), "asked")
    assert set(bundle) == {"text/markdown", "text/plain"}
    assert bundle["text/markdown"].startswith("**Hi** you\n\n<sub>served")
    assert bundle["text/plain"] == "**Hi** you\n\n[served-model · 0.0 s · done]"


async def test_reasoning_is_folded_and_not_in_plain_text() -> None:
    bundle = text_bundle(await run([chat(None, reasoning="hm"), chat("Hi"), DONE]), "m")
    assert bundle["text/markdown"].startswith(
        "<details><summary>reasoned for 0.0 s</summary>\n\nhm"
    )
    assert "hm" not in bundle["text/plain"]


async def test_a_refusal() -> None:
    bundle = text_bundle(await run([chat(None, refusal="I won't."), DONE]), "m")
    assert "**The model refused:**\n\nI won't." in bundle["text/markdown"]
    assert bundle["text/plain"].startswith("I won't.")


async def test_an_error_keeps_the_text() -> None:
    bundle = text_bundle(await run([chat("par"), ValueError("boom")]), "m")
    for text in bundle.values():
        assert text.startswith("par")
        assert "boom" in text
        assert "failed" in text


async def test_an_error_is_text_and_nothing_else() -> None:
    evil = "<script>alert(1)</script> **x** [a](javascript:b) `c` $d$ | ~e~ <img src=x>"
    markdown = text_bundle(await run(ApiError(400, evil)), "<b>")["text/markdown"]
    assert "<script" not in markdown
    assert "<img" not in markdown
    assert "<b>" not in markdown
    assert "\\[a\\](" in markdown


def test_print_live() -> None:
    session = Session(FakeSource([chat("Hel"), chat("lo"), DONE]), RecordingSink())
    session.start(background_loop())
    out = io.StringIO()
    print_live(session, "m", out)
    answer, line = out.getvalue().splitlines()
    assert answer == "Hello"
    assert line.startswith("[served-model · ")
    assert line.endswith(" · done]")


def test_print_live_flushes_each_delta() -> None:
    class Out(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    session = Session(FakeSource([chat("a"), chat("b"), DONE]), RecordingSink())
    session.start(background_loop())
    out = Out()
    print_live(session, "m", out)
    assert out.flushed == 3


def test_ctrl_c_while_printing_stops_the_stream() -> None:
    class Out(io.StringIO):
        def write(self, text: str) -> int:
            if text == "a":
                raise KeyboardInterrupt
            return super().write(text)

    session = Session(FakeSource([chat("a"), Gate()]), RecordingSink())
    session.start(background_loop())
    out = Out()
    with pytest.raises(KeyboardInterrupt):
        print_live(session, "m", out)
    assert session.status == "cancelled"
    assert "cancelled: interrupted]" in out.getvalue()
