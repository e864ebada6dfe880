"""The messages that hand a reply and the results of its calls back to the model. Pure.

The reply is sent along whole, so that servers need not remember anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from ..adapters._base import count, extras, get, listed, text
from ..adapters._calls import Calls, is_fragment
from ..adapters._foreign import readable
from ..text.surrogates import well_formed_values
from ..transcript.choices import ToolCall
from ..validation import Api
from .definition import ArgumentsError, read_arguments

Turn = dict[str, Any]


class Exchange(NamedTuple):
    """A reply that made calls, and their results, independent of the API."""

    said: str
    calls: Sequence[ToolCall]
    results: Sequence[str]


def exchange_turns(api: Api, exchange: Exchange) -> list[Turn]:
    """``exchange`` as part of an earlier turn. Reasoning and item ids are left out: they are valid
    only within their own turn and for the server that sent them.

    >>> made = Exchange("", [ToolCall("now", "", "c1")], ["noon"])
    >>> [item["type"] for item in exchange_turns("responses", made)]
    ['function_call', 'function_call_output']
    """
    said, calls, results = exchange
    if api == "chat":
        return chat_turns(said, calls, results)
    text = [{"role": "assistant", "content": said}] if said else []
    return [*text, *map(_call_item, calls), *responses_outputs(calls, results)]


def chat_turns(
    said: str,
    calls: Sequence[ToolCall],
    results: Sequence[str],
    kept: Kept | None = None,
    parts: Sequence[str] = (),
) -> list[Turn]:
    """The messages of chat.completions. ``parts`` are the names that ``kept`` has for the calls.

    >>> chat_turns("", [ToolCall("now", "", "c1")], ["noon"])[1]
    {'role': 'tool', 'tool_call_id': 'c1', 'content': 'noon'}
    """
    kept = kept or Kept()
    called = [
        {
            "id": call.call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": _arguments(call)},
            **kept.of_calls.get(part, {}),
        }
        for call, part in zip_longest(calls, parts)
    ]
    answers = [
        {"role": "tool", "tool_call_id": call.call_id, "content": result}
        for call, result in zip(calls, results, strict=True)
    ]
    message = {"role": "assistant", "content": said or None, "tool_calls": called}
    turns: list[Turn] = well_formed_values([{**message, **kept.reasoning}, *answers])
    return turns


def responses_turns(
    items: Sequence[Turn], calls: Sequence[ToolCall], said_ids: Sequence[str]
) -> list[Turn]:
    """The model's items, with all of its calls, since some gateways leave out items. Our unique ids
    replace those that the model gave the calls."""
    left = list(zip(calls, said_ids, strict=True))
    turns = []
    for item in items:
        turn, said = dict(item), item.get("call_id") or ""
        if item.get("type") == "function_call":
            call = next((one for one, id_ in left if id_ == said), None)
            if call is not None:
                left.remove((call, said))
                turn |= {"call_id": call.call_id, "arguments": _arguments(call)}
        turns.append(turn)
    return [*turns, *(_call_item(call) for call, _ in left)]


def responses_outputs(calls: Sequence[ToolCall], results: Sequence[str]) -> list[Turn]:
    """The items that answer the calls."""
    return [
        {"type": "function_call_output", "call_id": call.call_id, "output": result}
        for call, result in zip(calls, results, strict=True)
    ]


class Kept:
    """Everything beside text and calls that must be handed back unchanged: in the Responses API all
    finished items; in chat the reasoning and signatures that services want back with the calls,
    under the names that they gave them (https://openrouter.ai/docs/use-cases/reasoning-tokens,
    https://ai.google.dev/gemini-api/docs/thought-signatures).
    """

    def __init__(self) -> None:
        self.reasoning: dict[str, Any] = {}
        self.of_calls: dict[str, dict[str, Any]] = {}
        self._calls = Calls("")
        self._by_place: dict[tuple[int, int], Any] = {}

    def feed(self, chunk: Any) -> None:
        """Take any chunk."""
        kind = text(get(chunk, "type"))
        if kind == "response.output_item.done":
            self._keep(get(chunk, "item"), count(get(chunk, "output_index")))
        elif kind == "response.completed" and not self._by_place:
            for place, item in enumerate(listed(get(get(chunk, "response"), "output"))):
                self._keep(item, place)
        for choice in listed(get(chunk, "choices")):
            if not count(get(choice, "index")):
                self._feed_delta(get(choice, "delta"))

    def _keep(self, item: Any, place: int | None) -> None:
        """Keep a finished item; other items may have the same place."""
        if not text(get(item, "type")):
            return
        place = len(self._by_place) if place is None else place
        number = 0
        while (known := self._by_place.get((place, number))) is not None:
            if get(known, "type") == get(item, "type") and _name(known) == _name(item):
                break
            number += 1
        self._by_place[place, number] = item

    def _feed_delta(self, delta: Any) -> None:
        more = extras(delta)
        for name, kind in (("reasoning_content", str), ("reasoning_details", list)):
            piece = get(more, name) if more else None
            if isinstance(piece, kind):
                self.reasoning[name] = self.reasoning.get(name, kind()) + piece
        fragments = [*filter(is_fragment, listed(get(delta, "tool_calls")))]
        if fragments:
            self._calls.feed(fragments, [])
            for part, fragment in zip(self._calls.latest, fragments, strict=True):
                content = get(extras(fragment), "extra_content")
                if content is not None:
                    self.of_calls[part] = {"extra_content": content}

    def items(self, *, stored: bool) -> list[Turn]:
        """The items for the next request, including reasoning: models want it back with the calls
        that it led to.

        Items that the server has not ``stored`` go without ids, and reasoning only if encrypted
        (https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items).
        """
        found = sorted(self._by_place.items(), key=lambda at: at[0])
        items: list[Turn] = well_formed_values([_plain(item) for _, item in found])
        if stored:
            return items
        kept = [
            item for item in items if item.get("type") != "reasoning" or "encrypted_content" in item
        ]
        return [{key: value for key, value in item.items() if key != "id"} for item in kept]


def _plain(item: Any) -> Turn:
    """An item without nulls, some of which are valid in responses but not in requests."""
    dump = getattr(item, "model_dump", None)
    if dump is not None:
        item = dump(mode="json", exclude_none=True, exclude_unset=True, warnings=False)
    return {key: value for key, value in readable(item).items() if value is not None}


def _name(item: Any) -> str:
    return text(get(item, "call_id")) or text(get(item, "id"))


def _call_item(call: ToolCall) -> Turn:
    return {
        "type": "function_call",
        "call_id": call.call_id,
        "name": call.name,
        "arguments": _arguments(call),
    }


def _arguments(call: ToolCall) -> str:
    """The arguments as a JSON object without half characters, as servers accept nothing else. If
    the model wrote something else, the call's result says what was wrong."""
    try:
        given = read_arguments(call.arguments)
    except ArgumentsError:
        return "{}"
    is_sendable = call.arguments.lstrip().startswith("{") and "\\ud" not in call.arguments.lower()
    return call.arguments if is_sendable else json.dumps(given, ensure_ascii=False)
