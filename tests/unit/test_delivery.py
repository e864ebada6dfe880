"""Which pages get the front end's code with a widget."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.comm import assets
from nbstream.comm.delivery import Delivery
from nbstream.widget import widget
from nbstream.widget.widget import StreamWidget
from tests.support.fakes import FakeSource, chat


def message(name: str, client: str, **data: Any) -> dict[str, Any]:
    return {"header": {"msg_id": name, "session": client}, "content": {"data": data}}


def test_a_client_that_has_it_gets_it_no_more() -> None:
    delivery = Delivery()
    assert delivery.is_due(message("1", "a"))
    delivery.arrived("a")
    assert not delivery.is_due(message("2", "a"))
    assert delivery.is_due(message("3", "b")), "another page, or the same one reloaded"
    assert not delivery.is_due(message("4", "a"))


def test_the_outputs_of_one_cell_share_it() -> None:
    delivery = Delivery()
    assert [delivery.is_due(message("1", "a")) for _ in range(3)] == [True, False, False]
    assert delivery.is_due(message("2", "a")), "nobody has said that the page is still there"
    delivery.taken_back()
    assert delivery.is_due(message("2", "a")), "it may not have arrived"


def test_without_a_message_each_widget_has_it() -> None:
    delivery = Delivery()
    delivery.arrived("")
    for message_ in ({}, {}, {"header": {"session": ""}}, {"header": {"session": ""}}):
        assert delivery.is_due(message_)


def make() -> StreamWidget:
    return StreamWidget(source=FakeSource([chat(finish="stop")]), label="", model="m")


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The message that is handled, to be changed."""
    current = message("1", "a")
    monkeypatch.setattr(widget, "delivery", Delivery())
    monkeypatch.setattr(widget, "handled_message", lambda: current)
    return current


async def test_state_for_python_is_whole(handled: dict[str, Any]) -> None:
    for w in (make(), make()):
        w.open()
        assert w.get_state()["_code"] == assets.packed()


async def test_one_of_the_states_that_a_page_asks_for_has_it(handled: dict[str, Any]) -> None:
    widgets = [make(), make()]
    for w in widgets:
        w.open()
    handled.update(message("2", "reloaded", method="request_states"))
    assert [w.get_state()["_code"] is None for w in widgets] == [False, True]
    handled.update(message("3", "reloaded", method="request_state"))
    assert widgets[0].get_state()["_code"] is not None, "where nothing is known of the page"
    hello = {"v": 1, "kind": "hello", "have": {}, "page": "p", "client": "reloaded"}
    widgets[0]._on_request(widgets[0], hello, [])
    handled.update(message("4", "reloaded", method="request_states"))
    assert [w.get_state()["_code"] for w in widgets] == [None, None]
