"""The tasks of docs/tasks.md with the model that ships: what was given comes out as it was, and what may change is made."""
import json
import struct

import numpy
import PIL.Image
import pytest

SIZE = ("--size", "64x64")


def tensor_of(path, name):
    """A tensor in fp32 of a safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    about = json.loads(data[8:8 + length])[name]
    begin, end = about["data_offsets"]
    return numpy.frombuffer(data[8 + length:][begin:end], numpy.float32).reshape(about["shape"])


def frames_of(path):
    """The frames [T,H,W,3] of a safetensors file, as bytes."""
    return numpy.round(255 * tensor_of(path, "frames")).astype(numpy.uint8)


def write_video(path, frames):
    """Without loss, at 20 frames a second."""
    pictures = [PIL.Image.fromarray(frame) for frame in frames]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], lossless=True, exact=True, duration=50)


@pytest.fixture
def given(zoetrope):
    """A video, an image and a mask whose right half is white; their pixels."""
    zoetrope("generate", "-p", "a red ball rolls over a meadow", *SIZE, "--steps", 2, "--frames", 13, "--fps", 20, "-o", "made.safetensors")
    video = frames_of(zoetrope.folder / "made.safetensors")
    write_video(zoetrope.folder / "video.webp", video)
    PIL.Image.fromarray(video[0]).save(zoetrope.folder / "image.png")
    mask = numpy.zeros((64, 64, 3), numpy.uint8)
    mask[:, 32:] = 255
    PIL.Image.fromarray(mask).save(zoetrope.folder / "mask.png")
    return video


def task(zoetrope, *words, name="out.safetensors", prompt="a cat on a beach"):
    zoetrope("generate", "-p", prompt, "--steps", 2, "--seed", 3, *words, "-o", name)
    return frames_of(zoetrope.folder / name)


def test_inpainting_keeps_what_is_black(zoetrope, given):
    made = task(zoetrope, "--video", "video.webp", "--mask", "mask.png")
    assert len(made) == 13
    assert (made[:, :, :32] == given[:, :, :32]).all()
    assert (made[:, :, 32:] != given[:, :, 32:]).mean() > .5
    zoetrope("generate", "--from", "out.safetensors", "-o", "again.safetensors")
    assert (zoetrope.folder / "again.safetensors").read_bytes() == (zoetrope.folder / "out.safetensors").read_bytes()
    (zoetrope.folder / "mask.png").write_bytes((zoetrope.folder / "image.png").read_bytes())
    assert "'mask.png' is not the file that the request was made with" in zoetrope.refuses("generate", "--from", "out.safetensors", "-o", "b.mp4")


def test_a_cinemagraph_stands_still_where_the_mask_is_black(zoetrope, given):
    made = task(zoetrope, "--image", "image.png", "--mask", "mask.png", "--frames", 9)
    assert len(made) == 9
    assert (made[:, :, :32] == given[0][:, :32]).all()
    assert (made[8][:, 32:] != made[0][:, 32:]).any()


def test_restyling_changes_more_the_stronger_it_is(zoetrope, given):
    def change(strength):
        return numpy.abs(task(zoetrope, "--video", "video.webp", "--strength", strength).astype(int) - given).mean()
    weak, strong = change(.2), change(.9)
    assert 0 < weak < .7 * strong
    part = task(zoetrope, "--video", "video.webp", "--strength", .5, "--mask", "mask.png")
    assert (part[:, :, :32] == given[:, :, :32]).all() and (part[:, :, 32:] != given[:, :, 32:]).any()
    variation = task(zoetrope, "--image", "image.png", "--strength", .4, "--frames", 1)
    assert variation.shape == (1, 64, 64, 3)


def test_outpainting_leaves_the_picture_as_it_was(zoetrope, given):
    made = task(zoetrope, "--video", "video.webp", "--size", "128x64", "--outpaint", "2:1")
    assert made.shape == (13, 64, 128, 3)
    assert (made[:, :, 32:96] == given).all()
    assert task(zoetrope, "--video", "video.webp", "--outpaint", "2:1").shape == (13, 64, 128, 3)
    plan = zoetrope("generate", "-p", "a", "--image", "image.png", "--outpaint", "left=16,bottom=32", "--dry-run", "-o", "plan.png", "--json")
    request = json.loads(plan.out)["request"]
    assert (request["width"], request["height"]) == (request["conditions"][0]["place"][2] + 16, request["conditions"][0]["place"][3] + 32)


def test_keyframes_stand_where_they_were_put(zoetrope, given):
    made = task(zoetrope, *SIZE, "--frames", 17, "--fps", 16, "--keyframe", "image.png@0.5s", "--keyframe", "image.png@last")
    assert (made[8] == given[0]).all() and (made[16] == given[0]).all() and (made[7] != given[0]).any()


def test_two_videos_are_joined_and_both_are_in_the_result(zoetrope, given):
    made = task(zoetrope, *SIZE, "--frames", 33, "--video", "video.webp", "--video-end", "video.webp")
    assert (made[:13] == given).all() and (made[-13:] == given).all()
    assert len(made) == 33 + 2 * 13 - 9 - 12  # the new clip begins with 9 frames of the first and ends with 12 of the second


def test_a_loop_is_the_clip_and_the_way_back(zoetrope, given):
    plain = task(zoetrope, *SIZE, "--frames", 17)
    looped = task(zoetrope, *SIZE, "--frames", 17, "--loop")
    assert (looped[:17] == plain).all() and len(looped) > 17
    assert not any((frame == other).all() for frame in looped[17:] for other in plain), "neither reversed nor repeated"
    still = task(zoetrope, *SIZE, "--frames", 17, "--loop", "--image", "image.png", "--mask", "mask.png")
    assert (still[:, :, :32] == given[0][:, :32]).all(), "on the way back as well"


def test_a_dry_run_makes_nothing_but_shows_what_is_given(zoetrope, given):
    done = zoetrope("generate", "-p", "a", "--video", "video.webp", "--mask", "mask.png", "--dry-run", "-o", "plan.png")
    assert "plan.png\n13 frames of" in done.out and "of memory" in done.out
    red, green, blue = numpy.asarray(PIL.Image.open(zoetrope.folder / "plan.png").convert("RGB")).astype(int)[20, 50]
    assert red > green + 40 and red > blue + 40  # in the right half of the first frame
    assert "--dry-run writes a contact sheet" in zoetrope.refuses("generate", "-p", "a", "--dry-run", "-o", "plan.mp4")


@pytest.mark.parametrize("words, sentence", [
    (["--mask", "mask.png"], "--mask needs an image or a video that it is for"),
    (["--strength", .5], "--strength needs an image or a video that is to be changed"),
    (["--video", "video.webp", "--strength", 0], "--strength must be above 0 and at most 1, got 0"),
    (["--video", "video.webp", "--mask", "mask.png", "--extend", "after"], "--extend cannot be used with a video that is changed itself"),
    (["--video", "video.webp", "--video-end", "video.webp", "--mask", "mask.png"], "--video-end joins two videos"),
    (["--video-end", "video.webp"], "--video-end requires --video"),
    (["--image", "image.png", "--outpaint", "wide"], "--outpaint must be a shape like 16:9 or pixels like left=64,right=64, got 'wide'"),
    (["--image", "image.png", "--outpaint", "left=7"], "--size must be made of multiples of 16"),
    (["--keyframe", "image.png"], "--keyframe must be a file and its time"),
    (["--keyframe", "image.png@soon"], "--keyframe must be a file and its time"),
    (["--keyframe", "image.png@3:2"], "--keyframe: how much it may change must be from 0 to 1, got 2"),
    (["--keyframe", "none.png@3"], "--keyframe: 'none.png' does not exist"),
    (["--keyframe", "image.png@99"], "stands at frames 99 to 99, but the clip has the frames 0 to 32"),
    (["--loop", "--frames", 5], "--frames must be at least 9 for a loop, got 5"),
    (["--loop", "--video", "video.webp"], "--loop cannot be made with a video"),
])
def test_wrong_use_of_a_task_is_one_sentence(zoetrope, given, words, sentence):
    assert sentence in zoetrope.refuses("generate", "-p", "a cat", *words, "-o", "a.mp4")
    assert "a.mp4" not in zoetrope.files()


def test_what_is_read_is_never_written_over(zoetrope):
    mine = zoetrope.folder / "mine.png"
    PIL.Image.new("RGB", (64, 64), (20, 120, 220)).save(mine)
    before = mine.read_bytes()
    (zoetrope.folder / "linked.png").symlink_to(mine)
    (zoetrope.folder / "hard.png").hardlink_to(mine)
    ask = ("generate", "-q", "-p", "a cat", "--image", "mine.png", "--size", "64x64", "--frames", 5, "--steps", 1)
    for outputs in (["-o", "mine.png"], ["-o", "./linked.png"], ["-o", "hard.png"], ["-o", "a.mp4", "--sheet", "./mine.png"],
                    ["-o", "a.mp4", "--preview", "mine.png"]):
        assert "would be written over" in zoetrope.refuses(*ask, *outputs)
    assert "would be written over" in zoetrope.refuses(*ask, "-o", "a.mp4", "--count", 2, "--preview", "mine.png")
    assert mine.read_bytes() == before
    assert not (zoetrope.folder / "a.mp4").exists()


def test_a_file_of_a_person_is_written_over_only_if_asked_for_and_one_of_ours_always(zoetrope):
    denoiser = zoetrope.program.parents[1] / "models/toybox/transformer/diffusion_pytorch_model.safetensors"
    commands = [("generate", "-q", "-p", "a cat", "--frames", 1, "--steps", 1, "-o", "mine.png"),
                ("generate", "-q", "-p", "a cat", "--frames", 1, "--steps", 1, "-o", "a.png", "--preview", "mine.png"),
                ("world", "sheet", "-q", "--count", 1, "--frames", 1, "--size", "32x32", "-o", "mine.png"),
                ("evaluate", "-q", "--suite", "reconstruction", "--clips", 2, "--html", "mine.html"),
                ("embed", "--model", "toybox", "-p", "a cat", "-o", "mine.safetensors"),
                ("convert", "-q", denoiser, "-o", "mine.safetensors")]
    for words in commands:
        mine = zoetrope.folder / words[-1]
        mine.write_text("a person's only one")
        assert f"'{mine.name}' exists and was not made by this program" in zoetrope.refuses(*words)
        assert mine.read_text() == "a person's only one"
        zoetrope(*words, "--overwrite")
        if "--preview" not in words:  # which is written when it is due
            zoetrope(*words)


def test_names_that_are_not_utf_8_are_names_like_others(zoetrope):
    photo, clip, again = "photo\udcff.png", "clip\udcfe.mp4", "again\udcfe.mp4"
    PIL.Image.new("RGB", (96, 96), (20, 120, 220)).save(zoetrope.folder / "photo.png")
    (zoetrope.folder / "photo.png").rename(zoetrope.folder / photo)
    made = json.loads(zoetrope("generate", "-q", "-p", "a cat", "--image", photo, "--frames", 5, "--steps", 1, "--c2pa", "off", "--json", "-o", clip).out)
    assert made[0]["file"] == "clip\ufffd.mp4" and made[0]["request"]["conditions"][0]["media"] == "photo\ufffd.png"
    zoetrope("generate", "-q", "--from", clip, "--c2pa", "off", "--json", "-o", again)  # a signature holds a time
    assert (zoetrope.folder / again).read_bytes() == (zoetrope.folder / clip).read_bytes()
    assert json.loads(zoetrope("info", clip, "--json").out)["kind"] == "video"
    zoetrope("world", "sheet", "-q", "--count", 1, "--frames", 1, "--size", "32x32", "--json", "-o", "sheet\udcff.png")
