"""`make bundle`: the archive runs where it is unpacked, with its own libraries and the libtorch of a Python torch."""
import os
import pathlib
import re
import subprocess

import pytest

HOUSE = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("ZOETROPE_BUILD", HOUSE / "build"))
SITE_PACKAGES = next((HOUSE / ".venv/lib").glob("python3*/site-packages"))
OF_THE_SYSTEM = re.compile(r"(ld-linux.*|linux-vdso|lib(c|m|dl|rt|pthread|resolv|util))\.so")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    made = subprocess.run([HOUSE / "tools/bundle/bundle.sh", BUILD / "zoetrope", folder], env=os.environ | {"PARTS": "1"},
                          check=True, capture_output=True, text=True).stdout.split()
    archive, parts = made[0], made[1:]
    assert b"".join(pathlib.Path(part).read_bytes() for part in parts) == pathlib.Path(archive).read_bytes()
    assert all(pathlib.Path(part).stat().st_size <= 31_457_280 for part in parts)
    elsewhere = folder / "a b"
    elsewhere.mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", elsewhere], check=True)
    return next(elsewhere.iterdir())


def run(bundle, *arguments, **environment):
    """In an environment that knows nothing of this checkout."""
    bare = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"} | environment
    return subprocess.run([bundle / "bin/zoetrope", *arguments], env=bare, cwd=bundle.parent, capture_output=True, text=True, timeout=300)


def test_makes_a_picture_with_the_torch_that_is_named(bundle):
    done = run(bundle, "generate", "-p", "a red ball", "--frames", "1", "--steps", "2", "-o", "ball.png", ZOETROPE_TORCH=str(SITE_PACKAGES))
    assert done.returncode == 0, done.stderr
    assert (bundle.parent / "ball.png").stat().st_size > 1000


def test_draws_the_world_with_its_own_font(bundle):
    done = run(bundle, "world", "sheet", "--count", "1", "-o", "world.png", ZOETROPE_TORCH=str(SITE_PACKAGES))
    assert done.returncode == 0, done.stderr
    assert (bundle / "share/fonts/NotoColorEmoji.ttf").exists()


def test_takes_no_library_of_the_system_but_the_c_library(bundle):
    traced = {"LD_LIBRARY_PATH": f"{bundle}/lib:{SITE_PACKAGES}/torch/lib", "LD_TRACE_LOADED_OBJECTS": "1"}
    listed = subprocess.run([bundle / "libexec/zoetrope"], env=traced, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^\s*\S+ => (/.+) \(0x", listed, re.MULTILINE)
    assert "not found" not in listed and len(found) > 50
    outside = [path for path in found if not path.startswith((str(bundle), str(SITE_PACKAGES)))]
    assert [path for path in outside if not OF_THE_SYSTEM.match(pathlib.Path(path).name)] == []
    assert not (bundle / "lib/libc.so.6").exists()


def test_says_what_torch_it_needs(bundle, tmp_path):
    missing = run(bundle, "--version")
    assert missing.returncode == 1
    assert re.match(r"zoetrope: no torch 2\.\d+ was found, which this bundle needs: run 'pip install", missing.stderr)
    (tmp_path / "torch/lib").mkdir(parents=True)
    (tmp_path / "torch/lib/libtorch_cpu.so").touch()
    (tmp_path / "torch/version.py").write_text("__version__ = '1.2.3+cpu'\n")
    old = run(bundle, "--version", ZOETROPE_TORCH=str(tmp_path))
    assert old.returncode == 1 and "is torch 1.2, but this bundle was built against torch 2." in old.stderr
    nothing = run(bundle, "--version", ZOETROPE_TORCH="/nowhere")
    assert nothing.returncode == 1 and "names '/nowhere', which contains no torch" in nothing.stderr


def test_names_its_licences(bundle):
    packages = (bundle / "share/doc/zoetrope/packages.txt").read_text()
    assert re.search(r"^libavcodec\d+ \S+, source: ffmpeg \S+$", packages, re.MULTILINE)
    licences = {path.name for path in (bundle / "share/doc/zoetrope/licenses").iterdir()}
    assert {line.split()[0] for line in packages.splitlines()} == licences
    assert "GNU General Public License" in (bundle / "README.md").read_text()


def test_tells_nothing_of_the_machine_that_built_it(bundle):
    assert str(HOUSE).encode() not in (bundle / "libexec/zoetrope").read_bytes()
