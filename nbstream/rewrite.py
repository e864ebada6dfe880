"""Makes a ``%%stream`` cell wait for its answer: the input transformer.

IPython has no asynchronous magics: it calls the function and goes on. A cell that awaits, though,
waits without blocking the kernel, so that Stop and other messages get through. Hence
``get_ipython().run_cell_magic('stream', …)``, which IPython makes of the cell, gets an ``await``.
"""

from __future__ import annotations

import ast
import sys
from typing import Any

from .arguments import is_background
from .frontend import is_headless
from .loops import running_loop

_PREFIX = "get_ipython().run_cell_magic('stream',"


class AwaitStream:
    """For ``shell.input_transformers_post``: takes and returns the lines of a cell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._is_cell = False

    def __call__(self, lines: list[str]) -> list[str]:
        if not _called_by_kernel():
            return lines
        # A cell magic is one line here, since its body is a string literal.
        self._is_cell = len(lines) == 1 and lines[0].startswith(_PREFIX)
        if self._is_cell and self._waits(lines[0]):
            return ["await " + lines[0]]
        return lines

    def take_cell(self) -> bool:
        """Whether the magic that is called now is the whole cell; then its value is the cell's."""
        found, self._is_cell = self._is_cell, False
        return found

    def _waits(self, call: str) -> bool:
        if not self._shell.autoawait or not hasattr(self._shell, "kernel"):
            return False
        # In a headless run there is no later in which a background stream could end.
        return is_headless() or not is_background(_line_of(call))


def _line_of(call: str) -> str:
    try:
        node = ast.parse(call.strip(), mode="eval").body
        return str(ast.literal_eval(node.args[1])) if isinstance(node, ast.Call) else ""
    except (SyntaxError, ValueError, IndexError):
        return ""


def _called_by_kernel() -> bool:
    """Whether the cell is being run by the kernel itself and may therefore await.

    ``%%time``, ``%%capture`` and ``shell.run_cell`` transform code as well, inside a cell that
    runs already: an ``await`` there is a SyntaxError or "event loop is already running".
    https://github.com/ipython/ipython/issues/11314
    """
    if running_loop() is None:
        return True
    frame = sys._getframe(1)
    for _ in range(12):
        if frame.f_code.co_name == "do_execute":
            return True
        if frame.f_code.co_name in ("run_cell", "run_cell_magic", "run_line_magic"):
            return False
        if frame.f_back is None:
            return False
        frame = frame.f_back
    return False
