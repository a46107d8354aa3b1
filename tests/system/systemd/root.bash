# shellcheck shell=bash
# Shared code of the tests that boot a Debian root: makes the root and the work folder, and checks for missing requirements.

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

# Makes a Debian root with systemd, of bookworm or another suite. If $DEBIAN_ROOTS has a folder of that name, copies it.
make_root() {
    local root=$1 suite=${2:-bookworm}
    if [[ -d ${DEBIAN_ROOTS:-}/$suite ]]; then
        echo "a Debian root copied from $DEBIAN_ROOTS/$suite"
        cp -a "$DEBIAN_ROOTS/$suite" "$root"
        return
    fi
    echo "a Debian root of $suite from $(mirror)"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,libpam-systemd,dbus,curl,python3,ca-certificates "$suite" "$root" "$(mirror)" \
        >"$work/debootstrap.log" 2>&1 || { tail -20 "$work/debootstrap.log" >&2; exit 1; }
}

# Boots the root until it powers off, for so many seconds at most. Newer versions of systemd boot only with the unified hierarchy of cgroups,
# which systemd-nspawn by itself provides only if the machine uses it.
boot() {
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout "$2" systemd-nspawn --quiet --private-network --register=no --keep-unit --directory "$1" --boot \
        >"$work/boot.log" 2>&1 || true
}

mirror() {
    if [[ -n ${DEBIAN_MIRROR:-} ]]; then
        printf '%s' "$DEBIAN_MIRROR"
    else
        grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/ 2>/dev/null | grep -v security |
            head -1 | tr -d ' '
    fi
}

# Skips the test with a message if one of these is missing; `root` means the user.
needs() {
    local program
    for program in "$@"; do
        if [[ $program == root ]]; then
            ((EUID == 0)) || skip "it needs root"
        else
            command -v "$program" >/dev/null || skip "$program is not installed"
        fi
    done
}

# Ends with 0 and a clear message if this machine cannot run the test at all, whatever is installed.
cannot() {
    echo "SKIPPED, for this machine cannot do it: $1" >&2
    exit 0
}

# A system can be booted only where namespaces are permitted by the kernel and by any container around the test.
needs_to_boot() {
    systemd-nspawn --quiet --private-network --register=no --keep-unit --directory "$1" /bin/true >"$work/nspawn.log" 2>&1 ||
        cannot "systemd-nspawn runs nothing here: $(tail -3 "$work/nspawn.log")"
}

skip() {
    echo "SKIPPED: $1" >&2
    [[ -z ${TOKENWELL_TESTS_SKIP_NOTHING:-} ]] || exit 1
    exit 0
}
