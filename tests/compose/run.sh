#!/bin/sh
# run.sh: compose.yaml and the images, tried with the Docker engine of this machine, on a copy of
# the tree and under a project name of its own; nothing of either is left. Needs the programs of
# $BIN (bin by default), whose results the ones of the containers must equal.
#   sh tests/compose/run.sh        without an engine: a note, and status 0
# DTQ_TEST_SLOW is a factor for all deadlines.
set -eu

here=$(dirname -- "$0")
if ! why=$(docker info --format '{{.ServerVersion}}' 2>&1) ||
    ! why=$(docker compose version --short 2>&1); then
    printf 'compose: skipped, as no Docker engine with Compose answers here: %s\n' \
        "$(printf '%s\n' "$why" | tail -n 1)"
    exit 0
fi
BIN=${BIN:-$here/../../bin}
if ! [ -x "$BIN/dtq" ]; then
    echo "run.sh: $BIN/dtq is missing; run make all, or name the folder with BIN" >&2
    exit 2
fi
BIN=$(cd -- "$BIN" && pwd)
export BIN PYTHONDONTWRITEBYTECODE=1
for program in python3 redis-server; do
    if ! command -v "$program" >/dev/null; then
        echo "run.sh: $program is not installed; ./quickstart deps installs what the tests need" >&2
        exit 2
    fi
done
exec python3 "$here/run.py"
