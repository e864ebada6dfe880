"""A loopback server that speaks the OpenAI API and misbehaves on request.

    with Server() as server:
        server.enqueue(Scenario(text=["Hi"], gates=frozenset({"finish"})))
        ...  # a client with base_url=server.url and any key
        server.wait_for(lambda: server.requests[0].deltas_sent == 1)
        server.release()

``python -m tests.support.server --port 0`` prints the URL, then one JSON line for each event.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qsl

from tests.support.answer import Answer
from tests.support.connection import Connection, Head
from tests.support.patience import PATIENCE
from tests.support.record import Outcome, Request
from tests.support.scenario import Scenario, default_scenarios
from tests.support.wire import error_payload
from tests.support.wire_responses import RESPONSE_ID

POSTS = ("/v1/chat/completions", "/v1/completions", "/v1/responses")
RETRIEVE = f"/v1/responses/{RESPONSE_ID}"
CANCEL = f"{RETRIEVE}/cancel"

Log = Callable[[str, Request], None]


class Server:
    """The server, in a thread of its own; a context manager.

    A POST, and a GET that takes up a response, takes the first queued scenario, else the one named
    by its model, else `default`.
    """

    def __init__(self, port: int = 0, log: Log | None = None) -> None:
        self.scenarios = default_scenarios()
        self.default = Scenario()
        self.requests: list[Request] = []
        self.url = ""
        self._port = port
        self._log = log
        self._queue: deque[Scenario] = deque()
        self._turns: dict[object, int] = {}
        self._permits = 0
        self._changed = threading.Condition(threading.RLock())
        self._connections: set[Connection] = set()
        self._current: dict[Connection, Request] = {}
        self._thread = threading.Thread(target=self._run, name="test-server", daemon=True)
        self._listening = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._gate: asyncio.Condition

    # For tests

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> Server:
        self._thread.start()
        if not self._listening.wait(PATIENCE):
            raise RuntimeError("the test server did not start")
        return self

    def stop(self) -> None:
        """Ends every connection and the thread. Stopping twice does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE)
        if self._thread.is_alive():
            raise RuntimeError("the test server did not stop")

    def forget(self) -> None:
        """Begins anew, without the requests, scenarios and gates of an earlier test."""

        async def take_what_came() -> None:
            # Accepted, read, served: the client may have left, but the request would be counted.
            for _ in range(10):
                await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(take_what_came(), self._loop).result(PATIENCE)
        with self._changed:
            self.requests.clear()
            self._queue.clear()
            self._turns.clear()
            self._permits = 0

    def enqueue(self, *scenarios: Scenario) -> None:
        """Queues scenarios for the next POST requests, before any named by a model."""
        with self._changed:
            self._queue.extend(scenarios)

    def release(self, count: int = 1) -> None:
        """Opens `count` gates: of requests that wait, or of the next that come to one."""
        with self._changed:
            self._permits += count
        self._wake()

    def wait_for(self, predicate: Callable[[], object], timeout: float = PATIENCE) -> None:
        """Blocks until the predicate holds; AssertionError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(predicate, timeout):
                raise AssertionError(f"not within {timeout} s; requests: {self.requests}")

    def until(
        self, predicate: Callable[[], object], timeout: float = PATIENCE
    ) -> Coroutine[Any, Any, None]:
        """`wait_for` that leaves the event loop free."""
        return asyncio.to_thread(self.wait_for, predicate, timeout)

    def wait_for_request(self, number: int = 1, timeout: float = PATIENCE) -> Request:
        """Blocks until request `number` (from 1) has come."""
        self.wait_for(lambda: len(self.requests) >= number, timeout)
        return self.requests[number - 1]

    def until_request(
        self, number: int = 1, timeout: float = PATIENCE
    ) -> Coroutine[Any, Any, Request]:
        return asyncio.to_thread(self.wait_for_request, number, timeout)

    # The thread

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._gate = asyncio.Condition()
        listener = await self._loop.create_server(self._connect, "127.0.0.1", self._port)
        self._port = listener.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/v1"
        self._listening.set()
        await self._stop.wait()
        # What was just accepted becomes a connection first: a closed listener fails an assertion
        # there, and leaves the socket open. `Server._attach`:
        # https://github.com/python/cpython/blob/3.11/Lib/asyncio/base_events.py
        for listening in listener.sockets:
            self._loop.remove_reader(listening.fileno())
        for _ in range(3):
            await asyncio.sleep(0)
        listener.close()
        for connection in list(self._connections):
            self.end(connection, "server stopped")
            connection.stop()
            await connection.lost.wait()
        await listener.wait_closed()

    def _connect(self) -> Connection:
        return Connection(
            self._serve,
            opened=self._connections.add,
            left=lambda connection: self.end(connection, "client left"),
            closed=self._connections.discard,
        )

    def _wake(self) -> None:
        async def notify() -> None:
            async with self._gate:
                self._gate.notify_all()

        asyncio.run_coroutine_threadsafe(notify(), self._loop)

    # Books: what answers need

    def note(self, request: Request, event: str, **changes: Any) -> None:
        with self._changed:
            for name, value in changes.items():
                setattr(request, name, value)
            self._changed.notify_all()
        if self._log is not None and event:
            self._log(event, request)

    def end(self, connection: Connection, outcome: Outcome) -> None:
        """Closes the record of what the connection is serving, if anything."""
        request = self._current.pop(connection, None)
        if request is None:
            return
        now = time.monotonic()
        left = {"client_left_at": now} if outcome == "client left" else {}
        self.note(request, outcome, ended=now, outcome=outcome, waiting=None, **left)

    async def pass_gate(self, request: Request) -> None:
        def take() -> bool:
            with self._changed:
                if request.permits:
                    request.permits -= 1
                elif self._permits:
                    self._permits -= 1
                else:
                    return False
            return True

        async with self._gate:
            await self._gate.wait_for(take)

    # Requests

    async def _serve(self, connection: Connection, head: Head) -> None:
        with self._changed:
            scenario, status = self._choose(head)
            path, _, query = head.path.partition("?")
            is_taken_up = head.method == "GET" and path == RETRIEVE
            request = Request(
                number=len(self.requests) + 1,
                path=path,
                method=head.method,
                headers=head.headers,
                body={"background": True, **dict(parse_qsl(query))} if is_taken_up else head.body,
                scenario=scenario,
                changed=self._changed,
                wake=self._wake,
            )
            self.requests.append(request)
        self._current[connection] = request
        self.note(request, "request")
        answer = Answer(self, connection, request)
        if is_taken_up or (head.method == "POST" and head.path in POSTS):
            await answer.post(status)
        elif head.method == "POST" and head.path == CANCEL:
            wrong = error_payload(scenario, status)
            ended = {"id": RESPONSE_ID, "object": "response", "status": "cancelled", "output": []}
            await answer.json(status, ended if status == 200 else wrong)
        elif head.method == "GET" and head.path == "/v1/models":
            data = [{"id": name, "object": "model", "created": 0} for name in self.scenarios]
            await answer.json(200, {"object": "list", "data": data})
        else:
            await answer.json(404, error_payload(Scenario(), 404))

    def _choose(self, head: Head) -> tuple[Scenario, int]:
        """The scenario of a request, and the status that it gets this time."""
        if head.method != "POST" and not head.path.startswith(RETRIEVE):
            return Scenario(), 200
        key: object = "queue"
        if self._queue:
            scenario = self._queue[0]
        else:
            key = str((head.body or {}).get("model", ""))
            scenario = self._named(key)
        turn = self._turns.get(key, 0)
        wrong = scenario.status != 200 and (
            not scenario.status_times or turn < scenario.status_times
        )
        again = wrong and scenario.status_times > 0
        self._turns[key] = turn + 1 if again else 0
        if key == "queue" and not again:
            self._queue.popleft()
        return scenario, scenario.status if wrong else 200

    def _named(self, model: str) -> Scenario:
        name, _, query = model.partition("?")
        if name not in self.scenarios and name.startswith("test/"):
            return Scenario(status=404, error_message=f"The model {name!r} does not exist.")
        scenario = self.scenarios.get(name, self.default)
        try:
            return scenario.changed(query) if query else scenario
        except ValueError as error:
            return Scenario(status=404, error_message=str(error))


def json_log(event: str, request: Request) -> None:
    print(json.dumps({"event": event, **request.as_json()}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.server")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument(
        "--until-eof", action="store_true", help="end when standard input closes, with the parent"
    )
    options = parser.parse_args()
    # The thread inherits the mask, so that only sigwait sees them.
    signals = {signal.SIGINT, signal.SIGTERM}
    if not options.until_eof:
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    with Server(options.port, log=json_log) as server:
        print(server.url, flush=True)
        if options.until_eof:
            sys.stdin.read()
        else:
            signal.sigwait(signals)


if __name__ == "__main__":
    main()
