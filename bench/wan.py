"""Wan2.1 1.3B against diffusers in one run: time and memory of a forward pass, of the autoencoder, and of 4 of the 24 layers of the text encoder. Weights are
random, in bf16 files and in the real shapes; --layers cuts the denoiser's 30 layers short where time is. bf16 where the processor computes it, fp32 elsewhere.
The memory is what the process has more at its peak than before, the weights not counted where they stay in their dtype.

    bench/wan.py --layers 30 --large --compiled
    bench/wan.py --layers 2 --large --only forward
"""
import argparse
import ctypes
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
CELLS = {"256x256x9": (3, 32, 32), "480x832x5": (2, 60, 104), "480x832x17": (5, 60, 104), "480x832x81": (21, 60, 104)}
SMALL = ["forward 256x256x9", "decode 256x256x9", "encode 256x256x9", "text 64", "text 512"]
LARGE = ["forward 480x832x17", "forward 480x832x81", "decode 480x832x5"]


def write_weights(folder, layers):
    """Random weights in bf16, and the models with the same weights."""
    torch.manual_seed(0)
    models = {"transformer": WanTransformer3DModel(num_attention_heads=12, attention_head_dim=128, ffn_dim=8960, num_layers=layers),
              "vae": AutoencoderKLWan(),
              "text_encoder": UMT5EncoderModel(UMT5Config(vocab_size=1000, d_model=4096, d_kv=64, d_ff=10240, num_heads=64, num_layers=4))}
    for name, model in models.items():
        model.eval().to(torch.bfloat16).save_pretrained(folder / name)
    return models


def memory(name):
    """VmRSS: what this process has; VmHWM: what it had at its peak."""
    line = next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return 1024 * int(line.split()[1])


def measured(run):
    """Milliseconds, and bytes at the peak beyond those before."""
    ctypes.CDLL(None).malloc_trim(0)
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    with torch.no_grad():
        start = time.perf_counter()
        run()
        return 1000 * (time.perf_counter() - start), memory("VmHWM") - before


def diffusers_run(models, dtype, what, peer):
    """What is measured, as a user of diffusers would write it; peer: "eager" or "compiled"."""
    prepared = torch.compile if peer == "compiled" else lambda run: run
    denoiser, vae, encoder = (models[name].to(dtype) for name in ("transformer", "vae", "text_encoder"))
    stage, size = what.split()
    if stage == "forward":
        forward, latents, text = prepared(denoiser), torch.randn(1, 16, *CELLS[size], dtype=dtype), torch.zeros(1, 512, 4096, dtype=dtype)
        text[:, :PROMPT] = torch.randn(1, PROMPT, 4096)  # as the pipeline pads a prompt
        return lambda: forward(latents, torch.tensor([500]), text)
    if stage == "decode":
        decode, latents = prepared(vae.decode), torch.randn(1, 16, *CELLS[size], dtype=dtype)
        return lambda: decode(latents)
    if stage == "encode":
        t, h, w = CELLS[size]
        encode, frames = prepared(vae.encode), torch.randn(1, 3, 4 * t - 3, 8 * h, 8 * w, dtype=dtype).clamp(-1, 1)
        return lambda: encode(frames)
    encode, mask = prepared(encoder), (torch.arange(512) < int(size)).long()[None]
    return lambda: encode(7 * mask, mask)  # prompts are padded to 512 there, and here not at all


def our_run(folder, what, threads):
    """The first of two runs, which reads the weights, does not count."""
    name, size = what.split()
    arguments = "/".join(map(str, CELLS.get(size, [size])))
    command = [HOUSE / "build/bench-wan", "--benchmark_format=json", f"--benchmark_filter={name.title()}/{arguments}/"]
    environment = {**os.environ, "ZOETROPE_BENCH_WAN": str(folder), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)["benchmarks"][0]
    return result["real_time"], result["peak_bytes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--large", action="store_true", help="480x832 as well")
    parser.add_argument("--only", default="", help="what begins like that: decode, or 'forward 480x832x17'")
    parser.add_argument("--compiled", action="store_true", help="compare with torch.compile as well")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    has_bf16 = any(flag in pathlib.Path("/proc/cpuinfo").read_text() for flag in ("avx512_bf16", "amx_bf16"))
    chosen = [what for what in SMALL + (LARGE if options.large else []) if what.startswith(options.only)]
    peers = ["eager", "compiled"] if options.compiled else ["eager"]
    print(f"Wan2.1 1.3B, {options.layers} layers, {'bf16' if has_bf16 else 'fp32'}, {options.threads} threads; best of {options.rounds} rounds in turns")
    with tempfile.TemporaryDirectory() as folder:
        models = write_weights(pathlib.Path(folder), options.layers)
        for what in chosen:
            dtype = torch.bfloat16 if has_bf16 else torch.float32
            runs = {peer: diffusers_run(models, dtype, what, peer) for peer in peers}
            for run in runs.values():
                measured(run)
            rounds = [[*(measured(run) for run in runs.values()), our_run(folder, what, options.threads)] for _ in range(options.rounds)]
            *theirs, ours = (min(side) for side in zip(*rounds))
            told = ", ".join(f"diffusers {peer} {time:.0f} ms and {peak / 1e9:.2f} GB (ratio {time / ours[0]:.2f})" for peer, (time, peak) in zip(peers, theirs))
            print(f"{what}: zoetrope {ours[0]:.0f} ms and {ours[1] / 1e9:.2f} GB, {told}", flush=True)


if __name__ == "__main__":
    main()
