"""Which proxy a request went through that failed: the message must not blame the server."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from typing import Any

_LAYERS = ("http_proxy", "socks_proxy")
"""The modules of httpcore and httpcore2 that speak to proxies."""


def proxy_of(causes: Iterable[BaseException]) -> str | None:
    """In words, the proxy that a request went through; ``causes`` are the exception that it raised
    and those that led to it. None if it went straight to the server.

    The SDK says nothing of it: the layers that raised do. The proxy itself is known only where the
    environment names it, as it does for every client unless its maker chose one.
    """
    for cause in causes:
        if "proxy" in type(cause).__name__.lower() or _passed_proxy(cause):
            return _named(cause)
    return None


def _passed_proxy(cause: BaseException) -> bool:
    frames = traceback.walk_tb(cause.__traceback__)
    modules = (str(frame.f_globals.get("__name__")) for frame, _ in frames)
    return any(module.rpartition(".")[2] in _LAYERS for module in modules)


def _named(cause: Any) -> str:
    try:
        scheme = str(cause.request.url.scheme)
    except (AttributeError, RuntimeError):  # httpx raises RuntimeError where it has no request
        scheme = ""
    for name in (f"{scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            if value := os.environ.get(variable):
                return f"the proxy {value} ({variable})"
    return "the proxy"
