"""Code that says when a script or a cell waits for a stream: then it can be interrupted."""

from __future__ import annotations

# Prints a line once the main thread waits for the stream, or for its event loop.
WATCH = """\
import sys, threading, time
def watch(main=threading.main_thread().ident, at=("waiting.py", "selectors.py")):
    waits = False
    while not waits:
        time.sleep(0.01)
        frame = sys._current_frames()[main]
        while frame and not waits:
            waits, frame = frame.f_code.co_filename.endswith(at), frame.f_back
    print("waits", flush=True)
threading.Thread(target=watch).start()
"""
