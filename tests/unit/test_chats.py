"""Turns by cell."""

from __future__ import annotations

from nbstream.chats import Chat, Turn


def roles(messages: list[dict[str, object]]) -> list[object]:
    return [(message["role"], message["content"]) for message in messages]


def test_a_new_cell_sees_all_turns() -> None:
    chat = Chat()
    chat.put("a", Turn("q1", "a1"))
    chat.put("b", Turn("q2", "a2"))
    assert roles(chat.messages("c", "q3")) == [
        ("user", "q1"),
        ("assistant", "a1"),
        ("user", "q2"),
        ("assistant", "a2"),
        ("user", "q3"),
    ]


def test_running_a_cell_again_replaces_its_turn() -> None:
    chat = Chat()
    for cell in "abc":
        chat.put(cell, Turn(f"q{cell}", f"a{cell}"))
    assert roles(chat.messages("b", "new")) == [
        ("user", "qa"),
        ("assistant", "aa"),
        ("user", "new"),
    ]
    chat.put("b", Turn("new", "answer"))
    assert list(chat.turns) == ["a", "b", "c"]
    assert chat.turns["b"] == Turn("new", "answer")


def test_an_empty_chat() -> None:
    assert roles(Chat().messages("a", "q")) == [("user", "q")]
