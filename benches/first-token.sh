#!/usr/bin/env bash
# Time from exec to the first token on disk: `tokenwell once` compared with `curl | jq > file && mv`, alternately, against one sandbox. Tokenwell
# also fetches the public keys, verifies the signature and syncs the file to the disk.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=benches/sandbox.bash
source benches/sandbox.bash

runs=${RUNS:-30}

by_tokenwell() {
    exec "$tokenwell" once --project-id "$project" --access-key-file "$key" --output token --base-url "$api" 2>log
}

by_hand() {
    curl -fsS -H "Authorization: Bearer $project:$(cat "$key")" -H 'Content-Type: application/json' -d '{}' \
        "$api/v1/auth/accesskey/exchange" | jq -j .sessionJwt >token.new && mv token.new token
}

fail() {
    echo "$1" >&2
    cat "$folder/log" >&2 2>/dev/null || true
    exit 1
}

# Runs one command in a new folder, without state from earlier runs, and prints the microseconds until the token exists.
measure() {
    local way=$1 folder=$2 began ended
    mkdir "$folder"
    now_us began
    (cd "$folder" && "$way") &
    local pid=$!
    until [[ -e $folder/token ]]; do
        kill -0 "$pid" 2>/dev/null || [[ -e $folder/token ]] || fail "$way brought no token"
    done
    now_us ended
    wait "$pid" || fail "$way failed"
    [[ $(head -c 2 "$folder/token") == ey ]] || fail "$way brought no JWT"
    rm -r "$folder"
    echo "$((ended - began))" >>"$work/$way.us"
}

start_sandbox --life 60s
printf 'first token, median of %s runs each, taking turns (%s)\n\n' "$runs" "$(machine)"
printf '%-12s %18s %18s %8s\n' 'folder' 'tokenwell once' 'curl | jq | mv' 'ratio'
for base in /dev/shm "${TMPDIR:-/tmp}"; do
    there=$(mktemp -d "$base/first-token.XXXXXX")
    measure by_tokenwell "$there/warm-up"
    measure by_hand "$there/warm-up"
    rm "$work"/by_*.us
    for ((run = 0; run < runs; run++)); do
        measure by_tokenwell "$there/$run"
        measure by_hand "$there/$run"
    done
    rm -r "$there"
    ours=$(median <"$work/by_tokenwell.us")
    theirs=$(median <"$work/by_hand.us")
    awk -v folder="$(stat -f -c %T "$base")" -v ours="$ours" -v theirs="$theirs" \
        'BEGIN { printf "%-12s %15.1f ms %15.1f ms %8.2f\n", folder, ours / 1000, theirs / 1000, ours / theirs }'
done
