"""Turns by cell and execution."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.kernel.cells import Execution, Notebooks
from nbstream.magic.chats import Chat, Turn
from nbstream.tools.messages import Exchange
from nbstream.transcript.choices import ToolCall


def roles(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in messages]


def run(cell: str | None, number: int, session: str = "s") -> Execution:
    return Execution(number, session, cell, float(number))


def say(chat: Chat, execution: Execution, prompt: str, **given: Any) -> Turn:
    """A turn that is answered at once, with the prompt in capitals."""
    turn = chat.begin(execution, prompt, given)
    chat.keep(turn, prompt.upper())
    return turn


def prompts(chat: Chat) -> list[str]:
    return [turn.prompt for turn in chat.turns]


def test_a_new_cell_sees_all_turns() -> None:
    chat = Chat()
    say(chat, run("a", 1), "one")
    say(chat, run("b", 2), "two")
    turn = chat.begin(run("c", 3), "three", {})
    assert roles(chat.before(turn, "chat")) == [
        ("user", "one"),
        ("assistant", "ONE"),
        ("user", "two"),
        ("assistant", "TWO"),
    ]
    assert chat.pending(turn) == []


def test_running_a_cell_again_replaces_its_turn() -> None:
    chat = Chat()
    for number, cell in enumerate("abc"):
        say(chat, run(cell, number), f"in {cell}")
    turn = chat.begin(run("b", 9), "new", {})
    assert roles(chat.before(turn, "chat")) == [("user", "in a"), ("assistant", "IN A")]
    assert prompts(chat) == ["in a", "new", "in b", "in c"]
    chat.keep(turn, "NEW")
    assert prompts(chat) == ["in a", "new", "in c"]


def test_running_it_again_in_vain_leaves_the_chat_as_it_was() -> None:
    chat = Chat()
    say(chat, run("a", 1), "one")
    chat.fail(chat.begin(run("a", 2), "one again", {}))
    turn = chat.begin(run("b", 3), "two", {})
    assert roles(chat.before(turn, "chat")) == [("user", "one"), ("assistant", "ONE")]
    # The next attempt forgets the one that failed.
    say(chat, run("a", 4), "at last")
    assert prompts(chat) == ["at last", "two"]


def test_the_turns_of_one_execution_follow_each_other() -> None:
    chat = Chat()
    for number, prompt in enumerate(["one", "two", "three"]):
        turn = chat.begin(run("loop", 1), prompt, {})
        assert len(chat.before(turn, "chat")) == 2 * number
        chat.keep(turn, prompt.upper())
    say(chat, run("after", 2), "four")
    again = [chat.begin(run("loop", 3), prompt, {}) for prompt in ("uno", "due")]
    assert chat.pending(again[1]) == [again[0]]
    chat.keep(again[0], "UNO")
    assert [content for _, content in roles(chat.before(again[1], "chat"))] == ["uno", "UNO"]
    chat.keep(again[1], "DUE")
    assert prompts(chat) == ["uno", "due", "four"]


def test_what_knows_no_cells_replaces_nothing() -> None:
    chat = Chat()
    for number in (1, 2):
        say(chat, Execution(number), "same")
    assert prompts(chat) == ["same", "same"]


def test_a_copy_of_the_notebook_has_turns_of_its_own() -> None:
    chat = Chat(Notebooks())
    say(chat, run("a", 1, "first"), "one")
    say(chat, run("a", 2, "copy"), "copied")
    say(chat, run("a", 3, "first"), "one again")
    assert prompts(chat) == ["one again", "copied"]


@pytest.mark.parametrize("is_known", [True, False], ids=["page known", "page not yet known"])
def test_a_notebook_that_was_opened_again_replaces_its_turns(is_known: bool) -> None:
    notebooks = Notebooks()
    chat = Chat(notebooks)
    notebooks.heard("first", "page 1")
    say(chat, run("a", 1, "first"), "one")
    notebooks.heard("reloaded", "page 2" if is_known else None)
    turn = chat.begin(run("a", 2, "reloaded"), "one again", {})
    assert chat.before(turn, "chat") == []
    if not is_known:  # and it is another notebook in the same page
        notebooks.heard("reloaded", "page 1")
    chat.keep(turn, "ONE AGAIN")
    assert prompts(chat) == (["one again"] if is_known else ["one again", "one"])


def test_settings_stay_until_they_are_changed() -> None:
    chat = Chat()
    first = chat.begin(run("a", 1), "one", {"system": "Be brief.", "params": {"top_p": 0.9}})
    chat.fail(first)
    second = chat.begin(run("b", 2), "two", {"model": "m", "params": {"seed": 1}})
    third = chat.begin(run("c", 3), "three", {"system": "", "params": {"top_p": 0.1}})
    assert chat.settings(second) == {
        "system": "Be brief.",
        "model": "m",
        "params": {"top_p": 0.9, "seed": 1},
    }
    assert (
        chat.settings(third)
        == chat.settings()
        == {
            "system": "",
            "model": "m",
            "params": {"top_p": 0.1, "seed": 1},
        }
    )
    # An earlier cell that runs again has what was in force there.
    again = chat.begin(run("b", 4), "two again", {})
    assert chat.settings(again) == {"system": "Be brief.", "params": {"top_p": 0.9}}


def test_a_turn_that_was_never_asked_leaves_nothing() -> None:
    chat = Chat()
    chat.drop(chat.begin(run("a", 1), "one", {"model": "m"}))
    assert (chat.turns, chat.settings()) == ([], {})


def test_calls_are_repeated_in_the_form_of_each_api() -> None:
    chat = Chat()
    turn = chat.begin(run("a", 1), "Rain?", {})
    call = ToolCall("weather", '{"city": "Oslo"}', "c1")
    chat.keep(turn, "No.", [Exchange("I look.", [call], ["clear"])])
    later = chat.begin(run("b", 2), "Sure?", {})
    assert chat.before(later, "chat") == [
        {"role": "user", "content": "Rain?"},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "clear"},
        {"role": "assistant", "content": "No."},
    ]
    assert chat.before(later, "responses") == [
        {"role": "user", "content": "Rain?"},
        {"role": "assistant", "content": "I look."},
        {
            "type": "function_call",
            "call_id": "c1",
            "name": "weather",
            "arguments": '{"city": "Oslo"}',
        },
        {"type": "function_call_output", "call_id": "c1", "output": "clear"},
        {"role": "assistant", "content": "No."},
    ]
