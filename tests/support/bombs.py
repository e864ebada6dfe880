"""Responses without end, and what each costs: memory, time, state, and how fast Stop acts.

``python -m tests.support.bombs`` prints the table as Markdown; ``tests/sdk/test_bombs.py`` holds
what of it is quick. Each is met by a process of its own, so that its memory can be told.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.scenario import bomb

PATIENCE = 60.0
"""Seconds after which a response is given up that nbstream reads on."""

_CHUNK = '{"choices":[{"index":0,"delta":{"content":"' + "word " * 10 + '"}}]}'


@dataclass(frozen=True)
class Bomb:
    """``status`` is that in which it ends by itself, "" for what lasts until it is stopped: an
    answer, or a sign of life, rather than an attack."""

    name: str
    head: str
    first: bytes
    more: bytes
    status: str = "failed"
    words: str = ""


def _body(name: str, head: str, first: bytes, more: bytes, *end: str) -> Bomb:
    return Bomb(name, f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n", first, more, *end)


_SSE, _GZIP = "200 OK\r\nContent-Type: text/event-stream", "\r\nContent-Encoding: gzip"
_JSON, _X = "200 OK\r\nContent-Type: application/json", b"x" * 60_000
_LARGE, _REFUSED = ("failed", "as one event"), ("failed", "refused the request: xxx")
BOMBS = (
    _body("one line of data", _SSE, b'data: {"x": "', _X, *_LARGE),
    _body("one line of data, gzip", _SSE + _GZIP, *bomb(b'data: {"x": "', b"x" * 1000), *_LARGE),
    _body("lines of data", _SSE, b"data: 1\n", b"data: 2\n" * 8000, *_LARGE),
    _body("one comment", _SSE, b": ", _X, *_LARGE),
    _body("words", _SSE, b"", b"plain words\n" * 5000, *_LARGE),
    _body("a web page", "200 OK\r\nContent-Type: text/html", b"<html>", b"<p>\n\n" * 9000, *_LARGE),
    _body("JSON in place of events", _JSON, b'{"choices": [', b'"x", ' * 9000, *_LARGE),
    _body("JSON, gzip", _JSON + _GZIP, *bomb(b'{"a": "', b"x" * 1000), *_LARGE),
    _body("a refusal", "400 Bad Request", b"", _X, *_REFUSED),
    _body("a refusal, gzip", "400 Bad Request" + _GZIP, *bomb(b"", b"x" * 1000), *_REFUSED),
    _body("a redirect with a body", "307 Moved\r\nLocation: /v1/x", b"", _X, "failed", "redirect"),
    Bomb("headers", "HTTP/1.1 200 OK\r\n", b"", b"x-a: b\r\n" * 5000, "failed", "connection"),
    Bomb("one header", "HTTP/1.1 200 OK\r\nx-a: ", b"", _X, "failed", "connection"),
    Bomb("informational responses", "", b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, ""),
    _body("comments", _SSE, b"", b": ping\n\n" * 7000, ""),
    _body("empty lines", _SSE, b"", b"\n" * 60_000, ""),
    _body("events without data", _SSE, b"", b"id: 7\n\n" * 8000, ""),
)

_CHILD = """
import asyncio, json, resource, sys, time
import openai, nbstream
url, stop_after, patience = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])

def peak():
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit

async def main():
    client = openai.AsyncOpenAI(base_url=url, api_key="k", max_retries=0)
    before, begun = peak(), time.monotonic()
    w = nbstream.stream("Hello", client=client, model="m", max_attempts=1)
    done = asyncio.wrap_future(w._session.done)
    await asyncio.wait({done}, timeout=stop_after or patience)
    ended, stopped = done.done(), time.monotonic()
    w.cancel()
    await asyncio.wait({done}, timeout=60)
    print(json.dumps({
        "status": w.status, "words": str(w.error or "")[:200], "ended": ended,
        "seconds": stopped - begun, "stop": time.monotonic() - stopped, "memory": peak() - before,
    }))

asyncio.run(main())
"""


@dataclass(frozen=True)
class Met:
    """What one process saw. ``memory`` is megabytes beyond those before the request; ``stop`` the
    seconds from Stop to the end."""

    status: str
    words: str
    ended: bool
    seconds: float
    stop: float
    memory: float


def meet(bomb: Bomb, *, stop_after: float = 0.0, patience: float = PATIENCE) -> Met:
    """Let nbstream meet it; with ``stop_after`` seconds it is stopped then."""
    with _serving(bomb) as url:
        command = [sys.executable, "-c", _CHILD, url, str(stop_after), str(patience)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=patience + 60)
    if ran.returncode or ran.stderr:
        raise RuntimeError(ran.stderr)
    return Met(**json.loads(ran.stdout))


@contextlib.contextmanager
def _serving(bomb: Bomb) -> Iterator[str]:
    loop, ready = asyncio.new_event_loop(), threading.Event()
    ports: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError
        ):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(bomb.head.encode() + bomb.first)
            while True:
                writer.write(bomb.more)
                await writer.drain()
        writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()  # else a closed loop would keep its socket open

    async def main(ended: asyncio.Event) -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await ended.wait()
        server.close()
        answers = asyncio.all_tasks() - {asyncio.current_task()}
        for task in answers:
            task.cancel()
        await asyncio.gather(*answers)

    ended = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(main(ended)), daemon=True)
    thread.start()
    ready.wait(60)
    try:
        yield f"http://127.0.0.1:{ports[0]}/v1"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(60)
        loop.close()


def table() -> Iterator[str]:
    """The lines of the table."""
    yield "| response without end | state | what is said | seconds | memory | Stop after 0.3 s |"
    yield "|---|---|---|---|---|---|"
    for one in BOMBS:
        seen = meet(one, patience=PATIENCE if one.status else 5.0)
        stopped = meet(one, stop_after=0.3)
        state = seen.status if seen.ended else f"goes on for {seen.seconds:.0f} s"
        stop = "had ended" if stopped.ended else f"{stopped.stop:.2f} s"
        said = seen.words or "-"
        figures = f"{seen.seconds:.1f} s | {seen.memory:.0f} MB | {stop}"
        yield f"| {one.name} | {state} | {said} | {figures} |"


def main() -> Any:
    for line in table():
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
