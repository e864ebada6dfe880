"""Bad input to the magic and the API in a real kernel: one sentence, and nothing half done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.conftest import KEY
from tests.support.kernel import Kernel, Result
from tests.support.scenario import DEFAULT_TEXT
from tests.support.server import Server

CELL = "the-cell"
FIRST_FIVE = "".join(DEFAULT_TEXT[:5])
FACTS = (
    "(w is nbstream.tasks()[-1], sum(not w.is_done for w in nbstream.tasks()), w.is_done,"
    " len(asyncio.all_tasks()),"
    " sorted(n for n in dir() if n in ('x', 'y')), {n: len(c.turns) for n, c in"
    " get_ipython().magics_manager.registry['StreamMagics'].chats.items()})"
)

MAGIC = {
    "an empty cell": ("%%stream\n\n", "the prompt is empty: put the prompt on the next line"),
    "an empty value": ("%%stream\n{{''}}", "the prompt is empty"),
    "an unknown name": ("%%stream\n{{nope}}", "{{nope}} in line 1: NameError"),
    "an unknown name in --system": ("%%stream --system {{nope}}\nHi", "{{nope}} in line 1"),
    "an unknown option": ("%%stream --temprature 1\nHi", "did you mean '--temperature'"),
    "an option without its value": ("%%stream --system\nHi", "expected one argument"),
    "an open quote": ("%%stream --system 'open\nHi", "a quote on the line stays open"),
    "a name that is none": ("%%stream --as 1x\nHi", "'1x' is not a valid variable name"),
    "a loop that is none": ("%%stream --loop main\nHi", "'main' (choose from"),
    "-p without =": ("%%stream -p top_p\nHi", "-p takes KEY=JSON, not 'top_p'"),
    "-p without JSON": ("%%stream -p top_p=high\nHi", "'high' is not JSON"),
    "-p with JSON that is none": ("%%stream -p top_p=NaN\nHi", "the number nan"),
    "-p without an end": ("%%stream -p x=" + "[" * 20_000 + "\nHi", "is not JSON"),
    "-p for the messages": ("%%stream -p messages=[]\nHi", "'messages' cannot be set"),
    "-p against streaming": ("%%stream -p stream=false\nHi", "nbstream always streams"),
    "-p for the model": ("%%stream -p model=1\nHi", "%%stream MODEL"),
    "-p for what has an option": ("%%stream -p max_tokens=1\nHi", "--max-tokens N"),
    "-p with a body that is none": ("%%stream -p extra_body=5 -p y=1\nHi", "takes a dict"),
    "-p with tools of another type": ("%%stream -p tools=5\nHi", "a list of functions or dicts"),
    "-p with half a header": (
        '%%stream -p extra_headers=\'{"a": "b\\n"}\'\nHi',
        "takes plain ASCII text on one line",
    ),
    "NUL": ("%%stream\nHi\0", "a NUL character at position 2"),
    "NUL in the model": ("%%stream test/o\0k\nHi", "model has a NUL character"),
    "NUL in a chat's name": ("%%stream --chat a\0\nHi", "--chat has a NUL character"),
    "a lone surrogate": ("%%stream\n{{chr(0xd800)}}", "a lone surrogate ('\\ud800')"),
    "a port that is none": ("%%stream --base-url http://127.0.0.1:99999/v1\nHi", "not a base URL"),
    "no rounds": ("%%stream --max-rounds 0\nHi", "--max-rounds takes a number above 0"),
    "no time": ("%%stream --idle-timeout -1\nHi", "'-1' is not a number of seconds"),
    "no panel": ("%nbstream nope", "%nbstream takes one of models"),
}
API = {
    "no prompt": ("nbstream.stream('')", "the prompt is empty"),
    "no text": ("nbstream.stream(5)", "the prompt is a string or a list of messages"),
    "no name": ("nbstream.stream('Hi', model=5)", "model takes a string, not int"),
    "a slip": ("nbstream.stream('Hi', temprature=1)", "did you mean 'temperature'"),
    "no loop": ("nbstream.stream('Hi', loop='main')", "loop takes 'kernel' or 'thread'"),
    "no client": ("nbstream.stream('Hi', client='c')", "client takes an AsyncOpenAI(...)"),
    "no stream": ("nbstream.show(5)", "did you forget stream=True"),
    "text": ("nbstream.show('text')", "show() takes a stream, not str"),
    "a stream that was read": (
        "read = (c for c in 'ab'); list(read)\nnbstream.show(read)",
        "already closed or read to its end",
    ),
    "a wait that blocks": ("w.wait()", "use `await w` or `async for` instead"),
    "nothing to continue": ("w.continue_()", "can be continued; this one is in_progress"),
}


@pytest.fixture
def facts(kernel: Kernel, server: Server) -> Iterator[str]:
    """An older stream of the cell runs, in a conversation; what there is besides."""
    kernel.run("import asyncio, nbstream")
    kernel.run("%%stream test/stall --bg --as w --chat c\nHi", cell=CELL)
    server.wait_for_request().wait_for(lambda r: r.waiting == "stall")
    kernel.until(lambda: kernel.text() == FIRST_FIVE)
    before = kernel.get(FACTS)
    kernel.messages.clear()
    yield before
    assert kernel.get(FACTS) == before


def refused(kernel: Kernel, server: Server, result: Result, words: str) -> None:
    assert result.status == "error"
    assert words in result.error
    assert re.match(r"(Usage|Config|Template)Error: ", result.error), "no frames, ours or others'"
    assert "\n" not in result.error, "one sentence"
    assert len(result.error) < 400
    assert result.stderr == ""
    assert kernel.displays() == {}, "no widget is displayed"
    kinds = {message["msg_type"] for message in result.messages}
    assert not kinds & {"comm_open", "execute_result"}
    assert len(server.requests) == 1, "of the older stream"


@pytest.mark.parametrize("case", MAGIC)
def test_the_magic(kernel: Kernel, server: Server, facts: str, case: str) -> None:
    cell, words = MAGIC[case]
    if cell.startswith("%%") and "--as" not in cell:
        cell = cell.replace("%%stream", "%%stream --as x", 1)
    if cell.startswith("%%") and "--chat" not in cell:
        cell = cell.replace("%%stream", "%%stream --chat c", 1)
    refused(kernel, server, kernel.run(cell, cell=CELL), words)


@pytest.mark.parametrize("case", API)
def test_the_api(kernel: Kernel, server: Server, facts: str, case: str) -> None:
    cell, words = API[case]
    refused(kernel, server, kernel.run(cell, cell=CELL), words)


def test_a_model_that_does_not_exist(kernel: Kernel, server: Server) -> None:
    result = kernel.run("%%stream test/404\nHi")
    assert result.status == "error"
    assert result.error.startswith("StreamError: NotFoundError 404: the server does not know the")
    assert "Check the model's name (%nbstream models)" in result.error
    assert "\n" not in result.error
    assert len(server.requests) == 1, "nothing is sent again"


def test_a_prompt_of_five_megabytes(kernel: Kernel, server: Server) -> None:
    body = "é😀 line\n" * 420_000
    assert len(body.encode()) > 5_000_000
    # IPython itself takes seconds to parse such a cell, whatever its magic.
    result = kernel.run("%%stream --as w\n" + body, timeout=60)
    assert result.status == "ok", result.error
    (message,) = server.requests[0].body["messages"]
    assert message["content"] == body.rstrip("\n")
    assert kernel.get("(w.status, len(w.label) <= 60)") == "('completed', True)"


# -- threads --------------------------------------------------------------------------------------

IN_A_THREAD = """
said = []
def work():
    try:
        {code}
    except BaseException as error:
        said.append(repr(error))
thread = threading.Thread(target=work)
thread.start()
while thread.is_alive():
    await asyncio.sleep(0.01)
print(said)
"""


@pytest.mark.parametrize(
    "code",
    [
        "said.append(nbstream.stream('Hi').wait(20).status)",
        "said.append(''.join(nbstream.stream('Hi')) and 'completed')",
        "said.append(nbstream.show(iter(['a', 'b'])).wait(20).status)",
        "get_ipython().run_cell_magic('stream', '--as t', 'Hi'); said.append(t.wait(20).status)",
        "w.cancel(); said.append(w.wait(20).status.replace('cancelled', 'completed'))",
    ],
)
def test_calls_from_a_thread(kernel: Kernel, code: str) -> None:
    kernel.run("import asyncio, nbstream, threading\nw = nbstream.stream('Hi', model='test/stall')")
    result = kernel.run(IN_A_THREAD.format(code=code))
    assert result.stdout == "['completed']\n", result.error


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("nbstream.stream('Hi', model='m', client=client)", "an asynchronous client belongs to"),
        ("nbstream.show(stream)", "an async stream belongs to the event loop that made it"),
    ],
)
def test_what_belongs_to_the_loop_of_the_kernel(
    kernel: Kernel, server: Server, code: str, words: str
) -> None:
    kernel.run(
        "import asyncio, threading, nbstream, openai, os\n"
        "client = openai.AsyncOpenAI(base_url=os.environ['OPENAI_BASE_URL'], api_key='k')\n"
        "stream = await client.chat.completions.create(\n"
        "    model='test/ok', messages=[{'role': 'user', 'content': 'Hi'}], stream=True)"
    )
    result = kernel.run(IN_A_THREAD.format(code=code))
    assert words in result.stdout, result.error
    assert "use the blocking client" in result.stdout
    assert kernel.run("await nbstream.show(stream); None").status == "ok", "it can still be read"
    assert len(server.requests) == 1


# -- the end --------------------------------------------------------------------------------------

AT_EXIT = """
import atexit, nbstream, sys
live = nbstream.stream("Hi", model="test/stall")
cut = await nbstream.show(iter("ab"))
def too_late():
    calls = [lambda: nbstream.stream("Hi"), lambda: nbstream.show(iter("ab")),
             lambda: cut.continue_(), lambda: live.cancel(), lambda: nbstream.cancel_all()]
    for call in calls:
        try:
            print("at exit:", call(), file=sys.__stderr__)
        except nbstream.NbstreamError as error:
            print("at exit:", repr(error), file=sys.__stderr__)
atexit.register(too_late)
"""


def test_after_the_kernels_shutdown_began(
    tmp_path: Path, environment: dict[str, str], server: Server
) -> None:
    with Kernel(tmp_path, environment) as kernel:
        assert kernel.run(AT_EXIT).status == "ok"
        server.wait_for_request()
        kernel.client.shutdown()
        server.requests[0].wait_until_left()
        kernel.ended()
    said = [line for line in kernel.log.splitlines() if line.startswith("at exit: ")]
    late = "at exit: UsageError('Python is shutting down: no stream can be started any more')"
    assert said[:3] == [late] * 3
    assert len(said) == 5, kernel.log
    assert "Traceback" not in kernel.log
    assert KEY not in kernel.log
    assert len(server.requests) == 1
