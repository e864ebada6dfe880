"""What ``%nbstream`` shows: models, streams with Stop, settings, conversations, health."""

from __future__ import annotations

import asyncio
from typing import Any

import ipywidgets

from ..clients import choose
from ..errors import NbstreamError
from ..loops import background_loop
from ..text.redact import redactor
from ..text.terminal import printable
from ..transport.failures import describe
from ..widget import registry
from ..widget.displays import summary
from ..widget.widget import StreamWidget
from .chats import Chat, Turn
from .config import NBStream

_SECONDS = 30
"""How long a server may take to list its models."""


def models() -> list[str]:
    """The names of the models that the configured server offers, sorted."""

    async def fetch() -> list[str]:
        # The name is not used: a server whose default model nobody named can still be asked.
        endpoint = choose(NBStream.instance().model or None, listing=True)
        try:
            client = await endpoint.connect(print)
            return sorted([model.id async for model in client.models.list(timeout=_SECONDS)])
        except NbstreamError:
            raise
        except Exception as exc:
            raise NbstreamError(str(describe(exc, endpoint.redact))) from None

    # A line magic cannot await, and the kernel's loop runs already: the other loop fetches.
    return asyncio.run_coroutine_threadsafe(fetch(), background_loop()).result(timeout=2 * _SECONDS)


def tasks() -> ipywidgets.Widget:
    """A row for each stream with its state, live, and a Stop button while it runs."""
    rows = [_row(widget) for widget in registry.tasks()]
    if not rows:
        return ipywidgets.HTML("No streams yet.")
    return ipywidgets.VBox(rows)


def _row(widget: StreamWidget) -> ipywidgets.Widget:
    # In a narrow page it is the label that is cut, not the button, and it shows that: as the flex
    # box that labels are, it would end in the middle of a letter.
    label = ipywidgets.Label(
        layout=ipywidgets.Layout(display="block", flex="1 1 auto", min_width="0")
    )
    button = ipywidgets.Button(
        description="Stop",
        tooltip=f"Stop {widget.label}",
        layout=ipywidgets.Layout(flex="0 0 auto", width="5em"),
    )
    button.on_click(lambda _: widget.cancel())

    def update(_: Any = None) -> None:
        label.value = f"{widget.label} — {summary(widget._session.generation, widget.model)}"
        label.tooltip = label.value
        button.disabled = widget.is_done

    update()
    widget.observe(update, names="status")
    return ipywidgets.HBox([button, label])


def config() -> None:
    """Print every setting with its value and meaning."""
    settings = NBStream.instance()
    for name, trait in sorted(settings.traits(config=True).items()):
        # A URL may carry a password.
        print(redactor()(f"%config NBStream.{name} = {getattr(settings, name)!r}"))
        print(f"    {trait.help}")


def chats(known: dict[str, Chat]) -> None:
    """Print the named conversations: their settings and turns."""
    if not known:
        print("No conversations yet: %%stream --chat NAME begins one.")
    for name, chat in known.items():
        print(printable(f"{name}: {len(chat.turns)} turns{_settings_of(chat)}"))
        for turn in chat.turns:
            print(printable(f"    > {_line(turn.prompt)}  [{_outcome(turn)}]"))


def _settings_of(chat: Chat) -> str:
    found = chat.settings()
    found |= found.pop("params")
    # A URL may carry a password, a header a key.
    words = [f"{name}={redactor()(_line(repr(value)))}" for name, value in found.items()]
    return f" ({', '.join(words)})" if words else ""


def _outcome(turn: Turn) -> str:
    if turn.state == "failed":
        return f"{turn.note}: later turns do not see it"
    if turn.state == "pending":
        return "in progress"
    names = [call.name for exchange in turn.exchanges for call in exchange.calls]
    calls = [f"called {', '.join(names)}"] if names else []
    notes = [turn.note] if turn.note else []
    return "; ".join([*notes, *calls, f"{len(turn.answer):,} characters"])


def _line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 80 else f"{flat[:79]}…"


def doctor() -> None:
    """Print the checks of `nbstream doctor`."""
    from ..doctor import report

    print(report())
