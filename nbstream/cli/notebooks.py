"""Runs demo notebooks without a browser and counts the answers and tokens in them."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..widget import registry

if TYPE_CHECKING:
    from ..widget.widget import StreamWidget

_CELL_SECONDS = 600
_LAST_SECONDS = 120
_MARK = "nbstream-check:"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")

_seen: list[StreamWidget] = []


@dataclass(frozen=True)
class Result:
    """What one notebook did. ``error`` is None if it ran to its end and brought an answer."""

    name: str
    seconds: float
    statuses: Counter[str]
    tokens: int
    error: str | None

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {status}" for status, count in sorted(self.statuses.items()))
        line = f"{self.name}: {self.seconds:.1f} s, answers: {ends or 'none'}; {self.tokens} tokens"
        return f"{line}\nFAILED: {self.error}" if self.error else line


def check_notebooks(notebooks: Iterable[Path]) -> list[Result]:
    """Execute copies of the notebooks, each in a kernel of this Python; the originals stay.

    Needs the extra ``nbstream[demo]``. Prints each result as soon as it is known.

    >>> check_notebooks([Path("notebooks/quickstart.ipynb")])      # doctest: +SKIP
    quickstart.ipynb: 21.4 s, answers: 1 cancelled, 6 completed; 512 tokens
    """
    results = []
    with tempfile.TemporaryDirectory(prefix="nbstream-check-") as temporary:
        for notebook in notebooks:
            copy = Path(shutil.copy(notebook, temporary))
            result = _execute(copy)
            print(result, flush=True)
            results.append(result)
    return results


def _execute(path: Path) -> Result:
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)
    first = nbformat.v4.new_code_cell(f"from {__name__} import watch as _watch; _watch()")
    last = nbformat.v4.new_code_cell(f"from {__name__} import tell as _tell; await _tell()")
    notebook.cells = [first, *notebook.cells, last]
    client = NotebookClient(
        notebook,
        timeout=_CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    started = time.monotonic()
    error = None
    try:
        client.execute()
    except CellExecutionError as failure:
        error = _COLOURS.sub("", str(failure)).strip()
    # A kernel that died or a cell without an end: the report says so in place of a traceback.
    except Exception as failure:
        error = f"{type(failure).__name__}: {failure}"
    seconds = time.monotonic() - started
    statuses, tokens = _count(last.get("outputs", []))
    # An answer that reached its max_tokens is incomplete: the small model often continues until
    # then.
    if error is None and not (tokens and statuses["completed"] + statuses["incomplete"]):
        error = "no answer came, or no tokens were counted"
    return Result(path.name, seconds, statuses, tokens, error)


def _count(outputs: list[dict[str, Any]]) -> tuple[Counter[str], int]:
    text = "".join(output.get("text", "") for output in outputs)
    if _MARK not in text:
        return Counter(), 0
    streams = json.loads(text.partition(_MARK)[2])
    return Counter(status for status, _ in streams), sum(tokens for _, tokens in streams)


# -- in the kernel --------------------------------------------------------------------------------


def watch() -> None:
    """Keep every stream that starts from now on: finished ones are not kept by anybody else."""
    add = registry.add

    def add_and_keep(widget: StreamWidget) -> None:
        _seen.append(widget)
        add(widget)

    registry.add = add_and_keep


async def tell() -> None:
    """Wait for background streams, then print what became of all streams as JSON."""
    import asyncio

    for widget in _seen:
        # Its status says how it ended.
        with contextlib.suppress(Exception):
            await asyncio.wait_for(widget, _LAST_SECONDS)
    print(_MARK + json.dumps([(w.status, w.usage.output_tokens if w.usage else 0) for w in _seen]))
