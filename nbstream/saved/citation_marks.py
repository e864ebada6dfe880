"""Removes marks from an answer that are meant for the pages of the service that wrote it.

OpenAI's models refer to search results between private-use characters, for instance ``cite`` and
``turn0search0`` between U+E200 and U+E201. No font has these characters, and the results are listed
as the answer's sources. The live view does the same (``js/src/view/marks.ts``).
"""

from __future__ import annotations

import re

_MARKS = re.compile(
    "\ue200(?:url\ue202([^\ue200-\ue202\n]{0,2000})"
    '|entity\ue202\\["[^"\ue200-\ue202\n]{0,2000}","([^"\ue200-\ue202\n]{0,2000})")?'
    "[^\ue200\ue201\n]{0,2000}\ue201"
    "|\ue202turn[0-9]{1,9}[a-z]{1,20}[0-9]{1,9}(?![A-Za-z0-9_])|[\ue203-\ue206]"
)
# What could have become one at the text's end.
_HALF = re.compile(
    "(?:\ue200[^\ue200\ue201\n]{0,9000}|\ue202(?:t|tur?|turn[0-9]{0,9}[a-z]{0,20}[0-9]{0,9})?)\\Z"
)
# One that was cut; other uses of these characters are symbols of some font.
_CUT = re.compile("\ue200[A-Za-z0-9_]*(?:\ue202|\\Z)|\ue202")
_ANY = re.compile("[\ue200-\ue206]")


def without_marks(text: str) -> str:
    """``text`` without marks, but with the words of links and names.

    >>> without_marks("Rain.\\ue200cite\\ue202turn0search0\\ue201")
    'Rain.'
    """
    if not _ANY.search(text):
        return text
    text = _MARKS.sub(lambda match: match[1] or match[2] or "", text)
    half = _HALF.search(text)
    return text[: half.start()] if half and _CUT.match(half[0]) else text
