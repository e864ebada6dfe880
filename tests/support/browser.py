"""Finds a Chromium for the tests, or gets one.

``python tests/support/browser.py`` prints its path, and on stderr what is being done.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = (
    # The same engine without a window of its own, which takes less processor time.
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
DOWNLOAD_SECONDS = 600
REMEDY = (
    "The browser tests need a Chromium, and none was found or could be fetched. Install one "
    "(on Debian: apt-get install chromium) or set CHROMIUM to the path of one."
)


class NoBrowserError(Exception):
    """No Chromium can be had. The message says what to do."""


def find_chromium() -> str | None:
    """The path of a Chromium that starts: from CHROMIUM, on PATH, or fetched by Playwright.

    Raises:
        NoBrowserError: CHROMIUM is set, but names no browser that starts.
    """
    if chosen := os.environ.get("CHROMIUM"):
        if not _starts(chosen):
            raise NoBrowserError(f"CHROMIUM={chosen} does not start. {REMEDY}")
        return chosen
    for name in NAMES:
        path = shutil.which(name)
        if path and _starts(path):
            return path
    path = _playwright_chromium()
    return path if path and _starts(path) else None


def ensure_chromium() -> str:
    """The path of a Chromium, fetched by Playwright or as the distribution's package if need be.

    Raises:
        NoBrowserError: none can be had.
    """
    found = find_chromium()
    for fetch in (_fetch_with_playwright, _fetch_with_apt):
        if found is None:
            fetch()
            found = find_chromium()
    if found is None:
        raise NoBrowserError(REMEDY)
    return found


def _starts(path: str) -> bool:
    # Ubuntu's chromium-browser may be a stub that only says how to install the real one.
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and (b"Chrom" in done.stdout or b"Edge" in done.stdout)


def _playwright_chromium() -> str | None:
    script = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.strip() or None


def _fetch_with_playwright() -> None:
    _say("No Chromium found; trying Playwright's download.")
    _run([sys.executable, "-m", "playwright", "install", "chromium"])


def _fetch_with_apt() -> None:
    apt = shutil.which("apt-get")
    if not apt:
        return
    _say("Trying the distribution's packages.")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        prefix = []
    elif shutil.which("sudo"):
        prefix = ["sudo", "-n"]
    else:
        return
    _run([*prefix, apt, "update", "-qq"])
    install = [*prefix, apt, "install", "-y", "-qq", "--no-install-recommends"]
    for package in ("chromium-headless-shell", "chromium"):
        if _run([*install, package]):
            return


def _run(command: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stdout=sys.stderr, timeout=DOWNLOAD_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _say(f"That failed: {error}")
        return False
    return done.returncode == 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print(ensure_chromium())
    except NoBrowserError as error:
        _say(str(error))
        sys.exit(1)
