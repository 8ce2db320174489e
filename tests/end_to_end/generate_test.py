"""`zoetrope generate` with the model that ships: every kind of file, every way to ask, and what it says to wrong use."""
import array
import json
import re
import resource
import shutil
import signal
import struct

import pytest

SMALL = ("--size", "64x64", "--steps", 2)
QUICK = (*SMALL, "--frames", 5)
OWN = ("--steps", 2, "--frames", 5)  # in the model's own size, of which nothing is to be told
SUFFIXES = [".mp4", ".mov", ".mkv", ".webm", ".gif", ".webp", ".png", ".jpg", ".safetensors"]


def generate(zoetrope, *words, **expected):
    """Without a signature, which holds a time: so files repeat byte for byte."""
    return zoetrope("generate", *words, "--c2pa", "off", **expected)


def told(zoetrope, name):
    return json.loads(zoetrope("info", name, "--json").out)


def request_of(zoetrope, name):
    """The request that a file carries, as `zoetrope info` tells it."""
    info = told(zoetrope, name)
    request = json.loads(info["metadata"]["zoetrope"]) if info["kind"] == "safetensors" else info["request"]
    request.pop("marks", None)  # of the file, not of the clip
    return request


def read_tensors(path):
    """name -> (shape, values) of a safetensors file with fp32 tensors alone."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__")
    assert {tensor["dtype"] for tensor in header.values()} == {"F32"}
    return {name: (tensor["shape"], array.array("f", data[8 + length:][slice(*tensor["data_offsets"])])) for name, tensor in header.items()}


def read_frames(path):
    """The frames of a safetensors file as they would stand in an image: a list of bytes objects."""
    shape, values = read_tensors(path)["frames"]
    size = len(values) // shape[0]
    return [bytes(round(255 * value) for value in values[i * size:(i + 1) * size]) for i in range(shape[0])]


# ---- files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [1, 5])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_file_is_what_was_asked_for_and_repeats_bit_for_bit(zoetrope, suffix, frames):
    prompt = "a red circle — «rolls» & 滚动 across a \"meadow\""
    result = generate(zoetrope, "--prompt", prompt, *SMALL, "--frames", frames, "--seed", 7, "-o", f"clip{suffix}")
    assert result.out == f"clip{suffix}\n"
    info, request = told(zoetrope, f"clip{suffix}"), request_of(zoetrope, f"clip{suffix}")
    assert (request["prompt"], request["width"], request["frames"], request["steps"], request["seed"]) == (prompt, 64, frames, 2, 7)
    if suffix in (".mp4", ".mov", ".mkv", ".webm", ".gif", ".webp"):
        assert (info["width"], info["height"], info["frames"]) == (64, 64, frames)
    elif suffix != ".safetensors":
        assert info["kind"] == "image" and (info["width"] == 64 if frames == 1 else info["width"] > 4 * 64)
    generate(zoetrope, "--from", f"clip{suffix}", "-o", f"again{suffix}")
    assert (zoetrope.folder / f"again{suffix}").read_bytes() == (zoetrope.folder / f"clip{suffix}").read_bytes()
    assert zoetrope.files() == {f"clip{suffix}", f"again{suffix}"}


def test_tensors_are_frames_in_0_to_1_and_latents(zoetrope):
    generate(zoetrope, "-p", "a cat", "--size", "64x48", "--steps", 2, "--frames", 5, "-o", "a.safetensors")
    tensors = read_tensors(zoetrope.folder / "a.safetensors")
    assert tensors["frames"][0] == [5, 48, 64, 3] and tensors["latents"][0][1:] == [2, 6, 8]
    assert 0 <= min(tensors["frames"][1]) < max(tensors["frames"][1]) <= 1


def test_a_file_tells_what_it_was_computed_in_and_is_made_again_in_it(zoetrope):
    generate(zoetrope, "-p", "a cat", *QUICK, "-o", "a.mp4")
    assert request_of(zoetrope, "a.mp4")["dtype"] in ("bf16", "fp32")
    generate(zoetrope, "-p", "a cat", *QUICK, "--dtype", "fp32", "-o", "b.safetensors")
    generate(zoetrope, "--from", "b.safetensors", "-o", "c.safetensors")
    assert request_of(zoetrope, "c.safetensors")["dtype"] == "fp32"
    assert (zoetrope.folder / "b.safetensors").read_bytes() == (zoetrope.folder / "c.safetensors").read_bytes()


def test_a_request_goes_from_one_kind_of_file_to_another_and_flags_change_it(zoetrope):
    generate(zoetrope, "-p", "a cat", *QUICK, "-o", "a.mp4")
    generate(zoetrope, "-p", "a cat", *QUICK, "-o", "a.safetensors")
    generate(zoetrope, "--from", "a.mp4", "-o", "b.safetensors")
    assert (zoetrope.folder / "a.safetensors").read_bytes() == (zoetrope.folder / "b.safetensors").read_bytes()
    generate(zoetrope, "--from", "a.mp4", "--seed", 5, "--prompt", "a dog", "-o", "c.safetensors")
    changed = request_of(zoetrope, "c.safetensors")
    assert changed == request_of(zoetrope, "a.mp4") | {"seed": 5, "prompt": "a dog"}
    (zoetrope.folder / "request.json").write_text(json.dumps(changed))
    generate(zoetrope, "--from", "request.json", "-o", "d.safetensors")
    assert (zoetrope.folder / "c.safetensors").read_bytes() == (zoetrope.folder / "d.safetensors").read_bytes()


def test_a_clip_is_made_again_from_itself_wherever_its_picture_and_its_model_are(zoetrope):
    models = zoetrope.program.parents[1] / "models"
    (zoetrope.folder / "mine").mkdir()
    shutil.copytree(models / "toybox", zoetrope.folder / "mine/toy", ignore=shutil.ignore_patterns("recogniser"))
    generate(zoetrope, "-p", "a cat", *SMALL, "--frames", 1, "-o", "pictures/cat.png")
    generate(zoetrope, "-p", "a cat", *QUICK, "--model", "mine/toy", "--image", "pictures/cat.png", "-o", "out/cat.mp4")
    made_by = request_of(zoetrope, "out/cat.mp4")["model"]
    assert made_by["name"] == "toy" and "mine" not in json.dumps(told(zoetrope, "out/cat.mp4")["request"])
    assert "another model" not in generate(zoetrope, "--from", "out/cat.mp4", "-o", "again.mp4").err
    assert (zoetrope.folder / "again.mp4").read_bytes() == (zoetrope.folder / "out/cat.mp4").read_bytes()
    (zoetrope.folder / "pictures/cat.png").rename(zoetrope.folder / "out/cat.png")
    (zoetrope.folder / "mine/toy").rename(zoetrope.folder / "mine/gone")
    assert "by 'toy', and the model 'toy' is not on this machine" in zoetrope.refuses("generate", "--from", "out/cat.mp4", "-o", "b.mp4")
    generate(zoetrope, "--from", "out/cat.mp4", "--model", "mine/gone", "-o", "again.mp4")
    assert "the request was made by another model, 'toy'" in generate(zoetrope, "--from", "out/cat.mp4", "--model", "toybox", "-o", "other.mp4").err


def test_a_request_that_is_repeated_is_refused_without_a_flag_that_nobody_gave(zoetrope):
    for wrong, sentence in (({"frames": 80}, "the request's 'frames' must be 4k+1"),
                            ({"model": "f" * 64, "preset": "diffusers"}, "the request was made by another model, the one with SHA-256 ffffffff...; for this one, preset")):
        (zoetrope.folder / "r.json").write_text(json.dumps({"prompt": "a cat"} | wrong))
        assert sentence in zoetrope.refuses("generate", "--from", "r.json", "-o", "a.mp4")


def test_a_contact_sheet_comes_beside_the_clip(zoetrope):
    result = generate(zoetrope, "-p", "a cat", *QUICK, "-o", "deep/er/a.mp4", "--sheet", "a.png")
    assert result.out == "deep/er/a.mp4\na.png\n"
    assert zoetrope.files() == {"deep/er/a.mp4", "a.png"}


# ---- ways to ask ------------------------------------------------------------------------------------


def test_only_the_prompt_is_needed_and_the_rest_is_the_model_s(zoetrope):
    generate(zoetrope, "-p", "a cat", "--steps", 1, "-o", "a.mp4")
    settings = json.loads(zoetrope("info", zoetrope.program.parents[1] / "models/toybox", "--json").out)["settings"]["sampling"]
    request = request_of(zoetrope, "a.mp4")
    assert {key: request[key] for key in settings} == settings | {"steps": 1}


def test_the_spellings_of_wan_s_program_mean_the_same(zoetrope):
    generate(zoetrope, "--prompt", "a cat", "--frame_num", 5, "--sample_steps", 2, "--sample_guide_scale", 4.5, "--sample_shift", 3,
             "--sample_solver", "unipc", "--base_seed", 8, "--size", "64*48", "--ckpt_dir", "toybox", "--save_file", "wan.webp")
    generate(zoetrope, "--prompt", "a cat", "--frames", 5, "--steps", 2, "--guidance", 4.5, "--shift", 3,
             "--sampler", "unipc", "--seed", 8, "--size", "64x48", "--model", "toybox", "--output", "ours.webp")
    assert (zoetrope.folder / "wan.webp").read_bytes() == (zoetrope.folder / "ours.webp").read_bytes()
    assert request_of(zoetrope, "wan.webp")["sampler"] == "unipc"


def test_the_spellings_of_other_programs_and_a_prompt_alone_mean_the_same(zoetrope):
    generate(zoetrope, "a cat", "--num_frames", 5, "--num-inference-steps=2", "--cfg", 4.5, "--flow_shift", 3, "--sampling-method", "unipc",
             "-s", 8, "--width", 64, "--height", 48, "--model_path", "toybox", "--save-path", "theirs.webp")
    (zoetrope.folder / "clip.toml").write_text('prompt = "a cat"\nnum_frames = 5\nsteps = 2\nguidance_scale = 4.5\nshift = 3.0\nsolver = "unipc"\n')
    generate(zoetrope, "--config", "clip.toml", "--seed", 8, "--size", "64x48", "-o", "toml.webp")
    assert (zoetrope.folder / "theirs.webp").read_bytes() == (zoetrope.folder / "toml.webp").read_bytes()
    assert request_of(zoetrope, "theirs.webp")["guidance_scale"] == 4.5


@pytest.mark.parametrize("drawn", ["random", "-1"])
def test_a_seed_can_be_drawn_and_is_printed_and_stored(zoetrope, drawn):
    result = generate(zoetrope, "-p", "a cat", *SMALL, "--frames", 1, "--seed", drawn, "-o", "a.png")
    assert f"seed {request_of(zoetrope, 'a.png')['seed']}\n" in result.err


def test_seconds_are_rounded_to_what_is_possible_and_it_says_so(zoetrope):
    result = generate(zoetrope, "-p", "a cat", *SMALL, "--seconds", 0.7, "--fps", 12, "-o", "a.mp4")
    assert "0.7 s at 12 frames per second: 9 frames, 0.75 s\n" in result.err
    assert told(zoetrope, "a.mp4")["frames"] == 9


@pytest.mark.parametrize("aspect, least, most", [("16:9", 1.5, 2.1), ("9:16", 1 / 2.1, 1 / 1.5), ("1:1", 1, 1)])
def test_aspect_chooses_a_size_of_that_shape(zoetrope, aspect, least, most):
    result = generate(zoetrope, "-p", "a cat", "--aspect", aspect, "--steps", 1, "--frames", 1, "-o", "a.png")
    info = told(zoetrope, "a.png")
    assert f"{info['width']}x{info['height']} is the size of this model nearest to that shape" in result.err
    assert least <= info["width"] / info["height"] <= most
    assert info["width"] % 16 == 0 and info["height"] % 16 == 0


def test_count_takes_the_seeds_that_follow(zoetrope):
    result = generate(zoetrope, "-p", "a cat", *SMALL, "--frames", 1, "--seed", 7, "--count", 3, "-o", "c.png")
    assert result.out == "c-1.png\nc-2.png\nc-3.png\n"
    assert [request_of(zoetrope, f"c-{i}.png")["seed"] for i in (1, 2, 3)] == [7, 8, 9]
    generate(zoetrope, "-p", "a cat", *SMALL, "--frames", 1, "--seed", 8, "-o", "one.png")
    assert (zoetrope.folder / "one.png").read_bytes() == (zoetrope.folder / "c-2.png").read_bytes()
    assert (zoetrope.folder / "c-1.png").read_bytes() != (zoetrope.folder / "c-2.png").read_bytes()


def test_a_file_of_prompts_gives_one_clip_a_line(zoetrope):
    (zoetrope.folder / "prompts.txt").write_bytes("\ufeffa red circle \r\n\r\n  \n\t一只小狗飞过沙滩".encode())
    result = generate(zoetrope, "--prompt-file", "prompts.txt", *SMALL, "--frames", 1, "--count", 2, "--json", "-o", "p.png")
    asked = [(item["file"], item["request"]["prompt"], item["request"]["seed"]) for item in json.loads(result.out)]
    assert asked == [("p-1.png", "a red circle", 0), ("p-2.png", "a red circle", 1), ("p-3.png", "一只小狗飞过沙滩", 0), ("p-4.png", "一只小狗飞过沙滩", 1)]


def test_chinese_and_negative_prompts_are_heard(zoetrope):
    for name, words in {"zh": ["一只小狗飞过沙滩"], "none": [""], "negative": ["", "--negative-prompt", "雪"]}.items():
        generate(zoetrope, "--prompt", *words, *SMALL, "--frames", 1, "-o", f"{name}.safetensors")
    latents = [read_tensors(zoetrope.folder / f"{name}.safetensors")["latents"][1] for name in ("zh", "none", "negative")]
    assert latents[0] != latents[1] != latents[2]


def test_a_configuration_file_says_the_same_as_flags_and_flags_win(zoetrope):
    (zoetrope.folder / "ask.toml").write_text('prompt = "a cat # 猫"\nsize = "64x64"\nframes = 5\nsteps = 50\nguidance = 2.5\noutput = "a.gif"\n')
    generate(zoetrope, "--config", "ask.toml", "--steps", 2)
    generate(zoetrope, "--prompt", "a cat # 猫", *QUICK, "--guidance", 2.5, "-o", "b.gif")
    assert (zoetrope.folder / "a.gif").read_bytes() == (zoetrope.folder / "b.gif").read_bytes()


def test_results_go_to_stdout_and_progress_to_stderr(zoetrope):
    result = generate(zoetrope, "-p", "a cat", *QUICK, "-o", "a.mp4", "--json")
    assert [item["file"] for item in json.loads(result.out)] == ["a.mp4"]
    assert "sampling 2/2 100%\n" in result.err and "decoding" in result.err and "\r" not in result.err
    assert generate(zoetrope, "-p", "a cat", *OWN, "-o", "a.mp4", "--quiet").err == ""


def test_what_the_model_does_not_know_is_told_and_the_clip_is_made(zoetrope):
    told = generate(zoetrope, "-p", "a dragon and a (cat:1.5)", *SMALL, "--frames", 1, "-o", "a.png").err
    assert "zoetrope: this model was never told of 'dragon'" in told and "it knows objects (car, bus," in told
    assert "'(cat:1.5)' is taken as text: brackets give words no weight here" in told
    assert "trained on clips of 96x96, up to 33 frames, at 16 per second: 64x64 pixels may look worse" in told
    assert "names 2: duck and panda" in generate(zoetrope, "-p", "a duck and a panda", *OWN, "-o", "b.mp4", "-q").err


def test_a_lora_tag_in_a_prompt_names_a_file_and_lines_with_a_hash_are_comments(zoetrope):
    assert "--prompt: 'style.safetensors' does not exist" in zoetrope.refuses("generate", "-p", "a cat <lora:style:0.8>", "-o", "a.mp4")
    (zoetrope.folder / "prompts.txt").write_text("# two\na cat\n  # and\na dog\n")
    assert generate(zoetrope, "--prompt-file", "prompts.txt", *SMALL, "--frames", 1, "-o", "p.png").out == "p-1.png\np-2.png\n"


@pytest.mark.parametrize("prompt", ["a ball " * 1430, "球" * 10000, "\x1b[31m\a\tred\n\x01\x7f \u202e ball 🎈"],
                         ids=["long", "long Chinese", "control characters"])
def test_odd_prompts_do_no_harm(zoetrope, prompt):
    generate(zoetrope, "--prompt", prompt, *SMALL, "--frames", 1, "-o", "a.png")
    assert request_of(zoetrope, "a.png")["prompt"] == prompt
    assert "\x1b" not in zoetrope("info", "a.png").out


# ---- conditions -------------------------------------------------------------------------------------


def test_given_images_stand_at_their_place_as_they_were(zoetrope):
    for name, seed in (("first", 1), ("last", 2)):
        for suffix in (".png", ".safetensors"):
            generate(zoetrope, "-p", "a cat", *SMALL, "--frames", 1, "--seed", seed, "--watermark", "off", "-o", name + suffix)  # alike in both
    first, last = (read_frames(zoetrope.folder / f"{name}.safetensors")[0] for name in ("first", "last"))
    generate(zoetrope, "-p", "a cat", *SMALL, "--frames", 9, "--image", "first.png", "--last-image", "last.png", "-o", "both.safetensors")
    frames = read_frames(zoetrope.folder / "both.safetensors")
    assert len(frames) == 9 and frames[0] == first and frames[8] == last
    assert first not in frames[1:] and last not in frames[:8]
    generate(zoetrope, "--from", "both.safetensors", "-o", "again.safetensors")
    assert (zoetrope.folder / "again.safetensors").read_bytes() == (zoetrope.folder / "both.safetensors").read_bytes()
    (zoetrope.folder / "last.png").write_bytes((zoetrope.folder / "first.png").read_bytes())
    assert "'last.png' is not the file that the request was made with" in zoetrope.refuses("generate", "--from", "both.safetensors", "-o", "b.mp4")


def test_a_clip_takes_the_shape_of_its_image(zoetrope):
    generate(zoetrope, "-p", "a cat", "--size", "128x64", "--steps", 1, "--frames", 1, "-o", "wide.jpg")
    generate(zoetrope, "-p", "a cat", "--image", "wide.jpg", "--steps", 1, "--frames", 5, "-o", "wide.mp4")
    info = told(zoetrope, "wide.mp4")
    assert info["width"] / info["height"] == pytest.approx(2, rel=0.25)


def test_a_video_is_extended_after_its_end_and_before_its_beginning(zoetrope):
    generate(zoetrope, "-p", "a cat", *SMALL, "--frames", 9, "--fps", 10, "-o", "video.mp4")
    for where in ("after", "before"):
        generate(zoetrope, "-p", "a cat", *SMALL, "--frames", 9, "--video", "video.mp4", "--extend", where, "-o", f"{where}.safetensors")
    after, before = (read_frames(zoetrope.folder / f"{where}.safetensors") for where in ("after", "before"))
    assert len(after) > 9 < len(before)
    assert after[:9] == before[-9:]  # the video, as it was
    assert not set(after[9:]) & set(before)
    assert request_of(zoetrope, "after.safetensors")["fps"] == [10, 1]
    generate(zoetrope, "-p", "a cat", *SMALL, "--frames", 9, "--video", "video.mp4", "-o", "longer.mp4")
    assert told(zoetrope, "longer.mp4")["frames"] == len(after)


# ---- wrong use --------------------------------------------------------------------------------------


@pytest.mark.parametrize("words, sentence", [
    (["--size", "63x64"], "--size must be made of multiples of 16 up to 8192, got 63x64; 64x64 would do"),
    (["--size", "big"], "--size must be a width and a height like 128x96, got 'big'"),
    (["--frames", 80], "--frames must be 4k+1 for this model, got 80; use 77 or 81"),
    (["--frames", "many"], "--frames must be a number, got 'many'"),
    (["--seconds", "nan"], "--seconds must be above 0 and at most 3600, got nan"),
    (["--frames", 5, "--seconds", 1], "--frames excludes --seconds"),
    (["--aspect", "16x9"], "--aspect must be a width and a height like 16:9"),
    (["--fps", "fast"], "--fps must be a frame rate like 16, 12.5 or 30000/1001, got 'fast'"),
    (["--steps", 0], "--steps must be from 1 to 1000, got 0"),
    (["--guidance", "nan"], "--guidance must be from 0 to 100, got nan"),
    (["--seed", -2], "--seed must be a whole number from 0 to 18446744073709551615, or random, got '-2'"),
    (["--stpes", 3], "there is no flag '--stpes'; the nearest is --steps"),
    (["--width", 64], "--width needs --height as well"),
    (["--lora", "none.safetensors"], "--lora: 'none.safetensors' does not exist"),
    (["--sampler", "magic"], "--sampler must be one of euler,heun,"),
    (["--model", "none"], "there is no model 'none'"),
    (["--model", "."], "'.' is not a model folder"),
    (["--device", "tpu"], "the device must be cpu, cuda, cuda:N or auto, got 'tpu'"),
    (["--image", "none.png"], "--image: 'none.png' does not exist"),
    (["--extend", "after"], "--extend requires --video"),
    (["--sheet", "sheet.mp4"], "--sheet must be a .png or .jpg, got 'sheet.mp4'"),
    (["--from", "notes.txt"], "'notes.txt' contains no request"),
    (["--from", "wrong.json"], "'speed' is not a key of a request"),
    (["--from", "broken.json"], "the request in 'broken.json' is not valid JSON"),
    (["--prompt", "\udcff"], "the prompt is not UTF-8 at byte 0"),
    (["--prompt", "a" * 70000], "the prompt is 70000 bytes long, more than the limit of 65536"),
    (["--prompt-file", "empty.txt"], "'empty.txt' has no prompts"),
    ([], "there is nothing to generate"),
])
def test_wrong_use_is_one_sentence_and_leaves_nothing(zoetrope, words, sentence):
    files = {"notes.txt": "words", "empty.txt": "\n", "wrong.json": '{"speed": 3}', "broken.json": "{"}
    for name, text in files.items():
        (zoetrope.folder / name).write_text(text)
    prompt = ["--prompt", "a cat"] if words and not words[0].startswith("--prompt") else []
    assert sentence in zoetrope.refuses("generate", *prompt, *words, "-o", "a.mp4")
    assert zoetrope.files() == set(files)


def test_conditions_that_clash_are_named(zoetrope):
    generate(zoetrope, "-p", "a cat", *QUICK, "-o", "video.mp4", "--sheet", "image.png")
    ask = ("generate", "-p", "a cat", "--size", "96x96", "-o", "a.mp4")
    clash = "'image.png' covers frames that are already given"
    assert clash in zoetrope.refuses(*ask, "--frames", 9, "--video", "video.mp4", "--image", "image.png")
    assert clash in zoetrope.refuses(*ask, "--frames", 9, "--video", "video.mp4", "--extend", "before", "--last-image", "image.png")
    assert "--frames must be more than 1" in zoetrope.refuses(*ask, "--frames", 1, "--image", "image.png")
    (zoetrope.folder / "broken.png").write_text("no image")
    assert "broken.png: is a text file, not a video or image" in zoetrope.refuses(*ask, "--frames", 9, "--image", "broken.png", code=1)
    assert zoetrope.files() == {"video.mp4", "image.png", "broken.png"}


def test_an_output_that_cannot_be_written_is_named_before_the_work(zoetrope):
    (zoetrope.folder / "file").write_text("")
    (zoetrope.folder / "folder.mp4").mkdir()
    ask = ("generate", "-p", "a cat", *OWN, "-o")
    assert "'a.avi' has no suffix that can be written: use .mp4," in zoetrope.refuses(*ask, "a.avi")
    assert "both name 'a.png'" in zoetrope.refuses(*ask, "a.png", "--sheet", "a.png")
    assert "the folder 'file' cannot be created" in zoetrope.refuses(*ask, "file/a.mp4", code=1)
    assert "folder.mp4: is a folder" in zoetrope.refuses(*ask, "folder.mp4", code=1)
    assert zoetrope.files() == {"file"}


def test_a_name_too_long_for_the_file_system_is_cut_at_a_character(zoetrope):
    result = generate(zoetrope, "-p", "a cat", *QUICK, "--count", 2, "-o", "球" * 100 + ".png")
    assert zoetrope.files() == {f"{'球' * 83}-{k}.png" for k in (1, 2)} == set(result.out.split())


def test_more_memory_than_there_is_is_refused(zoetrope):
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (12_000_000_000, hard))  # what the program starts with
    try:
        sentence = generate(zoetrope, "-p", "a cat", "--size", "8192x8192", "--frames", 21, "-o", "a.mp4", code=1).err
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))
    assert re.search(r"21 frames of 8192x8192 need about .*B of memory, and this machine has 1.*B for it: ask for a smaller", sentence)
    assert zoetrope.files() == set()


def test_the_end_of_a_long_prompt_that_is_not_read_is_named(zoetrope):
    result = generate(zoetrope, "-p", "red " * 80 + "penguin", *QUICK, "-o", "a.png")
    assert "longer than what this model reads; omitted: ' red red" in result.err and "penguin'" in result.err
    assert "longer" not in generate(zoetrope, "-p", "a red penguin", *QUICK, "-o", "b.png").err


def test_a_clip_is_no_picture_and_a_request_needs_a_prompt(zoetrope):
    generate(zoetrope, "-p", "a cat", *QUICK, "-o", "a.mp4")
    assert "--image must be an image; 'a.mp4' is a clip of 5 frames" in zoetrope.refuses("generate", "-p", "a", "--image", "a.mp4", "-o", "b.mp4")
    (zoetrope.folder / "empty.json").write_text("{}")
    assert "'empty.json' has no prompt" in zoetrope.refuses("generate", "--from", "empty.json", "-o", "b.mp4")
    assert "this model has no image_encoder" in zoetrope.refuses("generate", "-p", "a", "--image-encoder", "a.mp4", "-o", "b.mp4")


@pytest.mark.parametrize("by, suffix", [(signal.SIGINT, ".mp4"), (signal.SIGTERM, ".webp"), (signal.SIGTERM, ".safetensors")])
def test_an_interrupted_clip_leaves_what_was_there_before(zoetrope, by, suffix):
    (zoetrope.folder / f"a{suffix}").write_text("an older file")
    result = zoetrope.interrupted("generate", "--overwrite", "-p", "a cat", "--size", "64x64", "--frames", 5, "--steps", 1000, "-o", f"a{suffix}", at="sampling", by=by)
    assert result.code == 130 and result.out == "" and result.err.endswith("zoetrope: cancelled\n")
    assert zoetrope.files() == {f"a{suffix}"}
    assert (zoetrope.folder / f"a{suffix}").read_text() == "an older file"
