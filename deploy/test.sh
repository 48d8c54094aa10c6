#!/bin/sh
# Everything a change must pass. The last lines are pytest's, with what was skipped and why.
set -eu
cd "$(dirname "$0")/.."
deploy/lint.sh
echo "== pytest"
# The tests start many processes, each of which would compile all it imports once more.
unset PYTHONDONTWRITEBYTECODE
exec .venv/bin/pytest -n "${WORKERS:-2}" "$@"
