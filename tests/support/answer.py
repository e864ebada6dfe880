"""How the test server answers one request, step by step, as its scenario says."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any, Protocol

from tests.support.connection import Connection
from tests.support.record import Outcome, Request
from tests.support.scenario import BEFORE_HEADERS, Gate
from tests.support.wire import (
    Event,
    chat_completion,
    chat_events,
    comment,
    error_payload,
    retry_headers,
    sse,
)
from tests.support.wire_responses import failed, final, is_later, responses_events

PAGE = b"<html><body><h1>Bad gateway</h1></body></html>"
KEEP_ALIVE = 0.02
"""Seconds between two comments of a server that sends nothing else."""


PIECES = 4096
"""Chunks of a recorded body that are written at once."""


class Books(Protocol):
    """What an answer needs of the server: its records and its gates."""

    def note(self, request: Request, event: str, **changes: Any) -> None: ...
    def end(self, connection: Connection, outcome: Outcome) -> None: ...
    async def pass_gate(self, request: Request) -> None: ...


class Answer:
    """Writes the answer to one request; cancelled from outside when the client leaves."""

    def __init__(self, books: Books, connection: Connection, request: Request) -> None:
        self._books = books
        self._connection = connection
        self._request = request
        self._scenario = request.scenario

    async def json(self, status: int, payload: object, **headers: str) -> None:
        await self._whole(status, json.dumps(payload).encode(), "application/json", headers)

    async def post(self, status: int) -> None:
        """Answers a generation request; `status` other than 200 is answered as an error."""
        scenario, request = self._scenario, self._request
        self._connection.segment = scenario.segment
        await self._pause(scenario.headers_delay, "headers")
        if scenario.fault is not None and scenario.fault_after == BEFORE_HEADERS:
            await self._break()
            return
        refused = next((name for name in scenario.refuse if name in request.body), "")
        if scenario.endless is not None:
            await self._endless(status, *scenario.endless)
        elif scenario.whole is not None and (status != 200 or scenario.status == 200):
            kind, data = scenario.whole
            await self._whole(status, data, kind, retry_headers(scenario))
        elif status != 200 or refused:
            await self._error(400 if refused else status, refused)
        elif scenario.html:
            await self._whole(200, PAGE, "text/html", {})
        elif request.body.get("stream"):
            await self._stream()
        else:
            await self._pause(scenario.first_delay, "first")
            if scenario.fault in ("stall", "reset", "cut"):
                await self._break()
                return
            make = final if request.path == "/v1/responses" else chat_completion
            await self.json(200, make(scenario, request.body))

    async def _whole(self, status: int, data: bytes, kind: str, headers: dict[str, str]) -> None:
        head = {"content-type": kind, "content-length": str(len(data)), **headers}
        await self._head(status, head)
        await self._connection.write(data)
        self._sent(len(data))
        self._complete()

    async def _error(self, status: int, param: str) -> None:
        scenario = self._scenario
        headers = retry_headers(scenario)
        key = self._request.headers.get("authorization", "").removeprefix("Bearer ")
        if scenario.error_body == "json":
            await self.json(status, error_payload(scenario, status, key, param), **headers)
        else:
            data = PAGE if scenario.error_body == "html" else b""
            await self._whole(status, data, "text/html", headers)

    async def _stream(self) -> None:
        scenario, request = self._scenario, self._request
        await self._head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        # Of a response that is taken up by its id.
        after = int(request.body.get("starting_after", -1))
        if (body := scenario.body) is not None:
            if after >= 0:
                events = re.findall(rb".*?\n\n", body, re.DOTALL)
                body = b"".join(event for event in events if is_later(event, after))
            await self._recorded(body)
            return
        is_chat = not request.path.startswith("/v1/responses")
        make = chat_events if is_chat else responses_events
        broken = scenario.fault is None
        for event in make(scenario, request.body):
            if not is_later(event.data, after):
                continue
            due = event.kind == "finish" or request.deltas_sent >= scenario.fault_after
            if event.kind in ("delta", "finish") and not broken and due:
                broken = True
                if await self._break():
                    return
            if event.kind == "delta":
                await self._pace()
            elif event.kind == "finish" or event.kind == "usage":
                await self._pause(0, event.kind)
            await self._event(event)
        if scenario.hold_open:
            self._books.note(self._request, "held open", completed=True, waiting="hold_open")
            await asyncio.Event().wait()
        await self._connection.write_chunk(b"")
        self._complete()

    async def _endless(self, status: int, first: bytes, more: bytes) -> None:
        kind = "text/event-stream" if status == 200 else "text/plain"
        await self._head(status, {"content-type": kind, "transfer-encoding": "chunked"})
        await self._connection.write_chunk(first or more)
        while True:
            await self._connection.write_chunk(more)
            self._sent(len(more))
            await asyncio.sleep(0)  # a client that left is only noticed by the loop

    async def _recorded(self, body: bytes) -> None:
        """A body in chunks of ``write_size`` bytes, of which many go out at once."""
        size = self._scenario.write_size or len(body) or 1
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        framed = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
        for start in range(0, len(framed), PIECES):
            await self._connection.write(b"".join(framed[start : start + PIECES]))
        self._sent(len(body))
        await self._connection.write_chunk(b"")
        self._complete()

    async def _pace(self) -> None:
        if self._request.deltas_sent == 0:
            await self._pause(self._scenario.first_delay, "first")
        else:
            await asyncio.sleep(self._scenario.delay)
        await self._pause(0, "deltas")

    async def _event(self, event: Event) -> None:
        size = self._scenario.write_size or len(event.data)
        for start in range(0, len(event.data), size):
            await self._connection.write_chunk(event.data[start : start + size])
        deltas = self._request.deltas_sent + (event.kind == "delta")
        self._sent(len(event.data), deltas_sent=deltas)

    async def _break(self) -> bool:
        """Does what the scenario's fault says; True if the answer is over."""
        fault, connection = self._scenario.fault, self._connection
        if fault == "stall":
            self._books.note(self._request, "stalled", waiting="stall")
            await asyncio.Event().wait()
        elif fault == "reset":
            self._books.end(connection, "reset")
            connection.reset()
        elif fault == "cut":
            self._books.end(connection, "cut")
            connection.cut()
        elif fault == "truncate":
            await connection.write_chunk(b"")
            self._books.end(connection, "truncated")
        elif fault == "half_event":
            await connection.write_chunk(b'data: {"id": "chatcmpl-test", "choi')
            await connection.write_chunk(b"")
            self._books.end(connection, "truncated")
        elif fault == "bad_json":
            await self._event(sse("noise", '{"id": "chatcmpl-test", "choices": [{'))
            return False
        elif fault == "bad_utf8":
            await self._event(Event("noise", b'data: {"choices": "caf\xe9"}\n\n'))
            return False
        elif fault == "raw":
            await self._event(Event("noise", self._scenario.raw))
            return False
        elif fault == "comments":
            self._books.note(self._request, "keeps alive", waiting="comments")
            while True:
                await self._event(comment("keep-alive"))
                await asyncio.sleep(KEEP_ALIVE)
        else:
            await self._event(self._error_event())
            await connection.write_chunk(b"")
            self._complete()
        return True

    def _error_event(self) -> Event:
        fault, scenario, body = self._scenario.fault, self._scenario, self._request.body
        payload = error_payload(scenario, 500)
        number = {"sequence_number": 99}
        if fault == "failed" and self._request.path == "/v1/responses":
            content = {"type": "response.failed", "response": failed(scenario, body), **number}
            return sse("noise", content, "response.failed")
        if fault == "error_flat":
            return sse("noise", {**payload["error"], "type": "error", **number}, "error")
        return sse("noise", payload, "error" if fault == "error_event" else None)

    async def _head(self, status: int, headers: dict[str, str]) -> None:
        headers = {**headers, "x-request-id": self._request.request_id}
        headers.update(self._scenario.headers)
        await self._connection.write_head(status, headers)
        now = time.monotonic()
        self._books.note(self._request, "headers", status=status, first_byte=now)

    def _sent(self, size: int, **changes: int) -> None:
        total = self._request.bytes_sent + size
        self._books.note(self._request, "", bytes_sent=total, **changes)

    def _complete(self) -> None:
        self._books.note(self._request, "", completed=True)
        self._books.end(self._connection, "completed")

    async def _pause(self, delay: float, gate: Gate) -> None:
        await asyncio.sleep(delay)
        if gate in self._scenario.gates:
            self._books.note(self._request, "", waiting=gate)
            await self._books.pass_gate(self._request)
            self._books.note(self._request, "", waiting=None)
