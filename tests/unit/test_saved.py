"""What a notebook keeps of everything that is not plain text."""

from __future__ import annotations

import base64
import json
import re
import time
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from typing_extensions import Unpack

from nbstream.saved import document
from nbstream.saved.citation_marks import without_marks
from nbstream.transcript.events import Data, Delta, Event, Finish, Info, PartInfo
from nbstream.transcript.transcript import Transcript
from tests.support.growth import check_linear

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()


def markdown(*events: Event) -> str:
    return "\n\n".join(document.markdown(transcript(*events)))


def transcript(*events: Event) -> Transcript:
    made = Transcript()
    for event in events:
        made.apply(event)
    return made


def call(arguments: str, **info: Unpack[PartInfo]) -> list[Event]:
    return [Info("tool:0", "tool", info), Delta("tool:0", "tool", arguments)]


def test_a_call_is_a_fold_with_its_arguments_and_result() -> None:
    text = markdown(*call('{"city":"Zürich"}', name="weather", status="completed", result="sunny"))
    assert text == (
        "<details><summary>weather · completed</summary>\n\n"
        '```json\n{\n  "city": "Zürich"\n}\n```\n\n```\nsunny\n```\n\n</details>'
    )


def test_half_a_call_is_kept_as_it_came() -> None:
    text = markdown(*call('{"city": "Zü', name="weather", status="incomplete"))
    assert '```\n{"city": "Zü\n```' in text


@pytest.mark.parametrize(
    ("kind", "language"), [("code_interpreter_call", "python"), ("shell_call", "bash")]
)
def test_code_has_its_language(kind: str, language: str) -> None:
    assert f"```{language}\nls\n```" in markdown(*call("ls", kind=kind))


def test_a_call_cannot_leave_its_fold() -> None:
    evil = "```\n</details>\n<script>alert(1)</script>\n![x](https://evil.example/x)"
    text = markdown(*call(evil, name="<b>", result=evil))
    assert "<summary>&lt;b&gt;" in text
    # Everything is in two fences that are longer than what is in them.
    assert text.count(f"````text\n{evil}\n````\n") == 2
    rest = text.replace(evil, "")
    assert rest.count("</details>") == 1
    assert "<script" not in rest


def test_parts_stand_in_their_order_and_reasoning_that_goes_on_is_one_fold() -> None:
    text = markdown(
        Delta("summary:0/0", "reasoning", "one"),
        Info("summary:0/0", "reasoning", {"seconds": 1.25}),
        Delta("summary:0/1", "reasoning", "two"),
        Info("summary:0/1", "reasoning", {"seconds": 0.75}),
        *call("", kind="web_search_call"),
        Delta("text:2/0", "text", "Yes."),
    )
    assert text.startswith("<details><summary>reasoned for 2.0 s</summary>\n\none\n\ntwo\n\n</det")
    assert text.endswith("<summary>web search</summary>\n\n\n\n</details>\n\nYes.")


def test_sources_are_a_numbered_list_of_links() -> None:
    text = markdown(
        Delta("text", "text", "Yes"),
        Info(
            "text",
            "text",
            {
                "sources": [
                    {"url": "https://a.example/b(c)?d=e f", "title": "A [b] `c`"},
                    {"title": "d.pdf"},
                    {"url": "javascript:alert(1)"},
                ]
            },
        ),
    )
    assert text == (
        "Yes\n\n1. [A (b) \\`c\\`](https://a.example/b%28c%29?d=e%20f)\n"
        "2. d.pdf\n3. javascript:alert(1)"
    )


def test_several_answers() -> None:
    events = (
        Delta("text", "text", "One"),
        Delta("1.text", "text", "Uno"),
        Finish("stop"),
        Finish("length", 1),
    )
    assert markdown(*events) == "**answer 1**\n\nOne\n\n**answer 2**\n\nUno"
    assert document.plain(transcript(*events)) == "[answer 1]\n\nOne\n\n[answer 2]\n\nUno"


def test_an_image_is_kept_whole() -> None:
    frames = [Info("image:0", "image", {"format": "png"}), Data("image:0", "image", PNG)]
    assert markdown(*frames) == f"![Image made by the model](data:image/png;base64,{PNG})"


@pytest.mark.parametrize("data", ["", "no base64!", base64.b64encode(b"<svg/>").decode()])
def test_what_is_no_image_is_not_kept(data: str) -> None:
    assert markdown(Data("image:0", "image", data)) == "*an image that did not arrive*"


@pytest.mark.parametrize(
    "written",
    [
        "[" * 5000,
        "[" * 900 + "]" * 900,  # would be mostly white space
        '{"a": 1, "a": 2}',
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_arguments_that_cannot_be_laid_out_stay_as_they_are(written: str) -> None:
    assert f"```\n{written}\n```" in markdown(*call(written, name="find"))


def test_plain_text_has_calls_as_lines() -> None:
    events = [Delta("text", "text", "Let me see."), *call('{"a": 1}', name="find", server="docs")]
    assert document.plain(transcript(*events)) == 'Let me see.\n\n[find (docs)] {"a": 1}'
    assert document.plain(transcript(Delta("refusal", "refusal", "No."))) == "No."
    assert document.plain(transcript(Delta("reasoning", "reasoning", "hm"))) == ""


@pytest.mark.parametrize(
    "case",
    json.loads((Path(__file__).parent.parent / "fixtures" / "marks.json").read_text("utf-8")),
    ids=lambda case: repr(case["shown"]),
)
def test_marks_for_a_services_own_pages_are_not_kept(case: dict[str, str]) -> None:
    assert without_marks(case["text"]) == case["shown"]


def test_marks_that_do_not_end_take_linear_time() -> None:
    units = ["\ue200", "\ue202", "\ue200url\ue202", '\ue200entity\ue202["', "\ue200\ue202a"]
    check_linear(lambda text: without_marks(f"{text}\nend"), units, 100_000)


def test_marks_are_kept_in_neither_form() -> None:
    made = transcript(
        Delta("text", "text", "Rain.\ue200cite\ue202turn0search0\ue201"), Finish("stop")
    )
    assert document.plain(made) == "Rain."
    assert document.markdown(made) == ["Rain."]


RLO, ISOLATE = "\u202e", "\u2067"


@pytest.mark.parametrize(
    "written",
    [
        "a `x{}y` b",
        "[mo{}c](https://e.x/) b",
        "[**m{}c**](https://e.x/) b",
        "<https://e.x/{}a> b",
        "https://e.x/{}a b",
        "![a{}b](https://e.x/p) c",
        "| `a{}` | [b{}](https://e.x) |\n|--|--|\n",
        "> # [x{}](https://e.x)",
    ],
)
def test_controls_in_links_and_code_do_not_reorder_the_line(written: str) -> None:
    for control in (RLO, ISOLATE):
        text = written.replace("{}", control)
        html = MarkdownIt().enable("table").render(markdown(Delta("text", "text", text)))
        shown = re.sub(r"<[^>]*>", "", html)
        assert control not in shown
        assert f"\\u{ord(control):04x}" in shown


def test_controls_in_titles_do_not_reorder_them() -> None:
    assert RLO not in markdown(*call("{}", name=f"a{RLO}b"))
    assert RLO not in document.escaped(f"a{RLO}b")


def test_prose_keeps_its_direction_marks() -> None:
    for mark in ("\u200e", "\u200f", RLO):
        assert markdown(Delta("text", "text", f"a {mark}b")) == f"a {mark}b"


@pytest.mark.parametrize("unit", ["_a", "[", "<a", "`a", "$a ", "a"])
def test_a_line_of_ten_million_characters_is_stored_as_code(unit: str) -> None:
    begun = time.process_time()
    stored = markdown(Delta("text", "text", unit * (10_000_000 // len(unit))))
    assert stored.startswith(("```\n", "```text\n"))
    assert stored.endswith("\n```")
    assert time.process_time() - begun < 20
