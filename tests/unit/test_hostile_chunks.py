"""Whatever stands in a field of a chunk, no adapter raises: an answer must not end at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nbstream.adapters import pick
from nbstream.tools.messages import Kept
from nbstream.transcript.events import Moved, Restored
from nbstream.transcript.transcript import Transcript
from tests.support.fakes import chat
from tests.support.shapes import Shape, as_dict, as_namespace, as_sdk

VALUES: list[Any] = [
    *(None, True, 7, 2.5, "", "x", "\ud83d", [], [None], [7], ["a"], {}, {"a": 1}),
    *({"text": 7}, {"type": "text", "text": None}, {"error": []}),
]
CALL = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CITED = {"type": "url_citation", "url_citation": {"url": "https://example.org", "title": "t"}}
CHAT = chat(
    "Hi",
    reasoning_content="hm",
    reasoning_details=[{"type": "reasoning.text", "text": "hm"}],
    refusal="No.",
    tool_calls=[CALL],
    function_call={"name": "f", "arguments": "{}"},
    annotations=[CITED],
    audio={"transcript": "a", "data": "AAAA"},
    executed_tools=[{"index": 0, "type": "search", "arguments": "{}", "output": "found"}],
)
CHAT["choices"][0] |= {
    "finish_reason": "stop",
    "native_finish_reason": "STOP",
    "error": {"message": "boom", "code": 500},
    "logprobs": {"content": [{"token": "Hi"}], "refusal": [{"token": "No."}]},
}
CHAT |= {"citations": ["https://example.org"], "search_results": [{"url": "https://example.org"}]}
CHAT["usage"] = {"prompt_tokens": 1, "prompt_tokens_details": {"cached_tokens": 1}}
LEGACY = {"choices": [{"text": "Hi", "logprobs": {"tokens": ["Hi"], "token_logprobs": [-1]}}]}
CUSTOM = chat(None, tool_calls=[{"index": 0, "id": "c", "custom": {"name": "f", "input": "x"}}])
TEXT = {"type": "output_text", "text": "Hi", "annotations": [{"type": "x", "url": "https://x"}]}
ITEMS: list[dict[str, Any]] = [
    {"type": "message", "content": [TEXT, {"type": "refusal", "refusal": "No."}]},
    {"type": "reasoning", "summary": [{"text": "s"}], "content": [{"text": "t"}]},
    {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    {"type": "web_search_call", "action": {"query": "q", "queries": ["q"]}},
    {"type": "shell_call", "action": {"commands": ["ls"], "command": ["ls"]}},
    {"type": "code_interpreter_call", "code": "1", "outputs": [{"type": "logs", "logs": "1"}]},
    {"type": "apply_patch_call", "operation": {"diff": "+"}},
    {"type": "mcp_list_tools", "tools": [{"name": "f"}], "error": {"message": "boom"}},
    {"type": "image_generation_call", "result": "AAAA", "size": "1x1"},
]
RESPONSE = {
    "id": "r",
    "model": "m",
    "status": "incomplete",
    "output": ITEMS[1:3],
    "usage": {"input_tokens": 1, "output_tokens": 1, "output_tokens_details": {}},
    "incomplete_details": {"reason": "x"},
    "error": {"code": "x", "message": "boom"},
}
EVENTS: list[dict[str, Any]] = [
    {"type": "response.created", "response": RESPONSE},
    *({"type": "response.output_item.added", "output_index": 0, "item": item} for item in ITEMS),
    *({"type": "response.output_item.done", "output_index": 0, "item": item} for item in ITEMS),
    {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0}
    | {"delta": "Hi", "logprobs": [{"token": "Hi"}]},
    {"type": "response.output_text.annotation.added", "annotation": {"url": "https://x"}},
    {"type": "response.function_call_arguments.done", "output_index": 1, "arguments": "{}"},
    {"type": "response.shell_call_command.added", "output_index": 2, "command_index": 1},
    {"type": "response.shell_call_output_content.delta", "delta": {"stdout": "a"}},
    {"type": "response.image_generation_call.partial_image", "partial_image_b64": "AAAA"},
    {"type": "response.completed", "response": RESPONSE},
    {"type": "error", "message": "boom"},
]
OTHERS: list[dict[str, Any]] = [
    {"type": "transcript.text.delta", "delta": "Hi", "logprobs": [{"token": "Hi"}]},
    {"type": "transcript.text.done", "text": "Hi", "usage": {"input_tokens": 1}},
    {"type": "image_edit.completed", "b64_json": "AAAA", "usage": {"input_tokens": 1}},
    {"event": "thread.message.delta"}
    | {"data": {"id": "m", "delta": {"content": [{"index": 0, "text": {"value": "Hi"}}]}}},
    {"event": "thread.run.failed", "data": {"last_error": {"message": "boom"}}},
    {"type": "agent.session.turn.failed", "turn": {"error": {"message": "boom"}}},
]


def spoiled(value: Any) -> Iterator[Any]:
    """``value`` with one thing in it replaced, by each of `VALUES`."""
    yield from VALUES
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: other} for other in spoiled(inner))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in spoiled(inner))


@pytest.mark.parametrize("shape", [as_dict, as_namespace, as_sdk])
@pytest.mark.parametrize(
    "chunk",
    [CHAT, LEGACY, CUSTOM, *EVENTS, *OTHERS],
    ids=lambda chunk: chunk.get("type") or chunk.get("event"),
)
def test_nothing_is_raised(chunk: dict[str, Any], shape: Shape) -> None:
    for name in chunk.keys() - {"type", "event"}:
        for value in spoiled(chunk[name]):
            adapter, transcript, kept = pick(chunk), Transcript(), Kept()
            assert adapter is not None
            given = shape({**chunk, name: value})
            for event in [*adapter.feed(given), *adapter.end(has_end=True)]:
                transcript.apply(event)
                if isinstance(event, Moved):
                    transcript.move(event)
                elif isinstance(event, Restored):
                    transcript.restore(event)
            assert isinstance(transcript.text, str)
            kept.feed(given)
            assert all(kept.items(stored=True))
