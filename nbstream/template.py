from typing import Any, Callable


def render(text: str, lookup: Callable[[str], Any]) -> str:
    return text
