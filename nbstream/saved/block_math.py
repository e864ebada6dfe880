"""Formulas that go over lines, which some readers of Markdown take before they see the blocks."""

from __future__ import annotations

import re
from collections import Counter

from .fences import Fence, scan

_OPENING = re.compile(r"\$\$|\\(?=\\[(\[)\]]|(?:begin|end)\{)")


def without_block_math(line: str) -> str:
    r"""Block math written so that it opens nothing.

    >>> print(without_block_math(r"$$ \begin{a}"))
    \$\$ \ begin{a}
    """
    return _OPENING.sub(lambda match: r"\$\$" if match[0] == "$$" else "\\ ", line)


def closed_math(text: str) -> str:
    """Undoes block math that is not paired: nbconvert would read on behind the text's end."""
    dollars = len(re.findall(r"(?<!\\)\$\$", text))
    names = Counter(re.findall(r"\\(begin|end)\{", text))
    paired = text.count(r"\\[") == text.count(r"\\]") and names["begin"] == names["end"]
    if paired and not dollars % 2:
        return text
    lines: list[str] = []
    for block in scan(text.split("\n")):
        if isinstance(block, Fence):
            lines += block.lines
        else:
            lines += [without_block_math(line) for line in block]
    return "\n".join(lines)
