"""zoetrope models, and models by name."""
import json

from conftest import ROOT


def put_into_cache(folder):
    """toybox as a repository in the cache of Hugging Face."""
    repository = folder / "hub" / "models--someone--toybox"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0123abcd")
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / "0123abcd").symlink_to(ROOT / "models" / "toybox")


def test_models_are_listed_with_what_they_can_do(zoetrope):
    put_into_cache(zoetrope.folder)
    zoetrope.environment["HF_HOME"] = str(zoetrope.folder)
    listed = {model["name"]: model for model in json.loads(zoetrope("models", "--json").out)}
    assert listed["toybox"]["tasks"] == ["text to video", "image to video", "extend", "join", "inpaint", "outpaint", "restyle"]
    assert listed["someone/toybox"]["width"] == listed["toybox"]["width"]
    assert "someone/toybox\n" in zoetrope("models").out


def test_a_repository_is_a_model_s_name(zoetrope):
    zoetrope.environment["HF_HOME"] = str(zoetrope.folder)
    ask = ["generate", "-p", "a cat", "--model", "someone/toybox", "--frames", 1, "--steps", 1, "-o", "a.png"]
    assert "download it with `hf download someone/toybox`" in zoetrope.refuses(*ask)
    put_into_cache(zoetrope.folder)
    assert zoetrope(*ask).out == "a.png\n"
    assert "a model, ZoetropePipeline" in zoetrope("info", "someone/toybox").out
    assert "'someone/else' does not exist" in zoetrope.refuses("info", "someone/else")


def test_a_file_that_comfyui_does_not_have_is_named(zoetrope):
    (zoetrope.folder / "models" / "vae").mkdir(parents=True)
    zoetrope.environment["ZOETROPE_COMFYUI"] = str(zoetrope.folder / "models")
    assert "--vae names 'wan.safetensors', which does not exist and is not in" in zoetrope.refuses(
        "generate", "-p", "a cat", "--vae", "wan.safetensors", "-o", "a.png")
