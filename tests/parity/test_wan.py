"""The Wan family against diffusers: whole folders with random sizes and weights, written by save_pretrained."""
import inspect
import io
import json
import re
import shutil
import subprocess

import numpy
import PIL.Image
import pytest
import sentencepiece
import torch
from conftest import BUILD, HAS_BF16, Draw, assert_bf16, assert_gradients, in_bf16, relative_error, save
from diffusers import (AutoencoderKLWan, DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler, FlowMatchLCMScheduler,
                       UniPCMultistepScheduler, WanImageToVideoPipeline, WanPipeline, WanTransformer3DModel, WanVideoToVideoPipeline)
from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers, convert_wan_vae_to_diffusers
from safetensors.torch import load_file, save_file
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel, T5Tokenizer, UMT5Config, UMT5EncoderModel


def random_denoiser(draw, folder, **fixed):
    torch.manual_seed(draw.integer(0, 2**31))
    config = dict(num_attention_heads=draw.integer(1, 4), attention_head_dim=2 * draw.integer(4, 16), in_channels=draw.integer(2, 9),
                  out_channels=draw.integer(2, 9), text_dim=draw.integer(5, 40), freq_dim=2 * draw.integer(3, 20), ffn_dim=draw.integer(9, 80),
                  num_layers=draw.integer(1, 4), cross_attn_norm=draw.of([True, True, False]), eps=draw.of([1e-6, 1e-5])) | fixed
    if config.get("image_dim"):
        config["added_kv_proj_dim"] = config["num_attention_heads"] * config["attention_head_dim"]
    return save(draw, WanTransformer3DModel(**config), folder)


def random_grid(draw):
    return draw.of([1, 2, 3, 5]), 2 * draw.integer(2, 5), 2 * draw.integer(2, 7)


def random_prompts(draw, batch, width):
    """States of prompts with 1, some and 512 tokens; behind the shorter ones stands something that must not be seen."""
    length = draw.of([1, 7, 512])
    states = draw.normal(batch, length, width)
    mask = (torch.arange(length) < torch.tensor([draw.integer(1, length) for _ in range(batch)])[:, None]).long()
    padded = torch.zeros(batch, 512, width)
    padded[:, :length] = states * mask[..., None]
    return states, mask, padded


def check_denoiser(probe, model, folder, latents, timesteps, padded, ours, image=None):
    """One forward pass in fp32 and in bf16; `ours` is what our denoiser takes besides, or in another form."""
    def run(model, dtype):
        with torch.no_grad():
            return model(latents.to(dtype), timesteps, padded.to(dtype), encoder_hidden_states_image=None if image is None else image.to(dtype)).sample

    exact, inputs = run(model, torch.float32), dict(latents=latents, timesteps=timesteps[:, None].float()) | ours
    assert relative_error(probe("wan_denoise", inputs, folder=str(folder))["v"], exact) < 1e-5
    theirs = run(in_bf16(model, folder), torch.bfloat16)
    assert_bf16(probe("wan_denoise", inputs, folder=str(folder), dtype="bf16")["v"], theirs, exact)


@pytest.mark.parametrize("number", range(6))
def test_text_to_video_denoiser(probe, generator, tmp_path, number):
    draw = Draw(generator)
    model = random_denoiser(draw, tmp_path)
    batch = draw.integer(1, 3)
    latents = draw.normal(batch, model.config.in_channels, *random_grid(draw))
    timesteps = torch.tensor([draw.integer(0, 1000) for _ in range(batch)])
    states, mask, padded = random_prompts(draw, batch, model.config.text_dim)
    check_denoiser(probe, model, tmp_path, latents, timesteps, padded, dict(states=states, mask=mask))


@pytest.mark.parametrize("number", range(5))
def test_a_level_for_every_token(probe, generator, tmp_path, number):
    """As Wan2.2 TI2V has it: the tokens of the first frame, or any others, stand at another level than the rest."""
    draw = Draw(generator)
    model = random_denoiser(draw, tmp_path)
    batch, (t, h, w) = draw.integer(1, 2), random_grid(draw)
    latents = draw.normal(batch, model.config.in_channels, t, h, w)
    levels = torch.tensor([[0.0, draw.integer(1, 1000)]] * batch)
    index = torch.randint(0, 2, (batch, t * h * w // 4), generator=generator)
    states, mask, padded = random_prompts(draw, batch, model.config.text_dim)
    check_denoiser(probe, model, tmp_path, latents, levels.gather(1, index), padded,
                   dict(timesteps=levels, index=index, states=states, mask=mask))


@pytest.mark.parametrize("number", range(5))
def test_image_to_video_denoiser(probe, generator, tmp_path, number):
    """Channels beside the noisy latents, and one or two images that an image encoder saw."""
    draw = Draw(generator)
    tokens, two = draw.integer(3, 12), draw.of([False, True])
    model = random_denoiser(draw, tmp_path, in_channels=9, image_dim=draw.integer(5, 30), pos_embed_seq_len=2 * tokens if two else None)
    latents = draw.normal(1, 9, *random_grid(draw))
    timestep = torch.tensor([draw.integer(0, 1000)])
    states, mask, padded = random_prompts(draw, 1, model.config.text_dim)
    image = draw.normal(2 if two else 1, tokens, model.config.image_dim)
    inputs = dict(latents=latents[:, :4], extra=latents[:, 4:], states=states, mask=mask, image=image.reshape(1, -1, image.shape[-1]))
    check_denoiser(probe, model, tmp_path, latents, timestep, padded, inputs, image)


@pytest.mark.parametrize("image", [False, True])
@pytest.mark.parametrize("number", range(2))
def test_gradients(probe, generator, tmp_path, number, image):
    """Of a sum over the output by every parameter: ours in fp32, the reference in double, whose digits say something where much cancels."""
    draw = Draw(generator)
    model = random_denoiser(draw, tmp_path, **(dict(image_dim=draw.integer(5, 30)) if image else {}))
    latents = draw.normal(1, model.config.in_channels, *random_grid(draw))
    timestep = torch.tensor([draw.integer(1, 1000)])
    states, mask, padded = random_prompts(draw, 1, model.config.text_dim)
    seen = draw.normal(1, draw.integer(3, 12), model.config.image_dim) if image else None
    exact = model.double()
    v = exact(latents.double(), timestep, padded.double(), encoder_hidden_states_image=seen.double() if image else None).sample
    upstream = draw.normal(*v.shape)
    (v * upstream).sum().backward()
    inputs = dict(latents=latents, timesteps=timestep[:, None].float(), states=states, mask=mask, upstream=upstream)
    assert_gradients(probe("wan_gradients", inputs | (dict(image=seen) if image else {}), folder=str(tmp_path)), exact)


def random_autoencoder(draw, folder, **fixed):
    """At least 8 wide: a norm over four random channels meets vectors so near zero that single precision says nothing there."""
    torch.manual_seed(draw.integer(0, 2**31))
    channels = fixed.get("z_dim", draw.integer(2, 8))
    config = dict(base_dim=4 * draw.integer(2, 4), z_dim=channels, dim_mult=draw.of([[1, 2, 4, 4], [1, 1, 2, 2]]), num_res_blocks=draw.integer(1, 2),
                  temperal_downsample=[False, True, True], latents_mean=draw.normal(channels).tolist(),
                  latents_std=(draw.normal(channels).abs() + 0.5).tolist()) | fixed
    return save(draw, AutoencoderKLWan(**config), folder)


# Wan2.2's own (vae2_2.py), which no class of diffusers has.
WAN22_LATENTS = ([
    -0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174, 0.1838, 0.1557, -0.1382, 0.0542, 0.2813, 0.0891, 0.157, -0.0098, 0.0375, -0.1825,
    -0.2246, -0.1207, -0.0698, 0.5109, 0.2665, -0.2108, -0.2158, 0.2502, -0.2055, -0.0322, 0.1109, 0.1567, -0.0729, 0.0899, -0.2799, -0.123,
    -0.0313, -0.1649, 0.0117, 0.0723, -0.2839, -0.2083, -0.052, 0.3748, 0.0152, 0.1957, 0.1433, -0.2944, 0.3573, -0.0548, -0.1681, -0.0667], [
    0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.499, 0.4818, 0.5013, 0.8158, 1.0344, 0.5894, 1.0901, 0.6885, 0.6165, 0.8454, 0.4978,
    0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659, 0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866, 0.4093,
    0.5709, 0.6065, 0.6415, 0.4944, 0.5726, 1.2042, 0.5458, 1.6887, 0.3971, 1.06, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744])
# Means and deviations of the latents, as diffusers has them for Wan2.1; those of Wan2.2 are in the original code alone.
LATENTS = {16: (inspect.signature(AutoencoderKLWan).parameters["latents_mean"].default, inspect.signature(AutoencoderKLWan).parameters["latents_std"].default), 48: WAN22_LATENTS}
WAN22 = dict(is_residual=True, patch_size=2, in_channels=12, out_channels=12, scale_factor_spatial=16)


def check_autoencoder(probe, draw, model, folder):
    batch, latent_frames, h, w = 2, draw.of([1, 2, 4]), draw.integer(3, 5), draw.integer(3, 5)
    space = model.config.scale_factor_spatial
    frames = draw.normal(batch, 3, 4 * latent_frames - 3, space * h, space * w).clamp(-1, 1)
    latents = draw.normal(batch, model.config.z_dim, draw.of([1, 2, 3]), h, w)
    mean, std = (torch.tensor(v).view(1, -1, 1, 1, 1) for v in (model.config.latents_mean, model.config.latents_std))

    def run(model, dtype):
        with torch.no_grad():
            return dict(latents=(model.encode(frames.to(dtype)).latent_dist.mode().float() - mean) / std,
                        frames=model.decode((latents * std + mean).to(dtype)).sample)

    exact, theirs = run(model, torch.float32), run(in_bf16(model, folder), torch.bfloat16)
    ours, rounded = (probe("wan_autoencode", dict(frames=frames, latents=latents), folder=str(folder), dtype=dtype) for dtype in ("fp32", "bf16"))
    for name, reference in exact.items():
        assert relative_error(ours[name], reference) < 1e-5
        assert_bf16(rounded[name], theirs[name], reference)


@pytest.mark.parametrize("number", range(5))
def test_autoencoder_of_wan21(probe, generator, tmp_path, number):
    draw = Draw(generator)
    check_autoencoder(probe, draw, random_autoencoder(draw, tmp_path), tmp_path)


@pytest.mark.parametrize("number", range(5))
def test_autoencoder_of_wan22(probe, generator, tmp_path, number):
    draw = Draw(generator)
    check_autoencoder(probe, draw, random_autoencoder(draw, tmp_path, decoder_base_dim=4 * draw.integer(2, 5), **WAN22), tmp_path)


def explained(colours, predicted):
    """R^2 over all channels."""
    return 1 - ((colours - predicted) ** 2).sum() / ((colours - colours.mean(0)) ** 2).sum()


@pytest.mark.parametrize("wan22", [False, True])
def test_a_map_to_colours_explains_what_numpys_explains(probe, generator, tmp_path, wan22):
    draw = Draw(generator)
    config = random_autoencoder(draw, tmp_path, **(WAN22 if wan22 else {})).config
    side, latents = config.scale_factor_spatial, draw.normal(1, config.z_dim, 3, 6, 7)
    out = probe("wan_latent_rgb", dict(latents=latents), folder=str(tmp_path))
    frames = (out["frames"][0] + 1) / 2  # [3,9,H,W]
    of_latents = torch.stack([frames[:, 0], frames[:, 1:5].mean(1), frames[:, 5:].mean(1)], 1)
    cells = of_latents.reshape(3, 3, 6, side, 7, side).mean((3, 5)).flatten(1).T.double().numpy()  # [n,3]
    rows = torch.cat([latents[0].flatten(1), torch.ones(1, 3 * 6 * 7)]).T.double().numpy()  # [n,C+1]
    theirs = explained(cells, rows @ numpy.linalg.lstsq(rows, cells, rcond=None)[0])
    ours = explained(cells, rows @ out["factors"].double().numpy())
    assert 0 < theirs and abs(ours - theirs) < 1e-5, (ours, theirs)


WORDS = "a an red blue small big dog cat bird runs sleeps flies on under over the grass sea moon 红色 小狗 在 草地 上 奔跑".split()
SCHEDULERS = {
    "unipc": lambda shift: UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift),
    "dpm++": lambda shift: DPMSolverMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift),
    "euler": lambda shift: FlowMatchEulerDiscreteScheduler(shift=shift),
}


def random_tokenizer(draw, folder):
    sentences = [" ".join(draw.of(WORDS) for _ in range(6)) for _ in range(300)]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(sentences), model_writer=model, vocab_size=120, hard_vocab_limit=False,
                                             pad_id=0, eos_id=1, unk_id=2, bos_id=-1, minloglevel=4)
    folder.mkdir(parents=True)
    (folder / "spiece.model").write_bytes(model.getvalue())
    return T5Tokenizer.from_pretrained(folder)


def random_text_encoder(draw, folder, vocabulary):
    config = UMT5Config(vocab_size=vocabulary, d_model=4 * draw.integer(2, 8), d_kv=draw.integer(3, 10), num_heads=draw.integer(1, 4),
                        d_ff=draw.integer(8, 50), num_layers=draw.integer(1, 3), feed_forward_proj="gated-gelu")
    torch.manual_seed(draw.integer(0, 2**31))
    model = UMT5EncoderModel(config).eval()
    model.save_pretrained(folder, max_shard_size=draw.of(["5GB", "30KB"]))
    return model


def random_pipeline(draw, folder, scheduler, kind=WanPipeline, vae_options={}, denoiser_options={}, **options):
    """A whole model folder, and the pipeline of diffusers for it."""
    tokenizer = random_tokenizer(draw, folder / "tokenizer")
    text_encoder = random_text_encoder(draw, folder / "text_encoder", len(tokenizer))
    vae = random_autoencoder(draw, folder / "vae", **vae_options)
    encoder = options.pop("image_encoder", None)
    sizes = dict(in_channels=vae.config.z_dim, out_channels=vae.config.z_dim, text_dim=text_encoder.config.d_model)
    sizes |= denoiser_options
    parts = dict(transformer=random_denoiser(draw, folder / "transformer", **sizes))
    if kind is WanImageToVideoPipeline:
        parts |= dict(image_encoder=encoder, image_processor=None)
    if encoder:
        encoder.save_pretrained(folder / "image_encoder")
        parts["image_processor"] = CLIPImageProcessor(size={"shortest_edge": encoder.config.image_size}, crop_size=encoder.config.image_size)
        parts["image_processor"].save_pretrained(folder / "image_processor")
    if "boundary_ratio" in options:
        heads, width = parts["transformer"].config.num_attention_heads, parts["transformer"].config.attention_head_dim
        parts["transformer_2"] = random_denoiser(draw, folder / "transformer_2", num_attention_heads=heads, attention_head_dim=width, **sizes)
    pipeline = kind(tokenizer=tokenizer, text_encoder=text_encoder, vae=vae, scheduler=scheduler, **parts, **options)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.scheduler.save_pretrained(folder / "scheduler")
    pipeline.save_config(folder)
    return pipeline


def random_prompt(draw):
    """Nothing, a word, a sentence, or more words than the model reads."""
    return " ".join(draw.of(WORDS) for _ in range(draw.of([0, 1, 8, 600])))


def random_picture(draw, request, path):
    pixels = torch.randint(0, 256, (request["height"], request["width"], 3), generator=draw.generator, dtype=torch.uint8)
    image = PIL.Image.fromarray(numpy.asarray(pixels))
    image.save(path)
    return image


def compare(draw, pipeline, folder, steps, shift, prompt=None, animate=(), model=None, preset=None, guidance_2=None, dtype="fp32", more={}):
    side, least = 2 * pipeline.vae.config.scale_factor_spatial, 2 if dtype == "bf16" else 1
    request = dict(prompt=random_prompt(draw) if prompt is None else prompt, negative_prompt=random_prompt(draw), height=side * draw.integer(least, 3),
                   width=side * draw.integer(least, 3), num_frames=draw.of([9, 13] if animate else [1, 5, 9]), guidance_scale=draw.of([0.5, 1.0, 5.0]),
                   num_inference_steps=steps)
    seed = draw.integer(0, 2**31)
    request |= dict(guidance_scale=5.0, guidance_scale_2=guidance_2) if guidance_2 is not None else {}
    request |= {image: random_picture(draw, request, folder / f"{image}.png") for image in animate}
    new = slice("image" in animate, -1 if "last_image" in animate else None)

    def run(pipeline):
        latents, frames = (pipeline(**request, generator=torch.Generator().manual_seed(seed), output_type=kind).frames[0] for kind in ("latent", "pt"))
        # Frames that are given come out as they were given; diffusers decodes them from their latents.
        return dict(latents=latents, frames=frames.permute(0, 2, 3, 1)[new])

    exact = run(pipeline)
    flags = {"--prompt": request["prompt"], "--negative-prompt": request["negative_prompt"], "--size": f"{request['width']}x{request['height']}",
             "--frames": request["num_frames"], "--steps": steps, "--guidance": request["guidance_scale"], "--shift": shift, "--seed": seed}
    flags |= {"--" + image.replace("_", "-"): folder / f"{image}.png" for image in animate}
    flags |= {"--guidance-2": guidance_2} if guidance_2 is not None else {}
    flags |= {"--preset": preset[0], "--sampler": preset[1]} if preset else {}
    flags |= more
    command = [BUILD / "zoetrope", "generate", *(model or ["--model", folder]), "--dtype", dtype, "--quiet", "-o", folder / "out.safetensors"]
    done = subprocess.run(command + [str(part) for flag in flags.items() for part in flag], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    ours = load_file(folder / "out.safetensors")
    ours["frames"] = ours["frames"][new]
    theirs = run(type(pipeline).from_pretrained(folder, torch_dtype=torch.bfloat16)) if dtype == "bf16" else None
    for name, reference in exact.items():
        if theirs:
            assert_bf16(ours[name], theirs[name], reference)
        else:
            assert relative_error(ours[name], reference) < 1e-3


@pytest.mark.parametrize("steps", [1, 2, 5, 20])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_whole_pipeline(generator, tmp_path, name, steps):
    draw = Draw(generator)
    shift = draw.of([1.0, 3.0, 5.0])
    compare(draw, random_pipeline(draw, tmp_path, SCHEDULERS[name](shift)), tmp_path, steps, shift)


@pytest.mark.parametrize("timesteps", [None, [1000, 757, 522], [937.5, 250]])
def test_noising_anew(generator, tmp_path, timesteps, monkeypatch):
    """FastWan and other models distilled to a few steps: data as predicted, noised anew to the next timestep, also at given timesteps.

    diffusers' scheduler shifts timesteps that it is given, and does not tell the network so: those of distilled models are shifted already."""
    draw = Draw(generator)
    shift = 1.0 if timesteps else draw.of([1.0, 3.0, 5.0])
    pipeline = random_pipeline(draw, tmp_path, FlowMatchLCMScheduler(shift=shift))
    set_timesteps, step = pipeline.scheduler.set_timesteps, pipeline.scheduler.step
    def start(steps, device=None):
        set_timesteps(timesteps=timesteps) if timesteps else set_timesteps(steps)

    call = type(pipeline).__call__

    def run(self, *arguments, generator, **options):  # the pipeline does not hand its generator on to the scheduler
        monkeypatch.setattr(self.scheduler, "step", lambda *a, **k: step(*a, generator=generator, **k))
        return call(self, *arguments, generator=generator, **options)

    monkeypatch.setattr(pipeline.scheduler, "set_timesteps", start)
    monkeypatch.setattr(type(pipeline), "__call__", run)
    compare(draw, pipeline, tmp_path, len(timesteps or [1, 2, 3, 4]), shift, "a dog",
            more={"--timesteps": ",".join(map(str, timesteps))} if timesteps else {"--sampler": "lcm"})


@pytest.mark.parametrize("steps", [2, 7])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_video_to_video(generator, tmp_path, name, steps):
    """A video that is changed as a whole: the last int(steps * strength) steps."""
    draw = Draw(generator)
    shift, strength = draw.of([1.0, 3.0, 5.0]), draw.of([0.5, 0.6, 0.95])
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS[name](shift))
    side, length = 2 * pipeline.vae.config.scale_factor_spatial, draw.of([5, 9])
    width, height, seed = side * draw.integer(1, 3), side * draw.integer(1, 3), draw.integer(0, 2**31)
    pixels = torch.randint(0, 256, (length, height, width, 3), generator=generator, dtype=torch.uint8)
    frames = [PIL.Image.fromarray(numpy.asarray(frame)) for frame in pixels]
    frames[0].save(tmp_path / "video.webp", save_all=True, append_images=frames[1:], lossless=True, exact=True, duration=50)
    prompt = random_prompt(draw)
    changes = WanVideoToVideoPipeline(**{part: getattr(pipeline, part) for part in ("tokenizer", "text_encoder", "transformer", "vae", "scheduler")})
    changes.set_progress_bar_config(disable=True)
    exact = changes(video=frames, prompt=prompt, negative_prompt="", height=height, width=width, num_inference_steps=steps, strength=strength,
                    guidance_scale=5.0, generator=torch.Generator().manual_seed(seed), output_type="latent").frames[0]
    command = [BUILD / "zoetrope", "generate", "--model", tmp_path, "--prompt", prompt, "--negative-prompt", "", "--video", tmp_path / "video.webp",
               "--strength", strength, "--size", f"{width}x{height}", "--steps", steps, "--guidance", 5, "--shift", shift, "--seed", seed,
               "--dtype", "fp32", "--quiet", "-o", tmp_path / "out.safetensors"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert relative_error(load_file(tmp_path / "out.safetensors")["latents"], exact) < 1e-3


@pytest.mark.skipif(not HAS_BF16, reason="on this processor the program computes in fp32")
@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_whole_pipeline_in_bf16(generator, tmp_path, name):
    draw = Draw(generator)
    compare(draw, random_pipeline(draw, tmp_path, SCHEDULERS[name](3.0)), tmp_path, 5, 3.0, dtype="bf16")


def refusal(*arguments):
    done = subprocess.run([BUILD / "zoetrope", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stdout
    return done.stderr


@pytest.mark.parametrize("name,settings", [
    ("unipc", dict(solver_order=3)), ("unipc", dict(disable_corrector=[0])), ("unipc", dict(use_flow_sigmas=False)), ("unipc", dict(thresholding=True)),
    ("dpm++", dict(algorithm_type="sde-dpmsolver++")), ("dpm++", dict(final_sigmas_type="sigma_min")), ("euler", dict(shift_terminal=0.1)),
    ("euler", dict(use_karras_sigmas=True)), ("euler", dict(num_train_timesteps=500))])
def test_schedulers_that_compute_something_else_are_refused(generator, tmp_path, name, settings):
    random_pipeline(Draw(generator), tmp_path, SCHEDULERS[name](3.0))
    config = tmp_path / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | settings))
    assert f"'{next(iter(settings))}'" in refusal("generate", "--model", tmp_path, "--prompt", "a dog", "-o", tmp_path / "x.png")


@pytest.mark.parametrize("guidance_2", [None, 3.0])
def test_two_experts(generator, tmp_path, guidance_2):
    """Wan2.2 A14B: one denoiser above a noise level, another below, with its own guidance or the same."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["unipc"](3.0), boundary_ratio=draw.of([0.875, 0.6]))
    compare(draw, pipeline, tmp_path, 8, 3.0, "a dog", guidance_2=guidance_2)


@pytest.mark.parametrize("kind,steps", [(WanPipeline, 5), (WanImageToVideoPipeline, 2), (WanImageToVideoPipeline, 20)])
def test_text_and_image_to_video_of_wan22(generator, tmp_path, kind, steps):
    """TI2V-5B: the image to animate is a first latent frame without noise, told token by token."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["unipc"](5.0), kind, WAN22, expand_timesteps=True)
    compare(draw, pipeline, tmp_path, steps, 5.0, animate=["image"] if kind is WanImageToVideoPipeline else [])


# The names that the original Wan code, and ComfyUI, have for what diffusers calls otherwise: pairs of a pattern and what it becomes.
ORIGINAL_DENOISER = [
    (r"^condition_embedder.time_embedder.linear_1", "time_embedding.0"), (r"^condition_embedder.time_embedder.linear_2", "time_embedding.2"),
    (r"^condition_embedder.text_embedder.linear_1", "text_embedding.0"), (r"^condition_embedder.text_embedder.linear_2", "text_embedding.2"),
    (r"^condition_embedder.time_proj", "time_projection.1"), (r"^proj_out", "head.head"), (r"^scale_shift_table", "head.modulation"),
    (r"scale_shift_table", "modulation"), (r"norm2", "norm3"), (r"ffn.net.0.proj", "ffn.0"), (r"ffn.net.2", "ffn.2"), (r"attn1", "self_attn"),
    (r"attn2", "cross_attn"), (r"to_out.0", "o"), (r"to_([qkv])", r"\1")]
BLOCK = [(r"norm1", "residual.0"), (r"conv1", "residual.2"), (r"norm2", "residual.3"), (r"conv2", "residual.6"), (r"conv_shortcut", "shortcut")]
ORIGINAL_AUTOENCODER = [
    (r"^quant_conv", "conv1"), (r"^post_quant_conv", "conv2"), (r"conv_in", "conv1"), (r"norm_out", "head.0"), (r"conv_out", "head.2"),
    (r"mid_block.attentions.0", "middle.1"), (r"mid_block.resnets.0", "middle.0"), (r"mid_block.resnets.1", "middle.2")]
ORIGINAL_TEXT_ENCODER = [
    (r"^shared", "token_embedding"), (r"^encoder.final_layer_norm", "norm"), (r"^encoder.block", "blocks"), (r"layer.0.layer_norm", "norm1"),
    (r"layer.0.SelfAttention.relative_attention_bias", "pos_embedding.embedding"), (r"layer.0.SelfAttention", "attn"),
    (r"layer.1.layer_norm", "norm2"), (r"layer.1.DenseReluDense.wi_0", "ffn.gate.0"), (r"layer.1.DenseReluDense.wi_1", "ffn.fc1"),
    (r"layer.1.DenseReluDense.wo", "ffn.fc2")]


def renamed(tensors, *tables):
    def name(key):
        for pattern, other in (rule for table in tables for rule in table):
            key = re.sub(pattern, other, key)
        return key

    return {name(key): tensor.clone() for key, tensor in tensors.items()}


def original_autoencoder(tensors):
    """Wan2.1 numbers blocks through; Wan2.2 (with "resnets" on the way down) within each level."""
    if any("down_blocks.0.resnets" in key for key in tensors):
        levels = [(r"encoder.down_blocks.(\d).resnets.(\d)", r"encoder.downsamples.\1.downsamples.\2"),
                  (r"encoder.down_blocks.(\d).downsampler", r"encoder.downsamples.\1.downsamples.2"),
                  (r"decoder.up_blocks.(\d).resnets.(\d)", r"decoder.upsamples.\1.upsamples.\2"),
                  (r"decoder.up_blocks.(\d).upsampler", r"decoder.upsamples.\1.upsamples.3")]
    else:
        levels = [(r"encoder.down_blocks", "encoder.downsamples")]
        for level in range(4):
            levels += [(rf"decoder.up_blocks.{level}.resnets.{i}\b", f"decoder.upsamples.{4 * level + i}") for i in range(3)]
            levels += [(rf"decoder.up_blocks.{level}.upsamplers.0", f"decoder.upsamples.{4 * level + 3}")]
    blocks = [(rf"(resnets.\d|samples.\d+|middle.[02])\.{pattern.strip('^')}", rf"\1.{other}") for pattern, other in BLOCK]
    return renamed(tensors, levels, ORIGINAL_AUTOENCODER, blocks)


def original_pipeline(draw, folder, name):
    """A pipeline of the sizes that the original code has fixed, and its components' tensors under the original names."""
    z = {"wan21": 16, "wan22": 48}[name]
    decoder = dict(decoder_base_dim=4 * draw.integer(2, 4))
    sizes = dict(z_dim=z, num_res_blocks=2, dim_mult=[1, 2, 4, 4], latents_mean=None, latents_std=None) | (WAN22 | decoder if name == "wan22" else {})
    sizes |= {key: LATENTS[z][index] for index, key in enumerate(("latents_mean", "latents_std"))}
    pipeline = random_pipeline(draw, folder, SCHEDULERS["unipc"](5.0), vae_options=sizes, denoiser_options=dict(attention_head_dim=128, eps=1e-6))
    denoiser, vae, text = (getattr(pipeline, part).state_dict() for part in ("transformer", "vae", "text_encoder"))
    files = {"transformer": renamed(denoiser, ORIGINAL_DENOISER), "vae": original_autoencoder(vae), "text-encoder": renamed(text, ORIGINAL_TEXT_ENCODER)}
    files["text-encoder"].pop("encoder.embed_tokens.weight", None)
    assert convert_wan_transformer_to_diffusers(dict(files["transformer"])).keys() == denoiser.keys()
    if name == "wan21":
        assert convert_wan_vae_to_diffusers(dict(files["vae"])).keys() == vae.keys()
    if draw.of([True, False]):
        files["transformer"] = {f"model.diffusion_model.{key}": tensor for key, tensor in files["transformer"].items()}
    return pipeline, files


def compare_files(draw, pipeline, folder, files):
    flags = ["--tokenizer", folder / "tokenizer" / "spiece.model"]
    for part, tensors in files.items():
        save_file(tensors, folder / f"{part}.safetensors")
        flags += [f"--{part}", folder / f"{part}.safetensors"]
    compare(draw, pipeline, folder, 3, 5.0, "a red dog", model=flags, preset=("diffusers", "unipc"))


@pytest.mark.parametrize("name", ["wan21", "wan22"])
def test_files_with_the_original_names(generator, tmp_path, name):
    """Denoiser, autoencoder, text encoder and tokenizer as single files: sizes come from the shapes, settings are those of the original code."""
    draw = Draw(generator)
    pipeline, files = original_pipeline(draw, tmp_path, name)
    compare_files(draw, pipeline, tmp_path, files)


@pytest.mark.parametrize("prefixes", [("vae.", "text_encoders.umt5xxl.transformer.", "text_encoders."), ("first_stage_model.", "cond_stage_model.", "cond_stage_model.")])
def test_a_whole_model_in_one_file(generator, tmp_path, prefixes):
    """As ComfyUI saves it, with the vocabulary of the text encoder: given once, or with the flag of each component."""
    draw = Draw(generator)
    pipeline, files = original_pipeline(draw, tmp_path, "wan21")
    vae, text, vocabulary = prefixes
    whole = {"model.diffusion_model." + name.removeprefix("model.diffusion_model."): tensor for name, tensor in files["transformer"].items()}
    whole |= {vae + name: tensor for name, tensor in files["vae"].items()} | {text + name: tensor for name, tensor in files["text-encoder"].items()}
    whole[vocabulary + "spiece_model"] = torch.frombuffer(bytearray((tmp_path / "tokenizer" / "spiece.model").read_bytes()), dtype=torch.uint8)
    whole["model_ema.decay"] = torch.zeros(())
    file = tmp_path / "whole.safetensors"
    save_file(whole, file)
    flags = draw.of([["--model", file], ["--transformer", file, "--vae", file, "--text-encoder", file]])
    compare(draw, pipeline, tmp_path, 3, 5.0, "a red dog", model=flags, preset=("diffusers", "unipc"))


def as_fp8(draw, model, tensors, names, scaled):
    """The matrices of `tensors` in fp8, with scales of ComfyUI's older or newer names or without; `model` gets what they then mean. `names`:
    the renaming tables from the model's names."""
    scale_name, hint_name = draw.of([("scale_weight", "scale_input"), ("weight_scale", "input_scale")])
    prefix = "model.diffusion_model." if any(name.startswith("model.diffusion_model.") for name in tensors) else ""
    for name, parameter in model.named_parameters():
        spelt = prefix + next(iter(renamed({name: parameter}, *names)))
        if parameter.dim() != 2 or not name.endswith("weight") or spelt not in tensors:
            continue
        largest = parameter.data.abs().amax(draw.of([None, 1]), keepdim=True).float()  # one scale, or one a row
        is_scaled = scaled and ("shared" not in name and "relative" not in name or draw.of([True, False]))  # embeddings are, in some files
        scale = largest / 448 if is_scaled else torch.ones(1)
        tensors[spelt] = (parameter.data / scale).to(torch.float8_e4m3fn)
        parameter.data = tensors[spelt].float() * scale
        if is_scaled:
            layer = spelt.removesuffix(".weight")
            tensors[f"{layer}.{scale_name}"] = scale.reshape(()) if scale.numel() == 1 and draw.of([True, False]) else scale
            tensors[f"{layer}.{hint_name}"] = torch.ones(())
    if scaled and draw.of([True, False]):
        tensors[prefix + "scaled_fp8"] = torch.zeros(2, dtype=torch.float8_e4m3fn)


@pytest.mark.parametrize("scaled", [False, True])
def test_files_of_fp8(generator, tmp_path, scaled):
    """As ComfyUI has them: matrices cast to fp8, or scaled into its range first; what they mean is the product with the scale."""
    draw = Draw(generator)
    pipeline, files = original_pipeline(draw, tmp_path, "wan21")
    as_fp8(draw, pipeline.transformer, files["transformer"], [ORIGINAL_DENOISER], scaled)
    as_fp8(draw, pipeline.text_encoder, files["text-encoder"], [ORIGINAL_TEXT_ENCODER], scaled)
    compare_files(draw, pipeline, tmp_path, files)
    convert(tmp_path / "transformer.safetensors", "--to", "diffusers", "--dtype", "fp32", "-o", tmp_path / "wide")
    wide, meant = tensors_of(tmp_path / "wide"), pipeline.transformer.state_dict()
    assert wide.keys() == meant.keys()
    assert all(torch.equal(wide[name], tensor.float()) for name, tensor in meant.items())
    convert(tmp_path / "transformer.safetensors", "-o", tmp_path / "same.safetensors")
    assert_equal(load_file(tmp_path / "same.safetensors"), files["transformer"])


LORA_STYLES = {  # prefix, names of the two matrices, whether names are the original ones, what stands for dots
    "peft": ("transformer.", "lora_A.weight", "lora_B.weight", False, "."),
    "comfyui": ("diffusion_model.", "lora_A.weight", "lora_B.weight", True, "."),
    "kohya": ("lora_unet_", "lora_down.weight", "lora_up.weight", True, "_"),
}


def random_lora(draw, model, style, scale):
    """A LoRA of some layers in one style, and the same change made to the model."""
    prefix, down_name, up_name, original, dot = LORA_STYLES[style]
    tensors = {}
    for name, parameter in model.named_parameters():
        layer = name.removesuffix(".weight")
        if layer == name or parameter.dim() < 2 or "blocks" in name and draw.of([False, True]):
            continue
        rank, alpha = draw.integer(1, 4), draw.of([None, 2.0])
        down, up = 0.3 * draw.normal(rank, *parameter.shape[1:]), 0.3 * draw.normal(parameter.shape[0], rank, *[1] * (parameter.dim() - 2))
        spelt = next(iter(renamed({name: parameter}, ORIGINAL_DENOISER))).removesuffix(".weight") if original else layer
        spelt = prefix + spelt.replace(".", dot)
        tensors |= {f"{spelt}.{down_name}": down, f"{spelt}.{up_name}": up}
        if alpha:
            tensors[f"{spelt}.alpha"] = torch.tensor(alpha)
        parameter.data += scale * (alpha / rank if alpha else 1) * (up.flatten(1) @ down.flatten(1)).view(parameter.shape)
    if style == "comfyui":
        bias = model.proj_out.bias
        tensors["diffusion_model.head.head.diff_b"] = draw.normal(*bias.shape)
        bias.data += scale * tensors["diffusion_model.head.head.diff_b"]
    return tensors


def test_loras_of_all_styles(generator, tmp_path):
    """Several at once, added at run time."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["unipc"](3.0))
    flags = ["--model", tmp_path]
    for style in LORA_STYLES:
        scale = draw.of([1.0, 0.5, -0.25])
        save_file(random_lora(draw, pipeline.transformer, style, scale), tmp_path / f"{style}.safetensors")
        flags += ["--lora", f"{tmp_path / style}.safetensors:{scale}"]
    compare(draw, pipeline, tmp_path, 2, 3.0, "a big cat", model=flags)


def test_a_lora_of_an_image_branch_is_used_without_it(generator, tmp_path):
    """Files of I2V on a model without images: the rest counts, what is left out is told, and refused where that is asked for."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["unipc"](3.0))
    lora = random_lora(draw, pipeline.transformer, "comfyui", 1.0)
    of_images = [f"diffusion_model.blocks.0.cross_attn.{layer}.lora_{part}.weight" for layer in ("k_img", "v_img") for part in "AB"]
    save_file(lora | {name: draw.normal(2, 2) for name in of_images} | {"diffusion_model.img_emb.proj.0.diff": draw.normal(8)}, tmp_path / "i2v.safetensors")
    flags = ["--model", tmp_path, "--lora", tmp_path / "i2v.safetensors"]
    compare(draw, pipeline, tmp_path, 2, 3.0, "a big cat", model=flags)
    command = [BUILD / "zoetrope", "convert", tmp_path / "transformer", "-q", "--merge-lora", tmp_path / "i2v.safetensors", "-o", tmp_path / "merged"]
    strict = subprocess.run([*command, "--lora-strict"], capture_output=True, text=True, timeout=300)
    assert strict.returncode == 1 and f"5 of its {len(lora) + 5} keys are for parts that this model does not have" in strict.stderr
    merged = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert merged.returncode == 0 and "cross_attn.k_img.lora_A.weight" in merged.stderr


def test_a_lora_that_matches_nothing_is_refused(generator, tmp_path):
    draw = Draw(generator)
    random_pipeline(draw, tmp_path, SCHEDULERS["unipc"](3.0))
    save_file({"lora_te_text.lora_down.weight": draw.normal(2, 2), "transformer.blocks.0.attn1.to_q.hada_w1_a": draw.normal(2, 2)},
              tmp_path / "lora.safetensors")
    told = refusal("generate", "--model", tmp_path, "--lora", tmp_path / "lora.safetensors", "--prompt", "a", "-o", tmp_path / "x.png")
    assert "2 of its 2 keys" in told and "lora_te_text" in told and "hada_w1_a" in told


def convert(*arguments):
    done = subprocess.run([BUILD / "zoetrope", "convert", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def tensors_of(path):
    return {name: tensor for file in ([path] if path.is_file() else path.glob("*.safetensors")) for name, tensor in load_file(file).items()}


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype and torch.equal(a[name], b[name]), name


@pytest.mark.parametrize("part", ["transformer", "vae", "text_encoder"])
def test_conversions_come_back_bit_for_bit(generator, tmp_path, part):
    """From diffusers to the original names and back, in shards; what comes back loads in diffusers and transformers."""
    draw = Draw(generator)
    vae = dict(z_dim=16, num_res_blocks=2, dim_mult=[1, 2, 4, 4], latents_mean=LATENTS[16][0], latents_std=LATENTS[16][1])
    make = {"transformer": lambda folder: random_denoiser(draw, folder, attention_head_dim=128, eps=1e-6),
            "vae": lambda folder: random_autoencoder(draw, folder, **vae), "text_encoder": lambda folder: random_text_encoder(draw, folder, 90)}
    make[part](tmp_path / part)
    here = tensors_of(tmp_path / part)
    convert(tmp_path / part, "--to", "original", "-o", tmp_path / "original.safetensors")
    convert(tmp_path / "original.safetensors", "--to", "diffusers", "--shard-size", "50kB", "-o", tmp_path / "back")
    here.pop("encoder.embed_tokens.weight", None)
    assert_equal(tensors_of(tmp_path / "back"), here)
    if part == "text_encoder":
        _, info = UMT5EncoderModel.from_pretrained(tmp_path / "back", output_loading_info=True)
        assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"]
    else:
        kind = {"transformer": WanTransformer3DModel, "vae": AutoencoderKLWan}[part]
        kind.from_config(kind.load_config(tmp_path / "back")).load_state_dict(tensors_of(tmp_path / "back"), strict=True)
    convert(tmp_path / "original.safetensors", "--dtype", "bf16", "-o", tmp_path / "small.safetensors")
    expected = {name: t.to(torch.bfloat16) for name, t in load_file(tmp_path / "original.safetensors").items()}
    assert_equal(load_file(tmp_path / "small.safetensors"), expected)


def test_a_whole_model_converts_and_merged_loras_stay(generator, tmp_path):
    draw = Draw(generator)
    folder = tmp_path / "model"
    pipeline = random_pipeline(draw, folder, SCHEDULERS["unipc"](3.0))
    save_file(random_lora(draw, pipeline.transformer, "comfyui", 0.5), tmp_path / "lora.safetensors")
    convert(folder, "--dtype", "fp32", "--shard-size", "60kB", "--merge-lora", f"{tmp_path}/lora.safetensors:0.5", "-o", tmp_path / "merged")
    compare(draw, pipeline, tmp_path / "merged", 2, 3.0, "a small bird")


@pytest.mark.parametrize("images", [["image"], ["image", "last_image"]])
@pytest.mark.parametrize("name", ["wan21", "wan22"])
def test_image_to_video(generator, tmp_path, name, images):
    """Wan2.1 I2V and FLF2V, which see images through CLIP as well, and Wan2.2 I2V A14B, which does not."""
    draw = Draw(generator)
    z = draw.integer(2, 5)
    options, encoder, tokens = dict(in_channels=2 * z + 4, out_channels=z), None, 0
    if name == "wan21":
        torch.manual_seed(draw.integer(0, 2**31))
        encoder = CLIPVisionModel(CLIPVisionConfig(hidden_size=12, num_attention_heads=2, num_hidden_layers=3, intermediate_size=20, image_size=16,
                                                   patch_size=8)).eval()
        options |= dict(image_dim=12, pos_embed_seq_len=10 if len(images) == 2 else None)
    more = {} if name == "wan21" else dict(boundary_ratio=0.9)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["unipc"](3.0), WanImageToVideoPipeline, dict(z_dim=z), options, image_encoder=encoder, **more)
    compare(draw, pipeline, tmp_path, 4, 3.0, "a dog", animate=images)


def test_an_image_encoder_in_a_file_alone(generator, tmp_path):
    """As ComfyUI has it: sizes of ViT-H by the shapes, images as CLIP's processor prepares them."""
    draw = Draw(generator)
    torch.manual_seed(draw.integer(0, 2**31))
    encoder = CLIPVisionModel(CLIPVisionConfig(hidden_size=160, num_attention_heads=2, num_hidden_layers=3, intermediate_size=20, image_size=16, patch_size=8,
                                               hidden_act="gelu")).eval()
    z = draw.integer(2, 5)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["unipc"](3.0), WanImageToVideoPipeline, dict(z_dim=z),
                               dict(in_channels=2 * z + 4, out_channels=z, image_dim=160), image_encoder=encoder)
    (tmp_path / "image_encoder").rename(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "image_processor")
    flags = ["--model", tmp_path, "--image-encoder", tmp_path / "elsewhere" / "model.safetensors"]
    compare(draw, pipeline, tmp_path, 2, 3.0, "a dog", animate=["image"], model=flags)
    converted = tmp_path / "converted"
    (tmp_path / "elsewhere").rename(tmp_path / "image_encoder")
    convert(tmp_path, "--dtype", "fp16", "-o", f"{converted}/")
    assert (converted / "image_encoder" / "config.json").exists() and not list(tmp_path.glob("*unfinished*"))


@pytest.mark.parametrize("options", [{}, dict(boundary_ratio=0.875)])
def test_the_preset_of_four_steps(generator, tmp_path, options, monkeypatch):
    """lightx2v and Lightning: Euler steps at four timesteps, shifted by 5; two of them are the second expert's."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS["euler"](5.0), **options)
    set_timesteps = pipeline.scheduler.set_timesteps
    monkeypatch.setattr(pipeline.scheduler, "set_timesteps", lambda steps, device=None: set_timesteps(sigmas=[1.0, 0.75, 0.5, 0.25]))
    compare(draw, pipeline, tmp_path, 4, 5.0, "a dog", preset=("4step", "euler"))
    assert [round(t, 1) for t in pipeline.scheduler.timesteps.tolist()] == [1000, 937.5, 833.3, 625]


@pytest.mark.parametrize("name", ["unipc", "dpm++"])
def test_the_preset_of_the_original_code(generator, tmp_path, name, monkeypatch):
    """Its samplers visit other levels than diffusers' (fm_solvers_unipc.py): from 0.999 down, shifted. diffusers takes those from outside."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, SCHEDULERS[name](5.0))
    set_timesteps = pipeline.scheduler.set_timesteps
    monkeypatch.setattr(pipeline.scheduler, "set_timesteps",
                        lambda steps, device=None: set_timesteps(steps, sigmas=numpy.linspace(0.999, 0, steps + 1)[:-1]) if name == "unipc"
                        else set_timesteps(steps))  # whose own levels are the same
    compare(draw, pipeline, tmp_path, 6, 5.0, "a dog", preset=("wan", name))
