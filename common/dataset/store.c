/* store.c: the matrix lies in an anonymous mapping, which grows without being copied. */
#include "common/dataset/store.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 64, X_FIRST_BYTES = 1 << 20, Y_FIRST_ROWS = 1 << 12 };

void store_init(struct store *s, size_t features)
{
    *s = (struct store){.type = DATASET_U8, .features = features};
}

void store_clear(struct store *s)
{
    if (s->x) munmap(s->x, s->x_capacity);
    free(s->y);
    *s = (struct store){0};
}

/* Whether type holds value to the bit: -0 is no integer. */
static bool fits(enum dataset_type type, double value)
{
    bool integer = value >= INT32_MIN && value <= INT32_MAX && value == (double)(int32_t)value &&
                   !(value == 0 && signbit(value));
    switch (type) {
    case DATASET_U8: return integer && value >= 0 && value <= UINT8_MAX;
    case DATASET_I16: return integer && value >= INT16_MIN && value <= INT16_MAX;
    case DATASET_I32: return integer;
    case DATASET_F32: return fabs(value) <= (double)FLT_MAX && (double)(float)value == value;
    case DATASET_F64: break;
    }
    return true;
}

static double get(const struct store *s, enum dataset_type type, size_t i)
{
    switch (type) {
    case DATASET_U8: return s->x[i];
    case DATASET_I16: return ((const int16_t *)(const void *)s->x)[i];
    case DATASET_I32: return ((const int32_t *)(const void *)s->x)[i];
    case DATASET_F32: return (double)((const float *)(const void *)s->x)[i];
    case DATASET_F64: break;
    }
    return ((const double *)(const void *)s->x)[i];
}

static void set(struct store *s, enum dataset_type type, size_t i, double value)
{
    switch (type) {
    case DATASET_U8: s->x[i] = (uint8_t)value; return;
    case DATASET_I16: ((int16_t *)(void *)s->x)[i] = (int16_t)value; return;
    case DATASET_I32: ((int32_t *)(void *)s->x)[i] = (int32_t)value; return;
    case DATASET_F32: ((float *)(void *)s->x)[i] = (float)value; return;
    case DATASET_F64: break;
    }
    ((double *)(void *)s->x)[i] = value;
}

static bool x_reserve(struct store *s, size_t bytes)
{
    if (bytes <= s->x_capacity) return true;
    size_t capacity = s->x_capacity ? s->x_capacity : X_FIRST_BYTES;
    while (capacity < bytes) {
        if (capacity > SIZE_MAX / 2) return false;
        capacity *= 2;
    }
    void *grown = s->x ? mremap(s->x, s->x_capacity, capacity, MREMAP_MAYMOVE)
                       : mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                              -1, 0);
    if (grown == MAP_FAILED) return false;
    s->x = grown;
    s->x_capacity = capacity;
    return true;
}

static bool row_reserve(struct store *s)
{
    size_t bytes;
    if (__builtin_mul_overflow((size_t)s->rows + 1, s->features, &bytes) ||
        __builtin_mul_overflow(bytes, dataset_type_bytes(s->type), &bytes))
        return false;
    return x_reserve(s, bytes);
}

bool store_begin_row(struct store *s)
{
    if (s->rows == s->y_capacity) {
        size_t capacity = s->y_capacity ? s->y_capacity * 2 : Y_FIRST_ROWS;
        double *grown = reallocarray(s->y, capacity, sizeof *grown);
        if (!grown) return false;
        s->y = grown;
        s->y_capacity = capacity;
    }
    return row_reserve(s);
}

/* The only step up that can lose what is already there. */
static bool integers_fit_f32(const struct store *s)
{
    for (size_t i = 0; i < s->cells; i++)
        if (!fits(DATASET_F32, get(s, s->type, i))) return false;
    return true;
}

static bool widen(struct store *s, double value)
{
    enum dataset_type old = s->type;
    enum dataset_type type = old;
    do
        type++;
    while (!fits(type, value) ||
           (old == DATASET_I32 && type == DATASET_F32 && !integers_fit_f32(s)));

    s->type = type;
    if (!row_reserve(s)) {
        s->type = old;
        return false;
    }
    /* From the end, so that no element is overwritten before it has been moved. */
    for (size_t i = s->cells; i-- > 0;)
        set(s, type, i, get(s, old, i));
    return true;
}

bool store_put(struct store *s, double value)
{
    if (!fits(s->type, value) && !widen(s, value)) return false;
    set(s, s->type, s->cells++, value);
    return true;
}

void store_end_row(struct store *s, double label)
{
    s->y[s->rows++] = label;
}

bool store_seal(struct store *s, void **region, size_t *bytes, size_t *y_at)
{
    size_t x_bytes = s->cells * dataset_type_bytes(s->type);
    size_t at = (x_bytes + ALIGN - 1) / ALIGN * ALIGN;
    size_t y_bytes = s->rows * sizeof *s->y;
    size_t all = at + y_bytes;
    if (!x_reserve(s, all)) return false;
    memset(s->x + x_bytes, 0, at - x_bytes);
    memcpy(s->x + at, s->y, y_bytes);
    void *shrunk = mremap(s->x, s->x_capacity, all, 0);
    if (shrunk == MAP_FAILED) return false;
    *region = shrunk;
    *bytes = all;
    *y_at = at;
    s->x = NULL;
    store_clear(s);
    return true;
}
