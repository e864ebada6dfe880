"""What stands between a notebook and a server: proxies, certificates, redirects, HTTP libraries."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import openai
import pytest

import nbstream
from tests.sdk.conftest import KEY
from tests.support.fakes import until
from tests.support.scenario import Scenario
from tests.support.sdk import PROMPT
from tests.support.server import Server

URL = "http://models.invalid/v1"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("NBSTREAM_API_KEY", KEY)


async def ended(**options: Any) -> Any:
    w = nbstream.stream("Hello", **{"model": "any", "max_attempts": 1, **options})
    await until(w._session.done.done)
    return w


@pytest.fixture
def dead() -> Iterator[str]:
    """An address at which nothing listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{reserved.getsockname()[1]}"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_a_dead_proxy(dead: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if variable == "HTTP_PROXY":
        monkeypatch.setenv("NO_PROXY", "localhost,[::1],fe80::/10")
    monkeypatch.setenv(variable, f"http://user:planted@{dead}")
    said = str((await ended(base_url=URL)).error)
    assert f"the proxy http://{dead} ({variable}) cannot be reached" in said
    assert "planted" not in said
    assert "Check the proxy; NO_PROXY names the hosts" in said


async def test_a_proxy_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:8080")
    said = str((await ended(base_url=URL)).error)
    assert "the name of the proxy http://proxy.invalid:8080 (HTTP_PROXY) was not found" in said


@pytest.mark.parametrize("value", ["socks://127.0.0.1:9", "ftp://127.0.0.1:9", "http://[::1:9"])
async def test_a_proxy_that_is_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    said = str((await ended(base_url=URL)).error)
    assert said.startswith("ConfigError: the proxy that the environment names cannot be used")


@pytest.mark.parametrize(
    "skipped", ["localhost,127.0.0.0/8,::1/128", "localhost,[::1]", "fe80::/10,.corp", "[::1]:8080"]
)
async def test_no_proxy_may_hold_ipv6(
    server: Server, skipped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test server takes requests for other servers, as a proxy does.
    server.default = Scenario(text=["through"])
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
    monkeypatch.setenv("NO_PROXY", skipped)
    w = await ended(base_url=URL)
    assert (w.text, w.error) == ("through", None)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "127.1"])
async def test_this_machine_needs_no_key_and_no_proxy(
    server: Server, dead: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NBSTREAM_API_KEY")
    monkeypatch.setenv("ALL_PROXY", f"http://{dead}")
    w = await ended(base_url=server.url.replace("127.0.0.1", host))
    assert w.status == "completed", w.error


async def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")
    said = str((await ended(base_url="https://models.invalid/v1")).error)
    assert "the certificates of SSL_CERT_FILE (/no/such/file.pem) cannot be read" in said


# -- redirects ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("kind", ["async", "sync", "header"])
async def test_keys_stay_with_their_server(server: Server, status: int, kind: str) -> None:
    with Server() as other:
        path = "/chat/completions"
        location = (("location", f"{other.url}{path}"),)
        server.default = Scenario(status=status, headers=location)
        header = {"api-key": KEY} if kind == "header" else {}  # as Azure's clients send it
        maker: Any = openai.OpenAI if kind == "sync" else openai.AsyncOpenAI
        key = "another" if header else KEY
        client = maker(base_url=server.url, api_key=key, default_headers=header)
        w = await ended(client=client)
        assert w.status == "completed", w.error
        assert KEY in str(server.requests[0].headers)
        assert KEY not in str(other.requests[0].headers)
        other.default = Scenario(status=401)
        said = str((await ended(client=client)).error)
        assert f"after a redirect to {other.url}{path}, where the key was not sent" in said
        closing = client.close()
        if kind != "sync":
            await closing


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_says_where_the_api_is(either: Any, server: Server, status: int) -> None:
    location = (("location", "http://models.invalid/v2/chat/completions"),)
    server.default = Scenario(status=status, headers=location)
    w = await ended(client=either)
    assert f"redirects the request to {location[0][1]}, which would lose the prompt" in str(w.error)
    assert "Set the base URL to http://models.invalid/v2." in str(w.error)
    assert len(server.requests) == 1


async def test_other_requests_of_a_client_are_left_alone(server: Server) -> None:
    async with openai.AsyncOpenAI(base_url=server.url, api_key=KEY, max_retries=0) as client:
        assert (await ended(client=client)).status == "completed"
        assert (await ended(client=client)).status == "completed"
        hooks = client._client.event_hooks
        assert [len(hooks[name]) for name in ("request", "response")] == [1, 1]
        server.default = Scenario(status=400, whole=("text/plain", b"x" * 1_000_000))
        with pytest.raises(openai.BadRequestError) as raised:
            await client.chat.completions.create(model="any", messages=PROMPT)
        assert len(raised.value.response.text) == 1_000_000


# -- another HTTP library -------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(openai, "DefaultAioHttpClient"), reason="this SDK has none")
async def test_aiohttp(server: Server, dead: str) -> None:
    for url, words in (
        (server.url, ""),
        (f"http://{dead}/v1", "no server listens at that address"),
        (URL, "the server's name was not found"),
    ):
        http = openai.DefaultAioHttpClient()
        async with openai.AsyncOpenAI(base_url=url, api_key=KEY, http_client=http) as client:
            w = await ended(client=client)
            assert words in str(w.error or "")
            assert (w.status == "completed") == (not words)
