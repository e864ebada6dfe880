"""The built front end that the wheel carries."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import nbstream
from nbstream.comm.assets import FILES

STATIC = Path(nbstream.__file__).parent / "static"
# A name that elements of mathematics are made with. No browser fetches it.
NAMESPACE = "http://www.w3.org/1998/Math/MathML"
# Words of the heavy parts' packages that minifying leaves.
HEAVY = ("nonlocal", "blockKeywords", "supseteqq", "operatorname", "mhchem")


def _zipped(name: str) -> int:
    return len(gzip.compress((STATIC / name).read_bytes(), 9))


def test_it_is_small() -> None:
    # Every widget sends it along, and a model that starts slower than 2 s stays deaf.
    assert _zipped("widget.js") <= 30_720
    # And a page keeps the loader for each widget, for as long as it lives.
    assert (STATIC / "loader.js").stat().st_size <= 1500


def test_heavy_parts_are_there_once_and_not_in_the_widget() -> None:
    widget = (STATIC / "widget.js").read_text()
    parts = (STATIC / FILES["highlight"]).read_text() + (STATIC / FILES["math"]).read_text()
    for word in HEAVY:
        assert word in parts
        assert word not in widget
    assert _zipped(FILES["highlight"]) < 48_000
    assert _zipped(FILES["math"]) < 66_000
    assert (STATIC / FILES["math-font"]).read_bytes()[:4] == b"wOF2"


@pytest.mark.parametrize(
    "name",
    [
        "loader.js",
        "widget.js",
        "notebook.js",
        "widget.css",
        "highlight.js",
        "math.js",
        "copier.js",
        "inspector.js",
    ],
)
def test_it_names_no_other_host(name: str) -> None:
    text = (STATIC / name).read_text()
    assert text.strip(), f"{name} is empty: npm run build, in js/"
    assert re.findall(r"https?://\w[^\s\"'`)]*", text.replace(NAMESPACE, "")) == []
    if name.endswith(".css"):
        assert re.findall(r"@import|\burl\(", text) == []


def test_parts_build_no_html_from_strings() -> None:
    for name in (FILES["highlight"], FILES["math"], FILES["copier"], FILES["inspector"]):
        text = (STATIC / name).read_text()
        assert not re.search(r"\b(?:inner|outer)HTML|insertAdjacentHTML|document\.write", text)


def test_the_licences_of_what_is_in_it_are_with_it() -> None:
    text = (STATIC / "THIRD_PARTY_LICENSES.txt").read_text()
    for package in ("@codemirror/legacy-modes", "@codemirror/streamparser", "temml", "stix-two"):
        assert package in text
    for words in (
        "Marijn Haverbeke",
        "Ron Kok",
        "The STIX Fonts Project Authors",
        "SIL OPEN FONT LICENSE Version 1.1",
        "Martin Hensel",
        "Apache License",
        "APPENDIX: How to apply the Apache License",
    ):
        assert words in text
