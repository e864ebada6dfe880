"""What is told of a stream when it is inspected, and what is not."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.comm.inspector import LONGEST, message
from nbstream.inspection import report
from nbstream.inspection.inspection import NOTES, Inspection, inspect, without_last_word
from nbstream.session.session import Session
from nbstream.text.redact import redactor
from nbstream.transport.recording import MOST_EVENTS
from nbstream.transport.sse import KEPT
from tests.support.fakes import DONE, ApiError, ReadError, begin, chat, ended, make, run, until
from tests.support.protocol import keys

SECRET = "hunter22/hunter22"
SENT = "sent-with-the-request"
HEADERS = {
    "x-request-id": "req_1",
    "content-type": f"text/event-stream; token={SECRET}",
    "set-cookie": f"session={SECRET}",
    "authorization": f"Bearer {SENT}",
}
RESPONSE = SimpleNamespace(
    headers=HEADERS,
    status_code=200,
    url=SimpleNamespace(host="api.example"),
    request=SimpleNamespace(headers={"authorization": f"Bearer {SENT}"}),
)


async def recorded(*scripts: Any, **options: Any) -> Session:
    options = {"record": True, "redact": redactor(SECRET), "response": RESPONSE, **options}
    session, _ = await run(*scripts, **options)
    return session


def everything(found: Inspection) -> str:
    """Whatever of an inspection somebody may see."""
    wire = json.dumps(message("s1", found), ensure_ascii=False)
    return "\n".join([repr(found), str(vars(found)), found.report(), wire, str(found.events)])


async def test_a_recorded_stream() -> None:
    found = inspect((await recorded([chat("Hel"), chat("lo"), DONE])).generation, "asked-model")
    assert (found.status, found.request_id, found.status_code) == ("completed", "req_1", 200)
    assert found.model == "served-model"
    assert [event.number for event in found.events] == [1, 2, 3]
    assert json.loads(found.events[1].data or "") == chat("lo")
    assert all(event.gap is not None and event.gap >= 0 for event in found.events)
    assert found.seen == "chunks"
    assert found.note == NOTES["chunks"]
    assert len(found.attempts) == 1


async def test_a_stream_that_was_not_recorded() -> None:
    session, _ = await run([chat("a"), DONE])
    found = inspect(session.generation)
    assert (found.events, found.seen) == ((), "nothing")
    assert "inspect=True" in found.note
    assert found.note in found.report()
    assert session.generation.attempts.latest.recording is None


async def test_of_a_shown_stream_the_chunks_are_there_without_times() -> None:
    count = 2 * MOST_EVENTS + 7
    chunks = [chat(f"word{number} ") for number in range(count)]
    session, _ = await run(chunks, keep_chunks=True)
    found = inspect(session.generation)
    assert (found.seen, len(found.events)) == ("kept", 2 * MOST_EVENTS)
    assert found.attempts[-1].left_out == 7
    assert found.events[-1].number == count
    assert "word0" in (found.events[0].data or "")
    assert f"word{count - 1}" in (found.events[-1].data or "")
    assert {event.gap for event in found.events} == {None}
    short = inspect((await run(chunks[:3], keep_chunks=True))[0].generation)
    assert [event.number for event in short.events] == [1, 2, 3]


async def test_in_the_middle_of_the_stream() -> None:
    session, _ = make([chat("a"), ReadError("cut")], record=True)
    assert inspect(session.generation).status == "queued"
    assert inspect(session.generation).events == []
    begin(session)
    await until(lambda: session.transcript.text)
    assert len(inspect(session.generation).events) == 1
    await ended(session)
    assert inspect(session.generation).status == "failed"


async def test_attempts() -> None:
    refused = ApiError(503, f"busy, {SECRET}", headers={"x-request-id": "req_0"})
    session = await recorded(refused, ReadError("cut"), [chat("a"), DONE])
    found = inspect(session.generation)
    first, second, third = found.attempts
    assert (first.number, first.request_id) == (1, "req_0")
    assert "busy, [redacted]" in (first.error or "")
    assert second.error
    assert second.status_code is None
    assert (third.error, len(third.events)) == (None, 2)
    assert first.at <= second.at <= third.at
    assert "request 2" in repr(found)
    assert "request 2" in found.report()


async def test_a_stream_that_goes_on_has_another_attempt() -> None:
    session = await recorded([chat("a"), ReadError("cut")], [chat("b"), DONE])
    assert session.status == "failed"
    session.go_on(lambda: session.loop)  # type: ignore[arg-type,return-value]  # it has one
    await until(lambda: session.status == "completed")
    found = inspect(session.generation)
    assert [len(attempt.events) for attempt in found.attempts] == [1, 2]
    assert found.attempts[0].error


# -- secrets --------------------------------------------------------------------------------------


async def test_no_key_is_shown_anywhere() -> None:
    said = [
        f"the key {SECRET} and {SENT}",
        f"https://user:{SECRET}@host/v1?api-key=planted-in-url&n=1",
        '{"api_key": "planted-in-body"}',
        "Bearer sk-planted-0123456789",
    ]
    echoed = {"x-request-id": f"req {SECRET}"}
    failed = ApiError(401, said[0], headers=echoed, request=RESPONSE.request)
    for script in ([chat(" ".join(said)), *said, DONE], failed):
        found = inspect((await recorded(script)).generation, front_end=f"a page with {SECRET}")
        text = everything(found)
        assert "[redacted]" in text
        for secret in (SECRET, json.dumps(SECRET)[1:-1], SENT, "planted", "session="):
            assert secret not in text


@pytest.mark.parametrize("length", range(KEPT - 40, KEPT + 1))
async def test_a_key_that_is_cut_is_not_shown_either(length: int) -> None:
    data = "x " * (length // 2) + SECRET
    found = inspect((await recorded([{"said": data}])).generation)
    assert "hunter" not in everything(found)
    assert found.events[0].missing == max(0, len(data) + 11 - KEPT)


async def test_half_a_key_at_the_end_of_what_came_is_not_shown() -> None:
    session, _ = make([DONE], record=True, redact=redactor(SECRET))
    recording = session.generation.attempts.latest.recording
    assert recording is not None
    recording.read(b'event: error\ndata: {"error": "the key ' + SECRET[:9].encode())
    (event,) = inspect(session.generation).events
    assert (event.event, event.data) == ("error", '{"error": "the key …')
    assert not event.is_complete
    recording.read(SECRET[9:].encode() + b'"}\n\n')
    (event,) = inspect(session.generation).events
    assert event.data == '{"error": "the key [redacted]"}'


@pytest.mark.parametrize("size", [1, 7, 40])
async def test_no_part_of_a_key_that_comes_in_pieces_is_ever_shown(size: int) -> None:
    session, _ = make([DONE], record=True, redact=redactor(SECRET))
    recording = session.generation.attempts.latest.recording
    assert recording is not None
    deltas = [SECRET[:5], SECRET[5:6], SECRET[6:12], SECRET[12:], " is it"]
    sent = "".join(f"data: {json.dumps(chat(delta))}\n\n" for delta in deltas).encode()
    texts = []
    for place in range(0, len(sent), size):
        recording.read(sent[place : place + size])
        texts.append(everything(inspect(session.generation)))
    for delta in deltas[:-1]:
        assert json.dumps(delta)[1:-1] not in re.findall('content": ?"([^"]*)', "".join(texts))
    assert SECRET[:5] not in "".join(texts)
    assert " is it" in texts[-1]


async def test_a_long_event_keeps_its_name() -> None:
    session, _ = make([DONE], record=True)
    recording = session.generation.attempts.latest.recording
    assert recording is not None
    recording.read(b'event: image\nid: 7\ndata: {"b64": "' + b"x" * KEPT + b'"}\n\n')
    (event,) = inspect(session.generation).events
    assert (event.event, event.event_id) == ("image", "7")
    assert event.missing
    assert event.data is not None
    assert event.data.endswith("…")


def test_the_last_word_of_a_text_that_was_cut() -> None:
    assert without_last_word("two words") == "two …"
    assert without_last_word("oneword") == "…"
    long = without_last_word("x" * 10_000)
    assert 7000 < len(long) < 8000


# -- the report -----------------------------------------------------------------------------------


async def test_the_report_leaves_the_prompt_out_and_says_so() -> None:
    prompt = "my-private-prompt"
    events = [
        {"type": "response.created", "response": {"instructions": prompt, "input": [prompt]}},
        {"type": "response.in_progress", "response": {"metadata": {"a": prompt}, "user": prompt}},
        '{"response": {"instructions": "' + prompt,
        chat("the answer", finish="stop"),
    ]
    text = inspect((await recorded(events)).generation).report()
    assert prompt not in text
    assert text.count("[left out]") == 5
    assert "the answer" in text
    assert "the prompt is left out" in text


async def test_the_report_says_with_what_it_happened() -> None:
    session = await recorded([chat("a"), DONE])
    text = inspect(session.generation, front_end="JupyterLab 4.6.6").report()
    for line in ("nbstream: 0.1.0", "Python: 3", "front end: JupyterLab 4.6.6", "server: api.exam"):
        assert f"\n{line}" in text
    assert "request id: req_1" in text


async def test_what_a_server_says_cannot_leave_the_fence() -> None:
    hostile = "a ``` b\n```\n</details>\n![](https://tracker.example/x) ````"
    text = inspect((await recorded([chat(hostile), hostile, DONE])).generation).report()
    lines = text.splitlines()
    fences = [number for number, line in enumerate(lines) if line.startswith("`" * 5)]
    assert len(fences) == 2
    outside = [*lines[: fences[0]], *lines[fences[1] :]]
    assert not any("tracker" in line for line in outside)
    assert outside.count("</details>") == 1


async def test_the_report_and_the_table_are_short() -> None:
    session = await recorded([*(chat("word " * 1000) for _ in range(1000)), DONE])
    found = inspect(session.generation)
    assert len(found.report()) < 12_000
    table = repr(found)
    assert max(map(len, table.splitlines())) <= report.WIDTH
    assert len(table.splitlines()) < 50
    assert f"{1001 - 2 * report.ROWS:,} events are not shown here" in table
    assert f"1,001, of which {found.attempts[-1].left_out}" in table


@pytest.mark.parametrize("text", ["[DONE]", "", '{"a": "instructions"}', '{"usage":{"x":1.50}}'])
def test_what_has_no_prompt_is_reported_as_it_is(text: str) -> None:
    assert report.without_prompt(text) == text


# -- for the page ---------------------------------------------------------------------------------


async def test_what_a_page_gets_is_json_and_bounded() -> None:
    script = [*(chat("word " * 10_000) for _ in range(300)), "plain", DONE]
    content = message("s1", inspect((await recorded(script)).generation))
    sent = json.loads(json.dumps(content))
    assert "id" not in keys(sent), "ipykernel 7.4 keeps a routing entry for every one"
    assert len(json.dumps(sent)) < 1_000_000
    assert max(len(event["data"]) for event in sent["events"]) == LONGEST
    first, last = sent["events"][0], sent["events"][-1]
    assert first["missing"] > 40_000
    assert "missing" not in last
    assert ["request id", "req_1"] in sent["facts"]
    assert sent["left_out"] == 302 - len(sent["events"])
