"""A request to chat.completions or to the Responses API: checked, built, sent."""

from __future__ import annotations

import asyncio
import difflib
import functools
import inspect
import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from .clients import Announce, Endpoint
from .errors import UsageError

Api = Literal["chat", "responses"]
Prompt = str | list[dict[str, Any]]

_OURS = frozenset({"self", "stream", "messages", "input", "model"})
_TRANSPORT = frozenset({"extra_headers", "extra_query", "extra_body", "timeout"})

GO_ON = (
    "Your answer was cut off. Go on exactly where it ends, in the middle of the word if need be:"
    " repeat nothing, and say nothing about it."
)
"""Asks a model to continue, where the server does not continue an assistant's last message."""


@functools.cache
def known_parameters(api: Api) -> frozenset[str]:
    """The keywords that the installed SDK's ``create`` takes."""
    from openai.resources.chat.completions import AsyncCompletions
    from openai.resources.responses import AsyncResponses

    create = AsyncCompletions.create if api == "chat" else AsyncResponses.create
    return frozenset(inspect.signature(create).parameters) - _OURS


def check_params(api: Api, params: Mapping[str, Any], *, own: Iterable[str] = ()) -> None:
    """Raise `UsageError` for a keyword that neither ``own`` nor the SDK knows.

    >>> check_params("chat", {"temprature": 1})
    Traceback (most recent call last):
    nbstream.errors.UsageError: unknown parameter 'temprature': did you mean 'temperature'? ...
    """
    known = known_parameters(api)
    for name in params:
        if name in ("stream", "messages", "input"):
            raise UsageError(f"{name!r} is set by nbstream: give the prompt as first argument")
        if name not in known:
            raise UsageError(
                f"unknown parameter {name!r}: {suggest(name, {*known, *own})}what only some"
                f" servers know goes into extra_body={{{name!r}: ...}}"
            )
    if params.get("n") not in (None, 1):
        raise UsageError("n > 1 is not supported: make one stream for each answer")


def suggest(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'? `` if something is near enough, else nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}? " if near else ""


def check_prompt(prompt: Any) -> None:
    """Raise `UsageError` for a prompt that cannot be sent."""
    if isinstance(prompt, str):
        if not prompt.strip():
            raise UsageError("the prompt is empty: write it below the magic, or as a string")
    elif not isinstance(prompt, list) or not prompt:
        raise UsageError(
            "the prompt is a string or a list of messages such as"
            f" [{{'role': 'user', 'content': '...'}}], not {type(prompt).__name__}"
        )
    elif not all(isinstance(item, Mapping) for item in prompt):
        raise UsageError("each message is a dict such as {'role': 'user', 'content': '...'}")
    check_text("the prompt", prompt)


def check_text(name: str, value: Any) -> None:
    """Raise `UsageError` for text in ``value``, at any depth, that servers cannot take."""
    if isinstance(value, str):
        if "\0" in value:
            at = value.index("\0")
            raise UsageError(
                f"{name} has a NUL character at position {at:,}, which servers refuse: take it"
                " out with .replace('\\0', '')"
            )
        try:
            value.encode()
        except UnicodeEncodeError as exc:
            raise UsageError(
                f"{name} has a lone surrogate ({exc.object[exc.start]!r}) that UTF-8 cannot"
                " hold: decode it with errors='replace' first"
            ) from None
    elif isinstance(value, Mapping):
        check_text(name, list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            check_text(name, item)


def check_number(name: str, value: Any, *, least: int, whole: bool) -> None:
    """Raise `UsageError` unless ``value`` is None or a number from ``least`` on."""
    kinds = (int,) if whole else (int, float)
    is_number = isinstance(value, kinds) and not isinstance(value, bool)
    if value is not None and not (is_number and least <= value < math.inf):
        kind = "a whole number" if whole else "seconds as a number"
        raise UsageError(f"{name} takes {kind} from {least} on, not {value!r}")


class Request:
    """Can be sent again and again. ``send`` returns the SDK's open stream."""

    def __init__(
        self,
        endpoint: Endpoint,
        api: Api,
        prompt: Prompt,
        *,
        system: str | None = None,
        max_tokens: int | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._api = api
        self._params = dict(params or {})
        self._params["model"] = endpoint.model
        self._params["stream"] = True
        self.announce: Announce = lambda words: None
        # The usage comes with a stream only when asked for; not every server knows the option.
        self._ask_usage = api == "chat" and "stream_options" not in self._params
        self._add_prompt(prompt, system)
        if max_tokens is not None:
            self._params[_max_tokens_name(api, endpoint)] = max_tokens

    def _add_prompt(self, prompt: Prompt, system: str | None) -> None:
        turns = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        if self._api == "responses":
            self._params["input"] = prompt
            if system:
                self._params["instructions"] = system
        else:
            before = [{"role": "system", "content": system}] if system else []
            turns = self._params["messages"] = [*before, *turns]
        self._turns = turns

    def continue_from(self, text: str) -> None:
        """Let later sends ask to go on from ``text``, the answer so far; empty: from the start."""
        field = "messages" if self._api == "chat" else "input"
        self._params[field] = [*self._turns]
        if text:
            self._params[field].append({"role": "assistant", "content": text})
            if not self._endpoint.prefills:
                self._params[field].append({"role": "user", "content": GO_ON})

    async def send(self) -> Any:
        """Send the request; returns when the response's headers are there."""
        client = await self._endpoint.connect(self.announce)
        if not self._ask_usage:
            return await self._create(client, self._params)
        try:
            with_usage = {**self._params, "stream_options": {"include_usage": True}}
            return await self._create(client, with_usage)
        except Exception as exc:
            if not refuses(exc, "stream_options"):
                raise
            self._ask_usage = False
            return await self._create(client, self._params)

    async def _create(self, client: Any, params: dict[str, Any]) -> Any:
        api = client.chat.completions if self._api == "chat" else client.responses
        if inspect.iscoroutinefunction(inspect.unwrap(api.create)):
            return await api.create(**params)
        return await _in_thread(api.create, params)


def refuses(exc: BaseException, parameter: str) -> bool:
    """Whether a server says with ``exc`` that it does not know ``parameter``."""
    status = getattr(exc, "status_code", None)
    return status in (400, 422) and parameter in f"{getattr(exc, 'param', '')} {exc}"


async def _in_thread(create: Any, params: dict[str, Any]) -> Any:
    """Call a blocking client. A stream that opens after a cancel is closed at once."""
    loop = asyncio.get_running_loop()
    future = loop.run_in_executor(None, functools.partial(create, **params))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        future.add_done_callback(_close_result)
        raise


def _close_result(future: asyncio.Future[Any]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().close()


def _max_tokens_name(api: Api, endpoint: Endpoint) -> str:
    if api == "responses":
        return "max_output_tokens"
    # OpenAI's reasoning models refuse the old name; other servers may not know the new one.
    return "max_completion_tokens" if endpoint.is_openai else "max_tokens"
