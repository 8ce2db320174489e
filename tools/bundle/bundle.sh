#!/bin/bash
# `make bundle`: a relocatable archive of the program that runs on x86-64 Linux with the libtorch of an installed Python torch.
#   tools/bundle/bundle.sh [PROGRAM] [FOLDER]   PROGRAM is build/zoetrope, FOLDER the result's, out/
# PARTS=1 also cuts the archive into pieces of 30 MB.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-build/zoetrope} out=${2:-out}

# The torch that the program was built against.
libtorch=$(ldd "$program" | sed -n 's/.* => \(.*\)\/libtorch_cpu\.so .*/\1/p')
[ -n "$libtorch" ] || { echo "bundle: '$program' does not find the libtorch it was built against; run make build" >&2 && exit 1; }
torch=$(sed -n "s/^__version__ = '\([0-9]*\.[0-9]*\).*/\1/p" "$libtorch/../version.py")
version=$("$program" --version | sed 's/.* //')
name=zoetrope-$version-linux-$(uname -m)-torch$torch

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
root=$stage/$name
mkdir -p "$root"/{bin,lib,libexec,share/doc/zoetrope/licenses,share/fonts,share/zoetrope/models,share/bash-completion/completions}

# The program, without the path of the libtorch that it was linked to.
install -s "$program" "$root/libexec/zoetrope"
cat >"$stage/strip.cmake" <<<"file(RPATH_REMOVE FILE \"$root/libexec/zoetrope\")"
cmake -P "$stage/strip.cmake" >/dev/null
sed "s/@TORCH_VERSION@/$torch/" tools/bundle/zoetrope.sh >"$root/bin/zoetrope"
chmod +x "$root/bin/zoetrope"

# Its libraries, and theirs; not those of torch, and not the C library, which must be the system's.
libc='^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|nsl))\.so'
files=$stage/files
ldd "$program" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u | while read -r library; do
  file=${library##*/}
  [[ $library == "$libtorch"/* || $file =~ $libc ]] && continue
  cp -L "$library" "$root/lib/$file"
  real=$(readlink -f "$library")
  printf '%s\n' "$real" "${real#/usr}" "/usr$library" >>"$files" # a package lists it in one of these places
done
font=/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf
cp "$font" "$root/share/fonts/" && echo "$font" >>"$files"

cp -r models/toybox "$root/share/zoetrope/models/"
"$program" completion bash >"$root/share/bash-completion/completions/zoetrope"

# Licences: ours, and of each Debian package its own, with the version whose source Debian has.
doc=$root/share/doc/zoetrope
cp LICENSE NOTICE "$doc/"
{ xargs dpkg-query -S <"$files" 2>/dev/null || true; } | sed -n 's/: \/.*//p' | grep -v ' ' | sort -u | while read -r package; do
  bare=${package%%:*}
  cp -L "/usr/share/doc/$bare/copyright" "$doc/licenses/$bare"
  dpkg-query -W -f '${Package} ${Version}, source: ${source:Package} ${source:Version}\n' "$package"
done >"$doc/packages.txt"
sed "s/@TORCH_VERSION@/$torch/" tools/bundle/README.md >"$root/README.md"

mkdir -p "$out"
archive=$out/$name.tar.gz
tar -C "$stage" --owner=0 --group=0 --sort=name -cf - "$name" | gzip -6 >"$archive.unfinished"
mv "$archive.unfinished" "$archive"
echo "$archive"
if [ "${PARTS:-}" = 1 ]; then
  rm -f "$archive".part-*
  split -b 30M -d "$archive" "$archive.part-"
  ls "$archive".part-*
fi
