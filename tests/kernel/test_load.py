"""Streams one after another leave nothing behind. `dev.py bench load` does it with 1,000."""

from __future__ import annotations

import json
from typing import Any

from tests.support.kernel import Kernel
from tests.support.server import Server

SETUP = """
import asyncio, gc, json, psutil
import ipywidgets.widgets.widget as widget_module
import nbstream
from nbstream.widget import registry

def census():
    gc.collect()
    process = psutil.Process()
    return json.dumps({
        "tasks": len(asyncio.all_tasks()),
        "connections": len(process.net_connections("tcp")),
        "files": process.num_fds(),
        "threads": process.num_threads(),
        "comms": len(get_ipython().kernel.comm_manager.comms),
        "widgets": len(widget_module._instances),
        "live": len(registry._live),
        "known": len(registry.tasks()),
    })

async def in_turn(count):
    for _ in range(count):
        w = nbstream.stream("Hi")
        await w
        w.close()
"""


def _census(kernel: Kernel) -> dict[str, int]:
    found: dict[str, Any] = json.loads(kernel.run("print(census())").stdout)
    return found


def test_a_hundred_streams_one_after_another(kernel: Kernel, server: Server) -> None:
    assert kernel.run(SETUP).status == "ok"
    assert kernel.run("await in_turn(5)").status == "ok"
    before = _census(kernel)
    assert kernel.run("await in_turn(100)", timeout=60).status == "ok"

    def grown() -> list[str]:
        after = _census(kernel)
        # The last one may still be a variable of the kernel's, and other threads come and go.
        spare = {name: 0 if name in ("tasks", "live") else 3 for name in before}
        return [name for name in before if after[name] > before[name] + spare[name]]

    kernel.until(lambda: not grown())
    assert len(server.requests) == 105


def test_released_outputs_leave_no_comm(kernel: Kernel, server: Server) -> None:
    """What a page does after the text has taken the widget's place."""
    assert kernel.run(SETUP).status == "ok"
    kernel.run("_ = None; Out.clear()")
    before = _census(kernel)
    for _ in range(5):
        kernel.messages.clear()
        assert kernel.run("%%stream\nHi").status == "ok"
        comm, stream = kernel.opened()
        kernel.request(comm, kind="released", stream=stream)
    kernel.run("_ = None; Out.clear()")
    after = _census(kernel)
    assert after["comms"] == before["comms"]
    assert after["widgets"] == before["widgets"]
