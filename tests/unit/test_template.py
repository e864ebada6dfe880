"""Values in prompts."""

from __future__ import annotations

import json
import re
from typing import Any

import openai
import pytest

from nbstream import engine
from nbstream.errors import ErrorInfo, TemplateError
from nbstream.magic.template import render
from nbstream.transcript.events import Usage
from tests.support.fakes import chat


def fill(text: str, limit: int = 4000, **names: Any) -> str:
    return render(text, lambda expression: eval(expression, {}, names), limit=limit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No braces.",
        'f"{x}" and {"a": 1}',
        "{% for x in y %}{x}{% endfor %}",
        "Not closed: {{x",
        "Not closed on its line: {{x\n}}",
        "}} before {",
        r"\frac{a}{b}",
        "CRLF\r\n{one}\r\n",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert fill(text, x=1) == text


def test_values_stand_where_they_were() -> None:
    assert fill("a {{x}} b {{ y }} c{{x}}", x=1, y="two") == "a 1 b two c1"


def test_values_are_not_expanded_again() -> None:
    assert fill("{{x}}{{y}}", x="{{y}}", y="{{x}}") == "{{y}}{{x}}"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (r"\{{x}}", "{{x}}"),
        (r"\frac\{{a}}{b}", r"\frac{{a}}{b}"),
        (r"\{{ {{x}} }}", "{{ 7 }}"),
        ("{{{s}}}", "{hi}"),
        (r"\frac{{{x}}}{2}", r"\frac{7}{2}"),
        ("{{x}}}", "7}"),
    ],
)
def test_literal_braces(text: str, result: str) -> None:
    assert fill(text, x=7, s="hi") == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ x + 1 }}", "8"),
        ('{{ d["}}"] }}', "braces"),
        ('{{ {"a": {"b": x}}["a"]["b"] }}', "7"),
        ("{{ [n for n in range(3)] }}", "[0, 1, 2]"),
        ("{{ s!r }}", "'hi'"),
        ("{{s!r}} {{ s != 'a!r' }}", "'hi' True"),
        ('{{ "a!r" }}', "a!r"),
    ],
)
def test_expressions(text: str, result: str) -> None:
    assert fill(text, x=7, s="hi", d={"}}": "braces"}) == result


def test_all_failures_in_one_error() -> None:
    with pytest.raises(TemplateError) as caught:
        fill("{{good}}\n{{bad}} and {{1 / 0}}\n\n{{ }} {{x y}}", good=1)
    first, zero, empty, syntax = str(caught.value).split("; ")
    bad = "{{bad}} in line 2: NameError: name 'bad' is not defined"
    assert first == f"4 values fail, nothing was sent: {bad}"
    assert zero == "{{1 / 0}} in line 2: ZeroDivisionError: division by zero"
    assert empty.startswith("{{(nothing)}} in line 4: ")
    assert syntax.startswith("{{x y}} in line 4: SyntaxError")
    assert syntax.endswith(r"(write \{{ for two braces that are meant as text)")


def test_one_failure_is_one_sentence() -> None:
    with pytest.raises(TemplateError) as caught:
        fill("About {{topic}}.")
    assert str(caught.value) == (
        "a value fails, nothing was sent: {{topic}} in line 1: NameError: name 'topic' is not"
        r" defined (write \{{ for two braces that are meant as text)"
    )


def test_a_statement_never_reaches_the_lookup() -> None:
    seen: list[str] = []
    with pytest.raises(TemplateError, match="SyntaxError"):
        render("{{x = 1}} {{import os}}", seen.append)
    assert seen == []


def test_interrupts_pass() -> None:
    def interrupt(expression: str) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render("{{x}}", interrupt)


class Thing:
    def __repr__(self) -> str:
        return "<Thing 1>"


class BrokenThing:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("plain", "plain"),
        (3, "3"),
        (2.5, "2.5"),
        (True, "True"),
        (None, "None"),
        ({"name": "Zoë"}, '{"name": "Zoë"}'),
        ([1, "a", None], '[1, "a", null]'),
        ((1, 2), "[1, 2]"),
        ({"thing": Thing()}, "{'thing': <Thing 1>}"),
        (Thing(), "<Thing 1>"),
        (Thing, repr(Thing)),
        (b"bytes", "b'bytes'"),
        ({1, 2}, "{1, 2}"),
    ],
)
def test_how_values_look(value: object, result: str) -> None:
    assert fill("{{value}}", value=value) == result


def test_long_json_is_indented() -> None:
    value = {f"key {number}": number for number in range(20)}
    text = fill("{{value}}", value=value)
    assert json.loads(text) == value
    assert text.startswith('{\n  "key 0": 0,')


def test_recursive_values() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    assert fill("{{loop}}", loop=loop).startswith("[1, <Recursion on list")


def test_a_value_that_cannot_be_shown_is_an_error() -> None:
    with pytest.raises(TemplateError, match="RuntimeError: no repr"):
        fill("{{value}}", value=BrokenThing())


def test_each_value_is_capped() -> None:
    text = fill("{{a}}|{{b}}", limit=10, a="x" * 10, b="y" * 1010)
    assert text == f"{'x' * 10}|{'y' * 10}\n… [1,000 more characters of b left out]"


class Table:
    """Stands for a DataFrame."""

    def __init__(self, rows: int, error: type[Exception] | None = None) -> None:
        self.shape = (rows, 2)
        self._error = error

    def head(self, count: int) -> Table:
        return Table(min(count, self.shape[0]), self._error)

    def to_markdown(self) -> str:
        if self._error:
            raise self._error("needs tabulate")
        return f"| {self.shape[0]} rows |"

    def to_string(self) -> str:
        return f"{self.shape[0]} rows as text"


class Series:
    """Stands for a polars Series: no to_markdown, no to_string."""

    shape = (3,)

    def head(self, count: int) -> Series:
        return self

    def __str__(self) -> str:
        return "[1, 2, 3]"


def test_tables() -> None:
    assert fill("{{df}}", df=Table(3)) == "| 3 rows |"
    assert fill("{{df}}", df=Table(1500)) == ("| 20 rows |\n… [1,480 more rows of df left out]")
    assert fill("{{df}}", df=Table(3, ImportError)) == "3 rows as text"
    assert fill("{{s}}", s=Series()) == "[1, 2, 3]"
    assert fill("{{df.shape}}", df=Table(3)) == "[3, 2]"


def test_many_openings_take_linear_time() -> None:
    with pytest.raises(TemplateError):
        fill("{{ (" * 20_000 + "}}")
    assert fill("{{ \n" * 20_000) == "{{ \n" * 20_000


def stream(status: str, *pieces: str) -> Any:
    """A stream of the engine that has come so far."""
    client = openai.OpenAI(api_key="k", base_url="http://localhost/v1")
    made = engine.stream("Hi", model="m", client=client)
    session = made._session
    for piece in pieces:
        session.generation.feed(chat(piece))
    if status == "failed":
        session.generation.fail(ErrorInfo("ReadError", "the connection was cut"))
    elif status == "cancelled":
        session.cancel()
    elif status != "queued" and status != "in_progress":
        session.generation.feed(chat(finish="stop" if status == "completed" else "length"))
        session.generation.conclude()
    assert made.status == status
    return made


@pytest.mark.parametrize("status", ["completed", "incomplete", "cancelled"])
def test_a_stream_that_has_ended_is_its_text(status: str) -> None:
    answer = stream(status, "Blue ", "sky.")
    assert fill("Sum up: {{answer}}", answer=answer) == "Sum up: Blue sky."
    assert fill("{{_}}", _=answer) == "Blue sky."
    assert fill("{{answers}}", answers=[answer, 1]) == '["Blue sky.", 1]'
    assert fill("{{d}}", d={"a": (answer,)}) == '{"a": ["Blue sky."]}'
    assert fill("{{s}}", s={answer}) == '["Blue sky."]'


def test_a_long_answer_is_whole() -> None:
    answer = stream("completed", "x" * 10_000)
    assert fill("{{answer}}", answer=answer) == "x" * 10_000


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (("queued",), "still being written (queued): wait for it (await answer)"),
        (("in_progress", "Blue"), "still being written (in_progress)"),
        (("failed", "Blue"), "its answer failed (ReadError): insert answer.text"),
        (("completed",), "its answer has no text; it is completed"),
        (("cancelled",), "its answer has no text; it is cancelled"),
    ],
)
def test_a_stream_without_an_answer_is_an_error(made: tuple[str, ...], words: str) -> None:
    answer = stream(*made)
    with pytest.raises(TemplateError, match=re.escape(words)):
        fill("{{answer}}", answer=answer)
    with pytest.raises(TemplateError, match="its answer "):
        fill("{{answers}}", answers=[{"a": answer}])
    if len(made) > 1:
        assert fill("{{answer.text}}", answer=answer) == "Blue"


class Holder:
    """Somebody else's object that has ours in its repr."""

    def __init__(self, held: object) -> None:
        self.held = held

    def __repr__(self) -> str:
        return f"Holder({self.held!r})"


@pytest.mark.parametrize(
    "expression",
    [
        "f'{answer}'",
        "str(answer)",
        "answer!r",
        "[repr(answer)]",
        "Holder(answer)",
        "{1: Holder(answer)}",
    ],
)
def test_a_streams_repr_is_never_sent(expression: str) -> None:
    answer = stream("completed", "Blue sky.")
    with pytest.raises(TemplateError, match=r"holds a stream's repr \(<Stream .*its \.text"):
        fill(f"{{{{ {expression} }}}}", answer=answer, Holder=Holder)


@pytest.mark.parametrize(
    "expression",
    [
        "answer.timing",
        "answer.usage",
        "answer.inspect()",
        "[answer.error]",
        "{'a': answer.choices}",
    ],
)
def test_other_objects_of_ours_are_an_error(expression: str) -> None:
    answer = stream("completed", "Blue sky.")
    answer._session.transcript.usage = Usage(1, 2, 3)
    answer._session.generation.error = ErrorInfo("ReadError", "the connection was cut")
    with pytest.raises(
        TemplateError, match=r"it is an nbstream \w+, not text: insert a field of it"
    ):
        fill(f"{{{{ {expression} }}}}", answer=answer)
    assert fill("{{answer.usage.output_tokens}}", answer=answer) == "2"
    assert fill("{{answer.timing.elapsed >= 0}}", answer=answer) == "True"
