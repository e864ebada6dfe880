"""What can be sent: prompts, parameters and limits, checked before anything is done.

Each check raises `UsageError`: one sentence that says what to do.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

from .errors import UsageError
from .transcript.status import Status

Api = Literal["chat", "responses"]
Prompt = str | list[dict[str, Any]]

OURS = {
    "stream": "nbstream always streams",
    "messages": "the prompt becomes the messages: pass it as a list of messages",
    "input": "the prompt becomes the input: pass it as a list of messages",
    "model": "the model has its own place: %%stream MODEL, or model=...",
}
"""What nbstream sets itself, and why nobody else does."""

_MAPPINGS = ("extra_headers", "extra_query", "extra_body")


@functools.cache
def known_parameters(api: Api) -> frozenset[str]:
    """The keywords that the installed SDK's ``create`` takes."""
    from openai.resources.chat.completions import AsyncCompletions
    from openai.resources.responses import AsyncResponses

    create = AsyncCompletions.create if api == "chat" else AsyncResponses.create
    return frozenset(inspect.signature(create).parameters) - {"self", *OURS}


@functools.cache
def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters."""
    return tuple(inspect.signature(function).parameters)


def check_params(api: Api, params: Mapping[str, Any], *, own: Iterable[str] = ()) -> None:
    """Refuse a keyword that neither ``own`` nor the SDK knows, and values that cannot be sent.

    >>> check_params("chat", {"temprature": 1})
    Traceback (most recent call last):
    nbstream.errors.UsageError: unknown parameter 'temprature' (did you mean 'temperature'?): ...
    """
    known = known_parameters(api)
    for name, value in params.items():
        if name in OURS:
            raise UsageError(f"{name!r} cannot be set: {OURS[name]}")
        if name not in known:
            raise UsageError(
                f"unknown parameter {name!r}{suggest(name, {*known, *own})}: one that only some"
                f" servers know goes into extra_body={{{name!r}: ...}}"
            )
        if name in _MAPPINGS and value is not None and not isinstance(value, Mapping):
            raise UsageError(f"{name} takes a dict, not {type(value).__name__}")
        check_sendable(f"the parameter {name}", value)
    _check_headers(params.get("extra_headers") or {})
    _check_timeout(params.get("timeout"))


def _check_headers(headers: Mapping[Any, Any]) -> None:
    """Refuse headers that HTTP cannot hold. Their values may be keys, and are not shown."""
    for name, value in headers.items():
        texts = [text for text in (name, value) if isinstance(text, str)]
        is_plain = isinstance(value, (bool, int, float, list, dict, type(None)))
        if is_plain or not all(text.isascii() and text.isprintable() for text in texts):
            raise UsageError(f"the header {name!r} takes plain ASCII text on one line")


def _check_timeout(timeout: Any) -> None:
    # The SDK also takes objects of its HTTP library, which check themselves.
    is_number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if isinstance(timeout, (bool, str, list, dict)) or (is_number and timeout <= 0):
        raise UsageError(f"timeout takes seconds as a number above 0, not {timeout!r}")


def suggest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` if something is near enough, else nothing."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def check_prompt(prompt: Any, where: str = "write it as a string or a list of messages") -> None:
    """Refuse a prompt that cannot be sent; ``where`` says where to put a missing one."""
    if isinstance(prompt, str):
        if not prompt.strip():
            raise UsageError(f"the prompt is empty: {where}")
    elif not isinstance(prompt, list) or not prompt:
        kind = "an empty list" if prompt == [] else type(prompt).__name__
        raise UsageError(
            "the prompt is a string or a list of messages such as"
            f" [{{'role': 'user', 'content': '...'}}], not {kind}"
        )
    elif not all(isinstance(item, Mapping) for item in prompt):
        raise UsageError("each message is a dict such as {'role': 'user', 'content': '...'}")
    check_sendable("the prompt", prompt)
    for text in [prompt] if isinstance(prompt, str) else [item.get("content") for item in prompt]:
        if isinstance(text, str):
            check_no_stream("the prompt", text)


# As `facts.Facts` writes it.
_STREAM = re.compile(
    rf"<[A-Za-z]\w* [^<>\n]{{0,200}}: (?:{'|'.join(get_args(Status))}), [\d,]+ characters>"
)


def check_no_stream(name: str, text: str) -> None:
    """Refuse a text that contains a formatted stream instead of its answer.

    >>> check_no_stream("the prompt", "Sum up <StreamWidget gpt-5: completed, 312 characters>")
    Traceback (most recent call last):
    nbstream.errors.UsageError: the prompt holds a stream's repr (<StreamWidget gpt-5: ...
    """
    found = _STREAM.search(text)
    if found is not None:
        raise UsageError(
            f"{name} holds a stream's repr ({found[0]}), not its answer: insert its .text"
        )


def check_words(name: str, value: Any) -> None:
    """Refuse what is neither None nor a text that can be sent."""
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{name} takes a string, not {type(value).__name__}")
    check_sendable(name, value)


def check_sendable(name: str, value: Any) -> None:
    """Refuse what JSON or servers cannot take, at any depth of ``value``."""
    try:
        _check_value(name, value)
    except RecursionError:
        raise UsageError(f"{name} is nested too deeply: send less of it") from None


def _check_value(name: str, value: Any) -> None:
    if isinstance(value, str):
        _check_text(name, value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{name} has the number {value}, which JSON cannot hold: leave it out")
    elif isinstance(value, (bytes, bytearray, set, frozenset)):
        raise UsageError(
            f"{name} has {type(value).__name__}, which JSON cannot hold: make it a string or a list"
        )
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check_value(name, key)
            _check_value(name, item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_value(name, item)


def _check_text(name: str, text: str) -> None:
    if "\0" in text:
        raise UsageError(
            f"{name} has a NUL character at position {text.index(chr(0)):,}, which servers refuse:"
            " take it out with .replace('\\0', '')"
        )
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise UsageError(
            f"{name} has a lone surrogate ({exc.object[exc.start]!r}) at position {exc.start:,},"
            " which UTF-8 cannot hold: take it out with .encode(errors='replace').decode()"
        ) from None


def check_number(name: str, value: Any, *, least: int, whole: bool) -> None:
    """Refuse what is neither None nor a number from ``least`` on."""
    kinds = (int,) if whole else (int, float)
    is_number = isinstance(value, kinds) and not isinstance(value, bool)
    if value is not None and not (is_number and least <= value < math.inf):
        kind = "a whole number" if whole else "seconds as a number"
        raise UsageError(f"{name} takes {kind} from {least} on, not {value!r}")
