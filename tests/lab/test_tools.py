"""Calls that wait for somebody at the page, in real JupyterLab and Notebook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.page import NotebookPage
from tests.support.scenario import Scenario
from tests.support.server import Server
from tests.support.tools import chat_reply

from .conftest import OpenNotebook, lab_only
from .test_every_stream import shoot

SETUP = """\
import nbstream, time

def look_up(city: str, days: int = 1) -> dict:
    '''The weather of a city.'''
    if city == "Atlantis":
        raise LookupError(f"no weather station in {city}")
    forecast = [{"day": n, "sky": "clear", "high": 21 + n} for n in range(days)]
    return {"city": city, "forecast": forecast}

def send_mail(to: str, subject: str, text: str) -> str:
    '''Send a mail.'''
    return f"sent to {to}"
"""
MAIL = {
    "to": "team@example.org",
    "subject": "Umbrellas",
    "text": "Nobody needs one in Oslo this week.",
}
FIRST = (
    ("c1", "look_up", {"city": "Oslo", "days": 2}),
    ("c2", "look_up", {"city": "Atlantis"}),
)
SECOND = (("c3", "send_mail", MAIL), ("c4", "send_mail", {**MAIL, "to": "all@example.org"}))
ANSWER = "It stays **dry** in Oslo. The team has its mail; the other one was not sent."


def replies(server: Server) -> None:
    server.enqueue(
        Scenario(body=chat_reply(*FIRST, text="I look up the weather of both cities.")),
        Scenario(body=chat_reply(*SECOND)),
        Scenario(body=chat_reply(text=ANSWER)),
    )


def states(page: NotebookPage, number: int) -> list[str]:
    """What the cards say, without times."""
    texts = page.widget(number).locator(".nbs-tool-status").all_inner_texts()
    return [re.sub(r"( · )?[\d.]+ s$", "", text) for text in texts]


def press(page: NotebookPage, number: int, name: str, which: int = 0) -> None:
    page.widget(number).get_by_role("button", name=name, exact=True).nth(which).click()


@lab_only
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_approve_and_decline(
    open_notebook: OpenNotebook, model_server: Server, shots: Path, theme: str
) -> None:
    source = "w = nbstream.stream('Umbrella?', tools=[look_up, send_mail], approve='ask')\nw"
    page = open_notebook([SETUP, source, "print(w.text)"], dark=theme == "dark")
    page.run(1)
    replies(model_server)
    page.run(2)
    waits = ["awaiting approval"] * 2
    page.wait(lambda: states(page, 2) == waits, "the questions")
    status, says = page.widget(2).locator(".nbs-status"), "waiting for your approval of look_up (2)"
    page.wait(lambda: status.inner_text() == says, says)
    page.wait(lambda: page.output(2).locator(".nbs-tok-string").count() > 0, "colours")
    shoot(page, shots, f"{theme}-tools-first")
    page.page.set_viewport_size({"width": 400, "height": 900})
    room = "el => [el.scrollWidth <= el.clientWidth, el.scrollHeight <= el.clientHeight]"
    page.wait(lambda: status.evaluate(room) == [True, True], "all words of a narrow header")
    # By the keyboard: the focus stays in the view.
    buttons = page.widget(2).get_by_role("button", name="Approve", exact=True)
    buttons.nth(0).focus()
    page.page.keyboard.press("Enter")
    page.wait(lambda: states(page, 2) == ["", "awaiting approval"], "the first decision")
    assert page.widget(2).evaluate("view => view.contains(document.activeElement)")
    press(page, 2, "Approve")
    page.wait(lambda: states(page, 2)[2:] == waits, "the next questions")
    assert states(page, 2)[:2] == ["", "failed"]
    shoot(page, shots, f"{theme}-tools-approval")
    press(page, 2, "Approve", 0)
    page.wait(lambda: states(page, 2)[2:] == ["", "awaiting approval"], "the decision")
    press(page, 2, "Decline")
    page.wait(lambda: page.widget(2).get_attribute("data-status") == "completed", "the end")
    assert states(page, 2) == ["", "failed", "", "declined"]
    assert page.widget(2).locator(".nbs-ask:visible").count() == 0
    for card in page.widget(2).locator(".nbs-tool > summary").all():
        card.click()
    shoot(page, shots, f"{theme}-tools-end")
    page.run(3)
    page.wait(lambda: page.output(3).inner_text().strip().endswith(ANSWER), "the answer")
    assert not page.errors


def test_stop_and_a_reload_while_a_call_waits(
    open_notebook: OpenNotebook, model_server: Server
) -> None:
    source = "w = nbstream.stream('Umbrella?', tools=[look_up, send_mail], approve='ask')\nw"
    page = open_notebook([SETUP, source])
    page.run(1)
    model_server.enqueue(Scenario(body=chat_reply(*SECOND)))
    page.run(2)
    page.wait(lambda: states(page, 2) == ["awaiting approval"] * 2, "the questions")
    page.save()
    page.page.reload()
    page.open()
    page.wait(lambda: page.widget(2).locator(".nbs-ask:visible").count() == 2, "the buttons")
    page.widget(2).locator(".nbs-stop").click()
    page.wait(lambda: page.widget(2).get_attribute("data-status") == "cancelled", "the end")
    page.wait(lambda: states(page, 2) == ["not run"] * 2, "the states")
    assert not page.errors


@lab_only
def test_a_decision_while_a_cell_computes(
    open_notebook: OpenNotebook, model_server: Server
) -> None:
    """A stream with a thread of its own goes on: the click does not wait for the cell."""
    source = "w = nbstream.stream('Umbrella?', tools=[send_mail], approve='ask', loop='thread')\nw"
    busy = "while not w.is_done:\n    pass\nprint(w.tool_calls[0].result)"
    page = open_notebook([SETUP, source, busy])
    page.run(1)
    model_server.enqueue(
        Scenario(body=chat_reply(*SECOND[:1])), Scenario(body=chat_reply(text="Ok."))
    )
    page.run(2)
    page.wait(lambda: states(page, 2) == ["awaiting approval"], "the question")
    page.start(3)
    page.wait(lambda: page.execution_count(3) is None, "the cell to begin")
    press(page, 2, "Approve")
    page.wait(lambda: "sent to team@example.org" in page.output(3).inner_text(), "the result")
    assert not page.errors
