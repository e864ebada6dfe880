"""What in a piece of code would be dangerous if a Markdown parser did not read it as code."""

from __future__ import annotations

import re
from collections.abc import Sequence

# \require loads scripts, \mmlToken images, \unicode[font] any style; \setOptions changes the rules.
tex_commands = r"\\(?:require|mmlToken|setOptions|unicode)"

_DANGEROUS = re.compile(
    "|".join(
        (
            r"<[A-Za-z/!?]",
            tex_commands,
            # A destination with something like a scheme that is not plainly http(s) or mailto.
            r"\](?:\(|:[ \t]*)[ \t<]*(?!(?:https?://|mailto:)[\w.@/?=-])[^\s/?#)&\\:]*[:&\\]",
            r"!\[[^\n]*\][\[(]",
            # JupyterLab would put the formula, unquoted, into the link's href.
            r"(?:(?:https?|ftp)://|www\.)[^ \t\n]*(?:\$|\\\\|\\begin|@@)",
        )
    ),
    re.IGNORECASE,
)
_IMAGE = "!["
_BLOCK_MATH = re.compile(r"\$\$|\\\\[\[\]]|\\(?:begin|end)\{")
_MATH = re.compile(r"\$|\\\\[()\[\]]|\\(?:begin|end)\{")
definition = re.compile(r"[ >]*:(?=[ \t])")
_RUN = re.compile(r"[`~]{3}")
_INFO = re.compile(r"[\w+#.-]*(?:[ \t][\w \t+#.:,=/{}()\[\]-]*)?\Z")


def code_is_dangerous(code: str) -> bool:
    """Whether the code holds a tag, an image, a script link, or a loading TeX command."""
    return _DANGEROUS.search(code) is not None or code.count(_IMAGE) * ("](" in code) > 0


def info_is_dangerous(info: str) -> bool:
    """Whether a fence's info string could leave the ``class`` attribute it is put into, or draw.

    Mermaid diagrams can show images, which are fetched.
    """
    return _INFO.match(info) is None or "@@" in info or "mermaid" in info.lower()


def holds_fence(line: str) -> bool:
    """Whether another parser could open a fence here, with an info string of the model's choice."""
    run = _RUN.search(line)
    return run is not None and info_is_dangerous(line[run.start() :].lstrip("`~").strip())


def reaches_out(lines: Sequence[str]) -> bool:
    """Whether code could be taken for a part of what stands around it, without a blank line.

    Formulas are taken out before Markdown is read, and nbconvert reads ``: text`` after lines of
    text as a definition.
    """
    return any(_MATH.search(line) or definition.match(line) for line in lines)


def holds_block_math(lines: Sequence[str]) -> bool:
    """Whether nbconvert could see the start or end of a formula that goes over blank lines."""
    return any(_BLOCK_MATH.search(line) for line in lines)
