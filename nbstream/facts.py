"""What can be read and observed of a stream: traits and properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from .choices import Choice, Image, ToolCall, choice, choices, images
from .events import CitedSource
from .inspection import Inspection, inspect
from .schema import Growing, Structure
from .session import Session
from .timing import Timing
from .wire import Wire


class _Fact(traitlets.TraitType[Any, Any]):
    """A read-only trait that is computed from the session at each read.

    Observers are told when it may have changed; nobody pays for text that nobody observes.
    """

    def __init__(self, read: Callable[[Session], Any], help: str) -> None:
        super().__init__(read_only=True, help=help)
        self._read = read

    def get(self, obj: Any, cls: Any = None) -> Any:
        return self._read(obj._session)


class StreamFacts(traitlets.HasTraits):
    """The readable side of a stream's object; `status` and its like can be observed."""

    _session: Session
    _wire: Wire
    _growing: Growing
    _structure: Structure | None
    _front_end: str

    status = _Fact(lambda s: s.status, "Where the stream is; see `nbstream.states`.")
    text = _Fact(lambda s: s.transcript.text, "The answer so far.")
    reasoning = _Fact(lambda s: s.transcript.reasoning, "Shown reasoning so far.")
    refusal = _Fact(lambda s: s.transcript.refusal, "The refusal so far, if any.")
    usage = _Fact(lambda s: s.transcript.usage, "Token counts, once the server gave them.")
    finish_reason = _Fact(lambda s: s.transcript.finish_reason, "Why the model ended.")
    error = _Fact(lambda s: s.error, "What went wrong, redacted; None unless failed.")

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls so far, in their order; of several answers, the first one's."""
        return list(choice(self._session.transcript, 0).tool_calls)

    @property
    def choices(self) -> list[Choice]:
        """All answers so far, where several were asked for (``n``)."""
        return choices(self._session.transcript)

    @property
    def sources(self) -> list[CitedSource]:
        """What the answer cites, each once: ``url``, ``title`` and ``quote`` where known."""
        return list(choice(self._session.transcript, 0).sources)

    @property
    def images(self) -> list[Image]:
        """The images so far; a partial one until the next frame comes."""
        return images(self._session.transcript)

    @property
    def logprobs(self) -> list[Any]:
        """Log probabilities, an entry per token as the server gives it; empty if not asked for."""
        return list(choice(self._session.transcript, 0).logprobs)

    @property
    def extra(self) -> dict[str, Any]:
        """Fields beside the answer that the API does not document, each as it came last."""
        return dict(self._session.transcript.extra)

    @property
    def partial(self) -> Any:
        """The answer as JSON so far, as far as it is certain: strings and lists grow, numbers come
        whole. None if there is nothing yet.

        >>> nbstream.stream("An address", schema=Address).partial  # doctest: +SKIP
        {'street': 'Bahnhofstra'}
        """
        return self._growing.value(self._session.deltas)

    @property
    def parsed(self) -> Any:
        """The validated object that ``schema=`` asked for; None before the stream has completed,
        and without a schema. Raises `SchemaError` if the answer does not fit."""
        if self._structure is None or self.status != "completed":
            return None
        return self._structure.parse(self.text)

    @property
    def model(self) -> str:
        """The model's name: the server's word for it once it answered."""
        return self._session.transcript.model or self._wire.model

    @property
    def label(self) -> str:
        """A short name for lists: the beginning of the prompt unless given."""
        return self._wire.label

    @property
    def note(self) -> str | None:
        """What the widget says beside the model, such as "local model (demo quality)"."""
        return self._wire.note

    @property
    def timing(self) -> Timing:
        """``elapsed`` and ``first_token`` in seconds."""
        return self._session.timing

    @property
    def reason(self) -> str | None:
        """In words why the stream is in its state, where there is more to say."""
        return self._session.reason

    @property
    def response(self) -> Any:
        """The HTTP response (``w.response.headers``); None before the headers came."""
        return self._session.response

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, for its support."""
        return self._session.request_id

    def inspect(self) -> Inspection:
        """What came on the wire so far: ``events``, ``headers``, ``attempts`` and a ``report``, as
        it is now. Raw events are there if the stream was made with ``inspect=True``. Keys are
        redacted.

        >>> w = nbstream.stream("Hi", inspect=True)            # doctest: +SKIP
        >>> (await w).inspect()                                # doctest: +SKIP
        """
        return inspect(self._session, self._wire.model, self._front_end)

    @property
    def is_done(self) -> bool:
        """Whether the stream has ended, however."""
        return self._session.is_done

    def __repr__(self) -> str:
        size = f"{len(self.text):,} characters"
        return f"<StreamWidget {self.model or self.label}: {self.status}, {size}>"
