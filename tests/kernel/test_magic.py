"""``%%stream`` and ``%nbstream`` in a real kernel: options, conversations, settings, help."""

from __future__ import annotations

import json

from tests.support.kernel import Kernel
from tests.support.scenario import Scenario
from tests.support.server import Server


def test_variables(kernel: Kernel, server: Server) -> None:
    kernel.run("topic = 'back{pressure}'")
    assert kernel.run("%%stream\nAbout {{topic}} and {literal} braces.").status == "ok"
    (message,) = server.requests[0].body["messages"]
    assert message["content"] == "About back{pressure} and {literal} braces."


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
    assert kernel.get("(first.status, first.reason)") == "('cancelled', 'the cell was run again')"
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
