"""Settings: defaults, limits, and that no key can be put there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from traitlets import TraitError

from nbstream.errors import UsageError
from nbstream.magic.config import NBStream
from nbstream.settings import DEFAULTS, settings


def test_one_instance() -> None:
    assert settings() is NBStream.instance()


def test_defaults() -> None:
    fresh = NBStream()
    values = {name: getattr(fresh, name) for name in fresh.traits(config=True)}
    assert asdict(DEFAULTS) == values, "what a server has that imports no traitlets"
    assert values == {
        "model": "",
        "base_url": "",
        "api_key_env": "",
        "api": "chat",
        "loop": "kernel",
        "persist": "markdown",
        "max_attempts": 3,
        "stall_after": 10.0,
        "first_token_timeout": 0.0,
        "idle_timeout": 0.0,
        "inspect": False,
        "prefills": False,
    }


def test_every_setting_says_what_it_does() -> None:
    for name, trait in NBStream().traits(config=True).items():
        assert trait.help, name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api", "completions"),
        ("persist", "html"),
        ("max_attempts", 0),
        ("stall_after", 0.0),
        ("idle_timeout", -1.0),
    ],
)
def test_impossible_values(name: str, value: Any) -> None:
    with pytest.raises(TraitError):
        setattr(NBStream(), name, value)


@pytest.mark.parametrize("key", ["sk-proj-abcdef123456", "abcdef0123456789", "abcdef" * 20])
def test_a_key_is_not_a_name(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        NBStream().api_key_env = key
    assert "not a key" in str(caught.value)
    assert "abcdef" not in str(caught.value)


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("my_key", "x")
    for name in ("", "GROQ_API_KEY", "my_key"):
        NBStream().api_key_env = name
    config = NBStream()
    config.api_key_env = "GROQ_API_KEY"
    assert config.api_key_env == "GROQ_API_KEY"
