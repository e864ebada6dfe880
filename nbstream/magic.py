"""``%%stream`` and ``%nbstream``."""

from __future__ import annotations

import functools
import weakref
from typing import Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from . import api, panel
from .arguments import Arguments, build_parser, parse
from .chats import Chat, Turn
from .checks import OURS, check_params, check_prompt, check_words, known_parameters, suggest
from .config import NBStream
from .errors import UsageError
from .frontend import cell_id
from .output import print_live
from .rewrite import AwaitStream
from .settings import settings
from .template import render
from .waiting import interrupt
from .widget import StreamWidget


@magics_class
class StreamMagics(Magics):
    """The magics of one shell."""

    shell: Any

    def __init__(self, shell: Any, rewriting: AwaitStream) -> None:
        super().__init__(shell)
        self._rewriting = rewriting
        self.chats: dict[str, Chat] = {}
        self._by_cell: weakref.WeakValueDictionary[str, StreamWidget] = (
            weakref.WeakValueDictionary()
        )

    # Options may hold JSON, whose braces and dollars IPython would expand.
    @no_var_expand
    @cell_magic
    def stream(self, line: str, cell: str) -> StreamWidget | None:
        is_cell = self._rewriting.take_cell()
        arguments = parse(line)
        prompt = self._render(cell).strip("\n")
        check_prompt(prompt)
        cell_key = cell_id()
        widget = self._start(arguments, prompt, cell_key)
        if cell_key is not None:
            if cell_key in self._by_cell:
                self._by_cell[cell_key].cancel("the cell was run again")
            self._by_cell[cell_key] = widget
        if arguments.name:
            self.shell.user_ns[arguments.name] = widget
        widget._session.name = arguments.name or ("_" if is_cell else None)
        return self._present(widget, arguments)

    def _start(self, arguments: Arguments, prompt: str, cell_key: str | None) -> StreamWidget:
        params = dict(arguments.params)
        api_name = arguments.api or settings().api
        known = {*known_parameters(api_name), *OURS}
        extra = {name: params.pop(name) for name in tuple(params) if name not in known}
        check_params(api_name, params)
        check_words("--chat", arguments.chat)
        if extra:
            params["extra_body"] = {**(params.get("extra_body") or {}), **extra}
        messages: Any = prompt
        turn_key = cell_key or f"execution {self.shell.execution_count}"
        if arguments.chat:
            messages = self.chats.get(arguments.chat, Chat()).messages(turn_key, prompt)
        if tools := [*params.pop("tools", ()), *self._tools(arguments.tools)]:
            params["tools"] = tools
        widget = api.stream(
            messages,
            model=arguments.model,
            base_url=arguments.base_url,
            api=arguments.api,
            system=self._render(arguments.system) if arguments.system else None,
            max_tokens=arguments.max_tokens,
            schema=self._value("--schema", arguments.schema) if arguments.schema else None,
            until=arguments.until,
            approve=arguments.approve or True,
            max_rounds=arguments.max_rounds,
            loop=arguments.loop,
            inspect=arguments.inspect,
            first_token_timeout=arguments.first_token_timeout,
            idle_timeout=arguments.idle_timeout,
            **params,
        )
        if arguments.chat:
            self._remember(arguments.chat, turn_key, prompt, widget)
        return widget

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

    def _remember(self, chat: str, turn_key: str, prompt: str, widget: StreamWidget) -> None:
        """Keep the turn once there is an answer; a failed one leaves the chat as it was."""

        def store() -> None:
            if widget.text and widget.error is None:
                self.chats.setdefault(chat, Chat()).put(turn_key, Turn(prompt, widget.text))

        widget._at_end.append(store)
        if widget.is_done:
            store()

    def _present(self, widget: StreamWidget, arguments: Arguments) -> StreamWidget | None:
        if hasattr(self.shell, "kernel"):
            bind = functools.partial(self.shell.displayhook.update_user_ns, widget)
            widget.show_in_cell(arguments.persist or settings().persist, bind)
            return widget
        # A terminal would print an empty `Out[n]:` for a value that shows nothing.
        self.shell.displayhook.update_user_ns(widget)
        if arguments.bg:
            print(f"[{widget.label} goes on in the background; nbstream.tasks() lists it]")
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
    shell.register_magics(StreamMagics(shell, rewriting))


def unload(shell: Any) -> None:
    """Take away what `load` registered; streams go on."""
    shell.input_transformers_post[:] = [
        transformer
        for transformer in shell.input_transformers_post
        if not isinstance(transformer, AwaitStream)
    ]
    shell.configurables[:] = [c for c in shell.configurables if not isinstance(c, NBStream)]
    shell.magics_manager.magics["cell"].pop("stream", None)
    shell.magics_manager.magics["line"].pop("nbstream", None)
