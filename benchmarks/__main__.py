"""``python -m benchmarks [render|adversarial|calm] [--quick]``: run from the project's folder."""

from __future__ import annotations

import argparse
import sys

from . import adversarial, calm, render
from .browser import serve

COMMANDS = {"render": render, "adversarial": adversarial, "calm": calm}


def main() -> int:
    """Run one benchmark, or all of them, and return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--quick", action="store_true", help="only check that it works")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module in COMMANDS.items():
        module.add_arguments(commands.add_parser(name, parents=[shared], help=module.__doc__))
    options = parser.parse_args()
    with serve() as pages:
        passed = COMMANDS[options.command].run(pages, options)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
