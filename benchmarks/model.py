"""A server that streams tokens at an exact pace, in a process of its own: `python -m
benchmarks.model` prints its URL and ends with its standard input.

The model's name says what is streamed: ``bench?tokens=2000&rate=500``. ``rate`` is in tokens per
second, 0 as fast as the client reads. With ``stamps=1`` each token is the time (ms since 1970) at
which it is written.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import AbstractContextManager
from urllib.parse import parse_qsl

from .child import running

TOKEN = "tok "
_EVENT = (
    'data: {{"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1767225600,'
    '"model":"bench","system_fingerprint":"fp_0123456789","choices":[{{"index":0,'
    '"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null}}\n\n'
)
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"transfer-encoding: chunked\r\ncache-control: no-cache\r\n\r\n"
)
TICK = 0.001
"""Seconds between two looks at what is due."""


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _event(content: str) -> bytes:
    delta = json.dumps({"content": content}, separators=(",", ":"))
    return _chunk(_EVENT.format(delta=delta, finish="null").encode())


_END = _chunk(_EVENT.format(delta="{}", finish='"stop"').encode()) + _chunk(b"data: [DONE]\n\n")


async def _stream(writer: asyncio.StreamWriter, tokens: int, rate: float, stamps: bool) -> None:
    token, sent, started = _event(TOKEN), 0, time.monotonic()
    while sent < tokens:
        due = tokens if rate == 0 else int((time.monotonic() - started) * rate) + 1
        count = min(due, tokens, sent + 500) - sent
        for _ in range(count):
            # Each token in a write of its own, as servers do.
            writer.write(_event(f"{time.time() * 1000:.1f} ") if stamps else token)
        sent += count
        await writer.drain()
        if rate:
            await asyncio.sleep(TICK)
    writer.write(_END + b"0\r\n\r\n")
    await writer.drain()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            model = json.loads(await reader.readexactly(length))["model"]
            options = dict(parse_qsl(model.partition("?")[2]))
            writer.write(_HEAD)
            rate, stamps = float(options.get("rate", 0)), "stamps" in options
            await _stream(writer, int(options["tokens"]), rate, stamps)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)


def serve_model() -> AbstractContextManager[str]:
    """The URL of a running server."""
    return running("benchmarks.model")


def name(tokens: int, rate: float, *, stamps: bool = False) -> str:
    """The model's name for a stream."""
    return f"bench?tokens={tokens}&rate={rate:g}" + ("&stamps=1" if stamps else "")


if __name__ == "__main__":
    # Connections that are still open when the process ends are nobody's business.
    asyncio.run(_main())
