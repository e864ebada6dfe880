"""The settings in force: those of ``%config NBStream`` where it is in use, else these defaults.

Apart from `nbstream.magic.config` so that a server, which configures nothing, imports no traitlets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .loops import LoopName
from .validation import Api


@dataclass(frozen=True)
class Settings:
    """What `nbstream.magic.config.NBStream` says of each."""

    model: str = ""
    base_url: str = ""
    api_key_env: str = ""
    api: Api = "chat"
    loop: LoopName = "kernel"
    persist: Literal["markdown", "widget"] = "markdown"
    max_attempts: int = 3
    stall_after: float = 10.0
    first_token_timeout: float = 0.0
    idle_timeout: float = 0.0
    inspect: bool = False
    prefills: bool = False


DEFAULTS = Settings()


def _defaults() -> Settings:
    return DEFAULTS


_source: Callable[[], Any] = _defaults


def take_from(source: Callable[[], Any]) -> None:
    """Let ``source`` give the settings from now on."""
    global _source
    _source = source


def settings() -> Settings:
    """The settings in force."""
    found: Settings = _source()
    return found
