#!/bin/sh
# run.sh: measures. `make bench` calls it with the folders of the programs.
#   BIN=bin BUILD=build/gcc sh bench/run.sh [SECTION...]
# DTQ_BENCH_REPEATS is how often a figure is taken (5), DTQ_BENCH_SCALE makes all loads smaller or
# larger (1), DTQ_BENCH_MNIST names the folder of train.csv and test.csv (made up when not given).
set -eu

here=$(dirname -- "$0")
BIN=$(cd -- "${BIN:-$here/../bin}" && pwd)
BUILD=$(cd -- "${BUILD:-$here/../build/gcc}" && pwd)
for program in "$BIN/dtq" "$BIN/dtq-master" "$BIN/dtq-worker" "$BUILD/bench/submit"; do
    if [ ! -x "$program" ]; then
        echo "run.sh: $program is missing; run make bench, which builds it" >&2
        exit 2
    fi
done
for program in python3 redis-server; do
    if ! command -v "$program" >/dev/null; then
        echo "run.sh: $program is not installed; ./quickstart deps installs what is needed" >&2
        exit 2
    fi
done
export BIN BUILD
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/run.py" "$@"
