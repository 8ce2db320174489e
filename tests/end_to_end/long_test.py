"""A clip of many windows: as long as asked for, in memory that does not grow with its length, and without a seam at the windows' borders."""
import re
import subprocess
import sys

import numpy
from tasks_test import frames_of


def peak_kilobytes(zoetrope, *words):
    """The largest resident memory of a run of the program, measured by a process of its own."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", code, zoetrope.program, *map(str, words)], cwd=zoetrope.folder, env=zoetrope.environment,
                          check=True, capture_output=True, text=True, timeout=600)
    return int(done.stdout)


def test_a_minute_needs_no_more_memory_than_ten_seconds(zoetrope):
    peaks = {seconds: peak_kilobytes(zoetrope, "generate", "-p", "a duck floats on a meadow", "--size", "64x64", "--steps", 1, "--seconds", seconds,
                                     "-o", f"{seconds}.mp4") for seconds in (10, 60)}
    assert peaks[60] < 1.05 * peaks[10], peaks
    made = zoetrope("info", "60.mp4").out
    assert re.search(r"961 frames at 16 per second, 60\.\d s", made)


def test_prompts_follow_each_other(zoetrope):
    words = ("generate", "--size", "64x64", "--steps", 2, "--frames", 133, "--seed", 1)
    zoetrope(*words, "-p", "a duck floats on a meadow", "-o", "one.safetensors")
    zoetrope(*words, "--prompts", "0:a duck floats on a meadow; 4s:a red heart floats on a beach", "-o", "two.safetensors")
    one, two = (frames_of(zoetrope.folder / f"{name}.safetensors") for name in ("one", "two"))
    assert (one[:53] == two[:53]).all() and (one[-20:] != two[-20:]).any()
    (zoetrope.folder / "prompts.txt").write_text("0: a duck floats on a meadow\n4s: a red heart floats on a beach\n")
    zoetrope(*words, "--prompts", "prompts.txt", "-o", "file.safetensors")
    assert (zoetrope.folder / "file.safetensors").read_bytes() == (zoetrope.folder / "two.safetensors").read_bytes()
    assert "--prompts must begin at 0" in zoetrope.refuses(*words, "--prompts", "4s:a cat", "-o", "a.mp4")
    assert "--prompts must be times and prompts" in zoetrope.refuses(*words, "--prompts", "a cat", "-o", "a.mp4")


def test_windows_are_told_and_their_borders_do_not_show(zoetrope):
    told = zoetrope("generate", "-p", "a duck floats up and down on a meadow", "--frames", 133, "--steps", 8, "--seed", 1, "-o", "long.safetensors").err
    assert "133 frames are made in 6 windows" in told
    frames = frames_of(zoetrope.folder / "long.safetensors").astype(float)
    assert len(frames) == 133
    steps = numpy.abs(frames[1:] - frames[:-1]).mean((1, 2, 3))
    borders = list(range(32, 132, 20))  # from the last frame of a window to the first of the next
    inside = [i for i in range(4, 132, 4) if i not in borders]  # from one latent frame to the next, which changes more than within one
    assert numpy.median(steps[borders]) < 1.3 * numpy.median(steps[inside]), (steps[borders], steps[inside])
