"""The facts of a stream that can be observed, as traits."""

from __future__ import annotations

from typing import Any

import traitlets

from ..answer import Facts
from ..comm.wire import Wire


class _Fact(traitlets.TraitType[Any, Any]):
    """A read-only trait that is computed from the session at each read.

    Observers are notified when it may have changed; text that nobody observes costs nothing.
    """

    def __init__(self, fact: property) -> None:
        super().__init__(read_only=True, help=fact.__doc__ or "")
        self._fact = fact

    def get(self, obj: Any, cls: Any = None) -> Any:
        return self._fact.__get__(obj)


def _observable(fact: Any) -> Any:
    return _Fact(fact)


class StreamFacts(Facts, traitlets.HasTraits):
    """The readable side of a widget; `status` and its like can be observed."""

    _wire: Wire

    status = _observable(Facts.status)
    text = _observable(Facts.text)
    reasoning = _observable(Facts.reasoning)
    refusal = _observable(Facts.refusal)
    usage = _observable(Facts.usage)
    finish_reason = _observable(Facts.finish_reason)
    error = _observable(Facts.error)

    @property
    def label(self) -> str:
        """A short name for lists: the beginning of the prompt unless given."""
        return self._wire.label

    @property
    def note(self) -> str | None:
        """What the widget says beside the model, such as "local model (demo quality)"."""
        return self._wire.note
