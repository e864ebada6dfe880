"""Which cells get an ``await``."""

from __future__ import annotations

import ast
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream import rewrite
from nbstream.rewrite import AwaitStream


def cell(line: str = "", body: str = "Hi\n") -> list[str]:
    return [f"get_ipython().run_cell_magic('stream', {line!r}, {body!r})\n"]


@pytest.fixture
def shell() -> Any:
    return SimpleNamespace(autoawait=True, kernel=object())


def test_a_stream_cell_waits(shell: Any) -> None:
    lines = AwaitStream(shell)(cell("m --temperature 1", "It's {\"x\"} \\n 'q'\n"))
    assert lines == ["await " + cell("m --temperature 1", "It's {\"x\"} \\n 'q'\n")[0]]
    ast.parse(lines[0], mode="exec", type_comments=False)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["x = 1\n"],
        ["get_ipython().run_cell_magic('time', '', 'pass')\n"],
        ["get_ipython().run_cell_magic('streams', '', 'pass')\n"],
        ["x = get_ipython().run_cell_magic('stream', '', 'pass')\n"],
        ["\n", *cell()],
        ["get_ipython().run_line_magic('nbstream', 'tasks')\n"],
    ],
)
def test_other_cells_stay(shell: Any, lines: list[str]) -> None:
    assert AwaitStream(shell)(lines) == lines


def test_background_does_not_wait(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert AwaitStream(shell)(cell("--bg")) == cell("--bg")
    monkeypatch.setattr(rewrite, "is_headless", lambda: True)
    assert AwaitStream(shell)(cell("--bg"))[0].startswith("await ")


def test_without_autoawait_or_without_a_kernel(shell: Any) -> None:
    shell.autoawait = False
    assert AwaitStream(shell)(cell()) == cell()
    assert AwaitStream(SimpleNamespace(autoawait=True))(cell()) == cell()


async def test_inside_a_running_cell_only_the_kernel_itself_may_await(shell: Any) -> None:
    transform = AwaitStream(shell)

    def do_execute() -> list[str]:
        return transform(cell())

    def run_cell() -> list[str]:
        return transform(cell())

    def do_execute_nested() -> list[str]:
        return run_cell()

    assert do_execute()[0].startswith("await ")
    assert run_cell() == cell()
    assert do_execute_nested() == cell()
    assert transform(cell()) == cell()


def test_a_line_that_cannot_be_read_waits(shell: Any) -> None:
    assert AwaitStream(shell)(cell("--bg --nonsense"))[0].startswith("await ")
