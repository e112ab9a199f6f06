#!/bin/sh
# run.sh FOLDER SECONDS: each fuzz target in FOLDER for so many seconds, starting from its corpus in
# tests/fuzz/corpus. What is found on the way stays in FOLDER; what breaks a target stays there too,
# and the status says so.
set -eu
cd -- "$(dirname -- "$0")/../.."
folder=$1
seconds=$2
status=0
for target in "$folder"/fuzz_*; do
    case $target in *.*) continue ;; esac
    [ -x "$target" ] || continue
    name=${target##*/fuzz_}
    mkdir -p "$folder/found/$name"
    echo "== fuzz $name, $seconds s"
    if ! nice -n 10 "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$folder/found/$name." -print_final_stats=1 -verbosity=0 \
        "$folder/found/$name" "tests/fuzz/corpus/$name" >"$folder/found/$name.log" 2>&1; then
        status=1
        tail -n 60 "$folder/found/$name.log"
    fi
    grep '^stat::number_of_executed_units' "$folder/found/$name.log" || true
done
exit $status
