"""What the cells of a notebook in JupyterLab put out."""

from __future__ import annotations

import json
from typing import Any

from tests.support.page import NotebookPage


def outputs(page: NotebookPage) -> list[list[dict[str, Any]]]:
    """The outputs of each cell."""
    found: list[list[dict[str, Any]]] = page.page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets.map(({ model }) =>
            [...Array(model.outputs?.length ?? 0).keys()]
                .map((index) => model.outputs.get(index).toJSON()))"""
    )
    return found


def printed(page: NotebookPage, cell: int) -> dict[str, Any]:
    """The JSON that a cell printed. Raises `RuntimeError` if it printed nothing."""
    found = outputs(page)[cell]
    texts = [output for output in found if output.get("name") == "stdout"]
    if not texts:
        raise RuntimeError(f"the cell failed: {json.dumps(found)[-2000:]}")
    return dict(json.loads("".join(texts[0]["text"])))
