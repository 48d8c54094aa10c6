#!/bin/sh
# Style, types and who may import whom.
set -eu
cd "$(dirname "$0")/.."
echo "== ruff"
.venv/bin/ruff check --quiet .
.venv/bin/ruff format --check --quiet .
echo "== mypy"
.venv/bin/mypy -n 2
echo "== import-linter"
if ! contracts=$(.venv/bin/lint-imports --no-cache 2>&1); then
    echo "$contracts"
    exit 1
fi
echo "$contracts" | tail -n 1
