"""Makes the pictures of docs/tasks.md with the model that ships: what was given above what was made, eight frames each.

    .venv/bin/python tools/task_pictures.py [PROGRAM]
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy
import PIL.Image
from safetensors.numpy import load_file

HOUSE = pathlib.Path(__file__).parents[1]
PROGRAM = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HOUSE / "build/zoetrope").resolve()
PICTURES = HOUSE / "docs/images/tasks"
SHOWN, SCALE = 8, 1


def generate(folder, name, prompt, *words):
    """The frames [T,H,W,3] of a clip, which is also written as an mp4 or png."""
    subprocess.run([PROGRAM, "generate", "--quiet", "-p", prompt, *map(str, words), "-o", f"{name}.safetensors"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([PROGRAM, "generate", "--quiet", "--from", f"{name}.safetensors", "-o", f"{name}.webp"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    frames = numpy.round(255 * load_file(folder / f"{name}.safetensors")["frames"]).astype(numpy.uint8)
    PIL.Image.fromarray(frames[0]).save(folder / f"{name}.png")
    return frames


def strip(frames):
    """Eight frames side by side, with white between them."""
    chosen = [frames[round(i * (len(frames) - 1) / (SHOWN - 1))] for i in range(SHOWN)]
    gap = numpy.full((frames.shape[1], 3, 3), 255, numpy.uint8)
    return numpy.concatenate([part for frame in chosen for part in (frame, gap)][:-1], 1)


def save(name, given, made):
    rows = [strip(given), strip(made)]
    width = max(row.shape[1] for row in rows)
    rows = [numpy.pad(row, ((0, 4), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    PICTURES.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(numpy.concatenate(rows)[:-4]).save(PICTURES / f"{name}.png", optimize=True)


def main():
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        masks = {"right": numpy.zeros((96, 96, 3), numpy.uint8), "top": numpy.zeros((96, 96, 3), numpy.uint8)}
        masks["right"][:, 48:], masks["top"][:64] = 255, 255
        for name, mask in masks.items():
            PIL.Image.fromarray(mask).save(folder / f"{name}.png")
        penguin = generate(folder, "penguin", "a penguin hops from left to right on a beach", "--seed", 3)
        heart = generate(folder, "heart", "a red heart floats on a beach", "--frames", 1, "--seed", 2)
        video = ("--video", "penguin.webp")
        save("inpaint", penguin, generate(folder, "cat", "a cat stands on a beach", *video, "--mask", "right.png", "--seed", 5))
        save("outpaint", penguin, generate(folder, "wide", "a penguin hops on a beach", *video, "--outpaint", "left=32,right=32"))
        save("restyle", penguin, generate(folder, "snow", "a penguin hops in the snow", *video, "--strength", .6, "--seed", 3))
        save("cinemagraph", heart, generate(folder, "spin", "a red heart spins on a beach", "--image", "heart.png", "--mask", "top.png", "--seed", 2))
        save("join", penguin, generate(folder, "joined", "a penguin hops on a beach", *video, "--video-end", "penguin.webp"))


if __name__ == "__main__":
    main()
