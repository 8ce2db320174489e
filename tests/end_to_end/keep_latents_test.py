"""--keep-latents: a clip is continued from what the model made, not from what was decoded, compressed and encoded again."""
import pytest
from tasks_test import frames_of, tensor_of

ASK = ("generate", "-p", "a duck floats on a meadow", "--size", "64x64", "--steps", 2, "--frames", 17)
LONGER = (*ASK, "--seed", 2, "--video", "clip.mp4", "--extend", "after")


def test_a_clip_is_continued_from_its_kept_latents_bit_for_bit(zoetrope):
    zoetrope(*ASK, "-o", "clip.safetensors")
    zoetrope(*ASK, "--keep-latents", "-o", "clip.mp4")
    assert zoetrope.files() == {"clip.safetensors", "clip.mp4", "clip.tail.safetensors"}
    latents = tensor_of(zoetrope.folder / "clip.safetensors", "latents")
    assert (tensor_of(zoetrope.folder / "clip.tail.safetensors", "latents")[0] == latents).all()

    told = zoetrope(*LONGER, "--keep-latents", "-o", "longer.mp4").err
    assert "'clip.mp4' is continued from the latents in 'clip.tail.safetensors'" in told
    zoetrope("generate", "--from", "longer.mp4", "-o", "longer.safetensors")
    longer = tensor_of(zoetrope.folder / "longer.safetensors", "latents")
    assert (longer[:, :1] == latents[:, :1]).all() and (longer[:, 1:3] == latents[:, 3:]).all() and longer.shape[1] == 5
    assert len(frames_of(zoetrope.folder / "longer.safetensors")) == 17 + 8
    zoetrope(*ASK, "--seed", 3, "--video", "longer.mp4", "-o", "longest.safetensors")
    assert (tensor_of(zoetrope.folder / "longest.safetensors", "latents")[:, 1:3] == longer[:, 3:]).all()


def test_latents_that_are_no_longer_the_clips_are_not_used(zoetrope):
    zoetrope(*ASK, "--keep-latents", "-o", "clip.mp4")
    zoetrope(*ASK, "--seed", 5, "-o", "clip.mp4")
    assert "'clip.mp4' is encoded again, since the latents in 'clip.tail.safetensors' cannot be used: the video has changed since" in zoetrope(*LONGER, "-o", "a.webp").err
    (zoetrope.folder / "clip.tail.safetensors").unlink()
    assert "latents" not in zoetrope(*LONGER, "-o", "b.webp").err


def test_a_video_is_continued_over_several_windows(zoetrope):
    zoetrope(*ASK, "--keep-latents", "-o", "clip.mp4")
    long = ("generate", "-p", "a duck", "--size", "64x64", "--steps", 1, "--frames", 73, "--video", "clip.mp4")
    zoetrope(*long, "-o", "kept.safetensors")
    (zoetrope.folder / "clip.tail.safetensors").unlink()
    zoetrope(*long, "-o", "encoded.safetensors")
    kept, encoded = (frames_of(zoetrope.folder / f"{name}.safetensors") for name in ("kept", "encoded"))
    assert len(kept) == len(encoded) == 73
    assert (kept[:17] == encoded[:17]).all() and (kept[17:] != encoded[17:]).any()


@pytest.mark.parametrize("words, sentence", [
    (["-o", "a.png"], "--keep-latents is for videos, which can be continued, got 'a.png'"),
    (["--loop", "-o", "a.mp4"], "--keep-latents cannot be used with a loop, which has no end"),
])
def test_wrong_use_is_one_sentence(zoetrope, words, sentence):
    result = zoetrope(*ASK, "--keep-latents", *words, code=2)
    assert result.err.endswith(f"zoetrope: {sentence}\n") and zoetrope.files() == set()
