"""Finds the item and the part of a response that an event belongs to.

The API numbers items (``output_index``) and the texts in them (``content_index``), and gives each
item an id. Some services finish an item under another number than they streamed it, change its id
with each event, or give all items the same number. A complete text is then recognised by its
beginning, which is the text that was streamed.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, NamedTuple, TypeVar

from ._base import get, text

W = TypeVar("W")
H = TypeVar("H")


class Identity(NamedTuple):
    """How an event identifies its item. ``group`` is ``message``, ``reasoning`` or ``tool``: parts
    of items in different groups have different names."""

    group: str
    id: str = ""
    call_id: str = ""
    type: str = ""


class Told(NamedTuple):
    """A complete text: the kind and number of its part, and the text."""

    kind: str
    number: int | None
    whole: str


class Part:
    """A text of an item, as far as it is known; ``name`` is its name in events."""

    def __init__(self, name: str, kind: str, number: int | None) -> None:
        self.name = name
        self.kind = kind
        self.number = number
        self.pieces: list[str] = []
        self.has_gap = False
        """Whether a complete text has filled a gap in what was streamed."""

    def lacks(self, whole: str) -> bool:
        """Whether the streamed text is ``whole`` with something left out in one place.

        >>> part = Part("text", "text", 0)
        >>> part.pieces = ["The ", "is blue."]
        >>> part.lacks("The sky is blue."), part.lacks("A sky is blue.")
        (True, False)
        """
        known = self.text
        if not known or len(whole) <= len(known):
            return False
        pairs = enumerate(zip(known, whole, strict=False))
        start = next((at for at, (one, other) in pairs if one != other), len(known))
        return whole.endswith(known[start:])

    def has_place(self, told: Told) -> bool:
        """Whether ``told`` has its kind and number."""
        return (self.kind, self.number) == (told.kind, told.number)

    def fits(self, told: Told, *, is_tail: bool) -> bool:
        """Whether ``told`` begins with the text streamed here; or, where the stream was joined in
        its middle (``is_tail``), ends with it."""
        known = self.text
        if self.kind != told.kind or not known:
            return False
        if told.whole.startswith(known):
            return True
        known, whole = known.strip(), told.whole.strip()
        return bool(known) and (whole.startswith(known) or (is_tail and whole.endswith(known)))

    @property
    def text(self) -> str:
        """The text so far."""
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""


class Item:
    """An item of a response; ``place`` ends the names of its parts."""

    def __init__(self, group: str, place: str) -> None:
        self.group = group
        self.place = place
        self.ids: set[str] = set()
        self.call_id = self.type = ""
        self.is_announced = self.is_done = self.is_tail = False
        self.parts: list[Part] = []

    def part(self, kind: str, number: int | None = None) -> Part:
        """The part of this kind and number."""
        told = Told(kind, number, "")
        return next((part for part in self.parts if part.has_place(told)), None) or self._new(told)

    def part_near(self, kind: str, number: int) -> Part:
        """The part of this kind and number, else the last one of this kind."""
        told = Told(kind, number, "")
        found = [part for part in self.parts if part.kind == kind]
        exact = [part for part in found if part.has_place(told)]
        return [*found, *exact][-1] if found else self._new(told)

    def aligned(self, told: Sequence[Told]) -> list[Told]:
        """``told``, divided as it was streamed: some services join the texts of an item, or divide
        one."""
        found = list(told)
        for kind in {one.kind for one in told}:
            parts = [part for part in self.parts if part.kind == kind and part.text]
            places = [at for at, one in enumerate(told) if one.kind == kind and one.whole]
            wholes = [told[at].whole for at in places]
            rest = "".join(wholes).removeprefix("".join(part.text for part in parts))
            if not parts or _same_cuts([part.text for part in parts], wholes):
                continue
            if sum(map(len, wholes)) - len(rest) != sum(len(part.text) for part in parts):
                continue
            for number, at in enumerate(places):
                is_last = number == len(places) - 1
                part = parts[-1 if is_last else min(number, len(parts) - 1)]
                found[at] = Told(kind, part.number, part.text + (rest if is_last else ""))
        return found

    def finish(self, told: Sequence[Told], *, is_all: bool) -> list[Part]:
        """The parts of complete texts. ``is_all``: the item has no other texts, so one that
        matches no part was streamed differently."""
        exact = [part for one in told for part in self.parts if part.has_place(one)]
        if len(exact) == len(told) and all(
            part.fits(one, is_tail=self.is_tail) for one, part in zip(told, exact, strict=True)
        ):
            return self._filled(told, exact)
        tests: list[Callable[[Told, Part], bool]] = [
            lambda one, part: part.has_place(one) and part.fits(one, is_tail=self.is_tail),
            lambda one, part: part.fits(one, is_tail=self.is_tail),
            lambda one, part: part.has_place(one),
        ]
        if is_all:
            tests.append(lambda one, part: part.kind == one.kind)
        found = _assigned(told, self.parts, tests)
        parts = [part or self._new(one) for one, part in zip(told, found, strict=True)]
        return self._filled(told, parts)

    def fits(self, told: Sequence[Told]) -> bool:
        """Whether one of the texts matches what was streamed of this item."""
        return any(part.fits(one, is_tail=self.is_tail) for part in self.parts for one in told)

    def _filled(self, told: Sequence[Told], parts: list[Part]) -> list[Part]:
        for one, part in zip(told, parts, strict=True):
            part.has_gap = part.lacks(one.whole) and not one.whole.startswith(part.text)
            if part.has_gap or one.whole.startswith(part.text):
                part.pieces = [one.whole]
        return parts

    def _new(self, told: Told) -> Part:
        name = f"{told.kind}:{self.place}"
        if told.number is not None:
            name += f"/{told.number}"
        part = Part(_free(name, {part.name for part in self.parts}), told.kind, told.number)
        self.parts.append(part)
        return part

    def is_or_fits(self, told: Sequence[Told]) -> bool:
        """Whether this item can be the one that ended: a tool, an item that has not ended, or one
        with this text."""
        return self.group == "tool" or not self.is_done or self.fits(told)

    @property
    def is_call_done(self) -> bool:
        """Whether it is a call that has ended: the same call may be made again."""
        return self.group == "tool" and self.is_done

    @property
    def has_text(self) -> bool:
        """Whether any text of it is known."""
        return any(part.text for part in self.parts)

    def note(self, who: Identity) -> Item:
        """Remember its id, call id and type."""
        if who.id:
            self.ids.add(who.id)
        self.call_id = self.call_id or who.call_id
        self.type = self.type or who.type
        return self

    def is_same(self, who: Identity) -> bool:
        """Whether it has this call id, or else this id; some services give all items the same."""
        if who.call_id and self.call_id:
            return who.call_id == self.call_id
        return who.id in self.ids

    def may_be(self, who: Identity) -> bool:
        """Whether nothing says that it is another item."""
        return (
            self.group == who.group
            and not (self.call_id and who.call_id and self.call_id != who.call_id)
            and not (self.type and who.type and self.type != who.type)
        )


class Outputs:
    """The items of one response; ``run`` begins their places. ``is_tail`` says that the stream was
    joined in its middle."""

    def __init__(self, run: str, *, is_tail: bool) -> None:
        self._run = run
        self._is_tail = is_tail
        self._items: list[Item] = []
        self._latest: dict[tuple[str, int], Item] = {}

    def at(self, who: Identity, index: int) -> Item:
        """The item that an event belongs to."""
        found = self._latest.get((who.group, index))
        if who.id and (found is None or who.id not in found.ids):
            found = self._other(who, found)
        if found is None:
            found = self._begin(who.group, index)
        # It may have been added under another number.
        self._latest[who.group, index] = found
        return found.note(who)

    def told(self, who: Identity, index: int, told: Told) -> Item:
        """The item of an event that has a complete text."""
        latest = self._latest.get((who.group, index))
        possible = (one for one in self._items if one is latest or not one.is_done)
        fitting = [one for one in possible if one.group == who.group and one.fits([told])]
        # The best match first: same number, then same id, then only the text.
        fitting.sort(key=lambda one: (one is not latest, who.id not in one.ids))
        if fitting:
            return fitting[0]
        return self.at(who, index)

    def announced(self, item: Any, index: int) -> Item:
        """The item that begins: one whose own events came first, or a new one."""
        who = identity(item)
        latest = self._latest.get((who.group, index))
        found = None
        for one in self._items:
            is_told = one.is_announced and not (one is latest and who.id in one.ids)
            is_meant = one is latest or who.id in one.ids
            if is_meant and not is_told and not one.is_done and one.may_be(who):
                found = one
        found = found or self._begin(who.group, index)
        found.is_announced = True
        return found.note(who)

    def finished(self, item: Any, index: int, told: Sequence[Told]) -> Item:
        """The item that ended."""
        who = identity(item)
        latest = self._latest.get((who.group, index))
        tests: tuple[Callable[[Item], bool], ...] = (
            lambda one: one is latest and one.is_same(who) and one.is_or_fits(told),
            lambda one: one.is_same(who) and one.fits(told) and not one.is_call_done,
            lambda one: one is latest and one.fits(told),
            lambda one: not one.is_done and one.fits(told),
            lambda one: one is latest and not one.is_done,
            lambda one: one.is_same(who) and not one.is_done,
        )
        possible = [one for one in self._items if one.may_be(who)]
        found = next((one for test in tests for one in possible if test(one)), None)
        found = found or self._begin(who.group, index)
        found.is_done = True
        return found.note(who)

    def listed(self, items: Sequence[Any], told: Sequence[Sequence[Told]]) -> list[Item]:
        """The items in the list that ends a response. Each may have been streamed under any number
        and id, but there are no others."""
        wanted = [_Listed(identity(item), at, told[at]) for at, item in enumerate(items)]

        def has_place(one: _Listed, item: Item) -> bool:
            return self._latest.get((one.who.group, one.place)) is item

        tests: tuple[Callable[[_Listed, Item], bool], ...] = (
            lambda one, item: (
                has_place(one, item) and item.is_same(one.who) and item.fits(one.told)
            ),
            lambda one, item: item.is_same(one.who) and item.fits(one.told),
            lambda one, item: has_place(one, item) and item.fits(one.told),
            lambda one, item: item.fits(one.told),
            lambda one, item: has_place(one, item) and item.is_same(one.who),
            lambda one, item: item.is_same(one.who),
            has_place,
            lambda one, item: True,
        )
        found = _assigned(wanted, self._items, [_possible(test) for test in tests])
        return [
            (item or self._begin(one.who.group, one.place)).note(one.who)
            for one, item in zip(wanted, found, strict=True)
        ]

    def _other(self, who: Identity, latest: Item | None) -> Item | None:
        """The item of an event whose id differs from that of the ``latest`` item at its number."""
        for one in self._items:
            is_meant = one.group == who.group and who.id in one.ids and not one.is_done
            if is_meant and (latest is not None or not one.has_text):
                return one
        # Another id for the same item, unless that has ended.
        return None if latest is not None and latest.is_done and latest.ids else latest

    def _begin(self, group: str, index: int) -> Item:
        taken = {item.place for item in self._items if item.group == group}
        item = Item(group, _free(f"{self._run}{index}", taken))
        item.is_tail = self._is_tail
        self._items.append(item)
        self._latest[group, index] = item
        return item


class _Listed(NamedTuple):
    """An item of the list that ends a response."""

    who: Identity
    place: int
    told: Sequence[Told]


def _possible(test: Callable[[_Listed, Item], bool]) -> Callable[[_Listed, Item], bool]:
    return lambda one, item: item.may_be(one.who) and test(one, item)


def _assigned(
    wanted: Sequence[W], have: Sequence[H], tests: Sequence[Callable[[W, H], bool]]
) -> list[H | None]:
    """Assigns to each of ``wanted`` one of ``have``, each at most once. A pair that passes an
    earlier test is preferred.

    >>> _assigned("ab", "bc", [lambda one, other: one == other, lambda one, other: True])
    ['c', 'b']
    """
    found: list[H | None] = [None] * len(wanted)
    free = list(have)
    for test in tests:
        for at, one in enumerate(wanted):
            hit = next((it for it in free if test(one, it)), None) if found[at] is None else None
            if hit is not None:
                found[at] = hit
                free.remove(hit)
    return found


def _same_cuts(streamed: Sequence[str], wholes: Sequence[str]) -> bool:
    """Whether the texts are divided where the streamed ones are; the last of these may be cut."""
    pairs = zip(streamed[:-1], wholes, strict=False)
    is_same = len(streamed) <= len(wholes) and all(one == whole for one, whole in pairs)
    return is_same and wholes[len(streamed) - 1].startswith(streamed[-1])


def _free(name: str, taken: Container[str]) -> str:
    """``name``, or a variation of it that is not taken."""
    number = 0
    found = name
    while found in taken:
        number += 1
        found = f"{name}+{number}"
    return found


def identity(item: Any) -> Identity:
    """How an item identifies itself."""
    kind = text(get(item, "type"))
    group = kind if kind in ("message", "reasoning") else "tool"
    return Identity(group, text(get(item, "id")), text(get(item, "call_id")), kind)
