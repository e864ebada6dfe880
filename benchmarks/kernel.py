"""What a stream costs the kernel: processor time and wall time, beside the bare SDK."""

from __future__ import annotations

import argparse
import json
import queue
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.support.kernel import Kernel

from .browser import load
from .contenders import CLEAR, NAMES, SETUP, cell
from .model import TOKEN, name, serve_model
from .summary import columns

GREETING_DELAY = 0.05
"""Seconds that a hello waits for others, as in `greeting.ts`."""


class ShownKernel(Kernel):
    """A kernel whose widgets a page shows: it says hello for those that came together."""

    _have: dict[str, int]
    _since: float

    def measure(self, code: str) -> dict[str, Any]:
        """What a cell of `contenders.cell` prints."""
        self._have = {}
        message_id = self.send(code)
        while not self.client.shell_channel.msg_ready():
            self._look()
            if self._have and time.monotonic() >= self._since + GREETING_DELAY:
                have, self._have = self._have, {}
                self.request([*have][-1], kind="hello", have=have, page="bench")
        measured = dict(json.loads(self.finish(message_id).stdout))
        assert self.run(CLEAR).status == "ok"
        return measured

    def _look(self) -> None:
        try:
            message = self.client.get_iopub_msg(timeout=GREETING_DELAY)
        except queue.Empty:
            return
        if message["msg_type"] in ("stream", "error", "status"):
            self.messages.append(message)
        state = message["content"].get("data", {}).get("state", {})
        if message["msg_type"] == "comm_open" and "_stream" in state:
            # A comm's id is the name of its stream.
            self._since = self._since if self._have else time.monotonic()
            self._have = {**self._have, state["_stream"]: state["_snapshot"]["seq"]}


CPU_GOAL = 1.15
WALL_GOAL = 1.2
HEAD = ("streams", "tokens/s", "contender", "CPU ms per 1,000", "CPU ratio", "wall s", "wall ratio")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender")
    parser.add_argument("--others", action="store_true", help="what people do today, too")


def run(options: argparse.Namespace) -> bool:
    """Print the figures. True if every goal is met."""
    rounds = 1 if options.quick else options.rounds
    scale = 10 if options.quick else 1
    many = 10 if options.quick else 100
    # Streams, tokens of each, tokens per second of each (0: full speed), what the goal is on.
    cases = [
        (1, 6000 // scale, 2000, "cpu"),
        (many, 300 // scale, 20, "cpu"),
        (1, 20_000 // scale, 0, "wall"),
        (many, 200 // scale, 0, ""),
    ]
    rows: list[list[str]] = []
    passed = True
    with serve_model() as url, tempfile.TemporaryDirectory() as folder:
        environment = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "bench"}
        kernel = ShownKernel(Path(folder), environment, "tcp")  # as JupyterLab starts them
        with kernel:
            assert kernel.run(SETUP).status == "ok"
            for case in cases:
                lines, met = _case(kernel, case, rounds, options.others)
                rows += lines
                passed = passed and met
    print(columns(HEAD, rows))
    print(f"Ratios are to the bare loop of the same round (medians of {rounds}); load {load()}.")
    print(f"Goals: CPU {CPU_GOAL} at 2,000 tokens/s in all, wall {WALL_GOAL} at full speed.")
    return passed or bool(options.quick)


def _case(
    kernel: ShownKernel, case: tuple[int, int, float, str], rounds: int, others: bool
) -> tuple[list[list[str]], bool]:
    streams, tokens, rate, goal = case
    contenders = [c for c in NAMES if others or c in ("bare", "nbstream")]
    if others and streams * tokens > 10_000:
        # Each token repeats the whole text: quadratic.
        contenders = contenders[:2]
    found: dict[str, list[dict[str, Any]]] = {contender: [] for contender in contenders}
    for turn in range(-1, rounds):  # the first warms up
        order = contenders if turn % 2 else contenders[::-1]
        for contender in order:
            measured = kernel.measure(cell(contender, name(tokens, rate), streams))
            kernel.messages.clear()
            assert measured["lengths"] == [tokens * len(TOKEN)] * streams, "complete"
            if turn >= 0:
                found[contender].append(measured)
    rows, met = [], True
    for contender in contenders:
        cpu, wall = (
            statistics.median(
                mine[what] / bare[what]
                for mine, bare in zip(found[contender], found["bare"], strict=True)
            )
            for what in ("cpu", "wall")
        )
        seconds = {w: statistics.median(m[w] for m in found[contender]) for w in ("cpu", "wall")}
        row = [str(streams), f"{rate:g}" if rate else "full speed", NAMES[contender]]
        row += [f"{seconds['cpu'] / streams / tokens * 1e6:.0f}", f"{cpu:.2f}"]
        row += [f"{seconds['wall']:.2f}", f"{wall:.2f}"]
        rows.append(row)
        if contender == "nbstream":
            met = {"cpu": cpu <= CPU_GOAL, "wall": wall <= WALL_GOAL}.get(goal, True)
    return rows, met
