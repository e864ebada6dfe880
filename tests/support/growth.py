"""Whether work grows with the text, and no faster."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager


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
            took = []
            for length in (size // 10, size):
                text = (unit * (length // len(unit) + 1))[:length]
                before = time.process_time()
                work(text)
                took.append(time.process_time() - before)
            # Ten times the text; a quadratic algorithm takes a hundred times as long.
            assert took[1] < 25 * max(took[0], 0.005), (unit, took)
