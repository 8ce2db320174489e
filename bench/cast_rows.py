"""How many rows of a bf16 matrix `tensor::linear` casts at a time: GFLOP/s of x W^T in fp32 for several numbers of rows, best of some rounds in turns.

    bench/cast_rows.py
    bench/cast_rows.py --rows 256,512,1024 --width 5120x13824
"""
import argparse
import os
import time

import torch


def product(x, weight, rows):
    """x W^T, of whose W `rows` rows at a time are cast to the dtype of x."""
    out, width = weight.shape
    y, cast = x.new_empty(len(x), out), x.new_empty(min(rows, out), width)
    for first in range(0, out, rows):
        count = min(rows, out - first)
        torch.mm(x, cast[:count].copy_(weight[first:first + count]).t(), out=y[:, first:first + count])
    return y


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="128,256,512,1024")
    parser.add_argument("--tokens", default="64,768,4096", help="rows of x")
    parser.add_argument("--width", default="1536x8960,8960x1536", help="of x and of the result")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for tokens in map(int, options.tokens.split(",")):
        for width, out in (map(int, pair.split("x")) for pair in options.width.split(",")):
            x, weight = torch.randn(tokens, width), torch.randn(out, width)
            half = weight.bfloat16()
            runs = {f"{rows} rows": lambda rows=rows: product(x, half, rows) for rows in map(int, options.rows.split(","))}
            runs |= {"all": lambda: product(x, half, out), "fp32 already": lambda: torch.mm(x, weight.t())}
            best = {name: min(times) for name, times in
                    zip(runs, zip(*([seconds(run) for run in runs.values()] for _ in range(options.rounds))))}
            print(f"{tokens} tokens, {width} to {out}: " + ", ".join(
                f"{name} {2 * tokens * width * out / time / 1e9:.0f}" for name, time in best.items()), flush=True)


if __name__ == "__main__":
    main()
