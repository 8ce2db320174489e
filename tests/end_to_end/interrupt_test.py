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
