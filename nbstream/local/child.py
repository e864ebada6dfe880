"""The child process: serves one model over the OpenAI API until its stdin closes.

Its configuration is one JSON line on stdin, so that the key stands neither on a command line nor
in an environment, where other users' tools could read it. It answers with its address as one JSON
line on stdout. Everything that llama.cpp prints goes to stderr. Stdin is the lifeline: it closes
when the parent ends, however the parent ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any


def main() -> None:
    """Serve until stdin closes."""
    # Interrupt in a terminal reaches the whole process group; it is meant for the parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    config = json.loads(sys.stdin.buffer.readline())
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        server = _serve(config)
    except RuntimeError as error:
        # The log says more than a traceback through the bindings.
        sys.exit(str(error))
    print(json.dumps({"address": server.listening_address}), file=answers, flush=True)
    while os.read(0, 4096):
        pass
    # At once: the destructor waits for answers that nobody reads any more.
    os._exit(0)


def _serve(config: dict[str, Any]) -> Any:
    from xllamacpp import CommonParams, Server

    params = CommonParams()
    params.model.path = config["model_path"]
    params.model_alias = {config["model"]}
    params.api_keys = [config["api_key"]]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    # One thread: with all cores the threads wait for each other on a machine that does anything
    # else, and generation becomes 5 to 30 times slower. No polling: an idle server costs nothing.
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = 1
        cpu.poll = 0
    params.n_parallel = 4
    # The model was trained on 2048 tokens; each of the parallel answers gets that many.
    params.n_ctx = 4 * 2048
    # Each waiting connection occupies a thread, and a stopped one must be noticed at once.
    params.n_threads_http = 32
    params.cache_ram_mib = 0
    params.ui = False
    params.offline = True
    return Server(params)


if __name__ == "__main__":
    main()
