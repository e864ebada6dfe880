"""``%%stream`` and ``%nbstream``."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, line_magic, magics_class, no_var_expand

from .. import api
from ..errors import UsageError
from ..kernel.cells import Execution, Runs, notebooks
from ..kernel.environment import execution
from ..loops import LoopName
from ..request.request import Request
from ..session.waiting import interrupt
from ..settings import settings
from ..text.terminal import printable
from ..validation import OURS, check_params, check_prompt, check_words, known_parameters, suggest
from ..widget.displays import print_live
from ..widget.widget import StreamWidget
from . import panel
from .arguments import MAX_ROUNDS, Arguments, build_parser, parse
from .auto_await import NEXT_LINE, ONE_LINE, AwaitStream, FindMisplaced
from .chats import Chat, Turn
from .config import NBStream
from .template import render


@magics_class
class StreamMagics(Magics):
    """The magics of one shell."""

    shell: Any

    def __init__(self, shell: Any, rewriting: AwaitStream) -> None:
        super().__init__(shell)
        self._rewriting = rewriting
        self.chats: dict[str, Chat] = {}
        self._runs: Runs[StreamWidget] = Runs()

    # Options may hold JSON, whose braces and dollars IPython would expand.
    @no_var_expand
    @line_cell_magic
    def stream(self, line: str, cell: str | None = None) -> StreamWidget | None:
        if cell is None:
            raise UsageError(ONE_LINE)
        is_cell = self._rewriting.take_cell()
        arguments = parse(line)
        prompt = self._render(cell).strip("\n")
        check_prompt(prompt, NEXT_LINE)
        running = execution()
        notebooks.heard(running.session)
        widget = self._start(arguments, prompt, running)
        self._runs.add(running, widget, lambda earlier: earlier.cancel("the cell was run again"))
        if arguments.name:
            self.shell.user_ns[arguments.name] = widget
        widget._session.generation.name = arguments.name or ("_" if is_cell else None)
        return self._present(widget, arguments)

    def _start(self, arguments: Arguments, prompt: str, running: Execution) -> StreamWidget:
        check_words("--chat", arguments.chat)
        given = arguments.settings()
        if "system" in given:
            given["system"] = self._render(given["system"])
        if arguments.chat is None:
            return self._begin(arguments, prompt, given)
        chat = self.chats.get(arguments.chat, Chat())
        turn = chat.begin(running, prompt, given)
        prepare = functools.partial(_recall, chat, turn, arguments.chat)
        try:
            widget = self._begin(arguments, prompt, chat.settings(turn), prepare)
        except BaseException:  # an interrupt as well: later turns would wait for this one
            chat.drop(turn)
            raise
        self.chats[arguments.chat] = chat
        _settle_at_end(chat, turn, widget)
        return widget

    def _begin(
        self,
        arguments: Arguments,
        prompt: str,
        chosen: dict[str, Any],
        prepare: Callable[[Request], Awaitable[None]] | None = None,
    ) -> StreamWidget:
        """Start the stream with the settings ``chosen``."""
        params = dict(chosen.get("params", {}))
        api_name = chosen.get("api") or settings().api
        known = {*known_parameters(api_name), *OURS}
        extra = {name: params.pop(name) for name in tuple(params) if name not in known}
        check_params(api_name, params)
        if prepare is not None:
            _check_chat_params(params)
        if extra:
            params["extra_body"] = {**(params.get("extra_body") or {}), **extra}
        # A terminal blocks until the answer is complete, even if the script awaits elsewhere.
        in_thread: LoopName | None = None if hasattr(self.shell, "kernel") else "thread"
        tools = params.pop("tools", None) or []
        if isinstance(tools, list):  # anything else is refused with the other parameters
            tools = [*tools, *self._tools(chosen.get("tools", []))]
        return api.begin(
            prompt,
            model=chosen.get("model"),
            base_url=chosen.get("base_url"),
            api=chosen.get("api"),
            system=chosen.get("system") or None,
            max_tokens=chosen.get("max_tokens"),
            schema=self._value("--schema", arguments.schema) if arguments.schema else None,
            until=arguments.until,
            tools=tools or None,
            approve="ask" if chosen.get("approve") == "ask" else True,
            max_rounds=chosen.get("max_rounds", MAX_ROUNDS),
            max_attempts=None,
            loop=arguments.loop or in_thread,
            inspect=arguments.inspect,
            first_token_timeout=arguments.first_token_timeout,
            idle_timeout=arguments.idle_timeout,
            params=params,
            prepare=prepare,
        )

    def _tools(self, names: list[str]) -> list[Any]:
        """The functions of these names, and those in lists of these names."""
        found: list[Any] = []
        for name in names:
            value = self._value("--tools", name)
            found += value if isinstance(value, (list, tuple)) else [value]
        return found

    def _value(self, option: str, name: str) -> Any:
        """What the notebook has under this name."""
        if name not in self.shell.user_ns:
            near = suggest(name, self.shell.user_ns)
            raise UsageError(f"{option}: {name} is not defined{near}; run its cell first")
        return self.shell.user_ns[name]

    def _render(self, text: str) -> str:
        return render(text, lambda expression: eval(expression, self.shell.user_ns))

    def _present(self, widget: StreamWidget, arguments: Arguments) -> StreamWidget | None:
        if hasattr(self.shell, "kernel"):
            bind = functools.partial(self.shell.displayhook.update_user_ns, widget)
            widget.show_in_cell(arguments.persist or settings().persist, bind)
            return widget
        # A terminal would print an empty `Out[n]:` for a value that shows nothing.
        self.shell.displayhook.update_user_ns(widget)
        if arguments.bg:
            print(printable(f"[{widget.label} runs in the background; nbstream.tasks() lists it]"))
        else:
            try:
                print_live(widget._session, widget.model)
                widget.wait()
            except KeyboardInterrupt as exc:
                interrupt(widget._session, exc)
                raise
        return None

    @line_magic
    def nbstream(self, line: str) -> Any:
        """Look after streams: ``%nbstream models | tasks | config | chats | doctor``.

        models: the models that the server offers; tasks: all streams, with Stop; config: the
        settings in force; chats: named conversations; doctor: checks of this installation.
        """
        commands = {
            "models": panel.models,
            "tasks": panel.tasks,
            "config": panel.config,
            "chats": lambda: panel.chats(self.chats),
            "doctor": panel.doctor,
        }
        word = line.strip()
        if word not in commands:
            near = suggest(word, commands) if word else ""
            raise UsageError(f"%nbstream takes one of {', '.join(commands)}{near}")
        return commands[word]()


_KEPT_BY_SERVER = ("conversation", "previous_response_id")


def _check_chat_params(params: dict[str, Any]) -> None:
    """Refuse parameters with which the server adds the earlier turns a second time."""
    for name in _KEPT_BY_SERVER:
        if params.get(name) is not None:
            raise UsageError(f"give either --chat or -p {name}: both bring the earlier turns")


async def _recall(chat: Chat, turn: Turn, name: str, request: Request) -> None:
    """Wait for the answers before ``turn``, and add them to the request."""
    while waits := chat.pending(turn):
        request.announce(f"waiting for the answer before this one in the chat {name!r}")
        await asyncio.wait([asyncio.wrap_future(earlier.ended) for earlier in waits])
        request.announce(None)
    request.recall(chat.before(turn, request.api))


def _settle_at_end(chat: Chat, turn: Turn, widget: StreamWidget) -> None:
    """Keep the turn once there is an answer: complete, or up to a stop or a limit, but not up to an
    error."""

    def settle() -> None:
        session = widget._session
        answer = session.generation.reply_text or widget.refusal
        note = "" if widget.status == "completed" else widget.status
        if widget.error is None and (answer or session.exchanges):
            chat.keep(turn, answer, tuple(session.exchanges), note)
        else:
            chat.fail(turn, note or "no text")

    widget._at_end.append(settle)
    if widget.is_done:
        settle()


StreamMagics.stream.__doc__ = (
    "Stream the answer to the prompt below this line into the cell.\n\n"
    + build_parser().format_help()
    + "\n{{expr}} in the prompt inserts the value of a Python expression; other braces stay.\n"
    "The cell waits for the answer; it fails if the stream fails, not if it is stopped.\n"
    "The stream object is bound to _ and to the NAME of --as.\n"
)


def load(shell: Any) -> None:
    """Register the magics, the waiting and ``%config NBStream``."""
    unload(shell)
    config = NBStream.instance()
    config.parent = shell
    if config not in shell.configurables:
        shell.configurables.append(config)
    rewriting = AwaitStream(shell)
    shell.input_transformers_post.append(rewriting)
    # Before others take away comments and blank lines.
    shell.input_transformers_cleanup.insert(0, FindMisplaced())
    magics = StreamMagics(shell, rewriting)
    # `%reload_ext` is no reason to forget conversations, or what cells have started.
    earlier = shell.magics_manager.registry.get(StreamMagics.__name__)
    if earlier is not None:
        magics.chats, magics._runs = earlier.chats, earlier._runs
    shell.register_magics(magics)


def unload(shell: Any) -> None:
    """Remove what `load` registered; streams keep running."""
    for transformers in (shell.input_transformers_post, shell.input_transformers_cleanup):
        transformers[:] = [
            t for t in transformers if not isinstance(t, (AwaitStream, FindMisplaced))
        ]
    shell.configurables[:] = [c for c in shell.configurables if not isinstance(c, NBStream)]
    shell.magics_manager.magics["cell"].pop("stream", None)
    for name in ("stream", "nbstream"):
        shell.magics_manager.magics["line"].pop(name, None)
