"""Whatever a model writes, its saved answer runs nothing and loads nothing in the real page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from .conftest import OpenNotebook, lab_only

CORPUS = Path(__file__).parents[1] / "fixtures" / "hostile_markdown.json"

LOAD = """\
import json, ipywidgets, nbstream
texts = [item["text"] for item in json.load(open("hostile_markdown.json"))]
print(len(texts))
"""
# JupyterLab shows the first 50 outputs of a cell.
SHOW = """\
for text in texts[{0}:{1}]:
    w = await nbstream.show([text])
    display(w.text_bundle(), raw=True)
print("shown")
"""
LIVE = "ipywidgets.VBox([nbstream.show([text]) for text in texts])"
SLICES = [(0, 40), (40, 80), (80, 120), (120, 160)]

DANGEROUS = """() => {
    const found = [];
    for (const node of document.querySelectorAll('.jp-OutputArea *')) {
        const name = node.localName;
        if (/^(script|iframe|object|embed|img|video|audio|source|link|base|form|meta)$/.test(name))
            found.push(node.outerHTML.slice(0, 200));
        for (const {name: attribute, value} of node.attributes) {
            if (attribute.startsWith('on')) found.push(`${name} ${attribute}`);
            if (/^(href|xlink:href|src|action|formaction)$/.test(attribute) &&
                !/^(https?:|mailto:|#|ftp:)/i.test(value)) found.push(`${attribute}=${value}`);
            if (attribute === 'style' && /url\\(/i.test(value)) found.push(`style=${value}`);
        }
    }
    return found;
}"""


@lab_only
def test_hostile_answers(open_notebook: OpenNotebook) -> None:
    page = open_notebook([LOAD, *(SHOW.format(*s) for s in SLICES), LIVE], own_page=True)
    shutil.copy(CORPUS, page.server.root)
    page.run(1)
    count = len(json.loads(CORPUS.read_text()))
    assert 90 < count <= SLICES[-1][1]
    last = 1 + len(SLICES)
    for index in range(2, last + 1):
        page.run(index)
    rendered = ".jp-RenderedMarkdown"
    page.wait(lambda: page.page.locator(rendered).count() == count, "all answers")
    page.run(last + 1)
    page.wait(lambda: page.page.locator(".nbs-view").count() == count, "all live views")
    page.page.wait_for_load_state("networkidle")
    assert page.page.evaluate(DANGEROUS) == []
    assert page.page.evaluate("() => window.pwned") is None
    # What formulas could make of an element, were their commands not refused.
    assert page.page.locator("mjx-container [href], .mjx-hostile, #mjx-hostile").count() == 0
    outside = [url for url in page.requests if not url.startswith(("data:", "blob:"))]
    assert [url for url in outside if f"//127.0.0.1:{page.server.port}/" not in url] == []
