"""What `import nbstream` costs, and which module may import which."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import nbstream

PACKAGE = Path(nbstream.__file__).parent
WIDGET_STACK = {"ipywidgets", "anywidget", "IPython"}

GROUND = ["text", "errors", "loops"]
"""All may import these, and each of them what stands before it."""

# The rest in the order in which data flows: package or module -> what it may import beside the
# ground, at any level of indentation, type-only imports included.
ARROWS = {
    "transcript": "",
    "kernel": "",
    "validation": "transcript",
    "settings": "validation",
    "local": "",
    "transport": "transcript",
    "adapters": "transcript transport",
    "tools": "adapters transcript validation",
    "session": "adapters kernel tools transcript transport",
    "clients": "local settings transport",
    "request": "adapters clients session settings tools transcript transport validation",
    "inspection": "session transport",
    "comm": "inspection session tools transcript transport",
    "answer": "inspection request session transcript",
    "engine": "answer request session tools transcript transport validation",
    "markdown": "",
    "saved": "markdown transcript",
    "widget": "answer comm kernel request saved session tools transcript transport",
    "api": "kernel request settings tools transcript transport validation widget",
    "doctor": "clients local settings",
    "magic": "answer api clients doctor kernel request session settings tools transport validation"
    " widget",
    "cli": "clients doctor local widget",
}
MAY_IMPORT_WIDGETS = {"widget", "magic"}


@dataclass(frozen=True)
class Import:
    """One import statement; ``inside`` a package, or of ``outside``."""

    inside: str | None
    outside: str | None
    at_top: bool
    typing_only: bool


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    """``session``, or ``adapters`` for everything in that folder."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    depth = len(path.relative_to(PACKAGE).parts)

    def walk(node: ast.AST, at_top: bool, typing_only: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield classify(alias.name, at_top, typing_only)
        elif isinstance(node, ast.ImportFrom):
            yield from from_import(node, at_top, typing_only)
        in_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        typing_only = typing_only or (isinstance(node, ast.If) and is_type_checking(node.test))
        for child in ast.iter_child_nodes(node):
            yield from walk(child, at_top and not in_function, typing_only)

    def from_import(node: ast.ImportFrom, at_top: bool, typing_only: bool) -> Iterator[Import]:
        if node.level == 0:
            assert node.module is not None
            yield classify(node.module, at_top, typing_only)
        elif node.level < depth:  # a neighbour in the same folder
            yield Import(module_of(path), None, at_top, typing_only)
        elif node.module:
            yield Import(node.module.split(".")[0], None, at_top, typing_only)
        else:
            for alias in node.names:
                yield Import(alias.name, None, at_top, typing_only)

    return walk(tree, True, False)


def classify(name: str, at_top: bool, typing_only: bool) -> Import:
    first, _, rest = name.partition(".")
    if first == "nbstream":
        return Import(rest.split(".")[0] or "__init__", None, at_top, typing_only)
    return Import(None, first, at_top, typing_only)


def is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def arrows_of(module: str) -> set[str]:
    own = [path for path in sources() if module_of(path) == module]
    return {i.inside for path in own for i in imports_of(path) if i.inside} - {module, "__init__"}


def test_the_arrows_name_everything_and_point_one_way() -> None:
    order = [*GROUND, *ARROWS]
    assert sorted([*order, "__init__"]) == sorted({module_of(path) for path in sources()})
    for place, module in enumerate(order):
        assert set(ARROWS.get(module, "").split()) <= set(order[:place]), module


@pytest.mark.parametrize("place", range(len(GROUND)), ids=GROUND)
def test_the_ground(place: int) -> None:
    assert arrows_of(GROUND[place]) <= set(GROUND[:place])


@pytest.mark.parametrize("module", ARROWS)
def test_arrows(module: str) -> None:
    assert arrows_of(module) - set(GROUND) == set(ARROWS[module].split())


def test_the_root_stays_small() -> None:
    assert len([path for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]) <= 12


def test_every_package_says_what_it_is() -> None:
    for path in PACKAGE.glob("*/__init__.py"):
        said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        assert said.partition("\n")[0].endswith((".", ",")), path


def test_a_forbidden_import_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "adapters").mkdir()
    (tmp_path / "events.py").write_text("def f():\n    from .session import Session\n")
    (tmp_path / "adapters" / "chat.py").write_text("from ._base import x\nfrom .. import widget\n")
    assert [i.inside for i in imports_of(tmp_path / "events.py")] == ["session"]
    found = [i.inside for i in imports_of(tmp_path / "adapters" / "chat.py")]
    assert found == ["adapters", "widget"]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_third_parties(path: Path) -> None:
    module = module_of(path)
    for found in imports_of(path):
        if found.outside == "openai":
            assert not found.at_top, "openai takes a second to import: only inside functions"
        if found.outside in WIDGET_STACK and module not in MAY_IMPORT_WIDGETS:
            raise AssertionError(f"{module} imports {found.outside}")


def run(code: str) -> list[str]:
    code += "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules: list[str] = json.loads(done.stdout)
    return modules


def test_import_is_lazy() -> None:
    modules = run("import nbstream")
    heavy = {"openai", "httpx", "httpx2", "ipywidgets", "anywidget", "IPython", "traitlets"}
    assert heavy.isdisjoint(modules)
    own = [name for name in modules if name.startswith("nbstream")]
    assert own == ["nbstream", "nbstream.errors", "nbstream.text", "nbstream.text.terminal"]


def test_the_engine_needs_no_jupyter_and_no_sdk() -> None:
    modules = run("import nbstream.engine, nbstream.comm.wire, nbstream.comm.inspector")
    assert {"openai", "ipywidgets", "anywidget", "IPython", "traitlets"}.isdisjoint(modules)


def test_the_api_does_not_import_the_sdk() -> None:
    assert "openai" not in run("import nbstream; nbstream.stream; nbstream.StreamWidget")
