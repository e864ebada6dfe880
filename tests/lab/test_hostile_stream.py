"""Whatever a model writes, no part of it loads or runs anything while it streams in a real page."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route

ROOT = Path(__file__).parents[2]
CORPUS = json.loads((ROOT / "tests/fixtures/hostile_markdown.json").read_text())
TEXTS = [item["text"] for item in CORPUS]
PAGE = "http://127.0.0.1:9/"
SENTINEL = f"{PAGE}all-before-this-was-seen"

BUNDLE = """\
import { build } from "esbuild";
const entryPoints = ["test/browser/streamed.ts"];
const options = { bundle: true, write: false, format: "iife", logLevel: "warning" };
const { outputFiles } = await build({ entryPoints, ...options });
process.stdout.write(outputFiles[0].text);
"""


def bundle() -> str:
    """The renderer with all its parts, and what drives it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    node = shutil.which("node", path=path) or "node"
    command = [node, "--input-type=module", "--eval", BUNDLE]
    done = subprocess.run(command, cwd=ROOT / "js", capture_output=True, check=True)
    return done.stdout.decode()


class Watched:
    """A page without a network that notes what it and those it opens ask for."""

    def __init__(self, context: BrowserContext) -> None:
        self.requested: list[str] = []
        context.route("**/*", self._answer)
        self.page: Page = context.new_page()
        self.dialogs: list[str] = []
        self.page.on("dialog", self._dismiss)
        self.page.goto(PAGE)
        self.page.add_script_tag(content=bundle())
        self.page.add_style_tag(path=ROOT / "nbstream/static/widget.css")
        context.on("page", lambda opened: opened.close())
        self.requested.clear()

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _answer(self, route: Route) -> None:
        self.requested.append(route.request.url)
        if route.request.url == PAGE:
            route.fulfill(body="<!doctype html><body></body>", content_type="text/html")
        else:
            route.abort()

    def requests(self) -> list[str]:
        """All requests until now."""
        with self.page.expect_request(SENTINEL):
            self.page.evaluate("(url) => { new Image().src = url }", SENTINEL)
        return [url for url in self.requested if url != SENTINEL]


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context()
    yield Watched(context)
    context.close()


def test_no_part_of_a_text_is_dangerous(watched: Watched) -> None:
    found = {text: watched.page.evaluate("(text) => stream(text)", text) for text in TEXTS}
    assert {text: dangers for text, dangers in found.items() if dangers} == {}
    assert watched.requests() == []
    assert watched.page.evaluate("() => window.pwned") is None
    assert watched.dialogs == []


def test_a_click_loads_what_it_says_and_nothing_else(watched: Watched) -> None:
    images: list[str] = []
    links: list[str] = []
    for text in [*TEXTS, "![a](http://127.0.0.1:9/a.png) [b](http://127.0.0.1:9/b)"]:
        watched.page.evaluate("(text) => stream(text)", text)
        shown = watched.page.evaluate("() => click()")
        images += shown["images"]
        links += shown["links"]
    requested = watched.requests()
    assert "http://127.0.0.1:9/a.png" in requested, "the click was one"
    assert all(url.startswith(("http://", "https://")) for url in images)
    assert set(requested) <= {*images, *links}
    assert set(images) <= set(requested)
    assert watched.page.evaluate("() => window.pwned") is None
    assert watched.page.url == PAGE
    assert watched.dialogs == []
