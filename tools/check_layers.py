#!/usr/bin/env python3
"""Holds every #include to the order of the modules, and sentences of the library to the words of a library.

A module is a folder of zoetrope/; CMakeLists.txt lists them (`zoetrope_module(NAME ...)`) in the order in which they may use each other.
A file of a module includes from its own module and from those above it; so does its test in tests/MODULE. cli/, bench/ and the other
tests may use everything. Own headers are named from the root, in quotes.

The library names no flag of the command line in its sentences: a server has the same errors (base::InvalidRequest).

    check_layers.py [ROOT]     prints one line a violation; exit code 1 when there is one
"""
import re
import sys
from pathlib import Path

MODULE = re.compile(r"^\s*zoetrope_module\((\w+)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)
FLAG = re.compile(r'"(?:[^"\\\n`]|\\.)*(?<![\w-])--[a-z]')  # in a text, except in a command between backticks
SLOW_HEADERS = {"torch/torch.h", "torch/all.h", "torch/extension.h"}  # 41 s a file; <ATen/ATen.h> is precompiled


def module_of(path: Path) -> str | None:
    """The module that a file, given from the root, belongs to or tests."""
    return path.parts[1] if path.parts[0] in ("zoetrope", "tests") and len(path.parts) > 2 else None


def complaint(path: Path, quote: str, included: str, modules: list[str]) -> str | None:
    """What is wrong with `path` including `included`; None when nothing is."""
    if included in SLOW_HEADERS:
        return f"<{included}> takes 41 s a file; <ATen/ATen.h> is precompiled"
    own = Path(included).parts[0] in ("zoetrope", "cli", "tests", "bench")
    if quote == '"' and not own:
        return f'"{included}" is not named from the root'
    if quote == "<" and own:
        return f"<{included}> is ours: name it in quotes"
    if not own:
        return None
    if path.parts[0] == "zoetrope" and not included.startswith("zoetrope/"):
        return f'"{included}" is outside of the library'
    module, used = module_of(path), module_of(Path(included))
    if included.startswith("zoetrope/") and used not in modules:
        return f'"{included}" is in no module'
    if module in modules and used in modules and modules.index(used) > modules.index(module):
        return f"module '{module}' may not use '{used}', which is below it"
    return None


def violations(root: Path) -> list[str]:
    modules = MODULE.findall((root / "CMakeLists.txt").read_text())
    found = [f"zoetrope/{folder.name}: is no module of CMakeLists.txt" for folder in sorted((root / "zoetrope").iterdir())
             if folder.is_dir() and any(folder.rglob("*.cpp")) and folder.name not in modules]
    for folder in ("zoetrope", "cli", "tests", "bench"):
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in (".h", ".cpp"):
                continue
            text, path = file.read_text(), file.relative_to(root)
            for match in INCLUDE.finditer(text):
                wrong = complaint(path, match[1], match[2], modules)
                if wrong:
                    found.append(f"{path}:{text.count(chr(10), 0, match.start(2)) + 1}: {wrong}")
            if folder == "zoetrope":
                found += [f"{path}:{text.count(chr(10), 0, match.start()) + 1}: names a flag; use base::InvalidRequest and its field"
                          for match in FLAG.finditer(text)]
    return found


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent
    found = violations(root)
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
