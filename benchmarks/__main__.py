"""``python -m benchmarks COMMAND [--quick]``: run from the project's folder."""

from __future__ import annotations

import argparse
import sys

from . import adapters, adversarial, agreement, calm, formulas, kernel, load, render, serve, wire
from .browser import serve as serve_pages

RENDERER = {"render": render, "adversarial": adversarial, "calm": calm}
STREAMS = {
    "kernel": kernel,
    "wire": wire,
    "load": load,
    "adapters": adapters,
    "serve": serve,
    "formulas": formulas,
}
READERS = {"agreement": agreement}


def main() -> int:
    """Run one benchmark and return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--quick", action="store_true", help="only check that it works")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in {**RENDERER, **STREAMS, **READERS}.items():
        module.add_arguments(commands.add_parser(name, parents=[shared], help=module.__doc__))
    options = parser.parse_args()
    alone = {**STREAMS, **READERS}
    if options.command in alone:
        return 0 if alone[options.command].run(options) else 1
    with serve_pages() as pages:
        return 0 if RENDERER[options.command].run(pages, options) else 1


if __name__ == "__main__":
    sys.exit(main())
