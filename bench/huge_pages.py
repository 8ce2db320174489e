"""What memory in huge pages (`base::configure_allocator`, PyTorch's own switch) is worth to large elementwise operations: SiLU and a concatenation over 226 MB.

    bench/huge_pages.py
"""
import os
import subprocess
import sys
import time

OPERATIONS = {"silu": lambda torch, x: torch.nn.functional.silu(x), "concatenation": lambda torch, x: torch.cat([x[:, :, :2], x], 2)}


def measure():
    import torch
    x = torch.randn(1, 96, 9, 256, 256)
    for run in OPERATIONS.values():
        times = []
        for _ in range(9):
            start = time.perf_counter()
            run(torch, x)
            times.append(1000 * (time.perf_counter() - start))
        print(min(times))


def times_with(switch):
    environment = {**os.environ, "THP_MEM_ALLOC_ENABLE": switch}
    done = subprocess.run([sys.executable, __file__, "measure"], env=environment, capture_output=True, text=True, check=True)
    return map(float, done.stdout.split())


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        measure()
    else:
        for name, without, huge in zip(OPERATIONS, times_with("0"), times_with("1")):
            print(f"{name}: {without:.0f} ms in small pages, {huge:.0f} ms in huge ones, ratio {without / huge:.1f}")
