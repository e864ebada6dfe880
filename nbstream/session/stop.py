"""Why a stream is to end before its source does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import ErrorInfo


@dataclass(frozen=True)
class Stop:
    """One reason. ``cancelled``: somebody stopped it, or it has sent enough, in ``words``.
    ``timed_out``: a time limit, with its ``error``. ``drained``: the answer is over and its server
    only holds the connection open; what has been read is still taken."""

    kind: Literal["cancelled", "timed_out", "drained"]
    words: str = ""
    error: ErrorInfo | None = None


DRAINED = Stop("drained")
