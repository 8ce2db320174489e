"""Parity tests: a reference implementation and Zoetrope's library get the same tensors, and must agree.

`parity-probe` (probe.cpp) runs one function of the library on tensors from a file. Configurations are random; PARITY_SEED repeats a run.
"""
import json
import os
import pathlib
import random
import subprocess

import pytest
import torch
from safetensors.torch import load_file, save_file

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # no test may fetch anything
SEED = int(os.environ.get("PARITY_SEED", random.SystemRandom().randrange(2**31)))
BUILD = pathlib.Path(os.environ.get("ZOETROPE_BUILD", pathlib.Path(__file__).parents[2] / "build"))


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"PARITY_SEED={SEED} repeats this run")


@pytest.fixture
def generator(request):
    """A generator of its own for each test, so that one test alone draws what it drew in the whole run."""
    seed = SEED + sum(map(ord, request.node.name))
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def probe(tmp_path):
    """probe("command", {"x": tensor}, setting=value) -> the tensors that the command of probe.cpp gives."""

    def run(command, tensors=None, **settings):
        program = BUILD / "parity-probe"
        assert program.exists(), f"{program} is missing: cmake --build {BUILD} --target parity-probe"
        save_file({name: t.contiguous() for name, t in (tensors or {}).items()}, tmp_path / "in.safetensors")
        (tmp_path / "settings.json").write_text(json.dumps(settings))
        arguments = [program, command, *(tmp_path / name for name in ("settings.json", "in.safetensors", "out.safetensors"))]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return load_file(tmp_path / "out.safetensors")

    return run


def relative_error(ours, reference):
    """max|a-b| / max|b|"""
    assert ours.shape == reference.shape, f"{tuple(ours.shape)} instead of {tuple(reference.shape)}"
    return ((ours.double() - reference.double()).abs().max() / reference.double().abs().max()).item()
