#!/bin/bash
# Installs what is missing, and nothing else: a second run only looks.
#   tools/setup.sh          what the program needs: Debian packages, and the wheels of torch and c2pa-python in .venv
#   tools/setup.sh lint     and the formatter, pinned, since every version formats differently
#   tools/setup.sh tests    and what the tests need: pytest, PostgreSQL, Chromium, and the reference implementations of the parity tests
# TORCH=cpu|cuda chooses the wheel, TORCH_VERSION=X.Y.Z its version; TORCH_INDEX=URL takes it from another package index.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH=${TORCH:-cpu}
TORCH_INDEX=${TORCH_INDEX:-}
TORCH_VERSION=${TORCH_VERSION:-2.13.0}
CMAKE_MINIMUM=3.25
PACKAGES=(
  build-essential cmake ninja-build ccache pkg-config python3-venv          # tools
  libavcodec-dev libavfilter-dev libavformat-dev libavutil-dev libswscale-dev libwebp-dev libheif-dev  # video and image files
  libsentencepiece-dev libicu-dev                                           # text;
  libprotobuf-dev                                                           #   Debian 13's sentencepiece.pc asks for it
  libbox2d-dev libcairo2-dev libfreetype-dev libfontconfig-dev              # the toy world: physics, drawing,
  fonts-noto-color-emoji fonts-wqy-microhei                                 #   its objects, and Chinese labels on sheets
  nlohmann-json3-dev libcli11-dev libtomlplusplus-dev                       # JSON, command line, configuration
  libsqlite3-dev libpqxx-dev libboost-dev libseccomp-dev                    # the server: jobs, HTTP, files from outside
  libssl-dev                                                                # the key that signs generated files
  libgtest-dev libgmock-dev libbenchmark-dev                                # tests and benches
)

say() { echo "setup: $*"; }
fail() {
  echo "setup: $*" >&2
  exit 1
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    [ -e .venv/torch.constraint ] || say "this is no Debian system: install the equivalents of ${PACKAGES[*]}"
    return
  fi
  local installed missing
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${PACKAGES[@]}" 2>/dev/null | sed -n 's/ installed$//p' || true)
  missing=$(printf '%s\n' "${PACKAGES[@]}" | grep -vxF -f <(printf '%s\n' "$installed") | tr '\n' ' ' || true)
  [ -n "$missing" ] || return 0
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "these Debian packages are missing, and there is no sudo; as root run: apt-get install $missing"
    sudo=(sudo)
  fi
  say "installing Debian packages: $missing"
  # The lists may be old or empty: they are fetched once more when the first try fails.
  apt_install() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null; }
  apt_install 2>/dev/null || { "${sudo[@]}" apt-get update -qq && apt_install; } ||
    fail "apt-get could not install them; with a network at hand run: ${sudo[*]:+sudo }apt-get update && ${sudo[*]:+sudo }apt-get install $missing"
}

make_venv() {
  if [ ! -x .venv/bin/python ]; then
    command -v python3 >/dev/null || fail "python3 is missing; install it (Debian: apt-get install python3 python3-venv)"
    say "making the virtual environment .venv"
    python3 -m venv .venv >/dev/null || { rm -rf .venv && fail "python3 could not make .venv; install python3-venv and run again"; }
  fi
  .venv/bin/python -c '' 2>/dev/null || fail ".venv is broken (its Python has moved?); remove the folder .venv and run again"
}

pip_install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }

# What is in the folder is the truth, so no stamp is needed: prints the version of the torch in .venv, and `cuda` if it has CUDA.
torch_version() {
  local folder
  for folder in .venv/lib/python3*/site-packages/torch; do
    [ -e "$folder/lib/libtorch_cpu.so" ] || continue
    sed -n "s/^__version__ = '\(.*\)'/\1/p" "$folder/version.py"
    [ ! -e "$folder/lib/libtorch_cuda.so" ] || echo cuda
  done
}

has_torch() {
  local found
  found=$(torch_version | tr '\n' ' ')
  case $TORCH in
    cpu) [ "$found" = "$TORCH_VERSION+cpu " ] ;;
    cuda) [[ $found == "$TORCH_VERSION"*" cuda " ]] ;;
    *) fail "TORCH must be cpu or cuda, got '$TORCH'" ;;
  esac
}

install_torch() {
  has_torch && return
  local wheel="torch==$TORCH_VERSION" public=https://download.pytorch.org/whl
  [ "$TORCH" = cuda ] || wheel+="+cpu" # the plain version would bring gigabytes of CUDA
  say "installing $wheel into .venv${TORCH_INDEX:+ from $TORCH_INDEX}"
  local replace=()
  [ -z "$(torch_version)" ] || replace=(--force-reinstall)
  if [ -n "$TORCH_INDEX" ]; then
    pip_install "${replace[@]}" --index-url "$TORCH_INDEX" "$wheel" || true
  elif [ "$TORCH" = cpu ]; then
    pip_install "${replace[@]}" "$wheel" 2>/dev/null || pip_install "${replace[@]}" --extra-index-url $public/cpu "$wheel" || true
  else
    pip_install "${replace[@]}" "$wheel" || true
  fi
  has_torch || fail "$wheel ($TORCH) could not be installed; it needs a network, or an index that has it:" \
    "TORCH_INDEX=URL (PyTorch's own are $public/cpu and, for CUDA, $public/cu followed by the version of CUDA)"
}

# The C2PA library signs generated files; the program does without it where it cannot be had.
install_c2pa() {
  local wheel=c2pa-python==0.38.1 file
  for file in .venv/lib/python3*/site-packages/c2pa/libs/libc2pa_c.so; do [ ! -e "$file" ] || return 0; done
  say "installing $wheel into .venv"
  pip_install --no-deps "$wheel" || say "$wheel could not be installed: generated files get no C2PA manifest"
}

# Debian 12's CMake is new enough; where the system's is older, pip has one.
install_cmake() {
  local found
  found=$(PATH="$PWD/.venv/bin:$PATH" cmake --version 2>/dev/null | sed -n '1s/.* //p' || true)
  [ "$(printf '%s\n' "$CMAKE_MINIMUM" "${found:-0}" | sort -V | head -n 1)" = "$CMAKE_MINIMUM" ] && return
  say "installing CMake into .venv (found ${found:-none}, needed $CMAKE_MINIMUM)"
  pip_install "cmake>=$CMAKE_MINIMUM,<5" || fail "CMake $CMAKE_MINIMUM or newer is missing and pip could not install it; install it and run again"
}

# Pinned Python packages; torch stays the one that is there. The stamp holds what was installed.
install_requirements() {
  local name=$1 file files=() options=() stamp=.venv/$1.stamp
  shift
  for file in "$@"; do [ ! -e "$file" ] || files+=("$file"); done
  torch_version | sed -n '1s/^/torch==/p' >.venv/torch.constraint
  cat .venv/torch.constraint "${files[@]}" | cmp -s - "$stamp" && return
  say "installing Python packages for $name: ${files[*]}"
  for file in "${files[@]}"; do options+=(-r "$file"); done
  pip_install -c .venv/torch.constraint "${options[@]}" || fail "pip could not install ${files[*]}; it needs a network, or an index that has them (PIP_INDEX_URL)"
  cat .venv/torch.constraint "${files[@]}" >"$stamp"
}

# axe.min.js is all that is wanted of that package; its needs would bring another browser.
install_axe() {
  local wheel=axe-playwright-python==0.1.8
  compgen -G ".venv/lib/python3*/site-packages/axe_playwright_python/axe.min.js" >/dev/null && return
  say "installing $wheel into .venv, without its needs"
  pip_install --no-deps "$wheel" || fail "pip could not install $wheel; it needs a network, or an index that has it (PIP_INDEX_URL)"
}

# The tests start a database and a browser of their own.
[ "${1:-}" != tests ] || PACKAGES+=(postgresql chromium chromium-driver)
install_packages
make_venv
install_torch
install_c2pa
install_cmake
case ${1:-program} in
  program) ;;
  lint) install_requirements lint tools/requirements.txt ;;
  tests)
    install_axe
    install_requirements tests tools/requirements.txt tests/requirements.txt tests/parity/requirements.txt
    ;;
  *) fail "knows 'lint' and 'tests', got '$1'" ;;
esac
