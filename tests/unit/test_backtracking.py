"""Which patterns can take exponential time."""

from __future__ import annotations

import importlib
import pkgutil
import re
import signal

import pytest

import nbstream
from nbstream.transcript.backtracking import is_exponential

# Each with a text that makes it do so.
EXPONENTIAL = {
    "(a+)+b": "a",
    "(a|aa)+b": "a",
    "(a*)*b": "a",
    "((?:a|b)+c?)+d": "ab",
    "(a|ab|b)*c": "ab",
    r"(\w+\s*)+:": "word",
    r"(\n\s*)+x": "\n",
    "(.*)*x": "a",
    "(.*?,?)+x": "a,",
    "^(([a-z])+.)+[A-Z]([a-z])+$": "a",
    "(?:(?=(a+)+b)x|a)+y": "a",
    "x?(?=(a+)+b)": "a",
    "(a{1,3})+b": "a",
    "(a?a?)*b": "a",
    "(?:x?a?)*b": "xa",
    "(?i:(B|bb))+c": "bB",
    "(?i)(é|ÉÉ)+b": "É",
    "(a+){30}b": "a",
    "(a|a?b?)+c": "ab",
    r"(\s|[ \t]{1,2})*END": " ",
    r"([^x]|\d\d)+y": "1",
    "(?:(a)|(a))+b": "a",
    "(中+)+b": "中",
    "(a+)*?b": "a",
}

HARMLESS = [
    "END",
    r"\d{3}\b",
    "begin.*end",
    r"(\w+\s)+:",
    r"(\d{2})+x",
    r"(?:\d{1,3}\.){3}\d{1,3}",
    r"(?:[0-9a-f]{32}\s)+",
    r"```\w*\n.*?\n```",
    r"(?s)<answer>.*?</answer>",
    r"^\s*#+ .*$",
    "(?:ab+)+c",
    r"(\n- .*)+\n\n",
    r"\n{3,}",
    "(?:foo|bar|baz)+",
    r"(?:\|[^|\n]*)+\|\n",
    r'"(?:[^"\\]|\\.)*"',
    r"\b(\w+)\s+\1\b",
    "(?<=x)y+",
    "(a)?(?(1)b|c)+d",
    "(a?)+b",
    "(a{1,2}){2}b",
    "(?:a{0,3}b)+c",
    r"(?x) (?: \w+ \s )+ [:]",
    "[a-z]+(-[a-z]+)*\n",
    "first.*second.*third",
]


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_is_found(pattern: str) -> None:
    assert is_exponential(re.compile(pattern))


@pytest.mark.parametrize("pattern", HARMLESS)
def test_is_left_alone(pattern: str) -> None:
    assert not is_exponential(re.compile(pattern))


def test_a_loop_that_is_too_large_to_compare_is_refused() -> None:
    words = "|".join(f"word{number}" for number in range(1000))
    assert is_exponential(re.compile(f"(?:{words})+"))
    assert not is_exponential(re.compile(words))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer of processor time")
@pytest.mark.parametrize(("pattern", "text"), EXPONENTIAL.items())
def test_what_is_found_does_take_for_ever(pattern: str, text: str) -> None:
    # Or else ordinary patterns would be refused for nothing. A search ends at a signal.
    def ring(*_: object) -> None:
        raise TimeoutError

    def search() -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.1)
        re.search(pattern, text * 200 + "\x00")

    before = signal.signal(signal.SIGVTALRM, ring)
    try:
        with pytest.raises(TimeoutError):
            search()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


# What follows the ambiguous loop in them cannot fail, so that nothing is tried again.
CANNOT_FAIL = {
    "nbstream.markdown.links._ADDRESS",
    "nbstream.markdown.markers._CELL",
    "nbstream.markdown.markers._WHOLE",
    "nbstream.saved.tex_bounds._LENGTHS",
}


def test_no_pattern_of_ours_can_take_for_ever() -> None:
    found = set()
    for module in pkgutil.walk_packages(nbstream.__path__, "nbstream."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            is_text = isinstance(value, re.Pattern) and isinstance(value.pattern, str)
            if is_text and is_exponential(value):
                found.add(f"{module.name}.{name}")
    assert found <= CANNOT_FAIL
