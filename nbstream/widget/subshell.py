"""Stop, and decisions on calls, while a cell computes: a comm that the page opens and JupyterLab
serves by a subshell.

A subshell has a thread of its own, which handles messages while the main thread computes.
ipykernel 7.4 sends a message to the shell that last published on its comm, which for a widget is
the main one; so requests come by this comm, on which nobody else publishes.
https://github.com/ipython/ipykernel/blob/v7.4.0/ipykernel/comm/comm.py
"""

from __future__ import annotations

import concurrent.futures
import functools
import threading
from typing import Any

from ..comm.messages import hung_up_message
from ..comm.requests import parse_request
from ..kernel.environment import kernel
from . import registry

TARGET = "nbstream.control"

PATIENCE = 0.05
"""Seconds that an event loop gets to close a stream before its connection is cut for it."""


def register() -> None:
    """Let pages open the comm. Any number of times."""
    manager = getattr(kernel(), "comm_manager", None)
    if manager is not None and TARGET not in manager.targets:
        manager.register_target(TARGET, _open)


def _open(comm: Any, _: Any) -> None:
    comm.on_msg(functools.partial(_handle, comm))


def _handle(comm: Any, message: Any) -> None:
    request = parse_request(message["content"]["data"])
    if request is not None and request["kind"] == "decide":
        for widget in registry.find(request["stream"]):
            widget._wire.handle(request)
    if request is None or request["kind"] != "cancel":
        return
    for widget in registry.find(request["stream"]):
        widget.cancel(request["reason"])
    for stream in hang_up(request["stream"]):
        comm.send(hung_up_message(stream))


def hang_up(stream: str) -> list[str]:
    """Cut the connections of cancelled streams whose loop a cell keeps busy; returns their ids.

    ``stream`` is one, or ``"*"`` for all. For a subshell's thread; does nothing on the main one,
    where that loop runs the caller.
    """
    if threading.current_thread() is threading.main_thread():
        return []
    widgets = registry.find(stream)
    concurrent.futures.wait([widget._session.done for widget in widgets], timeout=PATIENCE)
    return [widget._wire.stream for widget in widgets if widget._session.hang_up()]
