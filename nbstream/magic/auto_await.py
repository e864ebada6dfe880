"""Input transformers for ``%%stream`` cells.

IPython has no asynchronous magics: it calls the function and continues. But a cell that awaits does
not block the kernel, so Stop and other messages get through. Hence an ``await`` is put before
``get_ipython().run_cell_magic('stream', …)``, which IPython makes of the cell.

Where ``%%stream`` is not the first line, IPython does not call the magic; an error here says so.
"""

from __future__ import annotations

import ast
import io
import itertools
import re
import sys
import tokenize
from typing import Any

from ..errors import UsageError
from ..kernel.environment import is_headless
from ..loops import running_loop
from .arguments import is_background

_PREFIX = "get_ipython().run_cell_magic('stream',"
_EMPTY = re.compile(r", ''\)(?=\s*$)")

NEXT_LINE = "put the prompt on the next line, below %%stream"
ONE_LINE = "%stream needs a cell: write %%stream, and put the prompt on the next line"
MISPLACED = (
    "%%stream has to be the first line of its cell: move what stands above it into its own cell,"
    " or below it if it is part of the prompt"
)


class FindMisplaced:
    """For ``shell.input_transformers_cleanup``: refuses a ``%%stream`` that is not the first line,
    whose prompt IPython would take for Python."""

    has_side_effects = True
    """Has IPython skip it when it only checks whether a cell is complete."""

    def __call__(self, lines: list[str]) -> list[str]:
        if _QUESTION.match("".join(lines)):
            raise UsageError(ONE_LINE)  # IPython would look for help on its last word
        above = list(itertools.takewhile(lambda line: not _MAGIC.match(line), lines))
        # IPython removes blank lines, and the body of another cell magic is that magic's.
        if len(above) == len(lines) or not (text := "".join(above)).strip():
            return lines
        if text.lstrip().startswith("%%") or _is_in_string(text):
            return lines
        raise UsageError(MISPLACED)


_QUESTION = re.compile(r"\s*%stream\s[^\n]*\?\s*$")
_MAGIC = re.compile(r"\s*%%stream\b")


def _is_in_string(text: str) -> bool:
    """Whether ``text`` ends inside a string of several lines."""
    try:
        for _ in tokenize.generate_tokens(io.StringIO(text).readline):
            pass
    except (tokenize.TokenError, SyntaxError) as exc:
        # The words of Python 3.10, and those from 3.12 on.
        return any(words in str(exc) for words in ("multi-line string", "triple-quoted"))
    return False


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
        if not self._is_cell:
            return lines
        # IPython has its own error for a cell without a body; ours says where the prompt goes.
        line = _EMPTY.sub(r", '\\n')", lines[0])
        return ["await " + line] if self._waits(line) else [line]

    def take_cell(self) -> bool:
        """Whether the magic being called is the whole cell; then its value is the cell's."""
        found, self._is_cell = self._is_cell, False
        return found

    def _waits(self, call: str) -> bool:
        if not self._shell.autoawait or not hasattr(self._shell, "kernel"):
            return False
        # A headless run may end before a background stream does.
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
