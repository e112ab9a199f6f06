#!/bin/sh
# lint.sh [DIR]: the house rules, for the source tree in DIR (this one by default). One line a
# violation, `path:line: what`; exit status 1 when there is any. tests/lint_test.sh shows that each
# rule can fail.
# shellcheck disable=SC2016 # the programs in single quotes are awk's
set -u
LC_ALL=C
export LC_ALL

cd -- "${1:-$(dirname -- "$0")/..}" || exit 2
found=$(mktemp -d) || exit 2
trap 'rm -rf "$found"' EXIT
trap 'exit 130' INT TERM HUP

# Programs and tests end a process; a library never does. Beyond those: `path regex` and the call.
# A child between fork and exec may leave only by _exit.
exit_allowed='
producer/.*\.c _exit
'

# files NAME...: all files of these names, without what is built, fetched or not ours.
files()
{
    # shellcheck disable=SC2046 # a list of words
    set -- $(printf -- '-o -name %s ' "$@")
    shift
    find . \( -path ./.git -o -path ./build -o -path ./bin -o -path ./out \) -prune -o \
        -type f \( "$@" \) -print | sed 's,^\./,,' | sort
}

note()
{
    echo "lint: $*" >&2
}

set -f # the names below are patterns for find
files '*.[ch]' >"$found/c"
files '*.sh' '*.bash' quickstart run >"$found/sh"
files '*.lua' >"$found/lua"
files '*.md' '*.yaml' '*.yml' Makefile Dockerfile '*.py' .gitignore .dockerignore >"$found/other"
set +f
cat "$found/c" "$found/sh" "$found/lua" "$found/other" >"$found/all"
grep '^lua/[^/]*\.lua$' "$found/lua" >"$found/scripts"

# each LIST COMMAND...: runs the command with the files of the list as arguments, if there are any.
each()
{
    list=$1
    shift
    [ ! -s "$list" ] || tr '\n' '\0' <"$list" | xargs -0 "$@"
}

# Who may know whom. Dependencies point one way.
layering()
{
    each "$found/c" awk '
        function allow(pattern) { return inc ~ ("^(" pattern ")$") }
        function no(why) { printf "%s:%d: includes %s; %s\n", FILENAME, FNR, inc, why }
        !/^[ \t]*#[ \t]*include[ \t]*[<"]/ { next }
        {
            inc = $0
            sub(/^[^<"]*[<"]/, "", inc)
            sub(/[>"].*$/, "", inc)
            own = $0 ~ /"/
            path = FILENAME
            redis = inc ~ /^hiredis/
            program = inc ~ /^(master|worker|producer)\//
        }
        own && (inc !~ /\// || inc ~ /\.\.?\//) {
            no("name it by its path from the top folder")
            next
        }
        path ~ /^(tests|bench)\// { next }
        redis && path !~ /^common\/queue\// { no("only common/queue speaks to Redis"); next }
        path ~ /^common\// && program { no("common knows no program"); next }
        path ~ /^common\// && inc ~ /^jobs\// { no("common knows no job type"); next }
        path ~ /^common\/math\// && own &&
            !allow("common/math/.*|common/(err|buf|clock)\\.h|common/dataset/dataset\\.h") {
            no("common/math knows arrays, err, buf, clock and dataset.h")
        }
        path ~ /^common\/plot\// && own &&
            !allow("common/plot/.*|common/(err|buf|clock|utf8)\\.h") {
            no("common/plot knows numbers, err, buf, clock and utf8")
        }
        path ~ /^common\/dataset\// && own &&
            !allow("common/dataset/.*|common/(err|buf|clock|log|utf8)\\.h") {
            no("common/dataset knows files, err, buf, clock, log and utf8")
        }
        path ~ /^common\/team\// && own &&
            !allow("common/team/.*|common/(err|buf|clock|id)\\.h") {
            no("common/team knows bytes, err, buf, clock and id")
        }
        path ~ /^jobs\// && (inc ~ /^common\/queue\// || inc == "pthread.h" || program) {
            no("jobs know no queue, threads or programs")
        }
        path ~ /^(master|worker|producer)\// && program {
            split(path, from, "/")
            split(inc, to, "/")
            if (from[1] != to[1])
                no("programs meet in the queue only")
        }'
}

# Ends of a process outside main.c. Comments and texts are no calls.
exits()
{
    grep -Ev '^(tests|bench)/|(^|/)main\.c$' "$found/c" >"$found/library"
    each "$found/library" awk -v allowed="$exit_allowed" '
        function code(line,    out, c, two) {
            out = ""
            while (line != "") {
                c = substr(line, 1, 1)
                two = substr(line, 1, 2)
                if (comment) {
                    if (two == "*/") {
                        comment = 0
                        line = substr(line, 3)
                    } else
                        line = substr(line, 2)
                } else if (two == "/*") {
                    comment = 1
                    line = substr(line, 3)
                } else if (two == "//")
                    break
                else if (c == "\"" || c == "\047") {
                    if (!match(line, c == "\"" ? quoted : letter))
                        break
                    out = out "0"
                    line = substr(line, RLENGTH + 1)
                } else {
                    out = out c
                    line = substr(line, 2)
                }
            }
            return out
        }
        BEGIN {
            rules = split(allowed, rule, "\n")
            quoted = "^\"([^\"\\\\]|\\\\.)*\""
            letter = "^\047([^\047\\\\]|\\\\.)*\047"
        }
        FNR == 1 { comment = 0 }
        {
            text = " " code($0)
            while (match(text, /[^A-Za-z0-9_](exit|_exit|_Exit|quick_exit|abort)[ \t]*\(/)) {
                call = substr(text, RSTART + 1, RLENGTH - 1)
                text = substr(text, RSTART + RLENGTH)
                sub(/[ \t]*\($/, "", call)
                fine = call == "_exit" && text ~ /^127\)/ # exec failed, as a shell says it
                for (i = 1; i <= rules; i++)
                    if (split(rule[i], word, " ") == 2 && word[2] == call &&
                        FILENAME ~ ("^" word[1] "$"))
                        fine = 1
                if (!fine)
                    printf "%s:%d: calls %s(); only main.c and tests may\n", FILENAME, FNR, call
            }
        }'
}

text()
{
    # The class in the first letter keeps these lines from naming themselves.
    each "$found/all" awk '{
        line = $0
        while (match(line, /(^|[^A-Za-z0-9_])([T]ODO|[F]IXME|[X]XX)($|[^A-Za-z0-9_])/)) {
            line = substr(line, RSTART + RLENGTH - 1)
            if (line !~ /^\([a-z][a-z0-9_-]*\)/)
                printf "%s:%d: a thing to do without an owner, as in %s(name)\n", FILENAME, FNR,
                    "TO" "DO"
            line = substr(line, 2)
        }
    }'
    each "$found/c" awk '/\t/ { printf "%s:%d: a tab; use four blanks\n", FILENAME, FNR }'
    cat "$found/c" "$found/sh" "$found/lua" >"$found/code"
    each "$found/code" awk '{
        gsub(/[\200-\277]/, "") # one column a character
        if (length($0) > 100)
            printf "%s:%d: %d columns; 100 at most\n", FILENAME, FNR, length($0)
    }'
    each "$found/all" awk '/[ \t\r]$/ { printf "%s:%d: blanks at the end\n", FILENAME, FNR }'
    while IFS= read -r path; do
        [ -z "$(tail -c 1 "$path")" ] || echo "$path:$(($(wc -l <"$path") + 1)): no line end"
    done <"$found/all"
}

lua_heads()
{
    each "$found/scripts" awk '
        function check() {
            for (i = 1; i <= 3; i++)
                if (path != "" && !(want[i] in have))
                    printf "%s:1: the head has no line `-- %s`\n", path, want[i]
        }
        BEGIN { split("KEYS ARGV Returns", want, " ") }
        FNR == 1 {
            check()
            path = FILENAME
            head = 1
            split("", have)
            name = path
            sub(/^.*\//, "", name)
            if (index($0, "-- " name ": ") != 1 || length($0) < length(name) + 10)
                printf "%s:1: must begin with its purpose: `-- %s: ...`\n", path, name
        }
        !/^--/ { head = 0 }
        head {
            for (i = 1; i <= 3; i++)
                if ($0 ~ ("^--[ \t]+" want[i] "([^A-Za-z]|$)"))
                    have[want[i]] = 1
        }
        END { check() }'
    while IFS= read -r path; do
        name=${path#lua/}
        grep -qE "(^|[^a-z_])$name|\`${name%.lua}\`" docs/PROTOCOL.md 2>/dev/null ||
            echo "$path:1: docs/PROTOCOL.md does not name it"
    done <"$found/scripts"
}

shells()
{
    if ! command -v shellcheck >/dev/null 2>&1; then
        note "shellcheck is not installed: shell scripts not checked"
        return
    fi
    each "$found/sh" shellcheck -f gcc
}

# Scripts are checked as Redis gets them, for an included file makes locals for its includer. An
# include may hold more than one script uses.
luas()
{
    if ! command -v luacheck >/dev/null 2>&1; then
        note "luacheck is not installed: Lua scripts not checked"
        return
    fi
    # 431: an argument of an included function may be called as a local of the script is.
    ignored=431
    grep '^lua/include/' "$found/lua" >"$found/includes"
    each "$found/includes" sed -n 's/^local \(function \)*\([A-Za-z_][A-Za-z0-9_]*\).*/\2/p' \
        >"$found/names"
    while IFS= read -r name; do
        ignored="$ignored 211/^$name\$"
    done <"$found/names"
    while IFS= read -r path; do
        name=${path#lua/}
        sh lua/embed.sh lua expand "${name%.lua}" >"$found/expanded" 2>"$found/why" || {
            sed -n '1p' "$found/why"
            continue
        }
        # shellcheck disable=SC2086 # a list of words
        luacheck --std lua51 --read-globals redis KEYS ARGV cjson struct cmsgpack bit \
            --no-max-line-length --no-color --codes --formatter plain --filename "$path" \
            --ignore $ignored -- - <"$found/expanded" |
            sed -n 's/^\([^:]*:[0-9]*\):[0-9]*: /\1: (line of the expanded script) /p'
    done <"$found/scripts"
}

# Releases of clang-format differ in places; 14 is the one whose word counts.
formats()
{
    tool=clang-format-14
    command -v "$tool" >/dev/null 2>&1 || tool=clang-format
    if ! command -v "$tool" >/dev/null 2>&1; then
        note "clang-format is not installed: format not checked"
        return
    fi
    each "$found/c" "$tool" --style=file --dry-run -Werror 2>"$found/format" >&2
    sed -n 's/^\([^ :]*:[0-9]*\):[0-9]*: error: .*/\1: not as `make fmt` would have it/p' \
        "$found/format" | sort -u >"$found/unformatted"
    case $("$tool" --version) in
    *'version 14.'*) cat "$found/unformatted" ;;
    *)
        [ ! -s "$found/unformatted" ] ||
            note "clang-format is not 14: $(wc -l <"$found/unformatted") differences not counted" ;;
    esac
}

for rule in layering exits text lua_heads shells luas formats; do
    "$rule"
done >"$found/violations"

cat "$found/violations"
count=$(wc -l <"$found/violations")
if [ "$count" -gt 0 ]; then
    note "$((count)) violations in $(($(wc -l <"$found/all"))) files"
    exit 1
fi
note "$(($(wc -l <"$found/all"))) files, no violation"
