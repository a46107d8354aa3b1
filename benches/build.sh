#!/usr/bin/env bash
# What a first build costs: each profile, and in it the crate itself, `ring`, LTO and the features. Measured in processor seconds
# (user and system, all cores), which other work on the machine changes less than the time on a clock.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_INCREMENTAL=0 CARGO_TERM_QUIET=true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
first=''

# measure NAME CARGO-ARGUMENTS...: builds in a new target directory, then the crate itself again.
measure() {
    local name=$1 target=$work/target size
    shift
    rm -rf "$target"
    whole=$(seconds "$@")
    size=$(stat -c %s "$target"/*/tokenwell)
    rm -rf "$target"/*/.fingerprint/tokenwell-*
    row "$name" "$whole" "$(awk -v bytes="$size" 'BEGIN { printf "%.1f", bytes / 1e6 }')"
    row "  of these, tokenwell itself" "$(seconds "$@")" ''
}

# Builds, and prints the processor seconds.
seconds() {
    local TIMEFORMAT='%U %S'
    { time CARGO_TARGET_DIR=$work/target cargo build --locked "$@" >&2; } 2>"$work/time" || { cat "$work/time" >&2; exit 1; }
    tail -1 "$work/time" | awk '{ print $1 + $2 }'
}

row() {
    [[ -n $first ]] || first=$2
    awk -v name="$1" -v seconds="$2" -v first="$first" -v size="$3" \
        'BEGIN { printf "%-46s %8.0f %8.2f %8s\n", name, seconds, seconds / first, size }'
}

cargo fetch --locked
printf '%s\n\n' "$(rustc --version), $(nproc) cores"
printf '%-46s %8s %8s %8s\n' 'first build' 'CPU s' 'ratio' 'MB'
measure '--profile trial' --profile trial
rm -rf "$work/target"
row '  of these, ring and what it needs' "$(seconds --profile trial -p ring)" ''
measure '--profile trial, no features' --profile trial --no-default-features
measure '--release (LTO "fat")' --release
measure '--release, LTO "thin"' --release --config 'profile.release.lto="thin"'
measure '--release, LTO "off"' --release --config 'profile.release.lto="off"'
measure '--release, no features' --release --no-default-features
