"""Keys show themselves nowhere in a real kernel."""

from __future__ import annotations

import json

from tests.kernel.conftest import KEY
from tests.support.kernel import Kernel
from tests.support.scenario import Scenario
from tests.support.server import Server

PASSWORD = "hunter22"
DEBUG = """
import logging, sys
handler = logging.StreamHandler(sys.__stderr__)
for name in ("", "openai", "httpx", "httpx2", "httpcore", "httpcore2"):
    logging.getLogger(name).setLevel(logging.DEBUG)
logging.getLogger().addHandler(handler)
"""
FAIL = """
import nbstream.clients
def fail(w, session, endpoint, source):
    raise RuntimeError("mine")
fail(w, w._session, nbstream.clients.choose(), w._session.source)
"""
CAUGHT = """
import traceback
try:
    await failed
except Exception as e:
    traceback.print_exc()
    print(e.__cause__, e.__context__)
"""


def test_the_key_is_nowhere(kernel: Kernel, server: Server) -> None:
    server.enqueue(Scenario(), Scenario(status=401), Scenario(status=429, retry_after=0))
    kernel.run(DEBUG)
    try:
        kernel.run("%%stream --as w\nHi", cell="cell-ok")
        kernel.run("%%stream --as failed\nHi", cell="cell-401")
        assert kernel.run("%%stream\nHi", cell="cell-429").status == "ok"
        assert kernel.run("%%stream test/error-data\nHi", cell="cell-cut").status == "error"
        kernel.run("w, failed, failed.error, w._session, w._wire.snapshot(), failed.get_state()")
        kernel.run("vars(w), vars(w._session), vars(w._session.source), nbstream.tasks()")
        url = server.url.replace("://", f"://user:{PASSWORD}@")
        kernel.run(f"%config NBStream.base_url = {url!r}")
        kernel.run("%nbstream config")
        kernel.run("%config NBStream.base_url = ''")
        kernel.run("%nbstream tasks")
        for mode in ("Context", "Verbose"):
            kernel.run(f"%xmode {mode}")
            assert "mine" in kernel.run(FAIL).error
            kernel.run("await failed")
            kernel.run("%tb")
        kernel.run(CAUGHT)
    finally:
        kernel.run("logging.getLogger().removeHandler(handler)\n%xmode Context")
    assert {r.headers["authorization"] for r in server.requests} == {f"Bearer {KEY}"}
    said = json.dumps([m for m in kernel.messages if m["msg_type"] != "execute_input"], default=str)
    assert "[redacted]" in said
    assert "receive_response_headers" in kernel.log, "the debug log is on"
    for place in (said, kernel.log):
        assert KEY not in place
        assert KEY[:12] not in place
        assert PASSWORD not in place
