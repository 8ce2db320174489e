"""Ctrl-C and kill: the work ends tidily and leaves nothing half-written."""
import signal

import pytest


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_leaves_nothing_behind(zoetrope, by):
    result = zoetrope.interrupted("world", "render", "--count", 100000, "-o", "clips", at="rendering", by=by)
    assert result.code == 130
    assert result.out == ""
    assert result.err.endswith("zoetrope: cancelled\n")
    assert zoetrope.files() == set()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_a_long_step_and_leaves_nothing_behind(zoetrope, by):
    large = ["--size", "1024x1024", "--frames", 17, "--steps", 1]  # a step of a minute
    result = zoetrope.interrupted("generate", "-p", "a cat", *large, "-o", "a.mp4", at="a clip needs", by=by, times=2, pause=1)
    assert result.code == -by
    assert zoetrope.files() == set()
