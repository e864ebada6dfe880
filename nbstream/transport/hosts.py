"""Tells whether an address is this machine's. Pure."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit


def is_this_machine(url: str) -> bool:
    """Whether ``url`` names this machine: a loopback address, or the unspecified address, which
    servers print as the one they listen on.

    >>> [is_this_machine(f"http://{host}/v1") for host in ("127.0.0.2", "[::]", "localhost.")]
    [True, True, True]
    >>> is_this_machine("http://localhost.example.com/v1")
    False
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").partition("%")[0]
    except ValueError:
        return False
    # https://www.rfc-editor.org/rfc/rfc6761#section-6.3
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    if address is None:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        # Also 127.1 and 0x7f000001, which name lookups take for addresses.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None
