"""A real Jupyter server with nothing of the user's in it."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

_READY = re.compile(r"http://127\.0\.0\.1:(\d+)/")


class JupyterServer:
    """JupyterLab (``lab``) or Notebook (``notebook``) on 127.0.0.1, on a port of its own choice.

    ``root`` holds the notebooks; all settings, kernels and run-time files are in a folder beside
    them. ``environment`` is added to the kernels' environment.
    """

    def __init__(self, app: str, root: Path, environment: Mapping[str, str]) -> None:
        self.app = app
        self.root = root
        self.token = secrets.token_hex(16)
        self.log_path = root.parent / f"{app}.log"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> JupyterServer:
        home = self.root.parent / "home"
        home.mkdir(exist_ok=True)
        settings = home / "lab-settings"
        _write_settings(settings)
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "OPENAI"))},
            "HOME": str(home),
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "JUPYTER_PLATFORM_DIRS": "1",
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            **self._environment,
        }
        command = [sys.executable, "-m", "jupyter", self.app, "--no-browser", "--ip=127.0.0.1"]
        command += [f"--ServerApp.root_dir={self.root}", "--ServerApp.port=0", "--allow-root"]
        command += [f"--IdentityProvider.token={self.token}", "--expose-app-in-browser"]
        command += ["--ServerApp.terminals_enabled=False"]
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait_until_ready()
        return self

    def _wait_until_ready(self, timeout: float = 90) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = _READY.search(self.log)
            if found:
                self.port = int(found[1])
                return
            assert self._process is not None
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"{self.app} did not start:\n{self.log}")

    def __exit__(self, *exc: object) -> None:
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for child in children:
            if child.is_running():
                child.terminate()

    @property
    def log(self) -> str:
        """What the server wrote so far."""
        return self.log_path.read_text(errors="replace")

    def url(self, notebook: str) -> str:
        """The page of a notebook in ``root``."""
        path = f"lab/tree/{notebook}" if self.app == "lab" else f"notebooks/{notebook}"
        # reset: without the documents that an earlier page had open.
        return f"http://127.0.0.1:{self.port}/{path}?token={self.token}&reset"


def _write_settings(folder: Path) -> None:
    """JupyterLab asks at its first start whether it may fetch news: it may not."""
    plugin = folder / "@jupyterlab" / "apputils-extension"
    plugin.mkdir(parents=True, exist_ok=True)
    values = {"fetchNews": "false", "checkForUpdates": False}
    (plugin / "notification.jupyterlab-settings").write_text(json.dumps(values))
