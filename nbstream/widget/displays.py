"""What a notebook keeps of a stream, and how a terminal prints one."""

from __future__ import annotations

import contextlib
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

from ..kernel.cells import Execution
from ..kernel.environment import execution, shell
from ..saved import document
from ..session.generation import Generation
from ..session.session import Session
from ..session.waiting import follow_blocking, interrupt, wait_blocking
from ..text.terminal import printable
from .console import Console

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"

_WORDS = {
    "queued": "waiting for the first token",
    "in_progress": "streaming",
    "retrying": "retrying",
    "stalled": "stalled",
    "cancelling": "stopping",
    "completed": "done",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
}


def summary(generation: Generation, model: str, note: str | None = None) -> str:
    """One slim line: model, tokens, seconds, how it ended.

    ``gpt-5-mini · 312 tokens · 4.1 s · done``
    """
    words = [generation.transcript.model or model]
    if note:
        words[0] = note if words[0] == model else f"{words[0]}, {note}"
    usage = generation.transcript.usage
    if usage is not None:
        words.append(f"{usage.output_tokens:,} token{'s' if usage.output_tokens != 1 else ''}")
    words.append(f"{generation.timing.elapsed:.1f} s")
    state = _WORDS[generation.status]
    if generation.reason:
        # A stream that waits says for what.
        state = (
            generation.reason if generation.status == "queued" else f"{state}: {generation.reason}"
        )
    words.append(state)
    return " · ".join(word for word in words if word)


def text_bundle(
    generation: Generation, model: str, note: str | None = None, *, with_error: bool = True
) -> dict[str, str]:
    """The answer as Markdown and as plain text. The Markdown runs no script and loads nothing,
    whatever the model wrote: see `nbstream.saved.sanitize`."""
    line = summary(generation, model, note)
    blocks = document.markdown(generation.transcript)
    if generation.error is not None and with_error:
        blocks.append("**" + document.escaped(f"{generation.error}") + "**")
    blocks.append(f"<sub>{document.escaped(line)}</sub>")
    plain = [
        document.plain(generation.transcript),
        ending(generation, model, note, with_error=with_error),
    ]
    return {
        "text/markdown": "\n\n".join(filter(None, blocks)),
        "text/plain": printable("\n\n".join(filter(None, plain))),
    }


def ending(
    generation: Generation, model: str, note: str | None = None, *, with_error: bool = True
) -> str:
    """The plain text below an answer: the error if there is one, and the summary."""
    error = [str(generation.error)] if generation.error is not None and with_error else []
    return "\n\n".join([*error, f"[{summary(generation, model, note)}]"])


class Displays:
    """The outputs that show one widget, each under a display id, so that the saved notebook gets
    the whole text at the end.

    ``live`` returns the bundle of the live widget under a display id ("" for none), ``text`` that
    of the text alone, with or without its error. ``console`` prints the answer where no outputs are
    shown.
    """

    def __init__(
        self,
        stream: str,
        live: Callable[[str], dict[str, Any]],
        text: Callable[..., Mapping[str, Any]],
        console: Console,
    ) -> None:
        self._stream = stream
        self._live = live
        self._text = text
        self._console = console
        self._keeps: dict[str, str] = {}  # display id -> what its output keeps
        self._shown: dict[str, dict[str, Any]] = {}  # display id -> the bundle that it began with
        self._hooks: tuple[Any, ...] = ()
        self._hide_next = False
        self._execution: Execution | None = None
        self._raises = False
        self._bind: Callable[[], None] = lambda: None

    def show_once(self, persist: str, bind: Callable[[], None]) -> None:
        """Display now, and not again as the value of the running cell. If that cell fails it has no
        value, and ``bind`` gives its stream a name instead."""
        self._show(persist)
        self._hide_next = True
        self._execution = execution()
        self._bind = bind

    def awaited(self) -> None:
        """Note that somebody waits for the stream. If it is the cell that called `show_once`, an
        error fails that cell, and is not repeated in the output above it."""
        self._raises = self._execution == execution()
        self._console.with_error = not self._raises

    def raised(self) -> None:
        """Note that waiting ended with an exception."""
        if self._raises:
            self._bind()

    def show_as_value(self) -> None:
        """Display the widget that a cell has as its value, or that `display` was called with."""
        if self._hide_next:
            self._hide_next = False
            return
        self._show("widget")

    def _show(self, persist: str) -> None:
        if self._console.takes():
            return
        display_id = f"{self._stream}-{uuid.uuid4().hex}"
        bundle = self._live(display_id)
        if self._console.watch():
            del bundle["text/plain"]  # a console would show it, and the text is printed anyway
        self._hooks = _publish_hooks()
        _publish(bundle, display_id)
        self._keeps[display_id] = persist
        self._shown[display_id] = bundle

    def revive(self) -> None:
        """Show the live widget again in every output: its stream continues."""
        for display_id in tuple(self._keeps):
            self._update(display_id, self._live(display_id))

    def final(self) -> dict[str, dict[str, Any]]:
        """What every output is in the end, by display id."""
        with_error = not self._raises
        return {
            display_id: dict(self._text(with_error=with_error))
            if keeps == "markdown"
            else self._live("")
            for display_id, keeps in tuple(self._keeps.items())
        }

    def finish(self) -> bool:
        """Give every output its final form; returns whether one has let go of the widget."""
        if self._console.prints:
            return False
        for display_id, bundle in self.final().items():
            self._update(display_id, bundle)
        return "markdown" in self._keeps.values()

    def _update(self, display_id: str, bundle: dict[str, Any]) -> None:
        with _with_hooks(self._hooks):
            _publish(bundle, display_id, update=True)
        # An output that `%%capture` took has no display to update, but holds this very bundle, and
        # may show it later.
        shown = self._shown[display_id]
        shown.clear()
        shown.update(bundle)


def _publish_hooks() -> tuple[Any, ...]:
    """This thread's hooks that change the messages of outputs, as Colab has them."""
    return tuple(getattr(getattr(shell(), "display_pub", None), "_hooks", ()))


@contextlib.contextmanager
def _with_hooks(hooks: tuple[Any, ...]) -> Iterator[None]:
    """Have this thread publish with the ``hooks`` of another: each thread has its own.
    https://github.com/ipython/ipykernel/blob/v7.4.0/ipykernel/zmqshell.py
    """
    present = _publish_hooks()
    missing = [hook for hook in hooks if hook not in present]
    for hook in missing:
        shell().display_pub.register_hook(hook)
    try:
        yield
    finally:
        for hook in missing:
            shell().display_pub.unregister_hook(hook)


def _publish(bundle: Mapping[str, Any], display_id: str, update: bool = False) -> None:
    from IPython.display import display

    display(bundle, raw=True, display_id=display_id, update=update)  # type: ignore[no-untyped-call]  # IPython is not typed


def print_live(session: Session, model: str, file: TextIO | None = None) -> None:
    """Print the answer as it comes, then its summary; blocks until the end. Ctrl-C stops it."""
    out = file or sys.stdout
    try:
        for delta in follow_blocking(session, session.generation.deltas):
            out.write(printable(delta))
            out.flush()
        wait_blocking(session)
    except KeyboardInterrupt as exc:  # it may come while we write
        interrupt(session, exc)
        raise
    finally:
        separator = "\n" if session.generation.deltas else ""
        out.write(printable(f"{separator}[{summary(session.generation, model)}]\n"))
        out.flush()
