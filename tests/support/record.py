"""What the test server saw of one request, readable from any thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.support.patience import PATIENCE
from tests.support.scenario import Scenario

Outcome = Literal["completed", "client left", "reset", "cut", "truncated", "server stopped"]


@dataclass(eq=False)
class Request:
    """One request and how its answer went. Times are `time.monotonic()` seconds.

    `completed`: all that the scenario had to say was handed to the socket.
    `client_left_at`: the client hung up before the response had ended.
    """

    number: int
    path: str
    method: str
    headers: dict[str, str]
    body: Any
    scenario: Scenario
    changed: threading.Condition = field(repr=False)
    started: float = field(default_factory=time.monotonic)
    first_byte: float | None = None
    ended: float | None = None
    client_left_at: float | None = None
    status: int | None = None
    deltas_sent: int = 0
    bytes_sent: int = 0
    completed: bool = False
    outcome: Outcome | None = None
    waiting: str | None = None  # the gate, or "stall", that the answer stands at
    permits: int = 0
    wake: Callable[[], None] = field(default=lambda: None, repr=False)

    @property
    def request_id(self) -> str:
        return f"req_test_{self.number}"

    @property
    def left(self) -> bool:
        return self.client_left_at is not None

    def release(self, count: int = 1) -> None:
        """Lets this answer pass `count` gates."""
        with self.changed:
            self.permits += count
        self.wake()

    def wait_for(self, predicate: Callable[[Request], object], timeout: float = PATIENCE) -> None:
        """Blocks until the predicate holds; AssertionError after `timeout` seconds."""
        with self.changed:
            if not self.changed.wait_for(lambda: predicate(self), timeout):
                raise AssertionError(f"not within {timeout} s: {self}")

    def wait_until_left(self, timeout: float = PATIENCE) -> float:
        """Blocks until the client has hung up; returns when."""
        self.wait_for(lambda request: request.left, timeout)
        assert self.client_left_at is not None
        return self.client_left_at

    def wait_until_ended(self, timeout: float = PATIENCE) -> Outcome:
        self.wait_for(lambda request: request.ended is not None, timeout)
        assert self.outcome is not None
        return self.outcome

    def until(
        self, predicate: Callable[[Request], object], timeout: float = PATIENCE
    ) -> Coroutine[Any, Any, None]:
        """`wait_for` that leaves the event loop free."""
        return asyncio.to_thread(self.wait_for, predicate, timeout)

    def until_left(self, timeout: float = PATIENCE) -> Coroutine[Any, Any, float]:
        return asyncio.to_thread(self.wait_until_left, timeout)

    def until_ended(self, timeout: float = PATIENCE) -> Coroutine[Any, Any, Outcome]:
        return asyncio.to_thread(self.wait_until_ended, timeout)

    def as_json(self) -> dict[str, Any]:
        """For the log; the Authorization header is left out."""
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "model": self.body.get("model") if isinstance(self.body, dict) else None,
            "status": self.status,
            "started": self.started,
            "first_byte": self.first_byte,
            "ended": self.ended,
            "client_left_at": self.client_left_at,
            "deltas_sent": self.deltas_sent,
            "bytes_sent": self.bytes_sent,
            "completed": self.completed,
            "outcome": self.outcome,
        }
