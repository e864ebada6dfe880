r"""Bounds on formulas that would cost a page too much, or draw outside their place.

Under a kilobyte of TeX can crash a browser's tab: a hundred nested ``\sqrt{`` overflow the stack of
its layout. MathJax and the live view's renderer do not bound nesting, time or lengths, so a formula
beyond these bounds is shown as its source. The live view follows the same rules
(``js/src/bundles/math/bounds.ts``); ``tests/fixtures/formulas.json`` tests both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LENGTH = 2_000
"""Characters of one formula."""
MAX_DEPTH = 25
"""Levels of braces, fences, environments, scripts and arguments in one another."""
MAX_WEIGHT = 600
"""Symbols, and levels beyond the sixth, which count twice: about 100 ms of MathJax."""
MAX_EMS = 10.0
"""One length, in ems."""
MAX_EMS_IN_ALL = 40.0
"""All lengths of a formula, in ems."""
MAX_SHIFT = 2.0
"""Ems by which something may move to the left, up or down."""
MAX_LAP = 16
"""Symbols in a box without width, about 8 ems; a level counts as three."""

_FREE_DEPTH = 6
_SYMBOL_EMS = 0.4
_LEVEL_IN_LAP = 3

_TOKEN = re.compile(
    r"\\(?P<command>[A-Za-z]+)\*?|(?P<comment>%[^\n]*)|(?P<space>\s+)|(?P<other>\\?.)", re.DOTALL
)
_NAME = re.compile(r"\s*\{([^{}]*)\}")
_NEXT_COMMAND = re.compile(r"\s*(?:\\[A-Za-z]|[\^_])")
_DELIMITER = re.compile(r"\s*(?:\\[A-Za-z]+|\\?.)", re.DOTALL)
_DELIMITERS = re.compile(rf"(?:\s*\{{[^{{}}]*\}}|{_DELIMITER.pattern}){{2}}", re.DOTALL)
_OPTION = re.compile(r"\s*\[([^\]]*)\]")
_LENGTH = re.compile(r"([-+\s]*)(\d+(?:[.,]\d*)?|[.,]\d+)\s*([A-Za-z]{2})")
_LENGTHS = re.compile(
    r"(?:\s|%[^\n]*|to(?![A-Za-z])|[-+]|{0}|\{{\s*(?:[-+\s]*{0})?\s*\}}|\[[^\]]*\])*".format(
        r"(?:\d+(?:[.,]\d*)?|[.,]\d+)\s*[A-Za-z]{2}"
    )
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# https://docs.mathjax.org/en/v3.2/input/tex/macros/index.html
_TAKES_LENGTHS = _words(
    "kern mkern hskip mskip vskip hspace vspace mspace rule hrule vrule Rule Space raise lower"
    " raisebox moveleft moveright above abovewithdelims genfrac"
)
_AFTER_DELIMITERS = _words("genfrac abovewithdelims")
_SHIFTS = _words("raise lower raisebox moveleft moveright")
_BACKWARDS = {"negthinspace": 1 / 6, "negmedspace": 2 / 9, "negthickspace": 5 / 18}
_LAPS = _words(
    "llap rlap clap mathllap mathrlap mathclap crampedllap crampedrlap crampedclap smash"
)
# They style the rest of their group: renderers nest it in them.
_SWITCHES = _words(
    "displaystyle textstyle scriptstyle scriptscriptstyle color rm bf it sf tt cal mit scr frak"
    " tiny Tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge HUGE"
)
_TWO_ARGUMENTS = _words(
    "frac dfrac tfrac cfrac binom dbinom tbinom overset underset stackrel sideset textcolor"
    " colorbox"
)
_ARGUMENTS = {
    **dict.fromkeys(_TWO_ARGUMENTS, 2),
    **{"prescript": 3, "fcolorbox": 3},
}
# How many times MathJax lays out their content: the factors multiply where they nest.
_COSTS = {"overbracket": 4, "underbracket": 4, "pmb": 3, "enclose": 2}
_STRETCHED_ARROW = re.compile(r"x[A-Za-z]*(?:arrow|harpoons|mapsto|tofrom)")
_EMS = {
    **{"em": 1.0, "ex": 0.5, "mu": 1 / 18, "px": 1 / 16, "in": 7.3, "cm": 2.9, "mm": 0.29},
    **{"pt": 0.1, "pc": 1.2, "bp": 0.1, "dd": 0.11, "cc": 1.3, "nd": 0.11, "nc": 1.3, "sp": 0.0},
}


def exceeds_bounds(tex: str) -> bool:
    r"""Whether ``tex`` should be shown as its source.

    >>> exceeds_bounds(r"\sqrt{" * 25 + "x" + "}" * 25)
    False
    >>> exceeds_bounds(r"\sqrt{" * 26 + "x" + "}" * 26), exceeds_bounds(r"a\kern-9em b")
    (True, True)
    """
    return len(tex) > MAX_LENGTH or _Scan(tex).is_beyond()


def _cost(name: str) -> int:
    return 2 if _STRETCHED_ARROW.fullmatch(name) else _COSTS.get(name, 0)


@dataclass
class _Level:
    """An open level: ``kind`` is ``{``, ``[``, ``left``, ``begin``, ``switch`` or ``arguments``."""

    kind: str
    depth: int
    arguments: int = 0
    """How many are still missing."""
    symbols: int | None = None
    """How many more a lap may hold."""
    cost: int = 1
    """How many times each symbol in it counts."""


class _Scan:
    """One walk over a formula."""

    def __init__(self, tex: str) -> None:
        self._tex = tex
        self._at = 0
        self._open: list[_Level] = []
        self._weight = 0.0
        self._ems = 0.0
        self._shift = 0.0
        self._backwards = 0.0
        self._is_beyond = False

    def is_beyond(self) -> bool:
        while not self._is_beyond and (match := _TOKEN.match(self._tex, self._at)):
            self._at = match.end()
            if match["command"]:
                self._command(match["command"])
            elif match["other"]:
                self._other(match["other"])
        return self._is_beyond or self._shift > MAX_SHIFT or self._weight > MAX_WEIGHT

    # -- tokens -------------------------------------------------------------------------------

    def _command(self, name: str) -> None:
        if name in _BACKWARDS:
            self._step_back(_BACKWARDS[name])
            return
        if name in _TAKES_LENGTHS:
            self._take_lengths(name)
            return
        self._option()
        if name == "begin":
            self._skip(_NAME)
            self._push("begin")
        elif name == "end":
            self._skip(_NAME)
            self._close("begin")
        elif name == "left":
            self._skip(_DELIMITER)
            self._push("left")
        elif name == "right":
            self._skip(_DELIMITER)
            self._close("left")
        elif name == "cr":
            self._end_of_cell()
        elif name in _SWITCHES:
            if name == "color":
                self._skip(_NAME)
            self._push("switch")
        elif cost := _cost(name):
            if name == "enclose":
                self._skip(_NAME)
            self._push("arguments", 1, cost=cost)
        elif name in _LAPS:
            self._push("arguments", 1, MAX_LAP)
        elif arguments := _ARGUMENTS.get(name):
            self._push("arguments", arguments)
        elif _NEXT_COMMAND.match(self._tex, self._at):
            # It may take what follows as its argument: \hat\hat\hat x.
            self._count()
            self._push("arguments", 1)
        else:
            self._symbol()

    def _other(self, character: str) -> None:
        if character == "{":
            self._push("{")
        elif character == "}":
            self._close("{")
        elif character == "[" and self._takes_option():
            self._push("[")
        elif character == "]" and self._open and self._open[-1].kind == "[":
            self._open.pop()
        elif character in ("^", "_"):
            self._push("arguments", 1)
        elif character == "&":
            self._end_of_cell()
        elif character == "\\\\":
            self._end_of_cell()
            self._option()
        elif character == "\\!":
            self._step_back(1 / 6)
        else:
            self._symbol()

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if match := pattern.match(self._tex, self._at):
            self._at = match.end()

    def _takes_option(self) -> bool:
        before = self._tex[: self._at - 1].rstrip()
        return re.search(r"\\(?:sqrt|smash|x\w+)\Z", before) is not None

    # -- levels -------------------------------------------------------------------------------

    def _push(
        self, kind: str, arguments: int = 0, symbols: int | None = None, cost: int = 1
    ) -> None:
        above = self._open[-1] if self._open else None
        # The braces of an argument are not another level beside the argument.
        is_argument = kind == "{" and above is not None and above.kind == "arguments"
        depth = (above.depth if above else 0) + (not is_argument)
        self._fill_laps(_LEVEL_IN_LAP)
        cost *= above.cost if above else 1
        self._open.append(_Level(kind, depth, arguments, symbols, cost))
        if not is_argument:
            self._weight += cost * max(1 if cost > 1 else 0, 2 * (depth - _FREE_DEPTH))
        # Rows would extend above and below a line that has no room for them.
        in_lap = kind == "begin" and any(level.symbols is not None for level in self._open)
        self._is_beyond = self._is_beyond or in_lap or depth > MAX_DEPTH

    def _close(self, kind: str) -> None:
        if not any(level.kind == kind for level in self._open):
            return
        while self._open.pop().kind != kind:
            pass
        self._argument_ended()

    def _end_of_cell(self) -> None:
        while self._open and self._open[-1].kind in ("arguments", "switch"):
            self._open.pop()

    def _argument_ended(self) -> None:
        while self._open and self._open[-1].kind == "arguments":
            level = self._open[-1]
            level.arguments -= 1
            if level.arguments:
                return
            self._open.pop()

    def _symbol(self) -> None:
        self._count()
        self._argument_ended()

    def _count(self) -> None:
        self._weight += self._open[-1].cost if self._open else 1
        self._backwards = max(0.0, self._backwards - _SYMBOL_EMS)
        self._fill_laps(1)

    def _fill_laps(self, symbols: int) -> None:
        for level in self._open:
            if level.symbols is not None:
                level.symbols -= symbols
                self._is_beyond = self._is_beyond or level.symbols < 0

    # -- lengths ------------------------------------------------------------------------------

    def _take_lengths(self, name: str) -> None:
        if name in _AFTER_DELIMITERS:
            self._skip(_DELIMITERS)
        match = _LENGTHS.match(self._tex, self._at)
        assert match is not None
        self._at = match.end()
        self._lengths(match[0], is_shift=name in _SHIFTS)
        if name == "genfrac":
            self._push("arguments", 3)

    def _option(self) -> None:
        """Lengths in brackets: of a line's end, of a box."""
        if match := _OPTION.match(self._tex, self._at):
            self._lengths(match[1])

    def _lengths(self, text: str, *, is_shift: bool = False) -> None:
        for sign, number, unit in _LENGTH.findall(text):
            ems = float(number.replace(",", ".")) * _EMS.get(unit.lower(), 1.0)
            self._ems += ems
            self._is_beyond = self._is_beyond or ems > MAX_EMS or self._ems > MAX_EMS_IN_ALL
            if is_shift:
                self._shift += ems
            elif "-" in sign:
                self._step_back(ems)

    def _step_back(self, ems: float) -> None:
        self._backwards += ems
        self._is_beyond = self._is_beyond or self._backwards > MAX_SHIFT
