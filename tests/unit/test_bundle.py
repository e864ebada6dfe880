"""The built front end that the wheel carries."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import nbstream

STATIC = Path(nbstream.__file__).parent / "static"


def test_it_is_small() -> None:
    # Every widget sends it along, and a model that starts slower than 2 s stays deaf.
    assert len(gzip.compress((STATIC / "widget.js").read_bytes(), 9)) < 30_000


def test_it_names_no_other_host() -> None:
    for name in ("widget.js", "widget.css"):
        text = (STATIC / name).read_text()
        assert text.strip(), f"{name} is empty: npm run build, in js/"
        assert re.findall(r"https?://\w[^\s\"'`)]*|@import|\burl\(", text) == []
