"""Keys of the real SDK's clients are shown nowhere."""

from __future__ import annotations

import json

import openai
import pytest

import nbstream
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


async def test_a_server_on_this_machine_is_not_asked_through_a_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    w = await nbstream.stream("Hi", base_url=server.url, model="test/ok")
    assert w.status == "completed"
