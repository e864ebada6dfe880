"""What keeps running at the server when nobody reads: closing the stream does not end it."""

from __future__ import annotations

import asyncio
import inspect
import re
from typing import Any

from ..transcript.events import Meta, RunsOn

GRACE = 5.0
"""Seconds that a server gets to say that it ended a response."""

ENDED = "the server was told to end its background response"
_TAKEN_UP = re.compile(r"/responses/([^/]+)$")
_LEFT: dict[RunsOn, str] = {
    "response": "the background response keeps running at the server",
    "run": "the run keeps running at the server",
    "session": "the agent keeps running at the server",
}


def left_running(reason: str, what: RunsOn | None) -> str:
    """``reason``, and what a stop did not end.

    >>> left_running("stopped by you", "session")
    'stopped by you; the agent keeps running at the server'
    """
    return reason if what is None else f"{reason}; {_LEFT[what]}"


def taken_up(response: Any) -> Meta | None:
    """What is known of the answer whose stream ``response`` is, if it was begun by another request:
    only background responses can be joined later, by their id."""
    try:
        request = response.request
        found = _TAKEN_UP.search(request.url.path) if request.method == "GET" else None
    except (AttributeError, RuntimeError):  # httpx raises RuntimeError where it has no request
        return None
    return Meta(response_id=found[1], runs_on="response") if found else None


async def cancel_response(client: Any, response_id: str) -> None:
    """Have the server end a response that it writes in the background
    (https://platform.openai.com/docs/guides/background). Raises what ``client`` does."""
    cancel = client.responses.cancel
    if inspect.iscoroutinefunction(inspect.unwrap(cancel)):
        await cancel(response_id)
    else:
        await asyncio.to_thread(cancel, response_id)
