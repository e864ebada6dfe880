"""What a service's finish reason means, and what becomes of the answer and of its calls."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.adapters.finish_reasons import SERVICES, Kind, incomplete_reason, kind_of, plain
from tests.support.fakes import DONE, chat, run
from tests.support.rounds import double
from tests.support.rounds import run as run_rounds
from tests.support.tools import called

WORDS = [
    pytest.param(word, kind.name, id=f"{service.name}: {word}")
    for service in SERVICES
    for kind in fields(service)[2:]
    for word in getattr(service, kind.name).split()
]


def test_a_word_means_the_same_at_every_service() -> None:
    kinds: dict[str, set[Any]] = {}
    for parameter in WORDS:
        word, kind = parameter.values
        kinds.setdefault(plain(str(word)), set()).add(kind)
    assert [word for word, found in kinds.items() if len(found) > 1] == []


def test_every_service_has_a_source() -> None:
    assert all(service.source.startswith("https://") for service in SERVICES)
    assert len({service.name for service in SERVICES}) == len(SERVICES) >= 20


@pytest.mark.parametrize(("word", "kind"), WORDS)
def test_in_whatever_way_it_is_written(word: str, kind: Kind) -> None:
    words = word.replace("-", "_").split("_")
    camel = words[0].lower() + "".join(part.title() for part in words[1:])
    for form in (word, word.upper(), word.lower(), "-".join(words), " ".join(words), camel):
        assert kind_of(form) == kind, form
        assert kind_of(f"FinishReason.{form}") == kind


@pytest.mark.parametrize(
    "word", ["upstream_error", "server_error", "InternalServerError", "request-failed", "exception"]
)
def test_failures_have_many_names(word: str) -> None:
    assert kind_of(word) == "failed"


STATUS = {"whole": "completed", "failed": "failed"}


@pytest.mark.parametrize("word", ["moon_phase", "7", "stopped_by_moderator", "reason", "🛑"])
async def test_a_word_that_nobody_knows_is_shown(word: str) -> None:
    session, _ = await run([chat("a"), chat(finish=word)])
    assert (session.status, session.transcript.text) == ("incomplete", "a")
    assert session.reason is not None
    assert f"(finish_reason: {word})" in session.reason
    assert session.generation.offer == "continue"


@pytest.mark.parametrize(("word", "kind"), WORDS)
async def test_what_becomes_of_the_answer(word: str, kind: Kind) -> None:
    if kind == "open":  # nothing has ended
        session, _ = await run([chat("a"), chat("b", word)])
        assert (session.status, session.transcript.finish_reason) == ("incomplete", None)
        assert session.reason == incomplete_reason(None, expected=True)
        return
    session, _ = await run([chat("a"), chat("b", word)])
    assert session.status == STATUS.get(kind, "incomplete")
    assert session.transcript.text == "ab"
    assert session.transcript.finish_reason == word
    said = str(session.error) if session.error else session.reason
    assert (word in (said or "")) == (kind != "whole")
    if session.status == "incomplete":
        assert (session.generation.offer is None) == (kind == "filtered")


@pytest.mark.parametrize(("word", "kind"), WORDS)
async def test_no_tool_runs_from_a_reply_that_is_not_whole(word: str, kind: Kind) -> None:
    first = [called("double", {"number": 4}), chat(finish=word)]
    session, _, handed = await run_rounds(first, [chat("8"), DONE], tools=[double])
    assert len(handed.turns) == (kind == "whole")
    calls = [p.info.get("status") for p in session.transcript.parts.values() if p.type == "tool"]
    assert calls == ["completed" if kind == "whole" else "incomplete"]


# -- under other names, and errors ---------------------------------------------------------------


def choice(finish: Any = None, **more: Any) -> dict[str, Any]:
    made = chat("b", finish)
    made["choices"][0].update(more)
    return made


@pytest.mark.parametrize(
    ("last", "status", "reason"),
    [
        (choice(finishReason="stop"), "completed", "stop"),
        (choice(finishReason="MAX_TOKENS"), "incomplete", "MAX_TOKENS"),
        (choice(done_reason="length"), "incomplete", "length"),
        (choice(stop_reason="max_tokens"), "incomplete", "max_tokens"),
        (choice({"type": "length", "length": 7}), "incomplete", "length"),
        (choice({"reason": "endoftext"}), "incomplete", "endoftext"),
        (choice({"value": "MAX_TOKENS"}), "incomplete", "MAX_TOKENS"),
        (choice({"name": "STOP"}), "completed", "STOP"),
        (choice({"odd": "end"}), "incomplete", "odd: end"),
        (choice(["length"]), "incomplete", "length"),
        (choice(["stop"]), "completed", "stop"),
        (choice(finish_details={"type": "max_tokens"}), "incomplete", "max_tokens"),
        (choice("stop", stop_reason="max_tokens"), "incomplete", "stop"),
        ({**chat("b"), "finish_reason": "length"}, "incomplete", "length"),
        ({**chat("b"), "stop_reason": "max_tokens"}, "incomplete", "max_tokens"),
        (chat("b", finish_reason="length"), "incomplete", "length"),
        (choice(native_finish_reason="STOP"), "completed", "STOP"),
        (choice("stop", native_finish_reason="eos"), "completed", "stop"),
        (choice("stop", native_finish_reason="some_new_word"), "completed", "stop"),
        (choice("stop", native_finish_reason=None), "completed", "stop"),
        (choice("stop", native_finish_reason="MAX_TOKENS"), "incomplete", "stop"),
        (choice("tool_calls", native_finish_reason="length"), "incomplete", "tool_calls"),
        (
            choice("stop", provider_specific_fields={"native_finish_reason": "max_tokens"}),
            *("incomplete", "stop"),
        ),
        (choice("other", native_finish_reason="SAFETY"), "incomplete", "other"),
        (choice("made_up", native_finish_reason="end_turn"), "completed", "made_up"),
        (choice("length", native_finish_reason="max_output_tokens"), "incomplete", "length"),
        # vLLM: the string or the token that ended it.
        (choice("stop", stop_reason="length"), "completed", "stop"),
        (choice("stop", stop_reason=128001), "completed", "stop"),
        (choice("stop", error=None), "completed", "stop"),
        (choice("stop", error={}), "completed", "stop"),
        (choice("stop", error={"code": None, "message": ""}), "completed", "stop"),
        (choice("stop", error=[]), "completed", "stop"),
        (choice("stop", error=False), "completed", "stop"),
        ({**chat("b", "stop"), "error": None}, "completed", "stop"),
        ({**chat("b", "stop"), "error": {"message": ""}}, "completed", "stop"),
        ({**chat("b", "stop"), "base_resp": {"status_code": 0}}, "completed", "stop"),
    ],
)  # fmt: skip
async def test_under_whatever_name(last: Any, status: str, reason: str) -> None:
    session, _ = await run([chat("a"), last])
    assert (session.status, session.transcript.text) == (status, "ab")
    assert session.transcript.finish_reason == reason


WORDS_OF_IT = [
    {"code": 502, "message": "the host went away"},
    {"error": {"message": "the host went away"}},
    {"message": {"text": 1, "detail": "the host went away"}},
    {"code": 502, "metadata": {"raw": '{"error": "the host went away"}'}},
    "the host went away",
    ["the host went away"],
    [{"message": "the host went away"}],
    SimpleNamespace(code=502, message="the host went away"),
]


@pytest.mark.parametrize("error", WORDS_OF_IT)
@pytest.mark.parametrize("finish", [None, "stop", "error"])
async def test_an_error_in_the_choice(error: Any, finish: str | None) -> None:
    session, _ = await run([chat("a"), choice(finish, error=error)])
    assert (session.status, session.transcript.text) == ("failed", "ab")
    assert session.error is not None
    assert session.error.message == ("the server reported an error mid-answer: the host went away")


@pytest.mark.parametrize("error", WORDS_OF_IT)
@pytest.mark.parametrize("name", ["error", "errors", "error_message", "error_msg"])
@pytest.mark.parametrize("where", ["delta", "message", "choice", "chunk"])
async def test_an_error_wherever_it_is(where: str, name: str, error: Any) -> None:
    last = chat("" if where == "message" else "b", "stop")
    if where == "message":
        last["choices"][0]["message"] = last["choices"][0].pop("delta")
    place = last if where == "chunk" else last["choices"][0]
    (place if where in ("chunk", "choice") else place[where])[name] = error
    session, _ = await run([chat("a"), last])
    assert session.status == "failed"
    assert session.transcript.text == ("a" if where == "message" else "ab")
    assert session.error is not None
    assert session.error.message.endswith("mid-answer: the host went away")
    assert session.error.type != "stop"


@pytest.mark.parametrize(
    "last",
    [
        choice({"type": "abort", "message": "the host went away", "status_code": 500}),
        choice("error", message="the host went away"),
        {**chat("b", "stop"), "base_resp": {"status_code": 7, "status_msg": "the host went away"}},
    ],
)
async def test_the_words_beside_a_finish_reason(last: Any) -> None:
    session, _ = await run([chat("a"), last])
    assert (session.status, session.transcript.text) == ("failed", "ab")
    assert session.error is not None
    assert session.error.message.endswith("mid-answer: the host went away")


@pytest.mark.parametrize("error", WORDS_OF_IT)
@pytest.mark.parametrize("beside", ["nothing", "empty", "a choice", "null"])
async def test_an_error_at_the_top(error: Any, beside: str) -> None:
    chunk = {
        "nothing": {"error": error},
        "empty": {"choices": [], "error": error},
        "a choice": {**chat("b"), "error": error},
        "null": {"choices": None, "error": error},
    }[beside]
    session, _ = await run([chat("a"), chunk])
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.message.endswith("mid-answer: the host went away")


@pytest.mark.parametrize(
    "chunk",
    [
        {"type": "error", "message": "Overloaded"},
        {"type": "overloaded_error", "message": "Overloaded"},
        {"object": "error", "message": "Overloaded", "code": 503},
        {"event": "error", "data": {"message": "Overloaded"}},
        {"status": "error", "detail": "Overloaded"},
        {"message": "Overloaded", "code": "ServiceUnavailable", "request_id": "1"},
        {"detail": [{"loc": ["body"], "msg": "Overloaded"}]},
        {"errors": [{"code": 7, "message": "Overloaded"}]},
        {"error_code": 336, "error_msg": "Overloaded"},
        {"error_code": 50004, "text": "Overloaded"},
        {"status": 503, "title": "Overloaded"},
        {"base_resp": {"status_code": 1004, "status_msg": "Overloaded"}, "choices": None},
    ],
)
async def test_an_error_with_its_fields_at_the_top(chunk: Any) -> None:
    session, _ = await run([chat("a"), chunk])
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.message.endswith("mid-answer: Overloaded")


@pytest.mark.parametrize(
    "chunk",
    [
        {"type": "ping"},
        {"type": "status", "message": "searching the web"},
        {"type": "progress", "detail": "half", "status": "running"},
        {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
        {"choices": [], "base_resp": {"status_code": 0, "status_msg": "success"}},
        {"choices": [], "error": ""},
        {"id": "1", "object": "chat.completion.chunk", "choices": None},
    ],
)
async def test_what_is_not_an_error(chunk: Any) -> None:
    session, _ = await run([chat("a"), chunk, DONE])
    assert (session.status, session.error) == ("completed", None)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ({"code": 502}, "code: 502"),
        ({"type": "overloaded_error"}, "type: overloaded_error"),
        (True, "True"),
    ],
)
async def test_an_error_without_words(error: Any, said: str) -> None:
    session, _ = await run([chat("a"), choice(error=error)])
    assert session.status == "failed"
    assert session.error is not None
    assert session.error.message.endswith(f"mid-answer: {said}")


async def test_a_failure_before_the_first_token() -> None:
    failing = [chat(""), {"choices": [{"index": 0, "delta": {}, "error": {"code": 503}}]}]
    session, sink = await run(failing, [chat("a"), DONE])
    assert (session.status, session.transcript.text) == ("completed", "a")
    assert "retrying" in sink.statuses


async def test_a_failure_of_sglang_says_why() -> None:
    reason = {"type": "error", "message": "out of memory", "status_code": 500}
    session, _ = await run([chat("a"), choice(reason)])
    assert session.error is not None
    assert session.error.message.endswith("mid-answer: out of memory")


async def test_no_tool_runs_from_a_failed_reply() -> None:
    first = [called("double", {"number": 4}), choice("tool_calls", error="gone")]
    session, _, handed = await run_rounds(first, tools=[double])
    assert (session.status, handed.turns) == ("failed", [])


async def test_no_tool_runs_from_a_call_that_only_the_model_says_is_cut() -> None:
    last = choice("tool_calls", native_finish_reason="length")
    first = [called("double", {"number": 4}), last]
    session, _, handed = await run_rounds(first, tools=[double])
    assert (session.status, handed.turns) == ("incomplete", [])
    assert session.reason is not None
    assert "the token limit (finish_reason: length)" in session.reason
    assert session.transcript.finish_reason == "tool_calls"


async def test_a_hostile_word_is_cut() -> None:
    session, _ = await run([chat("a"), chat(finish="\x1b]0;x\x07\n" + "z" * 10_000)])
    assert session.reason is not None
    assert len(session.reason) < 300
    assert session.reason.isprintable()
