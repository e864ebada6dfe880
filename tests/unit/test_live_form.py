"""The saved Markdown shows in JupyterLab what the live view showed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from nbstream.saved.formulas import formula
from nbstream.saved.sanitize import safe_markdown
from tests.support.growth import check_linear

FIXTURES = Path(__file__).parent.parent / "fixtures"
HOSTILE = json.loads((FIXTURES / "hostile_markdown.json").read_text(encoding="utf-8"))
DOLLAR = "<span>&#36;</span>"

_commonmark = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (r"\(x\) and \[y\]", "$x$ and $$y$$"),
        (r"\( x \) and \[ y \]", "$x$ and $$ y $$"),
        (r"\(x\)5 \(y\)\(z\)", "$x$<span></span>5 $y$<span></span>$z$"),
        ("[a](https://b.c)$x$5$", f"[a](https://b.c){DOLLAR}x{DOLLAR}5{DOLLAR}"),
        (
            "[a](https://b.c)$x$ <https://d>$y$",
            "[a](https://b.c)<span></span>$x$ <https://d><span></span>$y$",
        ),
        ("text\n\\[\na = b\n\\]\ntext", "text\n$$\na = b\n$$\ntext"),
        ("$a<b$, $x_1*y_2*z$", "$a< b$, $x_1*y_2*z$"),
        ("> $$\n> a % c\n> b\n> $$\n> c", "> $$ a  b $$\n> c"),
        (r"| a |" + "\n|---|\n" + r"| \(\|x\|\) |", "| a |\n|---|\n| $\\vert x\\vert$ |"),
        ("$\\label{a} x$", "$x$"),
        (
            "```\n\\(x\\) $5 $6\n```\n`\\(x\\)` `$5 $6`",
            "```\n\\(x\\) $5 $6\n```\n`\\(x\\)` `$5 $6`",
        ),
        ("    \\(x\\) $5 $6", "    \\(x\\) $5 $6"),
        (r"\(x and \[y", r"\(x and \[y"),
        (
            "\\begin{align}\na &= b \\\\\n- c\n\\end{align}",
            "\\begin{align}\na &= b \\\\\n- c\n\\end{align}",
        ),
    ],
)
def test_formulas(text: str, result: str) -> None:
    assert safe_markdown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("It costs $5.", "It costs $5."),
        (r"It costs \$5.", r"It costs \$5."),
        ("$5 and $10", f"{DOLLAR}5 and $10"),
        (r"\$5 and \$10", rf"{DOLLAR}5 and \$10"),
        ("$5 and\n$10\n\n$15", f"{DOLLAR}5 and\n$10\n\n$15"),
        ("US$5 is $x$", f"US{DOLLAR}5 is $x$"),
        ("$x$ is $5", "$x$ is $5"),
        ("$x$5 and `$y`", f"{DOLLAR}x{DOLLAR}5 and `$y`"),
        ("$5: `echo $x`", f"{DOLLAR}5: `echo $x`"),
        ("&#36;5 and &dollar;6", f"{DOLLAR}5 and {DOLLAR}6"),
        ("$$ alone", DOLLAR * 2 + " alone"),
        ("$$$ and $$$", DOLLAR * 3 + " and " + DOLLAR * 3),
        (
            "| $1 | $2 |\n|--|--|\n| $|3|$ |",
            f"| {DOLLAR}1 | {DOLLAR}2 |\n|--|--|\n| $\\vert 3\\vert$ |",
        ),
        (r"\\(x\\)", r"&#92;<span></span>(x\\)"),
        (r"see \eqref{a}", "see &#92;<span></span>eqref{a}"),
        ("1. a\n   ```sh\n   $A\n   ```\n2. $x$", "1. a\n   ```sh\n   $A\n   ```\n\n2. $x$"),
    ],
)
def test_dollars_that_are_no_formula(text: str, result: str) -> None:
    assert safe_markdown(text) == result


REFUSED = (
    r"href{u}{x} url{u} class{c}{x} style{s}{x} cssId{i}{x} def\a{b} newcommand{\a}{b} let\a\b"
)


@pytest.mark.parametrize("command", REFUSED.split())
def test_what_links_styles_or_defines_is_not_set(command: str) -> None:
    for text in (rf"$\{command}$", rf"\(\{command}\)", rf"\begin{{a}}\{command}\end{{a}}"):
        safe = safe_markdown(text)
        assert safe.startswith("<code>")
        assert "\\" not in safe
    assert safe_markdown(rf"\{command}").startswith("&#92;<span></span>")


def test_commands_that_only_begin_alike_are_set() -> None:
    for tex in (r"\displaystyle x", r"\leftarrow", r"\definition", r"\urlx", r"\hrefs"):
        assert formula(tex, display=False) == f"${tex}$"


def test_environments_that_are_no_mathematics_are_not_set() -> None:
    text = r"In \begin{itemize}a\end{itemize} not, in \begin{pmatrix}a\end{pmatrix} and"
    assert safe_markdown(f"{text} so") == (
        "In <code>&#92;begin&#123;itemize&#125;a&#92;end&#123;itemize&#125;</code> not, in "
        r"\begin{pmatrix}a\end{pmatrix} and so"
    )


@pytest.mark.parametrize("tex", ["{a", "a}", "`", "@@0@@", r"\text{$a$}", r"a \(b", "&#60;"])
def test_what_another_parser_would_stumble_over_is_not_set(tex: str) -> None:
    assert formula(tex, display=False).startswith("<code>")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("これは**「大事」**です", "これは<span></span>**「大事」**<span></span>です"),
        ("**注意。**ここ", "**注意。**<span></span>ここ"),
        ("**「a」** と **b**", "**「a」** と **b**"),
        ("**https://a.example**です", "**<https://a.example>**<span></span>です"),
        ("~a~ ~b~ ~~c~~", r"\~a\~ \~b\~ ~~c~~"),
        ("about ~5", "about ~5"),
        ("见https://a.example。", "见<https://a.example>。"),
        ("见 https://a.example 。", "见 https://a.example 。"),
        ("「https://a.example/中文」", "「<https://a.example/中文>」"),
        ("www.a.example。", "[www.a.example](http://www.a.example)。"),
        ("xhttps://a.example", "xhttps<span></span>://a.example"),
        ("[a](<https://a.example/b c>)", "[a](https://a.example/b%20c)"),
        ("[a](https://a.example/?b=1&amp;c=2)", "[a](https://a.example/?b=1&c=2)"),
        (
            "https://a.example/?b=1&amp;c=2",
            "[https://a.example/?b=1&amp;c=2](https://a.example/?b=1&c=2)",
        ),
        (
            "<https://a.example/_b_?c&amp;d>",
            "[https<span></span>://a.example/\\_b\\_?c&amp;d](https://a.example/_b_?c&d)",
        ),
        ("https://bank.example&#64;a.example", "https:<span></span>//bank.example&#64;a.example"),
        ("https://a.example<b", "<https://a.example>&lt;b"),
        ("[a&#x202e;b](https://a.example)", "[a\\u202eb](https://a.example)"),
        (
            "https://a.example/&#x202e;b",
            "[https<span></span>://a.example/\\\\u202eb](https://a.example/\u202eb)",
        ),
        ('[a](https://a.example "t \\"u\\"")', '[a](https://a.example "t u")'),
        ("[a](#part)", "a"),
        ("&#65;&#66;", "A<span></span>B<span></span>"),
        ("[a][b]\n\n[b]: <https://a.example/c d>", "[a](https://a.example/c%20d)\n"),
        ("[INFO]: started\n[INFO]: done", "\\[INFO]: started\n\\[INFO]: done"),
        ("x\n[INFO]: a b", "x\n\\[INFO]: a b"),
        (
            "[x]: y\n[1]: https://a.example\n\n[1]",
            "\\[x]: y\n\n[1]\n\n[1]: https://a.example",
        ),
        ("| a |\n|---|\n| `b|c` |", "| a |\n|---|\n| <code>b&#124;c</code> |"),
    ],
)
def test_what_other_readers_take_otherwise(text: str, result: str) -> None:
    assert safe_markdown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1. a\n   ```sh\n   b\n```\n2. c", "1. a\n   ```sh\n   b\n   ```\n2. c"),
        ("```md\n```py\na\n```\n```\nb", "````md\n```py\na\n```\n````\nb"),
        ('```py title="a.py"\na\n```', "```py\na\n```"),
        ("```ts,ignore\na\n```", "```ts\na\n```"),
        ("```{.python .wide}\na\n```", "```python\na\n```"),
        ("```python copy\na\n```", "```python copy\na\n```"),
        ("> > ```py\n> > a\n> > ```", "> > ```py\n> > a\n> > ```"),
        ("$$\na\n\nb\n$$\nc", "$$\na\nb\n$$\nc"),
        ("\\[\n\nx\n\n\\]", "$$\nx\n$$"),
    ],
)
def test_fences_and_formulas_end_where_they_do_live(text: str, result: str) -> None:
    assert safe_markdown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("H<sub>2</sub>O<BR/>x<br />", "H<sub>2</sub>O<br>x<br>"),
        ("<SUP>a</SUP> <kbd>`b` *c*</kbd>", "<sup>a</sup> <kbd>`b` *c*</kbd>"),
        ("<sub>a", "&lt;sub>a"),
        ("a</sub>", "a&lt;/sub>"),
        ("<sub>a<kbd>b</sub>c</kbd>", "<sub>a&lt;kbd>b</sub>c&lt;/kbd>"),
        ("<sub>a\n\nb</sub>", "&lt;sub>a\n\nb&lt;/sub>"),
        ("| <sub>a | b</sub> |\n|--|--|", "| &lt;sub>a | b&lt;/sub> |\n|--|--|"),
        (r"\<sub>a</sub>", "&lt;sub>a&lt;/sub>"),
        ("<sub id=a>b</sub>", "&lt;sub id=a>b&lt;/sub>"),
        ("a\n<br>\nb", "a\n&nbsp;<br>\nb"),
        ("a\n<sub>\nb</sub>", "a\n&lt;sub>\nb</sub>"),
    ],
)
def test_tags(text: str, result: str) -> None:
    assert safe_markdown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (
            "a\n<details>\n<summary>S `x` **b** $5 $6</summary>\nb\n</details>\nc",
            f"a\n\n<details><summary>S <code>x</code> <strong>b</strong> {DOLLAR}5 $6</summary>\n\n"
            "b\n\n</details>\n\nc",
        ),
        (
            "<DETAILS OPEN><summary>a</summary>\nb",
            "<details open><summary>a</summary>\n\nb\n\n</details>",
        ),
        ("<details>\n\nb\n```\nc", "<details><summary>…</summary>\n\nb\n```\nc\n```\n\n</details>"),
        (
            "- a\n  <details>\n  b\n- c",
            "- a\n\n  <details><summary>…</summary>\n\n  b\n\n  </details>\n\n- c",
        ),
        ("a <details>\nb\n</details>", "a &lt;details>\nb\n&lt;/details>"),
        ("<details class=a>\nb", "&lt;details class=a>\nb"),
        ("```\n<details>\n```", "```text\n<details>\n```"),
    ],
)
def test_folds(text: str, result: str) -> None:
    assert safe_markdown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (
            "a[^x] b[^Y] c[^z] `[^x]`\n\n[^y]: one *two*\n\n[^X]: three\nlazy\n\n    four\n\nend",
            "a<sup>2</sup> b<sup>1</sup> c[^z] `[^x]`\n\nend\n\n———\n\n"
            "1. one *two*\n2. three\n   lazy\n\n   four",
        ),
        ("[^1]: a[^2] $5 $6\n[^2]: b", f"———\n\n1. a<sup>2</sup> {DOLLAR}5 $6\n2. b"),
        (
            "a[^1] $5\n\n[^1]: ```\n    b\n\nc\n\n```\nd",
            "a<sup>1</sup> $5\n\nc\n\n```\nd\n```\n\n———\n\n1. ```\n   b\n   ```",
        ),
        ("- [^1]: a\n- b[^1]", "-\n- b[^1] (a)"),
    ],
)
def test_footnotes(text: str, result: str) -> None:
    assert safe_markdown(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("![a cat](https://b.org/c.png)", "[Image: a cat · b.org](https://b.org/c.png)"),
        ('![](https://b.org/c "t")', "[Image · b.org](https://b.org/c)"),
        (
            "![a][r]\n\n[r]: https://b.org/c",
            "[Image: a · b.org](https://b.org/c)\n",
        ),
        ("[![a](https://b.org/c)](https://d.org)", "[Image: a · b.org](https://d.org)"),
        ("![a](c.png) ![b](javascript:f)", "Image: a Image: b"),
        ("![a](https://u:p@B.org:80/c)", "Image: a · b.org:80"),
        (
            "![a&amp;amp;b](https://b.org/c)",
            "[Image: a&amp;amp;b · b.org](https://b.org/c)",
        ),
        ("![a][unknown]", "&#33;[a][unknown]"),
    ],
)
def test_images_are_links_that_say_where_they_are(text: str, result: str) -> None:
    assert safe_markdown(text) == result


ANSWER = r"""
Prices: $5 and $10, that is $x_1 < y_2$ or \(a*b*c\).

\[
\sum_{i=1}^n i
\]

| x | y |
|---|---|
| \(\|x\|\) | H<sub>2</sub>O, $3 |

<details>
<summary>More</summary>
**Bold**, ![pic](https://example.org/p.png)

```html
<b>$a$</b>
```
</details>

A note[^n] and a break<br/>here.

[^n]: The note, with `code` and

    a second paragraph.
"""


def test_other_readers_show_it_too() -> None:
    safe = safe_markdown(ANSWER)
    assert f"{DOLLAR}5 and {DOLLAR}10" in safe
    for html in (markdown2html_mistune(safe), _commonmark.render(safe)):
        for part in (
            "H<sub>2</sub>O",
            "<details><summary>More</summary>",
            "<strong>Bold</strong>",
            "</details>",
            "note<sup>1</sup>",
            "break<br>here",
            "<p>———</p>",
            "<p>a second paragraph.</p>",
            '<a href="https://example.org/p.png">Image: pic · example.org</a>',
        ):
            assert part in html
        assert "[^n]" not in html
    html = markdown2html_mistune(safe)
    for part in ("$a*b*c$", "$x_1 &lt; y_2$", r"\sum_{i=1}^n", r"$\vert x\vert$"):
        assert part in html


@pytest.mark.parametrize("text", [ANSWER, *(case["text"] for case in HOSTILE)])
def test_twice_is_once(text: str) -> None:
    once = safe_markdown(text)
    assert safe_markdown(once) == once


def test_what_is_let_through_takes_linear_time() -> None:
    units = ["$a ", "$a$", "$", "$$ a\n", "$$a$$", r"\(a\)", r"\(", r"\[", "\\[ a\n", r"\\(", r"\$"]
    units += [
        "<sub>",
        "</sub>",
        "<sub></kbd>",
        "<sub>a</sub>",
        "<br>\n",
        "&#36;",
        "| a | $",
        "|a\n",
    ]
    units += ["<details>\n", "</details>\n", "<details>\n</details>\n", "<details><summary>**"]
    units += [
        "[^1]: a\n",
        "[^1]",
        "[^1]: - ",
        "![a](",
        "![a](b)",
        "![x][a] ",
        "[a]: b\n",
        "$\\label{",
    ]
    units += ["- ```\n  $\n  ```\n", "> $$\na\n", r"\begin{a}", "\\begin{a}\n", "$%a\n", "${", "\t"]
    check_linear(safe_markdown, units, 100_000)


def test_a_formula_that_is_open_in_a_long_paragraph_takes_linear_time() -> None:
    check_linear(lambda text: safe_markdown("a $$\n" + text), ["\\[x\n", "[a]:\n"], 60_000)
