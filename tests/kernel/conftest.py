"""One kernel and one loopback server per module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.kernel import Kernel
from tests.support.server import Server

KEY = "test-secret-key-0123456789abcdef"

# An open stream would send its snapshot again, in the middle of the next test, and one that was
# stopped shows its last output once its connection is closed.
CLOSE = """
import asyncio, nbstream
get_ipython().autoawait = True
ends = [w._session.done for w in nbstream.tasks()]
for w in nbstream.tasks(): w.close()
w = None
"""
ENDED = "for end in ends: await asyncio.wrap_future(end)"


@pytest.fixture(scope="module")
def model_server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def server(model_server: Server) -> Server:
    """The module's server, with the records of this test only."""
    model_server.forget()
    return model_server


@pytest.fixture(scope="module")
def environment(model_server: Server) -> dict[str, str]:
    return {
        "OPENAI_BASE_URL": model_server.url,
        "NBSTREAM_API_KEY": KEY,
        "NBSTREAM_MODEL": "test/ok",
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(scope="module")
def shared_kernel(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[Kernel]:
    with Kernel(tmp_path_factory.mktemp("kernel"), environment) as running:
        assert running.run("%load_ext nbstream").status == "ok"
        yield running


@pytest.fixture
def kernel(shared_kernel: Kernel, server: Server) -> Iterator[Kernel]:
    """The module's kernel without what earlier tests left."""
    shared_kernel.messages.clear()
    yield shared_kernel
    shared_kernel.end_cells()
    for cell in (CLOSE, ENDED):
        left = shared_kernel.run(cell)
        assert left.status == "ok", left.error
