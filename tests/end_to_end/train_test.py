"""`zoetrope train` as it is used: killed, gone on with, begun from a model's weights, and what it says to wrong use. All of it tiny."""
import json
import random
import signal
import subprocess
import time

import PIL.Image
import pytest

WORLD = {"objects": ["cat"], "shapes": ["circle"], "colours": ["red"], "scenes": ["meadow"], "motions": ["rolls", "flies"], "camera": False, "night": False}
RUN = ("--world", "world.json", "--sample-every", 10)
AUTOENCODER = ("train", "autoencoder", *RUN, "--channels", 4, "--size", "32x32", "--frames", 5, "--crop", 16, "--crop-frames", 5, "--batch", 2)
MODEL = ("--width", 32, "--depth", 1, "--heads", 2, "--feed-forward", 32)
DENOISER = ("train", "denoiser", *RUN, "--autoencoder", "toybox", "--mixture", "32x32x1:4:1", "--chunks", 1)
COMMANDS = {"autoencoder": AUTOENCODER, "denoiser": (*DENOISER, *MODEL)}


@pytest.fixture
def folder(zoetrope):
    """The test's folder, with settings of a small world and a way to the model that ships."""
    (zoetrope.folder / "world.json").write_text(json.dumps(WORLD))
    (zoetrope.folder / "toybox").symlink_to(zoetrope.program.parents[1] / "models" / "toybox")
    return zoetrope.folder


def metrics(run):
    """The lines of metrics.jsonl but for the hours, which no two runs share."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "hours"} for line in lines]


def weights(run):
    """Every file with weights, of the newest checkpoint and of the model, by its name."""
    checkpoint = run / "checkpoints" / (run / "latest").read_text()
    return {str(path.relative_to(root)): path.read_bytes() for root in (checkpoint, run / "model") for path in root.rglob("*.safetensors")}


def newest_step(run):
    return int((run / "latest").read_text().removeprefix("step-")) if (run / "latest").exists() else 0


def killed(zoetrope, words, run, after, wait):
    """Trains until checkpoint number `after` is there and `wait` seconds more, then kills without warning. Returns the newest step."""
    process = subprocess.Popen([zoetrope.program, *map(str, words)], cwd=zoetrope.folder, env=zoetrope.environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while newest_step(run) < after and process.poll() is None:
        time.sleep(0.002)
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    _, err = process.communicate()
    assert process.returncode == -signal.SIGKILL, f"ended by itself: {err}"
    return newest_step(run)


@pytest.mark.parametrize("what", COMMANDS)
def test_killed_at_any_moment_it_goes_on_as_if_it_had_never_stopped(zoetrope, folder, what):
    command = (*COMMANDS[what], "--steps", 20)
    zoetrope(*command, "--run", "whole")
    often = (*command, "--run", "killed", "--checkpoint-minutes", 0)
    dice, step = random.Random(3), 0
    for _ in range(3):  # each checkpoint takes longer than a step, so most kills fall into the writing of one
        step = killed(zoetrope, often, folder / "killed", step + 2, dice.uniform(0, 0.05))
    assert 6 <= step < 20
    zoetrope(*often)
    assert metrics(folder / "killed") == metrics(folder / "whole")
    assert weights(folder / "killed") == weights(folder / "whole")
    assert [line["step"] for line in metrics(folder / "whole") if "loss" in line] == [10, 20]
    assert {path.name for path in (folder / "whole" / "samples").iterdir()} == {"step-0000010.png", "step-0000020.png"}
    assert not [name for name in zoetrope.files() if "unfinished" in name or ".part" in name]


def test_stopped_by_a_signal_it_saves_and_goes_on_from_another_place(zoetrope, folder):
    command = (*AUTOENCODER, "--steps", 20)
    zoetrope(*command, "--run", "whole")
    stopped = zoetrope.interrupted(*command, "--run", "begun", at="training 1/", by=signal.SIGHUP)
    assert stopped.code == 130 and stopped.err.endswith("zoetrope: cancelled\n")
    assert "starting a new run in begun\n" in stopped.err and "begun is saved at step-" in stopped.err
    assert 1 <= newest_step(folder / "begun") < 20
    (folder / "begun").rename(folder / "moved")
    resumed = zoetrope("train", "autoencoder", "--config", "moved/config.toml", "--run", "moved/")
    assert resumed.out == "moved/model\n" and "new run" not in resumed.err
    assert metrics(folder / "moved") == metrics(folder / "whole")
    assert weights(folder / "moved") == weights(folder / "whole")


def test_killed_before_its_first_checkpoint_it_may_begin_anew_with_other_flags(zoetrope, folder):
    command = (*DENOISER, *MODEL, "--run", "run", "--steps")
    zoetrope.interrupted(*command, 1000, at="training 1/", by=signal.SIGKILL)
    zoetrope(*command, 2, "--seed", 5)
    assert "seed = 5" in (folder / "run" / "config.toml").read_text()


def test_a_run_with_other_flags_is_refused_and_a_finished_one_left_as_it_is(zoetrope, folder):
    command = (*AUTOENCODER, "--steps", 10, "--run", "run")
    zoetrope(*command)
    before = metrics(folder / "run"), weights(folder / "run")
    refusal = zoetrope.refuses(*command, "--seed", 5)
    assert refusal.startswith("run was started with other flags (none, now seed = 5): resume with `--config run/config.toml`")
    assert json.loads(zoetrope(*command, "--json").out) == {"run": "run", "model": "run/model"}
    assert (metrics(folder / "run"), weights(folder / "run")) == before


def test_a_broken_checkpoint_is_named_and_the_one_before_can_be_gone_on_from(zoetrope, folder):
    words = (*AUTOENCODER, "--steps", 8, "--run", "run", "--checkpoint-minutes", 0)
    step = killed(zoetrope, words, folder / "run", 3, 0)  # every step has its checkpoint
    newest, before = f"step-{step}", f"step-{step - 1}"
    parameters = folder / "run" / "checkpoints" / newest / "parameters.safetensors"
    parameters.write_bytes(parameters.read_bytes()[:100])
    assert f"run/checkpoints/{newest}/parameters.safetensors" in zoetrope.refuses(*words, code=1)
    (folder / "run" / "checkpoints" / newest / "state.json").write_text("{")
    assert f"run/checkpoints/{newest}/state.json is damaged" in zoetrope.refuses(*words, code=1)
    (folder / "run" / "latest").write_text(before + "\n")
    zoetrope(*words)
    assert newest_step(folder / "run") == 8


def test_init_begins_with_a_model_s_weights_and_the_result_generates(zoetrope, folder):
    zoetrope(*DENOISER, *MODEL, "--steps", 3, "--run", "first")
    still = ("--adam-lr", 0, "--muon-lr", 0)  # what learns nothing is what it began with
    zoetrope(*DENOISER, *still, "--steps", 3, "--run", "second", "--init", "first/model")
    first, second = weights(folder / "first"), weights(folder / "second")
    for name in ("transformer/diffusion_pytorch_model.safetensors", "text_encoder/diffusion_pytorch_model.safetensors"):
        assert first[name] == second[name]
    assert (folder / "first/model/tokenizer/spiece.model").read_bytes() == (folder / "second/model/tokenizer/spiece.model").read_bytes()
    for model in ("first", "second"):
        zoetrope("generate", "--model", f"{model}/model", "-p", "a cat", "-o", f"{model}.png")
    assert json.loads(zoetrope("info", "first.png", "--json").out)["width"] == 32


def test_a_model_can_be_given_actions_and_streams_later(zoetrope, folder):
    zoetrope(*DENOISER, *MODEL, "--steps", 1, "--run", "first")
    clips = [word.replace("32x32x1:4:1", "32x32x5:2:1") if isinstance(word, str) else word for word in DENOISER]
    zoetrope(*clips, "--steps", 4, "--run", "second", "--init", "first/model", "--causal-prob", 0.7, "--actions", 3, "--guidance-embedding")
    first, second = (json.loads((folder / run / "model/transformer/config.json").read_text()) for run in ("first", "second"))
    assert second == first | {"actions": 3, "guidance_embedding": True}
    zoetrope("generate", "--model", "second/model", "-p", "a cat", "-o", "second.mp4")


def test_weights_are_carried_over_to_other_latents_and_words(zoetrope, folder):
    zoetrope(*[6 if word == 4 else word for word in AUTOENCODER], "--steps", 1, "--run", "latents")
    words = [word if word != "toybox" else "latents/model" for word in DENOISER]
    told = zoetrope(*words, "--steps", 1, "--run", "next", "--init", "toybox", "--new-vocabulary").err
    assert "toybox has other latents; a linear map from them tells" in told
    shipped, carried = (json.loads((folder / model / "transformer/config.json").read_text()) for model in ("toybox", "next/model"))
    assert carried == shipped | {"latent_channels": 6}
    zoetrope("generate", "--model", "next/model", "-p", "a cat", "--steps", 2, "-o", "next.png")


def test_a_model_is_distilled_to_a_preset_of_few_steps(zoetrope, folder):
    assert "cannot be told a guidance scale; train it with `train denoiser --init toybox --guidance-embedding` first" in zoetrope.refuses(
        "train", "distill", "--run", "fast", "--teacher", "toybox", code=2)
    zoetrope(*DENOISER, *MODEL, "--steps", 1, "--run", "first", "--guidance-embedding")
    zoetrope("train", "distill", "--run", "fast", "--teacher", "first/model", "--mixture", "32x32x1:2:1", "--rank", 2, "--steps", 2, "--chunks", 1,
             "--sample-every", 2, "--student-steps", 3)
    assert weights(folder / "fast")["distilled.safetensors"]
    made = json.loads(zoetrope("generate", "--model", "fast/model", "-p", "a cat", "-o", "fast.png", "--json").out)[0]["request"]
    assert (made["preset"], made["steps"]) == ("fast", 3)
    same = ("-p", "a cat", "--seed", 1, "--watermark", "off")  # a mark of its own for each request
    zoetrope("generate", "--model", "first/model", *same, "-o", "before.png")
    zoetrope("generate", "--model", "fast/model", *same, "--preset", "full", "-o", "full.png")
    assert PIL.Image.open(folder / "before.png").tobytes() == PIL.Image.open(folder / "full.png").tobytes()


def test_a_frozen_encoder_leaves_latents_what_they_are(zoetrope, folder):
    words = ("train", "autoencoder", "--world", "world.json", "--size", "32x32", "--frames", 5, "--crop", 16, "--crop-frames", 5, "--batch", 1,
             "--steps", 2, "--sample-every", 0, "--init", "toybox", "--freeze-encoder")
    zoetrope(*words, "--run", "run")
    trained, before = (json.loads((folder / model / "vae/config.json").read_text()) for model in ("run/model", "toybox"))
    assert len(trained.pop("latent_rgb")) == len(before.pop("latent_rgb")) == before["latent_channels"] + 1  # the decoder's colours, which may change
    assert trained == before


@pytest.mark.parametrize("words, sentence", [
    (["autoencoder", "--crop", 100], "sides must be multiples of 16, got crops of 100"),
    (["autoencoder", "--crop", 128], "crops of 128 pixels cannot be cut from clips of 96x96"),
    (["autoencoder", "--crop-frames", 4], "crops and clips must have 4k+1 frames"),
    (["autoencoder", "--freeze-encoder"], "--freeze-encoder needs an encoder"),
    (["autoencoder", "--size", "big"], "--size must be a width and a height"),
    (["autoencoder", "--steps", 0], "--steps must be a number above 0, got '0'"),
    (["autoencoder", "--ema-decay", "nan"], "--ema-decay must be a number from 0 to 1, got 'nan'"),
    (["autoencoder", "--seed", -1], "--seed must be a whole number from 0 to"),
    (["autoencoder", "--world", "mars.json"], '"mars" is not among the known scenes'),
    (["denoiser"], "--autoencoder is required"),
    (["denoiser", "--autoencoder", "none"], "there is no model 'none'"),
    (["denoiser", "--autoencoder", "toybox", "--mixture", "32x32x1"], "'32x32x1' is not a bucket of a mixture"),
    (["denoiser", "--autoencoder", "toybox", "--mixture", "30x32x1:4:1"], "'30x32x1:4:1' cannot be trained on: sides must be multiples of 16"),
    (["denoiser", "--autoencoder", "toybox", "--width", 32, "--heads", 3], "even multiple of its heads, got width 32 and 3 heads"),
    (["denoiser", "--autoencoder", "toybox", "--actions", 1], "the actions of the denoiser include 'none', so there are 2 or more"),
    (["recogniser", "--steps", "many"], "many"),
    ([], "A subcommand is required"),
])
def test_wrong_use_is_one_sentence_and_leaves_nothing(zoetrope, folder, words, sentence):
    (folder / "mars.json").write_text('{"scenes": ["mars"]}')
    before = zoetrope.files()
    assert sentence in zoetrope.refuses("train", *words, *(["--run", "run"] if words else []))
    assert zoetrope.files() == before and not (folder / "run").exists()
