"""Wan2.1 1.3B against diffusers in one run: a forward pass at 256x256x9 (and, with --large, at 480x832x17), the autoencoder at 256x256x9, and 4 of the 24
layers of the text encoder. Weights are random, in bf16 files and in the real shapes; --layers cuts the denoiser's 30 layers short where time is. bf16 where
the processor computes it, fp32 elsewhere.

    bench/wan.py --layers 30 --large
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from transformers import UMT5Config, UMT5EncoderModel

HOUSE = pathlib.Path(__file__).parents[1]
PROMPT = 64  # tokens
CELLS = {"256x256x9": (3, 32, 32), "480x832x17": (5, 60, 104)}


def write_weights(folder, layers):
    """Random weights in bf16, and the models with the same weights."""
    torch.manual_seed(0)
    models = {"transformer": WanTransformer3DModel(num_attention_heads=12, attention_head_dim=128, ffn_dim=8960, num_layers=layers),
              "vae": AutoencoderKLWan(),
              "text_encoder": UMT5EncoderModel(UMT5Config(vocab_size=1000, d_model=4096, d_kv=64, d_ff=10240, num_heads=64, num_layers=4))}
    for name, model in models.items():
        model.eval().to(torch.bfloat16).save_pretrained(folder / name)
    return models


def time_of(run):
    with torch.no_grad():
        start = time.perf_counter()
        run()
        return 1000 * (time.perf_counter() - start)


def diffusers_runs(models, dtype, sizes, compiled):
    """What is measured, by its name."""
    denoiser, vae, encoder = (models[name].to(dtype) for name in ("transformer", "vae", "text_encoder"))
    forward = torch.compile(denoiser) if compiled else denoiser
    runs = {}
    for size in sizes:
        latents, text = torch.randn(1, 16, *CELLS[size], dtype=dtype), torch.zeros(1, 512, 4096, dtype=dtype)
        text[:, :PROMPT] = torch.randn(1, PROMPT, 4096)  # as the pipeline pads a prompt
        runs[f"forward {size}"] = lambda latents=latents, text=text: forward(latents, torch.tensor([500]), text)
    latents, frames = torch.randn(1, 16, *CELLS["256x256x9"], dtype=dtype), torch.randn(1, 3, 9, 256, 256, dtype=dtype).clamp(-1, 1)
    runs["decode 256x256x9"] = lambda: vae.decode(latents)
    runs["encode 256x256x9"] = lambda: vae.encode(frames)
    encode = torch.compile(encoder) if compiled else encoder
    for length in (PROMPT, 512):
        mask = (torch.arange(512) < length).long()[None]
        runs[f"text {length}"] = lambda mask=mask: encode(7 * mask, mask)  # prompts are padded to 512 there, and here not at all
    return runs


def our_time(folder, what, threads):
    """The first of two runs, which reads the weights, does not count."""
    name, size = what.split()
    arguments = "/".join(map(str, CELLS.get(size, [size])))
    command = [HOUSE / "build/bench-wan", "--benchmark_format=json", f"--benchmark_filter={name.title()}/{arguments}/"]
    environment = {**os.environ, "ZOETROPE_BENCH_WAN": str(folder), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["benchmarks"][0]["real_time"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--large", action="store_true", help="480x832x17 as well")
    parser.add_argument("--compiled", action="store_true", help="compare with torch.compile instead of eager")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    has_bf16 = any(flag in pathlib.Path("/proc/cpuinfo").read_text() for flag in ("avx512_bf16", "amx_bf16"))
    sizes = list(CELLS) if options.large else ["256x256x9"]
    peer = "compiled" if options.compiled else "eager"
    print(f"Wan2.1 1.3B, {options.layers} layers, {'bf16' if has_bf16 else 'fp32'}, {options.threads} threads; best of {options.rounds} rounds in turns")
    with tempfile.TemporaryDirectory() as folder:
        models = write_weights(pathlib.Path(folder), options.layers)
        runs = diffusers_runs(models, torch.bfloat16 if has_bf16 else torch.float32, sizes, options.compiled)
        for what, run in runs.items():
            time_of(run)
            times = [(time_of(run), our_time(folder, what, options.threads)) for _ in range(options.rounds)]
            theirs, ours = map(min, zip(*times))
            print(f"{what}: diffusers {peer} {theirs:.0f} ms, zoetrope {ours:.0f} ms, ratio {theirs / ours:.2f}", flush=True)


if __name__ == "__main__":
    main()
