"""JupyterLab and Notebook 7 in a real Chromium, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import ensure_chromium
from tests.support.jupyter import JupyterServer
from tests.support.page import NotebookPage, write_notebook
from tests.support.server import Server

KEY = "test-key-0123456789abcdef"

OpenNotebook = Callable[..., NotebookPage]

lab_only = pytest.mark.parametrize("jupyter", ["lab"], indirect=True, scope="session")
"""For what the renderer alone decides: Notebook 7 shows it with the same parts of JupyterLab."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Ends with this folder: Playwright's loop on the main thread would be in others' way.
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=ensure_chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def model_server() -> Iterator[Server]:
    """One loopback server for all pages: kernels know its address from their environment."""
    with Server() as running:
        yield running


@pytest.fixture(scope="session", params=["lab", "notebook"])
def jupyter(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, model_server: Server
) -> Iterator[JupyterServer]:
    root = tmp_path_factory.mktemp(request.param) / "notebooks"
    root.mkdir()
    environment = {
        "OPENAI_BASE_URL": model_server.url,
        "OPENAI_API_KEY": KEY,
        "NBSTREAM_MODEL": "test/ok",
    }
    with JupyterServer(request.param, root, environment) as running:
        yield running


@pytest.fixture
def open_notebook(
    browser: Browser, jupyter: JupyterServer, request: pytest.FixtureRequest
) -> Iterator[OpenNotebook]:
    """``open_notebook([source, ...])``: a new notebook in a new page; each test its own kernel."""
    contexts = []
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)

    def open_(
        sources: Sequence[str] | None = None,
        *,
        width: int = 1100,
        dark: bool = False,
        kernel: bool = True,
        file: str | None = None,
        prepare: Callable[[Page], None] = lambda page: None,
    ) -> NotebookPage:
        file = file or f"{name}.ipynb"
        if sources is not None:
            write_notebook(jupyter.root / file, ["%load_ext nbstream", *sources])
        context = browser.new_context(viewport={"width": width, "height": 800})
        contexts.append(context)
        fresh = context.new_page()
        prepare(fresh)
        page = NotebookPage(fresh, jupyter, file).open(kernel)
        # The server remembers the theme of the page before.
        page.command("apputils:change-theme", theme=f"JupyterLab {'Dark' if dark else 'Light'}")
        if jupyter.app == "lab":
            page.command("application:toggle-left-area")
        if sources is not None:
            page.run(0)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Path:
    """Where screenshots go, for people to look at."""
    folder = Path(request.config.rootpath) / "test-results"
    folder.mkdir(exist_ok=True)
    return folder
