"""Proxies and certificates that the environment puts between us and a server. Where a request fails
because of them, the message must not blame the server."""

from __future__ import annotations

import ipaddress
import os
import traceback
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

_LAYERS = ("http_proxy", "socks_proxy")
"""The modules of httpcore and httpcore2 that talk to proxies."""


def proxy_of(causes: Iterable[BaseException]) -> str | None:
    """The proxy that a request went through, in words; None if it went directly to the server.
    ``causes`` are the exception that it raised and the exceptions that led to it.

    The SDK does not report the proxy, but the module that raised shows that there is one. Its
    address is known only if the environment names it.
    """
    causes = list(causes)
    if any("proxy" in type(cause).__name__.lower() or _passed_proxy(cause) for cause in causes):
        return _named(causes)
    return None


def _passed_proxy(cause: BaseException) -> bool:
    frames = traceback.walk_tb(cause.__traceback__)
    modules = (str(frame.f_globals.get("__name__")) for frame, _ in frames)
    return any(module.rpartition(".")[2] in _LAYERS for module in modules)


def _named(causes: Iterable[Any]) -> str:
    for name in (*(f"{scheme}_proxy" for scheme in map(_scheme_of, causes)), "all_proxy"):
        for variable in (name, name.upper()):
            if value := os.environ.get(variable):
                scheme, colon, rest = value.rpartition("://")
                host = rest.rpartition("@")[2]  # before it may stand a password
                return f"the proxy {scheme}{colon}{host} ({variable})"
    return "the proxy"


def _scheme_of(cause: Any) -> str:
    try:
        return str(cause.request.url.scheme)
    except (AttributeError, RuntimeError):  # httpx raises RuntimeError where it knows no request
        return ""


def proxy_for(url: str) -> str | None:
    """The proxy that the environment, or the system, sets for ``url``, if any.

    For HTTP libraries that cannot parse every NO_PROXY: httpx 0.28 takes an IPv6 network for a host
    with a port.
    """
    proxies, scheme = getproxies(), urlsplit(url).scheme
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or is_bypassed(url, proxies.get("no", "")):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def is_bypassed(url: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names the host of ``url``: by its name, a parent domain, its address or its
    network, each with or without a port.

    >>> is_bypassed("http://[fe80::1]/v1", "localhost,fe80::/10")
    True
    >>> is_bypassed("http://api.corp.example/v1", ".corp.example:8080")
    False
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    entries = (entry.strip().lower() for entry in no_proxy.split(","))
    return any(entry == "*" or _names(entry, host, port) for entry in entries if entry)


def _names(entry: str, host: str, port: int | None) -> bool:
    entry = entry.rpartition("://")[2]
    name, colon, number = entry.rpartition(":")
    if colon and number.isdecimal() and (":" not in name or name.endswith("]")):
        if int(number) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").removeprefix(".").rstrip(".")
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:  # one of them is a name
        return bool(entry) and (host == entry or host.endswith(f".{entry}"))


def certificate_variables() -> str:
    """The environment variables that name certificates, with their values, in words; "" if none
    does. https://www.python-httpx.org/environment_variables/#ssl_cert_file"""
    named = {name: os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")}
    missing = [name for name, path in named.items() if path and not os.path.exists(path)]
    shown = missing or [name for name, path in named.items() if path]
    return " and ".join(f"{name} ({named[name]})" for name in shown)
