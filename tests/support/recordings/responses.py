"""Events of the Responses API."""

from __future__ import annotations

from typing import Any

from ._recording import Payload, Recording
from .chat import WEATHER


def _response(**fields: Any) -> Payload:
    return {"id": "resp_1", "object": "response", "model": "served", "output": [], **fields}


def _responses(name: str, *events: Payload, **expected: Any) -> Recording:
    """Events between `response.created` and `response.completed`."""
    numbered = [
        {**event, "sequence_number": number}
        for number, event in enumerate(
            [
                {"type": "response.created", "response": _response(status="in_progress")},
                *events,
                {"type": "response.completed", "response": _response(status="completed")},
            ]
        )
    ]
    return Recording(name, "responses", tuple(numbered), expected, done=False)


def _at(kind: str, output: int = 0, **fields: Any) -> Payload:
    return {"type": f"response.{kind}", "output_index": output, "item_id": "i", **fields}


def _done(place: int = 0, /, **item: Any) -> Payload:
    return _at("output_item.done", place, item={"id": "i", "status": "completed", **item})


PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAA"
    "AABJRU5ErkJggg=="
)
MESSAGE = {"type": "message", "role": "assistant"}

RESPONSES = (
    _responses(
        "response text",
        _at("output_text.delta", 1, content_index=0, delta="Hel", logprobs=[{"token": "Hel"}]),
        _at("output_text.delta", 1, content_index=0, delta="lo"),
        {"type": "keepalive"},
        {"type": "response.future.delta", "delta": "?"},
        _at("output_text.done", 1, content_index=0, text="Hello"),
        text="Hello",
        tokens=["Hel"],
        status="completed",
    ),
    _responses(
        "text that only comes whole",
        _done(1, **MESSAGE, content=[{"type": "output_text", "text": "Hello", "annotations": []}]),
        text="Hello",
    ),
    _responses(
        "a refusal",
        _at("refusal.delta", content_index=0, delta="No"),
        _at("refusal.done", content_index=0, refusal="No."),
        refusal="No.",
    ),
    _responses(
        "reasoning in two ways",
        _at("reasoning_summary_text.delta", summary_index=0, delta="a "),
        _at("reasoning_summary_text.delta", summary_index=1, delta="b "),
        _at("reasoning_text.delta", 1, content_index=0, delta="c"),
        reasoning="a b c",
    ),
    _responses(
        "tools of the caller",
        _at("output_item.added", item={"type": "function_call", "name": "weather", "call_id": "c"}),
        _at("function_call_arguments.delta", delta=WEATHER[:4]),
        _at("function_call_arguments.done", arguments=WEATHER),
        _done(type="function_call", name="weather", call_id="c", arguments=WEATHER),
        _at("custom_tool_call_input.delta", 1, delta="select 1"),
        _done(1, type="custom_tool_call", name="sql", call_id="d", input="select 1"),
        calls=[("c", "weather", WEATHER), ("d", "sql", "select 1")],
        statuses=["completed", "completed"],
    ),
    _responses(
        "tools of the server",
        _at("web_search_call.searching"),
        _done(type="web_search_call", action={"type": "search", "query": "tall"}),
        _done(1, type="file_search_call", queries=["a", "b"], results=None),
        _at("code_interpreter_call_code.delta", 2, delta="print(1)"),
        _at("code_interpreter_call.interpreting", 2),
        _done(
            2,
            type="code_interpreter_call",
            code="print(1)",
            outputs=[{"type": "logs", "logs": "1"}],
        ),
        _done(3, type="local_shell_call", action={"command": ["ls", "a b"]}),
        _at("shell_call_command.added", 4, command_index=0, command=""),
        _at("shell_call_command.delta", 4, command_index=0, delta="ls"),
        _at("shell_call_command.added", 4, command_index=1, command=""),
        _at("shell_call_command.delta", 4, command_index=1, delta="pwd"),
        _done(4, type="shell_call", action={"commands": ["ls", "pwd"]}),
        _at("shell_call_output_content.delta", 5, command_index=0, delta={"stdout": "x\n"}),
        _done(5, type="shell_call_output", output=[{"stdout": "x\n", "stderr": ""}]),
        _at("apply_patch_call_operation_diff.delta", 6, delta="+a"),
        _done(6, type="apply_patch_call", operation={"type": "create_file", "diff": "+a\n+b"}),
        _done(7, type="tool_search_call", arguments={"queries": ["q"]}),
        _done(8, type="program_output", result="42"),
        _done(9, type="something_new", input="?"),
        written=[
            *("tall", "a\nb", "print(1)", "ls 'a b'", "ls\npwd", "", "+a\n+b"),
            *('{"queries": ["q"]}', "", "?"),
        ],
        results=["", "", "1", "", "", "x\n", "", "", "42", ""],
    ),
    _responses(
        "a remote server's tools",
        _at("mcp_list_tools.in_progress"),
        _done(type="mcp_list_tools", server_label="docs", tools=[{"name": "a"}, {"name": "b"}]),
        _done(1, type="mcp_approval_request", server_label="docs", name="a", arguments="{}"),
        _at("mcp_call_arguments.delta", 2, delta="{"),
        _at("mcp_call_arguments.done", 2, arguments="{}"),
        _done(2, type="mcp_call", server_label="docs", name="a", arguments="{}", output="yes"),
        _done(3, type="mcp_call", server_label="docs", name="b", arguments="{}", error="no"),
        results=["a\nb", "", "yes", ""],
        errors=["", "", "", "no"],
    ),
    _responses(
        "an image that gets sharper",
        _at("image_generation_call.in_progress"),
        _at("image_generation_call.partial_image", partial_image_index=0, partial_image_b64="AAAA"),
        _at("image_generation_call.partial_image", partial_image_index=1, partial_image_b64=PIXEL),
        _done(type="image_generation_call", result=PIXEL, size="1x1", output_format="png"),
        frames=[3],
    ),
    _responses(
        "citations of three kinds",
        _at("output_text.delta", content_index=0, delta="x"),
        *(
            _at("output_text.annotation.added", content_index=0, annotation=annotation)
            for annotation in (
                {"type": "url_citation", "url": "https://a.example", "title": "A"},
                {"type": "file_citation", "file_id": "f1", "filename": "a.pdf"},
                {"type": "container_file_citation", "file_id": "f2", "filename": "b.csv"},
                {"type": "url_citation", "url": "https://a.example", "title": "A"},
            )
        ),
        text="x",
        sources=[
            {"url": "https://a.example", "title": "A"},
            {"title": "a.pdf"},
            {"title": "b.csv"},
        ],
    ),
    _responses(
        "several responses in one stream",
        _at("output_text.delta", content_index=0, delta="One. "),
        {"type": "response.completed", "response": _response(status="completed")},
        {"type": "response.created", "response": _response(id="resp_2")},
        _at("output_text.delta", content_index=0, delta="Two."),
        text="One. Two.",
    ),
    Recording(
        "incomplete",
        "responses",
        (
            _at("output_text.delta", content_index=0, delta="ab"),
            {
                "type": "response.incomplete",
                "response": _response(incomplete_details={"reason": "max_output_tokens"}),
            },
        ),
        {"text": "ab", "status": "incomplete", "finish_reason": "length"},
        done=False,
    ),
    Recording(
        "failed",
        "responses",
        (
            _at("output_text.delta", content_index=0, delta="ab"),
            {"type": "response.failed", "response": _response(error={"message": "boom"})},
        ),
        {"text": "ab", "status": "failed"},
        done=False,
    ),
)
