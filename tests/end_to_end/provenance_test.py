"""What generated files say of where they come from, and what `zoetrope verify` makes of it."""
import json
import shutil
import subprocess

import pytest

QUICK = ["-p", "a red heart on a beach", "--steps", 1, "--frames", 5]


def verify(zoetrope, file, code: int = 0) -> dict:
    """-> state of each layer by name, and the verdict."""
    told = json.loads(zoetrope("verify", file, "--json", code=code).out)
    return {layer["name"]: layer["state"] for layer in told["layers"]} | {"verdict": told["verdict"]}


def test_a_clip_says_what_it_is_until_it_is_copied_without_it(zoetrope):
    zoetrope("generate", *QUICK, "--producer", "001191440300", "-o", "a.mp4")
    table = zoetrope("verify", "a.mp4").out
    assert table.startswith("a.mp4: intact\n") and "producer '001191440300'" in table
    if shutil.which("ffmpeg"):
        subprocess.run(["ffmpeg", "-v", "error", "-i", "a.mp4", "-c", "copy", "copy.mp4"], cwd=zoetrope.folder, check=True)
        found = verify(zoetrope, "copy.mp4", code=1)
        assert (found["request"], found["aigc"], found["verdict"]) == ("altered", "altered", "altered")
        assert zoetrope("generate", "--from", "copy.mp4", "--metadata", "off", "-o", "again.mp4")  # the comment alone still makes it again


def test_without_marks_nothing_is_found(zoetrope):
    zoetrope("generate", *QUICK, "--metadata", "off", "-o", "a.mp4")
    assert verify(zoetrope, "a.mp4", code=2)["verdict"] == "nothing found"
    assert "a red heart" not in zoetrope("info", "a.mp4").out
    zoetrope("generate", *QUICK, "-o", "a.mp4")  # it is known for our own file all the same


def test_refuses_a_producer_that_is_no_code(zoetrope):
    assert "--producer must be a code of 1 to 128 ASCII characters, got '制作'" in zoetrope.refuses("generate", *QUICK, "--producer", "制作", "-o", "a.mp4")
    assert "missing.mp4" in zoetrope.refuses("verify", "missing.mp4")
