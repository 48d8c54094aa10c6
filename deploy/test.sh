#!/bin/sh
# Everything a change must pass. The last lines are pytest's, with what was skipped and why.
set -eu
cd "$(dirname "$0")/.."
# Helm takes minutes on a machine that has none yet: by the time its tests come it is there, and if
# not they build it themselves and say why that failed.
deploy/tools/build.sh kube >/dev/null 2>&1 &
deploy/lint.sh
echo "== pytest"
# The tests start many processes, each of which would compile all it imports once more.
unset PYTHONDONTWRITEBYTECODE
exec .venv/bin/pytest -n "${WORKERS:-2}" "$@"
