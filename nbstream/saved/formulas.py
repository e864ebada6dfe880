r"""Formulas as JupyterLab's MathJax reads them, and dollars that are none.

JupyterLab takes formulas out before it reads Markdown, then sets whatever still looks like one in
the page. It knows ``$..$`` and ``$$..$$`` with any white space, so that ``$5 and $10`` is one.
"""

from __future__ import annotations

import re

from .code_spans import escaped_code
from .tex_bounds import exceeds_bounds

# Neither step reads on over an element's border. A reference alone would be a dollar in the page.
DOLLAR = "<span>&#36;</span>"
# Between two things that would be read as one.
APART = "<span></span>"
BACKSLASH = f"&#92;{APART}"

# What links, loads, styles or defines: MathJax's definitions hold for the whole page, and the live
# view's renderer refuses the others.
refused_commands = (
    r"\\(?:href|url|class|cssId|id|style|data|html[A-Za-z]*|includegraphics|require|mmlToken"
    r"|unicode|setOptions|[egx]?def|let|futurelet|(?:re|provide)?newcommand|(?:re)?newenvironment"
    r"|DeclareMathOperator|DeclarePairedDelimiters?X?p?p?|Newextarrow|newcolumntype|definecolor"
    r"|(?:re)?newtagform|usetagform|mathtoolsset|csname|catcode|input|include|toggle|mathtip|texttip)"
    r"(?![A-Za-z])"
)
# Those that MathJax and the live view's Temml set; others MathJax shows as an error.
_ENVIRONMENT = re.compile(
    r"\\begin\{(?:(?:align|aligned|alignat|alignedat|array|cases|dcases|rcases|drcases|CD|equation"
    r"|gather|gathered|multline|smallmatrix|split|subarray|[pbBvV]?matrix)\*?)\}"
)
_REFUSED = re.compile(refused_commands)
# What JupyterLab's search for formulas, or Markdown's for code, would stumble over.
_CONFUSING = re.compile(
    r"\$\$|@@|&\#|`|(?<!\\)(?:\\\\)*\\[(\[]|(?:https?|ftp)://|www\.", re.IGNORECASE
)
_DOLLAR = re.compile(r"(?<!\\)(?:\\\\)*\$")
_LABEL = re.compile(r"\\label[ \t]*\{[^{}]*\}")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_UNSAFE = re.compile(r"<(?=[A-Za-z/!?])|!\[|\](?=[(:])")


def formula(tex: str, *, display: bool, in_cell: bool = False, one_line: bool = False) -> str:
    """Markdown that shows a formula, or its source if nobody should set it.

    >>> formula(r" a<b ", display=False), formula(r"\\def\\a{b}", display=False)
    ('$a< b$', '<code>&#36;&#92;def&#92;a&#123;b&#125;&#36;</code>')
    """
    mark = "$$" if display else "$"
    if _is_refused(tex) or (not display and _DOLLAR.search(tex)):
        return _source(mark + tex + mark)
    tex = _plain_tex(tex, in_cell, one_line)
    return mark + (tex if display else tex.strip()) + mark


def environment(tex: str, *, in_cell: bool = False, one_line: bool = False) -> str:
    r"""The same for ``\begin{..}`` to ``\end{..}``, which JupyterLab sets without dollars."""
    refused = _is_refused(tex) or not _ENVIRONMENT.match(tex)
    return _source(tex) if refused else _plain_tex(tex, in_cell, one_line)


def _is_refused(tex: str) -> bool:
    if exceeds_bounds(tex) or not _balanced(tex):
        return True
    return _REFUSED.search(tex) is not None or _CONFUSING.search(tex) is not None


def _plain_tex(tex: str, in_cell: bool, one_line: bool) -> str:
    if one_line and "\n" in tex:
        tex = " ".join(_COMMENT.sub(r"\1", tex).split("\n"))
    tex = _LABEL.sub("", tex)  # a second formula with the same label would be an error
    if in_cell:
        tex = tex.replace("\\|", "|").replace("|", "\\vert ")
    return _UNSAFE.sub(lambda match: match[0][0] + " " + match[0][1:], tex)


def _source(text: str) -> str:
    return escaped_code(f"`{' '.join(text.split())}`")


def _balanced(tex: str) -> bool:
    """Whether all braces are paired; else JupyterLab would look for the end elsewhere."""
    depth = 0
    for match in _BRACE.finditer(tex):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            return False
    return depth == 0
