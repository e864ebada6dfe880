"""Whether the live view and the saved form read random Markdown the same."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from tests.support.structure import structure_of

SCRIPT = Path(__file__).with_name("agreement.mjs")
SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--documents", type=int, default=10_000, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="which")


def run(options: argparse.Namespace) -> bool:
    """Print the documents that are read differently. True if there are none."""
    count = min(options.documents, 500) if options.quick else options.documents
    different = 0
    for text, live in _live(count, options.seed):
        saved = json.loads(json.dumps(structure_of(text)))
        if live != saved:
            different += 1
            if different <= SHOWN:
                _show(text, live, saved)
    print(f"{count} documents, seed {options.seed}: {different} are read differently.")
    return different == 0


def _live(count: int, seed: int) -> Iterator[tuple[str, list[object]]]:
    node = shutil.which("node") or "node"
    with subprocess.Popen(
        [node, str(SCRIPT), str(count), str(seed)], stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            text, structure = json.loads(line)
            yield text, structure
    if process.returncode:
        raise SystemExit(f"{SCRIPT.name} failed ({process.returncode})")


def _show(text: str, live: list[object], saved: list[object]) -> None:
    print(repr(text))
    for one, other in zip_longest(live, saved):
        if one != other:
            print(f"  live   {one}\n  saved  {other}")
            break
