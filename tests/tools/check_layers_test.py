"""The check of the order of the modules finds what it is there to find."""
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "check_layers.py"


def check(root: Path, files: dict[str, str]) -> subprocess.CompletedProcess:
    (root / "CMakeLists.txt").write_text("zoetrope_module(base)\nzoetrope_module(nn USES base)\nzoetrope_module(world USES nn)\n")
    (root / "zoetrope").mkdir()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True)


def test_a_source_tree_in_order_passes(tmp_path):
    result = check(tmp_path, {
        "zoetrope/base/error.h": "#include <string>\n",
        "zoetrope/base/version.cpp": 'throw Error("see `zoetrope world list --json`: {} -- {}", a, b);\n',
        "zoetrope/nn/linear.cpp": '#include "zoetrope/nn/linear.h"\n#include "zoetrope/base/error.h"\n#include <ATen/ATen.h>\n',
        "tests/nn/linear_test.cpp": '#include "zoetrope/nn/linear.h"\n#include "tests/nn/tools.h"\n',
        "cli/main.cpp": '#include "cli/command.h"\n#include "zoetrope/world/scene.h"\n',
        "tests/end_to_end/any_test.cpp": '#include "zoetrope/world/scene.h"\n',
    })
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("file, text, sentence", [
    ("zoetrope/base/error.h", '\n#include "zoetrope/nn/linear.h"\n', "zoetrope/base/error.h:2: module 'base' may not use 'nn', which is below it"),
    ("tests/nn/linear_test.cpp", '#include "zoetrope/world/scene.h"\n', "module 'nn' may not use 'world'"),
    ("zoetrope/nn/linear.cpp", '#include "linear.h"\n', "not named from the root"),
    ("zoetrope/nn/linear.cpp", '#include "../base/error.h"\n', "not named from the root"),
    ("zoetrope/nn/linear.cpp", "#  include <zoetrope/base/error.h>\n", "name it in quotes"),
    ("zoetrope/nn/linear.cpp", '#include "cli/command.h"\n', "outside of the library"),
    ("zoetrope/nn/linear.cpp", '#include "zoetrope/attic/box.h"\n', "is in no module"),
    ("zoetrope/attic/box.cpp", "", "zoetrope/attic: is no module"),
    ("zoetrope/nn/linear.cpp", "#include <torch/torch.h>\n", "41 s a file"),
    ("zoetrope/nn/linear.cpp", 'throw Error("it is {}: use --width", 3);\n', "zoetrope/nn/linear.cpp:1: names a flag"),
])
def test_a_violation_is_named_with_file_and_line(tmp_path, file, text, sentence):
    result = check(tmp_path, {file: text})
    assert result.returncode == 1
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_this_house_is_the_one_that_is_checked():
    result = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True)
    assert result.stderr == ""
