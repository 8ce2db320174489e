"""Ctrl-C and kill: the work ends tidily and leaves nothing half-written."""
import random
import signal

import pytest


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_command_leaves_nothing_behind(zoetrope, by):
    result = zoetrope.interrupted("world", "render", "--count", 100000, "-o", "clips", at="rendering", by=by)
    assert result.code == 130
    assert result.out == ""
    assert result.err.endswith("zoetrope: cancelled\n")
    assert zoetrope.files() == set()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_long_step_and_leaves_nothing_behind(zoetrope, by):
    large = ["--size", "1024x1024", "--frames", 17, "--steps", 1]  # a step of a minute
    result = zoetrope.interrupted("generate", "-p", "a cat", *large, "-o", "a.mp4", at="a clip needs", by=by, times=2, pause=1, apart=.05)  # within one block of the network
    assert result.code == -by
    assert zoetrope.files() == set()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_an_unfinished_clip_is_finished_to_the_same_bits_in_another_format(zoetrope, by):
    ask = ("generate", "-p", "a cat", "--size", "64x64", "--frames", 5, "--steps", 400, "--sampler", "unipc")
    zoetrope(*ask, "-o", "whole.safetensors")
    pause = random.uniform(.1, 1)
    stopped = zoetrope.interrupted(*ask, "--save-every", 0, "-o", "clip.mp4", at="sampling", by=by, pause=pause)
    assert (zoetrope.folder / "clip.latents.safetensors").exists() and not (zoetrope.folder / "clip.mp4").exists(), pause
    if by == signal.SIGINT:
        assert "zoetrope generate --resume clip.latents.safetensors -o clip.mp4" in stopped.err
    other = zoetrope.refuses("generate", "--resume", "clip.latents.safetensors", "--steps", 50, "-o", "b.mp4")
    assert "'steps' of the clip in 'clip.latents.safetensors' is 400, not 50" in other
    zoetrope("generate", "--resume", "clip.latents.safetensors", "-o", "clip.safetensors")
    assert (zoetrope.folder / "clip.safetensors").read_bytes() == (zoetrope.folder / "whole.safetensors").read_bytes(), pause
    assert "clip.latents.safetensors" not in zoetrope.files()
    assert "is not the file of an unfinished clip" in zoetrope.refuses("generate", "--resume", "clip.safetensors", "-o", "b.mp4")
