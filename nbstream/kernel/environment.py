"""What kind of front end, if any, looks at this process. Imports no IPython by itself."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import Any

from .cells import Execution


def shell() -> Any:
    """The running IPython shell, or None in a plain Python process."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def kernel() -> Any:
    """The kernel that runs this code, or None in a terminal or a script."""
    return getattr(shell(), "kernel", None)


def is_headless() -> bool:
    """Whether a notebook is executed with nobody looking: nbclient, papermill, nbconvert, nbval.

    Those ask for no input (``allow_stdin`` of the execute request), which every interactive
    front end does. Voila does so too, but shows widgets; it names itself in the kernel's
    environment (https://github.com/voila-dashboards/voila/blob/main/voila/handler.py). Whether
    Colab asks for input is not documented, and nobody executes its notebooks but in its page.
    """
    running = kernel()
    return running is not None and not _shows_widgets() and not _asks_input(running)


def reaches_pages() -> bool:
    """Whether a comm that opens now can reach a page: a kernel runs, or a host such as marimo,
    Solara or Shiny has put comms of its own in place of those that send nothing
    (https://github.com/ipython/comm#register-a-comm-implementation-in-the-kernel). For widgets,
    which have imported that package.
    """
    made_by = sys.modules["comm"].create_comm.__module__
    if made_by == "ipykernel.ipkernel":  # which scripts may import for other reasons
        return bool(sys.modules["ipykernel.kernelbase"].Kernel.initialized())
    return made_by != "comm" or kernel() is not None


def _shows_widgets() -> bool:
    voila = os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
    return voila or "google.colab" in sys.modules


def _asks_input(running: Any) -> bool:
    # A kernel that ipykernel's app has not started executes no requests, which say so: Solara's
    # runs an app, and shows its widgets.
    # https://github.com/widgetti/solara/blob/master/solara/server/kernel.py
    return running.parent is None or bool(getattr(running, "_allow_stdin", True))


def handled_message() -> dict[str, Any]:
    """The message that the kernel is handling, usually an execute request; empty without one."""
    running = kernel()
    return {} if running is None else running.get_parent() or {}


def cell_id() -> str | None:
    """The id of the cell that is running, as JupyterLab and nbclient give it; else None."""
    found = handled_message().get("metadata", {}).get("cellId")
    return found if isinstance(found, str) else None


def execution() -> Execution:
    """The execution that the running code belongs to."""
    header = handled_message().get("header", {})
    if "msg_id" not in header:
        return Execution(getattr(shell(), "execution_count", None))
    date = header.get("date")
    started = date.timestamp() if isinstance(date, datetime) else 0.0
    return Execution(header["msg_id"], str(header.get("session", "")), cell_id(), started)


def plain_client() -> str | None:
    """The session of the client that sent the running cell, if it may be a console.

    Consoles send cells with `jupyter_client`, whose message ids begin with the session's id, and
    name no notebook cell: https://github.com/jupyter/jupyter_client/blob/main/jupyter_client/session.py
    """
    running = kernel()
    if running is None or _shows_widgets() or not _asks_input(running):
        return None
    request = handled_message()
    header = request.get("header", {})
    session = header.get("session") or ""
    sent_by_python = str(header.get("msg_id", "")).startswith(f"{session}_")
    if not session or not sent_by_python or "cellId" in request.get("metadata", {}):
        return None
    return str(session)
