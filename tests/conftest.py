"""Fixtures for every layer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """A loopback OpenAI server; `server.url`, `server.enqueue(Scenario())`, `server.requests`."""
    with Server() as running:
        yield running
