"""Reading of pictures and clips against Pillow: upright, the first picture of several, the same colours, all frames."""
import numpy
import PIL.Image
import PIL.ImageOps
import pytest
import torch
from conftest import Draw


def quarters(width=64, height=48):
    """A colour in each quarter and a white bar, so that no turn or mirror of it is the same."""
    picture = numpy.zeros((height, width, 3), numpy.uint8)
    y, x = height // 2, width // 2
    picture[:y, :x], picture[:y, x:], picture[y:, :x], picture[y:, x:] = (220, 30, 30), (30, 200, 40), (30, 60, 220), (240, 230, 60)
    picture[height // 12:height // 4, width // 16:width * 5 // 8] = 255
    return PIL.Image.fromarray(picture)


def worst_difference(seen, expected):
    expected = torch.from_numpy(numpy.array(expected.convert("RGB")))
    assert seen.shape == expected.shape
    return (seen.int() - expected.int()).abs().max().item()


def read_all(probe, files):
    found = probe("read_clips", files=[str(file) for file in files])
    return [found[str(number)] for number in range(len(files))]


@pytest.mark.parametrize("suffix, kind, options", [("jpg", "JPEG", dict(quality=95, subsampling=0)), ("png", "PNG", {}), ("tif", "TIFF", {}),
                                                   ("webp", "WEBP", dict(lossless=True))])
def test_pictures_are_turned_upright(probe, tmp_path, suffix, kind, options):
    files = []
    for orientation in range(1, 9):
        exif = PIL.Image.Exif()
        exif[0x112] = orientation
        files.append(tmp_path / f"{orientation}.{suffix}")
        quarters().save(files[-1], kind, exif=exif, **options)
    for file, seen in zip(files, read_all(probe, files)):
        assert worst_difference(seen[0], PIL.ImageOps.exif_transpose(PIL.Image.open(file))) <= 4, file.name


def test_a_jpeg_with_pictures_behind_is_its_first_one(probe, tmp_path):
    behind = [PIL.Image.new("RGB", (16, 12), (90, 90, 90))]
    quarters().save(tmp_path / "gain_map.jpg", "MPO", save_all=True, append_images=behind, quality=95, subsampling=0)
    seen = read_all(probe, [tmp_path / "gain_map.jpg"])[0]
    assert seen.size(0) == 1 and worst_difference(seen[0], PIL.Image.open(tmp_path / "gain_map.jpg")) <= 4


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_colours_of_jpeg_are_those_of_libjpeg(probe, tmp_path, generator, subsampling):
    draw, files = Draw(generator), []
    for number in range(12):
        width, height = draw.integer(9, 70), draw.integer(9, 70)
        picture = quarters(width, height).resize((width, height))
        files.append(tmp_path / f"{number}.jpg")
        picture.save(files[-1], quality=draw.integer(60, 98), subsampling=subsampling)
    for file, seen in zip(files, read_all(probe, files)):
        assert worst_difference(seen[0], PIL.Image.open(file)) <= 4, PIL.Image.open(file).size


@pytest.mark.parametrize("suffix, tolerance", [("png", 0), ("webp", 0), ("gif", 0), ("avif", 40)])
def test_animated_pictures_are_clips(probe, tmp_path, suffix, tolerance):
    frames = [PIL.Image.new("RGB", (64, 48), (i * 40, 10, 200 - i * 30)) for i in range(5)]
    options = dict(lossless=True) if suffix == "webp" else dict(quality=95) if suffix == "avif" else {}
    frames[0].save(tmp_path / f"moving.{suffix}", save_all=True, append_images=frames[1:], duration=100, **options)
    frames[0].save(tmp_path / f"still.{suffix}", **options)
    moving, still = read_all(probe, [tmp_path / f"moving.{suffix}", tmp_path / f"still.{suffix}"])
    assert moving.size(0) == 5 and still.size(0) == 1
    for seen, frame in zip(moving, frames):
        assert worst_difference(seen, frame) <= tolerance
