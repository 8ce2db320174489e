"""The set-up script in a made-up machine: what it installs, when it installs nothing, and what it says when it cannot."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "setup.sh"

# Stand-ins for the commands that would change the machine; each notes in `log` how it was called.
DPKG_QUERY = 'shift 3; for name; do [ "$name" = "$MISSING" ] || echo "$name installed"; done'
APT_GET = 'echo "apt-get $*" >> "$LOG"; exit ${APT_FAILS:-0}'
PYTHON = r'''echo "python $*" >> "$LOG"
case "$1 $2 $3" in
  "-m venv .venv") [ -z "$VENV_FAILS" ] && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip install")
    [ -z "$PIP_FAILS" ] || exit 1
    for word; do :; done
    packages=.venv/lib/python3.11/site-packages
    case "$word" in
      c2pa-python==*) mkdir -p $packages/c2pa/libs && touch $packages/c2pa/libs/libc2pa_c.so ;;
      axe-playwright-python==*) mkdir -p $packages/axe_playwright_python && touch $packages/axe_playwright_python/axe.min.js ;;
      torch==*)
      folder=.venv/lib/python3.11/site-packages/torch
      mkdir -p $folder/lib && touch $folder/lib/libtorch_cpu.so
      echo "__version__ = '${word#torch==}'" > $folder/version.py
    esac ;;
esac'''


class Machine:
    """A folder with a space in its name, a copy of the script, and stand-ins first on the PATH."""

    def __init__(self, folder: Path):
        self.root, self.log = folder / "a b" / "zoetrope", folder / "log"
        (self.root / "tools").mkdir(parents=True)
        (self.root / "tests" / "parity").mkdir(parents=True)
        shutil.copy(SCRIPT, self.root / "tools" / "setup.sh")
        (self.root / "tools" / "requirements.txt").write_text("formatter==1\n")
        (self.root / "tests" / "requirements.txt").write_text("tester==2\n")
        self.stubs = folder / "bin"
        self.stubs.mkdir()
        for name, text in {"dpkg-query": DPKG_QUERY, "apt-get": APT_GET, "python3": PYTHON, "id": "echo ${USER_ID:-0}",
                           "cmake": 'echo "cmake version ${CMAKE_VERSION:-3.25.1}"'}.items():
            (self.stubs / name).write_text(f"#!/bin/bash\n{text}\n")
            (self.stubs / name).chmod(0o755)
        for name in ("bash", "cat", "cmp", "cp", "dirname", "env", "grep", "head", "mkdir", "rm", "sed", "sort", "touch", "tr"):
            (self.stubs / name).symlink_to(shutil.which(name))  # and nothing else: no sudo

    def setup(self, *words: str, **environment: str) -> subprocess.CompletedProcess:
        self.log.write_text("")
        return subprocess.run([self.root / "tools" / "setup.sh", *words], capture_output=True, text=True,
                              env={"PATH": str(self.stubs), "LOG": str(self.log), **environment})

    def calls(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if " -c" not in line or "pip" in line]


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def test_installs_what_is_missing_once(machine):
    first = machine.setup(MISSING="libbox2d-dev")
    assert first.returncode == 0, first.stderr
    assert any(line.startswith("apt-get install") and line.endswith(" libbox2d-dev") for line in machine.calls())
    assert any(line.endswith("torch==2.13.0+cpu") for line in machine.calls())
    assert all(line.startswith("setup: ") for line in first.stdout.splitlines())
    second = machine.setup()
    assert (second.returncode, second.stdout, machine.calls()) == (0, "", [])


def test_installs_test_requirements_again_when_they_change_and_never_another_torch(machine):
    assert machine.setup("tests").returncode == 0
    assert "-c .venv/torch.constraint" in machine.calls()[-1]
    assert (machine.root / ".venv" / "torch.constraint").read_text() == "torch==2.13.0+cpu\n"
    machine.setup("tests")
    assert machine.calls() == []
    (machine.root / "tests" / "parity" / "requirements.txt").write_text("reference==3\n")
    machine.setup("tests")
    assert machine.calls()[-1].endswith("-r tests/parity/requirements.txt")


def test_replaces_the_wheel_when_another_is_wanted(machine):
    machine.setup()
    result = machine.setup(TORCH="cuda", TORCH_INDEX="https://example.org/cuda")
    assert "--force-reinstall --index-url https://example.org/cuda torch==2.13.0" in machine.calls()[-1]
    assert result.returncode == 1 and "TORCH_INDEX" in result.stderr  # the stand-in has no CUDA libraries


def test_brings_cmake_where_the_systems_is_too_old(machine):
    assert machine.setup(CMAKE_VERSION="3.22.1").returncode == 0
    assert machine.calls()[-1].endswith("cmake>=3.25,<5")


@pytest.mark.parametrize("words, environment, sentence", [
    ([], {"MISSING": "libbox2d-dev", "USER_ID": "1000"}, "no sudo; as root run: apt-get install libbox2d-dev"),
    ([], {"MISSING": "libbox2d-dev", "APT_FAILS": "1"}, "with a network at hand run"),
    ([], {"VENV_FAILS": "1"}, "install python3-venv"),
    ([], {"PIP_FAILS": "1"}, "needs a network, or an index that has it: TORCH_INDEX=URL"),
    ([], {"TORCH": "rocm"}, "TORCH must be cpu or cuda, got 'rocm'"),
    (["everything"], {}, "got 'everything'"),
])
def test_names_the_missing_thing_and_the_way_out(machine, words, environment, sentence):
    result = machine.setup(*words, **environment)
    assert result.returncode == 1
    assert sentence in result.stderr
    if "VENV_FAILS" in environment:
        assert not (machine.root / ".venv").exists()
