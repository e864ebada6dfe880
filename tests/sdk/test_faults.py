"""Every fault of servers and networks: state, words, text kept, requests made.

The real SDK over the loopback server; `tests.support.faults` has the rows.
"""

from __future__ import annotations

import re

import pytest

from tests.support.faults import FAULTS, Api, Fault, Kind, meet

CASES = [
    pytest.param(fault, api, kind, id=f"{fault.name}, {api}, {kind}")
    for fault in FAULTS
    for api in fault.apis
    for kind in ("async", "sync")
    # The two clients differ in how they connect and read, not in what they make of it.
    if kind == "async" or (api == "chat" and not fault.is_refusal)
]


@pytest.mark.parametrize(("fault", "api", "kind"), CASES)
async def test_fault(fault: Fault, api: Api, kind: Kind) -> None:
    seen = await meet(fault, api, kind)
    assert seen.status == fault.status
    assert re.search(".*".join(map(re.escape, fault.words.split(" … "))), seen.words), seen.words
    assert bool(seen.words) == (fault.status != "completed")
    assert seen.text == fault.text
    assert seen.requests == fault.requests
    assert len(seen.delays) == fault.retries
    if fault.wait is not None:
        # A date has whole seconds, and some time passes before it is read.
        slack = 2.5 if "date" in fault.name else 0.0
        assert fault.wait - slack <= seen.delays[0] <= fault.wait
        assert seen.gaps[0] >= seen.delays[0] - 0.05


def test_each_fault_has_words_of_its_own() -> None:
    said = [fault.words for fault in FAULTS if fault.status == "failed"]
    same = {words for words in said if said.count(words) > 1}
    # One fault in several forms.
    alike = ("reported an error", "as one event", "xxx", "too many requests")
    assert all(any(words in one for words in alike) for one in same)
