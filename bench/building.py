"""What compiling each module as one file saves in a clean build, without ccache: CMAKE_UNITY_BUILD, which the preset `release` turns on.

    bench/building.py [TARGET ...]      test-text and the modules that it needs; `all` is everything
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

SOURCES = pathlib.Path(__file__).resolve().parent.parent


def seconds_of_build(targets, unity):
    environment = {**os.environ, "CCACHE_DISABLE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        configure = ["cmake", "--preset", "release", "-B", folder, f"-DCMAKE_UNITY_BUILD={unity}"]
        subprocess.run(configure, cwd=SOURCES, env=environment, stdout=subprocess.DEVNULL, check=True)
        start = time.perf_counter()
        build = ["cmake", "--build", folder, "--parallel", str(os.cpu_count()), "--target", *targets]
        subprocess.run(build, env=environment, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start


if __name__ == "__main__":
    targets = sys.argv[1:] or ["test-text"]
    modules, files = seconds_of_build(targets, "ON"), seconds_of_build(targets, "OFF")
    print(f"{' '.join(targets)}: {modules:.0f} s module by module, {files:.0f} s file by file, ratio {files / modules:.1f}")
