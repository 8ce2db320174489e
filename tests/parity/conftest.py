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
HAS_BF16 = any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))  # as tensor/placement.cpp has it


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


def assert_gradients(ours, model):
    """Gradients reach every parameter, and are those of PyTorch. What is almost zero is so by cancellation: its digits say nothing."""
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    assert ours.keys() == gradients.keys()
    largest = max(g.abs().max() for g in gradients.values())
    for name, theirs in gradients.items():
        assert theirs.abs().max() > 0 and ours[name].abs().max() > 0, name
        assert (ours[name] - theirs).abs().max() < 1e-4 * theirs.abs().max() + 1e-6 * largest, name


class Draw:
    """Random choices from one generator."""

    def __init__(self, generator):
        self.generator = generator

    def integer(self, low, high):
        return int(torch.randint(low, high + 1, (), generator=self.generator))

    def of(self, choices):
        return choices[self.integer(0, len(choices) - 1)]

    def normal(self, *shape):
        return torch.randn(*shape, generator=self.generator)


def save(draw, model, folder):
    """Writes a model of diffusers whose every parameter takes part, in any dtype and cut into any shards; returns it as the file has it."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1 or "gamma" in name:
            torch.nn.init.normal_(parameter, 0 if "bias" in name else 1, 0.2)
    dtype = draw.of([torch.float32, torch.bfloat16, torch.float16])
    for parameter in model.parameters():  # and not the buffers, which no file holds
        parameter.data = parameter.data.to(dtype)
    model.eval().save_pretrained(folder, max_shard_size=draw.of(["5GB", "50KB"]))
    for parameter in model.parameters():
        parameter.data = parameter.data.float()
    return model


def relative_error(ours, reference):
    """max|a-b| / max|b|"""
    assert ours.shape == reference.shape, f"{tuple(ours.shape)} instead of {tuple(reference.shape)}"
    return ((ours.double() - reference.double()).abs().max() / reference.double().abs().max()).item()


def in_bf16(model, folder):
    """The same model as its library loads it for bf16; some parameters may stay in fp32."""
    return type(model).from_pretrained(folder, torch_dtype=torch.bfloat16).eval()


def assert_bf16(ours, theirs, exact):
    """Whether our bf16 is within twice the error of the reference's own, as root mean squares over enough numbers not to differ by chance."""
    assert exact.numel() >= 30
    our_error, their_error = ((x.double() - exact.double()).square().mean().sqrt().item() for x in (ours, theirs))
    assert our_error <= 2 * their_error, f"{our_error:.3g} from fp32, the reference in bf16 {their_error:.3g}"
