"""One HTTP/1.1 connection of the test server: parsing, writing, and noticing that the client left.

Written on asyncio's protocols, not on a framework, because it must break HTTP on purpose.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


@dataclass
class Head:
    """A parsed request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Connection(asyncio.Protocol):
    """Calls `serve(connection, head)` for each request; cancels it when the client hangs up.

    `left` is called first, in the turn of the loop that sees the client's FIN or RST; it is not
    called when this side closes. `opened` and `closed` bracket the connection's life.
    """

    def __init__(
        self,
        serve: Callable[[Connection, Head], Coroutine[Any, Any, None]],
        *,
        opened: Callable[[Connection], None],
        left: Callable[[Connection], None],
        closed: Callable[[Connection], None],
    ) -> None:
        self._serve = serve
        self._opened = opened
        self._left = left
        self._closed = closed
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = False
        self.lost = asyncio.Event()
        self.segment: int | None = None
        """Bytes per TCP segment; None: as they come."""
        self.transport: asyncio.Transport

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next()

    def eof_received(self) -> bool:
        self._client_gone()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._client_gone()
        self._closed(self)
        self.lost.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # Requests

    def _next(self) -> None:
        if self._task is not None or self._gone:
            return
        head = self._parse()
        if head is not None:
            self._task = asyncio.get_running_loop().create_task(self._run(head))

    def _parse(self) -> Head | None:
        block, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        lines = block.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ")
        if "://" in path:  # as a proxy is asked
            path = "/" + path.split("/", 3)[3]
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        return Head(method, path, headers, json.loads(rest[:length]) if length else None)

    async def _run(self, head: Head) -> None:
        try:
            await self._serve(self, head)
        finally:
            self._task = None
        self._next()

    def _client_gone(self) -> None:
        if self._gone:
            return
        self._gone = True
        self._left(self)
        if self._task is not None:
            self._task.cancel()
        self.transport.close()

    # Answers

    async def write(self, data: bytes) -> None:
        if self.segment is None:
            self.transport.write(data)
        else:
            # asyncio sets TCP_NODELAY: each write is a segment if the one before it has left.
            for start in range(0, len(data), self.segment):
                self.transport.write(data[start : start + self.segment])
                await asyncio.sleep(0)
        await self._writable.wait()

    async def write_head(self, status: int, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        await self.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    async def write_chunk(self, data: bytes) -> None:
        """One chunk of a chunked body; b"" ends the body."""
        await self.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        self._gone = True
        connection: socket.socket = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def cut(self) -> None:
        """Closes with FIN, wherever the body stands."""
        self._gone = True
        self.transport.close()

    def stop(self) -> None:
        """Ends the connection and what it is serving."""
        self._gone = True
        if self._task is not None:
            self._task.cancel()
        self.transport.abort()
