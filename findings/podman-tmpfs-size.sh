#!/usr/bin/env bash
# podman 4.3.1 (Debian 12): a volume of type tmpfs takes every mount option but `size=`, which it reads as a disk quota and refuses.
#
# `podman volume create` passes the options in `o=` to mount(8). `size=` of tmpfs is the obvious bound for a volume of token files in memory, and
# Docker takes it. podman keeps `size=` and `inodes=` for itself, as project quotas of the disk below its volumes, which need XFS; with
# `--opt type=tmpfs` too, and fails where that disk has none. `mode=` and tmpfs's own `nr_inodes=` pass.
#
# Output:
#     mode=0750: ok
#     nr_inodes=100: ok
#     size=1m: Error: volume options size and inodes not supported. Filesystem does not support Project Quota
#
# Needs root, debootstrap, a kernel with cgroup v2, and Debian's mirror (400 MB in a temporary folder, which must be no XFS with project
# quotas). Fails if the output is another one.

set -euo pipefail

work=$(mktemp -d)
trap 'umount "$work/debian/sys/fs/cgroup" "$work/debian/proc" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
debootstrap --variant=minbase bookworm "$work/debian" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$work/log" 2>&1 ||
    { tail -20 "$work/log" >&2; exit 1; }
mount -t proc proc "$work/debian/proc"
mkdir -p "$work/debian/sys/fs/cgroup"
mount -t cgroup2 cgroup2 "$work/debian/sys/fs/cgroup"
DEBIAN_FRONTEND=noninteractive chroot "$work/debian" apt-get install -y --no-install-recommends podman >"$work/log" 2>&1 ||
    { tail -20 "$work/log" >&2; exit 1; }
version=$(chroot "$work/debian" podman --version)
[[ $version == 'podman version 4.3.1' ]] || { echo "another version: $version" >&2; exit 1; }

for options in mode=0750 nr_inodes=100 size=1m; do
    if answer=$(chroot "$work/debian" podman --storage-driver vfs volume create --opt type=tmpfs --opt device=tmpfs --opt "o=$options" "${options%=*}" 2>&1); then
        answer=ok
    fi
    echo "$options: $answer"
done | tee "$work/output"

diff - "$work/output" <<'EOF'
mode=0750: ok
nr_inodes=100: ok
size=1m: Error: volume options size and inodes not supported. Filesystem does not support Project Quota
EOF
