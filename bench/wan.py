"""Wan2.1 1.3B against diffusers in one run: a forward pass at 256x256x9 (and, with --large, at 480x832x17), and the autoencoder at 256x256x9. Weights are
random, in bf16 files and in the real shapes; --layers cuts the denoiser's 30 layers short where time is. bf16 where the processor computes it, fp32 elsewhere.

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

HOUSE = pathlib.Path(__file__).parents[1]
CELLS = {"256x256x9": (3, 32, 32), "480x832x17": (5, 60, 104)}


def write_weights(folder, layers):
    """Random weights in bf16, and the models with the same weights."""
    torch.manual_seed(0)
    models = {"transformer": WanTransformer3DModel(num_attention_heads=12, attention_head_dim=128, ffn_dim=8960, num_layers=layers),
              "vae": AutoencoderKLWan()}
    for name, model in models.items():
        model.eval().to(torch.bfloat16).save_pretrained(folder / name)
    return models


def best_of(count, run):
    times = []
    with torch.no_grad():
        run()
        for _ in range(count):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
    return 1000 * min(times)


def diffusers_times(models, dtype, sizes, compiled):
    denoiser, vae = (models[name].to(dtype) for name in ("transformer", "vae"))
    forward = torch.compile(denoiser) if compiled else denoiser
    times = {}
    for size in sizes:
        latents, text = torch.randn(1, 16, *CELLS[size], dtype=dtype), torch.randn(1, 512, 4096, dtype=dtype)
        times[f"forward {size}"] = best_of(2, lambda: forward(latents, torch.tensor([500]), text))
    latents, frames = torch.randn(1, 16, *CELLS["256x256x9"], dtype=dtype), torch.randn(1, 3, 9, 256, 256, dtype=dtype).clamp(-1, 1)
    times["decode 256x256x9"] = best_of(2, lambda: vae.decode(latents))
    times["encode 256x256x9"] = best_of(2, lambda: vae.encode(frames))
    return times


def our_times(folder, sizes, threads):
    cells = "|".join("/".join(map(str, CELLS[size])) for size in sizes)
    command = [HOUSE / "build/bench-wan", "--benchmark_format=json", f"--benchmark_filter=({cells})/"]
    environment = {**os.environ, "ZOETROPE_BENCH_WAN": str(folder), "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    names = {"/".join(map(str, shape)): size for size, shape in CELLS.items()}
    times = {}
    for result in json.loads(done.stdout)["benchmarks"]:
        what, *shape = result["name"].split("/")[:4]
        times[f"{what.removeprefix('BM_').lower()} {names['/'.join(shape)]}"] = result["real_time"]
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--large", action="store_true", help="480x832x17 as well")
    parser.add_argument("--compiled", action="store_true", help="compare with torch.compile instead of eager")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    has_bf16 = any(flag in pathlib.Path("/proc/cpuinfo").read_text() for flag in ("avx512_bf16", "amx_bf16"))
    sizes = list(CELLS) if options.large else ["256x256x9"]
    with tempfile.TemporaryDirectory() as folder:
        models = write_weights(pathlib.Path(folder), options.layers)
        theirs = diffusers_times(models, torch.bfloat16 if has_bf16 else torch.float32, sizes, options.compiled)
        del models
        ours = our_times(folder, sizes, options.threads)
    peer = "compiled" if options.compiled else "eager"
    print(f"Wan2.1 1.3B, {options.layers} layers, {'bf16' if has_bf16 else 'fp32'}, {options.threads} threads")
    for what, time_of_theirs in theirs.items():
        print(f"{what}: diffusers {peer} {time_of_theirs:.0f} ms, zoetrope {ours[what]:.0f} ms, ratio {time_of_theirs / ours[what]:.2f}")


if __name__ == "__main__":
    main()
