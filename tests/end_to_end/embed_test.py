"""libzoetrope.so: the two programs of docs/embedding.md are run as they stand there, against an installed library."""
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("ZOETROPE_BUILD", ROOT / "build"))
SMALL = {"prompt": "a red heart on a beach", "frames": 9, "steps": 2, "width": 64, "height": 64, "seed": 1}


def listing(language):
    return re.search(rf"```{language}\n(.*?)```", (ROOT / "docs/embedding.md").read_text(), re.S).group(1)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("embed") / "prefix"
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
    return prefix


@pytest.fixture(scope="module")
def library(prefix):
    return next(prefix.glob("lib*/**/libzoetrope.so.0"))


@pytest.fixture(scope="module")
def embedding(tmp_path_factory, library):
    """The Python program as a module."""
    file = tmp_path_factory.mktemp("python") / "embedding.py"
    file.write_text(listing("python"))
    spec = importlib.util.spec_from_file_location("embedding", file)
    module = importlib.util.module_from_spec(spec)
    words, sys.argv = sys.argv, ["embedding.py", str(library)]
    try:
        spec.loader.exec_module(module)
    finally:
        sys.argv = words
    return module


@pytest.fixture(scope="module")
def toybox(embedding):
    model = embedding.call(embedding.lib.zoetrope_load, b'{"threads": 1}')
    yield model
    embedding.lib.zoetrope_free_model(model)


def test_the_program_in_c_makes_the_clip_that_the_program_makes(prefix, library, tmp_path, zoetrope):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(library.parent / "pkgconfig"), "LD_LIBRARY_PATH": str(library.parent), "OMP_NUM_THREADS": "1"}
    (tmp_path / "clip.c").write_text(listing("c"))
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "zoetrope"], check=True, capture_output=True, text=True, env=environment).stdout.split()
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "clip.c", "-o", "clip", *flags], check=True, cwd=tmp_path)
    done = subprocess.run(["./clip", json.dumps(SMALL), "clip.mp4"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert (plan["width"], plan["height"], plan["frames"]) == (64, 64, 9) and plan["seconds"] > 0 and plan["request"]["steps"] == 2
    assert "sampling 1/2" in done.stderr
    subprocess.run(["./clip", json.dumps(SMALL), "clip.safetensors"], cwd=tmp_path, env=environment, check=True, capture_output=True)
    zoetrope("generate", "-p", SMALL["prompt"], "--frames", 9, "--steps", 2, "--size", "64x64", "--seed", 1, "-o", "ours.safetensors")
    assert (tmp_path / "clip.safetensors").read_bytes() == (tmp_path / "ours.safetensors").read_bytes(), "frames and latents, to the bit"
    refused = subprocess.run(["./clip", '{"steps": 0}'], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert refused.returncode == 1 and json.loads(refused.stderr)["code"] == "invalid_request"
    assert sorted(p.name for p in tmp_path.glob("*.mp4")) == ["clip.mp4"]


def test_the_program_in_python_gets_frames(embedding, toybox):
    frames, plan = embedding.generate(toybox, SMALL)
    assert len(frames) == 9 and all(len(frame) == 64 * 64 * 3 for frame in frames)
    assert embedding.generate(toybox, SMALL)[0] == frames, "a request gives the same frames each time"
    assert embedding.generate(toybox, {**SMALL, "seed": 2})[0] != frames
    assert plan["request"]["model"]["name"] == "toybox"


@pytest.mark.parametrize("request_, field, words", [
    ({"steps": 0}, "steps", "steps must be"),
    ({"nothing": 1}, None, "'nothing' is not a key"),
    ({"conditions": [{"media": "none.png"}]}, None, "none.png"),
])
def test_errors_are_json_with_the_field(embedding, toybox, request_, field, words):
    with pytest.raises(ValueError) as refused:
        embedding.generate(toybox, {**SMALL, **request_})
    told = refused.value.args[0]
    assert (told["code"], told["field"]) == ("invalid_request", field) and words in told["message"]


@pytest.mark.parametrize("options, words", [
    (b"[]", "the options must be a JSON object"), (b'{"model": "none"}', "there is no model 'none'"), (b'{"size": 3}', "is no option"),
    (b'{"threads": 0}', "must be from 1 to 1024"), (b'{"loras": [{"file": "none"}]}', "'none', which is no file"), (b'{"device": "abacus"}', "abacus"),
])
def test_options_are_checked(embedding, options, words):
    with pytest.raises(ValueError) as refused:
        embedding.call(embedding.lib.zoetrope_load, options)
    assert words in refused.value.args[0]["message"]


def test_a_run_is_cancelled_and_can_be_made_again(embedding, toybox):
    with pytest.raises(ValueError) as cancelled:
        embedding.generate(toybox, {**SMALL, "steps": 50}, cancel_at=3)
    assert cancelled.value.args[0]["code"] == "cancelled"
    assert len(embedding.generate(toybox, SMALL)[0]) == 9


def test_only_its_functions_are_shown(library):
    shown = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", library], check=True, capture_output=True, text=True).stdout.split("\n")
    names = {line.split()[0].split("@")[0] for line in shown if line}
    header = (ROOT / "embed/zoetrope.h").read_text()
    declared = set(re.findall(r"ZOETROPE_API [^(]*?\b(zoetrope_\w+)\(", header))
    assert names - {"ZOETROPE_1"} == declared and len(declared) == 10
