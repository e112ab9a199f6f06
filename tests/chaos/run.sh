#!/bin/sh
# run.sh: jobs of all kinds while everything is killed, stopped, cut and restarted, with the
# programs of $BIN (bin by default).
#   sh tests/chaos/run.sh [SEEDS]     so many seeds, from 1 on; 30 by default
#   SEED=n sh tests/chaos/run.sh      this one, with all that happened
#   HOURS=h sh tests/chaos/run.sh     seeds nobody has seen yet, for so long
# CHAOS_JOBS is how many run at a time (3), DTQ_TEST_SLOW a factor for all deadlines.
set -eu

here=$(dirname -- "$0")
BIN=$(cd -- "${BIN:-$here/../../bin}" && pwd)
for program in dtq dtq-master dtq-worker; do
    if [ ! -x "$BIN/$program" ]; then
        echo "run.sh: $BIN/$program is missing; run make all, or name the folder with BIN" >&2
        exit 2
    fi
done
if [ -z "${DTQ_TEST_SLOW:-}" ]; then
    DTQ_TEST_SLOW=1
    if grep -qE '__(asan|tsan|ubsan|msan)_' "$BIN/dtq-worker"; then DTQ_TEST_SLOW=4; fi
fi
export BIN DTQ_TEST_SLOW
export PYTHONDONTWRITEBYTECODE=1
if [ -n "${HOURS:-}" ]; then
    exec python3 "$here/chaos.py" --hours "$HOURS"
elif [ -n "${SEED:-}" ]; then
    exec python3 "$here/chaos.py" "$SEED"
fi
case ${1:-30} in
*[!0-9]* | '')
    echo "run.sh: \"$1\" is no number of seeds; expected a whole number, such as 30" >&2
    exit 2 ;;
esac
# shellcheck disable=SC2046 # a list of words
exec python3 "$here/chaos.py" $(seq 1 "${1:-30}")
