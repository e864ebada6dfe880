"""What the code can tell of who looks at it: from the request of the running cell."""

from __future__ import annotations

import sys
import types
from typing import Any

import comm
import pytest

from nbstream.kernel import environment

SESSION = "0123abcd-4567"
PYTHON = {"header": {"session": SESSION, "msg_id": f"{SESSION}_41_2"}, "metadata": {}}


class FakeKernel:
    parent: object = "the app"

    def __init__(self, request: dict[str, Any], allow_stdin: bool = True) -> None:
        self._request = request
        self._allow_stdin = allow_stdin

    def get_parent(self) -> dict[str, Any]:
        return self._request


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(request: dict[str, Any], **options: Any) -> None:
        monkeypatch.setattr(environment, "kernel", lambda: FakeKernel(request, **options))

    return use


def test_a_console_is_a_python_client_without_cells(use: Any) -> None:
    use(PYTHON)
    assert environment.plain_client() == SESSION


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"header": {"session": "", "msg_id": "_1"}},
        # JavaScript's message ids have nothing of the session's.
        {"header": {"session": SESSION, "msg_id": "89ef"}, "metadata": {}},
        {**PYTHON, "metadata": {"cellId": "c1"}},
    ],
)
def test_notebooks_are_no_consoles(use: Any, request_: dict[str, Any]) -> None:
    use(request_)
    assert environment.plain_client() is None


def test_without_a_kernel_there_is_no_client() -> None:
    assert environment.plain_client() is None
    assert not environment.is_headless()


def test_who_asks_for_no_input_is_headless(use: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    use(PYTHON, allow_stdin=False)
    assert environment.is_headless()
    assert environment.plain_client() is None
    with monkeypatch.context() as patch:
        patch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
        assert not environment.is_headless()
        assert environment.plain_client() is None
    # As Solara makes them.
    with monkeypatch.context() as patch:
        patch.setattr(FakeKernel, "parent", None)
        assert not environment.is_headless()
    # Its page shows widgets, whatever it asks for.
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    assert not environment.is_headless()
    assert environment.plain_client() is None


def test_a_script_reaches_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def unregistered(**given: Any) -> Any:
        return comm.DummyComm(**given)

    unregistered.__module__ = "comm"
    monkeypatch.setattr(comm, "create_comm", unregistered)
    assert not environment.reaches_pages()
    with monkeypatch.context() as patch:
        patch.setattr(environment, "kernel", lambda: FakeKernel({}))
        assert environment.reaches_pages()
    unregistered.__module__ = "marimo._plugins.ui._impl.comm"
    assert environment.reaches_pages()


def test_a_script_that_imports_ipykernel_reaches_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    from ipykernel import ipkernel
    from ipykernel.kernelbase import Kernel

    monkeypatch.setattr(comm, "create_comm", ipkernel._create_comm)
    monkeypatch.setattr(Kernel, "_instance", None)
    assert not environment.reaches_pages()
    # As Panel does, which has a kernel without a shell.
    monkeypatch.setattr(Kernel, "initialized", lambda: True)
    assert environment.reaches_pages()
