"""The saved form reads Markdown as the live view does: the same blocks, the same inlines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbstream.markdown.emphasis import scan_run
from tests.support.structure import structure_of

FIXTURES = Path(__file__).parent.parent / "fixtures"
# As the live view's parser reads each: js/test/markdown/structure.test.ts writes it.
READ = [
    json.loads(line)
    for line in (FIXTURES / "model_markdown.structure.jsonl")
    .read_text(encoding="utf-8")
    .split("\n")
    if line
]


@pytest.mark.parametrize(("text", "structure"), READ, ids=range(len(READ)))
def test_both_read_the_same(text: str, structure: object) -> None:
    assert json.loads(json.dumps(structure_of(text))) == structure


def test_the_fixture_holds_the_corpus() -> None:
    texts = {text for text, _ in READ}
    for name in ("model_markdown", "plain_markdown"):
        corpus = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
        assert {case["text"] for case in corpus} <= texts
    kinds = {leaf[1] for _, structure in READ for leaf in structure}
    assert kinds >= {"text", "h1", "cell", "code", "math", "rule", "summary"}


# By the CJK-friendly amendments: js/test/markdown/emphasis.test.ts reads the same.
EMPHASIS = json.loads((FIXTURES / "emphasis.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("before", "run", "after", "can_open", "can_close"), EMPHASIS)
def test_what_a_run_can_do(
    before: str, run: str, after: str, can_open: bool, can_close: bool
) -> None:
    found = scan_run(before + run + after, len(before), len(before) + len(run))
    assert (found.can_open, found.can_close) == (can_open, can_close)
