"""What users can configure: ``%config NBStream.model = "..."`` or a traitlets config file."""

from __future__ import annotations

import os
import re
from typing import Any, get_args

from traitlets import Bool, Enum, Float, Integer, Unicode, validate
from traitlets.config import SingletonConfigurable

from ..errors import UsageError
from ..loops import LoopName
from ..settings import DEFAULTS, take_from
from ..validation import Api

_NAME = re.compile(r"[A-Z_][A-Z0-9_]{,63}")


class NBStream(SingletonConfigurable):
    """Defaults for `nbstream.stream` and ``%%stream``; arguments of a call come first."""

    model = Unicode(
        DEFAULTS.model,
        help="Model for requests that name none. Empty: NBSTREAM_MODEL, else a default of the"
        " service; a custom base URL has no default.",
    ).tag(config=True)
    base_url = Unicode(
        DEFAULTS.base_url,
        help="Base URL of an OpenAI-compatible service. Empty: OPENAI_BASE_URL, else OpenAI.",
    ).tag(config=True)
    api_key_env = Unicode(
        DEFAULTS.api_key_env,
        help="Name of the environment variable that holds the API key (never the key itself)."
        " Empty: NBSTREAM_API_KEY, else OPENAI_API_KEY.",
    ).tag(config=True)
    api = Enum(get_args(Api), DEFAULTS.api, help="Which API to call.").tag(config=True)
    loop = Enum(
        get_args(LoopName),
        DEFAULTS.loop,
        help="Which event loop streams run on: the kernel's, which is blocked while a cell"
        " computes, or one in its own thread, where tokens keep arriving.",
    ).tag(config=True)
    persist = Enum(
        ("markdown", "widget"),
        DEFAULTS.persist,
        help="What a finished %%stream cell keeps: the answer as Markdown, or the live widget"
        " with the text as its fallback.",
    ).tag(config=True)
    max_attempts = Integer(
        DEFAULTS.max_attempts,
        min=1,
        help="How many times a request may be sent before the first token arrives.",
    ).tag(config=True)
    stall_after = Float(
        DEFAULTS.stall_after,
        min=0.1,
        help="Seconds without a token after which a stream is called stalled.",
    ).tag(config=True)
    first_token_timeout = Float(
        DEFAULTS.first_token_timeout,
        min=0.0,
        help="Seconds within which the first token must arrive; 0 means no limit.",
    ).tag(config=True)
    idle_timeout = Float(
        DEFAULTS.idle_timeout,
        min=0.0,
        help="Seconds that may pass between two tokens; 0 means no limit.",
    ).tag(config=True)

    inspect = Bool(
        DEFAULTS.inspect,
        help="Whether the raw events of streams are recorded: w.inspect() and Inspect show them.",
    ).tag(config=True)
    prefills = Bool(
        DEFAULTS.prefills,
        help="Whether the server continues an assistant's message that ends the conversation"
        " (llama.cpp, Ollama and OpenRouter do). Others are asked to continue after a cut.",
    ).tag(config=True)

    @validate("api_key_env")
    def _no_key(self, proposal: Any) -> Any:
        value = proposal["value"]
        # Keys of some providers are letters and digits only, as names are; they are lower case.
        is_name = value in os.environ or _NAME.fullmatch(value)
        if value and not is_name:
            raise UsageError(
                "NBStream.api_key_env takes the name of an environment variable that is set,"
                " such as OPENAI_API_KEY, not a key"
            )
        return value


take_from(NBStream.instance)
