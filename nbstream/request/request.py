"""A request to chat.completions or to the Responses API: built and sent."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..clients import Endpoint
from ..transport.background_response import cancel_response
from ..transport.http_hooks import sending
from ..transport.server_words import plain_name
from ..validation import Api, Prompt

GO_ON = (
    "Your answer was cut off. Go on exactly where it ends, in the middle of the word if need be:"
    " repeat nothing, and say nothing about it."
)
"""Asks a model to continue, where the server does not continue an assistant's last message."""

# The names of parameters that we add, as refusals mention them, in the form of `plain_name`.
_NAMES = {
    "stream_options": ("streamoptions", "includeusage"),
    "include": ("encryptedcontent", "'include'", '"include"', "`include`"),
}
_LIMITS = ("max_tokens", "max_completion_tokens")
_IS_UNKNOWN = re.compile(
    "unsupported|notsupported|unknown|unrecogni|unexpected|notpermitted|notallowed|forbidden|extra"
    "|additionalpropert|deprecated|maxcompletiontokens.*instead|maxtokens.*instead"
)
_IS_EXTRA = re.compile(
    "(?:extra|unknown|unexpected|unrecogni[sz]ed|additional|unsupported)"
    "(?:request)?(?:body)?(?:input|field|param|propert|argument|key|option|forbidden)"
)
_NOT_FOR_PARAMETERS = (401, 402, 403, 408, 413, 429)
_MOST_READ = 20_000
"""The most characters of each text of a refusal that are searched."""


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
        added: Mapping[str, Any] | None = None,
    ) -> None:
        """``added`` are parameters that the user did not ask for: one that the server refuses is
        not sent again."""
        self.api = api
        self._endpoint = endpoint
        self._params = dict(params or {})
        self._params["model"] = endpoint.model
        self._params["stream"] = True
        self._answers = self._params.get("n")
        self.announce: Callable[[str | None], None] = lambda words: None
        self._added = dict(added or {})
        # The usage comes with a stream only when asked for; not every server knows the option.
        if api == "chat" and "stream_options" not in self._params:
            self._added["stream_options"] = {"include_usage": True}
        self._add_prompt(prompt, system)
        if max_tokens is not None:
            self._params[_max_tokens_name(api, endpoint)] = max_tokens
        # If the server refuses the name that we chose, the other one is tried.
        self._may_rename = max_tokens is not None and api == "chat"

    def _add_prompt(self, prompt: Prompt, system: str | None) -> None:
        self._prompt = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        self._system: list[dict[str, Any]] = []
        if self.api == "responses":
            self._params["input"] = prompt
            if system:
                self._params["instructions"] = system
        elif system:
            self._system = [{"role": "system", "content": system}]
        self._turns = [*self._system, *self._prompt]
        if self.api == "chat":
            self._params["messages"] = self._turns

    def recall(self, history: Sequence[dict[str, Any]]) -> None:
        """Put the earlier turns of a conversation before the prompt. Before the first send."""
        self._turns = [*self._system, *history, *self._prompt]
        self.continue_from("")

    def continue_from(self, text: str) -> None:
        """Let later sends ask to continue ``text``, the first answer so far; "" starts anew."""
        if self._answers is not None:
            self._params |= {"n": 1 if text else self._answers}
        field = "messages" if self.api == "chat" else "input"
        self._params[field] = [*self._turns]
        if text:
            self._params[field].append({"role": "assistant", "content": text})
            if not self._endpoint.prefills:
                self._params[field].append({"role": "user", "content": GO_ON})

    def hand_back(self, said: list[dict[str, Any]], results: list[dict[str, Any]]) -> None:
        """Let later sends continue after what the model ``said`` and the ``results`` of its
        calls."""
        if self._params.get("conversation") is not None:
            self._turns = results  # the server keeps all that came before
        else:
            self._turns = [*self._turns, *said, *results]
        if _forces_calls(self._params.get("tool_choice")):
            del self._params["tool_choice"]  # else there would be no end
        self.continue_from("")

    @property
    def is_stored(self) -> bool:
        """Whether the server of the Responses API can find again what it said."""
        return self._params.get("store") is not False

    async def send(self) -> Any:
        """Send the request; returns when the response's headers have arrived. Parameters that we
        added and the server refuses are left out from then on."""
        client = await self._endpoint.connect(self.announce)
        while True:
            try:
                return await self._create(client, {**self._params, **self._added})
            except Exception as exc:
                if not self.adapt(exc):
                    raise

    def adapt(self, exc: BaseException) -> bool:
        """Leave out or rename a parameter that we added and the server refuses with ``exc``.

        Returns whether there was one, so that another request makes sense.
        """
        said = refusal(exc)
        for name in list(self._added):
            if any(word in said for word in _NAMES.get(name, ())):
                del self._added[name]
                return True
        names = (*self._params, *_LIMITS)
        is_named = getattr(exc, "param", None) or any(plain_name(name) in said for name in names)
        if self._added and not is_named and _IS_EXTRA.search(said):
            self._added.clear()  # "Extra fields are not permitted.", without saying which
            return True
        if not self._may_rename or not _IS_UNKNOWN.search(said):
            return False
        for name, other in (_LIMITS, _LIMITS[::-1]):
            if name in self._params and plain_name(name) in said:
                self._may_rename = False
                self._params[other] = self._params.pop(name)
                return True
        return False

    async def cancel_response(self, response_id: str) -> None:
        """Have the server end what it writes in the background."""
        await cancel_response(await self._endpoint.connect(self.announce), response_id)

    async def _create(self, client: Any, params: dict[str, Any]) -> Any:
        api = client.chat.completions if self.api == "chat" else client.responses
        with sending(client):
            if inspect.iscoroutinefunction(inspect.unwrap(api.create)):
                return await api.create(**params)
            return await _in_thread(api.create, params)


def _forces_calls(tool_choice: Any) -> bool:
    if isinstance(tool_choice, Mapping):
        tool_choice = tool_choice.get("type")
    return tool_choice in ("required", "function", "custom")


def refusal(exc: BaseException) -> str:
    """Everything that a server says with ``exc`` if it refuses the content of a request, in the
    form of `plain_name`: parameters are spelled in many ways, and stand in many places."""
    status = getattr(exc, "status_code", None)
    in_stream = status is None and type(exc).__name__ in ("APIError", "StreamError")
    if not in_stream and (not isinstance(status, int) or status in _NOT_FOR_PARAMETERS):
        return ""
    said = [getattr(exc, "param", ""), exc, getattr(exc, "body", "")]
    with contextlib.suppress(Exception):  # not every library's response has a text
        said.append(exc.response.text)  # type: ignore[attr-defined]
    return plain_name(" ".join(str(words)[:_MOST_READ] for words in said))


async def _in_thread(create: Any, params: dict[str, Any]) -> Any:
    """Call a blocking client. A stream that opens after a cancel is closed at once."""
    loop = asyncio.get_running_loop()
    run = functools.partial(contextvars.copy_context().run, create, **params)
    future = loop.run_in_executor(None, run)
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
