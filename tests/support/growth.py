"""Whether work grows with the text, and no faster."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

MEASUREMENTS = 3
"""A neighbour on the same core or cache only ever adds time: the least of several is the cost."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """A block whose time does not depend on what others have left: that is not collected in it."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def check_linear(work: Callable[[str], object], units: Iterable[str], size: int) -> None:
    """Do the work on ``size`` characters of each unit over and over, and on a tenth of them.

    Raises:
        AssertionError: it takes much more than ten times as long.
    """
    with undisturbed():
        for unit in units:
            short, long = ((unit * (n // len(unit) + 1))[:n] for n in (size // 10, size))
            least = min(_seconds(work, short) for _ in range(MEASUREMENTS))
            # Ten times the text; a quadratic algorithm takes a hundred times as long.
            limit = 25 * max(least, 0.005)
            took = []
            while not took or min(took) >= limit:
                assert len(took) < MEASUREMENTS, (unit, least, took)
                took.append(_seconds(work, long))


def _seconds(work: Callable[[str], object], text: str) -> float:
    before = time.process_time()
    work(text)
    return time.process_time() - before
