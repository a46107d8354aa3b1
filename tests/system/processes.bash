# shellcheck shell=bash
# Starts the programs of a system test, waits for them with a limit, and ends them. Needs $work, the test's own folder.

started=()

# Prints what is missing and ends the test: with 0, or with 1 where nothing may be skipped, as in CI.
skip() {
    echo "SKIPPED: $1" >&2
    [[ -z ${TOKENWELL_TESTS_SKIP_NOTHING:-} ]] || exit 1
    exit 0
}

needs() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

# Ends the test, and prints the ends of the logs.
fail() {
    echo "FAILED: $1" >&2
    tail -n 20 "$work"/*.log >&2 || true
    exit 1
}

# Runs a step, and prints its name and duration.
step() {
    local name=$1 began=$SECONDS
    shift
    echo "$name"
    "$@"
    echo "    after $((SECONDS - began)) s"
}

# Starts a program in the background. Its output goes to a log.
#     launch LOG COMMAND...
launch() {
    local log=$work/$1.log
    shift
    "$@" </dev/null >"$log" 2>&1 &
    started+=($!)
}

# Starts a server, and sets $url to the last word of its first line, which it prints when it listens.
#     serve LOG COMMAND...
serve() {
    local log=$work/$1.log output line
    shift
    exec {output}< <(exec "$@" </dev/null 2>"$log")
    started+=($!)
    read -r -t "$PATIENCE" line <&"$output" || fail "no line from: $*"
    url=${line##* }
}

# Repeats a check until it succeeds, up to $PATIENCE seconds.
#     until_true WHAT COMMAND...
until_true() {
    local what=$1 deadline=$((SECONDS + PATIENCE))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || fail "in vain: $what"
        sleep 0.1
    done
}

# Ends a program that must then exit with 0.
stop() {
    kill "$1"
    is_gone "$1" || fail "process $1 does not end"
    wait "$1" || fail "process $1 ended with $?"
}

# Waits until a process has ended.
is_gone() { timeout "$PATIENCE" tail -s 0.1 --pid="$1" -f /dev/null; }

# Ends what was started, and deletes the folder.
finish() {
    local process
    for process in "${started[@]}"; do
        kill "$process" 2>/dev/null || continue
        is_gone "$process" || kill -KILL "$process"
    done
    wait
    rm -rf --one-file-system "$work"
}

# The limit of each wait, in seconds.
readonly PATIENCE=60
