"""Keys of the real SDK's clients are shown nowhere."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys

import openai
import pytest

import nbstream
from tests.support.scenario import Scenario
from tests.support.sdk import KEY, end_of, open_stream, stream
from tests.support.server import Server


@pytest.mark.parametrize("key", [KEY, "plain-word-key"])
@pytest.mark.parametrize("kind", ["async", "sync", "show"])
async def test_a_key_in_an_error_is_redacted(server: Server, key: str, kind: str) -> None:
    async with openai.AsyncOpenAI(base_url=server.url, api_key=key, max_retries=0) as aclient:
        with openai.OpenAI(base_url=server.url, api_key=key, max_retries=0) as client:
            if kind == "show":
                w = nbstream.show(open_stream(aclient, "test/401"))
            else:
                w = stream(aclient if kind == "async" else client, "test/401")
            await end_of(w)
    assert f"Bearer {key}" == server.requests[0].headers["authorization"]
    assert w.error is not None
    with pytest.raises(nbstream.StreamError) as caught:
        await w
    places = {
        "error": str(w.error) + repr(w.error),
        "exception": str(caught.value) + repr(caught.value),
        "widget": repr(w),
        "bundle": json.dumps(w.text_bundle()),
        "snapshot": json.dumps(w._wire.snapshot()),
    }
    for place, text in places.items():
        assert key not in text, place
    assert "[redacted]" in places["error"]


PROGRAM = """
import asyncio, logging, sys, traceback
import nbstream

def show(exc):
    report = traceback.TracebackException.from_exception(exc, capture_locals=True)
    print("".join(report.format()), repr(exc), repr(exc.__cause__), repr(exc.__context__))

async def main(url):
    for model in ("test/ok", "test/401", "test/reset", "test/429-ms-then-ok"):
        w = nbstream.stream("Hello", model=model, base_url=url)
        try:
            await w
        except nbstream.StreamError as exc:
            show(exc)
        print(repr(w), w.error, vars(w), vars(w._session), vars(w._session.source), w.get_state())
    try:
        nbstream.stream("Hello", base_url=url)
    except nbstream.NbstreamError as exc:
        show(exc)

logging.basicConfig(level=logging.DEBUG)
asyncio.run(main(sys.argv[1]), debug=True)
"""


def test_neither_debug_logs_nor_tracebacks_with_locals_show_the_key(server: Server) -> None:
    key = "plain-word-key-0123456789"
    environment = {**os.environ, "OPENAI_LOG": "debug", "NBSTREAM_API_KEY": key}
    for name in ("NBSTREAM_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, server.url],
        env=environment,
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {key}"}
    assert "DEBUG:openai._base_client:" in said, "the SDK's debug log is on"
    assert "name a model for 127.0.0.1" in said
    assert "key = '[redacted]'" in said, "locals are shown"
    assert key not in said


LOGS = """
import asyncio, sys, logging
import nbstream, openai

async def main(url, key):
    client = openai.AsyncOpenAI(base_url=url, api_key=key)
    for options in ({"base_url": url}, {"client": client}):
        await nbstream.stream("Hello", model="test/ok", **options)

logging.getLogger().setLevel(logging.DEBUG)
asyncio.run(main(*sys.argv[1:]))
"""


def test_debug_logs_show_no_key_that_a_server_echoes_or_a_url_holds(server: Server) -> None:
    key = "plain-word-key-0123456789"
    coded = base64.b64encode(f"user:{key}".encode()).decode()
    echoes = (("X-Echo", key), ("X-Echo-Basic", coded), ("Set-Cookie", "session=hunter22hunter22"))
    for _ in range(2):
        server.enqueue(Scenario(headers=echoes))
    environment = {**os.environ, "OPENAI_LOG": "debug", "NBSTREAM_API_KEY": key}
    url = server.url.replace("://", "://user:pass-in-url@")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOGS, url, key],
        env=environment,
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert len(server.requests) == 2
    assert "x-echo" in said.lower(), "response headers are logged"
    for secret in (key, coded[8:-4], "pass-in-url", "hunter22"):
        assert secret not in said, secret


async def test_a_server_on_this_machine_is_not_asked_through_a_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    w = await nbstream.stream("Hi", base_url=server.url, model="test/ok")
    assert w.status == "completed"
