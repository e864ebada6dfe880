"""The rounds of a stream whose model calls functions: a reply, the calls in it, the next reply.

One stream shows all of them. The parts of later replies have the number of their round in their
names (``2/text``), since every reply counts its own from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Protocol

from ..adapters import Adapter, pick
from ..text.redact import Redact
from ..transcript.choices import tool_call
from ..transcript.events import Data, Delta, Event, Info, Logprobs, Moved, Usage, Whole
from ..transcript.transcript import Part, Transcript, choice_of
from ..validation import Api
from .approval import Approval
from .definition import Toolbox
from .execution import Calling
from .messages import Exchange, Kept, Turn, chat_turns, responses_outputs, responses_turns

_CALLS = ("function", "function_call")
_LEFT = {
    *("custom", "custom_tool_call", "computer_call", "local_shell_call", "apply_patch_call"),
    "mcp_approval_request",
}
"""What else a model may want of its caller: nbstream does not do that."""


class Request(Protocol):
    """What is sent for each reply."""

    @property
    def api(self) -> Api: ...

    @property
    def is_stored(self) -> bool: ...

    def hand_back(self, said: list[Turn], results: list[Turn]) -> None: ...


class Rounds:
    """Knows the functions, and what the next request says. ``most`` counts requests."""

    def __init__(
        self,
        request: Request,
        toolbox: Toolbox,
        approval: Approval,
        *,
        most: int,
        redact: Redact,
        hide: Redact,
    ) -> None:
        self.approval = approval
        self.exchanges: list[Exchange] = []
        """The replies that made calls, with their results."""
        self._request = request
        self._toolbox = toolbox
        self._most = most
        self._redact = redact
        self._hide = hide
        self._number = 1
        self._has_run = False  # the calls of this round
        self._kept = Kept()
        self._ids: set[str] = set()
        self._used: Usage | None = None
        # The text part that the text of this reply follows, until it does.
        self._before: str | None = None

    # -- a reply ------------------------------------------------------------------------------

    @property
    def prefix(self) -> str:
        """The prefix of the names of this round's parts."""
        return "" if self._number == 1 else f"{self._number}/"

    def pick(self, chunk: Any) -> Adapter | None:
        """The adapter for the reply that ``chunk`` belongs to, if its format is clear."""
        self._kept = Kept()
        adapter = pick(chunk)
        return None if adapter is None else _InRound(self, adapter)

    def placed(self, event: Event) -> Iterator[Event]:
        """``event`` as one of the whole stream."""
        if isinstance(event, Usage):
            yield event.plus(self._used)
            return
        if isinstance(event, (Delta, Whole)) and event.type == "text" and event.text:
            if self._before is not None:
                yield Delta(self._before, "text", "\n\n")
            self._before = None
        if self.prefix and isinstance(event, (Delta, Whole, Info, Data, Logprobs)):
            event = event._replace(part=f"{self.prefix}{event.part}")
        if self.prefix and isinstance(event, Moved):
            to = event.to and f"{self.prefix}{event.to}"
            event = event._replace(part=f"{self.prefix}{event.part}", to=to)
        yield event

    def keep(self, chunk: Any) -> None:
        """See what of ``chunk`` the next request is to say again."""
        self._kept.feed(chunk)

    # -- its calls ----------------------------------------------------------------------------

    def due(self, transcript: Transcript) -> list[Part]:
        """The calls of this round's reply, if they are to be made: none where it also wants
        something that is the caller's to do. Only the first answer's are made: the conversation
        continues from it."""
        parts = [part for part in self._tools(transcript) if not choice_of(part.key)]
        calls = [part for part in parts if part.info.get("kind") in _CALLS]
        if any(part.info.get("kind") in _LEFT for part in parts):
            return []
        if any(part.info.get("name") in self._toolbox.others for part in calls):
            return []
        return calls

    def unmade(self, transcript: Transcript) -> list[Part]:
        """The whole calls of this round's reply, where the stream ended before they were made."""
        calls = [] if self._has_run else self.due(transcript)
        return [part for part in calls if part.info.get("status") == "completed"]

    def unwanted(self, transcript: Transcript) -> list[Part]:
        """The calls in other answers than the first, which are not made."""
        return [part for part in self._tools(transcript) if choice_of(part.key)]

    def _tools(self, transcript: Transcript) -> list[Part]:
        return [
            part
            for part in transcript.parts.values()
            if part.type == "tool" and part.key.startswith(self.prefix) and not part.is_aside
        ]

    @property
    def is_last(self) -> bool:
        """Whether no further request may be sent."""
        return self._number >= self._most

    @property
    def too_many(self) -> str:
        """In words why the stream ends with the last round, though the model called tools."""
        times = "1 request" if self._most == 1 else f"{self._most} requests"
        return f"the model still called tools after {times}; raise max_rounds"

    async def run(
        self,
        calls: list[Part],
        said: str,
        *,
        tell: Callable[[Info], None],
        say: Callable[[str], None],
        is_ending: Callable[[], bool],
    ) -> None:
        """Make the calls of a reply whose text was ``said``; the next request has their results."""
        self._has_run = True
        said_ids = [part.info.get("call_id", "") for part in calls]
        self._identify(calls, tell)
        results = await Calling(
            calls,
            self._toolbox,
            self.approval,
            redact=self._redact,
            hide=self._hide,
            tell=tell,
            say=say,
            is_ending=is_ending,
        ).run()
        made = [tool_call(part) for part in calls]
        self.exchanges.append(Exchange(said, made, results))
        if self._request.api == "chat":
            parts = [part.key.removeprefix(self.prefix) for part in calls]
            message, *outputs = chat_turns(said, made, results, self._kept, parts)
            self._request.hand_back([message], outputs)
        else:
            items = self._kept.items(stored=self._request.is_stored)
            outputs = responses_outputs(made, results)
            self._request.hand_back(responses_turns(items, made, said_ids), outputs)

    def _identify(self, calls: list[Part], tell: Callable[[Info], None]) -> None:
        """Give each call of the stream a unique id, which decisions and results refer to: models
        leave ids out or repeat them."""
        for number, part in enumerate(calls):
            id_ = said = part.info.get("call_id", "")
            numbers = count(number)
            while not id_ or id_ in self._ids:
                id_ = f"call_{self._number}_{next(numbers)}"
            self._ids.add(id_)
            if id_ != said:
                tell(Info(part.key, "tool", {"call_id": id_}))

    def begin_next(self, transcript: Transcript) -> None:
        """Begin the next round's reply."""
        self._number += 1
        self._has_run = False
        self._used = transcript.usage
        texts = [key for key, part in transcript.parts.items() if part.type == "text" and part.text]
        self._before = texts[-1] if texts else None


class _InRound:
    """The adapter of one reply, whose events it places in the stream."""

    def __init__(self, rounds: Rounds, reply: Adapter) -> None:
        self.ends_with_finish_reason = reply.ends_with_finish_reason
        self.lacks_beginning = reply.lacks_beginning
        self._rounds = rounds
        self._reply = reply

    def feed(self, chunk: Any) -> Iterator[Event]:
        self._rounds.keep(chunk)
        for event in self._reply.feed(chunk):
            yield from self._rounds.placed(event)

    def end(self, *, has_end: bool) -> Iterator[Event]:
        for event in self._reply.end(has_end=has_end):
            yield from self._rounds.placed(event)
