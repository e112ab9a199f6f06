/* id.c: names given by people. */
#include "common/id.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static const char id_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";

/* The first ID_MAX bytes for a sentence: what is not plain ASCII becomes '?'. */
static const char *id_shown(const char *id, char to[ID_MAX + 1])
{
    size_t i;

    for (i = 0; id[i] && i < ID_MAX; i++)
        to[i] = id[i] >= ' ' && id[i] <= '~' ? id[i] : '?';
    to[i] = '\0';
    return to;
}

enum dtq_err id_check(const char *kind, const char *id, struct dtq_why *why)
{
    char shown[ID_MAX + 1];
    size_t len = strlen(id);
    size_t good = strspn(id, id_letters);

    if (len == 0) return err_set(why, DTQ_INPUT, "%s is empty; give 1 to %d letters", kind, ID_MAX);
    if (len > ID_MAX)
        return err_set(why, DTQ_INPUT, "%s \"%.20s...\" has %zu characters; at most %d are allowed",
                       kind, id_shown(id, shown), len, ID_MAX);
    if (good < len)
        return err_set(
            why, DTQ_INPUT,
            "%s \"%s\" has a character that is not allowed at position %zu; use letters, "
            "digits, '_', '-' and '.'",
            kind, id_shown(id, shown), good + 1);
    if (id[0] == '.' || id[0] == '-')
        return err_set(why, DTQ_INPUT, "%s \"%s\" starts with '%c'; start with a letter or digit",
                       kind, id, id[0]);
    return DTQ_OK;
}

void id_nonce(char *text)
{
    uint64_t random = 0;

    while (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        ;
    snprintf(text, 17, "%016llx", (unsigned long long)random);
}
