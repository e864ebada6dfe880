"""``%%stream`` and ``%nbstream`` in a real kernel: options, conversations, settings, help."""

from __future__ import annotations

import json

import pytest

from nbstream.validation import Api
from tests.kernel.conftest import KEY
from tests.support.kernel import Kernel
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server
from tests.support.tools import reply


def test_variables(kernel: Kernel, server: Server) -> None:
    kernel.run("topic = 'back{pressure}'")
    assert kernel.run("%%stream\nAbout {{topic}} and {literal} braces.").status == "ok"
    (message,) = server.requests[0].body["messages"]
    assert message["content"] == "About back{pressure} and {literal} braces."


def test_answers_in_prompts(kernel: Kernel, server: Server) -> None:
    server.enqueue(Scenario(text=["Blue ", "sky."]))
    kernel.run("%%stream --as answer\nFirst?")
    kernel.run("%%stream\nShorten: {{_}}")
    kernel.run("%%stream\nTranslate: {{answer}}")
    prompts = [request.body["messages"][0]["content"] for request in server.requests]
    assert prompts == ["First?", "Shorten: Blue sky.", "Translate: Blue sky."]
    kernel.run("%%stream test/stall --bg --as answer\nHi")
    server.wait_for_request(4)
    error = kernel.run("%%stream\nTranslate: {{answer}}").error
    assert "{{answer}} in line 1: ValueError: its answer is still being written" in error
    failed = kernel.run("%%stream test/400\nHi")
    assert failed.status == "error"
    error = kernel.run("%%stream\nTranslate: {{_}}").error
    assert "its answer failed (BadRequestError): insert _.text" in error
    assert "holds a stream's repr" in kernel.run("%%stream\nSum up {{f'{answer}'}}").error
    error = kernel.run("import nbstream; nbstream.stream(f'Sum up {answer}')").error
    assert "the prompt holds a stream's repr" in error
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (
            "# a comment\n%%stream\nWhat is a queue?",
            "%%stream has to be the first line of its cell",
        ),
        ("x = 1\n%%stream\nWhat is a queue?", "%%stream has to be the first line of its cell"),
        ("%%stream What is a queue?", "put the prompt on the next line"),
        ("%%stream Hello", "the prompt is empty: put the prompt on the next line"),
        ("%%stream", "the prompt is empty: put the prompt on the next line"),
        ("%stream What is a queue?", "write %%stream, and put the prompt on the next line"),
    ],
)
def test_a_prompt_in_another_place(kernel: Kernel, server: Server, cell: str, words: str) -> None:
    error = kernel.run(cell).error
    assert words in error
    assert error.startswith("UsageError: "), "one sentence"
    assert "\n" not in error
    assert server.requests == []


def test_blank_lines_above_the_magic(kernel: Kernel, server: Server) -> None:
    assert kernel.run("\n  \n%%stream\nHi").status == "ok"
    assert server.requests[0].body["messages"][0]["content"] == "Hi"


def test_backslashes(kernel: Kernel, server: Server) -> None:
    server.enqueue(Scenario(text=["word ", "word7 ", "more"]))
    kernel.run("%%stream --until word\\d --system C:\\temp --as w\nHi")
    assert kernel.get("w.text") == "'word word7'"
    assert server.requests[0].body["messages"][0]["content"] == "C:\\temp"


def test_options_are_sent(kernel: Kernel, server: Server) -> None:
    line = "test/markdown --system 'Be brief.' --temperature 0.5 --max-tokens 9"
    cell = f"%%stream {line} -p top_p=0.9 -p top_k=3\nHi"
    assert kernel.run(cell).status == "ok"
    body = server.requests[0].body
    assert body["model"] == "test/markdown"
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    numbers = (body["temperature"], body["max_tokens"], body["top_p"], body["top_k"])
    assert numbers == (0.5, 9, 0.9, 3)


def test_a_structure_and_an_early_end(kernel: Kernel, server: Server) -> None:
    kernel.run("import dataclasses\n@dataclasses.dataclass\nclass Planet:\n    name: str")
    server.enqueue(Scenario(text=['{"name": ', '"Mars"}']))
    assert kernel.run("%%stream --schema Planet --as w\nA planet?").status == "ok"
    assert kernel.get("w.parsed") == "Planet(name='Mars')"
    assert server.requests[0].body["response_format"]["type"] == "json_schema"
    error = kernel.run("%%stream --schema Planett\nHi").error
    assert "--schema: Planett is not defined (did you mean 'Planet'?); run its cell first" in error
    server.enqueue(Scenario(text=["One. ", "Two. "]))
    assert kernel.run("%%stream --until '[.]' --as w\nHi").status == "ok"
    assert kernel.get("w.text") == "'One.'"


def test_the_responses_api(kernel: Kernel, server: Server) -> None:
    assert kernel.run("%%stream --api responses\nHi").status == "ok"
    assert server.requests[0].path == "/v1/responses"


def test_a_chat_and_its_replaced_turn(kernel: Kernel, server: Server) -> None:
    server.enqueue(*(Scenario(text=[f"answer {n}"]) for n in range(1, 4)))
    kernel.run("%%stream --chat c\nFirst?", cell="cell-1")
    kernel.run("%%stream --chat c\nSecond?", cell="cell-2")
    kernel.run("%%stream --chat c\nFirst again?", cell="cell-1")
    kernel.run("%%stream --chat c\nThird?", cell="cell-3")
    sent = [[m["content"] for m in r.body["messages"]] for r in server.requests]
    assert sent == [
        ["First?"],
        ["First?", "answer 1", "Second?"],
        ["First again?"],
        ["First again?", "answer 3", "Second?", "answer 2", "Third?"],
    ]
    assert "c: 3 turns" in kernel.run("%nbstream chats").stdout


def test_a_chat_remembers_its_settings(kernel: Kernel, server: Server) -> None:
    kernel.run("tone = 'a pirate'")
    first = (
        "test/markdown --system 'Answer like {{tone}}.' --temperature 0.5 --max-tokens 9 -p top_k=3"
    )
    kernel.run(f"%%stream --chat m {first}\nFirst?", cell="cell-1")
    kernel.run("tone = 'somebody else'")
    kernel.run("%%stream --chat m\nSecond?", cell="cell-2")
    kernel.run("%%stream test/ok --chat m --system '' -p top_k=4\nThird?", cell="cell-3")
    kernel.run("%%stream --chat m --api responses\nFourth?", cell="cell-4")
    kernel.run("%%stream --chat m\nFifth?", cell="cell-5")
    bodies = [request.body for request in server.requests]
    for body in bodies[:2]:
        assert body["messages"][0] == {"role": "system", "content": "Answer like a pirate."}
        assert body["model"] == "test/markdown"
        assert (body["temperature"], body["max_tokens"], body["top_k"]) == (0.5, 9, 3)
    third = bodies[2]
    assert [m["role"] for m in third["messages"]] == ["user", "assistant"] * 2 + ["user"]
    assert (third["model"], third["temperature"], third["top_k"]) == ("test/ok", 0.5, 4)
    assert [request.path for request in server.requests[3:]] == ["/v1/responses"] * 2
    assert len(bodies[4]["input"]) == 9
    # A cell that runs again finds what was in force there.
    kernel.run("%%stream --chat m\nSecond again?", cell="cell-2")
    assert server.requests[-1].body["messages"][0]["content"] == "Answer like a pirate."
    said = kernel.run("%nbstream chats").stdout
    assert "m: 5 turns (model='test/ok', system='', max_tokens=9, api='responses'," in said
    assert "> Second again?  [" in said
    assert KEY not in said


def test_settings_that_a_failed_turn_gave_stay(kernel: Kernel, server: Server) -> None:
    server.enqueue(Scenario(status=400))
    kernel.run("%%stream --chat n --system 'Be brief.'\nFirst?", cell="cell-1")
    kernel.run("%%stream --chat n\nSecond?", cell="cell-2")
    sent = [(m["role"], m["content"]) for m in server.requests[1].body["messages"]]
    assert sent == [("system", "Be brief."), ("user", "Second?")]
    said = kernel.run("%nbstream chats").stdout
    assert "> First?  [failed: later turns do not see it]" in said


def test_a_mistake_leaves_a_chat_as_it_was(kernel: Kernel, server: Server) -> None:
    assert "{{nothing}}" in kernel.run("%%stream --chat o --system '{{nothing}}'\nHi").error
    assert "nowhere is not defined" in kernel.run("%%stream --chat o --tools nowhere\nHi").error
    twice = kernel.run("%%stream --chat o --api responses -p conversation='\"c\"'\nHi").error
    assert "give either --chat or -p conversation: both bring the earlier turns" in twice
    assert server.requests == []
    assert "o: " not in kernel.run("%nbstream chats").stdout


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_chat_remembers_calls_and_tools(kernel: Kernel, server: Server, api: Api) -> None:
    kernel.run("def weather(city: str) -> str:\n    return f'clear in {city}'")
    call = reply(api, ("c1", "weather", {"city": "Oslo"}))
    server.enqueue(Scenario(body=call), Scenario(body=reply(api, text="No umbrella.")))
    name = f"tools-{api}"
    kernel.run(f"%%stream --chat {name} --tools weather --api {api}\nRain?", cell="cell-1")
    kernel.run(f"%%stream --chat {name}\nSure?", cell="cell-2")
    kernel.run(f"%%stream --chat {name} --tools ''\nReally?", cell="cell-3")
    later = server.requests[2].body
    sent = later["messages" if api == "chat" else "input"]
    asked, called, result, answered, last = sent
    assert (asked["content"], last["content"]) == ("Rain?", "Sure?")
    if api == "chat":
        assert called["tool_calls"][0]["function"]["arguments"] == '{"city": "Oslo"}'
        assert (result["role"], result["tool_call_id"]) == ("tool", "c1")
        assert result["content"] == "clear in Oslo"
    else:
        assert (called["type"], called["call_id"]) == ("function_call", "c1")
        assert result == {
            "type": "function_call_output",
            "call_id": "c1",
            "output": "clear in Oslo",
        }
    assert answered == {"role": "assistant", "content": "No umbrella."}
    assert len(later["tools"]) == 1
    assert "tools" not in server.requests[3].body
    assert "> Rain?  [called weather; 12 characters]" in kernel.run("%nbstream chats").stdout


def test_a_stopped_answer_is_remembered_as_far_as_it_came(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream test/stall --bg --chat p --as w\nFirst?", cell="cell-1")
    so_far = "".join(DEFAULT_TEXT[:5])
    kernel.until(lambda: kernel.text() == so_far)
    kernel.run("w.cancel(); await w")
    kernel.run("%%stream test/ok --chat p\nSecond?", cell="cell-2")
    sent = server.requests[1].body["messages"]
    assert sent[1] == {"role": "assistant", "content": so_far}
    assert "> First?  [cancelled; 30 characters]" in kernel.run("%nbstream chats").stdout


def test_a_failed_turn_is_not_remembered(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream test/reset --chat d\nFirst?", cell="cell-1")
    kernel.run("%%stream --chat d\nSecond?", cell="cell-2")
    assert [m["content"] for m in server.requests[-1].body["messages"]] == ["Second?"]


def test_running_a_cell_again_stops_its_earlier_stream(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream test/stall --bg --as first\nHi", cell="cell-x")
    kernel.until(lambda: "in_progress" in kernel.statuses())
    kernel.run("%%stream test/stall --bg --as other\nHi", cell="cell-y")
    kernel.run("%%stream --as second\nHi", cell="cell-x")
    server.requests[0].wait_until_left()
    kernel.becomes("(first.status, first.reason)", ("cancelled", "the cell was run again"))
    assert kernel.get("(second.status, other.is_done)") == "('completed', False)"


def test_reload_and_unload(kernel: Kernel) -> None:
    assert kernel.run("%reload_ext nbstream\n%reload_ext nbstream").status == "ok"
    count = "sum(type(t).__name__ == 'AwaitStream' for t in get_ipython().input_transformers_post)"
    assert kernel.get(count) == "1"
    assert kernel.run("%%stream --as w\nHi").status == "ok"
    assert kernel.get("w.is_done") == "True"
    kernel.run("%unload_ext nbstream")
    assert kernel.get(count) == "0"
    assert "not found" in kernel.run("%%stream\nHi").stderr
    assert kernel.run("%load_ext nbstream").status == "ok"


def test_a_reload_keeps_chats_and_what_cells_have_started(kernel: Kernel, server: Server) -> None:
    kernel.run("%%stream --chat kept\nFirst?", cell="cell-1")
    kernel.run("%%stream test/stall --bg --as stalled\nHi", cell="cell-z")
    for how in ("%reload_ext nbstream", "%unload_ext nbstream\n%load_ext nbstream"):
        assert kernel.run(how).status == "ok"
    kernel.run("%%stream --chat kept\nSecond?", cell="cell-2")
    asked = [m["content"] for m in server.requests[-1].body["messages"] if m["role"] == "user"]
    assert asked == ["First?", "Second?"]
    kernel.run("%%stream\nHi", cell="cell-z")
    kernel.becomes("(stalled.status, stalled.reason)", ("cancelled", "the cell was run again"))


def test_configuration(kernel: Kernel, server: Server) -> None:
    kernel.run("%config NBStream.model = 'test/markdown'")
    try:
        kernel.run("%%stream\nHi")
        assert server.requests[0].body["model"] == "test/markdown"
        assert "NBStream.model = 'test/markdown'" in kernel.run("%nbstream config").stdout
    finally:
        kernel.run("%config NBStream.model = ''")


def test_line_magic(kernel: Kernel, server: Server) -> None:
    result = kernel.run("%nbstream models")
    assert "test/stall" in (result.value or "")
    result = kernel.run("%nbstream model")
    assert "did you mean 'models'" in result.error
    kernel.run("%%stream --bg test/stall --as w\nHi")
    assert kernel.run("%nbstream tasks").status == "ok"
    button, label = "_.children[-1].children[0].layout", "_.children[-1].children[1].layout"
    shrinks = kernel.get(f"({button}.flex, {label}.flex, {label}.min_width)")
    assert shrinks == repr(("0 0 auto", "1 1 auto", "0")), "the label, not Stop"


def test_help(kernel: Kernel) -> None:
    reply = kernel.run("%%stream?").reply
    text = json.dumps(reply["content"])
    assert "--persist" in text
    assert "{{expr}}" in text
