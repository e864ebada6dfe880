"""`StreamWidget`: a stream as a displayed, observable, awaitable object. No rules of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from random import SystemRandom
from string import ascii_letters, digits
from typing import Any

import anywidget
import ipywidgets
import traitlets

from ..comm import assets, inspector
from ..comm.delivery import delivery
from ..comm.messages import AssetName, Message, OutputsMessage, image_message
from ..comm.requests import parse_request
from ..comm.wire import Wire
from ..errors import UsageError
from ..kernel.cells import notebooks
from ..kernel.environment import cell_id, execution, handled_message, is_headless, reaches_pages
from ..loops import LoopName
from ..request.schema import Growing, Structure
from ..session.session import Session
from ..transcript.choices import image_of
from ..transport.source import Source
from . import displays, registry, subshell
from .console import Console
from .handle import StreamHandle
from .observed import StreamFacts

# Not the shared one: a cell that seeds that would give two streams one name.
_random = SystemRandom()


class StreamWidget(StreamHandle, StreamFacts, anywidget.AnyWidget):
    """One stream, live. Made by `nbstream.stream` and `nbstream.show`.

    Read and observe ``status``, ``text``, ``reasoning``, ``refusal``, ``usage``,
    ``finish_reason``, ``error``, ``timing``, ``request_id``; ``response`` is the HTTP response of
    the SDK. Times are seconds, usage counts tokens.

    >>> w = nbstream.stream("Write a haiku")               # doctest: +SKIP
    >>> w                       # displays it, live         # doctest: +SKIP
    >>> await w                 # waits; raises StreamError # doctest: +SKIP
    >>> w.text, w.usage, w.finish_reason                    # doctest: +SKIP
    """

    # As traits, and with a name: else anywidget makes a class for each instance, which takes longer
    # than all else (`add_traits`, https://github.com/manzt/anywidget/blob/main/anywidget/widget.py).
    _esm = traitlets.Unicode().tag(sync=True)
    # The front end itself, packed: a page never lets go of what came as `_esm`.
    _code = traitlets.Bytes().tag(
        sync=True, to_json=lambda code, widget: widget._code_to_send(code)
    )
    _is_opening = False
    _anywidget_id = traitlets.Unicode("nbstream.widget.StreamWidget").tag(sync=True)
    _stream = traitlets.Unicode().tag(sync=True)
    # By default what it is when the comm opens: a headless run reads no assets.
    _assets = traitlets.Unicode().tag(sync=True)
    # The cell that started it: when that is deleted, nobody sees the stream any more.
    _cell = traitlets.Unicode().tag(sync=True)
    _own_layout: ipywidgets.Layout | None = None
    # Written lazily: a new page or a second view that asks for the state gets all text.
    _snapshot = traitlets.Any(None).tag(
        sync=True, to_json=lambda _, widget: widget._wire.snapshot()
    )

    def __init__(
        self,
        *,
        source: Source,
        label: str = "",
        model: str = "",
        note: str | None = None,
        chunks: bool = False,
        loop: LoopName = "kernel",
        structure: Structure | None = None,
        **session: Any,
    ) -> None:
        self._lifecycle = threading.Lock()
        self._closes_when_released = False
        self._headless = is_headless()
        self._loop_name = loop
        self._asked_model = model
        self._structure = structure
        self._growing = Growing()
        # Also the comm's id, and each message names both: 48 bits as 8 letters, not a UUID.
        stream = "".join(_random.choices(ascii_letters + digits, k=8))
        self._wire = Wire(
            stream,
            label=label,
            model=model,
            note=note,
            send=self._send_message,
            send_asset=self._send_asset,
            send_image=self._send_image,
            send_inspection=self._send_inspection,
            # A stream that only a layout shows has no output of its own.
            outputs=lambda: self._displays.final() or {"": dict(self.text_bundle())},
            observe=self._tell_observers,
            cancel_all=registry.cancel_all,
            released=self._released,
            renewed=self._renewed,
            go_on=self._try_going_on,
        )
        self._session = Session(source, self._wire, keep_chunks=chunks, **session)
        self._wire.open(self._session)
        self._console = Console(self._session, lambda: bool(self._wire.pages), self._ending)
        self._displays = displays.Displays(
            stream, self._live_bundle, self.text_bundle, self._console
        )
        super().__init__(_stream=stream, model_id=stream)
        # Whether something shows it: what does asks for its name in the page.
        self._is_placed = False
        self.on_msg(self._on_request)
        self._at_end: list[Callable[[], None]] = []
        self._await_end()

    def show_in_cell(self, persist: str, bind: Callable[[], None] = lambda: None) -> None:
        """Display now, once, even if the widget is the cell's value too. At the end the output
        keeps the text only (``persist="markdown"``) or the widget with the text as fallback.
        ``bind`` is called if the cell that waits fails."""
        self._display(lambda: self._displays.show_once(persist, bind))

    # -- the front end ------------------------------------------------------------------------

    def _tell(self, content: Any, buffers: Any = None) -> None:
        # In the context of the cell that made it, not of the request it answers: ipykernel 7.4 has
        # a page's next messages go to the subshell whose message was answered last, and JupyterLab
        # ends those with the comms of others:
        # https://github.com/ipython/ipykernel/blob/v7.4.0/ipykernel/comm/comm.py
        self._session.context.copy().run(self.send, content, buffers)

    def _send_message(self, message: Message | OutputsMessage) -> None:
        self._tell(message)

    def _send_asset(self, name: AssetName) -> None:
        message, buffers = assets.answer(name)
        self._tell(message, buffers)

    def _send_image(self, part: str) -> None:
        found = image_of(self._session.transcript, part)
        if found is not None:
            message = image_message(self._wire.stream, part, found.frame, found.format)
            self._tell(message, [found.data])

    def _send_inspection(self, front_end: str) -> None:
        self._front_end = front_end
        self._tell(inspector.message(self._wire.stream, self.inspect()))

    @traitlets.default("_esm")
    def _esm_source(self) -> str:
        return assets.loader()

    @traitlets.default("_code")
    def _code_source(self) -> bytes:
        return assets.packed()

    def _code_to_send(self, code: bytes) -> bytes | None:
        """The code, or None for a page that has it already. State that Python code requests, to
        embed the widget in a file, is complete."""
        message = handled_message()
        data = message.get("content", {}).get("data")
        asked = isinstance(data, dict) and str(data.get("method")).startswith("request_state")
        goes_to_page = self._is_opening or asked
        return None if goes_to_page and not delivery.is_due(message) else code

    def add_traits(self, **traits: Any) -> None:
        missing = {name: value for name, value in traits.items() if not self.has_trait(name)}
        if missing:
            super().add_traits(**missing)

    @traitlets.default("layout")
    def _make_layout(self) -> ipywidgets.Layout:
        self._own_layout = ipywidgets.Layout()
        return self._own_layout

    @traitlets.default("_assets")
    def _assets_version(self) -> str:
        return assets.version()

    @traitlets.default("_cell")
    def _cell_of_start(self) -> str:
        return cell_id() or ""

    def _on_request(self, _: Any, content: Any, buffers: Any) -> None:
        request = parse_request(content)
        if request is None:
            return
        if request["kind"] == "hello":  # for all streams that the page got to know at once
            notebooks.heard(execution().session, request["page"])
            delivery.arrived(request["client"])
            for widget in registry.shown(request["have"]):
                widget._wire.handle(request)
            return
        self._wire.handle(request)
        if request["kind"] == "cancel":
            subshell.hang_up(request["stream"])

    def _tell_observers(self, what: str) -> None:
        states = ("status", "usage", "finish_reason", "error") if what == "status" else ()
        for name in ("text", "reasoning", "refusal", *states):
            if self._trait_notifiers.get(name):
                self.notify_change(
                    traitlets.Bunch(
                        name=name, old=None, new=getattr(self, name), owner=self, type="change"
                    )
                )

    def open(self) -> None:
        """Open the comm, unless nobody is there to see a widget: a notebook that is saved with its
        widget state would hold the JavaScript once for each answer, and ipywidgets keeps every
        widget with a comm until that is closed."""
        if not self._headless and reaches_pages():
            subshell.register()
            self._open_comm()

    def _open_comm(self) -> None:
        if self._own_layout is not None:
            self._own_layout.open()
        self._is_opening = True
        try:
            super().open()
        finally:
            self._is_opening = False

    @property
    def model_id(self) -> str:
        """The id of the model in the page. A layout that holds the widget asks for it, so the
        comm is then also opened in a headless run."""
        if self.comm is None:
            self._open_comm()
        self._is_placed = True
        return str(self.comm.comm_id)

    def close(self) -> None:
        """Take the widget off all pages and stop its stream. It can be displayed again."""
        if hasattr(self, "_session"):
            self._session.cancel("the widget was closed")
        self._close_comm()

    @traitlets.observe("comm")
    def _watch_comm(self, change: traitlets.Bunch) -> None:
        self._wire.has_comm = change.new is not None
        if change.new is not None:
            _watch(change.new, self._comm_was_closed)

    def _comm_was_closed(self, *_: Any) -> None:
        """Closed by others: no page can show or stop the stream any more."""
        if self.comm is not None:
            self.cancel("its view was closed")
            self._forget_comm()

    def _close_comm(self) -> None:
        if self.comm is not None and not self._wire.pages:
            self._take_back()
        self._forget_comm()

    def _forget_comm(self) -> None:
        if self.comm is not None:
            _unwatch(self.comm)
        _close(super().close)
        if self._own_layout is not None:  # ipywidgets leaves it to the kernel and to all pages
            _close(self._own_layout.close)
        if hasattr(self, "_wire"):
            self._wire.detached()
        # ipywidgets blocks the display of a closed widget; ours opens its comm again.
        self.__dict__.pop("_repr_mimebundle_", None)

    def _take_back(self) -> None:
        """Empty a model whose comm is closed before its module runs: JupyterLab 4.6 keeps it, and
        only the module could let go of what is heavy (`loader.ts` says where)."""
        delivery.taken_back()
        state = {"_code": "", "_snapshot": None}
        for _ in range(2):  # a model remembers what it held before its last change
            self._send({"method": "update", "state": state, "buffer_paths": []})

    def _try_going_on(self) -> None:
        # A button that was pressed twice, or in a page that had not heard the latest.
        with contextlib.suppress(UsageError):
            self.continue_()

    def _renewed(self) -> None:
        self._await_end()
        self._closes_when_released = False
        if not self._headless:
            self.open()
            self._displays.revive()

    def _await_end(self) -> None:
        """Be in the list of live streams until the next end, and then do what it asks for."""
        registry.add(self)
        self._session.done.add_done_callback(self._ended)

    def _ended(self, _: Any) -> None:
        self._update_displays()
        for callback in self._at_end:
            callback()

    def _released(self) -> None:
        if self._closes_when_released and self.is_done:
            self._close_comm()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live widget, with the text as what a front end without widgets shows."""
        self.start()
        self.open()
        return self._live_bundle(), {}

    def _live_bundle(self, display_id: str = "") -> dict[str, Any]:
        bundle: dict[str, Any] = dict(self.text_bundle())
        if self.comm is not None:
            view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
            if display_id and not self.is_done:
                # A page that was loaded meanwhile no longer knows which display this is, and
                # asks for what the output is in the end.
                view["nbstream_display"] = display_id
            bundle[displays.WIDGET_MIME] = view
        return bundle

    def _ipython_display_(self) -> None:
        self._display(self._displays.show_as_value)

    def _display(self, show: Callable[[], None]) -> None:
        self.start()
        self.open()
        was_done = self.is_done
        show()
        if self.is_done and not was_done:  # meanwhile, in its own thread
            self._update_displays()

    def _update_displays(self) -> None:
        """Give every output of this stream its final form: what the notebook keeps."""
        # Outputs elsewhere may still need the comm: the page says when its last view is gone.
        self._closes_when_released |= self._displays.finish()

    def text_bundle(self, *, with_error: bool = True) -> dict[str, str]:
        """The text so far as ``text/markdown`` and ``text/plain``, with a slim status line, and
        the error in words if the stream failed."""
        session, wire = self._session, self._wire
        return displays.text_bundle(
            session.generation, wire.model, wire.note, with_error=with_error
        )

    def _ending(self, with_error: bool) -> str:
        generation, wire = self._session.generation, self._wire
        return displays.ending(generation, wire.model, wire.note, with_error=with_error)


def _close(close: Callable[[], None]) -> None:
    """Close a widget. ipykernel replaces the comm manager when it is imported, and the new one does
    not know the comm: https://github.com/ipython/ipykernel/blob/v7.4.0/ipykernel/ipkernel.py"""
    try:
        close()
    except KeyError:
        close()  # the comm itself is closed by now


def _watch(comm: Any, closed: Callable[..., None]) -> None:
    """Call ``closed`` when a page or the host closes ``comm``: marimo does so for a cell that runs
    again, without calling ``on_close``.
    https://github.com/marimo-team/marimo/blob/main/marimo/_plugins/ui/_impl/comm.py
    """
    comm.on_close(closed)
    close = comm.close

    def close_and_tell(*args: Any, **kwargs: Any) -> None:
        close(*args, **kwargs)
        closed()

    comm.close = close_and_tell


def _unwatch(comm: Any) -> None:
    comm.on_close(None)
    vars(comm).pop("close", None)
