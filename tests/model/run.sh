#!/bin/sh
# run.sh: checks the model of the protocol with spin, and that each guard left out makes it fail.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
passed=0
failed=0

# check NAME EXPECTED DEFINES...: EXPECTED is ok or broken.
check()
{
    name=$1 expected=$2
    shift 2
    spin "$@" -a "$here/queue.pml" >spin.log
    # Safety in all interleavings, then liveness under weak fairness.
    cc -O2 -w -DSAFETY -DNOCLAIM -DMEMLIM=4096 -o safety pan.c
    cc -O2 -w -DNFAIR=3 -DMEMLIM=4096 -o liveness pan.c
    ./safety -m200000 >safety.log 2>&1 || true
    ./liveness -a -f -m200000 >liveness.log 2>&1 || true
    verdict=ok
    for log in safety.log liveness.log; do
        grep -q 'errors: 0' "$log" || verdict=broken
        ! grep -q -e 'max search depth too small' -e 'out of memory' "$log" || verdict=incomplete
    done
    if [ "$verdict" = "$expected" ]; then
        passed=$((passed + 1))
        states=$(awk '/states, stored/ { print $1; exit }' safety.log)
        echo "ok     $name: $expected, as it should be ($states states)"
    else
        failed=$((failed + 1))
        echo "FAILED $name: $verdict, $expected was expected"
        cat safety.log liveness.log
    fi
}

check "the protocol" ok
check "without the token check of complete" broken -DBREAK_TOKEN
check "without the fence of commit" broken -DBREAK_FENCE
check "without the commit number" broken -DBREAK_COMMITS
check "without reclaim" broken -DBREAK_RECLAIM
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
