"""Sessions that call tools, with scripted streams."""

from __future__ import annotations

from typing import Any

from nbstream.session.session import Session
from nbstream.transcript.choices import choice
from tests.support.fakes import DONE, RecordingSink, begin, chat, ended, make
from tests.support.tools import Handed, rounds

SUNNY = [chat("Sunny."), DONE]


def tooled(
    *scripts: Any, tools: Any, approve: Any = True, most: int = 10, **options: Any
) -> tuple[Session, RecordingSink, Handed]:
    handed = Handed()
    session, sink = make(*scripts, rounds=rounds(handed, tools, approve, most), **options)
    return session, sink, handed


async def run(*scripts: Any, **options: Any) -> tuple[Session, RecordingSink, Handed]:
    session, sink, handed = tooled(*scripts, **options)
    await ended(begin(session))
    return session, sink, handed


def calls(session: Session) -> Any:
    return choice(session.transcript, 0).tool_calls


def double(number: int) -> int:
    """Twice as much."""
    return 2 * number
