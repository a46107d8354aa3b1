# shellcheck shell=bash
# Shared code of the benches: the binary, a temporary folder, and a sandbox on a free port.

# The binary to measure. It is built beforehand, so no build runs during a measurement.
tokenwell=${TOKENWELL:-${CARGO_TARGET_DIR:-target}/release/tokenwell}
if [[ ! -x $tokenwell ]]; then
    echo "there is no \`$tokenwell\`; build it with \`cargo build --release\`, or name another in \$TOKENWELL" >&2
    exit 1
fi
tokenwell=$(realpath "$tokenwell")
for tool in curl jq; do
    command -v "$tool" >/dev/null || { echo "missing: $tool" >&2; exit 1; }
done

work=$(mktemp -d)
started=()
finish() {
    ((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap finish EXIT

# shellcheck disable=SC2034 # the benches use these
project=P2sandboxsandboxsandboxsandb
# The key has its own folder, because the daemon wakes up at every event in that folder.
key=$work/keys/billing
mkdir "$work/keys"
printf 'K2benchbenchbench' >"$key"

# Starts a sandbox with these flags and sets `api` to its base URL.
start_sandbox() {
    mkfifo "$work/said"
    "$tokenwell" sandbox --listen 127.0.0.1:0 "$@" >"$work/said" 2>"$work/sandbox.log" &
    started+=("$!")
    exec 9<"$work/said" # keeps the pipe open, so the sandbox can still write
    read -r api <&9
    api=${api##* }
}

# Microseconds since the epoch, without starting a process.
now_us() { printf -v "$1" '%s' "${EPOCHREALTIME/[.,]/}"; }

# Reads numbers and prints the median.
median() { sort -n | awk '{ n[NR] = $1 } END { print NR % 2 ? n[(NR + 1) / 2] : (n[NR / 2] + n[NR / 2 + 1]) / 2 }'; }

machine() {
    printf '%s cores, Linux %s, %s' "$(nproc)" "$(uname -r | cut -d- -f1)" "$(uname -m)"
}
