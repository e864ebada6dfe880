"""A key that comes in pieces is not in the events of an inspection, nor the half that has come."""

from __future__ import annotations

import base64
import json
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.inspection.split_keys import without_split_keys
from nbstream.text.json_strings import json_strings, unescaped
from nbstream.text.redact import Redact, hider, redactor
from nbstream.transport.recording import RawEvent, raw_event
from nbstream.transport.recording import block_of as told
from nbstream.transport.sse import KEPT

KEY = "plain-word-key-0123"
LONG = "sk-proj-" + "".join(random.Random(1).choices("AbCdEfGh0123456789_-", k=156))


def event(number: int, data: Any, **fields: Any) -> RawEvent:
    text = data if isinstance(data, str) else json.dumps(data)
    return RawEvent(number, None, None, data=text, **fields)


def chunk(delta: str, index: int = 0) -> dict[str, Any]:
    return {"id": "c", "choices": [{"delta": {"content": delta}, "index": index}]}


def events(*deltas: str) -> list[RawEvent]:
    return [event(number, chunk(delta)) for number, delta in enumerate(deltas, 1)]


def shown(found: Sequence[RawEvent]) -> list[str]:
    return [json.loads(one.data or "")["choices"][0]["delta"]["content"] for one in found]


def cut(text: str, sizes: Sequence[int]) -> Iterator[str]:
    place = 0
    for number in range(len(text)):
        if place >= len(text):
            return
        size = sizes[number % len(sizes)]
        yield text[place : place + size]
        place += size


@pytest.mark.parametrize("at", range(1, len(KEY)))
def test_a_known_key_in_two_pieces(at: int) -> None:
    found = without_split_keys(
        events("The key: ", KEY[:at], KEY[at:] + " was", " refused"), redactor(KEY), is_over=True
    )
    assert shown(found) == ["The key: ", "[redacted]", "[redacted] was", " refused"]


@pytest.mark.parametrize("key", [KEY, LONG])
def test_a_key_letter_by_letter(key: str) -> None:
    found = without_split_keys(events("a ", *key, " b"), redactor(KEY), is_over=True)
    assert shown(found) == ["a ", *["[redacted]"] * len(key), " b"]


def test_what_looks_like_a_key_is_removed_to_its_end() -> None:
    found = without_split_keys(
        events("Use ", "sk-", "proj", "-AbCd", "Ef01", "2345", " now"), redactor(), is_over=True
    )
    assert shown(found) == ["Use ", *["[redacted]"] * 5, " now"]


# -- what may yet become a key --------------------------------------------------------------------

SECRET = "hunter22/hunter=33"
WRITTEN = {
    "as it is": SECRET,
    "JSON": "".join(f"\\u{ord(one):04x}" for one in SECRET),
    "JSON in JSON": "".join(f"\\\\u{ord(one):04X}" for one in SECRET),
    "Python": "".join(f"\\x{ord(one):02x}" for one in SECRET),
    "URL": "".join(f"%{ord(one):02X}" for one in SECRET),
    "HTML": "".join(f"&#{ord(one)};" for one in SECRET),
    "Base64": base64.b64encode(f"user:{SECRET}".encode()).decode(),
    "its shape": "sk-proj-hunter22hunter33",
    "another shape": "hf_hunter22hunter33hunter",
    "web token": "eyJhunter22hunter.hunter33.hunter",
    "bearer": 'Bearer hunter22hunter"',
    "field": '{"api_key": "hunter22hunter", "n": 1}',
    "URL argument": "https://host/?api_key=hunter22hunter&n=1",
    "user of a URL": "https://user:hunter22@host/",
}


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("form", WRITTEN)
def test_no_prefix_of_a_stream_shows_a_part_of_a_key(form: str, size: int) -> None:
    text = f"The key {WRITTEN[form]} is it"
    redact = redactor(SECRET)
    pieces = list(cut(text, [size]))
    visible = redact(text).replace("[redacted]", "")
    for count in range(1, len(pieces) + 1):
        live = "".join(shown(without_split_keys(events(*pieces[:count]), redact, is_over=False)))
        assert visible.startswith(live.replace("[redacted]", "").replace("…", ""))
    ended = "".join(shown(without_split_keys(events(*pieces), redact, is_over=True)))
    assert ended.replace("[redacted]", "") == visible


def test_what_was_held_back_is_shown_once_it_is_no_key() -> None:
    given = events("Ask ", "sk", "-", "ate", " or ", KEY[:9])
    assert shown(without_split_keys(given[:1], redactor(KEY), is_over=False)) == ["Ask "]
    for count in (2, 3, 4):
        live = shown(without_split_keys(given[:count], redactor(KEY), is_over=False))
        assert live == ["Ask ", *["…"] * (count - 1)]
    live = shown(without_split_keys(given[:5], redactor(KEY), is_over=False))
    assert live == ["Ask ", "sk", "-", "ate", " or "]


def test_the_end_of_the_stream_decides() -> None:
    for text, rest in [("Use sk-abc", "sk-abc"), ("an h", "h"), (f"so {KEY[:3]}", KEY[:3])]:
        assert shown(
            without_split_keys(events(text), redactor(KEY, "hunter22"), is_over=False)
        ) == [text.removesuffix(rest) + "…"]
        ended = without_split_keys(events(text), redactor(KEY, "hunter22"), is_over=True)
        assert shown(ended) == [text]
    # Half a key that is known is one at the end as well.
    assert shown(without_split_keys(events("a ", KEY[:9]), redactor(KEY), is_over=True))[1] == "…"


@pytest.mark.parametrize("is_over", [False, True])
def test_a_key_that_an_incomplete_event_continues(is_over: bool) -> None:
    for end in ('y-0123"}, "inde', "y-0123", "y-0"):
        rest = '{"id": "c", "choices": [{"delta": {"content": "plain-word-ke'[:-13] + end
        given = [*events("plain-word-ke"), event(2, rest, is_complete=False)]
        found = without_split_keys(given, redactor(KEY), is_over=is_over)
        assert "plain" not in str(found)
        assert "y-0" not in str(found)


# -- which pieces belong together -----------------------------------------------------------------


def test_other_events_between() -> None:
    first, second = events(KEY[:7], KEY[7:])
    between = event(2, {"type": "ping"})
    last = RawEvent(3, None, None, data=second.data)
    found = without_split_keys([first, between, last], redactor(KEY), is_over=True)
    assert found[1] == between
    assert shown([found[0], found[2]]) == ["[redacted]"] * 2


def test_texts_that_come_at_the_same_time() -> None:
    pieces = [KEY[:7], LONG[:20], KEY[7:], LONG[20:]]
    choices = [chunk(piece, number % 2) for number, piece in enumerate(pieces)]
    items = [
        {"type": "response.output_text.delta", "delta": piece, "output_index": number % 2}
        for number, piece in enumerate(pieces)
    ]
    kinds = [
        {"type": f"response.{'text' if number % 2 else 'reasoning'}.delta", "delta": piece}
        for number, piece in enumerate(pieces)
    ]
    both = [
        {"choices": [chunk(KEY[:7])["choices"][0], chunk(LONG[:20], 1)["choices"][0]]},
        chunk(LONG[20:], 1),
        chunk(KEY[7:]),
    ]
    for given in (choices, items, kinds, both):
        numbered = [event(number, one) for number, one in enumerate(given, 1)]
        text = str(without_split_keys(numbered, redactor(KEY), is_over=True))
        for secret in (KEY[:7], KEY[7:], LONG[:20], LONG[20:]):
            assert secret not in text, given


def test_arguments_of_a_call() -> None:
    pieces = ['{"api', '_key": "hun', "ter", '22", "n"', ": 1}"]
    given = [
        event(number, {"choices": [{"delta": {"tool_calls": [{"function": {"arguments": one}}]}}]})
        for number, one in enumerate(pieces, 1)
    ]
    for count in range(1, len(given) + 1):
        found = without_split_keys(given[:count], redactor(), is_over=False)
        text = "".join(one.data or "" for one in found)
        assert "hun" not in text
        assert '"ter' not in text
        assert "22" not in text
    assert '"[redacted]\\", \\"n\\""' in text


@pytest.mark.parametrize(
    "made",
    [
        lambda text: text,
        lambda text: SimpleNamespace(n=1, text=text),
        lambda text: SimpleNamespace(text=text, quote="it's"),
        lambda text: [text],
        lambda text: {"said": {"text": text}},
    ],
)
def test_chunks_of_any_class(made: Callable[[str], Any]) -> None:
    for sizes in ([1], [2, 5], [9]):
        pieces = ["The key ", *cut(KEY, sizes), " it was"]
        given = [raw_event(number, told(made(one))) for number, one in enumerate(pieces, 1)]
        found = without_split_keys(given, redactor(KEY), is_over=True)
        assert [one.data for one in found[1:-1]] == [
            told(made("[redacted]")).data for _ in found[1:-1]
        ]
        assert found[0] == given[0]
        assert found[-1] == given[-1]


def test_lines_of_json_and_comments() -> None:
    lines = "\n".join(json.dumps({"text": one}) for one in cut(KEY, [4]))
    found = without_split_keys(
        [RawEvent(1, None, None, other=lines, comment=KEY[:9])], redactor(KEY), is_over=False
    )
    assert not any(piece in str(found) for piece in cut(KEY, [4]))
    comments = [RawEvent(n, None, None, comment=one) for n, one in enumerate(cut(KEY, [5]), 1)]
    found = without_split_keys(comments, redactor(KEY), is_over=True)
    assert {one.comment for one in found} == {"[redacted]"}


def test_pieces_that_the_server_escapes() -> None:
    data = [r'{"a": "pl\u0061in\/wo"}', r'{"a": "rd\"é\ud83d\ude00-k"}', r'{"a": "ey"}']
    given = [event(number, one) for number, one in enumerate(data, 1)]
    found = without_split_keys(given, redactor('plain/word"é'), is_over=True)
    assert [one.data for one in found] == [
        '{"a": "[redacted]"}',
        r'{"a": "[redacted]\ud83d\ude00-k"}',
        '{"a": "ey"}',
    ]


# -- where events were not kept -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("redact", "before", "key"),
    [
        (redactor(KEY), "", KEY),
        (hider(KEY), "", KEY),
        (redactor(), "", f"sk-{KEY}"),
        (redactor(), '"api_key": "', KEY),
        (redactor(), "Authorization: Bearer ", KEY),
        (redactor(), "https://host/?token=", KEY),
    ],
)
def test_a_key_of_which_only_parts_are_kept(redact: Redact, before: str, key: str) -> None:
    text = f'Say {before}{key}" was it'
    for first in range(len(f"Say {before}") - 1, len(text) - 11):
        given = events(*text)
        kept = [*given[: first + 1], *given[first + 3 :]]
        left = "".join(shown(without_split_keys(kept, redact, is_over=True)))
        left = left.replace("[redacted]", "").replace("…", "")
        assert re.fullmatch(f'Say ({re.escape(before)})?"? was it', left), (first, left)


def test_an_event_that_was_cut_is_followed_by_a_gap() -> None:
    given = [event(1, chunk("a " + KEY[:9]), missing=9), *events("", KEY[12:] + " is")[1:]]
    found = shown(without_split_keys(given, redactor(KEY), is_over=True))
    assert found == ["a …", "… is"]


def test_everything_else_stays() -> None:
    given = events("Käse ", "\ud83d", "sk-ate ", "and ", KEY[:8], " ", KEY[8:])
    assert without_split_keys(given, redactor(KEY), is_over=True) == given
    bare = [RawEvent(1, None, None), event(2, "not JSON {"), event(3, "[DONE]"), event(4, "")]
    assert without_split_keys(bare, redactor(KEY), is_over=True) == bare
    # Names that each event repeats stay, around a gap and at the end.
    named = [
        event(number, {"type": "text.delta", "item_id": "msg_1", "n": number})
        for number in (1, 2, 9, 10)
    ]
    assert without_split_keys(named, redactor("a-secret", "1234567"), is_over=False) == named


def test_many_events_are_cleaned_in_linear_time() -> None:
    def seconds(count: int, data: str) -> float:
        given = [event(number, data) for number in range(1, count + 1)]
        start = time.process_time()
        without_split_keys(given, redactor(KEY), is_over=False)
        return time.process_time() - start

    deep = '["sk-a", ' * (KEPT // 9)
    for data in (json.dumps(chunk("-eyJ" * 50)), json.dumps(chunk("://" * 99)), "plai" * 99, deep):
        few = 1 if data is deep else 40
        short = min(seconds(few, data) for _ in range(3))
        assert seconds(8 * few, data) < 24 * max(short, 0.004), data[:20]


# -- strings in JSON ------------------------------------------------------------------------------


def test_strings_of_any_json_have_their_paths() -> None:
    value = {
        "a": ["x", {"b": "y\n", "c": [[], ["z"]]}, 1, "w"],
        "d": "",
        "e": {"f": None, "g": "v"},
    }
    for text in (json.dumps(value), json.dumps(value, indent=1)):
        found = {one.path: unescaped(text, one.start, one.end)[0] for one in json_strings(text)}
        assert found == {
            ("a", 0): "x",
            ("a", 1, "b"): "y\n",
            ("a", 1, "c", 1, 0): "z",
            ("a", 3): "w",
            ("d",): "",
            ("e", "g"): "v",
        }
        for end in range(len(text)):
            part = text[:end]
            cut_short = {
                one.path: unescaped(part, one.start, one.end)[0] for one in json_strings(part)
            }
            assert all(
                found[path].startswith(said.rstrip("\\")) for path, said in cut_short.items()
            )
