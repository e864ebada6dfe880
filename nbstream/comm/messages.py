"""What the kernel sends to the front end. The same fixtures test this and `protocol.ts`.

Text offsets and lengths are UTF-16 code units; times are seconds. No message content has a key
named ``id``: ipykernel 7.4 keeps a routing entry for every distinct one.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from ..transcript.events import PartInfo, PartType
from ..transcript.status import Status

PROTOCOL_VERSION = 1

AssetName = Literal["front-end", "highlight", "math", "math-font", "copier", "inspector"]


class _Op(TypedDict):
    offset: int
    text: str


class Op(_Op, total=False):
    """Append ``text`` to ``part``, whose length must be ``offset``; the fields of ``info`` replace
    those of the same names. Both ``part`` and its ``type`` are "text" where they are absent: most
    text is, and each message has few bytes to spare."""

    part: str
    type: PartType
    info: PartInfo


class _PartState(TypedDict):
    part: str
    type: PartType
    text: str


class PartState(_PartState, total=False):
    """All text of one part, and what is known of it."""

    info: PartInfo


class DeltaFrame(TypedDict):
    """Text came."""

    kind: Literal["delta"]
    stream: str
    seq: int
    ops: list[Op]


class Facts(TypedDict, total=False):
    """What is shown beside a status, where it is known."""

    reason: str
    error: dict[str, Any]
    retry: dict[str, Any]
    finish_reason: str
    usage: dict[str, int]
    timing: dict[str, float]
    model: str
    request_id: str
    offer: Literal["continue", "again"]


class _Status(TypedDict):
    kind: Literal["status"]
    stream: str
    seq: int
    status: Status


class StatusFrame(_Status, Facts, total=False):
    """The state changed; a terminal one carries each part's final length. Model, usage, finish
    reason and request id are there when they are new: a page keeps them."""

    lengths: dict[str, int]


class _Snapshot(TypedDict):
    kind: Literal["snapshot"]
    stream: str
    seq: int
    label: str
    created: float
    status: Status
    parts: list[PartState]


class SnapshotFrame(_Snapshot, Facts, total=False):
    """Everything; replaces all frames up to ``seq``. A terminal one carries the final lengths, of
    which some may be on their way."""

    note: str
    lengths: dict[str, int]


Frame = DeltaFrame | StatusFrame | SnapshotFrame


class Message(TypedDict):
    """What one custom message holds: frames of any streams that the page knows."""

    v: int
    frames: list[Frame]


class _Asset(TypedDict):
    v: int
    kind: Literal["asset"]
    name: AssetName


class AssetMessage(_Asset, total=False):
    """A custom message of its own that brings an asset: its bytes are the one buffer. With an
    ``error`` there is none."""

    error: str


class ImageMessage(TypedDict):
    """A custom message of its own that brings the last frame of an image: its bytes are the one
    buffer."""

    v: int
    kind: Literal["image"]
    stream: str
    part: str
    frame: int
    format: str


class OutputsMessage(TypedDict):
    """A custom message of its own: what the notebook's outputs of a stream are in the end, by
    display id. A page that was loaded meanwhile does not know which output a display id names."""

    v: int
    kind: Literal["outputs"]
    stream: str
    outputs: dict[str, dict[str, Any]]


class _WireEvent(TypedDict):
    number: int


class WireEvent(_WireEvent, total=False):
    """One raw event, of which a field that did not come is absent. Its times are seconds, and
    ``missing`` counts the bytes that are not in ``data``."""

    at: float
    gap: float
    event: str
    data: str
    event_id: str
    retry: str
    comment: str
    other: str
    missing: int
    open: bool


class InspectionMessage(TypedDict):
    """A custom message of its own: what came on the wire for a stream. ``facts`` and ``headers``
    are pairs of a name and words, ``left_out`` counts events that are not among ``events``."""

    v: int
    kind: Literal["inspection"]
    stream: str
    attempt: int
    facts: list[tuple[str, str]]
    headers: list[tuple[str, str]]
    events: list[WireEvent]
    left_out: int
    note: str
    report: str


class HungUp(TypedDict):
    """The connection of ``stream``, which was cancelled, is closed; its loop, kept busy by a cell,
    tells the end later. By the comm of `nbstream.widget.subshell`."""

    v: int
    kind: Literal["hung_up"]
    stream: str


def message(*frames: Frame) -> Message:
    """One message with ``frames``."""
    return {"v": PROTOCOL_VERSION, "frames": list(frames)}


def asset_message(name: AssetName, error: str | None = None) -> AssetMessage:
    """The answer to a request for an asset; its buffer travels beside it."""
    content: AssetMessage = {"v": PROTOCOL_VERSION, "kind": "asset", "name": name}
    if error is not None:
        content["error"] = error
    return content


def image_message(stream: str, part: str, frame: int, format: str) -> ImageMessage:
    """The answer to a request for an image; its buffer travels beside it."""
    return {
        "v": PROTOCOL_VERSION,
        "kind": "image",
        "stream": stream,
        "part": part,
        "frame": frame,
        "format": format,
    }


def outputs_message(stream: str, outputs: dict[str, dict[str, Any]]) -> OutputsMessage:
    """The answer to a request for a stream's outputs."""
    return {"v": PROTOCOL_VERSION, "kind": "outputs", "stream": stream, "outputs": outputs}


def hung_up_message(stream: str) -> HungUp:
    """Says that the connection of a cancelled stream is closed, though its loop is busy."""
    return {"v": PROTOCOL_VERSION, "kind": "hung_up", "stream": stream}
