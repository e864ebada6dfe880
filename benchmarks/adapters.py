"""What understanding a stream costs beside iterating the SDK over it."""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2 as httpx  # what openai 3 is built on
import openai

from nbstream.adapters import pick
from nbstream.transcript.transcript import Transcript
from tests.support.recordings import ALL

from .browser import load
from .summary import columns

GOAL = 1.15
HEAD = ("streams", "events", "SDK ms", "with nbstream ms", "ratio")
# Each made-up stream's payloads, repeated: real answers have more deltas than kinds of them.
REPEATS = 200

Body = tuple[str, bytes]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contender")
    parser.add_argument("--directory", type=Path, help="recorded streams (default: made-up ones)")


def run(options: argparse.Namespace) -> bool:
    """Print the figures. True if the goal is met for all kinds together."""
    rounds = 1 if options.quick else options.rounds
    bodies = _recorded(options.directory) if options.directory else _made_up()
    # Garbage that others left is not collected during a measurement.
    gc.collect()
    gc.freeze()
    sums: dict[str, list[float]] = {}
    for body in bodies:
        measured = _compared(body, rounds)
        for group in (body[0], "all"):
            known = sums.setdefault(group, [0.0, 0.0, 0.0])
            sums[group] = [a + b for a, b in zip(known, measured, strict=True)]
    rows = []
    for group in sorted(sums, key=lambda group: group == "all"):
        events, bare, ours = sums[group]
        figures = [f"{seconds * 1000:.0f}" for seconds in (bare, ours)]
        rows.append([group, f"{events:.0f}", *figures, f"{ours / bare:.2f}"])
    ratio = sums["all"][2] / sums["all"][1]
    print(columns(HEAD, rows))
    print(f"Processor time: sums of each stream's median over {rounds} rounds in turn.")
    print(f"Goal: {GOAL} for all; load {load()}.")
    return ratio <= GOAL or bool(options.quick)


def _made_up() -> Iterator[Body]:
    for recording in ALL:
        if recording.expected.get("status") == "failed":
            continue
        payloads = recording.payloads
        middle = len(payloads) // 2
        repeated = [*payloads[:middle], *[payloads[middle]] * REPEATS, *payloads[middle:]]
        lines = (f"data: {json.dumps(payload)}\n\n" for payload in repeated)
        yield recording.api, "".join(lines).encode()


def _recorded(directory: Path) -> Iterator[Body]:
    for path in sorted(directory.glob("*.expected.json")):
        expected = json.loads(path.read_bytes())
        if expected["exception"] is None:
            name = path.name.removesuffix(".expected.json")
            yield expected["api"], path.with_name(f"{name}.sse").read_bytes()


def _compared(body: Body, rounds: int) -> tuple[int, float, float]:
    """How many events ``body`` has, and the processor time of the SDK alone and with nbstream, in
    seconds; medians of rounds in turn."""
    events = 0
    times: dict[Callable[[Any], int], list[float]] = {_bare: [], _understood: []}
    for turn in range(-1, rounds):  # the first warms up
        for read in (_bare, _understood) if turn % 2 else (_understood, _bare):
            stream = _open(*body)
            gc.collect()
            start = time.process_time()
            events = read(stream)
            if turn >= 0:
                times[read].append(time.process_time() - start)
    return events, statistics.median(times[_bare]), statistics.median(times[_understood])


def _bare(stream: Any) -> int:
    return sum(1 for _ in stream)


def _understood(stream: Any) -> int:
    transcript = Transcript()
    adapter = None
    count = 0
    for chunk in stream:
        adapter = adapter or pick(chunk)
        for event in adapter.feed(chunk) if adapter is not None else ():
            transcript.apply(event)
        count += 1
    return count


def _open(api: str, body: bytes) -> Any:
    """The SDK's stream over a reply that is in memory: no network is in the figures."""
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, content=body))
    http = httpx.Client(transport=transport)
    client = openai.OpenAI(api_key="bench", base_url="http://127.0.0.1:9/v1", http_client=http)
    options: dict[str, Any] = {"model": "recorded", "stream": True}
    if api == "responses":
        return client.responses.create(input="Hello", **options)
    if api == "completions":
        return client.completions.create(prompt="Hello", **options)
    return client.chat.completions.create(messages=[{"role": "user", "content": "Hi"}], **options)
