"""A short event stream, and what must be made of it.

Made up for these tests, after the habits of real services: who names, numbers and splits what how.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Payload = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """A stream's payloads, and what a widget's attributes are at its end."""

    name: str
    api: str
    payloads: tuple[Payload, ...]
    expected: dict[str, Any] = field(default_factory=dict)
    done: bool = True

    @property
    def body(self) -> bytes:
        lines = [_sse(payload, self.api) for payload in self.payloads]
        return "".join([*lines, "data: [DONE]\n\n" if self.done else ""]).encode()


def _sse(payload: Payload, api: str) -> str:
    event = f"event: {payload['type']}\n" if api == "responses" and "type" in payload else ""
    return f"{event}data: {json.dumps(payload, ensure_ascii=False)}\n\n"
