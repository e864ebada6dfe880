"""Fixtures for every layer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import Server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--repeats", type=int, default=1, help="how often to do what may be a race")


@pytest.fixture
def repeats(request: pytest.FixtureRequest) -> int:
    """How often a test does what may be a race: the command line's ``--repeats``."""
    return int(request.config.getoption("repeats"))


@pytest.fixture
def server() -> Iterator[Server]:
    """A loopback OpenAI server; `server.url`, `server.enqueue(Scenario())`, `server.requests`."""
    with Server() as running:
        yield running
