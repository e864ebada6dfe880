"""Which addresses are this machine's."""

from __future__ import annotations

import pytest

from nbstream.transport.hosts import is_this_machine

HERE = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "models.localhost",
    "127.0.0.1",
    "127.9.8.7",
    "127.1",
]
HERE += ["0.0.0.0", "0", "0x7f000001", "2130706433", "[::1]", "[::]", "[::ffff:127.0.0.1]"]
HERE += ["[0:0:0:0:0:0:0:1]", "[::ffff:0:0]", "user:pass@localhost"]
ELSEWHERE = [
    "localhost.example.com",
    "127.0.0.1.example.com",
    "10.0.0.1",
    "192.168.1.2",
    "128.0.0.1",
]
ELSEWHERE += [
    "[::2]",
    "[fe80::1]",
    "[::ffff:10.0.0.1]",
    "localhost@example.com",
    "notlocalhost",
    "",
]


@pytest.mark.parametrize("host", HERE)
def test_this_machine(host: str) -> None:
    assert is_this_machine(f"http://{host}/v1")
    assert is_this_machine(f"https://{host}:8080/v1")


@pytest.mark.parametrize("host", ELSEWHERE)
def test_another_machine(host: str) -> None:
    assert not is_this_machine(f"http://{host}/v1")


def test_what_is_no_url() -> None:
    assert not is_this_machine("http://[::1/v1")
    assert not is_this_machine("")
