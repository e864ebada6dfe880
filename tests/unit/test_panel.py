"""What `%nbstream` prints."""

from __future__ import annotations

import pytest

from nbstream.kernel.cells import Execution
from nbstream.magic import panel
from nbstream.magic.chats import Chat


def test_chats_are_listed_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    chat = Chat()
    chat.keep(chat.begin(Execution(1), "Sum up \x1b[2J", {"system": "\x9bx"}), "Done.")
    panel.chats({"notes\x07": chat})
    said = capsys.readouterr().out
    assert "Sum up ␛[2J" in said
    assert not {"\x1b", "\x9b", "\x07"} & set(said)
