"""What the real page shows of a saved answer, fresh and in a reopened notebook."""

from __future__ import annotations

import contextlib
import json
import random
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.support.page import NotebookPage

from .conftest import OpenNotebook, lab_only

pytestmark = lab_only

FIXTURES = Path(__file__).parents[1] / "fixtures"

# What a model wrote, and what is shown of it; formulas between brackets, display ones doubled.
CASES = {
    "It costs $5.": "<p>It costs $5.</p>",
    "From $5 to $10, or \\$15, with `$x`.": "<p>From <span>$</span>5 to <span>$</span>10, or"
    " <span>$</span>15, with <code>$x</code>.</p>",
    "&#36;5 and &dollar;10": "<p><span>$</span>5 and <span>$</span>10</p>",
    r"$x_1,_y,z$, \(a<b\)5, \[ c \] and $$d$$": "<p>⟦x1,y,z⟧, ⟦a&lt;b⟧<span></span>5, ⟦⟦c⟧⟧"
    " and ⟦⟦d⟧⟧</p>",
    "so\n\\[\n\\begin{aligned}a &= b\\end{aligned}\n\\]\nand": "<p>so ⟦⟦a=b⟧⟧ and</p>",
    "> $$\n> a\n> $$": "<blockquote><p>⟦⟦a⟧⟧</p></blockquote>",
    r"\\(x\\) and \eqref{a}": r"<p>\<span></span>(x\) and \<span></span>eqref{a}</p>",
    r"$\href{javascript:f}{x}$ $\def\y{z}$": r"<p><code>$\href{javascript:f}{x}$</code>"
    r" <code>$\def\y{z}$</code></p>",
    "|x|\n|-|\n|"
    + r"\(\|x\|\)"
    + "|\n|$5 $|": "<table><thead><tr><th>x</th></tr></thead><tbody><tr>"
    "<td>⟦|x|⟧</td></tr><tr><td><span>$</span>5 $</td></tr></tbody></table>",
    "1. a\n   ```\n   $A\n   ```\n2. $x$": "<ol><li><p>a</p><pre><code>$A </code></pre></li>"
    "<li><p>⟦x⟧</p></li></ol>",
    "H<sub>2</sub>O<SUP>a</SUP> <kbd>Esc</kbd><br/><b>c</b> <sub>d": "<p>H<sub>2</sub>O<sup>a</sup>"
    " <kbd>Esc</kbd><br>&lt;b&gt;c&lt;/b&gt; &lt;sub&gt;d</p>",
    "<details>\n<summary>`a<b` **c** $d$</summary>\n*e*\n</details>\nf": "<details><summary>"
    "<code>a&lt;b</code> <strong>c</strong> ⟦d⟧</summary><p><em>e</em></p></details><p>f</p>",
    "<details open>\na\n<details>\nb": '<details open=""><summary>…</summary><p>a</p>'
    "<details><summary>…</summary><p>b</p></details></details>",
    "a[^n] b[^m] c[^o]\n\n[^m]: d\n[^n]: e\n\n    f": "<p>a<sup>2</sup> b<sup>1</sup> c[^o]</p>"
    "<p>———</p><ol><li><p>d</p></li><li><p>e</p><p>f</p></li></ol>",
    "![cat](https://hostile.invalid/c.png)": '<p><a href="https://hostile.invalid/c.png">'
    "Image: cat · hostile.invalid</a></p>",
}

LOAD = "import json, nbstream\ntexts = json.load(open('texts.json'))"
SHOW = """\
for text in texts:
    display((await nbstream.show([text])).text_bundle(), raw=True)
"""

SHOWN = r"""() => [...document.querySelectorAll('.jp-OutputArea .jp-RenderedMarkdown')].map(el => {
    const copy = el.cloneNode(true);
    copy.lastElementChild?.remove();  // the line with the model and the time
    for (const math of copy.querySelectorAll('mjx-container')) {
        const text = math.querySelector('mjx-assistive-mml')?.textContent.replace(/\s+/g, '');
        const wrong = math.querySelector('mjx-merror') ? '!' : '';
        const [open, close] = math.hasAttribute('display') ? ['⟦⟦', '⟧⟧'] : ['⟦', '⟧'];
        math.replaceWith(`${open}${text}${wrong}${close}`);
    }
    for (const link of copy.querySelectorAll('a'))
        for (const name of ['rel', 'target']) link.removeAttribute(name);
    return copy.innerHTML;
})"""


def tight(html: str) -> str:
    """Without white space around tags, which says nothing."""
    return re.sub(r"\s*(<[^>]+>)\s*", r"\1", " ".join(html.split()))


def shown(page: NotebookPage) -> list[str]:
    """The saved answers on the page, as simple HTML."""
    return [tight(html) for html in page.page.evaluate(SHOWN)]


def wait_shown(page: NotebookPage, expected: list[str]) -> None:
    """Until the page shows these; formulas are set one after another."""
    with contextlib.suppress(AssertionError):  # that it waited in vain says less than the texts
        page.wait(lambda: shown(page) == expected, "the texts")
    assert shown(page) == expected


def show(open_notebook: OpenNotebook, texts: list[str], *more: str) -> NotebookPage:
    page = open_notebook([LOAD, SHOW, *more])
    (page.server.root / "texts.json").write_text(json.dumps(texts))
    page.run(1)
    page.run(2)
    page.wait(lambda: len(shown(page)) == len(texts), "all answers")
    return page


def test_saved_answers(open_notebook: OpenNotebook, shots: Path) -> None:
    page = show(open_notebook, list(CASES))
    expected = [tight(html) for html in CASES.values()]
    wait_shown(page, expected)
    page.page.screenshot(path=shots / f"{page.server.app}-saved.png", full_page=True)
    saved = page.save()
    assert [
        output.data["text/plain"].rsplit("\n\n", 1)[0] for output in saved.cells[2].outputs
    ] == list(CASES)

    # Another server's notebook: nothing in it is trusted.
    saved.cells.append(nbformat.v4.new_markdown_cell("changed"))
    nbformat.write(saved, page.server.root / "reopened.ipynb")
    again = open_notebook(file="reopened.ipynb", kernel=False)
    again.wait(lambda: len(shown(again)) == len(expected), "all answers")
    wait_shown(again, expected)
    trusted: Any = again.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[2].model.trusted"
    )
    assert trusted is False


# Pieces of text, and the formula that is in each.
PIECES = [
    ("$5 ", ""),
    ("US$5, ", ""),
    (r"\$7 ", ""),
    ("x ", ""),
    ("\n", ""),
    ("`$c` ", ""),
    ("**b** ", ""),
    ("$$$ ", ""),
    ("$d$ ", "d"),
    (r"\(e\) ", "e"),
    (r"\[f\] ", "f"),
    ("$g_1,_2,h_3$, ", "g1,2,h3"),
]


def test_money_and_formulas(open_notebook: OpenNotebook) -> None:
    source = random.Random(20261121)
    texts, formulas = [], []
    for _ in range(40):
        chosen = [source.choice(PIECES) for _ in range(source.randint(3, 14))]
        texts.append("a " + "".join(text for text, _ in chosen) + "z")
        formulas.append([formula for _, formula in chosen if formula])
    page = show(open_notebook, texts)

    def found() -> list[list[str]]:
        parts = [answer.replace("⟦⟦", "⟦").split("⟦")[1:] for answer in shown(page)]
        return [[part.split("⟧")[0] for part in answer] for answer in parts]

    with contextlib.suppress(AssertionError):
        page.wait(lambda: found() == formulas, "formulas")
    assert dict(zip(texts, found(), strict=True)) == dict(zip(texts, formulas, strict=True))


# The live view sets what a formula defines (in JupyterLab that would hold for the whole page), and
# reads a formula on into code. In a list in a quote, parsers disagree about what is code. What only
# resembles a link gets a space before its parenthesis, so that no reader takes it for one.
DIFFERENT = (r"$\def\y{z}$", "with `$x`", "> - ```", "> 1. a", "[a](https://a.example/b c)")

LIVE = """\
live = [nbstream.show([text]) for text in texts]
for stream in live:
    await stream
ipywidgets.VBox(live)
"""

SIMPLE = r"""(selector) => [...document.querySelectorAll(selector)].map((el) => {
    const copy = el.cloneNode(true);
    if (el.matches('.jp-RenderedMarkdown')) copy.lastElementChild?.remove();
    for (const one of copy.querySelectorAll('.nbs-code-head, .jp-InternalAnchorLink')) one.remove();
    // An address that leads nowhere is beside its words, or in their title.
    for (const link of copy.querySelectorAll('.nbs-refused'))
        link.replaceWith(/^(#|ftp)/.test(link.title) || link.title === link.textContent
            ? link.textContent : `[${link.textContent}] (${link.title})`);
    for (const math of copy.querySelectorAll('.nbs-math-error')) {
        const code = document.createElement('code');
        code.textContent = math.textContent.replace(/\s+/g, ' ');
        math.replaceWith(code);
    }
    for (const math of copy.querySelectorAll('mjx-container, .nbs-math'))
        math.replaceWith('⟦⟧');
    return copy.innerHTML;
})"""


def simple(html: str) -> str:
    """Which elements with which text; without those that are only there for their style."""
    html = html.replace(" · click to load", "").replace("button", "a")
    html = html.replace("<p>———</p>", "")  # stands for the rule above footnotes
    html = re.sub(r"</?span\b[^>]*>", "", html)
    html = re.sub(r"</?(?:p|hr|div|section)\b[^>]*>", " ", html)
    html = re.sub(r"<(\w+) [^>]*>", r"<\1>", html)
    # Only in the live view does a footnote's mark lead to it, and a click load a linked image.
    html = re.sub(r"<sup><a>(\d+)</a></sup>", r"<sup>\1</sup>", tight(html))
    return re.sub(r"<a><a>([^<]*)</a></a>", r"<a>\1</a>", html)


def corpus() -> list[str]:
    corpora = [
        json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("plain_markdown", "model_markdown")
    ]
    texts = [*CASES, *(case["text"] for cases in corpora for case in cases)]
    return [text for text in texts if not any(part in text for part in DIFFERENT)]


@pytest.mark.parametrize("part", range(5))
def test_it_looks_like_the_live_view(open_notebook: OpenNotebook, part: int) -> None:
    texts = corpus()[part::5]
    page = show(open_notebook, texts, "import ipywidgets\n" + LIVE)
    page.run(3)

    def both() -> tuple[list[str], list[str]]:
        live, saved = (
            [simple(html) for html in page.page.evaluate(SIMPLE, selector)]
            for selector in (".nbs-view .nbs-markdown", ".jp-OutputArea .jp-RenderedMarkdown")
        )
        return live, saved

    # Formulas and highlighting come a little later.
    with contextlib.suppress(AssertionError):
        page.wait(lambda: both()[0] == both()[1], "the same in both")
    live, saved = both()
    assert len(live) == len(texts)
    assert dict(zip(texts, live, strict=True)) == dict(zip(texts, saved, strict=True))
