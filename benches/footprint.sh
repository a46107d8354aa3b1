#!/usr/bin/env bash
# Resource use of an idle daemon: one credential, a session that lives for an hour.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=benches/sandbox.bash
source benches/sandbox.bash

window=${SECONDS_IDLE:-120}
settle=45 # the connection of the first exchange is closed after some 20 s, threads for files after one

# Prints `thread name, wake-ups since its start` for each thread.
wake_ups() {
    local task
    for task in "/proc/$pid/task"/*; do
        printf '%s %s %s\n' "${task##*/}" "$(<"$task/comm")" "$(awk '/^voluntary/ { print $2 }' "$task/status")"
    done
}

# Processor ticks since the start of the process.
ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }

status_of() { awk -v field="$1:" '$1 == field { print $2 }' "/proc/$pid/status"; }

start_sandbox --life 1h
"$tokenwell" run --project-id "$project" --access-key-file "$key" --output "$work/token" --base-url "$api" \
    2>"$work/daemon.log" &
pid=$!
started+=("$pid")
until [[ -e $work/token ]]; do
    kill -0 "$pid" 2>/dev/null || { cat "$work/daemon.log" >&2; exit 1; }
done
sleep "$settle"

row() { printf '%-34s %12s  %s\n' "$@"; }
printf 'tokenwell run, one credential, idle for %s s (%s)\n\n' "$window" "$(machine)"
row 'binary, stripped' "$(stat -c %s "$tokenwell")" bytes
row 'VmRSS' "$(status_of VmRSS)" kB
row 'RssAnon' "$(status_of RssAnon)" kB
row 'threads' "$(status_of Threads)" ''

wake_ups >"$work/before"
ticks_before=$(ticks)
sleep "$window"
wake_ups >"$work/after"
row 'time on a processor' "$((($(ticks) - ticks_before) * 1000 / $(getconf CLK_TCK)))" "ms in $window s"

# A thread that is new in the second sample counts from zero; threads that start and end between the samples are missed.
awk -v window="$window" '
    NR == FNR { before[$1] = $NF; next }
    { printf "%-34s %12.1f  a minute (%d in %d s)\n", "wake-ups of thread `" $2 "`", ($NF - before[$1]) * 60 / window, $NF - before[$1], window }
' "$work/before" "$work/after"
