"""Marks in an answer that are meant for the pages of the service that wrote it.

OpenAI's models name what a search has found between private-use characters, for instance
``cite`` and ``turn0search0`` between U+E200 and U+E201: no font has these, and what they name is
listed as the answer's sources. The live view does the same (``js/src/view/marks.ts``).
"""

from __future__ import annotations

import re

_MARKS = re.compile(
    '\ue200(?:url\ue202([^\ue202\n]*)|entity\ue202\\["[^"\n]*","([^"\n]*)")?'
    "[^\ue200\ue201\n]*\ue201|\ue202turn[0-9]+[a-z]+[0-9]+(?![A-Za-z0-9_])|[\ue203-\ue206]"
)
_START = re.compile("[\ue200\ue202]")
_ANY = re.compile("[\ue200-\ue206]")


def without_marks(text: str) -> str:
    """``text`` without them; of links and names their words stay.

    >>> without_marks("Rain.\\ue200cite\\ue202turn0search0\\ue201")
    'Rain.'
    """
    if not _ANY.search(text):
        return text
    text = _MARKS.sub(lambda match: match[1] or match[2] or "", text)
    # The end of the last one may never have arrived.
    unclosed = _START.search(text, max(text.rfind("\n"), text.rfind("\ue201")) + 1)
    return text[: unclosed.start()] if unclosed else text
