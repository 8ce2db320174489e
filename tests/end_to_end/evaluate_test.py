"""`zoetrope evaluate` and the training of its judge, as a user has them."""
import json

import pytest

from conftest import ROOT

TOYBOX = ROOT / "models" / "toybox"
SMALL_WORLD = {"objects": ["cat", "car"], "shapes": ["circle"], "colours": ["red", "blue"], "scenes": ["meadow", "plain grey"], "motions": ["rolls", "falls", "hovers", "paces"]}
FIGURES = ["value", "low", "high", "chance", "ceiling", "clips"]


def model(folder, *, world=SMALL_WORLD, frames=9, side=64):
    """A model folder with toybox's autoencoder and nothing else."""
    folder.mkdir()
    (folder / "vae").symlink_to(TOYBOX / "vae")
    (folder / "model_index.json").write_text('{"_class_name": "ZoetropePipeline"}')
    sampling = {"width": side, "height": side, "frames": frames, "fps": [8, 1]}
    told = {"format": 2, "sampling": sampling, "sizes": [[side, side]], "token_limit": 16} | ({"trained_on": {"world": world}} if world else {})
    (folder / "zoetrope.json").write_text(json.dumps(told))
    return folder


def test_reconstruction_tells_what_the_autoencoder_loses(zoetrope):
    folder = model(zoetrope.folder / "model")
    words = ("evaluate", "--model", folder, "--suite", "reconstruction", "--clips", 3)
    told = json.loads(zoetrope(*words, "--json", "--html", "report.html").out)
    assert (told["suite"], told["clips"], told["by_language"]) == ("reconstruction", 3, {})
    assert list(told["scores"]) == ["psnr", "psnr_subject", "decoding", "seams"]
    for score in told["scores"].values():
        assert list(score) == FIGURES
        assert score["low"] <= score["value"] <= score["high"] and score["chance"] is None
    assert 25 < told["scores"]["psnr"]["value"] < 50
    assert (zoetrope.folder / "report.html").read_text().count("data:image/png;base64,") == 3

    again = json.loads(zoetrope(*words, "--json").out)
    other = json.loads(zoetrope(*words, "--json", "--seed", 2).out)
    assert again["scores"]["psnr"] == told["scores"]["psnr"] != other["scores"]["psnr"]
    table = zoetrope(*words).out
    assert table.startswith("reconstruction, ") and "dB, all pixels" in table


def test_a_model_and_its_judge_are_trained_and_met(zoetrope):
    (zoetrope.folder / "world.json").write_text(json.dumps(SMALL_WORLD))
    zoetrope("train", "denoiser", "--run", "run", "--autoencoder", TOYBOX, "--world", "world.json", "--mixture", "32x32x13:4:1", "--steps", 2, "--width", 64,
             "--depth", 1, "--heads", 1, "--feed-forward", 64, "--chunks", 1, "--sample-every", 0)
    words = ("train", "recogniser", "--run", "judge", "--model", "run/model", "--steps", 2, "--motion-steps", 2, "--batch", 2, "--clips", 100)
    judge = zoetrope(*words).out.strip()
    assert zoetrope(*words).out.strip() == judge  # what is done is not done again

    evaluate = ("evaluate", "--model", "run/model", "--recogniser", judge, "--suite", "composition", "--clips", 2, "--steps", 1)
    told = json.loads(zoetrope(*evaluate, "--json").out)
    assert (told["suite"], told["clips"], list(told["by_language"])) == ("composition", 4, ["en", "zh"])
    for name in ("object", "scene", "motion", "count", "inside", "shape_iou", "identity", "background_drift", "seams"):
        assert list(told["scores"][name]) == FIGURES
        assert all(told["scores"][name][figure] is not None for figure in FIGURES if name not in ("seams", "inside") or figure != "chance")
    assert json.loads(zoetrope(*evaluate, "--json").out) == told

    edit = ("evaluate", "--model", "run/model", "--recogniser", judge, "--suite", "edit", "--clips", 2, "--steps", 1)
    told = json.loads(zoetrope(*edit, "--json", "--html", "report.html").out)
    assert (told["suite"], told["clips"]) == ("edit", 8)
    for task in ("animate", "inpaint", "keyframes", "join"):
        assert told["scores"][f"{task} kept"]["value"] == 1
        assert list(told["scores"][f"{task} object"]) == FIGURES
    assert (zoetrope.folder / "report.html").read_text().count("data:image/png;base64,") == 8

    long = ("evaluate", "--model", "run/model", "--recogniser", judge, "--suite", "long", "--clips", 2, "--steps", 1, "--seconds", 3)
    told = json.loads(zoetrope(*long, "--json").out)
    assert (told["suite"], told["clips"]) == ("long", 4)
    for kind in ("steady", "changing"):
        for place in ("first", "middle", "last"):
            assert list(told["scores"][f"{kind} {place} motion"]) == FIGURES

    (zoetrope.folder / "run/model/zoetrope.json").write_text(
        json.dumps(json.loads((zoetrope.folder / "run/model/zoetrope.json").read_text()) | {"trained_on": {"world": SMALL_WORLD | {"objects": ["owl"]}}}))
    assert "does not know the object 'owl'" in zoetrope.refuses(*evaluate, code=1)


@pytest.mark.skipif(not all((TOYBOX / part).exists() for part in ("model_index.json", "recogniser/config.json")), reason="models/toybox is not complete yet")
def test_the_judge_of_toybox_knows_real_clips_from_a_bad_start(zoetrope):
    told = json.loads(zoetrope("evaluate", "--model", TOYBOX, "--suite", "composition", "--clips", 4, "--steps", 1, "--json").out)
    scores = told["scores"]
    assert scores["object"]["ceiling"] >= 0.75 and scores["scene"]["ceiling"] >= 0.75
    assert scores["shape_iou"]["ceiling"] > scores["shape_iou"]["chance"]
    assert scores["shape_iou"]["value"] < scores["shape_iou"]["ceiling"]  # one step draws no form


def test_wrong_use_is_one_sentence(zoetrope):
    folder = model(zoetrope.folder / "model")
    composition = ("evaluate", "--model", folder, "--suite", "composition")
    assert "train one with `zoetrope train recogniser" in zoetrope.refuses(*composition, code=1)
    assert "--suite" in zoetrope.refuses("evaluate", "--model", folder)
    assert "beauty" in zoetrope.refuses("evaluate", "--model", folder, "--suite", "beauty")
    assert "--clips" in zoetrope.refuses(*composition, "--clips", 1)
    assert "--seconds only applies to --suite long" in zoetrope.refuses(*composition, "--seconds", 4)
    assert "generates nothing" in zoetrope.refuses("evaluate", "--model", folder, "--suite", "reconstruction", "--steps", 4)
    assert "nowhere" in zoetrope.refuses("evaluate", "--model", "nowhere", "--suite", "composition")
    stranger = model(zoetrope.folder / "stranger", world=None)
    assert "trained_on.world" in zoetrope.refuses("evaluate", "--model", stranger, "--suite", "composition", code=1)
    assert "trained_on.world" in zoetrope.refuses("train", "recogniser", "--run", "judge", "--model", stranger, code=1)
    mars = model(zoetrope.folder / "mars", world={"scenes": ["mars"]})
    assert '"mars" is not among the known scenes' in zoetrope.refuses("evaluate", "--model", mars, "--suite", "reconstruction", code=1)
    assert not (zoetrope.folder / "judge").exists()
