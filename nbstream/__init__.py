"""Live LLM answers in notebook cells: ``%%stream``, streaming widgets, a Stop that stops.

>>> %load_ext nbstream                                             # doctest: +SKIP
>>> w = nbstream.stream("Write a haiku about backpressure")         # doctest: +SKIP

Importing the package is cheap: neither ``openai`` nor the widget stack is imported before the
first use of a name that needs it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .errors import NbstreamError, StreamError

if TYPE_CHECKING:
    from .api import cancel_all, show, stream, tasks
    from .request.schema import SchemaError
    from .widget.widget import StreamWidget

__version__ = "0.1.0"

__all__ = [
    "NbstreamError",
    "SchemaError",
    "StreamError",
    "StreamWidget",
    "__version__",
    "cancel_all",
    "load_ipython_extension",
    "show",
    "stream",
    "tasks",
    "unload_ipython_extension",
]

_LAZY = {
    "SchemaError": "request.schema",
    "StreamWidget": "widget.widget",
    "cancel_all": "api",
    "show": "api",
    "stream": "api",
    "tasks": "api",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: Any) -> None:
    """Register ``%%stream`` and ``%nbstream``: what ``%load_ext nbstream`` calls."""
    importlib.import_module(".magic.magics", __name__).load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics away again: what ``%unload_ext nbstream`` calls."""
    importlib.import_module(".magic.magics", __name__).unload(shell)
