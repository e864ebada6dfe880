"""Transcriptions, images, Assistants runs and agent sessions."""

from __future__ import annotations

from typing import Any

from nbstream.adapters import pick
from nbstream.transcript.choices import images
from nbstream.transcript.transcript import Transcript


def read(*chunks: dict[str, Any]) -> Transcript:
    adapter, transcript = pick(chunks[0]), Transcript()
    for chunk in chunks:
        for event in adapter.feed(chunk):
            transcript.apply(event)
    for event in adapter.end(has_end=False):
        transcript.apply(event)
    return transcript


def test_a_transcription() -> None:
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    found = read(
        {"type": "transcript.text.delta", "delta": "Good ", "logprobs": [{"token": "Good"}]},
        {"type": "transcript.text.segment", "speaker": "A", "text": "Good day"},
        {"type": "transcript.text.done", "text": "Good day", "usage": usage},
    )
    assert (found.text, found.finish_reason) == ("Good day", "stop")
    assert found.usage is not None
    assert found.usage.total_tokens == 5
    assert found.extra["segments"][0]["speaker"] == "A"


def test_an_image_keeps_its_last_frame() -> None:
    found = read(
        {"type": "image_edit.partial_image", "b64_json": "AAAA", "output_format": "webp"},
        {"type": "image_edit.completed", "b64_json": "BBBB", "output_format": "webp"},
    )
    (image,) = images(found)
    assert (image.frame, image.format, image.data) == (2, "webp", b"\x04\x10A")
    assert found.finish_reason == "stop"


def test_a_run_of_an_assistant() -> None:
    content = [{"index": 0, "type": "text", "text": {"value": "Hello"}}]
    found = read(
        {"event": "thread.run.created", "data": {"id": "run_1", "model": "served"}},
        {"event": "thread.message.delta", "data": {"id": "m1", "delta": {"content": content}}},
        {"event": "thread.run.completed", "data": {"usage": {"prompt_tokens": 1}}},
    )
    assert (found.text, found.model, found.finish_reason) == ("Hello", "served", "stop")
    assert found.runs_on == "run"
    failed = {"event": "thread.run.failed", "data": {"last_error": {"message": "boom"}}}
    failure = read(failed).failure
    assert failure is not None
    assert failure.message == "boom"


def test_a_session_of_an_agent() -> None:
    turn = "agent.session.turn"
    found = read(
        {"type": f"{turn}.reasoning_summary_text.delta", "turn_id": "t1", "delta": "hm"},
        {"type": f"{turn}.output_text.delta", "turn_id": "t1", "delta": "One"},
        {"type": f"{turn}.output_text.done", "turn_id": "t1", "text": "One."},
        {"type": f"{turn}.output_text.delta", "turn_id": "t2", "delta": " Two."},
        {"type": f"{turn}.completed", "turn_id": "t2"},
    )
    assert (found.text, found.reasoning, found.finish_reason) == ("One. Two.", "hm", "stop")
    assert found.runs_on == "session"
    assert read({"type": f"{turn}.failed", "turn": {"error": {"message": "boom"}}}).failure
