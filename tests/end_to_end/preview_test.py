"""--preview: a picture of the clip while it is made."""
import subprocess

import numpy
import PIL.Image
import pytest
from tasks_test import frames_of

ASK = ("generate", "-p", "a red heart on a beach", "--size", "64x64", "--frames", 9, "--seed", 1)


def watch(zoetrope, name, *words):
    """Runs the program and opens the preview again and again; gives the pictures that differ, in order."""
    seen = []
    process = subprocess.Popen([zoetrope.program, *map(str, words), "--preview", name], cwd=zoetrope.folder, env=zoetrope.environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    path = zoetrope.folder / name
    while process.poll() is None:
        if path.exists():
            with PIL.Image.open(path) as picture:
                picture.load()  # throws where it is not whole
                pixels = numpy.asarray(picture.convert("RGB"))
            if not seen or pixels.shape != seen[-1].shape or (pixels != seen[-1]).any():
                seen.append(pixels)
    assert process.returncode == 0, process.stderr.read()
    return seen


@pytest.mark.parametrize("name", ["now.png", "now.webp"])
def test_a_preview_is_there_while_the_clip_is_made_and_always_whole(zoetrope, name):
    seen = watch(zoetrope, name, *ASK, "--steps", 200, "-o", "clip.safetensors")
    assert len(seen) > 2, "it is written again"
    with PIL.Image.open(zoetrope.folder / name) as last:
        assert getattr(last, "n_frames", 1) == (3 if name.endswith(".webp") else 1)
    assert zoetrope.files() == {"clip.safetensors", name}, "the shipped model has its map, and needs no cache"


def test_the_last_preview_looks_like_the_clip(zoetrope):
    zoetrope(*ASK, "--steps", 1, "--preview", "now.webp", "-o", "clip.safetensors")
    frames = frames_of(zoetrope.folder / "clip.safetensors").astype(float)
    with PIL.Image.open(zoetrope.folder / "now.webp") as preview:
        for latent, frame in enumerate([frames[0], frames[1:5].mean(0), frames[5:9].mean(0)]):
            preview.seek(latent)
            blurred = frame.reshape(8, 8, 8, 8, 3).mean((1, 3))
            shown = numpy.asarray(preview.convert("RGB")).astype(float).reshape(8, 8, 8, 8, 3).mean((1, 3))
            assert 1 - ((shown - blurred) ** 2).sum() / ((blurred - blurred.mean((0, 1))) ** 2).sum() > .5


def test_a_resumed_clip_has_previews_and_a_plain_one_has_none(zoetrope):
    words = (*ASK, "--steps", 400, "--save-every", 0)
    zoetrope.interrupted(*words, "-o", "clip.mp4", at="sampling")
    assert zoetrope.files() == {"clip.latents.safetensors"}
    zoetrope("generate", "--resume", "clip.latents.safetensors", "--preview", "now.png", "-o", "clip.mp4")
    assert zoetrope.files() == {"clip.mp4", "now.png"}


def test_wrong_use_is_one_sentence(zoetrope):
    assert zoetrope.refuses(*ASK, "--preview", "a.mp4", "-o", "b.mp4") == "--preview must be a .png, .jpg or .webp, got 'a.mp4'"
    assert "--preview must have a name of its own" in zoetrope.refuses(*ASK, "--preview", "a.png", "-o", "a.png")
