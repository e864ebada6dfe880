"""Which formulas are set: the live view decides alike, by the same fixture."""

from __future__ import annotations

import pytest

from nbstream.saved.formulas import formula
from nbstream.saved.sanitize import safe_markdown
from nbstream.saved.tex_bounds import exceeds_bounds
from tests.support.formulas import Row, rows


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_bounds(row: Row) -> None:
    assert [member for member in row.shown if exceeds_bounds(row.tex(member))] == []
    assert [member for member in row.source if not exceeds_bounds(row.tex(member))] == []


@pytest.mark.parametrize(
    "text", ["${}$", "$${}$$", "\\({}\\)", "\\[{}\\]", "> $${}$$", "| a |\n|---|\n| ${}$ |"]
)
def test_what_exceeds_them_is_saved_as_its_source(text: str) -> None:
    deep = "\\sqrt{" * 60 + "x" + "}" * 60
    saved = safe_markdown(text.replace("{}", deep))
    assert "\\sqrt" not in saved
    assert "&#92;sqrt" in saved


def test_environments_without_dollars() -> None:
    deep = "\\begin{matrix}" * 30 + "x" + "\\end{matrix}" * 30
    assert "\\begin" not in safe_markdown(deep)


def test_what_is_within_them_stays() -> None:
    assert formula("\\sqrt{" * 25 + "x" + "}" * 25, display=False).startswith("$\\sqrt{")


def test_unclosed_and_foreign_pieces_are_read_to_their_end() -> None:
    for tex in (
        "}",
        "\\right)",
        "\\end{a}",
        "\\",
        "{" * 20,
        "\\begin",
        "\\left",
        "[",
        "\\kern",
        "%",
    ):
        assert not exceeds_bounds(tex)
