/* table_file.c: see the header. A failure here is the test's. */
#include "tests/support/table_file.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char top[] = "/tmp/dtq_table_XXXXXX";
static char root[64], cache[64];

const char *table_root(void)
{
    if (!root[0]) {
        assert_non_null(mkdtemp(top));
        snprintf(root, sizeof root, "%s/data", top);
        snprintf(cache, sizeof cache, "%s/cache/of/tables", top);
        assert_int_equal(mkdir(root, 0700), 0);
    }
    return root;
}

const char *table_cache(void)
{
    table_root();
    return cache;
}

const char *table_path(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", table_root(), name);
    return path;
}

void table_write(const char *name, const void *bytes, size_t len)
{
    FILE *f = fopen(table_path(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

void table_text(const char *name, const char *text)
{
    table_write(name, text, strlen(text));
}

enum dtq_err table_open(const char *name, const char *label, bool has_header, bool cached,
                        struct dataset **out, struct dtq_why *why)
{
    char ref[4200];
    const char *roots[] = {table_root()};
    struct dataset_place place = {roots, 1, cached ? table_cache() : NULL};
    struct dataset_options options = {ref, label, has_header};
    snprintf(ref, sizeof ref, "file:%s", name);
    return dataset_open(&place, &options, NULL, NULL, out, why);
}

double table_x(const struct dataset *d, uint64_t row, uint64_t feature)
{
    size_t i = row * d->features + feature;
    switch (d->type) {
    case DATASET_U8: return ((const uint8_t *)d->x)[i];
    case DATASET_I16: return ((const int16_t *)d->x)[i];
    case DATASET_I32: return ((const int32_t *)d->x)[i];
    case DATASET_F32: return (double)((const float *)d->x)[i];
    case DATASET_F64: break;
    }
    return ((const double *)d->x)[i];
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

int table_remove(void **state)
{
    (void)state;
    return root[0] ? nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS) : 0;
}
