"""A small language model on this machine, for trying nbstream without a key.

The model is SmolLM2-135M-Instruct: it answers within a second on any laptop, and its answers are
demo quality. It is fetched once (93 MB), and served by a child process over the OpenAI API.

>>> from nbstream import local
>>> server = local.get_server()                                    # doctest: +SKIP
>>> openai.OpenAI(base_url=server.base_url, api_key=server.api_key)  # doctest: +SKIP
"""

from __future__ import annotations

from .model import MODEL, available, ensure_model, find_model
from .server import LocalServer, get_server, stop

__all__ = [
    "MODEL",
    "LocalServer",
    "available",
    "ensure_model",
    "find_model",
    "get_server",
    "stop",
]
