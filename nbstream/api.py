"""The Python API: `stream`, `show`, `tasks`, `cancel_all`."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, get_args

from .errors import UsageError
from .kernel.environment import is_headless, kernel
from .loops import LoopName, check_alive, running_loop
from .request.prepare import ask, choose_clocks, choose_inspect
from .request.request import Request
from .settings import settings
from .text.redact import redactor
from .tools.approval import Approve
from .tools.definition import Tools
from .transcript.stop_condition import Ending, Until
from .transport.connection import is_asynchronous
from .transport.connection_limit import QueuedRequestSource
from .transport.readable import check_showable, mark_shown
from .transport.source import StreamSource
from .validation import Api, Prompt, check_words, parameters_of
from .widget.registry import cancel_all, tasks
from .widget.widget import StreamWidget

__all__ = ["cancel_all", "show", "stream", "tasks"]


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
    label: str | None = None,
    loop: LoopName | None = None,
    inspect: bool | None = None,
    max_attempts: int | None = None,
    first_token_timeout: float | None = None,
    idle_timeout: float | None = None,
    **params: Any,
) -> StreamWidget:
    """Send a prompt and return its stream at once, as a widget.

    ``prompt`` is a string or a list of messages. ``client`` is your own ``AsyncOpenAI`` or
    ``OpenAI``; without one the server is chosen from ``base_url``, the configuration and the
    environment, and without a key the local model answers. ``max_tokens`` limits the answer (it is
    sent under the API's own name for it); ``params`` are all other parameters of the SDK's
    ``create``. ``schema`` is a pydantic model, a dataclass, a type or a JSON schema that the answer
    must fit: ``w.partial`` is the object so far, ``w.parsed`` the validated one. ``until`` ends the
    stream early: a regular expression, a number of deltas, or a function of the
    `nbstream.transcript.Transcript`. ``inspect`` records the raw events for ``w.inspect()`` and the
    widget's inspector; it costs a few microseconds per event. ``max_attempts`` counts requests; the
    two timeouts are seconds, 0 for none.

    ``tools`` are Python functions that the model may call: asynchronous ones as tasks in the
    stream's event loop, others each in a thread. Their signatures, type hints and docstrings
    describe them to the model. Dicts in the list go to the server unchanged, and you answer their
    calls. Calls of one reply run in parallel; the value that a function returns (a string, or
    anything as JSON), or its error in words, goes back to the model until it answers without calls.
    At most ``max_rounds`` requests are sent: then the stream is ``incomplete``. ``w.tool_calls``
    has calls, results, errors and times. Stop ends running tools, but those in threads not before
    their next Python statement.

    ``approve`` says which calls may run; by default all. ``"ask"`` shows buttons in the call's card
    (`w.approve` and `w.decline` in Python; without a front end calls are declined); a function of
    the `nbstream.transcript.ToolCall`, asynchronous or not, returns whether the call may run. The
    model learns that a call was declined.

    The stream starts in the running event loop, or in a script or terminal in a background thread;
    with ``loop="thread"`` always in that thread, so that tokens keep arriving while a cell computes
    (observers are then called in that thread).

    Raises `UsageError` for anything that cannot be sent and `ConfigError` when no server can be
    chosen, before anything happens; later problems are in ``error`` and raised by ``await``.

    >>> w = nbstream.stream("Write a haiku", temperature=0.8)      # doctest: +SKIP
    >>> await w; w.text                                            # doctest: +SKIP
    """
    return begin(
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
        label=label,
        loop=loop,
        inspect=inspect,
        max_attempts=max_attempts,
        first_token_timeout=first_token_timeout,
        idle_timeout=idle_timeout,
        params=params,
    )


def begin(
    prompt: Prompt,
    *,
    client: Any = None,
    label: str | None = None,
    loop: LoopName | None = None,
    prepare: Callable[[Request], Awaitable[None]] | None = None,
    **options: Any,
) -> StreamWidget:
    """`stream`, whose arguments ``options`` are; ``prepare`` is awaited before its request is sent
    for the first time."""
    check_alive()
    check_words("label", label)
    asked = ask(prompt, client=client, own=parameters_of(stream), nobody=is_headless(), **options)
    request, endpoint = asked.request, asked.endpoint
    source = QueuedRequestSource(request.send, request.continue_from, request.adapt)
    source.cancel_response = request.cancel_response
    if prepare is not None:
        source.prepare = functools.partial(prepare, request)
    on = _choose_loop(loop, client, "a client")
    if hasattr(client, "__aenter__"):
        _check_own_loop("an asynchronous client")
    widget = StreamWidget(
        source=source,
        label=label or _label(prompt),
        model=endpoint.model,
        note=endpoint.note,
        loop=on,
        structure=asked.structure,
        **asked.reading,
    )
    asked.approval.is_seen = lambda: widget._is_placed
    request.announce = source.announce = widget._session.announce
    return widget.start()


def show(
    stream: Any,
    *,
    until: Until | None = None,
    label: str | None = None,
    loop: LoopName | None = None,
    inspect: bool | None = None,
    first_token_timeout: float | None = None,
    idle_timeout: float | None = None,
) -> StreamWidget:
    """Show any stream: an OpenAI stream (blocking or asynchronous, or the coroutine that returns
    it), a stream helper of the SDK (``client.chat.completions.stream(...)``), or any (async)
    iterator of ``str``.

    Returns a widget. Display it, and iterate it instead of the stream: ``async for`` (or ``for``,
    over a blocking stream) yields every chunk from the first on. For this, chunks are kept as long
    as the widget lives. A blocking stream is read in a thread; with ``loop="thread"`` it is also
    shown while a cell computes. ``until`` ends it early and ``inspect`` records it, as in `stream`.
    Tool calls are shown, and left to you. The two timeouts are seconds, 0 for none.

    Raises `UsageError` for anything that is not a stream, or is closed, shown or read already.

    >>> s = client.chat.completions.create(..., stream=True)       # doctest: +SKIP
    >>> w = nbstream.show(s)                                       # doctest: +SKIP
    """
    check_alive()
    check_words("label", label)
    check_showable(stream)
    clocks = choose_clocks(first_token_timeout, idle_timeout)
    is_async = is_asynchronous(stream) and hasattr(stream, "__aiter__")
    if is_async and hasattr(stream, "response"):
        _check_own_loop("an async stream")
    key = getattr(getattr(stream, "_client", None), "api_key", None)
    source = StreamSource(stream)
    widget = StreamWidget(
        source=source,
        label=label or type(stream).__name__,
        chunks=True,
        record=choose_inspect(inspect),
        loop=_choose_loop(loop, stream, "a stream"),
        redact=redactor(key if isinstance(key, str) else None),
        clocks=clocks,
        ending=None if until is None else Ending(until),
    )
    source.closed = functools.partial(widget.cancel, "its stream was closed")
    widget._at_end.append(source.discard)
    mark_shown(stream)
    # An async stream belongs to the loop that made it: without a running one it waits for the
    # first `await` or `async for`.
    waits = is_async and running_loop() is None and kernel() is None
    return widget if waits else widget.start()


def _check_own_loop(what: str) -> None:
    """Refuse in a thread of a kernel what belongs to the kernel's loop: its connections fail on
    another one, or wait for ever."""
    if running_loop() is None and kernel() is not None:
        raise UsageError(
            f"{what} belongs to the event loop that made it: make this call in a cell, not in a"
            " thread, or use the blocking client (openai.OpenAI) there"
        )


def _choose_loop(asked: LoopName | None, given: Any, what: str) -> LoopName:
    """``asked``, else the configured loop where ``given`` can be used on it."""
    chosen = asked or settings().loop
    if chosen not in get_args(LoopName):
        raise UsageError(f"loop takes 'kernel' or 'thread', not {chosen!r}")
    is_async = is_asynchronous(given)
    if chosen == "thread" and is_async:
        if asked:
            raise UsageError(
                f"loop='thread' takes {what} of the blocking kind: the connections of an"
                " asynchronous one belong to the loop that it was made for"
            )
        return "kernel"
    return chosen


def _label(prompt: Prompt) -> str:
    """The beginning of the prompt, or of the last message, on one line."""
    if isinstance(prompt, str):
        text = prompt
    else:
        content = prompt[-1].get("content")
        text = content if isinstance(content, str) else "messages"
    flat = " ".join(text[:400].split())
    return flat if len(flat) <= 60 else flat[:59] + "…"
