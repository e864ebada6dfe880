"""The engine outside notebooks: an answer as an ``async for`` of its text.

>>> from nbstream import engine
>>> async def answer():                                            # doctest: +SKIP
...     async with engine.stream("Write a haiku") as s:
...         async for text in s:
...             yield text
>>> return StreamingResponse(answer(), media_type="text/plain")    # doctest: +SKIP

Requests, retries, time limits and errors are those of `nbstream.stream`. Nothing from Jupyter is
imported.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

from .answer import Facts
from .errors import StreamError, UsageError
from .request.prepare import Asked, ask
from .request.schema import Growing
from .session.generation import Generation
from .session.session import Session
from .session.waiting import follow
from .tools.approval import Approve
from .tools.definition import Tools
from .transcript.stop_condition import Until
from .transcript.transcript import Append
from .transport.connection_limit import QueuedRequestSource
from .validation import Api, Prompt, parameters_of

__all__ = ["Stream", "stream"]

LEFT = "its reader left"

T = TypeVar("T")


def stream(
    prompt: Prompt,
    *,
    model: str | None = None,
    client: Any = None,
    base_url: str | None = None,
    api: Api | None = None,
    system: str | None = None,
    max_tokens: int | None = None,
    schema: Any = None,
    until: Until | None = None,
    tools: Tools | None = None,
    approve: Approve = True,
    max_rounds: int = 10,
    max_attempts: int | None = None,
    first_token_timeout: float | None = None,
    idle_timeout: float | None = None,
    inspect: bool | None = None,
    **params: Any,
) -> Stream:
    """Prepare a prompt whose answer you read with ``async for``, which sends the request. The
    arguments are those of `nbstream.stream`. There are no buttons here: with ``approve="ask"``
    calls are declined.

    Raises `UsageError` for anything that cannot be sent and `ConfigError` when no server can be
    chosen.

    >>> async for text in engine.stream("Write a haiku"):          # doctest: +SKIP
    ...     print(text, end="")
    """
    asked = ask(
        prompt,
        model=model,
        client=client,
        base_url=base_url,
        api=api,
        system=system,
        max_tokens=max_tokens,
        schema=schema,
        until=until,
        tools=tools,
        approve=approve,
        max_rounds=max_rounds,
        max_attempts=max_attempts,
        first_token_timeout=first_token_timeout,
        idle_timeout=idle_timeout,
        inspect=inspect,
        params=params,
        own=parameters_of(stream),
        nobody=True,
    )
    return Stream(asked)


class Stream(Facts):
    """One answer. Iterating it sends the request and yields the text from the first piece on.

    Leaving the ``async for`` or the ``async with``, cancelling the task that runs it, or `aclose`
    closes the connection at once: the server stops writing. The text so far is in ``text``, and
    ``status`` says how the stream ended.

    The answer is read as fast as the server sends it, and kept: a slow reader gets all of it later
    and holds nobody up. Time limits apply to the server alone.
    """

    def __init__(self, asked: Asked) -> None:
        self._asked_model = asked.endpoint.model
        self._structure = asked.structure
        self._growing = Growing()
        self._events = _Events()
        request = asked.request
        # An answer here is never continued: there is no `continue_from`.
        self._source = source = QueuedRequestSource(request.send, adapt=request.adapt)
        self._request = request
        self._session = Session(source, self._events, **asked.reading)
        request.announce = source.announce = self._session.announce

    def __aiter__(self) -> AsyncIterator[str]:
        """The text of the answer, piece by piece. Raises `StreamError` if the stream failed."""
        return self._read(self._session.generation.deltas)

    def events(self) -> AsyncIterator[Append]:
        """Everything instead of the text alone: reasoning, refusals, tool calls, further answers,
        each as an `Append` to its part. Text that turns out to be reasoning later, at a
        ``</think>`` whose beginning the server left out, was yielded as text; ``text`` and
        ``reasoning`` are right.

        Raises `UsageError` once the stream is being read, since earlier events were not kept.

        >>> async for event in s.events():                         # doctest: +SKIP
        ...     print(event.type, event.text)
        """
        if self._events.kept is None:
            if self._session.is_started:
                raise UsageError("ask for events() before the stream is read: they were not kept")
            self._events.kept = []
        return self._read(self._events.kept)

    def cancel(self, reason: str = "stopped by you") -> bool:
        """Close the stream and keep the text so far. From any thread, any number of times.

        Unlike leaving, this also has the server end a background response.

        Returns whether this call ended it. Iteration ends without an error.
        """
        self._source.cancel_response = self._request.cancel_response
        return self._session.cancel(reason)

    async def aclose(self) -> None:
        """Close the connection unless the answer is complete; returns when it is closed."""
        self._session.cancel(LEFT)
        await asyncio.wait({asyncio.wrap_future(self._session.done)})

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def _read(self, items: Sequence[T]) -> AsyncIterator[T]:
        if not self._session.is_started:
            self._session.start(asyncio.get_running_loop())
        try:
            async with aclosing(follow(self._session, items, LEFT)) as followed:
                async for item in followed:
                    yield item
        finally:
            await self.aclose()
        if self._session.error is not None:
            # The hints are for people who run a cell.
            raise StreamError(replace(self._session.error, hint=None))


class _Events:
    """The sink of a session: keeps its events if `Stream.events` was called."""

    def __init__(self) -> None:
        self.kept: list[Append] | None = None

    def appended(self, append: Append) -> None:
        if self.kept is not None:
            self.kept.append(append)

    def changed(self, generation: Generation) -> None:
        """Do nothing: readers ask for the status."""

    def restored(self, generation: Generation) -> None:
        """Do nothing: the transcript is right, and events are not taken back."""

    def renewed(self, generation: Generation) -> None:
        """Do nothing: an answer is never continued."""
