"""Chunks of chat.completions and of legacy completions."""

from __future__ import annotations

from typing import Any

from ._recording import Payload, Recording


def _chunk(*choices: Payload, **top: Any) -> Payload:
    return {
        **{"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "served"},
        **{"choices": list(choices), **top},
    }


def _delta(index: int = 0, finish: str | None = None, **delta: Any) -> Payload:
    return {"index": index, "delta": delta, "finish_reason": finish}


def _chat(name: str, *deltas: Payload, finish: str = "stop", **expected: Any) -> Recording:
    """One choice's deltas, between a role and a finish reason."""
    chunks = [_chunk(_delta(role="assistant", content=""))]
    chunks += [_chunk(_delta(**delta)) for delta in deltas]
    return Recording(name, "chat", (*chunks, _chunk(_delta(finish=finish))), expected)


def _tool(**fragment: Any) -> Payload:
    return {"tool_calls": [fragment]}


WEATHER = '{"city": "Zürich"}'
TWO_CALLS = [("call_1", "weather", WEATHER), ("call_2", "time", "{}")]
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}

CHAT = (
    _chat("text", {"content": "Hel"}, {"content": "lo 😀"}, text="Hello 😀", finish_reason="stop"),
    _chat("refusal", {"refusal": "I "}, {"refusal": "won't."}, refusal="I won't.", text=""),
    _chat(
        "reasoning_content",
        {"reasoning_content": "hm"},
        {"content": "Yes"},
        reasoning="hm",
        text="Yes",
    ),
    _chat("reasoning", {"reasoning": "hm"}, {"content": "Yes"}, reasoning="hm", text="Yes"),
    _chat(
        "reasoning beside its details",
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "gA=="}]},
        {"content": "Yes"},
        reasoning="hm",
        text="Yes",
    ),
    _chat(
        "reasoning details alone",
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "in "}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "short"}]},
        {"content": "Yes"},
        reasoning="in short",
        text="Yes",
    ),
    _chat(
        "think tags in pieces",
        {"content": "<th"},
        {"content": "ink>\nh"},
        {"content": "m</thi"},
        {"content": "nk>\n\nYes < no"},
        reasoning="\nhm",
        text="\n\nYes < no",
    ),
    _chat("no think tag", {"content": "<"}, {"content": "thing>"}, text="<thing>", reasoning=""),
    _chat("a think tag later", {"content": "a "}, {"content": "<think>b</think>"}, reasoning=""),
    _chat("a think tag that stays open", {"content": "<think>hm"}, reasoning="hm", text=""),
    _chat(
        "a tag that the template has opened",
        {"content": "Let me "},
        {"content": "see.</th"},
        {"content": "ink>Blue "},
        {"content": "sky."},
        reasoning="Let me see.",
        text="Blue sky.",
    ),
    _chat(
        "reasoning as objects, told twice",
        {"reasoning_content": {"text": "Let me "}},
        {"reasoning_content": {"text": "see."}},
        {"content": [{"type": "reasoning", "summary": [{"text": "Let me see."}]}]},
        {"content": "Blue sky."},
        reasoning="Let me see.",
        text="Blue sky.",
    ),
    _chat(
        "content as a list",
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
        {"content": [{"type": "text", "text": "Ye"}]},
        {"content": "s"},
        reasoning="hm",
        text="Yes",
    ),
    _chat(
        "tool calls by index",
        _tool(index=0, id="call_1", type="function", function={"name": "weather", "arguments": ""}),
        _tool(index=0, function={"arguments": WEATHER[:5]}),
        _tool(index=0, function={"arguments": WEATHER[5:]}),
        _tool(index=1, id="call_2", type="function", function={"name": "time", "arguments": "{}"}),
        finish="tool_calls",
        calls=TWO_CALLS,
        finish_reason="tool_calls",
    ),
    _chat(
        "tool calls without index, whole",
        {
            "tool_calls": [
                {"id": "call_1", "function": {"name": "weather", "arguments": WEATHER}},
                {"id": "call_2", "function": {"name": "time", "arguments": "{}"}},
            ]
        },
        calls=TWO_CALLS,
    ),
    _chat(
        "tool calls without index and id",
        _tool(id="", function={"name": "weather", "arguments": WEATHER}),
        _tool(id="", function={"name": "time", "arguments": "{}"}),
        calls=[("", "weather", WEATHER), ("", "time", "{}")],
    ),
    _chat(
        "tool calls that all have the number 0",
        _tool(index=0, id="", function={"name": "weather", "arguments": WEATHER}),
        {"content": "And "},
        {"content": "again."},
        _tool(index=0, id="", function={"name": "weather", "arguments": WEATHER}),
        _tool(index=0, id="", type="function", function={"name": "time", "arguments": "{}"}),
        calls=[("", "weather", WEATHER)] * 2 + [("", "time", "{}")],
    ),
    _chat(
        "an empty object before the arguments",
        _tool(index=0, id="call_1", function={"name": "weather", "arguments": "{}"}),
        _tool(index=0, function={"arguments": WEATHER[:5]}),
        _tool(index=0, function={"arguments": WEATHER[5:]}),
        calls=TWO_CALLS[:1],
    ),
    _chat(
        "an index that is used again",
        _tool(index=0, id="call_1", function={"name": "weather", "arguments": WEATHER}),
        _tool(index=0, id="call_2", function={"name": "time", "arguments": "{}"}),
        calls=TWO_CALLS,
    ),
    _chat(
        "an id and a name that are repeated",
        _tool(index=0, id="call_1", function={"name": "weather", "arguments": WEATHER[:5]}),
        _tool(index=0, id="call_1", function={"name": "weather", "arguments": WEATHER[5:]}),
        calls=TWO_CALLS[:1],
    ),
    _chat(
        "a name in pieces, arguments of null",
        _tool(index=0, id="call_1", function={"name": "wea", "arguments": None}),
        _tool(index=0, id=None, function={"name": "ther", "arguments": WEATHER}),
        calls=TWO_CALLS[:1],
    ),
    _chat(
        "a custom tool",
        _tool(index=0, id="call_1", type="custom", custom={"name": "sql", "input": "select "}),
        _tool(index=0, custom={"input": "1"}),
        calls=[("call_1", "sql", "select 1")],
    ),
    _chat(
        "arguments as an object",
        _tool(index=0, id="call_1", function={"name": "weather", "arguments": {"city": "Zürich"}}),
        calls=TWO_CALLS[:1],
    ),
    _chat(
        "a function call of old",
        {"function_call": {"name": "weather", "arguments": ""}},
        {"function_call": {"arguments": WEATHER}},
        finish="function_call",
        calls=[("", "weather", WEATHER)],
    ),
    _chat(
        "annotations",
        {"content": "Yes"},
        {
            "annotations": [
                {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A"}}
            ]
        },
        text="Yes",
        sources=[{"url": "https://a.example", "title": "A"}],
    ),
    Recording(
        "citations with every chunk",
        "chat",
        tuple(
            _chunk(
                _delta(content=piece, finish=finish),
                citations=["https://a.example", "https://b.example"],
                search_results=[{"url": "https://a.example", "title": "A", "snippet": "of it"}],
            )
            for piece, finish in (("Ye", None), ("s", "stop"))
        ),
        {
            "text": "Yes",
            "sources": [
                {"url": "https://a.example", "title": "A", "quote": "of it"},
                {"url": "https://b.example"},
            ],
        },
    ),
    Recording(
        "logprobs",
        "chat",
        (
            _chunk({**_delta(content="Yes"), "logprobs": {"content": [{"token": "Yes"}]}}),
            _chunk({**_delta(refusal="No"), "logprobs": {"refusal": [{"token": "No"}]}}),
            _chunk(_delta(finish="stop")),
        ),
        {"text": "Yes", "refusal": "No", "tokens": ["Yes", "No"]},
    ),
    Recording(
        "audio",
        "chat",
        (
            _chunk(_delta(audio={"id": "a1", "transcript": "Good "})),
            _chunk(_delta(audio={"data": "AAAA"}), choices=None) | {"choices": None},
            _chunk(_delta(audio={"transcript": "day"})),
            _chunk(_delta(finish="stop")),
        ),
        {"audio": "Good day", "text": ""},
    ),
    Recording(
        "several answers",
        "chat",
        (
            _chunk(_delta(0, content="One")),
            _chunk(_delta(1, content="Uno")),
            _chunk(_delta(1, content="!"), _delta(0, content=".")),
            _chunk(_delta(0, finish="stop")),
            _chunk(_delta(1, finish="length")),
        ),
        {"text": "One.", "texts": ["One.", "Uno!"], "reasons": ["stop", "length"]},
    ),
    Recording(
        "usage on every chunk",
        "chat",
        (
            _chunk(_delta(content="a"), usage={**USAGE, "completion_tokens": 1, "total_tokens": 4}),
            _chunk(_delta(content="b", finish="stop"), usage=USAGE),
        ),
        {"text": "ab", "tokens_used": (3, 2, 5)},
    ),
    Recording(
        "usage without choices",
        "chat",
        (
            _chunk(**{"model": "", "id": "", "object": "", "prompt_filter_results": [1]}),
            _chunk(_delta(content="ab")),
            {**_chunk(), "choices": [{"index": 0, "finish_reason": None}]},
            _chunk(_delta(finish="stop")),
            _chunk(usage=USAGE),
        ),
        {"text": "ab", "tokens_used": (3, 2, 5), "extra": {"prompt_filter_results": [1]}},
    ),
    Recording(
        "finished by the last object alone",
        "chat",
        (
            _chunk(_delta(content="ab")),
            {
                **_chunk(usage=USAGE),
                "object": "chat.completion.done",
                "choices": [
                    {
                        **{"index": 0, "finish_reason": "stop", "delta": {"content": ""}},
                        "message": {"role": "assistant", "content": "ab"},
                    }
                ],
            },
        ),
        {"text": "ab", "finish_reason": "stop", "status": "completed"},
        done=False,
    ),
    Recording(
        "fields that nobody documents",
        "chat",
        (
            _chunk(_delta(content="a", channel="final"), provider="P", obfuscation="xx"),
            _chunk({**_delta(finish="stop"), "native_finish_reason": "eos"}, provider="Q", p="abc"),
        ),
        {"extra": {"channel": "final", "provider": "Q", "native_finish_reason": "eos"}},
    ),
    Recording(
        "tools that the service ran",
        "chat",
        (
            _chunk(
                _delta(executed_tools=[{"index": 0, "type": "search", "arguments": '{"q": "x"}'}])
            ),
            _chunk(
                _delta(
                    executed_tools=[
                        {"index": 0, "type": "search", "arguments": '{"q": "x"}', "output": "X!"}
                    ]
                )
            ),
            _chunk(_delta(content="ab", finish="stop")),
        ),
        {"text": "ab", "results": ["X!"]},
    ),
    Recording(
        "cut off",
        "chat",
        (_chunk(_delta(content="<thi")),),
        {"text": "<thi", "status": "incomplete"},
        done=False,
    ),
    Recording(
        "an error inside",
        "chat",
        (_chunk(_delta(content="ab")), {"error": {"message": "overloaded", "code": 529}}),
        {"text": "ab", "status": "failed"},
    ),
)

COMPLETIONS = (
    Recording(
        "legacy",
        "completions",
        tuple(
            {
                **{"id": "c", "object": "text_completion", "created": 1, "model": "served"},
                "choices": [
                    {"index": index, "text": text, "finish_reason": finish, "logprobs": logprobs}
                ],
            }
            for index, text, finish, logprobs in (
                (0, "On", None, {"tokens": ["On"], "token_logprobs": [-0.5]}),
                (1, "Uno", "stop", None),
                (0, "e", "length", None),
            )
        ),
        {"text": "One", "texts": ["One", "Uno"], "reasons": ["length", "stop"], "tokens": ["On"]},
    ),
)
