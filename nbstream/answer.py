"""What is known of a stream: read from its session, shared by widgets and the engine."""

from __future__ import annotations

from typing import Any

from .errors import ErrorInfo
from .inspection.inspection import Inspection, inspect
from .request.schema import Growing, Structure
from .session.session import Session
from .session.timing import Timing
from .text.surrogates import well_formed_values
from .text.terminal import printable
from .transcript.choices import Choice, Image, ToolCall, choice, choices, images
from .transcript.events import CitedSource, Usage
from .transcript.status import Status


class Facts:
    """The readable side of a stream's object."""

    _session: Session
    _asked_model: str
    _structure: Structure | None
    _growing: Growing
    _front_end = ""
    """The page that has asked for an inspection."""

    @property
    def status(self) -> Status:
        """Where the stream is; see `nbstream.transcript.status`."""
        return self._session.generation.status

    @property
    def text(self) -> str:
        """The answer so far."""
        return self._session.generation.transcript.text

    @property
    def reasoning(self) -> str:
        """Shown reasoning so far."""
        return self._session.generation.transcript.reasoning

    @property
    def refusal(self) -> str:
        """The refusal so far, if any."""
        return self._session.generation.transcript.refusal

    @property
    def usage(self) -> Usage | None:
        """Token counts, once the server gave them."""
        return self._session.generation.transcript.usage

    @property
    def finish_reason(self) -> str | None:
        """Why the model ended."""
        return self._session.generation.transcript.finish_reason

    @property
    def error(self) -> ErrorInfo | None:
        """What went wrong, redacted; None unless failed."""
        return self._session.generation.error

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls so far, in their order, with what came of them where nbstream or the server
        ran the tool. Those of further answers (``choices``) follow; nbstream does not make them."""
        return [call for one in self.choices for call in one.tool_calls]

    @property
    def choices(self) -> list[Choice]:
        """All answers so far, where several were asked for (``n``)."""
        return choices(self._session.generation.transcript)

    @property
    def sources(self) -> list[CitedSource]:
        """What the answer cites, each once: ``url``, ``title`` and ``quote`` where known."""
        return list(choice(self._session.generation.transcript, 0).sources)

    @property
    def images(self) -> list[Image]:
        """The images so far; a partial one until the next frame comes."""
        return images(self._session.generation.transcript)

    @property
    def logprobs(self) -> list[Any]:
        """Log probabilities, an entry per token as the server gives it; empty if not asked for."""
        return list(choice(self._session.generation.transcript, 0).logprobs)

    @property
    def extra(self) -> dict[str, Any]:
        """Fields beside the answer that the API does not document, each as it came last."""
        extra: dict[str, Any] = well_formed_values(self._session.generation.transcript.extra)
        return extra

    @property
    def partial(self) -> Any:
        """The answer as JSON so far, as far as it is certain: strings and lists grow, numbers come
        whole. None if there is nothing yet.

        >>> nbstream.stream("An address", schema=Address).partial  # doctest: +SKIP
        {'street': 'Bahnhofstra'}
        """
        value = self._growing.value(
            self._session.generation.deltas, self._session.generation.reply_from
        )
        return value if self._structure is None else self._structure.value_in(value)

    @property
    def parsed(self) -> Any:
        """The validated object that ``schema=`` asked for; None before the stream has completed,
        and without a schema. Raises `SchemaError` if the answer does not fit."""
        if self._structure is None or self.status != "completed":
            return None
        return self._structure.parse(self._session.generation.reply_text)

    @property
    def model(self) -> str:
        """The model's name: the server's word for it once it answered."""
        return self._session.generation.transcript.model or self._asked_model

    @property
    def timing(self) -> Timing:
        """``elapsed`` and ``first_token`` in seconds."""
        return self._session.generation.timing

    @property
    def reason(self) -> str | None:
        """In words why the stream is in its state, where there is more to say."""
        return self._session.generation.reason

    @property
    def response(self) -> Any:
        """The HTTP response (``w.response.headers``); None before the headers came."""
        return self._session.generation.response

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, for its support."""
        return self._session.generation.request_id

    def inspect(self) -> Inspection:
        """What came on the wire so far: ``events``, ``headers``, ``attempts`` and a ``report``, as
        it is now. Raw events are there if the stream was made with ``inspect=True``. Keys are
        redacted.

        >>> w = nbstream.stream("Hi", inspect=True)            # doctest: +SKIP
        >>> (await w).inspect()                                # doctest: +SKIP
        """
        return inspect(self._session.generation, self._asked_model, self._front_end)

    @property
    def is_done(self) -> bool:
        """Whether the stream has ended, however."""
        return self._session.generation.is_done

    def __repr__(self) -> str:
        size = f"{len(self.text):,} characters"
        name = self.model or getattr(self, "label", "")
        return printable(f"<{type(self).__name__} {name}: {self.status}, {size}>")
