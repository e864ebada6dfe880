"""A real kernel, driven as a front end drives it: by messages."""

from __future__ import annotations

import os
import queue
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.support.patience import PATIENCE

Message = dict[str, Any]


@dataclass
class Result:
    """What one cell did."""

    reply: Message
    messages: list[Message] = field(repr=False)

    @property
    def status(self) -> str:
        return str(self.reply["content"]["status"])

    @property
    def error(self) -> str:
        """The traceback as it is shown; empty if there was none."""
        found = [m["content"] for m in self.messages if m["msg_type"] == "error"]
        return "\n".join(found[0]["traceback"]) if found else ""

    @property
    def stdout(self) -> str:
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        return self._stream("stderr")

    def _stream(self, name: str) -> str:
        return _stream(self.messages, name)

    @property
    def value(self) -> str | None:
        """The cell's value as plain text."""
        for m in self.messages:
            if m["msg_type"] == "execute_result":
                return str(m["content"]["data"]["text/plain"])
        return None


TRANSPORT = "tcp" if os.name == "nt" else "ipc"
"""Ports are chosen before a kernel starts, and others may take them until it has."""


class Kernel:
    """An ipykernel in a process of its own; a context manager."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], transport: str = TRANSPORT
    ) -> None:
        self.messages: list[Message] = []
        self.log_path = folder / "kernel.log"
        self._environment = environment
        self._running: set[str] = set()
        # In a short folder, since the path of a socket may have 107 characters at most.
        self._sockets = tempfile.TemporaryDirectory(prefix="kernel-")
        self.manager = KernelManager(
            kernel_name="python3",
            shutdown_wait_time=PATIENCE,
            transport=transport,
            connection_file=str(Path(self._sockets.name) / "k.json"),
        )
        self.client: BlockingKernelClient

    def __enter__(self) -> Kernel:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("OPENAI", "NBS"))}
        if apart := os.environ.get("NBSTREAM_TEST_KERNEL_PATH"):
            # Another ipykernel than the one in the environment: `dev.py kernels`.
            path = [apart, *filter(None, [environment.get("PYTHONPATH")])]
            environment["PYTHONPATH"] = os.pathsep.join(path)
        # A restarted kernel gets it, too.
        self._log = self.log_path.open("wb")
        self.manager.start_kernel(
            env={**environment, **self._environment}, stdout=self._log, stderr=self._log
        )
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)
        return self

    def __exit__(self, *exc: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self._sockets.cleanup()
        self._log.close()

    def ended(self) -> None:
        """Wait until its process has ended by itself."""
        assert self.manager.provisioner is not None
        self.manager.provisioner.process.wait(PATIENCE)

    # -- cells --------------------------------------------------------------------------------

    def send(
        self,
        code: str,
        *,
        cell: str | None = None,
        session: str | None = None,
        allow_stdin: bool = True,
        console: bool = False,
    ) -> str:
        """Send a cell of a notebook, or as a ``console`` does, and do not wait; returns the
        message's id. ``session`` stands for another notebook that has this kernel."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": allow_stdin,
            "stop_on_error": True,
        }
        metadata = {} if console else {"cellId": cell or uuid.uuid4().hex}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        if session is not None:
            message["header"]["session"] = session
        self.client.shell_channel.send(message)
        message_id = str(message["header"]["msg_id"])
        self._running.add(message_id)
        return message_id

    def end_cells(self) -> None:
        """Interrupt cells that a test has left running."""
        for message_id in tuple(self._running):
            self.manager.interrupt_kernel()
            self.finish(message_id)

    def finish(self, message_id: str, timeout: float = PATIENCE) -> Result:
        """Wait until the cell has ended."""
        deadline = time.monotonic() + timeout
        while True:
            reply = self.client.get_shell_msg(timeout=max(0.01, deadline - time.monotonic()))
            if reply["parent_header"].get("msg_id") == message_id:
                break
        self.until(lambda: self._is_idle(message_id), timeout)
        self._running.discard(message_id)
        return Result(reply, self.of(message_id))

    def run(self, code: str, *, timeout: float = PATIENCE, **options: Any) -> Result:
        """Run a cell to its end."""
        return self.finish(self.send(code, **options), timeout)

    def get(self, expression: str) -> str:
        """The ``repr`` of an expression in the kernel."""
        result = self.run(f"print(repr({expression}))")
        assert result.status == "ok", result.error
        return result.stdout.strip()

    def becomes(self, expression: str, value: object) -> None:
        """Wait until an expression in the kernel has this value: a server may see a connection
        close before the stream has ended in the kernel."""
        self.until(lambda: self.get(expression) == repr(value))

    # -- messages -----------------------------------------------------------------------------

    def until(self, predicate: Callable[[], object], timeout: float = PATIENCE) -> None:
        """Take messages of the kernel until ``predicate`` holds."""
        deadline = time.monotonic() + timeout
        while not predicate():
            if time.monotonic() > deadline:
                last = (f"\n{m['msg_type']} {m['content']}"[:200] for m in self.messages[-20:])
                raise AssertionError(f"not within {timeout} s; the last messages:{''.join(last)}")
            try:
                self.messages.append(self.client.get_iopub_msg(timeout=0.02))
            except queue.Empty:
                continue

    def of(self, message_id: str) -> list[Message]:
        """The messages that belong to one cell."""
        return [m for m in self.messages if m["parent_header"].get("msg_id") == message_id]

    def printed(self, message_id: str) -> str:
        """What a cell, which may still run, has printed so far. A line may come in two messages:
        ``print`` writes its text and its end apart, and the kernel flushes when it will."""
        return _stream(self.of(message_id), "stdout")

    def _is_idle(self, message_id: str) -> bool:
        return any(
            m["msg_type"] == "status" and m["content"]["execution_state"] == "idle"
            for m in self.of(message_id)
        )

    def displays(self) -> dict[str, dict[str, Any]]:
        """What each display id shows now."""
        shown = {}
        for m in self.messages:
            if m["msg_type"] in ("display_data", "update_display_data"):
                display_id = m["content"].get("transient", {}).get("display_id")
                if display_id:
                    shown[display_id] = m["content"]["data"]
        return shown

    def display(self) -> dict[str, Any]:
        """What the only display shows now."""
        (shown,) = self.displays().values()
        return shown

    def frames(self) -> list[tuple[str, Message]]:
        """The frames of all streams with the comm that each came by; first the snapshot that a
        widget's state has."""
        found = []
        for m in self.messages:
            data = m["content"].get("data", {})
            if m["msg_type"] == "comm_open" and data.get("state", {}).get("_snapshot"):
                found.append((m["content"]["comm_id"], data["state"]["_snapshot"]))
            if m["msg_type"] == "comm_msg" and data.get("method") == "custom":
                comm = m["content"]["comm_id"]
                found += [(comm, frame) for frame in data["content"].get("frames", ())]
        return found

    def statuses(self, stream: str | None = None) -> list[str]:
        """The states that a stream, else the latest one, went through."""
        stream = stream or self._latest()
        return [
            f["status"] for _, f in self.frames() if f["stream"] == stream and f["kind"] == "status"
        ]

    def text(self) -> str:
        """What the deltas of the latest stream add up to. Those of an earlier test's streams may
        still come: a stream has ended before its last message goes out."""
        stream = self._latest()
        frames = (f for _, f in self.frames() if f["stream"] == stream)
        return "".join(op["text"] for frame in frames for op in frame.get("ops", ()))

    def _latest(self) -> str:
        opened = self.openings()
        return opened[-1][1] if opened else ""

    def opened(self, number: int = -1) -> tuple[str, str]:
        """The comm and the stream of one that was opened. Only its opening counts: to a page that
        says no hello a stream sends its snapshot again, an earlier test's stream as well."""
        return self.openings()[number]

    def openings(self) -> list[tuple[str, str]]:
        """The comm and the stream of each that was opened."""
        opened = [m["content"] for m in self.messages if m["msg_type"] == "comm_open"]
        return [
            (content["comm_id"], snapshot["stream"])
            for content in opened
            if (snapshot := content["data"].get("state", {}).get("_snapshot"))
        ]

    def request(
        self, comm: str, subshell: str | None = None, session: str | None = None, **content: Any
    ) -> None:
        """Send what the widget's JavaScript would: ``kind="cancel", stream=..., reason=...``."""
        data = {"method": "custom", "content": {"v": 1, **content}}
        self._send_comm("comm_msg", {"comm_id": comm, "data": data}, subshell, session)

    def settle(self, comm: str, stream: str, subshell: str | None = None) -> None:
        """Wait until the kernel has handled all requests for a stream so far. Its frames do not
        show that: to a page that says no hello it sends its snapshot again by itself."""

        def answers() -> int:
            contents = (m["content"] for m in self.messages if m["msg_type"] == "comm_msg")
            found = (c for c in contents if c["comm_id"] == comm)
            return sum(c["data"].get("content", {}).get("kind") == "asset" for c in found)

        before = answers()
        self.request(comm, subshell, kind="asset", stream=stream, name="copier")
        self.until(lambda: answers() > before)

    def close_comm(self, comm: str) -> None:
        """Close a widget's comm, as the widget managers of some front ends do."""
        self._send_comm("comm_close", {"comm_id": comm, "data": {}}, None)

    def open_control(self, subshell: str | None) -> str:
        """Open the comm of `nbstream.widget.subshell`, as the page does; returns its id."""
        comm = uuid.uuid4().hex
        content = {"comm_id": comm, "target_name": "nbstream.control", "data": {"v": 1}}
        self._send_comm("comm_open", content, subshell)
        return comm

    def control(self, comm: str, subshell: str | None, **content: Any) -> None:
        """Send a request by the comm of `nbstream.widget.subshell`."""
        self._send_comm("comm_msg", {"comm_id": comm, "data": {"v": 1, **content}}, subshell)

    def _send_comm(
        self,
        kind: str,
        content: dict[str, Any],
        subshell: str | None,
        session: str | None = None,
    ) -> None:
        message = self.client.session.msg(kind, content)
        if session is not None:
            message["header"]["session"] = session
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)

    def create_subshell(self) -> str | None:
        """The id of a new subshell; None for a kernel that has none."""
        info = self.client.kernel_info(reply=True, timeout=PATIENCE)["content"]
        if "kernel subshells" not in info.get("supported_features", ()):
            return None
        return str(self._ask("create_subshell_request")["subshell_id"])

    def delete_subshell(self, subshell: str) -> None:
        """End a subshell, as JupyterLab does when it closes comms."""
        self._ask("delete_subshell_request", subshell_id=subshell)

    def _ask(self, kind: str, **content: Any) -> dict[str, Any]:
        """The content of the reply to a request by the control channel."""
        message = self.client.session.msg(kind, content)
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                assert reply["content"]["status"] == "ok", reply["content"]
                return dict(reply["content"])

    @property
    def log(self) -> str:
        """What the kernel's process wrote."""
        return self.log_path.read_text(errors="replace")


def _stream(messages: list[Message], name: str) -> str:
    contents = [m["content"] for m in messages if m["msg_type"] == "stream"]
    return "".join(c["text"] for c in contents if c["name"] == name)
