"""`zoetrope report`: clips compared on one page."""
import json


def test_drawn_clips_pass_and_the_page_says_which_frames_show_it(zoetrope):
    world = {"objects": ["penguin", "car"], "shapes": [], "colours": [], "scenes": ["beach"], "motions": ["slides"], "camera": False, "night": False}
    (zoetrope.folder / "world.json").write_text(json.dumps(world))
    zoetrope("world", "render", "--count", 2, "--settings", "world.json", "-o", "clips")
    (zoetrope.folder / "toybox").symlink_to(zoetrope.program.parents[1] / "models" / "toybox")
    clips = [f"clips/{clip['file_name']}" for clip in map(json.loads, (zoetrope.folder / "clips/metadata.jsonl").read_text().splitlines())]
    told = json.loads(zoetrope("report", *clips, "-o", "report.html", "--recogniser", "toybox/recogniser", "--json").out)
    assert [clip["width"] for clip in told["clips"]] == [96, 96]
    assert len(told["checks"]) == 4
    for check in told["checks"]:
        for finding in check["findings"]:
            assert finding["passed"] in (True, None), finding
    assert "beach" in told["checks"][3]["findings"][0]["sentence"]
    page = (zoetrope.folder / "report.html").read_text()
    assert page.count("<video") == 2 and "The hero stays the hero" in page


def test_a_generated_clip_tells_its_prompt_and_model(zoetrope):
    zoetrope("generate", "-p", "a red <heart>", "--frames", 5, "--steps", 2, "-o", "a.mp4")
    zoetrope("report", "a.mp4", "a.mp4", "-o", "a.html", "--language", "zh")
    page = (zoetrope.folder / "a.html").read_text()
    assert "a red &lt;heart&gt;" in page and "toybox" in page and "视频比较" in page


def test_what_cannot_be_compared_is_refused(zoetrope):
    assert "clips" in zoetrope.refuses("report", "-o", "a.html", code=2)
    (zoetrope.folder / "a.mp4").write_bytes(b"no clip")
    assert "a.mp4" in zoetrope.refuses("report", "a.mp4", "-o", "a.html", code=1)
    assert "'a.mp4'" in zoetrope.refuses("report", "a.mp4", "-o", "a.mp4", code=2)
    assert not (zoetrope.folder / "a.html").exists()
