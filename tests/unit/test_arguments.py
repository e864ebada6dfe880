"""The line of ``%%stream``."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.magic.arguments import Arguments, build_parser, is_background, parse


def test_nothing() -> None:
    assert parse("") == Arguments()


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("gpt-5-mini", "model", "gpt-5-mini"),
        ("--system 'Be brief.'", "system", "Be brief."),
        ("--as answer", "name", "answer"),
        ("--bg", "bg", True),
        ("--temperature 0.5", "params", {"temperature": 0.5}),
        ("--max-tokens 9", "max_tokens", 9),
        ("--base-url http://x/v1", "base_url", "http://x/v1"),
        ("--api responses", "api", "responses"),
        ("--chat c", "chat", "c"),
        ("--persist widget", "persist", "widget"),
        ("--loop thread", "loop", "thread"),
        ("--tools weather,more", "tools", ["weather", "more"]),
        ("--approve ask", "approve", "ask"),
        ("--max-rounds 3", "max_rounds", 3),
        ("--schema Planet", "schema", "Planet"),
        ("--until '[.!?]'", "until", "[.!?]"),
        ("--inspect", "inspect", True),
        ("-p top_p=0.9", "params", {"top_p": 0.9}),
        ('-p stop=\'["a", "b"]\'', "params", {"stop": ["a", "b"]}),
        ("-p user='\"me\"' -p n=1", "params", {"user": "me", "n": 1}),
        ("-p logprobs=true", "params", {"logprobs": True}),
        ("-p seed=null", "params", {"seed": None}),
    ],
)
def test_options(line: str, name: str, value: Any) -> None:
    parsed = parse(line)
    assert getattr(parsed, name) == value
    assert {k: v for k, v in vars(parsed).items() if k != name} == {
        k: v for k, v in vars(Arguments()).items() if k != name
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--temprature 1", "did you mean '--temperature'"),
        (
            "What is a queue?",
            "'is a queue?' does not belong on this line: put the prompt on the next",
        ),
        ("m extra --bg", "'extra' does not belong on this line"),
        ("--temperature hot", "--temperature"),
        ("--max-tokens 0", "above 0"),
        ("--max-tokens many", "--max-tokens"),
        ("--max-rounds 0", "--max-rounds takes a number above 0"),
        ("--max-rounds few", "argument --max-rounds: invalid int value: 'few'"),
        ("--api graphql", "graphql"),
        ("--persist html", "html"),
        ("--as 1x", "'1x' is not a valid variable name"),
        ("--as class", "'class' is not a valid variable name"),
        ("-p top_p", "-p takes KEY=JSON, not 'top_p'"),
        ("-p top-p=1", "-p takes KEY=JSON"),
        ("-p top_p=high", "'high' is not JSON"),
        (f"-p top_p={'1' * 5000}", "is not JSON"),
        ("--system 'open", "a quote on the line stays open: 'open:"),
        ('--system "C:\\temp\\"', "a text that ends in a backslash goes into single quotes"),
        (r"--system two\ words", "a backslash does not join two words: put the value into quotes"),
        ("--system", "--system"),
        ("--temp 1", "unknown option '--temp'"),
        ("--help", "%%stream? lists all options"),
        ("--temperature nan", "'nan' is not a number"),
        ("-p x=" + "[" * 20_000, "is not JSON"),
        ("-p max_tokens=5", "--max-tokens N"),
        ("-p max_rounds=5", "--max-rounds N"),
    ],
)
def test_mistakes(line: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line)
    assert words in str(caught.value)
    assert str(caught.value).startswith("%%stream: ")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"word\d", r"word\d"),
        (r'"word\d"', r"word\d"),
        (r"'word\d'", r"word\d"),
        (r"C:\temp", r"C:\temp"),
        (r"'C:\temp\'", "C:\\temp\\"),
        ("C:\\temp\\", "C:\\temp\\"),
        (r"\\server\share", r"\\server\share"),
        (r'"\\server\share\\"', "\\\\server\\share\\\\"),
        (r'"say \"hi\""', 'say "hi"'),
        (r"it\'s", "it's"),
        (r"'say \"hi\"'", r"say \"hi\""),
        ("one' two'", "one two"),
        ("''", ""),
    ],
)
@pytest.mark.parametrize("option", ["--until", "--system"])
def test_no_backslash_is_lost(option: str, text: str, value: str) -> None:
    assert getattr(parse(f"m {option} {text}"), option.removeprefix("--")) == value


def test_background() -> None:
    assert is_background("m --bg")
    assert not is_background("m --system '--bg'")
    assert not is_background("--bg --nonsense")


def test_help_names_every_option() -> None:
    text = build_parser().format_help()
    for option in ("--system", "--as", "--bg", "-p KEY=JSON", "--chat", "--persist"):
        assert option in text
