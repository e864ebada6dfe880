"""Replies that call tools, as chat.completions and the Responses API stream them."""

from __future__ import annotations

import json
from typing import Any

from nbstream.text.redact import hider, redactor
from nbstream.tools.approval import Approval
from nbstream.tools.definition import Toolbox
from nbstream.tools.rounds import Rounds
from tests.support.fakes import chat

KEY = "s3cret-key"
CALLED = chat(finish="tool_calls")


class Handed:
    """A request that notes what it is to say next."""

    api: Any = "chat"
    is_stored = True

    def __init__(self) -> None:
        self.turns: list[list[dict[str, Any]]] = []

    def hand_back(self, said: list[Any], results: list[Any]) -> None:
        self.turns.append([*said, *results])

    @property
    def results(self) -> list[str]:
        """What the model was told in the last round."""
        return [turn["content"] for turn in self.turns[-1] if turn["role"] == "tool"]


def rounds(handed: Handed, tools: Any, approve: Any = True, most: int = 10) -> Rounds:
    """Rounds that hand back to ``handed``."""
    approval = approve if isinstance(approve, Approval) else Approval(approve)
    redact, hide = redactor(KEY), hider(KEY)
    box = Toolbox(tools)
    return Rounds(handed, box, approval, most=most, redact=redact, hide=hide)


def called(name: str, arguments: Any, id_: str = "c1", index: int = 0) -> dict[str, Any]:
    """A whole call in one chunk. ``arguments`` is an object, or text as it is."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": name, "arguments": text}
    return chat(tool_calls=[{"index": index, "id": id_, "type": "function", "function": function}])


END = b"data: [DONE]\n\n"


def sse(*payloads: dict[str, Any]) -> bytes:
    """The body of an event stream."""
    lines = []
    for payload in payloads:
        event = f"event: {payload['type']}\n" if "type" in payload else ""
        lines.append(f"{event}data: {json.dumps(payload)}\n\n")
    return "".join(lines).encode() + END


def reply(api: str, *calls: tuple[str, str, Any], text: str = "") -> bytes:
    """The body of a reply with this text and these calls: id, name, arguments."""
    return (chat_reply if api == "chat" else responses_reply)(*calls, text=text)


def half_reply(api: str, text: str) -> bytes:
    """The body of a reply that is cut in the arguments of a call."""
    if api == "chat":
        return sse(chat(text), called("weather", '{"ci', "c1")).removesuffix(END)
    at = {"output_index": 1, "item_id": "fc_1"}
    item = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "weather"}
    item |= {"arguments": "", "status": "in_progress"}
    response = {"id": "resp_0", "object": "response", "model": "served", "output": []}
    return sse(
        {"type": "response.created", "response": {**response, "status": "in_progress"}},
        {
            "type": "response.output_text.delta",
            **{"output_index": 0, "content_index": 0, "item_id": "msg_0", "delta": text},
        },
        {"type": "response.output_item.added", **at, "item": item},
        {"type": "response.function_call_arguments.delta", **at, "delta": '{"ci'},
    ).removesuffix(END)


USED = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def chat_reply(*calls: tuple[str, str, Any], text: str = "") -> bytes:
    chunks = [chat(text)] if text else []
    chunks += [called(name, arguments, id_, n) for n, (id_, name, arguments) in enumerate(calls)]
    end = {**chat(finish="tool_calls" if calls else "stop"), "usage": USED}
    return sse(*chunks, end)


def responses_reply(*calls: tuple[str, str, Any], text: str = "") -> bytes:
    """With a reasoning item before the calls, as reasoning models give it."""
    items: list[dict[str, Any]] = []
    if calls:
        items.append({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"})
    for id_, name, arguments in calls:
        written = arguments if isinstance(arguments, str) else json.dumps(arguments)
        item = {"type": "function_call", "id": f"fc_{id_}", "call_id": id_, "name": name}
        items.append({**item, "arguments": written, "status": "completed"})
    if text:
        content = {"type": "output_text", "text": text, "annotations": [], "logprobs": None}
        message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
        items.append({**message, "content": [content]})
    response = {"id": "resp_1", "object": "response", "model": "served", "output": []}
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    events = [{"type": "response.created", "response": {**response, "status": "in_progress"}}]
    for place, item in enumerate(items):
        kind = "response.output_item.done"
        events.append({"type": kind, "output_index": place, "item": item})
    end = {**response, "status": "completed", "usage": usage}
    return sse(*events, {"type": "response.completed", "response": end})
