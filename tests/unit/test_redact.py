"""Keys go out of texts, words stay."""

from __future__ import annotations

import reprlib

import pytest

from nbstream.redact import Key, redactor

KEY = "sk-proj-AbCdEf0123456789"


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}.",
        "Incorrect API key provided: sk-abcd****************6789.",
        f"headers: Authorization: Bearer {KEY}",
        "Bearer eyJhbGciOi.J9.x",
        "gsk_not-this but gsk-abcdefghij",
        "xai-abcdefghijk",
    ],
)
def test_what_looks_like_a_key_goes(text: str) -> None:
    redacted = redactor()(text)
    assert "[redacted]" in redacted
    for secret in (KEY, "6789", "eyJhbGciOi", "abcdefghij"):
        assert secret not in redacted


def test_known_secrets_go_whatever_they_look_like() -> None:
    redact = redactor("hunter22", None, "", "hunter22-long")
    assert redact("hunter22-long and hunter22") == "[redacted] and [redacted]"


def test_words_stay() -> None:
    text = "The task-oriented model ask-me-anything is risk-free; use a keyboard-interrupt"
    assert redactor(None, "", "abc")(text) == text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@host/v1", "https://[redacted]@host/v1"),
        ("https://token@host/v1", "https://[redacted]@host/v1"),
        ("https://host/v1?mail=a@b", "https://host/v1?mail=a@b"),
        ("write to a@b.example", "write to a@b.example"),
    ],
)
def test_what_stands_before_the_host_of_a_url_goes(url: str, shown: str) -> None:
    assert redactor()(url) == shown


def test_a_key_shows_itself_nowhere_by_accident() -> None:
    key = Key("hunter22")
    assert "hunter22" not in repr([key, {"key": key}])
    long = Key("hunter22" * 30)
    for shown in (reprlib.repr(long), repr(long[:80]), repr(long[3]), f"{long!r:.50}"):
        assert "h" not in shown
        assert "[redacted]" in shown
    assert f"Bearer {key}" == "Bearer hunter22"
    assert key == "hunter22"
