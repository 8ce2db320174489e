"""What generated files say of where they come from, and what `zoetrope verify` makes of it."""
import json
import shutil
import stat
import subprocess

import pytest

IMAGE = ["-p", "a red heart on a beach", "--steps", 1, "--frames", 1]
QUICK = [*IMAGE[:-1], 5]
WIDE = [*QUICK, "--size", "256x192"]


def verify(zoetrope, file, code: int = 0) -> dict:
    """-> state of each layer by name, and the verdict."""
    told = json.loads(zoetrope("verify", file, "--json", code=code).out)
    return {layer["name"]: layer["state"] for layer in told["layers"]} | {"verdict": told["verdict"]}


@pytest.fixture
def library(zoetrope):
    """The test needs the C2PA library, which lies in the Python environment of the torch that the program uses."""
    zoetrope("generate", *IMAGE, "-o", "probe.png")
    if verify(zoetrope, "probe.png")["c2pa"] == "unchecked":
        pytest.skip("c2pa-python is not installed")


def test_a_clip_says_what_it_is_until_it_is_copied_without_it(zoetrope):
    zoetrope("generate", *WIDE, "--producer", "001191440300", "--c2pa", "off", "-o", "a.mp4")
    table = zoetrope("verify", "a.mp4").out
    assert table.startswith("a.mp4: intact\n") and "producer '001191440300'" in table
    assert verify(zoetrope, "a.mp4")["watermark"] == "intact"
    if shutil.which("ffmpeg"):
        def ffmpeg(*words):
            subprocess.run(["ffmpeg", "-v", "error", "-i", "a.mp4", *words], cwd=zoetrope.folder, check=True)
        ffmpeg("-c", "copy", "copy.mp4")
        found = verify(zoetrope, "copy.mp4", code=1)
        assert (found["request"], found["aigc"], found["watermark"], found["verdict"]) == ("altered", "altered", "intact", "altered")
        assert zoetrope("generate", "--from", "copy.mp4", "--metadata", "off", "-o", "again.mp4")  # the comment alone still makes it again
        ffmpeg("-map_metadata", "-1", "-crf", "23", "stripped.mp4")
        found = verify(zoetrope, "stripped.mp4", code=1)
        assert (found["request"], found["watermark"], found["verdict"]) == ("altered", "intact", "altered")


def test_without_marks_nothing_is_found(zoetrope):
    zoetrope("generate", *QUICK, "--metadata", "off", "--watermark", "off", "--c2pa", "off", "-o", "a.mp4")
    assert verify(zoetrope, "a.mp4", code=2)["verdict"] == "nothing found"
    assert "a red heart" not in zoetrope("info", "a.mp4").out
    zoetrope("generate", *QUICK, "-o", "a.mp4")  # it is known for our own file all the same


def test_refuses_what_cannot_be(zoetrope):
    assert "--producer must be a code of 1 to 128 ASCII characters, got '制作'" in zoetrope.refuses("generate", *QUICK, "--producer", "制作", "-o", "a.mp4")
    assert "missing.mp4" in zoetrope.refuses("verify", "missing.mp4")
    (zoetrope.folder / "key.pem").write_text("words")
    refused = zoetrope.refuses("generate", *QUICK, "--signing-key", "key.pem", "-o", "a.mp4")
    assert "--certificate is missing" in refused
    assert zoetrope.files() == {"key.pem"}


def test_a_signature_tells_a_changed_byte(zoetrope, library):
    zoetrope("generate", *QUICK, "-o", "a.mp4")
    assert "signed, issuer unknown" in zoetrope("verify", "a.mp4").out
    key = zoetrope.folder / ".local/share/zoetrope/signing.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    clip = bytearray((zoetrope.folder / "a.mp4").read_bytes())
    clip[clip.find(b"mdat") + 200] ^= 1
    (zoetrope.folder / "a.mp4").write_bytes(clip)
    assert verify(zoetrope, "a.mp4", code=1)["c2pa"] == "altered"


def test_without_the_library_a_clip_is_made_and_it_is_told(zoetrope):
    zoetrope.environment["ZOETROPE_C2PA"] = "nowhere.so"
    assert "the file gets no C2PA manifest" in zoetrope("generate", *QUICK, "-o", "a.mp4").err
    found = verify(zoetrope, "a.mp4")
    assert (found["c2pa"], found["verdict"]) == ("unchecked", "intact")


def test_a_label_is_drawn_on_request_and_the_file_says_where(zoetrope):
    zoetrope("generate", *QUICK, "--label", "on", "--label-text", "made by AI", "--label-size", .2, "-o", "a.webp")
    label = json.loads(zoetrope("info", "a.webp", "--json").out)["request"]["marks"]["label"]
    left, top, width, height = label["box"]
    assert label["text"] == "made by AI" and (left + width, top + height) == (96, 96) and height >= .2 * 96
    zoetrope("generate", *QUICK[:-1], 9, "--video", "a.webp", "-o", "b.mp4")  # what lies under it is made anew
    assert "label" not in json.loads(zoetrope("info", "b.mp4", "--json").out)["request"]["marks"]


def test_the_record_tells_when_it_was_changed(zoetrope):
    for seed in (1, 2):
        zoetrope("generate", *IMAGE, "--seed", seed, "-o", f"{seed}.png")
    zoetrope("generate", *IMAGE, "--creation-record", "off", "-o", "3.png")
    assert "2 lines, each follows from the one before" in zoetrope("record", "check").out
    entry = json.loads(zoetrope("record", "export", "2.png").out)["lines"][0]
    assert entry["line"] == 2 and entry["entry"]["request"]["seed"] == 2
    zoetrope("record", "export", "--number", entry["entry"]["number"], "-o", "proof.json")
    assert json.loads((zoetrope.folder / "proof.json").read_text())["lines"] == [entry]
    assert "has no line about that" in zoetrope.refuses("record", "export", "3.png", code=1)
    record = zoetrope.folder / ".local/share/zoetrope/record.jsonl"
    record.write_text(record.read_text().replace('"seed":1', '"seed":9'))
    assert "line 2 does not follow from the line before it" in zoetrope("record", "check", code=1).out
