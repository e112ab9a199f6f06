#!/bin/sh
# run.sh: the end-to-end tests, with the programs of $BIN (bin by default).
#   BIN=build/gcc-thread/bin sh tests/e2e/run.sh [NAME...]   NAME: a file (sums), or part of a title
# DTQ_TEST_JOBS is how many tests run at a time, DTQ_TEST_SLOW a factor for all deadlines,
# DTQ_TEST_SEED repeats the random choices of a run that failed.
set -eu

here=$(dirname -- "$0")
BIN=$(cd -- "${BIN:-$here/../../bin}" && pwd)
for program in dtq dtq-master dtq-worker; do
    if [ ! -x "$BIN/$program" ]; then
        echo "run.sh: $BIN/$program is missing; run make all, or name the folder with BIN" >&2
        exit 2
    fi
done
for program in python3 redis-server redis-cli; do
    if ! command -v "$program" >/dev/null; then
        echo "run.sh: $program is not installed; ./quickstart deps installs what the tests need" >&2
        exit 2
    fi
done
# Sanitizers make programs several times slower.
if [ -z "${DTQ_TEST_SLOW:-}" ]; then
    DTQ_TEST_SLOW=1
    if grep -qE '__(asan|tsan|ubsan|msan)_' "$BIN/dtq-worker"; then DTQ_TEST_SLOW=4; fi
fi
export BIN DTQ_TEST_SLOW
# A report must be seen, and must not hang the process that makes it.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-second_deadlock_stack=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
# Suppressed leaks (of fontconfig) are nothing to talk about.
export LSAN_OPTIONS="${LSAN_OPTIONS:-print_suppressions=0}"
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/run.py" "$@"
