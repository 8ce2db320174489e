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


def test_what_is_neither_is_refused_with_a_sentence(zoetrope):
    (zoetrope.folder / "notes.mp4").write_text("words")
    assert "notes.mp4" in zoetrope.refuses("info", "notes.mp4", code=1)
    assert "not a model" in zoetrope.refuses("info", ".", code=1)
    assert "missing" in zoetrope.refuses("info", "missing")
