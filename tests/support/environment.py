"""The environment variables that choose a server and a model."""

from __future__ import annotations

import pytest

VARIABLES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "NBSTREAM_API_KEY", "NBSTREAM_MODEL")


def choose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if none of them were set."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
