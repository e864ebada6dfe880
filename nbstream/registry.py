"""All streams of this process: live ones are kept, finished ones as long as somebody holds them."""

from __future__ import annotations

import atexit
import sys
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .terminal import printable

if TYPE_CHECKING:
    from .widget import StreamWidget

_live: set[StreamWidget] = set()
_known: weakref.WeakValueDictionary[str, StreamWidget] = weakref.WeakValueDictionary()


def add(widget: StreamWidget) -> None:
    """Keep ``widget`` until its stream has ended."""
    _live.add(widget)
    _known[widget._wire.stream] = widget
    widget._session.done.add_done_callback(lambda _: _live.discard(widget))


def tasks() -> list[StreamWidget]:
    """Every live stream and every finished one that is still in use, oldest first.

    >>> [w.status for w in nbstream.tasks()]                # doctest: +SKIP
    ['completed', 'in_progress']
    """
    return sorted({*_live, *_known.values()}, key=lambda widget: widget._wire.created)


def find(stream: str) -> list[StreamWidget]:
    """The live stream with this id on the wire, or all live streams for ``"*"``."""
    return [w for w in tuple(_live) if not w.is_done and stream in ("*", w._wire.stream)]


def shown(streams: Iterable[str]) -> list[StreamWidget]:
    """The streams with these ids on the wire, ended or not, that have a comm."""
    found = (_known.get(stream) for stream in streams)
    return [widget for widget in found if widget is not None and widget.comm is not None]


def cancel_all(reason: str = "stopped by you") -> int:
    """Stop every live stream; returns how many there were. From any thread.

    >>> nbstream.cancel_all()                               # doctest: +SKIP
    3
    """
    return sum(widget.cancel(reason) for widget in tuple(_live) if not widget.is_done)


@atexit.register
def _report_lost() -> None:
    """A process that ends takes its streams along: say so where somebody may read it."""
    lost = [widget for widget in _live if not widget.is_done]
    if lost and sys.__stderr__ is not None:
        names = ", ".join(widget.label or widget.model for widget in lost)
        sys.__stderr__.write(
            f"nbstream: {len(lost)} unfinished at exit: {printable(names)}."
            " Await a stream (`await w`, or %%stream without --bg) to keep its answer.\n"
        )
