"""What a page asks: the fixtures that the front end's tests read, too."""

from __future__ import annotations

from typing import Any

from nbstream.comm.requests import parse_request
from tests.support.protocol import named


@named("requests")
def test_requests(case: dict[str, Any]) -> None:
    parsed = parse_request(case["request"])
    if case["valid"]:
        assert parsed == {k: v for k, v in case["request"].items() if k != "v"}
    else:
        assert parsed is None


def test_requests_are_cut_to_size() -> None:
    request = {"v": 1, "kind": "cancel", "stream": "s", "reason": "x" * 5000, "more": 1}
    parsed = parse_request(request)
    assert parsed is not None
    assert parsed == {"kind": "cancel", "stream": "s", "reason": "x" * 200}
    parsed = parse_request({"v": 1, "kind": "hello", "have": {}, "page": "p" * 5000})
    assert parsed == {"kind": "hello", "have": {}, "page": "p" * 64, "client": ""}
