"""Ended streams of scripts and servers, where no page can show them: Python collects those that
nobody holds."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import openai

import nbstream
from nbstream.widget.widget import StreamWidget
from tests.support.fakes import until
from tests.support.sdk import ANSWER, open_stream, stream
from tests.support.server import Server

SCRIPT = """
import asyncio, gc, sys, time
import nbstream, openai
from ipywidgets.widgets.widget import _instances

url, messages = sys.argv[1], [{"role": "user", "content": "Hi"}]

def use(client):
    w = nbstream.stream("Hi", client=client, model="test/ok")
    return w if isinstance(client, openai.AsyncOpenAI) else w.wait(60)

async def one():
    async with openai.AsyncOpenAI(base_url=url, api_key="k", max_retries=0) as client:
        await use(client)

with openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client:
    for _ in range(5):
        use(client)
        asyncio.run(one())
        opened = client.chat.completions.create(model="test/ok", messages=messages, stream=True)
        assert nbstream.show(opened).wait(60).text
        del opened
    held = use(client)

# The last tick of the hub, which looks at them once more, is due within a second.
deadline = time.monotonic() + 60
while len(nbstream.tasks()) > 1 and time.monotonic() < deadline:
    gc.collect()
    time.sleep(0.05)
assert nbstream.tasks() == [held], nbstream.tasks()
assert not _instances, _instances
print(held.text)
"""


def test_a_script(server: Server) -> None:
    command = [sys.executable, "-c", SCRIPT, server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, ANSWER.strip(), "")


async def test_a_server(aclient: openai.AsyncOpenAI) -> None:
    made: list[weakref.ref[StreamWidget]] = []

    async def serve() -> None:
        shown = nbstream.show(await open_stream(aclient, "test/ok"))
        for w in (stream(aclient), shown):
            assert (await w).text == ANSWER
            made.append(weakref.ref(w))

    def are_gone() -> bool:
        gc.collect()
        return not any(ref() for ref in made)

    for _ in range(5):
        await serve()
    await until(are_gone)
    assert len(made) == 10
