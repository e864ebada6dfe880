"""Collects how fast a stream reacted, and prints the table of `dev.py kernels`.

python -m tests.support.reactions FILE
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def note(
    version: Sequence[int],
    situation: str,
    loop: str,
    what: str,
    seconds: float | None,
    words: str = "",
) -> None:
    """Keep one measurement, if somebody asked for them. None: nothing happened."""
    if path := os.environ.get("NBSTREAM_TEST_REACTIONS"):
        kernel = ".".join(map(str, version))
        shown = "goes on" if seconds is None else f"{seconds * 1000:.0f} ms{words}"
        with Path(path).open("a") as file:
            file.write(json.dumps([kernel, situation, loop, what, shown]) + "\n")


COLUMNS = ("Stop by message", "Stop by subshell", "Stop by control", "Interrupt")


def table(lines: Sequence[str]) -> str:
    """The measurements as Markdown."""
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    for kernel, situation, loop, what, shown in map(json.loads, lines):
        row = cells.setdefault((kernel, situation, loop), {})
        row[what] = shown
    rows = [("ipykernel", "cell", "loop", *COLUMNS), ("---",) * (3 + len(COLUMNS))]
    rows += [(*key, *(row.get(what, "-") for what in COLUMNS)) for key, row in cells.items()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


if __name__ == "__main__":
    print(table(Path(sys.argv[1]).read_text().splitlines()))
