"""Assembles chat's tool calls from fragments, which services number and name differently."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from ..transcript.events import Delta, Event, Info, PartInfo
from ._base import fields, get, json_text, text
from .partial_json import PartialJson

EMPTY = ("{}", "null", "[]")
"""Empty arguments. Some services send them first, and the real ones later; PHP writes an empty
object as a list."""

_ARGUMENTS = ("arguments", "args", "input", "parameters")
_CUSTOM_ARGUMENTS = ("input", "arguments")


class _Call:
    """One call so far."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.id = ""
        self.name = ""
        self.kind = "function"
        self.length = 0
        self.empty = ""  # held back: the real ones may replace it
        self.is_told = self.is_numbered = False
        self._pieces: list[str] = []
        self._json = PartialJson()
        self._read = 0

    @property
    def has_arguments(self) -> bool:
        return bool(self._pieces or self.empty)

    @property
    def is_open(self) -> bool:
        """Whether its arguments are incomplete JSON. Each piece is parsed once, and only when this
        is needed."""
        if not self._pieces:
            return False
        if self._pieces[0][0] == "{" and self._pieces[-1].rstrip()[-1:] not in ("}", ""):
            return True
        count = len(self._pieces)
        self._json.feed("".join(self._pieces[self._read :]))
        self._read = count
        return not (self._json.is_complete or self._json.is_broken)

    def says(self, arguments: str) -> bool:
        """Whether ``arguments`` repeat its own."""
        if self.empty:
            return arguments.strip() == self.empty.strip()
        if len(arguments) < 2 or not self._json.is_complete or self._json.is_broken:
            return False
        if len(arguments) == self.length and arguments == "".join(self._pieces):
            return True
        other = PartialJson()
        other.feed(arguments)
        return other.is_complete and not other.is_broken and other.value == self._json.value

    def repeats(self, arguments: str) -> bool:
        """Whether ``arguments`` begin with its own and add to them."""
        is_more = len(arguments) > self.length > 0 and arguments[0] == "{"
        return is_more and arguments.startswith("".join(self._pieces))

    def append(self, arguments: str) -> None:
        self._pieces.append(arguments)
        self.length += len(arguments)


class Calls:
    """The tool calls of one choice; ``prefix`` begins the names of its parts.

    A fragment belongs to the call with its number or id. Depending on the service, both may be
    missing, the same for all calls, or different in each fragment. Then a name in the fragment, and
    whether the arguments so far are complete, decide.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._calls: list[_Call] = []
        self._by_number: dict[Hashable, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._is_over = self._has_fragments = False
        # The calls that this chunk's fragments belong to.
        self._in_chunk: list[_Call] = []

    def feed(self, fragments: Any, events: list[Event]) -> None:
        """Take ``delta.tool_calls``."""
        self._in_chunk, self._has_fragments = [], True
        for fragment in fragments if isinstance(fragments, list) else (fragments,):
            # The usual fragment: more arguments under a known number.
            has = fields(fragment)
            given, number = fields(has.get("function")), has.get("index")
            if type(number) is int and not (has.get("id") or given.get("name")):
                call, arguments = self._by_number.get(number), given.get("arguments")
                if call is not None and isinstance(arguments, str):
                    self._in_chunk.append(call)
                    if arguments:
                        self._write(call, arguments, events)
                    continue
            if not is_fragment(fragment):
                continue
            kind, tool = "function", get(fragment, "function")
            if tool is None and (tool := get(fragment, "custom")) is not None:
                kind = "custom"
            # Some services have no object of its own for name and arguments.
            tool = fragment if tool is None else tool
            arguments = _arguments(tool, _CUSTOM_ARGUMENTS if kind == "custom" else _ARGUMENTS)
            number = get(fragment, "index")
            self._take(
                number if isinstance(number, (int, float, str)) else None,
                text(get(fragment, "id")),
                text(get(tool, "name")),
                _written(arguments),
                kind,
                events,
                is_head=bool(get(fragment, "type")),
            )

    @property
    def size(self) -> int:
        """The calls so far and the lengths of their arguments, added up."""
        return sum(1 + call.length for call in self._calls)

    @property
    def has_any(self) -> bool:
        """Whether a call has begun."""
        return bool(self._calls)

    @property
    def latest(self) -> list[str]:
        """The parts that the fragments of the last chunk belong to."""
        return [call.part for call in self._in_chunk]

    def feed_legacy(self, function_call: Any, events: list[Event]) -> None:
        """Take ``delta.function_call``, which repeats ``tool_calls`` where both are sent."""
        if self._has_fragments:
            return
        self._in_chunk = []
        name, arguments = text(get(function_call, "name")), _arguments(function_call, _ARGUMENTS)
        self._take(None, "", name, _written(arguments), "function", events)

    def end(self, status: str, events: list[Event]) -> None:
        """No more fragments will come."""
        if not self._is_over:
            self._is_over = True
            for call in self._calls:
                self._release(call, events)
                events.append(Info(call.part, "tool", {"status": status}))

    # -- which call ---------------------------------------------------------------------------

    def _take(
        self,
        number: Hashable,
        id_: str,
        name: str,
        arguments: str,
        kind: str,
        events: list[Event],
        *,
        is_head: bool = False,
    ) -> None:
        call = self._find(number, id_, name)
        if call is None or self._begins(call, id_, name, arguments, is_head=is_head):
            call = self._begin(kind)
        if number is not None:
            self._by_number[number] = call
            call.is_numbered = True
        if id_:
            self._by_id[id_] = call
        self._in_chunk.append(call)
        if name and name == call.name and call.repeats(arguments):
            # Some services send all of the call so far each time.
            arguments = arguments[call.length :]
        self._name(call, id_, name, events)
        if arguments:
            self._write(call, arguments, events)

    def _find(self, number: Hashable, id_: str, name: str) -> _Call | None:
        """The call that number and id point to."""
        numbered = None if number is None else self._by_number.get(number)
        named = self._by_id.get(id_) if id_ else None
        if numbered is not None and (named is None or numbered.id in ("", id_)):
            return numbered
        if named is not None:
            # Models reuse ids: a name under a new number begins another call.
            is_other = name and number is not None and named.is_numbered and not named.is_open
            return None if is_other and numbered is None else named
        last = self._calls[-1] if self._calls else None
        if last is None or (number is None and not id_):
            return last
        # No call has this number or id yet, but some services count fragments, not calls.
        continues = not name and (last.is_open or not last.has_arguments)
        return last if continues else None

    def _begins(self, call: _Call, id_: str, name: str, arguments: str, *, is_head: bool) -> bool:
        """Whether the fragment begins another call than ``call``, which number and id point to."""
        is_other = bool(id_ and call.id and id_ != call.id)
        if not name or not call.name:
            # Some gateways give each fragment a new id.
            return is_other and bool(arguments.strip()) and call.has_arguments and not call.is_open
        if name != call.name:
            # Before the arguments it may be a piece of a name. A fragment with a type has a whole
            # name, unless its id says that it is the same call.
            return is_other or call.has_arguments or (is_head and not call.id)
        if not call.has_arguments:
            # Some services repeat the name in each fragment, but not within one chunk.
            return is_other or call in self._in_chunk
        if call.kind == "custom" or call.is_open:
            return is_other and call.kind == "custom"
        if is_other:
            return True
        if not arguments.strip():
            return call in self._in_chunk
        return not (call.id and call.says(arguments))

    def _begin(self, kind: str) -> _Call:
        call = _Call(f"{self._prefix}tool:{len(self._calls)}")
        call.kind = kind
        self._calls.append(call)
        self._is_over = False
        return call

    # -- what is known of it ------------------------------------------------------------------

    def _name(self, call: _Call, id_: str, name: str, events: list[Event]) -> None:
        known: PartInfo = {}
        if not call.is_told:
            call.is_told = True
            known = {"kind": call.kind, "status": "in_progress"}
        if id_ and not call.id:
            call.id = known["call_id"] = id_
        # Some services repeat the whole name, or the name so far; some send it in pieces.
        if name and name != call.name:
            call.name = name if name.startswith(call.name) else call.name + name
            known["name"] = call.name
        if known:
            events.append(Info(call.part, "tool", known))

    def _write(self, call: _Call, arguments: str, events: list[Event]) -> None:
        if not call.length and call.kind == "function":
            # White space may be in an empty object.
            said = "".join(arguments[:100].split())
            if len(arguments) <= 100 and said in ("", *EMPTY):
                call.empty = call.empty or said
                return
        call.empty = ""
        # Some services repeat the whole arguments at the end.
        if arguments[0] == "{" and call.length and not call.is_open and call.says(arguments):
            return
        call.append(arguments)
        events.append(Delta(call.part, "tool", arguments))

    def _release(self, call: _Call, events: list[Event]) -> None:
        """Send the empty arguments: no others came."""
        if call.empty:
            call.append(call.empty)
            events.append(Delta(call.part, "tool", call.empty))
            call.empty = ""


def is_fragment(value: Any) -> bool:
    """Whether ``value`` can be a fragment of a call; some services fill lists with nulls."""
    return not isinstance(value, (str, int, float, type(None)))


def _arguments(tool: Any, names: tuple[str, ...]) -> Any:
    return next((found for name in names if (found := get(tool, name)) is not None), None)


def _written(arguments: Any) -> str:
    """Arguments as text: some services send an object instead of its JSON."""
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else json_text(arguments)
