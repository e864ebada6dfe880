"""The benchmarks still run: --quick, in the browser; what they measure is no test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["render", "--texts", "code,400", "--tokens", "64"], "streaming-markdown"),
        (["adversarial", "--inputs", "quotes"], "lazy quotes"),
        (["calm"], "Selection of an earlier paragraph"),
        (["agreement"], "0 are read differently"),
        (["kernel"], "bare AsyncOpenAI loop"),
        (["adapters"], "with nbstream ms"),
        (["serve"], "nbstream.engine"),
        (["wire"], "bytes per useful byte"),
        (["formulas", "--kinds", "roots"], "roots of roots in scripts"),
        (["load", "--parts", "at-once"], "streams, 5 connections: shown in line"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_runs(arguments: list[str], expected: str) -> None:
    command = [sys.executable, "-m", "benchmarks", *arguments, "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout
