"""A model's Markdown is harmless for every parser, and ordinary answers stay as they are."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from nbstream.saved.sanitize import folded, safe_markdown, safe_parts
from tests.support.growth import check_linear
from tests.support.html_hazards import hazards

FIXTURES = Path(__file__).parent.parent / "fixtures"
HOSTILE = json.loads((FIXTURES / "hostile_markdown.json").read_text(encoding="utf-8"))
PLAIN = json.loads((FIXTURES / "plain_markdown.json").read_text(encoding="utf-8"))
IMAGE = '<img src=x onerror="window.pwned=1">'

_commonmark = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
RENDERERS: dict[str, Callable[[str], str]] = {
    "nbconvert": markdown2html_mistune,
    "markdown-it": _commonmark.render,
}
each_renderer = pytest.mark.parametrize("render", RENDERERS.values(), ids=RENDERERS.keys())


class _Code(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("code", "pre"):
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("code", "pre"):
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.pieces.append(data)


def code_in(html: str) -> str:
    """All text inside code elements."""
    parser = _Code()
    parser.feed(html)
    return "".join(parser.pieces)


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case["name"])
def test_ordinary_answers_stay_byte_for_byte(case: dict[str, str]) -> None:
    assert safe_markdown(case["text"]) == case["text"]


@each_renderer
@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["name"])
def test_hostile_answers_are_harmless(case: dict[str, str], render: Callable[[str], str]) -> None:
    assert hazards(render(safe_markdown(case["text"]))) == []


@each_renderer
def test_the_corpus_is_hostile(render: Callable[[str], str]) -> None:
    dangerous = [case["name"] for case in HOSTILE if hazards(render(case["text"]))]
    assert len(dangerous) > 40


@each_renderer
@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["name"])
def test_nothing_leaves_a_fold(case: dict[str, str], render: Callable[[str], str]) -> None:
    html = render("before\n\n" + folded("Reasoning", safe_markdown(case["text"])) + "\n\n*after*\n")
    assert hazards(html) == []
    assert html.count("</details>") == len(re.findall("<details[ >]", html))
    assert html.replace("\n", "").endswith("</details><p><em>after</em></p>")


@each_renderer
def test_parts_of_one_document(render: Callable[[str], str]) -> None:
    parts = [r"\begin{a} x", f"```html\n\\end{{a}} {IMAGE}\n```"]
    assert hazards(markdown2html_mistune("\n\n".join(safe_markdown(part) for part in parts)))
    assert hazards(render("\n\n".join(safe_parts(parts)))) == []


def test_code_in_a_fold_stays() -> None:
    text = "$$ a\n\n```make\nkill $$\n```\n\n`b` $$ c $$"
    assert "```make\nkill $$\n```" in folded("Reasoning", safe_markdown(text))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("`<b>` and `a`", "<code>&lt;b&gt;</code> and `a`"),
        ("`` a`<b ``", "<code>a&#96;&lt;b</code>"),
        ("`[x](javascript:f)`", "<code>&#91;x&#93;&#40;javascript&#58;f&#41;</code>"),
        ("a <b>c</b>", "a &lt;b>c&lt;/b>"),
        ("a \\<b> \\\\<b>", "a &lt;b> \\\\&lt;b>"),
        ("$a<b$ and x<y", "$a< b$ and x&lt;y"),
        ("$$\na<b\n$$\nx<y", "$$\na< b\n$$\nx&lt;y"),
        ("[a](/relative) [b](#part)", "[a] (/relative) b"),
        ("[a]: javascript:f", "\\[a]: javascript:f"),
        ("[a]: javascript:f\n\n[a]", "\n[a] (javascript:f)"),
        # An address with a user's name leads elsewhere than it seems to; ftp leads nowhere.
        ("[a](https://b.org@c.org/)", "[a] (https:<span></span>//b.org@c.org/)"),
        ("<https://b.org:443@c.org>", "https:<span></span>//b.org:443@c.org"),
        ("[a]: https://b.org@c.org", "\\[a]: https:<span></span>//b.org@c.org"),
        ("HTTP://b.org@c.org", "HTTP:<span></span>//b.org@c.org"),
        ("www.b.org@c.org", "www<span></span>.b.org@c.org"),
        ("ftp://b.org/c", "ftp:<span></span>//b.org/c"),
        ("https://b.org/@c [d](https://e.org/?f=@g)", "https://b.org/@c [d](https://e.org/?f=@g)"),
        ("**[Note]:** text", "**[Note]:** text"),
        (
            r"\require{x} \requirement",
            "&#92;<span></span>require{x} &#92;<span></span>requirement",
        ),
        ("https://a.org/$x$ $y$", "https://a.org/%24x%24 $y$"),
        ("&#114;equire &copy; &#8364;", "r<span></span>equire &copy; &#8364;"),
        ("<br>a<br>", "<br>a<br>"),
        ("a\r\nb\rc\u2028d\x00", "a\nb\nc\nd\ufffd"),
        ("", ""),
    ],
)
def test_what_becomes_of_it(text: str, result: str) -> None:
    assert safe_markdown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("```\nnot closed", "```\nnot closed\n```"),
        ("```\n<b>\n```", "```text\n<b>\n```"),
        ("```html\n<b>\n``` \nend", "```html\n<b>\n```\n\nend"),
        ("~~~html\n<b>\n~~~", "```html\n<b>\n```"),
        ("```html\n<b> `a` ``` b\n```", "````html\n<b> `a` ``` b\n````"),
        ("- a\n  ```html\n  <b>\n  ```\n- c", "- a\n\n  ```html\n  <b>\n  ```\n\n- c"),
        ("- a\n  ```html\n<b>\n  ```", "- a\n\n```html\n<b>\n```"),
        ("- ```html\n  <b>\n  ```", "- ```html\n  <b>\n  ```\n"),
        (
            "a $b\n- ```html\n  $ <b>\n  ```",
            "a <span>&#36;</span>b\n\n```html\n$ <b>\n```",
        ),
        ("> ```html\n> <b>\n> ```\n> c", "> ```html\n> <b>\n> ```\n> c"),
        ("a\n    ```html\n    <b>\n    ```", "a\n\n```html\n<b>\n```"),
        ('```js" onclick="f\na\n```', "```js\na\n```"),
        ("```mermaid\na\n```", "```text\na\n```"),
        (
            "a $b\n```js\n`<b>${c}`\n```\nd",
            "a <span>&#36;</span>b\n\n```js\n`<b>${c}`\n```\n\nd",
        ),
    ],
)
def test_fences_are_written_anew(text: str, result: str) -> None:
    assert safe_markdown(text).rstrip("\n") == result.rstrip("\n")
    assert safe_markdown(safe_markdown(text)) == safe_markdown(text)


ANSWER = """\
Some steps, each with `<tags>` and `List<str>`:

1. The page:

   ```html
   <ul>
     <li onclick="f()">${x}</li>

   </ul>
   ```

2. The component, with `a < b`:
   ```tsx
   const a = <B c={`${d}`}>$$</B>; // [x](javascript:f)
   ```
   - deeper:
     ```bash
     sed 's/<[^>]*>//g' < in > out
     ```

| tag | means |
|-----|-------|
| `<b>` | bold |

> As they say:
>
> ```xml
> <a/>
> ```
"""


@each_renderer
def test_code_looks_the_same(render: Callable[[str], str]) -> None:
    assert code_in(render(safe_markdown(ANSWER))) == code_in(render(ANSWER))


@pytest.mark.parametrize("text", [ANSWER, *(case["text"] for case in PLAIN)])
def test_twice_is_once(text: str) -> None:
    once = safe_markdown(text)
    assert safe_markdown(once) == once


PIECES = [
    *["`", "``", "```", "````", "~~~", "```js\n", "~~~x\n", '```x" onload="y', "```mermaid\n"],
    *[IMAGE, IMAGE, IMAGE, "<script>", "</code>", "<code>", "<br>", "</details>", "<!--", "-->"],
    *["\n", "\n", "\n", "\n\n", "\n\n", " ", "  ", "   ", "    ", "\t", "\r", "\u2028", "\x00"],
    *["> ", "- ", "* ", "1. ", "10. ", "# ", "---", "===", "|", "|---|---|", ": ", "[^1]: "],
    *["$", "$", "$$", r"\\(", r"\\)", r"\\[", r"\\]", r"\begin{a}", r"\end{a}", "{", "}", "@@0@@"],
    *["\\", "![", "](", "[x](javascript:f)", "[x]: javascript:f", "[x]: https://a.b\n", "[x]"],
    *['"', '" onclick="f', "https://a.b/", "www.a.b/", "*", "**", "_", "~~", "&#60;", "<", "text"],
]
LINES = [
    *[
        "```js",
        "```",
        "````",
        "~~~",
        "  ```",
        "   ```html",
        "    ```",
        "- a",
        "  - b",
        "1. c",
        "> q",
    ],
    *["> ```", "- ```js", "> - ```", f"  {IMAGE}", IMAGE, f"> {IMAGE}", f"`{IMAGE}`", f": {IMAGE}"],
    *[
        "$$",
        "x $$ y",
        r"\\[ y",
        r"\begin{a} z",
        r"\end{a} u",
        "$ a",
        "b $",
        "",
        "",
        "text",
        "14. n",
    ],
    *[f"| a `x | {IMAGE}` |", "|---|---|", '"' + IMAGE, f"**a `b** {IMAGE}`", "\t```", "<br>"],
    *[f"[a `](https://ok.x) {IMAGE}`", "[x]: https://ok.x", f"b` {IMAGE}", "`a", "* * *", "- "],
]


def random_text(source: random.Random) -> str:
    if source.random() < 0.5:
        return "".join(source.choice(PIECES) for _ in range(source.randint(1, 25)))
    return "\n".join(source.choice(LINES) for _ in range(source.randint(1, 14)))


@each_renderer
def test_random_text_is_harmless(render: Callable[[str], str]) -> None:
    source = random.Random(20261121)
    texts = [random_text(source) for _ in range(1500)]
    assert sum(bool(hazards(render(text))) for text in texts[:200]) > 40
    kept = 0
    for text in texts:
        safe = safe_markdown(text)
        assert hazards(render(safe)) == [], text
        kept += IMAGE in safe
    assert kept > 100  # as code, in fences that are read as fences


def test_it_takes_linear_time() -> None:
    units = ["`a` ", "``a", "<a", "![", "](", "[x](https://a(", "$", r"\(", "- a\n", "- x ", "> "]
    units += [
        "```\n",
        "- ```\n",
        "http://",
        "`<b>`",
        "1. ",
        "a]:",
        r"\begin{a}",
        "<code>a",
        "a\n: b\n",
    ]
    check_linear(safe_markdown, units, 250_000)
