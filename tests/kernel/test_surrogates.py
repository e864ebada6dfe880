"""Half a character in a piece of text reaches neither the comm nor the notebook."""

from __future__ import annotations

import pytest

from tests.support.fakes import chat
from tests.support.kernel import Kernel
from tests.support.scenario import Scenario
from tests.support.server import Server
from tests.support.tools import sse

HIGH, LOW, WHOLE = "\ud83d", "\ude00", "a😀b\ufffd"


def check(kernel: Kernel) -> None:
    """The stream ``w`` has ended, in the page and in the notebook."""
    assert kernel.get("(w.status, w.text)") == repr(("completed", WHOLE))
    final = kernel.display()
    assert WHOLE in final["text/markdown"]
    assert WHOLE in final["text/plain"]
    ops = [op for _, frame in kernel.frames() for op in frame.get("ops", ())]
    assert "".join(op["text"] for op in ops if op.get("type") is None) == WHOLE
    assert kernel.frames()[-1][1]["status"] == "completed"


def test_the_magic(kernel: Kernel, server: Server) -> None:
    chunks = [chat(f"a{HIGH}"), chat(f"{LOW}b{HIGH}"), chat(None, reasoning_content=LOW)]
    end = {**chat(finish="stop"), "provider": HIGH, "model": f"m{HIGH}"}
    server.enqueue(Scenario(body=sse(*chunks, end)))
    result = kernel.run("%%stream --inspect --as w\nHi")
    assert (result.status, result.error, result.stderr) == ("ok", "", "")
    check(kernel)
    assert kernel.get("(w.extra['provider'], w.reasoning, w.model)") == repr(
        ("\ufffd", "\ufffd", "m\ufffd")
    )
    assert kernel.run("print(w.inspect().report())").status == "ok"


@pytest.mark.parametrize("kind", ["iter", "aiter"])
def test_a_shown_iterator_of_str(kernel: Kernel, kind: str) -> None:
    kernel.run(
        "import nbstream\n"
        "pieces = ['a\\ud83d', '\\ude00b', '\\ud83d']\n"
        "async def aiter():\n    for piece in pieces:\n        yield piece\n"
    )
    source = "iter(pieces)" if kind == "iter" else "aiter()"
    result = kernel.run(f"w = nbstream.show({source})\ndisplay(w)\n_ = await w")
    assert (result.status, result.error, result.stderr) == ("ok", "", "")
    check(kernel)


def test_a_stream_that_fails_says_so(kernel: Kernel, server: Server) -> None:
    server.enqueue(Scenario(status=400, error_message=f"no{HIGH}"))
    result = kernel.run("%%stream --as w\nHi")
    assert result.status == "error"
    assert "no\ufffd" in result.error


def test_a_prompt(kernel: Kernel, server: Server) -> None:
    kernel.run("half = 'a\\ud83d'")
    result = kernel.run("%%stream\nSay {{half}}")
    assert "UsageError: the prompt has a lone surrogate" in result.error
    assert not server.requests
