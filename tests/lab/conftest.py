"""JupyterLab and Notebook 7 in a real Chromium, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.support.browser import ensure_chromium
from tests.support.jupyter import JupyterServer
from tests.support.page import NotebookPage, write_notebook
from tests.support.patience import PATIENCE
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


SIZE: ViewportSize = {"width": 1100, "height": 800}


def new_page(browser: Browser) -> Page:
    """A page that shares nothing with others."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(1000 * PATIENCE)
    return page


class SharedPage:
    """A page that has loaded JupyterLab: most tests need a notebook and a kernel of their own, but
    no page, and a page takes longer to load than most tests run."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._page: Page | None = None
        self._open: NotebookPage | None = None

    @property
    def taken(self) -> bool:
        """Whether a test has it."""
        return self._open is not None

    def open(self, jupyter: JupyterServer, file: str) -> NotebookPage:
        """Open a notebook, in the page as it was at first."""
        try:
            self._open = self._opened(jupyter, file)
        except Exception:
            self.close()
            raise
        return self._open

    def _opened(self, jupyter: JupyterServer, file: str) -> NotebookPage:
        if self._page is None:
            self._page = new_page(self._browser)
            return NotebookPage(self._page, jupyter, file).open()
        self._page.set_viewport_size(SIZE)
        self._page.emulate_media(media="null", forced_colors="null", reduced_motion="null")
        return NotebookPage(self._page, jupyter, file).open_here()

    def leave(self, failed: bool) -> None:
        """Make ready for the next test; a page in which one failed is not used again."""
        opened, self._open = self._open, None
        if opened and failed:
            self.close()
        elif opened:
            opened.leave()

    def close(self) -> None:
        """End the page."""
        if self._page:
            self._page.context.close()
        self._page = None


@pytest.fixture(scope="package")
def shared_page(browser: Browser, jupyter: JupyterServer) -> Iterator[SharedPage]:
    page = SharedPage(browser)
    yield page
    page.close()


@pytest.fixture
def open_notebook(
    browser: Browser,
    jupyter: JupyterServer,
    shared_page: SharedPage,
    request: pytest.FixtureRequest,
) -> Iterator[OpenNotebook]:
    """``open_notebook([source, ...])``: a new notebook, and a kernel of its own. The first of a
    test comes into a page of JupyterLab that tests share; ``own_page=True`` is for what depends on
    what the page has loaded or done. All others come into new pages."""
    contexts = []
    name = "".join(c if c.isalnum() else "-" for c in f"{request.path.stem}-{request.node.name}")
    failed = request.session.testsfailed

    def open_(
        sources: Sequence[str] | None = None,
        *,
        dark: bool = False,
        own_page: bool = False,
        kernel: bool = True,
        file: str | None = None,
        prepare: Callable[[Page], None] = lambda page: None,
    ) -> NotebookPage:
        file = file or f"{name}.ipynb"
        if sources is not None:
            write_notebook(jupyter.root / file, ["%load_ext nbstream", *sources])
        if jupyter.app == "lab" and not (own_page or contexts or shared_page.taken):
            page = shared_page.open(jupyter, file)
        else:
            fresh = new_page(browser)
            contexts.append(fresh.context)
            prepare(fresh)
            page = NotebookPage(fresh, jupyter, file).open(kernel)
        # The server remembers the theme of the page before.
        page.command("apputils:change-theme", theme=f"JupyterLab {'Dark' if dark else 'Light'}")
        if jupyter.app == "lab":
            page.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
        if sources is not None:
            page.run(0)
        return page

    yield open_
    for context in contexts:
        context.close()
    shared_page.leave(failed=request.session.testsfailed > failed)


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Path:
    """Where screenshots go, for people to look at."""
    folder = Path(request.config.rootpath) / "test-results"
    folder.mkdir(exist_ok=True)
    return folder
