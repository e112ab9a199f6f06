/* round.c: see round.h. */
#include "common/round.h"

#include <string.h>

void round_clear(struct round *r)
{
    buf_clear(&r->checkpoint);
    buf_clear(&r->specs);
    r->count = 0;
}

void round_add(struct round *r, const void *spec, size_t len)
{
    buf_add(&r->specs, &len, sizeof len);
    buf_add(&r->specs, spec, len);
    r->count++;
}

bool round_failed(const struct round *r)
{
    return r->checkpoint.failed || r->specs.failed;
}

bool round_next(const struct round *r, size_t *at, const char **spec, size_t *len)
{
    if (*at >= r->specs.len) return false;
    memcpy(len, r->specs.data + *at, sizeof *len);
    *spec = r->specs.data + *at + sizeof *len;
    *at += sizeof *len + *len;
    return true;
}
