"""All streams of this process: live ones are kept, finished ones as long as somebody holds them."""

from __future__ import annotations

import atexit
import sys
import weakref
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..kernel.environment import kernel, shell
from ..session.run import LOOP_ENDED
from ..text.terminal import printable

if TYPE_CHECKING:
    from .widget import StreamWidget

_live: set[StreamWidget] = set()
_cut: list[str] = []
"""The names of streams that ended with their event loop."""
_known: weakref.WeakValueDictionary[str, StreamWidget] = weakref.WeakValueDictionary()


def add(widget: StreamWidget) -> None:
    """Keep ``widget`` until its stream has ended."""
    _live.add(widget)
    _known[widget._wire.stream] = widget
    widget._session.done.add_done_callback(lambda _: _remove(widget))


def _remove(widget: StreamWidget) -> None:
    _live.discard(widget)
    if widget._session.reason == LOOP_ENDED:
        _cut.append(_name(widget))


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
    if sys.__stderr__ is not None:
        sys.__stderr__.writelines(f"nbstream: {line}\n" for line in _losses())


def _losses() -> Iterator[str]:
    """What happened to the answers that nobody waited for, and what would have kept them."""
    live = [widget for widget in tasks() if not widget._session.generation.is_ending]
    if started := [_name(widget) for widget in live if widget._session.is_started]:
        yield f"{_listed('unfinished at exit', started)} {_ended_first()}"
    if unread := [_name(widget) for widget in live if not widget._session.is_started]:
        yield f"{_listed('never read', unread)} `await w` or `async for` in an event loop reads it."
    if _cut:
        yield (
            f"{_listed('cut short', _cut)} The event loop ended first. `await w` waits for the"
            " answer; w.cancel() ends it on purpose."
        )


def _ended_first() -> str:
    if kernel() is not None:
        return "The kernel was shut down or restarted meanwhile."
    if shell() is not None:
        return "IPython ended first. w.wait(), or %%stream without --bg, waits for the answer."
    return "The script ended first. w.wait() or w.print() waits for the answer."


def _listed(what: str, names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{len(names)} {what}: {', '.join(names[:5])}{more}."


def _name(widget: StreamWidget) -> str:
    return printable(widget.label or widget.model)
