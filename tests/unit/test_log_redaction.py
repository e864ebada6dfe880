"""Keys are taken out of the records of the SDK's and its HTTP client's loggers."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from nbstream.text.log_redaction import guard_logs

KEY = "plain-word-key-0123"


@pytest.mark.parametrize("name", ["openai._base_client", "httpx", "httpcore.http11"])
def test_records(name: str, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(name)
    guard_logs(KEY)
    with caplog.at_level(logging.DEBUG, name):
        logger.debug("%s https://user:hunter22@host/v1?api_key=hunter22&n=1", KEY)
        logger.debug("headers %r", {"X-Echo": KEY, "set-cookie": "session=hunter22"})
        logger.debug("status %i", 200)
    assert "hunter22" not in caplog.text
    assert KEY not in caplog.text
    assert "status 200" in caplog.text
    assert caplog.text.count("[redacted]") == 5


def test_loggers_that_are_made_later(caplog: pytest.LogCaptureFixture) -> None:
    guard_logs(KEY)
    logger = logging.getLogger(f"openai.{test_loggers_that_are_made_later.__name__}")
    guard_logs(None)
    with caplog.at_level(logging.DEBUG, logger.name):
        logger.debug("the key %s", KEY)
    assert KEY not in caplog.text


def test_other_loggers_and_broken_records_stay(caplog: pytest.LogCaptureFixture) -> None:
    guard_logs(KEY)
    logging.getLogger("mine").warning("the key %s", KEY)
    assert KEY in caplog.text
    record = logging.LogRecord("openai", logging.DEBUG, "", 0, "%d", ("x",), None)
    assert logging.getLogger("openai._base_client").filter(record)


def test_exceptions_that_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("openai._base_client")
    guard_logs(KEY)
    with caplog.at_level(logging.DEBUG, logger.name):
        try:
            raise ValueError(f"401 for 'https://user:hunter22@host/v1?api_key=hunter22' {KEY}")
        except ValueError:
            logger.debug("Encountered an HTTP status error", exc_info=True)
    assert "ValueError: 401 for" in caplog.text
    assert "hunter22" not in caplog.text
    assert KEY not in caplog.text


def test_the_first_request_of_a_process() -> None:
    code = f"""
import logging, sys
from nbstream.text.log_redaction import guard_logs
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
guard_logs({KEY!r})
import httpcore
from httpcore._async import connection, http11
for module in (connection, http11):
    module.logger.debug("echoed %s", {KEY!r})
logging.getLogger("httpx").debug("sent %s", {KEY!r})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("[redacted]") == 3
    assert KEY not in done.stdout
