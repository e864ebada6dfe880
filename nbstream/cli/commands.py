"""The command line: ``nbstream demo``, ``nbstream doctor``, ``nbstream --version``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import nbstream

from ..errors import NbstreamError

_PACKAGE = Path(nbstream.__file__).parent
_FIRST_PAGE = "lab/tree/quickstart.ipynb"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="nbstream", description=nbstream.__doc__)
    parser.add_argument("--version", action="version", version=f"nbstream {nbstream.__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="open the demo notebooks in JupyterLab")
    demo.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    demo.add_argument("--port", type=int, help="the port of JupyterLab (default: a free one)")
    demo.add_argument(
        "--check",
        action="store_true",
        help="run the notebooks here, without JupyterLab, and report",
    )
    commands.add_parser("doctor", help="check this installation and say what to do")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "doctor":
            return doctor()
        return demo_check() if chosen.check else demo_lab(chosen.port, not chosen.no_browser)
    except NbstreamError as error:
        print(f"nbstream: {error}", file=sys.stderr)
        return 1


def doctor() -> int:
    """Print the checks of this installation; 1 if there is a problem."""
    from ..doctor import checks, report

    found = checks()
    print(report(found))
    return 1 if any(check.remedy for check in found) else 0


def demo_check() -> int:
    """Execute the demo notebooks and report; 1 if one fails."""
    if not _prepare("nbclient", "ipykernel", "fastapi", "httpx", "uvicorn"):
        return 1
    from .notebooks import check_notebooks

    notebooks = sorted(_packaged_notebooks().glob("*.ipynb"))
    with _jupyter_paths() as paths, _environment(paths):
        results = check_notebooks(notebooks)
    failed = [result for result in results if result.error]
    print(f"{len(results) - len(failed)} of {len(results)} notebooks ran")
    return 1 if failed or not results else 0


def demo_lab(port: int | None, browser: bool) -> int:
    """Run JupyterLab on the demo notebooks until it ends."""
    if not _prepare("jupyterlab", "ipykernel"):
        return 1
    folder = _working_notebooks()
    command = [
        *(sys.executable, "-m", "jupyterlab", str(folder), "-y"),
        *("--ServerApp.log_level=WARN", "--LabApp.log_level=WARN"),
        "--ServerApp.ip=127.0.0.1",
        f"--LabApp.default_url=/{_FIRST_PAGE}",
        f"--ServerApp.port={port or 8888}",
        f"--ServerApp.port_retries={0 if port else 50}",
    ]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with _jupyter_paths() as paths, subprocess.Popen(command, env={**os.environ, **paths}) as lab:
        signal.signal(signal.SIGTERM, lambda *_: lab.terminate())
        _print_address(lab, Path(paths["JUPYTER_RUNTIME_DIR"]), folder)
        return _wait(lab) or 0


def _print_address(lab: subprocess.Popen[bytes], runtime: Path, folder: Path) -> None:
    """Wait until JupyterLab listens, and print where."""
    while _wait(lab, 0.1) is None:
        for file in runtime.glob("jpserver-*.json"):
            # It may be there before it is written, and is before the port is listened on:
            # https://github.com/jupyter-server/jupyter_server/blob/v2.21.1/jupyter_server/serverapp.py
            with contextlib.suppress(ValueError, KeyError, OSError):
                info = json.loads(file.read_text())
                socket.create_connection(("127.0.0.1", info["port"]), timeout=1).close()
                token = f"?token={info['token']}" if info["token"] else ""
                print(
                    f"JupyterLab on {folder}:\n\n    {info['url']}{_FIRST_PAGE}{token}\n\n"
                    "Ctrl-C ends it.",
                    flush=True,
                )
                return


def _wait(process: subprocess.Popen[bytes], seconds: float | None = None) -> int | None:
    """The exit status, or None if it still runs. Ctrl-C reaches the process too, and is its to
    handle."""
    while True:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        except KeyboardInterrupt:
            continue


def _prepare(*modules: str) -> bool:
    """Whether the demo can run: its packages are there, and so is a model to answer."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        print(
            f"nbstream: the demo needs {' and '.join(missing)}: pip install 'nbstream[local,demo]'",
            file=sys.stderr,
        )
        return False
    from .. import local
    from ..clients import choose

    endpoint = choose()
    if endpoint.note:
        local.ensure_model()
    print(f"Answers come from {endpoint.model}{f', {endpoint.note}' if endpoint.note else ''}.")
    return True


def _packaged_notebooks() -> Path:
    """The notebooks of a checkout, or those in the installed package."""
    checkout = _PACKAGE.parent / "notebooks"
    if checkout.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        return checkout
    return _PACKAGE / "notebooks"


def _working_notebooks() -> Path:
    """Where the notebooks can be changed: the checkout, or ./nbstream-demo, copied once."""
    source = _packaged_notebooks()
    if source.parent != _PACKAGE:
        return source
    folder = Path.cwd() / "nbstream-demo"
    if not folder.exists():
        shutil.copytree(source, folder)
    return folder


@contextlib.contextmanager
def _jupyter_paths() -> Iterator[dict[str, str]]:
    """Variables that make Jupyter use this Python for ``python3``, and keep JupyterLab's question
    about news away. A kernel of this name in the user's home would come first otherwise. A runtime
    folder of our own tells our server from others."""
    with tempfile.TemporaryDirectory(prefix="nbstream-demo-") as temporary:
        kernel = Path(temporary, "data", "kernels", "python3", "kernel.json")
        page = Path(temporary, "config", "labconfig", "page_config.json")
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        # ipykernel 7.4 warns in the terminal of each kernel that TCP is not encrypted.
        argv.append("--log-level=ERROR")
        news = "@jupyterlab/apputils-extension:announcements"
        contents = {
            kernel: {"argv": argv, "display_name": "Python 3 (nbstream)", "language": "python"},
            page: {"disabledExtensions": {news: True}},
        }
        for path, content in contents.items():
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(content))
        runtime = Path(temporary, "runtime")
        runtime.mkdir()
        # Given a token, JupyterLab leaves it to us to print the address. In a file (the folder is
        # the user's alone), because arguments and variables are seen by others and by kernels.
        token = Path(temporary, "token")
        token.write_text(secrets.token_urlsafe(24))
        yield {
            "JUPYTER_PATH": _in_front("JUPYTER_PATH", Path(temporary, "data")),
            "JUPYTER_CONFIG_PATH": _in_front("JUPYTER_CONFIG_PATH", Path(temporary, "config")),
            "JUPYTER_RUNTIME_DIR": str(runtime),
            "JUPYTER_TOKEN_FILE": str(token),
        }


def _in_front(name: str, folder: Path) -> str:
    return os.pathsep.join(part for part in (str(folder), os.environ.get(name)) if part)


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
