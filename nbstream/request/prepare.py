"""Checks a call's arguments and prepares its request, without sending anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from ..clients import Endpoint, choose
from ..errors import UsageError
from ..session.timing import Clocks
from ..settings import settings
from ..tools.approval import Approval, Approve
from ..tools.definition import Toolbox, Tools
from ..tools.rounds import Rounds
from ..transcript.stop_condition import Ending, Until
from ..transport.retry import RetryPolicy
from ..validation import (
    Api,
    Prompt,
    check_number,
    check_params,
    check_prompt,
    check_sendable,
    check_words,
)
from .request import Request
from .schema import Structure


@dataclass(frozen=True)
class Asked:
    """A request, and how its stream is to be read."""

    request: Request
    endpoint: Endpoint
    structure: Structure | None
    retry: RetryPolicy
    clocks: Clocks
    ending: Ending | None
    approval: Approval
    rounds: Rounds | None
    record: bool

    @property
    def reading(self) -> dict[str, Any]:
        """The arguments of a `Session`."""
        return {
            "retry": self.retry,
            "clocks": self.clocks,
            "redact": self.endpoint.redact,
            "ending": self.ending,
            "rounds": self.rounds,
            "record": self.record,
        }


def ask(
    prompt: Prompt,
    *,
    model: str | None,
    client: Any,
    base_url: str | None,
    api: Api | None,
    system: str | None,
    max_tokens: int | None,
    schema: Any,
    until: Until | None,
    tools: Tools | None,
    approve: Approve,
    max_rounds: int,
    max_attempts: int | None,
    first_token_timeout: float | None,
    idle_timeout: float | None,
    inspect: bool | None,
    params: Mapping[str, Any],
    own: Iterable[str],
    nobody: bool,
) -> Asked:
    """Check everything and choose the server. ``own`` are the caller's parameters, for suggestions
    where one of ``params`` is misspelled; ``nobody`` says that no person can approve calls.

    Raises `UsageError` for what cannot be sent, `ConfigError` when no server can be chosen.
    """
    chosen = api or settings().api
    if chosen not in get_args(Api):
        raise UsageError(f"api is 'chat' or 'responses', not {chosen!r}")
    check_params(chosen, params, own=own)
    check_prompt(prompt)
    for name, value in {"model": model, "base_url": base_url, "system": system}.items():
        check_words(name, value)
    check_number("max_tokens", max_tokens, least=1, whole=True)
    check_number("max_attempts", max_attempts, least=1, whole=True)
    check_number("max_rounds", max_rounds, least=1, whole=True)
    toolbox = _toolbox(tools, params)
    approval = Approval(approve, nobody=nobody)
    clocks = choose_clocks(first_token_timeout, idle_timeout)
    endpoint = choose(model, client=client, base_url=base_url)
    if "timeout" not in params:
        clocks = replace(clocks, silence_timeout=endpoint.silence_timeout)
    structure = _structure(schema, chosen, params)
    sent = {**params, **(structure.params(chosen) if structure else {})}
    if tools:
        sent["tools"] = toolbox.specs(chosen)
    added = {}
    if toolbox.functions and sent.get("store") is False and "include" not in sent:
        # What the server does not keep it takes back only so.
        added["include"] = ["reasoning.encrypted_content"]
    request = Request(
        endpoint, chosen, prompt, system=system, max_tokens=max_tokens, params=sent, added=added
    )
    rounds = Rounds(
        request,
        toolbox,
        approval,
        most=max_rounds,
        redact=endpoint.redact,
        hide=endpoint.hide,
    )
    return Asked(
        request,
        endpoint,
        structure,
        RetryPolicy(max_attempts=max_attempts or settings().max_attempts),
        clocks,
        None if until is None else Ending(until),
        approval,
        rounds if toolbox.functions else None,
        choose_inspect(inspect),
    )


def choose_clocks(first_token: float | None, idle: float | None) -> Clocks:
    """The time limits in seconds: those given, else those of the settings; 0 is none."""
    check_number("first_token_timeout", first_token, least=0, whole=False)
    check_number("idle_timeout", idle, least=0, whole=False)
    config = settings()
    first_token = config.first_token_timeout if first_token is None else first_token
    idle = config.idle_timeout if idle is None else idle
    return Clocks(config.stall_after, first_token or None, idle or None)


def choose_inspect(asked: bool | None) -> bool:
    """Whether raw events are recorded: as asked, else as the settings say."""
    if asked not in (None, True, False):
        raise UsageError(f"inspect takes True or False, not {asked!r}")
    return bool(settings().inspect if asked is None else asked)


def _toolbox(tools: Tools | None, params: Mapping[str, Any]) -> Toolbox:
    """What ``tools`` has; functions need a single answer, since each has calls of its own."""
    toolbox = Toolbox(() if tools is None else tools)
    check_sendable("tools", [tool for tool in tools or () if isinstance(tool, Mapping)])
    if toolbox.functions and params.get("n") not in (None, 1):
        raise UsageError(
            "functions in tools go with one answer: leave n out, or start several streams"
        )
    return toolbox


def _structure(schema: Any, api: Api, params: Mapping[str, Any]) -> Structure | None:
    """What ``schema`` asks for, unless a parameter of the API asks for something already."""
    if schema is None:
        return None
    own = "text" if api == "responses" else "response_format"
    if own in params:
        raise UsageError(f"give either schema or {own}: both say what the answer looks like")
    return Structure(schema)
