"""Parameters and prompts, checked before anything is done."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.validation import (
    check_number,
    check_params,
    check_prompt,
    check_sendable,
    check_words,
    known_parameters,
)

# -- parameters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_known_parameters(api: Any) -> None:
    known = known_parameters(api)
    assert {"temperature", "top_p", "extra_body", "timeout"} <= known
    assert not {"self", "stream", "messages", "input", "model"} & known


def test_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"'temprature' \(did you mean 'temperature'\?\): "):
        check_params("chat", {"temprature": 1})
    with pytest.raises(UsageError, match="did you mean 'base_url'"):
        check_params("chat", {"base_ur": 1}, own=["base_url"])
    with pytest.raises(UsageError, match=r"extra_body=\{'zzz': \.\.\.\}") as caught:
        check_params("chat", {"zzz": 1})
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("name", ["stream", "messages", "input", "model"])
def test_what_nbstream_sets(name: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}' cannot be set: "):
        check_params("chat", {name: 1})


def test_several_answers_at_once() -> None:
    check_params("chat", {"n": 2})


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"extra_body": 5}, "extra_body takes a dict, not int"),
        ({"extra_query": [1]}, "extra_query takes a dict, not list"),
        ({"extra_headers": "a: b"}, "extra_headers takes a dict, not str"),
        ({"extra_headers": {"x-a": 5}}, "the header 'x-a' takes plain ASCII text on one line"),
        ({"extra_headers": {"x-a": "é"}}, "the header 'x-a' takes"),
        ({"extra_headers": {"x-a": "s3cret\r\nx: y"}}, "the header 'x-a' takes"),
        ({"timeout": "5"}, "timeout takes seconds as a number above 0, not '5'"),
        ({"timeout": 0}, "timeout takes"),
        ({"timeout": True}, "timeout takes"),
        ({"temperature": math.nan}, "the parameter temperature has the number nan"),
        ({"extra_body": {"x": [math.inf]}}, "the parameter extra_body has the number inf"),
        ({"stop": {"a"}}, "the parameter stop has set, which JSON cannot hold"),
        ({"user": "a\0"}, "the parameter user has a NUL character at position 1"),
    ],
)
def test_values_that_cannot_be_sent(params: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_params("chat", params)
    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value), "headers may hold keys"


def test_values_that_can() -> None:
    class Timeout:
        """Stands for the HTTP library's."""

    check_params("chat", {"timeout": Timeout(), "extra_headers": {"x-a": "b", "x-gone": Timeout()}})
    check_params("chat", {"timeout": 0.5, "extra_body": None, "stop": ("a", "b"), "seed": None})
    check_params("responses", {"metadata": {"at": datetime.date(2026, 1, 1)}})


def test_what_is_nested_without_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(UsageError, match="the parameter stop is nested too deeply"):
        check_params("chat", {"stop": loop})


# -- prompts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt", ["Hi", "😀", [{"role": "user", "content": "Hi"}], [{"role": "user", "content": []}]]
)
def test_prompts(prompt: Any) -> None:
    check_prompt(prompt)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ([], "not an empty list"),
        ((), "not tuple"),
        (None, "not NoneType"),
        (5, "not int"),
        (["Hi"], "each message is a dict"),
        ("a \0", "a NUL character at position 2, which servers refuse: take it out"),
        ("a \ud800", r"a lone surrogate \('\\ud800'\) at position 2"),
        ([{"role": "user", "\ud800": "x"}], "lone surrogate"),
        ([{"role": "user", "content": b"x"}], "the prompt has bytes, which JSON cannot hold"),
        ([{"role": "user", "content": [{"text": "\udc00"}]}], "lone surrogate"),
    ],
)
def test_impossible_prompts(prompt: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_prompt(prompt)


def test_a_prompt_of_five_megabytes() -> None:
    check_prompt("word " * 1_000_000)


# -- other words and numbers ----------------------------------------------------------------------


def test_words() -> None:
    check_words("label", None)
    check_words("label", "é😀")
    with pytest.raises(UsageError, match="model takes a string, not int"):
        check_words("model", 5)
    with pytest.raises(UsageError, match="model has a NUL character"):
        check_words("model", "a\0")


def test_what_the_advice_on_surrogates_gives() -> None:
    check_sendable("text", "a\ud800".encode(errors="replace").decode())


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", math.nan, math.inf])
def test_numbers(value: Any) -> None:
    check_number("max_tokens", None, least=1, whole=True)
    check_number("max_tokens", 1, least=1, whole=True)
    with pytest.raises(UsageError, match="max_tokens takes a whole number from 1 on, not "):
        check_number("max_tokens", value, least=1, whole=True)


@pytest.mark.parametrize("value", [-0.1, False, "3", math.nan, math.inf])
def test_seconds(value: Any) -> None:
    check_number("idle_timeout", 0, least=0, whole=False)
    check_number("idle_timeout", 0.5, least=0, whole=False)
    with pytest.raises(UsageError, match="idle_timeout takes seconds as a number from 0 on"):
        check_number("idle_timeout", value, least=0, whole=False)
