#!/bin/sh
# Everything a change must pass. The last lines are pytest's, with what was skipped and why.
set -eu
cd "$(dirname "$0")/.."
deploy/lint.sh
echo "== pytest"
exec .venv/bin/pytest "$@"
