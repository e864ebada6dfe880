"""Keys go out of texts, words stay."""

from __future__ import annotations

import pytest

from nbstream.redact import redactor

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
