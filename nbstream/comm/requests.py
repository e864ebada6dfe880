"""What a page asks the kernel for. The same fixtures test this and `requests.ts`."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, get_args

from .messages import PROTOCOL_VERSION, AssetName


class Hello(TypedDict):
    """A front end has attached and knows ``have`` (stream to seq), by the comm of one of these
    streams for all. ``page`` names the page, in which one comm's messages reach all streams;
    ``client`` is the session that the page runs cells as, or "" if that is not known."""

    kind: Literal["hello"]
    have: dict[str, int]
    page: str
    client: str


class Resync(TypedDict):
    """A front end found a gap and has everything up to ``have``."""

    kind: Literal["resync"]
    stream: str
    have: int


class Cancel(TypedDict):
    """Stop ``stream``, or all for ``*``."""

    kind: Literal["cancel"]
    stream: str
    reason: str


class Continue(TypedDict):
    """Accept the ``offer`` of ``stream``: continue its text, or try its request again."""

    kind: Literal["continue"]
    stream: str


class Decide(TypedDict):
    """Let the call in ``part`` run, which waits for approval, or do not."""

    kind: Literal["decide"]
    stream: str
    part: str
    approved: bool


class Released(TypedDict):
    """The last view of the stream in a page is gone."""

    kind: Literal["released"]
    stream: str


class OutputsRequest(TypedDict):
    """A page has outputs of the ended stream that are not what they are in the end."""

    kind: Literal["outputs"]
    stream: str


class AssetRequest(TypedDict):
    """A page needs a heavy part of the front end; ``stream`` is the widget that asks for it."""

    kind: Literal["asset"]
    stream: str
    name: AssetName


class ImageRequest(TypedDict):
    """A page shows the image in ``part`` and has an older frame of it, or none."""

    kind: Literal["image"]
    stream: str
    part: str


class InspectRequest(TypedDict):
    """A page shows what came on the wire for ``stream``; ``front_end`` says what page it is."""

    kind: Literal["inspect"]
    stream: str
    front_end: str


Request = (
    Hello
    | Resync
    | Cancel
    | Continue
    | Decide
    | Released
    | OutputsRequest
    | AssetRequest
    | ImageRequest
    | InspectRequest
)


def parse_request(content: Any) -> Request | None:
    """What a front end asks for, or None for anything that is not version 1 of the protocol.

    >>> parse_request({"v": 1, "kind": "cancel", "stream": "s1", "reason": "stopped by you"})
    {'kind': 'cancel', 'stream': 's1', 'reason': 'stopped by you'}
    """
    if not isinstance(content, dict) or content.get("v") != PROTOCOL_VERSION:
        return None
    kind, stream = content.get("kind"), content.get("stream")
    if kind == "hello":
        have, page, client = content.get("have"), content.get("page"), content.get("client", "")
        if not (isinstance(page, str) and page and isinstance(have, dict)):
            return None
        if not isinstance(client, str):
            return None
        if not all(_is_seq(seq) for seq in have.values()):
            return None
        return {"kind": "hello", "have": dict(have), "page": page[:64], "client": client[:64]}
    if not isinstance(stream, str) or not stream:
        return None
    if kind == "resync" and _is_seq(content.get("have")):
        return {"kind": "resync", "stream": stream, "have": content["have"]}
    if kind == "cancel" and isinstance(content.get("reason"), str):
        return {"kind": "cancel", "stream": stream, "reason": content["reason"][:200]}
    if kind == "continue":
        return {"kind": "continue", "stream": stream}
    if kind == "decide" and isinstance(content.get("part"), str):
        if not isinstance(content.get("approved"), bool):
            return None
        approved = content["approved"]
        return {"kind": "decide", "stream": stream, "part": content["part"], "approved": approved}
    if kind == "released":
        return {"kind": "released", "stream": stream}
    if kind == "image" and isinstance(content.get("part"), str):
        return {"kind": "image", "stream": stream, "part": content["part"]}
    if kind == "outputs":
        return {"kind": "outputs", "stream": stream}
    if kind == "inspect" and isinstance(content.get("front_end"), str):
        return {"kind": "inspect", "stream": stream, "front_end": content["front_end"][:100]}
    if kind == "asset" and content.get("name") in get_args(AssetName):
        return {"kind": "asset", "stream": stream, "name": content["name"]}
    return None


def _is_seq(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
