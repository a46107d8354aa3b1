# shellcheck shell=bash
# Finds a Go that can build the tools of the tests.

# Uses the installed Go, or downloads one from the module proxy into a folder: Debian's may be too old for a program.
#     new_enough_go 1.26 FOLDER
new_enough_go() {
    local wanted=$1 kept_in=$2 have minor toolchain folder
    have=$(GOTOOLCHAIN=local go env GOVERSION)
    minor=$(sed -E 's/^go1\.([0-9]+).*/\1/' <<<"$have")
    if ((minor >= ${wanted#1.})); then
        command -v go
        return
    fi
    toolchain=$kept_in/go$wanted
    if [[ ! -x $toolchain/bin/go ]]; then
        folder=$(cd / && GOTOOLCHAIN=local GOFLAGS=-mod=mod go mod download -json "golang.org/toolchain@v0.0.1-go$wanted.0.linux-$(go env GOARCH)" | jq -r .Dir)
        rm -rf "$toolchain"
        cp -r "$folder" "$toolchain"
        chmod -R u+w "$toolchain"
        chmod -R +x "$toolchain/bin" "$toolchain/pkg/tool"
    fi
    echo "$toolchain/bin/go"
}
