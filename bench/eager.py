"""The same denoiser in eager PyTorch, beside ours, in one run.

Writes the native denoiser again in PyTorch (as a PyTorch user would: modules, scaled_dot_product_attention), loads toybox's weights, and times
one evaluation for a default clip with both branches of guidance in a batch. Prints milliseconds, and the ratio eager / zoetrope.

    python bench/eager.py [--model models/toybox] [--threads N]
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

HOUSE = pathlib.Path(__file__).resolve().parent.parent


class Denoiser:
    def __init__(self, folder, dtype):
        self.config = json.loads((folder / "config.json").read_text())
        self.weights = {k: v.to(dtype) for k, v in load_file(folder / "diffusion_pytorch_model.safetensors").items()}
        self.dtype = dtype

    def linear(self, name, x):
        return F.linear(x, self.weights[name + ".weight"], self.weights.get(name + ".bias"))

    def rotation(self, t, h, w):
        pairs = self.config["width"] // self.config["heads"] // 2
        space = pairs * 3 // 8
        time_pairs = pairs - 2 * space

        def angles(length, count, fastest, slowness):
            rates = fastest * slowness ** (-torch.arange(count, dtype=torch.double) / count)
            return torch.outer(torch.arange(length, dtype=torch.double), rates)

        grid = torch.cat([
            angles(t, time_pairs, 1.0, 20.0).view(t, 1, 1, -1).expand(t, h, w, -1),
            angles(h, space, 1.5, 30.0).view(1, h, 1, -1).expand(t, h, w, -1),
            angles(w, space, 1.5, 30.0).view(1, 1, w, -1).expand(t, h, w, -1),
        ], -1).reshape(t * h * w, -1)
        return grid.cos().to(self.dtype), grid.sin().to(self.dtype)

    def places(self, t, h, w):
        y = ((torch.arange(h) + 0.5) / h).view(1, h, 1, 1).expand(t, h, w, 1)
        x = ((torch.arange(w) + 0.5) / w).view(1, 1, w, 1).expand(t, h, w, 1)
        octaves = 2.0 ** torch.arange(4) * math.pi
        angles = torch.cat([y * octaves, x * octaves], -1).reshape(t * h * w, -1)
        return torch.cat([angles.cos(), angles.sin()], -1).to(self.dtype)

    def attention(self, name, x, context, rotation=None, bias=None):
        heads = self.config["heads"]

        def split(y):
            return y.unflatten(-1, (heads, -1)).transpose(1, 2)

        def norm(y, key):
            gain = self.weights[f"{name}.{key}"] if f"{name}.{key}" in self.weights else self.weights[f"{name}.{key}.weight"]
            return F.layer_norm(y, gain.shape, gain, None, 1e-6)

        q = norm(split(self.linear(name + ".to_q", x)), "norm_q")
        k = norm(split(self.linear(name + ".to_k", context)), "norm_k")
        v = split(self.linear(name + ".to_v", context))
        if rotation is not None:
            c, s = rotation
            turn = lambda y: torch.cat([y.chunk(2, -1)[0] * c - y.chunk(2, -1)[1] * s, y.chunk(2, -1)[0] * s + y.chunk(2, -1)[1] * c], -1)
            q, k = turn(q), turn(k)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.linear(name + ".to_out", y.transpose(1, 2).flatten(2))

    @torch.no_grad()
    def __call__(self, latents, level, states, mask):
        c, p = self.config, self.config["patch"]
        B, C, t, H, W = latents.shape
        h, w = H // p, W // p
        x = latents.to(self.dtype).view(B, C, t, h, p, w, p).permute(0, 2, 3, 5, 1, 4, 6).reshape(B, t * h * w, C * p * p)
        x = self.linear("patch_in", x) + self.linear("position_in", self.places(t, h, w))
        rates = 30 * torch.exp(torch.arange(64) * (-math.log(1000.0) / 64))
        angles = level.view(B, 1, 1) * rates
        embedded = torch.cat([angles.cos(), angles.sin()], -1).to(self.dtype)
        embedded = self.linear("level_out", F.silu(self.linear("level_in", embedded)))
        m = mask.to(self.dtype).unsqueeze(-1)
        pooled = (states * m).sum(1, keepdim=True) / m.sum(1, keepdim=True)
        embedded = F.silu(embedded + self.linear("text_in", pooled))
        bias = torch.zeros(mask.shape, dtype=self.dtype).masked_fill(mask == 0, -30000.0)[:, None, None, :]
        rotation = self.rotation(t, h, w)
        plain = lambda y: F.layer_norm(y, (c["width"],), eps=1e-6)
        for i in range(c["depth"]):
            b = f"blocks.{i}"
            s1, k1, g1, s2, k2, g2 = self.linear(b + ".modulation.1", self.linear(b + ".modulation.0", embedded)).chunk(6, -1)
            y = plain(x) * (1 + k1) + s1
            x = x + g1 * self.attention(b + ".attn1", y, y, rotation)
            x = x + self.attention(b + ".attn2", plain(x), states, bias=bias)
            y = plain(x) * (1 + k2) + s2
            x = x + g2 * self.linear(b + ".ffn.2", F.gelu(self.linear(b + ".ffn.0", y), approximate="tanh"))
        s, k = self.linear("final_modulation", embedded).chunk(2, -1)
        x = self.linear("patch_out", plain(x) * (1 + k) + s)
        return x.view(B, t, h, w, C, p, p).permute(0, 4, 1, 2, 5, 3, 6).reshape(B, C, t, H, W).float()


def ours(model, threads):
    command = [HOUSE / "build/bench-toybox", "--benchmark_filter=DenoiserStep", "--benchmark_format=json", "--benchmark_min_time=3"]
    environment = {**os.environ, "ZOETROPE_BENCH_MODEL": str(model), "OMP_NUM_THREADS": str(threads)}
    result = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout)
    return result["benchmarks"][0]["real_time"]


def eager(model, dtype):
    sampling = json.loads((model / "zoetrope.json").read_text())["sampling"]
    denoiser = Denoiser(model / "transformer", dtype)
    c = denoiser.config
    latents = torch.randn(2, c["latent_channels"], (sampling["frames"] - 1) // 4 + 1, sampling["height"] // 8, sampling["width"] // 8)
    states, mask = torch.randn(2, 10, c["text_width"]).to(dtype), torch.ones(2, 10, dtype=torch.long)
    run = lambda: denoiser(latents, torch.full((2,), 0.5), states, mask)
    run(), run()
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < 3:
        run()
        count += 1
    return (time.perf_counter() - start) / count * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=pathlib.Path, default=HOUSE / "models/toybox")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    has_bf16 = any(flag in pathlib.Path("/proc/cpuinfo").read_text() for flag in ("avx512_bf16", "amx_bf16"))
    theirs, mine = eager(options.model, torch.bfloat16 if has_bf16 else torch.float32), ours(options.model, options.threads)
    print(f"denoiser, default clip, batch 2: eager PyTorch {theirs:.1f} ms, zoetrope {mine:.1f} ms, ratio {theirs / mine:.2f}")


if __name__ == "__main__":
    main()
