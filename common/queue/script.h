/* script.h: a Lua script as it is compiled into the programs. lua/scripts.h, made from lua/ at
 * build time, declares one of these for each file. */
#ifndef DTQ_SCRIPT_H
#define DTQ_SCRIPT_H

#include <stddef.h>

struct script {
    const char *name;
    const char *sha1; /* of text, as EVALSHA wants it */
    const char *text;
    size_t len;
};

extern const struct script *const scripts_all[];
extern const size_t scripts_count;

#endif
