"""The heavy parts of the front end, for pages that ask for one. No Jupyter.

They are too big to travel with every widget, and are fetched when something is shown that needs
them. A fixed set of files beside the widget's own: a page gives names, never paths.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from functools import cache
from pathlib import Path

from .messages import AssetMessage, AssetName, asset_message

STATIC = Path(__file__).parents[1] / "static"
# Pages that missed the widget with the front end ask for that as well.
FILES: dict[AssetName, str] = {
    "highlight": "highlight.js",
    "math": "math.js",
    "math-font": "math-font.woff2",
    "copier": "copier.js",
    "inspector": "inspector.js",
}

_STYLE = "\nexport const css=%s;"
"""The style sheet as a value of the front end's module, for whatever root shows an answer.

anywidget parses its ``_css`` again for each widget, after which the whole page is styled anew:
https://github.com/manzt/anywidget/blob/main/packages/anywidget/src/load.ts
"""


def loader() -> str:
    """The module that travels with every widget and loads the front end."""
    return _text(STATIC / "loader.js")


def packed() -> bytes:
    """The front end and its style sheet as gzip: a page keeps less of closed widgets, and bytes
    travel beside the JSON, of which so long a text would be the greatest part.

    JupyterLab 4.6 keeps a widget whose comm was closed before its module was loaded.
    """
    return _packed(STATIC)


def version() -> str:
    """Names what the front end consists of: pages share the parts of one version, no others."""
    return _version(STATIC)


def answer(name: AssetName) -> tuple[AssetMessage, list[memoryview]]:
    """The message that brings an asset, and its buffers; one that says why if there is none."""
    if name == "front-end":
        return asset_message(name), [memoryview(packed())]
    path = STATIC / FILES[name]
    try:
        return asset_message(name), [memoryview(_read(path))]
    except OSError as error:
        # No path of this machine: the page shows it in its console.
        return asset_message(name, f"{path.name} cannot be read: {error.strerror}"), []


@cache
def _read(path: Path) -> bytes:
    return path.read_bytes()


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _packed(folder: Path) -> bytes:
    style = _STYLE % json.dumps(_text(folder / "widget.css"))
    code = _text(folder / "widget.js") + "\n" + _text(folder / "notebook.js") + style
    return gzip.compress(code.encode(), mtime=0)


@cache
def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in ("widget.js", "notebook.js", "widget.css", *FILES.values()):
        try:
            digest.update(hashlib.sha256(_read(folder / file)).digest())
        except OSError:
            digest.update(b"missing")
    return digest.hexdigest()[:16]
