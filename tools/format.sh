#!/bin/bash
# Formats every C++ file; with --check only says which lines are not as clang-format would have them.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
command -v clang-format >/dev/null || { echo "format: clang-format is missing; run \`tools/setup.sh lint\`" >&2 && exit 1; }
options=(-i)
[ "${1:-}" != --check ] || options=(--dry-run -Werror)
find zoetrope cli embed tests bench \( -name '*.h' -o -name '*.cpp' \) -print0 2>/dev/null | xargs -0 clang-format "${options[@]}"
