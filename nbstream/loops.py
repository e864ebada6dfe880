"""Which event loop a stream runs on."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import Literal

from .errors import UsageError

_lock = threading.Lock()
_background: asyncio.AbstractEventLoop | None = None


LoopName = Literal["kernel", "thread"]


def check_alive() -> None:
    """Raise `UsageError` once Python has begun to shut down."""
    # It has ended its main thread by then, and starts no others any more:
    # https://docs.python.org/3/library/atexit.html
    if not threading.main_thread().is_alive():
        raise UsageError("Python is shutting down: no stream can be started any more")


def choose_loop(name: LoopName = "kernel") -> asyncio.AbstractEventLoop:
    """The running loop (a kernel has one in every cell), else the background loop; with
    ``"thread"`` always that one.

    In scripts and in terminal IPython no loop runs while Python waits at the prompt, so streams
    run in a thread there.
    """
    if name == "thread":
        return background_loop()
    return running_loop() or background_loop()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def background_loop() -> asyncio.AbstractEventLoop:
    """A loop that runs in a daemon thread; started at the first call."""
    global _background
    with _lock:
        if _background is None or _background.is_closed():
            made: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
            # In a browser, where no thread starts, a new loop would take the place of the running
            # one: https://github.com/pyodide/pyodide/blob/main/src/py/pyodide/webloop.py
            thread = threading.Thread(
                target=_run_loop, args=(made,), name="nbstream-loop", daemon=True
            )
            start_thread(
                thread, "leave loop='thread' out, and start streams where an event loop runs"
            )
            _background = made.result()
        return _background


def _run_loop(made: concurrent.futures.Future[asyncio.AbstractEventLoop]) -> None:
    loop = asyncio.new_event_loop()
    made.set_result(loop)
    loop.run_forever()


def start_thread(thread: threading.Thread, instead: str) -> None:
    """Start ``thread``. Raises `UsageError`, which says what to do ``instead``, where no thread
    can be started: https://pyodide.org/en/stable/usage/wasm-constraints.html
    """
    try:
        thread.start()
    except RuntimeError as exc:
        raise UsageError(f"this needs its own thread ({exc}): {instead}") from None
