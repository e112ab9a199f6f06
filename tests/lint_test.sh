#!/bin/sh
# lint_test.sh: shows that each rule of tests/lint.sh can fail. A small tree that keeps the rules
# is clean; then one file at a time breaks one of them.
set -u

lint=$(cd -- "$(dirname -- "$0")" && pwd)/lint.sh
root=${lint%/tests/lint.sh}
tree=$(mktemp -d) || exit 2
trap 'rm -rf "$tree"' EXIT
trap 'exit 130' INT TERM HUP
tried=0
failed=0

# put PATH LINE...: writes a file of the tree.
put()
{
    mkdir -p "$tree/$(dirname "$1")"
    path=$1
    shift
    printf '%s\n' "$@" >"$tree/$path"
}

head_of()
{
    printf -- '-- %s.lua: takes one from the list.\n-- KEYS 1: the list\n-- ARGV none\n' "$1"
    printf -- '-- Returns the element.\n'
}

clean_tree()
{
    rm -rf "${tree:?}"/*
    cp "$root/.clang-format" "$tree/"
    put lua/embed.sh '#!/bin/sh'
    cp "$root/lua/embed.sh" "$tree/lua/embed.sh"
    put lua/take.lua "$(head_of take)" "--@include pop" "return pop(KEYS[1])"
    put lua/include/pop.lua "-- pop: takes from the end." "local function pop(key)" \
        "    return redis.call('RPOP', key)" "end" "local function unused_here()" \
        "    return 1" "end"
    put docs/PROTOCOL.md "take.lua takes one from the list."
    put common/err.h "int err;"
    put common/math/a.c '#include "common/dataset/dataset.h"' '#include "common/err.h"'
    put common/queue/q.c '#include <hiredis/hiredis.h>'
    put producer/run.c "/* a child may _exit( here and exit() is a word of a comment */" \
        "void run(int failed)" "{" "    _exit(failed);" "}"
    put worker/main.c "int main(void)" "{" "    exit(1); /* TO""DO(ann): say why */" "}"
    put jobs/wait.c "void leave(void)" "{" "    puts(\"exit(1) is text\");" \
        "    _exit(127);" "}"
    put tests/unit/test_a.c '#include <hiredis/hiredis.h>'
}

# breaks TITLE WANTED: lint refuses the tree with a line that holds WANTED.
breaks()
{
    tried=$((tried + 1))
    if out=$(sh "$lint" "$tree" 2>&1); then
        echo "FAIL $1: lint found nothing"
        failed=$((failed + 1))
    elif ! printf '%s\n' "$out" | grep -qF -- "$2"; then
        echo "FAIL $1: no line with '$2' in:"
        printf '%s\n' "$out" | sed 's/^/    /'
        failed=$((failed + 1))
    else
        echo "ok   $1"
    fi
    clean_tree
}

clean_tree
tried=$((tried + 1))
if out=$(sh "$lint" "$tree" 2>&1); then
    echo "ok   a_tree_that_keeps_the_rules_is_clean"
else
    echo "FAIL a_tree_that_keeps_the_rules_is_clean:"
    printf '%s\n' "$out" | sed 's/^/    /'
    failed=$((failed + 1))
fi

put common/math/b.c "int x;" '#include "common/log.h"'
breaks maths_knows_no_log "common/math/b.c:2: includes common/log.h"
put common/plot/b.c '#include "common/dataset/dataset.h"'
breaks plot_knows_no_dataset "common/plot/b.c:1: includes"
put common/dataset/b.c '#include "common/math/linear.h"'
breaks dataset_knows_no_maths "common/dataset/b.c:1: includes"
put common/team/b.c '#include "common/log.h"'
breaks a_team_knows_no_log "common/team/b.c:1: includes common/log.h"
put common/json.c '#include <hiredis/hiredis.h>'
breaks only_the_queue_speaks_to_redis "common/json.c:1: includes hiredis/hiredis.h"
put master/intake.c '#include <hiredis/async.h>'
breaks a_program_does_not_speak_to_redis "master/intake.c:1: includes hiredis/async.h"
put common/queue/b.c '#include "jobs/job.h"'
breaks common_knows_no_job_type "common/queue/b.c:1: includes jobs/job.h"
put common/b.c '#include "worker/slots.h"'
breaks common_knows_no_program "common/b.c:1: includes worker/slots.h"
put jobs/b.c '#include "common/queue/queue.h"'
breaks jobs_know_no_queue "jobs/b.c:1: includes common/queue/queue.h"
put jobs/b.c '#include <pthread.h>'
breaks jobs_know_no_threads "jobs/b.c:1: includes pthread.h"
put jobs/b.c '#include "producer/watch.h"'
breaks jobs_know_no_program "jobs/b.c:1: includes producer/watch.h"
put master/b.c '#include "worker/slots.h"'
breaks programs_do_not_know_each_other "master/b.c:1: includes worker/slots.h"
put master/b.c '#include "../worker/slots.h"'
breaks no_way_around_by_a_relative_path "master/b.c:1: includes ../worker/slots.h"

put common/b.c "void f(void)" "{" "    exit(1);" "}"
breaks a_library_does_not_exit "common/b.c:3: calls exit()"
put worker/slots.c "void f(void)" "{" "    _exit(1);" "}"
breaks only_children_of_allowed_files_leave_by_underscore_exit "worker/slots.c:3: calls _exit()"
put producer/b.c "void f(void)" "{" "    /* x */ abort();" "}"
breaks a_program_file_does_not_abort "producer/b.c:3: calls abort()"

put docs/x.md "TO""DO: write this"
breaks a_thing_to_do_has_an_owner "docs/x.md:1: a thing to do without an owner"
put common/b.h "/* FIX""ME (later) */"
breaks a_thing_to_mend_has_an_owner "common/b.h:1: a thing to do without an owner"
put common/b.h "$(printf 'struct b {\n\tint a;\n};')"
breaks no_tab_in_c "common/b.h:2: a tab"
put tests/x.sh "#!/bin/sh" "# $(printf '%099d' 0)"
breaks no_line_over_100_columns "tests/x.sh:2: 101 columns"
put docs/x.md "a " "b"
breaks no_blank_at_the_end_of_a_line "docs/x.md:1: blanks at the end"
put docs/x.md "a"
printf 'b' >>"$tree/docs/x.md"
breaks a_file_ends_with_a_line_end "docs/x.md:2: no line end"

put lua/give.lua "$(head_of other)" "return 1"
breaks a_script_begins_with_its_purpose "lua/give.lua:1: must begin with its purpose"
put lua/take.lua "$(head_of take | grep -v ARGV)" "return redis.call('RPOP', KEYS[1])"
breaks the_head_of_a_script_names_its_arguments "lua/take.lua:1: the head has no line \`-- ARGV"
put lua/take.lua "$(head_of take | grep -v Returns)" "return redis.call('RPOP', KEYS[1])"
breaks the_head_of_a_script_names_its_reply "lua/take.lua:1: the head has no line \`-- Returns"
put lua/give.lua "$(head_of give)" "return 1"
breaks the_protocol_names_every_script "lua/give.lua:1: docs/PROTOCOL.md does not name it"

if command -v shellcheck >/dev/null 2>&1; then
    # shellcheck disable=SC2016 # it is the text of a script
    put tests/x.sh "#!/bin/sh" 'rm $1'
    breaks shellcheck_is_asked "tests/x.sh:2:"
fi
if command -v luacheck >/dev/null 2>&1; then
    put lua/take.lua "$(head_of take)" "leak = 1" "return redis.call('RPOP', KEYS[1])"
    breaks luacheck_is_asked "lua/take.lua:1: (line of the expanded script)"
    put lua/take.lua "$(head_of take)" "--@include none" "return redis.call('RPOP', KEYS[1])"
    breaks an_include_that_is_not_there_is_named "lua/take.lua:5: --@include none"
fi
case $(clang-format --version 2>/dev/null) in
*'version 14.'*)
    put common/b.h "int  a;"
    breaks clang_format_is_asked "common/b.h:1: not as \`make fmt\` would have it" ;;
esac

echo "$((tried - failed)) passed, $failed failed"
[ "$failed" = 0 ]
