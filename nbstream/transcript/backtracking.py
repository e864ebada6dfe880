"""Finds regular expressions that can take exponential time, before they meet hostile text.

Python's `re` backtracks and holds the interpreter lock meanwhile, so neither a thread nor a
deadline helps once such a search runs. A loop takes exponential time exactly if some text can pass
through it in two ways (exponential ambiguity, https://doi.org/10.1007/978-3-319-40946-7_27). This
module looks for such texts in the automaton of the loop's body, which has a state for each
character that the body matches, and an edge wherever one such character can follow another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

try:
    # Private modules, of which the type checker knows nothing.
    from re import _compiler as compiler  # type: ignore[attr-defined, unused-ignore]
    from re import _parser as parser  # type: ignore[attr-defined, unused-ignore]
except ImportError:  # Python 3.10
    import sre_compile as compiler
    import sre_parse as parser

FEW = 4
"""A loop of at most so many turns is always fast enough."""
_COPIES = 32
"""A repetition inside a loop is unrolled if it has at most so many turns."""
_STATES = 300
"""Loops with more states are refused without analysis, which would itself take long."""

_SAMPLES = [*map(chr, range(128)), *"\x85\xa0é\u07c0à中😀\u2028"]
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_LOOKAROUNDS = {"ASSERT", "ASSERT_NOT"}


def is_exponential(pattern: re.Pattern[str]) -> bool:
    """Whether some text makes a search for this pattern practically endless.

    Atomic groups and possessive quantifiers are treated as ordinary ones, so loops that are safe
    only because of them count as exponential. Slow but polynomial patterns (``.*a.*b``) are not
    found.

    >>> is_exponential(re.compile("(a+)+b")), is_exponential(re.compile("(a+,)+b"))
    (True, False)
    """
    tree = parser.parse(pattern.pattern, pattern.flags)
    return any(_Loop(tree.state, body, flags).is_ambiguous() for body, flags in _loops(tree))


def _loops(tree: Any) -> Iterator[tuple[Any, int]]:
    """The outermost loops, including those in lookarounds, with the flags in force there."""
    flags = tree.state.flags
    waiting = [(node, flags) for node in tree]
    while waiting:
        (op, value), flags = waiting.pop()
        if str(op) in _REPEATS and value[1] > FEW:
            yield value[2], flags
            waiting += [(node, flags) for node in _lookarounds(value[2])]
        else:
            flags = _flags(op, value, flags)
            waiting += [(node, flags) for part in _parts(value) for node in part]


def _lookarounds(tree: Any) -> Iterator[Any]:
    for op, value in tree:
        if str(op) in _LOOKAROUNDS:
            yield op, value
        else:
            for part in _parts(value):
                yield from _lookarounds(part)


def _parts(value: Any) -> Iterator[Any]:
    """The sub-patterns that are directly below a node, whatever its kind."""
    if isinstance(value, parser.SubPattern):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _parts(item)


def _flags(op: Any, value: Any, flags: int) -> int:
    if str(op) != "SUBPATTERN":
        return flags
    _, added, removed, _ = value
    return int((flags | added) & ~removed)


class _Part:
    """The states where a part of the body can begin and end, and whether it can be empty."""

    def __init__(self, first: Iterable[int] = (), last: Iterable[int] = (), empty: bool = True):
        # Lists, not sets: a state that is reached in two ways is there twice.
        self.first, self.last, self.empty = list(first), list(last), empty


class _Loop:
    def __init__(self, state: Any, body: Any, flags: int) -> None:
        self._state = state
        self._takes: list[frozenset[str]] = []
        self._edges: Counter[tuple[int, int]] = Counter()
        try:
            self._repeat(self._sequence(body, flags))
            self._is_too_large = False
        except OverflowError:
            self._is_too_large = True

    def is_ambiguous(self) -> bool:
        if self._is_too_large or max(self._edges.values(), default=0) > 1:
            return True
        # Look for two walks that part and meet again while they match the same characters. All
        # states of a loop can reach each other, so any meeting leads back to where they parted.
        after: dict[int, list[int]] = {}
        before: dict[int, list[int]] = {}
        for one, other in self._edges:
            after.setdefault(one, []).append(other)
            before.setdefault(other, []).append(one)
        return bool(self._pairs(after) & self._pairs(before))

    def _pairs(self, steps: dict[int, list[int]]) -> set[tuple[int, int]]:
        """The pairs of different states that two walks from one state can reach."""
        found: set[tuple[int, int]] = set()
        waiting = [(state, state) for state in steps]
        while waiting:
            one, other = waiting.pop()
            for a, b in product(steps.get(one, ()), steps.get(other, ())):
                pair = min(a, b), max(a, b)
                if a != b and pair not in found and self._takes[a] & self._takes[b]:
                    found.add(pair)
                    waiting.append(pair)
        return found

    # -- the automaton (Glushkov's construction)

    def _sequence(self, nodes: Iterable[Any], flags: int) -> _Part:
        whole = _Part()
        for op, value in nodes:
            whole = self._joined(whole, self._node(str(op), op, value, flags))
        return whole

    def _node(self, kind: str, op: Any, value: Any, flags: int) -> _Part:
        if kind in _REPEATS:
            return self._repetition(value, flags)
        if kind in _LOOKAROUNDS or kind == "AT":
            return _Part()
        if kind == "SUBPATTERN":
            return self._sequence(value[3], _flags(op, value, flags))
        if kind == "ATOMIC_GROUP":
            return self._sequence(value, flags)
        if kind == "BRANCH":
            return self._either([self._sequence(part, flags) for part in value[1]])
        if kind == "GROUPREF_EXISTS":
            both = [self._sequence(part or (), flags) for part in value[1:]]
            return self._either(both)
        if kind == "GROUPREF":
            part = self._character(frozenset(_SAMPLES))
            return _Part(part.first, part.last)
        return self._character(self._taken(op, value, flags))

    def _repetition(self, value: Any, flags: int) -> _Part:
        least, most, body = value
        if most > _COPIES:
            part = self._repeat(self._sequence(body, flags))
            return _Part(part.first, part.last, part.empty or least == 0)
        whole = _Part()
        for turn in reversed(range(most)):
            # The copies nest, x(x(x)?)?, since each turn needs the one before it.
            whole = self._joined(self._sequence(body, flags), whole)
            whole.empty = whole.empty or turn >= least
        return whole

    def _repeat(self, part: _Part) -> _Part:
        self._link(part.last, part.first)
        return part

    def _joined(self, one: _Part, other: _Part) -> _Part:
        self._link(one.last, other.first)
        first = one.first + (other.first if one.empty else [])
        last = other.last + (one.last if other.empty else [])
        return _Part(first, last, one.empty and other.empty)

    def _either(self, parts: list[_Part]) -> _Part:
        first = [state for part in parts for state in part.first]
        last = [state for part in parts for state in part.last]
        return _Part(first, last, any(part.empty for part in parts))

    def _link(self, before: list[int], after: list[int]) -> None:
        self._edges.update(product(before, after))

    def _character(self, takes: frozenset[str]) -> _Part:
        if len(self._takes) == _STATES:
            raise OverflowError
        self._takes.append(takes)
        state = len(self._takes) - 1
        return _Part([state], [state], empty=False)

    def _taken(self, op: Any, value: Any, flags: int) -> frozenset[str]:
        """The sample characters that a node matches, according to `re` itself."""
        one = compiler.compile(parser.SubPattern(self._state, [(op, value)]), flags)
        return frozenset(filter(one.match, {*_SAMPLES, *_literals(value)}))


def _literals(value: Any) -> Iterator[str]:
    """The non-ASCII characters that a node names."""
    if isinstance(value, int) and value > 127:
        yield chr(value)
        yield chr(value).swapcase()[0]
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _literals(item)
