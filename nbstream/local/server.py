"""The parent's side of the model server: start it, share it, notice its end, stop it."""

from __future__ import annotations

import atexit
import collections
import contextlib
import http.client
import io
import json
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import nbstream
from nbstream.errors import LocalModelError

from .model import MODEL, Announce, ensure_model

_START_SECONDS = 120.0
_STOP_SECONDS = 5.0
_LOG_LINES = 200


@dataclass(frozen=True)
class LocalServer:
    """A running model server. The key is never shown.

    ``base_url`` and ``api_key`` are what an OpenAI client needs, ``model`` the name to ask for,
    ``pid`` the server's process.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str
    pid: int


class _Child:
    """One child process with its address and the end of its log."""

    def __init__(self, model_path: Path) -> None:
        self._log: collections.deque[str] = collections.deque(maxlen=_LOG_LINES)
        self._key = secrets.token_urlsafe(32)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nbstream.local.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # -m puts the working directory first on the path: the user's folder may hold a
            # json.py, and this one is sure to hold the nbstream that is running.
            cwd=Path(nbstream.__file__).parent.parent,
            # Jupyter interrupts a kernel by a signal to its whole process group.
            start_new_session=True,
        )
        self._log_reader = threading.Thread(
            target=self._read_log, name="nbstream-local-log", daemon=True
        )
        self._log_reader.start()
        try:
            self.server = self._start(model_path)
        except BaseException:
            self.end()
            raise

    def _start(self, model_path: Path) -> LocalServer:
        deadline = time.monotonic() + _START_SECONDS
        config = {"model_path": str(model_path), "model": MODEL, "api_key": self._key}
        assert self.process.stdin
        # A child that died already is reported with its log below.
        with contextlib.suppress(OSError):
            self.process.stdin.write(json.dumps(config).encode() + b"\n")
            self.process.stdin.flush()
        address = self._address(deadline)
        while not _healthy(address):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise self._failed()
            time.sleep(0.02)
        return LocalServer(f"{address}/v1", self._key, MODEL, self.process.pid)

    def _address(self, deadline: float) -> str:
        lines: queue.Queue[bytes] = queue.Queue()
        stdout = self.process.stdout
        assert stdout
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            return str(json.loads(line)["address"])
        except (queue.Empty, ValueError):
            raise self._failed() from None

    def _failed(self) -> LocalModelError:
        try:
            state = f"ended with exit status {self.process.wait(timeout=1)}"
            self._log_reader.join(timeout=1)
        except subprocess.TimeoutExpired:
            state = f"did not become ready in {_START_SECONDS:.0f} s"
        log = "\n".join(f"  {line}" for line in list(self._log)[-15:])
        return LocalModelError(
            f"The local model server {state}. The end of its log:\n{log}\n"
            "Run '%nbstream doctor' or 'nbstream doctor', or set OPENAI_API_KEY or a base URL to "
            "use another model."
        )

    def _read_log(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._log.append(line.decode(errors="replace").rstrip().replace(self._key, "***"))

    def alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """End the process: by closing its lifeline, by force if that is not enough."""
        assert self.process.stdin
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log_reader.join(timeout=_STOP_SECONDS)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()

    def abandon(self) -> None:
        """After a fork, in the new process: let go of the pipes, or the server would outlive its
        parent for as long as the new process runs."""
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            # The raw file: the lock of the buffer may be held by a thread that exists no more.
            if isinstance(pipe, (io.BufferedReader, io.BufferedWriter)):
                pipe.raw.close()
        # It is not our child: neither wait for it nor warn that it still runs.
        self.process.returncode = 0


class _Manager:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: _Child | None = None

    def get(self, announce: Announce) -> LocalServer:
        with self.lock:
            if self.child is not None and not self.child.alive():
                self.child.end()
                self.child = None
            if self.child is None:
                self.child = _Child(ensure_model(announce))
            return self.child.server

    def stop(self) -> None:
        with self.lock:
            if self.child is not None:
                self.child.end()
                self.child = None


_manager = _Manager()


def get_server(announce: Announce = print) -> LocalServer:
    """The model server of this process, started if there is none or if it has died.

    Blocks for about a second when it starts the server, and longer when the model has to be
    fetched first; call it in a thread from asynchronous code. Thread-safe: all streams share one
    server. The server listens on 127.0.0.1, refuses requests without the key, and ends with this
    process.

    Raises:
        LocalModelError: the extra is missing, the model could not be fetched, or the server did
            not start. The message says what to do.

    >>> get_server()                                               # doctest: +SKIP
    LocalServer(base_url='http://127.0.0.1:36125/v1', model='smollm2-135m-instruct', pid=4711)
    """
    return _manager.get(announce)


def stop() -> None:
    """End the model server of this process if it runs. The next `get_server` starts a new one."""
    _manager.stop()


def _healthy(address: str) -> bool:
    # Not urllib.request: that would ask the user's proxy for 127.0.0.1.
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _after_fork() -> None:
    global _manager
    if _manager.child is not None:
        _manager.child.abandon()
    _manager = _Manager()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(stop)
