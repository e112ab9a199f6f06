#!/bin/sh
# embed.sh: turns the Lua scripts into C.
#
#   embed.sh DIR              a C file with every DIR/*.lua, its SHA1 and a table of all of them
#   embed.sh DIR header       the header that declares them
#   embed.sh DIR expand NAME  one script as Redis gets it
#
# A line `--@include NAME` stands for the lines of DIR/include/NAME.lua. Comment lines and blank
# lines are left out, so that what Redis has to keep is small; a string over several lines must
# therefore not hold such lines, and block comments are refused.
set -eu
LC_ALL=C
export LC_ALL

die()
{
    echo "embed.sh: $*" >&2
    exit 1
}

# expand NAME: the bytes of one script as they are embedded and sent.
expand()
{
    awk -v dir="$dir" '
        function die(what) {
            printf "%s:%d: %s\n", FILENAME, FNR, what > "/dev/stderr"
            failed = 1
            exit 1
        }
        function keep(line) {
            if (line !~ /^[ \t]*(--.*)?$/)
                print line
        }
        function include(name,    path, line, got) {
            if (name !~ /^[A-Za-z_][A-Za-z0-9_]*$/)
                die("--@include needs the name of a file in " dir "/include, without .lua")
            if (name in seen)
                die("--@include " name " stands here a second time; once is enough")
            seen[name] = 1
            path = dir "/include/" name ".lua"
            while ((got = (getline line < path)) > 0) {
                if (line ~ /^[ \t]*--@include/)
                    die("--@include " name ": an included file must not include another one")
                if (line ~ /^[ \t]*--\[=*\[/)
                    die("--@include " name ": block comments cannot be embedded; use -- lines")
                keep(line)
            }
            if (got < 0)
                die("--@include " name ": cannot read " path)
            close(path)
        }
        /\r/ { die("a carriage return; save the file with Unix line ends") }
        /^[ \t]*--\[=*\[/ { die("block comments cannot be embedded; use -- lines") }
        /^[ \t]*--@include/ { include($2); next }
        { keep($0) }
        END { exit failed }
    ' "$dir/$1.lua"
}

sha1()
{
    if command -v sha1sum >/dev/null 2>&1; then
        sha1sum | cut -c1-40
    elif command -v shasum >/dev/null 2>&1; then
        shasum | cut -c1-40
    else
        die "needs sha1sum (coreutils) or shasum (perl)"
    fi
}

# Text on standard input as C string literals, one a line. ?? would begin a trigraph.
quote()
{
    sed 's/\\/\\\\/g; s/"/\\"/g; s/?/\\?/g; s/^/    "/; s/$/\\n"/'
}

header()
{
    echo '/* Written by lua/embed.sh: the Lua scripts that are compiled in. */'
    echo '#ifndef DTQ_LUA_SCRIPTS_H'
    echo '#define DTQ_LUA_SCRIPTS_H'
    echo
    echo '#include "common/queue/script.h"'
    echo
    for name in $names; do
        echo "extern const struct script script_$name;"
    done
    echo
    echo '#endif'
}

source_file()
{
    echo '/* Written by lua/embed.sh from the scripts in lua/. */'
    echo '#include "common/queue/script.h"'
    echo
    echo '#include <stddef.h>'
    for name in $names; do
        # $(...) takes the last line end away and printf gives it back: no script ends otherwise.
        text=$(expand "$name")
        [ -n "$text" ] || die "$dir/$name.lua has no line of code"
        sha=$(printf '%s\n' "$text" | sha1)
        len=$(printf '%s\n' "$text" | wc -c | tr -d ' ')
        echo
        echo "extern const struct script script_$name;"
        printf 'const struct script script_%s = {\n    "%s",\n    "%s",\n' "$name" "$name" "$sha"
        printf '%s\n' "$text" | quote
        printf '    , %s};\n' "$len"
    done
    echo
    echo 'const struct script *const scripts_all[] = {'
    for name in $names; do
        echo "    &script_$name,"
    done
    echo '    NULL,'
    echo '};'
    echo 'const size_t scripts_count = sizeof scripts_all / sizeof *scripts_all - 1;'
}

dir=${1-}
[ -n "$dir" ] || die "usage: embed.sh DIR [header | expand NAME]"
[ -d "$dir" ] || die "$dir is no folder; expected the one that holds the .lua files"

names=
for path in "$dir"/*.lua; do
    [ -e "$path" ] || continue
    name=${path##*/}
    name=${name%.lua}
    case $name in
    [0-9]* | *[!A-Za-z0-9_]*)
        die "$path: the name becomes a C name; use letters, digits and _" ;;
    esac
    names="$names $name"
done

case ${2-source} in
source) source_file ;;
header) header ;;
expand)
    [ -f "$dir/${3-}.lua" ] || die "no script '${3-}' in $dir; there are:$names"
    expand "$3" ;;
*) die "unknown mode '$2'; expected header or expand" ;;
esac
