"""The server's words, from every shape of body."""

from __future__ import annotations

import time
from typing import Any

import pytest

from nbstream.transport.server_words import LONGEST, is_page, words_of
from tests.support.growth import undisturbed

ITEM = {"loc": ["body", "n"], "msg": "must be 1", "type": "value_error", "input": 3}
GOOGLE = {
    "code": 400,
    "message": "Invalid payload.",
    "details": [
        {"@type": "x/BadRequest", "fieldViolations": [{"field": "a.b", "description": "No."}]},
        {"@type": "x/ErrorInfo", "reason": "KEY_INVALID", "domain": "example.org"},
    ],
}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "Bad thing."}}, "Bad thing."),
        ({"error": "m-1 was never pulled"}, "m-1 was never pulled"),
        ({"error": ["a", {"message": "b"}]}, "a; b"),
        ([{"error": GOOGLE}], "Invalid payload.: a.b: No."),
        ({"detail": "Not here"}, "Not here"),
        ({"detail": [ITEM]}, "n: must be 1"),
        ({"detail": [ITEM, {**ITEM, "loc": ["body", "m"]}]}, "n: must be 1; m: must be 1"),
        ({"object": "error", "message": {"detail": [ITEM]}}, "n: must be 1"),
        ({"success": False, "errors": [{"code": 7, "message": "No route."}]}, "No route."),
        ({"message": "Bad", "errors": {"n": ["must be 1", "or 2"]}}, "Bad: n: must be 1; or 2"),
        ({"error": "invalid_token", "error_description": "It ran out."},
         "invalid_token: It ran out."),
        ({"type": "about:blank", "title": "Bad Request", "detail": "n is odd", "status": 400},
         "Bad Request: n is odd"),
        ({"error": {"message": "Provider error", "metadata": {"raw": '{"error":{"message":"x"}}'}}},
         "Provider error: x"),
        ({"fault": {"faultstring": "Quota violation", "detail": {"errorcode": "q"}}},
         "Quota violation"),
        ({"base_resp": {"status_code": 1004, "status_msg": "login fails"}}, "login fails"),
        ({"Message": "no such bucket"}, "no such bucket"),
        ("upstream refused", "upstream refused"),
        (b"upstream refused", "upstream refused"),
        ('{"error": {"message": "in text"}}', "in text"),
        ('event: error\ndata: {"error":\ndata: {"message": "in an event"}}\n\n', "in an event"),
        ("<?xml version='1.0'?><Error><Code>No</Code><Message>A &amp; B</Message></Error>",
         "A & B"),
        ("{broken", "{broken"),
        ({"code": 7}, ""),
        ({"error": True, "message": 5}, ""),
        ([], ""),
        (None, ""),
        (7, ""),
        (b"\x1f\x8b\x08\x00\x00\xff\xff\x00\x00", ""),
    ],
)  # fmt: skip
def test_words(body: Any, words: str) -> None:
    assert words_of(body) == words


def test_a_page_says_its_title() -> None:
    page = "<!DOCTYPE html>\n<html><head><title>502 Bad\n Gateway</title></head><h1>x</h1></html>"
    assert is_page(page)
    assert words_of(page) == 'it sent a web page "502 Bad Gateway" instead of the API\'s answer'
    assert words_of("<html></html>") == "it sent a web page instead of the API's answer"


def test_what_is_long_or_deep_is_cut() -> None:
    assert len(words_of({"error": "x" * 10_000})) < LONGEST + 5
    deep: Any = "bottom"
    for _ in range(5000):
        deep = {"error": deep}
    assert words_of(deep) == ""
    assert words_of({"errors": [f"x{n}" for n in range(10_000)]}).count(";") < 20
    assert words_of({"errors": {f"field{n}": "bad" for n in range(10_000)}}).count(";") < 20
    assert words_of("[" * 100_000)


@pytest.mark.parametrize("start", ["<html>", "<error>"])
def test_tags_that_do_not_end_cost_little(start: str) -> None:
    def seconds(count: int) -> float:
        begun = time.process_time()
        words_of(start + "<title <message " * count)
        return time.process_time() - begun

    seconds(10)
    with undisturbed():
        assert seconds(20_000) < 0.1 + 50 * seconds(2_000)


def test_a_page_behind_many_comments_is_seen_at_once() -> None:
    comments = "<!-- -->\n" * 1000
    assert is_page(f"{comments}<html>")
    assert not is_page(f"{comments}plain")
    assert not is_page("<!--" * 1000)
