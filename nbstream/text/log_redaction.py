"""Keeps API keys out of what the SDK and its HTTP client log.

With ``OPENAI_LOG=debug``, or another logging configuration, they log URLs, which may contain a
password or a key, and the headers of responses, in which servers and gateways echo what they were
sent. The SDK itself removes only the ``authorization`` and ``api-key`` headers of requests
(https://github.com/openai/openai-python/blob/main/src/openai/_utils/_logs.py).
"""

from __future__ import annotations

import logging
import threading

from .redact import Redact, redactor

_PACKAGES = ("openai", "httpx", "httpx2", "httpcore", "httpcore2")

# Made when their modules are first imported, which is after the first call of `guard_logs`:
# https://www.encode.io/httpcore/logging/
_LATE = [
    f"{package}.{part}"
    for package in ("httpcore", "httpcore2")
    for part in ("connection", "http11", "http2", "proxy", "socks")
] + ["httpx", "httpx2"]


class _KeyFilter(logging.Filter):
    """Redacts each record of the loggers that it is added to."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: set[str] = set()
        self._redact: Redact = redactor()

    def know(self, key: str) -> None:
        if key not in self._keys:
            self._keys.add(key)
            self._redact = redactor(*self._keys)

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            said = record.getMessage()
        except Exception:  # logging itself reports what cannot be formatted
            return True
        redacted = self._redact(said)
        if redacted != said:
            record.msg, record.args = redacted, None
        if record.exc_info and not record.exc_text:
            # openai 1 and 2 log exceptions, whose messages hold the whole URL. Formatters print
            # exc_text: https://docs.python.org/3/library/logging.html#logging.Formatter.format
            record.exc_text = self._redact(_FORMATTER.formatException(record.exc_info))
        return True


_FORMATTER = logging.Formatter()
_filter = _KeyFilter()
_lock = threading.Lock()
_known_loggers = 0


def guard_logs(key: str | None) -> None:
    """Redact ``key``, and anything that looks like a key, in the logs of requests from now on.

    Costs nothing if nothing is logged. A filter acts only on its own logger's records, so each
    logger of these packages gets it; loggers created later get it at the next call.
    """
    global _known_loggers
    with _lock:
        if key:
            _filter.know(str(key))
        if not _known_loggers:
            for name in _LATE:
                logging.getLogger(name)
        loggers = logging.root.manager.loggerDict
        if len(loggers) == _known_loggers:
            return
        _known_loggers = len(loggers)
        for name, logger in list(loggers.items()):
            if name.partition(".")[0] in _PACKAGES and isinstance(logger, logging.Logger):
                logger.addFilter(_filter)
