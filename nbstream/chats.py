"""Named conversations: turns by cell, so that running a cell again replaces its turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Turn:
    """What was asked in one cell and what was answered."""

    prompt: str
    answer: str


@dataclass
class Chat:
    """The turns of one conversation, in the order in which their cells first ran.

    >>> chat = Chat()
    >>> chat.put("cell-1", Turn("Hi", "Hello!"))
    >>> chat.put("cell-2", Turn("Bye", "See you!"))
    >>> chat.messages("cell-2", "Bye now")[-1]
    {'role': 'user', 'content': 'Bye now'}
    """

    turns: dict[str, Turn] = field(default_factory=dict)

    def messages(self, cell: str, prompt: str) -> list[dict[str, Any]]:
        """The turns before ``cell`` and the new prompt, as messages."""
        messages: list[dict[str, Any]] = []
        for name, turn in self.turns.items():
            if name == cell:
                break
            messages.append({"role": "user", "content": turn.prompt})
            messages.append({"role": "assistant", "content": turn.answer})
        return [*messages, {"role": "user", "content": prompt}]

    def put(self, cell: str, turn: Turn) -> None:
        """Store the turn of ``cell``, in its old place if it has one."""
        self.turns[cell] = turn
