#!/bin/sh
# Makes .venv hold exactly what requirements.lock names, and the `arrears` command.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "make setup: $1" >&2
    exit 2
}

if [ -n "${PYTHON:-}" ]; then
    python=$PYTHON
elif command -v python3.11 >/dev/null; then
    python=python3.11
else
    python=python3
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed (apt-get install python3.11); PYTHON=… names another one."

if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        fail "this Python makes no virtual environments: install the package python3-venv."
    echo "make setup: installing python3-venv"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3-venv >/dev/null
fi

# What the demo and the tests need of Debian; without root it is only said.
missing=""
for package in $(sed 's/#.*//' deploy/debian.txt); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "make setup: installing$missing"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
elif [ -n "$missing" ]; then
    echo "make setup: letters as PDF and their tests want: apt-get install$missing" >&2
fi

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    echo "make setup: creating .venv"
    "$python" -m venv --clear .venv
fi

echo "make setup: installing requirements.lock"
bootstrap=$(mktemp)
trap 'rm -f "$bootstrap"' EXIT
# uv, as locked, installs the rest in a fraction of the time; pip does where uv cannot (it reads
# no pip.conf, for one).
awk '/^[^ ]/ { on = /^uv==/ } on' requirements.lock >"$bootstrap"
pip() {
    .venv/bin/python -m pip --disable-pip-version-check "$@"
}
if pip install --quiet --require-hashes -r "$bootstrap" &&
    .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock; then
    :
else
    echo "make setup: uv cannot, so pip does"
    pip install --quiet --require-hashes -r requirements.lock
fi
pip install --quiet --no-deps --no-build-isolation --editable .
touch .venv/.ready
