"""Keeps track of which pages have the front end's code, to send it once to each. No Jupyter.

A widget's state holds the code, some 36 KB. It is left out if the page already has the code; a
page that lacks it all the same asks for it (`js/src/loader.ts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Delivery:
    """What was sent to which page.

    A message names the client that sent it. In JupyterLab that is a document in one page, as long
    as the page lives. In other front ends, pages come and go behind one client, so a client counts
    only after its page has said that it *is* the client. About other pages only one thing is known:
    the outputs of one cell share a page.

    >>> delivery = Delivery()
    >>> cell = {"header": {"msg_id": "1", "session": "page"}}
    >>> delivery.is_due(cell), delivery.is_due(cell)
    (True, False)
    >>> delivery.arrived("page")
    >>> delivery.is_due({"header": {"msg_id": "2", "session": "page"}})
    False
    """

    def __init__(self) -> None:
        self._clients: set[str] = set()
        self._last = ""  # the message in whose handling the code was sent last

    def arrived(self, client: str) -> None:
        """The page that is ``client`` runs the code."""
        if client:
            self._clients.add(client)

    def is_due(self, message: Mapping[str, Any]) -> bool:
        """Whether a state that is sent while ``message`` is handled must include the code, which
        then counts as sent."""
        header = message.get("header", {})
        name = header.get("msg_id", "")
        if header.get("session") in self._clients or (name and name == self._last):
            return False
        self._last = name
        return True

    def taken_back(self) -> None:
        """Forget the last delivery, which may not have arrived."""
        self._last = ""


delivery = Delivery()
"""This kernel's."""
