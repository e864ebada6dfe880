"""What goes wrong with servers and networks, one row each, and what the stream then says.

``python3 dev.py faults`` prints the table as Markdown; ``tests/sdk/test_faults.py`` holds it.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import openai

import nbstream
from nbstream.transport.retry import RetryPolicy
from tests.support.fakes import until
from tests.support.scenario import DEFAULT_TEXT, Scenario
from tests.support.server import Server

ALL = "".join(DEFAULT_TEXT)
FIVE = "".join(DEFAULT_TEXT[:5])
CERTIFICATE = Path(__file__).parent.parent / "fixtures" / "self_signed.pem"
HUGE = "0123456789" * 1_000_000

Api = Literal["chat", "responses"]
Kind = Literal["async", "sync"]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, and all that is to be seen of it.

    ``happens`` is the model's name at the test server, a scenario, or an address. ``words`` stand
    in what is said, with anything for ``…``; ``requests`` are those that the test server sees,
    ``retries`` how many more attempts the stream announced, and ``wait`` the seconds that the
    server wished.
    """

    name: str
    happens: str | Scenario
    status: str
    words: str
    text: str = ""
    requests: int = 1
    retries: int = 0
    apis: tuple[Api, ...] = ("chat", "responses")
    options: tuple[tuple[str, Any], ...] = ()
    wait: float | None = None

    @property
    def is_refusal(self) -> bool:
        """Whether the server answers with a status other than 200."""
        return self.name[:1].isdigit()


@dataclass(frozen=True)
class Outcome:
    """What was seen of a fault."""

    status: str
    words: str
    text: str
    requests: int
    delays: tuple[float, ...]
    """What the stream said it would wait before each further attempt, in seconds."""
    gaps: tuple[float, ...]
    """Seconds from each request to the next as the server saw them."""


def limited(form: Literal["seconds", "ms", "date"], seconds: float) -> Scenario:
    return Scenario(status=429, status_times=1, retry_after=seconds, retry_after_form=form)


def refused(status: int, body: object, kind: str = "application/json", **more: Any) -> Scenario:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Scenario(status=status, whole=(kind, data), **more)


def whole(body: object, kind: str = "application/json") -> Scenario:
    return refused(200, body, kind)


def told(raw: bytes, after: int = 5) -> Scenario:
    return Scenario(fault="raw", fault_after=after, raw=raw)


def completed(name: str, happens: str | Scenario, requests: int = 1, **more: Any) -> Fault:
    retries = requests - 1
    return Fault(name, happens, "completed", "", more.pop("text", ALL), requests, retries, **more)


def incomplete(
    name: str, happens: str | Scenario, words: str, text: str = ALL, **more: Any
) -> Fault:
    return Fault(name, happens, "incomplete", words, text, **more)


def failed(name: str, happens: str | Scenario, words: str, text: str = "", **more: Any) -> Fault:
    return Fault(name, happens, "failed", words, text, **more)


def retried(name: str, happens: str | Scenario, words: str) -> Fault:
    """One that passes, perhaps: sent three times in all, and failed each time."""
    return Fault(name, happens, "failed", words, "", requests=3, retries=2)


NO_API = "if it happens again, the server does not support this API"
SAYS = "reported an error mid-answer: The server had an error. Run the cell again"
SAYS_EARLY = "reported an error before the first token arrived: The server had an error. Run"
CUT = "the connection ended before the answer was complete; run the cell again"
TOLD = "reported an error mid-answer: No room. Run the cell again"
TOLD_EARLY = "reported an error before the first token arrived: No room. Run the cell again"
CHAT: tuple[Api, ...] = ("chat",)
WHOLE = whole({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]})
_TEXT = {"type": "output_text", "text": "Hi.", "annotations": []}
WHOLE_RESPONSE = whole(
    {
        "object": "response",
        "id": "r",
        "status": "completed",
        "output": [{"type": "message", "id": "m", "role": "assistant", "content": [_TEXT]}],
    }
)

FAULTS = (
    # No connection.
    failed("connection refused", "refused", "no server listens … Start the server",
           requests=0, retries=2, apis=CHAT),
    failed("DNS failure", "dns", "name was not found … Check the spelling of the base URL",
           requests=0, apis=CHAT),
    failed("TLS failure", "tls", "no secure connection … (self-signed certificate). Check",
           requests=0, apis=CHAT),
    # Refused.
    failed("400 (parameter refused)", "test/400",
           "refused the request: Unknown parameter: 'bogus' … Check its parameters"),
    failed("401", "test/401", "did not accept the API key … Check the API key"),
    failed("403", "test/403", "not allowed … Check that this key may use this model"),
    failed("404 (model)", "test/404", "does not know the model … %nbstream models"),
    retried("408", "test/408", "took the server too long … Run the cell again"),
    retried("409", "test/409", "conflicts with another one … run the cell again"),
    failed("413", "test/413", "the prompt is too large for the server … Shorten the prompt"),
    completed("429, Retry-After in seconds", limited("seconds", 1), 2, wait=1, apis=CHAT),
    completed("429, retry-after-ms", limited("ms", 0.25), 2, wait=0.25),
    completed("429, Retry-After as a date", limited("date", 3), 2, wait=3, apis=CHAT),
    failed("429, Retry-After beyond a minute", Scenario(status=429, retry_after=3600),
           "too many requests … Run the cell again in 1 h, as the server asks"),
    retried("429, always", "test/429", "too many requests … check the rate limits"),
    retried("500", "test/500", "the server failed to handle the request … Run the cell again"),
    retried("502, a web page", "test/502-html", "a gateway … a web page … Run the cell again"),
    completed("503, twice", "test/503-then-ok", 3),
    retried("503, always", "test/503", "not available at the moment … in a while"),
    retried("529", "test/529", "overloaded … choose another model"),
    # Refused in other words than OpenAI's.
    failed("400, a list", refused(400, [{"error": {"message": "No such key."}}]),
           "refused the request: No such key … Check its parameters", apis=CHAT),
    failed("422, a list of details",
           refused(422, {"detail": [{"loc": ["body", "n"], "msg": "no"}]}),
           "refused the request: n: no … Check its parameters", apis=CHAT),
    failed("404, text", refused(404, "m-1 was never pulled", "text/plain"),
           "the model or the address: m-1 was never pulled … Check the model's name", apis=CHAT),
    failed("403, a web page", refused(403, "<html><title>Blocked</title>", "text/html"),
           'a web page "Blocked" instead of the API', apis=CHAT),
    completed("429, the wait in the body",
              refused(429, [{"error": {"details": [{"retryDelay": "0.25s"}]}}], status_times=1),
              2, wait=0.25, apis=CHAT),
    completed("429, the wait in words",
              refused(429, {"error": {"message": "Try again in 250ms."}}, status_times=1),
              2, wait=0.25, apis=CHAT),
    completed("429, when the limit is reset",
              refused(429, {}, status_times=1, headers=(("x-ratelimit-reset-tokens", "250ms"),)),
              2, wait=0.25, apis=CHAT),
    *(retried(f"429, a wait of {value}", refused(429, {"error": {"retry_after": value}}),
              "too many requests … check the rate limits") for value in (-1, "NaN", 1e9, "soon")),
    # The connection breaks.
    retried("reset before headers", "test/reset-before-headers",
            "reset the connection before the server answered … Check the network"),
    retried("reset after headers", "test/reset-after-headers",
            "reset the connection before the first token arrived. Run the cell again"),
    failed("reset mid-stream", "test/reset",
           "reset the connection mid-answer. Run the cell again", FIVE),
    failed("cut mid-stream", "test/cut", "cut mid-answer … Run the cell again", FIVE),
    incomplete("half an event", "test/half-event", CUT, FIVE),
    incomplete("clean EOF without finish reason", "test/truncate", CUT, FIVE),
    retried("clean EOF before the first token", Scenario(fault="truncate"),
            "closed before the first token arrived. Run the cell again"),
    completed("EOF after finish_reason without [DONE]", "test/no-done"),
    completed("body kept open after [DONE]", "test/hold-open"),
    completed("body kept open after finish_reason, without [DONE]",
              Scenario(done=False, hold_open=True)),
    completed("[DONE] without finish_reason", Scenario(finish=""), apis=CHAT),
    completed("finish_reason with every chunk", Scenario(finish_each=True), apis=CHAT),
    completed("the same without [DONE]", Scenario(finish_each=True, done=False), apis=CHAT),
    # The server sends something odd.
    failed("bad JSON", "test/bad-json", f"not valid JSON … {NO_API}", FIVE),
    completed("an event that is not UTF-8", "test/bad-utf8"),
    completed("text that is not UTF-8",
              told(b'data: {"choices":[{"index":0,"delta":{"content":"caf\xe9"}}]}\n\n'),
              text=f"{FIVE}caf\ufffd{ALL.removeprefix(FIVE)}", apis=CHAT),
    failed("`error` payload mid-stream", "test/error-data", SAYS, FIVE),
    failed("`event: error` mid-stream", "test/error-event", SAYS, FIVE),
    failed("flat `error` event", "test/error-flat", SAYS, FIVE),
    failed("`response.failed`", "test/failed", "mid-answer: The model failed", FIVE,
           apis=("responses",)),
    retried("`error` payload before the first token", Scenario(fault="error_data"), SAYS_EARLY),
    # Its type is `error`, and nothing says whether it passes.
    failed("flat `error` event before the first token", Scenario(fault="error_flat"), SAYS_EARLY),
    # Failures told outside of the format.
    failed("a JSON line", told(b'{"error": {"message": "No room."}}\n\n'), TOLD, FIVE),
    failed("an `error:` line", told(b"error: No room.\n\n"), TOLD, FIVE),
    failed("`event: error` with text", told(b"event: error\ndata: No room.\n\n"), TOLD, FIVE),
    retried("a JSON line before the first token",
            told(b'{"error": {"message": "No room.", "code": 503}}\n', 0), TOLD_EARLY),
    failed("an error with status 200", whole({"error": {"message": "No room."}}), TOLD_EARLY),
    failed("an error as a list, with status 200",
           whole([{"error": {"message": "No room."}}]), TOLD_EARLY),
    failed("text with status 200", whole("No room.", "text/plain"),
           "answered with text/plain instead of a stream of events: No room."),
    failed("JSON with status 200", whole({"state": "busy"}),
           'with application/json instead of a stream of events: {"state": "busy"}'),
    retried("nothing at all with status 200", whole("", "text/event-stream"),
            "closed before the first token arrived"),
    failed("a web page with status 200", "test/html",
           'a web page "Bad gateway" instead of the API. Check the base URL'),
    failed("a web page without its type", whole("<html><title>Portal</title>", "text/plain"),
           'a web page "Portal" instead of the API. Check the base URL'),
    # What only looks like a failure.
    completed("a whole answer in place of events", WHOLE, text="Hi.", apis=CHAT),
    completed("a whole response in place of events", WHOLE_RESPONSE, text="Hi.",
              apis=("responses",)),
    completed("events without data, ids, times to reconnect, comments",
              told(b"event: ping\n\nid: 7\n\nretry: 5\n\ndata:\n\n: note\n\n")),
    completed("a byte order mark", told(b"\xef\xbb\xbf: first\n\n", 0)),
    # Redirects.
    failed("a redirect that loses the prompt",
           Scenario(status=302, headers=(("location", "/v2/chat/completions"),)),
           "redirects the request to … which would lose the prompt. Set the base URL to",
           apis=CHAT),
    failed("a redirect in a circle",
           Scenario(status=307, headers=(("location", "/v1/chat/completions"),)),
           "redirects the request in a circle", requests=21, apis=CHAT),
    failed("a redirect to nowhere", Scenario(status=307), "does not say where to", apis=CHAT),
    # More than memory should be spent on.
    failed("an event without end", "test/endless-event", "more than 32 MB as one event"),
    failed("a compressed event without end", "test/endless-gzip-event",
           "more than 32 MB as one event"),
    failed("an error body without end", "test/endless-400", "refused the request: xxx … Check its"),
    failed("a compressed error body without end", "test/endless-gzip-400",
           "refused the request: xxx … Check its"),
    failed("an unknown compression", Scenario(headers=(("content-encoding", "br"),)),
           "compressed its answer with br, which was not requested"),
    failed("keep-alive comments only", "test/comments",
           "no first token arrived within 1 s. Run the cell again",
           options=(("first_token_timeout", 1.0),)),
    failed("silence mid-stream", "test/stall",
           "no next token arrived within 1 s. Run the cell again", FIVE,
           options=(("idle_timeout", 1.0),)),
    completed("a 10 MB event", Scenario(text=[HUGE]), text=HUGE),
    completed("TCP segments of one byte", "test/bytes"),
    # The model ends early.
    incomplete("`length`", "test/length", "the token limit (finish_reason: length); raise max_"),
    incomplete("`content_filter`", "test/content-filter", "content filter … change the prompt"),
    # What services call it: nbstream/finish_reasons.py.
    *(
        incomplete(f"`{word}`", Scenario(finish=word), words, apis=CHAT)
        for word, words in (
            ("MAX_TOKENS", "the token limit (finish_reason: MAX_TOKENS); raise max_tokens"),
            ("model_length", "the model's context window … shorten the conversation"),
            ("SAFETY", "content filter cut the answer (finish_reason: SAFETY)"),
            ("refusal", "content filter cut the answer (finish_reason: refusal)"),
            ("abort", "ended the answer early (finish_reason: abort)"),
            ("insufficient_system_resource", "ran out of resources … later"),
            ("MALFORMED_FUNCTION_CALL", "made a call that its server could not use"),
            ("pause_turn", "paused mid-answer (finish_reason: pause_turn); continue"),
            ("moon_phase", "for an unknown reason (finish_reason: moon_phase)"),
        )
    ),
    failed("`error`", Scenario(finish="error"), "mid-answer: finish_reason: error. Run", ALL,
           apis=CHAT),
    failed("`network_error`", Scenario(finish="network_error"),
           "mid-answer: finish_reason: network_error. Run", ALL, apis=CHAT),
)  # fmt: skip


async def meet(fault: Fault, api: Api = "chat", kind: Kind = "async") -> Outcome:
    """Let the real SDK meet the fault, and say what was seen."""
    # Retries without a wish of the server follow at once: their delays have other tests.
    quick = functools.partial(RetryPolicy, base_delay=0.001)
    with (
        Server() as server,
        mock.patch("nbstream.request.prepare.RetryPolicy", quick),
        mock.patch("nbstream.session.finish_watch.FINISH_GRACE", 0.2),
    ):
        async with _address(fault, server.url) as url, _client(kind, url) as client:
            model = "any"
            if isinstance(fault.happens, Scenario):
                server.default = fault.happens
            elif fault.happens.startswith("test/"):
                model = fault.happens
            options = dict(fault.options)
            w = nbstream.stream("Hello", client=client, model=model, api=api, **options)
            delays: list[float] = []

            def note(_: Any) -> None:
                if w.status == "retrying" and w._session.generation.retry is not None:
                    delays.append(w._session.generation.retry.delay)

            w.observe(note, names="status")
            await until(w._session.done.done)
            words = str(w.error) if w.error is not None else (w.reason or "")
            starts = [request.started for request in server.requests]
            gaps = tuple(later - earlier for earlier, later in itertools.pairwise(starts))
            return Outcome(w.status, words, w.text, len(starts), tuple(delays), gaps)


@asynccontextmanager
async def _address(fault: Fault, url: str) -> AsyncIterator[str]:
    if fault.happens == "dns":
        yield "http://no-such-host.invalid/v1"
    elif fault.happens == "refused":
        # Bound and never listening: nobody else can get this port meanwhile.
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{reserved.getsockname()[1]}/v1"
    elif fault.happens == "tls":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
        async with listener:
            yield f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    else:
        yield url


@asynccontextmanager
async def _client(kind: Kind, url: str) -> AsyncIterator[Any]:
    # Without the environment's proxies: the addresses are this machine's, or nobody's.
    if kind == "sync":
        http = openai.DefaultHttpxClient(trust_env=False)
        with openai.OpenAI(base_url=url, api_key="k", http_client=http) as client:
            yield client
    else:
        ahttp = openai.DefaultAsyncHttpxClient(trust_env=False)
        async with openai.AsyncOpenAI(base_url=url, api_key="k", http_client=ahttp) as aclient:
            yield aclient


async def table() -> AsyncIterator[str]:
    """The lines of the table: each fault as the asynchronous client of the SDK meets it."""
    yield f"| fault (openai {openai.__version__}) | state | what is said | text kept | requests |"
    yield "|---|---|---|---|---|"
    for fault in FAULTS:
        for api in fault.apis:
            seen = await meet(fault, api)
            name = fault.name if len(fault.apis) == 1 else f"{fault.name}, {api}"
            whole = seen.text in (ALL, HUGE)
            kept = "all" if whole else f"{len(seen.text)} characters" if seen.text else "none came"
            requests = f"{seen.requests}"
            if fault.wait is not None:
                requests += f" (the second after {seen.gaps[0]:.2f} s)"
            yield f"| {name} | {seen.status} | {seen.words} | {kept} | {requests} |"


async def main() -> None:
    async for line in table():
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
