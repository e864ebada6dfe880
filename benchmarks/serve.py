"""How soon the model's server sees that a client of a served answer has left."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time

import httpx

from tests.support.server import Server

from .browser import load
from .child import running
from .summary import columns

GOAL = 100.0
"""Milliseconds from the client's disconnect to the close at the model's server."""
CONTENDERS = {"bare": "bare AsyncOpenAI", "engine": "nbstream.engine"}
MOMENTS = {"test/long?delay=0.01": "100 tokens/s", "test/stall": "silent"}
HEAD = ("the model's server is", "served by", "runs", "median ms", "max ms", "ratio")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--runs", type=int, default=20, help="disconnects of each contender")


def run(options: argparse.Namespace) -> bool:
    """Print the figures. True if the goal is met by every disconnect from the engine."""
    times = asyncio.run(_measure(2 if options.quick else options.runs))
    rows = []
    for model, moment in MOMENTS.items():
        floor = statistics.median(times[model, "bare"])
        for contender, name in CONTENDERS.items():
            found = times[model, contender]
            median = statistics.median(found)
            figures = [f"{median:.1f}", f"{max(found):.1f}", f"{median / floor:.2f}"]
            rows.append([moment, name, str(len(found)), *figures])
    print(columns(HEAD, rows, left=2))
    print("From the client's disconnect to the close at the model's server; contenders in turn.")
    print(f"Goal: {GOAL:.0f} ms for the longest of nbstream.engine; load {load()}.")
    longest = max(max(times[model, "engine"]) for model in MOMENTS)
    return longest <= GOAL or bool(options.quick)


async def _measure(runs: int) -> dict[tuple[str, str], list[float]]:
    """Milliseconds of each disconnect, by model and contender."""
    times: dict[tuple[str, str], list[float]] = {}
    with Server() as upstream, running("benchmarks.served", upstream.url) as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            for turn in range(-1, runs):  # the first warms up
                for model in MOMENTS:
                    for contender in sorted(CONTENDERS, reverse=bool(turn % 2)):
                        found = await _disconnect(client, upstream, contender, model)
                        if turn >= 0:
                            times.setdefault((model, contender), []).append(found)
    return times


async def _disconnect(
    client: httpx.AsyncClient, upstream: Server, contender: str, model: str
) -> float:
    async with client.stream("GET", f"/{contender}", params={"model": model}) as response:
        pieces = response.aiter_text()
        for _ in range(3):
            await anext(pieces)
        request = upstream.requests[-1]
        if model == "test/stall":
            await request.until(lambda request: request.waiting)
        left = time.monotonic()
    return (await request.until_left() - left) * 1000
