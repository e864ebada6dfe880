"""The real stores of any number of pages, in a Node process: `js/test/pages.ts`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.patience import PATIENCE

JS = Path(__file__).parents[2] / "js"


@dataclass(frozen=True)
class Sent:
    """A request of a page, by the comm of one of its streams."""

    page: str
    stream: str
    request: dict[str, Any]


class Pages:
    """A context manager; each method returns what the pages sent meanwhile."""

    def __init__(self, folder: Path) -> None:
        script = folder / "pages.mjs"
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        node = shutil.which("node", path=path) or "node"
        options = {
            "entryPoints": ["test/pages.ts"],
            "outfile": str(script),
            "bundle": True,
            "platform": "node",
            "format": "esm",
        }
        build = f"require('esbuild').buildSync({json.dumps(options)})"
        subprocess.run([node, "-e", build], cwd=JS, check=True)
        self._process = subprocess.Popen(
            [node, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def __enter__(self) -> Pages:
        return self

    def __exit__(self, *exc: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()

    def take(self, *steps: dict[str, Any]) -> tuple[list[Sent], list[dict[str, Any]]]:
        """Take steps; what was sent, and the states if they were asked for."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(steps) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return [Sent(**sent) for sent in answer["sent"]], answer["found"]
