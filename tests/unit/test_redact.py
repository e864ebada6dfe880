"""Keys go out of texts, words stay."""

from __future__ import annotations

import base64
import json
import reprlib
from collections.abc import Callable
from urllib.parse import quote

import pytest

from nbstream.text.redact import Key, redactor

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


SECRET = "hunter22/+x"


@pytest.mark.parametrize(
    "text",
    [
        f'{{"api_key": "{SECRET}", "n": 1}}',
        f'{{"api_key":"{SECRET}',
        f'{{"X-Api-Key":"{SECRET}"}}',
        f'{{"said":"{{\\"client_secret\\": \\"{SECRET}\\"}}"}}',
        f'{{"password":"a\\"{SECRET}"}}',
        f"Client(api_key='{SECRET}', n=1)",
        f"[(b'Set-Cookie', b'session={SECRET}'), (b'x-api-key', b\"{SECRET}\")]",
        f"Authorization: Basic {SECRET}",
        f"x-api-key: {SECRET}",
        f"Set-Cookie: session={SECRET}; Path=/",
        f'{{"url":"https://host/v1?api-key={SECRET}&n=1"}}',
        f"https://host/v1?n=1\\u0026X-Amz-Signature={SECRET}#part",
        f"https://host/?key={SECRET}",
        "AIzahunter22hunter22hunter22",
        '{"said":"Bearer hunter22"}',
        "eyJhbhunter22.hunter22.hunter22",
    ],
)
def test_what_is_named_like_a_secret_goes(text: str) -> None:
    redacted = redactor()(text)
    assert "[redacted]" in redacted
    assert "hunter22" not in redacted


@pytest.mark.parametrize(
    "text",
    [
        '{"token":"Hello","logprob":-0.1,"bytes":[72]}',
        '{"prompt_cache_key":"a","total_tokens":7,"key":"b","id":"chatcmpl-1"}',
        "https://host/v1?model=a&stream=true",
        "the secret of a good password is its length: long",
        '{"required":["password","name"]}',
        "the authorization header: none",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redactor()(text) == text


@pytest.mark.parametrize("secret", [SECRET, 'with "quotes"', "with/slashes"])
def test_known_secrets_go_however_they_are_written(secret: str) -> None:
    written = [json.dumps({"said": secret}), json.dumps({"said": secret}).replace("/", "\\/")]
    for text in [*written, f"https://host/{quote(secret, safe='')}"]:
        assert secret not in redactor(secret)(text)
        assert "[redacted]" in redactor(secret)(text), text


@pytest.mark.parametrize(
    "escaped",
    [
        "".join(f"\\u{ord(c):04x}" for c in SECRET),
        "".join(f"\\u{ord(c):04X}" for c in SECRET),
        "".join(f"\\\\u{ord(c):04x}" for c in SECRET),
        "".join(f"\\x{ord(c):02x}" for c in SECRET),
        "".join(f"%{ord(c):02X}" for c in SECRET),
        "".join(f"&#{ord(c)};" for c in SECRET),
        "".join(f"&#x{ord(c):X};" for c in SECRET),
        SECRET.replace("/", "\\u002f"),
        f"\\u0068{SECRET[1:]}",
    ],
)
def test_known_secrets_go_escaped_in_any_way(escaped: str) -> None:
    assert redactor(SECRET)(f"key {escaped} refused") == "key [redacted] refused"


@pytest.mark.parametrize("before", ["", "u:", "me:", "user:", "Bearer "])
@pytest.mark.parametrize("after", ["", "x", "yz"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_known_secrets_go_in_base64(
    before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    coded = encode(f"{before}{SECRET}{after}".encode()).decode()
    redacted = redactor(SECRET)(f"basic {coded} refused")
    assert "[redacted]" in redacted
    # At most the letters that share a byte triple with what stands beside the key are left.
    left = redacted.removeprefix("basic ").removesuffix(" refused").replace("[redacted]", "")
    assert len(left) <= len(encode(before.encode())) + len(encode(after.encode())) + 4


def test_long_texts_take_no_long_time() -> None:
    for text in (
        "a" * 1_000_000,
        "\\" * 300_000,
        "&#0" + "0" * 300_000,
        '"secret' * 100_000,
        "://" * 300_000,
        "eyJ" * 300_000,
    ):
        redactor("a-secret")(text)


def test_a_key_shows_itself_nowhere_by_accident() -> None:
    key = Key("hunter22")
    assert "hunter22" not in repr([key, {"key": key}])
    long = Key("hunter22" * 30)
    for shown in (reprlib.repr(long), repr(long[:80]), repr(long[3]), f"{long!r:.50}"):
        assert "h" not in shown
        assert "[redacted]" in shown
    assert f"Bearer {key}" == "Bearer hunter22"
    assert key == "hunter22"
