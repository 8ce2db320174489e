#!/bin/bash
# `make proof-bundle`: unpacks the bundle in a minimal Debian that has nothing installed but Python and a torch, and makes a clip there.
# Needs root and debootstrap; takes the mirror of this system (or DEBIAN_MIRROR) and the torch of .venv.
set -euo pipefail
cd "$(dirname "$0")/../.."
suite=${1:-bookworm}
archive=$(ls -t out/zoetrope-*.tar.gz | head -n 1)
torch=${archive##*torch}
torch=${torch%.tar.gz}
mirror=${DEBIAN_MIRROR:-$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null | head -n 1 || true)}

root=$(mktemp -d)
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=python3 "$suite" "$root" "$mirror" >/dev/null
mount -t proc proc "$root/proc"
in_it() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$root" "$@"; }

tar -xzf "$archive" -C "$root/opt"
bundle=/opt/$(basename "$archive" .tar.gz)
! in_it "$bundle/bin/zoetrope" --version || { echo "proof: it ran without a torch" >&2 && exit 1; }
packages=$(in_it python3 -c 'import sysconfig; print(sysconfig.get_path("purelib", "posix_local"))') # where pip would put it
mkdir -p "$root$packages"
cp -r .venv/lib/python3*/site-packages/torch "$root$packages/"
in_it "$bundle/bin/zoetrope" --version
in_it "$bundle/bin/zoetrope" generate --quiet -p "a penguin hops on a beach" -o /root/penguin.mp4 --sheet /root/penguin.png
in_it "$bundle/bin/zoetrope" world sheet --quiet --count 4 -o /root/world.png
in_it "$bundle/bin/zoetrope" train autoencoder --quiet --run /root/run --size 32x32 --crop 16 --batch 2 --steps 2
ls -l "$root"/root/*.mp4 "$root"/root/*.png "$root/root/run/model/vae"
echo "proof: $(basename "$archive") runs in a minimal Debian $suite with torch $torch alone"
