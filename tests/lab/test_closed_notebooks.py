"""A notebook that is closed, while its kernel and its streams live on."""

from __future__ import annotations

from tests.support.scenario import Scenario

from .conftest import OpenNotebook, lab_only
from .test_moved_cells import streams
from .test_nothing_lost import wait_words
from .test_stream import Model, model  # noqa: F401  # a fixture

pytestmark = lab_only

WORDS = tuple(f"word{n} " for n in range(20))


def test_its_streams_are_forgotten_until_it_is_opened_again(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
) -> None:
    gated = model(Scenario(text=WORDS, gates=frozenset({"deltas"})))
    page = open_notebook([f"%%stream {gated.name} --bg\nHi"])
    before = streams(page)  # of other tests that use this page
    page.run(1)
    request = gated.request()
    request.release(10)
    wait_words(page, 1, 10)
    (stream,) = streams(page) - before
    page.save()
    page.page.evaluate("() => { window.jupyterapp.shell.currentWidget.dispose() }")
    page.wait(lambda: stream not in streams(page), "the page to forget the stream")

    # The kernel streams on, and the notebook shows it when it is opened again.
    page.open_here()
    request.release(5)
    wait_words(page, 1, 15)
    request.release(5)
