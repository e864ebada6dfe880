"""What goes on at the server when nobody reads: closing the stream does not end it."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from .events import RunsOn

GRACE = 5.0
"""Seconds that a server gets to say that it ended a response."""

ENDED = "the server was told to end its background response"
_LEFT: dict[RunsOn, str] = {
    "response": "the background response goes on at the server",
    "run": "the run goes on at the server",
    "session": "the agent goes on at the server",
}


def left_running(reason: str, what: RunsOn | None) -> str:
    """``reason``, and what a stop did not end.

    >>> left_running("stopped by you", "session")
    'stopped by you; the agent goes on at the server'
    """
    return reason if what is None else f"{reason}; {_LEFT[what]}"


async def cancel_response(client: Any, response_id: str) -> None:
    """Have the server end a response that it writes in the background
    (https://platform.openai.com/docs/guides/background). Raises what ``client`` does."""
    cancel = client.responses.cancel
    if inspect.iscoroutinefunction(inspect.unwrap(cancel)):
        await cancel(response_id)
    else:
        await asyncio.to_thread(cancel, response_id)
