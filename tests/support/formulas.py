"""The formulas of ``tests/fixtures/formulas.json``, which the front end's tests read as well."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FIXTURE = Path(__file__).parents[1] / "fixtures" / "formulas.json"


@dataclass(frozen=True)
class Row:
    """Formulas of one kind: which are set, and which are shown as their source.

    ``each`` holds a ``$`` that stands for a member of the lists; without it they say how often
    ``open`` and ``close`` stand around ``middle``.
    """

    name: str
    shown: list[str | int]
    source: list[str | int]
    each: str = ""
    open: str = ""
    middle: str = ""
    close: str = ""

    def tex(self, member: str | int) -> str:
        """One formula, without its dollars."""
        if self.each:
            return self.each.replace("$", str(member))
        return self.open * int(member) + self.middle + self.close * int(member)


def rows() -> list[Row]:
    """All kinds."""
    return [Row(**row) for row in json.loads(FIXTURE.read_text(encoding="utf-8"))]
