#!/bin/sh
# Starts the program of this bundle with the libtorch of a Python torch on this machine: ZOETROPE_TORCH names its folder, or that of an
# environment; else those of the active environment, of python3 and of the usual places are tried.
here=$(dirname "$(dirname "$(readlink -f "$0")")")
needed=@TORCH_VERSION@ # major and minor version: libtorch's interface changes between two

fail() {
  echo "zoetrope: $*" >&2
  exit 1
}

version_of() { sed -n "s/^__version__ = '\([0-9]*\.[0-9]*\).*/\1/p" "$1/version.py" 2>/dev/null; }

# The folder `torch` in a folder, which may be it, site-packages, or an environment.
torch_in() {
  for folder in "$1" "$1/torch" "$1"/lib/python3*/site-packages/torch; do
    [ ! -e "$folder/lib/libtorch_cpu.so" ] || { echo "$folder" && return; }
  done
}

candidates() {
  for environment in "$VIRTUAL_ENV" "$CONDA_PREFIX"; do
    [ -z "$environment" ] || torch_in "$environment"
  done
  python3 -c 'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")' 2>/dev/null
  for folder in "$HOME"/.local/lib/python3*/site-packages /usr/local/lib/python3*/*-packages /opt/conda; do torch_in "$folder"; done
}

if [ -n "$ZOETROPE_TORCH" ]; then
  torch=$(torch_in "$ZOETROPE_TORCH")
  [ -n "$torch" ] || fail "ZOETROPE_TORCH names '$ZOETROPE_TORCH', which contains no torch; name the folder torch of an installed PyTorch"
  [ "$(version_of "$torch")" = "$needed" ] ||
    fail "'$torch' is torch $(version_of "$torch"), but this bundle was built against torch $needed; install that, or take the bundle for yours"
else
  torch=$(candidates | while read -r folder; do
    if [ "$(version_of "$folder")" = "$needed" ]; then echo "$folder" && break; fi
  done)
  [ -n "$torch" ] ||
    fail "no torch $needed was found, which this bundle needs: run 'pip install torch==$needed.*', or name the folder of one in ZOETROPE_TORCH"
fi
[ -n "$ZOETROPE_EMOJI_FONT" ] || export ZOETROPE_EMOJI_FONT="$here/share/fonts/NotoColorEmoji.ttf"
# The bundle's libraries first; libtorch's own folder finds what it brings along.
export LD_LIBRARY_PATH="$here/lib:$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/libexec/zoetrope" "$@"
