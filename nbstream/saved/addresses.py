"""Link targets that are harmless for every reader of Markdown, and how to make others so."""

from __future__ import annotations

import re

CHARACTERS = r"(?:[^\s<>()\[\]\\$\"`{}|^&@\x00-\x20]|@(?!@)|&(?![#\w]+;))"
# A name before the host makes an address look as if it led elsewhere:
# https://bank.example@evil.example
NO_USER = r"(?![^/?\#\s<>]*@)"
URL = (
    rf"(?:(?:https?://{NO_USER}|mailto:){CHARACTERS}+(?:\({CHARACTERS}*\){CHARACTERS}*)*|\#[\w-]+)"
)
TITLE = r"(?:[ \t]+\"[\w \-.,:;!?'/]*\")?"

plain_target = re.compile(rf"\]\({URL}{TITLE}\)\Z")
plain_pointed = re.compile(rf"<(?:https?://{NO_USER}|mailto:){CHARACTERS}+>\Z")
plain_definition = re.compile(rf"[ >]*\[[^\[\]\n]+\]:[ \t]*{URL}{TITLE}[ \t]*\Z")

_ALLOWED = re.compile(rf"(?:https?://{NO_USER}|mailto:)[^\s/]", re.IGNORECASE)
_UNSAFE = re.compile(rf"(?!{CHARACTERS}).", re.DOTALL)
_NOT_IN_TITLE = re.compile(r"[^\w \-.,:;!?'/]")


def is_allowed(address: str) -> bool:
    """Whether a text may link to ``address``: http, https and mailto, as in the live view."""
    return _ALLOWED.match(address) is not None


def target(address: str, title: str = "") -> str:
    r"""A link's target as Markdown, with its parentheses.

    >>> target("https://a.b/c d", 'say "hi"')
    '(https://a.b/c%20d "say hi")'
    """
    safe = _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), address)
    words = _NOT_IN_TITLE.sub("", title)
    return f'({safe} "{words}")' if words else f"({safe})"
