"""`zoetrope info`: what a file or folder is, told to people and to programs."""
import json
import struct


def test_tells_what_a_clip_is(zoetrope):
    zoetrope("world", "render", "--count", 1, "--size", "64x48", "--frames", 5, "--fps", "30000/1001", "-o", "clips")
    assert zoetrope("info", "clips/000000.mp4").out.startswith("clips/000000.mp4: a video, 64x48, 5 frames at 30000/1001 per second")
    told = json.loads(zoetrope("info", "clips/000000.mp4", "--json").out)
    assert (told["kind"], told["width"], told["frames"], told["codec"]) == ("video", 64, 5, "h264")


def test_tells_what_tensors_and_a_model_are(zoetrope):
    header = json.dumps({"gain": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"made": "\x1b[31mhere"}}).encode()
    folder = zoetrope.folder / "model" / "vae"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(24))
    (folder / "config.json").write_text('{"_class_name": "Tiny", "depth": 2}')
    (zoetrope.folder / "model" / "model_index.json").write_text('{"_class_name": "Pipe", "vae": ["ours", "Tiny"]}')
    tensors = zoetrope("info", "model/vae/model.safetensors").out
    assert "gain" in tensors and "[2,3]" in tensors
    assert "\x1b" not in tensors  # a file cannot aim at the terminal
    assert "6 parameters, 24 B" in zoetrope("info", "model").out
    assert json.loads(zoetrope("info", "model", "--json").out)["components"][0]["config"]["depth"] == 2


def test_gguf_files(zoetrope):
    """One number in a tensor of three, with a name that is aimed at the terminal, and what is wrong with the same file cut off."""
    text = lambda t: struct.pack("<Q", len(t)) + t
    header = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text(b"general.architecture") + struct.pack("<I", 8) + text(b"w\x1b[31man") + text(b"a.weight")
    header += struct.pack("<IQIQ", 1, 32, 8, 0)
    whole = header + bytes(-len(header) % 32) + bytes(34)
    (zoetrope.folder / "a.gguf").write_bytes(whole)
    told = zoetrope("info", "a.gguf").out
    assert "a.gguf: GGUF\n32 parameters, 34 B (128 B in fp32), q8_0" in told and "a.weight q8_0 [32]" in told and "\x1b" not in told
    assert json.loads(zoetrope("info", "a.gguf", "--json").out)["kind"] == "gguf"
    (zoetrope.folder / "b.gguf").write_bytes(whole[:-1])
    assert "which is only 33 bytes long; is the file cut off?" in zoetrope.refuses("info", "b.gguf", code=1)
    (zoetrope.folder / "c.gguf").write_bytes(b"GGUF\3\0\0\0")
    assert "the GGUF header ends at byte 8" in zoetrope.refuses("info", "c.gguf", code=1)
    assert "b.gguf: tensor 'a.weight' ends" in zoetrope.refuses("generate", "-p", "a", "--transformer", "b.gguf", "--vae", "b.gguf", "-o", "x.png", code=1)


def test_files_and_folders_of_other_kinds_are_named(zoetrope):
    files = {"a.safetensors": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "b.pth": b"\x80\x02}q\x00X", "c.mp4": b"%PDF-1.7\n", "d.npy": b"\x93NUMPY\1\0"}
    said = {"a.safetensors": "run `git lfs pull`", "b.pth": "is a pickle", "c.mp4": "is a PDF document", "d.npy": "is a NumPy array"}
    for name, content in files.items():
        (zoetrope.folder / name).write_bytes(content)
        assert f"{name}: is a" in (refusal := zoetrope.refuses("info", name, code=1)) and said[name] in refusal
    (zoetrope.folder / "wan" / "vae").mkdir(parents=True)
    (zoetrope.folder / "wan" / "model_index.json").write_text('{"_class_name": "WanPipeline"}')
    (zoetrope.folder / "vit").mkdir()
    (zoetrope.folder / "vit" / "config.json").write_text('{"architectures": ["ViTForImageClassification"], "model_type": "vit"}')
    assert "'wan' is a model of the class WanPipeline, not a ViT" in zoetrope.refuses("classify", "--model", "wan", "c.mp4")
    assert "a component of the class ViTForImageClassification" in zoetrope.refuses("generate", "-p", "a cat", "--model", "vit", "-o", "a.mp4")
    assert "wan: is a model of the class WanPipeline, not a component" in zoetrope.refuses(
        "embed", "-p", "a cat", "--text-encoder", "wan", "-o", "states.safetensors", code=1)
    assert "--model names 'none.safetensors', which does not exist" in zoetrope.refuses("generate", "-p", "a cat", "--model", "none.safetensors", "-o", "a.mp4")


def test_what_is_neither_is_refused_with_a_sentence(zoetrope):
    (zoetrope.folder / "notes.mp4").write_text("words")
    assert "notes.mp4" in zoetrope.refuses("info", "notes.mp4", code=1)
    assert "not a model" in zoetrope.refuses("info", ".", code=1)
    assert "missing" in zoetrope.refuses("info", "missing")
