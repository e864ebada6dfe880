"""The public names: what they are, what they take, that they say what they do."""

from __future__ import annotations

import inspect
import operator
import re
from typing import Any

import pytest

import nbstream
from nbstream import engine
from nbstream.answer import Facts
from nbstream.widget.handle import StreamHandle
from nbstream.widget.observed import StreamFacts
from nbstream.widget.widget import StreamWidget

NAMES = {
    "NbstreamError",
    "SchemaError",
    "StreamError",
    "StreamWidget",
    "__version__",
    "cancel_all",
    "load_ipython_extension",
    "show",
    "stream",
    "tasks",
    "unload_ipython_extension",
}
MEMBERS = {
    "approve",
    "cancel",
    "choices",
    "continue_",
    "decline",
    "error",
    "extra",
    "finish_reason",
    "images",
    "inspect",
    "is_done",
    "label",
    "logprobs",
    "model",
    "note",
    "parsed",
    "partial",
    "print",
    "reason",
    "reasoning",
    "refusal",
    "request_id",
    "response",
    "sources",
    "start",
    "status",
    "text",
    "text_bundle",
    "timing",
    "tool_calls",
    "usage",
    "wait",
}


def test_exported_names() -> None:
    assert set(nbstream.__all__) == NAMES
    assert set(dir(nbstream)) >= NAMES
    for name in NAMES:
        assert getattr(nbstream, name) is not None


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'strem'"):
        nbstream.strem  # noqa: B018


def test_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\w*", nbstream.__version__)


def keywords(function: Any) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def test_stream_signature() -> None:
    first, *_, last = inspect.signature(nbstream.stream).parameters.values()
    assert (first.name, first.default) == ("prompt", inspect.Parameter.empty)
    assert (last.name, last.kind) == ("params", inspect.Parameter.VAR_KEYWORD)
    names = dict.fromkeys(
        (
            "model",
            "client",
            "base_url",
            "api",
            "system",
            "max_tokens",
            "schema",
            "until",
            "tools",
            "label",
            "loop",
            "inspect",
            "max_attempts",
            "first_token_timeout",
            "idle_timeout",
        )
    )
    assert keywords(nbstream.stream) == {**names, "approve": True, "max_rounds": 10}


def test_the_engine_takes_what_stream_takes() -> None:
    both = keywords(nbstream.stream)
    assert keywords(engine.stream) == {n: both[n] for n in both if n not in ("label", "loop")}
    assert set(engine.__all__) == {"Stream", "stream"}
    for name in (*engine.__all__, "Stream.aclose", "Stream.cancel", "Stream.events"):
        assert inspect.getdoc(operator.attrgetter(name)(engine)), name


def test_show_signature() -> None:
    assert next(iter(inspect.signature(nbstream.show).parameters)) == "stream"
    names = ("until", "label", "loop", "inspect", "first_token_timeout", "idle_timeout")
    assert keywords(nbstream.show) == dict.fromkeys(names)


def test_cancel_signatures() -> None:
    for function in (nbstream.cancel_all, StreamWidget.cancel):
        assert inspect.signature(function).parameters["reason"].default == "stopped by you"
    assert list(inspect.signature(StreamWidget.wait).parameters) == ["self", "timeout"]
    assert list(inspect.signature(nbstream.tasks).parameters) == []


def test_widget_members() -> None:
    own = {
        name
        for cls in (StreamWidget, StreamHandle, StreamFacts, Facts)
        for name in vars(cls)
        if not name.startswith("_")
    }
    inherited_names = {"add_traits", "close", "open", "model_id", "show_in_cell"}
    assert own - inherited_names == MEMBERS


def test_docstrings() -> None:
    for name in NAMES - {"__version__"}:
        assert inspect.getdoc(getattr(nbstream, name)), name
    for name in MEMBERS:
        member = inspect.getattr_static(StreamWidget, name)
        said = getattr(member, "help", None) or inspect.getdoc(member)
        assert said, name
    for name in ("stream", "show", "tasks", "cancel_all"):
        assert ">>>" in (inspect.getdoc(getattr(nbstream, name)) or ""), f"{name}: no example"


def test_errors_are_shown_without_frames() -> None:
    assert issubclass(nbstream.StreamError, nbstream.NbstreamError)
    shown = nbstream.NbstreamError("do this")._render_traceback_()
    assert shown == ["NbstreamError: do this"]
