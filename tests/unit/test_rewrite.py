"""Which cells get an ``await``."""

from __future__ import annotations

import ast
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.errors import UsageError
from nbstream.magic import auto_await
from nbstream.magic.auto_await import AwaitStream, FindMisplaced


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
    monkeypatch.setattr(auto_await, "is_headless", lambda: True)
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


def test_a_cell_without_a_body_is_given_to_the_magic(shell: Any) -> None:
    (line,) = AwaitStream(shell)(cell("What is a queue?", ""))
    assert line == "await get_ipython().run_cell_magic('stream', 'What is a queue?', '\\n')\n"
    other = cell("", "say ''")
    assert AwaitStream(shell)(other) == [f"await {other[0]}"]


@pytest.mark.parametrize(
    "above",
    ["# a comment\n", "x = 1\n", "%load_ext nbstream\n\n", '# """\n', "!ls 'a\n", "s = '''a'''\n"],
)
def test_what_stands_above_the_magic_is_an_error(above: str) -> None:
    with pytest.raises(UsageError, match="has to be the first line of its cell"):
        FindMisplaced()(f"{above}%%stream --as w\nIt's a prompt.".splitlines(keepends=True))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "%%stream\nHi",
        "\n  \n  %%stream\n  Hi",
        "%%time\n%%stream\nHi",
        "%%stream\n%%stream\n",
        's = """\n%%stream\nHi\n"""',
        "f(r'''a\n%%stream''')",
        "# %%streams\n%%streams\nHi",
        "print('%%stream')",
    ],
)
def test_other_cells_are_not_judged(text: str) -> None:
    lines = text.splitlines(keepends=True)
    assert FindMisplaced()(lines) == lines


def test_a_line_that_cannot_be_read_waits(shell: Any) -> None:
    assert AwaitStream(shell)(cell("--bg --nonsense"))[0].startswith("await ")
