#!/bin/bash
# Runs every bench that was built, and the Python ones; what they print is the result. bench-wan needs weights: wan.py makes them and runs it.
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob
for bench in build/bench-*; do
  [ -x "$bench" ] && [ "$bench" != build/bench-wan ] || continue
  echo "== $(basename "$bench")"
  "$bench"
done
for bench in bench/*.py; do
  echo "== $(basename "$bench")"
  .venv/bin/python "$bench"
done
