"""Approve and Stop pressed in the same moment, in a real page."""

from __future__ import annotations

import json

import pytest

from tests.support.scenario import Scenario
from tests.support.tools import chat_reply

from .conftest import OpenNotebook, lab_only
from .test_stream import Model, model  # noqa: F401  # a fixture
from .test_tools import states

pytestmark = lab_only

ROUNDS = 8
SETUP = """\
import json, nbstream
ran, turn = [], 0

def send_mail(to: str) -> str:
    '''Send a mail.'''
    ran.append(to)
    return "sent"
"""
TOLD = """\
turn += 1
calls = [call.status for call in w.tool_calls]
print(json.dumps({"turn": turn, "ran": len(ran), "calls": calls, "is": w.status}))
ran.clear()
"""
# In one task of the page: nothing comes between the two.
PRESS = """(view, names) => {
    const buttons = [...view.querySelectorAll("button")];
    for (const name of names) buttons.find((one) => one.textContent.trim() === name).click();
}"""


@pytest.mark.parametrize("order", [("Stop", "Approve"), ("Approve", "Stop")], ids=" then ".join)
@pytest.mark.parametrize("loop", ["kernel", "thread"])
def test_approve_and_stop_in_the_same_moment(
    open_notebook: OpenNotebook,
    model: type[Model],  # noqa: F811
    order: tuple[str, str],
    loop: str,
) -> None:
    calling = model(Scenario(body=chat_reply(("c1", "send_mail", {"to": "a@example.org"}))))
    options = f"tools=[send_mail], approve='ask', loop={loop!r}, model={calling.name!r}"
    page = open_notebook([SETUP, f"w = nbstream.stream('Hi', {options})\nw", TOLD])
    page.run(1)
    ran = 0
    for turn in range(1, ROUNDS + 1):
        page.run(2)
        page.wait(lambda: states(page, 2) == ["awaiting approval"], "the question")
        page.widget(2).evaluate(PRESS, order)
        page.wait(lambda: page.widget(2).get_attribute("data-status") == "cancelled", "the end")
        shown = states(page, 2)
        page.run(3)
        page.wait(lambda turn=turn: f'"turn": {turn},' in page.output(3).inner_text(), "the states")
        told = json.loads(page.output(3).inner_text())
        ran += told["ran"]
        assert told["is"] == "cancelled"
        assert told["ran"] <= (order[0] == "Approve"), "nothing runs once it was stopped"
        if not told["ran"]:
            assert told["calls"][0] in ("not_run", "stopped")
            assert shown[0] in ("not run", "stopped")
        # The next reply's call may have arrived by then, whole or in part.
        assert set(told["calls"][1:]) <= {"not_run", "incomplete", ""}
        assert {"running", "awaiting approval"}.isdisjoint(shown)
    print(f"{order}, {loop}: {ran} of {ROUNDS} calls ran")
    assert not page.errors
