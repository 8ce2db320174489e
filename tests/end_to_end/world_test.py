"""`zoetrope world` as a user has it: a data set, a sheet, the vocabulary, and what it says to wrong use."""
import json


def test_render_writes_an_ordinary_data_set(zoetrope):
    result = zoetrope("world", "render", "--count", 2, "--seed", 4, "--size", "64x48", "--frames", 5, "--split", "held_out", "-o", "clips")
    assert result.out == "clips\n"
    rows = [json.loads(line) for line in (zoetrope.folder / "clips" / "metadata.jsonl").read_text().splitlines()]
    assert [row["file_name"] for row in rows] == ["000000.mp4", "000001.mp4"]
    assert all(row["caption"] and row["caption_zh"] and row["truth"]["objects"] for row in rows)
    assert (zoetrope.folder / "clips" / "000001.mp4").stat().st_size > 500


def test_the_same_seed_gives_the_same_files(zoetrope):
    for folder in "ab":
        zoetrope("world", "render", "--count", 1, "--seed", 9, "--frames", 3, "-o", folder)
    for name in ("000000.mp4", "metadata.jsonl"):
        assert (zoetrope.folder / "a" / name).read_bytes() == (zoetrope.folder / "b" / name).read_bytes()


def test_listed_settings_can_be_drawn(zoetrope):
    settings = json.loads(zoetrope("world", "list", "--json").out)
    settings.update(objects=["cat"], shapes=[], scenes=["beach"], motions=["flies"], split="all")
    (zoetrope.folder / "world.json").write_text(json.dumps(settings))
    zoetrope("world", "sheet", "--settings", "world.json", "--count", 2, "--frames", 5, "-o", "sheet.png")
    assert (zoetrope.folder / "sheet.png").read_bytes().startswith(b"\x89PNG")
    assert "butterfly" in zoetrope("world", "list").out


def test_wrong_use_is_one_sentence_and_leaves_nothing(zoetrope):
    (zoetrope.folder / "world.json").write_text('{"scenes": ["mars"]}')
    assert '"mars" is not among the known scenes' in zoetrope.refuses("world", "render", "--settings", "world.json", "-o", "clips")
    assert "even sides" in zoetrope.refuses("world", "render", "--size", "65x64", "-o", "clips")
    assert "--fps must be" in zoetrope.refuses("world", "render", "--fps", "fast", "-o", "clips")
    assert ".png or .jpg" in zoetrope.refuses("world", "sheet", "-o", "sheet.mp4")
    assert "already exists" in zoetrope.refuses("world", "render", "--count", 1, "-o", ".")
    assert [entry.name for entry in zoetrope.folder.iterdir()] == ["world.json"]


def test_a_world_is_played_without_a_screen_and_the_same_script_gives_the_same_video(zoetrope):
    settings = {"objects": ["cat", "dog"], "shapes": ["circle"], "colours": ["red"], "scenes": ["meadow", "beach"], "motions": ["paces"], "steered": 1}
    (zoetrope.folder / "world.json").write_text(json.dumps(settings))
    (zoetrope.folder / "toybox").symlink_to(zoetrope.program.parents[1] / "models" / "toybox")
    zoetrope("train", "denoiser", "--run", "run", "--world", "world.json", "--autoencoder", "toybox", "--mixture", "32x32x9:2:1", "--chunks", 1,
             "--width", 32, "--depth", 1, "--heads", 2, "--feed-forward", 32, "--actions", 9, "--causal-prob", 1, "--steps", 1)
    play = ("world", "play", "--model", "run/model", "--scene", "beach", "--object", "cat", "--steps", 1, "--c2pa", "off")  # a signature holds a time
    made = json.loads(zoetrope(*play, "--policy", "random", "--seconds", 1, "--record", "live.mp4", "--json").out)
    assert made["frames"] == 17 and made["file"] == "live.mp4"
    script = (zoetrope.folder / "live.actions.txt").read_text()
    assert len(script.splitlines()) == 6 and script.startswith("# made by zoetrope\n")
    zoetrope(*play, "--policy", "live.actions.txt", "--record", "again.mp4")
    assert (zoetrope.folder / "again.mp4").read_bytes() == (zoetrope.folder / "live.mp4").read_bytes()
    (zoetrope.folder / "moves.txt").write_text("right 2  # to the middle\nnext scene\n")
    zoetrope(*play, "--policy", "moves.txt", "--record", "moves.mp4")
    assert (zoetrope.folder / "moves.actions.txt").read_text() == "# made by zoetrope\nright\nright\nnext scene\n"


def test_what_cannot_be_played_is_said(zoetrope):
    model = zoetrope.program.parents[1] / "models" / "toybox"
    assert "--scene must be one of meadow" in zoetrope.refuses("world", "play", "--model", model, "--scene", "mars")
    assert "makes whole clips only" in zoetrope.refuses("world", "play", "--model", model, "--policy", "random")
    (zoetrope.folder / "script.txt").write_text("fly 3\n")
    assert "line 1 of 'script.txt' has the action 'fly'" in zoetrope.refuses("world", "play", "--model", model, "--policy", "script.txt")
