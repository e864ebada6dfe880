"""What the test server does with one request: a plain description, and the named ones.

Notebooks choose a scenario by the model's name (``test/stall``), and may change its fields there:
``test/slow?delay=0.2&fault=reset&fault_after=3``.
"""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

BEFORE_HEADERS = -1

SENTENCES = (
    "Streams carry an answer piece by piece, so that reading starts before the writing ends. "
    "A café in Zürich, a 😀 beyond the basic plane, and a comma, all arrive in order; "
    "nothing is lost and nothing comes twice."
)
DEFAULT_TEXT: tuple[str, ...] = tuple(word + " " for word in SENTENCES.split())

Fault = Literal[
    "stall",  # nothing more is sent until the client leaves
    "reset",  # the connection is reset (RST)
    "cut",  # the connection is closed inside the chunked body
    "truncate",  # the body ends properly, without finish_reason and without [DONE]
    "half_event",  # the body ends properly, in the middle of an event
    "bad_json",  # one data line that is not JSON; the rest follows
    "bad_utf8",  # one data line that is not UTF-8; the rest follows
    "comments",  # nothing but keep-alive comments until the client leaves
    "error_data",  # data: {"error": {...}}, then the body ends
    "error_event",  # the same with `event: error`
    "error_flat",  # event: error, with a body that has no "error" key
    "failed",  # response.failed (Responses only; "error_data" for chat completions)
    "raw",  # the bytes of `raw`; the rest follows
]
Gate = Literal["headers", "first", "deltas", "finish", "usage"]
Noise = Literal["comments", "ping", "empty_choices", "null_choices", "unknown_events"]


@dataclass(frozen=True)
class Scenario:
    """How the server answers one request.

    A *delta* is one piece of reasoning, text or refusal; they are sent in this order.

    >>> Scenario(text=["Hel", "lo"], fault="reset", fault_after=1).deltas
    2
    """

    text: Sequence[str] = DEFAULT_TEXT
    reasoning: Sequence[str] = ()
    reasoning_kind: Literal["summary", "text"] = "summary"
    refusal: Sequence[str] = ()
    finish: str = "stop"  # or any other word; "": no finish reason
    finish_each: bool = False  # every chunk has the finish reason (chat completions)

    # Pace. Delays are seconds; a gate waits for `server.release()` instead.
    headers_delay: float = 0.0
    first_delay: float = 0.0
    delay: float = 0.0
    gates: frozenset[Gate] = frozenset()

    # Something goes wrong after this many deltas; BEFORE_HEADERS: before the response's headers.
    fault: Fault | None = None
    fault_after: int = 0

    # A status other than 200 is answered `status_times` times, then the request succeeds
    # (and so on in turns); 0: always.
    status: int = 200
    status_times: int = 0
    retry_after: float | None = None  # seconds
    retry_after_form: Literal["seconds", "ms", "date"] = "seconds"
    error_message: str = ""
    error_body: Literal["json", "html", "empty"] = "json"
    whole: tuple[str, bytes] | None = None  # this type and body, with any status
    raw: bytes = b""  # of the fault "raw"
    # A body, with any status, that begins with the first and repeats the second without end.
    endless: tuple[bytes, bytes] | None = None
    html: bool = False  # a web page with status 200, as a portal or a wrong address gives
    refuse: Sequence[str] = ()  # parameters answered with 400 when the request has them

    # The body of an event stream as it was recorded, instead of the deltas above.
    body: bytes | None = None
    headers: Sequence[tuple[str, str]] = ()  # more headers of the response

    # Shape of the body.
    preamble: bool = True  # role chunk, response.created
    usage: bool = True  # False: not even when asked for
    done: bool = True  # data: [DONE]
    hold_open: bool = False  # the body stays open after the last event until the client leaves
    noise: frozenset[Noise] = frozenset()
    write_size: int | None = None  # bytes per chunk of the body, to split events and characters
    segment: int | None = None  # bytes per TCP segment, headers and chunk sizes included

    @property
    def deltas(self) -> int:
        """How many deltas a complete answer has."""
        return len(self.reasoning) + len(self.text) + len(self.refusal)

    def changed(self, query: str) -> Scenario:
        """This scenario with fields replaced from ``delay=0.2&text=["a","b"]`` (JSON or a word).

        Raises:
            ValueError: a name is not a field.
        """
        names = {field.name for field in dataclasses.fields(self)}
        changes: dict[str, Any] = {}
        for name, value in parse_qsl(query, strict_parsing=True):
            if name not in names:
                raise ValueError(f"a scenario has no field {name!r}")
            try:
                changes[name] = json.loads(value)
            except json.JSONDecodeError:
                changes[name] = value
            if name in ("gates", "noise"):
                changes[name] = frozenset(changes[name])
        return dataclasses.replace(self, **changes)


def bomb(beginning: bytes, block: bytes) -> tuple[bytes, bytes]:
    """A gzip body without end, of ``beginning`` and then a thousand ``block`` for each kilobyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    # What follows a full flush needs nothing of what came before it, and can come again.
    first = packer.compress(beginning) + packer.flush(zlib.Z_FULL_FLUSH)
    return first, packer.compress(block * 1000) + packer.flush(zlib.Z_FULL_FLUSH)


ALL_NOISE: frozenset[Noise] = frozenset(
    ("comments", "ping", "empty_choices", "null_choices", "unknown_events")
)

MARKDOWN = """\
# Backpressure

A *fast* producer and a **slow** consumer need a queue with a limit:

```python
queue = asyncio.Queue(maxsize=10)
await queue.put("item")  # waits when it is full
```

| side | when full |
|---|---|
| producer | waits |
| consumer | reads |

1. Measure first.
2. Then limit: $n \\le 10$.
"""


def default_scenarios() -> dict[str, Scenario]:
    """The scenarios that a request can choose by its model's name."""
    thinking = ("The user ", "wants a short ", "answer. ")
    return {
        "test/ok": Scenario(),
        "test/slow": Scenario(delay=0.05),
        "test/long": Scenario(text=[f"word{n} " for n in range(2000)], delay=0.02),
        "test/markdown": Scenario(text=[line + "\n" for line in MARKDOWN.splitlines()]),
        "test/empty": Scenario(text=()),
        "test/reasoning": Scenario(reasoning=thinking),
        "test/refusal": Scenario(text=(), refusal=("I can't ", "help with that.")),
        "test/gated": Scenario(gates=frozenset({"deltas"})),
        "test/no-headers": Scenario(fault="stall", fault_after=BEFORE_HEADERS),
        "test/no-first-token": Scenario(fault="stall", fault_after=0),
        "test/stall": Scenario(fault="stall", fault_after=5),
        "test/reset": Scenario(fault="reset", fault_after=5),
        "test/reset-before-headers": Scenario(fault="reset", fault_after=BEFORE_HEADERS),
        "test/reset-after-headers": Scenario(fault="reset", fault_after=0, preamble=False),
        "test/cut": Scenario(fault="cut", fault_after=5),
        "test/truncate": Scenario(fault="truncate", fault_after=5),
        "test/no-done": Scenario(done=False),
        "test/hold-open": Scenario(hold_open=True),
        "test/length": Scenario(finish="length"),
        "test/content-filter": Scenario(finish="content_filter"),
        "test/half-event": Scenario(fault="half_event", fault_after=5),
        "test/bad-json": Scenario(fault="bad_json", fault_after=5),
        "test/bad-utf8": Scenario(fault="bad_utf8", fault_after=5),
        "test/comments": Scenario(fault="comments", fault_after=0),
        "test/error-data": Scenario(fault="error_data", fault_after=5),
        "test/error-event": Scenario(fault="error_event", fault_after=5),
        "test/error-flat": Scenario(fault="error_flat", fault_after=5),
        "test/failed": Scenario(fault="failed", fault_after=5),
        "test/noise": Scenario(noise=ALL_NOISE),
        "test/split": Scenario(write_size=3),
        "test/bytes": Scenario(segment=1),
        "test/html": Scenario(html=True),
        "test/refuse-stream-options": Scenario(refuse=("stream_options",)),
        "test/refuse-temperature": Scenario(refuse=("temperature",)),
        "test/endless-event": Scenario(endless=(b'data: {"x": "', b"x" * 50_000)),
        "test/endless-400": Scenario(status=400, endless=(b"", b"x" * 50_000)),
        "test/endless-gzip-event": Scenario(
            endless=bomb(b'data: {"x": "', b"x" * 1000),
            headers=(("content-encoding", "gzip"),),
        ),
        "test/endless-gzip-400": Scenario(
            status=400,
            endless=bomb(b"", b"x" * 1000),
            headers=(("content-encoding", "gzip"),),
        ),
        "test/400": Scenario(status=400),
        "test/401": Scenario(status=401),
        "test/403": Scenario(status=403),
        "test/404": Scenario(status=404),
        "test/408": Scenario(status=408),
        "test/409": Scenario(status=409),
        "test/413": Scenario(status=413),
        "test/429": Scenario(status=429),
        "test/500": Scenario(status=500),
        "test/502-html": Scenario(status=502, error_body="html"),
        "test/503": Scenario(status=503),
        "test/529": Scenario(status=529),
        "test/429-then-ok": Scenario(status=429, status_times=1, retry_after=1),
        "test/429-ms-then-ok": Scenario(
            status=429, status_times=1, retry_after=0.2, retry_after_form="ms"
        ),
        "test/429-date-then-ok": Scenario(
            status=429, status_times=1, retry_after=2, retry_after_form="date"
        ),
        "test/503-then-ok": Scenario(status=503, status_times=2),
    }
