/* values.c: see the header. */
#include "tests/support/values.h"

#include <string.h>

uint64_t values_next(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

double values_real(uint64_t *s)
{
    return (double)(values_next(s) >> 11) * 0x1p-53 - 0.5;
}

void values_put(void *at, enum dataset_type type, uint64_t *s)
{
    uint64_t bits = values_next(s);
    float single = (float)values_real(s);
    double real = values_real(s);
    const void *from = type == DATASET_F64   ? (const void *)&real
                       : type == DATASET_F32 ? (const void *)&single
                                             : (const void *)((const char *)&bits + 3);
    memcpy(at, from, dataset_type_bytes(type));
}
