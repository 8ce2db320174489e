"""DiT with the image autoencoder of Stable Diffusion against diffusers: folders with random sizes and weights, written by save_pretrained."""
import json
import subprocess

import pytest
import torch
from conftest import BUILD, Draw, assert_bf16, assert_gradients, in_bf16, relative_error, save
from diffusers import AutoencoderKL, DDIMScheduler, DDPMScheduler, DiTPipeline, DiTTransformer2DModel
from safetensors.torch import load_file, save_file


def random_denoiser(draw, folder, **fixed):
    torch.manual_seed(draw.integer(0, 2**31))
    channels = fixed.get("in_channels", draw.integer(2, 6))
    config = dict(num_attention_heads=draw.integer(1, 4), attention_head_dim=4 * draw.integer(1, 9), in_channels=channels,
                  out_channels=channels * draw.integer(1, 2), num_layers=draw.integer(1, 4), attention_bias=draw.of([True, True, False]),
                  sample_size=draw.integer(4, 12), patch_size=draw.of([1, 2, 2, 4]), num_embeds_ada_norm=draw.of([5, 1000]),
                  norm_eps=draw.of([1e-5, 1e-6])) | fixed
    return save(draw, DiTTransformer2DModel(**config), folder)


@pytest.mark.parametrize("number", range(7))
def test_denoiser(probe, generator, tmp_path, number):
    """On grids of the size that the model is made for, and on others, odd ones among them."""
    draw = Draw(generator)
    model = random_denoiser(draw, tmp_path)
    config = model.config
    side = config.patch_size * draw.of([config.sample_size // config.patch_size, draw.integer(2, 7)])
    batch = max(draw.integer(1, 3), -(-30 // (config.out_channels * side**2)))  # as many numbers as assert_bf16 needs
    latents = draw.normal(batch, config.in_channels, side, side)
    timesteps = torch.tensor([draw.integer(0, 999) for _ in range(batch)])
    labels = torch.tensor([draw.of([draw.integer(0, config.num_embeds_ada_norm), config.num_embeds_ada_norm]) for _ in range(batch)])
    with torch.no_grad():
        exact = model(latents, timesteps, labels).sample
        theirs = in_bf16(model, tmp_path)(latents.bfloat16(), timesteps, labels).sample
    ours, rounded = (probe("dit_denoise", dict(latents=latents, timesteps=timesteps, labels=labels), folder=str(tmp_path), dtype=dtype)["raw"]
                     for dtype in ("fp32", "bf16"))
    assert relative_error(ours, exact) < 1e-5
    assert_bf16(rounded, theirs, exact)


@pytest.mark.parametrize("number", range(3))
def test_gradients(probe, generator, tmp_path, number):
    """Of a sum over the output by every parameter, in fp32."""
    draw = Draw(generator)
    model = random_denoiser(draw, tmp_path, num_embeds_ada_norm=5)
    side = model.config.patch_size * model.config.sample_size
    latents, labels = draw.normal(6, model.config.in_channels, side, side), torch.arange(6)
    timesteps = torch.tensor([draw.integer(1, 999) for _ in labels])
    output = model(latents, timesteps, labels).sample
    upstream = draw.normal(*output.shape)
    (output * upstream).sum().backward()
    ours = probe("dit_gradients", dict(latents=latents, timesteps=timesteps, labels=labels, upstream=upstream), folder=str(tmp_path))
    assert_gradients(ours, model)


def random_autoencoder(draw, folder, **fixed):
    torch.manual_seed(draw.integer(0, 2**31))
    groups, levels = draw.integer(1, 4), draw.integer(1, 4)  # of 5 channels or more: single precision cannot hold the norm of fewer
    config = dict(block_out_channels=[groups * draw.integer(5, 10) for _ in range(levels)], layers_per_block=draw.integer(1, 3),
                  norm_num_groups=groups, latent_channels=draw.integer(2, 6), mid_block_add_attention=draw.of([True, True, False]),
                  use_quant_conv=draw.of([True, True, False]), use_post_quant_conv=draw.of([True, True, False]),
                  scaling_factor=draw.of([0.18215, 1.5]), shift_factor=draw.of([None, 0.1])) | fixed
    levels = len(config["block_out_channels"])
    config |= dict(down_block_types=["DownEncoderBlock2D"] * levels, up_block_types=["UpDecoderBlock2D"] * levels)
    return save(draw, AutoencoderKL(**config), folder)


@pytest.mark.parametrize("names", ["today's", "older"])
@pytest.mark.parametrize("number", range(5))
def test_autoencoder(probe, generator, tmp_path, number, names):
    """Each frame of a clip by itself, with sides of any length in latent cells."""
    draw = Draw(generator)
    model = random_autoencoder(draw, tmp_path)
    config = model.config
    if names == "older":  # the names of the attention layers in files of Stable Diffusion's own time
        older = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
        for file in tmp_path.glob("*.safetensors*"):
            file.unlink()
        tensors = {}
        for name, tensor in model.state_dict().items():
            for current, other in older.items():
                name = name.replace(f"attentions.0.{current}.", f"attentions.0.{other}.")
            tensors[name] = tensor
        save_file(tensors, tmp_path / "diffusion_pytorch_model.safetensors")
    batch, frames, h, w = 2, draw.integer(1, 3), draw.integer(3, 5), draw.integer(3, 5)
    space, scale, shift = 2 ** (len(config.block_out_channels) - 1), config.scaling_factor, config.shift_factor or 0
    clip = draw.normal(batch, 3, frames, space * h, space * w).clamp(-1, 1)
    latents = draw.normal(batch, config.latent_channels, frames, h, w)

    def run(model, dtype):
        with torch.no_grad():
            encoded = [(model.encode(clip[:, :, i].to(dtype)).latent_dist.mode().float() - shift) * scale for i in range(frames)]
            decoded = [model.decode((latents[:, :, i] / scale + shift).to(dtype)).sample for i in range(frames)]
        return dict(latents=torch.stack(encoded, 2), frames=torch.stack(decoded, 2))

    exact, theirs = run(model, torch.float32), run(in_bf16(model, tmp_path), torch.bfloat16)
    ours, rounded = (probe("sd_autoencode", dict(frames=clip, latents=latents), folder=str(tmp_path), dtype=dtype) for dtype in ("fp32", "bf16"))
    for name, reference in exact.items():
        assert relative_error(ours[name], reference) < 1e-5
        assert_bf16(rounded[name], theirs[name], reference)


def random_scheduler(draw, kind, **fixed):
    """With any of the settings that pipelines use; the first are those of the published DiT."""
    settings = dict(clip_sample=draw.of([False, True]), clip_sample_range=draw.of([1.0, 2.5]), timestep_spacing=draw.of(["leading", "trailing", "linspace"]),
                    beta_schedule=draw.of(["linear", "scaled_linear"]), steps_offset=draw.of([0, 1])) | fixed
    if kind is DDIMScheduler:
        settings = dict(set_alpha_to_one=draw.of([True, False])) | settings
    else:
        settings = dict(variance_type=draw.of(["fixed_small", "fixed_large", "learned_range"])) | settings
    return kind(**settings)


STEPS = [1, 2, 5, 7, 20, 50]


@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
@pytest.mark.parametrize("kind", [DDIMScheduler, DDPMScheduler])
def test_timesteps(probe, kind, spacing):
    scheduler, counts = kind(timestep_spacing=spacing), [*STEPS, 3, 250, 999, 1000]
    ours = probe("timesteps", config=dict(scheduler.config, _class_name=kind.__name__), steps=counts)
    for steps in counts:
        scheduler.set_timesteps(steps)
        assert torch.equal(ours[str(steps)], scheduler.timesteps[:steps].long()), steps


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("kind", [DDIMScheduler, DDPMScheduler])
def test_scheduler(probe, generator, kind, number):
    """On a toy network that both sides can compute; noise comes from generators with the same seed."""
    draw = Draw(generator)
    tensors, runs, references = dict(x=draw.normal(2, 3, 5, 6), slope=draw.normal(6, 1, 1)), [], []
    for steps in STEPS:
        for spacing in ["leading", "trailing", "linspace"]:
            scheduler, seed = random_scheduler(draw, kind, timestep_spacing=spacing), draw.integer(0, 2**31)
            channels = 6 if scheduler.config.get("variance_type") == "learned_range" else 3
            scheduler.set_timesteps(steps)
            x, noises = tensors["x"], torch.Generator().manual_seed(seed)
            for t in scheduler.timesteps:
                raw = torch.tanh(torch.cat([x, x], 1) + tensors["slope"] * (t / 1000))[:, :channels]
                x = scheduler.step(raw, int(t), x, generator=noises).prev_sample
            runs.append(dict(config=dict(scheduler.config, _class_name=kind.__name__), steps=steps, seed=seed, channels=channels))
            references.append(x)
    ours = probe("sample_discrete", tensors, runs=runs)
    for index, reference in enumerate(references):
        assert relative_error(ours[str(index)], reference) < 1e-4, runs[index]


LABELS = {"0": "tench, Tinca tinca", "207": "golden retriever", "417": "balloon", "999": "toilet tissue, toilet paper, bathroom tissue"}


def random_pipeline(draw, folder, scheduler, **denoiser):
    """A whole model folder, and the pipeline of diffusers for it."""
    vae = random_autoencoder(draw, folder / "vae", latent_channels=4, shift_factor=None)  # the pipeline of DiT knows no shift
    sizes = dict(in_channels=4, num_embeds_ada_norm=1000, sample_size=2 * draw.integer(2, 5), patch_size=2)
    transformer = random_denoiser(draw, folder / "transformer", **sizes | denoiser)
    pipeline = DiTPipeline(transformer=transformer, vae=vae, scheduler=scheduler, id2label=LABELS)
    pipeline.set_progress_bar_config(disable=True)
    scheduler.save_pretrained(folder / "scheduler")
    pipeline.save_config(folder)
    index = folder / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {"id2label": LABELS}))
    return pipeline


def generate(folder, **flags):
    """Latents [4,1,h,w] and frames [1,H,W,3] of the program."""
    command = [BUILD / "zoetrope", "generate", "--model", folder, "--dtype", "fp32", "--quiet", "-o", folder / "out.safetensors"]
    command += [str(part) for name, value in flags.items() for part in ("--" + name.replace("_", "-"), value)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return load_file(folder / "out.safetensors")


def watch_latents(pipeline):
    """The list that gets what the pipeline gives to its autoencoder."""
    seen, decode = [], pipeline.vae.decode
    pipeline.vae.decode = lambda z, *rest, **more: (seen.append(z * pipeline.vae.config.scaling_factor), decode(z, *rest, **more))[1]
    return seen


@pytest.mark.parametrize("guidance", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("steps", [1, 2, 5, 20])
def test_the_whole_pipeline(generator, tmp_path, steps, guidance):
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, random_scheduler(draw, DDIMScheduler))
    name = draw.of(list(pipeline.labels))
    seed, label = draw.integer(0, 2**31), pipeline.labels[name]
    seen = watch_latents(pipeline)
    frames = pipeline([label], guidance_scale=guidance, num_inference_steps=steps, generator=torch.Generator().manual_seed(seed), output_type="np").images
    ours = generate(tmp_path, class_label=draw.of([label, name]), seed=seed, steps=steps, guidance=guidance)
    assert relative_error(ours["latents"][:, 0], seen[0][0]) < 1e-3
    assert relative_error(ours["frames"], torch.from_numpy(frames)) < 1e-3


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_the_pipeline_with_ddpm(generator, tmp_path, guidance):
    """diffusers' pipeline gives its scheduler no generator, so the noise of its steps comes from the global one; and it has no learned variance."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, random_scheduler(draw, DDPMScheduler, variance_type="fixed_large"))
    seed = draw.integer(0, 2**31)
    seen = watch_latents(pipeline)
    torch.manual_seed(seed)
    frames = pipeline([207], guidance_scale=guidance, num_inference_steps=10, output_type="np").images
    ours = generate(tmp_path, class_label="golden retriever", seed=seed, steps=10, guidance=guidance)
    assert relative_error(ours["latents"][:, 0], seen[0][0]) < 1e-3
    assert relative_error(ours["frames"], torch.from_numpy(frames)) < 1e-3


@pytest.mark.parametrize("steps", [1, 5, 20])
def test_the_sampling_of_the_paper(generator, tmp_path, steps):
    """Guidance on the first three channels, random steps with the variance that the network says: the loop of the original code, with the
    scheduler of diffusers that has those steps."""
    draw = Draw(generator)
    pipeline = random_pipeline(draw, tmp_path, DDIMScheduler(clip_sample=False), out_channels=8)
    seed, noises = draw.integer(0, 2**31), torch.Generator()
    noises.manual_seed(seed)
    scheduler = DDPMScheduler(variance_type="learned_range", clip_sample=False, timestep_spacing="linspace")
    scheduler.set_timesteps(steps)
    side = pipeline.transformer.config.sample_size
    x = torch.randn(1, 4, side, side, generator=noises).repeat(2, 1, 1, 1)
    for t in scheduler.timesteps:
        x = torch.cat([x[:1], x[:1]])
        with torch.no_grad():
            raw = pipeline.transformer(x, t.expand(2), torch.tensor([417, 1000])).sample
        guided = raw[1:, :3] + 4.0 * (raw[:1, :3] - raw[1:, :3])
        x = scheduler.step(torch.cat([guided.repeat(2, 1, 1, 1), raw[:, 3:]], 1), t, x, generator=noises).prev_sample
    request = tmp_path / "request.json"
    request.write_text(json.dumps(dict(class_label="balloon", seed=seed, steps=steps, preset="paper")))
    for flags in (dict(class_label="balloon", seed=seed, steps=steps, preset="paper"), {"from": request}):
        assert relative_error(generate(tmp_path, **flags)["latents"], x[:1].transpose(0, 1)) < 1e-3
