"""Puts the fragments of chat's tool calls together; services number and name them differently."""

from __future__ import annotations

import json
from typing import Any

from ..events import Delta, Event, Info, PartInfo
from ._base import count, get, text


class _Call:
    """One call so far."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.id = ""
        self.name = ""
        self.has_arguments = False
        self.is_told = False


class Calls:
    """The tool calls of one choice; ``prefix`` is how the names of its parts begin."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._is_over = False

    def feed(self, fragment: Any, events: list[Event]) -> None:
        """Take one member of ``delta.tool_calls``."""
        custom = get(fragment, "custom")
        tool = get(fragment, "function") if custom is None else custom
        name, id_ = text(get(tool, "name")), text(get(fragment, "id"))
        call = self._find(count(get(fragment, "index")), id_, name)
        kind = "function" if custom is None else "custom"
        arguments = get(tool, "arguments" if custom is None else "input")
        self._take(call, kind, id_, name, arguments, events)

    def feed_legacy(self, function_call: Any, events: list[Event]) -> None:
        """Take ``delta.function_call``, of which there is one."""
        call = self._calls[0] if self._calls else self._begin()
        name = text(get(function_call, "name"))
        self._take(call, "function", "", name, get(function_call, "arguments"), events)

    def end(self, status: str, events: list[Event]) -> None:
        """No more fragments will come."""
        if not self._is_over:
            self._is_over = True
            events += [Info(call.part, "tool", {"status": status}) for call in self._calls]

    def _find(self, index: int | None, id_: str, name: str) -> _Call:
        if index is not None:
            call = self._by_index.get(index)
            # Another call under a number that was used: it has a name and an id of its own.
            if call is None or (id_ and name and call.id and id_ != call.id):
                call = self._by_index[index] = self._begin()
            return call
        if id_:
            known = next((call for call in self._calls if call.id == id_), None)
            return known or self._begin()
        last = self._calls[-1] if self._calls else None
        # With neither number nor id: a name after arguments is the next call's.
        return self._begin() if last is None or (name and last.has_arguments) else last

    def _begin(self) -> _Call:
        call = _Call(f"{self._prefix}tool:{len(self._calls)}")
        self._calls.append(call)
        self._is_over = False
        return call

    def _take(
        self, call: _Call, kind: str, id_: str, name: str, arguments: Any, events: list[Event]
    ) -> None:
        known: PartInfo = {}
        if not call.is_told:
            call.is_told = True
            known = {"kind": kind, "status": "in_progress"}
        if id_ and id_ != call.id:
            call.id = known["call_id"] = id_
        # Some services repeat the whole name with each fragment, and some send it in pieces.
        if name and name != call.name:
            call.name += name
            known["name"] = call.name
        if known:
            events.append(Info(call.part, "tool", known))
        # Some send an object instead of its JSON.
        if arguments and not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False, default=str)
        if arguments:
            call.has_arguments = True
            events.append(Delta(call.part, "tool", arguments))
