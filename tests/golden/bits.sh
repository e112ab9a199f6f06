#!/bin/sh
# bits.sh FOLDER OBJECTS: trains with the numeric code built by each compiler that is there at each
# level of optimisation, and compares the bits. FOLDER is for what is built; OBJECTS are the objects
# and libraries with the rest of the program. CPPFLAGS, CFLAGS (without a level) and LDLIBS are
# those of the Makefile. To be run in the top folder.
set -eu

folder=$1
shift
mkdir -p "$folder"

# Everything that computes, and what makes the lines. Texts, plans and parameters are no numbers.
sources=tests/golden/bits.c
for file in common/math/*.c jobs/train/*.c; do
    case $file in
    */codec.c | */params.c | */plan.c | */probe.c | */saved.c | */shuffle.c | */split.c) ;;
    */state.c | */vectors.c | */weights.c) ;;
    *) sources="$sources $file" ;;
    esac
done

# build COMPILER NAME LEVEL...: the program as $folder/NAME/bits.
build()
{
    compiler=$1
    to=$folder/$2
    rest=$3
    shift 3
    mkdir -p "$to"
    # shellcheck disable=SC2016,SC2086 # the inner shell expands it; flags and sources are words
    printf '%s\n' $sources | xargs -P "$(nproc)" -I '{}' sh -c '
        to=$1/$(echo "$2" | tr / _).o
        shift 2
        exec "$@" -o "$to"' sh "$to" '{}' \
        "$compiler" $CPPFLAGS $CFLAGS "$@" -c '{}'
    # What was built just now comes before the same in the library.
    # shellcheck disable=SC2086
    "$compiler" "$to"/*.o $rest $LDLIBS -lcmocka -o "$to/bits"
}

reference=
status=0
for compiler in gcc clang; do
    command -v "$compiler" >/dev/null || continue
    for level in -O0 -O2 -O3 '-O3 -march=native'; do
        name=$(echo "$compiler$level" | tr -d ' ')
        # shellcheck disable=SC2086
        build "$compiler" "$name" "$*" $level
        "$folder/$name/bits" >"$folder/$name.txt" || status=1
        if [ -z "$reference" ]; then
            reference=$name
        elif ! cmp -s "$folder/$reference.txt" "$folder/$name.txt"; then
            echo "other bits by $compiler $level than by $reference:" >&2
            diff "$folder/$reference.txt" "$folder/$name.txt" | grep '^[<>]' | head -n 10 >&2
            status=1
        fi
    done
done
if [ -z "$reference" ]; then
    echo "bits.sh: neither gcc nor clang is installed" >&2
    exit 2
fi
[ "$status" = 0 ] || exit "$status"
names=$(cd "$folder" && echo *.txt | sed 's/\.txt//g')
echo "$(wc -l <"$folder/$reference.txt") trainings have the same bits by $names"
