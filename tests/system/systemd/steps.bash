# shellcheck shell=bash
# Steps of the scripts that run in the booted system. What they print is the verdict; the first unexpected result ends a script.

exec >>/verdict 2>&1
trap 'echo "failed at $0:$LINENO: $BASH_COMMAND"; journalctl --no-pager -n 60 -o cat' ERR

export sandbox=http://127.0.0.1:8787

# Waits, for a minute at most, until a command succeeds.
until_it_is() {
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        if "$@"; then return; fi
        sleep 0.1
    done
    echo "in vain: $*"
    return 1
}

never() { if "$@" 2>/dev/null; then return 1; fi; }
asked() { curl -sf $sandbox/sandbox | python3 -c 'import json,sys; print(json.load(sys.stdin)["counters"]["exchanges"])'; }
is_active() { systemctl is-active --quiet "$1"; }
said() { grep -q "$1" <<<"$(journalctl --no-pager -o cat "${@:2}")"; }
digest() { sha256sum "$1" | cut -d' ' -f1; }
another() { [[ $(digest "$1") != "$2" ]]; }
main_process() { systemctl show -P MainPID "$1"; }
another_process() { [[ $(main_process "$1") != "$2" && $(main_process "$1") != 0 ]]; }

# Writes a key as one change of its folder.
put_key() {
    printf '%s' "$2" >/etc/tokenwell/.new
    mv /etc/tokenwell/.new "$1"
}
