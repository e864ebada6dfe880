"""The text in every page is the kernel's text, whatever happened to the messages on their way."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.pages import Pages
from tests.support.schedule import Schedule

SCHEDULES = int(os.environ.get("NBSTREAM_TEST_SCHEDULES", "200"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with Pages(tmp_path_factory.mktemp("pages")) as running:
        yield running


def test_every_page_has_the_kernels_text(pages: Pages) -> None:
    compared = 0
    for seed in range(SCHEDULES):
        schedule = Schedule(seed, pages)
        states = schedule.run()
        shown = {(state["page"], state["stream"]) for state in states}
        for page in schedule.live:
            own = {stream for where, stream in shown if where == page}
            assert own if schedule.apart else own == set(schedule.wires), f"seed {seed}"
        for state in states:
            session = schedule.sessions[state["stream"]]
            expected = {key: part.text for key, part in session.transcript.parts.items()}
            assert state["parts"] == expected, f"seed {seed}: {state}"
            assert state["status"] == session.status, f"seed {seed}: {state}"
            assert not state["lost"], f"seed {seed}: {state}"
            compared += 1
        for page in schedule.live:
            pages.take({"op": "unload", "page": page})
    assert compared > 5 * SCHEDULES
