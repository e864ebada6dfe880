"""Checks of an installation, as data: ``nbstream doctor`` and ``%nbstream doctor`` print them."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

import nbstream

from . import local
from .clients import OPENAI_URL, choose
from .errors import ConfigError, LocalModelError
from .settings import settings
from .text.terminal import printable

_STATIC = Path(__file__).parent / "static"
# Package, oldest release that works, and whether nbstream needs it in this environment.
_PACKAGES = (
    ("openai", "1.66.3", True),
    ("anywidget", "0.11", True),
    ("ipywidgets", "8.1", True),
    ("ipykernel", "6.29", False),
    ("jupyterlab", "4.4", False),
)
_KEYS = ("NBSTREAM_API_KEY", "OPENAI_API_KEY")


@dataclass(frozen=True)
class Check:
    """One line of the report. A check with a ``remedy`` is a problem."""

    name: str
    value: str
    remedy: str | None = None


def checks(*, start_local: bool = True) -> list[Check]:
    """Look at this environment. Takes a second if the local model has to be started.

    Nothing is fetched, and no request leaves this machine. No check's text holds a key.

    >>> [check for check in checks() if check.remedy]              # doctest: +SKIP
    []
    """
    return [*_versions(), *_front_end(), *_server(), *_local_model(start_local)]


def report(found: list[Check] | None = None) -> str:
    """The checks as text, each problem followed by its remedy."""
    lines = []
    for check in checks() if found is None else found:
        lines.append(f"{'problem' if check.remedy else 'ok':8} {check.name}: {check.value}")
        if check.remedy:
            lines.append(f"{'':8} -> {check.remedy}")
    return printable("\n".join(lines))


def _versions() -> Iterator[Check]:
    yield Check("python", f"{sys.version.split()[0]} ({sys.executable})")
    yield Check("nbstream", f"{nbstream.__version__} ({Path(__file__).parent})")
    for name, oldest, needed in _PACKAGES:
        try:
            found = version(name)
        except PackageNotFoundError:
            install = f"pip install '{name}>={oldest}'"
            yield Check(name, "not installed in this environment", install if needed else None)
            continue
        old = _numbers(found) < _numbers(oldest)
        yield Check(name, found, f"pip install '{name}>={oldest}'" if old else None)


def _numbers(release: str) -> tuple[int, ...]:
    """The leading numbers of a version: enough to compare releases with a minimum."""
    match = re.match(r"\d+(\.\d+)*", release)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _front_end() -> Iterator[Check]:
    names = ("loader.js", "widget.js", "widget.css")
    missing = [name for name in names if not (_STATIC / name).is_file()]
    yield Check(
        "front end",
        f"not built: {_STATIC} lacks {' and '.join(missing)}" if missing else "built",
        None if not missing else "install nbstream again; in a checkout: pip install -e .",
    )
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return
    for name in ("anywidget", "@jupyter-widgets/jupyterlab-manager"):
        folders = [Path(folder, name) for folder in jupyter_path("labextensions")]
        folder = next((path for path in folders if (path / "package.json").is_file()), None)
        package = "anywidget" if name == "anywidget" else "jupyterlab_widgets"
        yield Check(
            f"JupyterLab extension {name}",
            str(folder) if folder else "not found",
            None
            if folder
            else f"pip install --force-reinstall {package}, in the environment that Jupyter "
            "runs in, then reload the page",
        )


def _server() -> Iterator[Check]:
    names = [name for name in (settings().api_key_env, *_KEYS) if name]
    keys = [name for name in names if os.environ.get(name)]
    yield Check("API key", f"{keys[0]} is set" if keys else "none is set")
    url = settings().base_url or os.environ.get("OPENAI_BASE_URL") or (OPENAI_URL if keys else "")
    # The host alone: a URL may carry a password.
    yield Check("server", (urlsplit(url).hostname or "not a URL") if url else "none is set")
    try:
        endpoint = choose()
    except ConfigError as error:
        yield Check("requests", "cannot be sent", str(error))
    else:
        note = f", {endpoint.note}" if endpoint.note else ""
        yield Check("requests", f"go to {endpoint.model}{note}")


def _local_model(start: bool) -> Iterator[Check]:
    if not local.available():
        yield Check("local model", "not installed (pip install 'nbstream[local]')")
        return
    path = local.find_model()
    if path is None:
        yield Check("local model", "installed; the model is fetched on first use (93 MB)")
        return
    yield Check("local model", str(path))
    if not start:
        return
    started = time.monotonic()
    try:
        local.get_server()
    except LocalModelError as error:
        yield Check("local model server", "does not start", str(error))
    else:
        yield Check("local model server", f"ready after {time.monotonic() - started:.1f} s")
